//! Whether users have activated their accounts in the new mail system, and by when they must.

use chrono::{Days, NaiveDate};

use super::rows::{AccountFacts, Mailbox, MailboxesInOrder};
use crate::domain::{Finding, FindingCode, ReportDate, SyncState};
use crate::tables::AccountReport;

/// So many days after the day of its creation a new account that nobody activated is still active;
/// on the next it is not (support.nhs.net, notice to local administrators of 24 November 2022).
const DAYS_TO_ACTIVATE: u64 = 30;

/// A report of accounts that is older tells who had activated an account, and no longer who has not.
const MOST_DAYS_OLD: i64 = 7;

/// How many days a report of accounts of this day is old.
#[must_use]
pub fn days_old(is_of: NaiveDate, report_date: ReportDate) -> i64 {
    (report_date.day() - is_of).num_days().max(0)
}

/// Whether a report of accounts of this day is too old to say who has not activated an account.
#[must_use]
pub fn is_old(is_of: NaiveDate, report_date: ReportDate) -> bool {
    days_old(is_of, report_date) > MOST_DAYS_OLD
}

/// What is to be said of a report of accounts that is old, or looks so.
#[must_use]
pub fn old_accounts(report: &AccountReport, report_date: ReportDate) -> Option<Finding> {
    let old = |day: Option<NaiveDate>| day.filter(|day| is_old(*day, report_date));
    let said = |day: NaiveDate| {
        let days = days_old(day, report_date);
        format!("{}, {days} days ago", day.format("%-d %B %Y"))
    };
    let message = if let Some(day) = old(report.is_of) {
        format!(
            "The account report was written on {}. Who had not activated an account then may have \
             since, and counts as not known. Export it again.",
            said(day)
        )
    } else if let Some(day) = old(report.same_since) {
        format!(
            "The account report has been the same, byte for byte, since that of {}. Check that it is \
             exported anew each time.",
            said(day)
        )
    } else if let Some(day) = old(report.last_activation) {
        format!(
            "In the account report nobody activates an account or logs in after {}. Check that it is \
             of today.",
            said(day)
        )
    } else {
        return None;
    };
    Some(Finding::new(FindingCode::AccountsOld, message))
}

/// How an account stands on a day, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountStanding {
    /// Not activated, and inactive since this day.
    Inactive(NaiveDate),
    /// Not activated, and inactive after this day.
    ActivateBy(NaiveDate),
    /// Not activated; when it was created is not known.
    NotActivated,
    /// Whether it is activated is not known; if not, it is or goes inactive after this day, where
    /// its creation is known.
    NotKnown(Option<NaiveDate>),
    /// Activated.
    Activated,
}

impl AccountFacts {
    /// How it stands on the report date.
    #[must_use]
    pub fn standing(self, report_date: ReportDate) -> AccountStanding {
        let last_day = self
            .created_on
            .and_then(|day| day.checked_add_days(Days::new(DAYS_TO_ACTIVATE)));
        match (self.is_activated, last_day) {
            (Some(true), _) => AccountStanding::Activated,
            (None, last_day) => AccountStanding::NotKnown(last_day),
            (Some(false), None) => AccountStanding::NotActivated,
            (Some(false), Some(day)) if day < report_date.day() => {
                AccountStanding::Inactive(day.succ_opt().unwrap_or(day))
            }
            (Some(false), Some(day)) => AccountStanding::ActivateBy(day),
        }
    }
}

impl Mailbox {
    /// How its account stands; `None` where the organisation has no report of accounts, or the user
    /// has switched and works in it.
    #[must_use]
    pub fn account_standing(&self, report_date: ReportDate) -> Option<AccountStanding> {
        let account = self.account.filter(|_| self.state != SyncState::Switched)?;
        Some(account.standing(report_date))
    }

    /// Whether it is not known that its user has activated the account; `false` where there is no
    /// report of accounts.
    #[must_use]
    pub fn is_to_activate(&self, report_date: ReportDate) -> bool {
        self.account_standing(report_date)
            .is_some_and(|standing| standing != AccountStanding::Activated)
    }
}

/// Adds the accounts of mailboxes; of one that the report does not list nothing is known, nor that one
/// is not activated where the report is old. Both are sorted by address.
pub(super) fn add_accounts(
    mailboxes: &mut [Mailbox],
    report: &AccountReport,
    report_date: ReportDate,
) {
    let may_have_since = report.is_of.is_some_and(|day| is_old(day, report_date));
    for mailbox in mailboxes.iter_mut() {
        mailbox.account = Some(AccountFacts {
            created_on: None,
            is_activated: None,
        });
    }
    let mut in_order = MailboxesInOrder::of(mailboxes);
    for account in &report.accounts {
        if let Some(mailbox) = in_order.find(&account.mailbox) {
            mailbox.account = Some(AccountFacts {
                created_on: account.created_on,
                is_activated: account.is_activated.filter(|is| *is || !may_have_since),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Account;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    #[test]
    fn the_thirtieth_day_is_the_last_and_on_the_next_it_is_inactive() {
        let standing = |is_activated, date| {
            let account = AccountFacts {
                created_on: Some(day(10, 21)),
                is_activated,
            };
            account.standing(ReportDate::of(date))
        };
        let last = day(11, 20);
        for (days_old, date) in [(0, day(10, 21)), (29, day(11, 19)), (30, last)] {
            assert_eq!((date - day(10, 21)).num_days(), days_old);
            assert_eq!(
                standing(Some(false), date),
                AccountStanding::ActivateBy(last)
            );
        }
        for date in [day(11, 21), day(12, 24)] {
            assert_eq!(
                standing(Some(false), date),
                AccountStanding::Inactive(day(11, 21))
            );
        }
        // Across the end of summer time, and whatever its age.
        assert_eq!(
            standing(Some(true), day(12, 24)),
            AccountStanding::Activated
        );
        assert_eq!(
            standing(None, day(12, 24)),
            AccountStanding::NotKnown(Some(last))
        );
    }

    #[test]
    fn who_is_not_in_the_report_is_not_known_to_have_activated_anything() {
        let report_date = ReportDate::of(day(11, 20));
        let mut mailboxes =
            ["a@nm.example", "b@nm.example"].map(|address| Mailbox::invented(address, 0, 1));
        assert!(!mailboxes[0].is_to_activate(report_date), "no report");
        let account = Account {
            mailbox: "b@nm.example".to_owned(),
            created_on: None,
            is_activated: Some(true),
        };
        let report = AccountReport {
            accounts: vec![account],
            is_of: None,
            same_since: None,
            last_activation: None,
        };
        add_accounts(&mut mailboxes, &report, report_date);
        assert_eq!(
            mailboxes
                .each_ref()
                .map(|mailbox| mailbox.account_standing(report_date)),
            [
                Some(AccountStanding::NotKnown(None)),
                Some(AccountStanding::Activated)
            ]
        );
        assert!(mailboxes[0].is_to_activate(report_date));
        mailboxes[0].state = SyncState::Switched;
        assert!(!mailboxes[0].is_to_activate(report_date), "it has switched");
    }
}
