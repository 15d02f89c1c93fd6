use std::path::{Path, PathBuf};

use super::record::StateNote;
use crate::domain::{DeliveryState, EmailAddress};
use crate::mail::{DeliveryKey, Message, SummaryMessage};

/// Asked when all but the end of a message is handed over: with the end it is out, and may arrive
/// whatever is heard of it. Where it says no, the end is not sent.
pub type Leave<'a> = dyn FnMut() -> bool + 'a;

/// Asked the same of several messages, by their places. Says it of each.
pub type LeaveAll<'a> = dyn FnMut(&[usize]) -> Vec<bool> + 'a;

/// A way for messages to leave: a mail server, a mail program, or a folder.
pub trait Transport {
    /// Hands one message over and says what became of it. A failure of one leaves the next
    /// undisturbed. Of a message for which `leave` was not asked it is certain that nobody has it.
    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome;

    /// Whether what it takes leaves this machine: what lies in a folder has not been sent.
    fn leaves_the_machine(&self) -> bool {
        true
    }

    /// How many messages it takes at once: more where each would wait for the disk by itself.
    fn at_once(&self) -> usize {
        1
    }

    /// Hands several messages over, as many as are taken at once, and says what became of each.
    fn hand_over_all(
        &mut self,
        messages: &[OutgoingMessage<'_>],
        leave: &mut LeaveAll<'_>,
    ) -> Vec<SendOutcome> {
        one_by_one(self, messages, leave)
    }

    /// Hands the message of a report over and says what became of it.
    fn send(&mut self, message: &Message) -> SendOutcome {
        self.hand_over(&OutgoingMessage::of(message), &mut || true)
    }

    /// Ends what is open, once nothing more is to be sent.
    fn finish(&mut self);
}

/// Hands messages over one after the other, and says what became of each.
pub(super) fn one_by_one(
    transport: &mut (impl Transport + ?Sized),
    messages: &[OutgoingMessage<'_>],
    leave: &mut LeaveAll<'_>,
) -> Vec<SendOutcome> {
    let messages = messages.iter().enumerate();
    messages
        .map(|(place, message)| transport.hand_over(message, &mut || leave(&[place]) == [true]))
        .collect()
}

/// What a transport needs of a message, whatever it is about.
#[derive(Debug, Clone)]
pub struct OutgoingMessage<'a> {
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

/// What an outbox calls the file of a report, below its own folder.
pub(super) fn outbox_file(key: &DeliveryKey) -> PathBuf {
    let file = format!(
        "{}-{}-{}-{}.eml",
        key.organisation,
        key.report,
        key.edition,
        key.recipient_digest()
    );
    Path::new(&key.report_date.to_string()).join(file)
}

impl<'a> OutgoingMessage<'a> {
    /// The message of a report.
    pub fn of(message: &'a Message) -> Self {
        Self {
            file: outbox_file(&message.key),
            from: &message.from,
            to: &message.to,
            bytes: &message.bytes,
        }
    }

    /// The message of a Run Summary.
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
    /// Taken over; the server's words.
    Accepted(String),
    /// Written into a folder, from which nothing leaves the machine; where it lies.
    Kept(String),
    /// Certainly not taken over, and worth another try; the server's words, or what happened.
    Deferred(String, Deferral),
    /// Refused for good.
    Refused(Refusal),
    /// Handed over in full, but nobody said whether it was taken; what happened.
    Unknown(String),
}

/// A message that will not be taken however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The server's words, or what is wrong with the message.
    pub text: String,
    /// The same for two messages that were refused in the same way.
    pub kind: String,
    /// Whether it is known to be about this recipient. It may be about whoever sends otherwise:
    /// what becomes of other messages tells.
    pub is_certain: bool,
}

impl Refusal {
    /// A refusal that no other message can have any part in.
    pub fn certain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            kind: text.clone(),
            text,
            is_certain: true,
        }
    }
}

/// What a deferral is about: it decides whether the messages after it can hope for better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deferral {
    /// The server said "later" to this message or recipient (4xx).
    Message,
    /// The server said that messages come too fast.
    Pace,
    /// The connection was lost before the message was handed over, or the server has a fault of its
    /// own.
    Connection,
    /// The server could not be reached or secured.
    Unreachable,
    /// The server takes nothing from this sender.
    Sender,
    /// The server takes no log-in from this account.
    LogIn,
}

impl SendOutcome {
    /// Of a message whose end was not to be sent.
    pub(super) fn stayed() -> Self {
        let reason = "it was no longer to be sent when all but its end was".to_owned();
        Self::Deferred(reason, Deferral::Message)
    }

    pub(super) fn unreachable(reason: impl Into<String>) -> Self {
        Self::Deferred(reason.into(), Deferral::Unreachable)
    }

    /// The state that it brings a delivery to. What may be the sender's fault stays to be sent.
    pub(super) fn state(&self) -> DeliveryState {
        match self {
            Self::Accepted(_) => DeliveryState::Accepted,
            Self::Kept(_) => DeliveryState::Outbox,
            Self::Refused(refusal) if refusal.is_certain => DeliveryState::Refused,
            Self::Refused(_) | Self::Deferred(..) => DeliveryState::Deferred,
            Self::Unknown(_) => DeliveryState::Unknown,
        }
    }

    /// The server's words, or what happened.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.text,
            Self::Accepted(text)
            | Self::Kept(text)
            | Self::Deferred(text, _)
            | Self::Unknown(text) => text,
        }
    }

    /// What the ledger keeps of it. What is kept as the server's reply waits for a while before it is
    /// tried again; what says nothing of the message does not.
    pub(super) fn note(&self) -> StateNote {
        match self {
            Self::Kept(_)
            | Self::Unknown(_)
            | Self::Deferred(_, Deferral::Unreachable | Deferral::Sender | Deferral::LogIn) => {
                StateNote::reason(self.text())
            }
            _ => StateNote::reply(self.text()),
        }
    }
}
