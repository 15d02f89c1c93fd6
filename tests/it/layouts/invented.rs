//! A layout for a tool that nobody has, written from `docs/layouts.md` alone.

use std::path::Path;

use super::cells::{FAILED_ITEMS, codes, layouts_with, mailboxes, read};

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/layouts/invented");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_page_leads_from_an_unknown_export_to_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let layouts = layouts_with(&file("ferry-line.toml"), folder.path());
    let validation = read(&layouts, file("ferry-line.csv").as_bytes(), FAILED_ITEMS);
    let told: Vec<String> = mailboxes(&validation)
        .iter()
        .map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            // Mailbox, state, its word, items in all, copied, failed, bytes.
            [0, 4, 5, 7, 8, 9, 11]
                .map(|column| cells[column])
                .join(" | ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "ada.moss@ph | 3 | Arrived | 7305 | 7300 | 5 | 1610612736",
            "ben.vale@ph | 0 | Arrived | 100 | 0 | - | 12582912",
            "cleo.marsh@ph | 3 | Arrived | 12 | 10 | 2 | 524288",
            "dara.fen@ph | 2 | At sea | 50 | 20 | 0 | 8388608",
        ]
    );
    let told = codes(&validation.findings);
    assert!(
        !told.contains(&"state-unrecognised") && !told.contains(&"loss-unread"),
        "{told:?}"
    );
}

/// The examples of the page are layouts.
#[test]
fn each_example_of_the_page_is_a_layout() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/layouts.md"))
            .unwrap();
    let mut examples = page.split("```toml\n").skip(1);
    let example = |text: &str| text.split("```").next().unwrap().to_owned();
    let smallest = examples.next().map(example).unwrap();
    let folder = tempfile::tempdir().unwrap();
    layouts_with(&smallest, folder.path());
    let mut tried = 0;
    for other in examples {
        let without_states = smallest.split("[states]").next().unwrap();
        let other = example(other);
        let start = match other.contains("[states]") {
            true => without_states,
            false => &smallest,
        };
        layouts_with(&format!("{start}\n{other}"), folder.path());
        tried += 1;
    }
    assert_eq!(tried, 3);
}
