use std::path::{Path, PathBuf};

use super::record::Answer;
use crate::domain::{DeliveryState, EmailAddress};
use crate::mail::{DeliveryKey, Message, SummaryMessage};

/// A way for messages to leave: a mail server, a mail program, or a folder.
pub trait Transport {
    /// Hands one letter over and says what became of it. A failure of one leaves the next
    /// undisturbed.
    fn hand_over(&mut self, letter: &Letter<'_>) -> SendOutcome;

    /// How many letters it takes at once: more where each would wait for the disk by itself.
    fn at_once(&self) -> usize {
        1
    }

    /// Hands several letters over, as many as are taken at once, and says what became of each.
    fn hand_over_all(&mut self, letters: &[Letter<'_>]) -> Vec<SendOutcome> {
        letters
            .iter()
            .map(|letter| self.hand_over(letter))
            .collect()
    }

    /// Hands one message over and says what became of it.
    fn send(&mut self, message: &Message) -> SendOutcome {
        self.hand_over(&Letter::of(message))
    }

    /// Ends what is open, once nothing more is to be sent.
    fn finish(&mut self);
}

/// What a transport needs of a message, whatever it is about.
#[derive(Debug, Clone)]
pub struct Letter<'a> {
    /// What an outbox calls its file, below its own folder. The name stands for the recipient
    /// without naming a person.
    pub file: PathBuf,
    /// The envelope sender.
    pub from: &'a EmailAddress,
    /// The envelope recipient.
    pub to: &'a EmailAddress,
    /// The message as it goes over the wire.
    pub bytes: &'a [u8],
}

impl<'a> Letter<'a> {
    /// The letter of a report.
    #[must_use]
    pub fn of(message: &'a Message) -> Self {
        Self {
            file: file_of(&message.key),
            from: &message.from,
            to: &message.to,
            bytes: &message.bytes,
        }
    }

    /// The letter of a Run Summary.
    #[must_use]
    pub fn of_summary(message: &'a SummaryMessage) -> Self {
        let key = &message.key;
        let file = format!("run-summary-{}-{}.eml", key.edition, key.recipient_digest());
        Self {
            file: Path::new(&key.report_date.to_string()).join(file),
            from: &message.from,
            to: &key.recipient,
            bytes: &message.bytes,
        }
    }
}

pub(super) fn file_of(key: &DeliveryKey) -> PathBuf {
    let file = format!(
        "{}-{}-{}-{}.eml",
        key.organisation,
        key.report,
        key.edition,
        key.recipient_digest()
    );
    Path::new(&key.report_date.to_string()).join(file)
}

/// What became of a message. The texts are fit to keep: one line, addresses masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// Taken over; the transport's confirmation.
    Accepted {
        /// The server's words, or where the message lies.
        reply: String,
    },
    /// Certainly not taken over, and worth another try.
    Deferred {
        /// The server's words, or what happened.
        reason: String,
        /// What the deferral is about.
        about: Deferral,
    },
    /// Refused for good.
    Refused {
        /// The server's words, or what is wrong with the message.
        reply: String,
    },
    /// Handed over in full, but nobody said whether it was taken.
    Unknown {
        /// What happened.
        reason: String,
    },
}

/// What a deferral is about: it decides whether the messages after it can hope for better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deferral {
    /// The server said "later" to this message or recipient (4xx).
    Message,
    /// The connection was lost, or closed by the server, before the message was handed over.
    Connection,
    /// The server could not be reached, secured, or logged in to.
    Unreachable,
}

impl SendOutcome {
    pub(super) fn unreachable(reason: impl Into<String>) -> Self {
        Self::Deferred {
            reason: reason.into(),
            about: Deferral::Unreachable,
        }
    }

    /// The state that it brings a delivery to.
    pub(super) fn state(&self) -> DeliveryState {
        match self {
            Self::Accepted { .. } => DeliveryState::Accepted,
            Self::Deferred { .. } => DeliveryState::Deferred,
            Self::Refused { .. } => DeliveryState::Refused,
            Self::Unknown { .. } => DeliveryState::Unknown,
        }
    }

    /// The server's words, or what happened.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Accepted { reply: text }
            | Self::Refused { reply: text }
            | Self::Deferred { reason: text, .. }
            | Self::Unknown { reason: text } => text,
        }
    }

    /// What the ledger keeps of it.
    pub(super) fn answer(&self) -> Answer {
        if self.is_fault_of_server() {
            Answer::reason(self.text())
        } else {
            Answer::reply(self.text())
        }
    }

    /// Whether the server could not be reached, secured or logged in to.
    pub(super) fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Deferred {
                about: Deferral::Unreachable,
                ..
            }
        )
    }

    /// Whether the outcome speaks of the server rather than of the message.
    #[must_use]
    pub fn is_fault_of_server(&self) -> bool {
        matches!(
            self,
            Self::Unknown { .. }
                | Self::Deferred {
                    about: Deferral::Connection | Deferral::Unreachable,
                    ..
                }
        )
    }
}
