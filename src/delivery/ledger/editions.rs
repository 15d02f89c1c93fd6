//! Editions and their deliveries, as they are recorded before anything is sent.

use std::path::Component;

use super::super::record::{EditionRecord, NewestEdition, PreparedDelivery};
use super::error::{self, LedgerError, StatementFault};
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
    /// [`LedgerError::OtherInputs`] where this edition was recorded from other inputs;
    /// [`LedgerError::OtherEdition`] and [`LedgerError::PathNotBelow`] for a delivery that does not
    /// fit; [`LedgerError::Statement`].
    pub fn record_prepared(
        &mut self,
        editions: &[(&EditionRecord, &[PreparedDelivery])],
    ) -> Result<usize, LedgerError> {
        for (edition, deliveries) in editions {
            deliveries
                .iter()
                .try_for_each(|delivery| self.check_fits(edition, delivery))?;
        }
        if editions.is_empty() {
            return Ok(0);
        }
        let failed = error::statement(&self.place, "record what was prepared");
        self.database.in_transaction(&failed, || {
            let mut added = 0;
            for (edition, deliveries) in editions {
                self.insert_edition(edition).map_err(&failed)?;
                // Asked after it was inserted: another machine may have been first.
                if self
                    .recorded_inputs(edition)
                    .map_err(&failed)?
                    .is_some_and(|inputs| inputs != edition.inputs_digest)
                {
                    return Err(LedgerError::OtherInputs {
                        place: self.place.to_string(),
                        report_date: edition.report_date,
                        organisation: edition.organisation.clone(),
                        report: edition.report,
                        edition: edition.edition,
                    });
                }
                added += self
                    .insert_deliveries(edition, deliveries)
                    .map_err(&failed)?;
                self.supersede_older(edition).map_err(&failed)?;
            }
            Ok(added)
        })
    }

    fn check_fits(
        &self,
        edition: &EditionRecord,
        delivery: &PreparedDelivery,
    ) -> Result<(), LedgerError> {
        let key = &delivery.key;
        let is_of_edition = (key.report_date, &key.organisation, key.report, key.edition)
            == (
                edition.report_date,
                &edition.organisation,
                edition.report,
                edition.edition,
            );
        if !is_of_edition {
            return Err(LedgerError::OtherEdition {
                place: self.place.to_string(),
                organisation: edition.organisation.clone(),
            });
        }
        let is_below = delivery
            .message_path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !is_below || delivery.message_path.to_str().is_none_or(str::is_empty) {
            return Err(LedgerError::PathNotBelow {
                place: self.place.to_string(),
                message_path: delivery.message_path.clone(),
            });
        }
        Ok(())
    }

    /// The newest edition of a report; `None` where none was recorded.
    ///
    /// # Errors
    /// [`LedgerError::Statement`]; [`LedgerError::Damaged`] where the time in it is not one.
    pub fn edition(
        &self,
        report_date: ReportDate,
        organisation: &OrganisationCode,
        report: ReportKind,
    ) -> Result<Option<NewestEdition>, LedgerError> {
        let found = self.database.select(
            "SELECT edition, inputs_digest, prepared_at FROM editions
              WHERE report_date = ?1 AND organisation = ?2 AND report = ?3 ORDER BY edition DESC \
              LIMIT 1",
            &[
                &report_date.to_string(),
                &organisation.as_str(),
                &report.name(),
            ],
            row::edition,
        );
        let mut found = found.map_err(error::statement(&self.place, "find an edition"))?;
        Ok(found.pop())
    }

    fn recorded_inputs(&self, edition: &EditionRecord) -> Result<Option<String>, StatementFault> {
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

    fn insert_edition(&self, edition: &EditionRecord) -> Result<usize, StatementFault> {
        self.database.execute(
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
        )
    }

    fn insert_deliveries(
        &self,
        edition: &EditionRecord,
        deliveries: &[PreparedDelivery],
    ) -> Result<usize, StatementFault> {
        let mut added = 0;
        for delivery in deliveries {
            let recipient = &delivery.key.recipient;
            // Only the key may be there already: the Message-ID of another delivery is a mistake
            // that must be seen.
            added += self.database.execute(
                "INSERT INTO deliveries (report_date, organisation, report, edition, recipient, \
                 recipient_folded,
                                         message_id, message_path, message_digest, state, \
                                         prepared_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
                 ON CONFLICT (report_date, organisation, report, edition, recipient_folded) DO \
                 NOTHING",
                &[
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
                ],
            )?;
        }
        Ok(added)
    }

    /// Supersedes whatever is held or still to be sent of any edition but the newest, this one
    /// included where it is not.
    fn supersede_older(&self, edition: &EditionRecord) -> Result<usize, StatementFault> {
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
                DeliveryState::Held
            ])
        );
        self.database.execute(
            &statement,
            &[
                &row::write_time(edition.prepared_at),
                &edition.report_date.to_string(),
                &edition.organisation.as_str(),
                &edition.report.name(),
            ],
        )
    }
}
