//! A morning of the central team: the sample in a folder of its own, and the program at the command
//! line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use migration_monitor::delivery::{Ledger, LedgerPlace};

/// The day that tests report on.
pub(crate) const DATE: &str = "2026-11-20";

/// Three days, the last of them [`DATE`].
pub(crate) const DAYS: [&str; 3] = ["2026-11-18", "2026-11-19", DATE];

/// The sample's settings, register and exports of one day, to be run and spoilt.
pub(crate) struct Morning {
    pub(crate) folder: tempfile::TempDir,
}

/// What the program said, and how it ended.
pub(crate) struct Said {
    pub(crate) exit_code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Everything on the terminal.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The folder of the sample in the checkout.
pub(crate) fn sample_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data")
}

/// An export of the sample on [`DATE`], packed or not.
pub(crate) fn sample_export(organisation: &str, file: &str) -> PathBuf {
    let path = sample_folder().join(Morning::export(organisation, file));
    if path.exists() {
        path
    } else {
        path.with_added_extension("gz")
    }
}

impl Morning {
    /// The sample as it is.
    pub(crate) fn of_the_sample() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["migration-monitor.toml", "organisations.csv"] {
            std::fs::copy(sample_folder().join(file), folder.path().join(file)).unwrap();
        }
        Self { folder }.with_exports_of(DATE)
    }

    /// With the sample's exports of another day too, of the organisations of the register.
    pub(crate) fn with_exports_of(self, date: &str) -> Self {
        let register =
            std::fs::read_to_string(self.folder.path().join("organisations.csv")).unwrap();
        for organisation in std::fs::read_dir(sample_folder().join("exports")).unwrap() {
            let organisation = organisation.unwrap().path();
            let code = organisation.file_name().unwrap().to_str().unwrap();
            if !register
                .lines()
                .any(|line| line.starts_with(&format!("{code},")))
            {
                continue;
            }
            let to = self
                .folder
                .path()
                .join("exports")
                .join(organisation.file_name().unwrap())
                .join(date);
            std::fs::create_dir_all(&to).unwrap();
            for file in std::fs::read_dir(organisation.join(date)).unwrap() {
                let file = file.unwrap();
                std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
            let schedule = organisation.join("migration-schedule.csv");
            if schedule.exists() {
                std::fs::copy(
                    &schedule,
                    to.parent().unwrap().join("migration-schedule.csv"),
                )
                .unwrap();
            }
        }
        self
    }

    /// The sample with three small organisations that get two reports each, for tests that spoil
    /// one of them.
    pub(crate) fn of_three() -> Self {
        let morning = Self::of_the_sample();
        morning.edit("organisations.csv", |register| {
            let is_kept = |line: &&str| {
                ["code,", "ZTP,", "ZMU,", "ZCA,"]
                    .iter()
                    .any(|start| line.starts_with(start))
            };
            register
                .lines()
                .filter(is_kept)
                .map(|line| format!("{line}\n"))
                .collect()
        });
        for organisation in std::fs::read_dir(morning.folder.path().join("exports")).unwrap() {
            let folder = organisation.unwrap().path();
            if !["ZTP", "ZMU", "ZCA"]
                .iter()
                .any(|code| folder.ends_with(code))
            {
                std::fs::remove_dir_all(folder).unwrap();
            }
        }
        morning.without_readiness()
    }

    /// With nobody who gets a Switch Readiness Report: two reports of each organisation.
    pub(crate) fn without_readiness(self) -> Self {
        self.edit("organisations.csv", |register| {
            let emptied = |line: &str| {
                let mut cells: Vec<&str> = line.split(',').collect();
                if cells[0] != "code" {
                    cells[6] = "";
                }
                cells.join(",") + "\n"
            };
            register.lines().map(emptied).collect()
        });
        self
    }

    /// With nobody who gets a Run Summary: reports, and nothing else.
    pub(crate) fn without_summary(self) -> Self {
        self.edit("migration-monitor.toml", |settings| {
            settings
                .lines()
                .filter(|line| !line.starts_with("summary_to"))
                .map(|line| format!("{line}\n"))
                .collect()
        });
        self
    }

    /// The sample with the exports of three days, the last of them [`DATE`].
    pub(crate) fn of_three_days() -> Self {
        let days = DAYS[..2].iter();
        days.fold(Self::of_the_sample(), |morning, day| {
            morning.with_exports_of(day)
        })
    }

    /// Runs a day of one organisation, which ends well.
    pub(crate) fn run_of(&self, day: &str, organisation: &str) {
        let said = self.say_of(day, &["run", "--organisation", organisation]);
        assert_eq!(said.exit_code, 0, "{}", said.all());
    }

    /// A file of the first edition of a day's report.
    pub(crate) fn report(
        &self,
        day: &str,
        organisation: &str,
        report: &str,
        file: &str,
    ) -> Vec<u8> {
        let edition = format!("data/archive/{day}/{organisation}/{report}/edition-1/{file}");
        let path = self.folder.path().join(&edition);
        std::fs::read(path).unwrap_or_else(|error| panic!("{edition}: {error}"))
    }

    /// Changes a text file.
    pub(crate) fn edit(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join(file);
        let text = change(std::fs::read_to_string(&path).unwrap());
        std::fs::write(path, text).unwrap();
    }

    /// An export's path below the folder.
    pub(crate) fn export(organisation: &str, file: &str) -> String {
        format!("exports/{organisation}/{DATE}/{file}")
    }

    /// The list of `deliveries --format json`, with these arguments.
    pub(crate) fn deliveries(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        let said = self.tell(&[&["deliveries", "--format", "json"], arguments].concat());
        assert_eq!(said.exit_code, 0, "{}", said.all());
        let answer: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        answer["deliveries"].as_array().unwrap().clone()
    }

    /// `migration-monitor COMMAND --date … --settings …`.
    pub(crate) fn say(&self, arguments: &[&str]) -> Said {
        self.say_of(DATE, arguments)
    }

    /// The same, with variables set.
    pub(crate) fn say_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
        let (command, rest) = arguments.split_first().unwrap();
        self.tell_with(variables, &[&[*command, "--date", DATE], rest].concat())
    }

    /// The same, of another day.
    pub(crate) fn say_of(&self, date: &str, arguments: &[&str]) -> Said {
        let (command, rest) = arguments.split_first().unwrap();
        // The sample's days are past, ever longer.
        let late: &[&str] = match *command {
            "run" if !rest.contains(&"--record-only") => &["--send-late"],
            _ => &[],
        };
        self.tell(&[&[*command, "--date", date], rest, late].concat())
    }

    /// `migration-monitor COMMAND … --settings …`: without a date of its own.
    pub(crate) fn tell(&self, arguments: &[&str]) -> Said {
        self.tell_with(&[], arguments)
    }

    fn tell_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
        let settings = self.folder.path().join("migration-monitor.toml");
        let output = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
            .args(arguments)
            .args(["--settings", settings.to_str().unwrap()])
            .current_dir(self.folder.path())
            .env_remove("MIGRATION_MONITOR_SMTP_PASSWORD")
            .env_remove("MIGRATION_MONITOR_LEDGER_PASSWORD")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        Said {
            exit_code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Changes the ledger by a statement, as if it had come to be so: its audit log agrees.
    pub(crate) fn edit_ledger(&self, statement: &str) -> usize {
        let path = self.folder.path().join("data/ledger.sqlite");
        let changed = rusqlite::Connection::open(&path)
            .unwrap()
            .execute(statement, [])
            .unwrap();
        let mut ledger = Ledger::open(&LedgerPlace::File(path)).unwrap();
        ledger.take_as_found(chrono::Utc::now(), None).unwrap();
        changed
    }

    /// Takes all that lies in the outbox as mailed: a server has it.
    pub(crate) fn mailed(&self) {
        let mailed = "UPDATE deliveries SET state = 'accepted', accepted_at = updated_at WHERE state = \
                      'outbox'";
        assert!(self.edit_ledger(mailed) > 0);
    }

    /// The messages in the outbox that hold reports, by file name.
    pub(crate) fn outbox(&self) -> BTreeMap<String, Vec<u8>> {
        let mut messages = files_below(&self.folder.path().join("outbox"));
        messages.retain(|file, _| !is_summary(file));
        messages
    }

    /// The Run Summaries in the outbox, by file name.
    pub(crate) fn summaries(&self) -> BTreeMap<String, Vec<u8>> {
        let mut messages = files_below(&self.folder.path().join("outbox"));
        messages.retain(|file, _| is_summary(file));
        messages
    }

    /// The archive's files, by path, but for how far the ledger was.
    pub(crate) fn archive(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = files_below(&self.folder.path().join("data/archive"));
        files.retain(|file, _| !file.ends_with("/ledger.json"));
        files
    }

    /// The archive's files that are of reports, by path: those of organisations.
    pub(crate) fn archived_reports(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.archive();
        files.retain(|file, _| !file.ends_with("index.html") && !file.contains("/run-summary/"));
        files
    }

    /// The organisations that have a message in the outbox.
    pub(crate) fn organisations_served(&self) -> Vec<String> {
        let mut codes: Vec<String> = self
            .outbox()
            .keys()
            .map(|file| file.rsplit('/').next().unwrap()[..3].to_owned())
            .collect();
        codes.dedup();
        codes
    }

    /// A report's `model.json`.
    pub(crate) fn model(&self, organisation: &str, report: &str) -> serde_json::Value {
        let path = self.folder.path().join(format!(
            "data/archive/{DATE}/{organisation}/{report}/edition-1/model.json"
        ));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }
}

fn is_summary(file: &str) -> bool {
    file.rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with("run-summary-"))
}

/// Every file below a folder, by its path from there.
pub(crate) fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in std::fs::read_dir(&path).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}
