//! An organisation from its first day to this one, and each of its mailboxes from its own beginning.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use polars::prelude::PolarsResult;

use super::cells::texts;
use super::trends::COURSE;
use super::{FailedItem, OrganisationMetrics};
use crate::domain::{Decision, ItemOutcome, ReportDate, Standing};
use crate::history::{EntireDay, FormerItem, Snapshot, Start};
use crate::tables::columns;

/// What reports that do not go out daily say beside the figures of the day.
#[derive(Debug, Clone, PartialEq)]
pub struct SinceStart {
    /// Every day that was kept, in order, this one the last.
    pub days: Vec<EntireDay>,
    /// The milestones of each mailbox, in the order of [`OrganisationMetrics::mailboxes`].
    pub milestones: Vec<Milestones>,
    /// The day that the exports are of: an earlier one where none are made any more.
    pub exported_on: ReportDate,
    /// Every item that was listed as failed on some day and is not today, in the order of references;
    /// `None` where no report asks for it.
    pub resolved: Option<Vec<ResolvedItem>>,
}

/// An item that was listed as failed, and is no more. Of it only what the history keeps is known: no
/// subject line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedItem {
    /// What the history has of it.
    pub item: FormerItem,
    /// The place of its mailbox among [`OrganisationMetrics::mailboxes`]; `None` where that is no
    /// longer listed.
    pub mailbox: Option<usize>,
}

impl FailedItem {
    /// What became of it. One that is listed is open, unless the organisation gave it up.
    #[must_use]
    pub fn outcome(&self) -> ItemOutcome {
        match self.is_decided(Decision::Accept) {
            true => ItemOutcome::Accepted,
            false => ItemOutcome::Open,
        }
    }
}

/// When a mailbox began and was ready, by the first reports that show it so, of the six weeks to the
/// report date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Milestones {
    /// Since when it is under way.
    pub begun: Option<NaiveDate>,
    /// Since when it is ready; `None` also where it is ready no more.
    pub ready: Option<NaiveDate>,
    /// Since when it stands still, where it does.
    pub halted: Option<NaiveDate>,
}

impl Milestones {
    /// Of a course, a letter a day, of which the last is of `today`.
    fn of(course: &str, today: NaiveDate) -> Self {
        let standings: Vec<Standing> = course.chars().map(Standing::of_letter).collect();
        let date = |place: usize| {
            let before = standings.len() - 1 - place;
            today.checked_sub_days(Days::new(before as u64))
        };
        let first = |is: &dyn Fn(&Standing) -> bool| standings.iter().position(is).and_then(date);
        let listed = |one: &&Standing| **one != Standing::NotListed;
        let halted = standings
            .iter()
            .rposition(|one| !matches!(one, Standing::Halted | Standing::NotListed));
        let is_halted = standings.last() == Some(&Standing::Halted);
        let after = halted.map_or(0, |place| place + 1);
        let halted = standings.iter().skip(after).position(|one| listed(&one));
        Self {
            begun: first(&|one| !matches!(one, Standing::NotListed | Standing::NotBegun)),
            ready: first(&|one| *one == Standing::Ready)
                .filter(|_| standings.last() == Some(&Standing::Ready)),
            halted: halted
                .filter(|_| is_halted)
                .and_then(|place| date(after + place)),
        }
    }

    /// Days from the first report that shows it under way to the first that shows it ready. One that
    /// was ready when it was first seen tells nothing.
    #[must_use]
    pub fn days_to_ready(self) -> Option<u64> {
        let days = (self.ready? - self.begun?).num_days();
        u64::try_from(days).ok().filter(|days| *days > 0)
    }
}

impl OrganisationMetrics {
    /// Adds what lies before this day, of which `today` is the snapshot, made of the exports of
    /// `exported_on`.
    ///
    /// # Errors
    /// Only where a snapshot lacks a column: a fault of the program.
    pub fn add_start(
        &mut self,
        today: &Snapshot,
        exported_on: ReportDate,
        start: Start,
    ) -> PolarsResult<()> {
        let mut days = start.days;
        if exported_on == today.date {
            days.push(today.entire_day()?);
        }
        let course = texts(&today.mailboxes, COURSE)?;
        let milestones = (0..self.mailboxes.len())
            .map(|row| Milestones::of(course(row).unwrap_or_default(), today.date.day()));
        let milestones = milestones.collect();
        let fingerprint = texts(&today.mailboxes, columns::MAILBOX)?;
        let places = (0..self.mailboxes.len()).filter_map(|row| Some((fingerprint(row)?, row)));
        let places: HashMap<&str, usize> = places.collect();
        let resolved = |item: FormerItem| ResolvedItem {
            mailbox: places.get(item.mailbox.as_str()).copied(),
            item,
        };
        let resolved = start
            .former_items
            .map(|items| items.into_iter().map(resolved).collect());
        self.since_start = Some(SinceStart {
            days,
            milestones,
            exported_on,
            resolved,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_tells_when_a_mailbox_began_and_was_ready() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day);
        for (course, begun, ready, halted, days) in [
            ("NNac-RR", day(16), day(19), None, Some(3)),
            // Ready on the first report that lists it: how long it took is not known.
            ("---RRRR", day(17), day(17), None, None),
            ("NNacHHH", day(16), None, day(18), None),
            ("NNacH-H", day(16), None, day(18), None),
            ("NNRRRRd", day(16), None, None, None),
            ("NNNNNNN", None, None, None, None),
            ("", None, None, None, None),
        ] {
            let milestones = Milestones::of(course, day(20).unwrap());
            assert_eq!(
                (milestones.begun, milestones.ready, milestones.halted),
                (begun, ready, halted),
                "{course}"
            );
            assert_eq!(milestones.days_to_ready(), days, "{course}");
        }
    }
}
