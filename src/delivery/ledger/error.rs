use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use super::super::record::DeliveryId;
use super::place::LedgerPlace;
use crate::domain::DeliveryState;
use crate::domain::{OrganisationCode, ReportDate, ReportKind};

/// What SQLite or PostgreSQL said. It prints what happened and not the row that it happened to,
/// which PostgreSQL's own errors quote.
pub struct DatabaseFault {
    text: String,
    /// Whether it came of a server.
    of_server: bool,
    /// Whether the connection to the server is lost.
    is_lost: bool,
}

impl From<rusqlite::Error> for DatabaseFault {
    fn from(fault: rusqlite::Error) -> Self {
        Self {
            text: fault.to_string(),
            of_server: false,
            is_lost: false,
        }
    }
}

impl From<postgres::Error> for DatabaseFault {
    fn from(fault: postgres::Error) -> Self {
        let text = match fault.as_db_error() {
            Some(said) => said.message().to_owned(),
            None => std::iter::once(fault.to_string())
                .chain(causes_of(&fault).map(ToString::to_string))
                .collect::<Vec<_>>()
                .join(": "),
        };
        // Classes 08 and 57 of the standard's codes: no connection, and a server that is being
        // stopped.
        let ends = fault
            .code()
            .is_some_and(|code| code.code().starts_with("08") || code.code().starts_with("57P"));
        Self {
            text,
            of_server: true,
            is_lost: ends || fault.as_db_error().is_none(),
        }
    }
}

/// Why a statement failed.
pub(super) enum StatementFault {
    /// The database could not do it.
    Database(DatabaseFault),
    /// A row holds what this program does not write.
    Damaged { what: String, column: &'static str },
}

impl<T: Into<DatabaseFault>> From<T> for StatementFault {
    fn from(fault: T) -> Self {
        Self::Database(fault.into())
    }
}

/// What is behind a failure, from the nearest cause to the first.
pub(super) fn causes_of(fault: &postgres::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(fault.source(), |cause| {
        let cause: &(dyn Error + 'static) = *cause;
        cause.source()
    })
}

impl fmt::Display for DatabaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DatabaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for DatabaseFault {}

impl DatabaseFault {
    /// What to do about it.
    fn advice(&self) -> &'static str {
        match (self.of_server, self.is_lost) {
            (false, _) => {
                "check the disk's space and health, and that no other program has the file open"
            }
            (true, true) => {
                "the connection was lost: check the database server and the network, and run this \
                 again"
            }
            (true, false) => {
                "check the database server's log, its disk and what this role may do there"
            }
        }
    }
}

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file or its folder cannot be made or read.
    #[error(
        "cannot open the ledger {}: {source}; check that the data folder is there and belongs to \
         the user who runs this",
        path.display()
    )]
    Open {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database server cannot be reached, or has no room.
    #[error(
        "cannot reach the ledger {place}: {source}; check the database server and the network, and \
         run this again"
    )]
    Unreachable {
        /// The ledger.
        place: String,
        /// What was said.
        source: DatabaseFault,
    },
    /// The database server is there, and does not let this program in.
    #[error(
        "the ledger {place} does not let this program in: {source}; check [ledger] in the \
         settings{}",
        if *needs_password { ", and give the password by password_file or \
         MIGRATION_MONITOR_LEDGER_PASSWORD" } else { "" }
    )]
    NotAdmitted {
        /// The ledger.
        place: String,
        /// What was said.
        source: DatabaseFault,
        /// Whether there is no password, and perhaps one is asked for.
        needs_password: bool,
    },
    /// The file holds no certificate that can be used.
    #[error("{} holds no usable certificate: it must be a PEM file with “BEGIN \
     CERTIFICATE”", path.display())]
    NotCertificates {
        /// The file.
        path: PathBuf,
    },
    /// Secure connections cannot be made at all.
    #[error("cannot prepare secure connections to the ledger {place}: {reason}")]
    Tls {
        /// The ledger.
        place: String,
        /// What was wrong.
        reason: String,
    },
    /// A database that cannot keep every letter.
    #[error(
        "the ledger {place} has the encoding {encoding}: make the database anew, with ENCODING \
         'UTF8' TEMPLATE template0"
    )]
    Encoding {
        /// The ledger.
        place: String,
        /// Its encoding.
        encoding: String,
    },
    /// Written by a newer version of this program.
    #[error(
        "the ledger {place} has format {found}, this program knows formats up to {known}: use the \
         program that wrote it, or a newer one"
    )]
    Newer {
        /// The ledger.
        place: String,
        /// The format of the file.
        found: i64,
        /// The newest format that is understood.
        known: i64,
    },
    /// A database, but not this program's.
    #[error(
        "{place} is a database of another program, not a ledger: check the data folder, or \
         [ledger], in the settings"
    )]
    Foreign {
        /// The database.
        place: String,
    },
    /// The database could not do it: a full disk, a damaged file, a lock held for too long, a lost
    /// connection.
    #[error("the ledger {place} could not {task}: {source}; {}", source.advice())]
    Statement {
        /// The ledger.
        place: String,
        /// What was to be done.
        task: &'static str,
        /// What was said.
        source: DatabaseFault,
    },
    /// A value that this program does not write.
    #[error(
        "the ledger {place} is damaged: {what} has no valid {column}; restore it from a backup"
    )]
    Damaged {
        /// The ledger.
        place: String,
        /// The row.
        what: String,
        /// The column.
        column: &'static str,
    },
    /// The edition is recorded, from other inputs.
    #[error(
        "edition {edition} of {organisation}'s {report} report for {report_date} was recorded in \
         {place} \
         from other inputs: see what changed, then reissue it"
    )]
    OtherInputs {
        /// The ledger.
        place: String,
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
    #[error(
        "a delivery of another edition was to be recorded in {place} with one of {organisation}: \
         nothing was"
    )]
    OtherEdition {
        /// The ledger.
        place: String,
        /// The organisation of the edition.
        organisation: OrganisationCode,
    },
    /// A message outside the data folder.
    #[error(
        "“{}” is not a path below the data folder: the ledger {place} records only messages in the \
         archive",
        message_path.display()
    )]
    PathNotBelow {
        /// The ledger.
        place: String,
        /// The path of the message.
        message_path: PathBuf,
    },
    /// A state that the delivery cannot come to from where it is.
    #[error(
        "delivery {id} in {place} is {}, which does not lead to {state}: list the deliveries to \
         see where it is",
        before.map_or("not there", DeliveryState::name)
    )]
    NotFromThere {
        /// The ledger.
        place: String,
        /// The delivery.
        id: DeliveryId,
        /// Where it is; `None` where there is no such delivery.
        before: Option<DeliveryState>,
        /// Where it was to go.
        state: DeliveryState,
    },
}

impl LedgerError {
    /// Whether the same may succeed later, with nothing changed: the database server is away.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Statement { source, .. } => source.is_lost,
            _ => false,
        }
    }
}

/// Names the ledger and what was being done, for a statement that failed.
pub(super) fn statement(
    place: &LedgerPlace,
    task: &'static str,
) -> impl Fn(StatementFault) -> LedgerError + use<> {
    let place = place.to_string();
    move |fault| match fault {
        StatementFault::Database(source) => LedgerError::Statement {
            place: place.clone(),
            task,
            source,
        },
        StatementFault::Damaged { what, column } => LedgerError::Damaged {
            place: place.clone(),
            what,
            column,
        },
    }
}
