//! What an error says: its words less whatever it quotes, and its codes in one form.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// An error as rules of causes look at it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ErrorText {
    /// The text, and the code where it is a name, such as `ErrorQuotaExceeded`. Nothing that was
    /// quoted is in them. Names follow in a line of their own, their words apart.
    pub(super) words: [Option<String>; 2],
    /// The codes, each once, as [`code`] writes them.
    pub(super) codes: Vec<String>,
}

impl ErrorText {
    /// Reads an error. `known` is what its item is called: an error may repeat its subject line,
    /// its folder and its user, and a rule must not take these for what went wrong.
    pub(super) fn read(error_code: Option<&str>, text: Option<&str>, known: &[&str]) -> Self {
        let less_quoted = |text: &str| less_quoted(&less_known(text, known));
        let text = text.map(less_quoted);
        let mut codes: Vec<String> = error_code.map(code).into_iter().collect();
        for found in text.iter().flat_map(|text| codes_in(text)) {
            if !codes.contains(&found) {
                codes.push(found);
            }
        }
        let name = error_code.filter(|code| hexadecimal(code.trim()).is_none());
        let words = [text, name.map(less_quoted)];
        Self {
            words: words.map(|text| text.map(with_words_apart)),
            codes,
        }
    }
}

/// A code in the one form in which codes are compared: `0x8004010F`, whether it was written so, as
/// `-2147221233`, `2147746063` or `8004010F`. Others are as they are, in capitals.
pub(super) fn code(text: &str) -> String {
    let text = text.trim();
    // 32 bits, as an HRESULT has; a small number is no HRESULT.
    let decimal = text.parse::<i64>().ok();
    let decimal = decimal.filter(|number| *number < 0 || *number > i64::from(i32::MAX));
    let decimal = decimal.and_then(|number| {
        let signed = i32::try_from(number).map(i32::cast_unsigned);
        signed.or_else(|_| u32::try_from(number)).ok()
    });
    match hexadecimal(text).or(decimal) {
        Some(number) => format!("0x{number:08X}"),
        None => text.to_uppercase(),
    }
}

/// A number that its `0x` tells to be hexadecimal, or that it is an HRESULT of a failure.
fn hexadecimal(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let bare = || (text.len() == 8 && text.starts_with(['8', 'C', 'c'])).then_some(text);
    let digits = digits.or_else(bare)?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_number)
}

/// An error for those who may not read subject lines: less what it quotes and what the items of its
/// mailbox are called. `None` where nothing is left.
pub(super) fn without_quotations(text: &str, known: &[&str]) -> Option<String> {
    let less = less_quoted(&less_known(text, known));
    let words: Vec<&str> = less.split_whitespace().collect();
    let says_something = words
        .iter()
        .any(|word| word.contains(char::is_alphanumeric));
    says_something.then(|| words.join(" "))
}

/// `None` where the pattern is none: a test holds that each is.
type TextPattern = LazyLock<Option<Regex>>;

macro_rules! pattern {
    ($($part:literal),+) => { LazyLock::new(|| Regex::new(concat!($($part),+)).ok()) };
}

/// Codes within a text. `ec=` is the store's own, a decimal; the others are numbers of Windows, of
/// web servers and of mail servers (RFC 3463 and RFC 5321).
static CODES: TextPattern = pattern!(
    r"(?i)\bec=(-?\d{1,10})\b|\b(0x[0-9a-f]{3,8})\b|(?:^|[^\w.-])(-\d{9,10})\b|",
    r"\b(8[0-9a-f]{7})\b|\b([245]\.\d\.\d{1,3})\b|\(([45]\d\d)\)|",
    r"(?:\bhttp|\bstatus|\bcode|\berror)\W{1,3}(?:code\W{1,3})?([45]\d\d)\b|",
    r"^\W*([45]\d\d)\b"
);

fn codes_in(text: &str) -> impl Iterator<Item = String> {
    let found = CODES
        .iter()
        .flat_map(move |codes| codes.captures_iter(text));
    found.filter_map(|found| {
        if let Some(store) = found.get(1) {
            let number = store.as_str().parse::<i64>().ok()?;
            let number = u32::try_from(number.rem_euclid(1 << 32)).ok()?;
            return Some(format!("0x{number:08X}"));
        }
        let number = found.iter().skip(2).flatten().next()?;
        Some(code(number.as_str()))
    })
}

/// A name with what it names: `Subject:[…]` of imapsync, `Subject: …` up to the next name or to the
/// end of its line.
static NAMED: TextPattern = pattern!(
    r"(?im)\b(?:subject|title|display ?name|sender|organi[sz]er|file ?name|attachment ?name|",
    r"folder(?: ?path| ?name)?|from)(?:\s*[:=]\s*|:?\s*(?P<open>\[))",
    r"(?:.*?)(?P<end>\]\s*[,)]|$|[;|\t]|[,.]?\s+(?:error|reason|details|failure|message|",
    r"exception|code|status|kind|size|date|flags)\s*[:=])"
);

/// Addresses, links, names of directories, paths, and files by their endings.
static PLACES: TextPattern = pattern!(
    r#"(?i)[^\s<>"'(),;:\[\]]+@[^\s<>"'(),;:\[\]]+|\bhttps?://\S+|/o=[^"'\r\n]+|"#,
    r"\b[a-z]:\\\S*|\\\\\S+|\b[a-z]+\\[\w.-]+|",
    r"\S+\.(?:docx?|xlsx?|pptx?|pdf|msg|eml|zip|ics|vcf|jpe?g|png|gif|csv|txt|rtf|html?)\b"
);

fn less<'a>(text: &'a str, pattern: &TextPattern, instead: &str) -> Cow<'a, str> {
    match &**pattern {
        Some(pattern) => pattern.replace_all(text, instead),
        None => Cow::Borrowed(text),
    }
}

/// Whether a text repeats what its item is called.
pub(super) fn repeats(text: &str, known: &[&str]) -> bool {
    known.iter().any(|name| is_repeated(text, name.trim()))
}

/// A name of one word may be a word of the error; and an error that says nothing else may be called
/// the same by chance.
fn is_repeated(text: &str, name: &str) -> bool {
    let is_telling = name.len() >= LONG_WORD || name.contains(char::is_whitespace);
    is_telling && name.len() < text.trim().len() && text.contains(name)
}

/// From how many bytes on a word by itself is a name.
const LONG_WORD: usize = 16;

/// The text less what its item is called.
pub(super) fn less_known<'a>(text: &'a str, known: &[&str]) -> Cow<'a, str> {
    let mut less = Cow::Borrowed(text);
    for name in known.iter().map(|name| name.trim()) {
        if is_repeated(&less, name) {
            less = Cow::Owned(replace_words(&less, name));
        }
    }
    less
}

/// A blank wherever `name` stands and is no part of a word.
fn replace_words(text: &str, name: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        let is_part = before.ends_with(char::is_alphanumeric)
            || (before.is_empty() && replaced.ends_with(char::is_alphanumeric))
            || after.starts_with(char::is_alphanumeric);
        replaced.push_str(before);
        replaced.push_str(if is_part { name } else { " " });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// The text less what it quotes: what stands in quotation marks, subject lines and names that are
/// called so, addresses, links and paths.
fn less_quoted(text: &str) -> String {
    // All of it in quotation marks is no quotation.
    let text = text.trim().trim_matches(['"', '“', '”']);
    let text = less(text, &NAMED, " $end");
    let text = less_quotations(&text);
    less(&text, &PLACES, " ").into_owned()
}

/// The text less what stands in quotation marks. One that is not closed reaches to the end of its
/// line: the text was cut.
fn less_quotations(text: &str) -> String {
    let mut less = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, open)) = rest.char_indices().find(|(at, mark)| {
        closing(*mark).is_some() && !(*mark == '\'' && is_after_letter(rest, *at))
    }) {
        let (before, quoted) = rest.split_at(at);
        let quoted = quoted.get(open.len_utf8()..).unwrap_or_default();
        less.push_str(before);
        less.push(' ');
        let close = closing(open).unwrap_or(open);
        let end = quoted.match_indices(close).find(|(at, close)| {
            let after = quoted.get(at + close.len()..).unwrap_or_default();
            !after.starts_with(char::is_alphanumeric)
        });
        let line = quoted.find('\n').unwrap_or(quoted.len());
        let end = end.map_or(line, |(at, close)| at + close.len());
        rest = quoted.get(end..).unwrap_or_default();
    }
    less.push_str(rest);
    less
}

fn closing(open: char) -> Option<char> {
    match open {
        '"' | '\'' => Some(open),
        '“' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}

/// Whether it is an apostrophe, as in “couldn't”.
fn is_after_letter(text: &str, at: usize) -> bool {
    text.get(..at)
        .is_some_and(|before| before.ends_with(char::is_alphanumeric))
}

/// The text, and in a further line the same with the words of its names apart: of
/// `MapiExceptionNoAccess` and `ERR_OVERQUOTA`.
fn with_words_apart(mut text: String) -> String {
    let mut apart = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    let mut last = ' ';
    while let Some(letter) = letters.next() {
        let begins_word = letter.is_uppercase()
            && (last.is_lowercase()
                || last.is_ascii_digit()
                || (last.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase())));
        if begins_word {
            apart.push(' ');
        }
        apart.push(if letter == '_' { ' ' } else { letter });
        last = letter;
    }
    if apart != text {
        text.push('\n');
        text.push_str(&apart);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_of_this_file_is_one() {
        for pattern in [&CODES, &NAMED, &PLACES] {
            assert!(pattern.is_some());
        }
    }

    #[test]
    fn what_is_printed_of_an_error_quotes_nothing() {
        for (error, known, printed) in [
            (
                "The item 'Biopsy of J. Smith' is larger than 40 MB",
                &[][..],
                Some("The item is larger than 40 MB"),
            ),
            (
                "Could not copy Biopsy of J. Smith: the server is busy.",
                &["Biopsy of J. Smith"],
                Some("Could not copy : the server is busy."),
            ),
            (
                "Subject: Biopsy of J. Smith; Error: timed out",
                &[],
                Some("; Error: timed out"),
            ),
            (
                "Informational: waiting for completion.",
                &[],
                Some("Informational: waiting for completion."),
            ),
            ("Subject: Biopsy of J. Smith", &[], None),
        ] {
            assert_eq!(
                without_quotations(error, known).as_deref(),
                printed,
                "{error}"
            );
        }
    }

    #[test]
    fn a_code_has_one_form_however_it_is_written() {
        for written in [
            "0x8004010F",
            "0X8004010f",
            " -2147221233",
            "2147746063",
            "8004010f",
        ] {
            assert_eq!(code(written), "0x8004010F", "{written}");
        }
        for (written, form) in [
            ("0x4DD", "0x000004DD"),
            ("1245", "1245"),
            ("5.2.2", "5.2.2"),
            ("80070005", "0x80070005"),
            ("ErrorServerBusy", "ERRORSERVERBUSY"),
            ("99999999999", "99999999999"),
            ("0x", "0X"),
            ("0xŻ", "0XŻ"),
            ("8+070005", "8+070005"),
        ] {
            assert_eq!(code(written), form);
        }
    }

    #[test]
    fn codes_are_found_in_texts() {
        for (text, codes) in [
            (
                "failed (hr=0x80004005, ec=1245)",
                &["0x80004005", "0x000004DD"][..],
            ),
            ("failed (hr=0x8004010f, ec=-2147221233)", &["0x8004010F"]),
            ("HResult: -2147220991", &["0x80040201"]),
            (
                "The remote server returned an error: (503) Server Unavailable.",
                &["503"],
            ),
            ("552 5.2.2 over quota", &["5.2.2", "552"]),
            ("HTTP status code: 429", &["429"]),
            (
                "Sync of 450 items from 2.10.2024, version 15.20.1878.22, took 503 s",
                &[],
            ),
        ] {
            let mut found = ErrorText::read(None, Some(text), &[]).codes;
            found.sort_by_key(|found| codes.iter().position(|code| code == found));
            assert_eq!(found, codes, "{text}");
        }
        let read = ErrorText::read(Some("-2147221233"), Some("hr=0x8004010F"), &[]);
        assert_eq!(read.codes, ["0x8004010F"], "each once");
    }

    #[test]
    fn what_an_error_quotes_is_left_out() {
        for text in [
            "Copying 'Network down, access denied' failed",
            "Copying \"Network down, access denied\" failed",
            "Copying “Network down, access denied” failed",
            "Copying ‘Network down’s access denied’ failed",
            "Copying failed: 'Network down, access denied",
            "Copying failed\nSubject: Network down, access denied",
            "Copying failed ( Subject:[RE: [External] Network down, access denied], Date:[x] )",
            "Subject: Network down, access denied. Error: Copying failed",
            "Copying failed for network.down@access-denied.example",
            "Copying failed at https://network.example/down?access=denied",
            "Copying failed of C:\\Network\\Down\\access-denied.pst",
            "Copying failed of network-down.docx",
            "Copying Network down, access denied failed",
        ] {
            let known = ["Network down, access denied", "Inbox"];
            let [words, _] = ErrorText::read(None, Some(text), &known).words;
            let words = words.unwrap().to_lowercase();
            assert!(
                words.contains("copying") && words.contains("failed"),
                "{text}: {words}"
            );
            assert!(
                !words.contains("network") && !words.contains("denied"),
                "{text}: {words}"
            );
        }
    }

    #[test]
    fn what_an_error_says_stays() {
        for text in [
            "The user's mailbox couldn't be opened, and the users' folders weren't",
            "Data is corrupt",
            "Inbox/3: quota exceeded",
            "Mailboxes: quota",
        ] {
            let known = ["Data is corrupt", "quota", "Mailbox", ""];
            let [words, _] = ErrorText::read(None, Some(text), &known).words;
            assert_eq!(words.unwrap(), text);
        }
        let [words, _] = ErrorText::read(None, Some("\"Access is denied.\""), &[]).words;
        assert_eq!(words.unwrap(), "Access is denied.");
    }

    #[test]
    fn the_words_of_a_name_stand_apart() {
        for (name, words) in [
            ("MapiExceptionNoAccess", "Mapi Exception No Access"),
            ("ErrorADUnavailable", "Error AD Unavailable"),
            ("MAPI_E_CORRUPT_DATA", "MAPI E CORRUPT DATA"),
            ("EX-AccessDenied", "EX-Access Denied"),
        ] {
            let read = ErrorText::read(Some(name), None, &[]);
            assert_eq!(read.words[1].as_deref(), Some(&*format!("{name}\n{words}")));
        }
    }
}
