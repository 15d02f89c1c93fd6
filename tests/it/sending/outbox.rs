//! What lies in the outbox has not left this machine, and is sent once messages do.

use std::collections::BTreeSet;

use crate::smtp::whole_day::{PASSWORD, server};
use crate::support::morning::{DATE, Morning};
use crate::support::smtp_server::RunningServer;

const DAY_BEFORE: &str = "2026-11-19";

fn states(morning: &Morning, date: &str) -> BTreeSet<String> {
    let deliveries = morning.deliveries(&["--date", date]);
    assert_eq!(deliveries.len(), 6);
    let states = deliveries.iter();
    states
        .map(|delivery| delivery["state"].as_str().unwrap().to_owned())
        .collect()
}

/// From now on messages are mailed.
fn to_server(morning: &Morning, server: &RunningServer) {
    std::fs::copy(&server.ca_file, morning.folder.path().join("ca.pem")).unwrap();
    std::fs::write(morning.folder.path().join("password"), PASSWORD).unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        let settings = settings
            .replace("transport = \"outbox\"", "transport = \"smtp\"")
            .replace("messages_per_minute = 30", "messages_per_minute = 60000");
        format!(
            "{settings}\n[mail.smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"starttls\"\n\
             username = \"migration.reports@nhs.example\"\npassword_file = \"password\"\n\
             ca_file = \"ca.pem\"\n",
            server.port
        )
    });
}

#[test]
fn what_lies_in_the_outbox_is_said_not_to_have_left_and_is_sent_once_messages_do() {
    let morning = Morning::of_three().with_exports_of(DAY_BEFORE);
    morning.say_of(DAY_BEFORE, &["run"]);
    let ran = morning.say(&["run"]);
    let not_sent = "nothing has left this machine";
    assert!(
        ran.exit_code == 0
            && ran
                .stdout
                .contains("6 messages put into the outbox, of 3 organisations.")
            && ran.stdout.contains(not_sent),
        "{}",
        ran.all()
    );
    let status = morning.say(&["status"]);
    assert!(
        status.exit_code == 0
            && status.stdout.contains("now 6 in the outbox.")
            && status.stdout.contains("has not left this machine"),
        "{}",
        status.all()
    );
    let summary = morning.tell(&["summary"]).stdout;
    assert!(
        summary.contains("All made, none sent (trial)")
            && summary.contains("All 6 messages of 3 organisations are in the outbox")
            && !summary.contains("went out"),
        "{summary}"
    );
    let again = morning.say(&["run"]).stdout;
    assert!(
        again.contains("nothing to send: all 6 messages of this day lie in the outbox."),
        "{again}"
    );

    let server = server().start();
    to_server(&morning, &server);
    let due = morning.say(&["status"]);
    assert!(
        due.exit_code == 8 && due.stdout.contains("messages are mailed by now"),
        "{}",
        due.all()
    );
    // First of all the server is away, and then it takes no recipient: nothing is lost.
    let away = |settings: String| settings.replace("host = \"localhost\"", "host = \"127.0.0.9\"");
    morning.edit("migration-monitor.toml", away);
    let put_off = morning.say(&["run"]);
    assert_eq!(put_off.exit_code, 8, "{}", put_off.all());
    assert_eq!(morning.say(&["status"]).exit_code, 8);
    let back = |settings: String| settings.replace("host = \"127.0.0.9\"", "host = \"localhost\"");
    morning.edit("migration-monitor.toml", back);

    let plan = morning.say(&["plan"]).stdout;
    assert!(
        plan.contains("in the outbox: would be sent") && plan.contains("6 messages would be sent"),
        "{plan}"
    );
    let sent = morning.say(&["run", "--now"]);
    assert!(
        sent.exit_code == 0 && sent.stdout.contains("6 messages sent, of 3 organisations."),
        "{}",
        sent.all()
    );
    // Six reports, and the Run Summary that now says so. The day before is not mailed unasked, and
    // is no expired day.
    assert_eq!(server.received().len(), 7);
    assert_eq!(states(&morning, DATE), ["accepted".to_owned()].into());
    assert_eq!(states(&morning, DAY_BEFORE), ["outbox".to_owned()].into());
    let again = morning.say(&["run"]).stdout;
    assert!(
        again.contains("all 6 messages of this day were sent before"),
        "{again}"
    );
    assert_eq!(server.received().len(), 7);
    // What was sent lies in the outbox no more.
    let lies = morning.outbox();
    assert!(lies.keys().all(|file| file.starts_with(DAY_BEFORE)) && lies.len() == 6);
}

/// Weeks of trial days lie there when the transport changes: nobody gets an old report unasked.
#[test]
fn what_lay_in_the_outbox_for_too_long_is_not_mailed_unasked() {
    let morning = Morning::of_three().without_summary();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    morning.edit_ledger("UPDATE deliveries SET prepared_at = '2026-11-20T07:00:00.000Z'");
    // As long as messages stay here, nothing is too old.
    let again = morning.say(&["run"]);
    assert!(
        again.exit_code == 0 && morning.outbox().len() == 6,
        "{}",
        again.all()
    );
    assert_eq!(states(&morning, DATE), ["outbox".to_owned()].into());

    let server = server().start();
    to_server(&morning, &server);
    let plan = morning.say(&["plan"]).stdout;
    assert!(
        plan.contains("in the outbox: too old, would expire; run --send-late would send it")
            && plan.contains("0 messages would be sent"),
        "{plan}"
    );
    // A person may have them mailed all the same.
    let said = morning.say(&["run", "--organisation", "ZTP"]);
    assert!(said.stdout.contains("2 messages sent"), "{}", said.all());
    assert_eq!(server.received().len(), 2);
    // Two weeks after the sample's day it is not mailed for that.
    let said = morning.say_with(&[], &["run"]);
    assert!([4, 5].contains(&said.exit_code), "{}", said.all());
    assert_eq!(server.received().len(), 2);
}

#[test]
fn what_nobody_was_sent_is_made_anew_once_its_exports_are_others() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let change = |to: &str| {
        morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
            text.replacen("Ready to Switch", to, 1)
        });
    };
    change("In Sync");
    let planned = morning.say(&["plan", "--organisation", "ZTP"]).stdout;
    assert!(
        planned.contains(
            "edition 2: would be made in the place of the one before, which nobody was sent"
        ) && planned.contains("2 messages would be sent"),
        "{planned}"
    );
    let said = morning.say(&["run"]);
    let anew = "ZTP: 2 reports made anew, since nobody was sent those before";
    assert!(
        said.exit_code == 0 && said.stderr.contains(anew),
        "{}",
        said.all()
    );
    let of_ztp = |morning: &Morning| {
        let files = morning.outbox().into_keys();
        let mut files: Vec<String> = files.filter(|file| file.contains("ZTP-")).collect();
        files
            .iter_mut()
            .for_each(|file| file.truncate(file.len() - "-0123456789ab.eml".len()));
        files
    };
    let [failed, overall] = ["failed-item", "overall-migration"];
    assert_eq!(
        of_ztp(&morning),
        [
            format!("{DATE}/ZTP-{failed}-2"),
            format!("{DATE}/ZTP-{overall}-2")
        ],
        "the one before lies there no more"
    );
    // To whoever gets it, it replaces nothing.
    let model = morning.folder.path().join("data/archive").join(DATE);
    let model = std::fs::read(model.join("ZTP/failed-item/edition-2/model.json")).unwrap();
    let model: serde_json::Value = serde_json::from_slice(&model).unwrap();
    assert_eq!(model["replacement"], serde_json::Value::Null);
    assert_eq!(morning.tell(&["deliveries", "verify"]).exit_code, 0);
    // Once one recipient has it, it stands, and what changes is told.
    morning.edit_ledger(
        "UPDATE deliveries SET state = 'accepted' WHERE organisation = 'ZTP' AND edition = 2 AND report = \
         'failed-item'",
    );
    change("Synchronising");
    let said = morning.say(&["run"]);
    assert!(
        said.stdout.contains("stand as they were sent") && !said.stderr.contains(anew),
        "{}",
        said.all()
    );
}

/// Two programmes on one machine, one by hand and one by the timer's user: each has its own data
/// folder, and nothing in them changes hands.
#[cfg(unix)]
#[test]
fn two_programmes_of_two_users_leave_each_others_files_alone() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::path::Path;
    use std::process::Command;

    const SERVICE: u32 = 65_534;
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if !is_root {
        crate::support::skipped("only root can run the program as two users.");
        return;
    }
    fn all_below(folder: &Path, found: &mut Vec<(std::path::PathBuf, u32)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push((path.clone(), std::fs::metadata(&path).unwrap().uid()));
            if path.is_dir() {
                all_below(&path, found);
            }
        }
    }
    let owners = |folder: &Path| {
        let mut found = Vec::new();
        all_below(folder, &mut found);
        found.sort();
        found
    };
    let by_hand = Morning::of_three();
    let by_timer = Morning::of_three();
    // A binary that the other user may read, and a folder that it owns.
    let place = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap();
    let program = place.path().join("migration-monitor");
    std::fs::copy(env!("CARGO_BIN_EXE_migration-monitor"), &program).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let folder = by_timer.folder.path();
    chown(folder, Some(SERVICE), Some(SERVICE)).unwrap();
    for (path, _) in owners(folder) {
        chown(path, Some(SERVICE), Some(SERVICE)).unwrap();
    }
    let as_service = |date: &str| {
        let output = Command::new("setpriv")
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(&program)
            .args(["run", "--send-late", "--date", date, "--settings"])
            .arg(folder.join("migration-monitor.toml"))
            .current_dir(folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), said)
    };
    assert_eq!(by_hand.say(&["run"]).exit_code, 0);
    let (code, said) = as_service(DATE);
    assert_eq!(code, 0, "{said}");
    let data = |morning: &Morning| owners(&morning.folder.path().join("data"));
    let [of_hand, of_timer] = [&by_hand, &by_timer].map(data);
    assert!(of_hand.iter().all(|(_, owner)| *owner == 0));
    assert!(of_timer.iter().all(|(_, owner)| *owner == SERVICE));

    // By hand in the timer's programme: refused, and nothing there changes hands.
    let refused = by_timer.say(&["run"]);
    assert!(
        refused.exit_code != 0 && refused.stderr.contains("belongs to the user"),
        "{}",
        refused.all()
    );
    assert_eq!(by_hand.say(&["status"]).exit_code, 0);
    assert_eq!(as_service(DATE).0, 0, "and the timer goes on");
    for (owner, before, now) in [
        (0, of_hand, data(&by_hand)),
        (SERVICE, of_timer, data(&by_timer)),
    ] {
        assert!(now.iter().all(|(_, of)| *of == owner));
        assert!(before.iter().all(|file| now.contains(file)));
    }
}

#[test]
fn an_outbox_that_takes_no_file_is_a_fault_of_the_disk_and_no_server_that_is_away() {
    let morning = Morning::of_three();
    let outbox = morning.folder.path().join("outbox");
    std::fs::write(&outbox, "in its place").unwrap();
    for args in [&["run", "--organisation", "ZTP"][..], &["run"]] {
        let said = morning.say(args);
        assert!(
            said.exit_code == 10 && said.stdout.contains("not put into the outbox"),
            "{}",
            said.all()
        );
    }
    std::fs::remove_file(outbox).unwrap();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert_eq!(morning.say(&["status"]).exit_code, 0);
}
