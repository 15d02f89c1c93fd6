use serde::Deserialize;

/// Whether a mailbox moves ahead of the others, as a migration schedule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Moved first, to try everything with a few.
    Pilot,
    /// Moved with all.
    Live,
}

impl Phase {
    /// The phase as reports print it, and as tables hold it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pilot => "Pilot",
            Self::Live => "Live",
        }
    }
}
