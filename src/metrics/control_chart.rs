//! Is each day's share of new failures within what is expected? A Laney p′ chart with the expected
//! rate as its line.
//!
//! - **Points**: new failed items of newly attempted items, a day each; never cumulative counts,
//!   which hide a bad day.
//! - **Line**: the expected rate p₀, not the mean of the series. The question is whether failures
//!   are as expected, and a series that has been bad from its first day is in control around its
//!   own mean.
//! - **Limits**: p₀ ± 3 σ_z √(p₀(1 − p₀)/n), within 0 and 1 (Laney 2002). σ_z is how much more days
//!   vary than the binomial would have them: the mean moving range of z over 1.128, where z = (p −
//!   p̄)/√(p̄(1 − p̄)/n) with p̄ the *series' own* mean. Were z taken around p₀, a series off the
//!   line would have z in proportion to √n, days of different size would differ in z by their size
//!   alone, σ_z would grow, and the limits would widen over the very departure that they are to
//!   show. So level comes from outside, and variation from the series.
//! - **Outliers**: moving ranges above 3.267 times their mean are left out of it, as
//!   NHSRplotthedots does: one bad day must not widen the limits over itself.
//! - **Small days**: where fewer than 5 failed items are expected of a day, its upper limit is at
//!   least the count that the binomial exceeds 135 times in 100,000, as often as 3σ would: the
//!   normal curve has no meaning there, and would call up to 1 day in 20 special. A day of which
//!   fewer than 1 is expected says nothing by being low, and counts for no rule but that limit, nor
//!   for σ_z.
//!
//! Other departures from NHS practice are listed in `docs/statistics.md`.

mod rules;

use chrono::NaiveDate;

use rules::{Limited, limited, mark_rules};

use crate::domain::{ExpectedRate, FailureRate};

/// Fewer points make no chart.
const FEWEST_POINTS: usize = 3;
/// Fewer points make trial limits.
const SETTLED_POINTS: usize = 12;
/// The mean moving range of two normal values, in standard deviations: d₂ (Shewhart 1931).
const D2: f64 = 1.128;
/// The upper limit of moving ranges, in their means: D₄.
const D4: f64 = 3.267;
/// Points of a run, or of a trend.
const RUN: usize = 7;
/// Fewer failed items expected of a day say nothing by being low (Provost & Murray 2011).
const ITEMS_FOR_RULES: f64 = 1.0;

/// What a day added to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOfFailures {
    /// The report date.
    pub date: NaiveDate,
    /// Items that failed and had not failed at the report before.
    pub new_failed: u64,
    /// Items attempted since the report before, failed ones included.
    pub newly_attempted: u64,
}

/// The days of an organisation against the expected rate.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlChart {
    /// Days with attempted items, in the order of dates; at least three.
    pub points: Vec<Point>,
    /// Days between the first and the last that have no point, in the order of dates.
    pub gaps: Vec<Gap>,
    /// The expected rate, as a fraction.
    pub target: f64,
    /// How many times as much as by chance days vary; 1 where that cannot be told.
    pub sigma_z: f64,
    /// Whether there are fewer than 12 points. Limits will move, and σ_z is not below 1.
    pub is_trial: bool,
}

/// A day on the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The report date.
    pub date: NaiveDate,
    /// New failed of newly attempted items.
    pub rate: FailureRate,
    /// The rate as a fraction.
    pub fraction: f64,
    /// The lower limit of the fraction on this day, at least 0.
    pub lower: f64,
    /// The upper limit of the fraction on this day, at most 1.
    pub upper: f64,
    /// The rules that the point breaks or is part of.
    pub signals: Signals,
}

/// On which side of the line, or in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// More failures than expected, or ever more.
    Above,
    /// Fewer failures than expected, or ever fewer.
    Below,
}

/// The four rules of NHSRplotthedots; several may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signals {
    /// Outside a limit.
    pub outside: Option<Side>,
    /// One of seven or more in a row that rise, or fall, each.
    pub trend: Option<Side>,
    /// In the outer third, one of two such of three in a row on one side of the line.
    pub near_limit: Option<Side>,
    /// One of seven or more in a row on one side of the line.
    pub run: Option<Side>,
}

impl Signals {
    /// The side of the most telling rule.
    #[must_use]
    pub fn first(self) -> Option<Side> {
        self.outside.or(self.run).or(self.near_limit).or(self.trend)
    }
}

/// Days in a row without a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub first: NaiveDate,
    /// The last of them.
    pub last: NaiveDate,
    /// Why there is no point.
    pub reason: GapReason,
}

/// Why a day has no point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapReason {
    /// There was no report.
    NoReport,
    /// No item was attempted.
    NothingAttempted,
    /// The exports count more new failed items than newly attempted ones, which is no rate.
    MoreFailedThanAttempted,
}

/// There is no chart: there are fewer than three days with attempted items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoControlChart {
    /// How many there are.
    pub points: usize,
}

/// What the latest days say, for one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlChartFinding {
    /// The latest day that is large enough to tell is outside a limit.
    Outside {
        /// [`Side::Above`] is bad news.
        side: Side,
        /// The report date of that day.
        date: NaiveDate,
    },
    /// The latest seven days or more are all on one side of the line.
    Run {
        /// [`Side::Above`] is bad news.
        side: Side,
        /// The first of them.
        since: NaiveDate,
        /// How many days with a point.
        days: usize,
    },
    /// Of the latest three days, all on one side of the line, two are near the limit.
    NearLimit {
        /// [`Side::Above`] is bad news.
        side: Side,
        /// The first of the three.
        since: NaiveDate,
    },
    /// The rate rises, or falls, from day to day, for seven days or more.
    Trend {
        /// Above is rising.
        side: Side,
        /// The first of them.
        since: NaiveDate,
        /// How many days with a point.
        days: usize,
    },
    /// The latest day is as expected; one of the six before was not.
    Settled {
        /// How the latest of those was.
        side: Side,
        /// The latest day that was not as expected.
        date: NaiveDate,
    },
    /// Nothing stands out in the latest seven days.
    InControl,
}

impl ControlChart {
    /// Draws up the chart of days in the order of dates, each at most once.
    ///
    /// # Errors
    /// [`NoControlChart`] where there are too few days to draw one.
    pub fn of(days: &[DayOfFailures], expected: ExpectedRate) -> Result<Self, NoControlChart> {
        let target = expected.fraction();
        let rates: Vec<(NaiveDate, FailureRate, f64)> = days
            .iter()
            .filter(|day| gap_reason(day).is_none())
            .filter_map(|day| {
                let rate = FailureRate {
                    failed: day.new_failed,
                    attempted: day.newly_attempted,
                };
                Some((day.date, rate, rate.fraction()?))
            })
            .collect();
        if rates.len() < FEWEST_POINTS {
            let points = rates.len();
            return Err(NoControlChart { points });
        }
        let is_trial = rates.len() < SETTLED_POINTS;
        let weighty: Vec<FailureRate> = rates
            .iter()
            .map(|(_, rate, _)| *rate)
            .filter(|rate| counts_for_rules(*rate, target))
            .collect();
        let estimate = sigma_z(&weighty).unwrap_or(1.0);
        let sigma_z = if is_trial {
            estimate.max(1.0)
        } else {
            estimate
        };
        let mut points: Vec<Limited> = rates
            .into_iter()
            .map(|(date, rate, fraction)| limited(date, rate, fraction, target, sigma_z))
            .collect();
        mark_rules(&mut points, target);
        Ok(Self {
            points: points.into_iter().map(|limited| limited.point).collect(),
            gaps: gaps(days),
            target,
            sigma_z,
            is_trial,
        })
    }

    /// What is true now: the most telling rule that holds of the latest day; bad news before good.
    #[must_use]
    pub fn finding(&self) -> ControlChartFinding {
        let latest = || self.points.iter().rev().take(RUN);
        if let Some(point) = self.points.last()
            && let Some(side) = point.signals.outside
        {
            return ControlChartFinding::Outside {
                side,
                date: point.date,
            };
        }
        // Days too small for the rules on runs neither continue nor end one.
        let counting: Vec<&Point> = self
            .points
            .iter()
            .filter(|point| counts_for_rules(point.rate, self.target))
            .collect();
        let is_recent = |point: &&&Point| latest().any(|recent| recent.date == point.date);
        if let Some(now) = counting.last().filter(is_recent) {
            for side in [Side::Above, Side::Below] {
                let signals = now.signals;
                let streak = |rule: fn(&Signals) -> Option<Side>| {
                    let streak: Vec<&&Point> = counting
                        .iter()
                        .rev()
                        .take_while(|point| rule(&point.signals) == Some(side))
                        .collect();
                    (
                        streak.last().map_or(now.date, |point| point.date),
                        streak.len(),
                    )
                };
                if signals.outside == Some(side) {
                    return ControlChartFinding::Outside {
                        side,
                        date: now.date,
                    };
                }
                if signals.run == Some(side) {
                    let (since, days) = streak(|signals| signals.run);
                    return ControlChartFinding::Run { side, since, days };
                }
                if signals.near_limit == Some(side) {
                    let since = counting
                        .iter()
                        .rev()
                        .nth(2)
                        .map_or(now.date, |point| point.date);
                    return ControlChartFinding::NearLimit { side, since };
                }
                if signals.trend == Some(side) {
                    let (since, days) = streak(|signals| signals.trend);
                    return ControlChartFinding::Trend { side, since, days };
                }
            }
        }
        let earlier =
            latest().find_map(|point| point.signals.first().map(|side| (side, point.date)));
        earlier.map_or(ControlChartFinding::InControl, |(side, date)| {
            ControlChartFinding::Settled { side, date }
        })
    }
}

#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn counts_for_rules(rate: FailureRate, target: f64) -> bool {
    rate.attempted as f64 * target >= ITEMS_FOR_RULES
}

fn gap_reason(day: &DayOfFailures) -> Option<GapReason> {
    if day.new_failed > day.newly_attempted {
        Some(GapReason::MoreFailedThanAttempted)
    } else if day.newly_attempted == 0 {
        Some(GapReason::NothingAttempted)
    } else {
        None
    }
}

/// Days from the first to the last that have no point, those in a row for the same reason together.
fn gaps(days: &[DayOfFailures]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return gaps;
    };
    let mut known = days.iter().peekable();
    for date in first.date.iter_days().take_while(|date| *date <= last.date) {
        let day = known.next_if(|day| day.date == date);
        let Some(reason) = day.map_or(Some(GapReason::NoReport), gap_reason) else {
            continue;
        };
        match gaps.last_mut() {
            Some(gap) if gap.reason == reason && gap.last.succ_opt() == Some(date) => {
                gap.last = date
            }
            _ => gaps.push(Gap {
                first: date,
                last: date,
                reason,
            }),
        }
    }
    gaps
}

/// σ_z around the series' own mean (Laney 2002), less outlying moving ranges; `None` where nothing
/// varies or all or none failed.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn sigma_z(rates: &[FailureRate]) -> Option<f64> {
    let mean = rates
        .iter()
        .copied()
        .sum::<FailureRate>()
        .fraction()
        .filter(|mean| *mean > 0.0 && *mean < 1.0)?;
    let z: Vec<f64> = rates
        .iter()
        .filter_map(|rate| {
            Some((rate.fraction()? - mean) / (mean * (1.0 - mean) / rate.attempted as f64).sqrt())
        })
        .collect();
    let ranges: Vec<f64> = z
        .iter()
        .zip(z.iter().skip(1))
        .map(|(one, next)| (next - one).abs())
        .collect();
    let limit = D4 * average(&ranges)?;
    let kept: Vec<f64> = ranges.into_iter().filter(|range| *range <= limit).collect();
    average(&kept)
        .map(|range| range / D2)
        .filter(|sigma| *sigma > 0.0)
}

#[allow(clippy::cast_precision_loss)]
fn average(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests;
