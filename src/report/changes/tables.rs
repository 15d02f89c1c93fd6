//! What changed, as sections of pages and as sheets: mailboxes that moved, items that are new, still
//! failing and cleared, days.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::super::input::ReportInput;
use super::super::model::{Section, Table};
use super::super::tabulation::Tabulation;
use super::super::wording::{coming_day, list, name, user};
use super::super::workbook::{Cell, WorkbookSheet};
use super::{LONG_DAYS, may_be_older, moved, reference, since};
use crate::domain::SyncState;
use crate::domain::plural::{count, counted};
use crate::metrics::{Changes, ClearedItem, Listing, Mailbox, MailboxChange, Movement};

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 8;
/// From here on an item has been open for very long.
const VERY_LONG_DAYS: u64 = 30;

/// What mailboxes did since the day before.
pub(in crate::report) fn mailboxes_section(input: ReportInput<'_>) -> Option<Section> {
    let changes = input.metrics.changes.as_ref()?;
    let since = since(input, changes);
    let mut text = vec![movements(changes)];
    text.extend(comings_and_goings(changes, &since));
    // Who came into sync or switched is counted; who went back is named. Who stopped is among those
    // who need attention.
    let back = moved(input, changes).filter(|(change, _)| change.movement == Movement::WentBack);
    let back: Vec<_> = back.collect();
    let table = (!back.is_empty()).then(|| {
        by_mailbox_of(input, changes, back).list(
            "Mailboxes that went back",
            LISTED_USERS,
            "; all: workbook, sheet Changes.",
        )
    });
    let heading = format!("What changed since {}", coming_day(changes.since.day()));
    Some(Section::new(&heading, text, table))
}

/// “9 mailboxes came into sync, 2 switched and 1 went back.”
fn movements(changes: &Changes) -> String {
    let all = [
        (Movement::CameIntoSync, "came into sync"),
        (Movement::Switched, "switched"),
        (Movement::WentBack, "went back"),
        (Movement::Halted, "stopped or failed"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (movement, did) in all {
        match changes.count(movement) {
            0 => {}
            some if parts.is_empty() => {
                parts.push(format!("{} {did}", counted(some, "mailbox", "mailboxes")));
            }
            some => parts.push(format!("{} {did}", count(some))),
        }
    }
    if parts.is_empty() {
        "No mailbox came into sync, switched, stopped or fell back.".to_owned()
    } else {
        format!("{}.", list(&parts))
    }
}

/// How many mailboxes are in the export that were not in it then, and the other way round.
fn comings_and_goings(changes: &Changes, since: &str) -> Vec<String> {
    let (came, went) = (changes.listed_since, changes.no_longer_listed);
    let mut sentences = Vec::new();
    if came > 0 {
        let came_words = counted(came, "mailbox is", "mailboxes are");
        let were = if came == 1 { "was" } else { "were" };
        sentences.push(format!(
            "{came_words} in the export that {were} not there on {since}."
        ));
    }
    if went > 0 {
        let went_words = counted(went, "mailbox was", "mailboxes were");
        let are = if went == 1 { "is" } else { "are" };
        sentences.push(format!(
            "{went_words} in the export on {since} and no longer {are}."
        ));
    }
    sentences
}

/// Every mailbox that moved.
pub(in crate::report) fn mailboxes_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let changes = input.metrics.changes.as_ref()?;
    Some(by_mailbox(input, changes).sheet(
        "Changes",
        &format!("What changed since {}", coming_day(changes.since.day())),
        "Mailboxes that stopped or failed, went back, switched or came into sync since the day \
         that this one is compared with.",
    ))
}

fn by_mailbox<'a>(
    input: ReportInput<'a>,
    changes: &'a Changes,
) -> Tabulation<'a, (&'a MailboxChange, &'a Mailbox)> {
    by_mailbox_of(input, changes, moved(input, changes))
}

fn by_mailbox_of<'a>(
    input: ReportInput<'a>,
    changes: &'a Changes,
    moved: impl IntoIterator<Item = (&'a MailboxChange, &'a Mailbox)>,
) -> Tabulation<'a, (&'a MailboxChange, &'a Mailbox)> {
    Tabulation::of(moved)
        .text("User", |(_, mailbox)| mailbox.name.as_deref())
        .wide(28.0)
        .printed(|(_, mailbox)| user(mailbox))
        .column("Source mailbox", 40.0, |(_, mailbox)| {
            Cell::shown(&mailbox.address)
        })
        .text("Collection", |(_, mailbox)| mailbox.collection.as_deref())
        .wide(22.0)
        .printed(|(_, mailbox)| name(mailbox.collection.as_deref()))
        .column("What changed", 24.0, |(change, _)| movement(change))
        .text("State before", |(change, _)| change.before.label())
        .wide(16.0)
        .headed(format!("On {}", since(input, changes)))
        .text("State now", |(_, mailbox)| mailbox.state.label())
        .wide(16.0)
        .headed("Today")
        .text("What changed", |(change, _)| movement(change))
        .column("Compared with", 15.0, |_| changes.since.day())
}

fn movement(change: &MailboxChange) -> &'static str {
    match (change.movement, change.before) {
        (Movement::Halted, _) => "Stopped or failed",
        (Movement::WentBack, SyncState::Switched) => "The switch was undone",
        (Movement::WentBack, _) => "Went back",
        (Movement::Switched, _) => "Switched",
        (Movement::CameIntoSync, _) => "Came into sync",
    }
}

/// New, still failing by age, cleared.
pub(in crate::report) fn items_section(input: ReportInput<'_>) -> Option<Section> {
    let changes = input.metrics.changes.as_ref()?;
    let heading = format!("What changed since {}", coming_day(changes.since.day()));
    if input.metrics.failed_items.is_empty() && changes.cleared.is_empty() {
        return None;
    }
    Some(Section::new(&heading, Vec::new(), by_age(input, changes)))
}

/// Items of an age, and the users who have them; `None` where not all of those are still listed.
struct Age {
    name: String,
    items: usize,
    users: Option<usize>,
}

fn by_age(input: ReportInput<'_>, changes: &Changes) -> Table {
    let listed = |name: String, is_counted: &dyn Fn(&Listing) -> bool| {
        let items = input.metrics.failed_items.iter();
        let items = items.filter(|item| item.listing.as_ref().is_some_and(is_counted));
        let mut users: Vec<&str> = items.map(|item| &*item.mailbox).collect();
        let items = users.len();
        users.dedup();
        Age {
            name,
            items,
            users: Some(users.len()),
        }
    };
    let still_failing = |open_for: String, days: RangeInclusive<u64>| {
        listed(
            format!("Still failing, open for {open_for} days"),
            &|listing| {
                !listing.is_new && !listing.has_returned && days.contains(&listing.days_open)
            },
        )
    };
    let again = listed("Failing again".to_owned(), &|listing| listing.has_returned);
    let very_long = still_failing(
        format!("more than {VERY_LONG_DAYS}"),
        VERY_LONG_DAYS + 1..=u64::MAX,
    );
    let mut ages = vec![
        listed("New".to_owned(), &|listing| listing.is_new),
        again,
        still_failing(format!("up to {LONG_DAYS}"), 0..=LONG_DAYS),
    ];
    // Of those that were there when the record began, how old they are is not known.
    if very_long.items == 0 || may_be_older(input).is_some() {
        ages.push(still_failing(
            format!("more than {LONG_DAYS}"),
            LONG_DAYS + 1..=u64::MAX,
        ));
    } else {
        ages.push(still_failing(
            format!("{} to {VERY_LONG_DAYS}", LONG_DAYS + 1),
            LONG_DAYS + 1..=VERY_LONG_DAYS,
        ));
        ages.push(very_long);
    }
    ages.push(Age {
        name: "Cleared".to_owned(),
        items: changes.cleared.len(),
        users: users_of(&changes.cleared),
    });
    ages.retain(|age| age.items > 0);
    Tabulation::of(&ages)
        .text("Failed items", |age| age.name.clone())
        .number("Items", |age| age.items as u64)
        .number("Users", |age| match age.users {
            Some(users) => Cell::Count(users as u64),
            None => Cell::Word("Not all are still listed"),
        })
        .table("Failed items by age, and those that were cleared")
}

fn users_of(cleared: &[ClearedItem]) -> Option<usize> {
    let mailboxes = cleared.iter().map(|item| item.mailbox);
    let users: Option<BTreeSet<usize>> = mailboxes.collect();
    users.map(|users| users.len())
}

/// Every item that was cleared, as far as it is known.
pub(in crate::report) fn cleared_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let changes = input.metrics.changes.as_ref()?;
    let mailbox = move |item: &ClearedItem| input.metrics.mailboxes.get(item.mailbox?);
    let cleared = Tabulation::of(&changes.cleared)
        .column("Reference", 18.0, move |item| match &item.reference {
            Some(called) => reference(input, called).into(),
            None => Cell::Word("Not kept"),
        })
        .column("User", 28.0, move |item| {
            Cell::or_nothing(mailbox(item).map(|mailbox| mailbox.name.as_deref()))
        })
        .column("Mailbox", 40.0, move |item| match mailbox(item) {
            Some(mailbox) => Cell::shown(&mailbox.address),
            None => Cell::Word("No longer listed"),
        })
        .column("Item date", 12.0, |item| item.date)
        .column("Size (KB)", 11.0, |item| Cell::kibibytes(item.size_bytes))
        .column("First seen", 12.0, |item| item.first_seen)
        .column("Days open", 11.0, |item| item.days_open);
    Some(cleared.sheet(
        "Cleared",
        &format!(
            "Failed items that were cleared since {}",
            coming_day(changes.since.day())
        ),
        "They were listed then and no longer are. Subject lines of earlier days are not kept: the \
         reference is that of the earlier workbook.",
    ))
}

/// The days of the window, the last one first.
pub(in crate::report) fn days_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let days = &input.metrics.days;
    if days.len() < 2 {
        return None;
    }
    let by_day = Tabulation::of(days.iter().rev())
        .column("Day", 12.0, |day| day.date.day())
        .column("Compared with", 15.0, |day| {
            Cell::or_nothing(day.compared_with.map(|before| before.day()))
        })
        .column("Failed items listed", 19.0, |day| day.failed_items_listed)
        .column("New", 10.0, |day| Cell::or_nothing(day.new_failed_items))
        .column("Failing again", 14.0, |day| {
            Cell::or_nothing(day.returned_failed_items)
        })
        .column("Cleared", 10.0, |day| {
            Cell::or_nothing(day.cleared_failed_items)
        })
        .column("Items attempted since", 22.0, |day| {
            Cell::or_nothing(day.figures.newly_attempted)
        });
    Some(by_day.sheet(
        "By day",
        "Failed items by day",
        "New and cleared since the day that each is compared with. Attempted anew are the items \
         that were copied or failed since then.",
    ))
}
