//! What today's reports promised on the migration team's behalf: what is overdue first.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::model::Section;
use super::super::tabulation::Tabulation;
use super::super::wording::{first_of, list};
use super::super::workbook::{Cell, WorkbookSheet};
use super::summary_action::{NAMED, SummaryAction};
use super::{OrganisationLine, Promise, PromiseKind};
use crate::domain::plural::count_of;

/// Organisations that the email lists.
const LISTED: usize = 15;

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
            .map(|(promise, number)| promise.kind.in_words(number))
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
            "; all: workbook, sheet Promises.",
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
            promise.kind.in_words(promise.number.max(1))
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

/// How much is overdue of each kind.
fn overdue_by_kind<'a>(
    today: NaiveDate,
    organisations: impl IntoIterator<Item = &'a OrganisationLine>,
) -> BTreeMap<PromiseKind, u64> {
    let mut by_kind = BTreeMap::new();
    for promise in organisations.into_iter().flat_map(|line| &line.promises) {
        *by_kind.entry(promise.kind).or_default() += promise.overdue_at(today);
    }
    by_kind.retain(|_, overdue| *overdue > 0);
    by_kind
}

/// “17 mailboxes, 308 items”; “0” where nothing is overdue.
pub(super) fn overdue_in_short(today: NaiveDate, organisations: &[&OrganisationLine]) -> String {
    let kinds = overdue_by_kind(today, organisations.iter().copied()).into_iter();
    let kinds: Vec<String> = kinds.map(|(kind, number)| kind.in_short(number)).collect();
    match kinds.as_slice() {
        [] => "0".to_owned(),
        kinds => kinds.join(", "),
    }
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
    let kinds = overdue_by_kind(today, late.iter().map(|one| one.line));
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|(kind, number)| kind.in_words(number))
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
