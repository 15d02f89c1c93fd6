//! The sums of the small tables, over mailboxes.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::table::{ITEMS_ATTEMPTED, MAILBOXES, NEWLY_ATTEMPTED, Table};
use crate::domain::SyncState;
use crate::tables::columns;

/// Sums over some mailboxes; `None` where none of them reports the figure.
#[derive(Debug, Default)]
pub(super) struct Totals {
    mailboxes: i64,
    by_state: BTreeMap<&'static str, i64>,
    items_total: Option<i64>,
    items_synchronised: Option<i64>,
    items_failed: Option<i64>,
    items_attempted: Option<i64>,
    newly_attempted: Option<i64>,
}

impl Totals {
    /// Those of each collection in a table of mailboxes. `growth` has the growth of each mailbox's attempted items.
    pub(super) fn of(mailboxes: &DataFrame, growth: Option<&[Option<i64>]>) -> PolarsResult<BTreeMap<Option<String>, Self>> {
        let collections = mailboxes.column(columns::COLLECTION)?.str()?;
        let states = mailboxes.column(columns::SYNC_STATE)?.str()?;
        let count = |name: &str| -> PolarsResult<&Int64Chunked> { mailboxes.column(name)?.i64() };
        let mut totals = count(columns::ITEMS_TOTAL)?.iter();
        let mut synchronised = count(columns::ITEMS_SYNCHRONISED)?.iter();
        let mut failed = count(columns::ITEMS_FAILED)?.iter();
        let mut of_collections: BTreeMap<Option<&str>, Self> = BTreeMap::new();
        for (row, (collection, state)) in collections.iter().zip(states.iter()).enumerate() {
            let (synchronised, failed) = (synchronised.next().flatten(), failed.next().flatten());
            let of_collection = of_collections.entry(collection).or_default();
            of_collection.mailboxes += 1;
            let state = SyncState::ALL.into_iter().find(|known| state == Some(known.name())).unwrap_or(SyncState::Unrecognised);
            *of_collection.by_state.entry(state.name()).or_default() += 1;
            let growth = growth.and_then(|growth| growth.get(row).copied().flatten());
            for (sum, figure) in [
                (&mut of_collection.items_total, totals.next().flatten()),
                (&mut of_collection.items_synchronised, synchronised),
                (&mut of_collection.items_failed, failed),
                (&mut of_collection.items_attempted, attempted(synchronised, failed)),
                (&mut of_collection.newly_attempted, growth),
            ] {
                *sum = sum_of_known([*sum, figure].into_iter());
            }
        }
        Ok(of_collections.into_iter().map(|(collection, totals)| (collection.map(str::to_owned), totals)).collect())
    }

    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.mailboxes += other.mailboxes;
        for (state, mailboxes) in other.by_state {
            *self.by_state.entry(state).or_default() += mailboxes;
        }
        for (sum, figure) in [
            (&mut self.items_total, other.items_total),
            (&mut self.items_synchronised, other.items_synchronised),
            (&mut self.items_failed, other.items_failed),
            (&mut self.items_attempted, other.items_attempted),
            (&mut self.newly_attempted, other.newly_attempted),
        ] {
            *sum = sum_of_known([*sum, figure].into_iter());
        }
        self
    }

    /// The figure of a column; `None` where it is unknown, or no sum over mailboxes.
    fn figure(&self, column: &str) -> Option<i64> {
        match column {
            MAILBOXES => Some(self.mailboxes),
            columns::ITEMS_TOTAL => self.items_total,
            columns::ITEMS_SYNCHRONISED => self.items_synchronised,
            columns::ITEMS_FAILED => self.items_failed,
            ITEMS_ATTEMPTED => self.items_attempted,
            NEWLY_ATTEMPTED => self.newly_attempted,
            state if SyncState::ALL.iter().any(|known| known.name() == state) => Some(self.by_state.get(state).copied().unwrap_or(0)),
            _ => None,
        }
    }
}

/// A table of sums, each of a collection or, without one, of what has none.
pub(super) fn frame_of(table: Table, rows: &[(Option<String>, Totals)]) -> PolarsResult<DataFrame> {
    let columns = table.columns().into_iter().map(|(name, dtype)| match dtype {
        DataType::String => {
            StringChunked::from_iter_options(name.into(), rows.iter().map(|(collection, _)| collection.as_deref())).into_column()
        }
        DataType::Int64 => Int64Chunked::from_iter_options(name.into(), rows.iter().map(|(_, totals)| totals.figure(name))).into_column(),
        dtype => Column::full_null(name.into(), rows.len(), &dtype),
    });
    DataFrame::new(rows.len(), columns.collect())
}

/// Items that were tried; unknown where either is.
pub(super) fn attempted(synchronised: Option<i64>, failed: Option<i64>) -> Option<i64> {
    synchronised?.checked_add(failed?)
}

/// The sum over mailboxes that report the figure; unknown where none does.
pub(super) fn sum_of_known(figures: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    figures.flatten().fold(None, |sum: Option<i64>, figure| Some(sum.unwrap_or(0).saturating_add(figure)))
}
