use crate::archive::{ArchiveError, LockError};
use crate::day::DayError;
use crate::delivery::{InvalidSmtpServer, LedgerError};
use crate::exports::LayoutError;
use crate::metrics::InvalidCauseRules;
use crate::render::{RenderError, TemplateError};
use crate::settings::SettingsError;

/// Why the program ended: one code a cause, for whoever watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// All that was asked for is done.
    Done = 0,
    /// Something nobody thought of.
    Unexpected = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// The settings or the register have a mistake. Organisations without one were served all the
    /// same.
    Settings = 3,
    /// Some organisations were held: they got no report.
    Held = 4,
    /// Some deliveries were refused by the server, or grew too old before it took them.
    Refused = 5,
    /// Of some deliveries it is unknown whether they arrived.
    Unknown = 6,
    /// Another run is at work.
    Locked = 7,
    /// The server could not be reached or put deliveries off: run again.
    Deferred = 8,
}

impl ExitCode {
    /// The number the operating system gets.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Of several causes the one that needs a person most: unknown, refused, deferred, settings,
    /// held.
    #[must_use]
    pub fn most_pressing(causes: &[Self]) -> Self {
        let order = [
            Self::Unknown,
            Self::Refused,
            Self::Deferred,
            Self::Settings,
            Self::Held,
        ];
        order
            .into_iter()
            .find(|code| causes.contains(code))
            .unwrap_or(Self::Done)
    }
}

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What whoever watches is told.
    pub exit_code: ExitCode,
}

/// Why a command could not do its work: what happened, where, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What whoever watches is told.
    pub exit_code: ExitCode,
    /// For the person at the keyboard.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            exit_code,
            message: message.into(),
        }
    }
}

macro_rules! failure_from {
    ($($error:ty => $exit_code:ident,)+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(ExitCode::$exit_code, error.to_string())
            }
        })+
    };
}

failure_from! {
    SettingsError => Settings,
    LayoutError => Settings,
    TemplateError => Settings,
    InvalidSmtpServer => Settings,
    InvalidCauseRules => Unexpected,
    RenderError => Unexpected,
    ArchiveError => Unexpected,
    std::io::Error => Unexpected,
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let exit_code = match error {
            LedgerError::NotAdmitted { .. }
            | LedgerError::NotCertificates { .. }
            | LedgerError::Encoding { .. } => ExitCode::Settings,
            _ if error.may_pass() => ExitCode::Deferred,
            _ => ExitCode::Unexpected,
        };
        Self::new(exit_code, error.to_string())
    }
}

impl From<DayError> for Failure {
    fn from(error: DayError) -> Self {
        match error {
            DayError::Usage(message) => Self::new(ExitCode::Usage, message),
            DayError::Unusable(message) => Self::new(ExitCode::Settings, message),
            DayError::Summary(message) => Self::new(ExitCode::Unexpected, message),
            DayError::Settings(error) => error.into(),
            DayError::Layout(error) => error.into(),
            DayError::Template(error) => error.into(),
            DayError::SmtpServer(error) => error.into(),
            DayError::Causes(error) => error.into(),
            DayError::Rendering(error) => error.into(),
            DayError::Archive(error) => error.into(),
            DayError::Lock(error) => error.into(),
            DayError::Ledger(error) => error.into(),
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let exit_code = if matches!(error, LockError::Held { .. }) {
            ExitCode::Locked
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
            ExitCode::most_pressing(&[ExitCode::Refused, ExitCode::Unknown, ExitCode::Deferred]),
            ExitCode::Unknown
        );
    }
}
