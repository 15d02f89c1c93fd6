//! A word, and behind it who set it down and when: `Accepted - JB, 18/11/2026`.

use chrono::NaiveDate;

use super::moments::{DateForm, moment};
use super::words::tidy;

/// A word, with what is signed behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed<T> {
    pub(crate) word: T,
    /// Initials, or a name behind “by”.
    pub(crate) by: Option<String>,
    pub(crate) on: Option<NaiveDate>,
}

/// Marks that part a word from its signature.
const MARKS: [char; 7] = ['-', ',', ';', ':', '/', '(', '['];
/// Words in capitals that are no initials: they change what is decided.
const NO_INITIALS: [&str; 14] = [
    "ALL", "AND", "ANY", "ASAP", "BUT", "IF", "NO", "NOT", "OK", "OR", "TBA", "TBC", "TBD", "YES",
];
/// Letters of initials, at the most.
const LONGEST_INITIALS: usize = 3;

/// Reads a cell that is a word that `word` knows, alone or with initials, a name behind “by” or a date
/// behind it. A word with anything else behind it is none: “Accept if the user agrees” accepts
/// nothing.
pub(crate) fn signed<T>(
    cell: &str,
    word: impl Fn(&str) -> Option<T>,
    date_form: DateForm,
) -> Option<Signed<T>> {
    let plain = |word| Signed {
        word,
        by: None,
        on: None,
    };
    if let Some(word) = word(cell) {
        return Some(plain(word));
    }
    let text = tidy(cell);
    let mut ends = text.match_indices(|letter: char| !letter.is_alphanumeric());
    ends.find_map(|(end, _)| {
        let (head, rest) = text.split_at_checked(end)?;
        let word = word(head)?;
        let (by, on) = signature(rest, date_form)?;
        Some(Signed {
            by,
            on,
            ..plain(word)
        })
    })
}

/// Who and when, where a text is nothing else.
fn signature(text: &str, date_form: DateForm) -> Option<(Option<String>, Option<NaiveDate>)> {
    let is_parted = text.trim_start().starts_with(MARKS);
    let text = trimmed(text);
    let day = |text: &str| Some(moment(trimmed(text), date_form).ok()??.date());
    if let Some(on) = day(text) {
        return Some((None, Some(on)));
    }
    let named = text.strip_prefix("by ");
    let is_who = |who: &str| match named {
        Some(_) => is_name(who),
        None => is_parted && is_initials(who),
    };
    let text = named.unwrap_or(text);
    let edges =
        text.match_indices(|letter: char| letter.is_whitespace() || MARKS.contains(&letter));
    let mut edges = edges.map(|(edge, _)| edge).chain([text.len()]);
    edges.find_map(|edge| {
        let (one, other) = text.split_at_checked(edge)?;
        let (one, other) = (trimmed(one), trimmed(other));
        let other_day = other.strip_prefix("on ").unwrap_or(other);
        match (is_who(one), other_day.is_empty()) {
            (true, true) => Some((Some(one.to_owned()), None)),
            (true, false) => Some((Some(one.to_owned()), Some(day(other_day)?))),
            (false, _) if is_who(other) => Some((Some(other.to_owned()), Some(day(one)?))),
            (false, _) => None,
        }
    })
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| {
        letter.is_whitespace() || MARKS.contains(&letter) || [')', ']'].contains(&letter)
    })
}

/// `JB`, `J.B.`
fn is_initials(text: &str) -> bool {
    let letters: String = text.chars().filter(|letter| *letter != '.').collect();
    (2..=LONGEST_INITIALS).contains(&letters.chars().count())
        && letters.chars().all(char::is_uppercase)
        && !NO_INITIALS.contains(&&*letters)
}

/// `J. Bloggs`, `Jane O'Holm`: words that begin with capitals.
fn is_name(text: &str) -> bool {
    let is_word = |word: &str| {
        let has_letters = |letter: char| letter.is_alphabetic() || ".'’-".contains(letter);
        word.starts_with(char::is_uppercase) && word.chars().all(has_letters)
    };
    let words = text.split_whitespace();
    (1..=4).contains(&words.clone().count()) && words.clone().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DateOrder;

    #[test]
    fn a_word_may_be_signed_and_with_anything_else_behind_it_is_none() {
        let date_form = DateForm {
            order: DateOrder::DayMonthYear,
            time_zone: chrono_tz::Europe::London,
        };
        let word = |text: &str| {
            let known = ["accept", "accepted", "not accepted", "done"];
            let text = text.trim().to_lowercase();
            known.iter().find(|word| **word == text).copied()
        };
        let read = |cell: &str| {
            let signed = signed(cell, word, date_form)?;
            let day = signed.on.map_or_else(String::new, |on| on.to_string());
            Some(format!(
                "{}|{}|{day}",
                signed.word,
                signed.by.unwrap_or_default()
            ))
        };
        for (cell, said) in [
            ("Accepted", "accepted||"),
            ("Accepted - JB", "accepted|JB|"),
            ("Accepted – J.B.", "accepted|J.B.|"),
            ("accept (JB)", "accept|JB|"),
            ("Accept/JB", "accept|JB|"),
            ("Accepted, JB 18/11/2026", "accepted|JB|2026-11-18"),
            (
                "Accepted - JB on 18 November 2026",
                "accepted|JB|2026-11-18",
            ),
            ("Accepted 18/11/2026", "accepted||2026-11-18"),
            ("Done: 18 Nov 2026 JB", "done|JB|2026-11-18"),
            ("Not accepted - JB", "not accepted|JB|"),
            ("Accepted by Jane O'Holm", "accepted|Jane O'Holm|"),
            (
                "Accepted by J. Holm, 18/11/2026",
                "accepted|J. Holm|2026-11-18",
            ),
        ] {
            assert_eq!(read(cell).as_deref(), Some(said), "{cell}");
        }
        for cell in [
            "",
            "Yes",
            "JB",
            "Accepted?",
            "Accepted - not sure",
            "Accept - NOT",
            "ACCEPT NOT",
            "Accept if the user agrees",
            "Accepted by mistake",
            "Accept or done",
            "Accept, done",
            "Accepted JB",
            "Accepted 18/11",
            "Accept - 31/11/2026",
            "Accept - JB - see note",
            "Do we accept",
        ] {
            assert_eq!(read(cell), None, "{cell}");
        }
    }
}
