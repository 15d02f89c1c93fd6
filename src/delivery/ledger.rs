//! The record of what was sent to whom: one SQLite file. It holds addresses of recipients and fingerprints; never a
//! subject line or the name of a user.

mod error;
mod file;
mod row;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Params, Transaction, TransactionBehavior, params};

pub use self::error::LedgerError;
use self::row::StoredDelivery;
use super::record::{Answer, DeliveryFilter, DeliveryId, DeliveryRecord, Edition, EditionRecord, PreparedDelivery};
use super::state::DeliveryState;
use crate::domain::{OrganisationCode, ReportDate, ReportKind};

/// The record of editions and deliveries.
///
/// Each function that changes it returns when the change is on the disk (write-ahead log, `synchronous = FULL`).
/// One process writes at a time: the lock of the run sees to that, and [`Ledger::begin_sending`] would notice.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
}

impl Ledger {
    /// Opens the ledger at `path`, making it (0600, in a folder 0700) where there is none.
    ///
    /// # Errors
    /// [`LedgerError`] where the file cannot be made or read, is no ledger, or was written by a newer program.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self { connection: file::open(path)?, path: path.to_owned() })
    }

    /// Opens the ledger at `path` for reading: a missing one is an empty one, and nothing is made. What would change
    /// it fails.
    ///
    /// # Errors
    /// [`LedgerError`] where the file cannot be read, is no ledger, or was written by a newer program.
    pub fn open_read_only(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self { connection: file::open_read_only(path)?, path: path.to_owned() })
    }

    /// Where the ledger is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records an edition and its deliveries, all or none, and supersedes what older editions still had to send or held.
    ///
    /// What is there already is left alone, so that a rerun changes nothing. Gives the number of new deliveries.
    ///
    /// # Errors
    /// [`LedgerError::OtherInputs`] where this edition was recorded from other inputs; [`LedgerError::OtherEdition`] and
    /// [`LedgerError::PathNotBelow`] for a delivery that does not fit; [`LedgerError::Statement`].
    pub fn record_prepared(&mut self, edition: &EditionRecord, deliveries: &[PreparedDelivery]) -> Result<usize, LedgerError> {
        for delivery in deliveries {
            self.check_fits(edition, delivery)?;
        }
        let failed = error::statement(&self.path, "record what was prepared");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let known = recorded_inputs(&transaction, edition).map_err(&failed)?;
        if known.is_some_and(|inputs| inputs != edition.inputs_digest) {
            return Err(LedgerError::OtherInputs {
                path: self.path.clone(),
                report_date: edition.report_date,
                organisation: edition.organisation.clone(),
                report: edition.report,
                edition: edition.edition,
            });
        }
        let added = insert_prepared(&transaction, edition, deliveries).map_err(&failed)?;
        supersede_older(&transaction, edition).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(added)
    }

    fn check_fits(&self, edition: &EditionRecord, delivery: &PreparedDelivery) -> Result<(), LedgerError> {
        let key = &delivery.key;
        let is_of_edition = (key.report_date, &key.organisation, key.report, key.edition)
            == (edition.report_date, &edition.organisation, edition.report, edition.edition);
        if !is_of_edition {
            return Err(LedgerError::OtherEdition { path: self.path.clone(), organisation: edition.organisation.clone() });
        }
        let is_below = delivery.message_path.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_below || delivery.message_path.to_str().is_none_or(str::is_empty) {
            return Err(LedgerError::PathNotBelow { path: self.path.clone(), message_path: delivery.message_path.clone() });
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
    ) -> Result<Option<Edition>, LedgerError> {
        let stored = self
            .connection
            .query_row(
                "SELECT edition, inputs_digest, prepared_at FROM editions
                  WHERE report_date = ?1 AND organisation = ?2 AND report = ?3 ORDER BY edition DESC LIMIT 1",
                params![report_date.to_string(), organisation.as_str(), report.name()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)),
            )
            .optional()
            .map_err(error::statement(&self.path, "find an edition"))?;
        let Some((number, inputs_digest, prepared_at)) = stored else { return Ok(None) };
        let prepared_at = row::read_time(&prepared_at).ok_or_else(|| self.damaged("an edition", "prepared_at"))?;
        Ok(Some(Edition { number, inputs_digest, prepared_at }))
    }

    /// The deliveries that `filter` admits, by date, organisation, report, edition and recipient.
    ///
    /// # Errors
    /// [`LedgerError::Statement`]; [`LedgerError::Damaged`] where a value is not what this program writes.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRecord>, LedgerError> {
        // What the index can find is not looked for in years of deliveries, for each organisation anew.
        let mut records = match (filter.report_date.map(|date| date.to_string()), filter.organisations.as_slice()) {
            (Some(date), [only]) => self.select(row::SELECT_BY_ORGANISATION, params![date, only.as_str()])?,
            (Some(date), _) => self.select(row::SELECT_BY_DATE, params![date])?,
            (None, _) => self.select(row::SELECT_ALL, params![])?,
        };
        records.retain(|record| filter.admits(record));
        Ok(records)
    }

    /// Every delivery of any date that a run would send.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn to_be_sent(&self) -> Result<Vec<DeliveryRecord>, LedgerError> {
        self.select(row::SELECT_TO_BE_SENT, params![])
    }

    fn select(&self, statement: &str, parameters: impl Params) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let failed = error::statement(&self.path, "list deliveries");
        let mut statement = self.connection.prepare_cached(statement).map_err(&failed)?;
        let rows = statement.query_map(parameters, StoredDelivery::read).map_err(&failed)?;
        let mut records = rows.map(|stored| self.restore(stored.map_err(&failed)?)).collect::<Result<Vec<_>, _>>()?;
        records.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(records)
    }

    /// One delivery by its number; `None` where there is none.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>, LedgerError> {
        self.connection
            .query_row(row::SELECT_BY_ID, params![id.0], StoredDelivery::read)
            .optional()
            .map_err(error::statement(&self.path, "find a delivery"))?
            .map(|stored| self.restore(stored))
            .transpose()
    }

    /// Notes, on the disk, that `delivery` is about to be handed to a server, before it is.
    ///
    /// False where the delivery is no longer as it was read, or is not to be sent: then it must not be.
    ///
    /// # Errors
    /// [`LedgerError::Statement`].
    pub fn begin_sending(&mut self, delivery: &DeliveryRecord, at: DateTime<Utc>) -> Result<bool, LedgerError> {
        if !delivery.state.may_become(DeliveryState::Sending) {
            return Ok(false);
        }
        let changed = self
            .connection
            .execute(
                "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, updated_at = ?1
                  WHERE id = ?2 AND state = ?3 AND attempts = ?4",
                params![row::write_time(at), delivery.id.0, delivery.state.name(), delivery.attempts],
            )
            .map_err(error::statement(&self.path, "note that a message is being sent"))?;
        Ok(changed == 1)
    }

    /// Writes the new state of a delivery and why.
    ///
    /// # Errors
    /// [`LedgerError::NotFromThere`] where the delivery's state does not lead to `state`
    /// ([`DeliveryState::may_become`]); [`LedgerError::Statement`].
    pub fn record(&mut self, id: DeliveryId, state: DeliveryState, answer: &Answer, at: DateTime<Utc>) -> Result<(), LedgerError> {
        let failed = error::statement(&self.path, "record the state of a delivery");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let known: Option<String> = transaction
            .query_row("SELECT state FROM deliveries WHERE id = ?1", params![id.0], |row| row.get(0))
            .optional()
            .map_err(&failed)?;
        let before = known.as_deref().and_then(DeliveryState::from_name);
        if !before.is_some_and(|before| before.may_become(state)) {
            return Err(LedgerError::NotFromThere { path: self.path.clone(), id, before, state });
        }
        transaction
            .execute(
                "UPDATE deliveries SET state = ?1, server_reply = ?2, reason = ?3, updated_at = ?4 WHERE id = ?5",
                params![state.name(), answer.server_reply, answer.reason, row::write_time(at), id.0],
            )
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }

    /// Makes every delivery that is still `sending` `unknown`: the run that sent it ended before it had the answer.
    ///
    /// For the start of a run that holds the lock; while another run sends, it would be wrong. Gives their number.
    ///
    /// # Errors
    /// [`LedgerError::Statement`].
    pub fn mark_interrupted(&mut self, at: DateTime<Utc>) -> Result<usize, LedgerError> {
        self.connection
            .execute(
                "UPDATE deliveries SET state = 'unknown', updated_at = ?1, server_reply = NULL,
                        reason = 'the run ended before the server''s answer was recorded: the message may have arrived'
                  WHERE state = 'sending'",
                params![row::write_time(at)],
            )
            .map_err(error::statement(&self.path, "mark interrupted deliveries"))
    }

    /// How many deliveries of a report date are in each state; states without any are left out.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn counts(&self, report_date: ReportDate) -> Result<BTreeMap<DeliveryState, usize>, LedgerError> {
        let mut counts = BTreeMap::new();
        for record in self.deliveries(&DeliveryFilter::of_date(report_date))? {
            *counts.entry(record.state).or_insert(0) += 1;
        }
        Ok(counts)
    }

    fn restore(&self, stored: StoredDelivery) -> Result<DeliveryRecord, LedgerError> {
        let id = stored.id;
        stored.restore().map_err(|column| self.damaged(&format!("delivery {id}"), column))
    }

    fn damaged(&self, what: &str, column: &'static str) -> LedgerError {
        LedgerError::Damaged { path: self.path.clone(), what: what.to_owned(), column }
    }
}

fn recorded_inputs(transaction: &Transaction<'_>, edition: &EditionRecord) -> rusqlite::Result<Option<String>> {
    transaction
        .query_row(
            "SELECT inputs_digest FROM editions WHERE report_date = ?1 AND organisation = ?2 AND report = ?3 AND edition = ?4",
            params![edition.report_date.to_string(), edition.organisation.as_str(), edition.report.name(), edition.edition],
            |row| row.get(0),
        )
        .optional()
}

fn insert_prepared(transaction: &Transaction<'_>, edition: &EditionRecord, deliveries: &[PreparedDelivery]) -> rusqlite::Result<usize> {
    let (date, prepared_at) = (edition.report_date.to_string(), row::write_time(edition.prepared_at));
    let (organisation, report) = (edition.organisation.as_str(), edition.report.name());
    transaction.execute(
        "INSERT INTO editions (report_date, organisation, report, edition, inputs_digest, prepared_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (report_date, organisation, report, edition) DO NOTHING",
        params![date, organisation, report, edition.edition, edition.inputs_digest, prepared_at],
    )?;
    // Only the key may be there already: the Message-ID of another delivery is a mistake that must be seen.
    let mut insert = transaction.prepare(
        "INSERT INTO deliveries (report_date, organisation, report, edition, recipient, recipient_folded,
                                 message_id, message_path, message_digest, state, prepared_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'prepared', ?10, ?10)
         ON CONFLICT (report_date, organisation, report, edition, recipient_folded) DO NOTHING",
    )?;
    let mut added = 0;
    for delivery in deliveries {
        let recipient = &delivery.key.recipient;
        added += insert.execute(params![
            date,
            organisation,
            report,
            edition.edition,
            recipient.reveal(),
            recipient.folded(),
            delivery.message_id,
            delivery.message_path.to_string_lossy(),
            delivery.message_digest,
            prepared_at,
        ])?;
    }
    Ok(added)
}

/// Supersedes whatever is held or still to be sent of any edition but the newest, this one included where it is not.
fn supersede_older(transaction: &Transaction<'_>, edition: &EditionRecord) -> rusqlite::Result<usize> {
    transaction.execute(
        "UPDATE deliveries SET state = 'superseded', reason = 'a newer edition was prepared', updated_at = ?1
          WHERE report_date = ?2 AND organisation = ?3 AND report = ?4 AND state IN ('prepared', 'deferred', 'held')
            AND edition < (SELECT max(edition) FROM editions WHERE report_date = ?2 AND organisation = ?3 AND report = ?4)",
        params![
            row::write_time(edition.prepared_at),
            edition.report_date.to_string(),
            edition.organisation.as_str(),
            edition.report.name()
        ],
    )
}

#[cfg(test)]
mod tests;
