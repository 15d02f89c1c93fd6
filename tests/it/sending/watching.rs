use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning};
use crate::support::smtp_server::Misbehaviour::{Cut, Say};
use crate::support::smtp_server::Step;

fn heartbeat(morning: &Morning) -> Value {
    serde_json::from_slice(
        &std::fs::read(morning.folder.path().join("data/heartbeat.json")).unwrap(),
    )
    .unwrap()
}

#[test]
fn a_run_of_the_whole_day_leaves_a_heartbeat_and_a_part_of_it_none() {
    let morning = Morning::of_three();
    let before = morning.say(&["status"]);
    assert_eq!(before.exit_code, 1);
    assert!(
        before
            .stdout
            .contains("no run of the whole day has finished"),
        "{}",
        before.stdout
    );
    morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(morning.say(&["status"]).exit_code, 1, "of one organisation");
    morning.say(&["run"]);
    let left = heartbeat(&morning);
    assert_eq!(
        (
            &left["report_date"],
            &left["exit_code"],
            &left["organisations_held"]
        ),
        (&json!("2026-11-20"), &json!(0), &json!(0))
    );
    assert_eq!(
        (
            &left["deliveries"]["outbox"],
            &left["deliveries"]["unknown"]
        ),
        (&json!(6), &json!(0))
    );
    assert!(left["started"].as_str().unwrap() <= left["finished"].as_str().unwrap());
    let said = morning.say(&["status"]);
    assert_eq!(said.exit_code, 0);
    assert!(
        said.stdout.contains("the run finished on ") && said.stdout.contains("now 6 in the outbox"),
        "{}",
        said.stdout
    );

    // No exports for the day before: all is held. What is known of the other day stays.
    assert_eq!(morning.tell(&["run", "--date", "2026-11-19"]).exit_code, 4);
    assert_eq!(heartbeat(&morning)["organisations_held"], json!(3));
    assert_eq!(
        morning.tell(&["status", "--date", "2026-11-19"]).exit_code,
        4
    );
    assert_eq!(morning.say(&["status"]).exit_code, 0);
    morning.tell(&["run", "--date", "2026-11-19"]);
    assert_eq!(
        heartbeat(&morning)["earlier"].as_array().unwrap().len(),
        1,
        "one run a day is remembered"
    );
}

#[test]
fn a_run_that_nobody_listens_to_leaves_its_heartbeat() {
    let morning = Morning::of_three();
    let mut run = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .args([
            "run",
            "--quiet",
            "--date",
            DATE,
            "--settings",
            "migration-monitor.toml",
        ])
        .current_dir(morning.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(run.stdout.take());
    run.wait().unwrap();
    assert_eq!(heartbeat(&morning)["deliveries"]["outbox"], json!(6));
    assert_eq!(morning.say(&["status"]).exit_code, 0);
}

#[test]
fn a_monitor_is_told_by_cause_and_of_what_was_mended_since() {
    let server = server()
        .once_at(Step::EndOfData, Cut)
        .for_recipient(
            "matron@pennyford-hospice.example",
            Step::Recipient,
            Say("450 4.2.1 later"),
        )
        .start();
    let morning = morning_with(&server);
    assert_eq!(morning.say(&["run"]).exit_code, 6);
    assert_eq!(morning.say(&["status"]).exit_code, 6);
    let id = morning
        .tell(&["deliveries", "--state", "unknown", "--format", "csv"])
        .stdout
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    morning.tell(&["deliveries", "resolve", &id, "--accepted"]);
    assert_eq!(
        morning.say(&["status"]).exit_code,
        8,
        "what is put off is left"
    );
}

#[test]
fn while_the_first_run_of_a_day_is_at_work_a_monitor_is_told_so() {
    let morning = Morning::of_three();
    let lock =
        migration_monitor::archive::Lock::take(&morning.folder.path().join("data"), "process 12")
            .unwrap();
    let said = morning.say(&["status"]);
    assert_eq!(said.exit_code, 7);
    assert!(
        said.stdout.contains("a run is at work (process 12)"),
        "{}",
        said.stdout
    );
    drop(lock);
}

/// What promtool asks of a file for the textfile collector: each metric has its help and its type,
/// in this order, before its samples, which stand together; names, labels and values are well
/// formed; nothing is there twice; no time-stamps.
fn parse_metrics(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n') && !text.contains("\n\n") && !text.contains('\r'));
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let (mut samples, mut described, mut typed, mut current) = (
        BTreeMap::new(),
        BTreeSet::new(),
        BTreeSet::new(),
        String::new(),
    );
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(
                is_name(name) && !words.trim().is_empty() && described.insert(name.to_owned()),
                "{line}"
            );
            name.clone_into(&mut current);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(
                name == current && kind == "gauge" && typed.insert(name.to_owned()),
                "{line}"
            );
            assert!(
                !["_total", "_count", "_sum", "_bucket"]
                    .iter()
                    .any(|end| name.ends_with(end)),
                "no name for a gauge: {name}"
            );
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series
                .split_once('{')
                .map_or((series, None), |(name, rest)| {
                    (name, rest.strip_suffix('}'))
                });
            assert!(name == current && typed.contains(name), "{line}");
            if let Some(labels) = labels {
                for label in labels.split("\",").map(|label| label.trim_end_matches('"')) {
                    let (label, value) = label.split_once("=\"").unwrap();
                    assert!(is_name(label) && !value.contains('"'), "{line}");
                }
            }
            assert!(
                samples
                    .insert(series.to_owned(), value.parse::<f64>().unwrap())
                    .is_none(),
                "{line}"
            );
        }
    }
    assert_eq!(described, typed);
    samples
}

/// Prometheus' own check of a metrics file, where it is installed.
#[cfg(unix)]
fn promtool_finds_nothing_wrong(file: &std::path::Path) {
    let check = |text: Vec<u8>| {
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let mut to = promtool.stdin.take()?;
        std::io::Write::write_all(&mut to, &text).ok()?;
        drop(to);
        let output = promtool.wait_with_output().ok()?;
        let said = [output.stdout, output.stderr].concat();
        Some((output.status.success(), String::from_utf8(said).unwrap()))
    };
    let text = std::fs::read(file).unwrap();
    let Some(found) = check(text.clone()) else {
        crate::support::skipped("there is no promtool. Install the package prometheus.");
        return;
    };
    assert_eq!(found, (true, String::new()));
    let spoilt = String::from_utf8(text).unwrap().replace(" gauge", " gouge");
    assert!(
        !check(spoilt.into_bytes()).unwrap().0,
        "it finds what is wrong"
    );
}

#[cfg(unix)]
#[test]
fn a_metrics_file_is_written_for_everyone_to_read() {
    use std::os::unix::fs::PermissionsExt;

    let morning = Morning::of_three();
    morning.edit("migration-monitor.toml", |settings| {
        settings.replacen(
            "[data]\n",
            "[data]\nmetrics_file = \"collector/migration_monitor.prom\"\n",
            1,
        )
    });
    let no_folder = morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(no_folder.exit_code, 0);
    let no_folder = morning.say(&["run"]);
    assert_eq!(no_folder.exit_code, 0, "the reports are out");
    assert!(
        no_folder
            .stderr
            .contains("migration_monitor.prom cannot be written"),
        "{}",
        no_folder.stderr
    );

    std::fs::create_dir(morning.folder.path().join("collector")).unwrap();
    std::fs::remove_file(
        morning
            .folder
            .path()
            .join(Morning::export("ZMU", "sync-state.csv")),
    )
    .unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 4);
    let file = morning
        .folder
        .path()
        .join("collector/migration_monitor.prom");
    let metrics = parse_metrics(&std::fs::read_to_string(&file).unwrap());
    for (name, state, value) in [
        ("last_run_exit_code", "", 4.0),
        ("organisations", "", 3.0),
        ("organisations_held", "", 1.0),
        ("register_mistakes", "", 0.0),
        ("deliveries", ",state=\"outbox\"", 6.0),
        ("deliveries", ",state=\"refused\"", 0.0),
        ("report_date_timestamp_seconds", "", 1_795_132_800.0),
    ] {
        let series = format!(
            "migration_monitor_{name}{{programme=\"Invented mailbox migration programme\"{state}}}"
        );
        assert_eq!(metrics.get(&series), Some(&value), "{series}");
    }
    promtool_finds_nothing_wrong(&file);
    // A past day that is run again says nothing of today.
    let of_today = std::fs::read(&file).unwrap();
    morning.say_of("2026-11-19", &["run"]);
    assert_eq!(std::fs::read(&file).unwrap(), of_today);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o644
    );
    let beside: Vec<_> = std::fs::read_dir(morning.folder.path().join("collector"))
        .unwrap()
        .collect();
    assert_eq!(beside.len(), 1, "nothing half-written stays behind");
}
