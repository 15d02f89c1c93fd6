//! What today's reports promised on the migration team's behalf, and since when they have.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::super::overdue::{Ages, OVERDUE_DAYS};
use super::super::wording::{first_of, list};
use super::super::{Cell, Section, Tabulation, WorkbookSheet};
use super::summary_action::{NAMED, SummaryAction};
use super::{OrganisationLine, OrganisationOutcome, SummaryInput, SummaryModel};
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
type EarlierPromises = BTreeMap<(OrganisationCode, PromiseKind), NaiveDate>;

impl Promise {
    /// What the reports of a day promise, from the figures that they are made of.
    pub(super) fn of(one: &OrganisationOutcome, input: &SummaryInput<'_>) -> Vec<Self> {
        let (Some(code), Some(figures)) = (&one.code, &one.figures) else {
            return Vec::new();
        };
        let today = input.report_date.day();
        let earlier = input.before.as_ref().map(promises_of).unwrap_or_default();
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

    /// How much of it is overdue: mailboxes, items, or the look into an organisation's failures.
    pub(super) fn overdue_at(self, today: NaiveDate) -> u64 {
        self.overdue
            .unwrap_or(u64::from(self.is_overdue(today)) * self.number.max(1))
    }

    /// “24 mailboxes to restart”, “564 items to repair”.
    fn in_words(self, number: u64) -> String {
        match self.kind {
            PromiseKind::Restart => {
                format!("{} to restart", counted(number, "mailbox", "mailboxes"))
            }
            PromiseKind::LookInto => "high failures to explain".to_owned(),
            PromiseKind::Mend => format!("{} to repair", count_of(number, "failed item")),
        }
    }

    fn days(self, today: NaiveDate) -> i64 {
        (today - self.since).num_days()
    }
}

/// Since when each organisation is promised what.
fn promises_of(before: &SummaryModel) -> EarlierPromises {
    let of_line = |line: &OrganisationLine| {
        let code = line.code.clone();
        let promises = line.promises.iter();
        promises
            .filter_map(|promise| Some(((code.clone()?, promise.kind), promise.since)))
            .collect::<Vec<_>>()
    };
    before.organisations.iter().flat_map(of_line).collect()
}

/// What an organisation is promised.
struct Promised<'a> {
    line: &'a OrganisationLine,
    overdue: u64,
    days: u64,
}

/// Organisations that were promised something, those with most that is overdue first.
fn promised(today: NaiveDate, organisations: &[OrganisationLine]) -> Vec<Promised<'_>> {
    let with_promises = organisations
        .iter()
        .filter(|line| !line.promises.is_empty());
    let mut promised: Vec<Promised<'_>> = with_promises
        .map(|line| Promised {
            line,
            overdue: line.promises.iter().map(|one| one.overdue_at(today)).sum(),
            days: line
                .promises
                .iter()
                .map(|one| one.days(today).max(0).unsigned_abs())
                .max()
                .unwrap_or(0),
        })
        .collect();
    promised.sort_by_key(|one| {
        let most_first = (std::cmp::Reverse(one.overdue), std::cmp::Reverse(one.days));
        (most_first, one.line.code_text().to_owned())
    });
    promised
}

/// The table of promises, what is overdue first.
pub(super) fn section(today: NaiveDate, organisations: &[OrganisationLine]) -> Section {
    let promised = promised(today, organisations);
    let words = |one: &Promised<'_>, number: &dyn Fn(&Promise) -> u64| {
        let promises = one.line.promises.iter();
        let told = promises.map(|promise| (promise, number(promise)));
        let told = told.filter(|(_, number)| *number > 0);
        let words: Vec<String> = told
            .map(|(promise, number)| promise.in_words(number))
            .collect();
        match words.as_slice() {
            [] => "None".to_owned(),
            words => list(words),
        }
    };
    let table = Tabulation::of(&promised)
        .text("Organisation", |one| one.line.code_and_day())
        .naming_rows()
        .text("Overdue", move |one| {
            words(one, &|promise| promise.overdue_at(today))
        })
        .text("Promised in all", move |one| {
            words(one, &|promise| promise.number.max(1))
        })
        .number("Oldest", |one| count_of(one.days, "day"))
        .list(
            "What reports promised on the migration team's behalf, what is overdue first",
            LISTED,
            "; all are in the workbook, sheet Promises.",
        );
    Section::new("What reports promised", Vec::new(), table)
        .or_alone("No report promised anything on the migration team's behalf.")
}

/// Every promise, for the workbook.
pub(super) fn sheet(today: NaiveDate, organisations: &[OrganisationLine]) -> WorkbookSheet<'_> {
    let promised = promised(today, organisations).into_iter();
    let rows = promised.flat_map(|one| {
        let line = one.line;
        line.promises.iter().map(move |promise| (line, *promise))
    });
    Tabulation::of(rows)
        .column("Code", 11.0, |(line, _)| {
            Cell::Text(line.code_text().into())
        })
        .column("Organisation", 40.0, |(line, _)| {
            Cell::Text((&line.name).into())
        })
        .column("Promised", 34.0, |(_, promise)| {
            promise.in_words(promise.number.max(1))
        })
        .column("Number", 12.0, |(_, promise)| promise.number.max(1))
        .column("Overdue", 12.0, move |(_, promise)| {
            promise.overdue_at(today)
        })
        .column("Since", 13.0, |(_, promise)| promise.since)
        .column("Days", 10.0, move |(_, promise)| {
            promise.days(today).max(0).unsigned_abs()
        })
        .sheet(
            "Promises",
            "Promises",
            "What reports promised on the migration team's behalf, what is overdue first.",
        )
}

/// Promises that were not kept for a week: how much of each kind; to whom, the table says.
pub(super) fn overdue(
    today: NaiveDate,
    organisations: &[OrganisationLine],
) -> Option<SummaryAction> {
    let late: Vec<Promised<'_>> = promised(today, organisations)
        .into_iter()
        .filter(|one| one.overdue > 0)
        .collect();
    if late.is_empty() {
        return None;
    }
    let mut by_kind: BTreeMap<PromiseKind, (Promise, u64)> = BTreeMap::new();
    for promise in late.iter().flat_map(|one| &one.line.promises) {
        let overdue = promise.overdue_at(today);
        if overdue > 0 {
            by_kind.entry(promise.kind).or_insert((*promise, 0)).1 += overdue;
        }
    }
    let kinds: Vec<String> = by_kind
        .into_values()
        .map(|(promise, number)| promise.in_words(number))
        .collect();
    let codes: Vec<String> = late
        .iter()
        .map(|one| one.line.code_text().to_owned())
        .collect();
    Some(SummaryAction {
        what: format!(
            "Chase what is overdue: {}, for {}; or tell them why it takes longer. The workbook's \
             sheet Promises has the numbers of each.",
            list(&kinds),
            first_of(&codes, NAMED)
        ),
        why: Vec::new(),
        commands: Vec::new(),
    })
}
