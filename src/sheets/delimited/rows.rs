use super::super::cells::{RowPlace, Span, offset};
use super::super::{Limits, MisshapenRow, RowFault, Sheet, SheetError, SheetRow};
use super::TYPE_LINE;
use super::splitter::{FoundRow, RowEnd, Splitter};

/// Reads the rows that follow into `sheet`, to the end of the text. `headings` are its own, without
/// surrounding blanks of ASCII. Gives the line on which the last row starts, where there is one.
pub(super) fn read(
    splitter: &mut Splitter<'_>,
    headings: &[&str],
    limits: Limits,
    sheet: &mut Sheet,
) -> Result<Option<u32>, SheetError> {
    let width = headings.len();
    let mut cells = Vec::new();
    let mut last_line = None;
    let mut rows_read = 0;
    while !splitter.is_at_end() {
        let found = splitter.next_row(headings, &mut cells)?;
        sheet.ends_without_line_end = matches!(found.end, RowEnd::File | RowEnd::InsideQuotes);
        last_line = Some(found.line);
        if is_empty_line(&found, width) {
            continue;
        }
        add(sheet, found, splitter, &cells, headings);
        rows_read += 1;
        if rows_read > limits.max_rows(width) {
            return Err(limits.too_many_cells());
        }
        splitter.check_size(limits)?;
    }
    Ok(last_line)
}

/// Whether a row is none: a blank line, or the delimiters that Excel leaves where rows were deleted.
fn is_empty_line(found: &FoundRow, width: usize) -> bool {
    let is_whole = match found.end {
        RowEnd::Line => true,
        RowEnd::File => found.width == 1 || found.width >= width,
        RowEnd::InsideQuotes | RowEnd::TextAfterQuote => false,
    };
    is_whole && width > 1 && found.is_blank
}

/// Puts a row where it belongs; `cells` are its cells, where it was split.
fn add(
    sheet: &mut Sheet,
    found: FoundRow,
    splitter: &Splitter<'_>,
    cells: &[Span],
    headings: &[&str],
) {
    let FoundRow { line, width, .. } = found;
    let place = match found.place {
        RowPlace::Kept(_) => {
            let first = offset(sheet.kept_cells.len());
            sheet.kept_cells.extend_from_slice(cells);
            RowPlace::Kept(first)
        }
        place => place,
    };
    let misshapen = |fault| MisshapenRow { line, fault, place };
    match found.end {
        RowEnd::InsideQuotes => sheet.cut_off_at = Some(line),
        RowEnd::File if width < headings.len() => {
            sheet.cut_off_at = Some(line);
            sheet.misshapen.push(misshapen(RowFault::Cells(width)));
        }
        RowEnd::TextAfterQuote => {
            let fault = RowFault::TextAfterQuote(width);
            sheet.misshapen.push(misshapen(fault));
        }
        RowEnd::Line | RowEnd::File if width == headings.len() => {
            if splitter.are_same(cells, headings) {
                sheet.repeated_headings.push(line);
            } else {
                sheet.rows.push(SheetRow { line, place });
            }
        }
        // In the middle too, where exports were joined; the headings that follow it are counted.
        RowEnd::Line | RowEnd::File if splitter.begins_with(cells, TYPE_LINE) => {}
        RowEnd::Line | RowEnd::File => sheet.misshapen.push(misshapen(RowFault::Cells(width))),
    }
}
