//! How much of the work is of the day itself.

use std::collections::HashMap;

use polars::prelude::*;

use super::sums::attempted;
use crate::domain::SyncState;
use crate::tables::columns;

/// For each row of `today` by how many items more were attempted than the day before; `None` where
/// that is unknown.
///
/// Never below zero: an undone switch or a resync begins a mailbox anew, and the items that it
/// tries once more are counted when they pass what was attempted before. A mailbox that was not
/// listed before counts in full, as its failed items are all new.
pub(super) fn newly_attempted(
    today: &DataFrame,
    before: &DataFrame,
) -> PolarsResult<Vec<Option<i64>>> {
    let earlier: HashMap<&str, Option<i64>> = attempts(before)?.into_iter().collect();
    let growth = |(mailbox, now): (&str, Option<i64>)| {
        let before = earlier.get(mailbox).copied().unwrap_or(Some(0))?;
        Some(now?.saturating_sub(before).max(0))
    };
    Ok(attempts(today)?.into_iter().map(growth).collect())
}

/// The mailboxes, and how many of their items were attempted. Of a mailbox whose turn has not come
/// it is none, whatever the export leaves out.
fn attempts(mailboxes: &DataFrame) -> PolarsResult<Vec<(&str, Option<i64>)>> {
    let not_begun = [SyncState::NotStarted.name(), SyncState::Queued.name()];
    let fingerprints = mailboxes.column(columns::MAILBOX)?.str()?.iter();
    let states = mailboxes.column(columns::SYNC_STATE)?.str()?.iter();
    let synchronised = mailboxes.column(columns::ITEMS_SYNCHRONISED)?.i64()?.iter();
    let failed = mailboxes.column(columns::ITEMS_FAILED)?.i64()?.iter();
    let rows = fingerprints.zip(states).zip(synchronised.zip(failed));
    let rows = rows.map(|((mailbox, state), (synchronised, failed))| {
        let begun = state.is_none_or(|state| !not_begun.contains(&state));
        (
            mailbox.unwrap_or_default(),
            attempted(synchronised, failed).or(if begun { None } else { Some(0) }),
        )
    });
    Ok(rows.collect())
}
