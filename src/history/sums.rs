//! The sums of the small tables, over mailboxes.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use polars::prelude::*;

use super::table::{ITEMS_ATTEMPTED, MAILBOXES, NEWLY_ATTEMPTED, Table};
use crate::domain::SyncState;
use crate::tables::columns;

/// Sums over some mailboxes; `None` where none of them reports the figure.
#[derive(Debug, Default)]
pub(super) struct Sums {
    mailboxes: i64,
    /// In the order of [`SyncState::ALL`].
    by_state: [i64; SyncState::ALL.len()],
    items_total: Option<i64>,
    items_synchronised: Option<i64>,
    items_failed: Option<i64>,
    items_attempted: Option<i64>,
    newly_attempted: Option<i64>,
}

impl Sums {
    /// Those of each collection in a table of mailboxes, by its name; of those without one first.
    /// `growth` has the growth of each mailbox's attempted items.
    pub(super) fn of<'a>(
        mailboxes: &'a DataFrame,
        growth: Option<&[Option<i64>]>,
    ) -> PolarsResult<Vec<(Option<&'a str>, Self)>> {
        let collections = mailboxes.column(columns::COLLECTION)?.str()?;
        let states = mailboxes.column(columns::SYNC_STATE)?.str()?;
        let count = |name: &str| -> PolarsResult<&Int64Chunked> { mailboxes.column(name)?.i64() };
        let mut totals = count(columns::ITEMS_TOTAL)?.iter();
        let mut synchronised = count(columns::ITEMS_SYNCHRONISED)?.iter();
        let mut failed = count(columns::ITEMS_FAILED)?.iter();
        let mut of_collections: HashMap<Option<&str>, Self, RandomState> = HashMap::default();
        for (row, (collection, state)) in collections.iter().zip(states.iter()).enumerate() {
            let (synchronised, failed) = (synchronised.next().flatten(), failed.next().flatten());
            let of_collection = of_collections.entry(collection).or_default();
            of_collection.mailboxes += 1;
            let state = SyncState::ALL
                .into_iter()
                .find(|known| state == Some(known.name()))
                .unwrap_or(SyncState::Unrecognised);
            if let Some(mailboxes) = of_collection.by_state.get_mut(usize::from(state.code())) {
                *mailboxes += 1;
            }
            let growth = growth.and_then(|growth| growth.get(row).copied().flatten());
            for (sum, figure) in [
                (&mut of_collection.items_total, totals.next().flatten()),
                (&mut of_collection.items_synchronised, synchronised),
                (&mut of_collection.items_failed, failed),
                (
                    &mut of_collection.items_attempted,
                    attempted(synchronised, failed),
                ),
                (&mut of_collection.newly_attempted, growth),
            ] {
                *sum = sum_of_known([*sum, figure].into_iter());
            }
        }
        let mut of_collections: Vec<_> = of_collections.into_iter().collect();
        of_collections.sort_unstable_by_key(|(collection, _)| *collection);
        Ok(of_collections)
    }

    /// Both together.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.mailboxes += other.mailboxes;
        for (mailboxes, others) in self.by_state.iter_mut().zip(other.by_state) {
            *mailboxes += others;
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
            name => SyncState::ALL
                .iter()
                .zip(self.by_state)
                .find(|(state, _)| state.name() == name)
                .map(|(_, mailboxes)| mailboxes),
        }
    }
}

/// A table of sums, each of a collection or, without one, of what has none.
pub(super) fn frame_of(table: Table, rows: &[(Option<&str>, Sums)]) -> PolarsResult<DataFrame> {
    let columns = table
        .columns()
        .into_iter()
        .map(|(name, dtype)| match dtype {
            DataType::String => StringChunked::from_iter_options(
                name.into(),
                rows.iter().map(|(collection, _)| *collection),
            )
            .into_column(),
            DataType::Int64 => Int64Chunked::from_iter_options(
                name.into(),
                rows.iter().map(|(_, totals)| totals.figure(name)),
            )
            .into_column(),
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
    figures.flatten().fold(None, |sum: Option<i64>, figure| {
        Some(sum.unwrap_or(0).saturating_add(figure))
    })
}
