mod cell;
mod merged;
mod package;

use std::io::Cursor;
use std::sync::Arc;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};

pub(super) use cell::date_of_serial;

use self::merged::MergedCells;
use super::cells::{RowPlace, Span, offset};
use super::limits::{MAX_CELL_BYTES, MAX_COLUMNS};
use super::{Format, Limits, POSSIBLE_HEADINGS, Sheet, SheetError, Worksheet};

/// Rows of the tallest worksheet.
const MAX_ROWS: u32 = 1_048_576;

/// An `.xlsx` that is open, to choose the worksheet and the row of the headings.
///
/// Cells become text as follows. Text is itself, also where it looks like a number. A number is a
/// plain decimal with every digit that is stored and no exponent, and with its sign of per cent
/// where the cell shows one. A date is ISO 8601, with a time where it has one; a time of day is
/// `06:30:00`; a duration is hours, minutes and seconds, as in `36:30:00`. Truth is `TRUE` or
/// `FALSE`. An error is its name, as in `#N/A`: no number and no date, so that it is told and not
/// taken for a blank. A formula is the value that was saved with it, and blank where none was. What
/// stands in merged cells stands in each row that they span.
pub struct OpenWorkbook<'a> {
    xlsx: Xlsx<Cursor<&'a [u8]>>,
    /// The visible ones first.
    worksheets: Vec<WorksheetTab>,
    /// Whether a worksheet has merged cells, which are read apart.
    has_merged_cells: bool,
    limits: Limits,
}

/// A worksheet, as its tab shows it.
struct WorksheetTab {
    name: String,
    is_hidden: bool,
}

impl<'a> OpenWorkbook<'a> {
    /// Opens the bytes of an `.xlsx`.
    ///
    /// # Errors
    /// [`SheetError`] where they are none, or unpack to more than `limits` allow.
    pub fn open(bytes: &'a [u8], limits: Limits) -> Result<Self, SheetError> {
        limits.check_bytes(bytes.len())?;
        if !bytes.starts_with(b"PK") {
            return Err(what_else(bytes));
        }
        let has_merged_cells = package::check(bytes, limits)?.has_merged_cells;
        let xlsx: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| explained(error, ""))?;
        package::check_worksheets(xlsx.sheets_metadata().len())?;
        let tabs = xlsx.sheets_metadata().iter();
        let tabs = tabs.filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let mut worksheets: Vec<WorksheetTab> = tabs
            .map(|sheet| WorksheetTab {
                name: sheet.name.clone(),
                is_hidden: sheet.visible != SheetVisible::Visible,
            })
            .collect();
        worksheets.sort_by_key(|tab| tab.is_hidden);
        Ok(Self {
            xlsx,
            worksheets,
            has_merged_cells,
            limits,
        })
    }

    /// The number of worksheets. They are numbered from 0 in the order of their tabs, those that
    /// are hidden after all others. Charts and dialogues are none.
    #[must_use]
    pub fn worksheets(&self) -> usize {
        self.worksheets.len()
    }

    /// The first rows of a worksheet that are not blank, each as the headings of a table without
    /// rows.
    ///
    /// # Errors
    /// [`SheetError`] where these rows cannot be read.
    pub fn possible_headings(&mut self, worksheet: usize) -> Result<Vec<Sheet>, SheetError> {
        let Some(WorksheetTab { name, is_hidden }) = self.worksheets.get(worksheet) else {
            return Ok(Vec::new());
        };
        let (name, is_hidden) = (name.clone(), *is_hidden);
        let (is_only_one, counts_from_1904) =
            (self.worksheets.len() == 1, self.xlsx.has_1904_epoch());
        let mut rows = self.rows(&name)?;
        let (mut possible, mut row) = (Vec::new(), WorksheetRow::default());
        while possible.len() < POSSIBLE_HEADINGS
            && let Some(line) = rows.next(&mut row, MAX_COLUMNS)?
        {
            let mut headings: Vec<String> =
                row.cells().map(|cell| cell.trim().to_owned()).collect();
            while headings.pop_if(|last| last.is_empty()).is_some() {}
            if headings.is_empty() {
                continue;
            }
            let mut sheet = Sheet::without_rows(headings, line);
            sheet.worksheet = Some(Worksheet {
                name: name.clone(),
                is_only_one,
                is_hidden,
                counts_from_1904,
                cells_beside: 0,
            });
            possible.push(sheet);
        }
        Ok(possible)
    }

    /// The table under `headings`, which [`possible_headings`](Self::possible_headings) gave. Rows
    /// that are blank under the headings are no rows.
    ///
    /// # Errors
    /// [`SheetError`] where the worksheet is damaged or larger than allowed.
    pub fn read(&mut self, headings: Sheet) -> Result<Sheet, SheetError> {
        let mut sheet = headings;
        let limits = self.limits;
        let worksheet = sheet.worksheet.as_ref();
        let name = worksheet.map_or("", |worksheet| &worksheet.name);
        let width = sheet.headings.len();
        let mut rows = self.rows(name)?;
        let (mut row, mut text, mut cells_beside) = (WorksheetRow::default(), String::new(), 0);
        while let Some(line) = rows.next(&mut row, width)? {
            if line <= sheet.heading_line {
                continue;
            }
            cells_beside += row.cells_beside;
            if row.cells().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            row.spans.resize(width, Span::default());
            if row.cells().map(str::trim).eq(&sheet.headings) {
                sheet.repeated_headings.push(line);
                continue;
            }
            let before = u32::try_from(text.len()).map_err(|_| limits.too_large())?;
            text.push_str(&row.text);
            limits.check_bytes(text.len())?;
            if sheet.rows.len() as u64 >= limits.max_rows(width) {
                return Err(limits.too_many_cells());
            }
            let moved = |span: &Span| Span {
                start: span.start + before,
                end: span.end + before,
            };
            sheet.rows.push(super::SheetRow {
                line,
                place: RowPlace::Kept(offset(sheet.kept_cells.len())),
            });
            sheet.kept_cells.extend(row.spans.iter().map(moved));
        }
        sheet.text = Arc::new(text);
        if let Some(worksheet) = &mut sheet.worksheet {
            worksheet.cells_beside = cells_beside;
        }
        Ok(sheet)
    }

    fn rows(&mut self, name: &str) -> Result<WorksheetRows<'_, 'a>, SheetError> {
        let limits = self.limits;
        let place = if self.worksheets.len() == 1 {
            String::new()
        } else {
            format!("the worksheet “{name}”, ")
        };
        let merged = if self.has_merged_cells {
            let merged = self.xlsx.merge_cells_by_sheet_name(name);
            merged.map_err(|error| explained(error, &place))?
        } else {
            Vec::new()
        };
        let cells = self
            .xlsx
            .worksheet_cells_reader(name)
            .map_err(|error| explained(error, &place))?;
        let are_percentages = cells.styles().iter().map(cell::is_percentage).collect();
        Ok(WorksheetRows {
            cells,
            merged: MergedCells::new(merged),
            are_percentages,
            waiting: None,
            is_at_end: false,
            line: 0,
            place,
            limits,
        })
    }
}

/// One row of a worksheet.
#[derive(Default)]
struct WorksheetRow {
    text: String,
    /// Where each cell is in `text`, up to the last that holds something.
    spans: Vec<Span>,
    /// How many cells hold something to the right of those that were asked for.
    cells_beside: u64,
}

impl WorksheetRow {
    fn cells(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().map(|span| span.of(&self.text))
    }

    fn set(&mut self, column: usize, start: usize) {
        if self.spans.len() <= column {
            self.spans.resize(column + 1, Span::default());
        }
        if let Some(span) = self.spans.get_mut(column) {
            *span = Span::new(start, self.text.len());
        }
    }
}

/// The rows of a worksheet that hold a cell, one after the other.
struct WorksheetRows<'w, 'b> {
    cells: XlsxCellReader<'w, Cursor<&'b [u8]>>,
    merged: MergedCells,
    /// By the number of a cell's style.
    are_percentages: Vec<bool>,
    /// The first cell of the next row.
    waiting: Option<WorksheetCell<'w>>,
    /// Whether the last cell was read; behind it the reader finds no worksheet.
    is_at_end: bool,
    /// The row that was read last, from 1.
    line: u32,
    /// How an error begins.
    place: String,
    limits: Limits,
}

/// A cell that holds something.
struct WorksheetCell<'w> {
    /// The row of the worksheet, from 1.
    line: u32,
    /// The column of the worksheet, from 0.
    column: usize,
    value: DataRef<'w>,
    is_percentage: bool,
}

impl<'w> WorksheetRows<'w, '_> {
    /// Reads the next row, of which the first `width` cells are wanted, and gives its line, from 1.
    fn next(&mut self, row: &mut WorksheetRow, width: usize) -> Result<Option<u32>, SheetError> {
        row.text.clear();
        row.spans.clear();
        row.cells_beside = 0;
        let mut next = match self.waiting.take() {
            None => self.next_cell()?,
            waiting => waiting,
        };
        let Some(line) = next.as_ref().map(|first| first.line) else {
            return Ok(None);
        };
        if line <= self.line {
            return Err(SheetError::Workbook(format!(
                "{}row {line} comes after row {}",
                self.place, self.line
            )));
        }
        self.line = line;
        while let Some(cell) = next {
            if cell.line != line {
                self.waiting = Some(cell);
                break;
            }
            if cell.column < width {
                let start = row.text.len();
                cell::print(&cell.value, cell.is_percentage, &mut row.text);
                if row.text.len() - start > MAX_CELL_BYTES {
                    return Err(SheetError::CellTooLarge { line });
                }
                self.limits.check_bytes(row.text.len())?;
                row.set(cell.column, start);
            } else {
                row.cells_beside += 1;
            }
            next = self.next_cell()?;
        }
        self.merged.fill(row, line, width);
        Ok(Some(line))
    }

    /// The next cell that holds something.
    fn next_cell(&mut self) -> Result<Option<WorksheetCell<'w>>, SheetError> {
        while !self.is_at_end {
            let next = self.cells.next_cell_with_style_id();
            let Some((cell, style)) = next.map_err(|error| {
                explained(error, &format!("{}after row {}, ", self.place, self.line))
            })?
            else {
                self.is_at_end = true;
                break;
            };
            let (row, column) = cell.get_position();
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            if row >= MAX_ROWS || column >= MAX_COLUMNS {
                return Err(SheetError::Workbook(format!(
                    "{}after row {}, a cell lies outside",
                    self.place, self.line
                )));
            }
            if !cell::is_blank(cell.get_value()) {
                let is_percentage = self.are_percentages.get(style).copied().unwrap_or_default();
                return Ok(Some(WorksheetCell {
                    line: row + 1,
                    column,
                    value: cell.get_value().clone(),
                    is_percentage,
                }));
            }
        }
        Ok(None)
    }
}

/// What bytes are that are no package.
fn what_else(bytes: &[u8]) -> SheetError {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return SheetError::Empty;
    }
    let start = bytes.get(..4096).unwrap_or(bytes);
    let is_text =
        !start.contains(&0) || start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]);
    match Format::of(bytes) {
        Some(format) => SheetError::OtherFormat(format),
        None if is_text => SheetError::OtherFormat(Format::Text),
        None => SheetError::Workbook("it is not packed as a workbook is".to_owned()),
    }
}

/// An error of the reader without the text that it may quote, which can be a person's.
fn explained(error: XlsxError, place: &str) -> SheetError {
    let what = match error {
        XlsxError::Password => return SheetError::OtherFormat(Format::Protected),
        XlsxError::Zip(_) | XlsxError::Io(_) => "a part cannot be unpacked",
        XlsxError::FileNotFound(_)
        | XlsxError::RelationshipNotFound
        | XlsxError::WorksheetNotFound(_) => "a part is missing",
        XlsxError::CellError(_) => "a cell holds an error that Excel does not have",
        XlsxError::Xml(_)
        | XlsxError::XmlAttr(_)
        | XlsxError::XmlEof(_)
        | XlsxError::Encoding(_) => "the XML is broken",
        _ => "something stands there that no workbook holds",
    };
    SheetError::Workbook(format!("{place}{what}"))
}

#[cfg(test)]
mod tests;
