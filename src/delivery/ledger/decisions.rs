//! What persons decided, as the audit log has it.

use super::audit::{self, AuditAction, AuditEntry, Entry};
use super::database::{DatabaseRow, Parameter};
use super::error::LedgerError;
use super::{Ledger, row};
use crate::domain::{OrganisationCode, ReportDate};

impl Ledger {
    /// Adds a decision to the audit log, durably.
    pub fn note_decision(&mut self, entry: &AuditEntry) -> Result<(), LedgerError> {
        let entry = Entry {
            report_date: Some(entry.report_date.to_string()),
            organisation: Some(entry.organisation.as_str().to_owned()),
            amount: Some(i64::try_from(entry.amount).unwrap_or(i64::MAX)),
            why: entry.why.clone().map(row::without_nul),
            ..Entry::new(entry.action, &entry.who, entry.at)
        };
        self.write(|| audit::append(&self.database, vec![entry]))
            .map_err(self.could_not("write the audit log"))
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
