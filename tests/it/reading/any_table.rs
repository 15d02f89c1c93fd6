//! What holds for any table.

use std::collections::BTreeSet;

use migration_monitor::domain::FindingCode::{BadRow, MailboxTwice};
use proptest::prelude::*;

use super::drop_folder::DropFolder;
use super::table::{Table, failed_items, sync_state, utf_16_big_endian, utf_16_little_endian, windows_1252};
use super::{AMINA, CHLOE};

/// What a row is like.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Good,
    BadCell(&'static str, &'static str),
    OneCellMore,
    OneCellLess,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Good),
        1 => prop::sample::select(vec![
            Kind::BadCell("Items Total", "many"),
            Kind::BadCell("Switch Date", "31/02/2026"),
            Kind::BadCell("Progress (%)", "half"),
            Kind::BadCell("Source Mailbox", ""),
            Kind::BadCell("Source Mailbox", "nowhere"),
            Kind::BadCell("Mailbox Size (MB)", "big"),
        ]),
        1 => Just(Kind::OneCellMore),
        1 => Just(Kind::OneCellLess),
    ]
}

/// A row of a person, of whom some have two.
fn row() -> impl Strategy<Value = (u32, Kind, &'static str, &'static str)> {
    let states = prop::sample::select(vec!["New", "In Sync", "Switched", "Failed", "Fettled", ""]);
    let collections = prop::sample::select(vec!["Week 1", "Week\r\n2", "Week \"3\"", "Week, 4", ""]);
    (0_u32..40, kind(), states, collections)
}

fn table_of(rows: &[(u32, Kind, &str, &str)]) -> Table {
    let mut table = sync_state();
    for (person, kind, state, collection) in rows {
        // Case makes no other person.
        let address = format!("{}{person}@nm.example", if person % 2 == 0 { "person" } else { "PERSON" });
        table = table.with_copy_of(CHLOE, &[("Source Mailbox", &address), ("Sync State", state), ("Collection", collection)]);
        let last = table.rows.len() - 1;
        match kind {
            Kind::Good => {}
            Kind::BadCell(heading, text) => table = table.with(last, heading, text),
            Kind::OneCellMore => table.rows[last].push("surplus".to_owned()),
            Kind::OneCellLess => drop(table.rows[last].pop()),
        }
    }
    table
}

/// Text with everything that a writer of tables must take care of, in letters that Windows-1252 and UTF-8 cannot
/// confuse.
fn text() -> impl Strategy<Value = String> {
    "[a-z0-9 éëöüñß\"',;|\t\r\n#=]{0,12}"
}

/// How a table is written to a file.
#[derive(Debug, Clone)]
struct Way {
    order: Vec<usize>,
    heading: fn(&str) -> String,
    delimiter: char,
    is_quoted_throughout: bool,
    encoding: fn(&str) -> Vec<u8>,
}

fn way(columns: usize) -> impl Strategy<Value = Way> {
    let headings: Vec<fn(&str) -> String> =
        vec![str::to_owned, str::to_uppercase, str::to_lowercase, |heading| heading.replace(' ', "-"), |heading| format!(" {heading} ")];
    let encodings: Vec<fn(&str) -> Vec<u8>> = vec![
        |text| text.as_bytes().to_vec(),
        |text| format!("\u{FEFF}{text}").into_bytes(),
        utf_16_little_endian,
        utf_16_big_endian,
        windows_1252,
    ];
    (
        Just((0..columns).collect::<Vec<_>>()).prop_shuffle(),
        prop::sample::select(headings),
        prop::sample::select(vec![',', ';', '\t', '|']),
        any::<bool>(),
        prop::sample::select(encodings),
    )
        .prop_map(|(order, heading, delimiter, is_quoted_throughout, encoding)| Way {
            order,
            heading,
            delimiter,
            is_quoted_throughout,
            encoding,
        })
}

impl Way {
    fn write(&self, table: &Table) -> Vec<u8> {
        let mut table = table.in_order(&self.order);
        table.headings.iter_mut().for_each(|heading| *heading = (self.heading)(heading));
        let text = if self.is_quoted_throughout { table.quoted_throughout(self.delimiter) } else { table.delimited_by(self.delimiter) };
        (self.encoding)(&text)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_row_is_kept_or_set_aside_or_listed_as_a_second_one(rows in prop::collection::vec(row(), 0..60)) {
        let read = DropFolder::with_good_exports().allowing_bad_rows(1.0).with_sync_state(table_of(&rows).to_csv()).read();

        let told = read.all(BadRow);
        let listed = told.iter().filter(|told| told.has_place()).count();
        let unlisted: usize = told.iter().filter(|told| !told.has_place()).map(|told| told.number()).sum();
        let second_ones = read.all(MailboxTwice).len();
        prop_assert_eq!(read.mailboxes().len() + listed + unlisted + second_ones, rows.len() + 3);

        let bad = rows.iter().filter(|row| !matches!(row.1, Kind::Good)).count();
        let people: BTreeSet<u32> = rows.iter().filter(|row| matches!(row.1, Kind::Good)).map(|row| row.0).collect();
        prop_assert_eq!(listed + unlisted, bad);
        prop_assert_eq!(read.mailboxes().len(), people.len() + 3);
    }

    #[test]
    fn order_case_delimiter_and_encoding_change_nothing(
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
        let other = DropFolder::with_good_exports().with_sync_state(of_states.write(&states)).with_failed_items(of_items.write(&items)).read();
        prop_assert_eq!(other.everything(), plain.everything());
    }
}
