//! The awkward files that show what people do to exports, column by column.

use migration_monitor::domain::FindingCode::{CellsUnread, RowsPassedOver};
use migration_monitor::tables::columns;

use super::drop_folder::{DropFolder, Read};

/// An awkward file at this organisation.
fn awkward(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/awkward");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.replace("pennyford-hospice.example", "nm.example")
        .replace("PENNYFORD-HOSPICE.example", "NM.example")
}

/// Which columns have cells that are told, by place, from 1.
fn told_columns(read: &Read) -> Vec<usize> {
    let told = read
        .findings()
        .iter()
        .filter(|finding| finding.code == CellsUnread);
    let mut columns: Vec<usize> = told
        .map(|finding| finding.column.unwrap() as usize)
        .collect();
    columns.sort_unstable();
    columns
}

#[test]
fn cells_are_read_as_they_are_written_or_not_at_all() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(awkward("cells-as-written.csv"))
        .read();
    for (column, cells) in [
        (
            columns::MAILBOX,
            [
                "ada.moss@nm.example",
                "ben.vale@nm.example",
                "cleo.marsh@nm.example",
                "dara.fen@nm.example",
                "eli.wold@nm.example",
            ],
        ),
        (
            columns::COLLECTION,
            ["None", "N/A", "unknown", "unknown", "Week 1"],
        ),
        (
            columns::DISPLAY_NAME,
            [
                "Ada Never",
                "Ben Null",
                "Cleo Marsh",
                "Dara Fen",
                "Eli Wold",
            ],
        ),
        (
            columns::TARGET_MAILBOX,
            [
                "ada.moss@nhs-target.example",
                "ben.vale@nhs-target.example",
                "cleo.marsh@nhs-target.example",
                "dara.fen",
                "eli.wold@nhs-target.example",
            ],
        ),
        (
            columns::SYNC_STATE_WORD,
            ["In Sync", "in-sync", "Queued", "New", "Switched"],
        ),
        (
            columns::PROGRESS_PERCENT,
            ["87.5", "87.5", "unknown", "unknown", "100"],
        ),
        (
            columns::ITEMS_TOTAL,
            ["1234", "1234", "unknown", "unknown", "0"],
        ),
        (
            columns::ITEMS_SYNCHRONISED,
            ["1234", "1232", "unknown", "unknown", "0"],
        ),
        (columns::ITEMS_FAILED, ["0", "2", "unknown", "0", "0"]),
        (
            columns::SIZE_BYTES,
            ["1288490189", "30547954893", "unknown", "unknown", "0"],
        ),
        (
            columns::LAST_SYNCHRONISED_AT,
            [
                "2026-07-01 06:13:18.123",
                "2026-11-20 17:13:00",
                "unknown",
                "unknown",
                "2026-11-20 05:13:18",
            ],
        ),
        (
            columns::SWITCH_DATE,
            ["2026-11-23", "unknown", "unknown", "unknown", "unknown"],
        ),
    ] {
        assert_eq!(read.mailbox_cells(column), cells, "{column}");
    }
    // A list of objects, “many”, a word for none in place of failed items, “Unlimited”, a duration,
    // and days that could be others.
    assert_eq!(told_columns(&read), [1, 7, 9, 10, 11, 12]);
}

#[test]
fn a_report_with_sections_is_a_table_of_its_mailboxes() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(awkward("report-with-sections.csv"))
        .read();
    let mailboxes = [
        "ada.moss@nm.example",
        "ben.vale@nm.example",
        "cleo.marsh@nm.example",
    ];
    assert_eq!(read.mailboxes(), mailboxes);
    assert_eq!(
        read.mailbox_cells(columns::COLLECTION),
        [
            "Wave 1 - Cardiology",
            "Wave 1 - Cardiology",
            "Wave 2: Outpatients"
        ]
    );
    assert_eq!(
        read.mailbox_cells(columns::ITEMS_TOTAL),
        ["1200", "800", "50"]
    );
    let told = read.notes(RowsPassedOver).at_line("sync-state.csv", 2);
    told.says(&[
        "8 rows",
        "3 of totals",
        "2 with the title",
        "1 of headings",
        "2 about the report",
    ]);
}

#[test]
fn a_schedule_is_read_as_it_is_typed() {
    let read = DropFolder::with_good_exports()
        .with_schedule(awkward("schedule-as-typed.csv"))
        .read();
    for (column, cells) in [
        (
            columns::MAILBOX,
            [
                "ada.moss@nm.example",
                "ben.vale@nm.example",
                "cleo.marsh@nm.example",
                "dara.fen@nm.example",
                "eli.wold@nm.example",
                "fay.tarn@nm.example",
            ],
        ),
        (
            columns::COLLECTION,
            [
                "Wave 1 - Ward 7",
                "Wave 1 - Ward 7",
                "Wave 1 - Ward 7",
                "Wave 2 - Clinics",
                "Wave 2 - Clinics",
                "Wave 2 - Clinics",
            ],
        ),
        (
            columns::SWITCH_DATE,
            [
                "2026-11-23",
                "2026-11-23",
                "2026-11-23",
                "unknown",
                "2026-11-30",
                "unknown",
            ],
        ),
        (
            columns::PHASE,
            ["Pilot", "Live", "unknown", "Live", "Live", "Live"],
        ),
        (
            columns::VIP_CATEGORY,
            [
                "VIP",
                "unknown",
                "Medical secretary",
                "unknown",
                "VIP",
                "unknown",
            ],
        ),
    ] {
        assert_eq!(read.schedule_cells(column), cells, "{column}");
    }
    assert_eq!(told_columns(&read), [4]);
}
