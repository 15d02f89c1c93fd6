//! What a message that came back says: a delivery report (RFC 3464), or the words of servers that
//! write none.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::UnwindSafe;

use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders, PartType};

use super::status::EnhancedStatus;

/// Messages within messages that are looked into: a report that was forwarded is one.
const DEEPEST: usize = 3;
/// Parts of a message: many more than a report has. Each costs the parser many times its own bytes.
const MOST_PARTS: usize = 10_000;
/// The end of a Message-ID of ours: 32 hexadecimal digits and a domain.
const DIGEST: usize = 32;

thread_local! {
    static PANICS_ARE_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// What a message is, to somebody who waits for reports.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// What became of a message, as it says.
    Report(DeliveryReport),
    /// The answer of a machine, such as an absence, or a receipt: nothing came back.
    AutomaticReply,
    /// Neither, or neither for certain.
    NotUnderstood,
}

/// A delivery report.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DeliveryReport {
    /// Message-IDs of the form of ours, by where they stand: in the message that came back; in the
    /// report's own `In-Reply-To` and `References`; in its text. The first place that has one of a
    /// known delivery counts.
    pub(super) message_ids: [BTreeSet<String>; 3],
    pub(super) recipients: Vec<RecipientReport>,
}

/// What a report says of one recipient.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RecipientReport {
    /// The recipient's addresses, in lower case: as the sender wrote it, and as it ended.
    pub(super) addresses: BTreeSet<String>,
    pub(super) outcome: Outcome,
    pub(super) status: Option<EnhancedStatus>,
    /// A server's own words; may be empty. They may quote anything.
    pub(super) words: String,
}

/// What became of a message to one recipient (RFC 3464 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Failed,
    /// It is still tried.
    Delayed,
    Delivered,
    /// A server has it, and passed it on to where nobody reports, or to the members of a group.
    PassedOn,
}

/// Reads a message. Whatever it holds, nothing is guessed: `Auto-Submitted` is no reason to take a
/// report for a reply, since Exchange writes it into its reports.
pub(super) fn read(bytes: &[u8]) -> Returned {
    const ENVELOPE: &[u8] = b"From ";
    let mut bytes = Cow::Borrowed(bytes);
    if !bytes.contains(&b'\n') {
        // As an old Macintosh ends lines.
        let line_end = |byte: &u8| if *byte == b'\r' { b'\n' } else { *byte };
        bytes = bytes.iter().map(line_end).collect();
    }
    let mut message: &[u8] = &bytes;
    if message.starts_with(ENVELOPE) {
        // The line that some put before a message, and before each of several in one file.
        let end = message.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        message = message.get(end + 1..).unwrap_or_default();
        let is_next =
            |lines: &[u8]| lines.starts_with(b"\n\nFrom ") || lines.starts_with(b"\n\r\nFrom ");
        if memchr::memchr_iter(b'\n', message)
            .any(|at| is_next(message.get(at..).unwrap_or_default()))
        {
            return Returned::NotUnderstood;
        }
    }
    if parts_at_most(message) > MOST_PARTS {
        return Returned::NotUnderstood;
    }
    // The parser fails on some messages that are badly broken (“Invalid part ID”): one of them must
    // not keep a morning's reports from going out.
    caught(|| read_message(message)).unwrap_or(Returned::NotUnderstood)
}

/// Boundaries, at least, and the headers of parts that are messages.
fn parts_at_most(message: &[u8]) -> usize {
    const HEADER: &[u8] = b"content-type";
    let begins_part = |at: &&[u8]| {
        matches!(at, [before, b'-', b'-', ..] if *before != b'-') || at.eq_ignore_ascii_case(HEADER)
    };
    message.windows(HEADER.len()).filter(begins_part).count()
}

fn caught<T>(read: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    PANICS_ARE_CAUGHT.set(true);
    let returned = std::panic::catch_unwind(read);
    PANICS_ARE_CAUGHT.set(false);
    returned.ok()
}

/// Whether a panic of this thread is caught where it comes from: nothing has failed then, and nobody
/// need be told.
pub fn panics_are_caught() -> bool {
    PANICS_ARE_CAUGHT.get()
}

/// A message whose parts go one by one. Where messages lie in messages, some thousands deep, each
/// would take those within it along, and the stack would not be enough: that ends a program.
struct Parsed<'a>(Message<'a>);

impl Drop for Parsed<'_> {
    fn drop(&mut self) {
        let mut within = std::mem::take(&mut self.0.parts);
        while let Some(part) = within.pop() {
            if let PartType::Message(mut message) = part.body {
                within.append(&mut message.parts);
            }
        }
    }
}

fn read_message(bytes: &[u8]) -> Returned {
    let Some(parsed) = MessageParser::default().parse(bytes).map(Parsed) else {
        return Returned::NotUnderstood;
    };
    let message = &parsed.0;
    let mut level = vec![message];
    for _ in 0..DEEPEST {
        if let Some(report) = level.iter().find_map(|message| standard_report(message)) {
            return Returned::Report(report);
        }
        level = level.into_iter().flat_map(messages_within).collect();
    }
    if let Some(report) = report_in_words(message) {
        return Returned::Report(report);
    }
    if is_automatic_reply(message) {
        return Returned::AutomaticReply;
    }
    Returned::NotUnderstood
}

fn messages_within<'a>(message: &'a Message<'a>) -> impl Iterator<Item = &'a Message<'a>> {
    message.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(message) => Some(message),
        _ => None,
    })
}

/// The report in a part of its own.
fn standard_report(message: &Message<'_>) -> Option<DeliveryReport> {
    let is_status = |subtype: Option<&str>| {
        subtype.is_some_and(|subtype| {
            ["delivery-status", "global-delivery-status"]
                .iter()
                .any(|status| subtype.eq_ignore_ascii_case(status))
        })
    };
    let recipients: Vec<RecipientReport> = message
        .parts
        .iter()
        .filter(|part| is_status(part.content_type().and_then(|kind| kind.subtype())))
        .flat_map(|part| recipients(&String::from_utf8_lossy(part.contents())))
        .collect();
    (!recipients.is_empty()).then(|| DeliveryReport {
        message_ids: message_ids(message),
        recipients,
    })
}

/// A report of a server that writes none for machines: by the header of Exim and Google that names
/// who did not get it, or by the words of a mailer, where they leave no doubt.
fn report_in_words(message: &Message<'_>) -> Option<DeliveryReport> {
    let text = own_words(message);
    let status = EnhancedStatus::only_class_in(&text);
    let failed = message.header_values("X-Failed-Recipients");
    let failed: BTreeSet<String> = failed
        .filter_map(|value| value.as_text())
        .flat_map(addresses_in)
        .collect();
    let (addresses, outcome, status) = if failed.is_empty() {
        // Whoever tells of a bounce, or asks about one, is no mailer.
        let status = status.filter(|_| is_from_mailer(message))?;
        let outcome = match status.class {
            5 => Outcome::Failed,
            4 => Outcome::Delayed,
            _ => return None,
        };
        (addresses_in(&text), outcome, Some(status))
    } else {
        (failed, Outcome::Failed, status)
    };
    Some(DeliveryReport {
        message_ids: message_ids(message),
        recipients: vec![RecipientReport {
            addresses,
            outcome,
            status,
            words: String::new(),
        }],
    })
}

/// What is written by a server and not quoted: all texts up to the headers of the message that came
/// back, which name its recipient too.
fn own_words(message: &Message<'_>) -> String {
    const QUOTED: [&str; 6] = [
        "received:",
        "return-path:",
        "message-id:",
        "from:",
        "dkim-signature:",
        "authentication-results:",
    ];
    let is_quoted = |line: &&str| {
        let line = line
            .trim_start_matches(['>', ' ', '\t'])
            .to_ascii_lowercase();
        QUOTED.iter().any(|header| line.starts_with(header))
    };
    let texts = texts(message);
    let first = texts.first().map_or("", String::as_str);
    let own = first.lines().take_while(|line| !is_quoted(line));
    own.collect::<Vec<_>>().join("\n")
}

fn is_from_mailer(message: &Message<'_>) -> bool {
    let name = message
        .from()
        .and_then(|from| from.first())
        .and_then(|from| from.address())
        .and_then(|address| address.split('@').next())
        .unwrap_or_default()
        .to_ascii_lowercase();
    // The last is Exchange's own name for itself.
    [
        "mailer-daemon",
        "postmaster",
        "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e",
    ]
    .contains(&name.as_str())
}

/// Whether it is an automatic reply, or a receipt that the message was read. What might be a report
/// of a kind that is not understood counts as neither.
fn is_automatic_reply(message: &Message<'_>) -> bool {
    let kind = message.content_type();
    let is = |name: &str| kind.and_then(|kind| kind.attribute("report-type")) == Some(name);
    if is("disposition-notification") {
        return true;
    }
    let header = |name: &'static str| message.header_raw(name);
    let is_replied = header("Auto-Submitted")
        .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("auto-"))
        || header("X-Autoreply").is_some();
    let may_be_report = kind.is_some_and(|kind| kind.subtype() == Some("report"))
        || header("X-MS-Exchange-Message-Is-Ndr").is_some()
        || is_from_mailer(message)
        || EnhancedStatus::first_in(&own_words(message)).is_some();
    is_replied && !may_be_report
}

/// The recipients of a delivery status: groups of fields, of which each recipient has one.
fn recipients(status: &str) -> Vec<RecipientReport> {
    let mut found = Vec::new();
    for group in groups(status) {
        let field = |name: &str| {
            let mut fields = group.iter().filter(|(is, _)| is.eq_ignore_ascii_case(name));
            fields.next().map(|(_, value)| value.as_str())
        };
        let addresses: BTreeSet<String> = ["Original-Recipient", "Final-Recipient"]
            .into_iter()
            .filter_map(field)
            .filter_map(address_of_field)
            .collect();
        let words = field("Diagnostic-Code").unwrap_or_default();
        let status = field("Status").and_then(EnhancedStatus::first_in);
        // Exchange says 5.0.0, and more in the words of the server.
        let said = EnhancedStatus::first_in(words);
        let status = match (status, said) {
            (Some(status), Some(said)) if status.is_general() && said.class == status.class => {
                Some(said)
            }
            (None, said) => said,
            (status, _) => status,
        };
        let action = field("Action").unwrap_or_default();
        let action = action.split(['(', ' ']).next().unwrap_or_default().trim();
        let outcome = match (
            action.to_ascii_lowercase().as_str(),
            status.map(|it| it.class),
        ) {
            ("failed", _) | ("", Some(5)) => Outcome::Failed,
            ("delayed", _) | ("", Some(4)) => Outcome::Delayed,
            ("delivered", _) => Outcome::Delivered,
            ("relayed" | "expanded", _) => Outcome::PassedOn,
            _ => continue,
        };
        if !addresses.is_empty() {
            let words = words.trim().to_owned();
            found.push(RecipientReport {
                addresses,
                outcome,
                status,
                words,
            });
        }
    }
    found
}

/// Fields by group, unfolded. A group ends with an empty line, and where a field comes that it has.
fn groups(status: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in status.lines() {
        if line.trim().is_empty() {
            groups.push(Vec::new());
            continue;
        }
        let Some(group) = groups.last_mut() else {
            continue;
        };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let field = (name.trim().to_owned(), value.trim().to_owned());
            if group
                .iter()
                .any(|(is, _)| is.eq_ignore_ascii_case(&field.0))
            {
                groups.push(vec![field]);
            } else {
                group.push(field);
            }
        }
    }
    groups
}

/// `rfc822; <amina@nhs.example>`, where `+3D` may stand for a character (RFC 3461 4).
fn address_of_field(field: &str) -> Option<String> {
    let address = field.split_once(';').map_or(field, |(_, address)| address);
    let address = address.trim().trim_matches(['<', '>']).to_lowercase();
    address.contains('@').then_some(address)
}

/// Every address in a text, in lower case.
fn addresses_in(text: &str) -> BTreeSet<String> {
    let ends = |c: char| c.is_whitespace() || "<>()[],;:\"'".contains(c);
    text.split(ends)
        .map(|word| word.trim_end_matches('.').to_lowercase())
        .filter(|word| word.contains('@'))
        .collect()
}

fn message_ids(message: &Message<'_>) -> [BTreeSet<String>; 3] {
    let mut returned = BTreeSet::new();
    for part in &message.parts {
        match &part.body {
            PartType::Message(message) => {
                returned.extend(message.message_id().into_iter().flat_map(ids_of_our_form))
            }
            // Its headers alone.
            PartType::Text(text) if is_headers(part.content_type()) => {
                let headers = MessageParser::default().parse(text.as_bytes());
                let id = headers.as_ref().and_then(Message::message_id);
                returned.extend(id.into_iter().flat_map(ids_of_our_form));
            }
            _ => {}
        }
    }
    let threading = [HeaderName::InReplyTo, HeaderName::References];
    let threading = threading
        .into_iter()
        .filter_map(|name| message.header_raw(name));
    let threading = threading.flat_map(ids_of_our_form).collect();
    let texts = texts(message);
    let in_texts = texts
        .iter()
        .flat_map(|text| ids_of_our_form(text))
        .collect();
    [returned, threading, in_texts]
}

fn is_headers(kind: Option<&mail_parser::ContentType<'_>>) -> bool {
    kind.and_then(|kind| kind.subtype()).is_some_and(|subtype| {
        ["rfc822-headers", "global-headers"].contains(&subtype.to_ascii_lowercase().as_str())
    })
}

/// The texts of a message, not of those within it; pages as text.
fn texts(message: &Message<'_>) -> Vec<String> {
    let texts = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        PartType::Html(page) => Some(mail_parser::decoders::html::html_to_text(page)),
        _ => None,
    });
    texts.collect()
}

/// Message-IDs of the form that this program gives: a day, a code, a digest and a domain. Nothing
/// else in a text is looked up.
fn ids_of_our_form(text: &str) -> Vec<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || ".-@".contains(c));
    let is_ours = |word: &&str| {
        let Some((name, domain)) = word.split_once('@') else {
            return false;
        };
        let (Some((day, rest)), Some((_, digest))) = (name.split_once('.'), name.rsplit_once('.'))
        else {
            return false;
        };
        let is_day = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
        let is_digest = digest.len() == DIGEST && digest.bytes().all(|b| b.is_ascii_hexdigit());
        is_day && is_digest && rest.len() > DIGEST + 1 && !domain.is_empty()
    };
    let words = text.split(ends).map(|word| word.trim_end_matches('.'));
    words.filter(is_ours).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
