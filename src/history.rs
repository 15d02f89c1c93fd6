//! Keeps a snapshot of each organisation's tables for each report date, so that later days can be
//! compared with it.
//!
//! Takes: tables of a day. Gives: [`Snapshot`]s by organisation and date, in which people are
//! fingerprints; figures of the days before; findings where a day and an earlier one contradict
//! each other. Touches: the folder `history` of the data folder.

mod carrying;
mod change;
mod comparison;
mod course;
mod days;
mod entire;
mod error;
mod figures;
mod fingerprint;
mod following;
mod format;
mod formerly;
mod mark;
mod parquet;
mod renaming;
mod snapshot;
mod sums;
mod table;
mod taking;
mod upkeep;

use std::path::{Path, PathBuf};

pub use comparison::{Loss, LossLimit, compare};
pub use days::{DayFigures, OrganisationDay};
pub use entire::{EntireDay, FormerItem, Start};
pub use error::HistoryError;
pub use figures::Figures;
pub use following::ItemOrigin;
pub use formerly::{Continued, FormerCodes};
pub use snapshot::Snapshot;

use polars::prelude::{DataFrame, PolarsResult};

use self::fingerprint::Key;
use self::table::SnapshotTable;
use crate::domain::{OrganisationCode, ReportDate};
use crate::private_files;
use crate::tables::Tables;

/// How many days before its own a report looks back: four weeks and a weekend.
pub const WINDOW_DAYS: u64 = 30;

/// Its folder in the data folder.
const FOLDER: &str = "history";

/// The history in a data folder.
///
/// A snapshot is six Parquet files, each below a folder of its date and one of its organisation,
/// as Hive names them: any tool that reads such a data set reads it. It counts when its mark is
/// there, which is written last and holds the digests of the six. The fingerprints can only be
/// made with the key beside them.
///
/// What a day says of the one before it (since when an item is there, what is new, what is cleared,
/// how much was attempted) is kept with it, and is at all times what it would be had the days been
/// kept in their order.
#[derive(Debug, Clone)]
pub struct History {
    folder: PathBuf,
    /// `None` where nothing was ever kept.
    key: Option<Key>,
    /// Who continues whom.
    formerly: FormerCodes,
}

/// What the history has of an organisation before a date.
#[derive(Debug, Default)]
pub struct Before {
    /// The last snapshot that can be read; rows are in the order of their fingerprints.
    pub last: Option<Snapshot>,
    /// Later snapshots than that, which cannot.
    pub damaged: Vec<HistoryError>,
    /// The organisations that the last snapshot is of, where it was kept under other codes.
    pub continues: Option<Continued>,
}

/// The days of a window that can be read, in order.
#[derive(Debug)]
pub struct Window<T> {
    /// What was kept of each, in the order of their dates.
    pub days: Vec<T>,
    /// Why the others, which were kept too, cannot be read.
    pub damaged: Vec<HistoryError>,
}

/// What [`History::keep`] did with the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    Now,
    /// It was there already, equal in every figure; its files were left as they are.
    Before,
    /// Another one of that date was there and was replaced.
    InPlaceOfAnother,
}

/// What [`History::keep`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// What became of the snapshot itself.
    pub kept: Kept,
    /// How many later days were written anew, since what they say of the day before them changed.
    pub later_days: usize,
}

impl History {
    /// The history in `data_folder`, to be read. Nothing there is an empty history.
    ///
    /// # Errors
    /// [`HistoryError`] where it is of a newer format, or its key is lost or is another one.
    pub fn open(data_folder: &Path) -> Result<Self, HistoryError> {
        let folder = data_folder.join(FOLDER);
        let key = format::read_key(&folder)?.map(|(key, _)| key);
        Ok(Self {
            folder,
            key,
            formerly: FormerCodes::new(),
        })
    }

    /// The history in `data_folder`, to be read and written. Where nothing is there, a key is made,
    /// once; one of an earlier format is brought to this one, once.
    ///
    /// # Errors
    /// [`HistoryError`] as in [`History::open`], or where the folder cannot be written.
    pub fn open_or_begin(data_folder: &Path) -> Result<Self, HistoryError> {
        let folder = data_folder.join(FOLDER);
        let (key, is_of_this_format) = match format::read_key(&folder)? {
            Some(known) => known,
            None => (format::begin(&folder)?, true),
        };
        let history = Self {
            folder,
            key: Some(key.clone()),
            formerly: FormerCodes::new(),
        };
        if !is_of_this_format {
            history.take_over()?;
            format::state(&history.folder, &key)?;
        }
        Ok(history)
    }

    /// Whether a snapshot was ever kept in it, though all may be purged since.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.key.is_some() && mark::is_any_below(&self.folder)
    }

    /// Puts the history of a data folder aside, under a name of its own, so that another can be begun.
    /// Gives where it is then; `None` where there is none.
    ///
    /// # Errors
    /// [`HistoryError::File`] where it cannot be moved.
    pub fn put_aside(data_folder: &Path, mark: &str) -> Result<Option<PathBuf>, HistoryError> {
        let folder = data_folder.join(FOLDER);
        let aside = data_folder.join(format!("{FOLDER}-until-{mark}"));
        let moved = private_files::if_there(std::fs::rename(&folder, &aside))
            .map_err(|source| HistoryError::file(&folder, "moved", source))?;
        Ok(moved.map(|()| aside))
    }

    /// The last snapshot of an organisation before `date`: not necessarily of the day before, since
    /// there are weekends and gaps. One that is damaged is passed over, and named. Where none was
    /// kept under its code, it is merged from those of the codes that it continues.
    #[must_use]
    pub fn before(&self, organisation: &OrganisationCode, date: ReportDate) -> Before {
        if self.formerly.contains_key(organisation) && !self.has_own_before(organisation, date) {
            return self.before_under_other_codes(organisation, date);
        }
        self.last_before(organisation, date)
    }

    fn last_before(&self, organisation: &OrganisationCode, date: ReportDate) -> Before {
        let mut before = Before::default();
        let dates = mark::dates(&self.folder, organisation).unwrap_or_else(|error| {
            before.damaged.push(error);
            Vec::new()
        });
        for earlier in dates.into_iter().rev().filter(|earlier| *earlier < date) {
            match self.read(organisation, earlier) {
                Ok(snapshot) => {
                    before.last = Some(snapshot);
                    break;
                }
                Err(error) => before.damaged.push(error),
            }
        }
        before
    }

    /// The figures of an organisation on each of the [`WINDOW_DAYS`] days before `date` that was
    /// kept, under its code or those that it continues.
    #[must_use]
    pub fn organisation_days(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Window<OrganisationDay> {
        let mut window = self.days_of(organisation, date);
        self.add_days_under_other_codes(organisation, date, &mut window);
        window
    }

    fn days_of(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Window<OrganisationDay> {
        let rows = |date, frame: &DataFrame| Ok(vec![days::organisation_day(date, frame)?]);
        self.window(organisation, date, SnapshotTable::OrganisationDays, rows)
    }

    /// A small table of each day of the window, and nothing else of it.
    fn window<T>(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        table: SnapshotTable,
        rows: impl Fn(ReportDate, &DataFrame) -> PolarsResult<Vec<T>>,
    ) -> Window<T> {
        let mut window = Window {
            days: Vec::new(),
            damaged: Vec::new(),
        };
        let days = (1..=WINDOW_DAYS).rev();
        for day in days.filter_map(|days| date.days_before(days)) {
            if !mark::path(&self.folder, organisation, day).exists() {
                continue;
            }
            let rows = self
                .mark(organisation, day)
                .and_then(|mark| self.frame(organisation, day, table, &mark))
                .and_then(|frame| Ok(rows(day, &frame)?));
            match rows {
                Ok(rows) => window.days.extend(rows),
                Err(error) => window.damaged.push(error),
            }
        }
        window
    }

    /// The snapshot of a day's tables: rows in the order of theirs. `None` where there is no key to
    /// make it with.
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
        let take = |key| Snapshot::take(key, organisation, date, tables, before);
        Ok(self.key.as_ref().map(take).transpose()?)
    }

    /// Writes a snapshot, for good: it is complete or absent. An equal one is left as it is.
    /// `edition` is that of the reports that were made of the same tables. Later days are held
    /// against it: what they say is as if the days had been kept in their order.
    ///
    /// # Errors
    /// [`HistoryError`] with the path; also where there is a damaged snapshot of that date, which
    /// is left as it is.
    pub fn keep(&self, snapshot: &Snapshot, edition: u32) -> Result<Keeping, HistoryError> {
        let (organisation, date) = (&snapshot.organisation, snapshot.date);
        let frames = snapshot.clone().of_edition(edition)?.frames()?;
        let mark_path = mark::path(&self.folder, organisation, date);
        let kept = if !mark_path.exists() {
            Kept::Now
        } else if equal(
            &self.frames(organisation, date, &self.mark(organisation, date)?)?,
            &frames,
        ) {
            Kept::Before
        } else {
            Kept::InPlaceOfAnother
        };
        let unsettled_from = self.to_settle(organisation)?.unwrap_or(date).min(date);
        let mut later = mark::dates(&self.folder, organisation)?;
        // This day too, where it was held against one that is not settled itself.
        later.retain(|day| *day >= unsettled_from && (*day != date || unsettled_from < date));
        if !later.is_empty() {
            self.begin_to_settle(organisation, unsettled_from)?;
        }
        if kept == Kept::InPlaceOfAnother {
            // First the mark: what is between two snapshots must not count.
            remove(&mark_path)?;
        }
        if kept != Kept::Before {
            let (files, mark) = self.files(organisation, date, frames)?;
            private_files::write_together(&files)
                .map_err(|source| HistoryError::file(&self.folder, "written", source))?;
            write(&mark_path, mark.as_bytes())?;
        }
        let later_days = if later.is_empty() {
            0
        } else {
            self.settle(organisation, &later)?
        };
        Ok(Keeping { kept, later_days })
    }

    fn read(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Result<Snapshot, HistoryError> {
        let mark = self.mark(organisation, date)?;
        let [
            mailboxes,
            failed_items,
            organisation_day,
            collection_days,
            cleared_items,
            schedule,
        ] = self.frames(organisation, date, &mark)?;
        Ok(Snapshot {
            organisation: organisation.clone(),
            date,
            mailboxes,
            failed_items,
            organisation_day,
            collection_days,
            cleared_items,
            schedule,
        })
    }

    /// The files that hold the tables of a snapshot, and the text of its mark.
    fn files(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        frames: Frames,
    ) -> PolarsResult<(Files, String)> {
        let (mut files, mut mark) = (Vec::new(), String::new());
        for (table, mut frame) in SnapshotTable::ALL.into_iter().zip(frames) {
            let below = table.file(organisation, date);
            let bytes = parquet::to_bytes(&mut frame)?;
            mark += &mark::line(&below, &bytes);
            files.push((self.folder.join(&below), bytes));
        }
        Ok((files, mark))
    }

    /// The text of a snapshot's mark.
    fn mark(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Result<String, HistoryError> {
        let path = mark::path(&self.folder, organisation, date);
        let mark =
            std::fs::read(&path).map_err(|source| HistoryError::file(&path, "read", source))?;
        Ok(String::from_utf8_lossy(&mark).into_owned())
    }

    /// The tables of a snapshot.
    fn frames(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        mark: &str,
    ) -> Result<Frames, HistoryError> {
        let frame = |table| self.frame(organisation, date, table, mark);
        Ok([
            frame(SnapshotTable::Mailboxes)?,
            frame(SnapshotTable::FailedItems)?,
            frame(SnapshotTable::OrganisationDays)?,
            frame(SnapshotTable::CollectionDays)?,
            frame(SnapshotTable::ClearedItems)?,
            frame(SnapshotTable::Schedule)?,
        ])
    }

    /// A table of a snapshot, proved to be what was written.
    fn frame(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        table: SnapshotTable,
        mark: &str,
    ) -> Result<DataFrame, HistoryError> {
        let below = table.file(organisation, date);
        if table.since() > 1 && !mark::names(mark, &below) {
            // A snapshot of an earlier format.
            return Ok(parquet::nothing_known(table, 0)?);
        }
        let path = self.folder.join(&below);
        let mark_path = mark::path(&self.folder, organisation, date);
        let damaged = |because: String| HistoryError::Damaged {
            path: path.clone(),
            mark: mark_path.clone(),
            because,
        };
        let bytes = std::fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        // Before its bytes are understood: what is not proved may be anything.
        if !mark::proves(mark, &below, &bytes) {
            return Err(damaged("it is not what was written".to_owned()));
        }
        parquet::from_bytes(bytes, table).map_err(damaged)
    }
}

/// Files by their paths.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// The tables of a snapshot, in the order of [`SnapshotTable::ALL`].
type Frames = [DataFrame; SnapshotTable::ALL.len()];

fn equal(some: &Frames, others: &Frames) -> bool {
    some.iter()
        .zip(others)
        .all(|(one, other)| one.equals_missing(other))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), HistoryError> {
    private_files::write_durably(path, bytes)
        .map_err(|source| HistoryError::file(path, "written", source))
}

fn remove(path: &Path) -> Result<(), HistoryError> {
    let removed = std::fs::remove_file(path)
        .and_then(|()| path.parent().map_or(Ok(()), private_files::sync_folder));
    removed.map_err(|source| HistoryError::file(path, "removed", source))
}

#[cfg(test)]
mod tests;
