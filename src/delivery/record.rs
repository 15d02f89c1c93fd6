use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::domain::{DeliveryState, OrganisationCode, ReportDate, ReportKind, hexadecimal};
use crate::mail::{DeliveryKey, Message};

/// An edition of a report, as it is written to the ledger: what it was made from, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionRecord {
    /// The day the report is about.
    pub report_date: ReportDate,
    /// The organisation it is about.
    pub organisation: OrganisationCode,
    /// The kind of the report.
    pub report: ReportKind,
    /// The number of the edition, from 1.
    pub edition: u32,
    /// A fingerprint of everything the report was made from.
    pub inputs_digest: String,
    /// When it was rendered and verified.
    pub prepared_at: DateTime<Utc>,
}

/// A verified message that lies in the archive, ready to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedDelivery {
    /// Which delivery it is.
    pub key: DeliveryKey,
    /// The Message-ID header, without angle brackets.
    pub message_id: String,
    /// Where its bytes are, below the data folder.
    pub message_path: PathBuf,
    /// [`message_digest`] of its bytes.
    pub message_digest: String,
}

impl PreparedDelivery {
    /// The delivery of `message`, whose bytes were archived at `message_path` below the data
    /// folder.
    pub fn of(message: &Message, message_path: impl Into<PathBuf>) -> Self {
        Self {
            key: message.key.clone(),
            message_id: message.message_id.clone(),
            message_path: message_path.into(),
            message_digest: message_digest(&message.bytes),
        }
    }
}

/// The SHA-256 of a message's bytes, in hexadecimal: how a message that was changed after it was
/// verified is found.
pub fn message_digest(bytes: &[u8]) -> String {
    hexadecimal::encode(&Sha256::digest(bytes))
}

/// The number of a delivery in the ledger: what a person writes after `deliveries resolve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub(super) i64);

impl DeliveryId {
    /// The number itself.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for DeliveryId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A delivery as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// The number that the ledger gave it.
    pub id: DeliveryId,
    /// Which delivery it is.
    pub key: DeliveryKey,
    /// The Message-ID header, without angle brackets.
    pub message_id: String,
    /// Where the message's bytes are, below the data folder.
    pub message_path: PathBuf,
    /// [`message_digest`] of the bytes that were verified.
    pub message_digest: String,
    /// Where the delivery is.
    pub state: DeliveryState,
    /// How often it was handed to a server.
    pub attempts: u32,
    /// The server's last reply, addresses masked.
    pub server_reply: Option<String>,
    /// Why the delivery is where it is, for a person.
    pub reason: Option<String>,
    /// When it was first recorded.
    pub prepared_at: DateTime<Utc>,
    /// When its state last changed.
    pub updated_at: DateTime<Utc>,
    /// When a server took it over; `None` where none did, or it is not known when.
    pub accepted_at: Option<DateTime<Utc>>,
}

/// The inputs of an edition of which nobody knows what it was made from.
pub const INPUTS_NOT_KNOWN: &str = "not known";

/// Why a delivery is to be sent again, by a person's word.
pub const WANTED_AGAIN: &str = "a person has it sent again";

impl DeliveryRecord {
    /// Whether a person gave it back to be sent, and nobody has tried since.
    pub(super) fn is_wanted_again(&self) -> bool {
        self.state == DeliveryState::Deferred && self.reason.as_deref() == Some(WANTED_AGAIN)
    }

    /// Why the delivery is where it is; where nothing says so, the server's last reply.
    pub fn explanation(&self) -> Option<&str> {
        self.reason.as_deref().or(self.server_reply.as_deref())
    }
}

/// What is written beside a new state: the server's words, ours, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateNote {
    /// The server's reply, addresses masked.
    pub server_reply: Option<String>,
    /// Why, for a person.
    pub reason: Option<String>,
}

impl StateNote {
    /// What the server said.
    pub fn reply(reply: impl Into<String>) -> Self {
        Self {
            server_reply: Some(reply.into()),
            reason: None,
        }
    }

    /// Why, where no server spoke.
    pub fn reason(reason: impl Into<String>) -> Self {
        Self {
            server_reply: None,
            reason: Some(reason.into()),
        }
    }

    /// The server's words, or the reason; empty where there is neither.
    pub(super) fn text(&self) -> &str {
        self.server_reply
            .as_ref()
            .or(self.reason.as_ref())
            .map_or("", String::as_str)
    }
}

/// Which deliveries to list or to send. The default is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Only of this report date.
    pub report_date: Option<ReportDate>,
    /// Only of these organisations, of none where there are none; `None` for all.
    pub organisations: Option<Vec<OrganisationCode>>,
    /// Only of these reports; empty for all.
    pub reports: Vec<ReportKind>,
    /// Only in these states; empty for all.
    pub states: Vec<DeliveryState>,
}

impl DeliveryFilter {
    /// All deliveries of a report date.
    pub fn of_date(report_date: ReportDate) -> Self {
        Self {
            report_date: Some(report_date),
            ..Self::default()
        }
    }

    pub(super) fn admits(&self, record: &DeliveryRecord) -> bool {
        let key = &record.key;
        self.report_date.is_none_or(|date| date == key.report_date)
            && self
                .organisations
                .as_ref()
                .is_none_or(|organisations| organisations.contains(&key.organisation))
            && (self.reports.is_empty() || self.reports.contains(&key.report))
            && (self.states.is_empty() || self.states.contains(&record.state))
    }
}
