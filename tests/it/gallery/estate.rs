//! The organisations of the gallery, which the sample's generator invents: the same each time.

use std::path::Path;
use std::process::Command;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::support::morning::{DATE, sample_folder};

/// How far mailboxes are, and when they switch.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Journey {
    /// A pilot that has switched, one week nearly ready, and one that is half-way.
    Weekly,
    /// One collection that has not begun.
    NotBegun,
    /// One collection that has switched.
    Done,
}

/// An organisation as the generator takes it.
#[derive(Serialize)]
pub(super) struct Invented {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) stage: &'static str,
    /// The register's word for where subject lines stand.
    pub(super) subject_lines: &'static str,
    pub(super) mailboxes: u64,
    /// Days with exports, of which the report date is the last.
    pub(super) days: u64,
    pub(super) journey: Journey,
    /// Items that fail, of a million, in any mailbox.
    pub(super) failing_per_million: u64,
    pub(super) traits: Traits,
}

/// In what an organisation differs: `Traits` of `sample-data/generator/estate.py` explains each.
#[derive(Serialize)]
pub(super) struct Traits {
    pub(super) median_items: u64,
    pub(super) clustering: f64,
    pub(super) failing_at_once: u64,
    pub(super) awkward_share: f64,
    pub(super) stuck_share: f64,
    pub(super) slowness: f64,
    pub(super) names: &'static str,
    pub(super) reports_items: bool,
    pub(super) reports_errors: bool,
    pub(super) has_schedule: bool,
    pub(super) has_vips: bool,
    pub(super) is_odd: bool,
}

impl Default for Invented {
    fn default() -> Self {
        Self {
            code: "ZZZ",
            name: "Invented Vale NHS Trust",
            stage: "sync-and-switch",
            subject_lines: "workbook",
            mailboxes: 120,
            days: 1,
            journey: Journey::Weekly,
            failing_per_million: 100,
            traits: Traits::default(),
        }
    }
}

impl Default for Traits {
    fn default() -> Self {
        Self {
            median_items: 3_000,
            // Failures hardly cluster, so that few mailboxes are enough for a verdict.
            clustering: 50.0,
            failing_at_once: 0,
            awkward_share: 0.4,
            stuck_share: 0.02,
            slowness: 1.0,
            names: "usual",
            reports_items: true,
            reports_errors: true,
            has_schedule: true,
            has_vips: true,
            is_odd: false,
        }
    }
}

pub(super) fn last_day() -> NaiveDate {
    DATE.parse().unwrap()
}

impl Invented {
    pub(super) fn has_exports_of(&self, date: NaiveDate) -> bool {
        self.days > 0 && date > last_day() - Days::new(self.days) && date <= last_day()
    }
}

/// Writes the register of the organisations, and what the migration tool would export of them.
pub(super) fn write(organisations: &[&Invented], folder: &Path) {
    let list = folder.join("organisations.json");
    std::fs::write(&list, serde_json::to_vec(organisations).unwrap()).unwrap();
    let output = Command::new("python3")
        .arg(sample_folder().join("generator"))
        .args(["estate".as_ref(), "--list".as_ref(), list.as_os_str()])
        .args(["--out".as_ref(), folder.as_os_str()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
