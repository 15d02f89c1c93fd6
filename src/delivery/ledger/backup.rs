//! A copy of the ledger for a backup, and what is not known by one that was put back.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::audit::{self, AuditAction, Entry};
use super::database::{Database, DatabaseRow, Parameter};
use super::error::{LedgerError, NotOpened};
use super::{Ledger, copying, file, row};
use crate::domain::{DeliveryState, ReportDate};
use crate::private_files;

/// A ledger that was put back from a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// When the backup was made.
    pub made_at: DateTime<Utc>,
    /// The days of which something may have been sent after it; `None` where that cannot be.
    pub not_known: Option<(ReportDate, ReportDate)>,
}

impl Ledger {
    /// Writes the ledger as it is at this moment to the file `to`, which is not there (0600): durably,
    /// and whoever writes to it meanwhile. A database too becomes a file, which an empty database
    /// takes over.
    pub fn back_up(&self, to: &Path) -> Result<(), LedgerError> {
        let copy = || {
            private_files::create_file(to).map_err(NotOpened::File)?;
            match &self.database {
                Database::File(_) => {
                    let to = to.to_string_lossy();
                    self.database.execute("VACUUM INTO ?1", &[&to.as_ref()])?;
                }
                Database::Server(_) => self.copy_to_file(to)?,
            }
            let written = std::fs::File::open(to).and_then(|file| file.sync_all());
            written.map_err(NotOpened::File)?;
            Ok(())
        };
        copy().map_err(self.could_not("be copied"))
    }

    fn copy_to_file(&self, to: &Path) -> Result<(), LedgerError> {
        let copy = file::open(to)?;
        // All of it as it is at one moment.
        self.database
            .command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let copied = copy.in_transaction(|| copying::copy_all(&self.database, &copy));
        self.database.command("COMMIT")?;
        copied?;
        // One file holds all of it.
        copy.command("PRAGMA journal_mode = DELETE")
    }

    /// Notes that this ledger was put back, and makes unknown what waited to be sent, unless a person
    /// says that nothing was sent since. Gives the number of those.
    pub fn note_restored(
        &mut self,
        restoration: &Restoration,
        nothing_was_sent_since: bool,
        why: Option<String>,
        at: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        let made_at = row::write_time(restoration.made_at);
        let days = restoration
            .not_known
            .map(|(from, to)| [from.to_string(), to.to_string()]);
        let detail = json!({ "made_at": made_at, "not_known": days });
        let entry = Entry {
            detail: Some(detail.to_string()),
            why: why.map(row::without_nul),
            ..Entry::new(AuditAction::Restore, &self.who, at)
        };
        let waiting = DeliveryState::ALL.into_iter();
        let waiting = waiting
            .filter(|state| state.is_to_be_sent() || *state == DeliveryState::Sending)
            .filter(|_| !nothing_was_sent_since);
        let (unknown, waiting) = (DeliveryState::Unknown, row::listed(waiting));
        // What lay in the outbox then was sent since at most on its day.
        let kept = DeliveryState::Outbox;
        let statement = format!(
            "UPDATE deliveries SET state = '{unknown}', updated_at = ?1, server_reply = NULL, \
             reason = ?2 WHERE state IN ({waiting}) OR (state = '{kept}' AND report_date >= ?3 AND {})",
            !nothing_was_sent_since
        );
        let reason = format!(
            "it waited when the backup of {made_at} was made, and may have been sent since"
        );
        let day = restoration.made_at.date_naive().to_string();
        let values: [&dyn Parameter; 3] = [&row::write_time(at), &reason, &day];
        let note = || {
            audit::append(&self.database, vec![entry])?;
            self.change_deliveries(AuditAction::Change, (&statement, &values), at)
        };
        self.write(note)
            .map_err(self.could_not("note that it was put back"))
    }

    /// From which backup the ledger was put back; `None` where it was not, or a person took it as it
    /// is since.
    pub fn restoration(&self) -> Result<Option<Restoration>, LedgerError> {
        let found = || {
            if !self.database.has_column("audit_log", "detail")? {
                return Ok(None);
            }
            let newest = "SELECT action, detail FROM audit_log WHERE action = ?1 OR action = ?2 \
                          ORDER BY number DESC LIMIT 1";
            let (restored, taken) = (AuditAction::Restore.name(), AuditAction::NewLedger.name());
            let read = |row: &DatabaseRow<'_>| {
                let action: String = row.get("action")?;
                let detail: Option<String> = row.get("detail")?;
                Ok(detail.filter(|_| action == restored))
            };
            let newest = self.database.select(newest, &[&restored, &taken], read)?;
            Ok(newest.into_iter().flatten().next())
        };
        let detail: Option<String> = found().map_err(self.could_not("read the audit log"))?;
        Ok(detail.and_then(|detail| read_restoration(&detail)))
    }
}

fn read_restoration(detail: &str) -> Option<Restoration> {
    let detail: Value = serde_json::from_str(detail).ok()?;
    let made_at = row::read_time(detail.get("made_at")?.as_str()?.to_owned())?;
    let day = |place: usize| {
        let day = detail.get("not_known")?.get(place)?.as_str()?;
        day.parse::<NaiveDate>().ok().map(ReportDate::of)
    };
    Some(Restoration {
        made_at,
        not_known: day(0).zip(day(1)),
    })
}
