use crate::domain::FindingCode;

/// A line for the terminal, which only `commands` writes to. Several organisations are in hand at
/// once: what is to be said of one waits here until its turn comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// For those who want every step.
    Detail(String),
    /// For those who look on.
    Info(String),
    /// For everybody who runs the command.
    Warning(String),
    /// For everybody: why an organisation is held, and by which finding.
    Held(String, Option<FindingCode>),
    /// A line of the command's result, on standard output.
    Result(String),
}
