use serde::{Deserialize, Serialize};

use super::tails::probability_at_most;
use crate::domain::{ExpectedRate, FailureRate};

/// How often chance alone puts a rate beyond an outer limit, on each side: 99.8% are within both.
const OUTER: f64 = 0.001;
/// How often beyond an inner limit: 95% are within both.
const INNER: f64 = 0.025;

/// The limits of a funnel plot at so many attempted items: rates, as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
pub struct FunnelLimits {
    /// How many items were attempted where these limits hold.
    pub attempted: u64,
    /// Below it chance alone would put 1 in 1,000.
    pub lower_outer: f64,
    /// Below it chance alone would put 1 in 40.
    pub lower_inner: f64,
    /// Above it chance alone would put 1 in 40.
    pub upper_inner: f64,
    /// Above it chance alone would put 1 in 1,000.
    pub upper_outer: f64,
}

/// The limits that hold 95% and 99.8% of rates of `attempted` items, above 0, where the expected
/// rate is the true one: exact binomial ones, between whole numbers interpolated (Spiegelhalter
/// 2005, appendix A.1.1).
#[must_use]
pub fn funnel_limits(attempted: u64, expected: ExpectedRate) -> FunnelLimits {
    let limit = |probability| limit(probability, attempted, expected.fraction());
    FunnelLimits {
        attempted,
        lower_outer: limit(OUTER),
        lower_inner: limit(INNER),
        upper_inner: limit(1.0 - INNER),
        upper_outer: limit(1.0 - OUTER),
    }
}

/// Whether a rate is beyond an outer limit, and on which side: by the limits that are drawn, so that
/// a point is marked where it is seen outside. `None` within them, and on one of them.
#[must_use]
pub fn beyond_the_funnel(rate: FailureRate, expected: ExpectedRate) -> Option<super::Side> {
    let fraction = rate.fraction()?;
    let limits = funnel_limits(rate.attempted, expected);
    if fraction > limits.upper_outer {
        Some(super::Side::Above)
    } else if fraction < limits.lower_outer {
        Some(super::Side::Below)
    } else {
        None
    }
}

/// The rate below which chance puts a rate with `probability`.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn limit(probability: f64, attempted: u64, p: f64) -> f64 {
    let n = attempted as f64;
    let at_most = |failed: u64| probability_at_most(failed as f64, n, p);
    // The smallest r with P(X ≤ r) > probability, between nothing and all.
    let (mut low, mut high) = (0_u64, attempted);
    while low < high {
        let middle = low + (high - low) / 2;
        if at_most(middle) > probability {
            high = middle
        } else {
            low = middle + 1
        }
    }
    let at = at_most(low);
    let before = low.checked_sub(1).map_or(0.0, at_most);
    let beyond = if at > before {
        (at - probability) / (at - before)
    } else {
        0.0
    };
    ((low as f64 - beyond) / n).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> ExpectedRate {
        ExpectedRate::try_from(0.0001).unwrap()
    }

    /// By another road: terms of the distribution added up one by one, in Python's decimals of 50
    /// figures.
    #[test]
    fn limits_are_those_of_the_binomial_distribution() {
        for (attempted, lower_outer, lower_inner, upper_inner, upper_outer) in REFERENCE {
            let limits = funnel_limits(attempted, expected());
            let is_near =
                |one: f64, other: f64| (one - other).abs() <= 1e-9 * other.abs().max(1e-6);
            assert!(
                is_near(limits.lower_outer, lower_outer)
                    && is_near(limits.lower_inner, lower_inner),
                "{limits:?}"
            );
            assert!(
                is_near(limits.upper_inner, upper_inner)
                    && is_near(limits.upper_outer, upper_outer),
                "{limits:?}"
            );
        }
    }

    #[allow(clippy::excessive_precision)]
    const REFERENCE: [(u64, f64, f64, f64, f64); 5] = [
        (
            1_000,
            0.0,
            0.0,
            7.753927850134017e-04,
            1.812903834894698e-03,
        ),
        (
            30_000,
            0.0,
            0.0,
            2.131183065354311e-04,
            3.041862254792387e-04,
        ),
        (
            412_345,
            5.417531059189514e-05,
            6.938572540430513e-05,
            1.304589402002645e-04,
            1.502267316517389e-04,
        ),
        (
            5_000_000,
            8.636841954896206e-05,
            9.123019329629591e-05,
            1.087594916654982e-04,
            1.139999011862344e-04,
        ),
        (
            41_200_000,
            9.520832559849038e-05,
            9.694600433743868e-05,
            1.030527199002147e-04,
            1.048365321581474e-04,
        ),
    ];

    #[test]
    fn the_funnel_narrows_round_the_expected_rate() {
        let widths: Vec<f64> = [1_000, 30_000, 1_000_000, 1_000_000_000]
            .into_iter()
            .map(|attempted| {
                let limits = funnel_limits(attempted, expected());
                assert!(
                    limits.lower_outer <= limits.lower_inner && limits.lower_inner <= 0.0001,
                    "{limits:?}"
                );
                assert!(
                    limits.upper_outer >= limits.upper_inner && limits.upper_inner >= 0.0001,
                    "{limits:?}"
                );
                limits.upper_outer - limits.lower_outer
            })
            .collect();
        assert!(
            widths.is_sorted_by(|wide, narrow| wide > narrow),
            "{widths:?}"
        );
    }

    /// Whatever is marked stands outside the lines, and nothing else does.
    #[test]
    fn a_point_is_marked_where_it_is_drawn_outside() {
        for attempted in [900, 10_000, 41_234, 100_000, 5_000_000] {
            let limits = funnel_limits(attempted, expected());
            let about = (attempted as f64 * 0.0001) as u64;
            for failed in about.saturating_sub(90)..about + 90 {
                let rate = FailureRate { failed, attempted };
                let fraction = failed as f64 / attempted as f64;
                let is_outside = fraction > limits.upper_outer || fraction < limits.lower_outer;
                assert_eq!(
                    beyond_the_funnel(rate, expected()).is_some(),
                    is_outside,
                    "{rate:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_beyond_has_a_side() {
        let beyond =
            |failed, attempted| beyond_the_funnel(FailureRate { failed, attempted }, expected());
        assert_eq!(
            [
                beyond(22, 100_000),
                beyond(20, 100_000),
                beyond(10, 100_000),
                beyond(60, 1_000_000),
                beyond(0, 0)
            ],
            [
                Some(super::super::Side::Above),
                None,
                None,
                Some(super::super::Side::Below),
                None
            ]
        );
    }
}
