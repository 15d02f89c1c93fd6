use std::path::{Path, PathBuf};

use chrono::Utc;

use super::acceptance::whoever_runs_this;
use super::clock::doubt_of_clock;
use super::error::DayError;
use super::note::Note;
use super::witnesses::{Witnesses, anchor_anew, audit_copy, copy_is_gone};
use crate::archive::Lock;
use crate::delivery::{DeliveryRecord, Ledger, LedgerPlace, LedgerServer};
use crate::domain::ReportDate;
use crate::domain::plural::counted;
use crate::private_files;
use crate::settings::Settings;

/// The right to change the data folder, and its ledger, in which what earlier runs left is settled.
pub(crate) struct Session {
    /// The ledger, to be changed.
    pub(crate) ledger: Ledger,
    lock: Lock,
}

/// What is asked of a ledger before anything is done by it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LedgerCheck {
    /// The day whose deliveries must be as this program wrote them; all must, where none is named.
    pub(crate) of: Option<ReportDate>,
    /// Nothing, where a person takes the ledger as it is found.
    pub(crate) taken_as_found: Option<TakenAsFound>,
}

/// A person's word that the ledger is right, whatever others know.
#[derive(Debug, Clone)]
pub(crate) struct TakenAsFound {
    /// Why, in the person's words.
    pub(crate) why: Option<String>,
}

impl Session {
    /// Takes the lock, opens the ledger, and settles there which deliveries were interrupted. `notes` is to be said also where this fails.
    pub(crate) fn begin(
        settings: &Settings,
        check: LedgerCheck,
        notes: &mut Vec<Note>,
    ) -> Result<Self, DayError> {
        let mut copy_gone = None;
        let (lock, mut ledger) =
            open_locked(settings, notes, |settings| match check.taken_as_found {
                Some(_) => Ok(()),
                None => {
                    let ledger = open_ledger_read_only(settings, check.of)?;
                    copy_gone = copy_is_gone(settings, &ledger)?;
                    Ok(())
                }
            })?;
        notes.extend(copy_gone.map(Note::Warning));
        let exposed = settings.exposed().into_iter();
        notes.extend(exposed.map(|path| Note::Warning(exposure(&path))));
        let now = Utc::now();
        let doubt = ledger
            .last_written()?
            .and_then(|last| doubt_of_clock(last, now));
        notes.extend(doubt.map(Note::Warning));
        if let Some(TakenAsFound { why }) = check.taken_as_found {
            ledger.take_as_found(now, why)?;
            anchor_anew(settings, &ledger)?;
            notes.push(Note::Warning(
                "The ledger is taken as it was found: what it does not know of is sent again."
                    .to_owned(),
            ));
        }
        let interrupted = ledger.mark_interrupted(now)?;
        if interrupted > 0 {
            notes.push(Note::Warning(format!(
                "{} under way when an earlier run ended: it is unknown whether they arrived; see \
                 deliveries --state unknown",
                counted(interrupted, "delivery was", "deliveries were")
            )));
        }
        Ok(Self { ledger, lock })
    }

    /// Makes sure of the right to change the data folder: somebody may have removed the lock's file,
    /// and another run may be at work.
    pub(crate) fn hold_on(&mut self) -> Result<(), DayError> {
        Ok(self.lock.hold_on()?)
    }
}

/// That a file with a secret, or the data folder, is open to all.
pub(crate) fn exposure(path: &Path) -> String {
    format!(
        "{} can be read by every user of this machine: chmod o= {0}",
        path.display()
    )
}

/// Takes the lock of the data folder and, where `check` lets it, opens the ledger.
pub(super) fn open_locked(
    settings: &Settings,
    notes: &mut Vec<Note>,
    check: impl FnOnce(&Settings) -> Result<(), DayError>,
) -> Result<(Lock, Ledger), DayError> {
    let holder = format!(
        "process {}, since {}",
        std::process::id(),
        Utc::now().format("%Y-%m-%d %H:%M:%S UTC")
    );
    let lock = Lock::take(&settings.data.folder, &holder)?;
    let leftovers = remove_leftovers(&lock, settings).into_iter();
    notes.extend(leftovers.map(Note::Warning));
    check(settings)?;
    let ledger = Ledger::open(&ledger_place(settings)?)?;
    let ledger = ledger.audited(whoever_runs_this(), &audit_copy(settings))?;
    Ok((lock, ledger))
}

/// The ledger that the settings name, for reading: a file in the data folder, or the database that
/// machines share.
///
/// # Errors
/// [`DayError::Doubtful`] where others know of it what it does not, or a delivery of the day that is
/// named (of any, where none is), or one of the newest entries of its audit log, is not as this program
/// wrote it.
pub(crate) fn open_ledger_read_only(
    settings: &Settings,
    of: Option<ReportDate>,
) -> Result<Ledger, DayError> {
    let (ledger, doubt) = open_ledger_as_it_is(settings, of)?;
    doubt.map_or(Ok(ledger), |doubt| Err(DayError::Doubtful(doubt)))
}

/// The ledger for reading, whatever is in it; and why it is not to be believed, as sentences.
pub(crate) fn open_ledger_as_it_is(
    settings: &Settings,
    of: Option<ReportDate>,
) -> Result<(Ledger, Option<String>), DayError> {
    let ledger = Ledger::open_read_only(&ledger_place(settings)?)?;
    let doubt = doubt_of_ledger(settings, &ledger, || {
        Ok(in_short(&ledger.alterations(of)?).or(not_known_since(&ledger, of)?))
    })?;
    Ok((ledger, doubt))
}

/// Why a ledger is not to be believed in what is listed of it, as sentences. Of no one day, what is
/// listed and the newest day are held: all that there is of a year takes seconds, and is held by
/// whatever sends or writes.
pub(crate) fn doubt_of_listed(
    settings: &Settings,
    ledger: &Ledger,
    of: Option<ReportDate>,
    listed: &[DeliveryRecord],
) -> Result<Option<String>, DayError> {
    doubt_of_ledger(settings, ledger, || match of {
        Some(_) => Ok(in_short(&ledger.alterations(of)?).or(not_known_since(ledger, of)?)),
        None => {
            let mut altered = ledger.alterations_among(listed)?;
            if altered.is_empty()
                && let Some(newest) = ledger.newest_date()?
            {
                altered = ledger.alterations(Some(newest))?;
            }
            Ok(in_short(&altered))
        }
    })
}

/// Why a ledger is not to be believed, as sentences: others know more, or it was changed by hand.
fn doubt_of_ledger(
    settings: &Settings,
    ledger: &Ledger,
    changed: impl FnOnce() -> Result<Option<String>, DayError>,
) -> Result<Option<String>, DayError> {
    let place = ledger_place(settings)?;
    let found = match Witnesses::of(settings)?.against(ledger)? {
        Some(found) => Some(found),
        None => changed()?,
    };
    Ok(found.map(|found| {
        format!(
            "the ledger {place} is not to be believed: {found}. So that nothing is sent twice, \
             nothing is sent. Put the right ledger back: is its volume mounted, was a backup or \
             another database put in its place? Where it is lost: ledger rebuild makes it know again \
             what the others know. Only where they are wrong: run --new-ledger takes it as it is, \
             and sends what it does not know to be sent"
        )
    }))
}

/// Why a ledger that was put back from a backup cannot tell what was sent about a day.
fn not_known_since(ledger: &Ledger, of: Option<ReportDate>) -> Result<Option<String>, DayError> {
    let restoration = ledger.restoration()?;
    let found = restoration.zip(of).filter(|(restoration, of)| {
        let days = restoration.not_known;
        days.is_some_and(|(first, last)| (first..=last).contains(of))
    });
    Ok(found.map(|(restoration, of)| {
        let made_at = restoration.made_at.format("%Y-%m-%d %H:%M UTC");
        format!(
            "it was put back from a backup of {made_at}, and does not know what of {of} was sent \
             after that"
        )
    }))
}

/// The first of some sentences, and how many more there are; `None` where there is none.
fn in_short(sentences: &[String]) -> Option<String> {
    const TOLD: usize = 3;
    let told = sentences.iter().take(TOLD);
    let told = told.map(String::as_str).collect::<Vec<_>>().join("; ");
    match sentences.len() {
        0 => None,
        all if all > TOLD => Some(format!("{told}; and {} more", all - TOLD)),
        _ => Some(told),
    }
}

/// The file of the ledger in the data folder.
pub(super) const LEDGER: &str = "ledger.sqlite";

/// Where the ledger is that the settings name.
pub(crate) fn ledger_place(settings: &Settings) -> Result<LedgerPlace, DayError> {
    let file = settings.data.folder.join(LEDGER);
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
