use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::recall::Recall;

/// UTF-16 units that an Excel cell holds.
pub(super) const EXCEL_TEXT: usize = 32_767;

/// The texts of a workbook's tables, each written once, and referred to by number (ECMA-376, part
/// 1, 18.4).
pub(super) struct Texts<'a> {
    written: Written<'a>,
    /// The numbers of what cells have in common with others.
    recent: Recall<'a, usize>,
    references: usize,
}

impl<'a> Texts<'a> {
    /// Texts that come after `first` others.
    pub(super) fn after(first: usize) -> Self {
        Self {
            written: Written {
                numbers: HashMap::default(),
                first,
                xml: Vec::new(),
            },
            recent: Recall::new(),
            references: 0,
        }
    }

    /// The number of a cell's text, as a cell can hold it.
    pub(super) fn refer_to(&mut self, text: &'a str) -> usize {
        self.references += 1;
        self.recent
            .of(0, text, || self.written.number_of(readable(text)))
    }

    /// The number of a text that was made for one cell.
    pub(super) fn refer_to_made(&mut self, text: String) -> usize {
        self.references += 1;
        self.written.number_of(text.into())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.written.numbers.len()
    }

    /// Cells that refer to one.
    pub(super) fn references(&self) -> usize {
        self.references
    }

    /// All of them, as the file has them.
    pub(super) fn xml(&self) -> &[u8] {
        &self.written.xml
    }
}

struct Written<'a> {
    numbers: HashMap<Cow<'a, str>, usize, RandomState>,
    /// The number of the first.
    first: usize,
    /// As the file has them.
    xml: Vec<u8>,
}

impl<'a> Written<'a> {
    fn number_of(&mut self, text: Cow<'a, str>) -> usize {
        if let Some(number) = self.numbers.get(text.as_ref()) {
            return *number;
        }
        let number = self.first + self.numbers.len();
        write_text(&text, &mut self.xml);
        self.numbers.insert(text, number);
        number
    }
}

fn write_text(text: &str, xml: &mut Vec<u8>) {
    let is_edge = |letter: char| letter.is_ascii_whitespace();
    let keeps_edges = text.starts_with(is_edge) || text.ends_with(is_edge);
    xml.extend_from_slice(if keeps_edges {
        b"<si><t xml:space=\"preserve\">"
    } else {
        b"<si><t>"
    });
    let mut written = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'_' if is_excel_escape(text, place) => b"_x005F_",
            _ => continue,
        };
        xml.extend_from_slice(text.as_bytes().get(written..place).unwrap_or_default());
        xml.extend_from_slice(escape);
        written = place + 1;
    }
    xml.extend_from_slice(text.as_bytes().get(written..).unwrap_or_default());
    xml.extend_from_slice(b"</t></si>");
}

/// Whether Excel would read what begins here as a sign that XML cannot hold: `_x000D_` (ECMA-376,
/// part 1, 22.9.2.19).
fn is_excel_escape(text: &str, place: usize) -> bool {
    match text.as_bytes().get(place..place + 7) {
        Some([b'_', b'x', digits @ .., b'_']) => digits.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// The text as a cell can hold it: what XML cannot write is shown by a sign, and what is too long
/// ends in an ellipsis.
pub(super) fn readable(text: &str) -> Cow<'_, str> {
    // What may have to be shown by a sign: controls, and what begins as the last two characters of
    // Unicode's first plane do.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | 0x80..=0xEE | 0xF0..);
    if text.len() <= EXCEL_TEXT && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let signs = text.chars().map(|letter| match letter {
        '\n' | '\t' => letter,
        '\u{0}'..='\u{1F}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{FFFD}'),
        '\u{7F}' => '\u{2421}',
        '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
        other => other,
    });
    let mut written = String::with_capacity(text.len());
    let (mut units, mut fits) = (0, 0);
    for letter in signs {
        units += letter.len_utf16();
        if units > EXCEL_TEXT {
            written.truncate(fits);
            written.push('…');
            break;
        }
        written.push(letter);
        if units < EXCEL_TEXT {
            fits = written.len(); // with room for the ellipsis
        }
    }
    Cow::Owned(written)
}
