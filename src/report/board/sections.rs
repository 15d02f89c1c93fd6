//! The trend since the start, in weeks and in days.

use chrono::Datelike;

use super::super::drawing::ReadyCurve;
use super::super::input::ReportInput;
use super::super::model::Section;
use super::super::ready::ready_over_time;
use super::super::tabulation::Tabulation;
use super::super::wording::{count_or_not_reported, share, week_to};
use super::super::workbook::{Cell, WorkbookSheet};
use super::days;
use crate::domain::plural::count;
use crate::history::EntireDay;

/// Weeks that the page lists; the workbook has every day.
const LISTED_WEEKS: usize = 6;

/// The last day of each week, the latest first.
fn weeks(days: &[EntireDay]) -> Vec<&EntireDay> {
    let weeks = days.chunk_by(|one, next| week(one) == week(next));
    let mut last_days: Vec<&EntireDay> = weeks.filter_map(<[EntireDay]>::last).collect();
    last_days.reverse();
    last_days
}

fn week(day: &EntireDay) -> chrono::IsoWeek {
    day.day.date.day().iso_week()
}

pub(super) fn trend(input: ReportInput<'_>) -> Section {
    let days = days(input);
    let table = Tabulation::of(weeks(days))
        .text("Week to", move |day| {
            week_to(day.day.date.day(), input.report_date.day())
        })
        .number("Switched", |day| day.switched)
        .number("In sync or switched", |day| {
            format!(
                "{} ({})",
                count(day.in_sync_or_beyond),
                share(day.in_sync_or_beyond, day.day.figures.mailboxes)
            )
        })
        .number("Items failed", |day| {
            count_or_not_reported(day.items_failed)
        })
        .latest_days(
            "Week by week, the latest first",
            LISTED_WEEKS,
            " weeks; every day is in the workbook, sheet Days.",
        );
    let whole = &input.metrics.whole;
    let curve = ReadyCurve {
        label: "All".to_owned(),
        mailboxes: whole.mailboxes,
        ready: days.iter().map(|day| Some(day.in_sync_or_beyond)).collect(),
        switch_date: None,
        expected: None,
    };
    let title = format!(
        "{} of mailboxes are in sync or switched",
        share(whole.in_sync_or_beyond(), whole.mailboxes)
    );
    let dates = days.iter().map(|day| day.day.date.day()).collect();
    let chart = (days.len() > 1).then(|| ready_over_time(title, dates, vec![curve]));
    Section::new("The trend since the start", Vec::new(), table)
        .with_chart(chart)
        .or_alone("No earlier day is known.")
}

pub(in crate::report) fn days_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let rows = days(input).iter().rev();
    Tabulation::of(rows)
        .column("Day", 12.0, |day| day.day.date.day())
        .column("Mailboxes", 12.0, |day| day.day.figures.mailboxes)
        .column("Switched", 12.0, |day| day.switched)
        .column("In sync or switched", 20.0, |day| day.in_sync_or_beyond)
        .column("Items in total", 15.0, |day| day.day.figures.items_total)
        .column("Items attempted", 17.0, |day| {
            day.day.figures.items_attempted
        })
        .column("Items failed", 14.0, |day| day.items_failed)
        .column("Failed items listed", 19.0, |day| {
            day.day.failed_items_listed
        })
        .column("New", 10.0, |day| since_before(day.day.new_failed_items))
        .column("Failing again", 14.0, |day| {
            since_before(day.day.returned_failed_items)
        })
        .column("Cleared", 10.0, |day| {
            since_before(day.day.cleared_failed_items)
        })
        .sheet(
            "Days",
            "Day by day",
            "Every day that was kept, the latest first.",
        )
}

fn since_before(items: Option<u64>) -> Cell<'static> {
    items.map_or(Cell::Word("First day"), Cell::Count)
}

pub(super) fn how_to_read() -> Section {
    Section::of_text(
        "How to read this",
        &[
            "A mailbox in sync holds all its mail in the new place, and new mail follows until the \
             switch. After the switch its user works in the new mailbox.",
            "Failed items are messages, appointments and contacts that could not be copied. They \
             stay in the old mailbox until that mailbox is closed.",
        ],
    )
}
