//! All that runs left, copied while one may be at work, and put back on another path: nothing is lost,
//! and nothing is sent again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use migration_monitor::delivery::{Ledger, LedgerPlace, Restoration};
use migration_monitor::domain::ReportDate;

use crate::ledger::two_machines::share;
use crate::support::morning::{DATE, Morning, Said, files_below};
use crate::support::postgres::database;

fn sent() -> Morning {
    let morning = Morning::of_three().without_summary();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    morning
}

fn fresh() -> Morning {
    Morning::of_three().without_summary()
}

fn place(morning: &Morning, name: &str) -> PathBuf {
    morning.folder.path().join(name)
}

fn back_up(morning: &Morning, to: &Path) -> Said {
    morning.tell(&["backup", to.to_str().unwrap()])
}

fn restore(morning: &Morning, from: &Path) -> Said {
    morning.tell(&["restore", from.to_str().unwrap()])
}

fn succeeds(said: &Said) {
    assert_eq!(said.exit_code, 0, "{}", said.all());
}

/// What is known of each delivery, but for what the restoring itself writes.
fn known(morning: &Morning) -> Vec<(String, String)> {
    let listed = morning.deliveries(&[]).into_iter();
    let known = listed.map(|one| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        (text("message_id"), text("state"))
    });
    known.collect()
}

#[test]
fn a_backup_is_put_back_on_another_path_and_nothing_is_sent_again() {
    let (first, second) = (sent(), fresh());
    let backup = place(&second, "backup");
    let said = back_up(&first, &backup);
    succeeds(&said);
    assert!(
        said.stdout
            .contains("Backed up ledger, archive and history"),
        "{}",
        said.all()
    );
    succeeds(&restore(&second, &backup));
    assert_eq!(known(&second), known(&first));
    let kept = |morning: &Morning, folder: &str| files_below(&place(morning, folder));
    for folder in ["data/archive", "data/history"] {
        assert_eq!(kept(&second, folder), kept(&first, folder), "{folder}");
    }
    succeeds(&second.tell(&["deliveries", "verify", "--date", DATE]));
    let again = second.say(&["run"]);
    succeeds(&again);
    assert!(again.stdout.contains("nothing to send"), "{}", again.all());
    assert!(second.outbox().is_empty());
    // It is written down, and what is known of the ledger elsewhere goes on with it.
    let verified = second.tell(&["deliveries", "verify"]);
    assert!(verified.all().contains("restore"), "{}", verified.all());
    succeeds(&second.say(&["status"]));
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let (first, second) = (sent(), fresh());
    let backup = place(&second, "backup");
    succeeds(&back_up(&first, &backup));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&backup), 0o700);
    for file in files_below(&backup).keys() {
        assert_eq!(mode(&backup.join(file)), 0o600, "{file}");
    }
}

/// A run by the mail program, which takes every message, at 30 a minute; killed once `seen` says so.
#[cfg(unix)]
fn killed_after(morning: &Morning, act: impl Fn() -> bool) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .args([
            "run",
            "--send-late",
            "--date",
            DATE,
            "--settings",
            "migration-monitor.toml",
        ])
        .current_dir(morning.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !act() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "nothing was sent"
        );
        assert!(run.try_wait().unwrap().is_none(), "the run is at work");
        std::thread::sleep(Duration::from_millis(50));
    }
    run.kill().unwrap();
    run.wait().unwrap();
}

#[cfg(unix)]
fn by_mail_program(morning: Morning) -> Morning {
    use std::os::unix::fs::PermissionsExt;

    let program = place(&morning, "sendmail");
    let taken = place(&morning, "taken");
    let script = format!(
        "#!/bin/sh\ncat >/dev/null\necho one >>'{}'\n",
        taken.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        let settings = settings.replace("transport = \"outbox\"", "transport = \"sendmail\"");
        format!(
            "{settings}\n[mail.sendmail]\ncommand = \"{}\"\n",
            program.display()
        )
    });
    morning
}

#[cfg(unix)]
fn taken(morning: &Morning) -> usize {
    let taken = std::fs::read_to_string(place(morning, "taken"));
    taken.unwrap_or_default().lines().count()
}

#[cfg(unix)]
#[test]
fn a_backup_during_a_run_is_whole_and_what_waited_then_is_unknown() {
    let [first, second, third] = [(); 3].map(|()| by_mail_program(fresh()));
    let backup = place(&second, "backup");
    let taken_before = std::cell::Cell::new(0);
    killed_after(&first, || {
        if taken_before.get() == 0 && taken(&first) >= 2 {
            succeeds(&back_up(&first, &backup));
            taken_before.set(taken(&first));
        }
        taken_before.get() > 0 && taken(&first) > taken_before.get()
    });
    let said = restore(&second, &backup);
    assert_eq!(said.exit_code, 6, "{}", said.all());
    let states = |morning: &Morning, state: &str| {
        known(morning).iter().filter(|(_, of)| of == state).count()
    };
    let (accepted, unknown) = (states(&second, "accepted"), states(&second, "unknown"));
    assert!(
        accepted >= 1 && unknown >= 1,
        "{accepted} accepted, {unknown} unknown"
    );
    assert_eq!(accepted + unknown, known(&first).len());
    // Whatever the ledger names is there, as it was.
    let verified = second.tell(&["deliveries", "verify", "--date", DATE]);
    assert_eq!(verified.exit_code, 0, "{}", verified.all());
    assert_eq!(second.say(&["run"]).exit_code, 6);
    assert_eq!(taken(&second), 0);
    // What the copy of the first one's audit log knows after all, it is told.
    for (file, bytes) in files_below(&place(&first, "data/audit-log")) {
        std::fs::write(place(&second, "data/audit-log").join(file), bytes).unwrap();
    }
    assert_eq!(second.say(&["run"]).exit_code, 11);
    assert!([0, 6].contains(&second.tell(&["ledger", "rebuild"]).exit_code));
    // The newest entry alone may be missing there: the kill may come between it and its copy.
    let (told, of_first) = (states(&second, "accepted"), states(&first, "accepted"));
    assert!(
        told >= accepted && (told..=told + 1).contains(&of_first),
        "{told} of {of_first}"
    );

    let said = third.tell(&[
        "restore",
        backup.to_str().unwrap(),
        "--nothing-was-sent-since",
    ]);
    let on_the_way = states(&third, "sending") + states(&third, "unknown");
    assert!([0, 6].contains(&said.exit_code), "{}", said.all());
    assert_eq!(states(&third, "prepared") + on_the_way, unknown);
}

#[test]
fn of_days_since_a_backup_nothing_is_sent_before_a_person_says_so() {
    let (first, second) = (sent(), fresh());
    let backup = place(&second, "backup");
    succeeds(&back_up(&first, &backup));
    succeeds(&restore(&second, &backup));
    let of_day = ReportDate::parse_iso(DATE).unwrap();
    let file = LedgerPlace::File(place(&second, "data/ledger.sqlite"));
    let mut ledger = Ledger::open(&file).unwrap();
    let restoration = Restoration {
        made_at: chrono::Utc::now(),
        not_known: Some((of_day, of_day)),
    };
    ledger
        .note_restored(&restoration, false, None, chrono::Utc::now())
        .unwrap();
    assert_eq!(
        ledger.restoration().unwrap(),
        Some(Restoration {
            made_at: ledger.restoration().unwrap().unwrap().made_at,
            ..restoration
        })
    );
    drop(ledger);
    for command in ["run", "plan", "status"] {
        let said = second.say(&[command]);
        assert_eq!(said.exit_code, 11, "{command}: {}", said.all());
        assert!(
            said.all().contains("was put back from a backup of"),
            "{}",
            said.all()
        );
    }
    succeeds(&second.say(&["run", "--new-ledger"]));
    succeeds(&second.say(&["run"]));
}

#[test]
fn what_is_no_whole_backup_is_not_put_back_and_nothing_is_overwritten() {
    let (first, second) = (sent(), fresh());
    let refused = |said: &Said, why: &str| {
        assert_eq!(said.exit_code, 3, "{}", said.all());
        assert!(said.all().contains(why), "{why}: {}", said.all());
    };
    refused(
        &back_up(&second, &place(&second, "backup")),
        "no run has left anything",
    );
    let backup = place(&second, "a backup");
    succeeds(&back_up(&first, &backup));
    refused(&back_up(&first, &backup), "is in it. Name a new folder");
    refused(
        &back_up(&first, &place(&first, "data/backup")),
        "in the data folder itself",
    );
    refused(&restore(&first, &backup), "is in it. Move the folder away");
    let page = backup.join(format!(
        "archive/{DATE}/ZTP/failed-item/edition-1/report.html"
    ));
    let whole = std::fs::read(&page).unwrap();
    std::fs::write(&page, b"another").unwrap();
    refused(&restore(&second, &backup), "is not as it was written");
    std::fs::remove_file(&page).unwrap();
    refused(&restore(&second, &backup), "cannot be read");
    std::fs::write(&page, whole).unwrap();
    let list = std::fs::read_to_string(backup.join("backup.json")).unwrap();
    let elsewhere = list.replace("\"heartbeat.json\"", "\"../heartbeat.json\"");
    assert_ne!(elsewhere, list);
    std::fs::write(backup.join("backup.json"), elsewhere).unwrap();
    refused(&restore(&second, &backup), "names a file elsewhere");
    std::fs::remove_file(backup.join("backup.json")).unwrap();
    refused(&restore(&second, &backup), "was not finished");
    assert!(!place(&second, "data").exists());
    std::fs::write(backup.join("backup.json"), list).unwrap();
    succeeds(&restore(&second, &backup));
}

#[test]
fn the_ledger_of_a_database_is_in_the_backup_and_an_empty_database_takes_it_over() {
    let (Some(database_of_first), Some(other)) = (database(), database()) else {
        return;
    };
    let [first, second, third] = [(); 3].map(|()| fresh());
    share(&first, &database_of_first);
    share(&second, &other);
    share(&third, &database_of_first);
    succeeds(&first.say(&["run"]));
    let backup = place(&first, "backup");
    succeeds(&back_up(&first, &backup));
    let said = restore(&third, &backup);
    assert_eq!(said.exit_code, 3, "{}", said.all());
    assert!(said.all().contains("has a ledger"), "{}", said.all());
    succeeds(&restore(&second, &backup));
    assert_eq!(known(&second), known(&first));
    let again = second.say(&["run"]);
    succeeds(&again);
    assert!(again.stdout.contains("nothing to send"), "{}", again.all());
    succeeds(&second.tell(&["deliveries", "verify", "--date", DATE]));
}
