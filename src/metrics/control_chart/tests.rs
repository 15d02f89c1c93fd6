use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, LogNormal, Poisson};

use super::*;

/// Series, expected rate, day and counts; then σ_z, limits and rules by `control_charts.py`, which
/// uses numpy and scipy.
const REFERENCE: &str = include_str!("../../../tests/reference/control_charts.csv");

fn expected(rate: f64) -> ExpectedRate {
    ExpectedRate::try_from(rate).unwrap()
}

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 1).unwrap() + chrono::Duration::days(i64::from(day) - 1)
}

fn sign(side: Option<Side>) -> i32 {
    match side {
        Some(Side::Above) => 1,
        Some(Side::Below) => -1,
        None => 0,
    }
}

fn is_near(ours: f64, theirs: &str) -> bool {
    let theirs: f64 = theirs.parse().unwrap();
    (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1e-9)
}

#[test]
fn charts_equal_the_reference_charts() {
    let rows: Vec<Vec<&str>> = REFERENCE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(',').collect())
        .collect();
    let series: Vec<&[Vec<&str>]> = rows.chunk_by(|one, next| one[0] == next[0]).collect();
    let mut rules = [0; 4];
    for rows in &series {
        let days: Vec<DayOfFailures> = rows
            .iter()
            .map(|row| DayOfFailures {
                date: row[2].parse().unwrap(),
                new_failed: row[3].parse().unwrap(),
                newly_attempted: row[4].parse().unwrap(),
            })
            .collect();
        let chart = ControlChart::of(&days, expected(rows[0][1].parse().unwrap()), 1.0).unwrap();
        let drawn: Vec<&Vec<&str>> = rows.iter().filter(|row| !row[5].is_empty()).collect();
        assert_eq!(drawn.len(), chart.points.len(), "series {}", rows[0][0]);
        for (row, point) in drawn.into_iter().zip(&chart.points) {
            assert_eq!(point.date.to_string(), row[2]);
            for (ours, theirs) in [
                (chart.sigma_z, row[5]),
                (point.lower, row[6]),
                (point.upper, row[7]),
            ] {
                assert!(is_near(ours, theirs), "{row:?}: {ours}, {point:?}");
            }
            let signals = point.signals;
            let ours = [
                signals.outside,
                signals.trend,
                signals.near_limit,
                signals.run,
            ]
            .map(sign);
            assert_eq!(
                ours.map(|sign| sign.to_string()).as_slice(),
                &row[8..],
                "{row:?}"
            );
            rules
                .iter_mut()
                .zip(ours)
                .for_each(|(rule, sign)| *rule += sign.abs());
        }
    }
    assert!(
        series.len() >= 50 && rules.iter().all(|rule| *rule >= 20),
        "{} series, {rules:?}",
        series.len()
    );
}

/// A day each, of a million attempted items, of which 100 are expected to fail.
fn chart(failed: &[u64]) -> ControlChart {
    let days: Vec<DayOfFailures> = (1..)
        .zip(failed)
        .map(|(day, failed)| DayOfFailures {
            date: date(day),
            new_failed: *failed,
            newly_attempted: 1_000_000,
        })
        .collect();
    ControlChart::of(&days, expected(0.0001), 1.0).unwrap()
}

const USUAL: [u64; 14] = [
    104, 95, 108, 97, 111, 93, 102, 89, 106, 98, 112, 94, 103, 96,
];

fn after_usual_days(failed: &[u64]) -> ControlChartFinding {
    chart(&[&USUAL, failed].concat()).finding()
}

#[test]
fn the_finding_is_about_the_latest_days() {
    use ControlChartFinding::{InControl, NearLimit, Outside, Run, Settled, Stood, Trend};
    assert_eq!(chart(&USUAL).finding(), InControl { days: 7 });
    assert_eq!(
        after_usual_days(&[260]),
        Outside {
            side: Side::Above,
            date: date(15)
        }
    );
    assert_eq!(
        after_usual_days(&[2]),
        Outside {
            side: Side::Below,
            date: date(15)
        }
    );
    assert_eq!(
        after_usual_days(&[260, 98]),
        Stood {
            side: Side::Above,
            date: date(15)
        }
    );
    assert_eq!(
        after_usual_days(&[260, 98, 101]),
        Settled {
            side: Side::Above,
            date: date(15)
        }
    );
    assert_eq!(
        after_usual_days(&[260, 98, 103, 97, 104, 93, 106]),
        Settled {
            side: Side::Above,
            date: date(15)
        }
    );
    assert_eq!(
        after_usual_days(&[260, 98, 103, 97, 104, 93, 106, 97]),
        InControl { days: 7 }
    );
    assert_eq!(
        after_usual_days(&[103, 107, 104, 108, 105, 103, 104, 107]),
        Run {
            side: Side::Above,
            since: date(15),
            days: 8
        }
    );
    assert_eq!(
        after_usual_days(&[93, 97, 94, 98, 95, 93, 99]),
        Run {
            side: Side::Below,
            since: date(14),
            days: 8
        }
    );
    assert_eq!(
        after_usual_days(&[90, 94, 97, 101, 104, 107, 109]),
        Trend {
            side: Side::Above,
            since: date(15),
            days: 7
        }
    );
    assert_eq!(
        after_usual_days(&[109, 107, 104, 102, 98, 95, 91]),
        Trend {
            side: Side::Below,
            since: date(15),
            days: 7
        }
    );
    let limit = chart(&USUAL).points[0].upper;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let near = ((0.0001 + 0.9 * (limit - 0.0001)) * 1e6) as u64;
    assert_eq!(
        after_usual_days(&[near, 101, near]),
        NearLimit {
            side: Side::Above,
            since: date(15)
        }
    );
}

#[test]
fn bad_news_comes_before_good() {
    // Above the line for seven days, and falling towards it.
    let finding = after_usual_days(&[135, 130, 125, 120, 115, 110, 105]);
    assert_eq!(
        finding,
        ControlChartFinding::Run {
            side: Side::Above,
            since: date(15),
            days: 7
        }
    );
}

#[test]
fn a_series_off_the_line_does_not_widen_its_own_limits() {
    // Three times the expected rate on days of different size: around the line, z would vary by
    // size alone.
    let days: Vec<DayOfFailures> = (1..=20)
        .map(|day| {
            let attempted = if day % 2 == 0 { 200_000 } else { 3_000_000 };
            DayOfFailures {
                date: date(day),
                new_failed: attempted * 3 / 10_000 + u64::from(day % 3),
                newly_attempted: attempted,
            }
        })
        .collect();
    let chart = ControlChart::of(&days, expected(0.0001), 1.0).unwrap();
    assert_eq!(chart.sigma_z, 1.0, "the least");
    assert!(
        chart
            .points
            .iter()
            .all(|point| point.signals.outside == Some(Side::Above))
    );
}

#[test]
fn one_bad_day_does_not_widen_the_limits_over_itself() {
    let (usual, bad) = (
        chart(&USUAL),
        chart(&[&USUAL[..], &[5_000], &USUAL[..]].concat()),
    );
    assert!(
        bad.sigma_z < 1.2 * usual.sigma_z,
        "{}, {}",
        usual.sigma_z,
        bad.sigma_z
    );
}

#[test]
fn few_points_make_trial_limits_or_no_chart() {
    assert_eq!(
        ControlChart::of(&[], expected(0.0001), 1.0),
        Err(NoControlChart::TooFewDays(0))
    );
    assert!(chart(&USUAL[..11]).is_trial && chart(&USUAL[..11]).sigma_z >= 1.0);
    assert!(!chart(&USUAL[..12]).is_trial);
    let two = [(1, 10), (2, 0), (3, 10)].map(|(day, newly_attempted)| DayOfFailures {
        date: date(day),
        new_failed: 0,
        newly_attempted,
    });
    assert_eq!(
        ControlChart::of(&two, expected(0.0001), 1.0),
        Err(NoControlChart::TooFewDays(2))
    );
}

#[test]
fn a_day_without_a_point_is_a_gap_with_its_reason() {
    let days = [
        (1, 0, 1_000),
        (4, 0, 1_000),
        (5, 0, 0),
        (6, 0, 0),
        (7, 3, 2),
        (8, 1, 1_000),
        (9, 0, 1_000),
        (10, 0, 0),
    ];
    let days = days.map(|(day, new_failed, newly_attempted)| DayOfFailures {
        date: date(day),
        new_failed,
        newly_attempted,
    });
    let chart = ControlChart::of(&days, expected(0.01), 1.0).unwrap();
    let gap = |first, last, reason| Gap {
        first: date(first),
        last: date(last),
        reason,
    };
    let wanted = [
        gap(2, 3, GapReason::NoReport),
        gap(5, 6, GapReason::NothingAttempted),
        gap(7, 7, GapReason::MoreFailedThanAttempted),
        gap(10, 10, GapReason::NothingAttempted),
    ];
    assert_eq!(
        (chart.gaps.as_slice(), chart.points.len()),
        (&wanted[..], 4)
    );
    assert_eq!(chart.last_report, date(10), "the last point is a day old");
}

#[test]
fn small_days_are_told_by_the_week() {
    let days = |last: u64| -> Vec<DayOfFailures> {
        (1..=20)
            .map(|day| DayOfFailures {
                date: date(day),
                new_failed: if day == 20 { last } else { 0 },
                newly_attempted: 9_000,
            })
            .collect()
    };
    let weeks = |last, dispersion| match ControlChart::of(&days(last), expected(0.0001), dispersion)
    {
        Err(NoControlChart::SmallDays(weeks)) => weeks,
        other => panic!("{other:?}"),
    };
    // 0.9 are expected of a day and 6.3 of a week.
    let quiet = weeks(2, 1.0);
    assert_eq!(
        quiet
            .iter()
            .map(|week| (week.last, week.rate.attempted, week.can_tell))
            .collect::<Vec<_>>(),
        [
            (date(6), 54_000, true),
            (date(13), 63_000, true),
            (date(20), 63_000, true)
        ]
    );
    assert_eq!(quiet[2].beyond, None);
    assert_eq!(weeks(17, 1.0)[2].beyond, Some(Side::Above));
    assert_eq!(weeks(17, 4.0)[2].beyond, None, "where failures cluster");
}

#[test]
fn days_that_are_nearly_alike_raise_no_false_alarm() {
    // The audit's series: 20 days of about 100, each within 2, then one of 112.
    let alike: Vec<u64> = (0..20).map(|day| 99 + day % 3).chain([112]).collect();
    let chart = chart(&alike);
    assert_eq!(chart.sigma_z, 1.0);
    assert_eq!(chart.points[20].signals.outside, None);
}

#[test]
fn a_large_organisations_first_days_are_as_wide_as_its_failures_cluster() {
    let days: Vec<DayOfFailures> = [1_010, 990, 1_000, 1_005, 1_140]
        .into_iter()
        .zip(1..)
        .map(|(new_failed, day)| DayOfFailures {
            date: date(day),
            new_failed,
            newly_attempted: 10_000_000,
        })
        .collect();
    let outside = |dispersion| {
        let chart = ControlChart::of(&days, expected(0.0001), dispersion).unwrap();
        chart.points[4].signals.outside
    };
    // 4.4 standard deviations by the binomial, 1.6 where failures come in eights.
    assert_eq!((outside(1.0), outside(8.0)), (Some(Side::Above), None));
}

#[test]
fn what_is_far_above_the_rate_is_not_as_expected_whatever_its_limits() {
    // Days that differ by so much that 2.8 times the rate is within the limits.
    let wild: Vec<u64> = (0..14)
        .map(|day| if day % 2 == 0 { 20 } else { 260 })
        .chain([280])
        .collect();
    let chart = chart(&wild);
    let last = chart.points[14];
    assert_eq!(last.signals.outside, None);
    assert!(!last.is_as_expected(chart.target) && chart.points[12].is_as_expected(chart.target));
    assert!(!matches!(
        chart.finding(),
        ControlChartFinding::Settled { .. }
    ));
}

/// Of the latest days of series at the expected rate, the percentage called each: outside a limit,
/// run above, run below.
fn false_alarms(expected_a_day: f64, points: usize, series: u32, seed: u64) -> [f64; 3] {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let size = LogNormal::new((expected_a_day / 0.0001).ln(), 0.4).unwrap();
    let mut called = [0_u32; 3];
    for _ in 0..series {
        let days: Vec<DayOfFailures> = (1..)
            .take(points)
            .map(|day| {
                let attempted = size.sample(&mut random).ceil();
                let failed: f64 = Poisson::new(attempted * 0.0001)
                    .unwrap()
                    .sample(&mut random);
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let (new_failed, newly_attempted) =
                    (failed.min(attempted) as u64, attempted as u64);
                DayOfFailures {
                    date: date(day),
                    new_failed,
                    newly_attempted,
                }
            })
            .collect();
        let chart = match ControlChart::of(&days, expected(0.0001), 1.0) {
            Ok(chart) => chart,
            Err(NoControlChart::SmallDays(weeks)) => {
                called[0] += u32::from(weeks.last().unwrap().beyond.is_some());
                continue;
            }
            other => panic!("{other:?}"),
        };
        match chart.finding() {
            ControlChartFinding::Outside { .. } => called[0] += 1,
            ControlChartFinding::Run {
                side: Side::Above, ..
            } => called[1] += 1,
            ControlChartFinding::Run {
                side: Side::Below, ..
            } => called[2] += 1,
            _ => {}
        }
    }
    called.map(|count| 100.0 * f64::from(count) / f64::from(series))
}

/// `cargo test --lib chance_alone_is_rarely_outside -- --ignored --nocapture` prints the table of
/// `docs/statistics.md`.
#[test]
#[ignore = "200,000 series: some seconds"]
#[allow(clippy::print_stdout)]
fn chance_alone_is_rarely_outside_the_limits_of_any_size_of_day() {
    println!(
        "| failed items expected of a day | days | outside a limit | seven above | seven below |"
    );
    for expected_a_day in [0.1, 0.3, 1.0, 3.0, 10.0, 100.0] {
        for points in [8, 20, 40] {
            let [outside, above, below] = false_alarms(expected_a_day, points, 10_000, 5);
            println!("| {expected_a_day} | {points} | {outside:.2}% | {above:.2}% | {below:.2}% |");
            assert!(
                outside < 1.0 && above < 2.5,
                "{expected_a_day}, {points}: {outside}, {above}"
            );
        }
    }
}

/// The same in small.
#[test]
fn chance_alone_is_rarely_outside_the_limits_of_small_days() {
    let [outside, above, _] = false_alarms(0.3, 20, 3_000, 6);
    assert!(outside < 0.7 && above < 0.1, "{outside}, {above}");
}
