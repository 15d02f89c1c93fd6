//! What is followed from day to day beyond what stays as it is.

use super::*;

fn last(folder: &Folder, before: u32) -> Snapshot {
    let before = folder.history().before(&code(), november(before));
    before.last.unwrap()
}

fn of_day(folder: &Folder, day: u32) -> OrganisationDay {
    last(folder, day + 1).organisation_day().unwrap()
}

/// First seen and reference of each item of a day, in order.
fn known(snapshot: &Snapshot) -> Vec<(Option<String>, Option<String>)> {
    let column = |name| texts(&snapshot.failed_items, name);
    let known = column(table::FIRST_SEEN).into_iter();
    let mut known: Vec<_> = known.zip(column(table::REFERENCE)).collect();
    known.sort();
    known
}

#[test]
fn what_was_cleared_is_remembered_for_six_weeks() {
    const MAILBOX: [&str; 1] = ["Week 1,amina@nm.example,In Sync,1200,1199,1"];
    const ITEM_OF_HER: [&str; 1] = ["amina@nm.example,Inbox,Biopsy,08/09/2026,21,,Damaged,"];
    for (back_on, is_new) in [(13, 0), (14, 1)] {
        let folder = Folder::new();
        let october = |day: u64| november(1).days_before(32 - day).unwrap();
        folder.keep_on(october(1), &MAILBOX, &ITEM_OF_HER);
        folder.keep_on(october(2), &MAILBOX, &[]);
        folder.keep(back_on - 1, &MAILBOX, &[]).unwrap();
        folder.keep(back_on, &MAILBOX, &ITEM_OF_HER).unwrap();
        let day = of_day(&folder, back_on);
        assert_eq!(day.new_failed_items, Some(is_new), "{back_on}");
        assert_eq!(day.returned_failed_items, Some(1 - is_new), "{back_on}");
    }
}

/// Headings with the address that a mailbox migrates to.
const WITH_TARGETS: &str = "Collection,Source Mailbox,Target Mailbox,Sync State,Items Total,Items Synchronized,Failed Items";

#[test]
fn a_mailbox_with_another_address_is_followed_by_its_target_with_its_items() {
    let folder = Folder::new();
    let keep = |day: u32, mailboxes: &[&str], items: &[&str]| {
        folder.keep_with_headings(day, WITH_TARGETS, mailboxes, items)
    };
    let items = |address: &str| {
        [
            format!("{address},Inbox,Biopsy,08/09/2026,21,,Damaged,"),
            format!("{address},Inbox,Biopsy,08/09/2026,21,,Damaged,"),
            format!("{address},,,,,,Damaged,"),
        ]
    };
    let before = items("amina.smith@nm.example");
    let rows = [
        "W,amina.smith@nm.example,amina@new.example,Synchronizing,1000,400,3",
        "W,bryn@nm.example,bryn@new.example,Synchronizing,1000,100,0",
    ];
    keep(9, &rows, &before.each_ref().map(String::as_str));
    let first = known(&last(&folder, 10));
    let after = items("amina.jones@nm.example");
    let rows = [
        "W,amina.jones@nm.example,amina@new.example,Synchronizing,1000,600,3",
        "W,chloe@nm.example,chloe@new.example,Synchronizing,500,50,0",
    ];
    keep(10, &rows, &after.each_ref().map(String::as_str));
    let snapshot = last(&folder, 11);
    let day = of_day(&folder, 10);
    assert_eq!(
        (day.new_failed_items, day.cleared_failed_items),
        (Some(0), Some(0))
    );
    // Hers went on by 200, and Chloe's is new.
    assert_eq!(day.figures.newly_attempted, Some(250));
    assert_eq!(known(&snapshot), first);
    let mut courses = texts(&snapshot.mailboxes, "course");
    courses.sort();
    assert_eq!(
        courses,
        [Some("c"), Some("im")].map(|course| course.map(str::to_owned))
    );
}

#[test]
fn items_without_a_subject_are_followed_when_they_move_and_items_when_their_size_changes() {
    const MAILBOX: [&str; 1] = ["Week 1,amina@nm.example,In Sync,1200,1196,4"];
    let folder = Folder::new();
    let keep = |day: u32, items: &[&str]| {
        folder.keep(day, &MAILBOX, items).unwrap();
        let day = of_day(&folder, day);
        (day.new_failed_items, day.cleared_failed_items)
    };
    keep(
        9,
        &[
            "amina@nm.example,Inbox,,08/09/2026,21,,Damaged,",
            "amina@nm.example,Inbox,Rota,08/09/2026,30,,Damaged,",
            "amina@nm.example,Sent,Minutes,,12,,Damaged,",
        ],
    );
    let first = known(&last(&folder, 10));
    // The first is moved, the second is of another size, and the third is moved though its date is
    // not known.
    let items = [
        "amina@nm.example,Archive,,08/09/2026,21,,Damaged,",
        "amina@nm.example,Inbox,Rota,08/09/2026,31,,Damaged,",
        "amina@nm.example,Archive,Minutes,,12,,Damaged,",
    ];
    assert_eq!(keep(10, &items), (Some(0), Some(0)));
    assert_eq!(known(&last(&folder, 11)), first);
    // Of two of another size it is not known which is which.
    let two = "amina@nm.example,Inbox,Rota,08/09/2026,33,,Damaged,";
    let items = [
        items[0],
        "amina@nm.example,Inbox,Rota,08/09/2026,32,,Damaged,",
        two,
        items[2],
    ];
    assert_eq!(keep(11, &items), (Some(2), Some(1)));
}

/// A history as format 4 had it, of two days.
#[test]
fn a_history_of_the_format_before_is_taken_over_as_if_it_had_been_of_this_one() {
    let folder = Folder::new();
    folder.keep(18, &MAILBOXES, &ITEMS).unwrap();
    folder.keep(19, &MAILBOXES, &ITEMS[1..]).unwrap();
    let key = folder.history().key.unwrap();
    let mut known = folder.files();
    for (name, bytes) in &mut known {
        let text = String::from_utf8_lossy(bytes);
        if name.ends_with("format.json") {
            *bytes = text.replace("\"version\":5", "\"version\":4").into_bytes();
        }
    }
    for day in [18, 19] {
        let history = folder.history();
        let mark = history.mark(&code(), november(day)).unwrap();
        let frames = history.frames(&code(), november(day), &mark).unwrap();
        let mut lines = String::new();
        for (table, frame) in table::SnapshotTable::ALL.into_iter().zip(frames) {
            let file = table.file(&code(), november(day));
            if table.since() == 5 {
                std::fs::remove_file(folder.file(file.to_str().unwrap())).unwrap();
                continue;
            }
            let names = table.columns_of_format(4);
            let mut older = frame.select(names.iter().map(|(name, _)| *name)).unwrap();
            let bytes = parquet::to_bytes(&mut older).unwrap();
            lines += &mark::line(&file, &bytes);
            std::fs::write(folder.file(file.to_str().unwrap()), bytes).unwrap();
        }
        std::fs::write(
            mark::path(&folder.data().join("history"), &code(), november(day)),
            lines,
        )
        .unwrap();
    }
    let older = &known[Path::new("history/format.json")];
    std::fs::write(folder.file("format.json"), older).unwrap();
    // Who only reads has what there is.
    let before = History::open(&folder.data())
        .unwrap()
        .before(&code(), november(20));
    assert!(before.damaged.is_empty());
    assert_eq!(before.last.unwrap().cleared_items.height(), 0);
    let taken_over = folder.history();
    assert_eq!(taken_over.key.unwrap().check(), key.check());
    let snapshot = last(&folder, 20);
    assert_eq!(of_day(&folder, 19).returned_failed_items, Some(0));
    assert_eq!(snapshot.cleared_items.height(), 1);
    // Digests of what is not kept are not made up.
    assert!(
        texts(&snapshot.failed_items, table::FOLDER_SUBJECT_DATE)
            .iter()
            .all(Option::is_none)
    );
    // An item that was cleared under that format returns.
    folder.keep(20, &MAILBOXES, &ITEMS).unwrap();
    let day = of_day(&folder, 20);
    assert_eq!(
        (day.new_failed_items, day.returned_failed_items),
        (Some(0), Some(1))
    );
}
