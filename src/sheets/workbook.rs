use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

use super::{Sheet, SheetError, Span, refuse_repeated_headings};

/// Reads the first worksheet. Rows without a single cell are no rows; the first row with one holds the headings.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| SheetError::Workbook(error.to_string()))?;
    let range = workbook.worksheet_range_at(0).ok_or(SheetError::Empty)?.map_err(|error| SheetError::Workbook(error.to_string()))?;
    let first_line = range.start().map_or(0, |(row, _)| row) + 1;

    let mut text = String::new();
    let mut push = |cell: &Data| {
        let start = text.len();
        text.push_str(&printed(cell));
        Span { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    };
    let mut rows = (first_line..).zip(range.rows()).filter(|(_, row)| row.iter().any(|cell| *cell != Data::Empty));
    let (heading_line, heading_row) = rows.next().ok_or(SheetError::Empty)?;
    // Columns to the right of the last heading hold nothing, or notes that no heading explains.
    let width = heading_row.iter().rposition(|cell| *cell != Data::Empty).map_or(0, |last| last + 1);
    let headings: Vec<String> = heading_row.iter().take(width).map(|cell| printed(cell).trim().to_owned()).collect();
    refuse_repeated_headings(&headings, heading_line)?;

    let (mut cells, mut lines) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        cells.extend(row.iter().take(width).map(&mut push));
        lines.push(line);
    }
    Ok(Sheet {
        text,
        headings,
        cells,
        lines,
        short_cells: Vec::new(),
        delimiter: None,
        encoding: None,
        misshapen: Vec::new(),
        cut_off_at: None,
        ends_without_line_end: false,
    })
}

/// A cell as a delimited file would hold it.
fn printed(cell: &Data) -> String {
    match cell {
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Data::Error(error) => error.to_string(),
        other => other.to_string(),
    }
}
