use std::borrow::Cow;

use super::Rules;
use super::values::{AddressFault, address};
use crate::domain::FindingCode;
use crate::exports::Input;

/// Reads the cells of source mailboxes of one export. Most are at the domain of the one before, so
/// that this is known already.
pub(super) struct MailboxReader<'a> {
    rules: Rules<'a>,
    /// Whether a mailbox may be at any domain: accounts are those of the new mail system, and count
    /// where a mailbox of the organisation goes to them.
    is_of_any_domain: bool,
    /// An `@` and the domain of the last mailbox that is the organisation's.
    last_domain: String,
}

/// Why a row names no mailbox of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MailboxFault {
    NoAddress(AddressFault),
    OtherOrganisation,
}

impl MailboxFault {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::NoAddress(AddressFault::None) => "the row names no source mailbox",
            Self::NoAddress(AddressFault::NotOne) => "this is not an email address",
            Self::NoAddress(AddressFault::Several) => {
                "several addresses stand where one mailbox should"
            }
            Self::OtherOrganisation => "the mailbox is at a domain that is not this organisation's",
        }
    }

    pub(super) fn code(self) -> FindingCode {
        match self {
            Self::NoAddress(_) => FindingCode::BadRow,
            Self::OtherOrganisation => FindingCode::OtherOrganisation,
        }
    }
}

impl<'a> MailboxReader<'a> {
    pub(super) fn new(rules: Rules<'a>, input: Input) -> Self {
        Self {
            rules,
            is_of_any_domain: input == Input::Accounts,
            last_domain: String::new(),
        }
    }

    /// The source mailbox in lower case, where it is one of the organisation.
    pub(super) fn read<'c>(&mut self, cell: &'c str) -> Result<Cow<'c, str>, MailboxFault> {
        if let Some(local) = cell.strip_suffix(self.last_domain.as_str())
            && !local.is_empty()
            && !self.last_domain.is_empty()
            && is_usual_name(local)
        {
            return Ok(Cow::Borrowed(cell));
        }
        let domains = self.rules.mail_domains;
        let address = address(cell, domains).map_err(MailboxFault::NoAddress)?;
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        if !self.is_of_any_domain && !domains.iter().any(|own| own.holds(domain)) {
            return Err(MailboxFault::OtherOrganisation);
        }
        self.last_domain.clear();
        self.last_domain.push('@');
        self.last_domain.push_str(domain);
        Ok(address)
    }
}

/// Whether a text is what nearly always stands before the `@`, in lower case.
fn is_usual_name(text: &str) -> bool {
    text.bytes().all(|byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
    })
}
