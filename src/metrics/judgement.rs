use super::FALSE_DISCOVERY_RATE;
use super::evidence::LogEValues;
use super::rows::Mailbox;
use super::tails::{probability_at_least, probability_at_most};
use crate::domain::{ExpectedRate, FailureRate, FailureSums, MAILBOXES_TO_SEE_CLUSTERS, Verdict};

/// Evidence that a rate is high, or concentrated in a few mailboxes: an ordinary rate ever reaches
/// it in at most 1 of 1,000 cases, had we its dispersion for certain.
const HIGH: Requirement = Requirement {
    evidence: 1_000.0,
    times_expected: 1.5,
};
/// Evidence that a rate is raised. That it is lower than expected needs as much.
const RAISED: Requirement = Requirement {
    evidence: 20.0,
    times_expected: 1.2,
};
/// A few failed items are never much.
const FEWEST_FAILED: u64 = 5;

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
    /// The verdict on the rate: of evidence and size, for those who look every morning.
    pub verdict: Verdict,
    /// Whether a rate that is as expected is surely above the expected one, if only slightly.
    pub is_slightly_above: bool,
}

/// What is required of a rate that is called more than expected.
#[derive(Clone, Copy)]
struct Requirement {
    /// The e-value.
    evidence: f64,
    /// How many times the expected rate, since what is sure may be too small to matter.
    times_expected: f64,
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
///
/// High and raised need evidence, size, [`MAILBOXES_TO_SEE_CLUSTERS`] and [`FEWEST_FAILED`]; of
/// what would be high if failures did not cluster, a few mailboxes are the cause.
pub(super) fn judge(sums: &FailureSums, expected: ExpectedRate) -> Judgement {
    let dispersion = sums.dispersion();
    let rate = sums.rate;
    let mut judgement = Judgement {
        rate,
        mailboxes: sums.mailboxes,
        dispersion,
        ..Judgement::default()
    };
    if rate.attempted == 0 {
        return judgement;
    }
    judgement.probability_above = Some(probability_above(rate, dispersion, expected));
    judgement.probability_below = Some(probability_below(rate, dispersion, expected));
    let evidence = evidence(rate, dispersion, expected);
    let is_surely_above = evidence.above >= RAISED.evidence.ln();
    let clusters_are_seen = sums.mailboxes >= MAILBOXES_TO_SEE_CLUSTERS;
    judgement.verdict = if clusters_are_seen && HIGH.is_met(rate, evidence, expected) {
        Verdict::High
    } else if clusters_are_seen && RAISED.is_met(rate, evidence, expected) {
        Verdict::Raised
    } else if is_plainly_high(rate, expected) {
        Verdict::Concentrated
    } else if evidence.below >= RAISED.evidence.ln() {
        Verdict::LowerThanExpected
    } else if rate.attempted < items_needed_to_judge(expected)
        || is_surely_above && !clusters_are_seen
    {
        Verdict::TooFewItems
    } else {
        Verdict::AsExpected
    };
    judgement.is_slightly_above = judgement.verdict == Verdict::AsExpected && is_surely_above;
    judgement
}

impl Requirement {
    fn is_met(self, rate: FailureRate, evidence: LogEValues, expected: ExpectedRate) -> bool {
        #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
        let times = rate.failed as f64 / (expected.fraction() * rate.attempted as f64);
        rate.failed >= FEWEST_FAILED
            && times * (1.0 + 1e-12) >= self.times_expected
            && evidence.above >= self.evidence.ln()
    }
}

/// Whether a rate would be high if failures did not cluster in mailboxes.
fn is_plainly_high(rate: FailureRate, expected: ExpectedRate) -> bool {
    HIGH.is_met(rate, evidence(rate, 1.0, expected), expected)
}

/// For and against a rate above or below the expected one, at the effective counts k/φ and n/φ.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn evidence(rate: FailureRate, dispersion: f64, expected: ExpectedRate) -> LogEValues {
    LogEValues::of(
        rate.failed as f64 / dispersion,
        rate.attempted as f64 * expected.fraction() / dispersion,
    )
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

/// Flags the mailboxes that are above expectation, so that at most 5% of the flagged are so by
/// chance (Benjamini & Hochberg 1995). Gives the number of mailboxes tested: those with attempted
/// items.
pub(super) fn flag_mailboxes(mailboxes: &mut [Mailbox], expected: ExpectedRate) -> u64 {
    let rates = mailboxes.iter().map(Mailbox::failure_rate).enumerate();
    let mut tested: Vec<(f64, usize)> = rates
        .filter_map(|(place, rate)| {
            let rate = rate.filter(|rate| rate.attempted > 0)?;
            Some((probability_above(rate, 1.0, expected), place))
        })
        .collect();
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

/// The fewest mailboxes, taken by their failures above expectation, without which the rate
/// would not be called raised if failures did not cluster; `None` where the verdict is not “concentrated”.
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
        let left = concentration.without;
        if !RAISED.is_met(left, evidence(left, 1.0, expected), expected) {
            break;
        }
    }
    Some(concentration)
}

#[cfg(test)]
mod tests;
