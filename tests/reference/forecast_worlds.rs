//! Tries the forecast of mailboxes on organisations of many kinds, of which it is known how they
//! went. Built by itself, with the very files of the program:
//!
//!     rustc -O --edition 2024 -o target/forecast_worlds tests/reference/forecast_worlds.rs
//!     target/forecast_worlds [SEED] [ORGANISATIONS] [PART OF A WORLD'S NAME] [alike | mixed]
//!
//! With `alike` or `mixed`, only organisations are asked about of which their own days do not tell, and
//! learn from 40 others: of the same world, or of any.

#![allow(dead_code)]

#[path = "../../src/metrics/forecast/alike.rs"]
mod alike;
#[path = "forecast_worlds/calibration.rs"]
mod calibration;
#[path = "forecast_worlds/lives.rs"]
mod lives;
#[path = "../../src/metrics/forecast/experience.rs"]
mod experience;
#[path = "../../src/metrics/forecast/queue.rs"]
mod queue;
#[path = "../../src/metrics/forecast/reckoning.rs"]
mod reckoning;
#[path = "../../src/domain/standing.rs"]
mod standing;
mod domain {
    pub use super::standing::Standing;
}

use calibration::Calibration;
use domain::Standing;
use experience::Experience;
use queue::{Course, Days};
use reckoning::{Reckoning, counts_as_ready, reckon};

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, least: i64, most: i64) -> i64 {
        least + (self.unit() * (most - least + 1) as f64) as i64
    }

    /// Box and Muller 1958.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// In which order mailboxes of a collection come.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Any,
    SmallestFirst,
    /// The biggest last, and none gets more than a share of the pace.
    SmallestFirstSlow,
    LargestFirst,
    /// All side by side, so that all end together.
    SideBySide,
}

/// How the pace changes.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    None,
    RampUp,
    Doubles,
    SlowsTo40,
    Holiday,
    StopAndGo,
}

#[derive(Clone, Copy)]
struct World {
    name: &'static str,
    variation: f64,
    correlation: f64,
    weekend: f64,
    slow: Option<(f64, f64, f64)>,
    mail: f64,
    missed: f64,
    no_weekend_reports: bool,
    order: Order,
    giants: bool,
    change: Change,
    unknown: f64,
    /// The next collection may be taken first, from a day on.
    overtaken: bool,
    /// What is copied comes into sync in a pass once a week.
    weekly_pass: bool,
    /// Of the mailboxes that are ready so many are copied anew by half, each day.
    goes_back: f64,
    /// Mailboxes of a collection, at least and at most.
    mailboxes: (i64, i64),
    /// The days on which it is asked, since the first, at least and at most.
    asked: (usize, usize),
}

const USUAL: World = World {
    name: "usual: half pace at weekends, days vary by 40%",
    variation: 0.4,
    correlation: 0.0,
    weekend: 0.5,
    slow: None,
    mail: 0.002,
    missed: 0.1,
    no_weekend_reports: false,
    order: Order::Any,
    giants: false,
    change: Change::None,
    unknown: 0.0,
    overtaken: false,
    weekly_pass: false,
    goes_back: 0.0,
    mailboxes: (40, 400),
    asked: (3, 400),
};

const THROTTLED: World = World {
    variation: 0.25,
    weekend: 0.7,
    ..USUAL
};

const WORLDS: [World; 37] = [
    USUAL,
    World {
        name: "steady: days vary by 10%",
        variation: 0.1,
        weekend: 1.0,
        ..USUAL
    },
    World {
        name: "variable: by 50%, every day alike",
        variation: 0.5,
        weekend: 1.0,
        ..USUAL
    },
    World {
        name: "very variable: by 90%",
        variation: 0.9,
        weekend: 1.0,
        ..USUAL
    },
    World {
        name: "nothing at weekends",
        variation: 0.3,
        weekend: 0.0,
        ..USUAL
    },
    World {
        name: "no reports at weekends",
        variation: 0.3,
        weekend: 0.3,
        no_weekend_reports: true,
        ..USUAL
    },
    World {
        name: "4 in 10 reports missed",
        missed: 0.4,
        ..USUAL
    },
    World {
        name: "growing by 0.6% a day",
        mail: 0.006,
        ..USUAL
    },
    World {
        name: "short history, 5 to 13 days",
        asked: (5, 13),
        ..USUAL
    },
    World {
        name: "long history, from 28 days on",
        asked: (28, 400),
        ..USUAL
    },
    World {
        name: "throttled days: 1 in 7, at 35%",
        slow: Some((0.15, 1.0, 0.35)),
        ..THROTTLED
    },
    World {
        name: "throttled spells of 3 days at 35%",
        slow: Some((0.10, 3.0, 0.35)),
        ..THROTTLED
    },
    World {
        name: "each day somewhat like the last (0.3)",
        correlation: 0.3,
        ..USUAL
    },
    World {
        name: "each day like the last (0.5)",
        correlation: 0.5,
        ..USUAL
    },
    World {
        name: "spells of 5 days at 35%",
        slow: Some((0.07, 5.0, 0.35)),
        ..THROTTLED
    },
    World {
        name: "spells of 7 days at 35%",
        slow: Some((0.05, 7.0, 0.35)),
        ..THROTTLED
    },
    World {
        name: "spells of 3 days that stand still",
        slow: Some((0.08, 3.0, 0.0)),
        ..THROTTLED
    },
    World {
        name: "each day much like the last (0.8)",
        correlation: 0.8,
        ..USUAL
    },
    World {
        name: "ramp-up from a fifth",
        change: Change::RampUp,
        ..USUAL
    },
    World {
        name: "the pace doubles one day",
        change: Change::Doubles,
        ..USUAL
    },
    World {
        name: "slowing to 40% in three weeks",
        change: Change::SlowsTo40,
        ..USUAL
    },
    World {
        name: "big mailboxes last, at full pace",
        order: Order::SmallestFirst,
        giants: true,
        ..USUAL
    },
    World {
        name: "big mailboxes last, each slow",
        order: Order::SmallestFirstSlow,
        giants: true,
        ..USUAL
    },
    World {
        name: "any order with giants",
        giants: true,
        ..USUAL
    },
    World {
        name: "new mail, 0.3% a day",
        mail: 0.003,
        ..USUAL
    },
    World {
        name: "new mail, 1.5% a day",
        mail: 0.015,
        ..USUAL
    },
    World {
        name: "3 in 10 totals not reported",
        unknown: 0.3,
        ..USUAL
    },
    World {
        name: "a pause of 10 days",
        change: Change::Holiday,
        ..USUAL
    },
    World {
        name: "stop and go",
        change: Change::StopAndGo,
        ..USUAL
    },
    World {
        name: "big mailboxes first",
        order: Order::LargestFirst,
        giants: true,
        ..USUAL
    },
    World {
        name: "collections of 8 to 30 mailboxes",
        mailboxes: (8, 30),
        ..USUAL
    },
    World {
        name: "own: all side by side, so that all end together",
        order: Order::SideBySide,
        ..USUAL
    },
    World {
        name: "own: the next collection overtakes",
        overtaken: true,
        ..USUAL
    },
    World {
        name: "own: in sync in a weekly pass only",
        weekly_pass: true,
        ..USUAL
    },
    World {
        name: "own: side by side, slowing, with giants",
        order: Order::SideBySide,
        change: Change::SlowsTo40,
        giants: true,
        ..USUAL
    },
    World {
        name: "own: 1 in 250 that are ready goes back each day",
        goes_back: 0.004,
        ..USUAL
    },
    World {
        name: "own: 1 in 50 that are ready goes back each day",
        goes_back: 0.02,
        ..USUAL
    },
];

struct Mailbox {
    collection: usize,
    total: f64,
    at_start: f64,
    left: f64,
    is_ready: bool,
    hides_total: bool,
    halted: Option<(usize, usize)>,
}

/// An organisation over its days: for each morning how each mailbox stood, with its items and what
/// was left.
struct Life {
    collections: usize,
    mailboxes: Vec<Mailbox>,
    mornings: Vec<Vec<(Standing, f32, f32)>>,
    is_working: Vec<bool>,
    is_reported: Vec<bool>,
}

impl Life {
    fn of(mailboxes: Vec<Mailbox>) -> Self {
        Self {
            collections: 0,
            mailboxes,
            mornings: Vec::new(),
            is_working: Vec::new(),
            is_reported: Vec::new(),
        }
    }
}

impl Life {
    fn members(&self, collection: usize) -> Vec<usize> {
        let all = self.mailboxes.iter().enumerate();
        let of = all.filter(|(_, one)| one.collection == collection);
        of.map(|(place, _)| place).collect()
    }

    /// How many of a collection are not ready on a day; days after the last are like it.
    fn missing(&self, collection: usize, day: usize) -> usize {
        let morning = &self.mornings[day.min(self.mornings.len() - 1)];
        let members = self.members(collection);
        members
            .iter()
            .filter(|place| morning[**place].0 != Standing::Ready)
            .count()
    }
}

impl Mailbox {
    fn in_collection(collection: usize) -> Self {
        Self {
            collection,
            total: 0.0,
            at_start: 0.0,
            left: 0.0,
            is_ready: false,
            hides_total: false,
            halted: None,
        }
    }
}

const SLOTS: usize = 20;
const LONGEST: usize = 150;
const FIRST_WEEKDAYS: i64 = 7;

fn live(world: &World, random: &mut Random) -> Life {
    let collections = 4;
    let mut mailboxes = Vec::new();
    for collection in 0..collections {
        let (least, most) = world.mailboxes;
        let number = if collection == 0 {
            random.between(8, 40)
        } else {
            random.between(least, most)
        };
        for _ in 0..number {
            let mut total = (random.normal() - 0.5).exp() * 8_000.0;
            if world.giants && random.unit() < 0.02 {
                total *= 15.0;
            }
            let total = total.max(20.0).round();
            let halted = (random.unit() < 0.02).then(|| {
                let from = random.between(2, 60) as usize;
                (from, from + random.between(2, 10) as usize)
            });
            mailboxes.push(Mailbox {
                collection,
                total,
                at_start: total,
                left: total,
                is_ready: false,
                hides_total: random.unit() < world.unknown,
                halted,
            });
        }
    }
    let length = random.between(25, 60) as f64;
    let all: f64 = mailboxes.iter().map(|one| one.total).sum();
    let base = all / length;
    // The order in which mailboxes come.
    let mut order: Vec<usize> = (0..mailboxes.len()).collect();
    let keys: Vec<f64> = mailboxes
        .iter()
        .map(|one| match world.order {
            Order::Any | Order::SideBySide => random.unit(),
            Order::SmallestFirst | Order::SmallestFirstSlow => one.total,
            Order::LargestFirst => -one.total,
        })
        .collect();
    order.sort_by(|a, b| {
        let (a, b) = (*a, *b);
        mailboxes[a]
            .collection
            .cmp(&mailboxes[b].collection)
            .then(keys[a].total_cmp(&keys[b]))
    });
    let first_weekday = random.between(0, FIRST_WEEKDAYS - 1);
    let changes_on = random.between(8, 35) as usize;
    let overtaken = (
        random.between(1, 2) as usize,
        random.between(8, 30) as usize,
    );
    let (mut is_slow, mut normal) = (false, random.normal());
    let (mut goes, mut until) = (true, 0);
    let sigma = (1.0 + world.variation * world.variation).ln().sqrt();
    let mut life = Life::of(Vec::new());
    life.collections = collections;
    for day in 0..LONGEST {
        let weekday = (first_weekday + day as i64) % 7;
        let is_weekend = weekday >= 5;
        life.is_working.push(!is_weekend);
        life.is_reported.push(
            day == 0 || !(random.unit() < world.missed || world.no_weekend_reports && is_weekend),
        );
        let is_halted = |one: &Mailbox| {
            one.halted
                .is_some_and(|(from, to)| (from..to).contains(&day))
                && !one.is_ready
        };
        life.mornings.push(
            mailboxes
                .iter()
                .map(|one| {
                    let standing = if one.is_ready {
                        Standing::Ready
                    } else if is_halted(one) {
                        Standing::Halted
                    } else if one.hides_total {
                        Standing::WithoutTotal
                    } else if one.left >= one.total {
                        Standing::NotBegun
                    } else {
                        Standing::begun((one.total - one.left) as u64, one.total as u64)
                    };
                    (standing, one.total as f32, one.left as f32)
                })
                .collect(),
        );
        let mut pace = base;
        if is_weekend {
            pace *= world.weekend;
        }
        if let Some((starts, spell, slowed)) = world.slow {
            is_slow = if is_slow {
                random.unit() >= 1.0 / spell
            } else {
                random.unit() < starts
            };
            pace *= if is_slow { slowed } else { 1.0 };
        }
        normal = world.correlation * normal
            + (1.0 - world.correlation * world.correlation).sqrt() * random.normal();
        pace *= (sigma * normal - sigma * sigma / 2.0).exp();
        pace *= match world.change {
            Change::None => 1.0,
            Change::RampUp => (0.2 + day as f64 * 0.05).min(1.6),
            Change::Doubles => {
                if day >= changes_on {
                    2.0
                } else {
                    1.0
                }
            }
            Change::SlowsTo40 => {
                (1.0 - 0.6 * (day as f64 - changes_on as f64).max(0.0) / 21.0).max(0.4)
            }
            Change::Holiday => {
                if (changes_on..changes_on + 10).contains(&day) {
                    0.0
                } else {
                    1.0
                }
            }
            Change::StopAndGo => {
                if day >= until {
                    goes = !goes;
                    until = day + random.between(2, 5) as usize;
                }
                if goes { 1.7 } else { 0.0 }
            }
        };
        if world.overtaken && day == overtaken.1 {
            let (one, next) = (overtaken.0, overtaken.0 + 1);
            let rank = |place: &usize| match mailboxes[*place].collection {
                c if c == one => next,
                c if c == next => one,
                c => c,
            };
            order.sort_by_key(rank);
        }
        work(&mut mailboxes, &order, pace, day, world);
        for one in &mut mailboxes {
            if world.mail > 0.0 {
                let new = (one.at_start * world.mail * 2.0 * random.unit()).round();
                one.total += new;
                if !one.is_ready && one.left > 0.0 {
                    one.left += new;
                }
            }
            if one.left <= 0.0 && (!world.weekly_pass || weekday == 2) {
                one.is_ready = true;
            }
            if world.goes_back > 0.0 && one.is_ready && random.unit() < world.goes_back {
                one.is_ready = false;
                one.left = (one.total / 2.0).round();
            }
        }
        if mailboxes.iter().all(|one| one.is_ready) {
            // What comes after is as it is then.
            let last: Vec<_> = mailboxes
                .iter()
                .map(|one| (Standing::Ready, one.total as f32, 0.0))
                .collect();
            life.mornings.push(last);
            life.is_working.push((weekday + 1) % 7 < 5);
            life.is_reported.push(true);
            break;
        }
    }
    life.mailboxes = mailboxes;
    life
}

/// A day's work.
fn work(mailboxes: &mut [Mailbox], order: &[usize], pace: f64, day: usize, world: &World) {
    const PARTS: usize = 12;
    let cap = match world.order {
        Order::SmallestFirstSlow => pace / 15.0,
        _ => f64::INFINITY,
    };
    let mut done_today = vec![0.0; mailboxes.len()];
    for _ in 0..PARTS {
        let mut rest = pace / PARTS as f64;
        for _ in 0..4 {
            if rest <= 1e-6 {
                break;
            }
            let can = |place: &usize| {
                let one = &mailboxes[*place];
                let is_halted = one
                    .halted
                    .is_some_and(|(from, to)| (from..to).contains(&day));
                one.left > 0.0 && !is_halted && done_today[*place] < cap
            };
            let first = order
                .iter()
                .find(|place| can(place))
                .map(|place| mailboxes[*place].collection);
            let active: Vec<usize> = match world.order {
                Order::SideBySide => order
                    .iter()
                    .copied()
                    .filter(|place| can(place) && Some(mailboxes[*place].collection) == first)
                    .collect(),
                _ => order.iter().copied().filter(can).take(SLOTS).collect(),
            };
            if active.is_empty() {
                break;
            }
            let weights: f64 = match world.order {
                Order::SideBySide => active.iter().map(|place| mailboxes[*place].left).sum(),
                _ => active.len() as f64,
            };
            let share = rest;
            for place in active {
                let weight = if world.order == Order::SideBySide {
                    mailboxes[place].left
                } else {
                    1.0
                };
                let one = &mut mailboxes[place];
                let done = (share * weight / weights)
                    .min(one.left)
                    .min(cap - done_today[place]);
                one.left -= done;
                done_today[place] += done;
                rest -= done;
                if one.left < 0.5 {
                    one.left = 0.0;
                }
            }
        }
    }
}

#[derive(Default)]
struct Record {
    asked: u32,
    told: u32,
    held: u32,
    /// More were not ready than at most.
    above: u32,
    /// What cannot be told: how often, and how often its range holds.
    untold: (u32, u32),
    on_track: (u32, u32),
    late: (u32, u32),
    at_risk: (u32, u32),
    /// Up to 3, 7 and 14 days ahead: asked, and told.
    by_days: [(u32, u32); 3],
    calibration: Calibration,
}

/// What is known of an organisation on a morning, to tell of a day so far ahead.
fn seen(life: &Life, today: usize, ahead: usize) -> (Vec<Vec<Course>>, Days, Experience) {
    let first = today.saturating_sub(41);
    let courses: Vec<Vec<Course>> = (0..life.collections)
        .map(|collection| {
            (0..life.mailboxes.len())
                .filter(|place| life.mailboxes[*place].collection == collection)
                .map(|place| Course {
                    items: f64::from(life.mornings[today][place].1),
                    left: f64::from(life.mornings[today][place].2),
                    standings: (first..=today)
                        .map(|day| {
                            if life.is_reported[day] || day == today {
                                life.mornings[day][place].0
                            } else {
                                Standing::NotListed
                            }
                        })
                        .collect(),
                })
                .collect()
        })
        .collect();
    let reported = (first..=today)
        .filter(|day| life.is_reported[*day] || *day == today)
        .map(|day| day - first)
        .collect();
    let weekday = |day: usize| -> bool {
        // Days after the last are as the weeks before.
        life.is_working.get(day).copied().unwrap_or_else(|| {
            let mut day = day;
            while day >= life.is_working.len() {
                day -= 7;
            }
            life.is_working[day]
        })
    };
    let is_working = (first..=today + 14).map(weekday).collect();
    let days = Days::of(is_working, reported, &courses);
    let now = days.reported.last().copied().unwrap_or_default();
    let mut experience = Experience::asked(days.work_ahead(now, ahead).to_vec());
    for one in &courses {
        experience.add(one, &days);
    }
    (courses, days, experience)
}

/// Other organisations of a programme, each on some day of its own.
fn others(worlds: &[World], random: &mut Random) -> Vec<Experience> {
    let mut one = || {
        let world = worlds[random.between(0, worlds.len() as i64 - 1) as usize];
        let life = live(&world, random);
        let today = random.between(10, life.mornings.len() as i64 - 1);
        seen(&life, today as usize, 1).2
    };
    (0..OTHERS).map(|_| one()).collect()
}

const OTHERS: usize = 40;

/// Adds trials that make it reckon with the paces that 19 in 20 of the others would reckon with at
/// least, and 19 in 20 at most; nothing where fewer than ten can tell.
fn learn(experience: &mut Experience, others: &[Experience], ahead: usize) {
    let paces: Vec<(f64, f64)> = others.iter().filter_map(|one| one.paces(ahead)).collect();
    if paces.len() < 10 {
        return;
    }
    let (mut slow, mut fast): (Vec<f64>, Vec<f64>) = paces.into_iter().unzip();
    slow.sort_by(f64::total_cmp);
    fast.sort_by(f64::total_cmp);
    let beyond = slow.len() / 20;
    // As far beyond them as the forecast goes beyond its trials.
    let (slowest, fastest) = (slow[beyond] / 0.65, fast[fast.len() - 1 - beyond] * 0.65);
    let trial = experience::Trial {
        ahead,
        slowest: fastest,
        fastest: slowest,
        waiting: 100,
        halted: 2,
    };
    experience.trials.extend(vec![trial; 12 * ahead]);
}

fn ask(
    life: &Life,
    world: &World,
    random: &mut Random,
    record: &mut Record,
    others: &[Experience],
) {
    for collection in 0..life.collections {
        let Some(finish) = (0..life.mornings.len()).find(|day| {
            counts_as_ready(
                life.missing(collection, *day),
                life.members(collection).len(),
            )
        }) else {
            continue;
        };
        let ahead = random.between(1, 14);
        let switch = finish as i64 + random.between(-8, 8);
        let today = switch - ahead;
        if today < world.asked.0 as i64
            || today > world.asked.1 as i64
            || today as usize >= life.mornings.len()
            || switch as usize >= LONGEST
        {
            continue;
        }
        ask_of(
            life,
            collection,
            today as usize,
            ahead as usize,
            record,
            others,
        );
    }
}

/// Asks of a collection on a day how it will stand so many days later.
fn ask_of(
    life: &Life,
    collection: usize,
    today: usize,
    ahead: usize,
    record: &mut Record,
    others: &[Experience],
) {
    let switch = today + ahead;
    let members = life.members(collection);
    if life.missing(collection, today) == 0 {
        return;
    }
    let (courses, days, mut experience) = seen(life, today, ahead);
    if !others.is_empty() {
        // Only where its own days do not tell.
        if experience.paces(ahead).is_some() {
            return;
        }
        learn(&mut experience, others, ahead);
    }
    let truth = life.missing(collection, switch);
    let is_ready = counts_as_ready(truth, members.len());
    record.asked += 1;
    let by_days = &mut record.by_days[usize::from(ahead > 3) + usize::from(ahead > 7)];
    by_days.0 += 1;
    let going = queue::going_pace(&courses, &days);
    let told = reckon(&courses[collection], &days, &experience, ahead, going);
    record.calibration.add(&told, truth, |place| {
        let morning = &life.mornings[switch.min(life.mornings.len() - 1)];
        morning[members[place]].0 == Standing::Ready
    });
    let (least, most) = told.range;
    let holds = u32::from((least..=most).contains(&truth));
    if told.reckoning != Reckoning::NotReady {
        record.untold = (record.untold.0 + 1, record.untold.1 + holds);
        return;
    }
    record.told += 1;
    by_days.1 += 1;
    record.held += holds;
    record.above += u32::from(truth > most);
    let (kind, is_right) = if counts_as_ready(most, members.len()) {
        (&mut record.on_track, is_ready)
    } else if !counts_as_ready(least, members.len()) {
        (&mut record.late, !is_ready)
    } else {
        (&mut record.at_risk, is_ready)
    };
    kind.0 += 1;
    kind.1 += u32::from(is_right);
}

fn percent(part: u32, of: u32) -> String {
    if of == 0 {
        "–".to_owned()
    } else {
        format!("{:.1}%", 100.0 * f64::from(part) / f64::from(of))
    }
}

/// How often it cannot be told, of so many asked and told.
fn cannot((asked, told): (u32, u32)) -> String {
    let share = 100.0 * f64::from(asked - told) / f64::from(asked.max(1));
    format!("{share:.0}%")
}

/// Asks of each collection of a file's organisations on each of the 14 days before its switch, by how far
/// ahead that is.
fn ask_of_file(path: &str) {
    let text = std::fs::read_to_string(path).expect("a file");
    let mut records: Vec<(&str, Record)> = ["1 day ahead", "2 to 3", "4 to 7", "8 to 14"]
        .map(|name| (name, Record::default()))
        .into();
    for (life, switches) in lives::read(&text) {
        for (collection, switch) in switches.iter().enumerate() {
            for ahead in 1..=14_usize {
                let today = usize::try_from(switch - ahead as i64).ok();
                let is_known = (*switch as usize) < life.mornings.len();
                let Some(today) = today.filter(|today| is_known && life.is_reported[*today]) else {
                    continue;
                };
                let place =
                    usize::from(ahead > 1) + usize::from(ahead > 3) + usize::from(ahead > 7);
                ask_of(&life, collection, today, ahead, &mut records[place].1, &[]);
            }
        }
    }
    print(records);
}

fn main() {
    if let Some(path) = std::env::args()
        .nth(1)
        .filter(|one| one.parse::<u64>().is_err())
    {
        return ask_of_file(&path);
    }
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise: u64| {
        arguments
            .next()
            .map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let (seed, organisations) = (number(1), number(1_000));
    let wanted = std::env::args().nth(3).unwrap_or_default();
    let programme = std::env::args().nth(4).unwrap_or_default();
    let mut records = Vec::new();
    for (place, world) in WORLDS
        .iter()
        .enumerate()
        .filter(|(_, world)| world.name.contains(&wanted))
    {
        let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(place as u64));
        let mut record = Record::default();
        let mut of_programme = Vec::new();
        for number in 0..organisations {
            if number % 50 == 0 {
                of_programme = match programme.as_str() {
                    "alike" => others(&[*world], &mut random),
                    "mixed" => others(&WORLDS, &mut random),
                    _ => Vec::new(),
                };
            }
            let life = live(world, &mut random);
            ask(&life, world, &mut random, &mut record, &of_programme);
        }
        records.push((world.name, record));
    }
    print(records);
}

/// Prints what came of what was told.
fn print(records: Vec<(&str, Record)>) {
    println!(
        "| world | asked | cannot tell: 1–3 days | 4–7 | 8–14 | range holds | more than at most | wider range holds | on track: right | at risk: in time | will be late: right |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (name, record) in &records {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} of {} | {} of {} | {} of {} |",
            name,
            record.asked,
            cannot(record.by_days[0]),
            cannot(record.by_days[1]),
            cannot(record.by_days[2]),
            percent(record.held, record.told),
            percent(record.above, record.told),
            percent(record.untold.1, record.untold.0),
            percent(record.on_track.1, record.on_track.0),
            record.on_track.0,
            percent(record.at_risk.1, record.at_risk.0),
            record.at_risk.0,
            percent(record.late.1, record.late.0),
            record.late.0,
        );
    }
    let calibrations: Vec<_> = records
        .into_iter()
        .map(|(name, record)| (name, record.calibration))
        .collect();
    calibration::print(&calibrations);
}
