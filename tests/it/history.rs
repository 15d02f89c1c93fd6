//! Two days of the central team: what is kept of the first, and what the second says to it.

mod formerly;
mod order;
mod other_tools;

use std::collections::BTreeMap;
use std::io::Cursor;

use migration_monitor::domain::SyncState;
use polars::prelude::{DataFrame, DataType};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use crate::faults::personal_data;
use crate::support::morning::{DATE, Morning, files_below};
use crate::support::prepared::{another_friday, friday};
use crate::support::raw_exports::{cell, read};

const THURSDAY: &str = "2026-11-19";
const WEDNESDAY: &str = "2026-11-18";

/// The files of the history, by their paths.
fn history(morning: &Morning) -> BTreeMap<String, Vec<u8>> {
    files_below(&morning.folder.path().join("data/history"))
}

fn file(table: &str, date: &str, organisation: &str) -> String {
    format!("{table}/date={date}/organisation={organisation}/part.parquet")
}

fn kept_of(morning: &Morning, date: &str) -> Vec<String> {
    let files = history(morning).into_keys();
    files
        .filter_map(|file| {
            Some(
                file.strip_prefix(&format!("snapshots/{date}/"))?
                    .strip_suffix(".sha256")?
                    .to_owned(),
            )
        })
        .collect()
}

fn frame(bytes: &[u8]) -> DataFrame {
    ParquetReader::new(Cursor::new(bytes.to_vec()))
        .finish()
        .unwrap()
}

/// Every cell as text, column by column.
fn cells(frame: &DataFrame) -> BTreeMap<String, Vec<String>> {
    let texts = |name: &str| {
        let column = frame.column(name).unwrap().cast(&DataType::String).unwrap();
        column
            .str()
            .unwrap()
            .iter()
            .map(|cell| cell.unwrap_or("").to_owned())
            .collect()
    };
    frame
        .get_column_names()
        .iter()
        .map(|name| (name.to_string(), texts(name)))
        .collect()
}

fn findings(morning: &Morning, organisation: &str, code: &str) -> Vec<String> {
    let model = morning.model(organisation, "overall-migration");
    let findings = model["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == code);
    findings
        .map(|finding| finding["message"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn two_days_are_kept_and_a_rerun_changes_no_byte() {
    let morning = friday();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(kept_of(&morning, THURSDAY), ["ZCA", "ZMU", "ZTP"]);
    assert_eq!(kept_of(&morning, DATE), ["ZCA", "ZMU", "ZTP"]);
    for organisation in ["ZCA", "ZMU", "ZTP"] {
        for date in [THURSDAY, DATE] {
            let exported = |file: &str| {
                read(
                    &morning
                        .folder
                        .path()
                        .join(Morning::export(organisation, file).replace(DATE, date)),
                )
            };
            let kept = |table: &str| frame(&history(&morning)[&file(table, date, organisation)]);
            let (mailboxes, items) = (exported("sync-state.csv"), exported("failed-items.csv"));
            assert_eq!(
                (kept("mailboxes").height(), kept("failed-items").height()),
                (mailboxes.len(), items.len())
            );
            let day = cells(&kept("organisation-days"));
            let switched = mailboxes
                .iter()
                .filter(|row| cell(row, &["Sync State", "Sync Status"]) == "Switched")
                .count();
            assert_eq!(day[SyncState::Switched.name()], [switched.to_string()]);
            assert_eq!(day["failed_items_listed"], [items.len().to_string()]);
        }
    }
    // Failed items of Thursday that are there on Friday are a day old.
    let first_seen = cells(&frame(
        &history(&morning)[&file("failed-items", DATE, "ZTP")],
    ))
    .remove("first_seen")
    .unwrap();
    assert!(
        first_seen.iter().any(|day| day == THURSDAY)
            && first_seen
                .iter()
                .all(|day| [THURSDAY, DATE].contains(&day.as_str()))
    );

    let before = (
        morning.outbox(),
        morning.archived_reports(),
        history(&morning),
    );
    let rerun = morning.say(&["run"]);
    assert!(rerun.stdout.contains("nothing to send"), "{}", rerun.all());
    assert_eq!(morning.say_of(THURSDAY, &["run"]).exit_code, 0);
    assert!(
        (
            morning.outbox(),
            morning.archived_reports(),
            history(&morning)
        ) == before
    );
}

#[test]
fn with_another_key_only_references_differ() {
    let (one, other) = (friday(), another_friday());
    one.say(&["run"]);
    other.say(&["run"]);
    assert_ne!(history(&one)["key"], history(&other)["key"]);
    let (one, other) = (one.archived_reports(), other.archived_reports());
    let differing: Vec<&String> = one
        .keys()
        .filter(|file| one[*file] != other[*file])
        .collect();
    // They stand in the workbooks of failed items, which the messages carry.
    assert!(
        !differing.is_empty()
            && differing.iter().all(|file| file.contains("/failed-item/")
                && (file.ends_with(".xlsx") || file.ends_with(".eml"))),
        "{differing:?}"
    );
}

#[test]
fn plan_preview_and_check_read_the_history_and_write_none() {
    let morning = friday();
    morning.edit(&Morning::export("ZTP", "failed-items.csv"), |text| {
        text.lines().next().unwrap().to_owned() + "\r\n"
    });
    let before = (history(&morning), morning.archived_reports());
    for arguments in [&["plan"][..], &["preview", "--out", "preview"], &["check"]] {
        let said = morning.say(arguments);
        assert_eq!(said.exit_code, 4, "{}", said.all());
        assert!(
            said.all().contains("The export lists no failed item"),
            "{}",
            said.all()
        );
    }
    assert!((history(&morning), morning.archived_reports()) == before);

    // And before the first day.
    let morning = Morning::of_three();
    for arguments in [&["plan"][..], &["preview", "--out", "preview"], &["check"]] {
        assert_eq!(morning.say(arguments).exit_code, 0);
    }
    assert!(!morning.folder.path().join("data").exists());
}

#[test]
fn failed_items_that_vanish_hold_the_organisation_and_it_is_not_kept() {
    let morning = friday();
    let thursday = read(
        &morning
            .folder
            .path()
            .join(Morning::export("ZTP", "failed-items.csv").replace(DATE, THURSDAY)),
    )
    .len();
    let friday = read(
        &morning
            .folder
            .path()
            .join(Morning::export("ZTP", "failed-items.csv")),
    )
    .len();
    let were = if thursday == 1 { "was" } else { "were" };
    let whole = std::fs::read(
        morning
            .folder
            .path()
            .join(Morning::export("ZTP", "failed-items.csv")),
    )
    .unwrap();
    morning.edit(&Morning::export("ZTP", "failed-items.csv"), |text| {
        text.lines().next().unwrap().to_owned() + "\r\n"
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    let why = format!(
        "ZTP is held: ZTP/{DATE}/failed-items.csv: The export lists no failed item, but the \
         sync-state export still counts {friday}, and on 19 November 2026 {thursday} {were} listed."
    );
    assert!(said.stderr.contains(&why), "{}", said.stderr);
    assert_eq!(kept_of(&morning, DATE), ["ZCA", "ZMU"]);

    std::fs::write(
        morning
            .folder
            .path()
            .join(Morning::export("ZTP", "failed-items.csv")),
        whole,
    )
    .unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(kept_of(&morning, DATE), ["ZCA", "ZMU", "ZTP"]);
}

#[test]
fn an_export_of_no_mailboxes_is_told_with_what_there_were() {
    let morning = friday();
    let mailboxes = read(
        &morning
            .folder
            .path()
            .join(Morning::export("ZTP", "sync-state.csv").replace(DATE, THURSDAY)),
    )
    .len();
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        text.lines().next().unwrap().to_owned() + "\r\n"
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4);
    assert!(
        said.stderr.contains(&format!(
            "On 19 November 2026 it listed {mailboxes} mailboxes."
        )),
        "{}",
        said.stderr
    );
}

#[test]
fn a_report_says_that_figures_fell_and_that_mailboxes_are_gone() {
    let morning = friday();
    let mailboxes = read(
        &morning
            .folder
            .path()
            .join(Morning::export("ZCA", "sync-state.csv").replace(DATE, THURSDAY)),
    )
    .len();
    morning.edit(&Morning::export("ZCA", "sync-state.csv"), |text| {
        let lines: Vec<&str> = text.lines().collect();
        lines[..=mailboxes * 4 / 5]
            .iter()
            .map(|line| format!("{line}\r\n"))
            .collect()
    });
    let synchronised = |text: &str| {
        text.lines()
            .next()
            .unwrap()
            .split(',')
            .position(|heading| heading.starts_with("Items Synch"))
            .unwrap()
    };
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        let column = synchronised(&text);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[1].split(',').collect();
        cells[column] = "1";
        lines[1] = cells.join(",");
        lines.join("\r\n") + "\r\n"
    });
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let gone = findings(&morning, "ZCA", "mailboxes-gone");
    assert_eq!(gone.len(), 1);
    assert!(gone[0].starts_with(&format!(
        "Of the {mailboxes} mailboxes that the export listed on \
     19 November 2026, it no longer lists "
    )));
    // Beside the mailbox of which an item that was synchronised has failed since.
    let fell = findings(&morning, "ZTP", "figures-fell");
    assert_eq!(fell.len(), 1);
    assert!(fell[0].starts_with("2 mailboxes have fewer items copied than on 19 November 2026."));
    assert!(findings(&morning, "ZTP", "mailboxes-gone").is_empty());
}

/// Changes cells of a mailbox's row, by its place in the export of the day.
fn set_state(text: &str, rows: &[(usize, &str)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (row, state) in rows {
        lines[*row] = lines[*row].replacen("Ready to Switch", state, 1);
        assert!(lines[*row].contains(state));
    }
    lines.join("\r\n") + "\r\n"
}

#[test]
fn changes_are_told_by_name_since_the_day_that_was_last() {
    let morning = Morning::of_three()
        .with_exports_of(WEDNESDAY)
        .with_exports_of(THURSDAY);
    let export = |date: &str| Morning::export("ZTP", "sync-state.csv").replace(DATE, date);
    morning.edit(&export(WEDNESDAY), |text| {
        set_state(
            &text
                .replace("In Sync", "Ready to Switch")
                .replace("In Progress", "Ready to Switch"),
            &[(1, "Switched"), (2, "In Progress"), (3, "Switched")],
        )
    });
    morning.edit(&export(DATE), |text| {
        set_state(
            &text,
            &[
                (1, "Undo Switch"),
                (4, "Stopped"),
                (5, "Switched"),
                (3, "Switched"),
                (6, "In Sync"),
            ],
        )
    });

    // On the first day nothing is said of an earlier one.
    let first = morning.say_of(WEDNESDAY, &["run"]);
    assert_eq!(first.exit_code, 0, "{}", first.all());
    let text = |date: &str, report: &str| {
        let files = morning.archive();
        let text =
            String::from_utf8_lossy(&files[&format!("{date}/ZTP/{report}/edition-1/report.txt")])
                .into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for report in ["overall-migration", "failed-item"] {
        let text = text(WEDNESDAY, report);
        for word in [
            "Since ",
            "since ",
            "more than on",
            "as many as on",
            " points",
            "1 point",
            "What changed",
            "have been open",
        ] {
            assert!(!text.contains(word), "{report} says {word}: {text}");
        }
    }

    // Thursday is missed.
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let overall = text(DATE, "overall-migration");
    for sentence in [
        "12 of 14 mailboxes (86%) are in sync or switched, 1 fewer than on Wednesday.",
        "Down 7 points since Wednesday",
        "What changed since Wednesday 18 November",
        "1 mailbox came into sync, 1 switched, 1 went back and 1 stopped or failed.",
        "Adaeze Patel",
        "The switch was undone",
    ] {
        assert!(overall.contains(sentence), "{sentence}: {overall}");
    }
    let changes = morning.model("ZTP", "overall-migration")["changes"].clone();
    for (figure, value) in [
        ("mailboxes_before", 14),
        ("in_sync_or_beyond_before", 13),
        ("newly_halted", 1),
        ("gone_back", 1),
        ("newly_switched", 1),
        ("newly_in_sync", 1),
        ("newly_listed", 0),
        ("no_longer_listed", 0),
    ] {
        assert_eq!(changes[figure], value, "{figure}: {changes}");
    }
    assert_eq!(changes["since"], WEDNESDAY);
    let failed = text(DATE, "failed-item");
    assert!(
        failed.contains("1 new, none cleared since Wednesday")
            && failed.contains("What changed since Wednesday 18 November"),
        "{failed}"
    );
}

#[test]
fn a_damaged_snapshot_is_told_and_stops_nothing() {
    let morning = Morning::of_three()
        .with_exports_of(THURSDAY)
        .with_exports_of(WEDNESDAY);
    morning.say_of(WEDNESDAY, &["run"]);
    morning.say_of(THURSDAY, &["run"]);
    let damaged = file("mailboxes", THURSDAY, "ZTP");
    let path = morning.folder.path().join("data/history").join(&damaged);
    std::fs::write(&path, "PAR1 and then something else PAR1").unwrap();
    let check = morning.say(&["check"]);
    assert!(
        check.stdout.contains("WARN  history of ZTP: ") && check.stdout.contains(&damaged),
        "{}",
        check.all()
    );
    for command in [&["plan"][..], &["run"], &["run"]] {
        let said = morning.say(command);
        assert_eq!(said.exit_code, 0, "{}", said.all());
        assert!(
            said.stderr.contains("warning: ZTP: ") && said.stderr.contains(&damaged),
            "{}",
            said.stderr
        );
        assert!(
            said.stderr.contains("is damaged")
                && said.stderr.contains("move it away together with "),
            "{}",
            said.stderr
        );
    }
    assert_eq!(
        morning
            .outbox()
            .keys()
            .filter(|name| name.starts_with(DATE))
            .count(),
        6
    );
    assert_eq!(kept_of(&morning, DATE), ["ZCA", "ZMU", "ZTP"]);
    assert_eq!(
        std::fs::read(&path).unwrap(),
        b"PAR1 and then something else PAR1"
    );
    // It goes on from the day before the damaged one.
    let first_seen = cells(&frame(
        &history(&morning)[&file("failed-items", DATE, "ZTP")],
    ))
    .remove("first_seen")
    .unwrap();
    assert!(
        first_seen.iter().any(|day| day == WEDNESDAY)
            && first_seen.iter().all(|day| day != THURSDAY),
        "{first_seen:?}"
    );
}

/// What is gone or cannot be used of the history of earlier days would make all that is old new.
#[test]
fn a_history_that_is_lost_sends_nothing_before_a_person_begins_another() {
    type Loss = fn(&std::path::Path);
    let losses: [(Loss, &str); 4] = [
        (
            |history| std::fs::remove_file(history.join("key")).unwrap(),
            "data/history/key is missing",
        ),
        (
            |history| std::fs::remove_dir_all(history).unwrap(),
            "the archive has reports of 2026-11-19",
        ),
        (
            |history| {
                std::fs::remove_dir_all(history).unwrap();
                std::fs::remove_dir_all(history.with_file_name("archive")).unwrap();
            },
            "the ledger has deliveries of 2026-11-19",
        ),
        (
            |history| std::fs::write(history.join("format.json"), "{").unwrap(),
            "format.json does not say what it should",
        ),
    ];
    for (lose, why) in losses {
        let morning = Morning::of_three().with_exports_of(THURSDAY);
        assert_eq!(morning.say_of(THURSDAY, &["run"]).exit_code, 0);
        lose(&morning.folder.path().join("data/history"));
        let before = history(&morning);
        for command in [&["plan"][..], &["check"], &["run"], &["run"]] {
            let said = morning.say(command);
            assert_eq!(said.exit_code, 11, "{command:?}: {}", said.all());
            for words in [why, "nothing is sent", "run --new-history"] {
                assert!(said.all().contains(words), "{words}: {}", said.all());
            }
        }
        let of_day = |name: &&String| name.starts_with(DATE);
        assert_eq!(morning.outbox().keys().filter(of_day).count(), 0);
        assert!(history(&morning) == before);
        // A day of which no earlier one was run compares with none in any case.
        let said = morning.say(&["run", "--new-history", "--reason", "The disk is gone."]);
        assert_eq!(said.exit_code, 0, "{}", said.all());
        assert!(said.stderr.contains("begins anew"), "{}", said.all());
        assert_eq!(morning.outbox().keys().filter(of_day).count(), 6);
        assert_eq!(morning.say(&["run"]).exit_code, 0);
        let proof = morning.tell(&["deliveries", "verify", "--date", DATE]);
        assert!(
            proof
                .stdout
                .contains("new-history of 2026-11-20: “The disk is gone.”"),
            "{}",
            proof.all()
        );
    }
}

#[test]
fn an_earlier_day_that_is_kept_later_leaves_what_is_sent_as_it_is() {
    let morning = Morning::of_three().with_exports_of(THURSDAY);
    morning.say(&["run"]);
    morning.mailed();
    let before = (morning.archived_reports(), history(&morning));
    assert_eq!(morning.say_of(THURSDAY, &["run"]).exit_code, 0);
    let said = morning.say(&["run"]);
    assert!(
        said.stdout.contains(
            "ZTP: the reports of this day stand as they were sent, though they \
         would say something else now: the figures of 19 November 2026 are there now, and they compare with no \
         earlier day. To replace them: migration-monitor reissue --date 2026-11-20"
        ),
        "{}",
        said.all()
    );
    let archive = morning.archived_reports();
    assert!(before.0.iter().all(|(file, bytes)| archive[file] == *bytes));
    // What is kept of Friday is as it is; what it says of the day before it is new, and with it the
    // courses of its mailboxes.
    let history = history(&morning);
    let file_of = |table: &str| file(table, DATE, "ZTP");
    let mailboxes = |history: &BTreeMap<String, Vec<u8>>| {
        let mut cells = cells(&frame(&history[&file_of("mailboxes")]));
        let courses = cells.remove("course").unwrap();
        (cells, courses)
    };
    let ((own, courses), (own_before, courses_before)) =
        (mailboxes(&history), mailboxes(&before.1));
    assert!(own == own_before);
    let mut longer = courses.iter().zip(&courses_before);
    assert!(longer.all(|(now, then)| now.ends_with(then.as_str())));
    assert!(courses != courses_before);
    let compared_with = |history: &BTreeMap<String, Vec<u8>>| {
        cells(&frame(&history[&file_of("organisation-days")])).remove("compared_with")
    };
    assert_eq!(
        (compared_with(&before.1), compared_with(&history)),
        (Some(vec![String::new()]), Some(vec![THURSDAY.to_owned()]))
    );
}

#[test]
fn nothing_below_the_history_names_anybody() {
    let morning = friday();
    morning.say(&["run"]);
    let mut personal = personal_data();
    let names_of_mailboxes: Vec<String> = personal
        .iter()
        .filter_map(|text| Some(text.rsplit_once('@')?.0.to_owned()))
        .collect();
    personal.extend(
        names_of_mailboxes
            .into_iter()
            .filter(|name| name.len() >= 8),
    );
    assert!(personal.len() > 1_000);
    let history = history(&morning);
    assert_eq!(history.len(), 2 + 2 * 3 * 7);
    let mut everything = String::new();
    for (file, bytes) in &history {
        everything += &format!("{file}\n{}\n", String::from_utf8_lossy(bytes));
        // Parquet files are compressed: their cells are looked at too.
        if file.ends_with(".parquet") {
            for (column, cells) in cells(&frame(bytes)) {
                let is_hexadecimal = |cell: &String| {
                    cell.len() == 32 && cell.bytes().all(|byte| byte.is_ascii_hexdigit())
                };
                if column == "item_in_any_folder" {
                    assert!(
                        cells
                            .iter()
                            .all(|cell| cell.is_empty() || is_hexadecimal(cell)),
                        "{file}, {column}"
                    );
                }
                if column == "mailbox" || column == "item" {
                    assert!(cells.iter().all(is_hexadecimal), "{file}, {column}");
                }
                everything += &format!("{column}\n{}\n", cells.join("\n"));
            }
        }
    }
    let everything = everything.to_lowercase();
    assert!(
        everything.contains("ready_to_switch") && everything.contains("0x8004"),
        "cells were not looked at"
    );
    for text in &personal {
        let found = memchr::memmem::find(everything.as_bytes(), text.as_bytes());
        assert!(found.is_none(), "the history holds {text}");
    }
    assert!(!everything.contains(".example"));
}
