//! The trend since the start, and the switches done and to come.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::super::ready::ready_over_time;
use super::super::wording::{coming_day, count_or_not_reported, share, short_day};
use super::super::{Cell, ReadyCurve, ReportInput, Section, Tabulation, WorkbookSheet};
use super::days;
use crate::domain::SyncState;
use crate::domain::plural::count;
use crate::history::EntireDay;

/// Weeks and switch dates that the page lists; the workbook has all.
const LISTED_WEEKS: usize = 6;
const LISTED_SWITCHES: usize = 8;

/// Mailboxes that switch, or were to, on one day.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BoardSwitch {
    pub(super) date: NaiveDate,
    mailboxes: u64,
    switched: u64,
    ready: u64,
}

/// Every switch date, in order.
pub(super) fn switch_days(input: ReportInput<'_>) -> Vec<BoardSwitch> {
    let mut days: BTreeMap<NaiveDate, BoardSwitch> = BTreeMap::new();
    for mailbox in &input.metrics.mailboxes {
        if let Some(date) = mailbox.switch_date {
            let day = days.entry(date).or_default();
            day.date = date;
            day.mailboxes += 1;
            let has_switched = mailbox.state == SyncState::Switched;
            day.switched += u64::from(has_switched);
            day.ready += u64::from(mailbox.is_ready() && !has_switched);
        }
    }
    days.into_values().collect()
}

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
        .text("Week to", |day| short_day(day.day.date.day()))
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

/// Those nearest to the report date, in order.
fn near(input: ReportInput<'_>) -> (Vec<BoardSwitch>, usize) {
    let all = switch_days(input);
    let today = input.report_date.day();
    let mut near = all.clone();
    near.sort_by_key(|day| (day.date - today).num_days().abs());
    near.truncate(LISTED_SWITCHES);
    near.sort_by_key(|day| day.date);
    (near, all.len())
}

pub(super) fn switches(input: ReportInput<'_>) -> Section {
    let (near, all) = near(input);
    let text = (near.len() < all).then(|| {
        "The switch dates nearest to today; all are in the workbook, sheet Switches.".to_owned()
    });
    let table = Tabulation::of(&near)
        .text("Switch date", |day| coming_day(day.date))
        .number("Mailboxes", |day| day.mailboxes)
        .number("Switched", |day| day.switched)
        .number("Ready", |day| day.ready)
        .number("Not ready", |day| day.mailboxes - day.switched - day.ready)
        .table("By switch date");
    Section::new(
        "Switches done and to come",
        text.into_iter().collect(),
        table,
    )
    .or_alone("No switch date is known.")
}

pub(super) fn switches_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let days = switch_days(input);
    Tabulation::of(&days)
        .column("Switch date", 14.0, |day| day.date)
        .column("Mailboxes", 12.0, |day| day.mailboxes)
        .column("Switched", 12.0, |day| day.switched)
        .column("Ready", 12.0, |day| day.ready)
        .column("Not ready", 12.0, |day| {
            day.mailboxes - day.switched - day.ready
        })
        .sheet(
            "Switches",
            "Switches done and to come",
            "By the switch date of each mailbox. Ready: in sync, and not switched yet.",
        )
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
