//! Two exports in one file, and times that cannot be.

use migration_monitor::domain::FindingCode::{
    CellsUnread, DatesDoubtful, DatesOtherWay, ExportOld, ExportsSideBySide, FileTruncated,
    HeadingsChanged, MailboxTwice, OtherRows, TimesAhead,
};
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::{WrittenTable, failed_items, sync_state};
use super::{AMINA, BRYN, CHLOE};

const SYNC_STATE: &str = "sync-state.csv";

/// The good export, with these cells in every row.
fn with_all(cells: &[(&str, &str)]) -> WrittenTable {
    let people = [AMINA, BRYN, CHLOE];
    let each = people
        .iter()
        .flat_map(|row| cells.iter().map(move |cell| (*row, cell)));
    each.fold(sync_state(), |table, (row, (heading, text))| {
        table.with(row, heading, text)
    })
}

#[test]
fn headings_again_in_another_order_hold() {
    let same = sync_state().to_csv();
    let states = [3, 1, 2, 0, 4, 5, 6, 8, 7, 9, 10, 11];
    let other = sync_state().in_order(&states).to_csv();
    let read = DropFolder::with_good_exports()
        .with_sync_state(format!("{same}{other}"))
        .read();
    read.is_held_for(HeadingsChanged)
        .at_line(SYNC_STATE, 5)
        .says(&["in another order", "a file of each"]);

    let items = failed_items();
    let other = items.in_order(&[4, 1, 2, 3, 0, 5, 6, 7, 8, 9, 10]).to_csv();
    let read = DropFolder::with_good_exports()
        .with_failed_items(items.to_csv() + &other)
        .read();
    read.is_held_for(HeadingsChanged);
}

#[test]
fn of_two_days_in_one_file_the_newer_rows_count() {
    let day_before = [
        ("Last Synchronized", "19/11/2026 04:00"),
        ("Failed Items", "9"),
    ];
    let mut both = with_all(&day_before);
    both.rows.extend(sync_state().rows);
    let both = [BRYN, CHLOE].iter().fold(both, |table, row| {
        table.with(3 + row, "Last Synchronized", "20/11/2026 05:00")
    });
    let read = DropFolder::with_good_exports()
        .with_sync_state(both.to_csv())
        .read();
    read.warns_of(MailboxTwice).says(&[
        "3 of 3 mailboxes",
        "two exports in one file",
        "the newer time counts",
    ]);
    assert!(
        !read
            .mailbox_cells(columns::ITEMS_FAILED)
            .contains(&"9".to_owned())
    );

    // Without times nothing tells which day is which.
    let timeless = both.without_column("Last Synchronized");
    let read = DropFolder::with_good_exports()
        .with_sync_state(timeless.to_csv())
        .read();
    read.is_held_for(ExportsSideBySide)
        .says(&["two exports in one file", "cannot be told"]);
}

#[test]
fn a_time_ahead_is_told_and_makes_no_old_export_new() {
    let old = with_all(&[("Last Synchronized", "30/10/2026 05:00")]);
    let ahead = old.with(AMINA, "Last Synchronized", "30/10/2036 05:00");
    let read = DropFolder::with_good_exports()
        .allowing_an_age_of_hours(30)
        .with_sync_state(ahead.to_csv())
        .read();
    read.is_held_for(ExportOld);
    read.warns_of(TimesAhead)
        .says(&["1 mailbox was last synchronised later"]);
}

#[test]
fn times_ahead_that_are_past_with_day_and_month_exchanged_hold() {
    let american = with_all(&[("Last Synchronized", "11/12/2026 05:00")]);
    let read = DropFolder::with_good_exports()
        .allowing_an_age_of_hours(300)
        .with_sync_state(american.to_csv())
        .read();
    read.is_held_for(DatesOtherWay).says(&[
        "11 December 2026",
        "sync_state_date_order = \"month-day-year\"",
    ]);
}

#[test]
fn a_number_that_some_mailboxes_lack_is_told() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(sync_state().with(AMINA, "Failed Items", "").to_csv())
        .read();
    read.warns_of(CellsUnread)
        .says(&["1 of 1 mailbox in sync", "does not mean none"]);
}

#[test]
fn archives_take_no_mailboxs_place() {
    let table = "Project Type,Source Email Address,Total Success Count,Total Error Count,Last Status\n\
                 Archive-ExchangeServer-ExchangeOnline2,amina.okafor@nm.example,500,50,Completed\n\
                 Mailbox-ExchangeServer-ExchangeOnline2,amina.okafor@nm.example,1000,2,Completed\n\
                 Mailbox-ExchangeServer-ExchangeOnline2,bryn.llewellyn@nm.example,1000,1,Completed\n";
    let read = DropFolder::with_good_exports()
        .with_sync_state(table)
        .read();
    read.warns_of(OtherRows)
        .says(&["1 row is of archive mailboxes", "50 items failed there"]);
    assert_eq!(read.mailbox_cells(columns::ITEMS_FAILED), ["2", "1"]);
}

#[test]
fn a_number_under_no_heading_sets_its_row_aside() {
    let table = "Source Mailbox,Sync State,Failed Items,Items Total,\n\
                 amina.okafor@nm.example,In Sync,0,999,\n\
                 bryn.llewellyn@nm.example,In Sync,0,1,234\n";
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(1.0)
        .with_sync_state(table)
        .read();
    assert_eq!(read.bad_rows(), 1);
    assert_eq!(read.mailboxes().len(), 1);
}

#[test]
fn switch_dates_that_are_close_together_the_other_way_round_are_doubted_aloud() {
    let schedule = |dates: [&str; 3]| {
        let people = ["amina.okafor", "bryn.llewellyn", "chloe.oneill"];
        let rows = people.iter().zip(dates);
        rows.fold("Mailbox,Switch Date\n".to_owned(), |text, (who, date)| {
            format!("{text}{who}@nm.example,{date}\n")
        })
    };
    let read = |dates| {
        DropFolder::with_good_exports()
            .with_schedule(schedule(dates))
            .read()
    };
    // The first days of December, as the other side of the ocean writes them.
    read(["12/1/2026", "12/2/2026", "12/4/2026"])
        .warns_of(DatesDoubtful)
        .says(&["close together", "schedule_date_order"]);
    // A day above 12 settles it, and so do dates that are close together as they are read.
    for dates in [
        ["12/1/2026", "12/2/2026", "23/11/2026"],
        ["1/12/2026", "2/12/2026", "4/12/2026"],
    ] {
        assert!(!read(dates).codes().contains(&DatesDoubtful), "{dates:?}");
    }
}

#[test]
fn a_pass_of_no_known_end_that_copied_nothing_has_brought_nobody_into_sync() {
    let table = "Source Email Address,Last Migration Type,Total Success Count,Total Error Count,Last Status\n\
                 amina.okafor@nm.example,Undetermined,0,0,Completed\n\
                 bryn.llewellyn@nm.example,Undetermined,1000,1,Completed\n\
                 chloe.oneill@nm.example,Full,1000,0,Completed\n";
    let read = DropFolder::with_good_exports()
        .with_sync_state(table)
        .read();
    assert_eq!(
        read.mailbox_cells(columns::SYNC_STATE),
        ["Not started", "In sync", "In sync"]
    );
}

#[test]
fn rows_that_were_appended_in_another_encoding_are_told_as_what_they_are() {
    let mut bytes = super::table::utf_16_little_endian(&sync_state().to_csv());
    bytes.extend_from_slice(b"dafydd.pugh@nm.example,In Sync\r");
    let read = DropFolder::with_good_exports()
        .with_sync_state(bytes)
        .read();
    read.is_held_for(FileTruncated)
        .says(&["rows in another encoding were appended"]);
}
