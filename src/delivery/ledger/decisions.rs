//! What persons decided, as the audit log has it.

use super::audit::{self, AuditAction, AuditEntry, AuditedDecision, COLUMNS, Entry};
use super::database::{DatabaseRow, Parameter};
use super::error::LedgerError;
use super::{Ledger, row};
use crate::domain::{OrganisationCode, ReportDate};

impl Ledger {
    /// Adds a decision to the audit log, durably.
    pub fn note_decision(&mut self, entry: &AuditEntry) -> Result<(), LedgerError> {
        let entry = Entry {
            report_date: entry.report_date.map(|date| date.to_string()),
            organisation: entry
                .organisation
                .as_ref()
                .map(|code| code.as_str().to_owned()),
            amount: entry
                .amount
                .map(|amount| i64::try_from(amount).unwrap_or(i64::MAX)),
            why: entry.why.clone().map(row::without_nul),
            // No delivery of its own: the newest entry about one says what it is.
            detail: entry
                .detail
                .as_ref()
                .map(|detail| row::without_nul(detail.to_string())),
            ..Entry::new(entry.action, &entry.who, entry.at)
        };
        self.write(|| audit::append(&self.database, vec![entry]))
            .map_err(self.could_not("write the audit log"))
    }

    /// The entries about a day, or about all, that are no changes of deliveries, in their order.
    pub fn decisions(&self, of: Option<ReportDate>) -> Result<Vec<AuditedDecision>, LedgerError> {
        let found = || {
            if !self.database.has_column("audit_log", "detail")? {
                return Ok(Vec::new());
            }
            let date = of.map(|date| date.to_string());
            let changes = [
                AuditAction::Edition,
                AuditAction::Delivery,
                AuditAction::Change,
            ];
            let changes = changes
                .map(|action| format!("'{}'", action.name()))
                .join(", ");
            let statement = format!(
                "SELECT {COLUMNS} FROM audit_log WHERE action NOT IN ({changes}) AND \
                 (report_date = ?1 OR ?1 = '') ORDER BY number"
            );
            let date = date.unwrap_or_default();
            self.database.select(&statement, &[&date], |row| {
                let entry = Entry::read(row)?;
                let detail = entry.detail.as_deref();
                Ok(AuditedDecision {
                    number: entry.number,
                    at: entry.at,
                    who: entry.who,
                    action: entry.action,
                    report_date: entry.report_date.as_deref().and_then(ReportDate::parse_iso),
                    organisation: entry
                        .organisation
                        .and_then(|code| OrganisationCode::parse(&code).ok()),
                    why: entry.why,
                    detail: detail.and_then(|detail| serde_json::from_str(detail).ok()),
                })
            })
        };
        found().map_err(self.could_not("read the audit log"))
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
