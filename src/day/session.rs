use std::path::{Path, PathBuf};

use chrono::Utc;

use super::clock::with_expiry;
use super::error::DayError;
use super::note::Note;
use crate::archive::Lock;
use crate::delivery::{Ledger, LedgerPlace, LedgerServer};
use crate::domain::ReportDate;
use crate::domain::plural::{count_of, counted};
use crate::mail::DeliveryKey;
use crate::private_files;
use crate::settings::Settings;

/// The right to change the data folder, and its ledger, in which what earlier runs left is settled.
pub(crate) struct Session {
    /// The ledger, to be changed.
    pub(crate) ledger: Ledger,
    /// Deliveries of any day that were found too old to be sent.
    pub(crate) expired: Vec<DeliveryKey>,
    _lock: Lock,
}

impl Session {
    /// Takes the lock, opens the ledger, and settles there which deliveries were interrupted and
    /// which have expired. `notes` is to be said also where this fails.
    pub(crate) fn begin(settings: &Settings, notes: &mut Vec<Note>) -> Result<Self, DayError> {
        let now = Utc::now();
        let holder = format!(
            "process {}, since {}",
            std::process::id(),
            now.format("%Y-%m-%d %H:%M:%S UTC")
        );
        let lock = Lock::take(&settings.data.folder, &holder)?;
        let leftovers = remove_leftovers(&lock, settings).into_iter();
        notes.extend(leftovers.map(Note::Warning));
        let mut ledger = Ledger::open(&ledger_place(settings)?)?;
        let interrupted = ledger.mark_interrupted(now)?;
        if interrupted > 0 {
            notes.push(Note::Warning(format!(
                "{} under way when an earlier run ended: it is unknown whether they arrived; see \
                 deliveries --state unknown",
                counted(interrupted, "delivery was", "deliveries were")
            )));
        }
        let expired = with_expiry(settings, |expiry| expiry.expire(&mut ledger, now))?;
        for key in &expired {
            notes.push(Note::Detail(format!(
                "{} {} of {} to {} expired",
                key.organisation, key.report, key.report_date, key.recipient
            )));
        }
        if !expired.is_empty() {
            notes.push(Note::Warning(format!(
                "{} expired: too old to be sent; see deliveries --state expired",
                count_of(expired.len(), "message")
            )));
        }
        Ok(Self {
            ledger,
            expired,
            _lock: lock,
        })
    }
}

/// The ledger that the settings name, for reading: a file in the data folder, or the database that
/// machines share.
pub(crate) fn open_ledger_read_only(settings: &Settings) -> Result<Ledger, DayError> {
    Ok(Ledger::open_read_only(&ledger_place(settings)?)?)
}

fn ledger_place(settings: &Settings) -> Result<LedgerPlace, DayError> {
    let file = settings.data.folder.join("ledger.sqlite");
    let Some(database) = &settings.ledger else {
        return Ok(LedgerPlace::File(file));
    };
    Ok(LedgerPlace::Server(LedgerServer {
        host: database.host.clone(),
        port: database.port,
        database: database.database.clone(),
        username: database.username.clone(),
        password: database.password()?,
        tls: database.tls,
        ca_file: database.ca_file.clone(),
        successor_of: Some(file),
    }))
}

/// Removes what a run that was killed was writing, and says so, one sentence each. The lock proves
/// that nobody else is at work.
fn remove_leftovers(lock: &Lock, settings: &Settings) -> Vec<String> {
    if !lock.follows_a_crash() {
        return Vec::new();
    }
    let outbox = settings.mail.outbox.iter();
    let outbox = outbox.flat_map(|outbox| days_of(&outbox.folder));
    let mut sentences = vec![
        "The last run did not end by itself: it was killed, or the machine stopped.".to_owned(),
    ];
    for folder in std::iter::once(settings.data.folder.clone()).chain(outbox) {
        match private_files::remove_unfinished(&folder) {
            Ok(0) => {}
            Ok(files) => sentences.push(format!(
                "{} removed from {}.",
                counted(
                    files,
                    "unfinished file of the last run was",
                    "unfinished files of the last run were"
                ),
                folder.display()
            )),
            Err(error) => sentences.push(format!(
                "What the last run left unfinished in {} could not be removed: {error}. Check that \
                 all in it belongs to the user who runs this.",
                folder.display()
            )),
        }
    }
    sentences
}

/// The folders of an outbox that runs write to. Rehearsals, which take no lock, have their own.
fn days_of(outbox: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(outbox).into_iter().flatten().flatten();
    let is_day = |name: &std::ffi::OsStr| name.to_str().and_then(ReportDate::parse_iso).is_some();
    entries
        .filter(|entry| is_day(&entry.file_name()))
        .map(|entry| entry.path())
        .collect()
}
