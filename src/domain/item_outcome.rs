/// What became of an item that did not migrate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemOutcome {
    /// It is listed as failed, and nobody gave it up.
    Open,
    /// It is listed as failed, and the organisation does without it.
    Accepted,
    /// It is listed as failed no more: it was copied, or it is gone from the old mailbox.
    Resolved,
}

impl ItemOutcome {
    /// Every outcome, the most pressing first.
    pub const ALL: [Self; 3] = [Self::Open, Self::Accepted, Self::Resolved];

    /// As reports print it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Accepted => "Accepted",
            Self::Resolved => "Resolved",
        }
    }
}
