use serde::{Deserialize, Serialize};

/// Failed items of attempted items. Attempted = synchronised + failed.
///
/// ```
/// let rate = FailureRate { failed: 3, attempted: 12_000 };
/// assert_eq!(rate.fraction(), Some(0.00025));
/// ```
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

/// The baseline: the fraction of attempted items that fails in an ordinary migration, with at most
/// 12 decimals.
///
/// ```
/// let expected = ExpectedRate::try_from(0.0001)?; // 1 in 10,000
/// assert!(ExpectedRate::try_from(1.0).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct ExpectedRate(f64);

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
        self.0
    }

    /// The attempted items of which failures are counted, so many that this rate is a figure from 1
    /// to 10: 10,000 at 0.01%.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 10 to 10^12
    pub fn counted_in(self) -> u64 {
        10_f64.powf((-self.0.log10() - 1e-9).ceil()).round() as u64
    }
}

impl TryFrom<f64> for ExpectedRate {
    type Error = InvalidExpectedRate;

    fn try_from(fraction: f64) -> Result<Self, Self::Error> {
        // The shortest decimal that reads back as this number is the one the person wrote.
        let decimals = format!("{fraction}").len().saturating_sub("0.".len());
        if fraction > 0.0 && fraction < 1.0 && decimals <= 12 {
            Ok(Self(fraction))
        } else {
            Err(InvalidExpectedRate)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_rate_is_a_fraction() {
        for wrong in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY, 1e-13] {
            assert!(ExpectedRate::try_from(wrong).is_err(), "{wrong}");
        }
        assert!(ExpectedRate::try_from(1e-7).is_ok());
    }

    #[test]
    fn failures_are_counted_in_so_many_items_that_the_rate_is_a_figure() {
        for (rate, items) in [
            (0.0001, 10_000),
            (0.0003, 10_000),
            (0.001, 1_000),
            (0.5, 10),
            (1e-12, 1_000_000_000_000),
        ] {
            assert_eq!(
                ExpectedRate::try_from(rate).unwrap().counted_in(),
                items,
                "{rate}"
            );
        }
    }

    #[test]
    fn nothing_attempted_has_no_rate() {
        assert_eq!(FailureRate::default().fraction(), None);
    }
}
