//! What holds for any table.

use std::collections::BTreeSet;

use migration_monitor::domain::FindingCode::MailboxTwice;
use proptest::prelude::*;

use super::drop_folder::DropFolder;
use super::table::{WrittenTable, failed_items, sync_state};
use super::way::way;
use super::{AMINA, CHLOE};

/// What a row is like.
#[derive(Debug, Clone, Copy)]
enum RowKind {
    Good,
    BadCell(&'static str, &'static str),
    OneCellMore,
    OneCellLess,
}

fn kind() -> impl Strategy<Value = RowKind> {
    prop_oneof![
        6 => Just(RowKind::Good),
        1 => prop::sample::select(vec![
            RowKind::BadCell("Failed Items", "many"),
            RowKind::BadCell("Failed Items", "-1"),
            RowKind::BadCell("Source Mailbox", ""),
            RowKind::BadCell("Source Mailbox", "nowhere"),
            RowKind::BadCell("Source Mailbox", "Total"),
        ]),
        1 => Just(RowKind::OneCellMore),
        1 => Just(RowKind::OneCellLess),
    ]
}

/// A row of a person, of whom some have two.
fn row() -> impl Strategy<Value = (u32, RowKind, &'static str, &'static str)> {
    let states = prop::sample::select(vec!["New", "In Sync", "Switched", "Failed", "Fettled", ""]);
    let collections =
        prop::sample::select(vec!["Week 1", "Week\r\n2", "Week \"3\"", "Week, 4", ""]);
    (0_u32..40, kind(), states, collections)
}

fn table_of(rows: &[(u32, RowKind, &str, &str)]) -> WrittenTable {
    let mut table = sync_state();
    for (person, kind, state, collection) in rows {
        // Case makes no other person.
        let address = format!(
            "{}{person}@nm.example",
            if person % 2 == 0 { "person" } else { "PERSON" }
        );
        table = table.with_copy_of(
            CHLOE,
            &[
                ("Source Mailbox", &address),
                ("Sync State", state),
                ("Collection", collection),
            ],
        );
        let last = table.rows.len() - 1;
        match kind {
            RowKind::Good => {}
            RowKind::BadCell(heading, text) => table = table.with(last, heading, text),
            RowKind::OneCellMore => table.rows[last].push("surplus".to_owned()),
            RowKind::OneCellLess => drop(table.rows[last].pop()),
        }
    }
    table
}

/// Text with everything that a writer of tables must take care of, in letters that Windows-1252 and
/// UTF-8 cannot confuse.
fn text() -> impl Strategy<Value = String> {
    "[a-z0-9 éëöüñß\"',;|\t\n#=]{0,12}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_row_is_kept_or_set_aside_or_listed_as_a_second_one(rows in prop::collection::vec(row(), 0..60)) {
        let read = DropFolder::with_good_exports().allowing_bad_rows(1.0).with_sync_state(table_of(&rows).to_csv()).read();

        let second_ones = read.all(MailboxTwice).len();
        prop_assert_eq!(read.mailboxes().len() + read.bad_rows() + second_ones, rows.len() + 3);

        let bad = rows.iter().filter(|row| !matches!(row.1, RowKind::Good)).count();
        let people: BTreeSet<u32> = rows.iter().filter(|row| matches!(row.1, RowKind::Good)).map(|row| row.0).collect();
        prop_assert_eq!(read.bad_rows(), bad);
        prop_assert_eq!(read.mailboxes().len(), people.len() + 3);
    }

    #[test]
    fn how_hostile_text_is_written_changes_nothing(
        cells in prop::collection::vec((text(), text(), text()), 3),
        of_states in way(12),
        of_items in way(11),
    ) {
        let (mut states, mut items) = (sync_state(), failed_items());
        for (row, (collection, name, subject)) in (AMINA..=CHLOE).zip(&cells) {
            states = states.with(row, "Collection", collection).with(row, "Display Name", name);
            items = items.with(row, "Subject", subject).with(row, "User", name);
        }
        let plain = DropFolder::with_good_exports().with_sync_state(states.to_csv()).with_failed_items(items.to_csv()).read();
        let ((states, states_bytes), (items, items_bytes)) = (of_states.write("sync-state", &states), of_items.write("failed-items", &items));
        let other = DropFolder::with_good_exports().without("sync-state.csv").without("failed-items.csv");
        let other = other.with(&states, states_bytes).with(&items, items_bytes).read();
        prop_assert_eq!(other.everything(), plain.everything());
    }
}
