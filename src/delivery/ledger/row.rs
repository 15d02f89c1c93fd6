use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::Row;

use super::super::record::{DeliveryId, DeliveryRecord};
use super::super::state::DeliveryState;
use crate::domain::{EmailAddress, OrganisationCode, ReportDate, ReportKind};
use crate::mail::DeliveryKey;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, report_date, organisation, report, edition, recipient, message_id, message_path, message_digest,
                    state, attempts, server_reply, reason, prepared_at, updated_at FROM deliveries WHERE ",
            $condition
        )
    };
}

/// Every delivery.
pub(super) const SELECT_ALL: &str = select!("TRUE");
/// Deliveries of the date ?1.
pub(super) const SELECT_BY_DATE: &str = select!("report_date = ?1");
/// Deliveries of the date ?1 about the organisation ?2.
pub(super) const SELECT_BY_ORGANISATION: &str = select!("report_date = ?1 AND organisation = ?2");
/// Deliveries that a run would send.
pub(super) const SELECT_TO_BE_SENT: &str = select!("state IN ('prepared', 'deferred')");
/// The delivery with the number ?1.
pub(super) const SELECT_BY_ID: &str = select!("id = ?1");

/// A row as SQLite gives it, before its texts are read as what they stand for.
pub(super) struct StoredDelivery {
    pub(super) id: i64,
    report_date: String,
    organisation: String,
    report: String,
    edition: u32,
    recipient: String,
    message_id: String,
    message_path: String,
    message_digest: String,
    state: String,
    attempts: u32,
    server_reply: Option<String>,
    reason: Option<String>,
    prepared_at: String,
    updated_at: String,
}

impl StoredDelivery {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            report_date: row.get("report_date")?,
            organisation: row.get("organisation")?,
            report: row.get("report")?,
            edition: row.get("edition")?,
            recipient: row.get("recipient")?,
            message_id: row.get("message_id")?,
            message_path: row.get("message_path")?,
            message_digest: row.get("message_digest")?,
            state: row.get("state")?,
            attempts: row.get("attempts")?,
            server_reply: row.get("server_reply")?,
            reason: row.get("reason")?,
            prepared_at: row.get("prepared_at")?,
            updated_at: row.get("updated_at")?,
        })
    }

    /// The delivery, or the column whose text is not what it should be.
    pub(super) fn restore(self) -> Result<DeliveryRecord, &'static str> {
        let key = DeliveryKey {
            report_date: NaiveDate::parse_from_str(&self.report_date, "%Y-%m-%d").map(ReportDate::of).map_err(|_| "report_date")?,
            organisation: OrganisationCode::parse(&self.organisation).map_err(|_| "organisation")?,
            report: ReportKind::from_name(&self.report).ok_or("report")?,
            edition: self.edition,
            recipient: EmailAddress::parse(&self.recipient).map_err(|_| "recipient")?,
        };
        Ok(DeliveryRecord {
            id: DeliveryId(self.id),
            key,
            message_id: self.message_id,
            message_path: PathBuf::from(self.message_path),
            message_digest: self.message_digest,
            state: DeliveryState::from_name(&self.state).ok_or("state")?,
            attempts: self.attempts,
            server_reply: self.server_reply,
            reason: self.reason,
            prepared_at: read_time(&self.prepared_at).ok_or("prepared_at")?,
            updated_at: read_time(&self.updated_at).ok_or("updated_at")?,
        })
    }
}

pub(super) fn write_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn read_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}
