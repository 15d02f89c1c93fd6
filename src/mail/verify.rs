mod parts;

use std::borrow::Cow;
use std::collections::BTreeSet;

use mail_parser::decoders::html::html_to_text;
use mail_parser::{Addr, Address, HeaderName, MessageParser};
use memchr::{memchr_iter, memmem};
use sha2::{Digest, Sha256};

use self::parts::{Attached, Parts};
use super::compose::{
    REHEARSAL_HEADER, REHEARSAL_PREFIX, SECURE_PREFIX, SUPPRESS_HEADER, SUPPRESSED_ANSWERS,
};
use super::forbidden_text::ForbiddenTexts;
use super::message::Message;
use super::parsed_page::ParsedPage;
use super::roster::Roster;
use super::violation::{MessagePlace, Violation};
use super::workbook::{self, Contents, ExpectedSheet};
use crate::domain::{Domain, EmailAddress, OrganisationCode, ReportDate, ReportKind, SubjectLines};

/// The longest line, without its end, that every server takes (RFC 5321 4.5.3.1.6).
const LONGEST_LINE: usize = 998;

/// The headers of a message; each stands exactly once.
const HEADERS: [HeaderName<'static>; 12] = [
    HeaderName::From,
    HeaderName::To,
    HeaderName::ReplyTo,
    HeaderName::Subject,
    HeaderName::Date,
    HeaderName::MessageId,
    HeaderName::References,
    HeaderName::ListId,
    HeaderName::AutoSubmitted,
    HeaderName::Other(Cow::Borrowed(SUPPRESS_HEADER)),
    HeaderName::MimeVersion,
    HeaderName::ContentType,
];

/// What a finished message must be.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// Which organisation the report is about.
    pub organisation: &'a OrganisationCode,
    /// The kind of the report.
    pub report: ReportKind,
    /// Of which day.
    pub report_date: ReportDate,
    /// Everyone in the organisation's register entry.
    pub recipients_of_organisation: &'a [EmailAddress],
    /// The domains that reports may go to.
    pub allowed_domains: &'a [Domain],
    /// Whether the subject must start with `[secure] `.
    pub secure_prefix_required: bool,
    /// The relay's limit for the message as sent, in MiB.
    pub max_message_mib: u32,
    /// What policy keeps out of subject, text and page.
    pub must_not_appear: &'a ForbiddenTexts,
    /// Who and what belongs to the organisation.
    pub roster: &'a Roster,
    /// The sheets of the workbook.
    pub sheets: &'a [ExpectedSheet<'a>],
    /// Where the organisation wants subject lines.
    pub subject_lines: SubjectLines,
    /// Whether the way that the message goes is one for confidential mail.
    pub may_quote_subject_lines: bool,
}

/// Proves the finished messages of one report, each read back from its bytes by another
/// implementation than the one that made them. A workbook that is the same, byte for byte, in
/// several of them is read once.
///
/// # Errors
/// Everything found, in the order of the messages, each once; never empty.
pub fn verify(messages: &[Message], expected: &Expectation<'_>) -> Result<(), Vec<Violation>> {
    let mut violations = Vec::new();
    let mut proved = (messages.len() > 1).then(BTreeSet::new);
    for message in messages {
        for violation in check_message(message, expected, proved.as_mut()) {
            if !violations.contains(&violation) {
                violations.push(violation);
            }
        }
    }
    match violations.is_empty() {
        true => Ok(()),
        false => Err(violations),
    }
}

fn check_message(
    message: &Message,
    expected: &Expectation<'_>,
    proved: Option<&mut BTreeSet<Vec<u8>>>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    let key = &message.key;
    if (&key.organisation, key.report, key.report_date)
        != (expected.organisation, expected.report, expected.report_date)
    {
        violations.push(Violation::OtherDelivery);
    }
    check_bytes(&message.bytes, expected.max_message_mib, &mut violations);
    match MessageParser::default().parse(&message.bytes) {
        None => violations.push(Violation::Unreadable),
        Some(parsed) => {
            let proof = MessageProof {
                message,
                expected,
                subject: parsed.subject().unwrap_or_default(),
                parts: Parts::sort(&parsed.parts),
                parsed: &parsed,
                violations,
            };
            violations = proof.check(proved);
        }
    }
    violations
}

fn check_bytes(bytes: &[u8], limit_mib: u32, violations: &mut Vec<Violation>) {
    if !bytes.is_ascii() || bytes.contains(&0) {
        violations.push(Violation::NotAscii);
    }
    let ends_bare =
        |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'\r');
    let goes_on = |at: usize| bytes.get(at + 1) != Some(&b'\n');
    if !bytes.ends_with(b"\r\n")
        || memchr_iter(b'\n', bytes).any(ends_bare)
        || memchr_iter(b'\r', bytes).any(goes_on)
    {
        violations.push(Violation::LineEnd);
    }
    let mut start = 0;
    let mut longest = 0;
    for end in memchr_iter(b'\n', bytes) {
        longest = longest.max((end - start).saturating_sub(1));
        start = end + 1;
    }
    if longest > LONGEST_LINE {
        violations.push(Violation::LineTooLong(longest));
    }
    if bytes.len() as u64 > u64::from(limit_mib) * 1_048_576 {
        violations.push(Violation::TooLarge {
            bytes: bytes.len(),
            limit_mib,
        });
    }
}

/// A message that was read back from its bytes, and what was found about it.
struct MessageProof<'a> {
    message: &'a Message,
    expected: &'a Expectation<'a>,
    parsed: &'a mail_parser::Message<'a>,
    subject: &'a str,
    parts: Parts<'a>,
    violations: Vec<Violation>,
}

impl MessageProof<'_> {
    fn check(mut self, proved: Option<&mut BTreeSet<Vec<u8>>>) -> Vec<Violation> {
        let mut parts = self.parsed.parts.iter();
        let is_broken = parts.any(|part| part.is_encoding_problem);
        self.find(is_broken, Violation::Unreadable);
        self.check_header_names();
        self.check_recipient();
        self.check_identity();
        self.check_texts();
        self.check_mark();
        self.check_pictures();
        self.check_workbook(proved);
        self.check_words();
        self.violations
    }

    fn find(&mut self, is_so: bool, violation: Violation) {
        if is_so {
            self.violations.push(violation);
        }
    }

    fn check_header_names(&mut self) {
        let headers = self.parsed.headers();
        for expected in HEADERS {
            let found = headers.iter().filter(|header| header.name == expected);
            let count = found.count();
            let header = match &expected {
                HeaderName::Other(_) => SUPPRESS_HEADER,
                known => known.as_static_str(),
            };
            self.find(count != 1, Violation::HeaderCount { header, count });
        }
        let is_rehearsal = self.message.is_rehearsal();
        let rehearsal = is_rehearsal.then_some(REHEARSAL_HEADER);
        let is_expected = |name: &&str| {
            let expected = HEADERS.iter().map(HeaderName::as_str);
            let mut expected = expected.chain(rehearsal);
            expected.any(|expected| expected.eq_ignore_ascii_case(name))
        };
        let names = headers.iter().map(|header| header.name());
        let unexpected = names.filter(|name| !is_expected(name));
        let unexpected = unexpected.map(|name| name.chars().take(40).collect());
        self.violations
            .extend(unexpected.map(Violation::HeaderUnexpected));
        let suppressed = self.parsed.header_raw(SUPPRESS_HEADER).map(str::trim);
        let is_other = suppressed.is_some_and(|answers| answers != SUPPRESSED_ANSWERS);
        self.find(is_other, Violation::SuppressedAnswers);
    }

    fn check_recipient(&mut self) {
        let recipients: Vec<_> = self.parsed.all_to().flat_map(addresses).collect();
        let [recipient] = recipients.as_slice() else {
            return self.find(true, Violation::RecipientCount(recipients.len()));
        };
        let (recipient, expected) = (recipient.as_ref(), self.expected);
        let (listed, allowed) = (
            expected.recipients_of_organisation,
            expected.allowed_domains,
        );
        let is_right = recipient == Some(&self.message.to);
        let is_listed = recipient.is_some_and(|recipient| listed.contains(recipient));
        let is_allowed = recipient.is_some_and(|recipient| recipient.is_within(allowed));
        self.find(!is_right, Violation::RecipientWrong);
        self.find(!is_listed, Violation::RecipientNotListed);
        self.find(!is_allowed, Violation::RecipientDomainNotAllowed);
    }

    fn check_identity(&mut self) {
        let (message, expected) = (self.message, self.expected);
        let sender = self.parsed.from().map(addresses);
        let is_from_sender = sender == Some(vec![Some(message.from.clone())]);
        self.find(!is_from_sender, Violation::SenderWrong);
        let is_its_own = self.parsed.message_id() == Some(&message.message_id);
        self.find(!is_its_own, Violation::MessageIdWrong);
        let code = expected.organisation.to_string();
        let names_organisation = self.subject.contains(&code);
        self.find(!names_organisation, Violation::SubjectWithoutCode(code));
        let is_secure = self.subject.starts_with(SECURE_PREFIX);
        let must_be_secure = expected.secure_prefix_required;
        self.find(must_be_secure && !is_secure, Violation::SecurePrefixMissing);
    }

    fn check_texts(&mut self) {
        let Parts { texts, pages, .. } = &self.parts;
        let is_surplus = self.parts.unexpected > 0 || texts.len() > 1 || pages.len() > 1;
        let says_something = |text: &str| !text.trim().is_empty();
        let has_text = texts.iter().any(|text| says_something(text));
        let has_page = pages
            .iter()
            .any(|(html, _)| says_something(&html_to_text(html)));
        self.find(is_surplus, Violation::PartUnexpected);
        self.find(!has_text, Violation::TextEmpty);
        self.find(!has_page, Violation::PageEmpty);
    }

    /// A rehearsal says that it is one wherever somebody may look first; a report never does.
    fn check_mark(&mut self) {
        let is_rehearsal = self.message.is_rehearsal();
        let subject = self.subject.strip_prefix(SECURE_PREFIX);
        let is_marked = subject
            .unwrap_or(self.subject)
            .starts_with(REHEARSAL_PREFIX);
        let word = REHEARSAL_PREFIX.trim_end_matches([' ', ':']);
        let Parts { texts, pages, .. } = &self.parts;
        let are_marked = texts.iter().all(|text| text.trim_start().starts_with(word))
            && pages.iter().all(|(_, page)| page.text.contains(word));
        let is_wrong = is_marked != is_rehearsal || (is_rehearsal && !are_marked);
        self.find(is_wrong, Violation::RehearsalMark);
    }

    fn check_pictures(&mut self) {
        let (pages, held) = (&self.parts.pages, &self.parts.content_ids);
        let pages = || pages.iter().map(|(_, page)| page);
        let links = pages().flat_map(ParsedPage::outside_links);
        let shown: BTreeSet<_> = pages().flat_map(ParsedPage::content_ids).collect();
        let missing = shown.difference(held).map(|id| (*id).to_owned());
        let unused = held.difference(&shown).map(|id| (*id).to_owned());
        let found = &mut self.violations;
        found.extend(links.map(Violation::OutsideLink));
        found.extend(missing.map(Violation::PictureMissing));
        found.extend(unused.map(Violation::PictureUnused));
    }

    fn check_workbook(&mut self, proved: Option<&mut BTreeSet<Vec<u8>>>) {
        let expected = self.expected;
        let [attached] = self.parts.workbooks.as_slice() else {
            let count = self.parts.workbooks.len();
            return self.find(true, Violation::WorkbookCount(count));
        };
        let (organisation, report) = (expected.organisation, expected.report);
        let start = format!("{organisation}-{report}-{}", expected.report_date);
        let ending = match attached.is_zipped {
            true => ".xlsx.zip",
            false => ".xlsx",
        };
        let rest = attached.name.strip_prefix(&start);
        if !rest.is_some_and(|rest| rest.ends_with(ending)) {
            self.violations.push(Violation::WorkbookName(start.clone()));
        }
        let misnamed = self.places_where(
            |_| false,
            |text| misnames(text, &start, attached),
            |page| misnames(&page.lines, &start, attached),
        );
        self.violations
            .extend(misnamed.into_iter().map(Violation::WorkbookMisnamed));
        if proved.is_none_or(|proved| proved.insert(Sha256::digest(attached.bytes).to_vec())) {
            let contents = Contents {
                roster: expected.roster,
                sheets: expected.sheets,
                subject_lines: expected.subject_lines,
                must_not_appear: expected.must_not_appear,
                may_quote_subject_lines: expected.may_quote_subject_lines,
            };
            match attached.xlsx() {
                Some(xlsx) => self.violations.extend(workbook::check(&xlsx, contents)),
                None => self.violations.push(Violation::WorkbookUnreadable(
                    "it does not come out of its zip file".to_owned(),
                )),
            }
        }
    }

    /// No text that policy keeps out; and whoever stands with an address in a message is of the
    /// organisation, or was expected there.
    fn check_words(&mut self) {
        let (forbidden, roster) = (self.expected.must_not_appear, self.expected.roster);
        let holds_forbidden = |text: &str| forbidden.occur_in(text);
        let on_page = |page: &ParsedPage| forbidden.occur_in(&page.all_text());
        let forbidden = self.places_where(holds_forbidden, holds_forbidden, on_page);
        let is_foreign_in = |text: &str| roster.is_foreign_in(text);
        let on_page = |page: &ParsedPage| page.words().any(is_foreign_in);
        let foreign = self.places_where(is_foreign_in, is_foreign_in, on_page);
        let forbidden = forbidden.into_iter().map(Violation::ForbiddenText);
        let foreign = foreign.into_iter().map(Violation::ForeignAddress);
        self.violations.extend(forbidden.chain(foreign));
    }

    /// The places of the message for which a question is answered with yes.
    fn places_where(
        &self,
        in_subject: impl Fn(&str) -> bool,
        in_text: impl Fn(&str) -> bool,
        on_page: impl Fn(&ParsedPage) -> bool,
    ) -> Vec<MessagePlace> {
        let Parts { texts, pages, .. } = &self.parts;
        let on_a_page = pages.iter().any(|(_, page)| on_page(page));
        let places = [
            (MessagePlace::Subject, in_subject(self.subject)),
            (MessagePlace::Text, texts.iter().any(|text| in_text(text))),
            (MessagePlace::Page, on_a_page),
        ];
        let there = places.into_iter().filter(|(_, is_there)| *is_there);
        there.map(|(place, _)| place).collect()
    }
}

/// The addresses of a header; `None` in the place of one that is not an address.
fn addresses(header: &Address<'_>) -> Vec<Option<EmailAddress>> {
    let parsed = |address: &Addr<'_>| EmailAddress::parse(address.address()?).ok();
    header.iter().map(parsed).collect()
}

/// Whether a text tells its reader of a workbook by a name that the attached one does not have.
fn misnames(text: &str, start: &str, attached: &Attached<'_>) -> bool {
    memmem::find_iter(text.as_bytes(), start).any(|at| {
        let said = text.get(at..).unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let name = said.split(|c| !is_name(c)).next().unwrap_or_default();
        let said = name.trim_end_matches('.');
        said.contains(".xlsx") && said != attached.name
    })
}

#[cfg(test)]
mod tests;
