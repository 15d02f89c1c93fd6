//! What a letter may say of a mailbox's items.

use std::borrow::Cow;

/// What stands before an item that a letter names.
const ITEM: &str = "• ";

/// What may stand in a letter to the user of a mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter<'a> {
    /// The addresses that it may be sent to.
    pub addresses: Vec<Cow<'a, str>>,
    /// The mailbox's own failed items.
    pub items: Vec<OwnItem<'a>>,
}

/// A failed item of a mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnItem<'a> {
    /// Its subject line.
    pub subject: Option<Cow<'a, str>>,
    /// The folder that it is in.
    pub folder: Option<Cow<'a, str>>,
}

/// A line of a letter.
pub(super) enum LetterLine<'a> {
    /// It names an item.
    Item(&'a str),
    /// It says what every letter may.
    Words(&'a str),
}

pub(super) fn lines(letter: &str) -> impl Iterator<Item = LetterLine<'_>> {
    let line = |line| match str::strip_prefix(line, ITEM) {
        Some(item) => LetterLine::Item(item),
        None => LetterLine::Words(line),
    };
    letter.split('\n').map(line)
}

/// Whether a letter says a subject line.
pub(super) fn quotes(letter: &str) -> bool {
    lines(letter).any(|line| matches!(line, LetterLine::Item(item) if item.starts_with('“')))
}

impl Letter<'_> {
    /// Whether a line names one of the mailbox's own items, or says how many more there are.
    pub(super) fn may_name(&self, line: &str) -> bool {
        let more = line.strip_prefix("and ");
        let more = more.and_then(|more| more.strip_suffix(" more"));
        let is_number = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b','));
        more.is_some_and(is_number)
            || says_when_and_how_large(line)
            || self.items.iter().any(|item| item.is_named_by(line))
    }
}

impl OwnItem<'_> {
    fn is_named_by(&self, line: &str) -> bool {
        let Some(subject) = &self.subject else {
            let rest = line.strip_prefix("No subject");
            return rest.is_some_and(|rest| self.is_described_by(rest));
        };
        line.strip_prefix('“').is_some_and(|quoted| {
            let mut rests = behind(quoted, subject);
            let is_described = |rest| self.is_described_by(rest);
            rests.any(|rest| rest.strip_prefix('”').is_some_and(is_described))
        })
    }

    /// Whether a text says the folder, if it says any, and then a day and a size.
    fn is_described_by(&self, rest: &str) -> bool {
        let in_folder = rest.strip_prefix(", folder ").zip(self.folder.as_deref());
        says_when_and_how_large(rest)
            || in_folder
                .is_some_and(|(rest, folder)| behind(rest, folder).any(says_when_and_how_large))
    }
}

/// What stands in a line behind a text, or behind the beginning of one and an ellipsis.
fn behind<'l>(line: &'l str, text: &str) -> impl Iterator<Item = &'l str> {
    let cut = line.match_indices('…');
    let cut = cut.filter(|(place, _)| {
        line.get(..*place)
            .is_some_and(|begun| text.starts_with(begun))
    });
    let behind_cut = cut.filter_map(|(place, dots)| line.get(place + dots.len()..));
    line.strip_prefix(text).into_iter().chain(behind_cut)
}

/// Whether all that a text says is a day and a size: “, 4 March 2021, 52.1 MB”.
fn says_when_and_how_large(text: &str) -> bool {
    const WORDS: [&str; 17] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "bytes",
        "KB",
        "MB",
        "GB",
        "TB",
    ];
    let is_number = |word: &str| word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    let mut words = text.split([' ', ',']);
    words.all(|word| is_number(word) || WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter_of<'a>(items: &[(Option<&'a str>, Option<&'a str>)]) -> Letter<'a> {
        let items = items.iter().map(|(subject, folder)| OwnItem {
            subject: subject.map(Cow::from),
            folder: folder.map(Cow::from),
        });
        Letter {
            items: items.collect(),
            ..Letter::default()
        }
    }

    #[test]
    fn a_letter_names_items_of_its_own_mailbox_and_no_other() {
        let rota = (Some("Rota"), Some("Inbox"));
        let odd = (Some("Wait… what”, folder Sent"), Some("A, B"));
        let letter = letter_of(&[rota, odd, (None, Some("Sent"))]);
        for line in [
            "“Rota”",
            "“Rota”, folder Inbox",
            "“Rota”, folder Inbox, 4 March 2021, 52.1 MB",
            "“Rota”, 4 March 2021",
            "“Ro…”, folder In…, 512 bytes",
            "“Wait… what”, folder Sent”, folder A, B, 1 May 2020",
            "“Wait… w…”, folder A, B",
            "“Wait…”",
            "“Wait… what”, …”, folder A…",
            "No subject, folder Sent, 3.0 KB",
            "4 March 2021, 52.1 MB",
            "and 1,200 more",
        ] {
            assert!(letter.may_name(line), "{line}");
        }
        for line in [
            "“Results”",
            "“Rota of May”",
            "“Rota”, folder Sent",
            "“Rota”, Results",
            "“Rota” Results of Mr Quince",
            "Rota",
            "“Results…”",
            "No subject, folder Inbox",
            "Results of Mr Quince",
            "and Mr Quince more",
        ] {
            assert!(!letter.may_name(line), "{line}");
        }
        assert!(!letter_of(&[rota]).may_name("No subject"));
    }

    #[test]
    fn a_letter_quotes_where_an_item_of_it_has_a_subject_line() {
        assert!(quotes("2 items:\n• “Rota”\nPlease …"));
        assert!(!quotes(
            "“Quoted” words:\n• 4 March 2021\n• No subject\n• and 3 more"
        ));
    }
}
