use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::super::cells::{RowPlace, Span, offset};
use super::super::limits::{MAX_CELL_BYTES, MAX_COLUMNS};
use super::super::{Limits, SheetError};
use super::{BYTE_ORDER_MARK, TYPE_LINE};

/// A row as it is found, whose cells may not be split yet.
pub(super) struct FoundRow {
    /// The line of the file on which it begins, from 1.
    pub(super) line: u32,
    /// Where its cells are; kept ones are in the `cells` that it was split into.
    pub(super) place: RowPlace,
    /// The number of its cells.
    pub(super) width: usize,
    /// Whether none of its cells has text.
    pub(super) is_blank: bool,
    pub(super) end: RowEnd,
}

/// How a row came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RowEnd {
    Line,
    File,
    InsideQuotes,
    /// Of its last cell; what follows was passed over.
    TextAfterQuote,
}

/// Splits a text into rows, one after the other.
pub(super) struct Splitter<'a> {
    text: &'a str,
    delimiter: u8,
    at: usize,
    /// The line of `at`, from 1.
    pub(super) line: u32,
    /// Cells that held doubled quotation marks, with single ones. Their spans start behind the end
    /// of `text`, where these are appended when all is read.
    pub(super) unescaped: String,
}

impl<'a> Splitter<'a> {
    /// Splits from `at` on, which is on line `line`.
    pub(super) fn new(text: &'a str, delimiter: u8, at: usize, line: u32) -> Self {
        Self {
            text,
            delimiter,
            at,
            line,
            unescaped: String::new(),
        }
    }

    /// Steps over the next row. The cells of an ordinary one are counted, which is many times
    /// faster than to split it, and `cells` stays empty. It is split where it holds a quotation
    /// mark, may repeat the `headings` or name a type, or may be too wide.
    pub(super) fn next_row(
        &mut self,
        headings: &[&str],
        cells: &mut Vec<Span>,
    ) -> Result<FoundRow, SheetError> {
        cells.clear();
        self.skip_byte_order_mark();
        let (start, line) = (self.at, self.line);
        let rest = self.rest();
        let length = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let row = rest.get(..length).unwrap_or_default();
        let width = memchr_iter(self.delimiter, row).count() + 1;
        let heading = headings.first().copied().unwrap_or_default();
        let may_repeat_headings = row.trim_ascii_start().starts_with(heading.as_bytes())
            || row.starts_with(TYPE_LINE.as_bytes());
        if memchr(b'"', row).is_none()
            && !may_repeat_headings
            && length <= MAX_CELL_BYTES
            && width <= MAX_COLUMNS
        {
            let is_edge = |c: char| c == char::from(self.delimiter) || c.is_whitespace();
            let is_blank = self
                .text
                .get(start..start + length)
                .is_some_and(|row| row.chars().all(is_edge));
            self.at += length;
            let end = self.cell_end().unwrap_or(RowEnd::Line);
            let place = RowPlace::Plain {
                at: offset(start),
                length: offset(length),
            };
            return Ok(FoundRow {
                line,
                place,
                width,
                is_blank,
                end,
            });
        }
        let unescaped_before = self.unescaped.len();
        let end = self.split_row(cells)?;
        let is_blank = cells.iter().all(|span| self.slice(*span).trim().is_empty());
        let place = if self.unescaped.len() > unescaped_before {
            // Marks are doubled in it.
            RowPlace::Kept(0)
        } else {
            RowPlace::Quoted(offset(start))
        };
        Ok(FoundRow {
            line,
            place,
            width: cells.len(),
            is_blank,
            end,
        })
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Refuses more than offsets of 32 bits reach: the text, and the unescaped cells behind it.
    pub(super) fn check_size(&self, limits: Limits) -> Result<(), SheetError> {
        if self.text.len() + self.unescaped.len() > u32::MAX as usize {
            return Err(limits.too_large());
        }
        Ok(())
    }

    fn skip_byte_order_mark(&mut self) {
        if self.rest().starts_with(BYTE_ORDER_MARK.as_bytes()) {
            self.at += BYTE_ORDER_MARK.len();
        }
    }

    /// Splits the next row into `cells`.
    pub(super) fn split_row(&mut self, cells: &mut Vec<Span>) -> Result<RowEnd, SheetError> {
        cells.clear();
        let line = self.line;
        loop {
            let end = if self.byte(self.at) == Some(b'"') {
                self.quoted_cell(cells)?
            } else {
                self.plain_cell(cells)?
            };
            if let Some(end) = end {
                if end == RowEnd::TextAfterQuote {
                    self.skip_line();
                }
                return Ok(end);
            }
            if cells.len() >= MAX_COLUMNS {
                return Err(SheetError::TooWide { line });
            }
        }
    }

    fn plain_cell(&mut self, cells: &mut Vec<Span>) -> Result<Option<RowEnd>, SheetError> {
        let start = self.at;
        let length =
            memchr3(self.delimiter, b'\n', b'\r', self.rest()).unwrap_or(self.text.len() - start);
        if length > MAX_CELL_BYTES {
            return Err(SheetError::CellTooLarge { line: self.line });
        }
        cells.push(Span::new(start, start + length));
        self.at = start + length;
        Ok(self.cell_end())
    }

    fn quoted_cell(&mut self, cells: &mut Vec<Span>) -> Result<Option<RowEnd>, SheetError> {
        let start = self.at + 1;
        let mut from = start;
        let mut has_doubled_marks = false;
        let line = self.line;
        let close = loop {
            let rest = self.text.as_bytes().get(from..);
            let Some(found) = rest.and_then(|rest| memchr(b'"', rest)) else {
                break self.text.len();
            };
            if self.byte(from + found + 1) != Some(b'"') {
                break from + found;
            }
            has_doubled_marks = true;
            from += found + 2;
        };
        if close - start > MAX_CELL_BYTES {
            return Err(SheetError::CellTooLarge { line });
        }
        let content = self.text.get(start..close).unwrap_or_default();
        if has_doubled_marks {
            let behind = self.text.len() + self.unescaped.len();
            self.unescaped.push_str(&content.replace("\"\"", "\""));
            let end = self.text.len() + self.unescaped.len();
            cells.push(Span::new(behind, end));
        } else {
            cells.push(Span::new(start, close));
        }
        if close == self.text.len() {
            self.at = close;
            return Ok(Some(RowEnd::InsideQuotes));
        }
        self.line += count_lines(content);
        self.at = close + 1;
        Ok(self.cell_end())
    }

    /// Steps over what ends a cell; `None` where that is a delimiter.
    fn cell_end(&mut self) -> Option<RowEnd> {
        match self.byte(self.at) {
            None => Some(RowEnd::File),
            Some(b'\n') => self.step_line(1),
            Some(b'\r') if self.byte(self.at + 1) == Some(b'\n') => self.step_line(2),
            Some(b'\r') => self.step_line(1),
            Some(byte) if byte == self.delimiter => {
                self.at += 1;
                None
            }
            Some(_) => Some(RowEnd::TextAfterQuote),
        }
    }

    fn step_line(&mut self, bytes: usize) -> Option<RowEnd> {
        self.at += bytes;
        self.line += 1;
        Some(RowEnd::Line)
    }

    fn skip_line(&mut self) {
        let length = memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.text.len() - self.at);
        self.at += length;
        self.cell_end();
    }

    /// Whether the cells of a row that was split are the headings again.
    pub(super) fn are_same(&self, row: &[Span], headings: &[&str]) -> bool {
        !row.is_empty()
            && row
                .iter()
                .zip(headings)
                .all(|(cell, heading)| self.slice(*cell).trim_ascii() == *heading)
    }

    /// Whether the first cell of a row that was split begins with `start`.
    pub(super) fn begins_with(&self, row: &[Span], start: &str) -> bool {
        row.first()
            .is_some_and(|cell| self.slice(*cell).starts_with(start))
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        match (span.start as usize).checked_sub(self.text.len()) {
            Some(start) if !self.unescaped.is_empty() => self
                .unescaped
                .get(start..span.end as usize - self.text.len())
                .unwrap_or(""),
            _ => span.of(self.text),
        }
    }
}

/// Line ends within a text: LF, CRLF, and CR alone.
pub(super) fn count_lines(text: &str) -> u32 {
    let text = text.as_bytes();
    let line_feeds = memchr_iter(b'\n', text).count();
    let lone_returns = memchr_iter(b'\r', text)
        .filter(|at| text.get(at + 1) != Some(&b'\n'))
        .count();
    u32::try_from(line_feeds + lone_returns).unwrap_or(u32::MAX)
}
