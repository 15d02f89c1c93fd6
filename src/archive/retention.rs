use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{Archive, ArchiveError};
use crate::domain::ReportDate;
use crate::private_files;

/// The name of the history in a data folder. Each set of figures in it has folders of days,
/// `date=2026-11-22`; its marks, without which figures do not count, have `2026-11-22`.
const HISTORY: &str = "history";
/// What the names of folders of days begin with: the archive's, the history's marks', and last the
/// history's figures'.
const DAYS: [&str; 2] = ["", "date="];

/// What was removed of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// How many files.
    pub files: u64,
    /// How many bytes they had together.
    pub bytes: u64,
}

impl Removed {
    /// The sum of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl std::iter::Sum for Removed {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), Self::and)
    }
}

impl Archive {
    /// The folders of every day before `before`, in the archive and in the history.
    pub fn days_before(
        &self,
        before: ReportDate,
    ) -> Result<BTreeMap<ReportDate, Vec<PathBuf>>, ArchiveError> {
        let mut folders = folders_in(&self.folder())?;
        for figures in folders_in(&self.data_folder.join(HISTORY))? {
            folders.extend(folders_in(&figures)?);
        }
        let mut days: BTreeMap<ReportDate, Vec<PathBuf>> = BTreeMap::new();
        // A removal that is cut short leaves figures without their mark, never a mark without its
        // figures.
        for prefix in DAYS {
            for folder in &folders {
                // Written as this program writes it: what else lies there is not its to remove.
                let day = name_of(folder)
                    .and_then(|name| ReportDate::parse_iso(name.strip_prefix(prefix)?));
                if let Some(day) = day.filter(|day| *day < before) {
                    days.entry(day).or_default().push(folder.clone());
                }
            }
        }
        Ok(days)
    }

    /// The folders of every day before `before` in a folder that has one for each, such as an outbox.
    pub fn days_in(
        &self,
        folder: &Path,
        before: ReportDate,
    ) -> Result<BTreeMap<ReportDate, Vec<PathBuf>>, ArchiveError> {
        let mut days: BTreeMap<ReportDate, Vec<PathBuf>> = BTreeMap::new();
        for folder in folders_in(folder)? {
            let day = name_of(&folder).and_then(ReportDate::parse_iso);
            if let Some(day) = day.filter(|day| *day < before) {
                days.entry(day).or_default().push(folder);
            }
        }
        Ok(days)
    }

    /// What removing these folders would remove.
    pub fn size_of(&self, folders: &[PathBuf]) -> Result<Removed, ArchiveError> {
        let of = |folder: &PathBuf| size_of(folder).map_err(ArchiveError::at(folder, "read"));
        let sizes = folders.iter().map(of);
        sizes.sum()
    }

    /// Removes folders that [`Archive::days_before`] named, with all that is in them.
    ///
    /// # Errors
    /// [`ArchiveError`] with the path; folders before it are gone.
    pub fn remove(&self, folders: &[PathBuf]) -> Result<Removed, ArchiveError> {
        let mut removed = Removed::default();
        for folder in folders {
            let failed = |source| ArchiveError::at(folder, "removed")(source);
            removed = removed.and(size_of(folder).map_err(failed)?);
            std::fs::remove_dir_all(folder).map_err(failed)?;
            private_files::sync_folder(folder.parent().unwrap_or(&self.data_folder))
                .map_err(failed)?;
        }
        Ok(removed)
    }
}

/// The folders in a folder, but for links to folders; none where it is not there.
pub(super) fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let failed = |source| ArchiveError::at(folder, "read")(source);
    let entries = private_files::if_there(std::fs::read_dir(folder)).map_err(failed)?;
    let mut folders = Vec::new();
    for entry in entries.into_iter().flatten() {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// The name of a folder, without those above it.
pub(super) fn name_of(folder: &Path) -> Option<&str> {
    folder.file_name()?.to_str()
}

fn size_of(folder: &Path) -> io::Result<Removed> {
    let mut size = Removed::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = std::fs::symlink_metadata(entry.path())?;
        size = size.and(if metadata.is_dir() {
            size_of(&entry.path())?
        } else {
            let bytes = metadata.len();
            Removed { files: 1, bytes }
        });
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_before_are_found_and_removed() {
        let data = tempfile::tempdir().unwrap();
        let archive = Archive::new(data.path());
        for folder in [
            "archive/2026-11-01/RXX",
            "archive/2026-11-02/RXX",
            "archive/2026-11-03",
            "archive/notes",
            "archive/2026-1-1",
            "history/mailboxes/date=2026-11-01/organisation=RXX",
            "history/mailboxes/date=2026-11-03",
            "history/snapshots/2026-11-01",
            "history/2026-11-01",
        ] {
            std::fs::create_dir_all(data.path().join(folder)).unwrap();
            std::fs::write(data.path().join(folder).join("file"), "12345").unwrap();
        }
        let before = ReportDate::parse_iso("2026-11-03").unwrap();
        let days = archive.days_before(before).unwrap();
        let counts: Vec<_> = days
            .iter()
            .map(|(day, folders)| (day.to_string(), folders.len()))
            .collect();
        assert_eq!(
            counts,
            [("2026-11-01".to_owned(), 3), ("2026-11-02".to_owned(), 1)]
        );
        let last = days.values().next().unwrap().last().unwrap();
        assert!(
            last.ends_with("history/mailboxes/date=2026-11-01"),
            "figures go after their mark: {}",
            last.display()
        );
        let removed: Vec<_> = days
            .values()
            .map(|folders| archive.remove(folders).unwrap())
            .collect();
        assert_eq!(
            removed,
            [
                Removed {
                    files: 3,
                    bytes: 15
                },
                Removed { files: 1, bytes: 5 }
            ]
        );
        assert!(archive.days_before(before).unwrap().is_empty());
        for kept in [
            "archive/2026-11-03/file",
            "archive/notes/file",
            "archive/2026-1-1/file",
            "history/2026-11-01/file",
        ] {
            assert!(data.path().join(kept).is_file(), "{kept}");
        }
    }
}
