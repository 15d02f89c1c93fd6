//! Enhanced status codes (RFC 3463), and what they mean to people.

/// `5.1.10`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EnhancedStatus {
    pub(super) class: u16,
    subject: u16,
    detail: u16,
}

impl EnhancedStatus {
    /// The first in a text, such as `550 5.1.1 User unknown` or `#5.1.1`.
    pub(super) fn first_in(text: &str) -> Option<Self> {
        Self::all_in(text).next()
    }

    /// The first in a text, where all are of one class: some servers tell of several attempts.
    pub(super) fn only_class_in(text: &str) -> Option<Self> {
        let first = Self::first_in(text)?;
        Self::all_in(text)
            .all(|other| other.class == first.class)
            .then_some(first)
    }

    fn all_in(text: &str) -> impl Iterator<Item = Self> + '_ {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
        words.filter_map(|word| Self::parse(word.trim_matches('.')))
    }

    fn parse(word: &str) -> Option<Self> {
        let mut numbers = word.split('.').map(|number| match number.len() {
            1..=3 => number.parse::<u16>().ok(),
            _ => None,
        });
        let (class, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let is_status = matches!(class, 2 | 4 | 5) && subject < 10 && numbers.next().is_none();
        is_status.then_some(Self {
            class,
            subject,
            detail,
        })
    }

    /// Whether it says nothing beyond its class.
    pub(super) fn is_general(self) -> bool {
        (self.subject, self.detail) == (0, 0)
    }

    /// What is the matter, in words: of the subjects by RFC 3463, of some details as Exchange uses
    /// them.
    pub(super) fn meaning(self) -> &'static str {
        match (self.subject, self.detail) {
            (1, 2) => "the domain of the address is not known, or takes no mail",
            (1, 7 | 8) => "the sender's address was not accepted",
            (1, _) => "the address does not exist, or is wrong",
            (2, 1) => "the mailbox is disabled, or takes no more mail for now",
            (2, 2) => "the mailbox is full",
            (2, 3) | (3, 4) => "the message is too large for the recipient",
            (2, 4) => "the list of recipients could not be expanded",
            (2, _) => "the mailbox takes no mail",
            (3, _) => "the recipient's mail system could not take it",
            (4, 6 | 14) => "it went round in circles between servers",
            (4, _) => "the recipient's server could not be reached in time",
            (5 | 6, _) => "the recipient's server could not process it",
            (7, _) => {
                "the recipient's organisation does not take it: permission, policy or a filter"
            }
            _ => "the recipient's server gave no clear reason",
        }
    }
}

impl std::fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}
