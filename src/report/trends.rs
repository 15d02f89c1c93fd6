//! What the days say together, as sections of the reports: nothing where there is only one day.

use chrono::NaiveDate;

use super::causes_over_time::causes_over_time;
use super::control_chart::{beside_the_verdict, control_chart};
use super::drawing::{CauseDays, ProgressDay, ReadyCurve};
use super::forecast::{CollectionForecast, Missing, behind, forecasts};
use super::input::ReportInput;
use super::model::Section;
use super::progress::progress_day;
use super::ready::ready_by_day;
use super::tabulation::Tabulation;
use super::wording::{NO_COLLECTION, NOT_KNOWN, name};
use super::workbook::{Cell, WorkbookSheet};
use crate::metrics::{ForecastStatus, Mailbox};

/// How many mailboxes of each collection were ready, day by day.
pub(super) fn ready_over_time(input: ReportInput<'_>) -> Option<Section> {
    let trends = input.metrics.trends.as_ref()?;
    let days: Vec<NaiveDate> = trends.days.iter().map(|day| day.date).collect();
    let collections = input.metrics.collections.iter();
    let curves = collections.zip(&trends.ready).zip(&trends.collections);
    let curves = curves.map(|((collection, ready), forecast)| {
        let mailboxes = collection.metrics.mailboxes;
        let foretold = forecast.settled_range().and_then(|_| Missing::of(forecast));
        let curve = ReadyCurve {
            label: name_of(collection.name.as_deref()),
            mailboxes,
            ready: ready.clone(),
            switch_date: collection.last_switch_date,
            expected: forecast.settled_range().map(|(least, most)| {
                (
                    mailboxes.saturating_sub(most),
                    mailboxes.saturating_sub(least),
                )
            }),
        };
        (curve, foretold)
    });
    ready_by_day(input.report_date.day(), days, curves.collect())
}

fn name_of(collection: Option<&str>) -> String {
    collection.map_or_else(
        || NO_COLLECTION.to_owned(),
        |collection| name(Some(collection)),
    )
}

/// The forecasts of all collections, in their order; `None` on the first day.
pub(super) fn forecasts_of(input: ReportInput<'_>) -> Option<Vec<CollectionForecast>> {
    of_collections(input, |_| true)
}

/// Whether the collections that some of these mailboxes are in will be ready.
pub(super) fn collections_of(input: ReportInput<'_>, mailboxes: &[&Mailbox]) -> Option<Section> {
    let is_among = |name: Option<&str>| {
        mailboxes
            .iter()
            .any(|mailbox| mailbox.collection.as_deref() == name)
    };
    let collections = of_collections(input, is_among)?;
    (!collections.is_empty()).then(|| forecasts(&collections))
}

/// How many of those who switch on a day will not be ready, where all of their collections do.
pub(super) fn missing_on(input: ReportInput<'_>, date: NaiveDate) -> Option<Missing> {
    Missing::on(input.metrics, date)
}

/// How collections stand against their switch dates.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// Collections that will be late, and that may be, but for those that are told already.
    pub(super) late: u64,
    pub(super) at_risk: u64,
    /// Whether some collection has a switch date ahead, and each of those is in sync or on track.
    pub(super) is_on_track: bool,
    /// What a headline says: at most a sentence of collections that will be late, and one of those
    /// that may be.
    pub(super) sentences: Vec<String>,
}

/// How collections stand; nothing is known of them on the first day. Of the switch of `told` is told
/// already.
pub(super) fn outlook(input: ReportInput<'_>, told: Option<NaiveDate>) -> Outlook {
    let Some(collections) = of_collections(input, |_| true) else {
        return Outlook::default();
    };
    let of = |status: ForecastStatus| {
        collections
            .iter()
            .filter(|collection| collection.forecast.status == status)
            .count() as u64
    };
    let is_told = |date: Option<NaiveDate>| told.is_some() && date == told;
    let untold = |status: ForecastStatus| {
        let of_status = collections
            .iter()
            .filter(|row| row.forecast.status == status);
        let untold = of_status.filter(|row| !is_told(row.forecast.switch_date));
        untold.count() as u64
    };
    let late_or_at_risk = of(ForecastStatus::WillBeLate) + of(ForecastStatus::AtRisk);
    let is_on_track = of(ForecastStatus::OnTrack) > 0
        && late_or_at_risk
            + of(ForecastStatus::TotalsNotReported)
            + of(ForecastStatus::CannotTell)
            + of(ForecastStatus::TooFarAhead)
            + of(ForecastStatus::SwitchesToday)
            + of(ForecastStatus::PastSwitchDate)
            == 0;
    Outlook {
        late: untold(ForecastStatus::WillBeLate),
        at_risk: untold(ForecastStatus::AtRisk),
        is_on_track,
        sentences: behind(&collections, told),
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
    let causes = causes_over_time(&dates, &causes);
    let mut days = control_chart(&trends.control_chart, input.programme.expected_failure_rate);
    let verdict = input.metrics.whole.judgement.verdict;
    let differs = trends
        .control_chart
        .as_ref()
        .ok()
        .and_then(|chart| beside_the_verdict(chart.finding(), verdict));
    days.text.extend(differs.map(str::to_owned));
    std::iter::once(days).chain(causes).collect()
}

/// Every day of the chart of progress, the last one first.
pub(super) fn progress_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let trends = input.metrics.trends.as_ref()?;
    let known = trends.days.iter().filter_map(progress_day);
    let known: Vec<ProgressDay> = known.collect();
    if known.len() < 2 {
        return None;
    }
    let has_unknown = known.iter().any(|day| day.mailboxes_without_total > 0);
    let table = Tabulation::of(known.into_iter().rev())
        .column("Day", 12.0, |day| day.date)
        .column("Items attempted", 17.0, |day| day.attempted)
        .column("Items in total", 15.0, |day| day.total)
        .column("Share attempted", 17.0, |day| match day.tells_of_all() {
            true => Cell::share(day.attempted, day.total),
            false => Cell::Word(NOT_KNOWN),
        })
        .column("Mailboxes without a total", 25.0, |day| {
            day.mailboxes_without_total
        })
        .only_if(has_unknown);
    Some(table.sheet("By day", "Progress by day", "The latest day first."))
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
