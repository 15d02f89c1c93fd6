//! Files that are missing, damaged, exchanged, empty, old, or several.

use migration_monitor::domain::FindingCode::{
    CellsUnread, ExportOld, ExportsSideBySide, FailedCountsDiffer, FileMissing, FileTruncated,
    FileUnreadable, LayoutUnknown, MailboxTwice, NoRows, PasswordColumn,
};
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::{failed_items, sync_state};
use super::{AMINA, AMINA_AT, BRYN, BRYN_AT, CHLOE, CHLOE_AT};

const SYNC_STATE: &str = "sync-state.csv";
const FAILED_ITEMS: &str = "failed-items.csv";

#[test]
fn a_missing_file_holds_the_organisation_and_the_pattern_is_named() {
    for (name, input) in [
        (SYNC_STATE, "no sync-state export"),
        (FAILED_ITEMS, "no failed-item export"),
    ] {
        let read = DropFolder::with_good_exports().without(name).read();
        let pattern = format!("ZNM/2026-11-20/{}*", name.trim_end_matches(".csv"));
        read.is_held_for(FileMissing)
            .nowhere()
            .says(&[input, &pattern, "run this day again"]);
        assert_eq!(read.codes(), [FileMissing]);
    }
    let neither = DropFolder::with_good_exports()
        .without(SYNC_STATE)
        .without(FAILED_ITEMS)
        .read();
    assert_eq!(neither.codes(), [FileMissing, FileMissing]);
}

#[test]
fn a_file_without_content_is_unreadable() {
    for name in [SYNC_STATE, FAILED_ITEMS] {
        for content in ["", "\u{FEFF}", " \r\n\r\n", "sep=;\r\n"] {
            let read = DropFolder::with_good_exports().with(name, content).read();
            read.is_held_for(FileUnreadable)
                .in_file(name)
                .says(&["the file is empty", "Export it again"]);
            assert_eq!(read.codes(), [FileUnreadable], "{content:?}");
        }
    }
}

#[test]
fn a_file_that_is_no_text_is_unreadable() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(sync_state().to_csv().replace("Queued", "Que\0ued"))
        .read();
    read.is_held_for(FileUnreadable)
        .in_file(SYNC_STATE)
        .says(&["not text", "line 4"]);
    let read = DropFolder::with_good_exports()
        .without(SYNC_STATE)
        .with("sync-state.xlsx", [0x50, 0x4B, 0])
        .read();
    read.is_held_for(FileUnreadable).in_file("sync-state.xlsx");
}

#[test]
fn an_extension_that_nobody_knows_holds_the_organisation_even_beside_a_good_file() {
    let read = DropFolder::with_good_exports()
        .with("sync-state.pdf", sync_state().to_csv())
        .read();
    read.is_held_for(FileUnreadable)
        .in_file("sync-state.pdf")
        .says(&[".pdf", ".csv, .tsv, .txt or .xlsx"]);
    let read = DropFolder::with_good_exports()
        .without(FAILED_ITEMS)
        .with("failed-items", failed_items().to_csv())
        .read();
    read.is_held_for(FileUnreadable).in_file("failed-items");
}

#[test]
fn extensions_are_compared_without_case() {
    let read = DropFolder::with_good_exports()
        .without(SYNC_STATE)
        .with("sync-state.CSV", sync_state().to_csv())
        .read();
    assert_eq!(read.codes(), []);
    let read = DropFolder::with_good_exports()
        .without(SYNC_STATE)
        .with("sync-state.Txt", sync_state().delimited_by('\t'))
        .read();
    assert_eq!(read.codes(), []);
}

#[test]
fn a_file_that_ends_inside_a_row_was_cut_off() {
    let text = sync_state().to_csv();
    for cut_before in ["O'Neill", "chloe.oneill@nm", "Queued", ",30/11/2026"] {
        let (kept, _) = text.split_once(cut_before).unwrap();
        let read = DropFolder::with_good_exports().with_sync_state(kept).read();
        read.is_held_for(FileTruncated)
            .at_line(SYNC_STATE, 4)
            .says(&["middle of a row", "cut off", "Export it again"]);
        assert_eq!(read.codes(), [FileTruncated], "cut before {cut_before}");
    }
    // The heading row itself: nothing else is there.
    let (kept, _) = text.split_once("Failed Items").unwrap();
    let read = DropFolder::with_good_exports().with_sync_state(kept).read();
    read.is_held_for(LayoutUnknown)
        .in_file(SYNC_STATE)
        .says(&["Failed Items"]);
}

#[test]
fn a_file_that_ends_inside_quotation_marks_was_cut_off() {
    let text = failed_items().to_csv();
    for (cut_before, line) in [
        (", second opinion", 2),
        ("Discharge letter", 3),
        ("for \"\"ward", 3),
        ("ward 7", 3),
    ] {
        let (kept, _) = text.split_once(cut_before).unwrap();
        let read = DropFolder::with_good_exports()
            .with_failed_items(kept)
            .read();
        read.is_held_for(FileTruncated)
            .at_line(FAILED_ITEMS, line)
            .says(&["middle of a row"]);
        assert_eq!(read.codes(), [FileTruncated], "cut before {cut_before}");
    }
}

#[test]
fn a_last_row_that_is_good_needs_no_line_end() {
    let text = sync_state().to_csv();
    let read = DropFolder::with_good_exports()
        .with_sync_state(text.trim_end())
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.mailboxes(), [AMINA_AT, BRYN_AT, CHLOE_AT]);
}

#[test]
fn a_last_row_that_is_bad_and_has_no_line_end_was_cut_off() {
    let text = sync_state().to_csv();
    let folder = DropFolder::with_good_exports().allowing_bad_rows(1.0);
    let read = folder
        .clone()
        .with_sync_state(text.strip_suffix("26\r\n").unwrap())
        .read();
    read.is_held_for(FileTruncated)
        .at_line(SYNC_STATE, 4)
        .says(&["last row", "no line end", "cut off"]);
    read.warns_of(CellsUnread).at_cell(SYNC_STATE, 4, 12);
    let read = folder
        .clone()
        .with_sync_state(text.strip_suffix("/2026\r\n").unwrap())
        .read();
    read.is_held_for(FileTruncated);
    // The same row with a line end was written like this.
    let read = folder
        .clone()
        .with_sync_state(text.replace("30/11/2026", "30/11"))
        .read();
    assert_eq!(read.codes(), [CellsUnread]);
    // Where all years have two digits, one at the end does not break off.
    let read = folder
        .with_sync_state(text.replace("/11/2026", "/11/26").trim_end())
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(
        read.everything(),
        DropFolder::with_good_exports().read().everything()
    );
}

#[test]
fn headings_that_fit_no_layout_hold_the_organisation_and_name_what_is_missing() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(sync_state().without_column("Failed Items").to_csv())
        .read();
    read.is_held_for(LayoutUnknown).in_file(SYNC_STATE).says(&[
        "sync-state",
        "qmm-sync-state",
        "Failed Items",
    ]);
    let read = DropFolder::with_good_exports()
        .with_failed_items("a,b\r\n1,2\r\n")
        .read();
    read.is_held_for(LayoutUnknown)
        .in_file(FAILED_ITEMS)
        .says(&["failed-item", "qmm-failed-items", "none of them is known"]);
    assert_eq!(read.codes(), [LayoutUnknown]);
}

#[test]
fn two_files_that_were_exchanged_are_recognised() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(failed_items().to_csv())
        .with_failed_items(sync_state().to_csv())
        .read();
    assert_eq!(read.codes(), [LayoutUnknown, LayoutUnknown]);
    let [items, states] = read.all(LayoutUnknown)[..] else {
        panic!()
    };
    states
        .in_file(SYNC_STATE)
        .says(&["a failed-item export, not a sync-state export", "exchanged"]);
    items
        .in_file(FAILED_ITEMS)
        .says(&["a sync-state export, not a failed-item export", "exchanged"]);
}

#[test]
fn a_heading_on_two_columns_that_differ_is_refused_with_both_columns() {
    let twice = sync_state().with_column("FAILED-ITEMS", "7");
    let read = DropFolder::with_good_exports()
        .with_sync_state(twice.to_csv())
        .read();
    read.is_held_for(LayoutUnknown)
        .in_file(SYNC_STATE)
        .says(&["Columns 9 and 13"]);
}

#[test]
fn headings_without_rows_hold_the_organisation_where_mailboxes_should_be() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(sync_state().without_rows().to_csv())
        .read();
    read.is_held_for(NoRows)
        .in_file(SYNC_STATE)
        .says(&["no mailbox"]);
}

#[test]
fn rows_of_which_none_can_be_read_hold_the_organisation_even_where_all_may_be_bad() {
    let bad = (AMINA..=CHLOE).fold(sync_state(), |table, row| {
        table.with(row, "Failed Items", "many")
    });
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(1.0)
        .with_sync_state(bad.to_csv())
        .read();
    read.is_held_for(NoRows).in_file(SYNC_STATE);
}

#[test]
fn failed_items_with_headings_only_are_none_and_nobody_is_held() {
    let nobody_failed =
        sync_state()
            .with(AMINA, "Failed Items", "0")
            .with(BRYN, "Failed Items", "0");
    let empty =
        DropFolder::with_good_exports().with_failed_items(failed_items().without_rows().to_csv());
    let read = empty.clone().with_sync_state(nobody_failed.to_csv()).read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.tables().failed_items.frame().height(), 0);
    assert_eq!(read.mailboxes().len(), 3);
    // Where mailboxes count failed items, the two exports disagree.
    let read = empty.read();
    read.warns_of(FailedCountsDiffer)
        .says(&["2 mailboxes", "counts 3", "lists 0"]);
    assert_eq!(read.tables().failed_items.frame().height(), 0);
}

#[test]
fn several_files_of_one_input_are_read_together_whatever_their_form() {
    let (mut first, mut second) = (sync_state(), sync_state());
    first.rows.truncate(2);
    second.rows.drain(..2);
    let reversed: Vec<usize> = (0..second.headings.len()).rev().collect();
    let folder = DropFolder::with_good_exports()
        .without(SYNC_STATE)
        .with("sync-state-1.csv", first.to_csv())
        .with(
            "sync-state-2.tsv",
            second.in_order(&reversed).delimited_by('\t'),
        );
    let read = folder.read();
    assert_eq!(read.codes(), []);
    assert_eq!(
        read.everything(),
        DropFolder::with_good_exports().read().everything()
    );

    let read = folder
        .with(
            "sync-state-2.tsv",
            second.without_column("Sync State").delimited_by('\t'),
        )
        .read();
    read.is_held_for(LayoutUnknown).in_file("sync-state-2.tsv");
}

#[test]
fn files_that_share_most_of_their_rows_are_an_old_and_a_new_export() {
    let with = |name: &str, text: String| DropFolder::with_good_exports().with(name, text).read();
    let newer = sync_state().with(CHLOE, "Last Synchronized", "20/11/2026 06:40");
    with("sync-state-corrected.csv", newer.to_csv())
        .is_held_for(ExportsSideBySide)
        .says(&[
            "sync-state-corrected.csv and ",
            "3 of them stand in both",
            "By the newest time in them",
            "sync-state-corrected.csv is the newer (20 November 2026, 06:40; the other 20 November \
             2026, 06:12)",
            "Remove the one",
        ]);
    let read = with("sync-state-corrected.csv", newer.to_csv());
    assert_eq!(
        read.codes(),
        [ExportsSideBySide],
        "and of no mailbox by itself"
    );
    let read = with("failed-items-corrected.csv", failed_items().to_csv());
    read.is_held_for(ExportsSideBySide)
        .says(&["exports of the same failed items", "is the newer"]);

    // A mailbox in two collections, each of which is exported by itself.
    let other = sync_state()
        .with_more_people(3)
        .without_row(CHLOE)
        .without_row(BRYN);
    let read = with("sync-state-week-1.csv", other.to_csv());
    read.warns_of(MailboxTwice).says(&["as far on its journey"]);
    assert!(!read.is_held());
}

#[test]
fn files_without_times_are_told_apart_by_when_they_were_changed() {
    let timeless = sync_state().without_column("Last Synchronized").to_csv();
    let folder = DropFolder::with_good_exports().with_sync_state(timeless.clone());
    let read = folder.with("sync-state-2.csv", timeless).read();
    read.is_held_for(ExportsSideBySide)
        .says(&["Which is the newer cannot be told"]);
}

#[test]
fn each_finding_names_the_file_it_is_about_where_there_are_several() {
    let folder = DropFolder::with_good_exports().allowing_bad_rows(0.5);
    let read = folder
        .with(
            "failed-items-2.csv",
            failed_items()
                .with(0, "Subject", "A minute")
                .with(1, "Subject", "A form")
                .with(2, "Size (KB)", "big")
                .to_csv(),
        )
        .read();
    read.warns_of(CellsUnread)
        .at_cell("failed-items-2.csv", 4, 8);
    assert_eq!(
        read.item_cells(columns::MAILBOX),
        [AMINA_AT, AMINA_AT, AMINA_AT, AMINA_AT, BRYN_AT, BRYN_AT]
    );
}

#[test]
fn a_column_of_passwords_is_pointed_out_and_read_by_nobody() {
    let plain = DropFolder::with_good_exports().read();
    for heading in ["Password", " PASSWORD ", "pass-word"] {
        let read = DropFolder::with_good_exports()
            .with_sync_state(sync_state().with_column(heading, "Winter2026!").to_csv())
            .with_failed_items(failed_items().with_column(heading, "Winter2026!").to_csv())
            .read();
        assert_eq!(read.codes(), [PasswordColumn, PasswordColumn]);
        for (told, (name, column)) in read
            .all(PasswordColumn)
            .into_iter()
            .zip([(FAILED_ITEMS, 12), (SYNC_STATE, 13)])
        {
            let told = told.says(&["passwords", "not read", "change those passwords"]);
            told.in_column(name, column);
        }
        assert_eq!(read.everything(), plain.everything());
    }
}

#[test]
fn an_export_older_than_the_settings_allow_holds_the_organisation() {
    // The newest time-stamp is of 06:12:30, the report is due at 07:00.
    let at = |moment: &str| {
        sync_state()
            .with(AMINA, "Last Synchronized", moment)
            .to_csv()
    };
    let folder = DropFolder::with_good_exports().allowing_an_age_of_hours(1);
    assert_eq!(folder.read().codes(), []);
    let read = folder
        .clone()
        .with_sync_state(
            sync_state()
                .to_csv()
                .replace("20/11/2026 06:1", "20/11/2026 05:1"),
        )
        .read();
    read.is_held_for(ExportOld)
        .says(&["max_age_hours", "Export it again"]);
    // One new time-stamp is enough, and where there is none nothing can be said.
    assert_eq!(
        folder
            .clone()
            .with_sync_state(at("20/11/2026 06:00:00").replace("06:10", "01:10"))
            .read()
            .codes(),
        []
    );
    assert_eq!(
        folder
            .with_sync_state(sync_state().without_column("Last Synchronized").to_csv())
            .read()
            .codes(),
        []
    );
    let old = sync_state()
        .to_csv()
        .replace("20/11/2026 06", "20/11/2025 06");
    assert_eq!(
        DropFolder::with_good_exports()
            .with_sync_state(old)
            .read()
            .codes(),
        [],
        "where no age is set"
    );
}
