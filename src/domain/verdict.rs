use serde::{Deserialize, Serialize};

/// What a failure rate says against the expected one. The rules are in `metrics`.
///
/// ```
/// assert_eq!(Verdict::LowerThanExpected.label(), "Lower than expected");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// So far above expectation that an ordinary organisation hardly ever comes to it.
    High,
    /// Above expectation, as few ordinary organisations ever are.
    Raised,
    /// Above expectation because of a few mailboxes; the others are not.
    Concentrated,
    /// Below expectation, as few ordinary organisations ever are.
    LowerThanExpected,
    /// Neither, and enough items to tell.
    AsExpected,
    /// Not enough items attempted to tell.
    #[default]
    TooFewItems,
}

impl Verdict {
    /// The verdict as reports print it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::High => "High",
            Self::Raised => "Raised",
            Self::Concentrated => "Concentrated",
            Self::LowerThanExpected => "Lower than expected",
            Self::AsExpected => "As expected",
            Self::TooFewItems => "Too few items to judge",
        }
    }
}
