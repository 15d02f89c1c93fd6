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
//! - **σ_z is at least 1**: nothing varies less than by chance but by chance, and after some days that
//!   are nearly alike a floor keeps an ordinary one from being called special. With fewer than 12
//!   points it is at least √φ, by which failures cluster in mailboxes: a large organisation's first
//!   days are narrow by the binomial, and few days do not show how they vary.
//! - **Days that cannot tell**: where the middle one of the days expects fewer than 5 failed items,
//!   there is no chart of days but a table of weeks.
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

use rules::{BEYOND_THREE_SIGMA, ITEMS_FOR_NORMAL_LIMITS, Limited, limited, mark_rules};

use super::tails::{probability_at_least, probability_at_most};
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
/// So many times the expected rate is not as expected, whatever the limits.
const FAR_ABOVE: f64 = 1.5;
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
    pub points: Vec<ChartDay>,
    /// Days between the first and the last that have no point, in the order of dates.
    pub gaps: Vec<Gap>,
    /// The expected rate, as a fraction.
    pub target: f64,
    /// How many times as much as by chance days vary; 1 where that cannot be told.
    pub sigma_z: f64,
    /// Whether there are fewer than 12 points. Limits will move.
    pub is_trial: bool,
    /// The last day with a report, with a point or without.
    pub last_report: NaiveDate,
}

/// A day on the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartDay {
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
    /// Whether enough items were attempted for it to be called as expected.
    pub can_tell: bool,
}

impl ChartDay {
    /// Whether the day is large enough to tell, stands out by no rule, and is not far above the line
    /// either.
    #[must_use]
    pub fn is_as_expected(&self, target: f64) -> bool {
        self.can_tell && self.signals.first().is_none() && self.fraction < FAR_ABOVE * target
    }
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

/// Why there is no chart of days.
#[derive(Debug, Clone, PartialEq)]
pub enum NoControlChart {
    /// There are fewer than three days with attempted items: how many.
    TooFewDays(usize),
    /// Days are too small to tell: their weeks, the latest last.
    SmallDays(Vec<Week>),
}

/// Seven days, the last of which has a report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Week {
    /// Its last day.
    pub last: NaiveDate,
    /// New failed of newly attempted items.
    pub rate: FailureRate,
    /// On which side it is of what chance explains.
    pub beyond: Option<Side>,
    /// Whether enough items were attempted for it to be called as expected.
    pub can_tell: bool,
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
    /// The latest two days that can tell are as expected; one of the latest seven was not.
    Settled {
        /// How the latest of those was.
        side: Side,
        /// The latest day that was not as expected.
        date: NaiveDate,
    },
    /// Nothing stands out on the latest day; one of the six before did.
    Stood {
        /// How the latest of those was.
        side: Side,
        /// The latest day that was not as expected.
        date: NaiveDate,
    },
    /// Nothing stands out in the latest seven days, so many of which can tell and are as expected.
    InControl {
        /// Days that can tell.
        days: usize,
    },
}

impl ControlChart {
    /// Draws up the chart of days in the order of dates, each at most once.
    ///
    /// # Errors
    /// [`NoControlChart`] where there are too few days to draw one.
    /// `dispersion` is by how much failures cluster in the organisation's mailboxes: φ.
    pub fn of(
        days: &[DayOfFailures],
        expected: ExpectedRate,
        dispersion: f64,
    ) -> Result<Self, NoControlChart> {
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
            return Err(NoControlChart::TooFewDays(rates.len()));
        }
        let mut sizes: Vec<u64> = rates.iter().map(|(_, rate, _)| rate.attempted).collect();
        sizes.sort_unstable();
        let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
        if !can_tell(middle, target) {
            return Err(NoControlChart::SmallDays(weeks(days, target, dispersion)));
        }
        let is_trial = rates.len() < SETTLED_POINTS;
        let weighty: Vec<FailureRate> = rates
            .iter()
            .map(|(_, rate, _)| *rate)
            .filter(|rate| counts_for_rules(*rate, target))
            .collect();
        let least = if is_trial { dispersion.sqrt() } else { 1.0 };
        let sigma_z = sigma_z(&weighty).unwrap_or(1.0).max(1.0).max(least);
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
            last_report: days.last().map_or(NaiveDate::MIN, |day| day.date),
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
        let counting: Vec<&ChartDay> = self
            .points
            .iter()
            .filter(|point| counts_for_rules(point.rate, self.target))
            .collect();
        let is_recent = |point: &&&ChartDay| latest().any(|recent| recent.date == point.date);
        if let Some(now) = counting.last().filter(is_recent) {
            for side in [Side::Above, Side::Below] {
                let signals = now.signals;
                let streak = |rule: fn(&Signals) -> Option<Side>| {
                    let streak: Vec<&&ChartDay> = counting
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
        let able = || latest().filter(|point| point.can_tell);
        let is_as_expected = |point: &&ChartDay| point.is_as_expected(self.target);
        let days = able().filter(is_as_expected).count();
        let has_settled = able().take_while(is_as_expected).count() >= 2;
        match earlier {
            Some((side, date)) if has_settled => ControlChartFinding::Settled { side, date },
            Some((side, date)) => ControlChartFinding::Stood { side, date },
            None => ControlChartFinding::InControl { days },
        }
    }
}

#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn counts_for_rules(rate: FailureRate, target: f64) -> bool {
    rate.attempted as f64 * target >= ITEMS_FOR_RULES
}

/// Whether so many items are enough for a day, or a week, to be called as expected.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn can_tell(attempted: u64, target: f64) -> bool {
    attempted as f64 * target >= ITEMS_FOR_NORMAL_LIMITS
}

/// The weeks of these days, the last of which ends with the last day. Beyond chance is what chance
/// gives 135 times in 100,000, at the effective counts k/φ and n/φ.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn weeks(days: &[DayOfFailures], target: f64, dispersion: f64) -> Vec<Week> {
    let Some(last) = days.last().map(|day| day.date) else {
        return Vec::new();
    };
    let week_of = |day: &DayOfFailures| (last - day.date).num_days() / 7;
    let weeks = days.chunk_by(|one, next| week_of(one) == week_of(next));
    let week = |days: &[DayOfFailures]| {
        let counted = days.iter().filter(|day| gap_reason(day).is_none());
        let rate: FailureRate = counted
            .map(|day| FailureRate {
                failed: day.new_failed,
                attempted: day.newly_attempted,
            })
            .sum();
        let (failed, attempted) = (
            rate.failed as f64 / dispersion,
            rate.attempted as f64 / dispersion,
        );
        let beyond = if rate.attempted == 0 {
            None
        } else if probability_at_least(failed, attempted, target) <= BEYOND_THREE_SIGMA {
            Some(Side::Above)
        } else if probability_at_most(failed, attempted, target) <= BEYOND_THREE_SIGMA {
            Some(Side::Below)
        } else {
            None
        };
        let weeks_back = days.first().map_or(0, week_of);
        Week {
            last: last - chrono::Duration::days(7 * weeks_back),
            rate,
            beyond,
            can_tell: can_tell(rate.attempted, target),
        }
    };
    weeks.map(week).collect()
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
