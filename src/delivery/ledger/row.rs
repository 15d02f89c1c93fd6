use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::super::record::{DeliveryId, DeliveryRecord, EditionRecord};
use super::database::DatabaseRow;
use super::error::LedgerError;
use crate::domain::{DeliveryState, EmailAddress, OrganisationCode, ReportDate, ReportKind};
use crate::mail::DeliveryKey;

/// The statement that finds the deliveries for which `condition` holds.
pub(super) fn select_where(condition: &str) -> String {
    format!(
        "SELECT id, report_date, organisation, report, edition, recipient, message_id, \
         message_path, message_digest, state, attempts, server_reply, reason, prepared_at, \
         updated_at, accepted_at FROM deliveries WHERE {condition}"
    )
}

/// States as a condition's `IN (…)` lists them: as constants, so that PostgreSQL finds the index
/// that is made for them.
pub(super) fn listed(states: impl IntoIterator<Item = DeliveryState>) -> String {
    let names: Vec<String> = states
        .into_iter()
        .map(|state| format!("'{state}'"))
        .collect();
    names.join(", ")
}

/// A schema with every state that a delivery may have.
pub(super) fn with_states(schema: &str) -> String {
    schema.replace("/* states */", &listed(DeliveryState::ALL))
}

/// The rows of format 1 with the columns of this one.
pub(super) fn of_format_1(table: &str) -> String {
    let accepted = DeliveryState::Accepted;
    format!(
        "SELECT *, CASE state WHEN '{accepted}' THEN updated_at END AS accepted_at FROM {table}"
    )
}

/// Makes the statements of this format read a ledger of format 1, which is left as it is: what is
/// temporary is this connection's, and is found first.
pub(super) fn view_of_format_1(table: &str) -> String {
    format!("CREATE TEMPORARY VIEW deliveries AS {}", of_format_1(table))
}

/// Reads a delivery.
pub(super) fn delivery(row: &DatabaseRow<'_>) -> Result<DeliveryRecord, LedgerError> {
    let id = row.get("id")?;
    let what = format!("delivery {id}");
    let number = |number: i64| u32::try_from(number).ok();
    Ok(DeliveryRecord {
        id: DeliveryId(id),
        key: DeliveryKey {
            report_date: row.read(&what, "report_date", |text: String| {
                ReportDate::parse_iso(&text)
            })?,
            organisation: row.read(&what, "organisation", |text: String| {
                OrganisationCode::parse(&text).ok()
            })?,
            report: row.read(&what, "report", |text: String| ReportKind::from_name(&text))?,
            edition: row.read(&what, "edition", number)?,
            recipient: row.read(&what, "recipient", |text: String| {
                EmailAddress::parse(&text).ok()
            })?,
        },
        message_id: row.get("message_id")?,
        message_path: PathBuf::from(row.get::<String>("message_path")?),
        message_digest: row.get("message_digest")?,
        state: row.read(&what, "state", |text: String| {
            DeliveryState::from_name(&text)
        })?,
        attempts: row.read(&what, "attempts", number)?,
        server_reply: row.get("server_reply")?,
        reason: row.get("reason")?,
        prepared_at: row.read(&what, "prepared_at", read_time)?,
        updated_at: row.read(&what, "updated_at", read_time)?,
        accepted_at: row
            .get::<Option<String>>("accepted_at")?
            .and_then(read_time),
    })
}

/// What of a delivery never changes, as the audit log keeps it.
pub(super) fn lasting(delivery: &DeliveryRecord) -> Map<String, Value> {
    let key = &delivery.key;
    let fields = [
        ("report_date", json!(key.report_date.to_string())),
        ("organisation", json!(key.organisation.as_str())),
        ("report", json!(key.report.name())),
        ("edition", json!(key.edition)),
        ("recipient", json!(key.recipient.reveal())),
        ("message_id", json!(delivery.message_id)),
        (
            "message_path",
            json!(delivery.message_path.to_string_lossy()),
        ),
        ("message_digest", json!(delivery.message_digest)),
        ("prepared_at", json!(write_time(delivery.prepared_at))),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    fields.into_iter().collect()
}

/// What of a delivery changes, as the audit log keeps it.
pub(super) fn changing(delivery: &DeliveryRecord) -> Value {
    json!({
        "state": delivery.state.name(),
        "attempts": delivery.attempts,
        "server_reply": delivery.server_reply,
        "reason": delivery.reason,
        "updated_at": write_time(delivery.updated_at),
        "accepted_at": delivery.accepted_at.map(write_time),
    })
}

/// Reads the number, the inputs and the time of an edition of a report.
pub(super) fn edition(
    row: &DatabaseRow<'_>,
    report_date: ReportDate,
    organisation: &OrganisationCode,
    report: ReportKind,
) -> Result<EditionRecord, LedgerError> {
    let what = "an edition";
    Ok(EditionRecord {
        report_date,
        organisation: organisation.clone(),
        report,
        edition: row.read(what, "edition", |number: i64| u32::try_from(number).ok())?,
        inputs_digest: row.get("inputs_digest")?,
        prepared_at: row.read(what, "prepared_at", read_time)?,
    })
}

pub(super) fn write_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn read_time(text: String) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(&text)
        .ok()
        .map(|at| at.with_timezone(&Utc))
}

/// A text as PostgreSQL can keep it: it has no NUL, which a mail server's reply may hold.
pub(super) fn without_nul(text: String) -> String {
    text.replace('\0', "\u{2400}")
}
