//! Days as plain figures, in the order of their dates: what charts and forecasts are made of.

use chrono::NaiveDate;
use polars::prelude::*;

use super::table::{
    CLEARED_FAILED_ITEMS, COMPARED_WITH, FAILED_ITEMS_LISTED, ITEMS_ATTEMPTED, MAILBOXES,
    MAILBOXES_WITHOUT_TOTAL, NEW_FAILED_ITEMS, NEWLY_ATTEMPTED, RECORDED_SINCE,
};
use crate::domain::ReportDate;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Failed items that were not listed then.
    pub new_failed_items: Option<u64>,
    /// Failed items that were listed then, and no longer are.
    pub cleared_failed_items: Option<u64>,
}

/// A collection on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionDay {
    /// The report date of the snapshot.
    pub date: ReportDate,
    /// Its name; `None` for the mailboxes without one.
    pub collection: Option<String>,
    /// Sums over its mailboxes.
    pub figures: DayFigures,
}

pub(super) fn organisation_day(
    date: ReportDate,
    frame: &DataFrame,
) -> PolarsResult<OrganisationDay> {
    let count = |name: &str| count(frame, name, 0);
    let day = |name: &str| -> PolarsResult<Option<ReportDate>> {
        let days = frame.column(name)?.date()?.physical().get(0);
        Ok(days
            .and_then(NaiveDate::from_epoch_days)
            .map(ReportDate::of))
    };
    Ok(OrganisationDay {
        date,
        figures: figures(frame, 0)?,
        failed_items_listed: count(FAILED_ITEMS_LISTED)?.unwrap_or(0),
        recorded_since: day(RECORDED_SINCE)?,
        compared_with: day(COMPARED_WITH)?,
        new_failed_items: count(NEW_FAILED_ITEMS)?,
        cleared_failed_items: count(CLEARED_FAILED_ITEMS)?,
    })
}

pub(super) fn collection_days(
    date: ReportDate,
    frame: &DataFrame,
) -> PolarsResult<Vec<CollectionDay>> {
    let names = frame.column(columns::COLLECTION)?.str()?.iter().enumerate();
    let day = |(row, name): (usize, Option<&str>)| {
        Ok(CollectionDay {
            date,
            collection: name.map(str::to_owned),
            figures: figures(frame, row)?,
        })
    };
    names.map(day).collect()
}

fn count(frame: &DataFrame, name: &str, row: usize) -> PolarsResult<Option<u64>> {
    let figure = frame.column(name)?.i64()?.get(row);
    Ok(figure.and_then(|figure| u64::try_from(figure).ok()))
}

fn figures(frame: &DataFrame, row: usize) -> PolarsResult<DayFigures> {
    Ok(DayFigures {
        mailboxes: count(frame, MAILBOXES, row)?.unwrap_or(0),
        // Unknown only of a history of format 2 that is looked at before it is taken over.
        mailboxes_without_total: count(frame, MAILBOXES_WITHOUT_TOTAL, row)?.unwrap_or(0),
        items_total: count(frame, columns::ITEMS_TOTAL, row)?,
        items_attempted: count(frame, ITEMS_ATTEMPTED, row)?,
        newly_attempted: count(frame, NEWLY_ATTEMPTED, row)?,
    })
}
