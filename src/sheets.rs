//! Reads what people save as a table: delimited text in any encoding that PowerShell or Excel
//! leaves, and xlsx.
//!
//! Takes: the bytes of a file. Gives: a [`Sheet`]: headings, and every cell as the text that stands
//! in the file. Touches: nothing.

mod cells;
mod delimited;
mod encoding;
mod error;
mod format;
mod limits;
mod recognition;
mod workbook;

use std::sync::Arc;

pub use cells::Cells;
pub use delimited::OpenText;
pub use encoding::Encoding;
pub use error::SheetError;
pub use format::Format;
pub use limits::Limits;
pub use workbook::OpenWorkbook;

use cells::{RowPlace, Span, offset};

/// Rows of a table that may hold the headings: people put titles above them.
const POSSIBLE_HEADINGS: usize = 20;

/// A table as it stands in a file: a row of headings and rows of text.
///
/// Rows are numbered from 0; each knows the line of the file it starts on, from 1. Rows whose
/// number of cells is not that of the headings are kept apart as [`MisshapenRow`]s. Cells are
/// slices of one text, so that a table of millions of rows costs little more than its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    text: Arc<String>,
    headings: Vec<String>,
    rows: Vec<SheetRow>,
    /// The cells of rows whose [`RowPlace`] is here.
    kept_cells: Vec<Span>,
    /// The line on which the headings stand, from 1.
    pub heading_line: u32,
    /// Where in the text of a file that is no workbook they begin.
    heading_at: usize,
    /// The lines, from 1, on which the headings stand again, as in exports that were joined. These
    /// are no rows.
    pub repeated_headings: Vec<u32>,
    /// Where in a workbook it stands; `None` for delimited text.
    pub worksheet: Option<Worksheet>,
    /// What stands between the cells; `None` for a workbook.
    pub delimiter: Option<char>,
    /// How the bytes were read as text; `None` for a workbook.
    pub encoding: Option<Encoding>,
    /// Rows that are not as wide as the headings, in the order of the file.
    pub misshapen: Vec<MisshapenRow>,
    /// The line on which the last row starts, where the file ends in the middle of it: inside
    /// quotation marks, or with cells and the line end missing.
    pub cut_off_at: Option<u32>,
    /// Whether the last row lacks a line end, which alone is no fault.
    pub ends_without_line_end: bool,
}

/// A row that is not as wide as the headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MisshapenRow {
    /// The line it starts on, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub fault: RowFault,
    place: RowPlace,
}

/// A row as wide as the headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SheetRow {
    /// The line it starts on, from 1.
    line: u32,
    place: RowPlace,
}

/// What is wrong with a [`MisshapenRow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFault {
    /// It has this many cells, and not as many as the headings.
    Cells(usize),
    /// Text follows the closing quotation mark of the cell with this number, from 1.
    TextAfterQuote(usize),
}

/// Where in a workbook a table stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worksheet {
    /// The name on its tab.
    pub name: String,
    /// Whether the workbook has no other one.
    pub is_only_one: bool,
    /// Whether its tab is hidden.
    pub is_hidden: bool,
    /// Whether days are counted from 1904, as Excel for Macintosh did, and not from 1900.
    pub counts_from_1904: bool,
    /// How many cells to the right of the last heading hold something. They are not read.
    pub cells_beside: u64,
}

impl Sheet {
    /// Reads the bytes of a `.csv`, `.tsv` or `.txt`.
    ///
    /// Understands UTF-8 and UTF-16 with a byte order mark or without, else Windows-1252, also line
    /// by line; `,` `;` TAB and `|`; quoted cells with delimiters, line ends and doubled quotation
    /// marks; a `#TYPE` line of PowerShell and a `sep=` line of Excel before the headings; LF, CRLF
    /// and CR line ends. Blank lines are no rows.
    ///
    /// # Errors
    /// [`SheetError`] where there is no table to be seen, or more than [`Limits::default`] allows.
    pub fn from_delimited(bytes: Vec<u8>) -> Result<Self, SheetError> {
        Self::from_delimited_within(bytes, Limits::default())
    }

    /// The same within other limits.
    ///
    /// # Errors
    /// [`SheetError`] where there is no table to be seen, or more than `limits` allow.
    pub fn from_delimited_within(bytes: Vec<u8>, limits: Limits) -> Result<Self, SheetError> {
        let text = OpenText::open(bytes, limits)?;
        match text.possible_headings()?.into_iter().next() {
            Some(headings) => text.read(headings),
            None => Err(SheetError::Empty),
        }
    }

    /// Reads the first worksheet of an `.xlsx` that is not empty; its first row that is not blank
    /// holds the headings. [`OpenWorkbook`] chooses among worksheets and rows, and says how cells
    /// become text.
    ///
    /// # Errors
    /// [`SheetError`] where the workbook cannot be read, is empty, or holds more than
    /// [`Limits::default`] allows.
    pub fn from_workbook(bytes: &[u8]) -> Result<Self, SheetError> {
        let mut workbook = OpenWorkbook::open(bytes, Limits::default())?;
        for worksheet in 0..workbook.worksheets() {
            if let Some(headings) = workbook.possible_headings(worksheet)?.into_iter().next() {
                return workbook.read(headings);
            }
        }
        Err(SheetError::Empty)
    }

    /// The headings of a table whose rows are still to be read.
    fn without_rows(headings: Vec<String>, heading_line: u32) -> Self {
        Self {
            text: Arc::default(),
            headings,
            rows: Vec::new(),
            kept_cells: Vec::new(),
            heading_line,
            heading_at: 0,
            repeated_headings: Vec::new(),
            worksheet: None,
            delimiter: None,
            encoding: None,
            misshapen: Vec::new(),
            cut_off_at: None,
            ends_without_line_end: false,
        }
    }

    /// Adds a column to a table of a workbook, with the same text in every row. Gives its number,
    /// from 0.
    pub fn add_column(&mut self, heading: &str, text: &str) -> usize {
        let width = self.headings.len();
        let own_text = Arc::make_mut(&mut self.text);
        let start = own_text.len();
        own_text.push_str(text);
        let added = Span::new(start, own_text.len());
        let mut kept = Vec::with_capacity(self.rows.len() * (width + 1));
        for row in &mut self.rows {
            let first = offset(kept.len());
            if let RowPlace::Kept(at) = row.place {
                let cells = self.kept_cells.iter().skip(at as usize);
                kept.extend(cells.take(width).copied());
            }
            kept.resize(first as usize + width, Span::default());
            kept.push(added);
            row.place = RowPlace::Kept(first);
        }
        self.kept_cells = kept;
        self.headings.push(heading.to_owned());
        width
    }

    /// The headings, left to right, without surrounding blanks.
    #[must_use]
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// The number of well-shaped rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// The text that every cell is a slice of.
    #[must_use]
    pub fn text(&self) -> &Arc<String> {
        &self.text
    }

    /// Whether the file holds no character beyond ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.text.trim_start_matches('\u{FEFF}').is_ascii()
    }

    /// The line of the file on which `row` starts, from 1.
    #[must_use]
    pub fn line(&self, row: usize) -> u32 {
        self.rows.get(row).map_or(0, |row| row.line)
    }

    /// The cells of `row` exactly as in the file, left to right; none beyond the last row.
    #[must_use]
    pub fn cells(&self, row: usize) -> Cells<'_> {
        let (place, width) = self.rows.get(row).map_or((RowPlace::Kept(0), 0), |row| {
            (row.place, self.headings.len())
        });
        self.cells_at(place, width)
    }

    /// The text of a cell, without surrounding blanks; empty beyond the edge.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.raw_cell(row, column).trim()
    }

    /// The text of a cell exactly as in the file; empty beyond the edge.
    #[must_use]
    pub fn raw_cell(&self, row: usize, column: usize) -> &str {
        self.cells(row).nth(column).unwrap_or("")
    }

    /// The cells of a row that has fewer than there are headings, exactly as in the file; none of
    /// any other row.
    #[must_use]
    pub fn misshapen_cells(&self, row: &MisshapenRow) -> Cells<'_> {
        match row.fault {
            RowFault::Cells(cells) if cells < self.headings.len() => {
                self.cells_at(row.place, cells)
            }
            _ => self.cells_at(row.place, 0),
        }
    }

    /// The text of a cell of a row that has fewer cells than there are headings, without
    /// surrounding blanks; empty beyond the edge, and for any other row.
    #[must_use]
    pub fn misshapen_cell(&self, row: &MisshapenRow, cell: usize) -> &str {
        self.misshapen_cells(row).nth(cell).unwrap_or("").trim()
    }

    /// A cell of a row that is not as wide as the headings, without surrounding blanks; empty beyond
    /// the edge, and where quotation marks do not tell where it ends.
    #[must_use]
    pub fn cell_before_fault(&self, row: &MisshapenRow, cell: usize) -> &str {
        let readable = match row.fault {
            RowFault::Cells(cells) => cells,
            RowFault::TextAfterQuote(cell) => cell.saturating_sub(1),
        };
        let mut cells = self.cells_at(row.place, readable);
        cells.nth(cell).unwrap_or("").trim()
    }

    fn cells_at(&self, place: RowPlace, count: usize) -> Cells<'_> {
        Cells::new(&self.text, &self.kept_cells, place, self.delimiter, count)
    }

    /// A number in place of a date, as ISO 8601: what a date of a workbook is whose cell has lost
    /// the format of a date. `None` for delimited text, and for what is no day from 1970 to 9999: a
    /// small number is rather a count.
    #[must_use]
    pub fn date_of_serial(&self, text: &str) -> Option<String> {
        workbook::date_of_serial(text, self.worksheet.as_ref()?.counts_from_1904)
    }

    /// The column of a heading, compared without case, blanks and punctuation.
    #[must_use]
    pub fn column(&self, heading: &str) -> Option<usize> {
        let wanted = fold_heading(heading);
        self.headings
            .iter()
            .position(|heading| fold_heading(heading) == wanted)
    }
}

/// A heading in the form in which headings are compared: letters and digits in lower case, and `%`,
/// which tells a share from a count.
#[must_use]
pub fn fold_heading(heading: &str) -> String {
    let is_compared = |c: char| c.is_alphanumeric() || c == '%';
    if heading.is_ascii() {
        let mut folded = heading.to_ascii_lowercase();
        folded.retain(is_compared);
        return folded;
    }
    heading
        .chars()
        .filter(|c| is_compared(*c))
        .flat_map(char::to_lowercase)
        .collect()
}
