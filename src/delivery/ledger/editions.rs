//! Editions and their deliveries, as they are recorded before anything is sent.

use std::path::Component;

use super::super::record::{EditionRecord, PreparedDelivery};
use super::audit::{self, AuditAction};
use super::database::Parameter;
use super::error::{LedgerError, LedgerErrorKind};
use super::{Ledger, row};
use crate::domain::{DeliveryState, OrganisationCode, ReportDate, ReportKind};

impl Ledger {
    /// Records editions, each with its deliveries, all or none, and supersedes what older ones
    /// still had to send or held.
    ///
    /// What is there already is left alone, so that a rerun changes nothing. Gives the number of
    /// new deliveries.
    ///
    /// # Errors
    /// [`LedgerErrorKind::OtherInputs`] where this edition was recorded from other inputs;
    /// [`LedgerErrorKind::OtherEdition`] and [`LedgerErrorKind::PathNotBelow`] for a delivery that
    /// does not fit.
    pub fn record_prepared(
        &mut self,
        editions: &[(&EditionRecord, &[PreparedDelivery])],
    ) -> Result<usize, LedgerError> {
        self.insert(editions)
            .map_err(self.could_not("record what was prepared"))
    }

    fn insert(
        &self,
        editions: &[(&EditionRecord, &[PreparedDelivery])],
    ) -> Result<usize, LedgerError> {
        for (edition, deliveries) in editions {
            deliveries
                .iter()
                .try_for_each(|delivery| check_fits(edition, delivery))?;
        }
        if editions.is_empty() {
            return Ok(0);
        }
        self.write(|| {
            let mut added = 0;
            for (edition, deliveries) in editions {
                self.insert_edition(edition)?;
                // Asked after it was inserted: another machine may have been first.
                if self.recorded_inputs(edition)?.as_ref() != Some(&edition.inputs_digest) {
                    return Err(LedgerErrorKind::OtherInputs((*edition).clone()).into());
                }
                added += self.insert_deliveries(edition, deliveries)?;
                self.supersede_older(edition)?;
            }
            Ok(added)
        })
    }

    /// The newest edition of a report; `None` where none was recorded.
    pub fn edition(
        &self,
        report_date: ReportDate,
        organisation: &OrganisationCode,
        report: ReportKind,
    ) -> Result<Option<EditionRecord>, LedgerError> {
        let found = self.database.select(
            "SELECT edition, inputs_digest, prepared_at FROM editions
              WHERE report_date = ?1 AND organisation = ?2 AND report = ?3 ORDER BY edition DESC \
              LIMIT 1",
            &[
                &report_date.to_string(),
                &organisation.as_str(),
                &report.name(),
            ],
            |row| row::edition(row, report_date, organisation, report),
        );
        Ok(found.map_err(self.could_not("find an edition"))?.pop())
    }

    fn recorded_inputs(&self, edition: &EditionRecord) -> Result<Option<String>, LedgerError> {
        let found = self.database.select(
            "SELECT inputs_digest FROM editions WHERE report_date = ?1 AND organisation = ?2 AND \
             report = ?3 AND edition = ?4",
            &[
                &edition.report_date.to_string(),
                &edition.organisation.as_str(),
                &edition.report.name(),
                &i64::from(edition.edition),
            ],
            |row| row.get("inputs_digest"),
        );
        Ok(found?.pop())
    }

    fn insert_edition(&self, edition: &EditionRecord) -> Result<usize, LedgerError> {
        let added = self.database.execute(
            "INSERT INTO editions (report_date, organisation, report, edition, inputs_digest, \
             prepared_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (report_date, organisation, report, edition) DO NOTHING",
            &[
                &edition.report_date.to_string(),
                &edition.organisation.as_str(),
                &edition.report.name(),
                &i64::from(edition.edition),
                &edition.inputs_digest,
                &row::write_time(edition.prepared_at),
            ],
        )?;
        if added == 1 {
            let entry = audit::Entry::of_edition(edition, &self.who);
            audit::append(&self.database, vec![entry])?;
        }
        Ok(added)
    }

    fn insert_deliveries(
        &self,
        edition: &EditionRecord,
        deliveries: &[PreparedDelivery],
    ) -> Result<usize, LedgerError> {
        let mut added = 0;
        for delivery in deliveries {
            let recipient = &delivery.key.recipient;
            // Only the key may be there already: the Message-ID of another delivery is a mistake
            // that must be seen.
            let statement =
                "INSERT INTO deliveries (report_date, organisation, report, edition, recipient, \
                 recipient_folded,
                                         message_id, message_path, message_digest, state, \
                                         prepared_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
                 ON CONFLICT (report_date, organisation, report, edition, recipient_folded) DO \
                 NOTHING";
            let values: [&dyn Parameter; 11] = [
                &edition.report_date.to_string(),
                &edition.organisation.as_str(),
                &edition.report.name(),
                &i64::from(edition.edition),
                &recipient.reveal(),
                &recipient.folded(),
                &delivery.message_id,
                &delivery.message_path.to_string_lossy(),
                &delivery.message_digest,
                &DeliveryState::Prepared.name(),
                &row::write_time(edition.prepared_at),
            ];
            let at = edition.prepared_at;
            added += self.change_deliveries(AuditAction::Delivery, (statement, &values), at)?;
        }
        Ok(added)
    }

    /// Supersedes whatever is held or still to be sent of any edition but the newest, this one
    /// included where it is not.
    fn supersede_older(&self, edition: &EditionRecord) -> Result<usize, LedgerError> {
        let superseded = DeliveryState::Superseded;
        let statement = format!(
            "UPDATE deliveries SET state = '{superseded}', \
             reason = 'a newer edition was prepared', updated_at = ?1
              WHERE report_date = ?2 AND organisation = ?3 AND report = ?4 AND state IN ({})
                AND edition < (SELECT max(edition) FROM editions WHERE report_date = ?2 AND \
                organisation = ?3 AND report = ?4)",
            row::listed([
                DeliveryState::Prepared,
                DeliveryState::Deferred,
                DeliveryState::Outbox,
                DeliveryState::Held
            ])
        );
        let values: [&dyn Parameter; 4] = [
            &row::write_time(edition.prepared_at),
            &edition.report_date.to_string(),
            &edition.organisation.as_str(),
            &edition.report.name(),
        ];
        let at = edition.prepared_at;
        self.change_deliveries(AuditAction::Change, (&statement, &values), at)
    }
}

fn check_fits(edition: &EditionRecord, delivery: &PreparedDelivery) -> Result<(), LedgerErrorKind> {
    let key = &delivery.key;
    let is_of_edition = (key.report_date, &key.organisation, key.report, key.edition)
        == (
            edition.report_date,
            &edition.organisation,
            edition.report,
            edition.edition,
        );
    if !is_of_edition {
        return Err(LedgerErrorKind::OtherEdition(edition.organisation.clone()));
    }
    let path = &delivery.message_path;
    let is_below = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !is_below || path.to_str().is_none_or(str::is_empty) {
        return Err(LedgerErrorKind::PathNotBelow(path.clone()));
    }
    Ok(())
}
