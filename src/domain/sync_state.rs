use serde::{Deserialize, Serialize};

/// How far a mailbox is, in one vocabulary for all tools. The first six are in the order of the
/// journey.
///
/// ```
/// assert!(SyncState::Switched.is_in_sync_or_beyond());
/// assert_eq!(SyncState::ReadyToSwitch.label(), "Ready to switch");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum SyncState {
    /// Known to the tool, nothing done.
    NotStarted,
    /// Waiting for its turn.
    Queued,
    /// Its items are being copied.
    Synchronising,
    /// All there is has been copied; new mail follows.
    InSync,
    /// In sync and released for the switch.
    ReadyToSwitch,
    /// The user works in the new mailbox.
    Switched,
    /// Halted by a person or the tool.
    Stopped,
    /// The tool gave up on the mailbox.
    Failed,
    /// A word, or a blank, that the layout does not know. Counted, never guessed.
    Unrecognised,
}

impl SyncState {
    /// Every state, in the order reports list them.
    pub const ALL: [Self; 9] = [
        Self::NotStarted,
        Self::Queued,
        Self::Synchronising,
        Self::InSync,
        Self::ReadyToSwitch,
        Self::Switched,
        Self::Stopped,
        Self::Failed,
        Self::Unrecognised,
    ];

    /// The state as a number, for a table's column; its place in [`SyncState::ALL`].
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The state of a [`SyncState::code`]; an unknown code is `Unrecognised`.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .get(usize::from(code))
            .copied()
            .unwrap_or(Self::Unrecognised)
    }

    /// The stable name, as in `model.json` and in the history.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Queued => "queued",
            Self::Synchronising => "synchronising",
            Self::InSync => "in_sync",
            Self::ReadyToSwitch => "ready_to_switch",
            Self::Switched => "switched",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Unrecognised => "unrecognised",
        }
    }

    /// The state as reports print it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::NotStarted => "Not started",
            Self::Queued => "Queued",
            Self::Synchronising => "Synchronising",
            Self::InSync => "In sync",
            Self::ReadyToSwitch => "Ready to switch",
            Self::Switched => "Switched",
            Self::Stopped => "Stopped",
            Self::Failed => "Failed",
            Self::Unrecognised => "Unrecognised",
        }
    }

    /// How far on the journey, for choosing between two rows of one mailbox: a mailbox that halted
    /// is behind every one that moves, and a word nobody knows is behind all.
    #[must_use]
    pub fn distance(self) -> u8 {
        match self {
            Self::Unrecognised => 0,
            Self::Failed => 1,
            Self::Stopped => 2,
            moving => moving.code() + 3,
        }
    }

    /// Whether the copying halted: it stopped, or the tool gave up.
    #[must_use]
    pub fn is_halted(self) -> bool {
        matches!(self, Self::Stopped | Self::Failed)
    }

    /// Whether the mailbox holds all its mail at the target: in sync, ready to switch or switched.
    #[must_use]
    pub fn is_in_sync_or_beyond(self) -> bool {
        matches!(self, Self::InSync | Self::ReadyToSwitch | Self::Switched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for state in SyncState::ALL {
            assert_eq!(SyncState::from_code(state.code()), state);
        }
        assert_eq!(SyncState::from_code(200), SyncState::Unrecognised);
    }

    #[test]
    fn the_journey_goes_forward() {
        let journey: Vec<_> = SyncState::ALL
            .iter()
            .take(6)
            .map(|state| state.distance())
            .collect();
        assert!(journey.is_sorted());
        assert!(SyncState::Failed.distance() < SyncState::NotStarted.distance());
    }
}
