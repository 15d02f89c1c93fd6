use crate::archive::{ArchiveError, LockError};
use crate::delivery::{InvalidOauth, InvalidSmtpServer, LedgerError};
use crate::exports::LayoutError;
use crate::metrics::InvalidCauseRules;
use crate::render::{RenderError, TemplateError};
use crate::settings::SettingsError;

/// Why a day cannot go on at all. What is wrong with one organisation is no error: it is held.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DayError {
    /// What was asked for cannot be understood, such as a date that is none.
    #[error("{0}")]
    Usage(String),
    /// The settings are readable, and ask for something that cannot be.
    #[error("{0}")]
    Unusable(String),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    SmtpServer(#[from] InvalidSmtpServer),
    #[error(transparent)]
    Oauth(#[from] InvalidOauth),
    #[error(transparent)]
    Causes(#[from] InvalidCauseRules),
    #[error(transparent)]
    Rendering(#[from] RenderError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{0}")]
    Summary(String),
    /// The ledger knows less than was in it, or is not as this program left it.
    #[error("{0}")]
    Doubtful(String),
}
