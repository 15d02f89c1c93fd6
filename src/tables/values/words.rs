//! Words that stand where a value should, and what is known of a cell without telling what it says.

use std::borrow::Cow;

use crate::domain::invisible::is_invisible;

/// Marks that programs and people put round a value.
pub(super) const QUOTATION_MARKS: [char; 8] = ['\'', '"', '`', '´', '‘', '’', '“', '”'];

/// A text without invisible characters and surrounding quotation marks, with plain blanks and
/// hyphens.
pub(in crate::tables) fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = |text: &str| {
        text.trim_matches(|c: char| c.is_whitespace() || QUOTATION_MARKS.contains(&c))
            .to_owned()
    };
    if text.is_ascii() && !text.contains(|c: char| c.is_ascii_control()) {
        let inner = text.trim_matches(|c: char| c == ' ' || QUOTATION_MARKS.contains(&c));
        return Cow::Borrowed(inner);
    }
    let visible = text.chars().filter_map(|c| match c {
        c if c.is_whitespace() => Some(' '),
        c if is_invisible(c) => None,
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => Some('-'),
        c => Some(c),
    });
    Cow::Owned(trimmed(&visible.collect::<String>()))
}

/// What stands where there is no value, folded: people's words and those of programs. Text is text:
/// a collection may be called “None”.
pub(super) const WORDS_FOR_NONE: &[&str] = &[
    "awaited",
    "awaiting",
    "awaiting confirmation",
    "awaiting date",
    "blank",
    "canceled",
    "cancelled",
    "date tbc",
    "date to be confirmed",
    "deferred",
    "empty",
    "hold",
    "n a",
    "n k",
    "na",
    "nan",
    "never",
    "nil",
    "nk",
    "no data",
    "no date",
    "no date set",
    "no value",
    "none",
    "not applicable",
    "not available",
    "not booked",
    "not confirmed",
    "not known",
    "not planned",
    "not reported",
    "not scheduled",
    "not set",
    "not started",
    "not synced",
    "not synchronised",
    "not synchronized",
    "not yet",
    "not yet known",
    "not yet scheduled",
    "not yet started",
    "null",
    "on hold",
    "paused",
    "pending",
    "postponed",
    "t b a",
    "t b c",
    "t b d",
    "tba",
    "tbc",
    "tbd",
    "to be advised",
    "to be agreed",
    "to be announced",
    "to be arranged",
    "to be confirmed",
    "to be decided",
    "to be determined",
    "to be scheduled",
    "unavailable",
    "undefined",
    "unknown",
    "unscheduled",
];

/// What a spreadsheet shows in place of a value that it cannot work out; not `#N/A`, which people
/// write themselves.
pub(super) const SPREADSHEET_ERRORS: [&str; 8] = [
    "#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!",
];

/// The only error of a spreadsheet that says so.
pub(super) const NOT_APPLICABLE: &str = "#N/A";

/// Whether a text says that there is no value: `Never`, `N/A`, `-`, `TBC`, `?`, `on hold`.
pub(crate) fn stands_for_none(text: &str) -> bool {
    if text.len() > 40 {
        return false;
    }
    let marks = |c: char| "-–—?.…_~()[]<> ".contains(c);
    text.chars().all(marks) || text.eq_ignore_ascii_case(NOT_APPLICABLE) || {
        let words = text.to_lowercase();
        let words: Vec<&str> = words
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let words = words.join(" ");
        let says_none = |c: char| c.is_alphanumeric() || marks(c) || c == '/' || c == '\\';
        text.chars().all(says_none) && WORDS_FOR_NONE.binary_search(&words.as_str()).is_ok()
    }
}

/// Characters of a cell that are described.
const MOST_DESCRIBED: usize = 30;

/// What a cell looks like, for a message that must not tell what it says: `a` for a letter, `9` for
/// a digit.
pub(crate) fn shape(cell: &str) -> String {
    if cell.contains('@') {
        return "(an address)".to_owned();
    }
    let mut shape: String = cell
        .chars()
        .filter(|c| !is_invisible(*c) || c.is_whitespace())
        .take(MOST_DESCRIBED)
        .map(|c| match c {
            c if c.is_alphabetic() => 'a',
            c if c.is_numeric() => '9',
            c if c.is_whitespace() => ' ',
            c if c.is_ascii_punctuation() => c,
            _ => '·',
        })
        .collect();
    if cell.chars().nth(MOST_DESCRIBED).is_some() {
        shape.push('…');
    }
    shape
}
