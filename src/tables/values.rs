//! What cells of exports say, in any of the ways in which people and programs write it. A cell is
//! read as the value that it certainly is, or not at all.
//!
//! Each reader tries the usual form of its kind first, since millions of cells have it, and only
//! then what people write.

mod addresses;
mod answers;
mod moments;
mod numbers;
mod objects;
mod signed;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(super) use addresses::{AddressFault, address, copied_address};
pub(super) use answers::{YesOrNo, answer};
pub(super) use moments::{DateForm, moment};
pub(super) use numbers::{count, percentage, size_bytes};
pub(super) use objects::text;
pub(super) use signed::{Signed, signed};
pub(super) use words::{shape, stands_for_none, tidy};

/// A cell that holds something else than it should, or what can be read in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// What a cell says: a value, or that there is none.
pub(super) type Reading<T> = Result<Option<T>, Unreadable>;

/// A cell read by `exactly`, as it stands or without what surrounds its value.
fn read<T>(cell: &str, exactly: impl Fn(&str) -> Option<T>) -> Reading<T> {
    if let Some(value) = exactly(cell) {
        return Ok(Some(value));
    }
    let Some(text) = text(cell)? else {
        return Ok(None);
    };
    let text = words::tidy(text);
    if stands_for_none(&text) {
        return Ok(None);
    }
    exactly(&text).map(Some).ok_or(Unreadable)
}

/// A text in lower case, which most addresses are already.
pub(super) fn in_lower_case(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}
