//! Yes and no.

use super::words::{stands_for_none, tidy};
use super::{Reading, Unreadable, text};

/// What a cell says to a question such as whether the user is a VIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum YesOrNo<'a> {
    /// Only that it is so.
    Yes,
    No,
    /// Something else: which one it is.
    Words(&'a str),
}

const YES: &[&str] = &[
    "true", "yes", "y", "1", "x", "checked", "on", "✓", "✔", "☑", "✅", "*", "★", "⭐",
];
const NO: &[&str] = &[
    "false",
    "no",
    "n",
    "0",
    "unchecked",
    "off",
    "✗",
    "✘",
    "❌",
    "☐",
    "□",
];

/// Yes or no, as people write it; `subject` is what the question is about, such as `vip`. Marks
/// that mean one here and the other there, such as ☒, are not read.
pub(crate) fn answer<'a>(cell: &'a str, subject: &str) -> Reading<YesOrNo<'a>> {
    let Some(text) = text(cell)? else {
        return Ok(None);
    };
    let tidied = tidy(text);
    if stands_for_none(&tidied) {
        return Ok(None);
    }
    let lower = tidied.to_lowercase();
    if !lower.contains(char::is_alphanumeric) {
        return match lower.as_str() {
            mark if YES.contains(&mark) => Ok(Some(YesOrNo::Yes)),
            mark if NO.contains(&mark) => Ok(Some(YesOrNo::No)),
            _ => Err(Unreadable),
        };
    }
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is = |answers: &[&str], word: &str| answers.contains(&word);
    Ok(Some(match words.as_slice() {
        [word] if is(YES, word) || *word == subject => YesOrNo::Yes,
        [word] if is(NO, word) => YesOrNo::No,
        [yes, of] | [of, yes] if is(YES, yes) && *of == subject => YesOrNo::Yes,
        [no, of] | [of, no] if is(NO, no) && *of == subject => YesOrNo::No,
        ["not" | "non" | "no", of] | ["not", "a" | "an", of] if *of == subject => YesOrNo::No,
        [word] if word.strip_prefix("non") == Some(subject) => YesOrNo::No,
        _ => YesOrNo::Words(text),
    }))
}
