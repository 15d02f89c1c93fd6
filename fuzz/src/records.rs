//! Delimited text read character by character, as slowly as it is plain: another road to what
//! `sheets` gives.

use migration_monitor::sheets::{Encoding, RowFault, Sheet};

struct Record {
    /// From 1.
    line: u32,
    cells: Vec<String>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Line,
    File,
    InsideQuotes,
    TextAfterQuote,
}

/// Asserts that `sheet`, read from `bytes`, has the rows that stand there. Says nothing of bytes
/// that are not UTF-8.
pub fn assert_same_records(bytes: &[u8], sheet: &Sheet) {
    let (Some(Encoding::Utf8), Some(delimiter), Ok(text)) =
        (sheet.encoding, sheet.delimiter, std::str::from_utf8(bytes))
    else {
        return;
    };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    // What stands in a file and is no row is left to the tests beside the code.
    if ["sep=", "#TYPE", "\u{FEFF}", "\u{1A}", "\0"]
        .iter()
        .any(|no_row| text.contains(no_row))
    {
        return;
    }
    let mut records = records(text, delimiter).into_iter();
    let Some(first) = records.next() else {
        panic!("a sheet of no text: {sheet:?}")
    };
    let headings = first.cells;
    assert_eq!(
        headings
            .iter()
            .map(|heading| heading.trim())
            .collect::<Vec<_>>(),
        sheet.headings()
    );

    let width = headings.len();
    let (mut whole, mut misshapen, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    let mut cut_off_at = (first.end == End::InsideQuotes).then_some(first.line);
    for record in records {
        let is_blank = record.cells.iter().all(|cell| cell.trim().is_empty());
        let is_cut_off = record.end == End::InsideQuotes
            || (record.end == End::File && record.cells.len() < width);
        let may_be_blank = record.end == End::Line
            || (record.end == End::File && (record.cells.len() == 1 || !is_cut_off));
        if width > 1 && is_blank && may_be_blank {
            continue;
        }
        match record.end {
            End::InsideQuotes => cut_off_at = Some(record.line),
            _ if is_cut_off => {
                cut_off_at = Some(record.line);
                misshapen.push((record.line, RowFault::Cells(record.cells.len())))
            }
            End::TextAfterQuote => {
                misshapen.push((record.line, RowFault::TextAfterQuote(record.cells.len())))
            }
            _ if record
                .cells
                .iter()
                .map(|cell| cell.trim_ascii())
                .eq(headings.iter().map(|heading| heading.trim_ascii())) =>
            {
                repeated.push(record.line)
            }
            _ if record.cells.len() == width => whole.push((record.line, record.cells)),
            _ => misshapen.push((record.line, RowFault::Cells(record.cells.len()))),
        }
    }
    let cells = |row| {
        (0..width)
            .map(|column| sheet.raw_cell(row, column).to_owned())
            .collect::<Vec<_>>()
    };
    let read: Vec<_> = (0..sheet.height())
        .map(|row| (sheet.line(row), cells(row)))
        .collect();
    assert_eq!(read, whole);
    assert_eq!(sheet.repeated_headings, repeated);
    assert_eq!(
        sheet
            .misshapen
            .iter()
            .map(|row| (row.line, row.fault))
            .collect::<Vec<_>>(),
        misshapen
    );
    assert_eq!(sheet.cut_off_at, cut_off_at);
}

fn records(text: &str, delimiter: char) -> Vec<Record> {
    // Blank lines above the headings.
    let above = text
        .split_inclusive(['\n', '\r'])
        .take_while(|line| line.trim().is_empty())
        .map(str::len)
        .sum();
    let ends = text[..above]
        .replace("\r\n", "\n")
        .matches(['\n', '\r'])
        .count();
    let mut line = 1 + u32::try_from(ends).unwrap();
    let mut rest = text[above..].chars().peekable();
    let mut records = Vec::new();
    while rest.peek().is_some() {
        let mut record = Record {
            line,
            cells: Vec::new(),
            end: End::File,
        };
        'record: loop {
            let mut cell = String::new();
            let mut is_inside = rest.next_if_eq(&'"').is_some();
            let was_quoted = is_inside;
            loop {
                let Some(c) = rest.next() else {
                    record.cells.push(cell);
                    record.end = if is_inside {
                        End::InsideQuotes
                    } else {
                        End::File
                    };
                    break 'record;
                };
                let ends_line = c == '\n' || c == '\r';
                if ends_line && !(c == '\r' && rest.peek() == Some(&'\n')) {
                    line += 1;
                }
                if is_inside {
                    if c != '"' {
                        cell.push(c);
                    } else if rest.next_if_eq(&'"').is_some() {
                        cell.push('"');
                    } else {
                        is_inside = false;
                    }
                } else if c == delimiter {
                    record.cells.push(cell);
                    break;
                } else if ends_line {
                    if c == '\r' && rest.next_if_eq(&'\n').is_some() {
                        line += 1;
                    }
                    record.cells.push(cell);
                    record.end = End::Line;
                    break 'record;
                } else if was_quoted {
                    record.cells.push(cell);
                    record.end = End::TextAfterQuote;
                    skip_line(&mut rest);
                    line += 1;
                    break 'record;
                } else {
                    cell.push(c);
                }
            }
        }
        records.push(record);
    }
    records
}

fn skip_line(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    for c in rest.by_ref() {
        if c == '\n' {
            return;
        }
        if c == '\r' {
            break;
        }
    }
    rest.next_if_eq(&'\n');
}
