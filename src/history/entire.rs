//! An organisation from its first day on: what is asked for by reports that do not go out daily.

use polars::prelude::*;

use super::days::{OrganisationDay, organisation_day};
use super::table::Table;
use super::{History, HistoryError, Snapshot, Window, mark};
use crate::domain::{OrganisationCode, ReportDate, SyncState};
use crate::tables::columns;

/// A day of an organisation's whole course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EntireDay {
    /// Its figures.
    pub day: OrganisationDay,
    /// Mailboxes that are in sync, ready to switch or switched.
    pub in_sync_or_beyond: u64,
    /// Mailboxes that have switched.
    pub switched: u64,
    /// Items that did not migrate, as the sync-state export counts them.
    pub items_failed: Option<u64>,
}

impl History {
    /// The figures of an organisation on every day before `date` that was kept.
    ///
    /// # Errors
    /// [`HistoryError`] where not even the days can be listed.
    pub fn entire_days(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Result<Window<EntireDay>, HistoryError> {
        let mut window = Window {
            days: Vec::new(),
            damaged: Vec::new(),
        };
        let days = mark::dates(&self.folder, organisation)?;
        for day in days.into_iter().filter(|day| *day < date) {
            let read = self
                .mark(organisation, day)
                .and_then(|mark| self.frame(organisation, day, Table::OrganisationDays, &mark))
                .and_then(|frame| Ok(entire_day(day, &frame)?));
            match read {
                Ok(day) => window.days.push(day),
                Err(error) => window.damaged.push(error),
            }
        }
        Ok(window)
    }
}

impl Snapshot {
    /// The same figures of its own day.
    ///
    /// # Errors
    /// Only where a table lacks a column: a fault of the program.
    pub fn entire_day(&self) -> PolarsResult<EntireDay> {
        entire_day(self.date, &self.organisation_day)
    }
}

fn entire_day(date: ReportDate, frame: &DataFrame) -> PolarsResult<EntireDay> {
    let count = |name: &str| -> PolarsResult<Option<u64>> {
        let figure = frame.column(name)?.i64()?.get(0);
        Ok(figure.and_then(|figure| u64::try_from(figure).ok()))
    };
    let mut in_sync_or_beyond = 0;
    let states = SyncState::ALL.into_iter();
    for state in states.filter(|state| state.is_in_sync_or_beyond()) {
        in_sync_or_beyond += count(state.name())?.unwrap_or(0);
    }
    Ok(EntireDay {
        day: organisation_day(date, frame)?,
        in_sync_or_beyond,
        switched: count(SyncState::Switched.name())?.unwrap_or(0),
        items_failed: count(columns::ITEMS_FAILED)?,
    })
}
