//! Tables in the headings of every built-in layout, with awkward cells.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migration_monitor::sheets::Sheet;
use migration_monitor::tables::Tables;
use migration_monitor_fuzz::{WrittenTable, read_as};

fuzz_target!(|table: WrittenTable| {
    if let Ok(sheet) = Sheet::from_delimited(table.written()) {
        assert_eq!(
            sheet.height() + sheet.misshapen.len(),
            table.rows_with_text(),
            "every row is there"
        );
    }
    let tables_of = |table: &WrittenTable| read_as(table.input, "csv", &table.written());
    let (one, other) = (
        tables_of(&table),
        tables_of(&table.with_last_column_first()),
    );
    assert_eq!(
        one.is_some(),
        other.is_some(),
        "the order of columns decides nothing"
    );
    if let (Some(one), Some(other)) = (one, other) {
        assert!(
            one.mailboxes
                .frame()
                .equals_missing(other.mailboxes.frame())
        );
        assert!(
            one.failed_items
                .frame()
                .equals_missing(other.failed_items.frame())
        );
        let schedule = |tables: Tables| tables.schedule.map(|schedule| schedule.table);
        match (schedule(one), schedule(other)) {
            (Some(one), Some(other)) => assert!(one.frame().equals_missing(other.frame())),
            (one, other) => assert_eq!(one.is_some(), other.is_some()),
        }
    }
});
