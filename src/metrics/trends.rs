//! What the days say together: whether new failures are ordinary, and when everything will be in
//! sync.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::PolarsResult;

use super::{
    CollectionPoint, ControlChart, DayOfFailures, Forecast, ForecastStatus, NoControlChart,
    OrganisationMetrics,
};
use crate::domain::ExpectedRate;
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
        let failures: Vec<DayOfFailures> = self
            .days
            .iter()
            .filter_map(|day| {
                let (new_failed, newly_attempted) =
                    (day.new_failed_items?, day.figures.newly_attempted?);
                Some(DayOfFailures {
                    date: day.date.day(),
                    new_failed,
                    newly_attempted,
                })
            })
            .collect();
        let days: Vec<CollectionPoint> = self
            .days
            .iter()
            .map(|day| items(day.date.day(), &day.figures))
            .collect();

        let mut by_collection: BTreeMap<Option<&str>, Vec<CollectionPoint>> = BTreeMap::new();
        let today = today.collection_days()?;
        for day in before.iter().chain(&today) {
            by_collection
                .entry(day.collection.as_deref())
                .or_default()
                .push(items(day.date.day(), &day.figures));
        }
        let collections = self.collections.iter().map(|collection| {
            let days = by_collection
                .get(&collection.name.as_deref())
                .map_or(&[][..], Vec::as_slice);
            let forecast = Forecast::of(days, collection.last_switch_date);
            // Items go on arriving in mailboxes that are in sync: their state counts.
            if collection.metrics.in_sync_or_beyond() == collection.metrics.mailboxes {
                return Forecast {
                    status: ForecastStatus::InSync,
                    outlook: None,
                    ..forecast
                };
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
        let place_of = |date: NaiveDate| self.days.iter().position(|day| day.date.day() == date);
        let mut causes: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for item in &self.failed_items {
            let Some(listing) = item
                .listing
                .as_ref()
                .filter(|listing| !listing.may_be_older)
            else {
                continue;
            };
            let counts = causes
                .entry(&item.cause.name)
                .or_insert_with(|| vec![0; self.days.len()]);
            if let Some(count) =
                place_of(listing.first_seen).and_then(|place| counts.get_mut(place))
            {
                *count += 1;
            }
        }
        causes
            .into_iter()
            .map(|(name, counts)| (name.to_owned(), counts))
            .collect()
    }
}

fn items(date: NaiveDate, figures: &DayFigures) -> CollectionPoint {
    CollectionPoint {
        date,
        items_total: figures.items_total,
        items_attempted: figures.items_attempted,
    }
}
