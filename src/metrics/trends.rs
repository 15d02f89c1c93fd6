//! What the days say together: whether new failures are ordinary, and when everything will be in
//! sync.

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::{
    CollectionPoint, ControlChart, DayOfFailures, Forecast, ForecastStatus, NoControlChart,
    OrganisationMetrics,
};
use crate::domain::{ExpectedRate, ReportDate};
use crate::history::{self, DayFigures, Snapshot};

/// An organisation over the days of the history's window.
#[derive(Debug, Clone, PartialEq)]
pub struct Trends {
    /// New failures of each day against the expected rate.
    pub control_chart: Result<ControlChart, NoControlChart>,
    /// Items of each day, in order.
    pub days: Vec<CollectionPoint>,
    /// When all of them are attempted; without a switch date.
    pub whole: Forecast,
    /// When each collection is in sync, in the order of [`OrganisationMetrics::collections`].
    pub collections: Vec<Forecast>,
    /// The causes of the items that are listed today, by name, with how many of them were new on
    /// each of `days`. Items that were there before the first day are not in it; nor are those that
    /// have cleared.
    pub new_by_cause: Vec<(String, Vec<u64>)>,
}

impl OrganisationMetrics {
    /// Adds what the days say together; nothing where there is only one. Comes after
    /// [`OrganisationMetrics::follow`].
    ///
    /// # Errors
    /// Only where a snapshot lacks a column: a fault of the program.
    pub fn add_trends(
        &mut self,
        today: &Snapshot,
        before: &[history::CollectionDay],
        expected: ExpectedRate,
    ) -> PolarsResult<()> {
        if self.days.len() < 2 {
            return Ok(());
        }
        let failures = self.days.iter().filter_map(|day| {
            Some(DayOfFailures {
                date: day.date.day(),
                new_failed: day.new_failed_items?,
                newly_attempted: day.figures.newly_attempted?,
            })
        });
        let failures: Vec<DayOfFailures> = failures.collect();
        let days = self.days.iter().map(|day| items(day.date, &day.figures));
        let days: Vec<CollectionPoint> = days.collect();

        let mut by_collection: BTreeMap<Option<&str>, Vec<CollectionPoint>> = BTreeMap::new();
        let today = today.collection_days()?;
        for day in before.iter().chain(&today) {
            by_collection
                .entry(day.collection.as_deref())
                .or_default()
                .push(items(day.date, &day.figures));
        }
        let collections = self.collections.iter().map(|collection| {
            let days = by_collection.get(&collection.name.as_deref());
            let days = days.map_or(&[][..], Vec::as_slice);
            let mut forecast = Forecast::of(days, collection.last_switch_date);
            // Items go on arriving in mailboxes that are in sync: their state counts.
            if collection.metrics.in_sync_or_beyond() == collection.metrics.mailboxes {
                forecast.status = ForecastStatus::InSync;
                forecast.outlook = None;
            }
            forecast
        });
        self.trends = Some(Trends {
            control_chart: ControlChart::of(&failures, expected),
            whole: Forecast::of(&days, None),
            collections: collections.collect(),
            new_by_cause: self.new_by_cause(),
            days,
        });
        Ok(())
    }

    fn new_by_cause(&self) -> Vec<(String, Vec<u64>)> {
        let mut causes: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for item in &self.failed_items {
            let listing = item.listing.as_ref();
            let Some(listing) = listing.filter(|listing| !listing.may_be_older) else {
                continue;
            };
            let counts = causes
                .entry(&item.cause.name)
                .or_insert_with(|| vec![0; self.days.len()]);
            let mut counts = counts.iter_mut().zip(&self.days);
            if let Some((count, _)) = counts.find(|(_, day)| day.date.day() == listing.first_seen) {
                *count += 1;
            }
        }
        let causes = causes.into_iter();
        causes
            .map(|(name, counts)| (name.to_owned(), counts))
            .collect()
    }
}

fn items(date: ReportDate, figures: &DayFigures) -> CollectionPoint {
    CollectionPoint {
        date: date.day(),
        items_total: figures.items_total,
        items_attempted: figures.items_attempted,
        mailboxes: figures.mailboxes,
        mailboxes_without_total: figures.mailboxes_without_total,
    }
}
