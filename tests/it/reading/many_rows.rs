//! Files of so many rows that they are read in several parts at the same time.

use migration_monitor::domain::FindingCode;
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::{failed_items, sync_state};

/// Enough for two parts.
const MAILBOXES: usize = 100_000;

/// The address of a mailbox; the file has them in the reverse of their order.
fn address(number: usize) -> String {
    format!("long.enough.to.be.alike.{number:06}@nm.example")
}

fn row(number: usize, state: &str, failed: &str) -> String {
    format!(
        "Week 1,Somebody,{},somebody{number}@nhs.example,{state},100,10,10,{failed},1.5,20/11/2026 \
         06:12:30,\r\n",
        address(number)
    )
}

#[test]
fn a_file_read_in_parts_is_read_as_one() {
    let headings = sync_state().without_rows().to_csv();
    let mut rows: Vec<String> = (0..MAILBOXES)
        .rev()
        .map(|number| row(number, "In Sync", "0"))
        .collect();
    rows[10] = row(10, "In Sync", "many");
    rows[MAILBOXES - 10] = row(11, "In Sync", "many");
    rows[20] = row(MAILBOXES - 1, "Queued", "0");
    rows[MAILBOXES - 20] = row(MAILBOXES - 2, "Switched", "0");
    rows[30] = row(30_000_000, "Fettled", "0");
    rows[MAILBOXES - 30] = row(20_000_000, "Fettled", "0");
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.5)
        .with_sync_state(headings + &rows.concat());
    let read = read
        .with_failed_items(failed_items().without_rows().to_csv())
        .read();

    let lines = |code| {
        read.all(code)
            .iter()
            .map(|told| told.line())
            .collect::<Vec<_>>()
    };
    let line = |row: usize| u32::try_from(row + 2).ok();
    assert_eq!(lines(FindingCode::BadRow), [line(10), line(MAILBOXES - 10)]);
    // Of two rows the one further on its journey counts: here the first, there the last.
    assert_eq!(lines(FindingCode::MailboxTwice), [line(1), line(20)]);
    assert_eq!(lines(FindingCode::StateUnrecognised), [line(30)]);
    let _ = read
        .warns_of(FindingCode::StateUnrecognised)
        .says(&["2 mailboxes"]);

    let mailboxes = read.mailboxes();
    assert_eq!(mailboxes.len(), MAILBOXES - 4);
    assert!(mailboxes.is_sorted());
    assert_eq!(mailboxes.first(), Some(&address(0)));
    let words = read.mailbox_cells(columns::SYNC_STATE_WORD);
    let word_of = |number| &words[mailboxes.binary_search(&address(number)).unwrap()];
    assert_eq!(
        [
            word_of(MAILBOXES - 1),
            word_of(MAILBOXES - 2),
            word_of(20_000_000)
        ],
        ["In Sync", "Switched", "Fettled"]
    );
}
