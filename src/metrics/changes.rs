//! What changed since the day before: of failed items which are new, which are still there and
//! which are cleared; of mailboxes which came into sync, switched, halted or went back.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use polars::prelude::*;

use super::cells::{counts, days as days_of, texts};
use super::rows::Listing;
use super::{ItemProgress, OrganisationMetrics};
use crate::domain::{ReportDate, SyncState};
use crate::history::{ItemOrigin, OrganisationDay, Snapshot};
use crate::tables::columns;

/// Columns of a snapshot's failed items.
const REFERENCE: &str = "reference";
const FIRST_SEEN: &str = "first_seen";

/// What changed since the last day that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The day that this one is compared with.
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
    /// Failed items that were never listed before.
    pub new_items: u64,
    /// Failed items that were not listed then, and on an earlier day.
    pub returned_items: u64,
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
    /// It switched since: its user works in the new mailbox.
    Switched,
    /// It came into sync, or was released for the switch at once.
    CameIntoSync,
}

impl Movement {
    /// From one state to another; `None` where that is no news, and where either is not known.
    #[must_use]
    pub fn between(before: SyncState, now: SyncState) -> Option<Self> {
        match (before, now) {
            (SyncState::Unrecognised, _) | (_, SyncState::Unrecognised) => None,
            // Released and no longer so: it is in sync all the same.
            (SyncState::ReadyToSwitch, SyncState::InSync) => None,
            _ if now.is_halted() => (!before.is_halted()).then_some(Self::Halted),
            (before, SyncState::Switched) => {
                (before != SyncState::Switched).then_some(Self::Switched)
            }
            _ if now.is_in_sync_or_beyond() && !before.is_in_sync_or_beyond() => {
                Some(Self::CameIntoSync)
            }
            _ if !before.is_halted() && now.distance() < before.distance() => Some(Self::WentBack),
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
    /// The first report date on which it was listed.
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
        let items = self.failed_items.iter();
        let listings = items.filter_map(|item| item.listing.as_ref());
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
            .map(|before| Followed::of(today, before))
            .transpose()?;
        self.days = days;
        let this_day = today.organisation_day()?;
        self.days.push(this_day);
        let reference = texts(&today.failed_items, REFERENCE)?;
        let first_seen = days_of(&today.failed_items, FIRST_SEEN)?;
        let is_setting = today.failed_items.column(columns::IS_SETTING)?.bool()?;
        let (mut items, mut settings) = (
            self.failed_items.iter_mut(),
            self.failed_settings.iter_mut(),
        );
        for row in 0..today.failed_items.height() {
            let item = match is_setting.get(row) {
                Some(true) => settings.next(),
                _ => items.next(),
            };
            let Some(item) = item else { break };
            let first_seen = first_seen(row).unwrap_or(today.date.day());
            let origin = followed
                .as_ref()
                .and_then(|followed| followed.items.get(row));
            item.listing = Some(Listing {
                reference: reference(row).unwrap_or_default().to_owned(),
                first_seen,
                days_open: days_between(first_seen, today.date),
                is_new: origin == Some(&ItemOrigin::New),
                has_returned: matches!(origin, Some(ItemOrigin::Returned(_))),
                may_be_older: this_day
                    .recorded_since
                    .is_none_or(|since| first_seen <= since.day()),
            });
        }
        self.changes = before
            .zip(followed)
            .map(|(before, followed)| changes(today, before, &followed))
            .transpose()?;
        Ok(())
    }
}

/// Which rows of a day are which of the day before.
struct Followed {
    mailboxes: Vec<Option<usize>>,
    items: Vec<ItemOrigin>,
}

impl Followed {
    fn of(today: &Snapshot, before: &Snapshot) -> PolarsResult<Self> {
        let mailboxes = today.mailboxes_followed_from(before)?;
        let items = today.items_followed_from(before, &mailboxes)?;
        Ok(Self { mailboxes, items })
    }
}

fn changes(today: &Snapshot, before: &Snapshot, followed: &Followed) -> PolarsResult<Changes> {
    let (now, then) = (states(today)?, states(before)?);
    let mut place_of: Vec<Option<usize>> = vec![None; then.len()];
    for (place, row) in followed.mailboxes.iter().enumerate() {
        if let Some(of_row) = row.and_then(|row| place_of.get_mut(row)) {
            *of_row = Some(place);
        }
    }
    let number_then = |is_counted: fn(SyncState) -> bool| {
        then.iter().filter(|state| is_counted(**state)).count() as u64
    };
    let rows = now.iter().zip(&followed.mailboxes).enumerate();
    let moved = rows.filter_map(|(place, (state, row))| {
        let before = *then.get((*row)?)?;
        Some(MailboxChange {
            place,
            movement: Movement::between(before, *state)?,
            before,
        })
    });
    let mut mailboxes: Vec<MailboxChange> = moved.collect();
    mailboxes.sort_by_key(|change| (change.movement, change.place));
    let is_setting = today.failed_items.column(columns::IS_SETTING)?.bool()?;
    let items = |is_such: fn(&ItemOrigin) -> bool| {
        let rows = followed.items.iter().zip(is_setting.iter());
        rows.filter(|(origin, is_setting)| is_such(origin) && *is_setting != Some(true))
            .count() as u64
    };
    let unknown = |rows: &[Option<usize>]| rows.iter().filter(|row| row.is_none()).count() as u64;
    Ok(Changes {
        since: before.date,
        mailboxes_before: then.len() as u64,
        in_sync_before: number_then(SyncState::is_in_sync_or_beyond),
        switched_before: number_then(|state| state == SyncState::Switched),
        progress_before: progress(before)?,
        mailboxes,
        listed_since: unknown(&followed.mailboxes),
        no_longer_listed: unknown(&place_of),
        new_items: items(|origin| *origin == ItemOrigin::New),
        returned_items: items(|origin| matches!(origin, ItemOrigin::Returned(_))),
        still_failing: items(|origin| matches!(origin, ItemOrigin::Listed(_))),
        cleared: cleared(today.date, before, followed, &place_of)?,
    })
}

/// The states of a snapshot's mailboxes, in its order.
fn states(snapshot: &Snapshot) -> PolarsResult<Vec<SyncState>> {
    let frame = &snapshot.mailboxes;
    let name = texts(frame, columns::SYNC_STATE)?;
    let state = |row| {
        let named = |state: &SyncState| name(row) == Some(state.name());
        SyncState::ALL.into_iter().find(named)
    };
    let rows = 0..frame.height();
    Ok(rows
        .map(|row| state(row).unwrap_or(SyncState::Unrecognised))
        .collect())
}

fn progress(snapshot: &Snapshot) -> PolarsResult<ItemProgress> {
    let frame = &snapshot.mailboxes;
    let total = counts(frame, columns::ITEMS_TOTAL)?;
    let synchronised = counts(frame, columns::ITEMS_SYNCHRONISED)?;
    let mut progress = ItemProgress::default();
    for (row, state) in states(snapshot)?.into_iter().enumerate() {
        progress.add(state, total(row), synchronised(row));
    }
    Ok(progress)
}

fn cleared(
    today: ReportDate,
    before: &Snapshot,
    followed: &Followed,
    place_of: &[Option<usize>],
) -> PolarsResult<Vec<ClearedItem>> {
    let frame = &before.failed_items;
    let origins = followed.items.iter();
    let still_listed: HashSet<usize> = origins.filter_map(|origin| origin.listed()).collect();
    let reference = texts(frame, REFERENCE)?;
    let mailbox = texts(frame, columns::MAILBOX)?;
    let known = texts(&before.mailboxes, columns::MAILBOX)?;
    let known: HashMap<&str, usize> = (0..before.mailboxes.height())
        .filter_map(|row| Some((known(row)?, row)))
        .collect();
    let place = |mailbox: &str| place_of.get(*known.get(mailbox)?).copied().flatten();
    let date = days_of(frame, columns::ITEM_DATE)?;
    let size = counts(frame, columns::SIZE_BYTES)?;
    let first_seen = days_of(frame, FIRST_SEEN)?;
    // One of which it was not known that it is a setting, and now is, is not cleared.
    let is_setting = frame.column(columns::IS_SETTING)?.bool()?;
    let cleared = (0..frame.height())
        .filter(|row| !still_listed.contains(row) && is_setting.get(*row) != Some(true));
    let mut cleared: Vec<ClearedItem> = cleared
        .map(|row| {
            let first_seen = first_seen(row).unwrap_or(before.date.day());
            ClearedItem {
                reference: reference(row).map(str::to_owned),
                mailbox: mailbox(row).and_then(place),
                date: date(row),
                size_bytes: size(row),
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
