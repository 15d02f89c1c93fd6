use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;

use super::namespaces::{DECLARATION, SPREADSHEET};
use crate::domain::invisible::is_plain;

/// UTF-16 units that an Excel cell holds.
pub(super) const EXCEL_TEXT: usize = 32_767;

/// The texts of a workbook, each written once, and referred to by number (ECMA-376, part 1, 18.4).
#[derive(Default)]
pub(super) struct SharedTexts<'a> {
    numbers: HashMap<Cow<'a, str>, usize, RandomState>,
    /// Each as an item of the part.
    items: String,
    /// How many cells refer to one.
    references: usize,
}

impl<'a> SharedTexts<'a> {
    /// The number of a cell's text, which is written as a cell can hold it.
    pub(super) fn number_of(&mut self, text: impl Into<Cow<'a, str>>) -> usize {
        self.references += 1;
        let number = self.numbers.len();
        match self.numbers.entry(text.into()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                write_item(new.key(), &mut self.items);
                *new.insert(number)
            }
        }
    }

    /// Counts a cell with a text whose number is known.
    pub(super) fn refer_again(&mut self) {
        self.references += 1;
    }

    /// All of them as a part of the document.
    pub(super) fn into_xml(self) -> String {
        let (items, count, unique) = (self.items, self.references, self.numbers.len());
        format!(
            r#"{DECLARATION}<sst xmlns="{SPREADSHEET}" count="{count}" uniqueCount="{unique}">{items}</sst>"#
        )
    }
}

fn write_item(text: &str, items: &mut String) {
    let text = readable(text);
    let is_edge = |letter: char| letter.is_ascii_whitespace();
    let start = match text.starts_with(is_edge) || text.ends_with(is_edge) {
        true => "<si><t xml:space=\"preserve\">",
        false => "<si><t>",
    };
    items.push_str(start);
    write_escaped(&text, items);
    items.push_str("</t></si>");
}

/// A text as XML writes it, in an attribute too, and as Excel reads it: `_x0041_` would be a letter
/// (ECMA-376, part 1, 22.9.2.19).
pub(super) fn escaped(text: &str) -> String {
    let mut xml = String::new();
    write_escaped(&readable(text), &mut xml);
    xml
}

fn write_escaped(text: &str, xml: &mut String) {
    let mut written = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'_' if is_excel_escape(text, place) => "_x005F_",
            _ => continue,
        };
        xml.push_str(text.get(written..place).unwrap_or_default());
        xml.push_str(escape);
        written = place + 1;
    }
    xml.push_str(text.get(written..).unwrap_or_default());
}

/// Whether `_x000D_` begins here.
fn is_excel_escape(text: &str, place: usize) -> bool {
    match text.as_bytes().get(place..place + 7) {
        Some([b'_', b'x', digits @ .., b'_']) => digits.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// The text as a cell can hold it: what XML cannot write is shown by a sign, and what is too long
/// ends in an ellipsis.
pub(super) fn readable(text: &str) -> Cow<'_, str> {
    if text.len() <= EXCEL_TEXT && is_plain(text) {
        return Cow::Borrowed(text);
    }
    let fits = text.len() <= EXCEL_TEXT || text.encode_utf16().count() <= EXCEL_TEXT;
    if fits && text.chars().all(|letter| sign_of(letter) == letter) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    let mut units = 0;
    for letter in text.chars().map(sign_of) {
        units += letter.len_utf16();
        if !fits && units >= EXCEL_TEXT {
            written.push('…');
            break;
        }
        written.push(letter);
    }
    Cow::Owned(written)
}

/// What stands for a character that XML cannot hold, and every other character for itself.
fn sign_of(letter: char) -> char {
    match letter {
        '\n' | '\t' => letter,
        '\u{0}'..='\u{1F}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{FFFD}'),
        '\u{7F}' => '\u{2421}',
        '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
        other => other,
    }
}
