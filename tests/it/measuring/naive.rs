//! The figures again, the plain way: a loop for each.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use migration_monitor::domain::SyncState;

use super::organisation::{FailedItem, Person};

/// The counts of a group of mailboxes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) mailboxes: u64,
    pub(super) by_state: [u64; 9],
    pub(super) in_sync_or_beyond: u64,
    pub(super) items_total: Option<u64>,
    pub(super) items_synchronised: Option<u64>,
    pub(super) items_failed: Option<u64>,
    pub(super) items_attempted: Option<u64>,
    /// Mailboxes, items copied, items in all.
    pub(super) progress: (u64, u64, u64),
    /// Mailboxes, bytes in all, bytes of mailboxes in sync.
    pub(super) bytes: (u64, u64, u64),
    /// Mailboxes with attempted items, failed items, attempted items.
    pub(super) judged: (u64, u64, u64),
}

/// A cause, its items and its mailboxes.
pub(super) type CauseCount = (String, u64, u64);

impl Figures {
    pub(super) fn of(people: &[&Person]) -> Self {
        let mut figures = Self::default();
        for person in people {
            figures.mailboxes += 1;
            let place = SyncState::ALL
                .iter()
                .position(|state| *state == person.state.1)
                .unwrap();
            figures.by_state[place] += 1;
            figures.in_sync_or_beyond += u64::from(is_in_sync(person));
            add(&mut figures.items_total, person.total);
            add(&mut figures.items_synchronised, person.synchronised);
            add(&mut figures.items_failed, person.failed);
            if let (Some(synchronised), Some(failed)) = (person.synchronised, person.failed) {
                add(&mut figures.items_attempted, Some(synchronised + failed));
            }
            // Of a mailbox whose turn has not come nothing is copied.
            let copied = match person.state.0 {
                "New" | "Queued" => person.synchronised.or(Some(0)),
                _ => person.synchronised,
            };
            if let (Some(synchronised), Some(total)) = (copied, person.total) {
                let (mailboxes, copied, all) = figures.progress;
                figures.progress = (mailboxes + 1, copied + synchronised, all + total);
            }
            if let Some(bytes) = person.bytes() {
                let (mailboxes, all, in_sync) = figures.bytes;
                figures.bytes = (
                    mailboxes + 1,
                    all + bytes,
                    in_sync + if is_in_sync(person) { bytes } else { 0 },
                );
            }
            if let Some((failed, attempted)) = person.attempted() {
                let (mailboxes, all_failed, all_attempted) = figures.judged;
                figures.judged = (
                    mailboxes + 1,
                    all_failed + failed,
                    all_attempted + attempted,
                );
            }
        }
        figures
    }
}

/// Adds a figure to a sum, which is unknown as long as no figure is known.
fn add(sum: &mut Option<u64>, figure: Option<u64>) {
    if let Some(figure) = figure {
        *sum = Some(sum.unwrap_or(0) + figure);
    }
}

fn is_in_sync(person: &Person) -> bool {
    ["In Sync", "Synchronized", "Ready to Switch", "Switched"].contains(&person.state.0)
}

/// The next date, who is due, and who of them is ready.
pub(super) fn next_switch(people: &[Person], today: NaiveDate) -> Option<(NaiveDate, u64, u64)> {
    let mut next: Option<(NaiveDate, u64, u64)> = None;
    for person in people {
        let Some(date) = person.switch_date else {
            continue;
        };
        if person.state.0 == "Switched" || date < today {
            continue;
        }
        let ready = u64::from(is_in_sync(person));
        next = match next {
            Some((nearest, due, others)) if nearest == date => {
                Some((date, due + 1, others + ready))
            }
            Some((nearest, ..)) if nearest < date => next,
            _ => Some((date, 1, ready)),
        };
    }
    next
}

pub(super) fn past_switch_date(people: &[Person], today: NaiveDate) -> u64 {
    let mut past = 0;
    for person in people {
        if person.state.0 != "Switched" && person.switch_date.is_some_and(|date| date < today) {
            past += 1;
        }
    }
    past
}

/// Causes, most items first, then by name.
pub(super) fn causes(items: &[FailedItem]) -> Vec<CauseCount> {
    let mut counts: BTreeMap<&str, (u64, BTreeSet<&str>)> = BTreeMap::new();
    for item in items {
        let (count, mailboxes) = counts.entry(item.cause()).or_default();
        *count += 1;
        mailboxes.insert(&item.address);
    }
    let mut causes: Vec<CauseCount> = counts
        .into_iter()
        .map(|(cause, (items, mailboxes))| (cause.to_owned(), items, mailboxes.len() as u64))
        .collect();
    causes.sort_by_key(|(_, items, _)| std::cmp::Reverse(*items));
    causes
}
