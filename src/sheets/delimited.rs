use memchr::{memchr, memchr3};

use super::{Encoding, MisshapenRow, RowFault, Sheet, SheetError, Span, refuse_repeated_headings};

/// Splits `text` into headings and rows.
pub(super) fn split(text: String, encoding: Option<Encoding>) -> Result<Sheet, SheetError> {
    if let Some(at) = memchr(0, text.as_bytes()) {
        return Err(SheetError::NotText { line: count_lines(text.get(..at).unwrap_or("")) + 1 });
    }
    let mut lines_before = 0;
    let mut body = text.as_str();
    let mut stated_delimiter = None;
    loop {
        let (first, rest) = split_line(body);
        let trimmed = first.trim();
        if let Some(delimiter) = stated_separator(trimmed) {
            stated_delimiter = Some(delimiter);
        } else if !trimmed.starts_with("#TYPE") && !trimmed.is_empty() {
            break;
        }
        if rest.is_empty() {
            return Err(SheetError::Empty);
        }
        lines_before += 1;
        body = rest;
    }
    let offset = text.len() - body.len();
    let delimiter = stated_delimiter.unwrap_or_else(|| most_frequent_delimiter(split_line(body).0));

    let mut rows = Rows { text: text.as_bytes(), delimiter, at: offset, line: lines_before + 1, unescaped: String::new() };
    let mut row = Vec::new();
    let heading_line = rows.line;
    let heading_end = rows.next(&mut row);
    let headings: Vec<String> = row.iter().map(|span| rows.slice(*span).trim().to_owned()).collect();
    refuse_repeated_headings(&headings, heading_line)?;

    let width = headings.len();
    let (mut cells, mut lines, mut misshapen) = (Vec::new(), Vec::new(), Vec::new());
    let mut short_cells = Vec::new();
    let mut cut_off_at = matches!(heading_end, RowEnd::InsideQuotes).then_some(heading_line);
    let mut ends_without_line_end = !matches!(heading_end, RowEnd::Line);
    while rows.at < rows.text.len() {
        let line = rows.line;
        let end = rows.next(&mut row);
        ends_without_line_end = !matches!(end, RowEnd::Line | RowEnd::TextAfterQuote { .. });
        let is_whole = matches!(end, RowEnd::Line) || (matches!(end, RowEnd::File) && (row.len() == 1 || row.len() >= width));
        // A blank line, and the rows of delimiters that Excel leaves where rows were deleted, are no rows.
        if is_whole && width > 1 && row.iter().all(|span| rows.slice(*span).trim().is_empty()) {
            continue;
        }
        match end {
            RowEnd::InsideQuotes => cut_off_at = Some(line),
            RowEnd::TextAfterQuote { cell } => {
                misshapen.push(MisshapenRow { line, fault: RowFault::TextAfterQuote(cell), short_cells_from: 0 });
            }
            RowEnd::File if row.len() < width => cut_off_at = Some(line),
            RowEnd::Line | RowEnd::File if row.len() == width => {
                cells.extend_from_slice(&row);
                lines.push(line);
            }
            RowEnd::Line | RowEnd::File => {
                misshapen.push(MisshapenRow { line, fault: RowFault::Cells(row.len()), short_cells_from: short_cells.len() });
                if row.len() < width {
                    short_cells.extend_from_slice(&row);
                }
            }
        }
    }
    let unescaped = std::mem::take(&mut rows.unescaped);
    let mut text = text;
    text.push_str(&unescaped);
    let delimiter = Some(char::from(delimiter));
    Ok(Sheet { text, headings, cells, lines, short_cells, delimiter, encoding, misshapen, cut_off_at, ends_without_line_end })
}

/// How a row came to its end.
enum RowEnd {
    Line,
    File,
    InsideQuotes,
    TextAfterQuote { cell: usize },
}

/// The rows of a text, one after the other.
struct Rows<'a> {
    text: &'a [u8],
    delimiter: u8,
    at: usize,
    /// The line of `at`, from 1.
    line: u32,
    /// Cells that held doubled quotation marks, with single ones. Their spans start behind the end of `text`, where
    /// these are appended when all is read.
    unescaped: String,
}

impl Rows<'_> {
    /// Reads the next row into `row`.
    fn next(&mut self, row: &mut Vec<Span>) -> RowEnd {
        row.clear();
        loop {
            let end = if self.byte(self.at) == Some(b'"') { self.quoted_cell(row) } else { self.plain_cell(row) };
            match end {
                CellEnd::Delimiter => {}
                CellEnd::Line => return RowEnd::Line,
                CellEnd::File => return RowEnd::File,
                CellEnd::InsideQuotes => return RowEnd::InsideQuotes,
                CellEnd::TextAfterQuote => {
                    let cell = row.len();
                    self.skip_line();
                    return RowEnd::TextAfterQuote { cell };
                }
            }
        }
    }

    fn plain_cell(&mut self, row: &mut Vec<Span>) -> CellEnd {
        let start = self.at;
        let length = memchr3(self.delimiter, b'\n', b'\r', self.rest()).unwrap_or(self.text.len() - start);
        row.push(span(start, start + length));
        self.at = start + length;
        self.cell_end()
    }

    fn quoted_cell(&mut self, row: &mut Vec<Span>) -> CellEnd {
        let start = self.at + 1;
        let mut from = start;
        let mut has_doubled_marks = false;
        let close = loop {
            let Some(found) = self.text.get(from..).and_then(|rest| memchr(b'"', rest)) else {
                row.push(span(start, self.text.len()));
                self.at = self.text.len();
                return CellEnd::InsideQuotes;
            };
            if self.byte(from + found + 1) != Some(b'"') {
                break from + found;
            }
            has_doubled_marks = true;
            from += found + 2;
        };
        let content = self.text.get(start..close).unwrap_or_default();
        self.line += count_lines_in(content);
        if has_doubled_marks {
            let content = String::from_utf8_lossy(content).replace("\"\"", "\"");
            let behind = self.text.len() + self.unescaped.len();
            self.unescaped.push_str(&content);
            row.push(span(behind, behind + content.len()));
        } else {
            row.push(span(start, close));
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
        let length = memchr::memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.text.len() - self.at);
        self.at += length;
        self.cell_end();
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn slice(&self, span: Span) -> &str {
        let (start, end) = (span.start as usize, span.end as usize);
        let slice = match start.checked_sub(self.text.len()) {
            Some(start) if !self.unescaped.is_empty() => self.unescaped.as_bytes().get(start..end - self.text.len()),
            _ => self.text.get(start..end),
        };
        slice.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

enum CellEnd {
    Delimiter,
    Line,
    File,
    InsideQuotes,
    TextAfterQuote,
}

/// The offsets of a cell, which fit: a text is at most 4,000 MiB, and its unescaped cells are shorter than it.
fn span(start: usize, end: usize) -> Span {
    Span { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
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

fn count_lines(text: &str) -> u32 {
    count_lines_in(text.as_bytes())
}

/// Line ends within a cell: LF, CRLF, and CR alone.
fn count_lines_in(text: &[u8]) -> u32 {
    let line_feeds = memchr::memchr_iter(b'\n', text).count();
    let lone_returns = memchr::memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n')).count();
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
        assert!(matches!(error(b"User name,B,user-name\n"), SheetError::HeadingTwice { first: 1, second: 3, .. }));
    }

    fn quote(cell: &str, delimiter: char) -> String {
        if cell.contains([delimiter, '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(sheet) = Sheet::from_delimited(bytes) {
                for row in 0..sheet.height() {
                    prop_assert!(sheet.line(row) > 0);
                }
            }
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
