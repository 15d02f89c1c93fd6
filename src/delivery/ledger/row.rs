use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};

use super::super::record::{DeliveryId, DeliveryRecord};
use super::database::DatabaseRow;
use super::error::DatabaseFault;
use crate::domain::DeliveryState;
use crate::domain::{EmailAddress, OrganisationCode, ReportDate, ReportKind};
use crate::mail::DeliveryKey;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, report_date, organisation, report, edition, recipient, message_id, \
             message_path, message_digest,
                    state, attempts, server_reply, reason, prepared_at, updated_at FROM deliveries \
                    WHERE ",
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

macro_rules! mark_unknown {
    ($condition:literal) => {
        concat!(
            "UPDATE deliveries SET state = 'unknown', updated_at = ?1, server_reply = NULL, reason \
             = ?2 WHERE state = 'sending'",
            $condition
        )
    };
}

/// Makes all that is being sent unknown, at ?1 because of ?2.
pub(super) const MARK_SENDING: &str = mark_unknown!("");
/// The same of what no session has claimed. Only the few that are being sent are asked for, and
/// where one is answered meanwhile it is no longer `sending` when its turn to be changed comes
/// (READ COMMITTED).
pub(super) const MARK_ABANDONED: &str = mark_unknown!(
    " AND id IN (SELECT id FROM (SELECT id FROM deliveries WHERE state = 'sending' OFFSET 0) AS \
     being_sent
                  WHERE pg_try_advisory_xact_lock(id))"
);

/// A row as the database gives it, before its texts are read as what they stand for.
pub(super) struct StoredDelivery {
    pub(super) id: i64,
    report_date: String,
    organisation: String,
    report: String,
    edition: i64,
    recipient: String,
    message_id: String,
    message_path: String,
    message_digest: String,
    state: String,
    attempts: i64,
    server_reply: Option<String>,
    reason: Option<String>,
    prepared_at: String,
    updated_at: String,
}

impl StoredDelivery {
    pub(super) fn read(row: &DatabaseRow<'_>) -> Result<Self, DatabaseFault> {
        Ok(Self {
            id: row.number("id")?,
            report_date: row.text("report_date")?,
            organisation: row.text("organisation")?,
            report: row.text("report")?,
            edition: row.number("edition")?,
            recipient: row.text("recipient")?,
            message_id: row.text("message_id")?,
            message_path: row.text("message_path")?,
            message_digest: row.text("message_digest")?,
            state: row.text("state")?,
            attempts: row.number("attempts")?,
            server_reply: row.optional_text("server_reply")?,
            reason: row.optional_text("reason")?,
            prepared_at: row.text("prepared_at")?,
            updated_at: row.text("updated_at")?,
        })
    }

    /// The delivery, or the column whose text is not what it should be.
    pub(super) fn restore(self) -> Result<DeliveryRecord, &'static str> {
        let key = DeliveryKey {
            report_date: ReportDate::parse_iso(&self.report_date).ok_or("report_date")?,
            organisation: OrganisationCode::parse(&self.organisation)
                .map_err(|_| "organisation")?,
            report: ReportKind::from_name(&self.report).ok_or("report")?,
            edition: u32::try_from(self.edition).map_err(|_| "edition")?,
            recipient: EmailAddress::parse(&self.recipient).map_err(|_| "recipient")?,
        };
        Ok(DeliveryRecord {
            id: DeliveryId(self.id),
            key,
            message_id: self.message_id,
            message_path: PathBuf::from(self.message_path),
            message_digest: self.message_digest,
            state: DeliveryState::from_name(&self.state).ok_or("state")?,
            attempts: u32::try_from(self.attempts).map_err(|_| "attempts")?,
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
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.with_timezone(&Utc))
}
