//! The sections of the page, in the order in which they are signed for.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::super::cause_table::{asking_them, at_closing};
use super::super::drawing::Chart;
use super::super::input::ReportInput;
use super::super::model::Section;
use super::super::outstanding;
use super::super::tabulation::Tabulation;
use super::super::visible::visible;
use super::super::wording::{
    count_or_not_reported, day, occurring_states, share, short_day, week_to,
};
use super::super::workbook::Cell;
use super::ending::{Ending, Flow};
use super::is_closed;
use crate::domain::plural::{count, counted};
use crate::domain::{ItemOutcome, SyncState};
use crate::metrics::Cause;

/// Mailboxes that the page lists; the workbook has all.
const LISTED_MAILBOXES: usize = 12;
/// Weeks that the page lists; the workbook has every day.
const LISTED_WEEKS: usize = 12;
/// What a person fills in by hand.
pub(super) const TO_FILL_IN: &str = "____________";

pub(super) fn states(input: ReportInput<'_>) -> Section {
    let whole = &input.metrics.whole;
    let segments = occurring_states(|state| whole.by_state.of(state));
    let switched = whole.by_state.of(SyncState::Switched);
    let title = format!(
        "{} of mailboxes have switched",
        share(switched, whole.mailboxes)
    );
    let all = whole.mailboxes;
    let table = Tabulation::of(segments.clone())
        .text("State", |(state, _)| state.label())
        .number("Mailboxes", |(_, mailboxes)| mailboxes)
        .number("Share", move |(_, mailboxes)| Cell::share(mailboxes, all))
        .table("Mailboxes by state");
    let heading = match is_closed(input) {
        true => "How the mailboxes ended",
        false => "How the mailboxes stand",
    };
    Section::new(heading, Vec::new(), table).with_chart(Chart::of_states(
        "mailboxes-by-state",
        title,
        segments,
    ))
}

/// Those that are left in the old system, with the state in which they ended.
pub(super) fn not_switched(input: ReportInput<'_>) -> Section {
    let table = Tabulation::of(outstanding::not_switched(input))
        .user()
        .collection()
        .state()
        .switch_date()
        .list(
            "Mailboxes that have not switched",
            LISTED_MAILBOXES,
            "; all: workbook, sheet Mailboxes.",
        );
    Section::new("Mailboxes that have not switched", Vec::new(), table)
}

/// What an outcome means, for those who sign.
fn meaning(outcome: ItemOutcome) -> &'static str {
    match outcome {
        ItemOutcome::Open => "In the old mailbox only, until that is closed: see the work-off plan",
        ItemOutcome::Accepted => "In the old mailbox only; your organisation can do without it",
        ItemOutcome::Resolved => "Copied after all, or deleted from the old mailbox",
    }
}

pub(super) fn outcomes(ending: &Ending) -> Section {
    let ever = ending.ever();
    let table = Tabulation::of(ItemOutcome::ALL)
        .text("What became of it", ItemOutcome::label)
        .number("Items", |outcome| {
            let items = ending.of_outcome(outcome);
            items.map_or(Cell::Word("Not kept"), Cell::Count)
        })
        .number("Share", |outcome| match ending.of_outcome(outcome) {
            Some(items) if ever > 0 => Cell::share(items, ever),
            _ => Cell::Word("None"),
        })
        .text("Which means", meaning)
        .table("Items that did not migrate, by what became of them");
    let text = "Every open and accepted item is in the workbook, sheet Items not migrated; every \
                resolved one on the sheet Resolved.";
    Section::new(
        "What became of the items that did not migrate",
        vec![text.to_owned()],
        table,
    )
}

/// Open items of one cause.
#[derive(Debug, Clone)]
pub(super) struct PlanRow {
    pub(super) what: String,
    pub(super) number: u64,
    pub(super) who: &'static str,
    pub(super) action: String,
}

/// What is left to be done, by cause, most first; mailboxes that have not switched before them.
pub(super) fn plan(input: ReportInput<'_>) -> Vec<PlanRow> {
    let metrics = input.metrics;
    let mut open: BTreeMap<&str, (&Arc<Cause>, u64)> = BTreeMap::new();
    let items = metrics.failed_items.iter();
    for item in items.filter(|item| item.outcome() == ItemOutcome::Open) {
        let of_cause = open.entry(&item.cause.name).or_insert((&item.cause, 0));
        of_cause.1 += 1;
    }
    let mut causes: Vec<PlanRow> = open
        .into_values()
        .map(|(cause, number)| PlanRow {
            what: items_of(&cause.name),
            number,
            who: cause.owner.label(),
            action: asking_them(at_closing(cause)),
        })
        .collect();
    causes.sort_by_key(|row| std::cmp::Reverse(row.number));
    let not_switched = Ending::of(input).not_switched;
    let mailboxes = (not_switched > 0).then(|| PlanRow {
        what: "Mailboxes not switched".to_owned(),
        number: not_switched,
        who: "Migration team",
        action: "We agree with you for each: migrate it still, or leave it in the old system"
            .to_owned(),
    });
    mailboxes.into_iter().chain(causes).collect()
}

/// Items of a cause: “Items too large”, “Encrypted or protected items”, “Items: temporary fault”.
fn items_of(cause: &str) -> String {
    if let Some(rest) = cause.strip_prefix("Item ") {
        return format!("Items {rest}");
    }
    if cause.ends_with(" item") {
        return format!("{cause}s");
    }
    // An abbreviation stays as it is.
    let mut letters = cause.chars();
    let first = letters.next().map(|first| match letters.clone().next() {
        Some(second) if second.is_lowercase() => first.to_lowercase().to_string(),
        _ => first.to_string(),
    });
    format!("Items: {}{}", first.unwrap_or_default(), letters.as_str())
}

pub(super) fn plan_columns<'a>(rows: &[PlanRow]) -> Tabulation<'a, &PlanRow> {
    Tabulation::of(rows)
        .text("What is left", |row| row.what.clone())
        .wide(34.0)
        .number("How many", |row| row.number)
        .wide(11.0)
        .text("Who acts", |row| row.who)
        .wide(18.0)
        .text("Next action", |row| row.action.clone())
        .wide(70.0)
        .text("By when", |_| TO_FILL_IN)
        .wide(18.0)
}

pub(super) fn work_off_plan(input: ReportInput<'_>) -> Section {
    let rows = plan(input);
    let text = match is_closed(input) {
        true => "Agree a date for each row before this is signed.",
        false => "Agree a date for each row before the migration is closed.",
    };
    let table = plan_columns(&rows).table("What is left to be done");
    Section::new("Work-off plan", vec![text.to_owned()], table)
        .or_alone("Nothing is left to be done.")
}

/// The days of a calendar week.
#[derive(Debug, Clone, Copy)]
struct CalendarWeek {
    to: NaiveDate,
    mailboxes: u64,
    switched: u64,
    came: u64,
    cleared: u64,
    listed: u64,
}

fn weeks(ending: &Ending) -> Vec<CalendarWeek> {
    let week = |day: &crate::history::EntireDay| day.day.date.day().iso_week();
    let weeks = ending.days.chunk_by(|one, next| week(one) == week(next));
    let of_days = weeks.filter_map(|days| {
        let last = days.last()?;
        let sum = |of_day: fn(&crate::history::EntireDay) -> Option<u64>| {
            days.iter().filter_map(of_day).sum()
        };
        Some(CalendarWeek {
            to: last.day.date.day(),
            mailboxes: last.day.figures.mailboxes,
            switched: last.switched,
            came: sum(|day| day.day.failed_items_that_came()),
            cleared: sum(|day| day.day.cleared_failed_items),
            listed: last.day.failed_items_listed,
        })
    });
    of_days.collect()
}

pub(super) fn course(input: ReportInput<'_>, ending: &Ending) -> Section {
    let heading = "From the first day to the last";
    let Some((flow, first, last)) = Flow::of(&ending.days)
        .zip(ending.days.first())
        .zip(ending.days.last())
        .map(|((flow, first), last)| (flow, first, last))
    else {
        return Section::of_text(heading, &["No day is kept."]);
    };
    let whole = &input.metrics.whole;
    let text = vec![
        format!(
            "{} of figures, from {} to {}. Items copied: {}. Items counted as failed: {}.",
            counted(ending.days.len(), "day", "days"),
            day(first.day.date.day()),
            day(last.day.date.day()),
            match (whole.items_synchronised, whole.items_total) {
                (copied, None) => count_or_not_reported(copied).to_lowercase(),
                (None, Some(all)) => format!("not reported, of {}", count(all)),
                (Some(copied), Some(all)) => format!("{} of {}", count(copied), count(all)),
            },
            count_or_not_reported(whole.items_failed).to_lowercase(),
        ),
        format!(
            "Failed items: {} on the first day, {} new since, {} cleared, {} on the last day. One that \
             came back is counted each time.",
            count(flow.at_first),
            count(flow.came),
            count(flow.cleared),
            count(flow.at_last)
        ),
    ];
    let table = Tabulation::of(weeks(ending).into_iter().rev())
        .text("Week to", move |week| match is_closed(input) {
            true => short_day(week.to),
            false => week_to(week.to, input.report_date.day()),
        })
        .number("Mailboxes", |week| week.mailboxes)
        .number("Switched", |week| week.switched)
        .number("Came", |week| week.came)
        .number("Cleared", |week| week.cleared)
        .number("Listed", |week| week.listed)
        .latest_days(
            "Week by week, the latest first",
            LISTED_WEEKS,
            " weeks; every day is in the workbook, sheet Days.",
        );
    Section::new(heading, text, table)
}

pub(super) fn how_to_read() -> Section {
    Section::of_text(
        "How to read this",
        &[
            "Resolved: listed as failed on some day, and no longer on the last. Subject lines of \
             earlier days are not kept: the reference is that of the earlier workbooks.",
            "Accepted: your organisation decided that it can do without the item. Open: neither; it \
             stays in the old mailbox until that mailbox is closed.",
        ],
    )
}

/// Who signs for whom.
pub(super) fn signatories(input: ReportInput<'_>) -> [String; 2] {
    [
        visible(&input.organisation.name),
        visible(&input.programme.name),
    ]
}

pub(super) fn signature(input: ReportInput<'_>) -> Section {
    let text = "We have seen how every mailbox ended and what became of every item, and agree to the \
                work-off plan. With this the migration of the organisation is closed.";
    let signatories = signatories(input);
    let table = Tabulation::of(signatories.iter().map(String::as_str))
        .text("For", |signatory: &str| signatory.to_owned())
        .text("Name and role", |_| TO_FILL_IN)
        .text("Date", |_| TO_FILL_IN)
        .text("Signature", |_| TO_FILL_IN)
        .table("Signatures");
    Section::new("Signature", vec![text.to_owned()], table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_cause_are_many() {
        for (cause, items) in [
            ("Item too large", "Items too large"),
            ("Item corrupted", "Items corrupted"),
            (
                "Encrypted or protected item",
                "Encrypted or protected items",
            ),
            (
                "Mailbox over its size limit",
                "Items: mailbox over its size limit",
            ),
            ("Other", "Items: other"),
            ("DLP rule", "Items: DLP rule"),
            ("", "Items: "),
        ] {
            assert_eq!(items_of(cause), items);
        }
    }
}
