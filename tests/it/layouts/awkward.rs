//! Every file of `sample-data/awkward`: which layout it has, what is found in it, and what is left
//! of it.

use std::collections::{BTreeMap, BTreeSet};

use migration_monitor::exports::{Input, Layouts};
use migration_monitor::tables::Validation;
use polars::prelude::DataFrame;

use super::cells::{FAILED_ITEMS, SYNC_STATE, awkward, read_files, rows};
use super::commands::detect;
use crate::support::morning::sample_folder;

/// What a file is, and what comes of it.
struct Awkward {
    file: &'static str,
    /// The layout, or words of why it has none.
    layout: Result<&'static str, &'static str>,
    /// The codes of what is found in it, most serious first.
    findings: &'static [&'static str],
    /// Its rows in the table; `None` where it holds the organisation.
    rows: Option<usize>,
}

const fn good(
    file: &'static str,
    layout: &'static str,
    findings: &'static [&'static str],
    rows: usize,
) -> Awkward {
    Awkward {
        file,
        layout: Ok(layout),
        findings,
        rows: Some(rows),
    }
}

/// A table of something else than mailboxes, and what its rows are.
const fn other(file: &'static str, of: &'static str) -> Awkward {
    Awkward {
        file,
        layout: Err(of),
        findings: &["layout-unknown"],
        rows: None,
    }
}

const FILES: [Awkward; 43] = [
    other(
        "accounts-entra-users.csv",
        "The headings fit no known layout",
    ),
    good(
        "accounts-google-workspace.csv",
        "user-accounts",
        &["accounts-unusable", "column-unused", "account-unknown"],
        1,
    ),
    good(
        "accounts-graph-sign-ins.csv",
        "user-accounts",
        &["accounts-unusable", "column-unused", "account-unknown"],
        1,
    ),
    good(
        "admin-centre-users.csv",
        "exchange-migration-user-statistics",
        &["failed-counts-differ"],
        3,
    ),
    good("all-organisations.csv", "qmm-sync-state", &[], 2),
    good(
        "cells-as-written.csv",
        "qmm-sync-state",
        &[
            "failed-counts-differ",
            "cells-unread",
            "cells-unread",
            "cells-unread",
            "cells-unread",
            "cells-unread",
            "cells-unread",
        ],
        5,
    ),
    Awkward {
        file: "dates-other-way-round.csv",
        layout: Ok("qmm-sync-state"),
        findings: &["dates-other-way"],
        rows: None,
    },
    good(
        "durations-with-days.csv",
        "exchange-move-request-statistics",
        &["failed-counts-differ"],
        2,
    ),
    good(
        "exchange-migration-user-statistics.csv",
        "exchange-migration-user-statistics",
        &["failed-counts-differ"],
        3,
    ),
    good(
        "exchange-move-request-statistics.csv",
        "exchange-move-request-statistics",
        &["failed-counts-differ"],
        3,
    ),
    good(
        "exchange-skipped-items.csv",
        "exchange-skipped-items",
        &["mailbox-unknown", "failed-counts-differ"],
        3,
    ),
    good(
        "failed-item-decisions.csv",
        "failed-item-decisions",
        &["cells-unread", "encoding-assumed", "title-passed-over"],
        1,
    ),
    Awkward {
        file: "formatted-table.csv",
        layout: Err("Format-Table or Format-List"),
        findings: &["layout-unknown"],
        rows: None,
    },
    good(
        "losses-beside.csv",
        "qmm-sync-state",
        &["failed-counts-differ", "loss-unread", "column-unused"],
        2,
    ),
    good("lost-letters.csv", "qmm-sync-state", &["letters-lost"], 2),
    other("mailbox-permissions.csv", "a table of permissions"),
    other("message-trace.csv", "a table of traced messages"),
    good(
        "microsoft-cross-tenant.csv",
        "microsoft-cross-tenant",
        &["failed-counts-differ"],
        3,
    ),
    other("migration-batches.csv", "a table of migration batches"),
    good(
        "migration-monitor-script.csv",
        "exchange-move-request-statistics",
        &["failed-counts-differ"],
        2,
    ),
    good(
        "migration-schedule.csv",
        "migration-schedule",
        &["not-in-export", "encoding-assumed"],
        4,
    ),
    good(
        "migration-users-unapproved.csv",
        "exchange-migration-user-statistics",
        &["failed-counts-differ"],
        3,
    ),
    other("migrationwiz-document-errors.csv", "a table of documents"),
    other("migrationwiz-documents.csv", "a table of documents"),
    good(
        "migrationwiz-errors.csv",
        "migrationwiz-errors",
        &["mailbox-unknown", "failed-counts-differ"],
        3,
    ),
    good(
        "migrationwiz-passes.csv",
        "migrationwiz-statistics",
        &["failed-counts-differ"],
        3,
    ),
    good(
        "migrationwiz-statistics.csv",
        "migrationwiz-statistics",
        &["failed-counts-differ"],
        6,
    ),
    good(
        "mixed-encodings.csv",
        "qmm-sync-state",
        &["failed-counts-differ", "encoding-assumed"],
        3,
    ),
    good(
        "on-demand-migration.csv",
        "on-demand-migration",
        &["failed-counts-differ"],
        3,
    ),
    good(
        "password-column.csv",
        "qmm-sync-state",
        &["password-column"],
        1,
    ),
    good(
        "report-with-sections.csv",
        "qmm-sync-state",
        &["failed-counts-differ", "rows-passed-over"],
        3,
    ),
    good(
        "schedule-as-typed.csv",
        "migration-schedule",
        &["not-in-export", "cells-unread", "rows-passed-over"],
        6,
    ),
    good(
        "schedule-by-pattern.csv",
        "migration-schedule",
        &["not-in-export", "heading-assumed"],
        3,
    ),
    good(
        "schedule-two-dates.csv",
        "migration-schedule",
        &["not-in-export", "heading-unclear"],
        2,
    ),
    good(
        "several-worksheets.xlsx",
        "qmm-sync-state",
        &[
            "failed-counts-differ",
            "worksheet-unread",
            "column-unused",
            "title-passed-over",
        ],
        2,
    ),
    good(
        "sizes-in-four-cultures.csv",
        "exchange-migration-user-statistics",
        &["failed-counts-differ"],
        4,
    ),
    good(
        "skipped-items-by-kind.csv",
        "exchange-skipped-items",
        &["failed-counts-differ"],
        2,
    ),
    good(
        "subjects-with-line-ends.csv",
        "qmm-failed-items",
        &["failed-counts-differ"],
        2,
    ),
    good(
        "transferred-over-total.csv",
        "qmm-sync-state",
        &["figures-contradict", "failed-counts-differ"],
        2,
    ),
    good(
        "typed-cells-1904.xlsx",
        "qmm-sync-state",
        &["failed-counts-differ"],
        3,
    ),
    good(
        "typed-cells.xlsx",
        "qmm-sync-state",
        &["failed-counts-differ"],
        3,
    ),
    good(
        "user-accounts.csv",
        "user-accounts",
        &["account-unknown"],
        1,
    ),
    good("utf-16-without-mark.txt", "qmm-sync-state", &[], 1),
];

/// Reads a file beside others that are good.
fn read(file: &str) -> Validation {
    let layouts = Layouts::load(None).unwrap();
    let bytes = awkward(file);
    let ending = file.rsplit('.').next().unwrap();
    let layout = FILES
        .iter()
        .find(|known| known.file == file)
        .and_then(|known| known.layout.ok());
    let input = layout.map_or(Input::SyncState, |layout| {
        layouts.named(layout).unwrap().input
    });
    let (mut sync_state, mut failed_items, mut other) =
        (("csv", SYNC_STATE), ("csv", FAILED_ITEMS), None);
    match input {
        Input::SyncState => sync_state = (ending, &bytes),
        Input::FailedItems => failed_items = (ending, &bytes),
        Input::Schedule | Input::FrozenSchedule => {
            other = Some(("../migration-schedule", (ending, &*bytes)));
        }
        Input::Accounts => other = Some(("accounts", (ending, &*bytes))),
        Input::Decisions => other = Some(("../decisions", (ending, &*bytes))),
    }
    read_files(&layouts, sync_state, failed_items, other)
}

fn table<'a>(validation: &'a Validation, layout: &str) -> &'a DataFrame {
    let tables = validation
        .tables
        .as_ref()
        .unwrap_or_else(|| panic!("{:#?}", validation.findings));
    match Layouts::load(None).unwrap().named(layout).unwrap().input {
        Input::SyncState => tables.mailboxes.frame(),
        Input::FailedItems => tables.failed_items.frame(),
        Input::Schedule => tables.schedule.as_ref().unwrap().table.frame(),
        Input::FrozenSchedule | Input::Accounts | Input::Decisions => tables.mailboxes.frame(),
    }
}

#[test]
fn every_awkward_file_is_known_here_and_explained() {
    let folder = sample_folder().join("awkward");
    let names = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let lying: BTreeSet<String> = names
        .filter(|name| !name.ends_with(".md") && !name.ends_with(".py"))
        .collect();
    let known: BTreeSet<String> = FILES.iter().map(|known| known.file.to_owned()).collect();
    assert_eq!(known, lying);
    let explained = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for file in known {
        assert!(
            explained.contains(&format!("| `{file}` |")),
            "README.md does not explain {file}"
        );
    }
}

#[test]
fn detect_says_the_layout_of_each_or_why_it_has_none() {
    for known in FILES {
        let said = detect(&sample_folder().join("awkward").join(known.file));
        let (exit_code, words) = known.layout.map_or_else(
            |why| (4, why.to_owned()),
            |layout| (0, format!("Layout: {layout}, of a")),
        );
        assert_eq!(said.exit_code, exit_code, "{}: {}", known.file, said.all());
        assert!(
            said.stdout.contains(&words),
            "{}: {}",
            known.file,
            said.stdout
        );
    }
}

#[test]
fn each_is_read_or_refused_as_it_should() {
    let mut told = BTreeMap::new();
    let mut expected = BTreeMap::new();
    for known in FILES {
        let validation = read(known.file);
        let codes: Vec<&str> = validation
            .findings
            .iter()
            .map(|finding| finding.code.name())
            .collect();
        let rows = validation
            .tables
            .as_ref()
            .map(|_| table(&validation, known.layout.unwrap()).height());
        told.insert(known.file, (codes, rows));
        expected.insert(known.file, (known.findings.to_vec(), known.rows));
    }
    assert_eq!(told, expected);
}

/// The rows of a file that is good, cell by cell.
fn cells(file: &str) -> Vec<String> {
    let layout = FILES
        .iter()
        .find(|known| known.file == file)
        .unwrap()
        .layout
        .unwrap();
    rows(table(&read(file), layout))
        .into_iter()
        .map(|row| row.replace("@pennyford-hospice.example", "@ph"))
        .collect()
}

#[test]
fn what_was_appended_in_another_encoding_keeps_its_letters() {
    let names: Vec<String> = cells("mixed-encodings.csv")
        .iter()
        .map(|row| row.split(" | ").nth(2).unwrap().to_owned())
        .collect();
    assert_eq!(names, ["Ada Moss", "Seán Ó Dubhda", "Zoë Quill"]);
    assert!(
        cells("utf-16-without-mark.txt")[0].starts_with("lucja.was@ph | Week 1 | Łucja Wąs | ")
    );
}

/// The state, on its journey, and the failed items of each mailbox.
fn states_and_losses(file: &str) -> Vec<(String, String)> {
    let cell = |row: &str, column: usize| row.split(" | ").nth(column).unwrap().to_owned();
    let rows = cells(file);
    rows.iter()
        .map(|row| (cell(row, 4), cell(row, 9)))
        .collect()
}

#[test]
fn what_public_scripts_write_is_read_as_its_tool_means_it() {
    for (file, told) in [
        (
            "admin-centre-users.csv",
            [("3", "5"), ("2", "0"), ("5", "1")],
        ),
        (
            "migration-users-unapproved.csv",
            [("3", "5"), ("3", "1"), ("5", "2")],
        ),
        (
            "microsoft-cross-tenant.csv",
            [("3", "5"), ("4", "0"), ("7", "-")],
        ),
        // Full, Pre-Stage and Verification, each of which MigrationWiz calls Completed.
        (
            "migrationwiz-passes.csv",
            [("3", "5"), ("2", "0"), ("0", "0")],
        ),
    ] {
        let told = told.map(|(state, losses)| (state.to_owned(), losses.to_owned()));
        assert_eq!(states_and_losses(file), told, "{file}");
    }
    let script = states_and_losses("migration-monitor-script.csv");
    assert_eq!(script[0], ("5".to_owned(), "5".to_owned()));
    assert_eq!(script[1], ("3".to_owned(), "7".to_owned()));
    assert!(cells("migration-monitor-script.csv")[0].contains(" | 1610612736 | "));
}

#[test]
fn what_is_taken_for_granted_and_what_is_lost_is_told_by_name() {
    let told = |file: &str, code: &str| {
        let findings = read(file).findings;
        let found = findings.iter().find(|finding| finding.code.name() == code);
        found.unwrap().message.clone()
    };
    let lost = told("losses-beside.csv", "loss-unread");
    assert!(
        lost.contains("“Corrupt Items”, “Lost messages”. The sum is 1,203,"),
        "{lost}"
    );
    let assumed = told("schedule-by-pattern.csv", "heading-assumed");
    assert!(
        assumed.contains("“Agreed Cut Date” is read as the switch date"),
        "{assumed}"
    );
    let unclear = told("schedule-two-dates.csv", "heading-unclear");
    assert!(
        unclear.contains("“First Date”, “Second Date” could all be the switch date"),
        "{unclear}"
    );
}

#[test]
fn bytes_in_brackets_count_in_every_culture() {
    let rows = cells("sizes-in-four-cultures.csv");
    assert!(
        rows.iter().all(|row| row.contains(" | 30551458399 | ")),
        "{rows:#?}"
    );
}

#[test]
fn durations_disturb_nothing() {
    assert_eq!(
        cells("durations-with-days.csv"),
        [
            "ada.moss@ph | Week 1 | Ada Moss | - | 3 | Synced | 95.0 | 7305 | 7300 | 5 | - | \
             1288490189 | 2026-11-20 06:12:30 | - | - | -",
            "ben.vale@ph | Week 1 | Ben Vale | - | 2 | InProgress | 41.0 | 100 | 40 | 0 | - | \
             524288 | 2026-11-20 06:10:00 | - | - | -",
        ]
    );
}

#[test]
fn a_subject_line_keeps_its_line_ends_and_quotation_marks() {
    assert_eq!(
        cells("subjects-with-line-ends.csv"),
        [
            "ada.moss@ph | Week 1 | Ada Moss | Inbox | Rota for \"Ward 3\",\r\nsecond try | \
             IPM.Note | 2025-07-10 | 49177600 | 0x80040305 | Message size exceeds the maximum \
             allowed | 2026-11-19 22:38:23",
            "ada.moss@ph | Week 1 | Ada Moss | Inbox | =1+1 | IPM.Note | - | 12288 | - | The item \
             is corrupted | -",
        ]
    );
}

#[test]
fn no_password_goes_anywhere() {
    let validation = read("password-column.csv");
    assert!(!format!("{validation:?}").contains("Tr0ubad0ur"));
}
