//! The days to come: how likely the collection is in sync by each.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::fitted_pace::{FittedPace, LEAST_VARIATION, is_weekend, variance_of_sum};
use super::{Known, TAIL};
use crate::metrics::tails::{student_probability_at_most, student_quantile};

/// A forecast reaches half a year: further, no one would believe it.
const REACH: usize = 183;

/// Attempted items on a day to come, of the items known today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct FanDay {
    /// A date after the last report.
    pub date: NaiveDate,
    /// Fewer than this 1 time in 10.
    pub low: u64,
    /// What the mean pace gives.
    pub expected: u64,
    /// More than this 1 time in 10.
    pub high: u64,
}

/// What is done by a day to come: its mean, and its standard deviation over the mean.
struct Ahead {
    mean: f64,
    spread: f64,
}

/// The chance of being in sync by each day after now.
pub(super) struct Prediction {
    ahead: Vec<Ahead>,
    /// By each day, from the first after now.
    chances: Vec<f64>,
    freedom: f64,
}

impl Prediction {
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    pub(super) fn of(fitted: &FittedPace, now: Known) -> Self {
        let left = now.left() as f64;
        let (mut work, mut variation, mut chance) = (0.0, 0.0, 0.0_f64);
        let mut prediction = Self {
            ahead: Vec::new(),
            chances: Vec::new(),
            freedom: fitted.freedom,
        };
        for date in now.date.iter_days().skip(1).take(REACH) {
            let share = if is_weekend(date) {
                fitted.weekend
            } else {
                1.0
            };
            work += share;
            variation += share.max(LEAST_VARIATION);
            let variance = fitted.variance
                * (variance_of_sum(variation, fitted.lasting) + work * work * fitted.pace_variance);
            let mean = fitted.pace * work + fitted.lasting_items(variation);
            let ahead = Ahead {
                mean,
                spread: if mean > 0.0 {
                    (variance.sqrt() / mean).max(1e-6)
                } else {
                    0.0
                },
            };
            // What is done stays done: the chance does not fall from a day to the next.
            chance = chance.max(ahead.chance_of(left, fitted.freedom));
            prediction.ahead.push(ahead);
            prediction.chances.push(chance);
        }
        prediction
    }

    /// The first day, counted from now, by which the chance is at least this; `None` for later than
    /// the forecast reaches.
    pub(super) fn first_day_above(&self, chance: f64) -> Option<usize> {
        self.chances
            .iter()
            .position(|by| *by > chance)
            .map(|place| place + 1)
    }

    /// The chance by a day, counted from now.
    pub(super) fn chance_by(&self, day: usize) -> f64 {
        let last = self.chances.len().saturating_sub(1);
        day.checked_sub(1)
            .and_then(|place| self.chances.get(place.min(last)))
            .copied()
            .unwrap_or(0.0)
    }

    pub(super) fn chance_at_end(&self) -> f64 {
        self.chances.last().copied().unwrap_or(0.0)
    }

    /// Attempted items of each day to come; never more than are known today, and never fewer than
    /// the day before.
    pub(super) fn fan(&self, now: Known, days: usize) -> Vec<FanDay> {
        let tail = student_quantile(1.0 - TAIL, self.freedom);
        let mut before = FanDay {
            date: now.date,
            low: now.attempted,
            expected: now.attempted,
            high: now.attempted,
        };
        let mut fan = Vec::with_capacity(days);
        for ahead in self.ahead.iter().take(days) {
            let Some(date) = before.date.checked_add_days(Days::new(1)) else {
                break;
            };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
            let attempted = |done: f64| {
                now.attempted
                    .saturating_add(done.max(0.0) as u64)
                    .min(now.total.max(now.attempted))
            };
            before = FanDay {
                date,
                low: attempted(ahead.done_at(-tail)).max(before.low),
                expected: attempted(ahead.mean).max(before.expected),
                high: attempted(ahead.done_at(tail)).max(before.high),
            };
            fan.push(before);
        }
        fan
    }
}

/// The cube root of what is done over its mean is close to normal, as that of a gamma variable is
/// (Wilson & Hilferty 1931): never below zero, and skewed as pace is. Student's t stands for the
/// normal, since the variance is estimated.
impl Ahead {
    fn chance_of(&self, left: f64, freedom: f64) -> f64 {
        if self.mean <= 0.0 {
            return 0.0;
        }
        let (centre, width) = self.cube_root();
        student_probability_at_most((centre - (left / self.mean).cbrt()) / width, freedom)
    }

    fn done_at(&self, t: f64) -> f64 {
        let (centre, width) = self.cube_root();
        self.mean.max(0.0) * (centre + t * width).max(0.0).powi(3)
    }

    fn cube_root(&self) -> (f64, f64) {
        (1.0 - self.spread * self.spread / 9.0, self.spread / 3.0)
    }
}
