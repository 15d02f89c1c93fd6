//! A ledger that is lost, emptied, put back from before, another's or changed by hand: nothing is sent
//! by it, and it can be made to know again what was sent.

use std::path::{Path, PathBuf};

use crate::support::morning::{Morning, Said};

/// A morning that was sent in full, and its ledger.
fn sent() -> (Morning, PathBuf) {
    let morning = Morning::of_three().without_summary();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let ledger = morning.folder.path().join("data/ledger.sqlite");
    (morning, ledger)
}

/// Takes the outbox away, so that what is sent again is seen.
fn empty_outbox(morning: &Morning) -> usize {
    let sent = morning.outbox().len();
    std::fs::remove_dir_all(morning.folder.path().join("outbox")).unwrap();
    sent
}

fn remove_ledger(ledger: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut path = ledger.as_os_str().to_owned();
        path.push(ending);
        let _ = std::fs::remove_file(path);
    }
}

/// That a run refuses, says why and what to do, and sends nothing; and so do those that look.
fn is_refused(morning: &Morning, why: &str) {
    let refused = |said: &Said| {
        assert_eq!(said.exit_code, 11, "{}", said.all());
        let all = said.all();
        for words in [why, "ledger rebuild", "run --new-ledger"] {
            assert!(all.contains(words), "{words}: {all}");
        }
    };
    for _ in 0..2 {
        refused(&morning.say(&["run"]));
        refused(&morning.say(&["plan"]));
        refused(&morning.say(&["status"]));
        refused(&morning.say(&["check"]));
        let reissue = [
            "reissue",
            "--organisation",
            "ZTP",
            "--reason",
            "x",
            "--anyway",
        ];
        refused(&morning.say(&reissue));
    }
    assert_eq!(morning.say(&["deliveries"]).exit_code, 0, "looking is free");
    assert_eq!(morning.outbox().len(), 0);
}

fn is_rebuilt(morning: &Morning) {
    let said = morning.tell(&["ledger", "rebuild"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(said.stdout.contains("nothing to send"), "{}", said.all());
    assert_eq!(morning.outbox().len(), 0);
    assert_eq!(morning.say(&["status"]).exit_code, 0);
}

type Damage = fn(&Morning, &Path);

#[test]
fn a_lost_ledger_sends_nothing_again_and_is_rebuilt() {
    let damages: [(&str, Damage, &str); 5] = [
        (
            "deleted",
            |_, ledger| remove_ledger(ledger),
            "has no entries",
        ),
        (
            "empty",
            |_, ledger| {
                remove_ledger(ledger);
                std::fs::write(ledger, "").unwrap();
            },
            "has no entries",
        ),
        (
            "a link to a volume that is not mounted",
            |morning, ledger| {
                remove_ledger(ledger);
                let volume = morning.folder.path().join("volume");
                std::fs::create_dir(&volume).unwrap();
                std::os::unix::fs::symlink(volume.join("ledger.sqlite"), ledger).unwrap();
            },
            "has no entries",
        ),
        (
            "emptied",
            |_, ledger| {
                let ledger = rusqlite::Connection::open(ledger).unwrap();
                ledger
                    .execute_batch(
                        "DELETE FROM deliveries; DELETE FROM editions; DELETE FROM audit_log",
                    )
                    .unwrap();
            },
            "has no entries",
        ),
        (
            "rows are gone",
            |_, ledger| {
                let ledger = rusqlite::Connection::open(ledger).unwrap();
                ledger.execute_batch("DELETE FROM deliveries").unwrap();
            },
            "is gone",
        ),
    ];
    for (damage, spoil, why) in damages {
        let (morning, ledger) = sent();
        assert!(empty_outbox(&morning) >= 6, "{damage}");
        spoil(&morning, &ledger);
        is_refused(&morning, why);
        is_rebuilt(&morning);
    }
}

#[test]
fn a_ledger_from_before_the_sending_or_of_another_programme_is_refused() {
    let (morning, ledger) = sent();
    let before = morning.folder.path().join("before.sqlite");
    {
        let copy = rusqlite::Connection::open(&ledger).unwrap();
        copy.execute("VACUUM INTO ?1", [before.to_str().unwrap()])
            .unwrap();
    }
    let reissue = [
        "reissue",
        "--organisation",
        "ZTP",
        "--reason",
        "once more",
        "--anyway",
    ];
    let said = morning.say(&reissue);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    empty_outbox(&morning);
    remove_ledger(&ledger);
    std::fs::copy(&before, &ledger).unwrap();
    is_refused(&morning, "ends with entry");
    is_rebuilt(&morning);

    let (other, others_ledger) = sent();
    let more = [
        "reissue",
        "--organisation",
        "ZMU",
        "--reason",
        "once more",
        "--anyway",
    ];
    other.say(&more);
    other.say(&more);
    rusqlite::Connection::open(&others_ledger)
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    remove_ledger(&ledger);
    std::fs::copy(&others_ledger, &ledger).unwrap();
    is_refused(&morning, "is another than the one");
}

#[test]
fn a_ledger_that_only_heartbeat_or_archive_remember_is_refused_too() {
    for witness in ["heartbeat.json", "archive"] {
        let (morning, ledger) = sent();
        empty_outbox(&morning);
        remove_ledger(&ledger);
        let data = morning.folder.path().join("data");
        std::fs::remove_dir_all(data.join("audit-log")).unwrap();
        if witness == "archive" {
            std::fs::remove_file(data.join("heartbeat.json")).unwrap();
        } else {
            std::fs::remove_file(data.join("archive/2026-11-20/ledger.json")).unwrap();
        }
        is_refused(&morning, witness);
        // The archive proves which messages there were, and not that they were sent.
        let said = morning.tell(&["ledger", "rebuild"]);
        assert_eq!(said.exit_code, 6, "{}", said.all());
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 6, "{}", said.all());
        assert_eq!(morning.outbox().len(), 0);
    }
}

#[test]
fn a_heartbeat_of_an_earlier_version_knows_that_messages_were_accepted() {
    let (morning, ledger) = sent();
    empty_outbox(&morning);
    remove_ledger(&ledger);
    let data = morning.folder.path().join("data");
    std::fs::remove_dir_all(data.join("audit-log")).unwrap();
    std::fs::remove_file(data.join("archive/2026-11-20/ledger.json")).unwrap();
    let mut heartbeat: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.join("heartbeat.json")).unwrap()).unwrap();
    heartbeat.as_object_mut().unwrap().remove("ledger");
    // It called accepted what went into the outbox.
    heartbeat["deliveries"]["accepted"] = heartbeat["deliveries"]["outbox"].take();
    std::fs::write(data.join("heartbeat.json"), heartbeat.to_string()).unwrap();
    is_refused(&morning, "that were accepted");
}

#[test]
fn a_row_changed_by_hand_is_noticed_before_anything_is_sent() {
    for (statement, why) in [
        (
            "UPDATE deliveries SET state = 'prepared' WHERE id = 1",
            "it is prepared, and was outbox",
        ),
        (
            "UPDATE deliveries SET recipient = 'mallory@nhs.example' WHERE id = 2",
            "something else in it",
        ),
        (
            "DELETE FROM deliveries WHERE id = 3",
            "which was outbox, is gone",
        ),
        (
            "UPDATE audit_log SET who = 'nobody' WHERE number = 2",
            "entry 2 of its audit log was changed by hand",
        ),
        (
            "DELETE FROM audit_log WHERE number = 2",
            "entries of its audit log are gone",
        ),
    ] {
        let (morning, ledger) = sent();
        empty_outbox(&morning);
        rusqlite::Connection::open(&ledger)
            .unwrap()
            .execute_batch(statement)
            .unwrap();
        is_refused(&morning, why);
        if statement.contains(" deliveries ") {
            is_rebuilt(&morning);
            let proof = morning.tell(&["deliveries", "verify"]).stdout;
            assert!(
                proof.contains(": rebuild of changed_by_hand 1, "),
                "{proof}"
            );
        }
    }
}

/// Whatever a person does by a ledger that was changed by hand: nothing goes out, nothing is removed,
/// no bad backup takes the place of a good one, and it does not look as written afterwards.
#[test]
fn no_command_sends_or_writes_by_a_ledger_that_was_changed_by_hand() {
    let another_message = "UPDATE deliveries SET (message_path, message_digest) = (SELECT message_path, \
                           message_digest FROM deliveries WHERE organisation <> 'ZTP' LIMIT 1) WHERE \
                           organisation = 'ZTP'";
    for statement in [
        another_message,
        "UPDATE deliveries SET organisation = 'ZTP'",
        "UPDATE deliveries SET state = 'unknown'",
        "UPDATE deliveries SET report_date = '2026-11-19', state = 'unknown'",
    ] {
        let (morning, ledger) = sent();
        morning.mailed();
        empty_outbox(&morning);
        let day_before = morning.folder.path().join("data/history/date=2026-11-19");
        std::fs::create_dir_all(&day_before).unwrap();
        rusqlite::Connection::open(&ledger)
            .unwrap()
            .execute_batch(&format!("PRAGMA foreign_keys = OFF; {statement}"))
            .unwrap();
        let backup = morning.folder.path().join("backup");
        for command in [
            &["deliveries", "resend", "1"] as &[&str],
            &["deliveries", "resolve", "1", "--resend"],
            &["deliveries", "resolve", "1", "--accepted"],
            &["purge", "--before", "2026-11-20", "--yes"],
            &["backup", backup.to_str().unwrap()],
        ] {
            let said = morning.tell(command);
            assert_eq!(
                said.exit_code,
                11,
                "{statement}, {command:?}: {}",
                said.all()
            );
            assert!(
                said.stderr.contains("is not to be believed"),
                "{}",
                said.all()
            );
        }
        assert!(morning.outbox().is_empty() && day_before.exists() && !backup.exists());
        assert_eq!(morning.tell(&["deliveries", "verify"]).exit_code, 11);
        for look in [
            &["deliveries"] as &[&str],
            &["deliveries", "--organisation", "ZTP"],
            &["deliveries", "--state", "unknown"],
        ] {
            let said = morning.tell(look);
            assert_eq!(said.exit_code, 0, "{look:?}: {}", said.all());
            assert!(
                said.stderr.contains("is not to be believed"),
                "{}",
                said.all()
            );
        }
    }
}

#[test]
fn a_copy_of_the_audit_log_that_somebody_removed_is_told() {
    let (morning, _) = sent();
    std::fs::remove_dir_all(morning.folder.path().join("data/audit-log")).unwrap();
    let gone = "The copy of the audit log";
    let said = morning.say(&["check"]);
    assert!(said.stdout.contains(gone), "{}", said.all());
    let said = morning.say(&["run"]);
    assert!(said.stderr.contains(gone), "{}", said.all());
    let said = morning.say(&["run"]);
    assert!(
        !said.stderr.contains(gone),
        "it was made anew: {}",
        said.all()
    );
}

#[test]
fn what_is_asked_of_a_slip_a_day_that_was_never_run_or_no_data_folder_is_told() {
    let (morning, ledger) = sent();
    for command in [
        &["deliveries", "--organisation", "ZXX"][..],
        &["deliveries", "verify", "--organisation", "ZXX"],
    ] {
        let said = morning.tell(command);
        assert_eq!(said.exit_code, 2, "{}", said.all());
        assert!(
            said.stderr
                .contains("ZXX: there is no such organisation in"),
            "{}",
            said.all()
        );
    }
    for command in [
        &["deliveries", "--date", "2026-11-09"][..],
        &["deliveries", "verify", "--date", "2026-11-09"],
    ] {
        let said = morning.tell(command);
        assert_eq!(said.exit_code, 0, "{}", said.all());
        assert!(
            said.stderr.contains("has nothing of 2026-11-09"),
            "{}",
            said.all()
        );
    }
    std::fs::remove_dir_all(ledger.parent().unwrap()).unwrap();
    let said = morning.tell(&["deliveries"]);
    assert!(
        said.stderr.contains("is not there, or empty"),
        "{}",
        said.all()
    );
}

#[test]
fn a_run_summary_by_a_ledger_that_was_changed_by_hand_says_so() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let said = morning.say(&["summary"]);
    assert!(!said.stderr.contains("believed"), "{}", said.all());
    rusqlite::Connection::open(morning.folder.path().join("data/ledger.sqlite"))
        .unwrap()
        .execute_batch("UPDATE deliveries SET state = 'accepted'")
        .unwrap();
    let said = morning.say(&["summary"]);
    assert!(
        said.stderr.contains("is not to be believed"),
        "{}",
        said.all()
    );
}

/// A row of another day, which a run does not hold against the log before: it is when it changes it.
#[test]
fn what_was_changed_by_hand_is_never_written_down_as_if_it_had_been_so() {
    let (morning, ledger) = sent();
    let statement = "PRAGMA foreign_keys = OFF; UPDATE deliveries SET report_date = '2026-11-19', state = 'deferred', prepared_at = \
                     '2026-11-19T07:00:00.000Z' WHERE id = 1";
    rusqlite::Connection::open(&ledger)
        .unwrap()
        .execute_batch(statement)
        .unwrap();
    let said = morning.tell(&["run", "--date", "2026-11-18"]);
    assert_eq!(said.exit_code, 11, "{}", said.all());
    assert!(
        said.stderr.contains("delivery 1 was changed by hand"),
        "{}",
        said.all()
    );
}

#[test]
fn who_takes_the_ledger_as_it_is_found_sends_what_it_does_not_know() {
    let (morning, ledger) = sent();
    let all = empty_outbox(&morning);
    remove_ledger(&ledger);
    let said = morning.say(&["run", "--new-ledger"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(said.stderr.contains("sent again"), "{}", said.all());
    assert_eq!(morning.outbox().len(), all);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    // And so with rows that were changed.
    rusqlite::Connection::open(&ledger)
        .unwrap()
        .execute_batch("DELETE FROM audit_log WHERE number = 3")
        .unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 11);
    assert_eq!(morning.say(&["run", "--new-ledger"]).exit_code, 0);
    assert_eq!(morning.say(&["run"]).exit_code, 0);
}

#[test]
fn a_run_that_was_killed_never_looks_finished() {
    let (morning, _) = sent();
    assert_eq!(morning.say(&["status"]).exit_code, 0);
    std::fs::write(
        morning.folder.path().join("data/run.lock"),
        "process 12, since 07:00\n",
    )
    .unwrap();
    let said = morning.say(&["status"]);
    assert_eq!(said.exit_code, 1, "{}", said.all());
    assert!(
        said.stdout.contains("did not end by itself (process 12"),
        "{}",
        said.all()
    );
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(morning.say(&["status"]).exit_code, 0);

    // Prepared by a run that came no further.
    morning.edit_ledger("UPDATE deliveries SET state = 'prepared' WHERE id = 1");
    let said = morning.say(&["status"]);
    assert_eq!(said.exit_code, 8, "{}", said.all());

    // Who was added since has nothing yet.
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    morning.edit("organisations.csv", |register| {
        register.replacen("matron@", "porter@pennyford-hospice.example;matron@", 1)
    });
    let said = morning.say(&["status"]);
    assert_eq!(said.exit_code, 8, "{}", said.all());
    assert!(said.stdout.contains("1 recipient more"), "{}", said.all());
}

#[test]
fn what_a_clock_that_was_ahead_found_too_old_is_sent_after_all() {
    let (morning, _) = sent();
    empty_outbox(&morning);
    morning.edit_ledger(
        "UPDATE deliveries SET state = 'expired', accepted_at = NULL, prepared_at = \
         strftime('%Y-%m-%dT%H:%M:%fZ') WHERE id = 1",
    );
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stderr
            .contains("1 expired message is to be sent again"),
        "{}",
        said.all()
    );
    assert_eq!(morning.outbox().len(), 1);

    // Nothing but sending finds anything too old, and a person lifts it.
    morning.edit_ledger(
        "UPDATE deliveries SET state = 'deferred', prepared_at = '2026-11-20T07:00:00.000Z' WHERE \
         id = 1",
    );
    morning.tell(&["purge", "--before", "2026-11-19", "--yes"]);
    morning.say(&["run", "--record-only"]);
    let state = |state: &str| morning.say(&["deliveries", "--state", state, "--format", "csv"]);
    assert_eq!(state("expired").stdout.lines().count(), 1);
    assert_eq!(morning.say(&["run"]).exit_code, 5);
    assert_eq!(state("expired").stdout.lines().count(), 2);
    let said = morning.tell(&["deliveries", "resolve", "1", "--resend"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    std::fs::remove_dir_all(morning.folder.path().join("outbox")).unwrap();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert_eq!(morning.outbox().len(), 1);
}
