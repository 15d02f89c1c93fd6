//! What a day leaves for the central team: its Run Summaries, its page, and the page of all days.

use std::path::{Path, PathBuf};

use super::retention::folders_in;
use super::{
    ARCHIVE, Archive, ArchiveError, ArchivedFile, EditionPlace, Readers, replace_file, write_folder,
};
use crate::domain::{OrganisationCode, ReportDate, ReportKind};

/// The folder of a day's Run Summaries.
const RUN_SUMMARY: &str = "run-summary";
/// What the folder of an edition begins with.
const EDITION: &str = "edition-";
/// The name of a page.
const PAGE: &str = "index.html";

/// One edition of a Run Summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryPlace {
    /// The day it is about.
    pub report_date: ReportDate,
    /// Which edition, from 1.
    pub edition: u32,
}

impl SummaryPlace {
    /// Its folder below a folder of dates: `2026-11-22/run-summary/edition-1`. No organisation has
    /// such a code.
    #[must_use]
    pub fn below_dates(self) -> PathBuf {
        [
            self.report_date.to_string().as_str(),
            RUN_SUMMARY,
            &format!("{EDITION}{}", self.edition),
        ]
        .iter()
        .collect()
    }

    fn below_data(self) -> PathBuf {
        Path::new(ARCHIVE).join(self.below_dates())
    }
}

impl Archive {
    /// The newest edition of a day's Run Summary; `None` where there is none.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn newest_summary(
        &self,
        report_date: ReportDate,
    ) -> Result<Option<SummaryPlace>, ArchiveError> {
        let editions = folders_in(&self.day_folder(report_date).join(RUN_SUMMARY))?;
        let newest = editions
            .iter()
            .filter_map(|folder| edition_of(folder))
            .max();
        Ok(newest.map(|edition| SummaryPlace {
            report_date,
            edition,
        }))
    }

    /// Writes the folder of an edition: all of its files or none.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn write_summary(
        &self,
        place: SummaryPlace,
        files: &[ArchivedFile],
    ) -> Result<(), ArchiveError> {
        write_folder(&self.data_folder.join(place.below_data()), files)
    }

    /// Reads a file of an edition.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn read_summary(&self, place: SummaryPlace, file: &str) -> Result<Vec<u8>, ArchiveError> {
        self.read(&place.below_data().join(file))
    }

    /// Writes a file of an edition in place of what was there.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn replace_in_summary(
        &self,
        place: SummaryPlace,
        file: &str,
        bytes: &[u8],
    ) -> Result<(), ArchiveError> {
        replace_file(
            &self.data_folder.join(place.below_data()).join(file),
            bytes,
            Readers::Owner,
        )
    }

    /// Writes the page of a day, in place of what was there.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn write_day_page(&self, report_date: ReportDate, html: &str) -> Result<(), ArchiveError> {
        replace_file(
            &self.day_folder(report_date).join(PAGE),
            html.as_bytes(),
            Readers::Owner,
        )
    }

    /// Writes the page of all days, in place of what was there.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn write_page(&self, html: &str) -> Result<(), ArchiveError> {
        replace_file(&self.folder().join(PAGE), html.as_bytes(), Readers::Owner)
    }

    /// The days that have a folder, in order.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn days(&self) -> Result<Vec<ReportDate>, ArchiveError> {
        let day = |folder: &PathBuf| ReportDate::parse_iso(folder.file_name()?.to_str()?);
        Ok(folders_in(&self.folder())?.iter().filter_map(day).collect())
    }

    /// Every edition of every report of a day that has a page, by organisation, report and edition.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path.
    pub fn editions(
        &self,
        report_date: ReportDate,
    ) -> Result<Vec<(OrganisationCode, ReportKind, u32)>, ArchiveError> {
        let mut editions = Vec::new();
        for folder in folders_in(&self.day_folder(report_date))? {
            let code = folder
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| OrganisationCode::parse(name).ok());
            let Some(organisation) = code else { continue };
            for report in ReportKind::ALL {
                for edition in folders_in(&folder.join(report.name()))?
                    .iter()
                    .filter_map(|folder| edition_of(folder))
                {
                    let place = EditionPlace {
                        report_date,
                        organisation: &organisation,
                        report,
                        edition,
                    };
                    if self
                        .data_folder
                        .join(place.below_data())
                        .join("report.html")
                        .is_file()
                    {
                        editions.push((organisation.clone(), report, edition));
                    }
                }
            }
        }
        Ok(editions)
    }

    fn day_folder(&self, report_date: ReportDate) -> PathBuf {
        self.folder().join(report_date.to_string())
    }
}

/// The number in the name of an edition's folder.
fn edition_of(folder: &Path) -> Option<u32> {
    folder
        .file_name()?
        .to_str()?
        .strip_prefix(EDITION)?
        .parse()
        .ok()
}
