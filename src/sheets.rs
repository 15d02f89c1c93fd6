//! Reads what people save as a table: delimited text in any encoding that PowerShell or Excel leaves, and xlsx.
//!
//! Takes: the bytes of a file. Gives: a [`Sheet`]: headings, and every cell as the text that stands in the file.
//! Touches: nothing.

mod delimited;
mod encoding;
mod workbook;

pub use encoding::Encoding;

/// A table as it stands in a file: a row of headings and rows of text.
///
/// Rows are numbered from 0; each knows the line of the file it starts on, from 1. Rows whose number of cells is not
/// that of the headings are kept apart as [`MisshapenRow`]s. Cells are slices of one text, so that a table of millions
/// of rows costs little more than its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    text: String,
    headings: Vec<String>,
    cells: Vec<Span>,
    lines: Vec<u32>,
    /// The cells of rows that have fewer than there are headings.
    short_cells: Vec<Span>,
    /// What stands between the cells; `None` for a workbook.
    pub delimiter: Option<char>,
    /// How the bytes were read as text; `None` for a workbook.
    pub encoding: Option<Encoding>,
    /// Rows that are not as wide as the headings, in the order of the file.
    pub misshapen: Vec<MisshapenRow>,
    /// The line on which the last row starts, where the file ends in the middle of it: inside quotation marks, or with
    /// cells and the line end missing.
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
    /// Where its cells begin, where they are kept.
    short_cells_from: usize,
}

/// What is wrong with a [`MisshapenRow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFault {
    /// It has this many cells, and not as many as the headings.
    Cells(usize),
    /// Text follows the closing quotation mark of the cell with this number, from 1.
    TextAfterQuote(usize),
}

/// Why bytes are not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Nothing but blanks.
    #[error("the file is empty")]
    Empty,
    /// NUL characters in the text.
    #[error("the file is not text: line {line} holds a character that no text has")]
    NotText {
        /// From 1.
        line: u32,
    },
    /// Offsets are 32 bits.
    #[error("the file is {mebibytes} MiB, more than the 4,000 MiB that can be read: export it in parts")]
    TooLarge {
        /// Its size.
        mebibytes: u64,
    },
    /// The same heading on two columns, which would make the choice between them a guess.
    #[error("line {line}: columns {first} and {second} have the same heading")]
    HeadingTwice {
        /// Of the headings, from 1.
        line: u32,
        /// From 1.
        first: usize,
        /// From 1.
        second: usize,
    },
    /// The workbook's own format is broken, or it is protected by a password.
    #[error("the workbook cannot be opened: {0}")]
    Workbook(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

impl Sheet {
    /// Reads the bytes of a `.csv`, `.tsv` or `.txt`.
    ///
    /// Understands UTF-8 and UTF-16 with a byte order mark or without, else Windows-1252, also line by line; `,` `;` TAB and `|`;
    /// quoted cells with delimiters, line ends and doubled quotation marks; a `#TYPE` line of PowerShell and a `sep=`
    /// line of Excel before the headings; LF, CRLF and CR line ends. Blank lines are no rows.
    ///
    /// # Errors
    /// [`SheetError`] where there is no table to be seen.
    pub fn from_delimited(bytes: Vec<u8>) -> Result<Self, SheetError> {
        let mebibytes = bytes.len() as u64 / (1024 * 1024);
        if mebibytes > 4_000 {
            return Err(SheetError::TooLarge { mebibytes });
        }
        let (text, encoding) = encoding::decode(bytes);
        delimited::split(text, Some(encoding))
    }

    /// Reads the first worksheet of an `.xlsx`; dates and numbers become text as ISO 8601 and plain decimals.
    ///
    /// # Errors
    /// [`SheetError`] where the workbook cannot be opened or its first worksheet is empty.
    pub fn from_workbook(bytes: &[u8]) -> Result<Self, SheetError> {
        workbook::read(bytes)
    }

    /// The headings, left to right, without surrounding blanks.
    #[must_use]
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// The number of well-shaped rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    /// Whether the file holds no character beyond ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    /// The line of the file on which `row` starts, from 1.
    #[must_use]
    pub fn line(&self, row: usize) -> u32 {
        self.lines.get(row).copied().unwrap_or(0)
    }

    /// The text of a cell, without surrounding blanks; empty beyond the edge.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.raw_cell(row, column).trim()
    }

    /// The text of a cell exactly as in the file; empty beyond the edge.
    #[must_use]
    pub fn raw_cell(&self, row: usize, column: usize) -> &str {
        if column >= self.headings.len() {
            return "";
        }
        let span = self.cells.get(row * self.headings.len() + column);
        span.and_then(|span| self.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// The text of a cell of a row that has fewer cells than there are headings, without surrounding blanks; empty
    /// beyond the edge, and for any other row.
    #[must_use]
    pub fn misshapen_cell(&self, row: &MisshapenRow, cell: usize) -> &str {
        let RowFault::Cells(cells) = row.fault else { return "" };
        if cell >= cells || cells >= self.headings.len() {
            return "";
        }
        let span = self.short_cells.get(row.short_cells_from + cell);
        span.and_then(|span| self.text.get(span.start as usize..span.end as usize)).unwrap_or("").trim()
    }

    /// The column of a heading, compared without case, blanks and punctuation.
    #[must_use]
    pub fn column(&self, heading: &str) -> Option<usize> {
        let wanted = fold_heading(heading);
        self.headings.iter().position(|heading| fold_heading(heading) == wanted)
    }
}

/// A heading in the form in which headings are compared: letters and digits in lower case, and `%`, which
/// tells a share from a count.
#[must_use]
pub fn fold_heading(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric() || *c == '%').flat_map(char::to_lowercase).collect()
}

/// Refuses a heading that stands on two columns.
fn refuse_repeated_headings(headings: &[String], line: u32) -> Result<(), SheetError> {
    let mut seen = std::collections::HashMap::new();
    for (column, heading) in headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
        if let Some(first) = seen.insert(fold_heading(heading), column + 1) {
            return Err(SheetError::HeadingTwice { line, first, second: column + 1 });
        }
    }
    Ok(())
}
