//! How much is copied a day: by the pilot, or where its reports do not show that, by all mailboxes of
//! late.

use chrono::Days;

use super::super::wording::expected_count;
use super::pilot::Pilot;
use crate::domain::plural::{count_of, counted};
use crate::history::EntireDay;

/// Days back that the pace of late is of, at the most, and at the fewest.
const MOST_DAYS: u64 = 14;
const FEWEST_DAYS: i64 = 3;

/// Items that are copied a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CopyingPace {
    pub(super) items_a_day: f64,
    of: Whose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Pilot { mailboxes: u64 },
    Recent { days: u64 },
}

impl CopyingPace {
    /// The pilot's; where that is not known, that of late.
    pub(super) fn of(pilot: &Pilot<'_>) -> Option<Self> {
        of_pilot(pilot).or_else(|| recent(pilot))
    }

    /// “the pilot's pace”, “the pace of the last 11 days”.
    pub(super) fn name(self) -> String {
        match self.of {
            Whose::Pilot { .. } => "the pilot's pace".to_owned(),
            Whose::Recent { days } => format!("the pace of the last {}", count_of(days, "day")),
        }
    }

    /// How many, and of whom.
    pub(super) fn sentence(self) -> String {
        let items = expected_count(self.items_a_day);
        match self.of {
            Whose::Pilot { mailboxes } => format!(
                "The pilot copied {items} items a day, with {} at a time.",
                counted(mailboxes, "mailbox", "mailboxes")
            ),
            Whose::Recent { days } => format!(
                "The reports show for less than half of the pilot's mailboxes how fast they were copied. \
                 In the last {} all mailboxes together copied {items} items a day.",
                count_of(days, "day")
            ),
        }
    }

    /// Whose it is, beside the figure.
    pub(super) fn note(self) -> String {
        match self.of {
            Whose::Pilot { .. } => "by the pilot".to_owned(),
            Whose::Recent { days } => {
                format!("by all mailboxes, in the last {}", count_of(days, "day"))
            }
        }
    }
}

/// From its first mailbox under way to its last in sync; `None` where the reports show that of less
/// than half of its mailboxes.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn of_pilot(pilot: &Pilot<'_>) -> Option<CopyingPace> {
    let timed = pilot
        .mailboxes
        .iter()
        .filter(|one| one.milestones.days_to_ready().is_some());
    if timed.clone().count() * 2 < pilot.mailboxes.len() {
        return None;
    }
    let begun = timed.clone().filter_map(|one| one.milestones.begun).min()?;
    let ready = timed.clone().filter_map(|one| one.milestones.ready).max()?;
    let items: u64 = timed
        .filter_map(|one| Some(one.mailbox.failure_rate()?.attempted))
        .sum();
    let days = (ready - begun).num_days();
    (items > 0 && days > 0).then(|| CopyingPace {
        items_a_day: items as f64 / days as f64,
        of: Whose::Pilot {
            mailboxes: pilot.mailboxes.len() as u64,
        },
    })
}

fn recent(pilot: &Pilot<'_>) -> Option<CopyingPace> {
    let days = &pilot.input.metrics.since_start.as_ref()?.days;
    of_days(days)
}

#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn of_days(days: &[EntireDay]) -> Option<CopyingPace> {
    let date = |day: &EntireDay| day.day.date.day();
    let last = date(days.last()?);
    let since = last.checked_sub_days(Days::new(MOST_DAYS))?;
    let days = days.iter().skip_while(|day| date(day) < since);
    let first = date(days.clone().next()?);
    let newly = days.skip(1);
    let items: u64 = newly
        .filter_map(|day| day.day.figures.newly_attempted)
        .sum();
    let days = (last - first).num_days();
    (items > 0 && days >= FEWEST_DAYS).then(|| CopyingPace {
        items_a_day: items as f64 / days as f64,
        of: Whose::Recent {
            days: days.unsigned_abs(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ReportDate;
    use crate::history::OrganisationDay;

    fn day(on: &str, newly_attempted: u64) -> EntireDay {
        let mut day = OrganisationDay::unknown(ReportDate::parse_iso(on).unwrap());
        day.figures.newly_attempted = Some(newly_attempted);
        EntireDay {
            day,
            in_sync_or_beyond: 0,
            switched: 0,
            items_failed: None,
        }
    }

    #[test]
    fn the_pace_of_late_is_of_two_weeks_at_the_most() {
        // What the first day of them had copied by then is of the days before.
        let days = [
            day("2026-11-01", 90_000),
            day("2026-11-06", 70_000),
            day("2026-11-10", 4_000),
            day("2026-11-20", 10_000),
        ];
        let pace = of_days(&days).unwrap();
        assert_eq!(pace.items_a_day, 1_000.0);
        assert_eq!(pace.name(), "the pace of the last 14 days");
        assert_eq!(pace.note(), "by all mailboxes, in the last 14 days");
        assert_eq!(of_days(&days[3..]), None);
        assert_eq!(of_days(&[day("2026-11-18", 9), day("2026-11-20", 9)]), None);
        assert_eq!(of_days(&[day("2026-11-10", 9), day("2026-11-20", 0)]), None);
        assert_eq!(of_days(&[]), None);
    }
}
