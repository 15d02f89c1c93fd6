use serde::{Deserialize, Serialize};

/// Failed items of attempted items. Attempted = synchronised + failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub struct FailureRate {
    /// Items that did not migrate.
    pub failed: u64,
    /// Items the tool tried to migrate; at least `failed`.
    pub attempted: u64,
}

impl FailureRate {
    /// The rate as a fraction; `None` where nothing was attempted.
    #[must_use]
    pub fn fraction(self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss)] // counts of items stay far below 2^53
        (self.attempted > 0).then(|| self.failed as f64 / self.attempted as f64)
    }

    /// Whether the rate is above `expected`, compared in whole numbers: a rate that rounds to the
    /// expected one is not above it by accident of a decimal.
    #[must_use]
    pub fn is_above(self, expected: ExpectedRate) -> bool {
        u128::from(self.failed) * u128::from(expected.denominator)
            > u128::from(self.attempted) * u128::from(expected.numerator)
    }

    /// This group without `part` of it.
    #[must_use]
    pub fn without(self, part: Self) -> Self {
        Self {
            failed: self.failed.saturating_sub(part.failed),
            attempted: self.attempted.saturating_sub(part.attempted),
        }
    }
}

impl std::ops::Add for FailureRate {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            failed: self.failed + other.failed,
            attempted: self.attempted + other.attempted,
        }
    }
}

impl std::iter::Sum for FailureRate {
    fn sum<I: Iterator<Item = Self>>(rates: I) -> Self {
        rates.fold(Self::default(), std::ops::Add::add)
    }
}

/// The baseline: the fraction of attempted items that fails in an ordinary migration, as an exact
/// fraction of the decimal that a settings file states.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct ExpectedRate {
    fraction: f64,
    numerator: u64,
    denominator: u64,
}

/// Why a number is not an expected rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the expected failure rate is a fraction between 0 and 1 with at most 12 decimals: 0.0001 is \
     0.01%"
)]
pub struct InvalidExpectedRate;

impl ExpectedRate {
    /// The rate as a fraction, above 0 and below 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.fraction
    }
}

impl TryFrom<f64> for ExpectedRate {
    type Error = InvalidExpectedRate;

    fn try_from(fraction: f64) -> Result<Self, Self::Error> {
        if !(fraction > 0.0 && fraction < 1.0) {
            return Err(InvalidExpectedRate);
        }
        // The shortest decimal that reads back as this number is the one the person wrote.
        let decimal = format!("{fraction}");
        let digits = decimal.strip_prefix("0.").ok_or(InvalidExpectedRate)?;
        let places = u32::try_from(digits.len())
            .ok()
            .filter(|&places| places <= 12)
            .ok_or(InvalidExpectedRate)?;
        let numerator = digits.parse().map_err(|_| InvalidExpectedRate)?;
        Ok(Self {
            fraction,
            numerator,
            denominator: 10_u64.pow(places),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_expected_rate_is_not_above_it() {
        let expected = ExpectedRate::try_from(0.0001).unwrap();
        assert!(
            !FailureRate {
                failed: 3,
                attempted: 30_000
            }
            .is_above(expected)
        );
        assert!(
            FailureRate {
                failed: 3,
                attempted: 29_999
            }
            .is_above(expected)
        );
        assert!(
            !FailureRate {
                failed: 0,
                attempted: 0
            }
            .is_above(expected)
        );
    }

    #[test]
    fn an_expected_rate_is_a_fraction() {
        for wrong in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY, 1e-13] {
            assert!(ExpectedRate::try_from(wrong).is_err(), "{wrong}");
        }
        assert!(ExpectedRate::try_from(1e-7).is_ok());
    }

    #[test]
    fn nothing_attempted_has_no_rate() {
        assert_eq!(FailureRate::default().fraction(), None);
    }
}
