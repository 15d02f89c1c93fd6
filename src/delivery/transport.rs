use crate::mail::Message;

/// A way for messages to leave: a mail server, a mail program, or a folder.
pub trait Transport {
    /// Hands one message over and says what became of it. A failure of one message leaves the next undisturbed.
    fn send(&mut self, message: &Message) -> SendOutcome;

    /// Ends what is open, once nothing more is to be sent.
    fn finish(&mut self);
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
        Self::Deferred { reason: reason.into(), about: Deferral::Unreachable }
    }

    /// Whether the outcome speaks of the server rather than of the message.
    #[must_use]
    pub fn is_fault_of_server(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::Deferred { about: Deferral::Connection | Deferral::Unreachable, .. })
    }
}
