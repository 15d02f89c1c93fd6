use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a delivery is. Every change is in the ledger, on the disk, before the next step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// Rendered, verified, on disk in the archive. A later run sends it.
    Prepared,
    /// Handed to the server, no answer recorded. Found at start-up, it becomes `Unknown`.
    Sending,
    /// The server answered 2xx to the end of data; its reply is kept. Never sent again.
    Accepted,
    /// The server said "later", or could not be reached. A later run sends it.
    Deferred,
    /// The server said "never" (5xx). Not repeated; listed.
    Refused,
    /// The message was out, its reply was lost. Not repeated by itself, since it may have arrived;
    /// a person resolves it.
    Unknown,
    /// Not to be sent as it stands: the organisation is held, or the message is not the one that
    /// was verified.
    Held,
    /// A newer edition was prepared before this one was sent.
    Superseded,
    /// Deferred until the report was too old to be worth sending.
    Expired,
}

impl DeliveryState {
    /// Every state, in the order of a delivery's life.
    pub const ALL: [Self; 9] = [
        Self::Prepared,
        Self::Sending,
        Self::Accepted,
        Self::Deferred,
        Self::Refused,
        Self::Unknown,
        Self::Held,
        Self::Superseded,
        Self::Expired,
    ];

    /// The name in the ledger, on the command line and in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Held => "held",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }

    /// The state of a [`DeliveryState::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a run sends deliveries in this state.
    #[must_use]
    pub fn is_to_be_sent(self) -> bool {
        matches!(self, Self::Prepared | Self::Deferred)
    }

    /// Whether a delivery in this state may go to `next`. What is not listed here cannot be written
    /// to the ledger: an accepted message has no way back to being sent.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Prepared | Self::Deferred => matches!(
                next,
                Self::Sending | Self::Held | Self::Superseded | Self::Expired
            ),
            Self::Sending => matches!(
                next,
                Self::Accepted | Self::Deferred | Self::Refused | Self::Unknown
            ),
            // By a person, who found out whether it arrived; superseded where a newer edition is to
            // go in its place.
            Self::Unknown => matches!(next, Self::Accepted | Self::Deferred | Self::Superseded),
            Self::Held => next == Self::Superseded,
            Self::Accepted | Self::Refused | Self::Superseded | Self::Expired => false,
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_those_of_serde() {
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::from_name(state.name()), Some(state));
            assert_eq!(
                serde_json::to_string(&state).unwrap(),
                format!("\"{state}\"")
            );
        }
        assert_eq!(DeliveryState::from_name("Sent"), None);
    }

    #[test]
    fn nothing_is_sent_twice_and_only_what_is_due_is_sent() {
        for state in DeliveryState::ALL {
            assert_eq!(
                state.may_become(DeliveryState::Sending),
                state.is_to_be_sent(),
                "{state}"
            );
        }
        let ends = [
            DeliveryState::Accepted,
            DeliveryState::Refused,
            DeliveryState::Superseded,
            DeliveryState::Expired,
        ];
        assert!(
            ends.iter()
                .all(|end| DeliveryState::ALL.iter().all(|next| !end.may_become(*next)))
        );
    }
}
