//! How much of the work is of the day itself.

use polars::prelude::*;

use super::sums::attempted;
use crate::domain::SyncState;
use crate::tables::columns;

/// For each row of `today` by how many items more were attempted than the day before; `None` where
/// that is unknown. `followed` has the row that each mailbox had then.
///
/// Never below zero: an undone switch or a resync begins a mailbox anew, and the items that it
/// tries once more are counted when they pass what was attempted before. A mailbox that was not
/// listed before counts in full, as its failed items are all new.
pub(super) fn newly_attempted(
    today: &DataFrame,
    before: &DataFrame,
    followed: &[Option<usize>],
) -> PolarsResult<Vec<Option<i64>>> {
    let earlier = attempts(before)?;
    let growth = |(now, was): (Option<i64>, &Option<usize>)| {
        let before = was.map_or(Some(0), |row| earlier.get(row).copied().flatten())?;
        Some(now?.saturating_sub(before).max(0))
    };
    Ok(attempts(today)?
        .into_iter()
        .zip(followed)
        .map(growth)
        .collect())
}

/// How many items of each mailbox were attempted. Of a mailbox whose turn has not come
/// it is none, whatever the export leaves out.
fn attempts(mailboxes: &DataFrame) -> PolarsResult<Vec<Option<i64>>> {
    let not_begun = [SyncState::NotStarted.name(), SyncState::Queued.name()];
    let states = mailboxes.column(columns::SYNC_STATE)?.str()?.iter();
    let synchronised = mailboxes.column(columns::ITEMS_SYNCHRONISED)?.i64()?.iter();
    let failed = mailboxes.column(columns::ITEMS_FAILED)?.i64()?.iter();
    let rows = states.zip(synchronised.zip(failed));
    let rows = rows.map(|(state, (synchronised, failed))| {
        let begun = state.is_none_or(|state| !not_begun.contains(&state));
        attempted(synchronised, failed).or(if begun { None } else { Some(0) })
    });
    Ok(rows.collect())
}
