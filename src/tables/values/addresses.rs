//! Addresses of mailboxes, as they are typed and copied.

use std::borrow::Cow;

use super::words::{QUOTATION_MARKS, tidy};
use super::{in_lower_case, text};
use crate::domain::{Domain, EmailAddress};

/// Why a cell gives no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressFault {
    /// Nothing stands there.
    None,
    /// Something else does.
    NotOne,
    /// Which of them is meant cannot be told.
    Several,
}

/// The address in a cell, in lower case: `ada@wharfe.example`, `SMTP:ada@wharfe.example`,
/// `Ada Ash <ada@wharfe.example>;`. The domains in `known` are domains.
pub(crate) fn address<'a>(cell: &'a str, known: &[Domain]) -> Result<Cow<'a, str>, AddressFault> {
    if is_plain(cell) && is_address(cell, known) {
        return Ok(in_lower_case(cell));
    }
    copied(cell, known).map(|address| Cow::Owned(in_lower_case(&address).into_owned()))
}

/// The address in a cell, or else what stands there: a mailbox may have another name than an
/// address.
pub(crate) fn copied_address(cell: &str) -> Cow<'_, str> {
    if is_plain(cell) {
        return Cow::Borrowed(cell);
    }
    copied(cell, &[]).map_or(Cow::Borrowed(cell), Cow::Owned)
}

/// The characters of nearly all addresses.
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'@' | b'.' | b'-' | b'_' | b'+' | b'#' | b'\'')
    };
    text.bytes().all(is_plain) && !text.starts_with('\'') && !text.ends_with('\'')
}

/// The one address in a cell with something round it. It stands alone in brackets or outside them;
/// what shares its place is no address.
fn copied(cell: &str, known: &[Domain]) -> Result<String, AddressFault> {
    let cell = match text(cell) {
        Ok(Some(text)) => tidy(text),
        Ok(None) => return Err(AddressFault::None),
        Err(_) => return Err(AddressFault::NotOne),
    };
    if cell.is_empty() {
        return Err(AddressFault::None);
    }
    let mut found: Option<String> = None;
    let mut is_several = false;
    let (outside, within) = by_brackets(&cell);
    let parts = std::iter::once(outside.as_str()).chain(within.split(BETWEEN));
    for part in parts.filter(|part| part.contains('@')) {
        let are_listed = part.split_whitespace().all(|word| word.contains('@'));
        let separates = |c: char| matches!(c, ';' | ',' | '|') || (are_listed && c == ' ');
        for address in part
            .split(separates)
            .map(bare)
            .filter(|address| !address.is_empty())
        {
            if !is_address(address, known) {
                return Err(AddressFault::NotOne);
            }
            let is_same = |other: &String| in_lower_case(other) == in_lower_case(address);
            is_several |= found.as_ref().is_some_and(|other| !is_same(other));
            found = Some(address.to_owned());
        }
    }
    match found {
        _ if is_several => Err(AddressFault::Several),
        Some(address) => Ok(address),
        None => Err(AddressFault::NotOne),
    }
}

const OPENING: [char; 4] = ['<', '(', '[', '{'];
const CLOSING: [char; 4] = ['>', ')', ']', '}'];

/// Between texts in brackets, where no character of a tidy text is.
const BETWEEN: char = '\n';

/// What stands outside brackets, with commas in their place, and within, each bracket apart.
fn by_brackets(text: &str) -> (String, String) {
    let (mut outside, mut within) = (String::new(), String::new());
    let mut depth = 0_usize;
    for c in text.chars() {
        if OPENING.contains(&c) || CLOSING.contains(&c) {
            outside.push(',');
            within.push(BETWEEN);
            depth = match OPENING.contains(&c) {
                true => depth + 1,
                false => depth.saturating_sub(1),
            };
        } else if depth == 0 {
            outside.push(c);
        } else {
            within.push(c);
        }
    }
    (outside, within)
}

/// An address without quotation marks, a full stop and the word for what kind it is.
fn bare<'a>(text: &'a str) -> &'a str {
    const KINDS: [&str; 5] = ["smtp:", "mailto:", "email:", "sip:", "e-mail:"];
    let marks = |c: char| c.is_whitespace() || QUOTATION_MARKS.contains(&c);
    let mut text = text.trim_matches(marks);
    let without_kind = |text: &'a str| {
        KINDS.iter().find_map(|kind| {
            let (start, rest) = text.split_at_checked(kind.len())?;
            start.eq_ignore_ascii_case(kind).then_some(rest)
        })
    };
    while let Some(rest) = without_kind(text) {
        text = rest.trim_start_matches(marks);
    }
    text.trim_end_matches(|c: char| marks(c) || c == '.')
}

/// Whether a text is an address; any name before the `@` will do, since old systems allowed more.
fn is_address(text: &str, known: &[Domain]) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_known = |known: &Domain| known.as_str().eq_ignore_ascii_case(domain);
    let has_name = !local.is_empty() && !local.contains(char::is_whitespace);
    let is_valid = has_name && (known.iter().any(is_known) || Domain::parse(domain).is_some());
    is_valid || EmailAddress::parse(text).is_ok()
}
