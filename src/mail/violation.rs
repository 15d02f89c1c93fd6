use std::fmt;

/// Where in a message a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePlace {
    /// The Subject header.
    Subject,
    /// The text part.
    Text,
    /// The page.
    Page,
}

impl fmt::Display for MessagePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subject => "subject",
            Self::Text => "text part",
            Self::Page => "page",
        })
    }
}

/// Something about a finished message that must not be. The sentences name no person and quote no content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The delivery's key is not the one expected.
    #[error("the message belongs to another organisation, report or date")]
    OtherDelivery,
    /// The bytes cannot be read back, or a body's encoding is broken.
    #[error("the message cannot be read back from its bytes")]
    Unreadable,
    /// A byte outside ASCII, or NUL.
    #[error("the message holds bytes that are not ASCII")]
    NotAscii,
    /// A CR or LF alone.
    #[error("the message has a line that does not end in CR and LF")]
    LineEnd,
    /// RFC 5321 4.5.3.1.6: a server may refuse it or cut it.
    #[error("the message has a line of {length} characters; the limit is 998")]
    LineTooLong {
        /// The length of the longest line, without its end.
        length: usize,
    },
    /// Larger than the relay takes.
    #[error("the message has {bytes} bytes; the limit is {limit_mib} MiB ({} bytes)", u64::from(*.limit_mib) * 1_048_576)]
    TooLarge {
        /// The size of the message as sent.
        bytes: usize,
        /// The limit.
        limit_mib: u32,
    },
    /// A header that stands once in every message is absent or stands twice.
    #[error("the message has {count} {header} headers; it must have one")]
    HeaderCount {
        /// Its name.
        header: &'static str,
        /// How many there are.
        count: usize,
    },
    /// A header that no message of this program has, such as one that would copy others in.
    #[error("the message has a header that does not belong in it: {0}")]
    HeaderUnexpected(String),
    /// Not exactly one recipient.
    #[error("the message is addressed to {0} recipients; it must be one")]
    RecipientCount(usize),
    /// To somebody else than the delivery says.
    #[error("the message is not addressed to the recipient of its delivery")]
    RecipientWrong,
    /// To somebody the register does not list for the organisation.
    #[error("the recipient is not in the organisation's register entry")]
    RecipientNotListed,
    /// To a domain that policy does not allow.
    #[error("the recipient's domain is not on the list of allowed domains")]
    RecipientDomainNotAllowed,
    /// From somebody else than the delivery says.
    #[error("the From header is not the configured sender")]
    SenderWrong,
    /// Not the identifier of the delivery.
    #[error("the Message-ID header is not the one of the delivery")]
    MessageIdWrong,
    /// A reader could not tell which organisation it is about.
    #[error("the subject does not name the organisation's code, {0}")]
    SubjectWithoutCode(String),
    /// The relay would not encrypt it.
    #[error("the subject does not start with “[secure] ”, though the message holds personal data and goes outside the trusted domains")]
    SecurePrefixMissing,
    /// No text part, or nothing in it.
    #[error("the text part is missing or empty")]
    TextEmpty,
    /// No page, or nothing to read on it.
    #[error("the page is missing or empty")]
    PageEmpty,
    /// The page shows a picture that the message lacks.
    #[error("the page shows a picture that is not in the message: {0}")]
    PictureMissing(String),
    /// A picture that the page does not show; clients list it as an attachment.
    #[error("the message holds a picture that the page does not show: {0}")]
    PictureUnused(String),
    /// The page loads or leads to something outside the message.
    #[error("the page leads out of the message in a “{0}”")]
    OutsideLink(String),
    /// Not exactly one workbook.
    #[error("the message holds {0} workbooks; it must be one")]
    WorkbookCount(usize),
    /// A workbook of another organisation, report or date.
    #[error("the workbook's file name does not start with {0}")]
    WorkbookName(String),
    /// A part of the message that is neither text, page, picture nor workbook.
    #[error("the message holds a part that does not belong in it")]
    PartUnexpected,
    /// A rehearsal that could be taken for a report, or a report that says it is a rehearsal.
    #[error("the message is not marked as the rehearsal that it is, or is marked as one that it is not")]
    RehearsalMark,
    /// A text that policy keeps out of the email.
    #[error("the {0} holds a text that policy keeps out of the email")]
    ForbiddenText(MessagePlace),
}
