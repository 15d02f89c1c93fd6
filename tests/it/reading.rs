//! From the files of a drop folder to tables, and what people are told of what is wrong with them.

mod accounts;
mod any_bytes;
mod any_table;
mod as_people_write;
mod between_rows;
mod decisions;
pub(crate) mod drop_folder;
mod every_layout;
mod joined_exports;
mod many_rows;
mod other_organisations;
mod other_rows;
mod schedule;
mod single_rows;
mod slips;
pub(crate) mod table;
mod way;
mod ways_of_writing;
mod whole_files;
mod workbooks;

use drop_folder::DropFolder;
use migration_monitor::tables::columns;

/// The places of people in the good sync-state export.
const AMINA: usize = 0;
const BRYN: usize = 1;
const CHLOE: usize = 2;

const AMINA_AT: &str = "amina.okafor@nm.example";
const BRYN_AT: &str = "bryn.llewellyn@nm.example";
const CHLOE_AT: &str = "chloe.oneill@nm.example";

#[test]
fn good_exports_become_tables_and_nothing_is_found() {
    let read = DropFolder::with_good_exports().read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.mailboxes(), [AMINA_AT, BRYN_AT, CHLOE_AT]);
    for (column, cells) in [
        (columns::COLLECTION, ["Week 1", "Week 1", "Week 2"]),
        (
            columns::DISPLAY_NAME,
            ["Amina Okafor", "Bryn Llewellyn", "Chloë O'Neill"],
        ),
        (
            columns::TARGET_MAILBOX,
            [
                "amina.okafor@nhs.example",
                "bryn.llewellyn@nhs.example",
                "chloe.oneill@nhs.example",
            ],
        ),
        (columns::SYNC_STATE, ["In sync", "Synchronising", "Queued"]),
        (
            columns::SYNC_STATE_WORD,
            ["In Sync", "Synchronizing", "Queued"],
        ),
        (columns::PROGRESS_PERCENT, ["100", "50.5", "0"]),
        (columns::ITEMS_TOTAL, ["1200", "1000", "800"]),
        (columns::ITEMS_SYNCHRONISED, ["1198", "500", "0"]),
        (columns::ITEMS_FAILED, ["2", "1", "0"]),
        (columns::ITEMS_SKIPPED, ["unknown", "unknown", "unknown"]),
        (columns::SIZE_BYTES, ["537395200", "268435456", "unknown"]),
        (
            columns::LAST_SYNCHRONISED_AT,
            ["2026-11-20 06:12:30", "2026-11-20 06:10:00", "unknown"],
        ),
        (
            columns::SWITCH_DATE,
            ["2026-11-23", "2026-11-23", "2026-11-30"],
        ),
        (columns::SWITCHED_AT, ["unknown", "unknown", "unknown"]),
        (columns::LAST_ERROR, ["unknown", "unknown", "unknown"]),
    ] {
        assert_eq!(read.mailbox_cells(column), cells, "{column}");
    }
    for (column, cells) in [
        (columns::MAILBOX, [AMINA_AT, AMINA_AT, BRYN_AT]),
        (columns::COLLECTION, ["Week 1", "Week 1", "Week 1"]),
        (
            columns::DISPLAY_NAME,
            ["Amina Okafor", "Amina Okafor", "Bryn Llewellyn"],
        ),
        (columns::FOLDER, ["Inbox", "Archive\\2017", "Sent Items"]),
        (
            columns::SUBJECT,
            [
                "Re: biopsy, second opinion",
                "Discharge letter\r\nfor \"ward 7\"",
                "Café rota",
            ],
        ),
        (
            columns::ITEM_KIND,
            ["IPM.Note", "IPM.Note", "IPM.Appointment"],
        ),
        (columns::ITEM_DATE, ["2026-09-08", "2022-12-29", "unknown"]),
        (columns::SIZE_BYTES, ["21504", "69414912", "15360"]),
        (columns::ERROR_CODE, ["0x8004010B", "0x80040305", "unknown"]),
        (
            columns::ERROR_TEXT,
            [
                "Server busy: request throttled",
                "Message size exceeds the maximum allowed",
                "The item is corrupted",
            ],
        ),
        (
            columns::FAILED_AT,
            ["2026-11-19 22:38:23", "2026-11-19 00:19:22", "unknown"],
        ),
    ] {
        assert_eq!(read.item_cells(column), cells, "{column}");
    }
}
