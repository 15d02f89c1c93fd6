//! The limits of each day, and the rules that its point breaks or is part of.

use chrono::NaiveDate;

use super::{ChartDay, RUN, Side, Signals, can_tell, counts_for_rules};
use crate::domain::FailureRate;
use crate::metrics::tails::probability_at_least;

/// Fewer failed items expected of a day have limits by the binomial itself (Benneyan 2001).
pub(super) const ITEMS_FOR_NORMAL_LIMITS: f64 = 5.0;
/// How often chance is above three standard deviations.
pub(super) const BEYOND_THREE_SIGMA: f64 = 0.00135;

/// A point with where its outer thirds begin.
pub(super) struct Limited {
    pub(super) point: ChartDay,
    near_lower: f64,
    near_upper: f64,
}

#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
pub(super) fn limited(
    date: NaiveDate,
    rate: FailureRate,
    fraction: f64,
    target: f64,
    sigma_z: f64,
) -> Limited {
    let attempted = rate.attempted as f64;
    let spread = 3.0 * sigma_z * (target * (1.0 - target) / attempted).sqrt();
    let mut upper = target + spread;
    if attempted * target < ITEMS_FOR_NORMAL_LIMITS {
        upper = upper.max(count_chance_exceeds_rarely(attempted, target) / attempted);
    }
    let near_upper = target + (upper - target) * 2.0 / 3.0;
    let near_lower = target - spread * 2.0 / 3.0;
    let (lower, upper) = ((target - spread).max(0.0), upper.min(1.0));
    let outside = if fraction > upper {
        Some(Side::Above)
    } else if fraction < lower {
        Some(Side::Below)
    } else {
        None
    };
    let signals = Signals {
        outside,
        ..Signals::default()
    };
    Limited {
        point: ChartDay {
            date,
            rate,
            fraction,
            lower,
            upper,
            signals,
            can_tell: can_tell(rate.attempted, target),
        },
        near_lower,
        near_upper,
    }
}

/// The least count that chance exceeds at most 135 times in 100,000.
fn count_chance_exceeds_rarely(attempted: f64, target: f64) -> f64 {
    let mut count = 0.0;
    while count < attempted
        && probability_at_least(count + 1.0, attempted, target) > BEYOND_THREE_SIGMA
    {
        count += 1.0;
    }
    count
}

/// Marks the rules on points in a row, among the days that are large enough for them.
pub(super) fn mark_rules(points: &mut [Limited], target: f64) {
    let counting: Vec<usize> = points
        .iter()
        .enumerate()
        .filter(|(_, limited)| counts_for_rules(limited.point.rate, target))
        .map(|(place, _)| place)
        .collect();
    let seen: Vec<(f64, Option<Side>, bool)> = counting
        .iter()
        .filter_map(|place| points.get(*place))
        .map(|limited| {
            let point = limited.point;
            let is_near = point.signals.outside.is_none()
                && (point.fraction > limited.near_upper || point.fraction < limited.near_lower);
            (point.fraction, side_of(point.fraction, target), is_near)
        })
        .collect();
    let mut mark = |places: &[usize], change: &dyn Fn(&mut Signals)| {
        for place in places {
            if let Some(limited) = points.get_mut(*place) {
                change(&mut limited.point.signals);
            }
        }
    };
    for (places, window) in counting.windows(RUN).zip(seen.windows(RUN)) {
        let side = common(window.iter().map(|(_, side, _)| *side));
        if side.is_some() {
            mark(places, &|signals| signals.run = side);
        }
        let steps = window
            .iter()
            .zip(window.iter().skip(1))
            .map(|((one, ..), (next, ..))| side_of(*next, *one));
        let direction = common(steps);
        if direction.is_some() {
            mark(places, &|signals| signals.trend = direction);
        }
    }
    for (places, window) in counting.windows(3).zip(seen.windows(3)) {
        let side = common(window.iter().map(|(_, side, _)| *side));
        let near: Vec<usize> = places
            .iter()
            .zip(window)
            .filter(|(_, (.., is_near))| *is_near)
            .map(|(place, _)| *place)
            .collect();
        if side.is_some() && near.len() >= 2 {
            mark(&near, &|signals| signals.near_limit = side);
        }
    }
}

fn side_of(value: f64, line: f64) -> Option<Side> {
    match value.partial_cmp(&line)? {
        std::cmp::Ordering::Greater => Some(Side::Above),
        std::cmp::Ordering::Less => Some(Side::Below),
        std::cmp::Ordering::Equal => None,
    }
}

/// The side that all have; `None` where they differ or one has none.
fn common(mut sides: impl Iterator<Item = Option<Side>>) -> Option<Side> {
    let first = sides.next()??;
    sides.all(|side| side == Some(first)).then_some(first)
}
