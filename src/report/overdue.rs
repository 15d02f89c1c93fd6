//! What the migration team said it would do, and that is open for longer than it may take.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::domain::ReportDate;
use crate::domain::plural::{count, count_of};
use crate::metrics::{FailedItem, Mailbox, Owner};

/// What stands still for more days is overdue.
pub(super) const OVERDUE_DAYS: u64 = 7;
/// A moment that is longer ago is none of this migration.
const LONGEST_DAYS: i64 = 730;

/// For how long things have been open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub struct Ages {
    /// Days that the oldest is open.
    pub longest_days: u64,
    /// How many are overdue.
    pub overdue: u64,
}

impl Ages {
    fn of(ages: impl Iterator<Item = (u64, u64)>) -> Self {
        ages.fold(Self::default(), |so_far, (days, limit)| Self {
            longest_days: so_far.longest_days.max(days),
            overdue: so_far.overdue + u64::from(days > limit),
        })
    }

    /// Of those mailboxes that stopped or failed: since they were synchronised last, where the export
    /// says that and it is longer ago than our record goes.
    pub(super) fn of_halted<'a>(
        mailboxes: impl IntoIterator<Item = &'a Mailbox>,
        today: ReportDate,
    ) -> Self {
        let halted = mailboxes.into_iter().filter_map(|mailbox| {
            let days = mailbox.halted_days?;
            Some(days.max(days_since(mailbox.last_synchronised_at, today)))
        });
        Self::of(halted.map(|days| (days, OVERDUE_DAYS)))
    }

    /// Of those failed items that the migration team is to repair, in mop-up what may wait until then
    /// too: since they failed, where the export says that and it is longer ago than our record goes.
    pub(super) fn of_items<'a>(
        items: impl IntoIterator<Item = &'a FailedItem>,
        today: ReportDate,
        is_mop_up: bool,
    ) -> Self {
        let ours = items.into_iter();
        let ours = ours.filter(|item| item.cause.owner == Owner::MigrationTeam);
        Self::of(ours.filter_map(|item| {
            let limit = item.cause.overdue_after_days;
            let limit = limit.or_else(|| is_mop_up.then_some(OVERDUE_DAYS))?;
            let days = item.listing.as_ref()?.days_open;
            Some((days.max(days_since(item.failed_at, today)), limit))
        }))
    }

    /// That some are overdue, as a sentence behind one that counts `all`; `how` they have been so
    /// long: “open”. What was there when the record began may be older than it says.
    pub(super) fn sentence(self, all: u64, how: &str) -> Option<String> {
        let days = count_of(self.longest_days, "day");
        Some(match self.overdue {
            0 => return None,
            1 if all == 1 => format!("It is overdue ({how} for at least {days})."),
            1 => format!("1 is overdue ({how} for at least {days})."),
            some => format!(
                "{} are overdue (the oldest {how} for at least {days}).",
                if some == all {
                    "All".to_owned()
                } else {
                    count(some)
                }
            ),
        })
    }
}

/// Days from a moment that an export names; 0 where it is none that a migration can have.
fn days_since(moment: Option<NaiveDateTime>, today: ReportDate) -> u64 {
    let days = moment.map_or(0, |moment| (today.day() - moment.date()).num_days());
    match days {
        0..=LONGEST_DAYS => days.unsigned_abs(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_overdue_is_told_by_number() {
        let ages = |overdue, longest_days| Ages {
            longest_days,
            overdue,
        };
        let said = |ages: Ages, all| ages.sentence(all, "open");
        assert_eq!(said(ages(0, 7), 5), None);
        for (overdue, all, words) in [
            (1, 1, "It is overdue (open for at least 11 days)."),
            (1, 5, "1 is overdue (open for at least 11 days)."),
            (
                3,
                5,
                "3 are overdue (the oldest open for at least 11 days).",
            ),
            (
                5,
                5,
                "All are overdue (the oldest open for at least 11 days).",
            ),
        ] {
            assert_eq!(said(ages(overdue, 11), all).as_deref(), Some(words));
        }
    }

    #[test]
    fn what_is_older_than_our_record_is_as_old_as_the_export_says() {
        let today = ReportDate::of(chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
        let moment = |year, month, day| {
            let day = chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap();
            day.and_hms_opt(7, 0, 0)
        };
        for (moment, days) in [
            (None, 0),
            (moment(2026, 9, 13), 68),
            (moment(2026, 11, 20), 0),
            (moment(2026, 11, 21), 0),
            (moment(1970, 1, 1), 0),
        ] {
            assert_eq!(days_since(moment, today), days);
        }
    }

    #[test]
    fn days_beyond_the_limit_are_overdue() {
        let ages = Ages::of([(7, 7), (8, 7), (25, 7), (0, 7)].into_iter());
        assert_eq!((ages.longest_days, ages.overdue), (25, 2));
    }
}
