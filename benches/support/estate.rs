//! An invented estate, and the rooms that read it.

#![allow(dead_code)] // no benchmark needs all of it

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::NaiveDate;
use migration_monitor::domain::ReportDate;
use migration_monitor::exports::{self, ExportRequest, ExportSet, Layouts, SharedExports};
use migration_monitor::metrics::{self, CauseRules, OrganisationMetrics};
use migration_monitor::settings::{Organisation, Register, Settings};
use migration_monitor::tables::{self, Rules, Validation};

/// The last day of an estate, unless another is asked for.
pub(crate) const DAY: &str = "2026-11-20";

/// Writes an estate with these arguments of `sample-data/generator estate` into `folder`.
pub(crate) fn generate(folder: &Path, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/generator");
    let mut generate = Command::new("python3");
    generate
        .arg(script)
        .arg("estate")
        .args(arguments)
        .arg("--out")
        .arg(folder);
    assert!(generate.status().expect("python3 is needed").success());
}

/// What the program knows before it looks at an export.
pub(crate) struct Estate {
    pub(crate) settings: Settings,
    pub(crate) register: Register,
    pub(crate) date: ReportDate,
    layouts: Layouts,
    causes: CauseRules,
}

impl Estate {
    pub(crate) fn open(folder: &Path, date: &str) -> Self {
        let settings = Settings::load(Some(&folder.join("migration-monitor.toml"))).unwrap();
        Self {
            register: Register::load(&settings.programme.register, &settings.mail.allowed_domains)
                .unwrap(),
            settings,
            date: ReportDate::of(date.parse::<NaiveDate>().unwrap()),
            layouts: Layouts::load(None).unwrap(),
            causes: CauseRules::built_in().unwrap(),
        }
    }

    pub(crate) fn read(&self, organisation: &Organisation) -> ExportSet {
        exports::read(ExportRequest {
            settings: &self.settings.exports,
            layouts: &self.layouts,
            shared: &SharedExports::default(),
            organisation: &organisation.code,
            date: self.date,
            may_repeat: false,
        })
    }

    pub(crate) fn validate(&self, organisation: &Organisation, exports: &ExportSet) -> Validation {
        let rules = Rules {
            organisation: &organisation.code,
            mail_domains: &organisation.mail_domains,
            max_bad_rows: self.settings.exports.max_bad_rows.fraction(),
            not_before: None,
            not_after: None,
            time_zone: self.settings.programme.time_zone,
        };
        tables::validate(exports, rules)
    }

    pub(crate) fn measure(&self, tables: &tables::Tables) -> OrganisationMetrics {
        metrics::measure(
            tables,
            self.date,
            self.settings.programme.expected_failure_rate,
            &self.causes,
        )
        .unwrap()
    }
}

/// The tables of a validation that holds nobody.
pub(crate) fn tables_of(validation: Validation) -> tables::Tables {
    validation
        .tables
        .unwrap_or_else(|| panic!("held: {:#?}", validation.findings))
}

/// The Python that has the packages of `benches/peers/requirements.txt`.
pub(crate) fn python_of_peers() -> PathBuf {
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/python"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}
