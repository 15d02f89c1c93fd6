//! All that runs leave, copied while one may be at work, and put back elsewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::DayError;
use super::note::Note;
use super::session::{LEDGER, ledger_place, open_ledger_read_only, open_locked};
use super::witnesses::{has_finished, is_witness};
use crate::archive::LOCKS;
use crate::delivery::{Ledger, Restoration};
use crate::domain::{ReportDate, hexadecimal};
use crate::private_files;
use crate::settings::Settings;

/// What is in a backup. It is written last: a backup without it was not finished.
const LIST: &str = "backup.json";
/// The form of that file.
const VERSION: u32 = 1;
/// So much of files is held in memory.
const BYTES_AT_ONCE: usize = 32 * 1024 * 1024;

#[derive(Debug, Deserialize, Serialize)]
struct List {
    backup_version: u32,
    program: String,
    made_at: DateTime<Utc>,
    files: Vec<BackedUpFile>,
}

#[derive(Debug, Deserialize, Serialize)]
struct BackedUpFile {
    path: String,
    bytes: u64,
    sha256: String,
}

/// What came of a backup.
pub(crate) struct BackedUp {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

/// What came of putting a backup back.
pub(crate) struct Restored {
    pub(crate) files: usize,
    pub(crate) restoration: Restoration,
    /// Deliveries that waited, and may have been sent since.
    pub(crate) unknown: usize,
}

/// Copies the data folder to `to`, which is not there or empty. A run may be at work, so the order
/// matters: first the witnesses, whose entries the copied ledger must have; then the ledger; then
/// the messages, of which it names some. A ledger that is not believed is not backed up: its copies
/// would take the place of good ones.
pub(crate) fn back_up(settings: &Settings, to: &Path) -> Result<BackedUp, DayError> {
    let data = &settings.data.folder;
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if whole(to).starts_with(whole(data)) {
        let fault = "it lies in the data folder itself. Name a folder on another disk";
        return Err(unusable(to, "cannot hold the backup", fault));
    }
    if let Some(found) = first_in(to)? {
        let fault = format!("{found} is in it. Name a new folder for each backup");
        return Err(unusable(to, "cannot hold the backup", &fault));
    }
    let ledger = open_ledger_read_only(settings, None)?;
    let made_at = Utc::now();
    private_files::create_folder(to).map_err(|error| not_written(to, &error))?;
    let mut files = Vec::new();
    let mut copied: BTreeSet<String> = LOCKS.map(str::to_owned).into();
    copied.extend(["", "-wal", "-shm", "-journal"].map(|ending| format!("{LEDGER}{ending}")));
    let witnesses = files_below(data)?
        .into_iter()
        .filter(|path| is_witness(path));
    let witnesses: Vec<String> = witnesses.collect();
    copy(data, to, &witnesses, &mut files)?;
    copied.extend(witnesses);

    if ledger.anchor()?.is_none() && ledger.newest_date()?.is_none() {
        let fault = "no run has left anything yet: there is no ledger. Look whether the settings name \
                     the right data folder";
        return Err(unusable(data, "cannot be backed up", fault));
    }
    ledger.back_up(&to.join(LEDGER))?;
    files.push(listed(to, LEDGER)?);

    let rest = files_below(data)?.into_iter();
    let rest = rest.filter(|path| !copied.contains(path) && !is_witness(path));
    copy(data, to, &rest.collect::<Vec<_>>(), &mut files)?;
    let bytes = files.iter().map(|file| file.bytes).sum();
    let number = files.len();
    let list = List {
        backup_version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        files,
    };
    let text = serde_json::to_string_pretty(&list).unwrap_or_default() + "\n";
    let path = to.join(LIST);
    private_files::write_durably(&path, text.as_bytes())
        .map_err(|error| not_written(&path, &error))?;
    Ok(BackedUp {
        files: number,
        bytes,
    })
}

/// Puts a backup back into the data folder of the settings, which holds nothing, once all of it was
/// found to be as it was made. Unless a person says that nothing was sent since, what waited then
/// may have been, and of the days since it is not known what was.
pub(crate) fn restore(
    settings: &Settings,
    from: &Path,
    nothing_was_sent_since: bool,
    why: Option<String>,
    notes: &mut Vec<Note>,
) -> Result<Restored, DayError> {
    let data = &settings.data.folder;
    let list = read_list(from)?;
    if let Some(found) = first_in(data)? {
        let fault = format!(
            "{found} is in it. Move the folder away, and keep it: its audit-log may know what was sent \
             after the backup"
        );
        return Err(unusable(data, "cannot take the backup", &fault));
    }
    for file in &list.files {
        if listed(from, &file.path)?.sha256 != file.sha256 {
            let fault = "it is not as it was written. Nothing was put back: take another backup";
            return Err(unusable(
                &from.join(&file.path),
                "cannot be put back",
                fault,
            ));
        }
    }
    if settings.ledger.is_some() {
        let database = Ledger::open_read_only(&ledger_place(settings)?)?;
        if database.anchor()?.is_some() || database.newest_date()?.is_some() {
            return Err(DayError::Unusable(
                "the database under [ledger] has a ledger: it knows more than a backup does, and needs \
                 none. Name an empty database to have the backup's ledger in it"
                    .to_owned(),
            ));
        }
    }
    let (_lock, mut ledger) = open_locked(settings, notes, |_| {
        // The ledger last: without it nothing is sent.
        let others = list.files.iter().filter(|file| file.path != LEDGER);
        let others: Vec<String> = others.map(|file| file.path.clone()).collect();
        copy(from, data, &others, &mut Vec::new())?;
        copy(from, data, &[LEDGER.to_owned()], &mut Vec::new())
    })?;
    let now = Utc::now();
    let restoration = Restoration {
        made_at: list.made_at,
        not_known: match nothing_was_sent_since {
            true => None,
            false => days_not_known(settings, list.made_at, now),
        },
    };
    let unknown = ledger.note_restored(&restoration, nothing_was_sent_since, why, now)?;
    Ok(Restored {
        files: list.files.len(),
        restoration,
        unknown,
    })
}

/// Of which days something may have been sent between two moments: not of one whose run had finished.
fn days_not_known(
    settings: &Settings,
    made_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<(ReportDate, ReportDate)> {
    let day = |at: DateTime<Utc>| at.with_timezone(&settings.programme.time_zone).date_naive();
    let first = match has_finished(settings, ReportDate::of(day(made_at))) {
        true => day(made_at).succ_opt()?,
        false => day(made_at),
    };
    (first <= day(now)).then(|| (ReportDate::of(first), ReportDate::of(day(now))))
}

fn read_list(from: &Path) -> Result<List, DayError> {
    let path = from.join(LIST);
    let bytes = std::fs::read(&path).map_err(|error| {
        let fault = format!("{error}. A backup without it was not finished: name another");
        unusable(&path, "cannot be read", &fault)
    })?;
    let list: List = serde_json::from_slice(&bytes)
        .map_err(|error| unusable(&path, "cannot be read", &error.to_string()))?;
    if list.backup_version > VERSION {
        let fault = format!(
            "a newer version of this program made it, {}: install that",
            list.program
        );
        return Err(unusable(from, "cannot be put back", &fault));
    }
    let is_below = |file: &BackedUpFile| {
        let mut parts = Path::new(&file.path).components();
        parts.all(|part| matches!(part, std::path::Component::Normal(_)))
    };
    match list.files.iter().find(|file| !is_below(file)) {
        Some(_) => Err(unusable(
            &path,
            "is no list of a backup",
            "it names a file elsewhere",
        )),
        None => Ok(list),
    }
}

/// Copies files by their paths below `from`, durably. What is gone meanwhile is left out.
fn copy(
    from: &Path,
    to: &Path,
    paths: &[String],
    files: &mut Vec<BackedUpFile>,
) -> Result<(), DayError> {
    let mut waiting: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut bytes_waiting = 0;
    let mut paths = paths.iter().peekable();
    while let Some(path) = paths.next() {
        let read = private_files::if_there(std::fs::read(from.join(path)));
        if let Some(bytes) = read.map_err(|error| not_read(&from.join(path), &error))? {
            files.push(listed_as(path, &bytes));
            bytes_waiting += bytes.len();
            waiting.push((to.join(path), bytes));
        }
        if bytes_waiting > BYTES_AT_ONCE || paths.peek().is_none() {
            private_files::write_together(&waiting).map_err(|error| not_written(to, &error))?;
            waiting.clear();
            bytes_waiting = 0;
        }
    }
    Ok(())
}

fn listed(folder: &Path, path: &str) -> Result<BackedUpFile, DayError> {
    let file = folder.join(path);
    let bytes = std::fs::read(&file).map_err(|error| not_read(&file, &error))?;
    Ok(listed_as(path, &bytes))
}

fn listed_as(path: &str, bytes: &[u8]) -> BackedUpFile {
    BackedUpFile {
        path: path.to_owned(),
        bytes: bytes.len() as u64,
        sha256: hexadecimal::encode(&Sha256::digest(bytes)),
    }
}

/// The files below a folder, by their paths there, in their order; without what is unfinished.
fn files_below(folder: &Path) -> Result<Vec<String>, DayError> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        let here = folder.join(&below);
        let entries = private_files::if_there(std::fs::read_dir(&here));
        for entry in entries
            .map_err(|error| not_read(&here, &error))?
            .into_iter()
            .flatten()
        {
            let entry = entry.map_err(|error| not_read(&here, &error))?;
            let name = entry.file_name();
            if private_files::is_unfinished(&name) {
                continue;
            }
            // The archive may lie on another disk, by a link.
            let Ok(kind) = std::fs::metadata(entry.path()) else {
                continue;
            };
            let path = below.join(name);
            if kind.is_dir() {
                waiting.push(path);
            } else if let Some(path) = path.to_str().filter(|_| kind.is_file()) {
                found.push(path.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The name of something in a folder but the lock; `None` where it is empty or not there.
fn first_in(folder: &Path) -> Result<Option<String>, DayError> {
    let entries = private_files::if_there(std::fs::read_dir(folder));
    let entries = entries.map_err(|error| not_read(folder, &error))?;
    let names = entries.into_iter().flatten().flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.find(|name| !LOCKS.contains(&name.as_str())))
}

fn unusable(path: &Path, what: &str, fault: &str) -> DayError {
    DayError::Unusable(format!("{} {what}: {fault}", path.display()))
}

fn not_read(path: &Path, error: &std::io::Error) -> DayError {
    let fault = format!("{error}. Check that it belongs to the user who runs this");
    unusable(path, "cannot be read", &fault)
}

fn not_written(path: &Path, error: &std::io::Error) -> DayError {
    let fault = format!("{error}. Check the disk's space, and who may write there");
    unusable(path, "cannot be written", &fault)
}
