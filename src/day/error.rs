use crate::archive::{ArchiveError, LockError};
use crate::delivery::{InvalidSmtpServer, LedgerError};
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
    /// Settings or register, which name their file and line.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A layout of the settings' own folder.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A template of the settings' own folder.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The mail server of the settings.
    #[error(transparent)]
    SmtpServer(#[from] InvalidSmtpServer),
    /// The built-in rules of causes.
    #[error(transparent)]
    Causes(#[from] InvalidCauseRules),
    /// A page of the archive.
    #[error(transparent)]
    Rendering(#[from] RenderError),
    /// A file or folder of the archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The right to change the data folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The Run Summary.
    #[error("{0}")]
    Summary(String),
}
