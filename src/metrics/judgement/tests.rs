use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Gamma, LogNormal, Poisson};

use super::*;

fn expected() -> ExpectedRate {
    ExpectedRate::try_from(0.0001).unwrap()
}

/// Of so many equal mailboxes: no dispersion.
fn judged(mailboxes: u64, failed: u64, attempted: u64) -> Judgement {
    let sums = FailureSums {
        mailboxes,
        rate: FailureRate { failed, attempted },
        ..FailureSums::default()
    };
    judge(&sums, expected())
}

/// The e-values of mpmath, as [`LogEValues`] has them: of 10 expected, above: 26 give 1,842, 25 give
/// 779, 20 give 19.6, 21 give 37.5; below: 2 give 43.9, 3 give 13.1; of 4 expected, none: 13.4, of
/// 5 29.5.
#[test]
fn verdicts_change_at_the_exact_counts() {
    use Verdict::{AsExpected, Concentrated, High, LowerThanExpected, Raised, TooFewItems};
    for (mailboxes, failed, attempted, wanted) in [
        (10, 26, 100_000, High),
        (9, 26, 100_000, Concentrated),
        (10, 25, 100_000, Raised),
        (10, 21, 100_000, Raised),
        (9, 25, 100_000, TooFewItems),
        (10, 20, 100_000, AsExpected),
        (10, 3, 100_000, AsExpected),
        (10, 2, 100_000, LowerThanExpected),
        (10, 0, 29_955, TooFewItems),
        (10, 2, 6_100, TooFewItems),
        (10, 0, 29_956, AsExpected),
        (10, 0, 40_000, AsExpected),
        (10, 0, 50_000, LowerThanExpected),
        (9, 20, 100_000, AsExpected),
        // Four are never many; of 0.1 expected, five give 203.
        (10, 4, 1_000, TooFewItems),
        (10, 5, 1_000, Raised),
        (10, 0, 0, TooFewItems),
    ] {
        let given = judged(mailboxes, failed, attempted);
        assert_eq!(given.verdict, wanted, "{failed} of {attempted}");
        assert!(!given.is_slightly_above, "{failed} of {attempted}");
    }
}

/// At ten million items nearly any difference is sure; what it is worth is another question.
#[test]
fn what_is_sure_may_be_too_small_to_matter() {
    for (failed, wanted, is_slightly_above) in [
        (1_100, Verdict::AsExpected, false),
        (1_120, Verdict::AsExpected, true),
        (1_199, Verdict::AsExpected, true),
        (1_200, Verdict::Raised, false),
        (1_499, Verdict::Raised, false),
        (1_500, Verdict::High, false),
    ] {
        let given = judged(1_000, failed, 10_000_000);
        assert_eq!(
            (given.verdict, given.is_slightly_above),
            (wanted, is_slightly_above),
            "{failed}"
        );
    }
}

#[test]
fn judging_needs_29_956_items_at_the_usual_rate() {
    assert_eq!(items_needed_to_judge(expected()), 29_956);
}

fn sums(mailboxes: &[(u64, u64)]) -> FailureSums {
    let mut sums = FailureSums {
        mailboxes: mailboxes.len() as u64,
        ..FailureSums::default()
    };
    for &(failed, attempted) in mailboxes {
        sums.rate = sums.rate + FailureRate { failed, attempted };
        let (k, n) = (failed as f64, attempted as f64);
        sums.failed_squared += k * k;
        sums.failed_by_attempted += k * n;
        sums.attempted_squared += n * n;
    }
    sums
}

#[test]
fn dispersion_is_that_of_the_ratio_estimator() {
    // numpy: m/(m-1) * ((k - k.sum()/n.sum()*n)**2).sum() / k.sum() for these twelve mailboxes.
    let twelve = [
        (40, 3000),
        (0, 2500),
        (1, 4000),
        (0, 1000),
        (2, 9000),
        (0, 3100),
        (0, 2800),
        (1, 2600),
        (0, 3300),
        (0, 2900),
        (3, 4100),
        (0, 500),
    ];
    assert!(
        (sums(&twelve).dispersion() - 34.582_639_096_317_71).abs() < 1e-9,
        "{}",
        sums(&twelve).dispersion()
    );
    assert_eq!(sums(&twelve[..9]).dispersion(), 1.0);
    assert_eq!(sums(&[(0, 10); 20]).dispersion(), 1.0);
}

#[test]
fn one_corrupt_archive_is_concentrated_and_named() {
    let mut mailboxes: Vec<Mailbox> = (0..200)
        .map(|place| {
            Mailbox::invented(
                &format!("m{place:03}@nm.example"),
                u64::from(place % 3 == 0),
                3000,
            )
        })
        .collect();
    mailboxes[17] = Mailbox::invented("archive@nm.example", 300, 30_000);
    let rates: Vec<_> = mailboxes
        .iter()
        .filter_map(Mailbox::failure_rate)
        .map(|rate| (rate.failed, rate.attempted))
        .collect();
    let judgement = judge(&sums(&rates), expected());
    assert_eq!(judgement.verdict, Verdict::Concentrated);
    let found = concentration(&mailboxes, &judgement, expected()).unwrap();
    assert_eq!(
        (found.places, found.without),
        (
            vec![17],
            FailureRate {
                failed: 67,
                attempted: 597_000
            }
        )
    );
    assert_eq!(flag_mailboxes(&mut mailboxes, expected()), 200);
    let flagged: Vec<_> = mailboxes
        .iter()
        .filter(|mailbox| mailbox.is_flagged)
        .map(|mailbox| mailbox.address.as_str())
        .collect();
    assert_eq!(flagged, ["archive@nm.example"]);
}

#[test]
fn failures_spread_over_many_mailboxes_are_high() {
    let spread: Vec<(u64, u64)> = (0..200).map(|place| (place % 3, 3000)).collect();
    assert_eq!(judge(&sums(&spread), expected()).verdict, Verdict::High);
}

/// How the failure rates of mailboxes spread around the rate of all; each has mean 1.
#[derive(Clone, Copy)]
enum Spread {
    Gamma(f64),
    LogNormal(f64),
}

impl Spread {
    fn sample(self, random: &mut Xoshiro256PlusPlus) -> f64 {
        match self {
            Self::Gamma(shape) => Gamma::new(shape, 1.0 / shape).unwrap().sample(random),
            Self::LogNormal(sigma) => LogNormal::new(-sigma * sigma / 2.0, sigma)
                .unwrap()
                .sample(random),
        }
    }
}

/// How mailboxes come to have their items attempted in 40 days.
#[derive(Clone, Copy)]
enum Course {
    /// A fortieth of each mailbox every day.
    Steady,
    /// Each within five days, which begin on any of the first thirty.
    Waves,
}

const DAYS: usize = 40;

/// What is true of one simulated organisation that is looked at every morning.
#[derive(Default)]
struct Looks {
    /// The first morning, from 1, on which it is called high.
    first_high: Option<usize>,
    is_ever_raised: bool,
    is_ever_concentrated: bool,
}

/// An organisation whose mailboxes have about 8,000 items (log-normal, sigma 1), of which the rate
/// of each fails.
fn looked_at_daily(
    (spread, course): (Option<Spread>, Course),
    mailboxes: u32,
    times: f64,
    random: &mut Xoshiro256PlusPlus,
) -> Looks {
    let items = LogNormal::new(8_000_f64.ln() - 0.5, 1.0).unwrap();
    let mailboxes: Vec<(f64, usize, Vec<usize>)> = (0..mailboxes)
        .map(|_| {
            let attempted = items.sample(random).ceil();
            let rate = spread.map_or(1.0, |spread| spread.sample(random));
            let mean = attempted * 0.0001 * times * rate;
            let failed = Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(random));
            let (start, lasts) = match course {
                Course::Steady => (0, DAYS),
                Course::Waves => (random.random_range(0..30), 5),
            };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let failures = (0..failed.min(attempted) as u64)
                .map(|_| start + random.random_range(0..lasts))
                .collect();
            (attempted / lasts as f64, start, failures)
        })
        .collect();
    let mut looks = Looks::default();
    for day in 0..DAYS {
        let mut sums = FailureSums::default();
        for (a_day, start, failures) in &mailboxes {
            let lasts = match course {
                Course::Steady => DAYS,
                Course::Waves => 5,
            };
            let days = (day + 1).saturating_sub(*start).min(lasts);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let attempted = (a_day * days as f64).floor() as u64;
            let failed = failures.iter().filter(|failure| **failure <= day).count() as u64;
            sums.add(FailureRate { failed, attempted });
        }
        match judge(&sums, expected()).verdict {
            Verdict::High => looks.first_high = looks.first_high.or(Some(day + 1)),
            Verdict::Raised => looks.is_ever_raised = true,
            Verdict::Concentrated => looks.is_ever_concentrated = true,
            _ => {}
        }
    }
    looks
}

/// Of many organisations: in percent ever high, raised, concentrated, and the morning by which half
/// of them are called high.
fn share_of_looks(
    world: (Option<Spread>, Course),
    mailboxes: u32,
    times: f64,
    organisations: u32,
    seed: u64,
) -> ([f64; 3], Option<usize>) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let looks: Vec<Looks> = (0..organisations)
        .map(|_| looked_at_daily(world, mailboxes, times, &mut random))
        .collect();
    let share = |is_so: fn(&Looks) -> bool| {
        let count = looks.iter().filter(|looks| is_so(looks)).count();
        100.0 * count as f64 / f64::from(organisations)
    };
    let mut mornings: Vec<usize> = looks.iter().filter_map(|looks| looks.first_high).collect();
    mornings.sort_unstable();
    (
        [
            share(|looks| looks.first_high.is_some()),
            share(|looks| looks.is_ever_raised),
            share(|looks| looks.is_ever_concentrated),
        ],
        mornings.get(looks.len().div_ceil(2) - 1).copied(),
    )
}

const SPREADS: [(&str, Option<Spread>); 4] = [
    ("equal", None),
    ("gamma, shape 2", Some(Spread::Gamma(2.0))),
    ("gamma, shape 0.5", Some(Spread::Gamma(0.5))),
    ("log-normal, sigma 1.5", Some(Spread::LogNormal(1.5))),
];

/// How often a verdict is wrong, and how soon it is right, for those who look every morning.
/// `SEED` chooses other random numbers; so many `ORGANISATIONS` a row.
#[test]
#[ignore = "prints the table of docs/statistics.md: a few minutes"]
#[allow(clippy::print_stdout)]
fn verdicts_of_forty_mornings_are_as_rare_and_as_sure_as_they_should_be() {
    let number = |name: &str, usual: u64| {
        std::env::var(name).map_or(usual, |number| number.parse().unwrap())
    };
    let organisations = u32::try_from(number("ORGANISATIONS", 20_000)).unwrap();
    let mut seed = number("SEED", 1);
    let mut wrong = Vec::new();
    println!(
        "| rates of mailboxes | items come | mailboxes | times the baseline | ever high | ever \
         raised | ever concentrated | half are high by morning |\n|---|---|---|---|---|---|---|---|"
    );
    for (name, spread) in SPREADS {
        for (course_name, course) in [("steadily", Course::Steady), ("in waves", Course::Waves)] {
            for (mailboxes, times) in [
                (12, 1.0),
                (30, 1.0),
                (100, 1.0),
                (30, 3.0),
                (100, 2.0),
                (100, 3.0),
                (100, 5.0),
            ] {
                seed += 1;
                let (ever, half) =
                    share_of_looks((spread, course), mailboxes, times, organisations, seed);
                let morning = half.map_or_else(|| "–".to_owned(), |morning| morning.to_string());
                println!(
                    "| {name} | {course_name} | {mailboxes} | {times} | {:.2}% | {:.1}% | {:.1}% \
                     | {morning} |",
                    ever[0], ever[1], ever[2]
                );
                let is_even = matches!(spread, None | Some(Spread::Gamma(2.0)));
                let is_wrong = match mailboxes {
                    100.. if times == 1.0 && is_even => ever[0] > 0.3,
                    _ if times == 1.0 => ever[0] > 1.0 || ever[1] > 5.0,
                    100.. if times >= 3.0 && is_even => {
                        ever[0] < 90.0 || half.is_none_or(|morning| morning > 10)
                    }
                    _ => false,
                };
                if is_wrong {
                    wrong.push((name, course_name, mailboxes, times, ever, half));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The same in small. Where clusters were not allowed for, or each morning's probability were
/// taken for the only one, high would be said of 2% to 7%.
#[test]
fn an_ordinary_organisation_is_rarely_called_high_on_any_morning() {
    for (name, spread) in SPREADS {
        let world = (spread, Course::Waves);
        let ([high, raised, _], _) = share_of_looks(world, 30, 1.0, 600, 1);
        assert!(high < 1.2 && raised < 5.0, "{name}: {high}, {raised}");
    }
    let world = (Some(Spread::Gamma(2.0)), Course::Waves);
    let ([high, ..], half) = share_of_looks(world, 100, 3.0, 100, 3);
    assert!(
        high > 90.0 && half.is_some_and(|morning| morning <= 10),
        "{high}"
    );
}
