//! Two machines that send the same day by one database: the program as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use migration_monitor::delivery::LedgerServer;

use crate::support::morning::{DATE, Morning, Said};
use crate::support::postgres::{PASSWORD, database};

/// Writes the section [ledger], and the password beside the settings.
pub(crate) fn share(morning: &Morning, database: &LedgerServer) {
    std::fs::write(morning.folder.path().join("ledger-password"), PASSWORD).unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        format!(
            "{settings}\n[ledger]\nhost = \"{}\"\nport = {}\ndatabase = \"{}\"\nusername \
             = \"{}\"\npassword_file = \"ledger-password\"\nca_file = \"{}\"\n",
            database.host,
            database.port,
            database.database,
            database.username,
            database.ca_file.as_ref().unwrap().display()
        )
    });
}

/// Two machines with the same exports, register and history, and one database.
pub(crate) fn two_machines(make: impl Fn() -> Morning) -> Option<[Morning; 2]> {
    let database = database()?;
    let machines = [make(), make()];
    for machine in &machines {
        // A key alone is a history that begins.
        let history = machine.folder.path().join("data/history");
        std::fs::create_dir_all(&history).unwrap();
        std::fs::write(history.join("key"), "7c".repeat(32)).unwrap();
        share(machine, &database);
    }
    Some(machines)
}

/// A run of each at the same time, to its end.
pub(crate) fn at_once(machines: &[Morning; 2]) -> [Said; 2] {
    let running = machines.each_ref().map(|machine| {
        Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
            .args([
                "run",
                "--send-late",
                "--date",
                DATE,
                "--settings",
                "migration-monitor.toml",
            ])
            .current_dir(machine.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
    running.map(|program| {
        let output = program.wait_with_output().unwrap();
        Said {
            exit_code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    })
}

#[test]
fn two_runs_at_once_share_the_work_and_send_each_message_once() {
    let Some(machines) = two_machines(|| Morning::of_three().without_summary()) else {
        return;
    };
    let said = at_once(&machines);
    for said in &said {
        assert_eq!(said.exit_code, 0, "{}", said.all());
    }
    let outboxes = machines.each_ref().map(Morning::outbox);
    let names: BTreeSet<&String> = outboxes.iter().flat_map(BTreeMap::keys).collect();
    let listed = machines[0]
        .tell(&["deliveries", "--state", "outbox", "--format", "csv"])
        .stdout
        .lines()
        .count()
        - 1;
    assert_eq!(
        names.len(),
        outboxes[0].len() + outboxes[1].len(),
        "none is sent by both"
    );
    assert_eq!(names.len(), listed);
    // What each sent is what the other would have: where both made a message, it has the same
    // bytes. Who comes late makes no message that is out.
    let archives = machines.each_ref().map(Morning::archive);
    let messages = archives[0]
        .iter()
        .filter(|(path, _)| path.ends_with(".eml"));
    assert!(
        messages
            .filter_map(|(path, bytes)| Some((bytes, archives[1].get(path)?)))
            .all(|(one, other)| one == other)
    );
    // Either can say how the day stands.
    for machine in &machines {
        assert!(
            machine
                .say(&["run"])
                .stdout
                .contains("nothing to send: all")
        );
    }
}

#[test]
fn a_second_machine_sends_what_the_lost_one_had_only_prepared() {
    let Some([lost, second]) = two_machines(|| Morning::of_three().without_summary()) else {
        return;
    };
    // A mail server that is not there: all is prepared, nothing sent.
    let closed = {
        std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    lost.edit("migration-monitor.toml", |settings| {
        let settings = settings.replace("transport = \"outbox\"", "transport = \"smtp\"");
        format!(
            "{settings}\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {closed}\nsecurity = \"none\"\n"
        )
    });
    let said = lost.say(&["run"]);
    assert_eq!(said.exit_code, 8, "{}", said.all());
    let prepared: Vec<Vec<u8>> = lost
        .archive()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".eml"))
        .map(|(_, bytes)| bytes)
        .collect();
    assert!(!prepared.is_empty());

    let said = second.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let mut sent: Vec<Vec<u8>> = second.outbox().into_values().collect();
    let mut prepared = prepared;
    sent.sort_unstable();
    prepared.sort_unstable();
    assert!(sent == prepared, "the same messages, to the last byte");
    // A server would get what lies in the outbox.
    lost.edit("migration-monitor.toml", |settings| {
        settings.replace("transport = \"smtp\"", "transport = \"outbox\"")
    });
    assert!(
        lost.say(&["run"]).stdout.contains("nothing to send: all"),
        "and the lost one, come back, knows"
    );
}

#[test]
fn a_machine_with_other_exports_sends_nothing_of_its_own() {
    let Some([first, second]) = two_machines(|| Morning::of_three().without_summary()) else {
        return;
    };
    assert_eq!(first.say(&["run"]).exit_code, 0);
    second.edit(&Morning::export("ZTP", "sync-state.csv"), |export| {
        export + "\r\n"
    });
    let said = second.say(&["run"]);
    assert!(
        said.all().contains("ZTP") && second.outbox().is_empty(),
        "{}",
        said.all()
    );
    assert!(said.stdout.contains("reissue --date"), "{}", said.all());
}

#[test]
fn a_message_that_is_not_the_recorded_one_is_left_to_the_other_machine() {
    let Some([first, second]) = two_machines(|| Morning::of_three().without_summary()) else {
        return;
    };
    let closed = {
        std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    first.edit("migration-monitor.toml", |settings| {
        let settings = settings.replace("transport = \"outbox\"", "transport = \"smtp\"");
        format!(
            "{settings}\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {closed}\nsecurity = \"none\"\n"
        )
    });
    assert_eq!(first.say(&["run"]).exit_code, 8);
    let copied = Command::new("cp")
        .arg("-a")
        .arg(first.folder.path().join("data"))
        .arg(second.folder.path())
        .status()
        .unwrap();
    assert!(copied.success());
    let archive = second
        .folder
        .path()
        .join("data/archive")
        .join(DATE)
        .join("ZMU/failed-item/edition-1");
    let message = std::fs::read_dir(&archive)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "eml"));
    std::fs::write(message.unwrap(), "To: somebody\r\n\r\nelse\r\n").unwrap();
    let said = second.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.all().contains("1 message left to another machine"),
        "{}",
        said.all()
    );
    let states = second.tell(&["deliveries", "--format", "csv"]).stdout;
    assert!(
        !states.contains("held"),
        "the machine that has the message may send it: {states}"
    );
}

#[test]
fn a_database_that_is_away_stops_the_run_before_anything_is_sent() {
    let Some([first, _]) = two_machines(|| Morning::of_three().without_summary()) else {
        return;
    };
    let closed = {
        std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    first.edit("migration-monitor.toml", |settings| {
        let port = settings
            .lines()
            .rfind(|line| line.starts_with("port = "))
            .unwrap()
            .to_owned();
        settings.replace(&port, &format!("port = {closed}"))
    });
    let said = first.say(&["run"]);
    assert_eq!(said.exit_code, 8, "{}", said.all());
    assert!(
        said.stderr.contains("cannot reach the ledger") && first.outbox().is_empty(),
        "{}",
        said.all()
    );
    assert!(!said.all().contains(PASSWORD));
}
