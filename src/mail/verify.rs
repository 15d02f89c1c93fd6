use std::borrow::Cow;
use std::collections::BTreeSet;

use mail_parser::decoders::html::html_to_text;
use mail_parser::{Address, HeaderName, MessageParser, MessagePart, MimeHeaders, PartType};
use memchr::{memchr_iter, memmem};
use sha2::{Digest, Sha256};

use super::compose::{REHEARSAL_HEADER, REHEARSAL_PREFIX, SECURE_PREFIX};
use super::forbidden_text::ForbiddenTexts;
use super::message::Message;
use super::package::{ZIP, unzipped};
use super::parsed_page::ParsedPage;
use super::roster::Roster;
use super::violation::{MessagePlace, Violation};
use super::workbook::{self, Contents, ExpectedSheet};
use crate::domain::{Domain, EmailAddress, OrganisationCode, ReportDate, ReportKind, SubjectLines};
use crate::sheets::Limits;

/// The longest line, without its end, that every server takes (RFC 5321 4.5.3.1.6).
const LONGEST_LINE: usize = 998;

/// The headers of a message; each stands exactly once.
const HEADERS: [HeaderName<'static>; 11] = [
    HeaderName::From,
    HeaderName::To,
    HeaderName::ReplyTo,
    HeaderName::Subject,
    HeaderName::Date,
    HeaderName::MessageId,
    HeaderName::References,
    HeaderName::ListId,
    HeaderName::AutoSubmitted,
    HeaderName::MimeVersion,
    HeaderName::ContentType,
];

/// What a finished message must be.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// Which organisation the report is about.
    pub organisation: &'a OrganisationCode,
    /// Which report.
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
    pub sheets: &'a [ExpectedSheet],
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
    if violations.is_empty() {
        Ok(())
    } else {
        Err(violations)
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
            if parsed.parts.iter().any(|part| part.is_encoding_problem) {
                violations.push(Violation::Unreadable);
            }
            check_header_names(&parsed, message.is_rehearsal(), &mut violations);
            check_recipient(&parsed, message, expected, &mut violations);
            check_identity(&parsed, message, expected, &mut violations);
            let parts = Parts::sort(&parsed.parts);
            check_texts(&parts, &mut violations);
            check_mark(&parsed, &parts, message.is_rehearsal(), &mut violations);
            check_pictures(&parts, &mut violations);
            check_workbook(&parts, expected, proved, &mut violations);
            check_policy(&parsed, &parts, expected, &mut violations);
            check_addresses(&parsed, &parts, expected.roster, &mut violations);
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
        violations.push(Violation::LineTooLong { length: longest });
    }
    if bytes.len() as u64 > u64::from(limit_mib) * 1_048_576 {
        violations.push(Violation::TooLarge {
            bytes: bytes.len(),
            limit_mib,
        });
    }
}

fn check_header_names(
    parsed: &mail_parser::Message<'_>,
    is_rehearsal: bool,
    violations: &mut Vec<Violation>,
) {
    for expected in HEADERS {
        let count = parsed
            .headers()
            .iter()
            .filter(|header| header.name == expected)
            .count();
        if count != 1 {
            violations.push(Violation::HeaderCount {
                header: expected.as_static_str(),
                count,
            });
        }
    }
    let is_expected = |name: &str| {
        HEADERS
            .iter()
            .any(|expected| expected.as_str().eq_ignore_ascii_case(name))
            || name.eq_ignore_ascii_case("X-Auto-Response-Suppress")
            || (is_rehearsal && name.eq_ignore_ascii_case(REHEARSAL_HEADER))
    };
    let unexpected = parsed
        .headers()
        .iter()
        .filter(|header| !is_expected(header.name()));
    violations.extend(
        unexpected
            .map(|header| Violation::HeaderUnexpected(header.name().chars().take(40).collect())),
    );
}

fn check_recipient(
    parsed: &mail_parser::Message<'_>,
    message: &Message,
    expected: &Expectation<'_>,
    violations: &mut Vec<Violation>,
) {
    let recipients: Vec<_> = parsed.all_to().flat_map(addresses).collect();
    let [recipient] = recipients.as_slice() else {
        violations.push(Violation::RecipientCount(recipients.len()));
        return;
    };
    if recipient.as_ref() != Some(&message.to) {
        violations.push(Violation::RecipientWrong);
    }
    if !recipient
        .as_ref()
        .is_some_and(|recipient| expected.recipients_of_organisation.contains(recipient))
    {
        violations.push(Violation::RecipientNotListed);
    }
    if !recipient
        .as_ref()
        .is_some_and(|recipient| recipient.is_within(expected.allowed_domains))
    {
        violations.push(Violation::RecipientDomainNotAllowed);
    }
}

fn check_identity(
    parsed: &mail_parser::Message<'_>,
    message: &Message,
    expected: &Expectation<'_>,
    violations: &mut Vec<Violation>,
) {
    if parsed.from().map(addresses) != Some(vec![Some(message.from.clone())]) {
        violations.push(Violation::SenderWrong);
    }
    if parsed.message_id() != Some(&message.message_id) {
        violations.push(Violation::MessageIdWrong);
    }
    let subject = parsed.subject().unwrap_or_default();
    if !subject.contains(expected.organisation.as_str()) {
        violations.push(Violation::SubjectWithoutCode(
            expected.organisation.to_string(),
        ));
    }
    if expected.secure_prefix_required && !subject.starts_with(SECURE_PREFIX) {
        violations.push(Violation::SecurePrefixMissing);
    }
}

/// The addresses of a header; `None` in the place of one that is not an address.
fn addresses(header: &Address<'_>) -> Vec<Option<EmailAddress>> {
    header
        .iter()
        .map(|address| EmailAddress::parse(address.address()?).ok())
        .collect()
}

/// The parts of a message, by what they are to a reader.
#[derive(Default)]
struct Parts<'a> {
    texts: Vec<&'a str>,
    /// The source of each page, and what is in it.
    pages: Vec<(&'a str, ParsedPage)>,
    content_ids: BTreeSet<&'a str>,
    workbooks: Vec<Attached<'a>>,
    unexpected: usize,
}

/// A workbook as it is attached.
struct Attached<'a> {
    name: &'a str,
    bytes: &'a [u8],
    is_zipped: bool,
}

impl Attached<'_> {
    /// The workbook itself; `None` where it does not come out of its zip file.
    fn xlsx(&self) -> Option<Cow<'_, [u8]>> {
        if !self.is_zipped {
            return Some(Cow::Borrowed(self.bytes));
        }
        let name = self.name.strip_suffix(ZIP)?;
        unzipped(
            self.bytes,
            name,
            u64::from(Limits::default().max_unpacked_mib) * 1_048_576,
        )
        .map(Cow::Owned)
    }
}

impl<'a> Parts<'a> {
    fn sort(parts: &'a [MessagePart<'a>]) -> Self {
        let mut sorted = Self::default();
        for part in parts {
            let disposition = part.content_disposition();
            match (&part.body, part.content_id()) {
                (PartType::Multipart(_), _) => {}
                (PartType::Text(text), None) if disposition.is_none() => sorted.texts.push(text),
                (PartType::Html(html), None) if disposition.is_none() => {
                    sorted.pages.push((html, ParsedPage::read(html)))
                }
                (PartType::InlineBinary(_) | PartType::Binary(_), Some(id))
                    if part.is_content_type("image", "png")
                        && disposition.is_some_and(|disposition| disposition.is_inline()) =>
                {
                    // Two pictures of one name: the page would show one of them twice.
                    sorted.unexpected += usize::from(!sorted.content_ids.insert(id));
                }
                (PartType::Binary(bytes), None) if is_workbook(part) => {
                    let (name, is_zipped) = (
                        part.attachment_name().unwrap_or_default(),
                        part.is_content_type("application", "zip"),
                    );
                    sorted.workbooks.push(Attached {
                        name,
                        bytes,
                        is_zipped,
                    });
                }
                _ => sorted.unexpected += 1,
            }
        }
        sorted
    }
}

fn is_workbook(part: &MessagePart<'_>) -> bool {
    let is_packed = part.is_content_type("application", "zip")
        && part
            .attachment_name()
            .is_some_and(|name| name.ends_with(".xlsx.zip"));
    (is_packed
        || part.is_content_type(
            "application",
            "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ))
        && part
            .content_disposition()
            .is_some_and(|disposition| disposition.is_attachment())
}

fn check_texts(parts: &Parts<'_>, violations: &mut Vec<Violation>) {
    let surplus = parts.texts.len().saturating_sub(1) + parts.pages.len().saturating_sub(1);
    if parts.unexpected + surplus > 0 {
        violations.push(Violation::PartUnexpected);
    }
    if parts.texts.iter().all(|text| text.trim().is_empty()) {
        violations.push(Violation::TextEmpty);
    }
    if parts
        .pages
        .iter()
        .all(|(html, _)| html_to_text(html).trim().is_empty())
    {
        violations.push(Violation::PageEmpty);
    }
}

/// A rehearsal says that it is one wherever somebody may look first; a report never does.
fn check_mark(
    parsed: &mail_parser::Message<'_>,
    parts: &Parts<'_>,
    is_rehearsal: bool,
    violations: &mut Vec<Violation>,
) {
    let subject = parsed.subject().unwrap_or_default();
    let is_marked = subject
        .strip_prefix(SECURE_PREFIX)
        .unwrap_or(subject)
        .starts_with(REHEARSAL_PREFIX);
    let word = REHEARSAL_PREFIX.trim_end_matches([' ', ':']);
    let are_marked = || {
        parts
            .texts
            .iter()
            .all(|text| text.trim_start().starts_with(word))
            && parts.pages.iter().all(|(_, page)| page.text.contains(word))
    };
    if is_marked != is_rehearsal || (is_rehearsal && !are_marked()) {
        violations.push(Violation::RehearsalMark);
    }
}

fn check_pictures(parts: &Parts<'_>, violations: &mut Vec<Violation>) {
    let pages = || parts.pages.iter().map(|(_, page)| page);
    violations.extend(
        pages()
            .flat_map(ParsedPage::outside_links)
            .map(Violation::OutsideLink),
    );
    let shown: BTreeSet<_> = pages().flat_map(ParsedPage::content_ids).collect();
    violations.extend(
        shown
            .difference(&parts.content_ids)
            .map(|id| Violation::PictureMissing((*id).to_owned())),
    );
    violations.extend(
        parts
            .content_ids
            .difference(&shown)
            .map(|id| Violation::PictureUnused((*id).to_owned())),
    );
}

fn check_workbook(
    parts: &Parts<'_>,
    expected: &Expectation<'_>,
    proved: Option<&mut BTreeSet<Vec<u8>>>,
    violations: &mut Vec<Violation>,
) {
    let [attached] = parts.workbooks.as_slice() else {
        violations.push(Violation::WorkbookCount(parts.workbooks.len()));
        return;
    };
    let start = format!(
        "{}-{}-{}",
        expected.organisation, expected.report, expected.report_date
    );
    let ending = if attached.is_zipped {
        ".xlsx.zip"
    } else {
        ".xlsx"
    };
    if !attached
        .name
        .strip_prefix(&start)
        .is_some_and(|rest| rest.ends_with(ending))
    {
        violations.push(Violation::WorkbookName(start.clone()));
    }
    if parts
        .texts
        .iter()
        .any(|text| misnames(text, &start, attached))
    {
        violations.push(Violation::WorkbookMisnamed(MessagePlace::Text));
    }
    if parts
        .pages
        .iter()
        .any(|(_, page)| misnames(&page.lines, &start, attached))
    {
        violations.push(Violation::WorkbookMisnamed(MessagePlace::Page));
    }
    if proved.is_none_or(|proved| proved.insert(Sha256::digest(attached.bytes).to_vec())) {
        let contents = Contents {
            roster: expected.roster,
            sheets: expected.sheets,
            subject_lines: expected.subject_lines,
            may_quote_subject_lines: expected.may_quote_subject_lines,
        };
        match attached.xlsx() {
            Some(xlsx) => violations.extend(workbook::check(&xlsx, contents)),
            None => violations.push(Violation::WorkbookUnreadable(
                "it does not come out of its zip file".to_owned(),
            )),
        }
    }
}

/// Whether a text tells its reader of a workbook by a name that the attached one does not have.
fn misnames(text: &str, start: &str, attached: &Attached<'_>) -> bool {
    memmem::find_iter(text.as_bytes(), start).any(|at| {
        let said = text.get(at..).unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let said = said
            .split(|c| !is_name(c))
            .next()
            .unwrap_or_default()
            .trim_end_matches('.');
        said.contains(".xlsx") && said != attached.name
    })
}

/// Whoever stands with an address in a message is of the organisation, or was expected there.
fn check_addresses(
    parsed: &mail_parser::Message<'_>,
    parts: &Parts<'_>,
    roster: &Roster,
    violations: &mut Vec<Violation>,
) {
    if parsed
        .subject()
        .is_some_and(|subject| roster.is_foreign_in(subject))
    {
        violations.push(Violation::ForeignAddress(MessagePlace::Subject));
    }
    if parts.texts.iter().any(|text| roster.is_foreign_in(text)) {
        violations.push(Violation::ForeignAddress(MessagePlace::Text));
    }
    if parts
        .pages
        .iter()
        .any(|(_, page)| page.words().any(|words| roster.is_foreign_in(words)))
    {
        violations.push(Violation::ForeignAddress(MessagePlace::Page));
    }
}

fn check_policy(
    parsed: &mail_parser::Message<'_>,
    parts: &Parts<'_>,
    expected: &Expectation<'_>,
    violations: &mut Vec<Violation>,
) {
    let forbidden = expected.must_not_appear;
    if parsed
        .subject()
        .is_some_and(|subject| forbidden.occur_in(subject))
    {
        violations.push(Violation::ForbiddenText(MessagePlace::Subject));
    }
    if parts.texts.iter().any(|text| forbidden.occur_in(text)) {
        violations.push(Violation::ForbiddenText(MessagePlace::Text));
    }
    if parts
        .pages
        .iter()
        .any(|(_, page)| forbidden.occur_in(&page.all_text()))
    {
        violations.push(Violation::ForbiddenText(MessagePlace::Page));
    }
}

#[cfg(test)]
mod tests;
