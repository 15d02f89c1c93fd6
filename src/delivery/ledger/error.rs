use std::path::{Path, PathBuf};

use super::super::record::DeliveryId;
use super::super::state::DeliveryState;
use crate::domain::{OrganisationCode, ReportDate, ReportKind};

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file or its folder cannot be made or read.
    #[error(
        "cannot open the ledger {}: {source}; check that the data folder is there and belongs to the user who runs this",
        path.display()
    )]
    Open {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Written by a newer version of this program.
    #[error(
        "the ledger {} has format {found}, this program knows formats up to {known}: use the program that wrote it, or a newer one",
        path.display()
    )]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// The format of the file.
        found: i64,
        /// The newest format that is understood.
        known: i64,
    },
    /// A database, but not this program's.
    #[error("{} is a database of another program, not a ledger: check the data folder in the settings", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// SQLite could not do it: a full disk, a damaged file, a lock held for too long.
    #[error(
        "the ledger {} could not {task}: {source}; check the disk's space and health, and that no other program has the file open",
        path.display()
    )]
    Statement {
        /// The ledger.
        path: PathBuf,
        /// What was to be done.
        task: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A value that this program does not write.
    #[error("the ledger {} is damaged: {what} has no valid {column}; restore the file from a backup", path.display())]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// The row.
        what: String,
        /// The column.
        column: &'static str,
    },
    /// The edition is recorded, from other inputs.
    #[error(
        "edition {edition} of {organisation}'s {report} report for {report_date} was recorded in {} \
         from other inputs: see what changed, then reissue it",
        path.display()
    )]
    OtherInputs {
        /// The ledger.
        path: PathBuf,
        /// The day the report is about.
        report_date: ReportDate,
        /// The organisation it is about.
        organisation: OrganisationCode,
        /// Which report.
        report: ReportKind,
        /// The number of the edition.
        edition: u32,
    },
    /// A delivery of another edition than the one it was recorded with.
    #[error("a delivery of another edition was to be recorded in {} with one of {organisation}: nothing was", path.display())]
    OtherEdition {
        /// The ledger.
        path: PathBuf,
        /// The organisation of the edition.
        organisation: OrganisationCode,
    },
    /// A message outside the data folder.
    #[error(
        "“{}” is not a path below the data folder: the ledger {} records only messages in the archive",
        message_path.display(),
        path.display()
    )]
    PathNotBelow {
        /// The ledger.
        path: PathBuf,
        /// The path of the message.
        message_path: PathBuf,
    },
    /// A state that the delivery cannot come to from where it is.
    #[error(
        "delivery {id} in {} is {}, which does not lead to {state}: list the deliveries to see where it is",
        path.display(),
        before.map_or("not there", DeliveryState::name)
    )]
    NotFromThere {
        /// The ledger.
        path: PathBuf,
        /// The delivery.
        id: DeliveryId,
        /// Where it is; `None` where there is no such delivery.
        before: Option<DeliveryState>,
        /// Where it was to go.
        state: DeliveryState,
    },
}

/// Names the ledger and what was being done, for a failure of SQLite.
pub(super) fn statement(path: &Path, task: &'static str) -> impl Fn(rusqlite::Error) -> LedgerError + use<> {
    let path = path.to_owned();
    move |source| LedgerError::Statement { path: path.clone(), task, source }
}
