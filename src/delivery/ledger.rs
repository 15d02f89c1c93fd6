//! The record of what was sent to whom: an SQLite file, or a PostgreSQL database that several
//! machines share. It holds addresses of recipients and fingerprints; never a subject line or the
//! name of a user.

mod database;
mod editions;
mod error;
mod file;
mod place;
mod row;
mod server;

use std::fmt;

use chrono::{DateTime, Utc};

use self::database::{Database, Parameter};
pub use self::error::{DatabaseFault, LedgerError};
pub use self::place::{LedgerPlace, LedgerServer};
use super::record::{Answer, DeliveryFilter, DeliveryId, DeliveryRecord};
use crate::domain::DeliveryState;

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

    /// The deliveries that `filter` admits, by date, organisation, report, edition and recipient.
    ///
    /// # Errors
    /// [`LedgerError::Statement`]; [`LedgerError::Damaged`] where a value is not what this program
    /// writes.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let date = filter.report_date.map(|date| date.to_string());
        // Years of deliveries lie behind those of a day: what the index can find is found by it.
        let mut records = match (&date, filter.organisations.as_deref()) {
            (Some(date), Some([only])) => self.select(
                "report_date = ?1 AND organisation = ?2",
                &[date, &only.as_str()],
            )?,
            (Some(date), _) => self.select("report_date = ?1", &[date])?,
            (None, _) => self.select("TRUE", &[])?,
        };
        records.retain(|record| filter.admits(record));
        Ok(records)
    }

    /// Every delivery of any date that a run would send.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn to_be_sent(&self) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let states = DeliveryState::ALL
            .into_iter()
            .filter(|state| state.is_to_be_sent());
        self.select(&format!("state IN ({})", row::listed(states)), &[])
    }

    fn select(
        &self,
        condition: &str,
        values: &[&dyn Parameter],
    ) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let mut records = self
            .database
            .select(&row::select_where(condition), values, row::delivery)
            .map_err(error::statement(&self.place, "list deliveries"))?;
        records.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(records)
    }

    /// One delivery by its number; `None` where there is none.
    ///
    /// # Errors
    /// As [`Ledger::deliveries`].
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>, LedgerError> {
        Ok(self.select("id = ?1", &[&id.0])?.pop())
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
                    "UPDATE deliveries SET state = ?1, attempts = attempts + 1, updated_at = ?2
                      WHERE id = ?3 AND state = ?4 AND attempts = ?5",
                    &[
                        &DeliveryState::Sending.name(),
                        &row::write_time(at),
                        &delivery.id.0,
                        &delivery.state.name(),
                        &i64::from(delivery.attempts),
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
            &[
                &to.name(),
                &answer.server_reply.clone().map(row::without_nul),
                &answer.reason.clone().map(row::without_nul),
                &row::write_time(at),
                &id.0,
                &from.name(),
                &attempts.map_or(-1, i64::from),
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
        let (sending, unknown) = (DeliveryState::Sending, DeliveryState::Unknown);
        // In a database: what no session has claimed. Only the few that are being sent are asked
        // for, and where one is answered meanwhile it is no longer `sending` when its turn to be
        // changed comes (READ COMMITTED).
        let in_nobodys_hands = if self.database.is_shared() {
            format!(
                " AND id IN (SELECT id FROM (SELECT id FROM deliveries WHERE state = '{sending}' \
                 OFFSET 0) AS being_sent WHERE pg_try_advisory_xact_lock(id))"
            )
        } else {
            String::new()
        };
        let statement = format!(
            "UPDATE deliveries SET state = '{unknown}', updated_at = ?1, server_reply = NULL, \
             reason = ?2 WHERE state = '{sending}'{in_nobodys_hands}"
        );
        let reason =
            "the run ended before the server's answer was recorded: the message may have arrived";
        self.database
            .execute(&statement, &[&row::write_time(at), &reason])
            .map_err(error::statement(&self.place, "mark interrupted deliveries"))
    }
}

#[cfg(test)]
mod tests;
