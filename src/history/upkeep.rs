//! Keeps what days say of the day before them true, whatever the order in which days are kept.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::table::SnapshotTable;
use super::{Frames, History, HistoryError, equal, mark, remove, write};
use crate::domain::{OrganisationCode, ReportDate};
use crate::private_files;

/// Holds, while later days are held against a day that was kept, a file of the organisation with
/// the date of that day. A run that ends in between leaves it behind, and the next one goes on from
/// there.
const TO_SETTLE: &str = "to-settle";

impl History {
    /// Ends what a run began that did not end by itself: the days after one that was replaced are
    /// held against it. It says how many days changed. To be called before an organisation is read,
    /// by whoever may write.
    ///
    /// # Errors
    /// [`HistoryError`] with the path.
    pub fn mend(&self, organisation: &OrganisationCode) -> Result<usize, HistoryError> {
        let Some(from) = self.to_settle(organisation)? else {
            return Ok(0);
        };
        let mut dates = mark::dates(&self.folder, organisation)?;
        dates.retain(|date| *date >= from);
        self.settle(organisation, &dates)
    }

    /// What is wrong with an organisation's days where a run did not end by itself, and they are
    /// still to be held against each other.
    ///
    /// # Errors
    /// [`HistoryError::Unsettled`]; or another, with the path.
    pub fn is_settled(&self, organisation: &OrganisationCode) -> Result<(), HistoryError> {
        match self.to_settle(organisation)? {
            Some(from) => Err(HistoryError::Unsettled(from)),
            None => Ok(()),
        }
    }

    /// Brings every snapshot of an earlier format to this one.
    pub(super) fn take_over(&self) -> Result<(), HistoryError> {
        for organisation in mark::organisations(&self.folder)? {
            self.settle(&organisation, &mark::dates(&self.folder, &organisation)?)?;
        }
        Ok(())
    }

    /// Notes that the days from this one on are to be held against each other.
    pub(super) fn begin_to_settle(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Result<(), HistoryError> {
        write(&self.settling(organisation), format!("{date}\n").as_bytes())
    }

    /// Holds each of these days, in order, against the one before it, and says how many changed. A
    /// day that cannot be read is passed over.
    pub(super) fn settle(
        &self,
        organisation: &OrganisationCode,
        dates: &[ReportDate],
    ) -> Result<usize, HistoryError> {
        let mut changed = 0;
        let mut before = dates
            .first()
            .and_then(|date| self.before(organisation, *date).last);
        for date in dates {
            let Ok(present) = self.read(organisation, *date) else {
                continue;
            };
            if before.is_none() && present.was_held_against_another()? {
                before = Some(present);
                continue;
            }
            let anew = present.held_against(before.as_ref())?;
            let frames = anew.frames()?;
            let mark = self.mark(organisation, *date)?;
            let is_whole = mark.lines().count() == SnapshotTable::ALL.len();
            if !is_whole || !equal(&present.frames()?, &frames) {
                self.write_anew(organisation, *date, frames, &mark)?;
                changed += 1;
            }
            before = Some(anew);
        }
        let settling = self.settling(organisation);
        if settling.exists() {
            remove(&settling)?;
        }
        Ok(changed)
    }

    /// Writes the tables of a snapshot of which only what follows from the day before changed. The
    /// snapshot counts all the while: its mark has the digests of both until all files are there.
    fn write_anew(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        frames: Frames,
        mark: &str,
    ) -> Result<(), HistoryError> {
        let (files, lines) = self.files(organisation, date, frames)?;
        let path = mark::path(&self.folder, organisation, date);
        write(&path, format!("{mark}{lines}").as_bytes())?;
        for (file, bytes) in &files {
            if std::fs::read(file).ok().as_ref() != Some(bytes) {
                write(file, bytes)?;
            }
        }
        write(&path, lines.as_bytes())
    }

    fn settling(&self, organisation: &OrganisationCode) -> PathBuf {
        self.folder.join(TO_SETTLE).join(organisation.as_str())
    }

    /// The day from which on an organisation's days are to be held against each other.
    pub(super) fn to_settle(
        &self,
        organisation: &OrganisationCode,
    ) -> Result<Option<ReportDate>, HistoryError> {
        let path = self.settling(organisation);
        let text = private_files::if_there(std::fs::read_to_string(&path))
            .map_err(|source| HistoryError::file(&path, "read", source))?;
        // A text that is no date was not written here: all days are looked at then.
        let date = |text: String| ReportDate::parse_iso(text.trim());
        Ok(text.map(|text| date(text).unwrap_or(ReportDate::of(NaiveDate::MIN))))
    }
}

#[cfg(test)]
mod tests;
