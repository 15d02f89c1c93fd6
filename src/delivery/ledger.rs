//! The record of what was sent to whom: an SQLite file, or a PostgreSQL database that several
//! machines share. It holds addresses of recipients and fingerprints; never a subject line or the
//! name of a user.

mod audit;
mod audit_copy;
mod backup;
mod copying;
mod database;
mod decisions;
mod editions;
mod error;
mod evidence;
mod file;
mod integrity;
mod place;
mod rebuild;
mod row;
mod server;

use std::fmt;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::audit::{Anchor, AuditAction, AuditEntry, AuditedDecision};
use self::audit_copy::AuditCopy;
pub use self::audit_copy::newest_copied;
pub use self::backup::Restoration;
use self::database::{Database, Parameter};
use self::error::could_not;
pub use self::error::{DatabaseFault, LedgerError, LedgerErrorKind, NotOpened};
pub use self::evidence::Evidence;
pub use self::integrity::Ignorance;
pub use self::place::{LedgerPlace, LedgerServer};
pub use self::rebuild::Rebuilt;
use super::record::{DeliveryFilter, DeliveryId, DeliveryRecord, StateNote};
use crate::domain::{DeliveryState, ReportDate, ReportKind};

/// A delivery that was in the hands of this process, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled<'a> {
    /// Which, as it was read.
    pub of: &'a DeliveryRecord,
    /// Whether it was noted that it leaves.
    pub has_left: bool,
    /// Its new state.
    pub state: DeliveryState,
    /// What the server, or a person, said that settles it.
    pub note: StateNote,
}

/// The record of editions and deliveries.
///
/// Each function that changes it returns when the change is durable: a file by write-ahead log and
/// `synchronous = FULL`, a server by `synchronous_commit`. One process at a time writes to a file:
/// the lock of the run sees to that. Several may use a database at once: each delivery is in the
/// hands of one of them, as long as its connection lasts.
///
/// Each change is entered in its audit log with the same stroke, and, where the ledger has a copy of
/// that log elsewhere, in the copy before the function returns.
pub struct Ledger {
    database: Database,
    place: LedgerPlace,
    /// Who changes it, for the audit log.
    who: String,
    copy: Option<AuditCopy>,
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
            LedgerPlace::File(path) => file::open(path),
            LedgerPlace::Server(server) => server::open(place, server),
        };
        Ok(Self {
            database: database.map_err(could_not(place, "be opened"))?,
            place: place.clone(),
            who: "somebody unknown".to_owned(),
            copy: None,
        })
    }

    /// With the name of whoever changes it from now on, and a folder for a copy of the audit log, in
    /// which the ledger's entries are completed.
    ///
    /// # Errors
    /// [`LedgerErrorKind::Copy`] where the folder cannot be read or written.
    pub fn audited(mut self, who: String, folder: &Path) -> Result<Self, LedgerError> {
        self.who = who;
        let copy = AuditCopy::open(folder).map_err(LedgerErrorKind::Copy);
        self.copy = Some(copy.map_err(|kind| self.could_not("copy its audit log")(kind.into()))?);
        self.complete_copy()?;
        Ok(self)
    }

    /// Opens the ledger at `place` for reading: a missing one is an empty one, and nothing is made.
    /// What would change it fails.
    pub fn open_read_only(place: &LedgerPlace) -> Result<Self, LedgerError> {
        let database = match place {
            LedgerPlace::File(path) => file::open_read_only(path).map(Database::File),
            LedgerPlace::Server(server) => server::open_read_only(place, server),
        };
        Ok(Self {
            database: database.map_err(could_not(place, "be opened for reading"))?,
            place: place.clone(),
            who: String::new(),
            copy: None,
        })
    }

    fn could_not(&self, task: &'static str) -> impl Fn(LedgerError) -> LedgerError {
        could_not(&self.place, task)
    }

    /// Does `work`, which changes this ledger: all of it or, where it fails, none.
    fn write<T>(&self, work: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let done = self.database.in_transaction(work)?;
        self.complete_copy()?;
        Ok(done)
    }

    fn complete_copy(&self) -> Result<(), LedgerError> {
        match &self.copy {
            Some(copy) => copy.complete(&self.database),
            None => Ok(()),
        }
    }

    /// Changes or adds deliveries, and enters in the audit log what they are then; within
    /// [`Ledger::write`]. Gives their number.
    fn change_deliveries(
        &self,
        action: AuditAction,
        (statement, values): (&str, &[&dyn Parameter]),
        at: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        let ids = self.database.change(statement, values)?;
        let mut entries = Vec::new();
        for id in &ids {
            let delivery = self.delivery(DeliveryId(*id))?;
            let entry = |delivery| audit::Entry::of_delivery(action, &delivery, &self.who, at);
            entries.extend(delivery.map(entry));
        }
        audit::append(&self.database, entries)?;
        Ok(ids.len())
    }

    /// Whether other machines may send by this ledger at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.place, LedgerPlace::Server(_))
    }

    /// The deliveries that `filter` admits, by date, organisation, report, edition and recipient.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let date = filter.report_date.map(|date| date.to_string());
        // Years of deliveries lie behind those of a day: what an index can find is found by it. Codes
        // are letters and digits.
        let mut conditions = Vec::new();
        if date.is_some() {
            conditions.push("report_date = ?1".to_owned());
        }
        if let Some(codes) = &filter.organisations {
            let codes: Vec<String> = codes.iter().map(|code| format!("'{code}'")).collect();
            conditions.push(match codes.as_slice() {
                [] => "FALSE".to_owned(),
                some => format!("organisation IN ({})", some.join(", ")),
            });
        }
        if !filter.states.is_empty() {
            let states = row::listed(filter.states.iter().copied());
            conditions.push(format!("state IN ({states})"));
        }
        let condition = match conditions.as_slice() {
            [] => "TRUE".to_owned(),
            some => some.join(" AND "),
        };
        let values: Vec<&dyn Parameter> = date.iter().map(|date| date as &dyn Parameter).collect();
        let mut records = self.select(&condition, &values)?;
        records.retain(|record| filter.admits(record));
        Ok(records)
    }

    /// The deliveries of a report of every organisation: of report dates from the first of `days` to
    /// the last, or of any.
    pub fn deliveries_of_report(
        &self,
        report: ReportKind,
        days: Option<(ReportDate, ReportDate)>,
    ) -> Result<Vec<DeliveryRecord>, LedgerError> {
        match days {
            None => self.select("report = ?1", &[&report.name()]),
            Some((first, last)) => self.select(
                "report = ?1 AND report_date BETWEEN ?2 AND ?3",
                &[&report.name(), &first.to_string(), &last.to_string()],
            ),
        }
    }

    /// The newest report date that has a delivery; `None` where there is none.
    pub fn newest_date(&self) -> Result<Option<ReportDate>, LedgerError> {
        let newest = "SELECT max(report_date) AS newest FROM deliveries";
        let dates = self
            .database
            .select(newest, &[], |row| row.get::<Option<String>>("newest"));
        let newest = dates.map_err(self.could_not("list deliveries"))?.pop();
        Ok(newest.flatten().as_deref().and_then(ReportDate::parse_iso))
    }

    /// Every delivery of any date that a run would send.
    pub fn to_be_sent(&self) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let states = DeliveryState::ALL
            .into_iter()
            .filter(|state| state.is_to_be_sent());
        self.select(&format!("state IN ({})", row::listed(states)), &[])
    }

    /// Every delivery that is expired of the report dates that may not be too old after `since`.
    pub(super) fn expired_since(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let date = (since - TimeDelta::days(2)).date_naive().to_string();
        let (expired, time) = (DeliveryState::Expired, row::write_time(since));
        self.select(
            &format!("state = '{expired}' AND (report_date >= ?1 OR prepared_at >= ?2)"),
            &[&date, &time],
        )
    }

    fn select(
        &self,
        condition: &str,
        values: &[&dyn Parameter],
    ) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let mut records = self
            .database
            .select(&row::select_where(condition), values, row::delivery)
            .map_err(self.could_not("list deliveries"))?;
        records.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(records)
    }

    /// One delivery by its number; `None` where there is none.
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>, LedgerError> {
        Ok(self.select("id = ?1", &[&id.0])?.pop())
    }

    /// Takes deliveries into the hands of this process alone, until it settles them or ends. Says of
    /// which it did: not where one is no longer as it was read, is not to be sent, or another machine
    /// has it.
    pub fn claim(&mut self, deliveries: &[&DeliveryRecord]) -> Result<Vec<bool>, LedgerError> {
        let claim = |delivery: &&DeliveryRecord| -> Result<bool, LedgerError> {
            if !delivery.state.is_due(true) || !self.database.claim(delivery.id.0)? {
                return Ok(false);
            }
            let found = self.delivery(delivery.id)?;
            let is_as_read = found.is_some_and(|found| {
                (found.state, found.attempts) == (delivery.state, delivery.attempts)
            });
            if !is_as_read {
                self.database.release(delivery.id.0)?;
            }
            Ok(is_as_read)
        };
        let claimed = deliveries.iter().map(claim).collect::<Result<_, _>>();
        claimed.map_err(self.could_not("be asked which deliveries are being sent"))
    }

    /// Notes, durably and all with one stroke, that deliveries leave: from then on they are `sending`,
    /// and may have arrived. Says of which it did: not where one is no longer as it was read.
    pub fn leave(
        &mut self,
        deliveries: &[&DeliveryRecord],
        at: DateTime<Utc>,
    ) -> Result<Vec<bool>, LedgerError> {
        let leave = |delivery: &&DeliveryRecord| {
            let statement =
                "UPDATE deliveries SET state = ?1, attempts = attempts + 1, updated_at = ?2
              WHERE id = ?3 AND state = ?4 AND attempts = ?5";
            let values: [&dyn Parameter; 5] = [
                &DeliveryState::Sending.name(),
                &row::write_time(at),
                &delivery.id.0,
                &delivery.state.name(),
                &i64::from(delivery.attempts),
            ];
            self.must_be_as_written(delivery.id)?;
            Ok(delivery.state.is_due(true)
                && self.change_deliveries(AuditAction::Change, (statement, &values), at)? == 1)
        };
        let leave_all = || {
            let leaving: Vec<bool> = self.write(|| {
                deliveries
                    .iter()
                    .map(leave)
                    .collect::<Result<_, LedgerError>>()
            })?;
            for (delivery, _) in deliveries
                .iter()
                .zip(&leaving)
                .filter(|(_, leaves)| !**leaves)
            {
                self.database.release(delivery.id.0)?;
            }
            Ok(leaving)
        };
        leave_all().map_err(self.could_not("note which messages leave"))
    }

    /// Notes, durably and all with one stroke, what became of deliveries that were claimed, and gives
    /// them up. One that never left and that another machine set aside meanwhile stays as it is.
    ///
    /// # Errors
    /// [`LedgerErrorKind::NotFromThere`] where the state of a delivery does not lead to its new one.
    pub fn settle(
        &mut self,
        settled: &[Settled<'_>],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let settle = |settled: &Settled<'_>| {
            let (of, to) = (settled.of, settled.state);
            let from = match settled.has_left {
                true => (DeliveryState::Sending, None),
                false => (of.state, Some(of.attempts)),
            };
            let to_attempts = (to, Some(of.attempts + 1));
            let is_settled = self.change(of.id, from, to_attempts, &settled.note, at)?;
            if is_settled || !settled.has_left {
                return Ok(());
            }
            // Another run took it for interrupted, though the lock should have kept that from it.
            let found = self.delivery(of.id)?.map(|found| found.state);
            match found {
                Some(DeliveryState::Unknown) if DeliveryState::Unknown.may_become(to) => {
                    let from = (DeliveryState::Unknown, None);
                    self.change(of.id, from, to_attempts, &settled.note, at)?;
                    Ok(())
                }
                Some(DeliveryState::Unknown) if to == DeliveryState::Unknown => Ok(()),
                _ => Err(LedgerErrorKind::NotFromThere(of.id, found, to).into()),
            }
        };
        let settle_all = || {
            self.write(|| settled.iter().try_for_each(settle))?;
            let mut ids = settled.iter().map(|settled| settled.of.id.0);
            ids.try_for_each(|id| self.database.release(id))
        };
        settle_all().map_err(self.could_not("note what became of messages"))
    }

    /// Writes the new state of a delivery, and why, where it is still as it was read: false where
    /// it is not, and then nothing is written.
    pub fn set_aside(
        &mut self,
        delivery: &DeliveryRecord,
        state: DeliveryState,
        note: &StateNote,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let from = (delivery.state, Some(delivery.attempts));
        self.write(|| self.change(delivery.id, from, (state, None), note, at))
            .map_err(self.could_not("record the state of a delivery"))
    }

    /// Writes the new state of a delivery and why, from whatever state it is in. It is in nobody's
    /// hands then.
    ///
    /// # Errors
    /// [`LedgerErrorKind::NotFromThere`] where the delivery's state does not lead to `state`
    /// ([`DeliveryState::may_become`]).
    pub fn record(
        &mut self,
        id: DeliveryId,
        state: DeliveryState,
        note: &StateNote,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let record = || {
            let before = self.delivery(id)?.map(|delivery| delivery.state);
            match before {
                Some(from) if self.change(id, (from, None), (state, None), note, at)? => Ok(()),
                _ => Err(LedgerErrorKind::NotFromThere(id, before, state).into()),
            }
        };
        self.write(record)
            .and_then(|()| self.database.release(id.0))
            .map_err(self.could_not("record the state of a delivery"))
    }

    /// Changes a delivery that is in a state, after so many attempts, to another, after so many;
    /// where the attempts are known. False where it is not in that state.
    fn change(
        &self,
        id: DeliveryId,
        (from, attempts): (DeliveryState, Option<u32>),
        (to, attempts_then): (DeliveryState, Option<u32>),
        note: &StateNote,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        if !from.may_become(to) {
            return Err(LedgerErrorKind::NotFromThere(id, Some(from), to).into());
        }
        self.must_be_as_written(id)?;
        let statement =
            "UPDATE deliveries SET state = ?1, server_reply = ?2, reason = ?3, updated_at = ?4,
                    accepted_at = CASE ?1 WHEN 'accepted' THEN ?4 ELSE accepted_at END,
                    attempts = coalesce(?8, attempts)
              WHERE id = ?5 AND state = ?6 AND attempts = coalesce(?7, attempts)";
        let values: [&dyn Parameter; 8] = [
            &to.name(),
            &note.server_reply.clone().map(row::without_nul),
            &note.reason.clone().map(row::without_nul),
            &row::write_time(at),
            &id.0,
            &from.name(),
            &attempts.map(i64::from),
            &attempts_then.map(i64::from),
        ];
        let changed = self.change_deliveries(AuditAction::Change, (statement, &values), at);
        Ok(changed.map_err(self.could_not("record the state of a delivery"))? == 1)
    }

    /// Makes every delivery `unknown` that is `sending` and in nobody's hands: the run that sent it
    /// ended before it had the answer. Gives their number.
    ///
    /// For the start of a run. Whoever shares a file must hold the lock of the run: a file does not
    /// know in whose hands a delivery is.
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
        let time = row::write_time(at);
        let values: [&dyn Parameter; 2] = [&time, &reason];
        let mark = || {
            for interrupted in self.select(&format!("state = '{sending}'"), &[])? {
                self.must_be_as_written(interrupted.id)?;
            }
            self.change_deliveries(AuditAction::Change, (&statement, &values), at)
        };
        self.write(mark)
            .map_err(self.could_not("mark interrupted deliveries"))
    }
}

#[cfg(test)]
mod tests;
