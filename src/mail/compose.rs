use std::{slice, time};

use chrono::{DateTime, Datelike, FixedOffset};
use lettre::Address;
use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, MultiPartBuilder, SinglePart};

use super::header_text::{one_line, phrase};
use super::message::{DeliveryKey, Message, REHEARSAL_ID, SummaryKey, SummaryMessage, digest};
use super::package::ZIP;
use crate::domain::{Domain, EmailAddress};
use crate::render::{Picture, Rendered, WorkbookFile};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The mark that makes NHSmail encrypt a message to addresses outside its trusted domains.
pub(super) const SECURE_PREFIX: &str = "[secure] ";

/// What the subject of a message begins with that is only to be looked at.
pub(super) const REHEARSAL_PREFIX: &str = "REHEARSAL: ";

/// The header of a rehearsal that says who gets the real message.
pub(super) const REHEARSAL_HEADER: &str = "X-Rehearsal-For";

/// What a message needs beside its content.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// Which delivery it is; its recipient is the only one.
    pub key: &'a DeliveryKey,
    /// The organisation as a reader knows it.
    pub organisation_name: &'a str,
    /// The envelope sender, and the From header.
    pub from: &'a EmailAddress,
    /// The name beside the sender's address: the programme's.
    pub from_name: &'a str,
    /// Where answers go: the central team.
    pub reply_to: &'a EmailAddress,
    /// When the message was prepared, to the second, in the programme's time zone.
    pub date: DateTime<FixedOffset>,
    /// The domains that mail reaches protected without more.
    pub trusted_domains: &'a [Domain],
    /// Whether the report names users or quotes their mail.
    pub holds_personal_data: bool,
    /// Everyone who gets this edition of the report.
    pub all_recipients: &'a [EmailAddress],
    /// To whom it goes instead, to be looked at.
    pub rehearsal: Option<RehearsalCopy<'a>>,
}

/// Where a message goes that is only to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct RehearsalCopy<'a> {
    /// To whom, in place of the recipient.
    pub to: &'a EmailAddress,
    /// What tells one rehearsal from the next, such as its time: mail systems drop a Message-ID
    /// that they have seen.
    pub mark: &'a str,
}

/// Why a message could not be composed. Holds no address.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// An address that the mail library cannot write.
    #[error(
        "the address for the {header} header cannot be written into a message: check it in the \
         settings or the register"
    )]
    Address {
        /// `From`, `To` or `Reply-To`.
        header: &'static str,
    },
    /// A file name that is not safe in every mail client.
    #[error(
        "a file cannot be attached as {0:?}: its name may hold letters a to z, digits, full stops, \
         hyphens and underscores only"
    )]
    FileName(String),
    /// A time outside the years 1900 to 9999.
    #[error("the time {0} cannot be written as a message's date: check the clock of this machine")]
    Date(DateTime<FixedOffset>),
    /// A content type that the mail library cannot write.
    #[error("the content type “{0}” cannot be written into a message")]
    ContentType(String),
    /// The mail library refused the message as a whole.
    #[error("the message could not be put together: {0}")]
    Assembly(#[source] lettre::error::Error),
}

/// Whether policy wants `[secure] ` in front of the subject: the message holds personal data and at
/// least one recipient of the edition is outside the trusted domains.
///
/// One answer for the whole edition, so that its recipients can quote one subject to each other.
#[must_use]
pub(super) fn needs_secure_prefix(
    recipients: &[EmailAddress],
    trusted_domains: &[Domain],
    holds_personal_data: bool,
) -> bool {
    let is_outside = |recipient: &EmailAddress| !recipient.is_within(trusted_domains);
    holds_personal_data && recipients.iter().any(is_outside)
}

/// Puts a rendered report into one message to one recipient. The same report and envelope give the
/// same bytes.
///
/// The shape is `mixed(alternative(text, related(page, pictures …)), workbook)`; bodies are
/// quoted-printable or base64, so that a message is ASCII whatever it says. Texts in headers lose
/// line ends and control characters.
///
/// # Errors
/// [`ComposeError`] where an address, a file name or the time cannot be written into a message.
pub fn compose(rendered: &Rendered, envelope: &Envelope<'_>) -> Result<Message, ComposeError> {
    let key = envelope.key;
    let domain = envelope.from.domain().to_ascii_lowercase();
    let code = key.organisation.as_str().to_ascii_lowercase();
    let (mut to, mut message_id) = (&key.recipient, key.message_id(&domain));
    let mut stream = format!("{}.{code}", key.report);
    if let Some(rehearsal) = envelope.rehearsal {
        to = rehearsal.to;
        message_id = format!("{REHEARSAL_ID}{}.{message_id}", digest(rehearsal.mark, 12));
        stream = format!("{REHEARSAL_ID}{stream}");
    }
    let (title, organisation) = (key.report.title(), envelope.organisation_name);
    let headers = Headers {
        from: (envelope.from, envelope.from_name),
        to,
        reply_to: envelope.reply_to,
        date: envelope.date,
        subject: subject(rendered, envelope),
        message_id: &message_id,
        stream: &stream,
        list: &phrase(&format!("{title} {organisation}")),
        rehearsal_for: envelope.rehearsal.map(|_| &key.recipient),
    };
    let bytes = put_together(rendered, &headers)?;
    Ok(Message {
        key: key.clone(),
        to: to.clone(),
        from: envelope.from.clone(),
        message_id,
        bytes,
    })
}

/// What a Run Summary needs beside its content. It names nobody, and so nothing in it is protected.
#[derive(Debug, Clone, Copy)]
pub struct SummaryEnvelope<'a> {
    /// Which it is; its recipient is the only one.
    pub key: &'a SummaryKey,
    /// The envelope sender, and the From header.
    pub from: &'a EmailAddress,
    /// The name beside the sender's address: the programme's.
    pub from_name: &'a str,
    /// Where answers go: the central team.
    pub reply_to: &'a EmailAddress,
    /// When it was made, to the second, in the programme's time zone.
    pub date: DateTime<FixedOffset>,
}

/// Puts a rendered Run Summary into one message to one recipient, in the shape of [`compose`].
///
/// # Errors
/// As [`compose`].
pub fn compose_summary(
    rendered: &Rendered,
    envelope: &SummaryEnvelope<'_>,
) -> Result<SummaryMessage, ComposeError> {
    let key = envelope.key;
    let domain = envelope.from.domain().to_ascii_lowercase();
    let headers = Headers {
        from: (envelope.from, envelope.from_name),
        to: &key.recipient,
        reply_to: envelope.reply_to,
        date: envelope.date,
        subject: one_line(&rendered.subject),
        message_id: &key.message_id(&domain),
        stream: "run-summary",
        list: &phrase("Run Summary"),
        rehearsal_for: None,
    };
    Ok(SummaryMessage {
        key: key.clone(),
        from: envelope.from.clone(),
        bytes: put_together(rendered, &headers)?,
    })
}

/// The headers of a message, less those that are the same in all.
struct Headers<'a> {
    from: (&'a EmailAddress, &'a str),
    to: &'a EmailAddress,
    reply_to: &'a EmailAddress,
    date: DateTime<FixedOffset>,
    subject: String,
    message_id: &'a str,
    /// What the messages of all days have in common.
    stream: &'a str,
    /// What a mail client calls the stream.
    list: &'a str,
    rehearsal_for: Option<&'a EmailAddress>,
}

/// What Exchange is told not to answer with ([MS-OXCMAIL] 2.2.3.2.14): notices of delivery, of
/// reading and not reading, out of office, other programs' answers. `All` would hold non-delivery
/// reports back too, and nobody would learn of a report that did not arrive.
pub(super) const SUPPRESS_HEADER: &str = "X-Auto-Response-Suppress";
pub(super) const SUPPRESSED_ANSWERS: &str = "DR, RN, NRN, OOF, AutoReply";

fn put_together(rendered: &Rendered, headers: &Headers<'_>) -> Result<Vec<u8>, ComposeError> {
    let (message_id, stream, list) = (headers.message_id, headers.stream, headers.list);
    let (from, from_name) = headers.from;
    let domain = from.domain().to_ascii_lowercase();
    let from_name = Some(one_line(from_name)).filter(|name| !name.is_empty());
    let mut builder = MessageBuilder::new()
        .from(Mailbox::new(from_name, address(from, "From")?))
        .to(Mailbox::new(None, address(headers.to, "To")?))
        .reply_to(Mailbox::new(None, address(headers.reply_to, "Reply-To")?))
        .subject(&headers.subject)
        // Holds the place: the library writes UTC only.
        .date(time::UNIX_EPOCH)
        .message_id(Some(format!("<{message_id}>")))
        // No message has this identifier: it stands for the stream, so that a mail client threads
        // the days.
        .references(format!("<stream.{stream}@{domain}>"));
    for (name, value) in [
        ("List-Id", format!("{list} <{stream}.{domain}>")),
        // RFC 3834 section 5, and what Exchange reads instead: keep out-of-office replies away.
        ("Auto-Submitted", "auto-generated".to_owned()),
        (SUPPRESS_HEADER, SUPPRESSED_ANSWERS.to_owned()),
    ] {
        builder = builder.raw_header(raw_header(name, value));
    }
    if let Some(recipient) = headers.rehearsal_for {
        builder = builder.raw_header(raw_header(REHEARSAL_HEADER, recipient.reveal().to_owned()));
    }

    let message = builder.multipart(content(rendered, message_id)?);
    let mut message = message.map_err(ComposeError::Assembly)?;
    let date = raw_header("Date", date(headers.date)?);
    message.headers_mut().insert_raw(date);
    Ok(message.formatted())
}

fn content(rendered: &Rendered, message_id: &str) -> Result<MultiPart, ComposeError> {
    let page = text_part(ContentType::TEXT_HTML, &rendered.html);
    // RFC 2387 section 3.1: the type of the root part is a parameter that must be there.
    let mut related = multipart("related", "type=\"text/html\"; ", message_id)?.singlepart(page);
    for picture in &rendered.pictures {
        related = related.singlepart(picture_part(picture)?);
    }
    let alternative = multipart("alternative", "", message_id)?
        .singlepart(text_part(ContentType::TEXT_PLAIN, &rendered.text))
        .multipart(related);
    Ok(multipart("mixed", "", message_id)?
        .multipart(alternative)
        .singlepart(workbook_part(&rendered.workbook)?))
}

/// A multipart with a boundary of its own, the same whenever the message is made. `=_` occurs
/// neither in base64 nor in quoted-printable (RFC 2045 section 6.7), and every body is one of the
/// two: no content can hold a boundary.
fn multipart(
    kind: &str,
    parameters: &str,
    message_id: &str,
) -> Result<MultiPartBuilder, ComposeError> {
    let digest = digest(&format!("{kind}/{message_id}"), 32);
    let boundary = format!("boundary=\"=_{kind}_{digest}\"");
    let content_type = content_type(&format!("multipart/{kind}; {parameters}{boundary}"))?;
    Ok(MultiPart::builder().header(content_type))
}

fn text_part(content_type: ContentType, text: &str) -> SinglePart {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    SinglePart::builder()
        .content_type(content_type)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text.replace('\n', "\r\n"))
}

fn picture_part(picture: &Picture) -> Result<SinglePart, ComposeError> {
    let name = safe_name(&picture.file_name)?;
    // The name stands in both headers: some clients read the one, some the other.
    Ok(SinglePart::builder()
        .content_type(content_type(&format!("image/png; name=\"{name}\""))?)
        .header(ContentId::from(format!("<{}>", picture.content_id())))
        .header(ContentDisposition::inline_with_name(name))
        .header(ContentTransferEncoding::Base64)
        .body(picture.png.clone()))
}

fn workbook_part(workbook: &WorkbookFile) -> Result<SinglePart, ComposeError> {
    let name = safe_name(&workbook.file_name)?;
    let kind = match name.ends_with(ZIP) {
        true => "application/zip",
        false => XLSX,
    };
    Ok(SinglePart::builder()
        .content_type(content_type(&format!("{kind}; name=\"{name}\""))?)
        .header(ContentDisposition::attachment(name))
        .header(ContentTransferEncoding::Base64)
        .body(workbook.bytes.clone()))
}

fn content_type(text: &str) -> Result<ContentType, ComposeError> {
    ContentType::parse(text).map_err(|_| ComposeError::ContentType(text.to_owned()))
}

fn safe_name(name: &str) -> Result<&str, ComposeError> {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.is_empty() && name.chars().all(is_safe) {
        Ok(name)
    } else {
        Err(ComposeError::FileName(name.to_owned()))
    }
}

fn subject(rendered: &Rendered, envelope: &Envelope<'_>) -> String {
    let mut subject = one_line(&rendered.subject);
    // Whoever it goes to counts, and so does the recipient, even where it is not one of the
    // edition's.
    let mut recipients = [
        envelope.all_recipients,
        slice::from_ref(&envelope.key.recipient),
    ]
    .concat();
    if let Some(rehearsal) = envelope.rehearsal {
        subject = format!("{REHEARSAL_PREFIX}{subject}");
        recipients.push(rehearsal.to.clone());
    }
    let (trusted, is_personal) = (envelope.trusted_domains, envelope.holds_personal_data);
    let is_secure = needs_secure_prefix(&recipients, trusted, is_personal);
    if is_secure && !subject.starts_with(SECURE_PREFIX) {
        format!("{SECURE_PREFIX}{subject}")
    } else {
        subject
    }
}

fn address(address: &EmailAddress, header: &'static str) -> Result<Address, ComposeError> {
    let parsed = address.reveal().parse();
    parsed.map_err(|_| ComposeError::Address { header })
}

/// The date as RFC 5322 section 3.3 writes it, which knows no years before 1900 and none of five
/// digits.
fn date(date: DateTime<FixedOffset>) -> Result<String, ComposeError> {
    if (1900..=9999).contains(&date.year()) {
        Ok(date.to_rfc2822())
    } else {
        Err(ComposeError::Date(date))
    }
}

fn raw_header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

#[cfg(test)]
mod tests;
