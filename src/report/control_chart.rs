//! The control chart of new failures, its sentence and its numbers.

use chrono::NaiveDate;

use super::wording::{day, expected_one_in, one_in, percentage, short_day};
use super::{Chart, ControlPoint, Drawing, Section, Table, Tabulation};
use crate::domain::plural::{count, count_of};
use crate::domain::{ExpectedRate, FailureRate, Verdict};
use crate::metrics::{ControlChart, ControlChartFinding, GapReason, NoControlChart, Point, Side};

/// Days that the table lists.
const LISTED: usize = 7;
/// Days with a point from which on limits are no longer trial limits.
const SETTLED: u64 = 12;

/// The section “Failures day by day”: sentence, chart and the days in numbers, the latest first.
pub(super) fn control_chart(
    chart: &Result<ControlChart, NoControlChart>,
    expected: ExpectedRate,
) -> Section {
    const HEADING: &str = "Failures day by day";
    let chart = match chart {
        Ok(chart) => chart,
        Err(reason) => return Section::new(HEADING, vec![no_chart(*reason)], None),
    };
    Section::new(HEADING, text(chart, expected), table(chart)).with_chart(Chart::new(
        "failures-day-by-day",
        title(chart),
        if chart.is_trial { 336 } else { 308 },
        drawing(chart),
    ))
}

fn text(chart: &ControlChart, expected: ExpectedRate) -> Vec<String> {
    let mut text = vec![sentence(chart, expected)];
    if chart.is_trial {
        text.push(format!(
            "The limits are trial limits until there are {SETTLED} days with attempted items; \
             there are {}.",
            count(chart.points.len())
        ));
    }
    text.extend(gaps(chart));
    text.push(format!(
        "Each point is a day; the line is the expected rate, {}. Between the limits, days differ \
         without a cause of their own (Laney p′ chart).",
        expected_one_in(expected)
    ));
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

fn table(chart: &ControlChart) -> Table {
    let percent = |fraction: f64| match fraction {
        0.0 => "0%".to_owned(),
        _ => format!("{:.3}%", fraction * 100.0),
    };
    Tabulation::of(chart.points.iter().rev())
        .text("Day", |point| short_day(point.date))
        .number("New failed items", |point| point.rate.failed)
        .number("Newly attempted items", |point| point.rate.attempted)
        .number("Rate", |point| percentage(point.rate))
        .number("Limits", move |point| {
            format!("{} to {}", percent(point.lower), percent(point.upper))
        })
        .text("What it says", what_it_says)
        .latest_days(
            "New failures by day, the latest first",
            LISTED,
            " days; all are in the workbook, sheet By day.",
        )
}

/// Where the verdict on all items and the chart of each day's new ones seem to disagree: that they
/// speak of different things.
pub(super) fn beside_the_verdict(
    finding: ControlChartFinding,
    verdict: Verdict,
) -> Option<&'static str> {
    use ControlChartFinding::{InControl, NearLimit, Outside, Run, Settled, Trend};
    let is_above = match finding {
        Outside { side, .. } | Run { side, .. } | NearLimit { side, .. } | Trend { side, .. } => {
            side == Side::Above
        }
        Settled { .. } | InControl => false,
    };
    let is_verdict_above = matches!(
        verdict,
        Verdict::High | Verdict::Raised | Verdict::Concentrated
    );
    (is_above != is_verdict_above).then_some(
        "The verdict at the top is about all items so far; this is about each day's new \
         ones, and the two can differ.",
    )
}

fn what_it_says(point: &Point) -> &'static str {
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
        _ => "As expected",
    }
}

fn no_chart(reason: NoControlChart) -> String {
    let NoControlChart { points } = reason;
    let known = match points {
        0 => "there are none yet".to_owned(),
        1 => "there is 1".to_owned(),
        points => format!("there are {}", count(points)),
    };
    format!("A chart of failures by day needs 3 days with newly attempted items; {known}.")
}

/// The finding in a few words.
fn title(chart: &ControlChart) -> String {
    use ControlChartFinding::{InControl, NearLimit, Outside, Run, Settled, Trend};
    let by = |side, above, below| if side == Side::Above { above } else { below };
    match chart.finding() {
        Outside { side, date } => format!(
            "{} failures on {} than chance explains",
            by(side, "More", "Fewer"),
            day(date)
        ),
        Run { side, days, .. } => format!(
            "Failures {} the expected rate on {days} days in a row",
            by(side, "above", "below")
        ),
        NearLimit { side, .. } => {
            format!("Failures close to the {} limit", by(side, "upper", "lower"))
        }
        Trend { side, days, .. } => {
            format!(
                "Failures have {} for {days} days",
                by(side, "risen", "fallen")
            )
        }
        Settled { .. } => "Failures are as expected again".to_owned(),
        InControl => "Failures are as expected day by day".to_owned(),
    }
}

/// What the chart says of the latest days, in one sentence.
fn sentence(chart: &ControlChart, expected: ExpectedRate) -> String {
    use ControlChartFinding::{InControl, NearLimit, Outside, Run, Settled, Trend};
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
            "Since {}, new failures have been {} the expected rate on {days} days in a row; \
             {about}.",
            day(since),
            by(side, "above", "below")
        ),
        NearLimit { side, since } => format!(
            "Since {}, new failures have been close to the {} limit on 2 of 3 days; {about}.",
            day(since),
            by(side, "upper", "lower")
        ),
        Trend { side, since, days } => format!(
            "Since {}, the share of new failures has {} from day to day, {days} days in a row; \
             {about}.",
            day(since),
            by(side, "risen", "fallen")
        ),
        Settled { date, .. } => {
            let latest = chart.points.last().map_or(date, |point| point.date);
            format!(
                "On {}, new failures were as expected; the latest day that stood out was {}.",
                day(latest),
                day(date)
            )
        }
        InControl => {
            let days = chart.points.len().min(7);
            format!("New failures are as expected on each of the latest {days} days; {about}.")
        }
    }
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
mod tests {
    use super::*;
    use crate::metrics::DayOfFailures;
    use crate::report::Mark;

    fn expected() -> ExpectedRate {
        ExpectedRate::try_from(0.0001).unwrap()
    }

    fn chart(failed: &[u64]) -> Result<ControlChart, NoControlChart> {
        let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let days: Vec<DayOfFailures> = first
            .iter_days()
            .zip(failed)
            .map(|(date, failed)| DayOfFailures {
                date,
                new_failed: *failed,
                newly_attempted: 1_000_000,
            })
            .collect();
        ControlChart::of(&days, expected())
    }

    fn first_sentence(failed: &[u64]) -> String {
        let usual: [u64; 13] = [104, 95, 108, 97, 111, 93, 102, 89, 106, 98, 112, 94, 103];
        control_chart(&chart(&[&usual, failed].concat()), expected())
            .text
            .remove(0)
    }

    #[test]
    fn every_finding_is_one_plain_sentence() {
        for (failed, wanted) in [
            (
                &[96][..],
                "New failures are as expected on each of the latest 7 days; about 1 in 10,000 is \
                 expected.",
            ),
            (
                &[260],
                "On 14 November 2026, 1 in 3,850 newly attempted items failed: more than chance \
                 explains, where about 1 in 10,000 is expected.",
            ),
            (
                &[0],
                "On 14 November 2026, none of 1,000,000 newly attempted items failed: fewer than \
                 chance explains, where about 1 in 10,000 is expected.",
            ),
            (
                &[260, 98],
                "On 15 November 2026, new failures were as expected; the latest day that stood out \
                 was 14 November 2026.",
            ),
            (
                &[96, 103, 107, 104, 108, 105, 103, 104],
                "Since 15 November 2026, new failures have been above the expected rate on 7 days \
                 in a row; about 1 in 10,000 is expected.",
            ),
            (
                &[103, 93, 97, 94, 98, 95, 93, 99],
                "Since 15 November 2026, new failures have been below the expected rate on 7 days \
                 in a row; about 1 in 10,000 is expected.",
            ),
            (
                &[132, 101, 132],
                "Since 14 November 2026, new failures have been close to the upper limit on 2 of 3 \
                 days; about 1 in 10,000 is expected.",
            ),
            (
                &[68, 98, 68],
                "Since 14 November 2026, new failures have been close to the lower limit on 2 of 3 \
                 days; about 1 in 10,000 is expected.",
            ),
            (
                &[90, 94, 97, 101, 104, 107, 109],
                "Since 14 November 2026, the share of new failures has risen from day to day, 7 \
                 days in a row; about 1 in 10,000 is expected.",
            ),
            (
                &[109, 107, 104, 102, 98, 95, 91],
                "Since 14 November 2026, the share of new failures has fallen from day to day, 7 \
                 days in a row; about 1 in 10,000 is expected.",
            ),
        ] {
            assert_eq!(first_sentence(failed), wanted);
        }
    }

    #[test]
    fn where_verdict_and_days_differ_it_is_said_that_they_may() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 14).unwrap();
        for side in [Side::Above, Side::Below] {
            let findings = [
                ControlChartFinding::Outside { side, date },
                ControlChartFinding::Run {
                    side,
                    since: date,
                    days: 7,
                },
                ControlChartFinding::NearLimit { side, since: date },
                ControlChartFinding::Trend {
                    side,
                    since: date,
                    days: 7,
                },
                ControlChartFinding::InControl,
            ];
            for (place, finding) in findings.into_iter().enumerate() {
                let is_above = side == Side::Above && place < 4;
                for (verdict, is_verdict_above) in [
                    (Verdict::High, true),
                    (Verdict::Raised, true),
                    (Verdict::Concentrated, true),
                    (Verdict::LowerThanExpected, false),
                    (Verdict::AsExpected, false),
                    (Verdict::TooFewItems, false),
                ] {
                    assert_eq!(
                        beside_the_verdict(finding, verdict).is_some(),
                        is_above != is_verdict_above,
                        "{finding:?} {verdict:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn too_few_days_are_counted() {
        for (failed, known) in [
            (&[][..], "there are none yet"),
            (&[1], "there is 1"),
            (&[1, 2], "there are 2"),
        ] {
            let section = control_chart(&chart(failed), expected());
            assert_eq!(
                section.text,
                [format!(
                    "A chart of failures by day needs 3 days with newly attempted items; {known}."
                )]
            );
            assert!(section.chart.is_none() && section.table.is_none());
        }
    }

    #[test]
    fn trial_limits_and_missing_days_are_told() {
        let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let days = [
            (1, 0, 10_000),
            (2, 1, 10_000),
            (4, 3, 20_000),
            (5, 0, 0),
            (6, 0, 0),
            (7, 2, 10_000),
        ]
        .map(|(day, new_failed, newly_attempted)| DayOfFailures {
            date: date(day),
            new_failed,
            newly_attempted,
        });
        let section = control_chart(&ControlChart::of(&days, expected()), expected());
        assert_eq!(
            section.text[1..4],
            [
                "The limits are trial limits until there are 12 days with attempted items; there \
                 are 4.",
                "Not on the chart: 1 day without a report.",
                "Not on the chart: 2 days on which nothing was attempted.",
            ]
        );
    }

    #[test]
    fn the_table_has_the_numbers_of_the_chart() {
        let days: Vec<u64> = (0..20).map(|day| 90 + day % 5 * 5).chain([300]).collect();
        let section = control_chart(&chart(&days), expected());
        let table = section.table.unwrap();
        assert_eq!(
            (
                table.rows.len(),
                table.cut.as_ref().and_then(|cut| cut.sentence.as_deref())
            ),
            (
                7,
                Some("Showing the latest 7 of 21 days; all are in the workbook, sheet By day.")
            )
        );
        assert_eq!(
            table.rows[0][..4],
            ["Sat 21 Nov", "300", "1,000,000", "0.030%"]
        );
        assert_eq!(table.rows[0][5], "Above the upper limit");
        assert!(table.rows.iter().flatten().all(|cell| !cell.is_empty()));
        let chart = section.chart.unwrap();
        let Drawing::ControlChart {
            points, is_trial, ..
        } = &chart.drawing
        else {
            panic!("{chart:?}")
        };
        assert_eq!(
            (points.len(), points[20].mark, *is_trial),
            (21, Mark::Above, false)
        );
        assert_eq!(
            chart.title,
            "More failures on 21 November 2026 than chance explains"
        );
    }
}
