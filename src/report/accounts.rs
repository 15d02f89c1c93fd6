//! Who has not activated the account in the new mail system: the gate before a switch.

use chrono::NaiveDate;

use super::actions::{Action, Actions, Listed};
use super::input::ReportInput;
use super::model::{Section, Tone};
use super::tabulation::Tabulation;
use super::wording::{NAMED, coming_day, day, first_of, user};
use super::workbook::{Cell, WorkbookSheet};
use crate::domain::plural::{count, counted};
use crate::metrics::{AccountStanding, DAYS_AHEAD, Mailbox, days_old, is_old};

/// Mailboxes that the email lists; the workbook has all.
const LISTED: usize = 10;
/// The sheet that has them all.
const SHEET: &str = "Accounts";

/// How to activate an account.
const HOW: &str = "To activate an account, its user logs in to the portal and accepts the \
 acceptable use policy.";

/// “The account report is of Friday 13 November 2026, 7 days ago.”; nothing where it is of today.
fn age(input: ReportInput<'_>) -> Option<String> {
    let is_of = input.metrics.account_report_of?;
    let days = days_old(is_of, input.report_date);
    (days > 0).then(|| {
        let ago = counted(days.unsigned_abs(), "day", "days");
        format!("The account report is of {}, {ago} ago.", day(is_of))
    })
}

/// Whether the organisation has a report of accounts.
pub(super) fn are_known(input: ReportInput<'_>) -> bool {
    let mut mailboxes = input.metrics.mailboxes.iter();
    mailboxes.any(|mailbox| mailbox.account.is_some())
}

fn standing(input: ReportInput<'_>, mailbox: &Mailbox) -> Option<AccountStanding> {
    mailbox.account_standing(input.report_date)
}

/// Every mailbox that has not switched and is not known to be activated: those that switch soon or
/// wait first, VIPs first among them, then the most pressing.
pub(super) fn to_activate(input: ReportInput<'_>) -> Vec<&Mailbox> {
    let mut listed = input.mailboxes(|mailbox| mailbox.is_to_activate(input.report_date));
    listed.sort_by_key(|mailbox| {
        let is_near = input.is_due(mailbox) || input.waits(mailbox);
        (
            !is_near,
            !mailbox.is_vip(),
            standing(input, mailbox),
            mailbox.switch_date,
        )
    });
    listed
}

/// Those of them that switch in the next days or wait: the gate.
fn at_the_gate(input: ReportInput<'_>) -> Vec<&Mailbox> {
    let mut listed = to_activate(input);
    listed.retain(|mailbox| input.is_due(mailbox) || input.waits(mailbox));
    listed
}

fn is_told_so(input: ReportInput<'_>, mailbox: &Mailbox) -> bool {
    !matches!(standing(input, mailbox), Some(AccountStanding::NotKnown(_)))
}

/// “23 users who switch soon or are late have not activated their new accounts; of 5 more it is not
/// known.”
pub(super) fn sentence(input: ReportInput<'_>) -> Option<String> {
    let listed = at_the_gate(input);
    let not = listed.iter().filter(|mailbox| is_told_so(input, mailbox));
    let sentence = sentence_of(not.count(), listed.len())?;
    let is_old = |day| is_old(day, input.report_date);
    let age = age(input).filter(|_| input.metrics.account_report_of.is_some_and(is_old));
    Some(match age {
        Some(age) => format!("{sentence} {age}"),
        None => sentence,
    })
}

fn sentence_of(not: usize, all: usize) -> Option<String> {
    let have = counted(
        not,
        "user who switches soon or is late has not activated the new account",
        "users who switch soon or are late have not activated their new accounts",
    );
    match (not, all - not) {
        (0, 0) => None,
        (0, unknown) => Some(format!(
            "Of {} it is not known whether the new account is activated.",
            counted(
                unknown,
                "user who switches soon or is late",
                "users who switch soon or are late"
            )
        )),
        (_, 0) => Some(format!("{have}.")),
        (_, unknown) => Some(format!(
            "{have}; of {} more it is not known.",
            count(unknown)
        )),
    }
}

/// A label of those who switch, and its tone: whoever has no account cannot log in after the switch.
pub(super) fn qualified(input: ReportInput<'_>, (label, tone): (String, Tone)) -> (String, Tone) {
    let accounts = at_the_gate(input).len();
    if accounts == 0 || matches!(tone, Tone::Watch | Tone::Attention) {
        return (label, tone);
    }
    let not = counted(accounts, "account to activate", "accounts to activate");
    (format!("{label}; {not}"), Tone::Watch)
}

/// Whether the user of a mailbox is to be told to activate the account: it is known not to be, and it
/// is near that the user needs it.
pub(super) fn is_to_tell(input: ReportInput<'_>, mailbox: &Mailbox) -> bool {
    mailbox.is_to_activate(input.report_date)
        && is_told_so(input, mailbox)
        && is_near(input, mailbox)
}

/// Whether the switch, or the day on which the account goes inactive, is near; no account that has
/// gone inactive.
fn is_near(input: ReportInput<'_>, mailbox: &Mailbox) -> bool {
    let is_soon = match standing(input, mailbox) {
        Some(AccountStanding::Inactive(_)) => return false,
        Some(AccountStanding::ActivateBy(last)) => {
            (last - input.report_date.day()).num_days() <= DAYS_AHEAD
        }
        _ => false,
    };
    is_soon || input.is_due(mailbox) || input.waits(mailbox)
}

/// Whom to tell, and which accounts are gone inactive.
pub(super) fn actions<'a>(input: ReportInput<'a>) -> Actions<'a> {
    let listed = to_activate(input);
    let is_inactive =
        |mailbox: &&Mailbox| matches!(standing(input, mailbox), Some(AccountStanding::Inactive(_)));
    let (inactive, listed): (Vec<&Mailbox>, Vec<&Mailbox>) =
        listed.into_iter().partition(is_inactive);
    let (told, unknown): (Vec<&Mailbox>, Vec<&Mailbox>) = listed
        .iter()
        .copied()
        .filter(|mailbox| is_near(input, mailbox))
        .partition(|mailbox| is_told_so(input, mailbox));
    let by = |mailbox: &Mailbox| match standing(input, mailbox) {
        Some(AccountStanding::ActivateBy(last)) => Some(last),
        _ => None,
    };
    let list: Vec<Listed<'a>> = told
        .iter()
        .map(|mailbox| Listed::activating(mailbox, by(mailbox)))
        .collect();
    let soonest = soonest(
        told.iter().filter_map(|mailbox| by(mailbox)),
        told.len(),
        input,
    );
    let to_tell = Action::of(list, |list| {
        let names: Vec<String> = told.iter().map(|mailbox| user(mailbox)).collect();
        let must = counted(
            list.len(),
            "user must activate the new account",
            "users must activate their new accounts",
        );
        format!("{must}{soonest}. Tell them: {}.", first_of(&names, NAMED))
    });
    let action = |mailboxes: Vec<&'a Mailbox>, one: &str, several: &str| {
        let names: Vec<String> = mailboxes.iter().map(|mailbox| user(mailbox)).collect();
        Action::of_mailboxes(&mailboxes, |list| {
            let named = first_of(&names, NAMED);
            format!("{}: {named}.", counted(list.len(), one, several))
        })
    };
    let yours = [
        to_tell,
        action(
            inactive,
            "new account was not activated within 30 days and is inactive. Make it active again, \
             and tell its user",
            "new accounts were not activated within 30 days and are inactive. Make them active \
             again, and tell their users",
        ),
        action(
            unknown,
            "user who switches soon may not have activated the new account, since the report of \
             accounts does not say. Check this one",
            "users who switch soon may not have activated their new accounts, since the report of \
             accounts does not say. Check these",
        ),
    ];
    Actions::of_yours(yours.into_iter().flatten())
}

/// “, 3 of them by Sunday 22 November”: how many of all accounts go inactive first, and the last day on
/// which they can be activated.
fn soonest(
    days: impl Iterator<Item = NaiveDate> + Clone,
    all: usize,
    input: ReportInput<'_>,
) -> String {
    let Some(first) = days.clone().min() else {
        return String::new();
    };
    let number = days.filter(|day| *day == first).count();
    let by = match first == input.report_date.day() {
        true => "today".to_owned(),
        false => format!("by {}", coming_day(first)),
    };
    match number == all {
        true => format!(" {by}"),
        false => format!(", {} of them {by}", count(number)),
    }
}

/// Who has not activated the account; nothing where no report of accounts is there.
pub(super) fn section(input: ReportInput<'_>) -> Option<Section> {
    if !are_known(input) {
        return None;
    }
    let table = Tabulation::of(at_the_gate(input))
        .user()
        .switch_date()
        .text("New account", move |mailbox| in_words(input, mailbox))
        .list(
            "Users who switch soon or wait, and have not activated the new account",
            LISTED,
            "; all: workbook, sheet Accounts.",
        );
    let heading = "Accounts that are not activated";
    let all = "All who switch soon or wait have activated their new accounts.";
    let all = age(input).map_or_else(|| all.to_owned(), |age| format!("{all} {age}"));
    let text = age(input).into_iter().chain([HOW.to_owned()]).collect();
    Some(Section::new(heading, text, table).or_alone(&all))
}

/// Everybody who has not activated the account; nothing where no report of accounts is there.
pub(super) fn sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let sheet = Tabulation::of(to_activate(input))
        .vip()
        .user()
        .source_mailbox()
        .collection()
        .switch_date()
        .column("New account", 44.0, move |mailbox| in_words(input, mailbox))
        .column("Activate by", 14.0, move |mailbox| {
            last_day(input, mailbox).map_or(Cell::Word("Not known"), Cell::Day)
        })
        .column("Created on", 14.0, |mailbox| {
            mailbox.account.and_then(|account| account.created_on)
        })
        .column("Target mailbox", 36.0, |mailbox| {
            mailbox
                .target
                .as_deref()
                .map_or(Cell::NotReported, Cell::shown)
        });
    let explained = format!(
        "Every mailbox that has not switched and whose user is not known to have activated the \
         account, one a row: those who switch soon or wait first. {}{HOW} A new account that is not \
         activated goes inactive after 30 days.",
        age(input).map_or_else(String::new, |age| age + " ")
    );
    are_known(input).then(|| sheet.sheet(SHEET, SHEET, &explained))
}

/// The last day on which an account that is not activated is active.
fn last_day(input: ReportInput<'_>, mailbox: &Mailbox) -> Option<chrono::NaiveDate> {
    match standing(input, mailbox)? {
        AccountStanding::ActivateBy(last) => Some(last),
        AccountStanding::Inactive(since) => since.pred_opt(),
        AccountStanding::NotKnown(last) => last,
        AccountStanding::NotActivated | AccountStanding::Activated => None,
    }
}

/// How the account of a mailbox stands, for a cell.
pub(super) fn in_words(input: ReportInput<'_>, mailbox: &Mailbox) -> String {
    let today = input.report_date.day();
    match standing(input, mailbox) {
        None | Some(AccountStanding::Activated) => "Activated".to_owned(),
        Some(AccountStanding::Inactive(since)) => {
            format!("Not activated: inactive since {}", day(since))
        }
        Some(AccountStanding::ActivateBy(last)) if last == today => {
            "Not activated: today is the last day".to_owned()
        }
        Some(AccountStanding::ActivateBy(last)) => {
            format!("Not activated: activate by {}", day(last))
        }
        Some(AccountStanding::NotActivated) => "Not activated".to_owned(),
        Some(AccountStanding::NotKnown(None)) => "Not known".to_owned(),
        Some(AccountStanding::NotKnown(Some(last))) if last < today => {
            format!(
                "Not known: if not activated, inactive since {}",
                day(last.succ_opt().unwrap_or(last))
            )
        }
        Some(AccountStanding::NotKnown(Some(last))) => {
            format!("Not known: if not yet, activate by {}", day(last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_spoken_of_by_number() {
        for (not, all, said) in [
            (0, 0, None),
            (
                1,
                1,
                Some("1 user who switches soon or is late has not activated the new account."),
            ),
            (
                23,
                28,
                Some(
                    "23 users who switch soon or are late have not activated their new accounts; \
                     of 5 more it is not known.",
                ),
            ),
            (
                0,
                2,
                Some(
                    "Of 2 users who switch soon or are late it is not known whether the new \
                     account is activated.",
                ),
            ),
        ] {
            assert_eq!(sentence_of(not, all).as_deref(), said);
        }
    }
}
