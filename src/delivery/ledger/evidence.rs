//! What became of messages after a server took them over, as reports of others tell it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::record::DeliveryRecord;
use super::audit::AuditAction;
use super::database::Parameter;
use super::error::LedgerError;
use super::{Ledger, row};
use crate::domain::DeliveryState;

/// Texts that one statement asks for: SQLite takes 32,766 parameters, PostgreSQL 65,535.
const ASKED_AT_ONCE: usize = 1000;

/// What a report says of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Which delivery, as it was read.
    pub of: DeliveryRecord,
    /// Where it is by that report: where it was, for a note.
    pub state: DeliveryState,
    /// In words, addresses masked.
    pub reason: String,
}

impl Ledger {
    /// The deliveries with these Message-IDs.
    pub fn of_message_ids(
        &self,
        message_ids: &BTreeSet<&str>,
    ) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let mut found = Vec::new();
        for (places, values) in asked(message_ids) {
            found.extend(self.select(&format!("message_id IN ({places})"), &values)?);
        }
        Ok(found)
    }

    /// Which of these reports were read before: digests of their bytes.
    pub fn read_before(&self, digests: &BTreeSet<&str>) -> Result<BTreeSet<String>, LedgerError> {
        let mut found = BTreeSet::new();
        for (places, values) in asked(digests) {
            let statement = format!("SELECT digest FROM reports_read WHERE digest IN ({places})");
            let known = self
                .database
                .select(&statement, &values, |row| row.get("digest"));
            found.extend(known.map_err(self.could_not("say which reports were read"))?);
        }
        Ok(found)
    }

    /// Notes what reports say, in their order, and that they were read, all with one stroke. A
    /// delivery that is no longer as it was read is left as it is, and then no report counts as
    /// read. Gives which deliveries were changed.
    ///
    /// What a server said when it took a message over stays beside it.
    pub fn note_evidence(
        &mut self,
        evidence: &[Evidence],
        read: &BTreeSet<&str>,
        at: DateTime<Utc>,
    ) -> Result<Vec<bool>, LedgerError> {
        let note = || {
            let noted = evidence.iter().map(|evidence| self.note(evidence, at));
            let noted = noted.collect::<Result<Vec<bool>, LedgerError>>()?;
            let is_all = noted.iter().all(|is_noted| *is_noted);
            for digest in read.iter().filter(|_| is_all) {
                self.database.execute(
                    "INSERT INTO reports_read (digest, read_at) VALUES (?1, ?2)
                     ON CONFLICT (digest) DO NOTHING",
                    &[digest, &row::write_time(at)],
                )?;
            }
            Ok(noted)
        };
        self.write(note)
            .map_err(self.could_not("note what became of messages"))
    }

    fn note(&self, evidence: &Evidence, at: DateTime<Utc>) -> Result<bool, LedgerError> {
        let Evidence { of, state, reason } = evidence;
        if of.state != *state && !of.state.may_become(*state) {
            return Ok(false);
        }
        self.must_be_as_written(of.id)?;
        let statement = "UPDATE deliveries SET state = ?1, reason = ?2,
                    updated_at = CASE state WHEN ?1 THEN updated_at ELSE ?3 END
              WHERE id = ?4 AND state = ?5 AND attempts = ?6";
        let values: [&dyn Parameter; 6] = [
            &state.name(),
            &row::without_nul(reason.clone()),
            &row::write_time(at),
            &of.id.0,
            &of.state.name(),
            &i64::from(of.attempts),
        ];
        Ok(self.change_deliveries(AuditAction::Change, (statement, &values), at)? == 1)
    }
}

/// Texts as a condition's `IN (…)` lists them, so many at once.
fn asked<'a>(
    texts: &'a BTreeSet<&str>,
) -> impl Iterator<Item = (String, Vec<&'a dyn Parameter>)> + 'a {
    let texts: Vec<&'a &str> = texts.iter().collect();
    let mut chunks = Vec::new();
    for chunk in texts.chunks(ASKED_AT_ONCE) {
        let places: Vec<String> = (1..=chunk.len())
            .map(|number| format!("?{number}"))
            .collect();
        let values = chunk.iter().map(|text| *text as &dyn Parameter).collect();
        chunks.push((places.join(", "), values));
    }
    chunks.into_iter()
}
