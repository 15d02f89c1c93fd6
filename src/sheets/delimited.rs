mod rows;
mod splitter;

use std::sync::Arc;

use memchr::memchr;

use self::splitter::{RowEnd, Splitter, count_lines};
use super::encoding::Decoded;
use super::{Limits, Sheet, SheetError};

/// What programs put before UTF-8, and leave in the middle where files are joined.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// How PowerShell's line of the type begins.
const TYPE_LINE: &str = "#TYPE";

/// Splits text into headings and rows.
pub(super) fn split(decoded: Decoded, limits: Limits) -> Result<Sheet, SheetError> {
    let Decoded {
        mut text,
        encoding,
        mut is_cut_off,
    } = decoded;
    is_cut_off |= trim_end_of_file(&mut text);
    if let Some(at) = memchr(0, text.as_bytes()) {
        return Err(SheetError::NotText {
            line: count_lines(text.get(..at).unwrap_or("")) + 1,
        });
    }
    let preamble = Preamble::of(&text)?;
    let mut splitter = Splitter::new(
        &text,
        preamble.delimiter,
        preamble.length,
        preamble.lines + 1,
    );
    let mut cells = Vec::new();
    let heading_line = splitter.line;
    let heading_end = splitter.split_row(&mut cells)?;
    if heading_end == RowEnd::TextAfterQuote {
        return Err(SheetError::TextAfterHeading {
            line: heading_line,
            column: cells.len(),
        });
    }
    let heading_cells: Vec<String> = cells
        .iter()
        .map(|span| splitter.slice(*span).trim_ascii().to_owned())
        .collect();
    let heading_cells: Vec<&str> = heading_cells.iter().map(String::as_str).collect();
    let headings = heading_cells.iter().map(|cell| cell.trim().to_owned());
    let mut sheet = Sheet::without_rows(headings.collect(), heading_line);
    sheet.refuse_repeated_headings()?;
    sheet.delimiter = Some(char::from(preamble.delimiter));
    sheet.encoding = Some(encoding);
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

/// What stands above the headings: marks, blank lines, a line of the type and one that states the
/// delimiter.
struct Preamble {
    /// In bytes.
    length: usize,
    lines: u32,
    /// As stated, or as the headings show it.
    delimiter: u8,
}

impl Preamble {
    fn of(text: &str) -> Result<Self, SheetError> {
        let mut lines = 0;
        let mut rest = text;
        let mut stated_delimiter = None;
        loop {
            rest = rest.trim_start_matches(BYTE_ORDER_MARK);
            let (line, below) = split_line(rest);
            let trimmed = line.trim();
            if let Some(delimiter) = stated_separator(trimmed) {
                stated_delimiter = Some(delimiter);
            } else if !trimmed.starts_with(TYPE_LINE) && !trimmed.is_empty() {
                return Ok(Self {
                    length: text.len() - rest.len(),
                    lines,
                    delimiter: stated_delimiter.unwrap_or_else(|| most_frequent_delimiter(line)),
                });
            }
            if below.is_empty() {
                return Err(SheetError::Empty);
            }
            lines += 1;
            rest = below;
        }
    }
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

/// The delimiter of a line of headings: the one that stands most often outside quotation marks.
fn most_frequent_delimiter(line: &str) -> u8 {
    let mut counts = [(b'\t', 0_usize), (b';', 0), (b'|', 0), (b',', 0)];
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
    // Of equals the last, the comma.
    counts
        .iter()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| *delimiter)
}

#[cfg(test)]
mod tests;
