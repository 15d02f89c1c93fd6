//! The control chart of new failures, its sentence and its numbers.

use chrono::NaiveDate;

use super::drawing::{Chart, ControlPoint, Drawing};
use super::model::{Section, Table};
use super::tabulation::Tabulation;
use super::wording::{day, expected_one_in, one_in, short_day};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{ExpectedRate, FailureRate, Verdict};
use crate::metrics::{
    ChartDay, ControlChart, ControlChartFinding, GapReason, NoControlChart, Side, Week,
};

/// Days that the table lists.
const LISTED: usize = 5;
/// What is said of a day, or a week, of which fewer than 5 failed items are expected.
const TOO_FEW: &str = "Too few items to tell";

/// The section “Failures day by day”: sentence, chart and the days in numbers, the latest first.
pub(super) fn control_chart(
    chart: &Result<ControlChart, NoControlChart>,
    expected: ExpectedRate,
) -> Section {
    const HEADING: &str = "Failures day by day";
    let chart = match chart {
        Ok(chart) => chart,
        Err(NoControlChart::TooFewDays(days)) => {
            return Section::new(HEADING, vec![no_chart(*days)], None);
        }
        Err(NoControlChart::SmallDays(weeks)) => return by_week(weeks, expected),
    };
    Section::new(HEADING, text(chart, expected), table(chart, expected)).with_chart(Chart::new(
        "failures-day-by-day",
        title(chart),
        if chart.is_trial { 310 } else { 282 },
        drawing(chart),
    ))
}

fn text(chart: &ControlChart, expected: ExpectedRate) -> Vec<String> {
    let mut text = vec![sentence(chart, expected)];
    text.extend(age(chart));
    text.extend(gaps(chart));
    text
}

fn drawing(chart: &ControlChart) -> Drawing {
    let points = chart.points.iter().map(|point| ControlPoint {
        date: point.date,
        rate: point.fraction,
        lower: point.lower,
        upper: point.upper,
        mark: point.signals.first().into(),
    });
    Drawing::ControlChart {
        points: points.collect(),
        target: chart.target,
        is_trial: chart.is_trial,
    }
}

/// “Rate, per 10,000”: the unit of the chart.
fn rate_heading(expected: ExpectedRate) -> String {
    format!("Failed of {}", count(expected.counted_in()))
}

/// A rate in the unit of the chart, with a decimal; 0 only where none failed.
#[allow(clippy::cast_precision_loss)] // a power of ten
fn per_unit(fraction: f64, expected: ExpectedRate) -> String {
    let figure = fraction * expected.counted_in() as f64;
    match figure {
        figure if figure > 0.0 && figure < 0.05 => "below 0.1".to_owned(),
        figure => format!("{figure:.1}"),
    }
}

/// Weeks, where days are too small to say anything.
fn by_week(weeks: &[Week], expected: ExpectedRate) -> Section {
    const HEADING: &str = "Failures week by week";
    if weeks
        .iter()
        .all(|week| !week.can_tell && week.beyond.is_none())
    {
        let too_few = "Too few items so far to tell anything of a day or a week.";
        return Section::of_text(HEADING, &[too_few]);
    }
    let text = format!(
        "Days have too few failed items to tell anything, so these are weeks. About {} is expected.",
        expected_one_in(expected)
    );
    let table = Tabulation::of(weeks.iter().rev())
        .text("Week to", |week| short_day(week.last))
        .number("New failed items", |week| week.rate.failed)
        .number("Newly attempted items", |week| week.rate.attempted)
        .number("Rate", move |week| {
            let fraction = week.rate.fraction();
            fraction.map_or_else(
                || "None".to_owned(),
                |fraction| per_unit(fraction, expected),
            )
        })
        .headed(rate_heading(expected))
        .text("What it says", |week| match (week.beyond, week.can_tell) {
            (Some(Side::Above), _) => "More than chance explains",
            (Some(Side::Below), _) => "Fewer than chance explains",
            (None, true) => "Within what chance explains",
            (None, false) => TOO_FEW,
        })
        .latest_days("New failures by week, the latest first", LISTED, " weeks.");
    Section::new(HEADING, vec![text], table)
}

fn table(chart: &ControlChart, expected: ExpectedRate) -> Table {
    let target = chart.target;
    Tabulation::of(chart.points.iter().rev())
        .text("Day", |point| short_day(point.date))
        .number("New failed items", |point| point.rate.failed)
        .number("Newly attempted items", |point| point.rate.attempted)
        .number("Rate", move |point| per_unit(point.fraction, expected))
        .headed(rate_heading(expected))
        .number("Limits", move |point| {
            let [lower, upper] = [point.lower, point.upper].map(|limit| per_unit(limit, expected));
            format!("{lower} to {upper}")
        })
        .text("What it says", move |point| what_it_says(point, target))
        .latest_days(
            "New failures by day, the latest first",
            LISTED,
            " days; all: workbook, sheet By day.",
        )
}

/// Where the verdict on all items and the chart of each day's new ones seem to disagree: that they
/// speak of different things.
pub(super) fn beside_the_verdict(
    finding: ControlChartFinding,
    verdict: Verdict,
) -> Option<&'static str> {
    use ControlChartFinding::{InControl, NearLimit, Outside, Run, Settled, Stood, Trend};
    let is_above = match finding {
        Outside { side, .. } | Run { side, .. } | NearLimit { side, .. } | Trend { side, .. } => {
            side == Side::Above
        }
        Settled { .. } | Stood { .. } | InControl { .. } => false,
    };
    let is_verdict_above = matches!(
        verdict,
        Verdict::High | Verdict::Raised | Verdict::Concentrated
    );
    (is_above != is_verdict_above).then_some(
        "The verdict at the top is about all items so far, this about each day's new ones.",
    )
}

fn what_it_says(point: &ChartDay, target: f64) -> &'static str {
    use Side::{Above, Below};
    let signals = point.signals;
    match (
        signals.outside,
        signals.run,
        signals.near_limit,
        signals.trend,
    ) {
        (Some(Above), ..) => "Above the upper limit",
        (Some(Below), ..) => "Below the lower limit",
        (_, Some(Above), ..) => "One of 7 or more above the expected rate",
        (_, Some(Below), ..) => "One of 7 or more below the expected rate",
        (_, _, Some(Above), _) => "Near the upper limit, twice in 3 days",
        (_, _, Some(Below), _) => "Near the lower limit, twice in 3 days",
        (_, _, _, Some(Above)) => "One of 7 or more that rise",
        (_, _, _, Some(Below)) => "One of 7 or more that fall",
        _ if !point.can_tell => TOO_FEW,
        _ if point.is_as_expected(target) => "As expected",
        // Within limits that are so wide that much would be.
        _ => TOO_FEW,
    }
}

fn no_chart(points: usize) -> String {
    let known = match points {
        0 => "there are none yet".to_owned(),
        1 => "there is 1".to_owned(),
        points => format!("there are {}", count(points)),
    };
    format!("A chart of failures by day needs 3 days with newly attempted items; {known}.")
}

/// The finding in a few words.
fn title(chart: &ControlChart) -> String {
    use ControlChartFinding::{InControl, NearLimit, Outside, Run, Settled, Stood, Trend};
    let by = |side, above, below| if side == Side::Above { above } else { below };
    match chart.finding() {
        Outside { side, date } => format!(
            "{} failures on {} than chance explains",
            by(side, "More", "Fewer"),
            day(date)
        ),
        Run { side, days, .. } => format!(
            "Failures {} the expected rate in {days} reports in a row",
            by(side, "above", "below")
        ),
        NearLimit { side, .. } => {
            format!("Failures close to the {} limit", by(side, "upper", "lower"))
        }
        Trend { side, days, .. } => {
            format!(
                "Failures have {} in {days} reports in a row",
                by(side, "risen", "fallen")
            )
        }
        Settled { .. } => "Failures are as expected again".to_owned(),
        Stood { side, date } => format!(
            "{} failures than chance explains, last on {}",
            by(side, "More", "Fewer"),
            day(date)
        ),
        InControl { days: 0 } => "No recent day has enough items to tell".to_owned(),
        InControl { .. } if is_old(chart) => format!(
            "Nothing newly attempted since {}",
            chart
                .points
                .last()
                .map_or_else(String::new, |point| day(point.date))
        ),
        InControl { .. } => "The latest days are as expected".to_owned(),
    }
}

/// What the chart says of the latest days, in one sentence.
fn sentence(chart: &ControlChart, expected: ExpectedRate) -> String {
    use ControlChartFinding::{InControl, NearLimit, Outside, Run, Settled, Stood, Trend};
    let about = format!("about {} is expected", expected_one_in(expected));
    let rate_on = |date: NaiveDate| {
        chart
            .points
            .iter()
            .find(|point| point.date == date)
            .map_or(FailureRate::default(), |point| point.rate)
    };
    let by = |side, above, below| if side == Side::Above { above } else { below };
    match chart.finding() {
        Outside { side, date } => {
            let rate = rate_on(date);
            let failed = match rate.failed {
                0 => format!("none of {} newly attempted items", count(rate.attempted)),
                _ => format!("{} newly attempted items", one_in(rate)),
            };
            format!(
                "On {}, {failed} failed: {} than chance explains, where {about}.",
                day(date),
                by(side, "more", "fewer")
            )
        }
        Run { side, since, days } => format!(
            "Since {}, new failures have been {} the expected rate in {days} reports in a row; \
             {about}.",
            day(since),
            by(side, "above", "below")
        ),
        NearLimit { side, since } => format!(
            "Since {}, new failures have been close to the {} limit in 2 of 3 reports; {about}.",
            day(since),
            by(side, "upper", "lower")
        ),
        Trend { side, since, days } => format!(
            "Since {}, the share of new failures has {} from report to report, {days} in a row; \
             {about}.",
            day(since),
            by(side, "risen", "fallen")
        ),
        Settled { date, .. } => {
            let latest = chart.points.last().map_or(date, |point| point.date);
            format!(
                "New failures were as expected again to {}; the latest day that stood out was {}.",
                day(latest),
                day(date)
            )
        }
        Stood { side, date } => format!(
            "The latest day that stood out, with {} failures than chance explains, was {}: it is too \
             soon to say that this is over.",
            by(side, "more", "fewer"),
            day(date)
        ),
        InControl { days } => {
            let latest = chart.points.len().min(7);
            match days {
                0 => format!("None of the latest {latest} days has enough items to tell."),
                days if days == latest => {
                    format!("New failures were as expected on each of the latest {latest} days.")
                }
                days => format!(
                    "New failures were as expected on {} of the latest {latest} days{}.",
                    count(days),
                    others(chart, latest)
                ),
            }
        }
    }
}

/// “; 1 was at or near a limit; 2 had too few items to tell”: those of the latest days that were not as
/// expected.
fn others(chart: &ControlChart, latest: usize) -> String {
    let latest = chart.points.iter().rev().take(latest);
    let others = latest.filter(|point| !point.is_as_expected(chart.target));
    let (stood_out, too_few): (Vec<&ChartDay>, Vec<&ChartDay>) =
        others.partition(|point| point.signals.first().is_some());
    let said = [
        (
            stood_out.len(),
            "was at or near a limit",
            "were at or near a limit",
        ),
        (
            too_few.len(),
            "had too few items to tell",
            "had too few items to tell",
        ),
    ];
    let said = said.into_iter().filter(|(days, ..)| *days > 0);
    said.map(|(days, one, several)| format!("; {}", counted(days, one, several)))
        .collect()
}

/// Whether the latest day with a point is before the last one with a report.
fn is_old(chart: &ControlChart) -> bool {
    chart
        .points
        .last()
        .is_some_and(|point| point.date < chart.last_report)
}

/// How old the latest point is, where later reports have none.
fn age(chart: &ControlChart) -> Option<String> {
    let latest = chart.points.last().filter(|_| is_old(chart))?.date;
    let days = (chart.last_report - latest).num_days().unsigned_abs();
    Some(format!(
        "The latest day on the chart is {}, {} before this report: nothing has been attempted since.",
        day(latest),
        count_of(days, "day")
    ))
}

/// What is missing between the days, in a sentence for each reason.
fn gaps(chart: &ControlChart) -> Vec<String> {
    let days = |reason: GapReason| -> u64 {
        let days = chart
            .gaps
            .iter()
            .filter(|gap| gap.reason == reason)
            .map(|gap| (gap.last - gap.first).num_days() + 1);
        u64::try_from(days.sum::<i64>()).unwrap_or(0)
    };
    [
        (GapReason::NoReport, "without a report"),
        (
            GapReason::NothingAttempted,
            "on which nothing was attempted",
        ),
        (
            GapReason::MoreFailedThanAttempted,
            "of which the exports count more new failed items than newly attempted ones",
        ),
    ]
    .into_iter()
    .map(|(reason, what)| (days(reason), what))
    .filter(|(days, _)| *days > 0)
    .map(|(days, what)| format!("Not on the chart: {} {what}.", count_of(days, "day")))
    .collect()
}

#[cfg(test)]
mod tests;
