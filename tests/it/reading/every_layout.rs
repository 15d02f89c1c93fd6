//! What holds for the tables of every built-in layout, however they are written.

use std::collections::BTreeMap;

use migration_monitor::domain::FindingCode::{EncodingAssumed, MailboxTwice};
use migration_monitor::exports::{self, Input, Layouts};
use proptest::prelude::*;

use super::drop_folder::{DropFolder, Read, layouts};
use super::table::{WrittenTable, failed_items, sync_state};
use super::way::{Way, way};
use crate::support::morning::sample_folder;

/// Exports of `sample-data/awkward`, one of each layout that the tests of this room do not have
/// themselves.
const EXPORTS: [&str; 10] = [
    "exchange-migration-user-statistics.csv",
    "exchange-move-request-statistics.csv",
    "exchange-skipped-items.csv",
    "failed-item-decisions.csv",
    "microsoft-cross-tenant.csv",
    "migration-schedule.csv",
    "migrationwiz-errors.csv",
    "migrationwiz-statistics.csv",
    "on-demand-migration.csv",
    "user-accounts.csv",
];

/// Cells that look like something, each of which might well stand in any column.
const AWKWARD: [&str; 50] = [
    "",
    " ",
    "0",
    "-1",
    "7",
    "1,234",
    "1.234",
    "1.234,5",
    "1 234",
    "12,34",
    "1e3",
    "99999999999999999999",
    "100%",
    "86,5 %",
    "104",
    "NaN",
    "20/11/2026",
    "3/4/2026",
    "03/04/2026 06:12:30",
    "3/4/2026 6:07 PM",
    "2026-11-20",
    "2026-11-20T06:12:30",
    "01/01/4501",
    "31/02/2026",
    "28.45 GB (30,551,458,399 bytes)",
    "512 KB",
    "Unlimited",
    "1.02:03:04.5",
    "In Sync",
    "Failed",
    "Completed",
    "Switched",
    "Fettled",
    "Pilot",
    "VIP",
    "yes",
    "true",
    "ZNM",
    "znm",
    "person1@nm.example",
    "PERSON2@NM.EXAMPLE",
    "o'neill+x@sub.nm.example",
    "nowhere",
    "@nm.example",
    "a b@nm.example",
    "Week \"3\"",
    "Week, 4; or | 5\tor so",
    "two\nlines",
    "é, ü and ß",
    "=1+1",
];

/// What no finding may ever say: parts of names, addresses and subject lines of the tables here.
const PEOPLE: [&str; 12] = [
    "@",
    "moss",
    "vale",
    "marsh",
    "dara.fen",
    "tarn",
    "okafor",
    "llewellyn",
    "neill",
    "person",
    "biopsy",
    "photographs",
];

/// A table of a layout, and what it is an export of.
#[derive(Debug, Clone)]
struct Laid {
    input: Input,
    table: WrittenTable,
}

/// Good exports of every built-in layout, with addresses of this room's organisation.
fn laid_tables() -> Vec<Laid> {
    let mut tables = BTreeMap::from([
        (
            "qmm-sync-state".to_owned(),
            Laid {
                input: Input::SyncState,
                table: sync_state(),
            },
        ),
        (
            "qmm-failed-items".to_owned(),
            Laid {
                input: Input::FailedItems,
                table: failed_items(),
            },
        ),
    ]);
    for file in EXPORTS {
        let (_, sheet) = exports::open(&sample_folder().join("awkward").join(file), layouts())
            .unwrap()
            .remove(0);
        let layout = layouts().explain(&sheet).unwrap().layout;
        let cell = |row, column| {
            sheet
                .raw_cell(row, column)
                .replace("pennyford-hospice.example", "nm.example")
                .replace("ZTP-", "ZNM-")
                .replace("ztp ", "znm ")
        };
        let row = |row| {
            (0..sheet.headings().len())
                .map(|column| cell(row, column))
                .collect()
        };
        let table = WrittenTable {
            headings: sheet.headings().to_vec(),
            rows: (0..sheet.height()).map(row).collect(),
        };
        tables.insert(
            layout.name.clone(),
            Laid {
                input: layout.input,
                table,
            },
        );
    }
    let every: Vec<String> = Layouts::load(None)
        .unwrap()
        .iter()
        .map(|layout| layout.name.clone())
        .collect();
    assert_eq!(
        tables.keys().cloned().collect::<Vec<_>>(),
        every,
        "a layout without an export here"
    );
    tables.into_values().collect()
}

/// A good table of any layout, some of whose cells are overwritten; and two ways to write it.
fn written_twice() -> impl Strategy<Value = (Laid, Way, Way)> {
    let overwriting = prop_oneof![
        4 => prop::sample::select(AWKWARD.to_vec()).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9 éëöüñß\"',;|\t\n#=/:.@-]{0,12}",
    ];
    (
        prop::sample::select(laid_tables()),
        prop::collection::vec(
            (
                any::<prop::sample::Index>(),
                any::<prop::sample::Index>(),
                overwriting,
            ),
            0..12,
        ),
        0_usize..30,
    )
        .prop_map(|(mut laid, cells, copies)| {
            for copy in 0..copies {
                let row = laid.table.rows[copy % laid.table.rows.len()].clone();
                laid.table.rows.push(row);
            }
            for (row, column, text) in cells {
                let (row, column) = (
                    row.index(laid.table.rows.len()),
                    column.index(laid.table.headings.len()),
                );
                laid.table.rows[row][column] = text;
            }
            laid
        })
        .prop_flat_map(|laid| {
            let columns = laid.table.headings.len();
            (Just(laid), way(columns), way(columns))
        })
}

fn read(laid: &Laid, way: &Way) -> Read {
    let folder = DropFolder::with_good_exports().allowing_bad_rows(1.0);
    let (folder, stem) = match laid.input {
        Input::SyncState => (folder.without("sync-state.csv"), "sync-state"),
        Input::FailedItems => (folder.without("failed-items.csv"), "failed-items"),
        Input::Schedule | Input::FrozenSchedule => (folder, "schedule"),
        Input::Accounts => (folder, "accounts"),
        Input::Decisions => (folder, "decisions"),
    };
    let (name, bytes) = way.write(stem, &laid.table);
    let read = folder.with(&name, bytes).read_whatever_is_told();
    for finding in read.findings() {
        let told = finding.to_string().to_lowercase();
        assert!(!PEOPLE.iter().any(|person| told.contains(person)), "{told}");
    }
    read
}

/// What is told, without places, which differ from one way of writing to another.
fn told(read: &Read) -> Vec<String> {
    let mut told: Vec<String> = read
        .findings()
        .iter()
        .filter(|f| f.code != EncodingAssumed)
        .map(|f| f.message.clone())
        .collect();
    told.iter_mut()
        .filter(|message| message.contains(" line "))
        .for_each(|message| {
            *message = message
                .split_whitespace()
                .filter(|word| !word.chars().any(|c| c.is_ascii_digit()))
                .collect::<Vec<_>>()
                .join(" ");
        });
    // Of several faults of a row, that of the first column is told, whichever that is.
    told.iter_mut()
        .filter(|message| message.starts_with("Under “"))
        .for_each(|message| *message = "A bad cell.".to_owned());
    told.sort();
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn how_a_table_is_written_changes_neither_tables_nor_findings((laid, one, other) in written_twice()) {
        let (one, other) = (read(&laid, &one), read(&laid, &other));
        prop_assert_eq!(told(&one), told(&other));
        prop_assert_eq!(one.is_held(), other.is_held());
        if !one.is_held() {
            prop_assert_eq!(one.everything(), other.everything());
        }
    }

    #[test]
    fn rows_of_every_layout_are_kept_or_told((laid, way, _) in written_twice()) {
        let read = read(&laid, &way);
        if !read.is_held() {
            let rows = laid.table.rows.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).count();
            let kept = match laid.input {
                Input::SyncState => read.mailboxes().len(),
                Input::FailedItems => read.tables().failed_items.frame().height(),
                // Of these, what counts is held against the tables: their own tests say how.
                Input::Accounts | Input::Decisions => return Ok(()),
                Input::Schedule | Input::FrozenSchedule => read.tables().schedule.as_ref().map_or(rows, |schedule| schedule.table.frame().height()),
            };
            prop_assert_eq!(kept + read.bad_rows() + read.passed_over() + read.all(MailboxTwice).len(), rows, "{:#?}", read);
        }
    }
}
