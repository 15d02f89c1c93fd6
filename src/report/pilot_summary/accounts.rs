//! Who has activated the account in the new mail system, of all who have not switched.

use super::pilot::Pilot;
use crate::domain::plural::{count, count_of};
use crate::metrics::AccountStanding;

/// The accounts of everybody who has not switched.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Accounts {
    all: u64,
    pub(super) not_activated: u64,
    unknown: u64,
}

impl Accounts {
    pub(super) fn of(pilot: &Pilot<'_>) -> Self {
        let (metrics, today) = (pilot.input.metrics, pilot.input.report_date);
        let mailboxes = metrics.mailboxes.iter();
        let standings = mailboxes.filter_map(|mailbox| mailbox.account_standing(today));
        standings.fold(Self::default(), |mut sum, standing| {
            sum.all += 1;
            match standing {
                AccountStanding::Activated => {}
                AccountStanding::NotKnown(_) => sum.unknown += 1,
                _ => sum.not_activated += 1,
            }
            sum
        })
    }

    /// Nothing where there is no report of accounts.
    pub(super) fn answer(self) -> Option<String> {
        let Self {
            all,
            not_activated: not,
            unknown,
        } = self;
        let have = if not == 1 { "has" } else { "have" };
        let some = |number| {
            format!(
                "{} of {} who have not switched",
                count(number),
                count_of(all, "user")
            )
        };
        Some(match (not, unknown) {
            _ if all == 0 => return None,
            (0, 0) if all == 1 => "Yes: the only user who has not switched.".to_owned(),
            (0, 0) => format!("Yes: all {} users who have not switched.", count(all)),
            (0, unknown) if unknown == all => format!("It is not known of {}.", some(unknown)),
            (0, unknown) => format!("It is not known of {}; the others have.", some(unknown)),
            (not, 0) => format!("No: {} {have} not.", some(not)),
            (not, unknown) => format!(
                "No: {} {have} not, and of {} it is not known.",
                some(not),
                count(unknown)
            ),
        })
    }

    /// What a headline says of them: only that some are to be activated.
    pub(super) fn sentence(self) -> Option<String> {
        let (not, all) = (self.not_activated, self.all);
        let have = if not == 1 { "has" } else { "have" };
        (not > 0).then(|| {
            format!(
                "{} of {} who have not switched {have} not activated the new account.",
                count(not),
                count_of(all, "user")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_that_are_not_activated_are_counted() {
        let accounts = |all, not_activated, unknown| Accounts {
            all,
            not_activated,
            unknown,
        };
        for (accounts, answer, sentence) in [
            (accounts(0, 0, 0), None, None),
            (
                accounts(1, 0, 0),
                Some("Yes: the only user who has not switched."),
                None,
            ),
            (
                accounts(420, 0, 0),
                Some("Yes: all 420 users who have not switched."),
                None,
            ),
            (
                accounts(420, 15, 0),
                Some("No: 15 of 420 users who have not switched have not."),
                Some("15 of 420 users who have not switched have not activated the new account."),
            ),
            (
                accounts(420, 1, 3),
                Some("No: 1 of 420 users who have not switched has not, and of 3 it is not known."),
                Some("1 of 420 users who have not switched has not activated the new account."),
            ),
            (
                accounts(420, 0, 420),
                Some("It is not known of 420 of 420 users who have not switched."),
                None,
            ),
            (
                accounts(420, 0, 3),
                Some("It is not known of 3 of 420 users who have not switched; the others have."),
                None,
            ),
        ] {
            assert_eq!(accounts.answer().as_deref(), answer);
            assert_eq!(accounts.sentence().as_deref(), sentence);
        }
    }
}
