use serde::{Deserialize, Serialize};

use super::OrganisationOutcome;
use crate::domain::{DeliveryCounts, DeliveryState, Stage};

/// What came of an organisation's reports: the worst of all that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationStatus {
    /// It is unknown whether a message arrived.
    Unknown,
    /// The server refused a message.
    Refused,
    /// A message came back.
    Bounced,
    /// A message lies in quarantine.
    Quarantined,
    /// Its exports or its messages were not fit to be sent.
    Held,
    /// Its row of the register has mistakes.
    Mistaken,
    /// A message was no longer what was verified, or its recipient is no longer in the register.
    HeldBack,
    /// A message became too old to be sent.
    Expired,
    /// Its reports are out, and its inputs changed since.
    Changed,
    /// The server put a message off, or was not reached.
    PutOff,
    /// Messages of it lie in the outbox, and have not left the machine.
    Outbox,
    /// All its messages were accepted.
    Sent,
    /// There was nobody to send anything to, or nothing to say.
    NothingToSend,
    /// Its reports could be made, and were not to be sent.
    Preview,
    /// It is finished and gets nothing.
    Closed,
}

impl OrganisationStatus {
    /// Those that somebody must see to, the most urgent first.
    pub(super) const TROUBLED: [Self; 10] = [
        Self::Unknown,
        Self::Refused,
        Self::Bounced,
        Self::Quarantined,
        Self::Held,
        Self::Mistaken,
        Self::HeldBack,
        Self::Expired,
        Self::Changed,
        Self::PutOff,
    ];

    pub(super) fn of(one: &OrganisationOutcome, is_preview: bool) -> Self {
        let messages = &one.messages;
        if !one.mistakes.is_empty() {
            Self::Mistaken
        } else if one.stage == Some(Stage::Closed)
            && one.held.is_empty()
            && one.changed.is_empty()
            && messages.total() == 0
        {
            Self::Closed
        } else if let Some(not_arrived) = Self::of_not_arrived(messages) {
            not_arrived
        } else if !one.held.is_empty() {
            Self::Held
        } else if is_preview {
            Self::Preview
        } else {
            Self::of_other_messages(messages, !one.changed.is_empty())
        }
    }

    /// What it is once deliveries of the day are as they are now.
    pub(super) fn since(self, messages: &DeliveryCounts, has_reasons: bool) -> Self {
        match self {
            Self::Mistaken | Self::Closed | Self::Preview => self,
            _ => Self::of_not_arrived(messages).unwrap_or(match self {
                // What was worst is no more.
                Self::Unknown
                | Self::Refused
                | Self::Bounced
                | Self::Quarantined
                | Self::Outbox => Self::of_other_messages(messages, has_reasons),
                _ => self,
            }),
        }
    }

    /// Where a message did not arrive, or perhaps not.
    fn of_not_arrived(messages: &DeliveryCounts) -> Option<Self> {
        [
            (DeliveryState::Unknown, Self::Unknown),
            (DeliveryState::Sending, Self::Unknown),
            (DeliveryState::Refused, Self::Refused),
            (DeliveryState::Bounced, Self::Bounced),
            (DeliveryState::Quarantined, Self::Quarantined),
        ]
        .into_iter()
        .find_map(|(state, status)| (messages.of(state) > 0).then_some(status))
    }

    fn of_other_messages(messages: &DeliveryCounts, has_changed: bool) -> Self {
        let has = |state| messages.of(state) > 0;
        if has(DeliveryState::Held) {
            Self::HeldBack
        } else if has(DeliveryState::Expired) {
            Self::Expired
        } else if has_changed {
            Self::Changed
        } else if has(DeliveryState::Deferred) || has(DeliveryState::Prepared) {
            Self::PutOff
        } else if has(DeliveryState::Outbox) {
            Self::Outbox
        } else if messages.out() > 0 {
            Self::Sent
        } else {
            Self::NothingToSend
        }
    }

    /// The state as a reader says it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Refused => "Refused",
            Self::Bounced => "Bounced",
            Self::Quarantined => "In quarantine",
            Self::Held => "Held",
            Self::Mistaken => "Mistake in the register",
            Self::HeldBack => "Held back",
            Self::Expired => "Expired",
            Self::Changed => "Sent, changed since",
            Self::PutOff => "Put off",
            Self::Outbox => "In the outbox",
            Self::Sent => "Sent",
            Self::NothingToSend => "Nothing to send",
            Self::Preview => "Not sent: preview",
            Self::Closed => "Closed",
        }
    }

    /// Behind a number of organisations: “held”, “with mistakes in the register”.
    pub(super) fn words(self, organisations: usize) -> &'static str {
        match (self, organisations) {
            (Self::Unknown, 1) => "with a message of which it is unknown whether it arrived",
            (Self::Unknown, _) => "with messages of which it is unknown whether they arrived",
            (Self::Refused, _) => "refused by the server",
            (Self::Bounced, 1) => "with a message that bounced",
            (Self::Bounced, _) => "with messages that bounced",
            (Self::Quarantined, 1) => "with a message in quarantine",
            (Self::Quarantined, _) => "with messages in quarantine",
            (Self::Held, _) => "held",
            (Self::Mistaken, 1) => "with a mistake in the register",
            (Self::Mistaken, _) => "with mistakes in the register",
            (Self::HeldBack, _) => "held back",
            (Self::Expired, _) => "expired",
            (Self::Changed, _) => "sent, with inputs that changed since",
            (Self::PutOff, _) => "put off",
            (Self::Outbox, _) => "in the outbox",
            (Self::Sent, _) => "sent",
            (Self::NothingToSend, _) => "with nothing to send",
            (Self::Preview, _) => "not sent",
            (Self::Closed, _) => "closed",
        }
    }

    /// Whether somebody must speak with the organisation or write to its people.
    #[must_use]
    pub fn needs_a_call(self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Refused | Self::Bounced | Self::Quarantined | Self::Held
        )
    }

    /// Whether its people got what they were to get, or were to get nothing.
    #[must_use]
    pub fn has_heard(self) -> bool {
        !self.is_troubled() || self == Self::Changed
    }

    /// Whether somebody must see to it.
    pub(super) fn is_troubled(self) -> bool {
        Self::TROUBLED.contains(&self)
    }

    /// Its place in a list: the more urgent, the smaller. States that need nothing share one.
    pub(super) fn urgency(self) -> usize {
        Self::TROUBLED
            .iter()
            .position(|state| *state == self)
            .unwrap_or(Self::TROUBLED.len())
    }
}
