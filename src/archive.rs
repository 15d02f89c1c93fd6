//! Keeps what a run made: the folder of each edition, and the lock that lets one run at a time make
//! them.
//!
//! Takes: files of an edition. Gives: the folder they lie in, complete or absent; files by their
//! paths. Touches: the data folder.

mod lock;
mod retention;
mod summaries;

use std::io;
use std::path::{Path, PathBuf};

pub use lock::{LOCKS, Lock, LockError};
pub use retention::Removed;
pub use summaries::{ANCHOR, SummaryPlace};

use crate::domain::{OrganisationCode, ReportDate, ReportKind};
use crate::private_files;

/// The name of the archive in a data folder.
const ARCHIVE: &str = "archive";

/// The archive in a data folder.
#[derive(Debug, Clone)]
pub struct Archive {
    data_folder: PathBuf,
}

/// One edition of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionPlace<'a> {
    /// The day it is about.
    pub report_date: ReportDate,
    /// Whom it is about.
    pub organisation: &'a OrganisationCode,
    /// The kind of the report.
    pub report: ReportKind,
    /// Which edition, from 1.
    pub edition: u32,
}

impl EditionPlace<'_> {
    /// Its folder below a folder of dates: `2026-11-22/RXX/overall-migration/edition-1`. No part of
    /// it is text from outside: a code is letters and digits.
    #[must_use]
    pub fn below_dates(&self) -> PathBuf {
        let edition = format!("edition-{}", self.edition);
        Path::new(&self.report_date.to_string())
            .join(self.organisation.as_str())
            .join(self.report.name())
            .join(edition)
    }

    /// Its folder below a data folder: what the ledger keeps.
    #[must_use]
    pub fn below_data(&self) -> PathBuf {
        Path::new(ARCHIVE).join(self.below_dates())
    }
}

/// A file of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedFile {
    /// Its name, without a folder.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why something could not be kept or found, and where.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be {doing}: {source}. Check that the folder belongs to the user who runs this \
 and that the disk has space", path.display())]
pub struct ArchiveError {
    /// The file or folder.
    pub path: PathBuf,
    /// “read”, “written”, “removed”.
    pub doing: &'static str,
    /// What the operating system says.
    pub source: io::Error,
}

impl ArchiveError {
    fn at(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self {
            path: path.into(),
            doing,
            source,
        }
    }
}

impl Archive {
    /// The archive in `data_folder`, which need not be there yet.
    #[must_use]
    pub fn new(data_folder: impl Into<PathBuf>) -> Self {
        Self {
            data_folder: data_folder.into(),
        }
    }

    /// The folder of all editions.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.data_folder.join(ARCHIVE)
    }

    /// Whether anything of a day is there.
    #[must_use]
    pub fn has_day(&self, report_date: ReportDate) -> bool {
        self.folder().join(report_date.to_string()).is_dir()
    }

    /// Writes the folder of an edition: all of its files or none. A folder of that name, which no
    /// delivery can refer to before this returns, is replaced.
    pub fn write_edition(
        &self,
        place: &EditionPlace<'_>,
        files: &[ArchivedFile],
    ) -> Result<(), ArchiveError> {
        write_folder(&self.data_folder.join(place.below_data()), files)
    }

    /// Adds to the folder of an edition the files that it does not have, each complete or absent.
    /// What is there stays as it is: deliveries refer to it.
    pub fn add_to_edition(
        &self,
        place: &EditionPlace<'_>,
        files: &[ArchivedFile],
    ) -> Result<(), ArchiveError> {
        let folder = self.data_folder.join(place.below_data());
        let mut missing = files_in(&folder, files);
        missing.retain(|(path, _)| !path.exists());
        private_files::write_together(&missing).map_err(ArchiveError::at(folder, "written"))
    }

    /// Whether a file is there, by its path below the data folder.
    #[must_use]
    pub fn holds(&self, below: &Path) -> bool {
        self.data_folder.join(below).exists()
    }

    /// How many bytes a file has, by its path below the data folder; `None` where it is not there.
    #[must_use]
    pub fn bytes_of(&self, below: &Path) -> Option<u64> {
        let file = std::fs::metadata(self.data_folder.join(below)).ok()?;
        file.is_file().then_some(file.len())
    }

    /// Removes the folder of an edition that no delivery refers to.
    pub fn remove_edition(&self, place: &EditionPlace<'_>) -> Result<(), ArchiveError> {
        let path = self.data_folder.join(place.below_data());
        std::fs::remove_dir_all(&path).map_err(ArchiveError::at(path, "removed"))
    }

    /// Reads a file by its path below the data folder.
    pub fn read(&self, below: &Path) -> Result<Vec<u8>, ArchiveError> {
        let path = self.data_folder.join(below);
        std::fs::read(&path).map_err(ArchiveError::at(path, "read"))
    }
}

/// Writes a folder of files for their owner only: all of them or none, in place of what was there.
pub fn write_folder(folder: &Path, files: &[ArchivedFile]) -> Result<(), ArchiveError> {
    replace_folder(folder, files).map_err(ArchiveError::at(folder, "written"))
}

/// Writes a file in place of what was there: readers find the one or the other, each complete.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    private_files::write_file(path, bytes).map_err(ArchiveError::at(path, "written"))
}

/// Writes a file as [`replace_file`] does that every user of the machine may read: for figures
/// only.
pub fn replace_open_file(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    private_files::write_open_file(path, bytes).map_err(ArchiveError::at(path, "written"))
}

/// Writes files into a folder that need not be ours: each complete or absent, in place of those of the
/// same names and of messages that were written there before. Removes nothing else.
pub fn write_beside(folder: &Path, files: &[ArchivedFile]) -> Result<(), ArchiveError> {
    let failed = ArchiveError::at(folder, "written");
    let is_written = |name: &str| files.iter().any(|file| file.name == name);
    let written = private_files::write_together(&files_in(folder, files)).and_then(|()| {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            if is_message(name) && !is_written(name) && entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    });
    written.map_err(failed)
}

/// Whether a file has the name of a message to one recipient: `message-0f3c….eml`.
fn is_message(name: &str) -> bool {
    let digest = name
        .strip_prefix("message-")
        .and_then(|name| name.strip_suffix(".eml"));
    digest.is_some_and(|digest| {
        digest.len() >= 12 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn files_in<'a>(folder: &Path, files: &'a [ArchivedFile]) -> Vec<(PathBuf, &'a [u8])> {
    let files = files.iter();
    files
        .map(|file| (folder.join(&file.name), &*file.bytes))
        .collect()
}

fn replace_folder(folder: &Path, files: &[ArchivedFile]) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    private_files::create_folder(parent)?;
    // Beside its place, so that moving it there is one step. What a crash leaves behind begins with
    // a dot.
    let unfinished = private_files::unfinished_folder(parent)?;
    private_files::write_together(&files_in(unfinished.path(), files))?;
    private_files::if_there(std::fs::remove_dir_all(folder))?;
    std::fs::rename(unfinished.path(), folder)?;
    // From here on it is in its place; until then, whatever fails removes it.
    let _ = unfinished.keep();
    private_files::sync_folder(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> ArchivedFile {
        ArchivedFile {
            name: name.to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn an_edition_is_all_there_and_nothing_else() {
        let data = tempfile::tempdir().unwrap();
        let code = OrganisationCode::parse("ZNM").unwrap();
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let place = EditionPlace {
            report_date: ReportDate::of(day),
            organisation: &code,
            report: ReportKind::FailedItem,
            edition: 1,
        };
        let archive = Archive::new(data.path().join("data"));
        archive
            .write_edition(&place, &[file("old.txt", "a"), file("report.txt", "b")])
            .unwrap();
        archive
            .write_edition(&place, &[file("report.txt", "c")])
            .unwrap();
        let below = place.below_data();
        assert_eq!(
            below,
            Path::new("archive/2026-11-20/ZNM/failed-item/edition-1")
        );
        archive
            .add_to_edition(
                &place,
                &[file("message-1.eml", "d"), file("report.txt", "another")],
            )
            .unwrap();
        assert_eq!(archive.read(&below.join("report.txt")).unwrap(), b"c");
        assert_eq!(archive.read(&below.join("message-1.eml")).unwrap(), b"d");
        assert!(
            archive
                .read(&below.join("old.txt"))
                .unwrap_err()
                .to_string()
                .contains("old.txt cannot be read")
        );
        let beside: Vec<_> = std::fs::read_dir(archive.folder().join("2026-11-20/ZNM/failed-item"))
            .unwrap()
            .collect();
        assert_eq!(beside.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn folders_and_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;

        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("a/b");
        write_folder(&folder, &[file("report.txt", "x")]).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (
                mode(&data.path().join("a")),
                mode(&folder),
                mode(&folder.join("report.txt"))
            ),
            (0o700, 0o700, 0o600)
        );
    }
}
