//! Whether a ledger knows what others know of it, and is as this program left it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::audit::{self, Anchor, AuditAction, COLUMNS, Entry};
use super::database::{DatabaseRow, Parameter};
use super::error::{LedgerError, LedgerErrorKind};
use super::{Ledger, audit_copy, row};
use crate::delivery::record::{DeliveryId, DeliveryRecord};
use crate::domain::ReportDate;

/// So many of the newest entries are held against their digests before a run; all by whoever asks.
const NEWEST: i64 = 5000;

/// How a ledger fails to know an entry that was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignorance {
    /// It has no such entry: it was lost, emptied, or put back from before it.
    Fewer {
        /// The number of its newest; 0 where it has none.
        newest: i64,
    },
    /// It has another in its place: it is another ledger, or went another way since.
    Other,
}

/// A delivery whose row is not what the audit log says, or that one of both does not have.
struct Alteration {
    id: i64,
    organisation: String,
    report_date: Option<String>,
    row: Option<DeliveryRecord>,
    /// Its state by the audit log; `None` where that does not have it.
    logged: Option<String>,
}

impl Alteration {
    fn in_words(&self) -> String {
        let Self {
            id, organisation, ..
        } = self;
        match (&self.row, &self.logged) {
            (Some(row), Some(logged)) => {
                let state = row.state;
                let what = if state.name() == logged {
                    format!("it is {state}, and something else in it is not as it was written")
                } else {
                    format!("it is {state}, and was {logged} when this program last wrote it")
                };
                format!("delivery {id} of {organisation} was changed by hand: {what}")
            }
            (Some(row), None) => format!(
                "delivery {id} of {organisation}, {}, was added by hand",
                row.state
            ),
            (None, Some(logged)) => {
                format!("delivery {id} of {organisation}, which was {logged}, is gone")
            }
            (None, None) => format!("delivery {id} of {organisation} is gone"),
        }
    }
}

impl Ledger {
    /// The newest entry of the audit log, to be kept elsewhere; `None` where it has none.
    pub fn anchor(&self) -> Result<Option<Anchor>, LedgerError> {
        let newest = || match self.database.has_table("audit_log")? {
            true => audit::newest(&self.database),
            // A ledger that an older program made, or none.
            false => Ok(None),
        };
        newest().map_err(self.could_not("read the audit log"))
    }

    /// When it was last written to, by its audit log.
    pub fn last_written(&self) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let at = "SELECT at FROM audit_log ORDER BY number DESC LIMIT 1";
        let last = self.database.select(at, &[], |row| row.get::<String>("at"));
        let last = last.map_err(self.could_not("read the audit log"))?.pop();
        Ok(last.and_then(row::read_time))
    }

    /// Why the ledger is not one that has this entry; `None` where it has it, and so all before it.
    pub fn ignorance_of(&self, anchor: &Anchor) -> Result<Option<Ignorance>, LedgerError> {
        let newest = self.anchor()?.map_or(0, |newest| newest.entry);
        if newest < anchor.entry {
            return Ok(Some(Ignorance::Fewer { newest }));
        }
        let digest = "SELECT digest FROM audit_log WHERE number = ?1";
        let read = |row: &DatabaseRow<'_>| row.get::<String>("digest");
        let found = self.database.select(digest, &[&anchor.entry], read);
        let found = found.map_err(self.could_not("read the audit log"))?.pop();
        Ok((found.as_ref() != Some(&anchor.digest)).then_some(Ignorance::Other))
    }

    /// What is not as this program left it in the newest entries of the audit log and in the deliveries
    /// of a day or, where none is named, in all; a sentence each.
    pub fn alterations(&self, of: Option<ReportDate>) -> Result<Vec<String>, LedgerError> {
        self.held_against_log(Some(NEWEST), |ledger| ledger.altered(of))
    }

    /// What is not as this program left it in the newest entries of the audit log and in these
    /// deliveries; a sentence each.
    pub fn alterations_among(&self, listed: &[DeliveryRecord]) -> Result<Vec<String>, LedgerError> {
        self.held_against_log(Some(NEWEST), |ledger| {
            let mut altered = Vec::new();
            for row in listed {
                let logged = ledger.logged_of(row)?;
                let is_as_logged = logged.as_ref().is_some_and(|(digest, _)| {
                    digest.as_deref() == Some(audit::row_digest(row).as_str())
                });
                if !is_as_logged {
                    altered.push(Alteration {
                        id: row.id.0,
                        organisation: row.key.organisation.as_str().to_owned(),
                        report_date: Some(row.key.report_date.to_string()),
                        row: Some(row.clone()),
                        logged: match logged {
                            Some((_, number)) => Some(ledger.logged_state(number)?),
                            None => None,
                        },
                    });
                }
            }
            Ok(altered)
        })
    }

    /// The digest of a delivery's row by the newest entry of the audit log about it, and that entry's
    /// number.
    fn logged_of(
        &self,
        row: &DeliveryRecord,
    ) -> Result<Option<(Option<String>, i64)>, LedgerError> {
        let newest = "SELECT row_digest, number FROM audit_log WHERE report_date = ?1 AND \
                      organisation = ?2 AND delivery = ?3 ORDER BY number DESC LIMIT 1";
        let (date, code) = (
            row.key.report_date.to_string(),
            row.key.organisation.as_str(),
        );
        let read = |row: &DatabaseRow<'_>| Ok((row.get("row_digest")?, row.get("number")?));
        let found = self
            .database
            .select(newest, &[&date, &code, &row.id.0], read)?;
        Ok(found.into_iter().next())
    }

    /// The state that an entry of the audit log notes; nothing where it notes none. Asked of the few
    /// alone that are told: years of them would fill the memory.
    fn logged_state(&self, number: i64) -> Result<String, LedgerError> {
        let detail = audit_copy::entry(&self.database, number)?.and_then(|entry| entry.detail);
        let detail = detail.and_then(|detail| serde_json::from_str::<Value>(&detail).ok());
        let state = detail.and_then(|detail| Some(detail.get("state")?.as_str()?.to_owned()));
        Ok(state.unwrap_or_default())
    }

    /// What is not as this program left it in the whole audit log and in all deliveries; a sentence
    /// each.
    pub fn all_alterations(&self) -> Result<Vec<String>, LedgerError> {
        self.held_against_log(None, |ledger| ledger.altered(None))
    }

    fn held_against_log(
        &self,
        newest: Option<i64>,
        altered: impl FnOnce(&Self) -> Result<Vec<Alteration>, LedgerError>,
    ) -> Result<Vec<String>, LedgerError> {
        let found = || {
            if !self.database.has_column("audit_log", "row_digest")? {
                return Ok(Vec::new());
            }
            let mut sentences = Vec::new();
            sentences.extend(self.fault_of_log(newest)?);
            sentences.extend(altered(self)?.iter().map(Alteration::in_words));
            Ok(sentences)
        };
        // A run may be at work: log and rows as they are at one moment.
        let found = self.database.in_snapshot(found);
        found.map_err(self.could_not("be held against its audit log"))
    }

    /// Refuses to change a delivery that somebody changed by hand: the entry about it would say that
    /// it was so all along. Within [`Ledger::write`].
    pub(super) fn must_be_as_written(&self, id: DeliveryId) -> Result<(), LedgerError> {
        let Some(found) = self.delivery(id)? else {
            return Ok(());
        };
        match self.logged_of(&found)?.and_then(|(digest, _)| digest) {
            Some(digest) if digest == audit::row_digest(&found) => Ok(()),
            _ => Err(LedgerErrorKind::ChangedByHand(id).into()),
        }
    }

    /// Where the audit log has a hole or an entry that was changed, as a sentence.
    fn fault_of_log(&self, newest: Option<i64>) -> Result<Option<String>, LedgerError> {
        // What a person took as it was found is not asked for again.
        let first = "SELECT coalesce(max(number), 1) AS number FROM audit_log WHERE action = ?1";
        let number = |row: &DatabaseRow<'_>| row.get::<i64>("number");
        let taken = AuditAction::NewLedger.name();
        let first = self.database.select(first, &[&taken], number)?;
        let first = first.first().copied().unwrap_or(1);
        let all = "SELECT count(*) AS entries, coalesce(max(number), 0) AS newest FROM audit_log \
                   WHERE number >= ?1";
        let read =
            |row: &DatabaseRow<'_>| Ok((row.get::<i64>("entries")?, row.get::<i64>("newest")?));
        let (entries, last) = self
            .database
            .select(all, &[&first], read)?
            .pop()
            .unwrap_or_default();
        let expected = (last - first + 1).max(0);
        if entries != expected {
            let gone = expected - entries;
            return Ok(Some(format!(
                "{gone} of the {last} entries of its audit log are gone"
            )));
        }
        let from = newest.map_or(first, |newest| first.max(last - newest));
        let statement =
            format!("SELECT {COLUMNS} FROM audit_log WHERE number >= ?1 ORDER BY number");
        let entries = self.database.select(&statement, &[&from], Entry::read)?;
        let mut before: Option<&str> = (from == 1).then_some("");
        for entry in &entries {
            if before.is_some_and(|before| entry.digest_after(before) != entry.digest) {
                return Ok(Some(format!(
                    "entry {} of its audit log was changed by hand",
                    entry.number
                )));
            }
            before = Some(&entry.digest);
        }
        Ok(None)
    }

    fn altered(&self, of: Option<ReportDate>) -> Result<Vec<Alteration>, LedgerError> {
        let date = of.map(|date| date.to_string());
        let (condition, values): (_, Vec<&dyn Parameter>) = match &date {
            Some(date) => ("report_date = ?1", vec![date]),
            None => ("TRUE", Vec::new()),
        };
        let newest = format!(
            "SELECT number, delivery, report_date, organisation, row_digest FROM audit_log WHERE number IN \
             (SELECT max(number) FROM audit_log WHERE delivery IS NOT NULL AND {condition} GROUP BY \
             delivery)"
        );
        let read = |row: &DatabaseRow<'_>| {
            let of: (Option<String>, Option<String>) =
                (row.get("organisation")?, row.get("report_date")?);
            let digest: Option<String> = row.get("row_digest")?;
            Ok((
                row.get::<i64>("delivery")?,
                (of, digest, row.get("number")?),
            ))
        };
        let logged = self.database.select(&newest, &values, read)?;
        let mut logged: BTreeMap<_, _> = logged.into_iter().collect();
        let rows = self
            .database
            .select(&row::select_where(condition), &values, row::delivery)?;
        let mut altered = Vec::new();
        for row in rows {
            let found = logged.remove(&row.id.0);
            let digest = found.as_ref().and_then(|(_, digest, _)| digest.as_ref());
            if digest != Some(&audit::row_digest(&row)) {
                altered.push(Alteration {
                    id: row.id.0,
                    organisation: row.key.organisation.as_str().to_owned(),
                    report_date: Some(row.key.report_date.to_string()),
                    row: Some(row),
                    logged: match found {
                        Some((.., number)) => Some(self.logged_state(number)?),
                        None => None,
                    },
                });
            }
        }
        // What a person took as gone has no digest.
        let gone = logged
            .into_iter()
            .filter(|(_, (_, digest, _))| digest.is_some());
        for (id, ((organisation, report_date), _, number)) in gone {
            altered.push(Alteration {
                id,
                organisation: organisation.unwrap_or_default(),
                report_date,
                row: None,
                logged: Some(self.logged_state(number)?),
            });
        }
        Ok(altered)
    }

    /// The numbers of the deliveries whose rows are not what the audit log says.
    pub(super) fn altered_ids(&self) -> Result<BTreeSet<i64>, LedgerError> {
        let altered = self.altered(None)?;
        Ok(altered.iter().map(|altered| altered.id).collect())
    }

    /// Takes the ledger as it was found, by a person's word: from here on its rows are what they are,
    /// and its audit log begins with the entry that says so, and why.
    pub fn take_as_found(
        &mut self,
        at: DateTime<Utc>,
        why: Option<String>,
    ) -> Result<(), LedgerError> {
        let take = || {
            let mut entries = vec![Entry {
                why: why.clone(),
                ..Entry::new(AuditAction::NewLedger, &self.who, at)
            }];
            for altered in self.altered(None)? {
                entries.push(match &altered.row {
                    Some(row) => Entry::of_delivery(AuditAction::Delivery, row, &self.who, at),
                    None => Entry {
                        delivery: Some(altered.id),
                        organisation: Some(altered.organisation),
                        report_date: altered.report_date,
                        ..Entry::new(AuditAction::Change, &self.who, at)
                    },
                });
            }
            audit::append(&self.database, entries)
        };
        self.write(take)
            .map_err(self.could_not("be taken as it was found"))
    }
}
