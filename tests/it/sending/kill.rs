//! Real runs, killed at random moments, against a real Postfix: no message is lost, none is sent
//! twice, and what comes back is taken in once.

mod mail_system;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use self::mail_system::{Held, MailSystem};
use crate::ledger::two_machines::{at_once, two_machines};
use crate::support::morning::{DATE, Morning};

/// Deliveries of a trial: one organisation, so that most of a run is sending; two reports, thirty
/// recipients each.
const DELIVERIES: usize = 60;
/// Runs of a trial that are killed where they have not ended before; the next one runs to its end.
const KILLS_OF_A_TRIAL: usize = 6;
/// The same of two machines, which are killed together.
const ROUNDS_OF_TWO: usize = 3;
/// Of so many kills one is of the reading of what came back, within this time.
const ONE_READING_IN: u64 = 4;
const READING_MILLISECONDS: u64 = 200;

/// Numbers without a pattern (xorshift64; Marsaglia 2003).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap())
}

/// How many kills are wanted, moments to kill at, which SEED repeats, and nothing found yet.
#[allow(clippy::print_stdout)]
fn begin() -> (usize, Chance, Found) {
    let by_clock = || {
        u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() % (1 << 62)).unwrap() | 1
    };
    let seed = number("SEED").unwrap_or_else(by_clock);
    println!("SEED={seed}");
    (
        usize::try_from(number("KILLS").unwrap_or(15)).unwrap(),
        Chance(seed),
        Found::default(),
    )
}

/// The sample's smallest organisation with thirty recipients for each report, and the mail system
/// that takes them.
fn morning(mail: &MailSystem) -> Morning {
    let morning = Morning::of_the_sample().without_summary();
    morning.edit("organisations.csv", |register| {
        let (heading, rows) = register.split_once('\n').unwrap();
        let columns: Vec<&str> = heading.trim_end().split(',').collect();
        let rows = rows
            .lines()
            .filter(|row| row.starts_with("ZTP,"))
            .map(|row| {
                let cells = row
                    .split(',')
                    .zip(&columns)
                    .map(|(cell, column)| match *column {
                        "overall_migration_to" | "failed_item_to" => (0..DELIVERIES / 2)
                            .map(|number| format!("recipient{number}@nhs.example"))
                            .collect::<Vec<_>>()
                            .join(";"),
                        "switch_readiness_to" => String::new(),
                        _ => cell.to_owned(),
                    });
                cells.collect::<Vec<_>>().join(",") + "\n"
            });
        format!("{heading}\n{}", rows.collect::<String>())
    });
    mail.introduce(&morning);
    morning
}

/// Starts a run, or now and then the reading of what came back alone, and kills it at some moment
/// before `limit`. Tells whether it was still at work.
fn begin_and_kill(
    folder: &Path,
    reads_returns: bool,
    chance: &mut Chance,
    limit: Duration,
) -> bool {
    let (arguments, limit): (&[&str], u64) = if reads_returns && chance.below(ONE_READING_IN) == 0 {
        (&["returns"], READING_MILLISECONDS)
    } else {
        let limit = u64::try_from(limit.as_millis()).unwrap();
        (&["run", "--now", "--send-late", "--date", DATE], limit)
    };
    let mut program = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .args(arguments)
        .args(["--settings", "migration-monitor.toml"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(chance.below(limit)));
    let was_at_work = program.try_wait().unwrap().is_none();
    program.kill().unwrap();
    program.wait().unwrap();
    was_at_work
}

/// The limit of the next kill: most runs are to be killed at work, at any moment of it. How long a run
/// takes depends on what else this machine does.
fn next_limit(limit: Duration, was_at_work: bool) -> Duration {
    match was_at_work {
        true => limit * 33 / 32,
        false => limit * 7 / 8,
    }
}

/// How many deliveries are in these states.
fn count(morning: &Morning, states: &[&str]) -> usize {
    let states = states.iter().flat_map(|state| ["--state", state]);
    morning.deliveries(&states.collect::<Vec<_>>()).len()
}

#[derive(Debug, Default)]
struct Found {
    kills: usize,
    trials: usize,
    /// After how many kills some messages were out, and others were not.
    while_sending: usize,
    accepted: usize,
    bounced: usize,
    unknown_that_arrived: usize,
    unknown_that_did_not: usize,
}

impl Found {
    fn note_kill(&mut self, morning: &Morning) {
        let out = count(morning, &["accepted", "sending", "unknown", "bounced"]);
        self.while_sending += usize::from((1..DELIVERIES).contains(&out));
    }

    /// The last run of a trial, which ends by itself: what it tells, and what the mail system and
    /// the ledger hold after it.
    fn end_trial(&mut self, morning: &Morning, mail: &MailSystem) {
        let last = morning.say(&["run", "--now"]);
        let (unknown, bounced) = (count(morning, &["unknown"]), count(morning, &["bounced"]));
        let expected = match (unknown, bounced) {
            (0, 0) => 0,
            (0, _) => 5,
            _ => 6,
        };
        assert_eq!(last.exit_code, expected, "{}", last.all());
        let held = mail.collect(DELIVERIES - unknown);
        if mail.returns() {
            let heard = morning.tell(&["returns"]);
            assert!([0, 5].contains(&heard.exit_code), "{}", heard.all());
            let nothing = morning.tell(&["returns"]);
            assert!(
                nothing.exit_code == 0 && nothing.stdout.contains("Nothing was returned since"),
                "{}",
                nothing.all()
            );
        }
        mail.assert_all_was_seen_and_no_secret_kept(morning);
        self.compare(morning, &held);
        self.trials += 1;
    }

    /// Holds the ledger against what the mail system holds.
    fn compare(&mut self, morning: &Morning, held: &Held) {
        let listed = morning.deliveries(&[]);
        assert_eq!(
            listed.len(),
            DELIVERIES,
            "a delivery is lost from the ledger, or is there twice"
        );
        let mut known = BTreeSet::new();
        let times = |of: &BTreeMap<String, usize>, id: &str| of.get(id).copied().unwrap_or(0);
        for delivery in listed {
            let id = delivery["message_id"].as_str().unwrap();
            assert!(known.insert(id.to_owned()));
            let found = match (
                delivery["state"].as_str().unwrap(),
                times(&held.arrived, id),
                times(&held.came_back, id),
            ) {
                ("accepted", 1, 0) => &mut self.accepted,
                ("bounced", 0, 1) => &mut self.bounced,
                ("unknown", 1, 0) => &mut self.unknown_that_arrived,
                ("unknown", 0, 0) => &mut self.unknown_that_did_not,
                (state, arrived, came_back) => panic!(
                    "{state}, arrived {arrived} times, and came back {came_back} times: {delivery}"
                ),
            };
            *found += 1;
        }
        let mut ids = held.arrived.keys().chain(held.came_back.keys());
        assert!(
            ids.all(|id| known.contains(id)),
            "a message that the ledger does not know"
        );
    }

    /// Says what was found, and fails where it proves nothing.
    #[allow(clippy::print_stdout)]
    fn conclude(&self, mail: &MailSystem) {
        println!("{}: {self:?}", mail.name());
        let unknown = self.unknown_that_arrived + self.unknown_that_did_not;
        assert_eq!(
            self.accepted + self.bounced + unknown,
            self.trials * DELIVERIES
        );
        // Of a few it may be chance.
        assert!(
            self.kills < 100 || 20 * self.while_sending >= self.kills,
            "hardly a kill met a run that was sending"
        );
        assert!(
            self.kills < 100 || 20 * unknown < self.trials * DELIVERIES,
            "of {unknown} deliveries it is unknown whether they arrived"
        );
        assert_eq!(self.bounced > 0, mail.returns());
    }
}

/// Kills runs of one machine, whose ledger is a file.
fn kill_one(mail: &MailSystem) {
    let (wanted, mut chance, mut found) = begin();
    // How long a whole run takes.
    let whole = {
        let morning = morning(mail);
        let began = Instant::now();
        let said = morning.say(&["run"]);
        let whole = began.elapsed();
        assert!([0, 5].contains(&said.exit_code), "{}", said.all());
        Found::default().end_trial(&morning, mail);
        whole
    };
    let mut limit = whole * 3 / 4;
    while found.kills < wanted {
        let morning = morning(mail);
        for _ in 0..KILLS_OF_A_TRIAL {
            let folder = morning.folder.path();
            let was_at_work = begin_and_kill(folder, mail.returns(), &mut chance, limit);
            limit = next_limit(limit, was_at_work);
            if was_at_work {
                found.kills += 1;
                found.note_kill(&morning);
            }
        }
        found.end_trial(&morning, mail);
    }
    found.conclude(mail);
}

/// Kills runs of two machines at once, which share a ledger in PostgreSQL; one of them takes over.
fn kill_two(mail: &MailSystem) {
    let (wanted, mut chance, mut found) = begin();
    let two_machines = || {
        two_machines(|| morning(mail)).expect("PostgreSQL is not installed: tests/kill installs it")
    };
    // How long it takes both to send everything.
    let whole = {
        let machines = two_machines();
        let began = Instant::now();
        at_once(&machines);
        let whole = began.elapsed();
        Found::default().end_trial(&machines[0], mail);
        whole
    };
    // Both processes are killed in each round, or have ended before.
    let mut limit = whole;
    while found.kills < 2 * wanted {
        let machines = two_machines();
        for _ in 0..ROUNDS_OF_TWO {
            let were_at_work = std::thread::scope(|scope| {
                let running = machines.each_ref().map(|machine| {
                    let folder = machine.folder.path();
                    let mut chance = Chance(chance.below(u64::MAX) | 1);
                    scope.spawn(move || begin_and_kill(folder, mail.returns(), &mut chance, limit))
                });
                running.map(|one| one.join().unwrap())
            });
            limit = next_limit(limit, were_at_work.contains(&true));
            let kills = were_at_work.iter().filter(|was_at_work| **was_at_work);
            let kills = kills.count();
            if kills > 0 {
                found.kills += kills;
                found.note_kill(&machines[0]);
            }
        }
        let survivor = &machines[usize::try_from(chance.below(2)).unwrap()];
        found.end_trial(survivor, mail);
    }
    found.conclude(mail);
}

#[test]
#[ignore = "needs Postfix and root: tests/kill"]
fn a_run_that_is_killed_loses_no_message_and_sends_none_twice() {
    kill_one(&MailSystem::plain());
}

#[test]
#[ignore = "needs Postfix and root: tests/kill"]
fn two_machines_that_are_killed_lose_no_message_and_send_none_twice() {
    kill_two(&MailSystem::plain());
}

#[test]
#[ignore = "needs Postfix and root: tests/kill"]
fn a_run_by_token_that_is_killed_takes_each_bounce_in_once() {
    kill_one(&MailSystem::by_token());
}

#[test]
#[ignore = "needs Postfix and root: tests/kill"]
fn two_machines_by_token_that_are_killed_take_each_bounce_in_once() {
    kill_two(&MailSystem::by_token());
}
