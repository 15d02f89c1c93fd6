//! What the migration team said it would do, and that is open for longer than it may take.

use serde::{Deserialize, Serialize};

use crate::domain::plural::{count, count_of};
use crate::metrics::{FailedItem, Mailbox, Owner};

/// What stands still for more days is overdue.
pub(super) const OVERDUE_DAYS: u64 = 7;

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

    /// Of those mailboxes that stopped or failed.
    pub(super) fn of_halted<'a>(mailboxes: impl IntoIterator<Item = &'a Mailbox>) -> Self {
        let days = mailboxes
            .into_iter()
            .filter_map(|mailbox| mailbox.halted_days);
        Self::of(days.map(|days| (days, OVERDUE_DAYS)))
    }

    /// Of those failed items that the migration team is to repair before mop-up.
    pub(super) fn of_items<'a>(items: impl IntoIterator<Item = &'a FailedItem>) -> Self {
        let ours = items.into_iter();
        let ours = ours.filter(|item| item.cause.owner == Owner::MigrationTeam);
        Self::of(ours.filter_map(|item| {
            let limit = item.cause.overdue_after_days?;
            Some((item.listing.as_ref()?.days_open, limit))
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
    fn days_beyond_the_limit_are_overdue() {
        let ages = Ages::of([(7, 7), (8, 7), (25, 7), (0, 7)].into_iter());
        assert_eq!((ages.longest_days, ages.overdue), (25, 2));
    }
}
