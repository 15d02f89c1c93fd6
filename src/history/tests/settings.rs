//! Settings among failed items, from day to day.

use super::*;

const HEADINGS: &str = "Source Mailbox,Folder,Subject,Item Class,Error";
/// A setting and a message, of which the tool does not say so.
const WITHOUT_KINDS: [&str; 2] = [
    "amina@nm.example,Inbox,,,Damaged",
    "amina@nm.example,Inbox,Rota,,Damaged",
];
/// The same, and it does.
const WITH_KINDS: [&str; 2] = [
    "amina@nm.example,Inbox,,CorruptFolderACL,Damaged",
    "amina@nm.example,Inbox,Rota,IPM.Note,Damaged",
];

fn taken(folder: &Folder, day: u32, items: &[&str]) -> Snapshot {
    let history = folder.history();
    let before = history.before(&code(), november(day)).last;
    let read = folder.day_with(day, &MAILBOXES, HEADINGS, items);
    let tables = read.validation.tables.unwrap();
    let snapshot = history.take(&code(), november(day), &tables, before.as_ref());
    let snapshot = snapshot.unwrap().unwrap();
    history.keep(&snapshot, 1).unwrap();
    snapshot
}

fn of_day(snapshot: &Snapshot) -> (u64, Option<u64>, Option<u64>) {
    let day = snapshot.organisation_day().unwrap();
    let (new, cleared) = (day.new_failed_items, day.cleared_failed_items);
    (day.failed_items_listed, new, cleared)
}

#[test]
fn settings_are_neither_listed_nor_new_nor_cleared_items() {
    let folder = Folder::new();
    let first = taken(&folder, 18, &WITH_KINDS);
    assert_eq!(of_day(&first), (1, None, None));
    assert_eq!(
        texts(&first.mailboxes, columns::SETTINGS_FAILED),
        ["1", "0", "0"].map(|number| Some(number.to_owned()))
    );
    // The export counts 2 failed items of Amina's, of which one is a setting.
    assert_eq!(
        texts(&first.mailboxes, columns::ITEMS_FAILED)[0].as_deref(),
        Some("1")
    );
    assert_eq!(
        of_day(&taken(&folder, 19, &WITH_KINDS[1..])),
        (1, Some(0), Some(0))
    );
    assert_eq!(
        of_day(&taken(&folder, 20, &WITH_KINDS)),
        (1, Some(0), Some(0))
    );
}

#[test]
fn an_item_that_turns_out_to_be_a_setting_is_not_cleared() {
    let folder = Folder::new();
    let before = taken(&folder, 19, &WITHOUT_KINDS);
    assert_eq!(of_day(&before), (2, None, None));
    assert_eq!(
        texts(&before.mailboxes, columns::SETTINGS_FAILED),
        [None, None, None],
        "it does not say which are settings"
    );
    let today = taken(&folder, 20, &WITH_KINDS);
    assert_eq!(of_day(&today), (1, Some(0), Some(0)));
    let mut validation = folder.day_with(20, &MAILBOXES, HEADINGS, &WITH_KINDS);
    compare(
        &validation.exports,
        &mut validation.validation,
        Some(&today),
        &before,
        LossLimit {
            share: 0.25,
            accepted: 0,
        },
    )
    .unwrap();
    let fell = |finding: &crate::domain::Finding| finding.code == FindingCode::FiguresFell;
    assert!(!validation.validation.findings.iter().any(fell));
}

#[test]
fn unknown_totals_are_counted_by_day() {
    let folder = Folder::new();
    let day = taken(&folder, 19, &WITH_KINDS).organisation_day().unwrap();
    // Chloe's, which is queued.
    assert_eq!(day.figures.mailboxes_without_total, 1);
}
