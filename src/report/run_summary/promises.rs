//! What today's reports promised on the migration team's behalf, and since when they have.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::super::overdue::{Ages, OVERDUE_DAYS};
use super::super::wording::{day, first_of};
use super::super::{Cell, Section, Tabulation, WorkbookSheet};
use super::summary_action::{NAMED, SummaryAction};
use super::{OrganisationLine, OrganisationOutcome, SummaryInput};
use crate::domain::plural::{count_of, counted};
use crate::domain::{OrganisationCode, Stage, Verdict};

/// Organisations that the email lists.
const LISTED: usize = 15;

/// What a report says that the migration team does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseKind {
    /// To find out why mailboxes stopped or failed, and to restart them.
    Restart,
    /// To find out why failures are high, or look into the mailboxes with most.
    LookInto,
    /// To repair failed items or try them again.
    Mend,
}

/// A promise to one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Promise {
    /// What was promised.
    pub kind: PromiseKind,
    /// Of how many mailboxes or items; 0 where they are not counted.
    pub number: u64,
    /// The first day in a row on which reports said so; of what is counted, since when the oldest is
    /// open, where that is known and earlier.
    pub since: NaiveDate,
    /// How many of the mailboxes or items are overdue; `None` where they are not counted, or their age
    /// is not known.
    #[serde(default)]
    pub overdue: Option<u64>,
}

/// Since when each organisation is promised what, by the Run Summary of the day before.
pub type EarlierPromises = BTreeMap<(OrganisationCode, PromiseKind), NaiveDate>;

impl Promise {
    /// What the reports of a day promise, from the figures that they are made of.
    pub(super) fn of(one: &OrganisationOutcome, input: &SummaryInput<'_>) -> Vec<Self> {
        let (Some(code), Some(figures)) = (&one.code, &one.figures) else {
            return Vec::new();
        };
        let (today, earlier) = (input.report_date.day(), &input.promised);
        // What mop-up reports is outstanding, not judged.
        let is_looked_into = one.stage != Some(Stage::MopUp)
            && matches!(figures.verdict, Verdict::High | Verdict::Concentrated);
        let (halted, to_mend) = (figures.halted, figures.ours_to_mend);
        let promises = [
            (halted > 0).then_some((PromiseKind::Restart, halted, figures.halted_ages)),
            is_looked_into.then_some((PromiseKind::LookInto, 0, None)),
            (to_mend > 0).then_some((PromiseKind::Mend, to_mend, Some(figures.mend_ages))),
        ];
        let promise = |(kind, number, ages): (PromiseKind, u64, Option<Ages>)| {
            let said = earlier.get(&(code.clone(), kind)).copied();
            let said = said.filter(|since| *since <= today).unwrap_or(today);
            let longest = ages.map_or(0, |ages| ages.longest_days);
            let oldest = today.checked_sub_days(Days::new(longest));
            Self {
                kind,
                number,
                since: oldest.map_or(said, |oldest| oldest.min(said)),
                overdue: ages.map(|ages| ages.overdue),
            }
        };
        promises.into_iter().flatten().map(promise).collect()
    }

    /// Whether it is to be told under “What to do”.
    fn is_overdue(self, today: NaiveDate) -> bool {
        match self.overdue {
            Some(overdue) => overdue > 0,
            None => self.days(today) > OVERDUE_DAYS.cast_signed(),
        }
    }

    fn in_words(self) -> String {
        match self.kind {
            PromiseKind::Restart => {
                let mailboxes = counted(self.number, "mailbox", "mailboxes");
                format!("restart {mailboxes} that stopped or failed")
            }
            PromiseKind::LookInto => "look into the mailboxes with most failures".to_owned(),
            PromiseKind::Mend => {
                let items = count_of(self.number, "failed item");
                format!("repair {items} or try them again")
            }
        }
    }

    /// “11 mailboxes to restart”: of what is counted, how many are overdue.
    fn overdue_in_words(self) -> String {
        let overdue = self.overdue.unwrap_or(self.number);
        match self.kind {
            PromiseKind::Restart => {
                format!("{} to restart", counted(overdue, "mailbox", "mailboxes"))
            }
            PromiseKind::LookInto => "the mailboxes with most failures to look into".to_owned(),
            PromiseKind::Mend => format!("{} to repair", count_of(overdue, "failed item")),
        }
    }

    fn days(self, today: NaiveDate) -> i64 {
        (today - self.since).num_days()
    }
}

/// What the Run Summary of a day knows for that of the next.
#[must_use]
pub fn promises_of(organisations: &[OrganisationLine]) -> EarlierPromises {
    let of_line = |line: &OrganisationLine| {
        let promises = line
            .promises
            .iter()
            .map(|promise| (promise.kind, promise.since));
        let code = line.code.clone();
        promises
            .filter_map(|(kind, since)| Some(((code.clone()?, kind), since)))
            .collect::<Vec<_>>()
    };
    organisations.iter().flat_map(of_line).collect()
}

/// Every promise for the workbook.
pub(super) fn sheet(today: NaiveDate, organisations: &[OrganisationLine]) -> WorkbookSheet<'_> {
    table(today, organisations).sheet(
        "Promises",
        "Promises",
        "What today's reports promised on the migration team's behalf, what is overdue first.",
    )
}

/// Promises, those that are overdue first, and of them the oldest.
fn table(
    today: NaiveDate,
    organisations: &[OrganisationLine],
) -> Tabulation<'_, (&OrganisationLine, Promise)> {
    let mut rows: Vec<(&OrganisationLine, Promise)> = organisations
        .iter()
        .flat_map(|line| line.promises.iter().map(move |promise| (line, *promise)))
        .collect();
    rows.sort_by_key(|(line, promise)| {
        (
            !promise.is_overdue(today),
            promise.since,
            line.code_text().to_owned(),
            promise.kind,
        )
    });
    Tabulation::of(rows)
        .text("Organisation", |(line, _)| {
            Cell::Text(line.code_text().into())
        })
        .wide(14.0)
        .naming_rows()
        .text("We said that we would", |(_, promise)| promise.in_words())
        .wide(60.0)
        .number("Since", |(_, promise)| promise.since)
        .wide(13.0)
        .printed(|(_, promise)| day(promise.since))
        .number("Days", move |(_, promise)| {
            promise.days(today).max(0).unsigned_abs()
        })
        .wide(9.0)
        .number("Overdue", move |(_, promise)| match promise.overdue {
            Some(overdue) => Cell::Count(overdue),
            None if promise.is_overdue(today) => Cell::Word("Yes"),
            None => Cell::Word("No"),
        })
        .wide(11.0)
}

/// The table of promises for the email.
pub(super) fn section(today: NaiveDate, organisations: &[OrganisationLine]) -> Section {
    let table = table(today, organisations).list(
        "What today's reports promised on the migration team's behalf, what is overdue first",
        LISTED,
        "; all are in the workbook, sheet Promises.",
    );
    Section::new("What reports promised", Vec::new(), table)
        .or_alone("No report promised anything on the migration team's behalf.")
}

/// Promises that were not kept for a week.
pub(super) fn overdue(
    today: NaiveDate,
    organisations: &[OrganisationLine],
) -> Option<SummaryAction> {
    let told = |line: &OrganisationLine| {
        let old = line.promises.iter();
        let old = old.filter(|promise| promise.is_overdue(today));
        let words: Vec<String> = old
            .map(|promise| {
                format!(
                    "{} (since {})",
                    promise.overdue_in_words(),
                    day(promise.since)
                )
            })
            .collect();
        (!words.is_empty()).then(|| (line.code_text().to_owned(), words.join("; ")))
    };
    let overdue: Vec<(String, String)> = organisations.iter().filter_map(told).collect();
    if overdue.is_empty() {
        return None;
    }
    let codes: Vec<String> = overdue.iter().map(|(code, _)| code.clone()).collect();
    let mut why: Vec<String> = overdue
        .iter()
        .take(NAMED)
        .map(|(code, words)| format!("{code}: {words}"))
        .collect();
    if overdue.len() > NAMED {
        let more = count_of(overdue.len() - NAMED, "more organisation");
        why.push(format!("Those to {more} are in the table below."));
    }
    Some(SummaryAction {
        what: format!(
            "Chase what reports promised and is overdue, or tell {} why it is late.",
            first_of(&codes, NAMED)
        ),
        why,
        commands: Vec::new(),
    })
}
