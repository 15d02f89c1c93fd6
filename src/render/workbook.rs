//! Workbooks: every sheet some lines of text and one real Excel table.

mod file;
mod frame;
mod looks;
mod recall;
mod rows;
mod texts;
mod widths;

use std::collections::HashSet;

use chrono::NaiveTime;
use rust_xlsxwriter::{DocProperties, Format, Workbook as Document, XlsxError};

use file::PackingError;
use frame::Part;
use looks::Headings;
use rows::NOTHING;
use texts::readable;

use crate::report::{Cell, Workbook, WorkbookSheet};

/// Rows of an Excel sheet.
const EXCEL_ROWS: usize = 1_048_576;

/// Characters of a sheet's name.
const EXCEL_NAME: usize = 31;

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// A sheet has no columns.
    #[error("sheet {sheet} of {workbook} has no columns")]
    NoColumns {
        /// The workbook's file name.
        workbook: String,
        /// The sheet's name.
        sheet: String,
    },
    /// A row has more or fewer cells than there are columns.
    #[error(
        "sheet {sheet} of {workbook}, row {row} of its table: {cells} cells for {columns} columns"
    )]
    RowWidth {
        /// The workbook's file name.
        workbook: String,
        /// The sheet's name.
        sheet: String,
        /// The row, from 1.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The columns of the sheet.
        columns: usize,
    },
    /// Excel does not allow it: a name of a sheet that is not valid or not unique, a heading twice.
    #[error("sheet {sheet} of {workbook} cannot be written")]
    Sheet {
        /// The workbook's file name.
        workbook: String,
        /// The sheet's name.
        sheet: String,
        /// What Excel does not allow.
        #[source]
        source: XlsxError,
    },
    /// The finished sheets do not make a document.
    #[error("{workbook} cannot be written")]
    File {
        /// The workbook's file name.
        workbook: String,
        /// Why not.
        #[source]
        source: XlsxError,
    },
    /// The rows do not fit into the document.
    #[error("{workbook} cannot be packed")]
    Packed {
        /// The workbook's file name.
        workbook: String,
        /// Why not.
        #[source]
        source: PackingError,
    },
}

/// Writes a workbook as xlsx. The same workbook gives the same bytes.
///
/// A sheet with more rows than Excel holds continues on “Users (2)”.
///
/// # Errors
/// [`WorkbookError`] for a sheet that Excel would not open.
pub(super) fn write(workbook: &Workbook) -> Result<Vec<u8>, WorkbookError> {
    write_within(workbook, EXCEL_ROWS)
}

fn write_within(workbook: &Workbook, most_rows: usize) -> Result<Vec<u8>, WorkbookError> {
    // An empty table still has its one row.
    let nothing: Vec<Vec<Vec<Cell>>> = workbook
        .sheets
        .iter()
        .map(|sheet| vec![row_of_nothing(sheet.columns.len())])
        .collect();
    let mut table_names = HashSet::new();
    let mut parts = Vec::new();
    for (sheet, nothing) in workbook.sheets.iter().zip(&nothing) {
        check(workbook, sheet)?;
        let above = sheet.introduction.len() + usize::from(!sheet.introduction.is_empty());
        let capacity = most_rows.saturating_sub(above + 1).max(1);
        let rows = if sheet.rows.is_empty() {
            nothing
        } else {
            &sheet.rows
        };
        for (place, rows) in rows.chunks(capacity).enumerate() {
            let name = part_name(&sheet.name, place);
            let table_name = table_name(&name, &mut table_names);
            parts.push(Part::new(sheet, rows, name, table_name, &workbook.title));
        }
    }
    let frame = frame(workbook, &parts)?;
    file::fill(&frame, &parts).map_err(|source| WorkbookError::Packed {
        workbook: workbook.file_name.clone(),
        source,
    })
}

/// The document without the rows of its tables. Those are written by ourselves: rust_xlsxwriter
/// takes six times as long, most of it to compare the look of each cell with those before, and
/// shows text that begins with `<r>` as something else.
fn frame(workbook: &Workbook, parts: &[Part<'_>]) -> Result<Vec<u8>, WorkbookError> {
    let in_file = |source| WorkbookError::File {
        workbook: workbook.file_name.clone(),
        source,
    };
    let mut document = Document::new();
    // It is unpacked at once.
    document.set_zip_compression_level(1);
    document
        .set_default_format(
            &Format::new().set_font_name("Arial").set_font_size(10),
            17,
            64,
        )
        .map_err(in_file)?;
    // Seven in the morning, when reports are read; the clock would make each file another.
    let created = workbook
        .created
        .day()
        .and_time(NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default())
        .and_utc();
    let author = readable(&workbook.author);
    let properties = DocProperties::new()
        .set_title(readable(&workbook.title))
        .set_subject(readable(&workbook.subject));
    document.set_properties(
        &properties
            .set_author(author.as_ref())
            .set_company(author.as_ref())
            .set_creation_datetime(&created),
    );
    let headings = Headings::new();
    for part in parts {
        let in_sheet = |source| WorkbookError::Sheet {
            workbook: workbook.file_name.clone(),
            sheet: part.name().to_owned(),
            source,
        };
        part.write_frame(document.add_worksheet(), &headings)
            .map_err(in_sheet)?;
    }
    document.save_to_buffer().map_err(in_file)
}

fn row_of_nothing(columns: usize) -> Vec<Cell<'static>> {
    (0..columns)
        .map(|place| Cell::Word(if place == 0 { "None" } else { NOTHING }))
        .collect()
}

fn check(workbook: &Workbook, sheet: &WorkbookSheet) -> Result<(), WorkbookError> {
    let (workbook, name, columns) = (
        workbook.file_name.clone(),
        sheet.name.clone(),
        sheet.columns.len(),
    );
    if columns == 0 {
        return Err(WorkbookError::NoColumns {
            workbook,
            sheet: name,
        });
    }
    match sheet
        .rows
        .iter()
        .enumerate()
        .find(|(_, row)| row.len() != columns)
    {
        Some((place, row)) => Err(WorkbookError::RowWidth {
            workbook,
            sheet: name,
            row: place + 1,
            cells: row.len(),
            columns,
        }),
        None => Ok(()),
    }
}

/// `Users`, then `Users (2)`.
fn part_name(sheet: &str, place: usize) -> String {
    if place == 0 {
        return sheet.to_owned();
    }
    let number = format!(" ({})", place + 1);
    let kept: String = sheet.chars().take(EXCEL_NAME - number.len()).collect();
    format!("{}{number}", kept.trim_end())
}

/// `Failed_items_table`: letters, digits and underscores, and never like a cell's address.
fn table_name(sheet: &str, taken: &mut HashSet<String>) -> String {
    let words: Vec<&str> = sheet
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let begins = if words
        .first()
        .is_some_and(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()))
    {
        ""
    } else {
        "_"
    };
    let stem = format!("{begins}{}_table", words.join("_"));
    let mut name = stem.clone();
    let mut number = 2;
    while !taken.insert(name.to_ascii_lowercase()) {
        name = format!("{stem}_{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests;
