use super::FALSE_DISCOVERY_RATE;
use super::rows::Mailbox;
use super::tails::{probability_at_least, probability_at_most};
use crate::domain::{ExpectedRate, FailureRate, Verdict};

/// A rate is high where chance alone would give it at most this often.
const HIGH: f64 = 0.001;
/// A rate is raised, or lower than expected, where chance alone would give it at most this often.
const UNUSUAL: f64 = 0.025;
/// The fewest mailboxes from which clustering can be told.
const MAILBOXES_TO_SEE_CLUSTERS: u64 = 10;

/// A failure rate held against the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Judgement {
    /// Failed of attempted items, of the mailboxes that report both.
    pub rate: FailureRate,
    /// Mailboxes with attempted items.
    pub mailboxes: u64,
    /// φ, at least 1.
    pub dispersion: f64,
    /// P(X ≥ failed) at the expected rate, with φ; `None` where nothing was attempted.
    pub probability_above: Option<f64>,
    /// P(X ≤ failed) at the expected rate, with φ; `None` where nothing was attempted.
    pub probability_below: Option<f64>,
    /// The verdict that follows from these figures.
    pub verdict: Verdict,
}

/// Sums over the mailboxes of a group with attempted items, kᵢ failed of nᵢ attempted each.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    /// How many mailboxes.
    pub(super) mailboxes: u64,
    /// Σ kᵢ and Σ nᵢ.
    pub(super) rate: FailureRate,
    /// Σ kᵢ²
    pub(super) failed_squared: f64,
    /// Σ kᵢ nᵢ
    pub(super) failed_by_attempted: f64,
    /// Σ nᵢ²
    pub(super) attempted_squared: f64,
}

impl Sums {
    /// Adds a mailbox; one without attempted items says nothing.
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    pub(super) fn add(&mut self, rate: FailureRate) {
        if rate.attempted == 0 {
            return;
        }
        let (failed, attempted) = (rate.failed as f64, rate.attempted as f64);
        self.mailboxes += 1;
        self.rate.failed += rate.failed;
        self.rate.attempted += rate.attempted;
        self.failed_squared += failed * failed;
        self.failed_by_attempted += failed * attempted;
        self.attempted_squared += attempted * attempted;
    }

    /// φ = max(1, m/(m−1) · Σ(kᵢ − p̂ nᵢ)² / k) with p̂ = k/n: the cluster-robust variance of a
    /// ratio over its mailboxes, over the binomial one (ratio estimator: Cochran 1977, chapter 6).
    /// 1 for fewer than 10 mailboxes and for no failures.
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    fn dispersion(&self) -> f64 {
        if self.mailboxes < MAILBOXES_TO_SEE_CLUSTERS || self.rate.failed == 0 {
            return 1.0;
        }
        let p = self.rate.failed as f64 / self.rate.attempted as f64;
        let squares = self.failed_squared - 2.0 * p * self.failed_by_attempted
            + p * p * self.attempted_squared;
        let m = self.mailboxes as f64;
        (m / (m - 1.0) * squares / self.rate.failed as f64).max(1.0)
    }
}

/// The items of which no failure at all would prove, at 95%, that the rate is lower than expected;
/// fewer are too few to judge. 29,956 at 0.01%.
#[must_use]
pub fn items_needed_to_judge(expected: ExpectedRate) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positive, and at most 3e12
    let items = (0.05_f64.ln() / (-expected.fraction()).ln_1p()).ceil() as u64;
    items
}

/// Judges a group of mailboxes.
pub(super) fn judge(sums: &Sums, expected: ExpectedRate) -> Judgement {
    let dispersion = sums.dispersion();
    let rate = sums.rate;
    let mut judgement = Judgement {
        rate,
        mailboxes: sums.mailboxes,
        dispersion,
        probability_above: None,
        probability_below: None,
        verdict: Verdict::TooFewItems,
    };
    if rate.attempted == 0 {
        return judgement;
    }
    let above = probability_above(rate, dispersion, expected);
    let below = probability_below(rate, dispersion, expected);
    let is_plainly_above = dispersion > 1.0 && probability_above(rate, 1.0, expected) <= HIGH;
    let needed = items_needed_to_judge(expected);
    judgement.probability_above = Some(above);
    judgement.probability_below = Some(below);
    judgement.verdict = verdict(above, is_plainly_above, below, rate.attempted, needed);
    judgement
}

/// The verdict of both probabilities; `is_plainly_above` where the rate would be high if failures did
/// not cluster.
fn verdict(above: f64, is_plainly_above: bool, below: f64, attempted: u64, needed: u64) -> Verdict {
    if above <= HIGH {
        Verdict::High
    } else if above <= UNUSUAL {
        Verdict::Raised
    } else if is_plainly_above {
        Verdict::Concentrated
    } else if below <= UNUSUAL {
        Verdict::LowerThanExpected
    } else if attempted >= needed {
        Verdict::AsExpected
    } else {
        Verdict::TooFewItems
    }
}

/// P(X ≥ k) at the effective counts k/φ and n/φ.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn probability_above(rate: FailureRate, dispersion: f64, expected: ExpectedRate) -> f64 {
    probability_at_least(
        rate.failed as f64 / dispersion,
        rate.attempted as f64 / dispersion,
        expected.fraction(),
    )
}

/// P(X ≤ k) at the effective counts k/φ and n/φ.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn probability_below(rate: FailureRate, dispersion: f64, expected: ExpectedRate) -> f64 {
    probability_at_most(
        rate.failed as f64 / dispersion,
        rate.attempted as f64 / dispersion,
        expected.fraction(),
    )
}

/// Judges each mailbox by itself and flags those above expectation, so that at most 5% of the
/// flagged are so by chance (Benjamini & Hochberg 1995). Gives the number of mailboxes tested:
/// those with attempted items.
pub(super) fn judge_mailboxes(mailboxes: &mut [Mailbox], expected: ExpectedRate) -> u64 {
    let mut tested: Vec<(f64, usize)> = Vec::new();
    let needed = items_needed_to_judge(expected);
    for (place, mailbox) in mailboxes.iter_mut().enumerate() {
        let Some(rate) = mailbox.failure_rate().filter(|rate| rate.attempted > 0) else {
            continue;
        };
        let above = probability_above(rate, 1.0, expected);
        // P(X ≤ k) is at least 1 − P(X ≥ k): nearly always that says enough.
        let below = if above < 1.0 - UNUSUAL {
            1.0
        } else {
            probability_below(rate, 1.0, expected)
        };
        tested.push((above, place));
        mailbox.verdict = verdict(above, false, below, rate.attempted, needed);
    }
    tested.sort_by(|a, b| a.0.total_cmp(&b.0));
    #[allow(clippy::cast_precision_loss)]
    let threshold = |rank: usize| FALSE_DISCOVERY_RATE * (rank + 1) as f64 / tested.len() as f64;
    let last = tested
        .iter()
        .enumerate()
        .rposition(|(rank, (probability, _))| *probability <= threshold(rank));
    for (_, place) in tested.iter().take(last.map_or(0, |last| last + 1)) {
        if let Some(mailbox) = mailboxes.get_mut(*place) {
            mailbox.is_flagged = true;
        }
    }
    tested.len() as u64
}

/// A few mailboxes that make the rate of all high.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concentration {
    /// Their places in the list of mailboxes, the one with most failures above expectation first.
    pub places: Vec<usize>,
    /// Failed of attempted items without them.
    pub without: FailureRate,
}

/// The fewest mailboxes, taken by their failures above expectation, without which the plain rule
/// finds nothing high or raised; `None` where the verdict is not “concentrated”.
pub(super) fn concentration(
    mailboxes: &[Mailbox],
    judgement: &Judgement,
    expected: ExpectedRate,
) -> Option<Concentration> {
    if judgement.verdict != Verdict::Concentrated {
        return None;
    }
    #[allow(clippy::cast_precision_loss)]
    let excess =
        |rate: FailureRate| rate.failed as f64 - expected.fraction() * rate.attempted as f64;
    let mut rates: Vec<(usize, FailureRate)> = mailboxes
        .iter()
        .enumerate()
        .filter_map(|(place, mailbox)| Some((place, mailbox.failure_rate()?)))
        .collect();
    rates.sort_by(|a, b| excess(b.1).total_cmp(&excess(a.1)).then(a.0.cmp(&b.0)));
    let mut concentration = Concentration {
        places: Vec::new(),
        without: judgement.rate,
    };
    for (place, rate) in rates {
        concentration.places.push(place);
        concentration.without = concentration.without.without(rate);
        if probability_above(concentration.without, 1.0, expected) > UNUSUAL {
            break;
        }
    }
    Some(concentration)
}

#[cfg(test)]
mod tests;
