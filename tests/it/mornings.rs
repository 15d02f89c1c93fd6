//! What a central team meets in two weeks of mornings, and what the program says of it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::Timelike;
use mail_parser::MessageParser;

use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning, Said};
use crate::support::prepared::friday;

const THURSDAY: &str = "2026-11-19";

/// Leaves so much of an organisation's sync-state export of Friday, cut on a whole row.
fn cut(morning: &Morning, organisation: &str, share: f64) {
    morning.edit(&Morning::export(organisation, "sync-state.csv"), |text| {
        let lines: Vec<&str> = text.lines().collect();
        let rows = ((lines.len() - 1) as f64 * share) as usize;
        let kept = lines[..=rows].iter();
        kept.map(|line| format!("{line}\r\n")).collect()
    });
}

fn is_held(said: &Said, organisation: &str) -> bool {
    said.stderr.contains(&format!("{organisation} is held: "))
}

#[test]
fn a_cut_export_is_held_until_a_person_says_that_it_is_right() {
    let morning = friday();
    cut(&morning, "ZCA", 0.56);
    let held = morning.say(&["run"]);
    assert_eq!(held.exit_code, 4, "{}", held.all());
    let way_out = format!("run --date {DATE} --organisation ZCA --accept-loss");
    assert!(
        is_held(&held, "ZCA") && held.stderr.contains(&way_out),
        "{}",
        held.all()
    );
    // A word for all organisations at once is none.
    assert_eq!(morning.say(&["run", "--accept-loss"]).exit_code, 2);

    let accept = ["run", "--organisation", "ZCA", "--accept-loss"];
    let why = ["--reason", "Two collections were taken out."];
    let accepted = morning.say(&[&accept[..], &why].concat());
    assert_eq!(accepted.exit_code, 0, "{}", accepted.all());
    assert!(
        accepted.stderr.contains("noted in the ledger"),
        "{}",
        accepted.all()
    );
    let ledger =
        rusqlite::Connection::open(morning.folder.path().join("data/ledger.sqlite")).unwrap();
    let (who, reason, gone): (String, String, i64) = ledger
        .query_row(
            "SELECT who, why, amount FROM audit_log WHERE why IS NOT NULL",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert!(who.contains(" on ") && gone > 0, "{who} {gone}");
    assert_eq!(reason, why[1]);

    // Whoever looks at the day later is told the same.
    for command in ["run", "plan", "check"] {
        let said = morning.say(&[command]);
        assert_eq!(said.exit_code, 0, "{command}: {}", said.all());
    }
    // A worse export of the same day is another question.
    cut(&morning, "ZCA", 0.5);
    assert!(is_held(&morning.say(&["run"]), "ZCA"));
}

/// Gives the first mailboxes of a collection one of their own, which Friday's export may lack.
fn part_of_a_collection(morning: &Morning, day: &str, is_there: bool) {
    let export = format!("exports/ZCA/{day}/sync-state.csv");
    morning.edit(&export, |text| {
        let mut parted = 0;
        let lines = text.split_inclusive('\n').filter_map(|line| {
            let rest = line.strip_prefix("\"Archive and corporate\"");
            match rest.filter(|_| parted < 80) {
                None => Some(line.to_owned()),
                Some(rest) => {
                    parted += 1;
                    is_there.then(|| format!("\"Theatres\"{rest}"))
                }
            }
        });
        lines.collect()
    });
}

#[test]
fn a_collection_that_is_left_out_is_held_however_small_it_is() {
    let morning = Morning::of_three().with_exports_of(THURSDAY);
    part_of_a_collection(&morning, THURSDAY, true);
    assert_eq!(morning.say_of(THURSDAY, &["run"]).exit_code, 0);
    let whole = morning
        .folder
        .path()
        .join(Morning::export("ZCA", "sync-state.csv"));
    let whole = std::fs::read(whole).unwrap();
    part_of_a_collection(&morning, DATE, false);
    let held = morning.say(&["run"]);
    assert_eq!(held.exit_code, 4, "{}", held.all());
    let told =
        "it no longer lists 80. Among them are all 80 of “Theatres”. The export was likely cut";
    assert!(
        is_held(&held, "ZCA") && held.stderr.contains(told),
        "{}",
        held.all()
    );
    let accept = ["run", "--organisation", "ZCA", "--accept-loss"];
    assert_eq!(morning.say(&accept).exit_code, 0);
    assert_eq!(morning.say(&["run"]).exit_code, 0);

    // Its mailboxes under another collection are nobody's loss.
    let moved = Morning::of_three().with_exports_of(THURSDAY);
    part_of_a_collection(&moved, THURSDAY, true);
    assert_eq!(moved.say_of(THURSDAY, &["run"]).exit_code, 0);
    assert_eq!(
        std::fs::read(
            moved
                .folder
                .path()
                .join(Morning::export("ZCA", "sync-state.csv"))
        )
        .unwrap(),
        whole
    );
    assert_eq!(moved.say(&["run"]).exit_code, 0);
    // One that had switched may be taken out of the tool.
    let done = Morning::of_three().with_exports_of(THURSDAY);
    part_of_a_collection(&done, THURSDAY, true);
    done.edit(&format!("exports/ZCA/{THURSDAY}/sync-state.csv"), |text| {
        let switched = |line: &str| match line.starts_with("\"Theatres\"") {
            true => {
                let mut cells: Vec<&str> = line.split("\",\"").collect();
                cells[4] = "Switched";
                cells.join("\",\"")
            }
            false => line.to_owned(),
        };
        text.split_inclusive('\n').map(switched).collect()
    });
    assert_eq!(done.say_of(THURSDAY, &["run"]).exit_code, 0);
    part_of_a_collection(&done, DATE, false);
    let said = done.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
}

#[test]
fn two_peoples_mail_into_one_mailbox_is_in_the_subject_and_first_of_what_to_do() {
    let morning = friday();
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        let mut lines: Vec<Vec<String>> = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect())
            .collect();
        let target = lines[0].iter().position(|h| h == "Target Mailbox").unwrap();
        lines[2][target] = lines[1][target].clone();
        lines.iter().map(|cells| cells.join(",") + "\r\n").collect()
    });
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let summaries = morning.summaries();
    let (_, bytes) = summaries
        .iter()
        .find(|(file, _)| file.contains(&format!("{DATE}/")))
        .unwrap();
    let message = MessageParser::new().parse(bytes).unwrap();
    assert_eq!(
        message.subject(),
        Some("Run Summary, 20 November 2026: call ZTP; all made, none sent (trial)")
    );
    let text = message.body_text(0).unwrap();
    let to_do = text.split("What to do").nth(1).unwrap();
    assert!(
        to_do.contains("1. Two mailboxes that would land in one: ZTP. Stop the migration"),
        "{text}"
    );
    let checked = morning.say(&["check"]);
    assert!(
        checked.stdout.contains("WARN  exports of ZTP: ")
            && !checked.stdout.contains("All is well"),
        "{}",
        checked.stdout
    );
}

#[test]
fn an_older_export_without_times_is_told_by_figures_that_fell() {
    let morning = friday();
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        let mut lines = text.lines();
        let headings = lines.next().unwrap();
        let column = headings
            .split(',')
            .position(|of| of == "Items Synchronized")
            .unwrap();
        let rows = lines.enumerate().map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row % 5 == 0 {
                cells[column] = "0";
            }
            cells.join(",")
        });
        let rows: Vec<String> = rows.collect();
        format!("{headings}\r\n{}\r\n", rows.join("\r\n"))
    });
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let summary = morning.tell(&["summary"]).stdout;
    let words = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("All made, none sent (trial), with warnings")
            && words.contains("An older export under today's name does that"),
        "{summary}"
    );
}

#[test]
fn organisations_that_vanish_from_the_register_are_named() {
    let morning = friday();
    morning.edit("organisations.csv", |register| {
        let lines = register.lines().filter(|line| !line.starts_with("ZCA"));
        let lines = lines.map(|line| match line.starts_with("ZMU") {
            true => line.replace("mop-up", "closed"),
            false => line.to_owned(),
        });
        lines.map(|line| line + "\n").collect()
    });
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let summary = morning.tell(&["summary"]).stdout;
    let words = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("ZCA: reported on until Thursday 19 November, and ")
            && words.contains("ZMU: reported on until Thursday 19 November.")
            && words.contains("Nobody is told of ZCA, which is gone from the register"),
        "{summary}"
    );
}

#[test]
fn a_missing_export_is_an_alarm_on_a_working_day_and_none_at_the_weekend() {
    let morning = friday();
    let friday = morning.folder.path().join("exports");
    for organisation in ["ZCA", "ZMU", "ZTP"] {
        std::fs::remove_dir_all(friday.join(organisation).join(DATE)).unwrap();
    }
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    // Saturday: nobody exported, and nothing is wrong.
    let saturday = "2026-11-21";
    for command in ["check", "plan", "run"] {
        let said = morning.say_of(saturday, &[command]);
        assert_eq!(said.exit_code, 0, "{command}: {}", said.all());
        assert!(!said.all().contains("held"), "{command}: {}", said.all());
    }
    let summaries = morning.summaries();
    let (_, bytes) = summaries
        .iter()
        .find(|(file, _)| file.starts_with(saturday))
        .unwrap();
    assert_eq!(
        MessageParser::new().parse(bytes).unwrap().subject(),
        Some("Run Summary, 21 November 2026: nothing was due")
    );
    // A programme that works on Saturdays says so.
    morning.edit("migration-monitor.toml", |settings| {
        settings + "\n[calendar]\nworking_days = [\"friday\", \"saturday\"]\nbank_holidays = \"ours.txt\"\n"
    });
    let file = morning.folder.path().join("ours.txt");
    std::fs::write(&file, "2026-12-25\n26 December\n").unwrap();
    let mistaken = morning.say_of(saturday, &["check"]);
    assert_eq!(mistaken.exit_code, 3);
    assert!(
        mistaken
            .stderr
            .contains("ours.txt, line 2: “26 December” does not begin with a date"),
        "{}",
        mistaken.stderr
    );
    std::fs::write(&file, "2026-12-25 # Christmas\n").unwrap();
    assert_eq!(morning.say_of(saturday, &["check"]).exit_code, 4);
    // One export without the other is a mistake on any day.
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("\"friday\", \"saturday\"", "\"friday\"")
    });
    let from = friday.join("ZTP/2026-11-19/sync-state.csv");
    let to = friday.join("ZTP").join(saturday);
    std::fs::create_dir_all(&to).unwrap();
    std::fs::copy(from, to.join("sync-state.csv")).unwrap();
    assert_eq!(morning.say_of(saturday, &["check"]).exit_code, 4);
}

#[test]
fn a_range_of_days_is_each_of_them_in_its_order() {
    let morning = Morning::of_three().with_exports_of(THURSDAY);
    let days = ["--from", THURSDAY, "--to", DATE];
    let all = |command: &str| morning.tell(&[&[command], &days[..]].concat());
    let planned = all("plan");
    assert_eq!(planned.exit_code, 0, "{}", planned.all());
    for day in [THURSDAY, DATE] {
        assert!(
            planned.stdout.contains(&format!("{day}: 6 messages")),
            "{}",
            planned.stdout
        );
    }
    let ran = all("run");
    assert_eq!(ran.exit_code, 0, "{}", ran.all());
    let outbox = morning.outbox();
    let of = |day: &str| outbox.keys().filter(|file| file.starts_with(day)).count();
    assert_eq!((of(THURSDAY), of(DATE)), (6, 6), "{:?}", outbox.keys());
    // Friday was compared with Thursday, which came before it.
    let changes = &morning.model("ZTP", "overall-migration")["changes"];
    assert_eq!(changes["since"], THURSDAY, "{changes}");
    assert_eq!(all("run").exit_code, 0);
    assert_eq!(morning.outbox(), outbox, "nothing is sent twice");
    for wrong in [
        &["run", "--from", DATE, "--to", THURSDAY][..],
        &["run", "--from", THURSDAY, "--date", DATE],
        &["run", "--to", DATE],
    ] {
        assert_eq!(morning.tell(wrong).exit_code, 2, "{wrong:?}");
    }
}

#[test]
fn a_past_day_can_be_kept_without_mail() {
    let morning = Morning::of_three().with_exports_of(THURSDAY);
    let recorded = morning.say_of(THURSDAY, &["run", "--record-only"]);
    assert_eq!(recorded.exit_code, 0, "{}", recorded.all());
    assert!(
        recorded.stdout.contains("nobody was mailed"),
        "{}",
        recorded.stdout
    );
    assert!(morning.outbox().is_empty() && morning.summaries().is_empty());
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let changes = &morning.model("ZTP", "overall-migration")["changes"];
    assert_eq!(changes["since"], THURSDAY, "{changes}");
}

#[test]
fn a_day_long_past_is_not_mailed_unasked() {
    let server = server().start();
    let past = "2026-11-09";
    let morning = morning_with(&server).with_exports_of(past);
    let said = morning.tell(&["run", "--date", past]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.stdout
            .contains(&format!("run --date {past} --send-late"))
            && server.received().is_empty(),
        "{}",
        said.all()
    );
    let said = morning.tell(&["run", "--date", past, "--send-late"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(!server.received().is_empty());
}

#[test]
fn columns_under_each_others_headings_hold() {
    for [one, other] in [
        ["Items Total", "Failed Items"],
        ["Items Synchronized", "Failed Items"],
    ] {
        let morning = Morning::of_three();
        for organisation in ["ZTP", "ZCA"] {
            morning.edit(&Morning::export(organisation, "sync-state.csv"), |text| {
                let text = text.replacen(one, "?", 1).replacen(other, one, 1);
                text.replacen('?', other, 1)
            });
        }
        let said = morning.say(&["run"]);
        assert!(
            said.exit_code == 4 && is_held(&said, "ZTP") && is_held(&said, "ZCA"),
            "{}",
            said.all()
        );
        assert!(
            said.all().contains("Two columns look exchanged"),
            "{}",
            said.all()
        );
        assert_eq!(morning.organisations_served(), ["ZMU"]);
    }
}

#[test]
fn a_data_folder_that_is_new_is_told_before_anything_is_mailed() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    morning.edit("migration-monitor.toml", |settings| {
        settings + "\n[mail.sendmail]\ncommand = \"/bin/false\"\n"
    });
    let is_told_by = |command: &[&str]| {
        let said = morning.say(&[command, &["--transport", "sendmail"]].concat());
        said.all()
            .contains("is new: no run has left anything there")
    };
    let commands: [&[&str]; 2] = [&["check"], &["run", "--record-only"]];
    assert!(!commands.iter().any(|command| is_told_by(command)));
    morning.edit("migration-monitor.toml", |settings| {
        settings.replacen("folder = \"data\"", "folder = \"date\"", 1)
    });
    // A slip of the hand.
    assert!(commands.iter().all(|command| is_told_by(command)));
}

#[test]
fn exports_that_come_late_are_waited_for_and_the_team_is_told_once() {
    let morning = Morning::of_three();
    let ztp = late(&morning, "ZTP");
    let program = waits_for_exports(&morning);
    wait_until_served(&morning, &["ZCA", "ZMU"]);
    assert!(
        morning.summaries().is_empty(),
        "the team is told at the end"
    );
    // A monitor that looks now is told to wait, and whoever runs the day by hand that somebody does.
    let waits = morning.say(&["status"]);
    assert!(
        waits.exit_code == 7 && waits.stdout.contains("a run waits for exports (process "),
        "{}",
        waits.all()
    );
    let by_hand = morning.say(&["run", "--organisation", "ZTP"]);
    assert!(
        by_hand
            .stderr
            .contains("Another run waits for exports (process "),
        "{}",
        by_hand.all()
    );
    come(ztp);
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU", "ZTP"]);
    assert_eq!(morning.summaries().len(), 1);
    assert_eq!(morning.say(&["status"]).exit_code, 0);
}

/// A run that was asked to end says so after its first look, and after the second too.
#[cfg(unix)]
#[test]
fn a_run_that_waits_ends_with_a_sentence_whenever_it_is_asked_to() {
    for looks in [1, 2] {
        let morning = Morning::of_three();
        let (zca, _zmu) = (late(&morning, "ZCA"), late(&morning, "ZMU"));
        let program = waits_for_exports(&morning);
        wait_until_served(&morning, &["ZTP"]);
        if looks == 2 {
            come(zca);
            wait_until_served(&morning, &["ZCA", "ZTP"]);
        }
        let pid = program.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        let output = program.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(8), "{looks}: {said}");
        assert!(said.contains("the run was asked to end"), "{looks}: {said}");
    }
}

#[test]
fn a_run_that_has_told_what_is_missing_and_waits_on_is_said_to_wait() {
    let morning = Morning::of_three();
    let ztp = late(&morning, "ZTP");
    let program = waiting_run(&morning, &["--tell-at", "00:00"]);
    let begun = Instant::now();
    while morning.summaries().is_empty() && begun.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut waits = morning.say(&["status"]);
    while waits.stdout.contains("a run is at work") && begun.elapsed() < Duration::from_secs(120) {
        waits = morning.say(&["status"]);
    }
    let words = waits.stdout.split_whitespace().collect::<Vec<_>>();
    assert!(
        waits.exit_code == 7
            && words
                .join(" ")
                .contains("1 organisation held (ZTP), a run still waits for exports (process"),
        "{}",
        waits.all()
    );
    // Of another day it says nothing.
    let other = morning.say_of(THURSDAY, &["status"]);
    assert!(!other.stdout.contains("waits"), "{}", other.all());
    come(ztp);
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(morning.say(&["status"]).exit_code, 0);
}

/// A run that waits for somebody who mends an export has done all the same.
#[cfg(unix)]
#[test]
fn a_run_that_has_done_all_ends_as_it_did_when_it_is_asked_to() {
    let morning = Morning::of_three();
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        text.lines()
            .take(1)
            .map(|line| format!("{line}\r\n"))
            .collect()
    });
    let program = waits_for_exports(&morning);
    wait_until_served(&morning, &["ZCA", "ZMU"]);
    let began = Instant::now();
    while morning.summaries().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(120), "no Run Summary");
        std::thread::sleep(Duration::from_millis(100));
    }
    let pid = program.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(!said.contains("asked to end"), "{said}");
}

/// Takes an organisation's exports away: where they are, and where they belong.
fn late(morning: &Morning, organisation: &str) -> [PathBuf; 2] {
    let place = format!("exports/{organisation}/{DATE}");
    let [place, aside] = [&place, organisation].map(|name| morning.folder.path().join(name));
    std::fs::rename(&place, &aside).unwrap();
    [aside, place]
}

fn come([aside, place]: [PathBuf; 2]) {
    std::fs::rename(aside, place).unwrap();
}

/// A run that looks for late exports every second.
fn waits_for_exports(morning: &Morning) -> Child {
    waiting_run(morning, &[])
}

fn waiting_run(morning: &Morning, also: &[&str]) -> Child {
    let (hour, minute) = in_three_minutes();
    Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .args(["run", "--date", DATE, "--look-every", "1"])
        .args(also)
        .args(["--until", &format!("{hour:02}:{minute:02}"), "--settings"])
        .arg(morning.folder.path().join("migration-monitor.toml"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_until_served(morning: &Morning, organisations: &[&str]) {
    let is_served = || morning.organisations_served() == organisations;
    let begun = Instant::now();
    while !is_served() && begun.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(is_served(), "{:?}", morning.organisations_served());
}

/// The hour and the minute that a clock in London shows in three minutes.
fn in_three_minutes() -> (u32, u32) {
    let now = chrono::Utc::now().with_timezone(&chrono_tz::Europe::London);
    let then = now + chrono::TimeDelta::minutes(3);
    (then.hour(), then.minute())
}

#[test]
fn a_past_day_is_purged_with_its_outbox_and_what_would_go_is_said_first() {
    let morning = friday();
    let purge = ["purge", "--from", THURSDAY, "--to", THURSDAY];
    let outbox = morning.outbox();
    let would = morning.tell(&[&purge[..], &["--dry-run"]].concat());
    assert_eq!(would.exit_code, 0, "{}", would.all());
    assert!(
        would.stdout.contains("Nothing was removed."),
        "{}",
        would.all()
    );
    assert_eq!(morning.outbox(), outbox);
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(morning.tell(&purge).exit_code, 0);
    let left = morning.outbox();
    assert!(!left.is_empty() && left.keys().all(|file| file.starts_with(DATE)));
    assert!(
        morning
            .archive()
            .keys()
            .all(|file| !file.starts_with(THURSDAY))
    );
}

#[test]
fn the_run_summary_and_an_organisations_messages_are_shown_again() {
    let morning = friday();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let summary = morning.tell(&["summary"]);
    assert!(
        summary.stdout.starts_with("RUN SUMMARY") || summary.stdout.contains("Run Summary"),
        "{}",
        summary.all()
    );
    assert!(
        summary.stdout.contains("Friday 20 November 2026"),
        "{}",
        summary.stdout
    );
    // Today has none, which is said first, as of a day that was asked for it is not.
    let asked = morning.tell(&["summary", "--date", DATE]);
    let first = |said: &Said| said.stdout.lines().next().unwrap_or_default().to_owned();
    assert_eq!(first(&asked), "Run Summary");
    assert!(first(&summary).starts_with("TODAY HAS NO RUN SUMMARY. This is the one of 2026-11-20"));
    let answer = morning.tell(&["summary", "--format", "json"]).stdout;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["is_of_today"] == false && answer["age_days"].as_i64() > Some(0));
    let none = morning.tell(&["summary", "--date", "2026-11-18"]);
    assert!(
        none.exit_code == 2 && none.stderr.contains("2026-11-18"),
        "{}",
        none.all()
    );
    // The newest day, and of it one organisation, and of any day what is asked for.
    let list = |arguments: &[&str]| {
        let said = morning.tell(&[&["deliveries", "--format", "csv"], arguments].concat());
        said.stdout
            .lines()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(list(&[]).iter().all(|line| line.contains(DATE)));
    let of_one = list(&["--organisation", "ZTP"]);
    assert!(of_one.iter().all(|line| line.contains(",ZTP,")));
    assert!(of_one.iter().any(|line| line.contains(THURSDAY)));
    assert!(of_one.iter().any(|line| line.contains(DATE)));
    // Without --settings the variable says where they are.
    let output = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .args(["status", "--date", DATE])
        .env(
            "MIGRATION_MONITOR_SETTINGS",
            morning.folder.path().join("migration-monitor.toml"),
        )
        .current_dir("/")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_data_folder_of_another_user_is_left_alone() {
    let morning = Morning::of_three();
    let data = morning.folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // Only root may give a folder away.
    if std::os::unix::fs::chown(&data, Some(4_242), None).is_err() {
        return;
    }
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 10, "{}", said.all());
    assert!(
        said.stderr.contains("belongs to the user 4242"),
        "{}",
        said.stderr
    );
    assert!(std::fs::read_dir(&data).unwrap().next().is_none() && morning.outbox().is_empty());
}
