//! Workbooks: every sheet some lines of text and one real Excel table.

mod cells;
mod part;
mod widths;

use std::collections::HashSet;

use chrono::NaiveTime;
use rust_xlsxwriter::{DocProperties, Format, Workbook as Document, XlsxError};

use cells::{Formats, readable};
use part::Part;

use crate::report::{Workbook, WorkbookSheet};

/// What a sheet may hold.
struct Limits {
    /// Rows of an Excel sheet.
    rows: usize,
    /// Cells kept in memory, at about 300 bytes each. A sheet with more is spooled through an unnamed temporary file:
    /// 800,000 cells take 235 MB and 2.4 s in memory, 90 MB and 1.8 s spooled. Usual sheets never touch the disk.
    cells_in_memory: usize,
}

const LIMITS: Limits = Limits { rows: 1_048_576, cells_in_memory: 20_000 };

/// Of 9: half the time of the usual 6, for an eighth more bytes.
const COMPRESSION: u8 = 3;

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
    #[error("sheet {sheet} of {workbook}, row {row} of its table: {cells} cells for {columns} columns")]
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
    /// The finished sheets do not make a file.
    #[error("{workbook} cannot be written")]
    File {
        /// The workbook's file name.
        workbook: String,
        /// Why not.
        #[source]
        source: XlsxError,
    },
}

/// Writes a workbook as xlsx. The same workbook gives the same bytes.
///
/// A sheet with more rows than Excel holds continues on “Users (2)”.
///
/// # Errors
/// [`WorkbookError`] for a sheet that Excel would not open.
pub(super) fn write(workbook: &Workbook) -> Result<Vec<u8>, WorkbookError> {
    write_within(workbook, &LIMITS)
}

fn write_within(workbook: &Workbook, limits: &Limits) -> Result<Vec<u8>, WorkbookError> {
    let in_file = |source| WorkbookError::File { workbook: workbook.file_name.clone(), source };
    let mut document = Document::new();
    document.set_zip_compression_level(COMPRESSION);
    document.set_default_format(&Format::new().set_font_name("Arial").set_font_size(10), 17, 64).map_err(in_file)?;
    // Seven in the morning, when reports are read; the clock would make each file another.
    let created = workbook.created.day().and_time(NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default()).and_utc();
    let author = readable(&workbook.author);
    let properties = DocProperties::new().set_title(readable(&workbook.title)).set_subject(readable(&workbook.subject));
    document.set_properties(&properties.set_author(&author).set_company(&author).set_creation_datetime(&created));
    let formats = Formats::new();
    let mut table_names = HashSet::new();

    for sheet in &workbook.sheets {
        check(workbook, sheet)?;
        let above = sheet.introduction.len() + usize::from(!sheet.introduction.is_empty());
        let capacity = limits.rows.saturating_sub(above + 1).max(1);
        // An empty table still has its one row.
        let parts = sheet.rows.chunks(capacity).chain(sheet.rows.is_empty().then_some(sheet.rows.as_slice()));
        for (place, rows) in parts.enumerate() {
            let name = part_name(&sheet.name, place);
            let in_sheet = |source| WorkbookError::Sheet { workbook: workbook.file_name.clone(), sheet: name.clone(), source };
            // Not the mode that writes texts into the cells themselves: mail on an iPhone and Numbers on a Mac show those blank.
            let is_spooled = rows.len() * sheet.columns.len() > limits.cells_in_memory;
            let worksheet = if is_spooled { document.add_worksheet_with_low_memory().map_err(in_sheet)? } else { document.add_worksheet() };
            let table_name = table_name(&name, &mut table_names);
            let part = Part { sheet, name: &name, rows, table_name, title: &workbook.title, is_spooled };
            part.write(worksheet, &formats).map_err(in_sheet)?;
        }
    }
    document.save_to_buffer().map_err(in_file)
}

fn check(workbook: &Workbook, sheet: &WorkbookSheet) -> Result<(), WorkbookError> {
    let (workbook, name, columns) = (workbook.file_name.clone(), sheet.name.clone(), sheet.columns.len());
    if columns == 0 {
        return Err(WorkbookError::NoColumns { workbook, sheet: name });
    }
    match sheet.rows.iter().enumerate().find(|(_, row)| row.len() != columns) {
        Some((place, row)) => Err(WorkbookError::RowWidth { workbook, sheet: name, row: place + 1, cells: row.len(), columns }),
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
    let words: Vec<&str> = sheet.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let begins = if words.first().is_some_and(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic())) { "" } else { "_" };
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
