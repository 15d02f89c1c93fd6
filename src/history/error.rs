use std::io;
use std::path::{Path, PathBuf};

use polars::prelude::PolarsError;

use crate::domain::ReportDate;

/// Why the history cannot be read or written. None of these stops a report.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A file or folder of it cannot be had.
    #[error("{} cannot be {doing}: {source}. Check that the folder belongs to the user who runs \
     this and that the disk has space", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// “read”, “written”.
        doing: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// A newer version of the program wrote it.
    #[error("{} is of format {found}, and this program knows formats up to {known}: use the \
     version of the program that wrote it", path.display())]
    NewerFormat {
        /// The file that says so.
        path: PathBuf,
        /// The format that it names.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// What says of which format it is and of which key is missing or cannot be understood.
    #[error("{} does not say what it should ({because}): put it back from a backup, or move the \
     folder away to begin a new history", path.display())]
    Format {
        /// Where the file is.
        path: PathBuf,
        /// What is wrong with what it says.
        because: String,
    },
    /// The key is not there, though snapshots were made with one.
    #[error(
        "{} is missing: it is the key of the history, without which no day can be compared with an \
         earlier one. Put it back from a backup, or move the folder away to begin a new history; a \
         new key would make everybody a stranger",
        .0.display()
    )]
    KeyLost(PathBuf),
    /// The key is another one than the snapshots were made with.
    #[error(
        "{} is not the key that this history was made with: put that one back from a backup, or \
         move the folder away to begin a new history; another key would make everybody a stranger",
        .0.display()
    )]
    KeyChanged(PathBuf),
    /// The operating system has no random bytes for a key.
    #[error(
        "no key can be made for the history: {0}. Run again; if it stays so, ask whoever looks \
         after this machine"
    )]
    NoKey(String),
    /// A file is not what was written.
    #[error(
        "{} is damaged ({because}), and its day is left out of comparisons: put the file back from \
         a backup, or move it away together with {}",
        path.display(),
        mark.display()
    )]
    Damaged {
        /// Where the file is.
        path: PathBuf,
        /// The mark of its snapshot.
        mark: PathBuf,
        /// What is wrong with it.
        because: String,
    },
    /// A run that replaced a day ended before later days were held against it.
    #[error(
        "the days after {0} are not all held against it yet, since a run did not end by itself; \
         the next run or reissue sees to it"
    )]
    Unsettled(ReportDate),
    /// A fault of the program.
    #[error("a snapshot could not be made: {0}. Tell the makers of this program")]
    Table(#[from] PolarsError),
}

impl HistoryError {
    pub(super) fn file(path: &Path, doing: &'static str, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            doing,
            source,
        }
    }
}
