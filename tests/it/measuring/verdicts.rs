//! Verdicts, flags and concentrations against the rules as they are printed.

use migration_monitor::domain::{ExpectedRate, FailureRate, Verdict};
use migration_monitor::metrics::{
    FALSE_DISCOVERY_RATE, Judgement, items_needed_to_judge, probability_at_least,
    probability_at_most,
};
use proptest::prelude::*;

use super::chance::{Chance, at_least, at_most, incomplete_beta, is_plainly_raised};
use super::measured;
use super::organisation::{Organisation, Person, organisation};

fn rates<'a>(people: impl Iterator<Item = &'a Person>) -> Vec<(u64, u64)> {
    people.filter_map(Person::attempted).collect()
}

fn is_near(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-9 * theirs.abs() + 1e-300
}

fn assert_judged_alike(judgement: &Judgement, rates: &[(u64, u64)], expected: f64) {
    let Some(chance) = Chance::of(rates, expected) else {
        assert_eq!(
            (judgement.probability_above, judgement.probability_below),
            (None, None)
        );
        assert_eq!(
            (judgement.dispersion, judgement.verdict),
            (1.0, Verdict::TooFewItems)
        );
        return;
    };
    assert!(
        is_near(judgement.dispersion, chance.dispersion),
        "{judgement:?}, {chance:?}"
    );
    for (ours, theirs) in [
        (judgement.probability_above, chance.above),
        (judgement.probability_below, chance.below),
    ] {
        assert!(
            (ours.unwrap() - theirs).abs() < 1e-9,
            "{judgement:?}, {chance:?}"
        );
    }
    if let Some(verdict) = chance.verdict() {
        assert_eq!(judgement.verdict, verdict, "{chance:?}");
    }
}

/// Mailboxes, each with its items and how many times as many of them failed as expected.
fn with_failures(mailboxes: &[(u64, f64)], expected: f64) -> Organisation {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let failed = |(items, times): &(u64, f64)| {
        ((*items as f64 * expected * times).round() as u64).min(*items)
    };
    let rates: Vec<(u64, u64)> = mailboxes
        .iter()
        .map(|mailbox| (failed(mailbox), mailbox.0))
        .collect();
    Organisation::of_rates(&rates, expected)
}

fn expected() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![0.0001, 0.001])
}

/// Mailboxes whose failures are about as many as expected, more, or far more in a few.
fn clustered() -> impl Strategy<Value = Organisation> {
    let times = prop_oneof![30 => 0.0..2.5_f64, 1 => 0.0..100.0_f64, 1 => 0.0..375.0_f64];
    (
        prop::collection::vec((1_u64..50_000, times), 1..60),
        expected(),
    )
        .prop_map(|(mailboxes, expected)| with_failures(&mailboxes, expected))
}

/// Mailboxes with fewer failures than expected, but for a few.
fn concentrated() -> impl Strategy<Value = Organisation> {
    let ordinary = prop::collection::vec((10_000_u64..50_000, 0.4..1.1_f64), 30..60);
    let others = prop::collection::vec((10_000_u64..50_000, 15.0..50.0_f64), 1..4);
    (ordinary, others, expected()).prop_flat_map(|(ordinary, others, expected)| {
        let mailboxes = Just([ordinary, others].concat()).prop_shuffle();
        mailboxes.prop_map(move |mailboxes| with_failures(&mailboxes, expected))
    })
}

#[test]
fn the_two_roads_of_these_tests_agree_with_each_other() {
    for (k, n, p) in [
        (1_u64, 10_u64, 0.1),
        (3, 1_000, 0.0001),
        (22, 100_000, 0.0001),
        (300, 20_000, 0.01),
        (12, 40_000, 0.001),
    ] {
        let (sum, integral) = (
            at_least(k, n, p),
            incomplete_beta(p, k as f64, (n - k + 1) as f64),
        );
        assert!(
            (sum / integral - 1.0).abs() < 1e-9,
            "P(X ≥ {k}) of {n} at {p}: {sum}, {integral}"
        );
        assert!((at_most(k - 1, n, p) + sum - 1.0).abs() < 1e-9);
    }
}

#[test]
fn the_items_needed_to_judge_are_the_first_that_suffice() {
    for p in [0.0001, 0.001, 0.0025, 0.05] {
        let needed = items_needed_to_judge(ExpectedRate::try_from(p).unwrap());
        assert!(
            at_most(0, needed, p) <= 0.05 && at_most(0, needed - 1, p) > 0.05,
            "{needed} at {p}"
        );
    }
}

#[test]
fn failures_of_one_mailbox_are_concentrated_in_it() {
    let mut rates = vec![(1, 10_000); 80];
    rates[33] = (200, 10_000);
    let metrics = measured(&Organisation::of_rates(&rates, 0.0001));
    assert_eq!(metrics.whole.judgement.verdict, Verdict::Concentrated);
    assert_judged_alike(&metrics.whole.judgement, &rates, 0.0001);
    let found = metrics.concentration.unwrap();
    assert_eq!(
        (found.places, found.without),
        (
            vec![33],
            FailureRate {
                failed: 79,
                attempted: 790_000
            }
        )
    );
    let flagged: Vec<_> = metrics
        .mailboxes
        .iter()
        .filter(|mailbox| mailbox.is_flagged)
        .map(|mailbox| mailbox.address.as_str())
        .collect();
    assert_eq!(flagged, ["person033@nm.example"]);
}

#[test]
fn clusters_are_told_from_ten_mailboxes_on() {
    for (mailboxes, dispersion) in [(9, 1.0), (10, 20.0)] {
        let mut rates = vec![(0, 10_000); mailboxes];
        rates[4] = (20, 10_000);
        let judgement = measured(&Organisation::of_rates(&rates, 0.0001))
            .whole
            .judgement;
        assert!(is_near(judgement.dispersion, dispersion), "{judgement:?}");
        assert_judged_alike(&judgement, &rates, 0.0001);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn tails_are_the_sums_of_their_terms(n in 1_u64..50_000, part in 0.0..1.0_f64, spread in 0.0..6.0_f64, p in 0.00001..0.02_f64) {
        // Near the mean as often as anywhere.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        for k in [(n as f64 * part) as u64, (n as f64 * p * spread) as u64] {
            let k = k.min(n);
            for (name, ours, theirs) in [
                ("≥", probability_at_least(k as f64, n as f64, p), at_least(k, n, p)),
                ("≤", probability_at_most(k as f64, n as f64, p), at_most(k, n, p)),
            ] {
                prop_assert!((ours - theirs).abs() <= 1e-8 * theirs + 1e-290, "P(X {name} {k}) of \
                 {n} at {p}: {ours}, {theirs}");
            }
        }
    }

    #[test]
    fn all_mailboxes_and_each_collection_are_judged_by_the_printed_rule(organisation in organisation()) {
        let metrics = measured(&organisation);
        assert_judged_alike(&metrics.whole.judgement, &rates(organisation.people.iter()), organisation.expected);
        for collection in &metrics.collections {
            let members = organisation.people.iter().filter(|person| person.collection == collection.name.as_deref());
            assert_judged_alike(&collection.metrics.judgement, &rates(members), organisation.expected);
        }
    }

    #[test]
    fn clustered_failures_are_judged_by_the_printed_rule(organisation in clustered()) {
        let metrics = measured(&organisation);
        assert_judged_alike(&metrics.whole.judgement, &rates(organisation.people.iter()), organisation.expected);
    }

    #[test]
    fn flagged_mailboxes_are_those_of_benjamini_and_hochberg(organisation in prop_oneof![organisation(), clustered()]) {
        let metrics = measured(&organisation);
        let probability = |person: &Person| person.attempted().map(|(k, n)| at_least(k, n, organisation.expected));
        let tested: Vec<f64> = organisation.people.iter().filter_map(probability).collect();
        prop_assert_eq!(metrics.mailboxes_tested, tested.len() as u64);
        // The line that a probability of this rank must not be above.
        let line = |p: f64| FALSE_DISCOVERY_RATE * tested.iter().filter(|other| **other <= p * (1.0 + 1e-9)).count() as f64 / tested.len() as f64;
        if tested.iter().any(|p| (p - line(*p)).abs() < 1e-9) {
            return Ok(());
        }
        for (mailbox, person) in metrics.mailboxes.iter().zip(&organisation.people) {
            let is_flagged = probability(person).is_some_and(|own| tested.iter().any(|other| own <= other * (1.0 + 1e-9) && *other <= line(*other)));
            prop_assert_eq!(mailbox.is_flagged, is_flagged, "{:?}", person.attempted());
        }
    }

    #[test]
    fn a_concentration_is_the_fewest_mailboxes_without_which_nothing_stands_out(organisation in prop_oneof![clustered(), concentrated()]) {
        let metrics = measured(&organisation);
        prop_assert_eq!(metrics.concentration.is_some(), metrics.whole.judgement.verdict == Verdict::Concentrated);
        let Some(found) = metrics.concentration else { return Ok(()) };
        let rate = |place: usize| organisation.people[place].attempted().unwrap_or_default();
        let excess = |place: usize| rate(place).0 as f64 - organisation.expected * rate(place).1 as f64;
        let without = |places: &[usize]| {
            let left = (0..organisation.people.len()).filter(|place| !places.contains(place)).map(rate);
            left.fold((0, 0), |sum, (k, n)| (sum.0 + k, sum.1 + n))
        };
        let (failed, attempted) = without(&found.places);
        prop_assert_eq!(found.without, FailureRate { failed, attempted });
        prop_assert_ne!(is_plainly_raised(failed, attempted, organisation.expected), Some(true));
        let (failed, attempted) = without(&found.places[..found.places.len() - 1]);
        prop_assert_ne!(is_plainly_raised(failed, attempted, organisation.expected), Some(false));
        let least_named = found.places.iter().map(|place| excess(*place)).fold(f64::INFINITY, f64::min);
        let others = (0..organisation.people.len()).filter(|place| !found.places.contains(place));
        prop_assert!(others.map(excess).all(|excess| excess <= least_named));
    }
}
