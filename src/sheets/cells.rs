use memchr::{memchr, memchr3};

/// The offsets of a text in the text of its sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// Offsets fit: a text whose cells reach further is refused.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self {
            start: offset(start),
            end: offset(end),
        }
    }

    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }
}

/// Where the cells of a row are. Most rows are found again by their offset and split again when
/// they are read: that costs little, and the offsets of every cell would cost as much memory as the
/// text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowPlace {
    /// In the text, from this offset on, without any quotation mark.
    Plain { at: u32, length: u32 },
    /// In the text, from this offset on.
    Quoted(u32),
    /// Among the cells that are kept one by one, from this one on: cells of a workbook, and rows in
    /// which quotation marks are doubled.
    Kept(u32),
}

/// A position as it is kept.
pub(super) fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// The cells of one row, left to right, each exactly as in the file but for quotation marks round
/// it.
#[derive(Debug, Clone)]
pub struct Cells<'a> {
    source: CellsSource<'a>,
    left: usize,
}

#[derive(Debug, Clone)]
enum CellsSource<'a> {
    /// The rest of a row without quotation marks, from `at` on in the row, and its delimiters.
    Plain {
        row: &'a str,
        at: usize,
        delimiters: Places<'a>,
    },
    /// A row with quotation marks, from `at` on in the text.
    Quoted {
        text: &'a str,
        at: usize,
        delimiter: u8,
    },
    Kept {
        text: &'a str,
        spans: std::slice::Iter<'a, Span>,
    },
}

impl<'a> Cells<'a> {
    /// `count` cells of a row that was seen to have as many.
    pub(super) fn new(
        text: &'a str,
        kept: &'a [Span],
        place: RowPlace,
        delimiter: Option<char>,
        count: usize,
    ) -> Self {
        let delimiter = delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
        let source = match place {
            RowPlace::Plain { at, length } => {
                let row = text
                    .get(at as usize..at as usize + length as usize)
                    .unwrap_or("");
                CellsSource::Plain {
                    row,
                    at: 0,
                    delimiters: Places::new(row.as_bytes(), delimiter),
                }
            }
            RowPlace::Quoted(at) => CellsSource::Quoted {
                text,
                at: at as usize,
                delimiter,
            },
            RowPlace::Kept(first) => CellsSource::Kept {
                text,
                spans: kept.get(first as usize..).unwrap_or_default().iter(),
            },
        };
        Self {
            source,
            left: count,
        }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.source {
            CellsSource::Plain {
                row,
                at,
                delimiters,
            } => {
                let end = delimiters.next().unwrap_or(row.len());
                let cell = row.get(*at..end);
                *at = end + 1;
                cell
            }
            CellsSource::Quoted {
                text,
                at,
                delimiter,
            } => {
                let rest = text.get(*at..)?;
                let (cell, length) = match rest.strip_prefix('"') {
                    Some(quoted) => {
                        let length = memchr(b'"', quoted.as_bytes())?;
                        (quoted.get(..length)?, length + 2)
                    }
                    None => {
                        let length = memchr3(*delimiter, b'\n', b'\r', rest.as_bytes())
                            .unwrap_or(rest.len());
                        (rest.get(..length)?, length)
                    }
                };
                *at += length + 1;
                Some(cell)
            }
            CellsSource::Kept { text, spans } => spans.next().map(|span| span.of(text)),
        }
    }
}

/// The places of a byte in others, first to last. Cells are short: to look for each delimiter anew
/// costs many times what it costs to look at eight bytes at once.
#[derive(Debug, Clone)]
struct Places<'a> {
    /// What is not looked at yet.
    rest: &'a [u8],
    /// Eight times the byte.
    wanted: u64,
    /// Of the eight bytes that end before `rest`, a bit for each one that is wanted.
    found: u64,
    /// The place of the first of these eight.
    from: usize,
    /// The place of `rest`.
    next: usize,
}

/// Eight times a byte with only its highest bit, and one with all others.
const HIGHEST_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
const OTHER_BITS: u64 = !HIGHEST_BITS;

impl<'a> Places<'a> {
    fn new(bytes: &'a [u8], wanted: u8) -> Self {
        Self {
            rest: bytes,
            wanted: u64::from_ne_bytes([wanted; 8]),
            found: 0,
            from: 0,
            next: 0,
        }
    }
}

impl Iterator for Places<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            let (eight, rest) = match self.rest.split_first_chunk() {
                Some((eight, rest)) => (u64::from_le_bytes(*eight), rest),
                None if self.rest.is_empty() => return None,
                None => {
                    // Filled up with what is not wanted.
                    let mut eight = (!self.wanted).to_le_bytes();
                    eight
                        .iter_mut()
                        .zip(self.rest)
                        .for_each(|(to, byte)| *to = *byte);
                    (u64::from_le_bytes(eight), &[][..])
                }
            };
            // Zero where the byte is the wanted one. The sum sets the highest bit of every other
            // one, and carries nothing from one byte to the next.
            let others = eight ^ self.wanted;
            self.found = !(((others & OTHER_BITS) + OTHER_BITS) | others | OTHER_BITS);
            self.from = self.next;
            self.next += 8;
            self.rest = rest;
        }
        let place = self.from + self.found.trailing_zeros() as usize / 8;
        self.found &= self.found - 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_of_a_byte_is_found(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), 42_u8..46], 0..60), wanted in prop_oneof![any::<u8>(), 42_u8..46]) {
            let expected: Vec<usize> = bytes.iter().enumerate().filter(|(_, byte)| **byte == wanted).map(|(place, _)| place).collect();
            prop_assert_eq!(Places::new(&bytes, wanted).collect::<Vec<_>>(), expected);
        }
    }
}
