//! How fast the figures of an estate are found, beside DuckDB on the same exports.
//!
//!     cargo bench --bench totals -- [MAILBOXES [ORGANISATIONS [ROUNDS]]]        default: 50000 20 9
//!     cargo bench --bench totals -- ESTATE [ROUNDS]        a folder that the generator wrote
//!
//! Ours reads, checks and measures each organisation (the rooms `exports`, `tables` and `metrics`),
//! as many at once as there are processors. DuckDB has the same processors:
//! `benches/peers/totals.py`. Each reads in a process of its own, in turns, and says how long it
//! took from its first file to its last figure, without the start of its process. Both print what
//! they found, which must be the same to the last figure: a difference ends the benchmark with an
//! error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)] // a measurement, not the program

#[path = "support/estate.rs"]
mod estate;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use estate::{DAY, Estate, generate, python_of_peers, tables_of};
use migration_monitor::domain::{ReportDate, SyncState};
use migration_monitor::metrics::{GroupMetrics, OrganisationMetrics};
use migration_monitor::settings::Organisation;

fn main() {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    if let [command, folder] = arguments.as_slice()
        && command == "ours"
    {
        let began = Instant::now();
        let totals = totals(&Estate::open(Path::new(folder), DAY));
        eprintln!("{}", began.elapsed().as_secs_f64());
        print!("{totals}");
        return;
    }
    let argument = |place: usize, default: &str| {
        let given = arguments.get(place).map_or(default, String::as_str);
        given.to_owned()
    };
    let scratch = tempfile::tempdir().unwrap();
    let given = PathBuf::from(argument(0, ""));
    let (estate, rounds) = if given.is_dir() {
        (given.as_path(), argument(1, "3"))
    } else {
        let (mailboxes, organisations) = (argument(0, "50000"), argument(1, "20"));
        generate(
            scratch.path(),
            &["--mailboxes", &mailboxes, "--organisations", &organisations],
        );
        (scratch.path(), argument(2, "9"))
    };
    let rounds: usize = rounds.parse().expect("a number of rounds");
    let python = python_of_peers();
    let mut times = [Vec::new(), Vec::new()];
    let mut peaks = [0; 2];
    for _ in 0..rounds {
        let runs = [ours(estate), peer(&python, estate)].map(Run::of);
        let [ours, peer] = &runs;
        if let Some((one, other)) = ours
            .totals
            .lines()
            .zip(peer.totals.lines())
            .find(|(one, other)| one != other)
        {
            panic!("the totals differ:\nours   {one}\nDuckDB {other}");
        }
        assert_eq!(
            ours.totals.lines().count(),
            peer.totals.lines().count(),
            "one of the two has more totals"
        );
        for ((run, times), peak) in runs.iter().zip(&mut times).zip(&mut peaks) {
            times.push(run.seconds);
            *peak = run.peak_kib.max(*peak);
        }
    }
    let [ours, peer] = times.map(median);
    println!("median of {rounds} rounds; the totals are the same");
    for (name, seconds, peak) in [("ours", ours, peaks[0]), ("DuckDB", peer, peaks[1])] {
        println!("{name:>8} {seconds:>8.3} s {:>8} MiB", peak / 1024);
    }
    println!("ours takes {:.2} of the time of DuckDB", ours / peer);
}

fn ours(estate: &Path) -> Command {
    let mut command = measured(&std::env::current_exe().unwrap());
    command.arg("ours").arg(estate);
    command
}

fn peer(python: &Path, estate: &Path) -> Command {
    let mut command = measured(python);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/totals.py"))
        .arg(estate)
        .arg(DAY);
    command
}

/// GNU time prints the peak memory of a process behind what it prints itself.
fn measured(program: &Path) -> Command {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M"]).arg(program);
    command
}

struct Run {
    seconds: f64,
    peak_kib: u64,
    totals: String,
}

impl Run {
    fn of(mut command: Command) -> Self {
        let output = command
            .output()
            .expect("GNU time is needed: apt-get install -y time");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{errors}");
        let mut figures = errors.lines();
        let mut figure = || figures.next().expect("seconds, then memory");
        Self {
            seconds: figure().parse().unwrap(),
            peak_kib: figure().parse().unwrap(),
            totals: String::from_utf8(output.stdout).unwrap(),
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times
        .get(times.len() / 2)
        .copied()
        .expect("at least one round")
}

/// What is found of each organisation, by code.
fn totals(estate: &Estate) -> String {
    let organisations = &estate.register.organisations;
    let next = AtomicUsize::new(0);
    let mut found: Vec<(usize, String)> = std::thread::scope(|scope| {
        let work = || {
            let mut found = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(organisation) = organisations.get(index) else {
                    return found;
                };
                found.push((index, totals_of(estate, organisation)));
            }
        };
        let threads: Vec<_> = (0..std::thread::available_parallelism().unwrap().get())
            .map(|_| scope.spawn(work))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    found.sort();
    found.into_iter().map(|(_, totals)| totals).collect()
}

fn totals_of(estate: &Estate, organisation: &Organisation) -> String {
    let exports = estate.read(organisation);
    let metrics = estate.measure(&tables_of(estate.validate(organisation, &exports)));
    lines(organisation, estate.date, &metrics).unwrap()
}

/// A line a total, as `benches/peers/totals.py` prints them.
fn lines(
    organisation: &Organisation,
    date: ReportDate,
    metrics: &OrganisationMetrics,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let code = &organisation.code;
    writeln!(text, "{code} whole {}", group(&metrics.whole))?;
    let mut collections: Vec<_> = metrics.collections.iter().collect();
    collections.sort_by_key(|collection| &collection.name);
    for collection in collections {
        let day =
            |date: Option<chrono::NaiveDate>| date.map_or("-".to_owned(), |date| date.to_string());
        let dates = format!(
            "{} {}",
            day(collection.first_switch_date),
            day(collection.last_switch_date)
        );
        let name = collection.name.as_deref().unwrap_or("-");
        writeln!(
            text,
            "{code} collection {name}: {} {dates}",
            group(&collection.metrics)
        )?;
    }
    for phase in &metrics.phases {
        let name = phase
            .phase
            .map_or("-", migration_monitor::domain::Phase::label);
        writeln!(text, "{code} phase {name}: {}", group(&phase.metrics))?;
    }
    for cause in &metrics.causes {
        writeln!(
            text,
            "{code} cause {}: {} {}",
            cause.cause.name, cause.items, cause.mailboxes
        )?;
    }
    let mut days: BTreeMap<_, u64> = BTreeMap::new();
    for failed_at in metrics
        .failed_items
        .iter()
        .filter_map(|item| item.failed_at)
    {
        *days.entry(failed_at.date()).or_default() += 1;
    }
    for (day, items) in days {
        writeln!(text, "{code} day {day}: {items}")?;
    }
    let listed = metrics
        .mailboxes
        .iter()
        .filter(|mailbox| mailbox.items_listed > 0)
        .count();
    let count_differs = metrics.mailboxes.iter().filter(|mailbox| {
        mailbox
            .items_failed
            .is_some_and(|failed| failed != mailbox.items_listed)
    });
    let a_day_ago = date.day().and_time(chrono::NaiveTime::MIN) - chrono::TimeDelta::days(1);
    let is_stale = |seen: Option<chrono::NaiveDateTime>| seen.is_some_and(|seen| seen < a_day_ago);
    let stale = metrics
        .mailboxes
        .iter()
        .filter(|mailbox| is_stale(mailbox.last_synchronised_at))
        .count();
    let important = metrics
        .mailboxes
        .iter()
        .filter(|mailbox| mailbox.vip_category.is_some())
        .count();
    let next = metrics.next_switch.map_or("- 0 0".to_owned(), |next| {
        format!("{} {} {}", next.date, next.due, next.ready)
    });
    let differences = metrics.schedule_differences.as_ref().map_or(0, Vec::len);
    writeln!(
        text,
        "{code} mailboxes {listed} {} {stale} {important} {} {next} {differences}",
        count_differs.count(),
        metrics.past_switch_date
    )?;
    Ok(text)
}

fn group(group: &GroupMetrics) -> String {
    let known = |figure: Option<u64>| figure.map_or("-".to_owned(), |figure| figure.to_string());
    let states = SyncState::ALL.map(|state| group.by_state.of(state).to_string());
    let figures = [
        group.mailboxes.to_string(),
        states.join(" "),
        known(group.items_total),
        known(group.items_synchronised),
        known(group.items_failed),
        known(group.items_attempted),
        format!(
            "{} {} {}",
            group.item_progress.mailboxes,
            group.item_progress.synchronised,
            group.item_progress.total
        ),
        format!(
            "{} {} {}",
            group.bytes.mailboxes, group.bytes.total, group.bytes.in_sync_or_beyond
        ),
        format!(
            "{} {}",
            group.judgement.rate.failed, group.judgement.rate.attempted
        ),
    ];
    figures.join(" ")
}
