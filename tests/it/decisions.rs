//! The log of failed items comes back: what an organisation decided stands apart from what is open,
//! stays known, and is nobody else's.

use calamine::{Data, Reader, Xlsx};

use crate::daily_run::column;
use crate::support::morning::{DAYS, Morning};

/// A hospice with one failed item on the first of these days, and one more on the last.
const CODE: &str = "ZTP";

/// A file of the Failed Item Report of a day.
fn failed_item(morning: &Morning, day: &str, file: &str) -> Vec<u8> {
    morning.report(day, CODE, "failed-item", file)
}

fn model(morning: &Morning, day: &str) -> serde_json::Value {
    serde_json::from_slice(&failed_item(morning, day, "model.json")).unwrap()
}

/// The log in the workbook of a day.
fn log(morning: &Morning, day: &str) -> Vec<Vec<Data>> {
    let workbook = failed_item(morning, day, &format!("{CODE}-failed-item-{day}.xlsx"));
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(workbook)).unwrap();
    let range = workbook.worksheet_range("Failed items").unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

fn decide(morning: &Morning, organisation: &str, rows: &[&str]) {
    let text = format!(
        "Decision,Reference,Ours,Note,Decided by\n{}\n",
        rows.join("\n")
    );
    let folder = morning.folder.path().join("exports").join(organisation);
    std::fs::write(folder.join("decisions.csv"), text).unwrap();
}

#[test]
fn what_is_accepted_is_apart_from_what_is_open_and_stays_so_when_the_log_is_gone() {
    let morning = Morning::of_three_days();
    morning.run_of(DAYS[0], CODE);
    let before = model(&morning, DAYS[0]);
    assert_eq!(before["totals"]["items_accepted"], 0);
    let references = column(&log(&morning, DAYS[0]), "Reference");
    let [reference] = references.as_slice() else {
        panic!("{references:?}")
    };
    let row = format!(
        "accepted,{},1,\"=HYPERLINK(\"\"x\"\")\",P. Holm",
        reference.to_lowercase()
    );
    decide(&morning, CODE, &[&row, "Accept,ZTP-2222-2222,2,,"]);
    morning.run_of(DAYS[1], CODE);
    let decided = model(&morning, DAYS[1]);
    assert_eq!(decided["totals"]["items_accepted"], 1);
    assert_eq!(
        decided["totals"]["items_failed"],
        before["totals"]["items_failed"]
    );
    let text = String::from_utf8(failed_item(&morning, DAYS[1], "report.txt")).unwrap();
    assert!(text.contains("1 failed item is accepted"), "{text}");
    assert!(
        !text.contains("P. Holm") && !text.contains("HYPERLINK"),
        "{text}"
    );
    assert_eq!(
        decided["page"]["your_actions"].as_array().unwrap().len(),
        0,
        "{decided}"
    );
    let codes = decided["findings"].as_array().unwrap().iter();
    let codes: Vec<_> = codes
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"decision-unfit"), "{codes:?}");
    let rows = log(&morning, DAYS[1]);
    for (heading, cell) in [
        ("Decision", "Accept"),
        ("Note", "=HYPERLINK(\"x\")"),
        ("Decided by", "P. Holm"),
    ] {
        assert_eq!(column(&rows, heading), [cell], "{heading}");
    }
    // The log is gone, and another item fails.
    let folder = morning.folder.path().join("exports").join(CODE);
    std::fs::remove_file(folder.join("decisions.csv")).unwrap();
    morning.run_of(DAYS[2], CODE);
    let later = model(&morning, DAYS[2]);
    assert_eq!(later["totals"]["items_accepted"], 1);
    let rows = log(&morning, DAYS[2]);
    let place = column(&rows, "Reference")
        .iter()
        .position(|of| of == reference)
        .unwrap();
    let of_item = |heading| column(&rows, heading)[place].clone();
    assert_eq!(of_item("Decision"), "Accept");
    assert_eq!(of_item("Note"), "");
    assert_eq!(of_item("Decided by"), "");
    assert_eq!(
        column(&rows, "Decision")
            .iter()
            .filter(|cell| !cell.is_empty())
            .count(),
        1
    );
}

#[test]
fn a_note_stands_nowhere_where_subject_lines_are_withheld() {
    let morning = Morning::of_three_days();
    morning.edit("organisations.csv", |register| {
        let lines = register.lines().map(|line| match line.starts_with(CODE) {
            true => line.replace(",workbook", ",withheld"),
            false => line.to_owned(),
        });
        lines.map(|line| line + "\n").collect()
    });
    morning.run_of(DAYS[0], CODE);
    let reference = &column(&log(&morning, DAYS[0]), "Reference")[0];
    decide(
        &morning,
        CODE,
        &[&format!("Keep,{reference},,Mrs Hollin's letter,P. Holm")],
    );
    morning.run_of(DAYS[1], CODE);
    let rows = log(&morning, DAYS[1]);
    assert_eq!(column(&rows, "Decision"), ["Keep"]);
    assert_eq!(column(&rows, "Note"), ["Withheld"]);
    for (file, bytes) in morning.archive() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Hollin"), "{file}");
    }
}

#[test]
fn another_organisations_log_and_one_in_two_folders_hold() {
    let morning = Morning::of_three_days();
    morning.run_of(DAYS[0], CODE);
    let reference = &column(&log(&morning, DAYS[0]), "Reference")[0];
    decide(
        &morning,
        CODE,
        &[&format!("{},,,", reference.replace("ZTP", "Accept,ZNM"))],
    );
    let said = morning.say_of(DAYS[1], &["run", "--organisation", CODE]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.all().contains("another organisation's failed item"),
        "{}",
        said.all()
    );
    for organisation in [CODE, "ZMU"] {
        decide(&morning, organisation, &[&format!("Accept,{reference},,,")]);
    }
    let said = morning.say_of(
        DAYS[1],
        &["check", "--organisation", CODE, "--organisation", "ZMU"],
    );
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.all().contains("lies in the folder of ZMU too"),
        "{}",
        said.all()
    );
}
