//! Whole numbers, percentages and sizes.

use super::{Reading, read};
use crate::exports::SizeUnit;

/// The most items that a mailbox can be said to hold, and the most bytes: a thousand times what any
/// does. With such limits no sum over millions of mailboxes leaves the range of a whole number.
pub(super) const MOST_ITEMS: i64 = 1_000_000_000_000;
const MOST_BYTES: f64 = 1e15;

/// A whole number, not negative: `1234`, `1,234`, `1.234`, `1 234`, `1234.0`, `1,234 items`.
pub(crate) fn count(cell: &str) -> Reading<i64> {
    match plain_digits(cell.as_bytes()) {
        Some(number) => Ok(Some(i64::from(number))),
        None => read(cell, whole_number),
    }
}

/// A percentage: `86`, `86%`, `86.5`, `86,5 %`, `86 percent`. Above 100 it is kept: it is the
/// tool's, and worth a finding.
pub(crate) fn percentage(cell: &str) -> Reading<f64> {
    match plain_digits(cell.as_bytes()) {
        Some(number) => Ok(Some(f64::from(number))),
        None => read(cell, percent),
    }
}

/// A size in bytes. `28.45 GB (30,551,458,399 bytes)` is the bytes in brackets, in any culture's
/// thousands; `28.45 GB` is what its own unit says, rounded; `51.2` and `1,024.5` are in `unit`. A
/// single comma before three digits separates thousands.
pub(crate) fn size_bytes(cell: &str, unit: SizeUnit) -> Reading<i64> {
    match plain_decimal(cell) {
        Some(number) => whole_bytes(number * unit.bytes())
            .map(Some)
            .ok_or(super::Unreadable),
        None => read(cell, |text| size(text, unit)),
    }
}

/// The number of at most nine digits and nothing else: most of what is read.
pub(super) fn plain_digits(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// Digits, in groups of three or not, with decimals only if these are noughts.
fn whole_number(text: &str) -> Option<i64> {
    let text = without_word(text, &["items", "item"]);
    let text = text.strip_prefix('+').unwrap_or(text);
    // Three noughts after a point could be thousands.
    let whole = [".00", ",00", ".0", ",0"]
        .iter()
        .find_map(|noughts| text.strip_suffix(noughts));
    grouped_digits(whole.unwrap_or(text))
}

/// Digits in groups of three, whatever stands between them, as long as it is always the same.
fn grouped_digits(text: &str) -> Option<i64> {
    let is_separator = |c: char| matches!(c, ',' | '.' | '\'' | '’' | ' ' | '\u{A0}' | '\u{202F}');
    let are_digits =
        |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = text.split(is_separator);
    let first = groups.next().filter(|first| are_digits(first))?;
    let mut digits = first.to_owned();
    for group in groups {
        // Of a group of thousands the first digit is none that can be left out.
        if group.len() != 3 || !are_digits(group) || first.len() > 3 || first.starts_with('0') {
            return None;
        }
        digits += group;
    }
    let mut separators = text.chars().filter(|c| is_separator(*c));
    let separator = separators.next();
    if separators.any(|other| Some(other) != separator) {
        return None;
    }
    digits
        .parse()
        .ok()
        .filter(|number| (0..=MOST_ITEMS).contains(number))
}

fn percent(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let number = without_word(number, &["percent", "per cent", "pct"]).trim_end();
    if number.contains(',') {
        plain_decimal(&number.replace(',', "."))
    } else {
        plain_decimal(number)
    }
}

/// A text without a word at its end, in whatever case.
fn without_word<'a>(text: &'a str, words: &[&str]) -> &'a str {
    let without = |word: &&str| {
        let (number, end) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
        let number_ends = number.ends_with(|c: char| c.is_ascii_digit() || c == ' ');
        (end.eq_ignore_ascii_case(word) && number_ends).then(|| number.trim_end())
    };
    words.iter().find_map(without).unwrap_or(text)
}

fn size(text: &str, unit: SizeUnit) -> Option<i64> {
    if let Some(number) = plain_decimal(text) {
        return whole_bytes(number * unit.bytes());
    }
    if let Some((_, bracketed)) = text.split_once('(') {
        let inner = bracketed.strip_suffix(')')?.trim();
        let (digits, unit) = inner.split_at_checked(inner.len().checked_sub("bytes".len())?)?;
        let is_bytes = unit.eq_ignore_ascii_case("bytes");
        return grouped_digits(digits.trim_end()).filter(|_| is_bytes);
    }
    let (number, factor) = with_own_unit(text).unwrap_or((text, unit.bytes()));
    let thousands =
        || grouped_digits(number).map_or_else(|| number.to_owned(), |count| count.to_string());
    let number = match (number.rfind(','), number.rfind('.')) {
        (Some(comma), Some(point)) if comma > point => number.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => number.replace(',', ""),
        (Some(_), None) => thousands().replace(',', "."),
        (None, None) => thousands(),
        (None, Some(_)) => number.to_owned(),
    };
    whole_bytes(plain_decimal(&number)? * factor)
}

fn whole_bytes(bytes: f64) -> Option<i64> {
    let bytes = bytes.round();
    #[allow(clippy::cast_possible_truncation)] // whole and within range
    (bytes <= MOST_BYTES).then_some(bytes as i64)
}

/// The number before a unit, and how many bytes that unit is. Powers of 1,024, as Windows and
/// Exchange print them.
fn with_own_unit(text: &str) -> Option<(&str, f64)> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(number)?;
    let power = match unit.to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => 0,
        "k" | "kb" | "kib" | "kilobytes" => 1,
        "m" | "mb" | "mib" | "megabytes" => 2,
        "g" | "gb" | "gib" | "gigabytes" => 3,
        "t" | "tb" | "tib" | "terabytes" => 4,
        _ => return None,
    };
    Some((number.trim_end(), 1024_f64.powi(power)))
}

/// Digits with at most one point.
fn plain_decimal(number: &str) -> Option<f64> {
    if let Some(number) = plain_digits(number.as_bytes()) {
        return Some(f64::from(number));
    }
    let is_plain = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && number.bytes().any(|byte| byte.is_ascii_digit());
    is_plain
        .then(|| number.parse().ok())
        .flatten()
        .filter(|number: &f64| number.is_finite())
}
