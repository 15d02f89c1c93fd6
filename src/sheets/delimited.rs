//! Delimited text: where in it the headings stand, and the rows below them.

mod rows;
mod splitter;

use std::sync::Arc;

use memchr::memchr;

use self::splitter::{RowEnd, Splitter, count_lines};
use super::cells::Span;
use super::encoding::{self, Decoded};
use super::{Format, Limits, POSSIBLE_HEADINGS, Sheet, SheetError};

/// What programs put before UTF-8, and leave in the middle where files are joined.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// How PowerShell's line of the type begins.
const TYPE_LINE: &str = "#TYPE";

/// A `.csv`, `.tsv` or `.txt` that is open, to choose the row of the headings.
pub struct OpenText {
    decoded: Decoded,
    limits: Limits,
}

impl OpenText {
    /// Opens the bytes of a text in any encoding that [`Sheet::from_delimited`] understands.
    ///
    /// # Errors
    /// [`SheetError`] where they are no text, or more of it than `limits` allow.
    pub fn open(bytes: Vec<u8>, limits: Limits) -> Result<Self, SheetError> {
        if let Some(format) = Format::of_bytes(&bytes) {
            return Err(SheetError::OtherFormat(format));
        }
        let mut decoded = encoding::decode(bytes, limits)?;
        if let Some(format) = Format::of_text(&decoded.text) {
            return Err(SheetError::OtherFormat(format));
        }
        decoded.is_cut_off |= trim_end_of_file(&mut decoded.text);
        if let Some(at) = memchr(0, decoded.text.as_bytes()) {
            return Err(SheetError::NotText {
                line: count_lines(decoded.text.get(..at).unwrap_or("")) + 1,
            });
        }
        Ok(Self { decoded, limits })
    }

    /// The first rows that are not blank, each as the headings of a table without rows: people put
    /// titles above them. A row with several delimiters is there with each, the most frequent one
    /// first; the one that a line `sep=` states is the only one.
    ///
    /// # Errors
    /// [`SheetError`] where there is none, or one is no row at all.
    pub fn possible_headings(&self) -> Result<Vec<Sheet>, SheetError> {
        let mut possible = Vec::new();
        let (mut rest, mut line, mut rows) = (self.decoded.text.as_str(), 1, 0);
        let mut stated = None;
        while rows < POSSIBLE_HEADINGS && !rest.is_empty() {
            rest = rest.trim_start_matches(BYTE_ORDER_MARK);
            let (first_line, below) = split_line(rest);
            let trimmed = first_line.trim();
            let is_edge = |c: char| c.is_whitespace() || DELIMITERS.map(char::from).contains(&c);
            if let Some(delimiter) = stated_separator(trimmed) {
                stated = Some(delimiter);
            } else if !trimmed.starts_with(TYPE_LINE) && !trimmed.chars().all(is_edge) {
                rows += 1;
                let delimiters = stated.map_or_else(|| delimiters_of(first_line), |one| vec![one]);
                let mut lines = 1;
                for (rank, delimiter) in delimiters.into_iter().enumerate() {
                    let at = self.decoded.text.len() - rest.len();
                    match HeadingRow::split(&self.decoded.text, delimiter, at, line) {
                        Ok(row) => {
                            // A mark that nothing closes is a title's own.
                            if rank == 0 && row.end == RowEnd::Line {
                                lines = row.lines;
                            }
                            possible.push(self.table_under(row));
                        }
                        Err(error) if rank == 0 => return Err(error),
                        Err(_) => {}
                    }
                }
                rest = (1..lines).fold(below, |rest, _| split_line(rest).1);
                line += lines;
                continue;
            }
            line += 1;
            rest = below;
        }
        if possible.is_empty() {
            return Err(SheetError::Empty);
        }
        Ok(possible)
    }

    /// What a text is, of which no row holds the headings of a table.
    #[must_use]
    pub fn other_form(&self) -> Option<Format> {
        Format::of_lines(&self.decoded.text)
    }

    /// The table under `headings`, which [`possible_headings`](Self::possible_headings) gave.
    ///
    /// # Errors
    /// [`SheetError`] where the headings are no row, or there are more cells than allowed.
    pub fn read(self, headings: Sheet) -> Result<Sheet, SheetError> {
        let Self { decoded, limits } = self;
        let Decoded {
            mut text,
            is_cut_off,
            ..
        } = decoded;
        let mut sheet = headings;
        let heading_line = sheet.heading_line;
        let delimiter = delimiter_of(&sheet);
        let mut splitter = Splitter::new(&text, delimiter, sheet.heading_at, heading_line);
        let mut cells = Vec::new();
        let heading_end = splitter.split_row(&mut cells)?;
        if heading_end == RowEnd::TextAfterQuote {
            return Err(SheetError::TextAfterHeading {
                line: heading_line,
                column: cells.len(),
            });
        }
        let heading_cells = headings_in(&splitter, &cells);
        let heading_cells: Vec<&str> = heading_cells.iter().map(String::as_str).collect();
        sheet.ends_without_line_end = heading_end != RowEnd::Line;
        let last_line = rows::read(&mut splitter, &heading_cells, limits, &mut sheet)?;
        if heading_end == RowEnd::InsideQuotes {
            sheet.cut_off_at = Some(heading_line);
        }
        if is_cut_off {
            sheet
                .cut_off_at
                .get_or_insert(if sheet.ends_without_line_end {
                    last_line.unwrap_or(heading_line)
                } else {
                    splitter.line
                });
        }
        let unescaped = splitter.unescaped;
        text.reserve_exact(unescaped.len());
        text.push_str(&unescaped);
        sheet.text = Arc::new(text);
        Ok(sheet)
    }

    /// The table, without rows, whose headings are those of a row.
    fn table_under(&self, row: HeadingRow) -> Sheet {
        let mut sheet = Sheet::without_rows(row.headings, row.line);
        sheet.heading_at = row.at;
        sheet.delimiter = Some(char::from(row.delimiter));
        sheet.encoding = Some(self.decoded.encoding);
        sheet
    }
}

/// A row that may hold the headings.
struct HeadingRow {
    headings: Vec<String>,
    delimiter: u8,
    /// In the text.
    at: usize,
    /// The line of the file, from 1.
    line: u32,
    /// How many lines it stands on.
    lines: u32,
    end: RowEnd,
}

impl HeadingRow {
    fn split(text: &str, delimiter: u8, at: usize, line: u32) -> Result<Self, SheetError> {
        let mut splitter = Splitter::new(text, delimiter, at, line);
        let mut cells = Vec::new();
        let end = splitter.split_row(&mut cells)?;
        let headings = headings_in(&splitter, &cells);
        Ok(Self {
            headings: headings.iter().map(|cell| cell.trim().to_owned()).collect(),
            delimiter,
            at,
            line,
            lines: splitter.line.saturating_sub(line).max(1),
            end,
        })
    }
}

/// The cells of a row of headings, without surrounding blanks of ASCII.
fn headings_in(splitter: &Splitter<'_>, cells: &[Span]) -> Vec<String> {
    let cells = cells.iter();
    cells
        .map(|span| splitter.slice(*span).trim_ascii().to_owned())
        .collect()
}

fn delimiter_of(sheet: &Sheet) -> u8 {
    let delimiter = sheet.delimiter.and_then(|c| u8::try_from(c).ok());
    delimiter.unwrap_or(b',')
}

/// Removes what ends a file and is no text: the Ctrl-Z of DOS, and the NULs of a part that was
/// never written, whose presence it gives.
fn trim_end_of_file(text: &mut String) -> bool {
    let written = text.trim_end_matches('\0').len();
    let has_unwritten_part = written < text.len();
    text.truncate(written);
    let before_line_end = text.trim_end_matches(['\r', '\n']);
    if let Some(before) = before_line_end.strip_suffix('\u{1A}') {
        text.truncate(before.len());
    }
    text.truncate(text.trim_end_matches(BYTE_ORDER_MARK).len());
    has_unwritten_part
}

/// The first line without its end, and what follows.
fn split_line(text: &str) -> (&str, &str) {
    let Some(at) = text.find(['\n', '\r']) else {
        return (text, "");
    };
    let (line, rest) = text.split_at(at);
    (
        line,
        rest.strip_prefix("\r\n")
            .or_else(|| rest.get(1..))
            .unwrap_or(""),
    )
}

/// The delimiter that Excel's `sep=` line states.
fn stated_separator(line: &str) -> Option<u8> {
    let stated = line.trim_matches('"').strip_prefix("sep=")?;
    match stated.as_bytes() {
        // Excel that saved such a file again has filled the line up with the delimiter that it used
        // itself.
        [b',' | b';' | b'\t' | b'|', rest @ ..]
            if rest.iter().all(|byte| Some(byte) == rest.first()) =>
        {
            rest.first().or(stated.as_bytes().first()).copied()
        }
        // The blank was trimmed away.
        [] => Some(b'\t'),
        _ => None,
    }
}

/// What may stand between cells.
const DELIMITERS: [u8; 4] = [b',', b'|', b';', b'\t'];

/// The delimiters that stand in a line outside quotation marks, the most frequent one first; the
/// comma where there is none.
fn delimiters_of(line: &str) -> Vec<u8> {
    let mut counts = DELIMITERS.map(|delimiter| (delimiter, 0_usize));
    let mut is_quoted = false;
    for byte in line.bytes() {
        if byte == b'"' {
            is_quoted = !is_quoted;
        } else if !is_quoted
            && let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| *delimiter == byte)
        {
            *count += 1;
        }
    }
    // Of equals the comma stays first.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut delimiters = counts.iter().filter(|(_, count)| *count > 0);
    let first = delimiters.next().map_or(b',', |(delimiter, _)| *delimiter);
    let others = delimiters.map(|(delimiter, _)| *delimiter);
    std::iter::once(first).chain(others).collect()
}

#[cfg(test)]
mod tests;
