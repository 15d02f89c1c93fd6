use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Declares the states, in the order of a delivery's life: with the name in the ledger, in JSON and
/// on the command line, the word for readers, and what it means for messages that are in it.
macro_rules! delivery_states {
    ($($(#[$doc:meta])* $state:ident = $name:literal, $label:literal, $meaning:literal;)+) => {
        /// Where a delivery is. Every change is in the ledger, on the disk, before the next step is
        /// taken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        pub enum DeliveryState {
            $($(#[$doc])* #[serde(rename = $name)] $state,)+
        }

        impl DeliveryState {
            /// Every state, in the order of a delivery's life.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$state),+];

            /// The name in the ledger, in JSON, on the command line and in lists.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$state => $name,)+
                }
            }

            /// The state as reports print it.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$state => $label,)+
                }
            }

            /// What the state means, in words for readers: “The server put them off”.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$state => $meaning,)+
                }
            }
        }
    };
}

delivery_states! {
    /// Rendered, verified, on disk in the archive. A later run sends it.
    Prepared = "prepared", "Prepared", "Not tried yet";
    /// Its end may have reached the server, no answer recorded. Found at start-up, it becomes
    /// `Unknown`. Until its end is sent a message is what it was before.
    Sending = "sending", "Sending", "Under way when a run ended";
    /// Written into the outbox, from which nothing leaves the machine. A run with another transport
    /// sends it.
    Outbox = "outbox", "In the outbox", "They have not left this machine";
    /// The server answered 2xx to the end of data; its reply is kept. Never sent again.
    Accepted = "accepted", "Accepted", "The server took them over";
    /// Evidence says that it reached the recipient's mailbox, or the next organisation's server.
    Delivered = "delivered", "Delivered", "Evidence says that they arrived";
    /// Accepted, and kept from the recipient as suspicious. A person has it released.
    Quarantined = "quarantined", "Quarantined", "They lie in quarantine and wait to be released";
    /// Accepted, and returned since: the recipient does not have it. Never repeated by itself.
    Bounced = "bounced", "Bounced", "They came back: the recipients do not have them";
    /// The server said "later", or could not be reached. A later run sends it.
    Deferred = "deferred", "Deferred", "The server put them off";
    /// The server said "never" (5xx) of this recipient or message. Not repeated by itself; listed. A
    /// person who has seen to it has it sent again.
    Refused = "refused", "Refused", "The server refused them";
    /// The message was out, its reply was lost. Not repeated by itself, since it may have arrived;
    /// a person resolves it.
    Unknown = "unknown", "Unknown", "It is unknown whether they arrived";
    /// Not to be sent as it stands: the organisation is held, or the message is not the one that
    /// was verified.
    Held = "held", "Held", "No longer what was verified";
    /// A newer edition was prepared before this one was sent.
    Superseded = "superseded", "Superseded", "A newer edition took their place";
    /// Deferred until the report was too old to be worth sending.
    Expired = "expired", "Expired", "Too old to be sent";
}

impl DeliveryState {
    /// The state of a [`DeliveryState::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a run sends deliveries in this state, however messages go.
    #[must_use]
    pub fn is_to_be_sent(self) -> bool {
        matches!(self, Self::Prepared | Self::Deferred)
    }

    /// Whether a run sends deliveries in this state, where messages `leave` the machine or do not.
    #[must_use]
    pub fn is_due(self, leave: bool) -> bool {
        self.is_to_be_sent() || (leave && self == Self::Outbox)
    }

    /// Whether a server took it over, whatever became of it then.
    #[must_use]
    pub fn was_taken(self) -> bool {
        self.is_out() || matches!(self, Self::Quarantined | Self::Bounced)
    }

    /// Whether a server took it over, and it is not known to have come back.
    #[must_use]
    pub fn is_out(self) -> bool {
        matches!(self, Self::Accepted | Self::Delivered)
    }

    /// Whether a run has done with it what its transport can: a server took it over, or it lies in
    /// the outbox.
    #[must_use]
    pub fn is_handed_over(self) -> bool {
        self.is_out() || self == Self::Outbox
    }

    /// The state in a sentence: “in the outbox”.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Outbox => "in the outbox",
            _ => self.name(),
        }
    }

    /// Its place in a list for people: the sooner somebody must see to it, the smaller.
    #[must_use]
    pub fn urgency(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Sending => 1,
            Self::Refused => 2,
            Self::Bounced => 3,
            Self::Quarantined => 4,
            Self::Held => 5,
            Self::Expired => 6,
            Self::Deferred => 7,
            Self::Prepared => 8,
            Self::Outbox => 9,
            Self::Accepted => 10,
            Self::Delivered => 11,
            Self::Superseded => 12,
        }
    }

    /// Whether a delivery in this state may go to `next`. What is not listed here cannot be written
    /// to the ledger: a message that was taken over has no way back to being sent.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            // Put off or refused before its end was sent; or by what other messages met, which tells
            // whether a refusal was about this one.
            Self::Prepared | Self::Deferred => matches!(
                next,
                Self::Sending
                    | Self::Deferred
                    | Self::Refused
                    | Self::Held
                    | Self::Superseded
                    | Self::Expired
            ),
            Self::Sending => matches!(
                next,
                Self::Outbox | Self::Accepted | Self::Deferred | Self::Refused | Self::Unknown
            ),
            // As what is prepared, once messages leave the machine. Or by evidence: what lay there was
            // sent by another hand.
            Self::Outbox => matches!(
                next,
                Self::Sending
                    | Self::Deferred
                    | Self::Refused
                    | Self::Held
                    | Self::Superseded
                    | Self::Expired
                    | Self::Accepted
                    | Self::Delivered
                    | Self::Quarantined
                    | Self::Bounced
            ),
            // By a person, who found out whether it arrived; superseded where a newer edition is to
            // go in its place. Or by evidence, which proves that a server has it.
            Self::Unknown => matches!(
                next,
                Self::Accepted
                    | Self::Delivered
                    | Self::Quarantined
                    | Self::Bounced
                    | Self::Deferred
                    | Self::Superseded
            ),
            // By a person, who has seen to what it was refused for.
            Self::Refused => matches!(next, Self::Deferred | Self::Superseded),
            Self::Held => next == Self::Superseded,
            // By evidence. Delivered to the next server, it may still come back.
            Self::Accepted => {
                matches!(next, Self::Delivered | Self::Quarantined | Self::Bounced)
            }
            Self::Quarantined => matches!(next, Self::Delivered | Self::Bounced),
            Self::Delivered => next == Self::Bounced,
            // By a person, or by a clock that is right: the one before was ahead.
            Self::Expired => matches!(next, Self::Deferred | Self::Superseded),
            Self::Bounced | Self::Superseded => false,
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How many deliveries are in each state.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct DeliveryCounts(BTreeMap<DeliveryState, u64>);

impl DeliveryCounts {
    /// How many are in `state`.
    #[must_use]
    pub fn of(&self, state: DeliveryState) -> u64 {
        self.0.get(&state).copied().unwrap_or(0)
    }

    /// How many a server took over and are not known to have come back.
    #[must_use]
    pub fn out(&self) -> u64 {
        let out = self.iter().filter(|(state, _)| state.is_out());
        out.map(|(_, number)| number).sum()
    }

    /// How many there are in all states.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Counts `number` more in `state`.
    pub fn add(&mut self, state: DeliveryState, number: u64) {
        *self.0.entry(state).or_insert(0) += number;
    }

    /// The states that there are any in, in the order of a delivery's life.
    pub fn iter(&self) -> impl Iterator<Item = (DeliveryState, u64)> + '_ {
        self.0
            .iter()
            .map(|(state, number)| (*state, *number))
            .filter(|(_, number)| *number > 0)
    }
}

impl FromIterator<(DeliveryState, u64)> for DeliveryCounts {
    fn from_iter<I: IntoIterator<Item = (DeliveryState, u64)>>(counts: I) -> Self {
        let mut all = Self::default();
        for (state, number) in counts {
            all.add(state, number);
        }
        all
    }
}

/// As a map in the order of names.
impl Serialize for DeliveryCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let by_name: BTreeMap<&str, u64> = self
            .0
            .iter()
            .map(|(state, number)| (state.name(), *number))
            .collect();
        by_name.serialize(serializer)
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
                state.is_due(true),
                "{state}"
            );
            assert_eq!(state.is_due(false), state.is_to_be_sent(), "{state}");
        }
        let ends = [DeliveryState::Bounced, DeliveryState::Superseded];
        assert!(
            ends.iter()
                .all(|end| DeliveryState::ALL.iter().all(|next| !end.may_become(*next)))
        );
        // What a server took is sent never again, whatever is heard of it.
        for state in DeliveryState::ALL
            .into_iter()
            .filter(|state| state.was_taken())
        {
            for next in DeliveryState::ALL
                .into_iter()
                .filter(|next| state.may_become(*next))
            {
                assert!(next.was_taken(), "{state} {next}");
            }
        }
    }

    #[test]
    fn counts_are_written_by_name_and_read_back() {
        let counts: DeliveryCounts = [
            (DeliveryState::Prepared, 2),
            (DeliveryState::Accepted, 1),
            (DeliveryState::Prepared, 1),
        ]
        .into_iter()
        .collect();
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, r#"{"accepted":1,"prepared":3}"#);
        assert_eq!(
            serde_json::from_str::<DeliveryCounts>(&json).unwrap(),
            counts
        );
        assert_eq!((counts.total(), counts.of(DeliveryState::Held)), (4, 0));
    }
}
