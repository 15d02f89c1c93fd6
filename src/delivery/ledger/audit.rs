//! Who decided what, when and why: a log that is only ever added to. Each entry has the digest of
//! the one before in its own, so that none can be changed or taken out unseen.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::database::{DatabaseRow, Parameter};
use super::error::LedgerError;
use super::{Ledger, row};
use crate::domain::{OrganisationCode, ReportDate, hexadecimal};

/// The table, as both databases understand it. An older program leaves it as it is, and so it
/// changes no format.
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

/// What a person decides that an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// That an organisation's export may list fewer mailboxes than before.
    AcceptLoss,
}

impl AuditAction {
    /// The name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::AcceptLoss => "accept-loss",
        }
    }
}

/// A decision, to be written down.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// The user, and the machine.
    pub who: String,
    /// What was decided.
    pub action: AuditAction,
    /// The day it is about.
    pub report_date: ReportDate,
    /// The organisation it is about.
    pub organisation: OrganisationCode,
    /// Of how many: the mailboxes that may be gone.
    pub amount: u64,
    /// Why, in the person's words.
    pub why: Option<String>,
}

impl Ledger {
    /// Adds an entry to the audit log, durably.
    pub fn note_decision(&mut self, entry: &AuditEntry) -> Result<(), LedgerError> {
        let noted = self.database.in_transaction(|| {
            if self.is_shared() {
                // Entries of several machines come one after another. Deliveries, which are claimed
                // by such locks too, are numbered from 1.
                self.database
                    .execute("SELECT pg_advisory_xact_lock(-1)", &[])?;
            }
            let newest = "SELECT number, digest FROM audit_log ORDER BY number DESC LIMIT 1";
            let read = |row: &DatabaseRow<'_>| {
                Ok((row.get::<i64>("number")?, row.get::<String>("digest")?))
            };
            let newest = self.database.select(newest, &[], read)?.pop();
            let (last, before) = newest.unwrap_or_default();
            let number = last + 1;
            let (at, date) = (row::write_time(entry.at), entry.report_date.to_string());
            let amount = i64::try_from(entry.amount).unwrap_or(i64::MAX);
            let (who, why) = (
                row::without_nul(entry.who.clone()),
                entry.why.clone().map(row::without_nul),
            );
            let (action, code) = (entry.action.name(), entry.organisation.as_str());
            let fields = [
                &before,
                &number.to_string(),
                &at,
                &who,
                action,
                &date,
                code,
                &amount.to_string(),
                why.as_deref().unwrap_or_default(),
            ];
            self.database.execute(
                "INSERT INTO audit_log (number, at, who, action, report_date, organisation, \
                 amount, why, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                &[
                    &number,
                    &at,
                    &who,
                    &action,
                    &date,
                    &code,
                    &amount,
                    &why,
                    &digest(&fields),
                ],
            )
        });
        noted.map_err(self.could_not("write the audit log"))?;
        Ok(())
    }

    /// How many mailboxes of an organisation may be gone on a day, since a person accepted that;
    /// none where nobody did.
    pub fn accepted_loss(
        &self,
        report_date: ReportDate,
        organisation: &OrganisationCode,
    ) -> Result<u64, LedgerError> {
        let accepted = || {
            // A ledger that an older program made has no such table until it is written to.
            if !self.database.has_table("audit_log")? {
                return Ok(None);
            }
            let most = "SELECT max(amount) AS amount FROM audit_log WHERE action = ?1 AND \
                        report_date = ?2 AND organisation = ?3";
            let values: [&dyn Parameter; 3] = [
                &AuditAction::AcceptLoss.name(),
                &report_date.to_string(),
                &organisation.as_str(),
            ];
            let read = |row: &DatabaseRow<'_>| row.get::<Option<i64>>("amount");
            Ok(self.database.select(most, &values, read)?.pop().flatten())
        };
        let accepted = accepted().map_err(self.could_not("read the audit log"))?;
        Ok(accepted.map_or(0, |amount| u64::try_from(amount).unwrap_or_default()))
    }
}

/// The digest of an entry: of the one before, and of its own fields, each with its length before it,
/// so that nothing can be moved from one to the next.
fn digest(fields: &[&str]) -> String {
    let mut digest = Sha256::new();
    for field in fields {
        digest.update((field.len() as u64).to_be_bytes());
        digest.update(field.as_bytes());
    }
    hexadecimal::encode(&digest.finalize())
}
