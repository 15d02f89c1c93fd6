use std::fmt;

/// Where in a message a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePlace {
    /// The Subject header.
    Subject,
    /// The text part.
    Text,
    /// The page, in HTML.
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

/// Something about a finished message that must not be. The sentences name no person and quote no
/// content.
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
    #[error("the message has a line of {0} characters; the limit is 998")]
    LineTooLong(usize),
    /// Larger than the relay takes.
    #[error(
        "the message has {bytes} bytes with its workbook zipped, and {limit_mib} MiB ({} bytes) \
         are the limit: raise max_message_mib in \
         [mail] if the mail server takes more; else run preview with a higher limit, and hand the \
         workbook over in another way",
        u64::from(*.limit_mib) * 1_048_576
    )]
    TooLarge {
        /// The size of the message as sent.
        bytes: usize,
        /// The most MiB that the relay takes.
        limit_mib: u32,
    },
    /// A header that stands once in every message is absent or stands twice.
    #[error("the message has {count} {header} headers; it must have one")]
    HeaderCount {
        /// The name of the header.
        header: &'static str,
        /// How many there are.
        count: usize,
    },
    /// A header that no message of this program has, such as one that would copy others in.
    #[error("the message has a header that does not belong in it: {0}")]
    HeaderUnexpected(String),
    /// Bounces would be held back, or other programs' answers would not.
    #[error(
        "the message does not keep automatic answers away as it should, and leave bounces to come"
    )]
    SuppressedAnswers,
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
    #[error(
        "the subject does not start with “[secure] ”, though the message holds personal data and \
         goes outside the trusted domains"
    )]
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
    /// Page or text calls the workbook by another name than it has.
    #[error("the {0} names a workbook that is not the attached one")]
    WorkbookMisnamed(MessagePlace),
    /// Not a workbook, or a damaged one.
    #[error("the workbook cannot be read back from the message: {0}")]
    WorkbookUnreadable(String),
    /// A sheet that the report does not have.
    #[error("the workbook has a sheet that is not of this report")]
    WorkbookSheetUnexpected,
    /// A sheet of the report is absent.
    #[error("the workbook lacks the sheet {0}")]
    WorkbookSheetMissing(String),
    /// More or fewer rows than there are.
    #[error("sheet {sheet} of the workbook has {rows} rows; it must have {expected}")]
    WorkbookRows {
        /// The name on the sheet's tab.
        sheet: String,
        /// The rows it has.
        rows: usize,
        /// The rows it must have.
        expected: usize,
    },
    /// As many rows as there are, but not of every mailbox its own.
    #[error("sheet {0} of the workbook does not list every mailbox as often as the exports do")]
    WorkbookNotComplete(String),
    /// Cells that are not in the table: none is proved.
    #[error("sheet {0} of the workbook has cells beside its table")]
    WorkbookTextBeside(String),
    /// A mailbox, user or collection that is not the organisation's.
    #[error(
        "sheet {sheet} of the workbook, column “{heading}”: {cells} {} not of this organisation, \
         the first in row {row}",
        if *.cells == 1 { "cell is" } else { "cells are" }
    )]
    WorkbookForeign {
        /// The name on the sheet's tab.
        sheet: String,
        /// The heading of the column.
        heading: &'static str,
        /// How many cells.
        cells: usize,
        /// The row of the first, from 1.
        row: u32,
    },
    /// An address where only the organisation's own may stand.
    #[error(
        "sheet {sheet} of the workbook, row {row}: an address that is not of this organisation"
    )]
    WorkbookAddress {
        /// The name on the sheet's tab.
        sheet: String,
        /// The row, from 1.
        row: u32,
    },
    /// A subject line, though the organisation wants none.
    #[error("the workbook quotes subject lines, though the register says that they are withheld")]
    SubjectLineNotWithheld,
    /// A subject line in any other cell: in the text of an error, or the name of a folder.
    #[error(
        "a cell of the workbook says what is a subject line of an export, though the register says \
         that they are withheld"
    )]
    SubjectLineInWorkbook,
    /// A subject line on its way to a mail server that nobody logs in to.
    #[error(
        "the workbook quotes subject lines, which are confidential, and nobody logs in to the mail \
         server: name a username in \
         [mail.smtp], or write withheld as this organisation's subject_lines in the register"
    )]
    SubjectLinesUnprotected,
    /// An address of somebody who has nothing to do with the organisation.
    #[error(
        "the {0} shows an address that is neither of this organisation nor of its recipients, the \
         contact or the sender"
    )]
    ForeignAddress(MessagePlace),
    /// A part of the message that is neither text, page, picture nor workbook.
    #[error("the message holds a part that does not belong in it")]
    PartUnexpected,
    /// A rehearsal that could be taken for a report, or a report that says it is a rehearsal.
    #[error(
        "the message is not marked as the rehearsal that it is, or is marked as one that it is not"
    )]
    RehearsalMark,
    /// A text that policy keeps out of the email.
    #[error("the {0} holds a text that policy keeps out of the email")]
    ForbiddenText(MessagePlace),
}

impl Violation {
    /// Why the organisation is held for it, and what to do.
    #[must_use]
    pub fn reason_to_hold(&self) -> String {
        match self {
            Self::TooLarge { .. } | Self::SubjectLinesUnprotected => {
                format!("A report cannot be sent: {self}")
            }
            _ => format!(
                "A message failed its verification, and nothing is sent: {self}. Look at your own \
                 templates and at the reason of a reissue, if there are any; else this is a fault \
                 of the program: tell its makers"
            ),
        }
    }
}
