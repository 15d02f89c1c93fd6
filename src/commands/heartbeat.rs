//! What a run leaves for whoever watches it: `heartbeat.json`, and figures for Prometheus.

use std::fmt::Display;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::console::Console;
use super::failure::ExitCode;
use crate::archive::{self, ArchiveError};
use crate::day::heartbeat_path;
use crate::domain::{DeliveryCounts, DeliveryState, OrganisationCode, ReportDate};
use crate::settings::Settings;

/// So many report dates are remembered beside the newest run's.
const EARLIER_DATES: usize = 30;

/// A run of a whole day that came to its end.
pub(super) struct Heartbeat {
    pub(super) report_date: ReportDate,
    pub(super) started: DateTime<Utc>,
    pub(super) finished: DateTime<Utc>,
    pub(super) exit_code: ExitCode,
    pub(super) organisations: usize,
    pub(super) held: Vec<OrganisationCode>,
    pub(super) register_mistakes: usize,
    pub(super) deliveries: DeliveryCounts,
    /// How far the ledger is: a later run that finds another can tell.
    pub(super) ledger: Value,
}

/// What a heartbeat file says of the last whole run of a day.
pub(super) struct LastRun {
    pub(super) finished: DateTime<Utc>,
    pub(super) organisations_held: u64,
    /// Which those were; none where an earlier version kept only how many.
    pub(super) held: Vec<String>,
    pub(super) register_mistakes: u64,
    pub(super) organisations: u64,
}

impl Heartbeat {
    /// Leaves the heartbeat and, where the settings name one, the metrics file. What cannot be
    /// written is a warning: the reports are out, and a heartbeat that is missing is what a monitor
    /// notices.
    pub(super) fn leave(&self, settings: &Settings, console: &Console) {
        let path = heartbeat_path(settings);
        let known = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        // A past day that is run again says nothing of today.
        let is_newest = known.as_ref().is_none_or(|known| self.is_newest(known));
        let heartbeat = format!("{:#}\n", self.to_json(known));
        let mut written = vec![archive::replace_file(&path, heartbeat.as_bytes())];
        if let Some(path) = settings.data.metrics_file.as_ref().filter(|_| is_newest) {
            let metrics = self.to_metrics(&settings.programme.name);
            written.push(archive::replace_open_file(path, metrics.as_bytes()));
        }
        for failure in written.into_iter().filter_map(Result::err) {
            console.warning(&failure.to_string());
        }
    }

    /// Whether no later day than this one was run, as far as a heartbeat knows.
    fn is_newest(&self, known: &Value) -> bool {
        let earlier = known.get("earlier").and_then(Value::as_array);
        let runs = std::iter::once(known).chain(earlier.into_iter().flatten());
        let mut dates = runs.filter_map(|run| run.get("report_date")?.as_str());
        // Dates as this program writes them are in the order of their letters.
        dates.all(|date| date <= self.report_date.to_string().as_str())
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
            "organisations_held": self.held.len(),
            "held": self.held.iter().map(OrganisationCode::as_str).collect::<Vec<_>>(),
            "register_mistakes": self.register_mistakes,
            "deliveries": counts,
            "ledger": self.ledger,
        });
        let mut earlier = known.map(runs).unwrap_or_default();
        earlier.retain(|run| run.get("report_date") != heartbeat.get("report_date"));
        earlier.truncate(EARLIER_DATES);
        if let Some(fields) = heartbeat.as_object_mut() {
            fields.insert("earlier".to_owned(), Value::from(earlier));
        }
        heartbeat
    }

    fn counts(&self) -> impl Iterator<Item = (DeliveryState, u64)> {
        let count = |state| (state, self.deliveries.of(state));
        DeliveryState::ALL.into_iter().map(count)
    }

    /// The figures in the text format of Prometheus, for the node exporter's textfile collector.
    fn to_metrics(&self, programme: &str) -> String {
        let programme = programme
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let midnight = self.report_date.day().and_time(chrono::NaiveTime::MIN);
        let seconds = (self.finished - self.started).num_seconds().max(0);
        let figures: [(&str, &str, &dyn Display); 7] = [
            (
                "report_date_timestamp_seconds",
                "Midnight UTC of the report date of the last complete run.",
                &midnight.and_utc().timestamp(),
            ),
            (
                "last_run_finished_timestamp_seconds",
                "When the last complete run finished.",
                &self.finished.timestamp(),
            ),
            (
                "last_run_duration_seconds",
                "How long the last complete run took.",
                &seconds,
            ),
            (
                "last_run_exit_code",
                "Exit code of the last complete run: 0 for done.",
                &self.exit_code.number(),
            ),
            (
                "organisations",
                "Organisations of the last complete run.",
                &self.organisations,
            ),
            (
                "organisations_held",
                "Organisations that the last complete run held.",
                &self.held.len(),
            ),
            (
                "register_mistakes",
                "Mistakes in the register that the last complete run found.",
                &self.register_mistakes,
            ),
        ];
        let explained = |name: &str, help: &str| {
            format!(
                "# HELP migration_monitor_{name} {help}\n# TYPE migration_monitor_{name} gauge\n"
            )
        };
        let mut text = String::new();
        for (name, help, value) in figures {
            text += &explained(name, help);
            text += &format!("migration_monitor_{name}{{programme=\"{programme}\"}} {value}\n");
        }
        text += &explained(
            "deliveries",
            "Deliveries of the report date by state, after the last complete run.",
        );
        for (state, count) in self.counts() {
            text += &format!(
                "migration_monitor_deliveries{{programme=\"{programme}\",state=\"{state}\"}} {count}\n"
            );
        }
        text
    }
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
    let is_of_the_day = |run: &Value| run.get("report_date").and_then(Value::as_str) == Some(&date);
    let run = known.map(runs).into_iter().flatten().find(is_of_the_day);
    Ok(run.and_then(|run| {
        let number = |name: &str| run.get(name).and_then(Value::as_u64);
        Some(LastRun {
            finished: run.get("finished")?.as_str()?.parse().ok()?,
            organisations_held: number("organisations_held")?,
            held: run
                .get("held")
                .and_then(|held| serde_json::from_value(held.clone()).ok())
                .unwrap_or_default(),
            register_mistakes: number("register_mistakes")?,
            organisations: number("organisations").unwrap_or_default(),
        })
    }))
}

/// Every run that a heartbeat knows, the newest first.
fn runs(mut heartbeat: Value) -> Vec<Value> {
    let fields = heartbeat.as_object_mut();
    let earlier = fields.and_then(|fields| fields.remove("earlier"));
    let mut runs = vec![heartbeat];
    if let Some(Value::Array(earlier)) = earlier {
        runs.extend(earlier);
    }
    runs
}
