//! Rows that cannot be read are told by line and column, counted, and set aside.

use migration_monitor::domain::FindingCode::{
    BadRow, CellsUnread, FailedCountsDiffer, MailboxUnknown, TooManyBadRows,
};
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::{failed_items, sync_state};
use super::{AMINA, AMINA_AT, BRYN, BRYN_AT, CHLOE, CHLOE_AT};

const SYNC_STATE: &str = "sync-state.csv";
const FAILED_ITEMS: &str = "failed-items.csv";

/// A good folder in which a third of the rows may be bad, for there are three.
fn lenient() -> DropFolder {
    DropFolder::with_good_exports().allowing_bad_rows(0.4)
}

#[test]
fn a_cell_without_which_its_row_is_of_no_use_is_told_and_the_row_set_aside() {
    let cases = [
        (
            "Failed Items",
            9,
            "not a whole number",
            &[
                "many",
                "-1",
                "12.5",
                "1e3",
                "12,34",
                "0x10",
                "½",
                "System.Object[]",
                "99999999999999999999",
            ][..],
        ),
        ("Source Mailbox", 3, "names no source mailbox", &["", "  "]),
        (
            "Source Mailbox",
            3,
            "not an email address",
            &["bryn", "bryn@", "a@", "@nm.example", "b ryn@nm.example"],
        ),
        (
            "Source Mailbox",
            3,
            "several addresses",
            &["bryn@nm.example; dai@nm.example"],
        ),
    ];
    for (heading, column, words, texts) in cases {
        for text in texts {
            let read = lenient()
                .with_sync_state(sync_state().with(BRYN, heading, text).to_csv())
                .read();
            read.warns_of(BadRow).at_cell(SYNC_STATE, 3, column).says(&[
                &format!("“{heading}”"),
                words,
                "set aside",
                "export again",
            ]);
            assert_eq!(read.codes(), [MailboxUnknown, BadRow], "{heading}: {text}");
            assert_eq!(read.mailboxes(), [AMINA_AT, CHLOE_AT], "{heading}: {text}");
        }
    }
}

#[test]
fn any_other_cell_that_cannot_be_read_is_unknown_and_told_once_a_column() {
    let cases = [
        (
            "Items Total",
            columns::ITEMS_TOTAL,
            7,
            "else than a whole number",
            &["many", "-1", "12.5", "1e3", "12,34", "0x10", "½"][..],
        ),
        (
            "Progress (%)",
            columns::PROGRESS_PERCENT,
            6,
            "else than a percentage",
            &["half", "-5", "inf", "50%%"],
        ),
        (
            "Mailbox Size (MB)",
            columns::SIZE_BYTES,
            10,
            "else than a size",
            &["4 acres", "-1", "big"],
        ),
        (
            "Last Synchronized",
            columns::LAST_SYNCHRONISED_AT,
            11,
            "else than a date",
            &["yesterday", "20/11/2026 25:00", "05:13"],
        ),
        (
            "Switch Date",
            columns::SWITCH_DATE,
            12,
            "else than a date",
            &[
                "31/02/2026",
                "23-11-26",
                "2026-23-11",
                "Monday",
                "46349",
                "w/c 23/11",
            ],
        ),
        (
            "Display Name",
            columns::DISPLAY_NAME,
            2,
            "else than text",
            &["System.Object[]"],
        ),
    ];
    for (heading, name, column, words, texts) in cases {
        for text in texts {
            let table = sync_state()
                .with(BRYN, heading, text)
                .with(CHLOE, heading, text);
            let read = DropFolder::with_good_exports()
                .with_sync_state(table.to_csv())
                .read();
            let told = read.warns_of(CellsUnread).at_cell(SYNC_STATE, 3, column);
            told.says(&[&format!("“{heading}”"), "2 cells", words, "Not reported"]);
            assert_eq!(read.codes(), [CellsUnread], "{heading}: {text}");
            assert_eq!(read.mailboxes(), [AMINA_AT, BRYN_AT, CHLOE_AT]);
            assert_eq!(
                read.mailbox_cells(name)[BRYN],
                "unknown",
                "{heading}: {text}"
            );
        }
    }
}

#[test]
fn what_a_cell_says_is_not_told_and_what_it_looks_like_is() {
    let table = sync_state().with(BRYN, "Switch Date", "Siân’s 2nd ward");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    let message = read.warns_of(CellsUnread).says(&["“aaaa·a 9aa aaaa”"]);
    let _ = message.says_not(&["Siân", "ward"]);
}

#[test]
fn a_word_for_none_is_unknown_and_no_fault() {
    for text in [
        "Never", "N/A", "-", "–", "TBC", "?", "on hold", "#N/A", "null",
    ] {
        let headings = [
            ("Items Total", columns::ITEMS_TOTAL),
            ("Progress (%)", columns::PROGRESS_PERCENT),
            ("Mailbox Size (MB)", columns::SIZE_BYTES),
            ("Last Synchronized", columns::LAST_SYNCHRONISED_AT),
            ("Switch Date", columns::SWITCH_DATE),
        ];
        let table = headings.iter().fold(sync_state(), |table, (heading, _)| {
            table.with(BRYN, heading, text)
        });
        let read = DropFolder::with_good_exports()
            .with_sync_state(table.to_csv())
            .read();
        assert_eq!(read.codes(), [], "{text}");
        for (heading, column) in headings {
            assert_eq!(
                read.mailbox_cells(column)[BRYN],
                "unknown",
                "{heading}: {text}"
            );
        }
    }
}

#[test]
fn a_word_for_none_in_place_of_failed_items_is_no_nought() {
    for text in ["none", "-", "N/A", "nil"] {
        let table = sync_state().with(BRYN, "Failed Items", text);
        let read = DropFolder::with_good_exports()
            .with_sync_state(table.to_csv())
            .read();
        read.warns_of(CellsUnread).at_cell(SYNC_STATE, 3, 9).says(&[
            "“Failed Items”",
            "1 cell",
            "and not 0",
        ]);
        assert_eq!(
            read.mailbox_cells(columns::ITEMS_FAILED)[BRYN],
            "unknown",
            "{text}"
        );
    }
}

#[test]
fn a_share_is_a_percentage_only_where_that_is_certain() {
    let with = |heading: &str, progress: [&str; 3]| {
        let table = sync_state()
            .with(AMINA, "Progress (%)", progress[0])
            .with(BRYN, "Progress (%)", progress[1])
            .with(CHLOE, "Progress (%)", progress[2]);
        let table = table.with_heading("Progress (%)", heading);
        let folder = DropFolder::with_good_exports().with_sync_state(table.to_csv());
        let read = folder.read();
        (read.mailbox_cells(columns::PROGRESS_PERCENT), read.codes())
    };
    let known = |cells: [&str; 3]| (cells.map(str::to_owned).to_vec(), vec![]);
    assert_eq!(
        with("Progress (%)", ["1", "50", "0"]),
        known(["1", "50", "0"])
    );
    assert_eq!(
        with("Progress", ["0.5%", "1%", "0"]),
        known(["0.5", "1", "0"])
    );
    assert_eq!(
        with("Progress", ["0.5", "100", "0"]),
        known(["0.5", "100", "0"])
    );
    assert_eq!(with("Progress", ["1", "0", "0"]), known(["1", "0", "0"]));
    for heading in ["Progress", "Progress (%)"] {
        let (cells, codes) = with(heading, ["1", "0.875", "0"]);
        assert_eq!(cells, ["unknown", "unknown", "0"]);
        assert_eq!(codes, [CellsUnread]);
    }
}

#[test]
fn people_and_collections_may_be_called_none_and_never() {
    let table = sync_state()
        .with(BRYN, "Collection", "None")
        .with(BRYN, "Display Name", "Never")
        .with(CHLOE, "Display Name", "Null");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.mailbox_cells(columns::COLLECTION)[BRYN], "None");
    assert_eq!(
        read.mailbox_cells(columns::DISPLAY_NAME)[BRYN..],
        ["Never", "Null"]
    );
}

#[test]
fn objects_of_powershell_say_what_they_hold() {
    let table = sync_state()
        .with(BRYN, "Sync State", "@{value=5; Value=Synchronizing}")
        .with(BRYN, "Failed Items", "@{value=1}")
        .with(
            BRYN,
            "Source Mailbox",
            "Bryn Llewellyn <SMTP:Bryn.Llewellyn@nm.example>;",
        );
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    assert_eq!(
        read.everything(),
        DropFolder::with_good_exports().read().everything()
    );
    assert_eq!(read.codes(), []);
}

#[test]
fn a_failed_item_without_a_mailbox_is_told_by_the_line_it_starts_on() {
    let cases = [
        (2, "Source Mailbox", "", 5, 3, "no source mailbox"),
        (2, "Source Mailbox", "Bryn", 5, 3, "not an email address"),
    ];
    for (row, heading, text, line, column, words) in cases {
        let read = lenient()
            .with_failed_items(failed_items().with(row, heading, text).to_csv())
            .read();
        read.warns_of(BadRow)
            .at_cell(FAILED_ITEMS, line, column)
            .says(&[heading, words]);
        assert_eq!(
            read.codes(),
            [FailedCountsDiffer, BadRow],
            "{heading}: {text}"
        );
        let mut left = vec![AMINA_AT, AMINA_AT, BRYN_AT];
        left.remove(row);
        assert_eq!(read.item_cells(columns::MAILBOX), left);
    }
}

#[test]
fn a_failed_item_of_which_a_cell_cannot_be_read_is_an_item_all_the_same() {
    let cases = [
        (0, "Item Date", "31/09/2026", 2, 7, "else than a date"),
        (1, "Size (KB)", "67 acres", 3, 8, "else than a size"),
        (2, "Failed At", "later", 5, 11, "else than a date"),
    ];
    for (row, heading, text, line, column, words) in cases {
        let read = DropFolder::with_good_exports()
            .with_failed_items(failed_items().with(row, heading, text).to_csv())
            .read();
        read.warns_of(CellsUnread)
            .at_cell(FAILED_ITEMS, line, column)
            .says(&[heading, words]);
        assert_eq!(read.codes(), [CellsUnread], "{heading}: {text}");
        assert_eq!(
            read.item_cells(columns::MAILBOX),
            [AMINA_AT, AMINA_AT, BRYN_AT]
        );
    }
}

#[test]
fn line_ends_within_cells_and_lines_before_the_headings_count_as_lines() {
    let table = sync_state()
        .with(AMINA, "Collection", "Week 1\r\nsecond\nthird\rfourth")
        .with(BRYN, "Failed Items", "many");
    let read = lenient().with_sync_state(table.to_csv()).read();
    read.warns_of(BadRow).at_cell(SYNC_STATE, 6, 9);
    assert_eq!(
        read.mailbox_cells(columns::COLLECTION)[0],
        "Week 1\r\nsecond\nthird\rfourth"
    );
    let read = lenient()
        .with_sync_state(format!("sep=,\r\n\r\n{}", table.to_csv()))
        .read();
    read.warns_of(BadRow).at_cell(SYNC_STATE, 8, 9);
    let blank_lines = table
        .to_csv()
        .replace("\r\nWeek 1,Bryn", "\r\n\r\n \r\nWeek 1,Bryn");
    let read = lenient().with_sync_state(blank_lines).read();
    read.warns_of(BadRow).at_cell(SYNC_STATE, 8, 9);
}

#[test]
fn a_row_with_too_many_or_too_few_cells_is_told_by_line() {
    let text = sync_state().to_csv();
    for (right, wrong, cells) in [
        ("Synchronizing,", "Synchronizing,,", "13 cells"),
        ("Synchronizing,50.5,", "Synchronizing,", "11 cells"),
    ] {
        let read = lenient().with_sync_state(text.replace(right, wrong)).read();
        read.warns_of(BadRow).at_line(SYNC_STATE, 3).says(&[
            cells,
            "headings have 12",
            "set aside",
            "delimiter",
        ]);
        assert_eq!(read.mailboxes(), [AMINA_AT, CHLOE_AT]);
    }
    let read = lenient()
        .with_sync_state(text.replace("Bryn Llewellyn,", "\"Bryn\" Llewellyn,"))
        .read();
    read.warns_of(BadRow)
        .at_cell(SYNC_STATE, 3, 2)
        .says(&["closing quotation mark", "doubled"]);
    assert_eq!(read.mailboxes(), [AMINA_AT, CHLOE_AT]);
}

#[test]
fn a_row_with_several_faults_is_one_bad_row() {
    let table = sync_state()
        .with(BRYN, "Failed Items", "many")
        .with(BRYN, "Source Mailbox", "bryn")
        .with(BRYN, "Switch Date", "soon")
        .with(BRYN, "Progress (%)", "half");
    let read = lenient().with_sync_state(table.to_csv()).read();
    assert_eq!(read.all(BadRow).len(), 1);
    // What else cannot be read in it is of no mailbox.
    assert_eq!(read.all(CellsUnread).len(), 0);
}

#[test]
fn twenty_bad_rows_are_listed_and_the_others_counted() {
    let with_bad_rows = |bad: usize| {
        let table = sync_state().with_more_people(40);
        let table = (3..3 + bad).fold(table, |table, row| table.with(row, "Failed Items", "many"));
        DropFolder::with_good_exports()
            .allowing_bad_rows(1.0)
            .with_sync_state(table.to_csv())
            .read()
    };
    let read = with_bad_rows(20);
    assert_eq!(read.all(BadRow).len(), 20);
    assert!(read.all(BadRow).iter().all(|told| told.has_place()));
    assert_eq!(read.mailboxes().len(), 23);

    let read = with_bad_rows(25);
    let told = read.all(BadRow);
    assert_eq!(told.len(), 21);
    told[0]
        .in_file(SYNC_STATE)
        .says(&["5 more rows were set aside", "25 in all"]);
    for (place, told) in told[1..].iter().enumerate() {
        told.at_cell(SYNC_STATE, u32::try_from(place).unwrap() + 5, 9);
    }
    assert_eq!(read.mailboxes().len(), 18);
}

#[test]
fn more_bad_rows_than_are_allowed_hold_the_organisation_and_as_many_do_not() {
    let with_bad_rows = |bad: usize| {
        let table = sync_state().with_more_people(97);
        (3..3 + bad)
            .fold(table, |table, row| table.with(row, "Failed Items", "many"))
            .to_csv()
    };
    // Without a setting, 1 of 100.
    let read = DropFolder::with_good_exports()
        .with_sync_state(with_bad_rows(1))
        .read();
    assert_eq!(read.codes(), [BadRow]);
    assert_eq!(read.mailboxes().len(), 99);
    let read = DropFolder::with_good_exports()
        .with_sync_state(with_bad_rows(2))
        .read();
    read.is_held_for(TooManyBadRows).says(&[
        "2 of 100 rows",
        "1.0%",
        "Under “",
        "in each of them, the first of them on line ",
        "run this day again",
    ]);
    assert_eq!(read.codes(), [TooManyBadRows, BadRow, BadRow]);

    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.05)
        .with_sync_state(with_bad_rows(5))
        .read();
    assert_eq!(read.mailboxes().len(), 95);
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.05)
        .with_sync_state(with_bad_rows(6))
        .read();
    read.is_held_for(TooManyBadRows)
        .says(&["6 of 100 rows", "5.0%"]);
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.0)
        .with_sync_state(with_bad_rows(1))
        .read();
    read.is_held_for(TooManyBadRows)
        .says(&["1 of 100 rows", "0.0%"]);
}

#[test]
fn rows_of_another_width_count_among_the_bad_ones() {
    let misshapen = sync_state()
        .to_csv()
        .replace("Synchronizing,", "Synchronizing,,");
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(0.3)
        .with_sync_state(misshapen)
        .read();
    read.is_held_for(TooManyBadRows).says(&[
        "1 of 3 rows",
        "30.0%",
        "The row has 13 cells where the headings have 12, in each of them",
    ]);
    let misshapen = failed_items()
        .to_csv()
        .replace("IPM.Appointment,", "IPM.Appointment,,");
    let read = DropFolder::with_good_exports()
        .with_failed_items(misshapen)
        .read();
    read.is_held_for(TooManyBadRows)
        .at_line(FAILED_ITEMS, 5)
        .says(&["1 of 3 rows"]);
}

#[test]
fn blank_cells_are_unknown_and_not_zero() {
    let headings = [
        "Collection",
        "Display Name",
        "Target Mailbox",
        "Progress (%)",
        "Items Total",
        "Items Synchronized",
        "Failed Items",
        "Switch Date",
    ];
    let table = headings.iter().fold(sync_state(), |table, heading| {
        table.with(BRYN, heading, " ")
    });
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    assert_eq!(read.codes(), []);
    for column in [
        columns::COLLECTION,
        columns::DISPLAY_NAME,
        columns::TARGET_MAILBOX,
        columns::PROGRESS_PERCENT,
        columns::ITEMS_TOTAL,
        columns::ITEMS_SYNCHRONISED,
        columns::ITEMS_FAILED,
        columns::SWITCH_DATE,
    ] {
        assert_eq!(read.mailbox_cells(column)[BRYN], "unknown", "{column}");
        assert_ne!(read.mailbox_cells(column)[AMINA], "unknown", "{column}");
    }
    // A nought is a nought.
    assert_eq!(read.mailbox_cells(columns::ITEMS_FAILED)[CHLOE], "0");
    assert_eq!(read.mailbox_cells(columns::PROGRESS_PERCENT)[CHLOE], "0");
}

#[test]
fn columns_that_an_export_lacks_are_unknown() {
    let table = "Source Mailbox,Status,Failed\r\namina.okafor@nm.example,In \
     Sync,2\r\nbryn.llewellyn@nm.example,New,1\r\n";
    let read = DropFolder::with_good_exports()
        .with_sync_state(table)
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.mailbox_cells(columns::ITEMS_FAILED), ["2", "1"]);
    for column in [
        columns::COLLECTION,
        columns::ITEMS_TOTAL,
        columns::ITEMS_SYNCHRONISED,
        columns::SIZE_BYTES,
        columns::SWITCH_DATE,
    ] {
        assert_eq!(
            read.mailbox_cells(column),
            ["unknown", "unknown"],
            "{column}"
        );
    }
}
