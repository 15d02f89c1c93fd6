//! The marks of snapshots, `snapshots/2026-11-22/RXX.sha256`: a snapshot counts when its mark is
//! there. A mark is what `sha256sum` writes of the snapshot's files, so `sha256sum --check`, run in
//! the history's folder, proves it.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::HistoryError;
use crate::domain::{OrganisationCode, ReportDate, hexadecimal};
use crate::private_files;

const MARKS: &str = "snapshots";

/// Where the mark of a snapshot is.
pub(super) fn path(folder: &Path, organisation: &OrganisationCode, date: ReportDate) -> PathBuf {
    folder
        .join(MARKS)
        .join(date.to_string())
        .join(format!("{organisation}.sha256"))
}

/// A line of a mark: a file, by its path below the history's folder, and the digest of its bytes.
pub(super) fn line(below: &Path, bytes: &[u8]) -> String {
    let digest = hexadecimal::encode(&Sha256::digest(bytes));
    format!("{digest}  {}\n", below.display())
}

/// Whether a mark has this file with the digest of these bytes. While the figures of a day that
/// follow from the one before it are written anew, its mark has a file twice: it is the one or the
/// other.
pub(super) fn proves(mark: &str, below: &Path, bytes: &[u8]) -> bool {
    let line = line(below, bytes);
    mark.split_inclusive('\n').any(|known| known == line)
}

/// Whether a mark has this file.
pub(super) fn names(mark: &str, below: &Path) -> bool {
    let name = format!("  {}", below.display());
    mark.lines().any(|line| line.ends_with(&name))
}

/// Whether any snapshot was ever kept in the history's `folder`.
pub(super) fn is_any_below(folder: &Path) -> bool {
    folder.join(MARKS).exists()
}

/// The dates of which there is a snapshot of the organisation, in order. It lists every day that
/// any organisation has: what is done each day for a report goes from day to day instead.
pub(super) fn dates(
    folder: &Path,
    organisation: &OrganisationCode,
) -> Result<Vec<ReportDate>, HistoryError> {
    let mut dates = days(folder)?;
    dates.retain(|date| path(folder, organisation, *date).exists());
    Ok(dates)
}

/// The organisations of which there is a snapshot of any day.
pub(super) fn organisations(folder: &Path) -> Result<Vec<OrganisationCode>, HistoryError> {
    let mut organisations = Vec::new();
    for date in days(folder)? {
        let names = names_in(&folder.join(MARKS).join(date.to_string()))?;
        let code = |name: &String| OrganisationCode::parse(name.strip_suffix(".sha256")?).ok();
        organisations.extend(names.iter().filter_map(code));
    }
    organisations.sort_unstable();
    organisations.dedup();
    Ok(organisations)
}

/// The dates of which there is a snapshot of any organisation, in order.
fn days(folder: &Path) -> Result<Vec<ReportDate>, HistoryError> {
    let names = names_in(&folder.join(MARKS))?;
    let days = names.iter().filter_map(|name| ReportDate::parse_iso(name));
    let mut days: Vec<ReportDate> = days.collect();
    days.sort_unstable();
    Ok(days)
}

/// What is in a folder; nothing where it is not there.
fn names_in(folder: &Path) -> Result<Vec<String>, HistoryError> {
    let unreadable = |source| HistoryError::file(folder, "read", source);
    let entries = private_files::if_there(std::fs::read_dir(folder)).map_err(unreadable)?;
    let mut names = Vec::new();
    for entry in entries.into_iter().flatten() {
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    Ok(names)
}
