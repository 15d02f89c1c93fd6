use std::sync::Arc;

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::cells::{Place, Span, offset};
use super::encoding::Decoded;
use super::limits::{MAX_CELL_BYTES, MAX_COLUMNS};
use super::{Limits, MisshapenRow, Row, RowFault, Sheet, SheetError, refuse_repeated_headings};

/// What programs put before UTF-8, and leave in the middle where files are joined.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// How PowerShell's line of the type begins.
const TYPE_LINE: &str = "#TYPE";

/// Splits text into headings and rows.
pub(super) fn split(decoded: Decoded, limits: Limits) -> Result<Sheet, SheetError> {
    let Decoded { mut text, encoding, mut is_cut_off } = decoded;
    is_cut_off |= trim_end_of_file(&mut text);
    if let Some(at) = memchr(0, text.as_bytes()) {
        return Err(SheetError::NotText { line: count_lines(text.get(..at).unwrap_or("")) + 1 });
    }
    let mut lines_before = 0;
    let mut body = text.as_str();
    let mut stated_delimiter = None;
    loop {
        body = body.trim_start_matches(BYTE_ORDER_MARK);
        let (first, rest) = split_line(body);
        let trimmed = first.trim();
        if let Some(delimiter) = stated_separator(trimmed) {
            stated_delimiter = Some(delimiter);
        } else if !trimmed.starts_with(TYPE_LINE) && !trimmed.is_empty() {
            break;
        }
        if rest.is_empty() {
            return Err(SheetError::Empty);
        }
        lines_before += 1;
        body = rest;
    }
    let at = text.len() - body.len();
    let delimiter = stated_delimiter.unwrap_or_else(|| most_frequent_delimiter(split_line(body).0));

    let mut splitter = Splitter { text: &text, delimiter, at, line: lines_before + 1, unescaped: String::new() };
    let mut cells = Vec::new();
    let heading_line = splitter.line;
    let heading_end = splitter.split_row(&mut cells)?;
    if let RowEnd::TextAfterQuote { cell } = heading_end {
        return Err(SheetError::TextAfterHeading { line: heading_line, column: cell });
    }
    let headings: Vec<String> = cells.iter().map(|span| splitter.slice(*span).trim().to_owned()).collect();
    refuse_repeated_headings(&headings, heading_line)?;

    let heading_row = cells.clone();
    let width = headings.len();
    let (mut rows, mut misshapen, mut kept_cells) = (Vec::new(), Vec::new(), Vec::new());
    let mut repeated_headings = Vec::new();
    let mut last_line = heading_line;
    let (mut rows_read, max_rows) = (0, limits.max_rows(width));
    let mut cut_off_at = matches!(heading_end, RowEnd::InsideQuotes).then_some(heading_line);
    let mut ends_without_line_end = !matches!(heading_end, RowEnd::Line);
    while splitter.at < text.len() {
        let Met { line, start, width: cells_met, is_blank, has_doubled_marks, end } = splitter.next_row(&heading_row, &mut cells)?;
        last_line = line;
        ends_without_line_end = !matches!(end, RowEnd::Line | RowEnd::TextAfterQuote { .. });
        let is_whole = matches!(end, RowEnd::Line) || (matches!(end, RowEnd::File) && (cells_met == 1 || cells_met >= width));
        // A blank line, and the rows of delimiters that Excel leaves where rows were deleted, are no rows.
        if is_whole && width > 1 && is_blank {
            continue;
        }
        let place = if has_doubled_marks { Place::Kept(offset(kept_cells.len())) } else { Place::InText(offset(start)) };
        if has_doubled_marks {
            kept_cells.extend_from_slice(&cells);
        }
        match end {
            RowEnd::InsideQuotes => cut_off_at = Some(line),
            RowEnd::TextAfterQuote { cell } => misshapen.push(MisshapenRow { line, fault: RowFault::TextAfterQuote(cell), place }),
            RowEnd::File if cells_met < width => cut_off_at = Some(line),
            RowEnd::Line | RowEnd::File if cells_met == width => {
                if splitter.are_same(&cells, &heading_row) {
                    repeated_headings.push(line);
                } else {
                    rows.push(Row { line, place });
                }
            }
            // In the middle too, where exports were joined; the headings that follow it are counted.
            RowEnd::Line | RowEnd::File if cells.first().is_some_and(|span| splitter.slice(*span).starts_with(TYPE_LINE)) => {}
            RowEnd::Line | RowEnd::File => misshapen.push(MisshapenRow { line, fault: RowFault::Cells(cells_met), place }),
        }
        rows_read += 1;
        if rows_read > max_rows {
            return Err(limits.too_many_cells());
        }
        // Offsets of 32 bits reach the text and the unescaped cells behind it.
        if text.len() + splitter.unescaped.len() > u32::MAX as usize {
            return Err(limits.too_large());
        }
    }
    if is_cut_off {
        cut_off_at.get_or_insert(if ends_without_line_end { last_line } else { splitter.line });
    }
    let unescaped = std::mem::take(&mut splitter.unescaped);
    text.reserve_exact(unescaped.len());
    text.push_str(&unescaped);
    Ok(Sheet {
        text: Arc::new(text),
        headings,
        rows,
        kept_cells,
        heading_line,
        repeated_headings,
        worksheet: None,
        delimiter: Some(char::from(delimiter)),
        encoding: Some(encoding),
        misshapen,
        cut_off_at,
        ends_without_line_end,
    })
}

/// Removes what ends a file and is no text: the Ctrl-Z of DOS, and the NULs of a part that was never written, whose
/// presence it gives.
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

/// A row as it is met.
struct Met {
    /// From 1.
    line: u32,
    /// Its offset.
    start: usize,
    /// The number of its cells.
    width: usize,
    /// Whether none of its cells has text.
    is_blank: bool,
    has_doubled_marks: bool,
    end: RowEnd,
}

/// How a row came to its end.
enum RowEnd {
    Line,
    File,
    InsideQuotes,
    TextAfterQuote { cell: usize },
}

/// Splits a text into rows, one after the other.
struct Splitter<'a> {
    text: &'a str,
    delimiter: u8,
    at: usize,
    /// The line of `at`, from 1.
    line: u32,
    /// Cells that held doubled quotation marks, with single ones. Their spans start behind the end of `text`, where
    /// these are appended when all is read.
    unescaped: String,
}

impl Splitter<'_> {
    /// Steps over the next row. The cells of an ordinary one are counted, which is many times faster than to split it,
    /// and `cells` stays empty. It is split where it holds a quotation mark, may repeat the `headings` or name a type,
    /// or may be too wide.
    fn next_row(&mut self, headings: &[Span], cells: &mut Vec<Span>) -> Result<Met, SheetError> {
        cells.clear();
        self.skip_byte_order_mark();
        let (start, line) = (self.at, self.line);
        let rest = self.rest();
        let length = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let row = rest.get(..length).unwrap_or_default();
        let width = memchr_iter(self.delimiter, row).count() + 1;
        let heading = headings.first().map_or("", |heading| self.slice(*heading).trim_ascii());
        let may_repeat_headings = row.trim_ascii_start().starts_with(heading.as_bytes()) || row.starts_with(TYPE_LINE.as_bytes());
        if memchr(b'"', row).is_none() && !may_repeat_headings && length <= MAX_CELL_BYTES && width <= MAX_COLUMNS {
            let is_edge = |c: char| c == char::from(self.delimiter) || c.is_whitespace();
            let is_blank = self.text.get(start..start + length).is_some_and(|row| row.chars().all(is_edge));
            self.at += length;
            let end = if matches!(self.cell_end(), CellEnd::File) { RowEnd::File } else { RowEnd::Line };
            return Ok(Met { line, start, width, is_blank, has_doubled_marks: false, end });
        }
        let unescaped_before = self.unescaped.len();
        let end = self.split_row(cells)?;
        let is_blank = cells.iter().all(|span| self.slice(*span).trim().is_empty());
        Ok(Met { line, start, width: cells.len(), is_blank, has_doubled_marks: self.unescaped.len() > unescaped_before, end })
    }

    fn skip_byte_order_mark(&mut self) {
        if self.rest().starts_with(BYTE_ORDER_MARK.as_bytes()) {
            self.at += BYTE_ORDER_MARK.len();
        }
    }

    /// Splits the next row into `cells`.
    fn split_row(&mut self, cells: &mut Vec<Span>) -> Result<RowEnd, SheetError> {
        cells.clear();
        let line = self.line;
        loop {
            let end = if self.byte(self.at) == Some(b'"') { self.quoted_cell(cells) } else { self.plain_cell(cells) };
            match end {
                CellEnd::Delimiter if cells.len() >= MAX_COLUMNS => return Err(SheetError::TooWide { line }),
                CellEnd::Delimiter => {}
                CellEnd::Line => return Ok(RowEnd::Line),
                CellEnd::File => return Ok(RowEnd::File),
                CellEnd::InsideQuotes => return Ok(RowEnd::InsideQuotes),
                CellEnd::TooLarge { line } => return Err(SheetError::CellTooLarge { line }),
                CellEnd::TextAfterQuote => {
                    let cell = cells.len();
                    self.skip_line();
                    return Ok(RowEnd::TextAfterQuote { cell });
                }
            }
        }
    }

    fn plain_cell(&mut self, cells: &mut Vec<Span>) -> CellEnd {
        let start = self.at;
        let length = memchr3(self.delimiter, b'\n', b'\r', self.rest()).unwrap_or(self.text.len() - start);
        if length > MAX_CELL_BYTES {
            return CellEnd::TooLarge { line: self.line };
        }
        cells.push(Span::new(start, start + length));
        self.at = start + length;
        self.cell_end()
    }

    fn quoted_cell(&mut self, cells: &mut Vec<Span>) -> CellEnd {
        let start = self.at + 1;
        let mut from = start;
        let mut has_doubled_marks = false;
        let line = self.line;
        let close = loop {
            let Some(found) = self.text.as_bytes().get(from..).and_then(|rest| memchr(b'"', rest)) else {
                if self.text.len() - start > MAX_CELL_BYTES {
                    return CellEnd::TooLarge { line };
                }
                cells.push(Span::new(start, self.text.len()));
                self.at = self.text.len();
                return CellEnd::InsideQuotes;
            };
            if self.byte(from + found + 1) != Some(b'"') {
                break from + found;
            }
            has_doubled_marks = true;
            from += found + 2;
        };
        if close - start > MAX_CELL_BYTES {
            return CellEnd::TooLarge { line };
        }
        let content = self.text.get(start..close).unwrap_or_default();
        self.line += count_lines(content);
        if has_doubled_marks {
            let content = content.replace("\"\"", "\"");
            let behind = self.text.len() + self.unescaped.len();
            self.unescaped.push_str(&content);
            cells.push(Span::new(behind, behind + content.len()));
        } else {
            cells.push(Span::new(start, close));
        }
        self.at = close + 1;
        self.cell_end()
    }

    /// Steps over what ends a cell.
    fn cell_end(&mut self) -> CellEnd {
        match self.byte(self.at) {
            None => CellEnd::File,
            Some(b'\n') => self.step_line(1),
            Some(b'\r') if self.byte(self.at + 1) == Some(b'\n') => self.step_line(2),
            Some(b'\r') => self.step_line(1),
            Some(byte) if byte == self.delimiter => {
                self.at += 1;
                CellEnd::Delimiter
            }
            Some(_) => CellEnd::TextAfterQuote,
        }
    }

    fn step_line(&mut self, bytes: usize) -> CellEnd {
        self.at += bytes;
        self.line += 1;
        CellEnd::Line
    }

    fn skip_line(&mut self) {
        let length = memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.text.len() - self.at);
        self.at += length;
        self.cell_end();
    }

    /// Whether the cells of a row that was split are the headings again.
    fn are_same(&self, row: &[Span], headings: &[Span]) -> bool {
        !row.is_empty()
            && row.iter().zip(headings).all(|(cell, heading)| self.slice(*cell).trim_ascii() == self.slice(*heading).trim_ascii())
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn slice(&self, span: Span) -> &str {
        match (span.start as usize).checked_sub(self.text.len()) {
            Some(start) if !self.unescaped.is_empty() => self.unescaped.get(start..span.end as usize - self.text.len()).unwrap_or(""),
            _ => span.of(self.text),
        }
    }
}

enum CellEnd {
    Delimiter,
    Line,
    File,
    InsideQuotes,
    TextAfterQuote,
    /// The cell that begins on `line` holds more text than any.
    TooLarge {
        line: u32,
    },
}

/// The first line without its end, and what follows.
fn split_line(text: &str) -> (&str, &str) {
    let Some(at) = text.find(['\n', '\r']) else { return (text, "") };
    let (line, rest) = text.split_at(at);
    (line, rest.strip_prefix("\r\n").or_else(|| rest.get(1..)).unwrap_or(""))
}

/// The delimiter that Excel's `sep=` line states.
fn stated_separator(line: &str) -> Option<u8> {
    let stated = line.trim_matches('"').strip_prefix("sep=")?;
    match stated.as_bytes() {
        // Excel that saved such a file again has filled the line up with the delimiter that it used itself.
        [b',' | b';' | b'\t' | b'|', rest @ ..] if rest.iter().all(|byte| Some(byte) == rest.first()) => {
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
        } else if !is_quoted && let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| *delimiter == byte) {
            *count += 1;
        }
    }
    // Of equals the last, the comma.
    counts.iter().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// Line ends within a text: LF, CRLF, and CR alone.
fn count_lines(text: &str) -> u32 {
    let text = text.as_bytes();
    let line_feeds = memchr_iter(b'\n', text).count();
    let lone_returns = memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n')).count();
    u32::try_from(line_feeds + lone_returns).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(sheet: &Sheet) -> Vec<Vec<&str>> {
        (0..sheet.height()).map(|row| (0..sheet.headings().len()).map(|column| sheet.raw_cell(row, column)).collect()).collect()
    }

    fn read(text: &str) -> Sheet {
        Sheet::from_delimited(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn quoted_cells_keep_delimiters_line_ends_and_quotation_marks() {
        let sheet = read("User,Subject\r\nA,\"one, \"\"two\"\"\r\nthree\"\r\n\r\nB,\"\"\r\nC,say \"hi\"\r\n");
        assert_eq!(rows(&sheet), [["A", "one, \"two\"\r\nthree"], ["B", ""], ["C", "say \"hi\""]]);
        assert_eq!((sheet.line(0), sheet.line(1), sheet.line(2)), (2, 5, 6));
        assert_eq!((sheet.cut_off_at, sheet.ends_without_line_end), (None, false));
    }

    #[test]
    fn every_delimiter_and_preamble_gives_the_same_rows() {
        for text in [
            "A,B\n1,2\n",
            "A;B\r\n1;2\r\n",
            "A\tB\r1\t2\r",
            "A|B\n1|2",
            "#TYPE Selected.System\n\"A\",\"B\"\n\"1\",\"2\"\n",
            "sep=;\nA;B\n1;2\n",
            "sep=;;\nA;B\n1;2\n",
            "sep=;,\nA,B\n1,2\n,\n,,\n",
            "sep=\t\nA\tB\n1\t2\n",
            "\n\n\"A\",B\n1,2\n",
            "\u{FEFF}A,B\n1,2\n",
        ] {
            let sheet = read(text);
            assert_eq!((sheet.headings(), rows(&sheet)), (&["A".to_owned(), "B".to_owned()][..], vec![vec!["1", "2"]]), "{text:?}");
        }
    }

    #[test]
    fn a_line_that_states_another_separator_beats_the_count() {
        let sheet = read("sep=;\n\"a,b,c\";d\n1,2;3\n");
        assert_eq!(rows(&sheet), [["1,2", "3"]]);
    }

    #[test]
    fn rows_of_another_width_are_kept_apart_with_their_line() {
        assert_eq!(read("A,B\n\"\"x\"\",2\n").misshapen.len(), 1);
        let sheet = read("A,B\n1,2\n1\n1,2,3\n\"x\"y,2\n5,6\n");
        assert_eq!(rows(&sheet), [["1", "2"], ["5", "6"]]);
        let faults: Vec<_> = sheet.misshapen.iter().map(|row| (row.line, row.fault)).collect();
        assert_eq!(faults, [(3, RowFault::Cells(1)), (4, RowFault::Cells(3)), (5, RowFault::TextAfterQuote(1))]);
        assert_eq!(sheet.line(1), 6);
        let cells: Vec<_> = sheet.misshapen.iter().map(|row| (sheet.misshapen_cell(row, 0), sheet.misshapen_cell(row, 1))).collect();
        assert_eq!(cells, [("1", ""), ("", ""), ("", "")], "only short rows keep their cells");
    }

    #[test]
    fn a_file_that_ends_inside_a_row_was_cut_off() {
        assert_eq!(read("A,B\n1,2\n3").cut_off_at, Some(3));
        assert_eq!(read("A,B\n1,2\n3,\"four").cut_off_at, Some(3));
        assert_eq!(read("A,B\n1,2\n\"").cut_off_at, Some(3));
        assert_eq!(read("A,B,C\n1,2,3\n,").cut_off_at, Some(3));
        assert_eq!(read("A,B\n1,2\n3,4").cut_off_at, None);
        assert!(read("A,B\n1,2\n3,4").ends_without_line_end);
        assert_eq!(read("A,B\n").height(), 0);
    }

    #[test]
    fn what_is_no_table_is_an_error() {
        let error = |bytes: &[u8]| Sheet::from_delimited(bytes.to_vec()).unwrap_err();
        assert_eq!(error(b""), SheetError::Empty);
        assert_eq!(error(b" \r\n\r\n"), SheetError::Empty);
        assert_eq!(error(b"A,B\n1,\0\n"), SheetError::NotText { line: 2 });
        assert_eq!(error(b"\nA,\"B\"x,C\n1,2,3\n"), SheetError::TextAfterHeading { line: 2, column: 2 });
        assert!(matches!(error(b"User name,B,user-name\n"), SheetError::HeadingTwice { first: 1, second: 3, .. }));
    }

    #[test]
    fn exports_that_were_joined_are_one_table() {
        for text in [
            "\u{FEFF}A,B\r\n1,2\r\n\u{FEFF}A,B\r\n3,4\r\n",
            "\u{FEFF}#TYPE X\n\u{FEFF}A,B\n1,2\n\u{FEFF}#TYPE X\nA,B\n3,4\n\u{FEFF}",
            "A,B\n1,2\n#TYPE List`1[[X, core, y]]\n\"A\", B\n3,4",
            "A\tB\n1\t2\n\u{FEFF}A\tB\n3\t4\n",
        ] {
            let sheet = read(text);
            assert_eq!(rows(&sheet), [["1", "2"], ["3", "4"]], "{text:?}");
            assert_eq!((sheet.repeated_headings.len(), sheet.misshapen.len(), sheet.cut_off_at), (1, 0, None), "{text:?}");
        }
        let sheet = read("A,B\n1,2\n\nA,B\nB,A\nA,B\n");
        assert_eq!((rows(&sheet), sheet.repeated_headings.clone()), (vec![vec!["1", "2"], vec!["B", "A"]], vec![4, 6]));
    }

    #[test]
    fn what_ends_a_file_is_no_text() {
        for end in ["\u{1A}", "\u{1A}\r\n", "\u{FEFF}"] {
            let sheet = read(&format!("A,B\r\n1,2\r\n{end}"));
            assert_eq!((rows(&sheet), sheet.cut_off_at, sheet.misshapen.len()), (vec![vec!["1", "2"]], None, 0), "{end:?}");
        }
        assert_eq!(rows(&read("A,B\n1,2\u{1A}")), [["1", "2"]]);
        assert_eq!(rows(&read("A,B\n1,2\u{1A}3\n")), [["1", "2\u{1A}3"]]);
    }

    #[test]
    fn a_part_that_was_never_written_cuts_a_file_off() {
        let unwritten = "\0".repeat(5000);
        assert_eq!(read(&format!("A,B\n1,2\n{unwritten}")).cut_off_at, Some(3));
        assert_eq!(read(&format!("A,B\n1,2{unwritten}")).cut_off_at, Some(2));
        let odd: Vec<u8> = [0xFF, 0xFE].into_iter().chain("A,B\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes)).chain([b'3']).collect();
        assert_eq!(Sheet::from_delimited(odd).unwrap().cut_off_at, Some(3));
    }

    #[test]
    fn a_file_of_another_kind_is_named() {
        let told = |bytes: &[u8]| Sheet::from_delimited(bytes.to_vec()).unwrap_err().to_string();
        let compound = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
        let protected: Vec<u8> = compound.iter().copied().chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let page: Vec<u8> = [0xFF, 0xFE].into_iter().chain("\r\n<HTML><body>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, words) in [
            (compound.as_slice(), "an old Excel workbook (.xls): save it as .xlsx"),
            (&protected, "protected by a password: save it without one"),
            (b"%PDF-1.7\n", "this is a PDF"),
            (b"PK\x03\x04..[Content_Types].xml..xl/workbook.xml", "a workbook (.xlsx) under another name: let its name end in .xlsx"),
            (b"PK\x03\x04..a.csv", "let its name end in .zip"),
            (b"\x1F\x8B\x08\0", "let its name end in .gz"),
            (b"\xFF\xFE\0\0A\0\0\0", "UTF-32"),
            (b"\0\0\xFE\xFF\0\0\0A", "UTF-32"),
            (b"\xEF\xBB\xBF\n <!DOCTYPE html><table>", "a web page, whatever its name says"),
            (&page, "a web page"),
            (b"<?xml version=\"1.0\"?><Workbook>", "this is XML"),
        ] {
            assert!(told(bytes).contains(words), "{words}: {}", told(bytes));
        }
        assert_eq!(read("<id>,B\n1,2\n").height(), 1, "a heading may begin with any character");
    }

    #[test]
    fn what_is_too_much_is_told_with_its_line() {
        let limits = Limits { max_unpacked_mib: 16, max_cells: 6 };
        let told = |text: String| Sheet::from_delimited_within(text.into_bytes(), limits).unwrap_err();
        assert_eq!(told("A,B\n".to_owned() + &"1,2\n".repeat(4)), SheetError::TooManyCells { max_cells: 6 });
        assert_eq!(told("A,B\n".to_owned() + &"1\n".repeat(4)), SheetError::TooManyCells { max_cells: 6 });
        assert_eq!(Sheet::from_delimited_within(b"A,B\n1,2\n,\n1,2\n1,2\n".to_vec(), limits).unwrap().height(), 3);
        let long = "x".repeat(MAX_CELL_BYTES + 1);
        for text in
            [format!("A,B\n1,{long}\n"), format!("A,B\n1,\"{long}\"\n"), format!("A,B\n1,\"{long}"), format!("A,B\n1,\"2\n\"\"{long}")]
        {
            assert_eq!(told(text), SheetError::CellTooLarge { line: 2 });
        }
        assert_eq!(read(&format!("A,B\n1,{}\n", &long[1..])).raw_cell(0, 1).len(), MAX_CELL_BYTES);
        assert_eq!(told(",".repeat(MAX_COLUMNS)), SheetError::TooWide { line: 1 });
        assert_eq!(told(format!("A,B\n\n{}", ",".repeat(MAX_COLUMNS))), SheetError::TooWide { line: 3 });
    }

    fn quote(cell: &str, delimiter: char) -> String {
        if cell.contains([delimiter, '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
    }

    /// Text that is made of what a reader of tables looks at.
    fn awkward_text() -> impl Strategy<Value = String> {
        let pieces = ["\"", "\"\"", ",", ",", ";", "\n", "\n", "\r\n", "\r", "a", "é", " ", "\u{FEFF}", "#TYPE x", "sep=;", "\t", "\u{1A}"];
        proptest::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
    }

    /// Each row stands on a line of its own, below the headings.
    fn assert_lines(sheet: &Sheet) {
        let lines: Vec<u32> = (0..sheet.height()).map(|row| sheet.line(row)).collect();
        let misshapen: Vec<u32> = sheet.misshapen.iter().map(|row| row.line).collect();
        for lines in [&lines, &misshapen, &sheet.repeated_headings] {
            assert!(lines.is_sorted_by(|a, b| a < b) && lines.iter().all(|line| *line > sheet.heading_line), "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(sheet) = Sheet::from_delimited(bytes) {
                assert_lines(&sheet);
            }
        }

        /// Whatever came before it, a row that is written as it should be is read, if only the text before is whole.
        #[test]
        fn a_row_more_is_a_row_more(text in awkward_text()) {
            let Ok(sheet) = Sheet::from_delimited(text.clone().into_bytes()) else { return Ok(()) };
            assert_lines(&sheet);
            let is_ended = text.trim_end_matches(['\r', '\n']).ends_with(['\u{1A}', '\u{FEFF}']);
            if sheet.cut_off_at.is_some() || sheet.ends_without_line_end || is_ended || !text.ends_with(['\n', '\r']) {
                return Ok(());
            }
            let row = vec!["\"last, of all\""; sheet.headings().len()].join(&sheet.delimiter.unwrap_or(',').to_string());
            let more = Sheet::from_delimited(format!("{text}{row}\n").into_bytes()).unwrap();
            prop_assert_eq!(more.height(), sheet.height() + 1, "{:?}", more);
            let mut expected = rows(&sheet);
            expected.push(vec!["last, of all"; sheet.headings().len()]);
            prop_assert_eq!(rows(&more), expected);
            prop_assert_eq!(&more.misshapen, &sheet.misshapen);
        }

        #[test]
        fn what_is_written_is_read(
            table in proptest::collection::vec(proptest::collection::vec("[a-z é\"',;\t|\n\r]{0,6}", 3), 0..8),
            delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        ) {
            let line = |row: &[String]| row.iter().map(|cell| quote(cell, delimiter)).collect::<Vec<_>>().join(&delimiter.to_string()) + "\r\n";
            let headings = ["one", "two", "three"].map(str::to_owned);
            let text = line(&headings) + &table.iter().map(|row| line(row)).collect::<String>();
            let sheet = Sheet::from_delimited(text.into_bytes()).unwrap();
            let has_text = |row: &&Vec<String>| row.iter().any(|cell| !cell.trim().is_empty());
            prop_assert_eq!(rows(&sheet), table.iter().filter(has_text).cloned().collect::<Vec<_>>());
        }
    }
}
