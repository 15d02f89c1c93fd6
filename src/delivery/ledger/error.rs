use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

use rusqlite::ErrorCode;

use super::super::record::{DeliveryId, EditionRecord};
use crate::domain::{DeliveryState, OrganisationCode};

/// What SQLite or PostgreSQL said. It prints what happened and not the row that it happened to,
/// which PostgreSQL's own errors quote.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct DatabaseFault {
    text: String,
    /// What to do about it.
    advice: &'static str,
    /// Whether the connection to the server is lost.
    is_lost: bool,
    /// Whether the disk is full, or the file may not be written.
    is_unwritable: bool,
}

impl From<rusqlite::Error> for DatabaseFault {
    fn from(fault: rusqlite::Error) -> Self {
        let is_closed = matches!(
            fault.sqlite_error_code(),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)
        );
        Self {
            text: fault.to_string(),
            advice: if is_closed {
                "whoever looks at it must be able to write there too: do this as the user whose data \
                 folder it is (sudo -u migration-monitor …), and see that its disk is not read-only"
            } else {
                "check the disk's space and health, and that no other program has the file open"
            },
            is_lost: false,
            is_unwritable: matches!(
                fault.sqlite_error_code(),
                Some(
                    ErrorCode::DiskFull
                        | ErrorCode::ReadOnly
                        | ErrorCode::CannotOpen
                        | ErrorCode::SystemIoFailure
                )
            ),
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
        let is_lost = ends || fault.as_db_error().is_none();
        let advice = if is_lost {
            "the connection was lost: check the database server and the network, and run this again"
        } else {
            "check the database server's log, its disk and what this role may do there"
        };
        Self {
            text,
            advice,
            is_lost,
            is_unwritable: false,
        }
    }
}

/// What is behind a failure, from the nearest cause to the first.
pub(super) fn causes_of(fault: &postgres::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(fault.source(), |cause| {
        let cause: &(dyn Error + 'static) = *cause;
        cause.source()
    })
}

/// What went wrong with a ledger.
#[derive(Debug)]
pub struct LedgerError {
    /// What it was.
    pub kind: LedgerErrorKind,
    place: String,
    /// What was to be done: “could not” stands before it.
    task: &'static str,
}

/// What can go wrong with a ledger.
#[derive(Debug)]
pub enum LedgerErrorKind {
    /// It cannot be opened.
    NotOpened(NotOpened),
    /// The copy of the audit log cannot be read or written.
    Copy(io::Error),
    /// The database could not do it: a full disk, a damaged file, a lock held for too long, a lost
    /// connection.
    Statement(DatabaseFault),
    /// A row with a column whose value this program does not write.
    Damaged(String, &'static str),
    /// The edition is recorded, from other inputs.
    OtherInputs(EditionRecord),
    /// A delivery of another edition than this organisation's, with which it was to be recorded.
    OtherEdition(OrganisationCode),
    /// The path of a message leads out of the data folder.
    PathNotBelow(PathBuf),
    /// The delivery's state, `None` where there is no such delivery, does not lead to the other.
    NotFromThere(DeliveryId, Option<DeliveryState>, DeliveryState),
    /// The delivery is not as this program last wrote it, by the audit log.
    ChangedByHand(DeliveryId),
}

/// Why a ledger cannot be opened.
#[derive(Debug)]
pub enum NotOpened {
    /// The file or its folder cannot be made or read.
    File(io::Error),
    /// The database server cannot be reached, or has no room.
    Unreachable(DatabaseFault),
    /// The database server is there, and does not let this program in; whether there is no
    /// password, and perhaps one is asked for.
    NotAdmitted(DatabaseFault, bool),
    /// The file holds no certificate that can be used.
    NotCertificates(PathBuf),
    /// A database of this encoding cannot keep every letter.
    Encoding(String),
    /// Written by a newer version of this program: in this format, where the second is the newest
    /// that is known.
    Newer(i64, i64),
    /// A database, but not this program's.
    Foreign,
}

impl From<NotOpened> for LedgerErrorKind {
    fn from(why: NotOpened) -> Self {
        Self::NotOpened(why)
    }
}

impl<T: Into<DatabaseFault>> From<T> for LedgerErrorKind {
    fn from(fault: T) -> Self {
        Self::Statement(fault.into())
    }
}

impl<T: Into<LedgerErrorKind>> From<T> for LedgerError {
    /// Without the ledger's name: `could_not` gives it.
    fn from(kind: T) -> Self {
        Self {
            kind: kind.into(),
            place: String::new(),
            task: "",
        }
    }
}

/// Adds to an error which ledger failed at which task, where it does not say so yet.
pub(super) fn could_not(
    place: impl fmt::Display,
    task: &'static str,
) -> impl Fn(LedgerError) -> LedgerError {
    move |error| match error.task {
        "" => LedgerError {
            kind: error.kind,
            place: place.to_string(),
            task,
        },
        _ => error,
    }
}

impl LedgerError {
    /// Whether the same may succeed later, with nothing changed: the database server is away.
    pub fn may_pass(&self) -> bool {
        match &self.kind {
            LedgerErrorKind::NotOpened(NotOpened::Unreachable(_)) => true,
            LedgerErrorKind::Statement(fault) => fault.is_lost,
            _ => false,
        }
    }

    /// Whether the disk is full, or the file may not be written by this user.
    pub fn is_unwritable(&self) -> bool {
        match &self.kind {
            LedgerErrorKind::NotOpened(NotOpened::File(error)) | LedgerErrorKind::Copy(error) => {
                matches!(
                    error.kind(),
                    io::ErrorKind::StorageFull
                        | io::ErrorKind::PermissionDenied
                        | io::ErrorKind::ReadOnlyFilesystem
                )
            }
            LedgerErrorKind::Statement(fault) => fault.is_unwritable,
            _ => false,
        }
    }
}

impl Error for LedgerError {}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, place, task } = self;
        match kind {
            LedgerErrorKind::NotOpened(why) => f.write_str(&why.text(place)),
            LedgerErrorKind::Copy(fault) => write!(
                f,
                "the audit log of the ledger {place} cannot be copied into the data folder: \
                 {fault}; check that audit-log there belongs to the user who runs this and that the \
                 disk has space"
            ),
            LedgerErrorKind::Statement(fault) => write!(
                f,
                "the ledger {place} could not {task}: {fault}; {}",
                fault.advice
            ),
            LedgerErrorKind::Damaged(what, column) => write!(
                f,
                "the ledger {place} is damaged: {what} has no valid {column}; restore it from a \
                 backup"
            ),
            LedgerErrorKind::OtherInputs(of) => write!(
                f,
                "edition {} of {}'s {} report for {} was recorded in {place} from other inputs: \
                 see what changed, then reissue it",
                of.edition, of.organisation, of.report, of.report_date
            ),
            LedgerErrorKind::OtherEdition(organisation) => write!(
                f,
                "a delivery of another edition was to be recorded in {place} with one of \
                 {organisation}: nothing was"
            ),
            LedgerErrorKind::PathNotBelow(path) => write!(
                f,
                "“{}” is not a path below the data folder: the ledger {place} records only \
                 messages in the archive",
                path.display()
            ),
            LedgerErrorKind::ChangedByHand(id) => write!(
                f,
                "the ledger {place} is not to be believed: delivery {id} was changed by hand, and is \
                 left as it is. See deliveries verify, then put the right ledger back"
            ),
            LedgerErrorKind::NotFromThere(id, before, state) => write!(
                f,
                "delivery {id} in {place} is {}, which does not lead to {state}: list the \
                 deliveries to see where it is",
                before.map_or("not there", DeliveryState::name)
            ),
        }
    }
}

impl NotOpened {
    fn text(&self, place: &str) -> String {
        match self {
            Self::File(fault) => format!(
                "cannot open the ledger {place}: {fault}; check that the data folder is there and \
                 belongs to the user who runs this"
            ),
            Self::Unreachable(fault) => format!(
                "cannot reach the ledger {place}: {fault}; check the database server and the \
                 network, and run this again"
            ),
            Self::NotAdmitted(fault, needs_password) => {
                let advice = if *needs_password {
                    ", and give the password by password_file or MIGRATION_MONITOR_LEDGER_PASSWORD"
                } else {
                    ""
                };
                format!(
                    "the ledger {place} does not let this program in: {fault}; check [ledger] in \
                     the settings{advice}"
                )
            }
            Self::NotCertificates(path) => format!(
                "{} holds no usable certificate: it must be a PEM file with “BEGIN CERTIFICATE”",
                path.display()
            ),
            Self::Encoding(encoding) => format!(
                "the ledger {place} has the encoding {encoding}: make the database anew, with \
                 ENCODING 'UTF8' TEMPLATE template0"
            ),
            Self::Newer(found, known) => format!(
                "the ledger {place} has format {found}, this program knows formats up to {known}: \
                 use the program that wrote it, or a newer one"
            ),
            Self::Foreign => format!(
                "{place} is a database of another program, not a ledger: check the data folder, \
                 or [ledger], in the settings"
            ),
        }
    }
}
