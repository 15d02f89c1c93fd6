use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::history::table::{FIRST_SEEN, ITEM, REFERENCE};
use crate::history::tests::{Folder, code, november, texts};
use crate::history::{Kept, OrganisationDay, Snapshot, WINDOW_DAYS};

/// What a day's exports say: of each mailbox its state and how many items were copied; of each
/// failed item which it is, in which folder it lies, and what the tool said when it tried it last.
#[derive(Debug, Clone)]
struct Inputs {
    mailboxes: Vec<(u8, u16)>,
    items: Vec<(u8, u8, u8)>,
}

impl Inputs {
    fn rows(&self) -> (Vec<String>, Vec<String>) {
        let states = ["Queued", "Synchronizing", "In Sync", "Switched", "Stopped"];
        let mailboxes = self
            .mailboxes
            .iter()
            .enumerate()
            .map(|(number, (state, copied))| {
                let of_mailbox = self
                    .items
                    .iter()
                    .filter(|(item, ..)| usize::from(*item) % self.mailboxes.len() == number)
                    .count();
                let copied = if *state == 0 {
                    String::new()
                } else {
                    copied.to_string()
                };
                format!(
                    "Week {},person{number}@nm.example,{},3000,{copied},{of_mailbox}",
                    number % 2,
                    states[usize::from(*state) % states.len()]
                )
            });
        let items = self.items.iter().map(|(item, folder, tried)| {
            let mailbox = usize::from(*item) % self.mailboxes.len();
            format!(
                "person{mailbox}@nm.example,Folder {folder},Rota \
             {item},0{}/09/2026,2{item},0x{tried},Tried {tried},1{tried}/11/2026 \
             22:38:23",
                item + 1
            )
        });
        (mailboxes.collect(), items.collect())
    }

    fn keep(&self, folder: &Folder, day: u32) -> Kept {
        let (mailboxes, items) = self.rows();
        let mailboxes: Vec<&str> = mailboxes.iter().map(String::as_str).collect();
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        folder.keep(day, &mailboxes, &items).unwrap()
    }
}

prop_compose! {
    fn inputs()(
        mailboxes in proptest::collection::vec((0_u8..5, 1000_u16..1010), 3),
        items in proptest::collection::vec((0_u8..5, 0_u8..2, 0_u8..3), 0..7),
    ) -> Inputs {
        Inputs { mailboxes, items }
    }
}

/// A folder in which the days were run once each, in their order, with the key of another.
fn in_order(like: &Folder, days: &BTreeMap<u32, Inputs>) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.data().join("history")).unwrap();
    std::fs::copy(like.file("key"), folder.file("key")).unwrap();
    for (day, inputs) in days {
        inputs.keep(&folder, *day);
    }
    folder
}

fn differing(one: &Folder, other: &Folder) -> Vec<PathBuf> {
    let (one, other) = (one.files(), other.files());
    let names = one.keys().chain(other.keys());
    names
        .filter(|name| one.get(*name) != other.get(*name))
        .cloned()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn days_that_are_kept_in_any_order_are_as_if_kept_in_theirs(runs in proptest::collection::vec((1_u32..8, inputs()), 2..7)) {
        let folder = Folder::new();
        let mut days = BTreeMap::new();
        for (day, inputs) in runs {
            inputs.keep(&folder, day);
            days.insert(day, inputs);
        }
        prop_assert_eq!(differing(&folder, &in_order(&folder, &days)), Vec::<PathBuf>::new());
    }
}

/// Five days, each with one item more of the first mailbox than the day before.
fn five_days() -> BTreeMap<u32, Inputs> {
    let inputs = |day: u8| Inputs {
        mailboxes: vec![(1, 1000 + u16::from(day)), (2, 1000), (3, 900)],
        items: (0..=day)
            .map(|item| (item % 5, item / 5, day % 3))
            .collect(),
    };
    [9, 10, 12, 13, 16]
        .into_iter()
        .zip(0..)
        .map(|(day, number)| (day, inputs(number)))
        .collect()
}

#[test]
fn a_run_that_is_killed_anywhere_is_ended_by_the_next_one() {
    let mut days = five_days();
    let folder = Folder::new();
    days.iter().for_each(|(day, inputs)| {
        inputs.keep(&folder, *day);
    });
    let before = folder.files();
    days.get_mut(&10).unwrap().items = vec![(4, 0, 0), (3, 1, 0)];
    assert_eq!(days[&10].keep(&folder, 10), Kept::InPlaceOfAnother);
    let after = folder.files();
    assert!(differing(&folder, &in_order(&folder, &days)).is_empty());

    // What is written, in its order: the 10th, and then what follows for the days after it.
    let name = |name: &str| Path::new("history").join(name);
    let mark = |day: u32| name(&format!("snapshots/{}/ZNM.sha256", november(day)));
    let tables = |day: u32| {
        [
            "mailboxes",
            "failed-items",
            "organisation-days",
            "collection-days",
            "cleared-items",
            "schedule",
        ]
        .map(|table| {
            name(&format!(
                "{table}/date={}/organisation=ZNM/part.parquet",
                november(day)
            ))
        })
    };
    let mut writes: Vec<(PathBuf, Option<Vec<u8>>)> = vec![
        (name("to-settle/ZNM"), Some(b"2026-11-10\n".to_vec())),
        (mark(10), None),
    ];
    writes.extend(
        tables(10)
            .into_iter()
            .chain([mark(10)])
            .map(|file| (file.clone(), Some(after[&file].clone()))),
    );
    for day in [12, 13, 16]
        .into_iter()
        .filter(|day| before[&mark(*day)] != after[&mark(*day)])
    {
        writes.push((
            mark(day),
            Some([before[&mark(day)].as_slice(), &after[&mark(day)]].concat()),
        ));
        writes.extend(
            tables(day)
                .into_iter()
                .chain([mark(day)])
                .map(|file| (file.clone(), Some(after[&file].clone()))),
        );
    }
    assert!(writes.len() > 18, "later days changed");

    for killed_after in 1..=writes.len() {
        let killed = Folder::new();
        let write = |file: &Path, bytes: &Option<Vec<u8>>| {
            let path = killed.data().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            match bytes {
                Some(bytes) => std::fs::write(path, bytes).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }
        };
        before
            .iter()
            .for_each(|(file, bytes)| write(file, &Some(bytes.clone())));
        writes
            .iter()
            .take(killed_after)
            .for_each(|(file, bytes)| write(file, bytes));
        // Days that were only to be held against another day before are never lost, and whoever
        // only reads is told.
        let history = killed.history();
        for day in [9, 12, 13, 16] {
            assert!(
                history.read(&code(), november(day)).is_ok(),
                "{killed_after}: {day}"
            );
        }
        let told = history.is_settled(&code()).unwrap_err().to_string();
        assert!(
            told.starts_with("the days after 2026-11-10 are not all held against it yet"),
            "{told}"
        );

        history.mend(&code()).unwrap();
        assert!(history.is_settled(&code()).is_ok());
        if killed_after == 1 {
            assert_eq!(killed.files(), before, "nothing was replaced yet");
            continue;
        }
        // The day itself was not recorded, and is run again.
        days[&10].keep(&killed, 10);
        assert_eq!(
            differing(&killed, &folder),
            Vec::<PathBuf>::new(),
            "{killed_after}"
        );
    }
}

#[test]
fn a_day_that_is_kept_while_another_run_is_to_be_ended_ends_it() {
    let mut days = five_days();
    let folder = Folder::new();
    days.iter().for_each(|(day, inputs)| {
        inputs.keep(&folder, *day);
    });
    // The 9th was replaced, and its run ended before the 10th was held against it.
    days.get_mut(&9).unwrap().items.clear();
    let replaced = in_order(&folder, &days);
    for (file, bytes) in replaced
        .files()
        .iter()
        .filter(|(file, _)| file.to_str().unwrap().contains("2026-11-09"))
    {
        std::fs::write(folder.data().join(file), bytes).unwrap();
    }
    folder
        .history()
        .begin_to_settle(&code(), november(9))
        .unwrap();
    days[&13].keep(&folder, 13);
    assert_eq!(differing(&folder, &replaced), Vec::<PathBuf>::new());
}

#[test]
fn what_does_not_change_is_not_written() {
    let days = five_days();
    let folder = Folder::new();
    days.iter().for_each(|(day, inputs)| {
        inputs.keep(&folder, *day);
    });
    let times = || {
        let files = folder.files();
        files
            .into_keys()
            .map(|file| {
                std::fs::metadata(folder.data().join(&file))
                    .unwrap()
                    .modified()
                    .map(|time| (file, time))
                    .unwrap()
            })
            .collect::<BTreeMap<_, _>>()
    };
    let before = times();
    // Another word of the tool for an item that was there before and stays: no later day says
    // anything else.
    let mut retried = days[&10].clone();
    retried.items.iter_mut().for_each(|(.., tried)| *tried = 2);
    assert_eq!(retried.keep(&folder, 10), Kept::InPlaceOfAnother);
    let changed: Vec<PathBuf> = times()
        .into_iter()
        .filter(|(file, time)| before.get(file) != Some(time))
        .map(|(file, _)| file)
        .collect();
    assert!(
        !changed.is_empty()
            && changed
                .iter()
                .all(|file| file.to_str().unwrap().contains("2026-11-10")),
        "{changed:?}"
    );
}

fn last(folder: &Folder, before: u32) -> Snapshot {
    folder
        .history()
        .before(&code(), november(before))
        .last
        .unwrap()
}

/// First seen and reference of each item of a day, by its fingerprint.
fn followed(snapshot: &Snapshot) -> BTreeMap<String, (String, String)> {
    let column = |name| {
        texts(&snapshot.failed_items, name)
            .into_iter()
            .map(Option::unwrap)
    };
    column(ITEM)
        .zip(column(FIRST_SEEN).zip(column(REFERENCE)))
        .collect()
}

fn day(folder: &Folder, of: u32) -> OrganisationDay {
    *folder
        .history()
        .organisation_days(&code(), november(of + 1))
        .days
        .last()
        .unwrap()
}

#[test]
fn items_are_followed_when_they_are_retried_moved_repaired_and_duplicated() {
    const MAILBOX: [&str; 1] = ["Week 1,amina@nm.example,In Sync,1200,1100,4"];
    let item = |folder: &str, subject: &str, tried: &str| {
        format!(
            "amina@nm.example,{folder},{subject},08/09/2026,21,0x80{tried},Tried \
             {tried},{tried}/11/2026 22:38:23"
        )
    };
    let folder = Folder::new();
    let keep = |day: u32, items: &[String]| {
        folder
            .keep(
                day,
                &MAILBOX,
                &items.iter().map(String::as_str).collect::<Vec<_>>(),
            )
            .unwrap()
    };
    let figures = |of: u32| {
        let day = day(&folder, of);
        (
            day.failed_items_listed,
            day.new_failed_items,
            day.cleared_failed_items,
        )
    };

    let (a, b, twice) = (
        item("Inbox", "Biopsy", "09"),
        item("Inbox", "Rota", "09"),
        item("Sent", "Minutes", "09"),
    );
    keep(9, &[a, b, twice.clone(), twice]);
    assert_eq!(figures(9), (4, None, None));
    let first = followed(&last(&folder, 10));
    assert_eq!(first.len(), 4);

    // All are tried again, in another order, with another error: the same items.
    let again = |subject: &str, folder: &str| item(folder, subject, "10");
    let (a, b, twice) = (
        again("Biopsy", "Inbox"),
        again("Rota", "Inbox"),
        again("Minutes", "Sent"),
    );
    keep(10, &[twice.clone(), b.clone(), a, twice.clone()]);
    assert_eq!(figures(10), (4, Some(0), Some(0)));
    assert_eq!(followed(&last(&folder, 11)), first);

    // One is moved, one of the two equal ones is repaired, and one is there twice.
    let moved = again("Biopsy", "Archive");
    keep(13, &[moved.clone(), b.clone(), b.clone(), twice.clone()]);
    assert_eq!(figures(13), (4, Some(1), Some(1)));
    let third = followed(&last(&folder, 14));
    let seen: Vec<&str> = third
        .values()
        .map(|(first_seen, _)| first_seen.as_str())
        .collect();
    assert_eq!(
        (
            seen.iter().filter(|day| **day == "2026-11-09").count(),
            seen.iter().filter(|day| **day == "2026-11-13").count()
        ),
        (3, 1)
    );
    // What is moved keeps its reference, though its fingerprint is another one.
    let references = |items: &BTreeMap<String, (String, String)>| {
        items
            .values()
            .map(|(_, reference)| reference.clone())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(
        references(&first).intersection(&references(&third)).count(),
        3
    );
    assert_eq!(references(&third).len(), 4);

    // What was repaired and fails once more is not new: it is as old and called as it was.
    keep(16, &[moved, b, twice.clone(), twice]);
    assert_eq!(figures(16), (4, Some(0), Some(1)));
    assert_eq!(day(&folder, 16).returned_failed_items, Some(1));
    let fourth = followed(&last(&folder, 17));
    assert!(
        fourth
            .values()
            .all(|(first_seen, _)| first_seen == "2026-11-09")
    );
    assert_eq!(references(&fourth), references(&first));
    // What was cleared is remembered, and what returned is not among it.
    let cleared = last(&folder, 17).cleared_items;
    assert_eq!(cleared.height(), 1);
    assert_eq!(
        texts(&cleared, "last_listed"),
        [Some("2026-11-13".to_owned())]
    );
}

#[test]
fn what_is_attempted_once_more_is_not_newly_attempted() {
    let folder = Folder::new();
    let keep = |day: u32, rows: &[&str]| folder.keep(day, rows, &[]).unwrap();
    keep(
        9,
        &[
            "W,a@nm.example,Switched,1000,990,10",
            "W,b@nm.example,Synchronizing,1000,500,0",
            "W,c@nm.example,Queued,,,",
        ],
    );
    assert_eq!(day(&folder, 9).figures.newly_attempted, None);
    // One switched back and is copied anew, one goes on, one begins, one is not listed before, one
    // says nothing.
    keep(
        10,
        &[
            "W,a@nm.example,Undo Switch,1000,100,0",
            "W,b@nm.example,Synchronizing,1000,600,1",
            "W,c@nm.example,Synchronizing,50,20,0",
            "X,d@nm.example,In Sync,7,7,0",
            "X,e@nm.example,Synchronizing,,,",
        ],
    );
    assert_eq!(day(&folder, 10).figures.newly_attempted, Some(101 + 20 + 7));
    let history = folder.history();
    let collections = history
        .before(&code(), november(11))
        .last
        .unwrap()
        .collection_days;
    let column = |name| {
        texts(&collections, name)
            .into_iter()
            .map(Option::unwrap_or_default)
    };
    let of_collections =
        column("collection").zip(column("mailboxes").zip(column("newly_attempted")));
    let of_collections: Vec<_> = of_collections.collect();
    let row = |name: &str, mailboxes: &str, new: &str| {
        (name.to_owned(), (mailboxes.to_owned(), new.to_owned()))
    };
    assert_eq!(of_collections, [row("W", "3", "121"), row("X", "2", "7")]);
    // Up to where it was it is tried once more, and beyond that anew; from nothing known nothing is
    // known.
    keep(
        11,
        &[
            "W,a@nm.example,Synchronizing,1000,900,0",
            "X,e@nm.example,Synchronizing,,70,0",
        ],
    );
    assert_eq!(day(&folder, 11).figures.newly_attempted, Some(800));
    keep(12, &["X,e@nm.example,Synchronizing,,,"]);
    assert_eq!(day(&folder, 12).figures.newly_attempted, None);
}

#[test]
fn a_report_reads_its_window_and_the_day_before_and_nothing_else() {
    let folder = Folder::new();
    let days = five_days();
    let october = |day: u32| {
        crate::domain::ReportDate::of(chrono::NaiveDate::from_ymd_opt(2026, 10, day).unwrap())
    };
    days.iter().for_each(|(day, inputs)| {
        inputs.keep(&folder, *day);
    });
    // A year before, and what is not needed of the window: nothing there can be read, and nobody
    // minds.
    for year in [2025, 2026] {
        for number in 1..=365 {
            let date = crate::domain::ReportDate::of(
                chrono::NaiveDate::from_yo_opt(year, number).unwrap(),
            );
            if date >= november(9).days_before(WINDOW_DAYS).unwrap() {
                continue;
            }
            let mark = folder.file(&format!("snapshots/{date}/ZNM.sha256"));
            std::fs::create_dir_all(mark.parent().unwrap()).unwrap();
            std::fs::write(mark, "not a mark").unwrap();
        }
    }
    for day in [9, 10, 12, 13] {
        for table in ["mailboxes", "failed-items"] {
            std::fs::write(
                folder.file(&format!(
                    "{table}/date={}/organisation=ZNM/part.parquet",
                    november(day)
                )),
                "damaged",
            )
            .unwrap();
        }
    }
    let history = folder.history();
    let before = history.before(&code(), november(17));
    assert_eq!(
        (before.last.unwrap().date, before.damaged.len()),
        (november(16), 0)
    );
    let window = history.organisation_days(&code(), november(17));
    assert_eq!(
        window.days.iter().map(|day| day.date).collect::<Vec<_>>(),
        [9, 10, 12, 13, 16].map(november)
    );
    assert!(window.damaged.is_empty());
    assert_eq!(
        window
            .days
            .iter()
            .map(|day| day.compared_with)
            .collect::<Vec<_>>(),
        [None, Some(9), Some(10), Some(12), Some(13)].map(|day| day.map(november))
    );

    // Where the window has none, an older day is looked for.
    let december =
        crate::domain::ReportDate::of(chrono::NaiveDate::from_ymd_opt(2026, 12, 31).unwrap());
    assert_eq!(
        history.before(&code(), december).last.unwrap().date,
        november(16)
    );
    assert!(history.organisation_days(&code(), december).days.is_empty());
    assert!(history.before(&code(), october(1)).last.is_none());
}
