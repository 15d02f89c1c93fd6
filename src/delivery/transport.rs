use std::path::{Path, PathBuf};

use super::record::Answer;
use crate::domain::{DeliveryState, EmailAddress};
use crate::mail::{Message, SummaryMessage};

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

    /// Hands the message of a report over and says what became of it.
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
    pub fn of(message: &'a Message) -> Self {
        let key = &message.key;
        let file = format!(
            "{}-{}-{}-{}.eml",
            key.organisation,
            key.report,
            key.edition,
            key.recipient_digest()
        );
        Self {
            file: Path::new(&key.report_date.to_string()).join(file),
            from: &message.from,
            to: &message.to,
            bytes: &message.bytes,
        }
    }

    /// The letter of a Run Summary.
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

/// What became of a message. The texts are fit to keep: one line, addresses masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// Taken over; the server's words, or where the message lies.
    Accepted(String),
    /// Certainly not taken over, and worth another try; the server's words, or what happened.
    Deferred(String, Deferral),
    /// Refused for good; the server's words, or what is wrong with the message.
    Refused(String),
    /// Handed over in full, but nobody said whether it was taken; what happened.
    Unknown(String),
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
        Self::Deferred(reason.into(), Deferral::Unreachable)
    }

    /// The state that it brings a delivery to.
    pub(super) fn state(&self) -> DeliveryState {
        match self {
            Self::Accepted(_) => DeliveryState::Accepted,
            Self::Deferred(..) => DeliveryState::Deferred,
            Self::Refused(_) => DeliveryState::Refused,
            Self::Unknown(_) => DeliveryState::Unknown,
        }
    }

    /// The server's words, or what happened.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Accepted(text)
            | Self::Refused(text)
            | Self::Deferred(text, _)
            | Self::Unknown(text) => text,
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
        matches!(self, Self::Deferred(_, Deferral::Unreachable))
    }

    /// Whether the outcome speaks of the server rather than of the message.
    pub(super) fn is_fault_of_server(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::Deferred(_, about) => *about != Deferral::Message,
            Self::Accepted(_) | Self::Refused(_) => false,
        }
    }

    /// How many messages in a row failed by the server's fault, this one among them, where it was
    /// so many before.
    pub(super) fn faults_in_a_row(&self, before: usize) -> usize {
        if self.is_fault_of_server() {
            before + 1
        } else {
            0
        }
    }
}
