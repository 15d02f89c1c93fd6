use serde::{Deserialize, Serialize};

/// What an organisation decided on an item that did not migrate, the most careful first: of two
/// decisions that contradict each other the one counts that gives less up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is needed, and stays open.
    Keep,
    /// The organisation did its part; it stays open until it no longer fails.
    Done,
    /// The organisation does without it: it is open no longer.
    Accept,
}

impl Decision {
    /// Every decision, the most careful first.
    pub const ALL: [Self; 3] = [Self::Keep, Self::Done, Self::Accept];

    /// The stable name, as in the history.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Done => "done",
            Self::Accept => "accept",
        }
    }

    /// As the workbook prints it, and people are asked to write it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Keep => "Keep",
            Self::Done => "Done",
            Self::Accept => "Accept",
        }
    }

    /// The decision of a [`Decision::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|decision| decision.name() == name)
    }
}
