//! Nobody is named where nobody has to be: every word of the exports that could stand for a person,
//! a mailbox or a message carries one mark, and the mark is looked for in all that a run says,
//! keeps and calls its files.

use std::collections::BTreeSet;
use std::io::Cursor;

use calamine::{Reader, Xlsx};
use mail_parser::MessageParser;

use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning, files_below};
use crate::support::smtp_server::Misbehaviour::{Cut, Say};
use crate::support::smtp_server::Step;

const MARK: &str = "qzmark";

const SYNC_STATE: &str = "Collection,Display Name,Source Mailbox,Target Mailbox,Sync \
 State,Progress (%),Items Total,Items Synchronized,Failed Items,Mailbox Size (MB),Last \
 Synchronized,Switch Date";
const FAILED_ITEMS: &str = "Collection,User,Source Mailbox,Folder,Subject,Item Class,Item \
 Date,Size (KB),Error Code,Error,Failed At";

fn mailbox_row(place: usize) -> String {
    format!(
        "Pilot,Qzmark{place} \
         Person,qzmark.person{place}@pennyford-hospice.example,qzmark.person{place}@nhs.example,In \
         Sync,100,323,322,1,23.5,20/11/2026 05:13:18,24/11/2026"
    )
}

fn item_row(place: usize) -> String {
    format!(
        "Pilot,Qzmark{place} Person,qzmark.person{place}@pennyford-hospice.example,Qzmark \
         letters,Qzmark biopsy results {place},IPM.Note,10/07/2025,48025,0x80040305,Qzmark cannot \
         be read: the item is corrupted,11/11/2026 23:00:58"
    )
}

/// The smallest organisation of the sample, with every row marked.
fn marked(morning: Morning) -> Morning {
    morning.edit("organisations.csv", |register| {
        register
            .lines()
            .filter(|line| line.starts_with("code,") || line.starts_with("ZTP,"))
            .map(|line| format!("{line}\n"))
            .collect()
    });
    let table = |heading: &str, row: fn(usize) -> String| {
        (0..14).fold(format!("{heading}\r\n"), |text, place| {
            text + &row(place) + "\r\n"
        })
    };
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |_| {
        table(SYNC_STATE, mailbox_row)
    });
    morning.edit(&Morning::export("ZTP", "failed-items.csv"), |_| {
        table(FAILED_ITEMS, item_row)
    });
    morning
}

/// Says everything that the program can say of a day, in both forms of log, and looks for the mark.
fn nobody_is_named(morning: &Morning, case: &str) -> String {
    let mut said = String::new();
    for arguments in [
        &["check"][..],
        &["plan", "-v"],
        &["preview", "--out", "look", "-v"],
        &["run", "-v"],
        &["run", "-v", "--log-format", "json"],
        &["rehearse", "--to", "someone@nhs.example", "-v"],
    ] {
        said += &morning.say(arguments).all();
    }
    for arguments in [&["deliveries"][..], &["status"]] {
        said += &morning.tell(arguments).all();
    }
    assert!(!said.to_lowercase().contains(MARK), "{case}: {said}");
    let is_marked = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase().contains(MARK);
    let mut seen = BTreeSet::new();
    for (file, bytes) in files_below(morning.folder.path()) {
        assert!(
            !file.to_lowercase().contains(MARK),
            "{case}: a file is called {file}"
        );
        seen.insert(file.split('/').take(2).collect::<Vec<_>>().join("/"));
        if file.ends_with(".eml") {
            let message = MessageParser::new().parse(&bytes).unwrap();
            let written = bytes
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
                .unwrap();
            assert!(!is_marked(&bytes[..written]), "{case}: {file}");
            for header in message.headers() {
                assert!(
                    !format!("{header:?}").to_lowercase().contains(MARK),
                    "{case}: {file}"
                );
            }
            let attached = message
                .parts
                .iter()
                .filter_map(|part| mail_parser::MimeHeaders::attachment_name(part));
            assert!(
                attached.clone().count() > 0
                    && attached
                        .clone()
                        .all(|name| !name.to_lowercase().contains(MARK)),
                "{case}: {file}"
            );
        } else if !["exports", "data/archive", "look", "organisations.csv"]
            .iter()
            .any(|start| file.starts_with(start))
        {
            // The archive and a preview are the reports themselves.
            assert!(!is_marked(&bytes), "{case}: {file} names somebody");
        }
    }
    assert!(
        seen.contains("data/ledger.sqlite")
            && seen.contains("data/history")
            && seen.contains("data/heartbeat.json"),
        "{case}: {seen:?}"
    );
    said
}

/// Every cell of the workbooks that are sent in messages whose files are called so.
fn sent_cells(morning: &Morning, is_called: impl Fn(&str) -> bool) -> Vec<String> {
    let mut cells = Vec::new();
    let messages = morning.outbox();
    for (_, bytes) in messages.iter().filter(|(file, _)| is_called(file)) {
        let message = MessageParser::new().parse(bytes).unwrap();
        let attached = message.attachments().map(|part| part.contents());
        for xlsx in attached.filter(|bytes| bytes.starts_with(b"PK")) {
            let mut book = Xlsx::new(Cursor::new(xlsx)).unwrap();
            for (_, sheet) in book.worksheets() {
                cells.extend(sheet.cells().map(|(_, _, cell)| cell.to_string()));
            }
        }
    }
    cells
}

#[test]
fn a_subject_line_that_errors_and_folders_repeat_leaves_in_no_cell_that_may_not_have_it() {
    let repeats = |row: String, after: &str, what: &str| row.replace(after, what);
    for (policy, leaves) in [("withheld", false), ("workbook", true)] {
        let morning = marked(Morning::of_the_sample());
        morning.edit("organisations.csv", |register| {
            let register = register.trim_end().trim_end_matches("withheld");
            let register = register
                .trim_end_matches("workbook")
                .trim_end_matches("email");
            format!("{register}{policy}\n")
        });
        morning.edit(&Morning::export("ZTP", "failed-items.csv"), |table| {
            let table = repeats(
                table,
                "Qzmark cannot be read",
                "'Qzmark biopsy results' is damaged",
            );
            let table = repeats(
                table,
                "Qzmark letters",
                "Letters about Qzmark biopsy results",
            );
            repeats(table, "0x80040305", "On Qzmark biopsy results")
        });
        morning.edit(&Morning::export("ZTP", "sync-state.csv"), |table| {
            let table = repeats(table, "Switch Date", "Switch Date,Last Error");
            repeats(
                table,
                "24/11/2026",
                "24/11/2026,'Qzmark biopsy results 3' timed out",
            )
        });
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 0, "{policy}: {}", said.all());
        let quoted = |cells: &[String]| cells.iter().filter(|cell| cell.contains("biopsy")).count();
        let others = sent_cells(&morning, |file| !file.contains("failed-item"));
        assert!(!others.is_empty() && quoted(&others) == 0, "{policy}");
        let cells = sent_cells(&morning, |_| true);
        assert_eq!(quoted(&cells) > 0, leaves, "{policy}");
        let is_told = |word: &str| cells.iter().any(|cell| cell == word);
        assert!(is_told("Item corrupted"), "{policy}");
        assert_eq!(
            is_told("Temporary fault"),
            !leaves,
            "{policy}: of the last error"
        );
        assert_eq!(is_told("timed out"), leaves, "{policy}: of the last error");
    }
}

#[test]
fn a_day_that_goes_well_names_nobody() {
    let morning = marked(Morning::of_the_sample());
    let said = nobody_is_named(&morning, "well");
    let served: BTreeSet<String> = morning.organisations_served().into_iter().collect();
    assert_eq!(served.len(), 1, "{said}");
    let archive = morning.archive();
    let users: Vec<_> = archive
        .iter()
        .filter(|(file, _)| file.contains("ZTP/overall-migration") && file.ends_with("report.txt"))
        .collect();
    assert!(
        String::from_utf8_lossy(users[0].1).contains("Qzmark"),
        "the mark is in the reports"
    );
    // Subject lines are in the workbook only, which is packed.
    for (file, bytes) in archive.iter().filter(|(file, _)| file.contains("ZTP/")) {
        assert!(!String::from_utf8_lossy(bytes).contains("biopsy"), "{file}");
    }
}

#[test]
fn rows_that_cannot_be_read_name_nobody() {
    let row = mailbox_row(1);
    let spoilt = [
        ("an unknown state", row.replace("In Sync", "Half Way")),
        ("no number", row.replace(",323,", ",Qzmark,")),
        ("no date", row.replace("24/11/2026", "Qzmark")),
        ("a mailbox twice", mailbox_row(3)),
        (
            "no address",
            row.replace("@pennyford-hospice.example", " Qzmark"),
        ),
        (
            "no mailbox",
            row.replace("qzmark.person1@pennyford-hospice.example", ""),
        ),
        (
            "another organisation",
            row.replace("@pennyford-hospice.example", "@qzmark.example"),
        ),
        ("a cell more", format!("{row},Qzmark")),
        ("a cell less", row.replacen(",24/11/2026", "", 1)),
        (
            "text after quotes",
            row.replace("Qzmark1 Person", "\"Qzmark1\" Person"),
        ),
        (
            "quotes left open",
            row.replace("Qzmark1 Person", "\"Qzmark1 Person"),
        ),
        ("cut off", row[..60].to_owned()),
    ];
    for (case, bad) in spoilt {
        let morning = marked(Morning::of_the_sample());
        morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
            if case == "cut off" {
                text + &bad
            } else {
                text.replacen(&row, &bad, 1)
            }
        });
        let said = nobody_is_named(&morning, case);
        assert!(said.contains("sync-state.csv"), "{case} is told: {said}");
    }
}

type Spoil = fn(String) -> String;

#[test]
fn exports_that_cannot_be_read_name_nobody() {
    let cases: [(&str, &str, Spoil); 6] = [
        ("no headings", "sync-state.csv", |text| {
            text.split_once("\r\n").unwrap().1.to_owned()
        }),
        ("a name among the headings", "sync-state.csv", |text| {
            text.replacen("Switch Date", "Qzmark Person,qzmark@nhs.example", 1)
        }),
        ("another layout", "failed-items.csv", |text| {
            text.replacen("Source Mailbox", "qzmark@nhs.example", 1)
        }),
        ("a stranger's item", "failed-items.csv", |text| {
            text.replacen("person1@", "stranger@", 1)
        }),
        ("another's item", "failed-items.csv", |text| {
            text.replacen("@pennyford-hospice.example", "@northmoor.nhs.example", 1)
        }),
        ("no text", "failed-items.csv", |text| {
            text.replacen("biopsy", "biop\0sy", 1)
        }),
    ];
    for (case, file, spoil) in cases {
        let morning = marked(Morning::of_the_sample());
        morning.edit(&Morning::export("ZTP", file), spoil);
        let said = nobody_is_named(&morning, case);
        let is_told = ["WARN  exports of ZTP", "BAD   exports of ZTP"]
            .iter()
            .any(|start| said.contains(start));
        assert!(is_told, "{case} is told: {said}");
    }
}

#[test]
fn a_register_that_cannot_be_read_names_nobody() {
    for (case, right, wrong) in [
        (
            "outside",
            "matron@pennyford-hospice.example",
            "qzmark.matron@elsewhere.invalid",
        ),
        (
            "no address",
            "matron@pennyford-hospice.example",
            "Qzmark Matron",
        ),
        (
            "a cell more",
            "matron@pennyford-hospice.example",
            "qzmark.matron@pennyford-hospice.example,qzmark",
        ),
    ] {
        let morning = marked(Morning::of_the_sample());
        morning.edit("organisations.csv", |register| {
            register.replacen(right, wrong, 1)
        });
        let said = nobody_is_named(&morning, case);
        assert!(
            said.contains("organisations.csv, line "),
            "{case} is told: {said}"
        );
    }
}

#[test]
fn a_server_that_refuses_or_falls_silent_names_nobody() {
    let server = server()
        .for_recipient(
            "qzmark.matron@pennyford-hospice.example",
            Step::Recipient,
            Say("550 5.1.1 <Qzmark.Matron@pennyford-hospice.example> of qzmark.matron unknown"),
        )
        .for_recipient(
            "qzmark.porter@pennyford-hospice.example",
            Step::EndOfData,
            Cut,
        )
        .start();
    let morning = marked(morning_with(&server));
    // A recipient is staff, whose whole address stands in the register, the ledger and the message
    // only.
    morning.edit("organisations.csv", |register| {
        register
            .replacen("matron@", "qzmark.matron@", 1)
            .replacen(",matron@", ",qzmark.porter@", 1)
    });
    let said = morning.say(&["run", "-v"]).all()
        + &morning.say(&["run", "-v", "--log-format", "json"]).all();
    assert!(
        said.contains("550 5.1.1") && said.contains("unknown"),
        "{said}"
    );
    assert!(!said.to_lowercase().contains(MARK), "{said}");
    for (file, bytes) in files_below(morning.folder.path()) {
        let is_named = String::from_utf8_lossy(&bytes)
            .to_lowercase()
            .contains("qzmark.person");
        let may_be = ["exports", "data/archive"]
            .iter()
            .any(|start| file.starts_with(start));
        assert!(may_be || !is_named, "{file}");
        assert!(!file.to_lowercase().contains(MARK), "{file}");
    }
    assert!(
        morning
            .folder
            .path()
            .join(format!("data/archive/{DATE}/ZTP"))
            .is_dir()
    );
}
