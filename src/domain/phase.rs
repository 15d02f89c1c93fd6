use serde::Deserialize;

/// Whether a mailbox moves ahead of the others, as a migration schedule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Moved first, to try everything with a few.
    Pilot,
    /// Moved with all.
    Live,
}

impl Phase {
    /// Every phase, in the order of the migration.
    pub const ALL: [Self; 2] = [Self::Pilot, Self::Live];

    /// The phase as reports print it, and as tables hold it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pilot => "Pilot",
            Self::Live => "Live",
        }
    }

    /// The phase of a [`Phase::label`].
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.label() == label)
    }
}
