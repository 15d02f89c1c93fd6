use mail_parser::{Address, MessageParser};
use sha2::{Digest, Sha256};

use crate::domain::{EmailAddress, OrganisationCode, ReportDate, ReportKind, hexadecimal};

/// What makes a delivery the same delivery: one report, in one edition, to one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryKey {
    /// The day the report is about.
    pub report_date: ReportDate,
    /// The organisation it is about.
    pub organisation: OrganisationCode,
    /// The kind of the report.
    pub report: ReportKind,
    /// Which edition, from 1.
    pub edition: u32,
    /// The one to whom it goes.
    pub recipient: EmailAddress,
}

impl DeliveryKey {
    /// Twelve hexadecimal digits that stand for the recipient in file names, which must not name a
    /// person.
    #[must_use]
    pub fn recipient_digest(&self) -> String {
        digest(&self.recipient.folded(), 12)
    }

    /// The Message-ID of this delivery, without angle brackets: the same whenever it is made, so
    /// that a mail system that sees it twice can tell.
    #[must_use]
    pub fn message_id(&self, domain: &str) -> String {
        let (date, organisation, report) = (self.report_date, &self.organisation, self.report);
        let (edition, recipient) = (self.edition, self.recipient.folded());
        let key = format!("{date}/{organisation}/{report}/{edition}/{recipient}");
        let code = organisation.as_str().to_ascii_lowercase();
        message_id(date, &code, &key, domain)
    }
}

fn message_id(date: ReportDate, code: &str, key: &str, domain: &str) -> String {
    let (day, digest) = (date.day().format("%Y%m%d"), digest(key, 32));
    format!("{day}.{code}.{digest}@{domain}")
}

/// What makes a Run Summary the same: one edition of a day, to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryKey {
    /// The day it is about.
    pub report_date: ReportDate,
    /// Which edition, from 1.
    pub edition: u32,
    /// The one to whom it goes.
    pub recipient: EmailAddress,
}

impl SummaryKey {
    /// Twelve hexadecimal digits that stand for the recipient in file names.
    #[must_use]
    pub fn recipient_digest(&self) -> String {
        digest(&self.recipient.folded(), 12)
    }

    /// The Message-ID, without angle brackets: the same whenever it is made.
    #[must_use]
    pub fn message_id(&self, domain: &str) -> String {
        let (date, edition, recipient) = (self.report_date, self.edition, self.recipient.folded());
        let key = format!("{date}/run-summary/{edition}/{recipient}");
        message_id(date, "run-summary", &key, domain)
    }
}

/// A finished Run Summary for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryMessage {
    /// Which it is.
    pub key: SummaryKey,
    /// The envelope sender, and the From header.
    pub from: EmailAddress,
    /// The message as it goes over the wire, as in [`Message::bytes`].
    pub bytes: Vec<u8>,
}

/// How the Message-ID of a rehearsal begins. A delivery's own begins with digits.
pub(super) const REHEARSAL_ID: &str = "rehearsal.";

/// The first hexadecimal digits of a text's SHA-256.
pub(super) fn digest(text: &str, digits: usize) -> String {
    let mut digest = hexadecimal::encode(&Sha256::digest(text));
    digest.truncate(digits);
    digest
}

/// A finished message for one recipient. `Debug` leaves its bytes out: they name users.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Which delivery it is.
    pub key: DeliveryKey,
    /// To whom it goes, in the envelope and the To header: the recipient of the delivery, but for a
    /// rehearsal.
    pub to: EmailAddress,
    /// The envelope sender, and the From header.
    pub from: EmailAddress,
    /// The Message-ID header, without angle brackets.
    pub message_id: String,
    /// The message as it goes over the wire: CRLF line ends, ASCII, no line over 998 characters.
    pub bytes: Vec<u8>,
}

impl Message {
    /// Whether it goes to somebody else than the recipient of its delivery, to be looked at.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        self.to != self.key.recipient || self.message_id.starts_with(REHEARSAL_ID)
    }

    /// One of the 22nd of November 2026.
    #[cfg(test)]
    pub(crate) fn invented(organisation: &str, recipient: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let key = DeliveryKey {
            report_date: ReportDate::of(day),
            organisation: OrganisationCode::parse(organisation).unwrap(),
            report: ReportKind::OverallMigration,
            edition: 1,
            recipient: EmailAddress::parse(recipient).unwrap(),
        };
        Self {
            to: key.recipient.clone(),
            from: EmailAddress::parse("reports@nhs.example").unwrap(),
            message_id: key.message_id("nhs.example"),
            key,
            bytes: bytes.into(),
        }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("key", &self.key)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Who a finished message is from; `None` where it says nobody, or several.
pub fn sender_of(bytes: &[u8]) -> Option<EmailAddress> {
    only_address(MessageParser::new().parse_headers(bytes)?.from()?)
}

/// Whom a finished message is to, and its Message-ID; `None` where it says nobody, or several.
pub fn recipient_of(bytes: &[u8]) -> Option<(EmailAddress, String)> {
    let headers = MessageParser::new().parse_headers(bytes)?;
    Some((
        only_address(headers.to()?)?,
        headers.message_id()?.to_owned(),
    ))
}

fn only_address(addresses: &Address<'_>) -> Option<EmailAddress> {
    let mut addresses = addresses.iter();
    let only = addresses.next().filter(|_| addresses.next().is_none())?;
    EmailAddress::parse(only.address()?).ok()
}
