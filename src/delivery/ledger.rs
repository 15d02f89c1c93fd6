//! The record of what was sent to whom: an SQLite file, or a PostgreSQL database that several
//! machines share. It holds addresses of recipients and fingerprints; never a subject line or the
//! name of a user.

mod database;
mod error;
mod file;
mod place;
mod row;
mod server;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Component;

use chrono::{DateTime, Utc};

use self::database::{Database, Value, values};
pub use self::error::{DatabaseFault, LedgerError};
pub use self::place::{LedgerPlace, LedgerServer};
use self::row::StoredDelivery;
use super::record::{
    Answer, DeliveryFilter, DeliveryId, DeliveryRecord, EditionRecord, NewestEdition,
    PreparedDelivery,
};
use crate::domain::DeliveryState;
use crate::domain::{OrganisationCode, ReportDate, ReportKind};

/// A delivery that was in the hands of this process, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which.
    pub id: DeliveryId,
    /// Its new state.
    pub state: DeliveryState,
    /// Why.
    pub answer: Answer,
}

/// The record of editions and deliveries.
///
/// Each function that changes it returns when the change is durable: a file by write-ahead log and
/// `synchronous = FULL`, a server by `synchronous_commit`. One process at a time writes to a file:
/// the lock of the run sees to that. Several may use a database at once: each delivery is in the
/// hands of one of them, as long as its connection lasts.
pub struct Ledger {
    database: Database,
    place: LedgerPlace,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({})", self.place)
    }
}

impl Ledger {
    /// Opens the ledger at `place`. A file is made (0600, in a folder 0700) where there is none; so
    /// are the tables of a database.
    ///
    /// # Errors
    /// [`LedgerError`] where it cannot be reached, made or read, is no ledger, or was written by a
    /// newer program.
    pub fn open(place: &LedgerPlace) -> Result<Self, LedgerError> {
        let database = match place {
            LedgerPlace::File(path) => Database::File(file::open(path)?),
            LedgerPlace::Server(server) => server::open(place, server)?,
        };
        Ok(Self {
            database,
            place: place.clone(),
        })
    }

    /// Opens the ledger at `place` for reading: a missing one is an empty one, and nothing is made.
    /// What would change it fails.
    ///
    /// # Errors
    /// [`LedgerError`] where it cannot be reached or read, is no ledger, or was written by a newer
    /// program.
    pub fn open_read_only(place: &LedgerPlace) -> Result<Self, LedgerError> {
        let database = match place {
            LedgerPlace::File(path) => Database::File(file::open_read_only(path)?),
            LedgerPlace::Server(server) => server::open_read_only(place, server)?,
        };
        Ok(Self {
            database,
            place: place.clone(),
        })
    }

    /// Whether other machines may send by this ledger at the same time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.place, LedgerPlace::Server(_))
    }

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
            values![
                report_date.to_string(),
                organisation.as_str(),
                report.name()
            ],
            |row| {
                Ok((
                    row.number("edition")?,
                    row.text("inputs_digest")?,
                    row.text("prepared_at")?,
                ))
            },
        );
        let stored = found
            .map_err(error::statement(&self.place, "find an edition"))?
            .pop();
        let Some((number, inputs_digest, prepared_at)) = stored else {
            return Ok(None);
        };
        let number = u32::try_from(number).map_err(|_| self.damaged("an edition", "edition"))?;
        let prepared_at = row::read_time(&prepared_at)
            .ok_or_else(|| self.damaged("an edition", "prepared_at"))?;
        Ok(Some(NewestEdition {
            number,
            inputs_digest,
            prepared_at,
        }))
    }

    /// The deliveries that `filter` admits, by date, organisation, report, edition and recipient.
    ///
    /// # Errors
    /// [`LedgerError::Statement`]; [`LedgerError::Damaged`] where a value is not what this program
    /// writes.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRecord>, LedgerError> {
        // What the index can find is not looked for in years of deliveries, for each organisation
        // anew.
        let mut records = match (
            filter.report_date.map(|date| date.to_string()),
            filter.organisations.as_deref(),
        ) {
            (Some(date), Some([only])) => {
                self.select(row::SELECT_BY_ORGANISATION, values![date, only.as_str()])?
            }
            (Some(date), _) => self.select(row::SELECT_BY_DATE, values![date])?,
            (None, _) => self.select(row::SELECT_ALL, &[])?,
        };
        records.retain(|record| filter.admits(record));
        Ok(records)
    }

    /// Every delivery of any date that a run would send.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn to_be_sent(&self) -> Result<Vec<DeliveryRecord>, LedgerError> {
        self.select(row::SELECT_TO_BE_SENT, &[])
    }

    fn select(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let rows = self
            .database
            .select(statement, values, StoredDelivery::read);
        let rows = rows.map_err(error::statement(&self.place, "list deliveries"))?;
        let mut records = rows
            .into_iter()
            .map(|stored| self.restore(stored))
            .collect::<Result<Vec<_>, _>>()?;
        records.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(records)
    }

    /// One delivery by its number; `None` where there is none.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>, LedgerError> {
        Ok(self.select(row::SELECT_BY_ID, values![id.0])?.pop())
    }

    /// Notes, durably and all with one stroke, what became of some deliveries, and that others are
    /// about to be handed to a server. From then on those are in the hands of this process alone.
    ///
    /// Of the others it says whether they may be handed over: not where a delivery is no longer as
    /// it was read, is not to be sent, or another machine has it.
    ///
    /// # Errors
    /// [`LedgerError::NotFromThere`] where the state of a delivery does not lead to its new one;
    /// [`LedgerError::Statement`].
    pub fn settle_and_begin(
        &mut self,
        settled: &[&Settled],
        begun: &[&DeliveryRecord],
        at: DateTime<Utc>,
    ) -> Result<Vec<bool>, LedgerError> {
        let failed = error::statement(
            &self.place,
            "note what became of messages, and which are being sent",
        );
        let claim = |delivery: &&DeliveryRecord| {
            Ok(delivery.state.may_become(DeliveryState::Sending)
                && self.database.claim(delivery.id.0).map_err(&failed)?)
        };
        let mut are_ours = begun
            .iter()
            .map(claim)
            .collect::<Result<Vec<bool>, LedgerError>>()?;
        let claimed = are_ours.clone();
        self.database.in_transaction(&failed, || {
            for Settled { id, state, answer } in settled {
                self.settle(*id, *state, answer, at)?;
            }
            for (delivery, is_ours) in begun
                .iter()
                .zip(&mut are_ours)
                .filter(|(_, is_ours)| **is_ours)
            {
                let changed = self.database.execute(
                    "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, updated_at \
                     = ?1
                      WHERE id = ?2 AND state = ?3 AND attempts = ?4",
                    values![
                        row::write_time(at),
                        delivery.id.0,
                        delivery.state.name(),
                        delivery.attempts
                    ],
                );
                *is_ours = changed.map_err(&failed)? == 1;
            }
            Ok(())
        })?;
        let lost = begun
            .iter()
            .zip(claimed.iter().zip(&are_ours))
            .filter(|(_, (was_claimed, is_ours))| **was_claimed && !**is_ours);
        let done = settled
            .iter()
            .map(|settled| settled.id)
            .chain(lost.map(|(delivery, _)| delivery.id));
        done.into_iter()
            .try_for_each(|id| self.database.release(id.0))
            .map_err(&failed)?;
        Ok(are_ours)
    }

    /// Notes that one delivery is about to be handed to a server: [`Ledger::settle_and_begin`].
    ///
    /// # Errors
    /// [`LedgerError::Statement`].
    pub fn begin_sending(
        &mut self,
        delivery: &DeliveryRecord,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        Ok(self.settle_and_begin(&[], &[delivery], at)? == [true])
    }

    /// Writes the new state of a delivery, and why, where it is still as it was read: false where
    /// it is not, and then nothing is written.
    ///
    /// # Errors
    /// [`LedgerError::NotFromThere`] where the delivery's state does not lead to `state`;
    /// [`LedgerError::Statement`].
    pub fn set_aside(
        &mut self,
        delivery: &DeliveryRecord,
        state: DeliveryState,
        answer: &Answer,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        if !delivery.state.may_become(state) {
            return Err(self.not_from_there(delivery.id, Some(delivery.state), state));
        }
        self.change(
            delivery.id,
            (delivery.state, Some(delivery.attempts)),
            state,
            answer,
            at,
        )
    }

    /// Writes the new state of a delivery and why, from whatever state it is in. It is in nobody's
    /// hands then.
    ///
    /// # Errors
    /// [`LedgerError::NotFromThere`] where the delivery's state does not lead to `state`
    /// ([`DeliveryState::may_become`]); [`LedgerError::Statement`].
    pub fn record(
        &mut self,
        id: DeliveryId,
        state: DeliveryState,
        answer: &Answer,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.settle_and_begin(
            &[&Settled {
                id,
                state,
                answer: answer.clone(),
            }],
            &[],
            at,
        )
        .map(|_| ())
    }

    fn settle(
        &self,
        id: DeliveryId,
        state: DeliveryState,
        answer: &Answer,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let before = self.delivery(id)?.map(|delivery| delivery.state);
        match before.filter(|before| before.may_become(state)) {
            Some(from) if self.change(id, (from, None), state, answer, at)? => Ok(()),
            _ => Err(self.not_from_there(id, before, state)),
        }
    }

    /// Changes a delivery that is in a state, after so many attempts where they are known. False
    /// where it is not.
    fn change(
        &self,
        id: DeliveryId,
        (from, attempts): (DeliveryState, Option<u32>),
        to: DeliveryState,
        answer: &Answer,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let changed = self.database.execute(
            "UPDATE deliveries SET state = ?1, server_reply = ?2, reason = ?3, updated_at = ?4
              WHERE id = ?5 AND state = ?6 AND (attempts = ?7 OR ?7 < 0)",
            values![
                to.name(),
                &answer.server_reply,
                &answer.reason,
                row::write_time(at),
                id.0,
                from.name(),
                attempts.map_or(-1, i64::from)
            ],
        );
        Ok(changed.map_err(error::statement(
            &self.place,
            "record the state of a delivery",
        ))? == 1)
    }

    fn not_from_there(
        &self,
        id: DeliveryId,
        before: Option<DeliveryState>,
        state: DeliveryState,
    ) -> LedgerError {
        LedgerError::NotFromThere {
            place: self.place.to_string(),
            id,
            before,
            state,
        }
    }

    /// Makes every delivery `unknown` that is `sending` and in nobody's hands: the run that sent it
    /// ended before it had the answer. Gives their number.
    ///
    /// For the start of a run. Whoever shares a file must hold the lock of the run: a file does not
    /// know in whose hands a delivery is.
    ///
    /// # Errors
    /// [`LedgerError::Statement`].
    pub fn mark_interrupted(&mut self, at: DateTime<Utc>) -> Result<usize, LedgerError> {
        let statement = if self.database.is_shared() {
            row::MARK_ABANDONED
        } else {
            row::MARK_SENDING
        };
        let reason =
            "the run ended before the server's answer was recorded: the message may have arrived";
        self.database
            .execute(statement, values![row::write_time(at), reason])
            .map_err(error::statement(&self.place, "mark interrupted deliveries"))
    }

    /// How many deliveries of a report date are in each state; states without any are left out.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn counts(
        &self,
        report_date: ReportDate,
    ) -> Result<BTreeMap<DeliveryState, usize>, LedgerError> {
        let mut counts = BTreeMap::new();
        for record in self.deliveries(&DeliveryFilter::of_date(report_date))? {
            *counts.entry(record.state).or_insert(0) += 1;
        }
        Ok(counts)
    }

    fn restore(&self, stored: StoredDelivery) -> Result<DeliveryRecord, LedgerError> {
        let id = stored.id;
        stored
            .restore()
            .map_err(|column| self.damaged(&format!("delivery {id}"), column))
    }

    fn damaged(&self, what: &str, column: &'static str) -> LedgerError {
        LedgerError::Damaged {
            place: self.place.to_string(),
            what: what.to_owned(),
            column,
        }
    }

    fn recorded_inputs(&self, edition: &EditionRecord) -> Result<Option<String>, DatabaseFault> {
        let found = self.database.select(
            "SELECT inputs_digest FROM editions WHERE report_date = ?1 AND organisation = ?2 AND \
             report = ?3 AND edition = ?4",
            values![
                edition.report_date.to_string(),
                edition.organisation.as_str(),
                edition.report.name(),
                edition.edition
            ],
            |row| row.text("inputs_digest"),
        );
        Ok(found?.pop())
    }

    fn insert_edition(&self, edition: &EditionRecord) -> Result<usize, DatabaseFault> {
        self.database.execute(
            "INSERT INTO editions (report_date, organisation, report, edition, inputs_digest, \
             prepared_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (report_date, organisation, report, edition) DO NOTHING",
            values![
                edition.report_date.to_string(),
                edition.organisation.as_str(),
                edition.report.name(),
                edition.edition,
                &edition.inputs_digest,
                row::write_time(edition.prepared_at),
            ],
        )
    }

    fn insert_deliveries(
        &self,
        edition: &EditionRecord,
        deliveries: &[PreparedDelivery],
    ) -> Result<usize, DatabaseFault> {
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
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'prepared', ?10, ?10)
                 ON CONFLICT (report_date, organisation, report, edition, recipient_folded) DO \
                 NOTHING",
                values![
                    edition.report_date.to_string(),
                    edition.organisation.as_str(),
                    edition.report.name(),
                    edition.edition,
                    recipient.reveal(),
                    recipient.folded(),
                    &delivery.message_id,
                    delivery.message_path.to_string_lossy(),
                    &delivery.message_digest,
                    row::write_time(edition.prepared_at),
                ],
            )?;
        }
        Ok(added)
    }

    /// Supersedes whatever is held or still to be sent of any edition but the newest, this one
    /// included where it is not.
    fn supersede_older(&self, edition: &EditionRecord) -> Result<usize, DatabaseFault> {
        self.database.execute(
            "UPDATE deliveries SET state = 'superseded', reason = 'a newer edition was prepared', \
             updated_at = ?1
              WHERE report_date = ?2 AND organisation = ?3 AND report = ?4 AND state IN \
              ('prepared', 'deferred', 'held')
                AND edition < (SELECT max(edition) FROM editions WHERE report_date = ?2 AND \
                organisation = ?3 AND report = ?4)",
            values![
                row::write_time(edition.prepared_at),
                edition.report_date.to_string(),
                edition.organisation.as_str(),
                edition.report.name()
            ],
        )
    }
}

#[cfg(test)]
mod tests;
