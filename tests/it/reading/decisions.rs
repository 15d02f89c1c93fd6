//! What an organisation decided on its failed items, however it writes it down.

use migration_monitor::domain::FindingCode::{
    DecisionUnclear, DecisionsDiffer, DecisionsUnusable, OtherOrganisation,
};
use migration_monitor::domain::Severity;

use super::drop_folder::{DropFolder, Read};

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
