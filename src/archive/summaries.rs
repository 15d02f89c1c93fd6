//! What a day leaves for the central team: its Run Summaries, its page, and the page of all days.

use std::path::{Path, PathBuf};

use super::retention::{folders_in, name_of};
use super::{
    ARCHIVE, Archive, ArchiveError, ArchivedFile, EditionPlace, replace_file, write_folder,
};
use crate::domain::{OrganisationCode, ReportDate, ReportKind};
use crate::private_files;

/// The folder of a day's Run Summaries.
const RUN_SUMMARY: &str = "run-summary";
/// What the folder of an edition begins with.
const EDITION: &str = "edition-";
/// The name of the file that says how far the ledger was.
pub const ANCHOR: &str = "ledger.json";
/// An old day that is run again has a newer one than the newest day: so many are looked at.
const ANCHORS_ASKED: usize = 5;
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
        Path::new(&self.report_date.to_string())
            .join(RUN_SUMMARY)
            .join(format!("{EDITION}{}", self.edition))
    }

    fn below_data(self) -> PathBuf {
        Path::new(ARCHIVE).join(self.below_dates())
    }
}

impl Archive {
    /// The newest edition of a day's Run Summary; `None` where there is none.
    pub fn newest_summary(
        &self,
        report_date: ReportDate,
    ) -> Result<Option<SummaryPlace>, ArchiveError> {
        let editions = editions_in(&self.day_folder(report_date).join(RUN_SUMMARY))?;
        let newest = editions.into_iter().max();
        Ok(newest.map(|edition| SummaryPlace {
            report_date,
            edition,
        }))
    }

    /// Writes the folder of an edition: all of its files or none.
    pub fn write_summary(
        &self,
        place: SummaryPlace,
        files: &[ArchivedFile],
    ) -> Result<(), ArchiveError> {
        write_folder(&self.data_folder.join(place.below_data()), files)
    }

    /// Reads a file of an edition.
    pub fn read_summary(&self, place: SummaryPlace, file: &str) -> Result<Vec<u8>, ArchiveError> {
        self.read(&place.below_data().join(file))
    }

    /// Writes a file of an edition in place of what was there.
    pub fn replace_in_summary(
        &self,
        place: SummaryPlace,
        file: &str,
        bytes: &[u8],
    ) -> Result<(), ArchiveError> {
        let path = self.data_folder.join(place.below_data()).join(file);
        replace_file(&path, bytes)
    }

    /// The last day before another on which an organisation got reports, and which has a page.
    pub fn last_day_of(
        &self,
        organisation: &OrganisationCode,
        before: ReportDate,
    ) -> Result<Option<ReportDate>, ArchiveError> {
        let mut days = self.days()?.into_iter().filter(|day| *day < before);
        let has_both = |day: &ReportDate| {
            let folder = self.day_folder(*day);
            folder.join(organisation.as_str()).is_dir() && folder.join(PAGE).is_file()
        };
        Ok(days.rfind(has_both))
    }

    /// Writes the page of a day, in place of what was there.
    pub fn write_day_page(&self, report_date: ReportDate, html: &str) -> Result<(), ArchiveError> {
        let path = self.day_folder(report_date).join(PAGE);
        replace_file(&path, html.as_bytes())
    }

    /// Writes the page of all days, in place of what was there.
    pub fn write_page(&self, html: &str) -> Result<(), ArchiveError> {
        replace_file(&self.folder().join(PAGE), html.as_bytes())
    }

    /// Writes down beside the reports of a day how far the ledger was, in place of what was there.
    pub fn write_anchor(&self, report_date: ReportDate, text: &str) -> Result<(), ArchiveError> {
        replace_file(&self.day_folder(report_date).join(ANCHOR), text.as_bytes())
    }

    /// Removes what is written down so of every day.
    pub fn remove_anchors(&self) -> Result<(), ArchiveError> {
        for day in self.days()? {
            let path = self.day_folder(day).join(ANCHOR);
            private_files::if_there(std::fs::remove_file(&path))
                .map_err(ArchiveError::at(&path, "removed"))?;
        }
        Ok(())
    }

    /// What is written down so of the newest days that have it, with its paths.
    pub fn newest_anchors(&self) -> Result<Vec<(PathBuf, String)>, ArchiveError> {
        let mut anchors = Vec::new();
        for day in self.days()?.into_iter().rev() {
            let path = self.day_folder(day).join(ANCHOR);
            let text = private_files::if_there(std::fs::read_to_string(&path));
            let text = text.map_err(ArchiveError::at(&path, "read"))?;
            anchors.extend(text.map(|text| (path, text)));
            // The days before have older ones.
            if anchors.len() == ANCHORS_ASKED {
                break;
            }
        }
        Ok(anchors)
    }

    /// The days that have a folder, in order.
    pub fn days(&self) -> Result<Vec<ReportDate>, ArchiveError> {
        let day = |folder: &PathBuf| ReportDate::parse_iso(name_of(folder)?);
        Ok(folders_in(&self.folder())?.iter().filter_map(day).collect())
    }

    /// Every edition of every report of a day that has a page, by organisation, report and edition.
    pub fn editions(
        &self,
        report_date: ReportDate,
    ) -> Result<Vec<(OrganisationCode, ReportKind, u32)>, ArchiveError> {
        let mut editions = Vec::new();
        for folder in folders_in(&self.day_folder(report_date))? {
            let code = name_of(&folder).and_then(|name| OrganisationCode::parse(name).ok());
            let Some(organisation) = code else { continue };
            for report in ReportKind::ALL {
                for edition in editions_in(&folder.join(report.name()))? {
                    let place = EditionPlace {
                        report_date,
                        organisation: &organisation,
                        report,
                        edition,
                    };
                    let page = place.below_data().join("report.html");
                    if self.bytes_of(&page).is_some() {
                        editions.push((organisation.clone(), report, edition));
                    }
                }
            }
        }
        Ok(editions)
    }

    /// The messages of an edition, by their paths below the data folder.
    pub fn messages_of(&self, place: &EditionPlace<'_>) -> Result<Vec<PathBuf>, ArchiveError> {
        let below = place.below_data();
        let folder = self.data_folder.join(&below);
        let failed = |source| ArchiveError::at(&folder, "read")(source);
        let mut messages = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if Path::new(&name)
                .extension()
                .is_some_and(|ending| ending == "eml")
            {
                messages.push(below.join(name));
            }
        }
        messages.sort();
        Ok(messages)
    }

    /// The names of the files in a folder below the data folder; none where it is not there.
    pub fn names_in(&self, below: &Path) -> Result<Vec<String>, ArchiveError> {
        let folder = self.data_folder.join(below);
        let failed = ArchiveError::at(&folder, "read");
        let entries = crate::private_files::if_there(std::fs::read_dir(&folder)).map_err(failed)?;
        let entries = entries.into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.collect())
    }

    fn day_folder(&self, report_date: ReportDate) -> PathBuf {
        self.folder().join(report_date.to_string())
    }
}

/// The numbers in the names of editions' folders.
fn editions_in(folder: &Path) -> Result<Vec<u32>, ArchiveError> {
    let edition = |folder: &PathBuf| name_of(folder)?.strip_prefix(EDITION)?.parse().ok();
    Ok(folders_in(folder)?.iter().filter_map(edition).collect())
}
