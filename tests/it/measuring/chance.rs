//! Tails of the binomial distribution by other roads than the program's: sums of its terms where
//! counts are whole, and the integral that defines the incomplete beta function where they are not.

use migration_monitor::domain::Verdict;

/// How near to a threshold a figure may be before rounding alone could decide.
const TOO_NEAR: f64 = 1e-7;

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

/// ln ∫ (1 + t)ᵏ e⁻ᵗᵘ e⁻ᵗ dt over t > 0, and ln ∫ sᵏ e⁽¹⁻ˢ⁾ᵘ ds over 0 < s < 1, by Simpson's rule round
/// the highest point of each.
fn log_evidence(k: f64, mean: f64) -> (f64, f64) {
    let simpson = |log_height: &dyn Fn(f64) -> f64, from: f64, to: f64, highest: f64| {
        let steps = 20_000;
        let top = log_height(highest);
        let heights = (0..=steps).map(|step| {
            let weight = match step {
                0 => 1.0,
                step if step == steps => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            let at = from + (to - from) * f64::from(step) / f64::from(steps);
            weight * (log_height(at) - top).exp()
        });
        top + (heights.sum::<f64>() * (to - from) / f64::from(steps) / 3.0).ln()
    };
    let width = 45.0 * (k + 1.0).sqrt() / (mean + 1.0);
    let highest = f64::max(0.0, k / (mean + 1.0) - 1.0);
    let above = simpson(
        &|t| k * t.ln_1p() - t * (mean + 1.0),
        f64::max(0.0, highest - width),
        highest + width,
        highest,
    );
    let width = 45.0 * (k + 1.0).sqrt() / mean;
    let highest = f64::min(1.0, k / mean);
    let power = |s: f64| if k == 0.0 { 0.0 } else { k * s.ln() };
    let below = simpson(
        &|s| power(s) + (1.0 - s) * mean,
        f64::max(0.0, highest - width),
        f64::min(1.0, highest + width),
        highest,
    );
    (above, below)
}

/// A group of mailboxes held against the expected rate.
#[derive(Debug)]
pub(super) struct Chance {
    mailboxes: usize,
    failed: u64,
    attempted: u64,
    expected: f64,
    pub(super) dispersion: f64,
    pub(super) above: f64,
    pub(super) below: f64,
    more: f64,
    plainly_more: f64,
    fewer: f64,
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
        let (k, n) = (failed as f64 / dispersion, attempted as f64 / dispersion);
        let (above, below) = if dispersion == 1.0 {
            (
                at_least(failed, attempted, expected),
                at_most(failed, attempted, expected),
            )
        } else {
            (
                incomplete_beta(expected, k, n - k + 1.0),
                1.0 - incomplete_beta(expected, k + 1.0, n - k),
            )
        };
        let (more, fewer) = log_evidence(k, n * expected);
        Some(Self {
            mailboxes: rates.iter().filter(|(_, n)| *n > 0).count(),
            failed,
            attempted,
            expected,
            dispersion,
            above,
            below,
            more,
            plainly_more: log_evidence(failed as f64, attempted as f64 * expected).0,
            fewer,
        })
    }

    /// The verdict by the rule as printed; `None` where a figure is too near to a threshold.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let times = self.failed as f64 / (self.attempted as f64 * self.expected);
        let (high, raised) = (1_000_f64.ln(), 20_f64.ln());
        let thresholds = [
            (self.more, high),
            (self.more, raised),
            (self.plainly_more, high),
            (self.fewer, raised),
            (times, 1.5),
            (times, 1.2),
        ];
        if thresholds
            .iter()
            .any(|(figure, threshold)| (figure - threshold).abs() < TOO_NEAR)
        {
            return None;
        }
        let (many, enough) = (self.mailboxes >= 10, self.failed >= 5);
        Some(match () {
            () if many && enough && self.more >= high && times >= 1.5 => Verdict::High,
            () if many && enough && self.more >= raised && times >= 1.2 => Verdict::Raised,
            () if enough && self.plainly_more >= high && times >= 1.5 => Verdict::Concentrated,
            () if self.fewer >= raised => Verdict::LowerThanExpected,
            () if !many && self.more >= raised => Verdict::TooFewItems,
            // Would no failure at all prove, at 95%, that the rate is lower?
            () if at_most(0, self.attempted, self.expected) <= 0.05 => Verdict::AsExpected,
            () => Verdict::TooFewItems,
        })
    }
}

/// Whether mailboxes with these failed items would be raised if failures did not cluster; `None`
/// where a figure is too near to a threshold.
pub(super) fn is_plainly_raised(failed: u64, attempted: u64, expected: f64) -> Option<bool> {
    if attempted == 0 {
        return Some(false);
    }
    let mean = attempted as f64 * expected;
    let (more, times) = (log_evidence(failed as f64, mean).0, failed as f64 / mean);
    let raised = 20_f64.ln();
    let is_near = (more - raised).abs() < TOO_NEAR || (times - 1.2).abs() < TOO_NEAR;
    (!is_near).then_some(failed >= 5 && more >= raised && times >= 1.2)
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
