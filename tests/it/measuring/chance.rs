//! Tails of the binomial distribution by other roads than the program's: sums of its terms where
//! counts are whole, and the integral that defines the incomplete beta function where they are not.

use migration_monitor::domain::Verdict;

/// How near to a threshold a probability may be before rounding alone could decide.
const TOO_NEAR: f64 = 1e-9;

/// Σ P(X = j) for j from `from` to `to`, with X ~ Binomial(n, p). Each term is the one before it
/// times a ratio.
fn sum_of_terms(from: u64, to: u64, n: u64, p: f64) -> f64 {
    let mut log_term = n as f64 * (-p).ln_1p();
    let mut sum = 0.0;
    for j in 0..=to {
        if j > 0 {
            log_term += ((n - j + 1) as f64 / j as f64).ln() + p.ln() - (-p).ln_1p();
        }
        if j >= from {
            let term = log_term.exp();
            sum += term;
            // Beyond the mean, terms fall faster than a geometric series.
            if j as f64 > 2.0 * n as f64 * p + 10.0 && term < 1e-18 * sum {
                break;
            }
        }
    }
    sum
}

/// P(X ≥ k).
pub(super) fn at_least(k: u64, n: u64, p: f64) -> f64 {
    sum_of_terms(k, n, n, p)
}

/// P(X ≤ k).
pub(super) fn at_most(k: u64, n: u64, p: f64) -> f64 {
    sum_of_terms(0, k, n, p)
}

/// I(p; a, b): the part below p of the integral of tᵃ⁻¹(1 − t)ᵇ⁻¹ from 0 to 1, by Simpson's rule
/// over s = ln(p / t).
pub(super) fn incomplete_beta(p: f64, a: f64, b: f64) -> f64 {
    let log_height = |s: f64| {
        if s <= p.ln() {
            f64::NEG_INFINITY
        } else {
            -a * s + (b - 1.0) * (-p * (-s).exp()).ln_1p()
        }
    };
    let steps = 20_000;
    // Beyond the highest point the height falls like exp(−a s), and near it like exp(−a s² / 2).
    let far = f64::max(0.0, (b * p / a).ln()) + 45.0 / a + 12.0 / a.sqrt();
    let points = |from: f64, to: f64| {
        (0..=steps).map(move |step| from + (to - from) * f64::from(step) / f64::from(steps))
    };
    let highest = points(p.ln(), 0.0)
        .chain(points(0.0, far))
        .map(log_height)
        .fold(f64::NEG_INFINITY, f64::max);
    let integral = |from: f64, to: f64| {
        let weight = |step: usize| match step {
            0 => 1.0,
            step if step == steps as usize => 1.0,
            step if step % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let heights = points(from, to)
            .enumerate()
            .map(|(step, s)| weight(step) * (log_height(s) - highest).exp());
        heights.sum::<f64>() * (to - from) / f64::from(steps) / 3.0
    };
    let (below, above) = (integral(0.0, far), integral(p.ln(), 0.0));
    below / (below + above)
}

/// A group of mailboxes held against the expected rate.
#[derive(Debug)]
pub(super) struct Chance {
    pub(super) dispersion: f64,
    pub(super) above: f64,
    pub(super) below: f64,
    plainly_above: f64,
    attempted: u64,
    expected: f64,
}

impl Chance {
    /// Of mailboxes with failed of attempted items; `None` where nothing was attempted.
    pub(super) fn of(rates: &[(u64, u64)], expected: f64) -> Option<Self> {
        let (mut failed, mut attempted) = (0, 0);
        for (k, n) in rates {
            failed += k;
            attempted += n;
        }
        if attempted == 0 {
            return None;
        }
        let dispersion = dispersion(rates, failed, attempted);
        let plainly_above = at_least(failed, attempted, expected);
        let (above, below) = if dispersion == 1.0 {
            (plainly_above, at_most(failed, attempted, expected))
        } else {
            let (k, n) = (failed as f64 / dispersion, attempted as f64 / dispersion);
            (
                incomplete_beta(expected, k, n - k + 1.0),
                1.0 - incomplete_beta(expected, k + 1.0, n - k),
            )
        };
        Some(Self {
            dispersion,
            above,
            below,
            plainly_above,
            attempted,
            expected,
        })
    }

    /// The verdict by the rule as printed; `None` where a probability is too near to a threshold.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let thresholds = [
            (self.above, 0.001),
            (self.above, 0.025),
            (self.plainly_above, 0.001),
            (self.below, 0.025),
        ];
        if thresholds
            .iter()
            .any(|(probability, threshold)| (probability - threshold).abs() < TOO_NEAR)
        {
            return None;
        }
        Some(match () {
            () if self.above <= 0.001 => Verdict::High,
            () if self.above <= 0.025 => Verdict::Raised,
            () if self.plainly_above <= 0.001 => Verdict::Concentrated,
            () if self.below <= 0.025 => Verdict::LowerThanExpected,
            // Would no failure at all prove, at 95%, that the rate is lower?
            () if at_most(0, self.attempted, self.expected) <= 0.05 => Verdict::AsExpected,
            () => Verdict::TooFewItems,
        })
    }
}

/// φ in two passes: first the rate of all, then the squares of the distances from it.
fn dispersion(rates: &[(u64, u64)], failed: u64, attempted: u64) -> f64 {
    let mailboxes = rates.len() as f64;
    if rates.len() < 10 || failed == 0 {
        return 1.0;
    }
    let rate = failed as f64 / attempted as f64;
    let mut squares = 0.0;
    for (k, n) in rates {
        squares += (*k as f64 - rate * *n as f64).powi(2);
    }
    f64::max(1.0, mailboxes / (mailboxes - 1.0) * squares / failed as f64)
}
