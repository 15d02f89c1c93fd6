//! The sums of the small tables, over mailboxes.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::table::{
    ITEMS_ATTEMPTED, MAILBOXES, MAILBOXES_WITHOUT_TOTAL, NEWLY_ATTEMPTED, SnapshotTable,
};
use crate::domain::SyncState;
use crate::tables::columns;

/// The columns of figures that a mailbox may not report.
const FIGURES: [&str; 6] = [
    columns::ITEMS_TOTAL,
    columns::ITEMS_SYNCHRONISED,
    columns::ITEMS_FAILED,
    columns::SETTINGS_FAILED,
    ITEMS_ATTEMPTED,
    NEWLY_ATTEMPTED,
];

/// Sums over some mailboxes.
#[derive(Debug, Default)]
pub(super) struct Sums {
    mailboxes: i64,
    /// Those that are not in sync and report no total.
    without_total: i64,
    /// In the order of [`SyncState::ALL`].
    by_state: [i64; SyncState::ALL.len()],
    /// In the order of [`FIGURES`]; `None` where none of the mailboxes reports the figure.
    figures: [Option<i64>; FIGURES.len()],
}

impl Sums {
    /// Those of each collection in a table of mailboxes, by its name; of those without one first.
    /// `growth` has the growth of each mailbox's attempted items.
    pub(super) fn of_collections<'a>(
        mailboxes: &'a DataFrame,
        growth: Option<&[Option<i64>]>,
    ) -> PolarsResult<Vec<(Option<&'a str>, Self)>> {
        let collections = mailboxes.column(columns::COLLECTION)?.str()?;
        let mut states = mailboxes.column(columns::SYNC_STATE)?.str()?.iter();
        let mut totals = mailboxes.column(columns::ITEMS_TOTAL)?.i64()?.iter();
        let mut synchronised = mailboxes.column(columns::ITEMS_SYNCHRONISED)?.i64()?.iter();
        let mut failed = mailboxes.column(columns::ITEMS_FAILED)?.i64()?.iter();
        let mut settings = mailboxes.column(columns::SETTINGS_FAILED)?.i64()?.iter();
        let mut growth = growth.unwrap_or_default().iter().copied();
        let mut of_collections: BTreeMap<Option<&str>, Self> = BTreeMap::new();
        for collection in collections.iter() {
            let state = states.next().flatten();
            let state = SyncState::ALL
                .into_iter()
                .find(|known| state == Some(known.name()))
                .unwrap_or(SyncState::Unrecognised);
            let synchronised = synchronised.next().flatten();
            let failed = failed.next().flatten();
            let total = totals.next().flatten();
            let figures = [
                total,
                synchronised,
                failed,
                settings.next().flatten(),
                attempted(synchronised, failed),
                growth.next().flatten(),
            ];
            let by_state = SyncState::ALL.map(|known| i64::from(known == state));
            of_collections.entry(collection).or_default().add(&Self {
                mailboxes: 1,
                without_total: i64::from(total.is_none() && !state.is_in_sync_or_beyond()),
                by_state,
                figures,
            });
        }
        Ok(of_collections.into_iter().collect())
    }

    /// Adds the sums over other mailboxes.
    pub(super) fn add(&mut self, other: &Self) {
        self.mailboxes += other.mailboxes;
        self.without_total += other.without_total;
        for (mailboxes, others) in self.by_state.iter_mut().zip(other.by_state) {
            *mailboxes += others;
        }
        for (sum, figure) in self.figures.iter_mut().zip(other.figures) {
            *sum = sum_of_known([*sum, figure].into_iter());
        }
    }

    /// The sum of a column; `None` where it is unknown, or no sum over mailboxes.
    fn figure(&self, column: &str) -> Option<i64> {
        match column {
            MAILBOXES => return Some(self.mailboxes),
            MAILBOXES_WITHOUT_TOTAL => return Some(self.without_total),
            _ => {}
        }
        let states = SyncState::ALL.map(SyncState::name).into_iter();
        let states = states.zip(self.by_state.map(Some));
        FIGURES
            .into_iter()
            .zip(self.figures)
            .chain(states)
            .find(|(name, _)| *name == column)?
            .1
    }
}

/// A table of sums, each of a collection or, without one, of what has none.
pub(super) fn sums_frame(
    table: SnapshotTable,
    rows: &[(Option<&str>, Sums)],
) -> PolarsResult<DataFrame> {
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
                rows.iter().map(|(_, sums)| sums.figure(name)),
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
