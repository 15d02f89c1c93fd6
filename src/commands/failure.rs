use std::io;

use crate::archive::{ArchiveError, LockError};
use crate::day::DayError;
use crate::delivery::{LedgerError, LedgerErrorKind, NotOpened};
use crate::domain::DeliveryState;

/// Why the program ended: one code a cause, for whoever watches it. [`ExitCode::table`] says what
/// each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    Done = 0,
    Unexpected = 1,
    Usage = 2,
    Settings = 3,
    Held = 4,
    Refused = 5,
    Unknown = 6,
    Locked = 7,
    Deferred = 8,
    SenderRefused = 9,
    NotWritten = 10,
    Doubtful = 11,
}

impl ExitCode {
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// Those that may apply together, the one that needs a person most first.
    const MOST_PRESSING_FIRST: [Self; 9] = [
        Self::Doubtful,
        Self::Unknown,
        Self::SenderRefused,
        Self::Refused,
        Self::Deferred,
        Self::NotWritten,
        Self::Settings,
        Self::Held,
        Self::Unexpected,
    ];

    /// Of several causes the one that needs a person most; done where there is none.
    pub(crate) fn most_pressing(causes: &[Self]) -> Self {
        Self::MOST_PRESSING_FIRST
            .into_iter()
            .find(|code| causes.contains(code))
            .unwrap_or(Self::Done)
    }

    /// What a delivery in this state asks of a person or a later run; nothing where it is well.
    pub(super) fn of_delivery(state: DeliveryState) -> Option<Self> {
        match state {
            DeliveryState::Unknown | DeliveryState::Sending => Some(Self::Unknown),
            DeliveryState::Refused
            | DeliveryState::Bounced
            | DeliveryState::Quarantined
            | DeliveryState::Expired => Some(Self::Refused),
            DeliveryState::Prepared | DeliveryState::Deferred => Some(Self::Deferred),
            DeliveryState::Held => Some(Self::Held),
            DeliveryState::Outbox
            | DeliveryState::Accepted
            | DeliveryState::Delivered
            | DeliveryState::Superseded => None,
        }
    }

    /// What each code means, a line each, and which one is told where several apply.
    pub(crate) fn table() -> String {
        let meanings = [
            (Self::Done, "done"),
            (
                Self::Unexpected,
                "something unexpected: a fault of the program",
            ),
            (Self::Usage, "the command line cannot be understood"),
            (Self::Settings, "a mistake in the settings or the register"),
            (Self::Held, "some organisations were held"),
            (
                Self::Refused,
                "some deliveries were refused, bounced, quarantined or expired",
            ),
            (Self::Unknown, "some deliveries are unknown"),
            (Self::Locked, "another run is at work"),
            (
                Self::Deferred,
                "a server could not be reached, or put deliveries off: run again",
            ),
            (
                Self::SenderRefused,
                "the server refuses the log-in or the sender: a person must act",
            ),
            (
                Self::NotWritten,
                "the disk is full, or files may not be written",
            ),
            (
                Self::Doubtful,
                "ledger or history lost, older or changed: nothing is sent",
            ),
        ];
        let lines = meanings.map(|(code, meaning)| format!("{:>3}  {meaning}\n", code.number()));
        let order = Self::MOST_PRESSING_FIRST.map(|code| code.number().to_string());
        format!(
            "{}Where several apply, the first of {} is told.",
            lines.concat(),
            order.join(", ")
        )
    }
}

/// Why a command could not do its work: what happened, where, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) exit_code: ExitCode,
    message: String,
}

impl Failure {
    pub(crate) fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            exit_code,
            message: message.into(),
        }
    }
}

/// That a signal ended a run before it was done.
pub(super) fn asked_to_end() -> Failure {
    let message = "the run was asked to end, and did so before it was done: nothing is half-way. Run \
                   this day again";
    Failure::new(ExitCode::Deferred, message)
}

impl Failure {
    /// Whether the same command may do its work a while later, without a person.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self.exit_code, ExitCode::Locked | ExitCode::Deferred)
    }
}

impl<E> From<E> for Failure
where
    DayError: From<E>,
{
    fn from(error: E) -> Self {
        let error = DayError::from(error);
        let exit_code = match &error {
            DayError::Usage(_) => ExitCode::Usage,
            DayError::Unusable(_)
            | DayError::Settings(_)
            | DayError::Layout(_)
            | DayError::Template(_)
            | DayError::SmtpServer(_)
            | DayError::Oauth(_)
            | DayError::Ledger(LedgerError {
                kind:
                    LedgerErrorKind::NotOpened(
                        NotOpened::NotAdmitted(..)
                        | NotOpened::NotCertificates(_)
                        | NotOpened::Encoding(_),
                    ),
                ..
            }) => ExitCode::Settings,
            DayError::Lock(LockError::Held { .. }) => ExitCode::Locked,
            DayError::Ledger(error) if error.may_pass() => ExitCode::Deferred,
            DayError::Ledger(error) if error.is_unwritable() => ExitCode::NotWritten,
            DayError::Lock(LockError::OtherUser { .. }) => ExitCode::NotWritten,
            DayError::Archive(ArchiveError { source, .. })
            | DayError::Lock(LockError::File { source, .. })
                if is_unwritable(source) =>
            {
                ExitCode::NotWritten
            }
            DayError::Doubtful(_)
            | DayError::Ledger(LedgerError {
                kind: LedgerErrorKind::ChangedByHand(_),
                ..
            }) => ExitCode::Doubtful,
            DayError::Causes(_)
            | DayError::Rendering(_)
            | DayError::Archive(_)
            | DayError::Lock(_)
            | DayError::Ledger(_)
            | DayError::Summary(_) => ExitCode::Unexpected,
        };
        Self::new(exit_code, error.to_string())
    }
}

/// Whether the disk is full or fails, or a person has to let this user write there.
fn is_unwritable(error: &io::Error) -> bool {
    use io::ErrorKind;
    /// `EIO`, for which Rust has no name.
    const DISK_FAILS: i32 = 5;
    error.raw_os_error() == Some(DISK_FAILS)
        || matches!(
            error.kind(),
            ErrorKind::StorageFull
                | ErrorKind::QuotaExceeded
                | ErrorKind::FileTooLarge
                | ErrorKind::PermissionDenied
                | ErrorKind::ReadOnlyFilesystem
        )
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let exit_code = if is_unwritable(&error) {
            ExitCode::NotWritten
        } else {
            ExitCode::Unexpected
        };
        Self::new(exit_code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_causes_the_most_pressing_is_told() {
        assert_eq!(ExitCode::most_pressing(&[]), ExitCode::Done);
        assert_eq!(
            ExitCode::most_pressing(&[ExitCode::Held, ExitCode::Deferred]),
            ExitCode::Deferred
        );
        assert_eq!(
            ExitCode::most_pressing(&[ExitCode::Held, ExitCode::Settings]),
            ExitCode::Settings
        );
        assert_eq!(
            ExitCode::most_pressing(&[ExitCode::Refused, ExitCode::SenderRefused]),
            ExitCode::SenderRefused
        );
        assert_eq!(
            ExitCode::most_pressing(&[ExitCode::Refused, ExitCode::Unknown, ExitCode::Deferred]),
            ExitCode::Unknown
        );
    }
}
