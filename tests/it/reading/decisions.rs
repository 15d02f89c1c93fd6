//! What an organisation decided on its failed items, however it writes it down.

use migration_monitor::domain::FindingCode::{
    BadRow, DecisionUnclear, DecisionsDiffer, DecisionsUnusable, OtherOrganisation,
};
use migration_monitor::domain::Severity;

use super::drop_folder::{DropFolder, Read};
use super::table::utf_16_little_endian;

const HEADINGS: &str = "Reference,Decision,Note,Decided by,Decided on\r\n";

fn log(rows: &[&str]) -> String {
    rows.iter()
        .fold(HEADINGS.to_owned(), |text, row| text + row + "\r\n")
}

fn read(rows: &[&str]) -> Read {
    let folder = DropFolder::with_good_exports();
    folder.with("decisions.csv", log(rows)).read()
}

/// Each decision, as `reference decision`.
fn decided(read: &Read) -> Vec<String> {
    let decisions = read.tables().decisions.iter();
    let said = decisions.map(|of| format!("{} {}", of.reference, of.decision.name()));
    said.collect()
}

#[test]
fn a_decision_is_read_in_any_spelling_and_a_row_without_one_says_nothing() {
    let read = read(&[
        "ZNM-2222-2222,ACCEPTED,,,",
        "ZNM-2222-3333, accept ,,,",
        "ZNM-2222-4444,Done,,,",
        "ZNM-2222-5555,not accepted,,,",
        "ZNM-2222-6666,,somebody looks into it,,",
        "ZNM-2222-7777,TBC,,,",
    ]);
    assert_eq!(
        decided(&read),
        [
            "2222-2222 accept",
            "2222-3333 accept",
            "2222-4444 done",
            "2222-5555 keep"
        ]
    );
    assert_eq!(read.codes(), []);
}

#[test]
fn the_later_of_two_decisions_counts_and_without_days_the_more_careful_and_both_are_told() {
    for (one, other, counts) in [
        ("Accept,,,18/11/2026", "Keep,,,17/11/2026", "accept"),
        ("Accept,,,17/11/2026", "Keep,,,18/11/2026", "keep"),
        ("Accept,,,", "Done,,,18/11/2026", "done"),
        ("Accept,,,", "Keep,,,", "keep"),
        ("Done,,,18/11/2026", "Keep,,,18/11/2026", "keep"),
    ] {
        for rows in [[one, other], [other, one]] {
            let rows = rows.map(|row| format!("ZNM-2222-2222,{row}"));
            let in_one = read(&[&rows[0], &rows[1]]);
            let in_two = DropFolder::with_good_exports()
                .with("decisions-1.csv", log(&[&rows[0]]))
                .with("decisions-2.csv", log(&[&rows[1]]))
                .read();
            for read in [in_one, in_two] {
                assert_eq!(decided(&read), [format!("2222-2222 {counts}")], "{rows:?}");
                assert_eq!(read.codes(), [DecisionsDiffer], "{rows:?}");
            }
        }
    }
    let twice = read(&[
        "ZNM-2222-2222,Accept,one,,",
        "2222-2222,accepted,,B. Quill,",
    ]);
    assert_eq!(decided(&twice), ["2222-2222 accept"]);
    assert_eq!(twice.codes(), []);
}

#[test]
fn what_cannot_be_read_counts_for_nothing_is_told_and_loses_no_other() {
    let read = read(&[
        "ZNM-2222-2222,Perhaps,,,",
        "somewhere,Accept,,,",
        "ZNM-2222-3333,Accept,,,31/11/2026",
        "=1+1,Keep,,,",
    ]);
    assert_eq!(decided(&read), ["2222-3333 accept"]);
    assert_eq!(read.all(DecisionUnclear).len(), 2, "{read:#?}");
    assert!(!read.is_held());
}

#[test]
fn another_organisations_log_holds() {
    for text in [
        log(&["ZGL-2222-2222,Accept,,,"]),
        // Also where nothing is decided on it.
        log(&["ZGL-2222-2222,,,,"]),
        "Source mailbox,Reference,Decision\r\nsomebody@glen.example,ZNM-2222-2222,Accept\r\n"
            .into(),
    ] {
        let read = DropFolder::with_good_exports()
            .with("decisions.csv", text)
            .read_whatever_is_told();
        assert!(read.is_held());
        let holds = read.findings().iter();
        let holds: Vec<_> = holds
            .filter(|finding| finding.severity == Severity::Hold)
            .map(|finding| finding.code)
            .collect();
        assert_eq!(holds, [OtherOrganisation]);
    }
}

#[test]
fn a_log_that_cannot_be_read_holds_nobody() {
    for text in ["nothing,of,use\r\n1,2,3\r\n", "", "\u{0}\u{1}"] {
        let read = DropFolder::with_good_exports()
            .with("decisions.csv", text)
            .read();
        assert!(!read.is_held(), "{text:?}");
        assert_eq!(decided(&read), Vec::<String>::new());
        assert_eq!(read.codes(), [DecisionsUnusable], "{text:?}");
    }
}

/// Four decisions, as the rows of a log.
const FOUR: [&str; 4] = [
    "ZNM-2222-2222,Accept,not needed,P. Holm,18/11/2026",
    "ZNM-2222-3333,Done,,,",
    "ZNM-2222-4444,Keep,for the audit,,",
    "ZNM-2222-5555,,,,",
];
const FOUR_READ: [&str; 3] = ["2222-2222 accept", "2222-3333 done", "2222-4444 keep"];

#[test]
fn a_row_whose_last_cells_are_missing_is_read_and_none_is_cut_off() {
    let without = |row: &&str| row.trim_end_matches(',').to_owned();
    let rows: Vec<String> = FOUR.iter().map(without).collect();
    let text = HEADINGS.to_owned() + &rows.join("\r\n");
    // With a line end behind the last row, and without.
    for text in [
        text.clone() + "\r\n",
        text.clone(),
        text + "\r\nZNM-2222-6666,Done",
    ] {
        let last = text.contains("6666").then_some("2222-6666 done");
        let read = DropFolder::with_good_exports()
            .with("decisions.csv", text)
            .read();
        let expected: Vec<&str> = FOUR_READ.into_iter().chain(last).collect();
        assert_eq!(decided(&read), expected);
        assert_eq!(read.codes(), []);
        let known = &read.tables().decisions[0];
        assert_eq!(known.decided_by.as_deref(), Some("P. Holm"));
        assert_eq!(known.note.as_deref(), Some("not needed"));
    }
}

#[test]
fn a_row_that_cannot_be_read_is_told_and_loses_no_other() {
    for (row, code) in [
        // A comma in a note that nobody put in quotation marks.
        ("ZNM-2222-6666,Accept,not needed, says the ward,JB,", BadRow),
        (
            "ZNM-2222-6666,Accept,\"not needed\" says the ward,,",
            BadRow,
        ),
        ("ZNM-2222-6666,Yes,,,", DecisionUnclear),
        (
            "ZNM-2222-6666,Accept if the user agrees,,,",
            DecisionUnclear,
        ),
        // Its last cell is never closed.
        ("ZNM-2222-6666,Accept,\"not needed,,", DecisionUnclear),
    ] {
        let text = log(&FOUR) + row + "\r\n";
        let read = DropFolder::with_good_exports()
            .with("decisions.csv", text)
            .read();
        assert_eq!(decided(&read), FOUR_READ, "{row}");
        assert_eq!(read.codes(), [code], "{row}");
        read.warns_of(code);
        assert_eq!(read.findings()[0].line, Some(6), "{row}");
    }
}

#[test]
fn a_decision_that_is_signed_says_who_and_when() {
    let read = read(&[
        "ZNM-2222-2222,Accepted - JB,,,",
        "ZNM-2222-3333,\"Accepted, JB 18/11/2026\",,,",
        "ZNM-2222-4444,Done (JB),,P. Holm,",
        "ZNM-2222-5555,Not accepted by Jane Holm on 18 November 2026,,,",
    ]);
    let said = read.tables().decisions.iter().map(|of| {
        let day = of.decided_on.map_or_else(String::new, |on| on.to_string());
        let by = of.decided_by.as_deref().unwrap_or_default();
        format!("{} {} {by} {day}", of.reference, of.decision.name())
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "2222-2222 accept JB ",
            "2222-3333 accept JB 2026-11-18",
            "2222-4444 done P. Holm ",
            "2222-5555 keep Jane Holm 2026-11-18",
        ]
    );
    assert_eq!(read.codes(), []);
}

#[test]
fn a_log_is_read_however_a_spreadsheet_saves_it() {
    let sorted: Vec<&str> = FOUR.into_iter().rev().collect();
    let typed = [
        "'znm-2222-2222,accept,not needed,P. Holm,18th November 2026",
        " ZNM 2222 3333 ,DONE,,,",
        "“2222-4444”,keep.,for the audit,,",
    ];
    let wide = log(&FOUR).replace("\r\n", ",,Ours,\r\n");
    for (text, how) in [
        (log(&sorted).into_bytes(), "sorted"),
        (log(&typed).into_bytes(), "typed"),
        (log(&FOUR).replace(',', ";").into_bytes(), "semicolons"),
        (
            utf_16_little_endian(&log(&FOUR).replace(',', "\t")),
            "UTF-16",
        ),
        (
            ("sep=;\r\n".to_owned() + &log(&FOUR).replace(',', ";")).into_bytes(),
            "sep=",
        ),
        (wide.into_bytes(), "more columns"),
        ((log(&FOUR) + ",,,,\r\n,,,,\r\n").into_bytes(), "blank rows"),
        (
            ("Failed items,,,,\r\n,,,,\r\n".to_owned() + &log(&FOUR)).into_bytes(),
            "a title",
        ),
    ] {
        let read = DropFolder::with_good_exports()
            .with("decisions.csv", text)
            .read();
        assert_eq!(decided(&read), FOUR_READ, "{how}");
        let told = read.findings().iter();
        let worst = told.map(|finding| finding.severity).max();
        assert!(
            worst.is_none_or(|worst| worst == Severity::Note),
            "{how}: {:#?}",
            read.findings()
        );
        assert_eq!(
            read.tables().decisions[0].decided_by.as_deref(),
            Some("P. Holm"),
            "{how}"
        );
    }
}
