//! What was once read wrongly, or not at all.

use migration_monitor::domain::FindingCode::{
    BadRow, CellsUnread, FiguresContradict, FileTruncated, LayoutUnknown, LettersLost,
    MailboxTwice, RowsAtLimit, StateUnrecognised,
};
use migration_monitor::domain::{ExpectedRate, Severity};
use migration_monitor::metrics::{CauseRules, measure};
use migration_monitor::tables::columns;

use super::AMINA;
use super::drop_folder::{DropFolder, report_date};
use super::table::sync_state;

const SYNC_STATE: &str = "sync-state.csv";

#[test]
fn a_row_that_starts_with_an_empty_quoted_cell_and_text_is_not_dropped_in_silence() {
    let text = sync_state()
        .to_csv()
        .replace("Week 1,Bryn", "\"\"Week 1\"\",Bryn");
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.4)
        .with_sync_state(text)
        .read();
    read.warns_of(BadRow).at_cell(SYNC_STATE, 3, 1);
}

#[test]
fn a_file_cut_off_just_behind_an_opening_quotation_mark_was_cut_off() {
    let text = sync_state().quoted_throughout(',');
    let (kept, _) = text.split_once("Week 2").unwrap();
    assert!(kept.ends_with("\r\n\""));
    let read = DropFolder::with_good_exports().with_sync_state(kept).read();
    read.is_held_for(FileTruncated).at_line(SYNC_STATE, 4);
}

#[test]
fn a_state_export_in_place_of_failed_items_is_recognised_even_with_an_error_column() {
    let table = sync_state().with_column("Error", "");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .with_failed_items(table.to_csv())
        .read();
    read.is_held_for(LayoutUnknown);
}

#[test]
fn of_three_rows_of_a_mailbox_each_finding_names_the_row_that_counts() {
    let table = sync_state()
        .with_copy_of(1, &[("Sync State", "In Sync")])
        .with_copy_of(1, &[("Sync State", "Switched")]);
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    assert_eq!(read.mailbox_cells(columns::SYNC_STATE)[1], "Switched");
    for told in read.all(MailboxTwice) {
        told.says(&["line 6"]);
    }
}

#[test]
fn an_unknown_state_is_counted_among_the_rows_that_are_kept() {
    let table = sync_state()
        .with(0, "Sync State", "Fettled")
        .with(1, "Sync State", "Fettled")
        .with(1, "Failed Items", "many");
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.4)
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(StateUnrecognised).says(&["1 mailbox has it"]);
}

#[test]
fn an_unknown_state_of_a_second_row_is_not_counted_twice() {
    let table = sync_state()
        .with(0, "Sync State", "Fettled")
        .with_copy_of(0, &[("Collection", "x")]);
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(StateUnrecognised).says(&["1 mailbox has it"]);
}

#[test]
fn progress_of_a_thousand_digits_is_no_percentage() {
    let table = sync_state().with(1, "Progress (%)", &"9".repeat(400));
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.4)
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(CellsUnread);
}

#[test]
fn absurd_counts_do_not_make_a_sum_unknown() {
    let big = "5000000000000000000";
    let table = sync_state()
        .with(0, "Items Total", big)
        .with(1, "Items Total", big);
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(1.0)
        .with_sync_state(table.to_csv())
        .read();
    let metrics = measure(
        read.tables(),
        report_date(),
        ExpectedRate::try_from(0.0001).unwrap(),
        &CauseRules::built_in().unwrap(),
    )
    .unwrap();
    let listed: u128 = metrics
        .mailboxes
        .iter()
        .filter_map(|mailbox| mailbox.items_total)
        .map(u128::from)
        .sum();
    assert_eq!(metrics.whole.items_total.map(u128::from), Some(listed));
}

#[test]
fn contradictions_are_seen_in_absurd_counts_too() {
    let big = "9223372036854775807";
    let table = sync_state().with(0, "Items Synchronized", big);
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(1.0)
        .with_sync_state(table.to_csv())
        .read();
    assert!(
        !read.codes().is_empty(),
        "1,200 items, of which 9,223,372,036,854,775,807 are copied: nothing was found"
    );
}

#[test]
fn dates_in_the_other_order_are_refused_and_not_half_read() {
    let american = sync_state()
        .to_csv()
        .replace("20/11/2026", "11/12/2026")
        .replace("23/11/2026", "11/23/2026")
        .replace("30/11/2026", "12/07/2026");
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(1.0)
        .with_sync_state(american)
        .read();
    assert!(
        read.codes()
            .iter()
            .any(|code| code.severity() == Severity::Hold),
        "{:?} {:?}",
        read.codes(),
        read.mailbox_cells(columns::SWITCH_DATE)
    );
}

#[test]
fn more_failed_than_there_are_items_is_a_contradiction_where_copied_is_unknown() {
    let table = sync_state()
        .with(2, "Items Synchronized", "")
        .with(2, "Failed Items", "900");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(FiguresContradict);
}

#[test]
fn rows_of_blank_cells_only_are_no_rows() {
    let text = sync_state().to_csv() + ",,,,,,,,,,,\r\n";
    let read = DropFolder::with_good_exports().with_sync_state(text).read();
    assert_eq!(read.codes(), []);
}

#[test]
fn a_state_word_that_is_a_name_is_not_repeated() {
    // A quotation mark too many shifts nothing, but a swapped heading does: State and Display Name
    // exchanged.
    let table = sync_state()
        .with_heading("Sync State", "x")
        .with_heading("Display Name", "Sync State")
        .with_heading("x", "Display Name");
    DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
}

#[test]
fn sep_line_as_excel_saves_it_again() {
    let text = format!("sep=;;;;;;;;;;;;\r\n{}", sync_state().delimited_by(';'));
    let read = DropFolder::with_good_exports().with_sync_state(text).read();
    assert_eq!(read.codes(), []);
}

#[test]
fn exactly_a_thousand_rows_are_worth_a_look() {
    let text: String = (0..1_000)
        .map(|person| format!("w,P{person},p{person}@nm.example,,In Sync,100,1,1,0,,,\r\n"))
        .collect();
    let headings = sync_state().to_csv().lines().next().unwrap().to_owned();
    let with = |rows: &str| {
        DropFolder::with_good_exports()
            .with_sync_state(format!("{headings}\r\n{rows}"))
            .read()
    };
    assert!(with(&text).codes().contains(&RowsAtLimit));
    let (one_less, _) = text.trim_end().rsplit_once("\r\n").unwrap();
    assert!(
        !with(&format!("{one_less}\r\n"))
            .codes()
            .contains(&RowsAtLimit)
    );
}

#[test]
fn letters_that_were_lost_before_the_export_was_written_are_told() {
    let lost = sync_state().to_csv().replace("Chloë", "Chlo?");
    let read = DropFolder::with_good_exports().with_sync_state(lost).read();
    read.notes(LettersLost).in_column(SYNC_STATE, 2);
    assert_eq!(
        DropFolder::with_good_exports()
            .with_sync_state(sync_state().to_csv().replace("Chloë", "Chloë?"))
            .read()
            .codes(),
        []
    );
    let decoded_wrongly = sync_state().with(AMINA, "Display Name", "Chlo\u{FFFD} Okafor");
    DropFolder::with_good_exports()
        .with_sync_state(decoded_wrongly.to_csv())
        .read()
        .notes(LettersLost)
        .in_column(SYNC_STATE, 2);
}
