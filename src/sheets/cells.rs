use memchr::{Memchr, memchr, memchr_iter, memchr3};

/// The offsets of a text in the text of its sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// Offsets fit: a text whose cells reach further is refused.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: offset(start), end: offset(end) }
    }

    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// Where the cells of a row are. Most rows are found again by their offset and split again when they are read: that
/// costs little, and the offsets of every cell would cost as much memory as the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the text, from this offset on, without any quotation mark.
    Plain { at: u32, length: u32 },
    /// In the text, from this offset on.
    Quoted(u32),
    /// Among the cells that are kept one by one, from this one on: cells of a workbook, and rows in which quotation marks
    /// are doubled.
    Kept(u32),
}

/// A position as it is kept.
pub(super) fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// The cells of one row, left to right, each exactly as in the file but for quotation marks round it.
#[derive(Debug, Clone)]
pub struct Cells<'a> {
    source: Source<'a>,
    left: usize,
}

#[derive(Debug, Clone)]
enum Source<'a> {
    /// The rest of a row without quotation marks, from `at` on in the row, and its delimiters.
    Plain {
        row: &'a str,
        at: usize,
        delimiters: Memchr<'a>,
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
    pub(super) fn new(text: &'a str, kept: &'a [Span], place: Place, delimiter: Option<char>, count: usize) -> Self {
        let delimiter = delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
        let source = match place {
            Place::Plain { at, length } => {
                let row = text.get(at as usize..at as usize + length as usize).unwrap_or("");
                Source::Plain { row, at: 0, delimiters: memchr_iter(delimiter, row.as_bytes()) }
            }
            Place::Quoted(at) => Source::Quoted { text, at: at as usize, delimiter },
            Place::Kept(first) => Source::Kept { text, spans: kept.get(first as usize..).unwrap_or_default().iter() },
        };
        Self { source, left: count }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.source {
            Source::Plain { row, at, delimiters } => {
                let end = delimiters.next().unwrap_or(row.len());
                let cell = row.get(*at..end);
                *at = end + 1;
                cell
            }
            Source::Quoted { text, at, delimiter } => {
                let rest = text.get(*at..)?;
                let (cell, length) = match rest.strip_prefix('"') {
                    Some(quoted) => {
                        let length = memchr(b'"', quoted.as_bytes())?;
                        (quoted.get(..length)?, length + 2)
                    }
                    None => {
                        let length = memchr3(*delimiter, b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
                        (rest.get(..length)?, length)
                    }
                };
                *at += length + 1;
                Some(cell)
            }
            Source::Kept { text, spans } => spans.next().map(|span| span.of(text)),
        }
    }
}
