//! Keeps a snapshot of each organisation's tables for each report date, so that later days can be compared with it.
//!
//! Takes: tables of a day. Gives: [`Snapshot`]s by organisation and date, in which people are fingerprints; findings
//! where a day and an earlier one contradict each other.
//! Touches: the folder `history` of the data folder.

mod comparison;
mod error;
mod fingerprint;
mod format;
mod mark;
mod parquet;
mod snapshot;
mod table;

use std::io;
use std::path::{Path, PathBuf};

pub use comparison::compare;
pub use error::HistoryError;
pub use snapshot::Snapshot;

use polars::prelude::DataFrame;

use self::fingerprint::Key;
use self::table::Table;
use crate::domain::{OrganisationCode, ReportDate};
use crate::private_files;
use crate::tables::Tables;

/// The history in a data folder.
///
/// A snapshot is three Parquet files, each below a folder of its date and one of its organisation, as Hive names them:
/// any tool that reads such a data set reads it. It counts when its mark is there, which is written last and holds the
/// digests of the three. The fingerprints can only be made with the key beside them.
#[derive(Debug, Clone)]
pub struct History {
    folder: PathBuf,
    /// `None` where nothing was ever kept.
    key: Option<Key>,
}

/// What the history has of an organisation before a date.
#[derive(Debug, Default)]
pub struct Before {
    /// The last snapshot that can be read.
    pub last: Option<Recorded>,
    /// Later snapshots than that, which cannot.
    pub damaged: Vec<HistoryError>,
}

/// A snapshot as it lies in the history.
#[derive(Debug)]
pub struct Recorded {
    /// What it holds; rows are in the order of their fingerprints.
    pub snapshot: Snapshot,
    /// The SHA-256 of its mark, in hexadecimal: another one means other contents.
    pub digest: String,
}

/// What [`History::keep`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The snapshot is new.
    Now,
    /// It was there already, equal in every figure; its files were left as they are.
    Before,
    /// Another one of that date was there and was replaced.
    InPlaceOfAnother,
}

impl History {
    /// The history in `data_folder`, to be read. Nothing there is an empty history.
    ///
    /// # Errors
    /// [`HistoryError`] where it is of a newer format, or its key is lost or is another one.
    pub fn open(data_folder: &Path) -> Result<Self, HistoryError> {
        let folder = data_folder.join("history");
        let key = format::read_key(&folder)?;
        Ok(Self { folder, key })
    }

    /// The history in `data_folder`, to be read and written. Where nothing is there, a key is made, once.
    ///
    /// # Errors
    /// [`HistoryError`] as in [`History::open`], or where the folder cannot be written.
    pub fn open_or_begin(data_folder: &Path) -> Result<Self, HistoryError> {
        let mut history = Self::open(data_folder)?;
        if history.key.is_none() {
            history.key = Some(format::begin(&history.folder)?);
        }
        Ok(history)
    }

    /// The last snapshot of an organisation before `date`: not necessarily of the day before, since there are weekends
    /// and gaps. One that is damaged is passed over, and told.
    #[must_use]
    pub fn before(&self, organisation: &OrganisationCode, date: ReportDate) -> Before {
        let mut before = Before::default();
        let dates = match mark::dates_before(&self.folder, organisation, date) {
            Ok(dates) => dates,
            Err(error) => {
                before.damaged.push(error);
                return before;
            }
        };
        for date in dates {
            match self.read(organisation, date) {
                Ok(recorded) => {
                    before.last = Some(recorded);
                    break;
                }
                Err(error) => before.damaged.push(error),
            }
        }
        before
    }

    /// The snapshot of a day's tables: rows in the order of theirs. `None` where there is no key to make it with.
    ///
    /// # Errors
    /// [`HistoryError::Table`] where a table lacks a column: a fault of the program.
    pub fn take(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        tables: &Tables,
        before: Option<&Snapshot>,
    ) -> Result<Option<Snapshot>, HistoryError> {
        let Some(key) = &self.key else { return Ok(None) };
        snapshot::take(key, organisation, date, tables, before).map(Some).map_err(HistoryError::Table)
    }

    /// Writes a snapshot, for good: it is complete or absent. An equal one is left as it is. `edition` is that of the
    /// reports that were made of the same tables.
    ///
    /// # Errors
    /// [`HistoryError`] with the path; also where there is a damaged snapshot of that date, which is left as it is.
    pub fn keep(&self, snapshot: &Snapshot, edition: u32) -> Result<Kept, HistoryError> {
        let Snapshot { organisation, date, .. } = snapshot;
        let frames = snapshot.frames(edition).map_err(HistoryError::Table)?;
        let mark_path = mark::path(&self.folder, organisation, *date);
        let mut kept = Kept::Now;
        if mark_path.exists() {
            let (present, _) = self.frames_of(organisation, *date)?;
            if present.iter().zip(&frames).all(|(present, new)| present.equals_missing(new)) {
                return Ok(Kept::Before);
            }
            kept = Kept::InPlaceOfAnother;
            // First the mark: what is between two snapshots must not count.
            remove(&mark_path).map_err(|source| HistoryError::file(&mark_path, "replaced", source))?;
        }
        let mut mark = String::new();
        for (table, mut frame) in Table::ALL.into_iter().zip(frames) {
            let below = table.file(organisation, *date);
            let bytes = parquet::to_bytes(&mut frame).map_err(HistoryError::Table)?;
            write(&self.folder.join(&below), &bytes)?;
            mark += &mark::line(&below, &bytes);
        }
        write(&mark_path, mark.as_bytes())?;
        Ok(kept)
    }

    fn read(&self, organisation: &OrganisationCode, date: ReportDate) -> Result<Recorded, HistoryError> {
        let ([mailboxes, failed_items, _], mark) = self.frames_of(organisation, date)?;
        let snapshot = Snapshot { organisation: organisation.clone(), date, mailboxes, failed_items };
        Ok(Recorded { snapshot, digest: mark::digest(mark.as_bytes()) })
    }

    /// The tables of a snapshot, each proved to be what was written, and the text of its mark.
    fn frames_of(&self, organisation: &OrganisationCode, date: ReportDate) -> Result<([DataFrame; 3], String), HistoryError> {
        let mark_path = mark::path(&self.folder, organisation, date);
        let mark = std::fs::read(&mark_path).map_err(|source| HistoryError::file(&mark_path, "read", source))?;
        let mark = String::from_utf8_lossy(&mark).into_owned();
        let mut lines = mark.split_inclusive('\n');
        let mut read = |table: Table| {
            let below = table.file(organisation, date);
            let path = self.folder.join(&below);
            let damaged = |because: String| HistoryError::Damaged { path: path.clone(), mark: mark_path.clone(), because };
            let bytes = std::fs::read(&path).map_err(|error| damaged(error.to_string()))?;
            // Before its bytes are understood: what is not proved may be anything.
            if lines.next() != Some(mark::line(&below, &bytes).as_str()) {
                return Err(damaged("it is not what was written".to_owned()));
            }
            parquet::from_bytes(bytes, &table.columns()).map_err(damaged)
        };
        let frames = [read(Table::Mailboxes)?, read(Table::FailedItems)?, read(Table::OrganisationDays)?];
        Ok((frames, mark))
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), HistoryError> {
    private_files::write_durably(path, bytes).map_err(|source| HistoryError::file(path, "written", source))
}

fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    path.parent().map_or(Ok(()), private_files::sync_folder)
}

#[cfg(test)]
mod tests;
