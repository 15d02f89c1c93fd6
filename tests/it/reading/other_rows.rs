//! Rows that are no mailboxes are passed over and told; rows that lack a mailbox are bad.

use migration_monitor::domain::FindingCode::{BadRow, MailboxUnknown, RowsPassedOver};
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::{failed_items, sync_state};
use super::{AMINA_AT, BRYN_AT, CHLOE_AT};

const SYNC_STATE: &str = "sync-state.csv";

/// The good export with a line between its rows and one behind them.
fn with_lines(between: &str, behind: &str) -> DropFolder {
    let text = sync_state().to_csv();
    let text = text.replace("Week 1,Bryn", &format!("{between}Week 1,Bryn"));
    DropFolder::with_good_exports().with_sync_state(text + behind)
}

#[test]
fn totals_below_the_table_are_no_mailbox() {
    for totals in [
        "Total,,,,,,3000,1698,3,768.5,,\r\n",
        "Grand Total,,,,,,3000,1698,3,768.5,,\r\n",
        "Total:,,3,,,,3000,1698,3,768.5,,\r\n"
            .replace(",,3,", ",,,")
            .as_str(),
        "Totals (3 mailboxes),,,,,,\"3,000\",1 698,3,768.5 MB,,\r\n",
        "Sum,,,,,50%,3000,1698,3,,,\r\n",
        "Average,,,,,50.2,1000,566,1,256.2,-,\r\n",
        "Week 1 Total,,,,,,2200,1698,3,768.5,,\r\n",
        ",,Total,,,,3000,1698,3,768.5,,\r\n",
        ",,,,,,3000,1698,3,768.5,,\r\n",
        "Total\r\n",
        "Total: 3 mailboxes\r\n",
        "3 mailboxes,,,,,,,,,,,\r\n",
        "(3 rows affected)\r\n",
        "Total,3000\r\n",
    ] {
        let read = with_lines("", totals).read();
        read.notes(RowsPassedOver)
            .at_line(SYNC_STATE, 5)
            .says(&["1 row is no mailbox", "passed over"]);
        assert_eq!(read.codes(), [RowsPassedOver], "{totals}");
        assert_eq!(read.mailboxes(), [AMINA_AT, BRYN_AT, CHLOE_AT], "{totals}");
        assert_eq!(
            read.everything(),
            DropFolder::with_good_exports().read().everything()
        );
    }
}

#[test]
fn what_a_report_says_of_itself_is_no_mailbox() {
    for remark in [
        "\"Applied filters:\r\nSync State is not (Blank)\"\r\n",
        "Applied filters: State is In Sync,,,,,,,,,,,\r\n",
        "Generated on 20/11/2026 06:30 by the monitor\r\n",
        "Generated on,20/11/2026 06:30,,,,,,,,,,\r\n",
        "-- end of report --\r\n",
        "OFFICIAL-SENSITIVE,,,,,,,,,,,\r\n",
        "Page 1 of 1\r\n",
    ] {
        let read = with_lines("", remark).read();
        read.notes(RowsPassedOver)
            .says(&["1 about the report itself"]);
        assert_eq!(read.codes(), [RowsPassedOver], "{remark}");
        assert_eq!(
            read.everything(),
            DropFolder::with_good_exports().read().everything()
        );
    }
}

#[test]
fn titles_between_rows_are_told_once_a_file_and_no_collection_is_changed() {
    let read = with_lines(
        "Wave 1 - Cardiology,,,,,,,,,,,\r\n",
        "Ward 7\r\nTotal,,,,,,3000,,,,,\r\n",
    )
    .read();
    read.notes(RowsPassedOver).at_line(SYNC_STATE, 3).says(&[
        "3 rows are no mailboxes",
        "1 of totals",
        "2 with the title of a section",
    ]);
    assert_eq!(read.codes(), [RowsPassedOver]);
    assert_eq!(
        read.everything(),
        DropFolder::with_good_exports().read().everything()
    );
}

#[test]
fn titles_are_the_collections_of_the_rows_below_them_where_nothing_else_is() {
    let text = "Mailbox,Switch Date,VIP\n\
        Wave 1 - Cardiology,,\namina.okafor@nm.example,23/11/2026,\nbryn.llewellyn@nm.example,23/11/2026,\n\
        Total,2,\n\
        Wave 2: Ward 7\nchloe.oneill@nm.example,30/11/2026,\n";
    let read = DropFolder::with_good_exports().with_schedule(text).read();
    read.notes(RowsPassedOver)
        .at_line("schedule.csv", 2)
        .says(&[
            "1 of totals",
            "2 with the title",
            "are the collections of the rows below",
        ]);
    assert_eq!(
        read.schedule_cells(columns::COLLECTION),
        [
            "Wave 1 - Cardiology",
            "Wave 1 - Cardiology",
            "Wave 2: Ward 7"
        ]
    );
    // Of rows without a title above them nothing is known, and so nothing is taken for certain.
    let text = "Mailbox,Switch Date\namina.okafor@nm.example,23/11/2026\nWave 1,\n\
        bryn.llewellyn@nm.example,23/11/2026\nchloe.oneill@nm.example,30/11/2026\n";
    let read = DropFolder::with_good_exports().with_schedule(text).read();
    assert_eq!(read.codes(), [RowsPassedOver]);
    assert_eq!(read.schedule_cells(columns::COLLECTION), ["unknown"; 3]);
}

#[test]
fn headings_that_come_again_in_other_letters_are_no_mailbox() {
    let headings = sync_state().without_rows().to_csv();
    let read = with_lines(&headings.to_uppercase(), "").read();
    read.notes(RowsPassedOver).says(&["1 of headings"]);
    assert_eq!(
        read.everything(),
        DropFolder::with_good_exports().read().everything()
    );
}

#[test]
fn a_row_that_lacks_its_mailbox_is_bad_whatever_it_resembles() {
    for row in [
        // A name, a state, a date: somebody whose mailbox is missing.
        "Total,Dai Prosser,,,In Sync,100,10,10,0,1,,\r\n",
        "Total care team,,,,In Sync,100,10,10,0,1,,\r\n",
        "Week 2,\"Count, Basil\",,,,,10,10,0,1,,\r\n",
        ",\"Page, Jim\",,,,,,,,,,23/11/2026\r\n",
        ",Wai Total,,,,,10,10,0,1,,\r\n",
        // An alias, a log-in, a number for a mailbox.
        ",,dai.prosser,,,,,,,,,\r\n",
        ",,WHARFE\\dprosser,,,,,,,,,\r\n",
        ",,dprosser,,,,10,10,0,1,,\r\n",
        ",,8123456,,,,10,10,0,1,,\r\n",
        ",,8123456,,,,,,,,,\r\n",
        "Week 2,Dai Prosser,,,,,,,,,,\r\n",
    ] {
        let read = with_lines("", row).allowing_bad_rows(0.5).read();
        assert_eq!(read.all(BadRow)[0].line(), Some(5), "{row}");
        assert!(!read.codes().contains(&RowsPassedOver), "{row}");
    }
    // In a list that people write, a name alone is a person.
    for row in [
        "Dai Prosser,\n",
        "dai.prosser,\n",
        "Prosser,\n",
        "8123456,23/11/2026\n",
    ] {
        let text = format!("Mailbox,Switch Date\namina.okafor@nm.example,23/11/2026\n{row}");
        let folder = DropFolder::with_good_exports().with_schedule(text);
        let read = folder.allowing_bad_rows(0.5).read();
        assert_eq!(read.all(BadRow)[0].line(), Some(3), "{row}");
    }
}

#[test]
fn lines_that_break_off_in_a_failed_item_export_stay_bad_rows() {
    let text = failed_items().to_csv().replace(
        "\"Re: biopsy, second opinion\"",
        "Re: biopsy\r\nsecond opinion",
    );
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.6)
        .with_failed_items(text)
        .read();
    assert_eq!(read.bad_rows(), 2);
    let text = failed_items().to_csv() + "Total,,,,,,,3,,,\r\n(3 rows affected)\r\n";
    let read = DropFolder::with_good_exports()
        .with_failed_items(text)
        .read();
    assert_eq!(read.codes(), [RowsPassedOver]);
}

#[test]
fn rows_that_are_no_mailboxes_do_not_count_among_those_that_cannot_be_read() {
    let titles = "Ward 7,,,,,,,,,,,\r\n".repeat(50);
    let table = sync_state()
        .with_more_people(97)
        .with(1, "Failed Items", "many");
    let text = table.to_csv() + &titles;
    let read = DropFolder::with_good_exports()
        .with_sync_state(text.clone())
        .read();
    assert_eq!(read.codes(), [MailboxUnknown, BadRow, RowsPassedOver]);
    // Nor do they make the share of bad rows look small.
    let text = text.replacen("In Sync,100,1200,1198,2", "In Sync,100,1200,1198,many", 1);
    let read = DropFolder::with_good_exports().with_sync_state(text).read();
    read.is_held_for(migration_monitor::domain::FindingCode::TooManyBadRows)
        .says(&["2 of 100 rows"]);
}
