//! The verdict on failures in words: how many, whether that is normal, and by which rule.

use super::wording::{
    NAMED, expected_one_in, first_of, large_count, one_in, ordinal, quoted, share, user,
};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{ExpectedRate, FailureRate, Verdict};
use crate::metrics::OrganisationMetrics;

/// What the sentences of a verdict are made of.
struct Words {
    verdict: Verdict,
    is_slightly_above: bool,
    rate: FailureRate,
    /// “1 in 10,000”
    expected: String,
    /// “ They are in 134 of the 250 mailboxes.”, or nothing.
    spread: String,
    /// Which mailboxes failures are concentrated in, and what remains without them.
    concentration: String,
    /// “ This is the 3rd report in a row to say so.”, or nothing where it is new.
    lasts: String,
}

impl Words {
    fn of(metrics: &OrganisationMetrics, expected: ExpectedRate) -> Self {
        let judgement = metrics.whole.judgement;
        Self {
            verdict: judgement.verdict,
            is_slightly_above: judgement.is_slightly_above,
            rate: judgement.rate,
            expected: expected_one_in(expected),
            spread: spread(metrics),
            concentration: concentration(metrics, expected),
            lasts: lasts(metrics.whole.judgement.verdict, metrics.verdict_lasts)
                .map_or_else(String::new, |lasts| {
                    format!(" This is the {lasts} report in a row to say so.")
                }),
        }
    }

    /// In one or two sentences.
    fn in_brief(&self) -> String {
        let Self {
            rate,
            expected,
            spread,
            lasts,
            ..
        } = self;
        let figures = if rate.failed == 0 {
            format!(
                "none of {} items, where about {expected} is normal",
                large_count(rate.attempted)
            )
        } else {
            format!("{} items, where about {expected} is normal", one_in(*rate))
        };
        match self.verdict {
            _ if rate.attempted == 0 => {
                "Nothing has been copied yet, or the export does not say how much.".to_owned()
            }
            Verdict::High => {
                format!(
                    "Failures are well above what is expected: {figures}. Fewer {BY_CHANCE} \
                     that.{lasts}{spread}"
                )
            }
            Verdict::Raised => {
                format!("Failures are somewhat above what is expected: {figures}.{lasts}{spread}")
            }
            Verdict::Concentrated => format!("{}{lasts}", self.concentration),
            Verdict::LowerThanExpected => format!("Failures are fewer than expected: {figures}."),
            Verdict::AsExpected if self.is_slightly_above => {
                format!("Failures are slightly above what is expected: {figures}. {NO_CONCERN}")
            }
            Verdict::AsExpected => format!("Failures are as expected: {figures}."),
            Verdict::TooFewItems => format!(
                "{} of {} failed: too few to tell whether that is normal.",
                match rate.failed {
                    0 => "None".to_owned(),
                    failed => count(failed),
                },
                count_of(rate.attempted, "item")
            ),
        }
    }

    /// First how many failed, then whether that is normal, where the label does not say it. For how
    /// long it has been so, the label says.
    fn in_full(&self) -> Vec<String> {
        let Self {
            rate,
            expected,
            spread,
            ..
        } = self;
        if rate.attempted == 0 || self.verdict == Verdict::TooFewItems {
            return vec![self.in_brief()];
        }
        let attempted = large_count(rate.attempted);
        let counted = match rate.failed {
            0 => format!(
                "All {attempted} items that were tried were copied, where about {expected} \
                 normally fails."
            ),
            failed => {
                let one_in = one_in(*rate);
                let counted = format!(
                    "{} of {attempted} items could not be copied: {one_in}",
                    count(failed)
                );
                match self.verdict {
                    // The label says that this is so, and a box what would be normal.
                    Verdict::AsExpected if !self.is_slightly_above => counted + ".",
                    _ => format!("{counted}, where about {expected} is normal."),
                }
            }
        };
        let normal = match self.verdict {
            Verdict::High => Some(format!(
                "That is well above what is expected: fewer {BY_CHANCE} it.{spread}"
            )),
            Verdict::Raised => Some(format!("That is somewhat above what is expected.{spread}")),
            Verdict::Concentrated => Some(self.concentration.clone()),
            Verdict::AsExpected if self.is_slightly_above => Some(format!(
                "That is slightly above what is expected. {NO_CONCERN}"
            )),
            Verdict::LowerThanExpected | Verdict::AsExpected | Verdict::TooFewItems => None,
        };
        std::iter::once(counted).chain(normal).collect()
    }
}

/// As the simulation of forty mornings has it: `docs/statistics.md`.
const BY_CHANCE: &str = "than 1 in 100 organisations ever see";
const NO_CONCERN: &str = "The difference is too small to matter.";

/// For the how-manieth report in a row the verdict is one that people act on: “3rd”; `None` where it
/// is new, or nobody has to.
fn lasts(verdict: Verdict, mornings: u64) -> Option<String> {
    let is_acted_on = matches!(
        verdict,
        Verdict::High | Verdict::Raised | Verdict::Concentrated
    );
    (is_acted_on && mornings > 1).then(|| ordinal(mornings))
}

/// What follows a verdict that lasts: “ for the 3rd morning”.
pub(super) fn for_how_long(verdict: Verdict, mornings: u64) -> String {
    lasts(verdict, mornings).map_or_else(String::new, |lasts| format!(" for the {lasts} morning"))
}

/// The verdict on the organisation in one or two sentences.
pub(super) fn verdict(metrics: &OrganisationMetrics, expected: ExpectedRate) -> String {
    Words::of(metrics, expected).in_brief()
}

/// The same for a report on failed items: first how many failed, then whether that is normal.
pub(super) fn failures(metrics: &OrganisationMetrics, expected: ExpectedRate) -> Vec<String> {
    Words::of(metrics, expected).in_full()
}

/// Over how many mailboxes failures are spread, as a sentence to follow another.
fn spread(metrics: &OrganisationMetrics) -> String {
    let all = metrics.mailboxes.len();
    let failed = metrics
        .mailboxes
        .iter()
        .filter(|one| one.items_failed > Some(0));
    match failed.count() {
        some if some > 1 => format!(
            " They are in {} of the {} mailboxes.",
            count(some),
            count(all)
        ),
        _ => String::new(),
    }
}

/// “39% of failed items have the cause “Item corrupted””, of causes with their items, most first;
/// several where they are equal. `None` where nothing failed.
pub(super) fn most_frequent(causes: &[(&str, u64)]) -> Option<String> {
    let (_, most) = *causes.first()?;
    let all: u64 = causes.iter().map(|(_, items)| items).sum();
    let leading = causes.iter().take_while(|(_, items)| *items == most);
    let leading: Vec<String> = leading.map(|(name, _)| quoted(name)).collect();
    Some(match leading.as_slice() {
        [only] if causes.len() == 1 => format!("Every failed item has the cause {only}"),
        [only] => format!(
            "The most common cause is {only}: {} of failed items",
            share(most, all)
        ),
        several => format!(
            "The most common causes are {}: {} of failed items each",
            first_of(several, NAMED),
            share(most, all)
        ),
    })
}

fn concentration(metrics: &OrganisationMetrics, expected: ExpectedRate) -> String {
    let Some(concentration) = &metrics.concentration else {
        return "Failures are above what is expected because of a few mailboxes.".to_owned();
    };
    let names: Vec<String> = concentration
        .places
        .iter()
        .filter_map(|place| metrics.mailboxes.get(*place))
        .map(user)
        .collect();
    format!(
        "Failures are above what is expected because of {}: {}. {}, {} items failed, where about {} \
         is normal.",
        counted(concentration.places.len(), "mailbox", "mailboxes"),
        first_of(&names, NAMED),
        match concentration.places.len() {
            1 => "Without it",
            _ => "Without them",
        },
        one_in(concentration.without),
        expected_one_in(expected)
    )
}

/// The rule by which the verdict was reached, with its numbers, for the guide.
pub(super) fn rule(
    metrics: &OrganisationMetrics,
    expected: ExpectedRate,
) -> Vec<(&'static str, String)> {
    let judgement = metrics.whole.judgement;
    let mut rule = vec![(
        "Verdict",
        format!(
            "“High” is at least 1.5 times the expected rate of {}, and what fewer than 1 in 100 ordinary \
         organisations ever come to. “Raised” is at least 1.2 times, and what fewer than 1 in 20 ever \
         come to. “Concentrated” means that a few mailboxes make the rate high; without them it is \
         ordinary.",
            expected_one_in(expected)
        ),
    )];
    rule.push((
        "What the verdict counts",
        "Items that fail today. Those that have been repaired are no longer in it.".to_owned(),
    ));
    if judgement.dispersion > 1.0 {
        rule.push(("Clustering", format!(
            "Failures come in clusters: one damaged archive, many failures. The {} mailboxes \
             therefore count as fewer: failures vary {:.1} times as much as chance alone would make \
             them.",
            count(judgement.mailboxes),
            judgement.dispersion
        )));
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(verdict: Verdict, failed: u64, attempted: u64) -> Words {
        Words {
            verdict,
            is_slightly_above: false,
            rate: FailureRate { failed, attempted },
            expected: "1 in 10,000".to_owned(),
            spread: " They are in 134 of the 250 mailboxes.".to_owned(),
            concentration: "Failures are above what is expected because of 1 mailbox: U1."
                .to_owned(),
            lasts: String::new(),
        }
    }

    #[test]
    fn equal_causes_are_named_together() {
        for (causes, said) in [
            (&[][..], None),
            (
                &[("Other", 1)][..],
                Some("Every failed item has the cause “Other”"),
            ),
            (
                &[("Item corrupted", 143), ("Other", 142)],
                Some("The most common cause is “Item corrupted”: 50% of failed items"),
            ),
            (
                &[("Item corrupted", 1), ("Item too large", 1)],
                Some(
                    "The most common causes are “Item corrupted” and “Item too large”: 50% of \
                     failed items each",
                ),
            ),
            (
                &[("A", 2), ("B", 2), ("C", 2), ("D", 2), ("E", 1)],
                Some(
                    "The most common causes are “A”, “B”, “C” and 1 more: 22% of failed items each",
                ),
            ),
        ] {
            assert_eq!(most_frequent(causes).as_deref(), said);
        }
    }

    #[test]
    fn each_verdict_has_its_sentence() {
        for (verdict, failed, attempted, said) in [
            (
                Verdict::High,
                370,
                1_424_121,
                "Failures are well above what is expected: 1 in 3,850 items, where about 1 in \
                 10,000 is normal. Fewer than 1 in 100 organisations ever see that. They are in 134 of \
                 the 250 mailboxes.",
            ),
            (
                Verdict::Raised,
                130,
                1_000_000,
                "Failures are somewhat above what is expected: 1 in 7,690 items, where about 1 in \
                 10,000 is normal. They are in 134 of the 250 mailboxes.",
            ),
            (
                Verdict::Concentrated,
                513,
                2_000_000,
                "Failures are above what is expected because of 1 mailbox: U1.",
            ),
            (
                Verdict::LowerThanExpected,
                0,
                41_200_000,
                "Failures are fewer than expected: none of 41.2 million items, where about 1 in \
                 10,000 is normal.",
            ),
            (
                Verdict::AsExpected,
                1,
                30_000,
                "Failures are as expected: 1 in 30,000 items, where about 1 in 10,000 is normal.",
            ),
            (
                Verdict::TooFewItems,
                0,
                1,
                "None of 1 item failed: too few to tell whether that is normal.",
            ),
            (
                Verdict::TooFewItems,
                2,
                6_100,
                "2 of 6,100 items failed: too few to tell whether that is normal.",
            ),
            (
                Verdict::TooFewItems,
                0,
                0,
                "Nothing has been copied yet, or the export does not say how much.",
            ),
        ] {
            assert_eq!(words(verdict, failed, attempted).in_brief(), said);
        }
    }

    #[test]
    fn a_verdict_that_lasts_says_how_long() {
        let mut words = words(Verdict::High, 5_000, 2_000_000);
        words.lasts = " This is the 3rd report in a row to say so.".to_owned();
        assert!(
            words
                .in_brief()
                .contains(" ever see that. This is the 3rd report in a row to say so. They are ")
        );
        assert_eq!(for_how_long(Verdict::High, 3), " for the 3rd morning");
    }

    #[test]
    fn what_is_slightly_above_is_no_cause_for_concern() {
        let mut words = words(Verdict::AsExpected, 1_245, 10_000_000);
        words.is_slightly_above = true;
        assert_eq!(
            words.in_brief(),
            "Failures are slightly above what is expected: 1 in 8,030 items, where about 1 in 10,000 \
             is normal. The difference is too small to matter."
        );
        assert!(words.in_full().join(" ").ends_with(
            "That is slightly above what is expected. The difference is too small to matter."
        ));
    }

    /// None, one and several failed, of nothing, few and many: both forms say the same, and neither
    /// more than the verdict.
    #[test]
    fn both_forms_agree_with_the_verdict() {
        for (verdict, is_above) in [
            (Verdict::High, true),
            (Verdict::Raised, true),
            (Verdict::Concentrated, true),
            (Verdict::LowerThanExpected, false),
            (Verdict::AsExpected, false),
            (Verdict::TooFewItems, false),
        ] {
            for (failed, attempted) in [
                (0, 0),
                (0, 6_100),
                (1, 6_100),
                (0, 2_000_000),
                (1, 2_000_000),
                (5_000, 2_000_000),
            ] {
                let words = words(verdict, failed, attempted);
                let (brief, full) = (words.in_brief(), words.in_full().join(" "));
                for said in [&brief, &full] {
                    assert_eq!(
                        said.contains("above"),
                        is_above && attempted > 0,
                        "{verdict:?}: {said}"
                    );
                    assert_eq!(
                        said.contains("too few to tell"),
                        verdict == Verdict::TooFewItems && attempted > 0,
                        "{verdict:?}: {said}"
                    );
                    assert!(
                        !said.contains("1 in 0")
                            && !said.starts_with("0 of")
                            && said.ends_with('.'),
                        "{verdict:?}: {said}"
                    );
                }
                assert!(
                    failed > 0 || !full.contains("could not be copied"),
                    "{full}"
                );
            }
        }
    }
}
