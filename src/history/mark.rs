//! The marks of snapshots, `snapshots/2026-11-22/RXX.sha256`: a snapshot counts when its mark is there. A mark is what
//! `sha256sum` writes of the snapshot's files, so `sha256sum --check`, run in the history's folder, proves it.

use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::HistoryError;
use super::fingerprint::hexadecimal;
use crate::domain::{OrganisationCode, ReportDate};

const MARKS: &str = "snapshots";

/// Where the mark of a snapshot is.
pub(super) fn path(folder: &Path, organisation: &OrganisationCode, date: ReportDate) -> PathBuf {
    folder.join(MARKS).join(date.to_string()).join(format!("{organisation}.sha256"))
}

/// A line of a mark: a file, by its path below the history's folder, and the digest of its bytes.
pub(super) fn line(below: &Path, bytes: &[u8]) -> String {
    format!("{}  {}\n", digest(bytes), below.display())
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Whether any snapshot was ever kept in the history's `folder`.
pub(super) fn is_any_below(folder: &Path) -> bool {
    folder.join(MARKS).exists()
}

/// The dates before `date` of which there is a snapshot of the organisation, the last one first.
pub(super) fn dates_before(folder: &Path, organisation: &OrganisationCode, date: ReportDate) -> Result<Vec<ReportDate>, HistoryError> {
    let marks = folder.join(MARKS);
    let unreadable = |source| HistoryError::file(&marks, "read", source);
    let entries = match std::fs::read_dir(&marks) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut dates = Vec::new();
    for entry in entries {
        let name = entry.map_err(unreadable)?.file_name();
        let day = name.to_str().and_then(|name| NaiveDate::parse_from_str(name, "%Y-%m-%d").ok());
        dates.extend(day.map(ReportDate::of).filter(|day| *day < date));
    }
    dates.sort_unstable_by(|a, b| b.cmp(a));
    dates.retain(|date| path(folder, organisation, *date).exists());
    Ok(dates)
}
