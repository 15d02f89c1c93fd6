//! What goes wrong with the machine: a full disk, a damaged ledger, a folder that is none, two runs
//! at once.

use std::process::{Command, Stdio};

use crate::support::morning::{DATE, Morning, Said};

fn program(morning: &Morning, before: &str) -> Said {
    // A limit on the size of files stands for a full disk: writing fails in the middle of a file.
    let script = format!(
        "{before} exec '{}' run --date {DATE} --settings migration-monitor.toml",
        env!("CARGO_BIN_EXE_migration-monitor")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(morning.folder.path())
        .output()
        .unwrap();
    Said {
        exit_code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_full_disk_is_told_and_a_rerun_sends_everything_once() {
    // In KiB: the ledger cannot be made; the archive's files do not fit; the messages do not fit.
    for limit in [1, 8, 48, 70] {
        let morning = Morning::of_three();
        let said = program(&morning, &format!("trap '' XFSZ; ulimit -f {limit};"));
        assert_ne!(said.exit_code, 0, "{limit}: {}", said.all());
        let told = said.stderr.contains("space") || said.stdout.contains("put off");
        assert!(told, "{limit}: {}", said.all());
        let outbox = morning.outbox();
        let again = morning.say(&["run", "--now"]);
        assert_eq!(again.exit_code, 0, "{limit}: {}", again.all());
        assert_eq!(morning.outbox().len(), 6, "{limit}");
        assert!(
            outbox
                .iter()
                .all(|(file, bytes)| morning.outbox()[file] == *bytes),
            "{limit}"
        );
        let left: Vec<_> = morning
            .archived_reports()
            .into_keys()
            .filter(|name| name.contains("/."))
            .collect();
        assert!(left.is_empty(), "{limit}: {left:?}");
    }
}

#[test]
fn a_ledger_that_is_damaged_stops_the_run_before_anything_is_sent() {
    for damage in [0_usize, 4_096 + 8] {
        let morning = Morning::of_three();
        morning.say(&["run"]);
        let (before, ledger) = (
            morning.outbox(),
            morning.folder.path().join("data/ledger.sqlite"),
        );
        let mut bytes = std::fs::read(&ledger).unwrap();
        bytes[damage..damage + 64].fill(0xAB);
        std::fs::write(&ledger, &bytes).unwrap();
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 1, "{}", said.all());
        assert!(
            said.stderr.contains("ledger.sqlite") && said.stderr.contains("error: the ledger"),
            "{}",
            said.stderr
        );
        assert_eq!(morning.outbox(), before);
    }
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let morning = Morning::of_three();
    std::fs::write(morning.folder.path().join("data"), "a file").unwrap();
    for arguments in [&["run", "--date", DATE][..], &["purge", "--before", DATE]] {
        let said = morning.tell(arguments);
        assert_eq!(said.exit_code, 1, "{}", said.all());
        assert!(
            said.stderr.contains("data/run.lock cannot be locked")
                && said.stderr.contains("Check that"),
            "{}",
            said.stderr
        );
    }
    assert!(morning.outbox().is_empty());
}

#[test]
fn of_two_runs_in_the_same_second_one_sends_and_one_is_told() {
    let morning = Morning::of_three();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
            .args([
                "run",
                "--date",
                DATE,
                "--settings",
                "migration-monitor.toml",
            ])
            .current_dir(morning.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut runs = [start(), start(), start()];
    let mut codes: Vec<i32> = runs
        .iter_mut()
        .map(|run| run.wait().unwrap().code().unwrap())
        .collect();
    codes.sort_unstable();
    assert!(
        codes[0] == 0 && codes.iter().all(|code| [0, 7].contains(code)),
        "{codes:?}"
    );
    let list = morning.deliveries(&[]);
    assert!(
        list.len() == 6
            && list
                .iter()
                .all(|delivery| delivery["state"] == "outbox" && delivery["attempts"] == 1),
        "{list:?}"
    );
}
