//! Days as plain figures, in the order of their dates: what charts and forecasts are made of.

use chrono::NaiveDate;
use polars::prelude::*;

use super::table::{
    ATTEMPTED_SQUARED, CLEARED_FAILED_ITEMS, COMPARED_WITH, FAILED_BY_ATTEMPTED,
    FAILED_ITEMS_LISTED, FAILED_OF_ATTEMPTED, FAILED_SQUARED, ITEMS_ATTEMPTED, MAILBOXES,
    MAILBOXES_ATTEMPTED, MAILBOXES_WITHOUT_TOTAL, NEW_FAILED_ITEMS, NEWLY_ATTEMPTED,
    RECORDED_SINCE, RETURNED_FAILED_ITEMS,
};
use crate::domain::{FailureRate, FailureSums, ReportDate};
use crate::tables::columns;

/// Sums over mailboxes on one day; `None` where no mailbox reports the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayFigures {
    /// How many mailboxes.
    pub mailboxes: u64,
    /// Mailboxes that are not in sync and do not report how many items they hold.
    pub mailboxes_without_total: u64,
    /// Items in the source mailboxes.
    pub items_total: Option<u64>,
    /// Items copied or failed, of the mailboxes that report both.
    pub items_attempted: Option<u64>,
    /// By how much the attempted items of each mailbox grew since the snapshot before, never below
    /// zero; `None` also where there is none before.
    pub newly_attempted: Option<u64>,
}

/// A whole organisation on one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrganisationDay {
    /// The report date of the snapshot.
    pub date: ReportDate,
    /// Sums over its mailboxes.
    pub figures: DayFigures,
    /// Failed items in the failed-item export, without settings as far as these are known.
    pub failed_items_listed: u64,
    /// The first report date of the record; items that are there since then may be older.
    pub recorded_since: Option<ReportDate>,
    /// The date of the snapshot before; `None` where there is none, and then what follows is
    /// unknown.
    pub compared_with: Option<ReportDate>,
    /// Failed items that were not listed then, nor cleared before.
    pub new_failed_items: Option<u64>,
    /// Failed items that were listed then, and no longer are.
    pub cleared_failed_items: Option<u64>,
    /// Failed items that were not listed then, and were cleared before; `None` also where a format
    /// before the fifth does not say.
    pub returned_failed_items: Option<u64>,
    /// By what its failures are judged; `None` only where a history of an earlier format is looked
    /// at before it is taken over.
    pub failures: Option<FailureSums>,
}

impl OrganisationDay {
    /// A day of which nothing is known.
    #[cfg(test)]
    pub(crate) fn unknown(date: ReportDate) -> Self {
        Self {
            date,
            figures: DayFigures {
                mailboxes: 0,
                mailboxes_without_total: 0,
                items_total: None,
                items_attempted: None,
                newly_attempted: None,
            },
            failed_items_listed: 0,
            recorded_since: None,
            compared_with: None,
            new_failed_items: None,
            cleared_failed_items: None,
            returned_failed_items: None,
            failures: None,
        }
    }

    /// Failed items that the day before did not list: new ones, and ones that fail again.
    #[must_use]
    pub fn failed_items_that_came(&self) -> Option<u64> {
        let again = self.returned_failed_items.unwrap_or(0);
        self.new_failed_items.map(|new| new + again)
    }
}

pub(super) fn organisation_day(
    date: ReportDate,
    frame: &DataFrame,
) -> PolarsResult<OrganisationDay> {
    let count = |name: &str| count(frame, name);
    let day = |name: &str| -> PolarsResult<Option<ReportDate>> {
        let days = frame.column(name)?.date()?.physical().get(0);
        Ok(days
            .and_then(NaiveDate::from_epoch_days)
            .map(ReportDate::of))
    };
    Ok(OrganisationDay {
        date,
        figures: figures(frame)?,
        failed_items_listed: count(FAILED_ITEMS_LISTED)?.unwrap_or(0),
        recorded_since: day(RECORDED_SINCE)?,
        compared_with: day(COMPARED_WITH)?,
        new_failed_items: count(NEW_FAILED_ITEMS)?,
        cleared_failed_items: count(CLEARED_FAILED_ITEMS)?,
        returned_failed_items: count(RETURNED_FAILED_ITEMS)?,
        failures: failures(frame)?,
    })
}

/// `None` where the sums were not kept.
fn failures(frame: &DataFrame) -> PolarsResult<Option<FailureSums>> {
    let square = |name: &str| PolarsResult::Ok(frame.column(name)?.f64()?.get(0));
    let known = (
        count(frame, MAILBOXES_ATTEMPTED)?,
        count(frame, FAILED_OF_ATTEMPTED)?,
        square(FAILED_SQUARED)?,
        square(FAILED_BY_ATTEMPTED)?,
        square(ATTEMPTED_SQUARED)?,
    );
    let (Some(mailboxes), Some(failed), Some(squared), Some(by_attempted), Some(attempted_squared)) =
        known
    else {
        return Ok(None);
    };
    let attempted = count(frame, ITEMS_ATTEMPTED)?.unwrap_or(0);
    Ok(Some(FailureSums {
        mailboxes,
        rate: FailureRate { failed, attempted },
        failed_squared: squared,
        failed_by_attempted: by_attempted,
        attempted_squared,
    }))
}

fn count(frame: &DataFrame, name: &str) -> PolarsResult<Option<u64>> {
    let figure = frame.column(name)?.i64()?.get(0);
    Ok(figure.and_then(|figure| u64::try_from(figure).ok()))
}

fn figures(frame: &DataFrame) -> PolarsResult<DayFigures> {
    Ok(DayFigures {
        mailboxes: count(frame, MAILBOXES)?.unwrap_or(0),
        // Unknown only of a history of format 2 that is looked at before it is taken over.
        mailboxes_without_total: count(frame, MAILBOXES_WITHOUT_TOTAL)?.unwrap_or(0),
        items_total: count(frame, columns::ITEMS_TOTAL)?,
        items_attempted: count(frame, ITEMS_ATTEMPTED)?,
        newly_attempted: count(frame, NEWLY_ATTEMPTED)?,
    })
}
