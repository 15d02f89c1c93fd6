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

    /// That some are overdue, as a sentence behind one that counts `all`; `have` is “have been open”
    /// and `has` the same of one.
    pub(super) fn sentence(self, all: u64, has: &str, have: &str) -> Option<String> {
        let days = count_of(self.longest_days, "day");
        Some(match self.overdue {
            0 => return None,
            1 if all == 1 => format!("This is overdue: it {has} for {days}."),
            1 => format!("This is overdue: 1 of them {has} for {days}. It comes first."),
            some => format!(
                "This is overdue: {} {have} for too long, the longest for {days}. They come first.",
                if some == all {
                    "all".to_owned()
                } else {
                    format!("{} of them", count(some))
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
        let said = |ages: Ages, all| ages.sentence(all, "has been open", "have been open");
        assert_eq!(said(ages(0, 7), 5), None);
        for (overdue, all, words) in [
            (1, 1, "This is overdue: it has been open for 11 days."),
            (
                1,
                5,
                "This is overdue: 1 of them has been open for 11 days. It comes first.",
            ),
            (
                3,
                5,
                "This is overdue: 3 of them have been open for too long, the longest for 11 days. They \
                 come first.",
            ),
            (
                5,
                5,
                "This is overdue: all have been open for too long, the longest for 11 days. They come \
                 first.",
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
