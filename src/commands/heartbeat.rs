//! What a run leaves for whoever watches it: `heartbeat.json`, and figures for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::console::Console;
use super::failure::ExitCode;
use crate::archive::{self, ArchiveError, Readers};
use crate::domain::{DeliveryState, ReportDate};
use crate::settings::Settings;

/// So many report dates are remembered beside the newest run's.
const EARLIER_DATES: usize = 30;

/// A run of a whole day that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heartbeat {
    pub(super) report_date: ReportDate,
    pub(super) started: DateTime<Utc>,
    pub(super) finished: DateTime<Utc>,
    pub(super) exit_code: ExitCode,
    pub(super) organisations: usize,
    pub(super) organisations_held: usize,
    pub(super) register_mistakes: usize,
    /// Deliveries of the day in each state.
    pub(super) deliveries: BTreeMap<DeliveryState, usize>,
}

/// What a heartbeat file says of the last whole run of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastRun {
    pub(super) finished: DateTime<Utc>,
    pub(super) organisations_held: u64,
    pub(super) register_mistakes: u64,
}

/// Where the heartbeat is.
pub(super) fn path(settings: &Settings) -> PathBuf {
    settings.data.folder.join("heartbeat.json")
}

impl Heartbeat {
    /// Leaves the heartbeat and, where the settings name one, the metrics file. What cannot be
    /// written is a warning: the reports are out, and a heartbeat that is missing is what a monitor
    /// notices.
    pub(super) fn leave(&self, settings: &Settings, console: &Console) {
        let path = path(settings);
        let known = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let heartbeat = format!("{:#}\n", self.to_json(known));
        let mut failures: Vec<ArchiveError> =
            archive::replace_file(&path, heartbeat.as_bytes(), Readers::Owner)
                .err()
                .into_iter()
                .collect();
        if let Some(path) = &settings.data.metrics_file {
            failures.extend(
                archive::replace_file(path, self.to_metrics().as_bytes(), Readers::Everyone).err(),
            );
        }
        for failure in failures {
            console.warning(&failure.to_string());
        }
    }

    /// This run, and the last one of each other day that the heartbeat before it knew.
    fn to_json(&self, known: Option<Value>) -> Value {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let counts: serde_json::Map<String, Value> = self
            .counts()
            .map(|(state, count)| (state.name().to_owned(), json!(count)))
            .collect();
        let mut heartbeat = json!({
            "report_date": self.report_date.to_string(),
            "started": time(self.started),
            "finished": time(self.finished),
            "exit_code": self.exit_code.number(),
            "organisations": self.organisations,
            "organisations_held": self.organisations_held,
            "register_mistakes": self.register_mistakes,
            "deliveries": counts,
        });
        let mut earlier = known.map(runs).unwrap_or_default();
        earlier.retain(|run| run.get("report_date") != heartbeat.get("report_date"));
        earlier.truncate(EARLIER_DATES);
        if let Some(fields) = heartbeat.as_object_mut() {
            fields.insert("earlier".to_owned(), Value::from(earlier));
        }
        heartbeat
    }

    fn counts(&self) -> impl Iterator<Item = (DeliveryState, usize)> {
        DeliveryState::ALL
            .into_iter()
            .map(|state| (state, self.deliveries.get(&state).copied().unwrap_or(0)))
    }

    /// The figures in the text format of Prometheus, for the node exporter's textfile collector.
    fn to_metrics(&self) -> String {
        let midnight = self.report_date.day().and_time(chrono::NaiveTime::MIN);
        let duration = (self.finished - self.started).num_seconds().max(0);
        let mut text = String::new();
        for (name, help, value) in [
            (
                "report_date_timestamp_seconds",
                "Midnight UTC of the report date of the last complete run.",
                midnight.and_utc().timestamp().to_string(),
            ),
            (
                "last_run_finished_timestamp_seconds",
                "When the last complete run finished.",
                self.finished.timestamp().to_string(),
            ),
            (
                "last_run_duration_seconds",
                "How long the last complete run took.",
                duration.to_string(),
            ),
            (
                "last_run_exit_code",
                "Exit code of the last complete run: 0 for done.",
                self.exit_code.number().to_string(),
            ),
            (
                "organisations",
                "Organisations of the last complete run.",
                self.organisations.to_string(),
            ),
            (
                "organisations_held",
                "Organisations that the last complete run held.",
                self.organisations_held.to_string(),
            ),
            (
                "register_mistakes",
                "Mistakes in the register that the last complete run found.",
                self.register_mistakes.to_string(),
            ),
        ] {
            text += &gauge(name, help);
            let _ = writeln!(text, "migration_monitor_{name} {value}");
        }
        text += &gauge(
            "deliveries",
            "Deliveries of the report date by state, after the last complete run.",
        );
        for (state, count) in self.counts() {
            let _ = writeln!(
                text,
                "migration_monitor_deliveries{{state=\"{state}\"}} {count}"
            );
        }
        text
    }
}

/// The lines that say what a figure is.
fn gauge(name: &str, help: &str) -> String {
    format!("# HELP migration_monitor_{name} {help}\n# TYPE migration_monitor_{name} gauge\n")
}

/// The last whole run of `report_date`; `None` where there was none, or the file is not one.
pub(super) fn last_run(
    path: &Path,
    report_date: ReportDate,
) -> Result<Option<LastRun>, ArchiveError> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|source| ArchiveError {
            path: path.to_owned(),
            doing: "read",
            source,
        })?,
    };
    let date = report_date.to_string();
    let known: Option<Value> = serde_json::from_slice(&bytes).ok();
    let run = known
        .map(runs)
        .unwrap_or_default()
        .into_iter()
        .find(|run| run.get("report_date").and_then(Value::as_str) == Some(&date));
    Ok(run.and_then(|run| {
        let finished = DateTime::parse_from_rfc3339(run.get("finished")?.as_str()?)
            .ok()?
            .to_utc();
        let number = |name: &str| run.get(name).and_then(Value::as_u64);
        Some(LastRun {
            finished,
            organisations_held: number("organisations_held")?,
            register_mistakes: number("register_mistakes")?,
        })
    }))
}

/// Every run that a heartbeat knows, the newest first.
fn runs(mut heartbeat: Value) -> Vec<Value> {
    let earlier = heartbeat
        .as_object_mut()
        .and_then(|fields| fields.remove("earlier"));
    let earlier = match earlier {
        Some(Value::Array(earlier)) => earlier,
        _ => Vec::new(),
    };
    std::iter::once(heartbeat).chain(earlier).collect()
}
