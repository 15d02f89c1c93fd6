use super::super::cells::{RowPlace, Span, offset};
use super::super::{Limits, MisshapenRow, RowFault, SheetError, SheetRow};
use super::TYPE_LINE;
use super::splitter::{FoundRow, RowEnd, Splitter};

/// What stands below the headings of a text.
#[derive(Debug, Default)]
pub(super) struct SplitRows {
    pub(super) rows: Vec<SheetRow>,
    pub(super) kept_cells: Vec<Span>,
    pub(super) repeated_headings: Vec<u32>,
    pub(super) misshapen: Vec<MisshapenRow>,
    pub(super) cut_off_at: Option<u32>,
    /// The line on which the last row starts, and whether that row lacks a line end; `None` where
    /// there is no row.
    pub(super) last: Option<(u32, bool)>,
}

/// Reads the rows that follow, to the end of the text. `headings` are without surrounding blanks.
pub(super) fn read(
    splitter: &mut Splitter<'_>,
    headings: &[&str],
    limits: Limits,
) -> Result<SplitRows, SheetError> {
    let width = headings.len();
    let mut cells = Vec::new();
    let mut rows = SplitRows::default();
    let mut rows_read = 0;
    while !splitter.is_at_end() {
        let found = splitter.next_row(headings, &mut cells)?;
        let lacks_line_end = matches!(found.end, RowEnd::File | RowEnd::InsideQuotes);
        rows.last = Some((found.line, lacks_line_end));
        if is_empty_line(&found, width) {
            continue;
        }
        rows.add(found, splitter, &cells, headings);
        rows_read += 1;
        if rows_read > limits.max_rows(width) {
            return Err(limits.too_many_cells());
        }
        splitter.check_size(limits)?;
    }
    Ok(rows)
}

/// Whether a row is none: a blank line, or the delimiters that Excel leaves where rows were deleted.
fn is_empty_line(found: &FoundRow, width: usize) -> bool {
    let is_whole = match found.end {
        RowEnd::Line => true,
        RowEnd::File => found.width == 1 || found.width >= width,
        RowEnd::InsideQuotes | RowEnd::TextAfterQuote { .. } => false,
    };
    is_whole && width > 1 && found.is_blank
}

impl SplitRows {
    /// Puts a row where it belongs; `cells` are its cells, where it was split.
    fn add(&mut self, found: FoundRow, splitter: &Splitter<'_>, cells: &[Span], headings: &[&str]) {
        let FoundRow { line, width, .. } = found;
        let place = match found.place {
            RowPlace::Kept(_) => {
                let first = offset(self.kept_cells.len());
                self.kept_cells.extend_from_slice(cells);
                RowPlace::Kept(first)
            }
            place => place,
        };
        let misshapen = |fault| MisshapenRow { line, fault, place };
        match found.end {
            RowEnd::InsideQuotes => self.cut_off_at = Some(line),
            RowEnd::File if width < headings.len() => self.cut_off_at = Some(line),
            RowEnd::TextAfterQuote { cell } => {
                self.misshapen
                    .push(misshapen(RowFault::TextAfterQuote(cell)));
            }
            RowEnd::Line | RowEnd::File if width == headings.len() => {
                if splitter.are_same(cells, headings) {
                    self.repeated_headings.push(line);
                } else {
                    self.rows.push(SheetRow { line, place });
                }
            }
            // In the middle too, where exports were joined; the headings that follow it are
            // counted.
            RowEnd::Line | RowEnd::File if splitter.begins_with(cells, TYPE_LINE) => {}
            RowEnd::Line | RowEnd::File => {
                self.misshapen.push(misshapen(RowFault::Cells(width)));
            }
        }
    }
}
