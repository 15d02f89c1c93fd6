use super::super::cells::{Place, Span, offset};
use super::super::{Limits, MisshapenRow, Row, RowFault, SheetError};
use super::TYPE_LINE;
use super::splitter::{Met, RowEnd, Splitter};

/// What stands below the headings of a text.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
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
) -> Result<Rows, SheetError> {
    let width = headings.len();
    let mut cells = Vec::new();
    let mut rows = Rows::default();
    let mut rows_read = 0;
    while !splitter.is_at_end() {
        let met = splitter.next_row(headings, &mut cells)?;
        let lacks_line_end = matches!(met.end, RowEnd::File | RowEnd::InsideQuotes);
        rows.last = Some((met.line, lacks_line_end));
        if is_empty_line(&met, width) {
            continue;
        }
        rows.add(met, splitter, &cells, headings);
        rows_read += 1;
        if rows_read > limits.max_rows(width) {
            return Err(limits.too_many_cells());
        }
        splitter.check_size(limits)?;
    }
    Ok(rows)
}

/// Whether a row is none: a blank line, or the delimiters that Excel leaves where rows were deleted.
fn is_empty_line(met: &Met, width: usize) -> bool {
    let is_whole = match met.end {
        RowEnd::Line => true,
        RowEnd::File => met.width == 1 || met.width >= width,
        RowEnd::InsideQuotes | RowEnd::TextAfterQuote { .. } => false,
    };
    is_whole && width > 1 && met.is_blank
}

impl Rows {
    /// Puts a row where it belongs; `cells` are its cells, where it was split.
    fn add(&mut self, met: Met, splitter: &Splitter<'_>, cells: &[Span], headings: &[&str]) {
        let Met { line, width, .. } = met;
        let place = match met.place {
            Place::Kept(_) => {
                let first = offset(self.kept_cells.len());
                self.kept_cells.extend_from_slice(cells);
                Place::Kept(first)
            }
            place => place,
        };
        let misshapen = |fault| MisshapenRow { line, fault, place };
        match met.end {
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
                    self.rows.push(Row { line, place });
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
