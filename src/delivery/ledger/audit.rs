//! The audit log: who changed what in the ledger, when and why. It is only ever added to. Each entry
//! has the digest of the one before in its own, so that none can be changed or taken out unseen; each
//! change of a delivery has the digest of its row, so that a row changed by hand is seen too.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::record::{DeliveryRecord, EditionRecord};
use super::database::{Database, DatabaseRow, Parameter};
use super::error::LedgerError;
use super::row;
use crate::domain::{OrganisationCode, ReportDate, hexadecimal};

/// The table, as both databases understand it, where it is not there.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS audit_log (
    number       BIGINT PRIMARY KEY,
    at           TEXT NOT NULL,
    who          TEXT NOT NULL,
    action       TEXT NOT NULL,
    report_date  TEXT,
    organisation TEXT,
    amount       BIGINT,
    why          TEXT,
    digest       TEXT NOT NULL
)";

/// What format 3 added to it: which delivery an entry is about, the digest of its row, and what the
/// row then was.
pub(super) const COLUMNS_OF_FORMAT_3: &str = "
    ALTER TABLE audit_log ADD COLUMN delivery BIGINT;
    ALTER TABLE audit_log ADD COLUMN row_digest TEXT;
    ALTER TABLE audit_log ADD COLUMN detail TEXT;
    CREATE INDEX audit_log_by_day ON audit_log (report_date, organisation)";

/// Which columns an entry is read from.
pub(super) const COLUMNS: &str = "number, at, who, action, report_date, organisation, amount, why, \
                                  delivery, row_digest, detail, digest";

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// A person accepts that an organisation's export lists fewer mailboxes than before.
    AcceptLoss,
    /// An edition of a report was prepared.
    Edition,
    /// A delivery was written down for the first time, with all that belongs to it.
    Delivery,
    /// A delivery changed its state.
    Change,
    /// A person takes the ledger as it was found, though others knew more.
    NewLedger,
    /// A person had the ledger made anew from what others knew.
    Rebuild,
    /// A person had the ledger put back from a backup.
    Restore,
    /// The files of an edition were archived.
    Archive,
    /// A person says what became of a delivery, or has it sent again by the next run.
    Resolve,
    /// A person has a message sent once more: before it leaves.
    Resend,
    /// What came of that.
    Resent,
    /// A person replaces reports that are out.
    Reissue,
    /// A person has a day removed from archive, history and outbox.
    Purge,
    /// A person has a day mailed that is long past.
    SendLate,
    /// A person has a day's figures kept, and nobody mailed.
    RecordOnly,
    /// A person has a history begun anew, since the one before is gone.
    NewHistory,
}

impl AuditAction {
    /// The name in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AcceptLoss => "accept-loss",
            Self::Edition => "edition",
            Self::Delivery => "delivery",
            Self::Change => "change",
            Self::NewLedger => "new-ledger",
            Self::Rebuild => "rebuild",
            Self::Restore => "restore",
            Self::Archive => "archive",
            Self::Resolve => "resolve",
            Self::Resend => "resend",
            Self::Resent => "resent",
            Self::Reissue => "reissue",
            Self::Purge => "purge",
            Self::SendLate => "send-late",
            Self::RecordOnly => "record-only",
            Self::NewHistory => "new-history",
        }
    }
}

/// A decision of a person, to be written down.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// When the ledger was changed.
    pub at: DateTime<Utc>,
    /// The user, and the machine.
    pub who: String,
    /// What was decided.
    pub action: AuditAction,
    /// The day it is about.
    pub report_date: Option<ReportDate>,
    /// The organisation it is about.
    pub organisation: Option<OrganisationCode>,
    /// Of how many: the mailboxes that may be gone.
    pub amount: Option<u64>,
    /// Why, in the person's words.
    pub why: Option<String>,
    /// What else belongs to it.
    pub detail: Option<Value>,
}

impl AuditEntry {
    /// An entry that is about no day and no organisation yet.
    #[must_use]
    pub fn new(action: AuditAction, who: String, at: DateTime<Utc>) -> Self {
        Self {
            at,
            who,
            action,
            report_date: None,
            organisation: None,
            amount: None,
            why: None,
            detail: None,
        }
    }
}

/// An entry that is none of a delivery's changes: mostly a person's decision.
#[derive(Debug, Clone)]
pub struct AuditedDecision {
    /// The number of the entry.
    pub number: i64,
    /// When, as it was written.
    pub at: String,
    /// The user, and the machine.
    pub who: String,
    /// The [`AuditAction::name`] of what was decided.
    pub action: String,
    /// The day it is about.
    pub report_date: Option<ReportDate>,
    /// The organisation it is about.
    pub organisation: Option<OrganisationCode>,
    /// Why, in the person's words.
    pub why: Option<String>,
    /// What else belongs to it.
    pub detail: Option<Value>,
}

/// The number and the digest of an entry: whoever keeps them elsewhere can tell whether a ledger has
/// that entry, and with it all before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its number, from 1.
    pub entry: i64,
    /// The digest of that entry.
    pub digest: String,
}

/// An entry, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entry {
    pub(super) number: i64,
    pub(super) at: String,
    pub(super) who: String,
    pub(super) action: String,
    pub(super) report_date: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) why: Option<String>,
    pub(super) delivery: Option<i64>,
    pub(super) row_digest: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) digest: String,
}

impl Entry {
    /// One by whoever `who` is, without its number and digest.
    pub(super) fn new(action: AuditAction, who: &str, at: DateTime<Utc>) -> Self {
        Self {
            at: row::write_time(at),
            who: row::without_nul(who.to_owned()),
            action: action.name().to_owned(),
            ..Self::default()
        }
    }

    /// That an edition was prepared.
    pub(super) fn of_edition(edition: &EditionRecord, who: &str) -> Self {
        let detail = json!({
            "report": edition.report.name(),
            "edition": edition.edition,
            "inputs_digest": edition.inputs_digest,
        });
        Self {
            report_date: Some(edition.report_date.to_string()),
            organisation: Some(edition.organisation.as_str().to_owned()),
            detail: Some(detail.to_string()),
            ..Self::new(AuditAction::Edition, who, edition.prepared_at)
        }
    }

    /// What a delivery is now: all of it, or what a change may change.
    pub(super) fn of_delivery(
        action: AuditAction,
        delivery: &DeliveryRecord,
        who: &str,
        at: DateTime<Utc>,
    ) -> Self {
        let mut detail = row::changing(delivery);
        if let (AuditAction::Delivery, Some(fields)) = (action, detail.as_object_mut()) {
            fields.append(&mut row::lasting(delivery));
        }
        Self {
            report_date: Some(delivery.key.report_date.to_string()),
            organisation: Some(delivery.key.organisation.as_str().to_owned()),
            delivery: Some(delivery.id.0),
            row_digest: Some(row_digest(delivery)),
            detail: Some(detail.to_string()),
            ..Self::new(action, who, at)
        }
    }

    pub(super) fn read(row: &DatabaseRow<'_>) -> Result<Self, LedgerError> {
        Ok(Self {
            number: row.get("number")?,
            at: row.get("at")?,
            who: row.get("who")?,
            action: row.get("action")?,
            report_date: row.get("report_date")?,
            organisation: row.get("organisation")?,
            amount: row.get("amount")?,
            why: row.get("why")?,
            delivery: row.get("delivery")?,
            row_digest: row.get("row_digest")?,
            detail: row.get("detail")?,
            digest: row.get("digest")?,
        })
    }

    /// The digest that it must have after an entry with the digest `before`.
    pub(super) fn digest_after(&self, before: &str) -> String {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut fields = vec![
            before.to_owned(),
            self.number.to_string(),
            self.at.clone(),
            self.who.clone(),
            self.action.clone(),
            text(&self.report_date),
            text(&self.organisation),
            number(self.amount).unwrap_or_default(),
            text(&self.why),
        ];
        // Entries of before had nothing more.
        let more = [
            number(self.delivery),
            self.row_digest.clone(),
            self.detail.clone(),
        ];
        if more.iter().any(Option::is_some) {
            fields.extend(more.map(Option::unwrap_or_default));
        }
        digest(&fields)
    }

    pub(super) fn anchor(&self) -> Anchor {
        Anchor {
            entry: self.number,
            digest: self.digest.clone(),
        }
    }
}

/// Adds entries, within a transaction that nobody else writes beside.
pub(super) fn append(database: &Database, entries: Vec<Entry>) -> Result<(), LedgerError> {
    if entries.is_empty() {
        return Ok(());
    }
    let newest = newest(database)?;
    let (mut number, mut before) =
        newest.map_or((0, String::new()), |newest| (newest.entry, newest.digest));
    for mut entry in entries {
        number += 1;
        entry.number = number;
        entry.digest = entry.digest_after(&before);
        before.clone_from(&entry.digest);
        let values: [&dyn Parameter; 12] = [
            &entry.number,
            &entry.at,
            &entry.who,
            &entry.action,
            &entry.report_date,
            &entry.organisation,
            &entry.amount,
            &entry.why,
            &entry.delivery,
            &entry.row_digest,
            &entry.detail,
            &entry.digest,
        ];
        let statement = format!(
            "INSERT INTO audit_log ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, \
             ?11, ?12)"
        );
        database.execute(&statement, &values)?;
    }
    Ok(())
}

/// Enters every delivery of a ledger in which none was entered yet.
pub(super) fn enter_all(database: &Database, at: DateTime<Utc>) -> Result<(), LedgerError> {
    let who = "upgrade of the ledger";
    let rows = database.select(&row::select_where("TRUE ORDER BY id"), &[], row::delivery)?;
    let entry = |delivery| Entry::of_delivery(AuditAction::Delivery, delivery, who, at);
    append(database, rows.iter().map(entry).collect())
}

/// The number and digest of the newest entry; `None` where there is none.
pub(super) fn newest(database: &Database) -> Result<Option<Anchor>, LedgerError> {
    let newest = "SELECT number, digest FROM audit_log ORDER BY number DESC LIMIT 1";
    let read = |row: &DatabaseRow<'_>| {
        Ok(Anchor {
            entry: row.get("number")?,
            digest: row.get("digest")?,
        })
    };
    Ok(database.select(newest, &[], read)?.pop())
}

/// The digest of a delivery as it stands in its row.
pub(super) fn row_digest(delivery: &DeliveryRecord) -> String {
    let lasting = serde_json::Value::Object(row::lasting(delivery));
    digest(&[
        delivery.id.to_string(),
        lasting.to_string(),
        row::changing(delivery).to_string(),
    ])
}

/// The digest of fields, each with its length before it, so that nothing can be moved from one to
/// the next.
fn digest(fields: &[String]) -> String {
    let mut digest = Sha256::new();
    for field in fields {
        digest.update((field.len() as u64).to_be_bytes());
        digest.update(field.as_bytes());
    }
    hexadecimal::encode(&digest.finalize())
}
