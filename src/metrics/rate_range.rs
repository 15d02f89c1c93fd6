//! Between which bounds a failure rate lies: what a pilot says of those who are still to come.

use super::Judgement;
use crate::domain::MAILBOXES_TO_SEE_CLUSTERS;

impl Judgement {
    /// The bounds that hold the true rate in 95 of 100 cases: Wilson's interval (1927) at the counts
    /// over φ, with Student's t for the normal deviate, since φ is told by the mailboxes that there
    /// are. `None` for fewer than 10 of them, of which clustering cannot be told.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    pub fn range(&self) -> Option<(f64, f64)> {
        if self.mailboxes < MAILBOXES_TO_SEE_CLUSTERS || self.rate.attempted == 0 {
            return None;
        }
        let dispersion = self.dispersion.max(1.0);
        let n = self.rate.attempted as f64 / dispersion;
        let p = self.rate.failed as f64 / self.rate.attempted as f64;
        let t = student((self.mailboxes - 1) as f64);
        let t2 = t * t;
        let middle = (p + t2 / (2.0 * n)) / (1.0 + t2 / n);
        let half = t / (1.0 + t2 / n) * (p * (1.0 - p) / n + t2 / (4.0 * n * n)).sqrt();
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }
}

/// The 97.5th percentile of Student's t, from 9 degrees of freedom on right to 0.004: the expansion
/// of Cornish and Fisher (Abramowitz and Stegun 26.7.5).
fn student(freedom: f64) -> f64 {
    const Z: f64 = 1.959_964;
    let first = (Z.powi(3) + Z) / 4.0;
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0;
    Z + first / freedom + second / (freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureRate;

    #[test]
    fn bounds_are_those_of_the_tables() {
        // Student's t as tables print it.
        for (freedom, t) in [(9.0, 2.262), (29.0, 2.045), (1_000.0, 1.962)] {
            assert!((student(freedom) - t).abs() < 0.004, "{freedom}");
        }
        let judgement = |mailboxes, failed, dispersion| Judgement {
            rate: FailureRate {
                failed,
                attempted: 100_000,
            },
            mailboxes,
            dispersion,
            ..Judgement::default()
        };
        assert_eq!(judgement(9, 10, 1.0).range(), None);
        // By hand, with statsmodels' proportion_confint(10, 100_000, method="wilson") for many
        // mailboxes: 0.0000543 to 0.000184.
        let (least, most) = judgement(1_000_000, 10, 1.0).range().unwrap();
        assert!((least - 0.000_054_3).abs() < 1e-6 && (most - 0.000_184_1).abs() < 1e-6);
        // Clustered failures tell less, and so does none at all of few.
        let (lower, higher) = judgement(1_000_000, 10, 4.0).range().unwrap();
        assert!(lower < least && higher > most);
        assert_eq!(judgement(50, 0, 1.0).range().unwrap().0, 0.0);
    }
}
