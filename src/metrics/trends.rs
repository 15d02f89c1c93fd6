//! What the days say together: whether new failures are ordinary, and who will be ready.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use polars::prelude::PolarsResult;

use super::cells::texts;
use super::forecast::{Forecasts, Standings};
use super::judgement::judge;
use super::{ControlChart, DayOfFailures, Forecast, NoControlChart, OrganisationMetrics};
use crate::domain::calendar::Calendar;
use crate::domain::{ExpectedRate, Standing, Verdict};
use crate::history::{OrganisationDay, Snapshot};

/// Of a snapshot's mailboxes how each stood on the days up to its own.
pub(super) const COURSE: &str = "course";

/// An organisation over the days of the history's window.
#[derive(Debug, Clone, PartialEq)]
pub struct Trends {
    /// New failures of each day against the expected rate.
    pub control_chart: Result<ControlChart, NoControlChart>,
    /// Items of each day, in order.
    pub days: Vec<DayProgress>,
    /// Whether each collection will be ready, in the order of [`OrganisationMetrics::collections`].
    pub collections: Vec<Forecast>,
    /// Of each collection, in the same order, how many of its mailboxes of today were ready on each of
    /// `days`; `None` where it is not kept.
    pub ready: Vec<Vec<Option<u64>>>,
    /// The causes of the items that are listed today, by name, with how many of them were new on
    /// each of `days`. Items that were there before the first day are not in it; nor are those that
    /// have cleared.
    pub new_by_cause: Vec<(String, Vec<u64>)>,
}

/// How far an organisation was on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayProgress {
    /// The report date.
    pub date: NaiveDate,
    /// Items in its mailboxes on that day.
    pub items_total: Option<u64>,
    /// Items attempted so far.
    pub items_attempted: Option<u64>,
    /// How many mailboxes it has.
    pub mailboxes: u64,
    /// Mailboxes that are not in sync and report no total: they are in neither figure.
    pub mailboxes_without_total: u64,
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
        expected: ExpectedRate,
        calendar: &Calendar,
    ) -> PolarsResult<()> {
        if self.days.len() < 2 {
            return Ok(());
        }
        let today_is = self.whole.judgement.verdict;
        self.verdict_lasts = verdict_lasts(today_is, &self.days, expected);
        let failures = self.days.iter().filter_map(|day| {
            Some(DayOfFailures {
                date: day.date.day(),
                new_failed: day.new_failed_items?,
                newly_attempted: day.figures.newly_attempted?,
            })
        });
        let failures: Vec<DayOfFailures> = failures.collect();
        self.add_courses(today)?;
        let forecasts = self.forecasts(today, calendar)?;
        for (mailbox, alike) in self.mailboxes.iter_mut().zip(forecasts.mailboxes) {
            mailbox.alike = alike;
        }
        self.trends = Some(Trends {
            control_chart: ControlChart::of(
                &failures,
                expected,
                self.whole.judgement.dispersion.max(1.0),
            ),
            days: self.days.iter().map(progress).collect(),
            collections: forecasts.collections,
            ready: self.ready(today)?,
            new_by_cause: self.new_by_cause(),
        });
        Ok(())
    }

    /// `today` has the mailboxes in the order of these.
    fn add_courses(&mut self, today: &Snapshot) -> PolarsResult<()> {
        let course = texts(&today.mailboxes, COURSE)?;
        let all = self.mailboxes.iter_mut().enumerate();
        for (row, mailbox) in all.filter(|(_, mailbox)| !mailbox.has_switched()) {
            let Some(course) = course(row) else {
                continue;
            };
            mailbox.is_undone = course.contains(Standing::SWITCHED);
            if mailbox.is_halted() {
                mailbox.halted_days = halted_days(course);
            }
        }
        Ok(())
    }

    /// `today` has the mailboxes in the order of these.
    fn forecasts(&self, today: &Snapshot, calendar: &Calendar) -> PolarsResult<Forecasts> {
        let places = self.places_of_collections();
        let course = texts(&today.mailboxes, COURSE)?;
        let mailboxes = self.mailboxes.iter().enumerate().map(|(row, mailbox)| {
            let name = mailbox.collection.as_deref().map(str::to_owned);
            Standings {
                collection: places.get(&name).copied().unwrap_or(usize::MAX),
                items_total: mailbox.items_total,
                items_done: mailbox
                    .items_synchronised
                    .map(|done| done + mailbox.items_failed.unwrap_or(0)),
                course: course(row).unwrap_or_default().to_owned(),
            }
        });
        let mailboxes: Vec<Standings> = mailboxes.collect();
        let dates = self
            .collections
            .iter()
            .map(|collection| collection.last_switch_date);
        let dates: Vec<Option<NaiveDate>> = dates.collect();
        Ok(Forecasts::of(&mailboxes, &dates, today.date, calendar))
    }

    /// `today` has the mailboxes in the order of these.
    fn ready(&self, today: &Snapshot) -> PolarsResult<Vec<Vec<Option<u64>>>> {
        let places = self.places_of_collections();
        let course = texts(&today.mailboxes, COURSE)?;
        let mut ready = vec![vec![None; self.days.len()]; self.collections.len()];
        for (row, mailbox) in self.mailboxes.iter().enumerate() {
            let name = mailbox.collection.as_deref().map(str::to_owned);
            let of_collection = places.get(&name).and_then(|place| ready.get_mut(*place));
            let (Some(of_collection), Some(course)) = (of_collection, course(row)) else {
                continue;
            };
            // The last letter is of the report date, and each before it of the day before.
            let letters: Vec<char> = course.chars().rev().collect();
            for (ready, day) in of_collection.iter_mut().zip(&self.days) {
                let before = (today.date.day() - day.date.day()).num_days();
                let letter = usize::try_from(before)
                    .ok()
                    .and_then(|day| letters.get(day));
                if let Some(letter) = letter {
                    let is_ready = Standing::of_letter(*letter) == Standing::Ready;
                    *ready.get_or_insert(0) += u64::from(is_ready);
                }
            }
        }
        Ok(ready)
    }

    fn places_of_collections(&self) -> HashMap<Option<String>, usize> {
        let collections = self.collections.iter().enumerate();
        collections
            .map(|(place, collection)| (collection.name.clone(), place))
            .collect()
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

/// For how many of the last days, of which the last is today's, the verdict is that of today. What
/// failed on each is judged at the rate that is expected now.
fn verdict_lasts(today: Verdict, days: &[OrganisationDay], expected: ExpectedRate) -> u64 {
    let earlier = days.iter().rev().skip(1);
    let is_so = |day: &&OrganisationDay| {
        let failures = day.failures.as_ref();
        failures.is_some_and(|sums| judge(sums, expected).verdict == today)
    };
    1 + earlier.take_while(is_so).count() as u64
}

/// For how many days a mailbox has stood still at the end of its course, whose days without a report
/// tell nothing else.
fn halted_days(course: &str) -> Option<u64> {
    let standings = course.chars().map(Standing::of_letter).rev();
    let still = standings.take_while(|one| matches!(one, Standing::Halted | Standing::NotListed));
    let days = still
        .enumerate()
        .filter(|(_, one)| *one == Standing::Halted);
    days.last().map(|(days, _)| days as u64)
}

fn progress(day: &OrganisationDay) -> DayProgress {
    DayProgress {
        date: day.date.day(),
        items_total: day.figures.items_total,
        items_attempted: day.figures.items_attempted,
        mailboxes: day.figures.mailboxes,
        mailboxes_without_total: day.figures.mailboxes_without_total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FailureRate, FailureSums, ReportDate};

    /// A day on which each of 20 mailboxes had so many of 10,000 items fail; `None` where it is not
    /// known.
    fn day(number: u32, failed_of_each: Option<u64>) -> OrganisationDay {
        let failures = failed_of_each.map(|failed| {
            let mut sums = FailureSums::default();
            for _ in 0..20 {
                let attempted = 10_000;
                sums.add(FailureRate { failed, attempted });
            }
            sums
        });
        let date = NaiveDate::from_ymd_opt(2026, 11, number).unwrap();
        OrganisationDay {
            failures,
            ..OrganisationDay::unknown(ReportDate::of(date))
        }
    }

    #[test]
    fn a_verdict_lasts_as_long_as_no_report_between_says_another() {
        let expected = ExpectedRate::try_from(0.0001).unwrap();
        let [high, usual] = [Some(10), Some(1)];
        for (days, today, lasts) in [
            (&[high][..], Verdict::High, 1),
            (&[high, high, high], Verdict::High, 3),
            (&[high, usual, high, high], Verdict::High, 2),
            // A day that cannot be judged ends it, and so does another verdict.
            (&[high, None, high], Verdict::High, 1),
            (&[high, high, usual], Verdict::AsExpected, 1),
            (&[usual, usual], Verdict::AsExpected, 2),
        ] {
            let days: Vec<OrganisationDay> = (1..)
                .zip(days)
                .map(|(number, failed)| day(number, *failed))
                .collect();
            assert_eq!(verdict_lasts(today, &days, expected), lasts, "{days:?}");
        }
    }

    #[test]
    fn a_mailbox_has_stood_still_since_it_first_did_without_a_day_of_another() {
        for (course, days) in [
            ("aH", Some(0)),
            ("aHH-H", Some(3)),
            ("HaHHH", Some(2)),
            ("--H", Some(0)),
            ("a", None),
            ("Ha", None),
            ("", None),
        ] {
            assert_eq!(halted_days(course), days, "{course}");
        }
    }
}
