//! What the days say together, as sections of the reports: nothing where there is only one day.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::causes_over_time::causes_over_time;
use super::control_chart::{beside_the_verdict, control_chart};
use super::forecast::{CollectionForecast, behind, forecasts};
use super::progress::{progress_day, progress_over_time};
use super::wording::NOT_KNOWN;
use super::{
    CauseDays, Cell, ProgressDay, ReportInput, Section, SwitchDate, Tabulation, WorkbookSheet,
};
use crate::domain::plural::counted;
use crate::metrics::{ForecastStatus, Mailbox};

/// Switch dates that the chart of progress names, and how far ahead.
const SWITCHES_SHOWN: usize = 5;
const DAYS_AHEAD: u64 = 45;

/// How far, day by day, and how far it is likely to go.
pub(super) fn progress(input: ReportInput<'_>) -> Option<Section> {
    let trends = input.metrics.trends.as_ref()?;
    Some(progress_over_time(
        &trends.days,
        &trends.whole,
        switches(input),
    ))
}

/// The switch dates that are near the days of the chart, with what switches on each.
fn switches(input: ReportInput<'_>) -> Vec<SwitchDate> {
    let first = input.metrics.days.first().map(|day| day.date.day());
    let last = input
        .report_date
        .day()
        .checked_add_days(Days::new(DAYS_AHEAD));
    let is_near = |date: &NaiveDate| {
        first.is_some_and(|first| *date >= first) && last.is_some_and(|last| *date <= last)
    };
    let mut by_date: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    for date in input
        .metrics
        .mailboxes
        .iter()
        .filter_map(|mailbox| mailbox.switch_date)
        .filter(is_near)
    {
        *by_date.entry(date).or_default() += 1;
    }
    let mut dates: Vec<(NaiveDate, u64)> = by_date.into_iter().collect();
    // Those nearest to the report date.
    dates.sort_by_key(|(date, _)| {
        date.signed_duration_since(input.report_date.day())
            .num_days()
            .abs()
    });
    dates.truncate(SWITCHES_SHOWN);
    dates.sort_unstable();
    dates
        .into_iter()
        .map(|(date, mailboxes)| SwitchDate {
            date,
            label: counted(mailboxes, "mailbox", "mailboxes"),
        })
        .collect()
}

/// When each collection is in sync.
pub(super) fn collections(input: ReportInput<'_>) -> Option<Section> {
    Some(forecasts(&of_collections(input, |_| true)?))
}

/// The same of the collections that some of these mailboxes are in.
pub(super) fn collections_of(input: ReportInput<'_>, mailboxes: &[&Mailbox]) -> Option<Section> {
    let is_among = |name: Option<&str>| {
        mailboxes
            .iter()
            .any(|mailbox| mailbox.collection.as_deref() == name)
    };
    let collections = of_collections(input, is_among)?;
    (!collections.is_empty()).then(|| forecasts(&collections))
}

/// How collections stand against their switch dates.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// Collections that will be late, and that may be.
    pub(super) late: u64,
    pub(super) at_risk: u64,
    /// Whether some collection has a switch date ahead, and each of those is in sync or on track.
    pub(super) is_on_track: bool,
    /// What a headline says of them: at most one sentence of those that will be late, and one of
    /// those that may be.
    pub(super) sentences: Vec<String>,
}

/// How collections stand; nothing is known of them on the first day.
pub(super) fn outlook(input: ReportInput<'_>) -> Outlook {
    let Some(collections) = of_collections(input, |_| true) else {
        return Outlook::default();
    };
    let of = |status: ForecastStatus| {
        collections
            .iter()
            .filter(|collection| collection.forecast.status == status)
            .count() as u64
    };
    let (late, at_risk) = (of(ForecastStatus::WillBeLate), of(ForecastStatus::AtRisk));
    let is_on_track = of(ForecastStatus::OnTrack) > 0
        && late
            + at_risk
            + of(ForecastStatus::TotalsNotReported)
            + of(ForecastStatus::NotEnoughHistory)
            + of(ForecastStatus::PastSwitchDate)
            == 0;
    Outlook {
        late,
        at_risk,
        is_on_track,
        sentences: behind(&collections),
    }
}

fn of_collections(
    input: ReportInput<'_>,
    is_wanted: impl Fn(Option<&str>) -> bool,
) -> Option<Vec<CollectionForecast>> {
    let metrics = input.metrics;
    let forecasts = &metrics.trends.as_ref()?.collections;
    let both = metrics
        .collections
        .iter()
        .zip(forecasts)
        .filter(|(collection, _)| is_wanted(collection.name.as_deref()));
    Some(
        both.map(|(collection, forecast)| CollectionForecast {
            collection: collection.name.clone(),
            forecast: forecast.clone(),
        })
        .collect(),
    )
}

/// The day by which a mailbox's collection is as likely as not in sync.
pub(super) fn likely_in_sync(input: ReportInput<'_>, mailbox: &Mailbox) -> Option<NaiveDate> {
    let metrics = input.metrics;
    let place = metrics
        .collections
        .iter()
        .position(|collection| collection.name.as_deref() == mailbox.collection.as_deref())?;
    let forecast = metrics.trends.as_ref()?.collections.get(place)?;
    forecast.outlook.as_ref()?.likely
}

/// New failures of each day, whether they are ordinary, and which causes they have.
pub(super) fn failures(input: ReportInput<'_>) -> Vec<Section> {
    let Some(trends) = &input.metrics.trends else {
        return Vec::new();
    };
    let dates: Vec<NaiveDate> = input
        .metrics
        .days
        .iter()
        .skip(1)
        .map(|day| day.date.day())
        .collect();
    let causes: Vec<CauseDays> = trends
        .new_by_cause
        .iter()
        .map(|(label, counts)| CauseDays {
            label: label.clone(),
            new_failed: counts.iter().skip(1).copied().map(Some).collect(),
        })
        .collect();
    let mut causes = causes_over_time(&dates, &causes);
    if causes.table.is_some() {
        causes
            .text
            .push("Items that have cleared since are not counted.".to_owned());
    }
    let mut days = control_chart(&trends.control_chart, input.programme.expected_failure_rate);
    let verdict = input.metrics.whole.judgement.verdict;
    let differs = trends
        .control_chart
        .as_ref()
        .ok()
        .and_then(|chart| beside_the_verdict(chart.finding(), verdict));
    days.text.extend(differs.map(str::to_owned));
    vec![days, causes]
}

/// Every day of the chart of progress, the last one first, and before it what is forecast of the
/// days to come.
pub(super) fn progress_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let trends = input.metrics.trends.as_ref()?;
    let known = trends.days.iter().filter_map(progress_day);
    let known: Vec<ProgressDay> = known.collect();
    if known.len() < 2 {
        return None;
    }
    let fan = trends.whole.outlook.as_ref();
    let fan = fan.map_or(&[][..], |outlook| outlook.fan.as_slice());
    let to_come = fan.iter().rev().map(|day| (day.date, None, Some(day)));
    let so_far = known.iter().rev();
    let so_far = so_far.map(|day| (day.date, Some(day), None));
    let has_unknown = known.iter().any(|day| day.mailboxes_without_total > 0);
    let mut explained = "The latest day first.".to_owned();
    if !fan.is_empty() {
        explained += " Before it the days to come: in 4 cases of 5, or more, it comes to between \
         “At least” and “At most”.";
    }
    let table = Tabulation::of(to_come.chain(so_far))
        .column("Day", 12.0, |(date, ..)| date)
        .column("Items attempted", 17.0, |(_, so_far, _)| {
            Cell::or_nothing(so_far.map(|day: &ProgressDay| day.attempted))
        })
        .column("Items in total", 15.0, |(_, so_far, _)| {
            Cell::or_nothing(so_far.map(|day| day.total))
        })
        .column("Share attempted", 17.0, |(_, so_far, _)| {
            Cell::or_nothing(so_far.map(|day| match day.tells_of_all() {
                true => Cell::share(day.attempted, day.total),
                false => Cell::Word(NOT_KNOWN),
            }))
        })
        .column("Mailboxes without a total", 25.0, |(_, so_far, _)| {
            Cell::or_nothing(so_far.map(|day| day.mailboxes_without_total))
        })
        .only_if(has_unknown)
        .column("At least", 14.0, |(.., to_come)| {
            Cell::or_nothing(to_come.map(|day| day.low))
        })
        .only_if(!fan.is_empty())
        .column("Expected", 14.0, |(.., to_come)| {
            Cell::or_nothing(to_come.map(|day| day.expected))
        })
        .only_if(!fan.is_empty())
        .column("At most", 14.0, |(.., to_come)| {
            Cell::or_nothing(to_come.map(|day| day.high))
        })
        .only_if(!fan.is_empty());
    Some(table.sheet("By day", "Progress by day", &explained))
}

/// New failed items of each day by cause, the last day first; days without any are left out.
pub(super) fn causes_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let trends = input.metrics.trends.as_ref()?;
    let mut rows: Vec<(NaiveDate, &str, u64)> = Vec::new();
    for (place, day) in input.metrics.days.iter().enumerate().skip(1).rev() {
        for (cause, counts) in &trends.new_by_cause {
            let new = counts.get(place).filter(|new| **new > 0);
            rows.extend(new.map(|new| (day.date.day(), cause.as_str(), *new)));
        }
    }
    (!rows.is_empty()).then(|| {
        Tabulation::of(rows)
            .column("Day", 12.0, |(date, ..)| date)
            .column("Cause", 34.0, |(_, cause, _)| Cell::shown(cause))
            .naming_rows()
            .column("New failed items", 18.0, |(.., new)| new)
            .sheet(
                "Causes by day",
                "New failed items by day and cause",
                "The latest day first. Of the items that are listed today, by the day on which \
                 they were new.",
            )
    })
}
