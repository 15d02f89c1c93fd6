//! What changed since the day before: of failed items which are new, which are still there and
//! which are cleared; of mailboxes which came into sync, switched, halted or went back.

use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::{ItemProgress, OrganisationMetrics};
use crate::domain::{ReportDate, SyncState};
use crate::history::{OrganisationDay, Snapshot};
use crate::tables::columns;

/// Since when a failed item is listed, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What it is called from day to day, less the organisation's code: `7F3K-29QD`.
    pub reference: String,
    /// The first report date of those without a gap on which it was listed.
    pub first_seen: NaiveDate,
    /// Days from then to the report date.
    pub days_open: u64,
    /// Whether the day before does not list it; `false` where no earlier day is known.
    pub is_new: bool,
    /// Whether it is listed since the record began, and may be older.
    pub may_be_older: bool,
}

/// What changed since the last day that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// That day.
    pub since: ReportDate,
    /// Mailboxes that were listed then.
    pub mailboxes_before: u64,
    /// Those of them that were in sync or beyond.
    pub in_sync_before: u64,
    /// Those of them that had switched.
    pub switched_before: u64,
    /// Progress by items then, of the mailboxes that reported both figures.
    pub progress_before: ItemProgress,
    /// Mailboxes that moved, by what they did, then by address. Each is there once.
    pub mailboxes: Vec<MailboxChange>,
    /// Mailboxes that were not listed then.
    pub listed_since: u64,
    /// Mailboxes that are no longer listed.
    pub no_longer_listed: u64,
    /// Failed items that were not listed then.
    pub new_items: u64,
    /// Failed items that were listed then too.
    pub still_failing: u64,
    /// Failed items that were listed then, and no longer are: the oldest first.
    pub cleared: Vec<ClearedItem>,
}

/// A mailbox that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxChange {
    /// Its place among [`OrganisationMetrics::mailboxes`].
    pub place: usize,
    /// What it did.
    pub movement: Movement,
    /// Its state on the day before.
    pub before: SyncState,
}

/// What a mailbox did since the day before, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Movement {
    /// It stopped, or the tool gave up on it.
    Halted,
    /// It is behind where it was: the switch was undone, or it is copied anew.
    WentBack,
    /// It switched.
    Switched,
    /// It came into sync, or was released for the switch at once.
    CameIntoSync,
}

impl Movement {
    /// Every movement, the most pressing first.
    pub const ALL: [Self; 4] = [
        Self::Halted,
        Self::WentBack,
        Self::Switched,
        Self::CameIntoSync,
    ];

    /// From one state to another; `None` where that is no news, and where either is not known.
    #[must_use]
    pub fn between(before: SyncState, now: SyncState) -> Option<Self> {
        let is_halted = |state| matches!(state, SyncState::Stopped | SyncState::Failed);
        match (before, now) {
            (SyncState::Unrecognised, _) | (_, SyncState::Unrecognised) => None,
            // Released and no longer so: it is in sync all the same.
            (SyncState::ReadyToSwitch, SyncState::InSync) => None,
            _ if is_halted(now) => (!is_halted(before)).then_some(Self::Halted),
            (before, SyncState::Switched) => {
                (before != SyncState::Switched).then_some(Self::Switched)
            }
            _ if now.is_in_sync_or_beyond() && !before.is_in_sync_or_beyond() => {
                Some(Self::CameIntoSync)
            }
            _ if !is_halted(before) && now.distance() < before.distance() => Some(Self::WentBack),
            _ => None,
        }
    }
}

/// An item that no longer fails. Of the day before only its fingerprint is kept: no subject line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearedItem {
    /// What it was called, less the organisation's code; `None` where that was not kept.
    pub reference: Option<String>,
    /// The place of its mailbox among [`OrganisationMetrics::mailboxes`]; `None` where that is no
    /// longer listed.
    pub mailbox: Option<usize>,
    /// The item's own date.
    pub date: Option<NaiveDate>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// The first report date of those without a gap on which it was listed.
    pub first_seen: NaiveDate,
    /// Days from then to the report date on which it is gone.
    pub days_open: u64,
}

impl Changes {
    /// How many mailboxes did this.
    #[must_use]
    pub fn count(&self, movement: Movement) -> u64 {
        self.mailboxes
            .iter()
            .filter(|change| change.movement == movement)
            .count() as u64
    }
}

impl OrganisationMetrics {
    /// Failed items that have been listed for more than so many days.
    #[must_use]
    pub fn items_open_for_more_than(&self, days: u64) -> u64 {
        let listings = self
            .failed_items
            .iter()
            .filter_map(|item| item.listing.as_ref());
        listings.filter(|listing| listing.days_open > days).count() as u64
    }

    /// Adds what the history knows: since when failed items are listed and what they are called,
    /// what changed since the day before, and the days before. `today` is the snapshot of the
    /// tables that were measured, in their order.
    ///
    /// # Errors
    /// Only where a snapshot lacks a column: a fault of the program.
    pub fn follow(
        &mut self,
        today: &Snapshot,
        before: Option<&Snapshot>,
        days: Vec<OrganisationDay>,
    ) -> PolarsResult<()> {
        let followed = before
            .map(|before| today.followed_from(before))
            .transpose()?;
        self.days = days;
        let this_day = today.organisation_day()?;
        self.days.push(this_day);
        let is_new = |row: usize| {
            followed
                .as_ref()
                .is_some_and(|followed| followed.get(row).copied().flatten().is_none())
        };
        let references = today.failed_items().column("reference")?.str()?.iter();
        let first_seen = today
            .failed_items()
            .column("first_seen")?
            .date()?
            .physical()
            .iter();
        for (row, (item, (reference, seen))) in self
            .failed_items
            .iter_mut()
            .zip(references.zip(first_seen))
            .enumerate()
        {
            let first_seen = seen
                .and_then(NaiveDate::from_epoch_days)
                .unwrap_or(today.date.day());
            item.listing = Some(Listing {
                reference: reference.unwrap_or_default().to_owned(),
                first_seen,
                days_open: days_between(first_seen, today.date),
                is_new: is_new(row),
                may_be_older: this_day
                    .recorded_since
                    .is_none_or(|since| first_seen <= since.day()),
            });
        }
        self.changes = match (before, followed) {
            (Some(before), Some(followed)) => Some(changes(today, before, &followed)?),
            _ => None,
        };
        Ok(())
    }
}

fn changes(
    today: &Snapshot,
    before: &Snapshot,
    followed: &[Option<usize>],
) -> PolarsResult<Changes> {
    let (now, then) = (States::of(today)?, States::of(before)?);
    let places: HashMap<&str, usize> = now
        .0
        .iter()
        .enumerate()
        .map(|(place, (mailbox, _))| (*mailbox, place))
        .collect();
    let earlier: HashMap<&str, SyncState> = then.0.iter().copied().collect();
    let mut changes = Changes {
        since: before.date,
        mailboxes_before: then.0.len() as u64,
        in_sync_before: then
            .0
            .iter()
            .filter(|(_, state)| state.is_in_sync_or_beyond())
            .count() as u64,
        switched_before: then
            .0
            .iter()
            .filter(|(_, state)| *state == SyncState::Switched)
            .count() as u64,
        progress_before: progress(before)?,
        mailboxes: Vec::new(),
        listed_since: 0,
        no_longer_listed: then
            .0
            .iter()
            .filter(|(mailbox, _)| !places.contains_key(mailbox))
            .count() as u64,
        new_items: followed.iter().filter(|row| row.is_none()).count() as u64,
        still_failing: followed.iter().flatten().count() as u64,
        cleared: cleared(today.date, before, followed, &places)?,
    };
    for (place, (mailbox, state)) in now.0.iter().enumerate() {
        let Some(before) = earlier.get(mailbox) else {
            changes.listed_since += 1;
            continue;
        };
        changes
            .mailboxes
            .extend(
                Movement::between(*before, *state).map(|movement| MailboxChange {
                    place,
                    movement,
                    before: *before,
                }),
            );
    }
    changes
        .mailboxes
        .sort_by_key(|change| (change.movement, change.place));
    Ok(changes)
}

/// The mailboxes of a snapshot, and their states.
struct States<'a>(Vec<(&'a str, SyncState)>);

impl<'a> States<'a> {
    fn of(snapshot: &'a Snapshot) -> PolarsResult<Self> {
        let mailboxes = snapshot.mailboxes().column(columns::MAILBOX)?.str()?.iter();
        let states = snapshot
            .mailboxes()
            .column(columns::SYNC_STATE)?
            .str()?
            .iter();
        let state = |name: Option<&str>| {
            SyncState::ALL
                .into_iter()
                .find(|state| name == Some(state.name()))
        };
        let rows = mailboxes.zip(states);
        Ok(Self(
            rows.map(|(mailbox, name)| {
                (
                    mailbox.unwrap_or_default(),
                    state(name).unwrap_or(SyncState::Unrecognised),
                )
            })
            .collect(),
        ))
    }
}

fn progress(snapshot: &Snapshot) -> PolarsResult<ItemProgress> {
    let totals = snapshot
        .mailboxes()
        .column(columns::ITEMS_TOTAL)?
        .i64()?
        .iter();
    let synchronised = snapshot
        .mailboxes()
        .column(columns::ITEMS_SYNCHRONISED)?
        .i64()?
        .iter();
    let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
    let both = totals
        .zip(synchronised)
        .filter_map(|(total, synchronised)| Some((count(total)?, count(synchronised)?)));
    Ok(
        both.fold(ItemProgress::default(), |sum, (total, synchronised)| {
            ItemProgress {
                mailboxes: sum.mailboxes + 1,
                synchronised: sum.synchronised + synchronised,
                total: sum.total + total,
            }
        }),
    )
}

fn cleared(
    today: ReportDate,
    before: &Snapshot,
    followed: &[Option<usize>],
    places: &HashMap<&str, usize>,
) -> PolarsResult<Vec<ClearedItem>> {
    let frame = before.failed_items();
    let mut is_listed = vec![false; frame.height()];
    for row in followed.iter().flatten() {
        if let Some(listed) = is_listed.get_mut(*row) {
            *listed = true;
        }
    }
    let references = frame.column("reference")?.str()?.iter();
    let mailboxes = frame.column(columns::MAILBOX)?.str()?.iter();
    let dates = frame.column(columns::ITEM_DATE)?.date()?.physical().iter();
    let sizes = frame.column(columns::SIZE_BYTES)?.i64()?.iter();
    let first_seen = frame.column("first_seen")?.date()?.physical().iter();
    let rows = references
        .zip(mailboxes)
        .zip(dates.zip(sizes))
        .zip(first_seen)
        .zip(is_listed);
    let mut cleared: Vec<ClearedItem> = rows
        .filter(|(_, is_listed)| !is_listed)
        .map(|((((reference, mailbox), (date, size)), first_seen), _)| {
            let first_seen = first_seen
                .and_then(NaiveDate::from_epoch_days)
                .unwrap_or(before.date.day());
            ClearedItem {
                reference: reference.map(str::to_owned),
                mailbox: mailbox.and_then(|mailbox| places.get(mailbox).copied()),
                date: date.and_then(NaiveDate::from_epoch_days),
                size_bytes: size.and_then(|size| u64::try_from(size).ok()),
                first_seen,
                days_open: days_between(first_seen, today),
            }
        })
        .collect();
    cleared.sort_by(|a, b| {
        (a.first_seen, a.mailbox, &a.reference).cmp(&(b.first_seen, b.mailbox, &b.reference))
    });
    Ok(cleared)
}

fn days_between(first: NaiveDate, last: ReportDate) -> u64 {
    u64::try_from(last.day().signed_duration_since(first).num_days()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mailbox_does_one_thing() {
        use SyncState::{
            Failed, InSync, NotStarted, Queued, ReadyToSwitch, Stopped, Switched, Synchronising,
            Unrecognised,
        };
        for (before, now, movement) in [
            (Synchronising, InSync, Some(Movement::CameIntoSync)),
            (Queued, ReadyToSwitch, Some(Movement::CameIntoSync)),
            (Stopped, InSync, Some(Movement::CameIntoSync)),
            (InSync, ReadyToSwitch, None),
            (ReadyToSwitch, InSync, None),
            (InSync, Switched, Some(Movement::Switched)),
            (Synchronising, Switched, Some(Movement::Switched)),
            (Failed, Switched, Some(Movement::Switched)),
            (Switched, Switched, None),
            (Switched, InSync, Some(Movement::WentBack)),
            (Switched, Synchronising, Some(Movement::WentBack)),
            (Switched, Failed, Some(Movement::Halted)),
            (InSync, Synchronising, Some(Movement::WentBack)),
            (Synchronising, NotStarted, Some(Movement::WentBack)),
            (Synchronising, Stopped, Some(Movement::Halted)),
            (Stopped, Failed, None),
            (Stopped, Synchronising, None),
            (Failed, Queued, None),
            (Unrecognised, InSync, None),
            (InSync, Unrecognised, None),
        ] {
            assert_eq!(
                Movement::between(before, now),
                movement,
                "{before:?} {now:?}"
            );
        }
    }
}
