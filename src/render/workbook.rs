//! Workbooks: every sheet some lines of text and one real Excel table, written as the standard has
//! them (ECMA-376): its parts are few, and a library takes four to seven times as long for the
//! hundred million cells of a nation's day.

mod chart;
mod document;
mod namespaces;
mod package;
mod rows;
mod sheet;
mod styles;
mod texts;
mod widths;

use std::collections::HashSet;

use package::{Package, TooLarge};
use rows::NOTHING;
use sheet::{SheetPart, lines_above_headings};
use texts::SharedTexts;

use crate::report::{Cell, Workbook, WorkbookSheet};

/// Rows of an Excel sheet.
const EXCEL_ROWS: usize = 1_048_576;

/// Columns of an Excel sheet.
const EXCEL_COLUMNS: usize = 16_384;

/// Characters of a sheet's name.
const EXCEL_NAME: usize = 31;

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// Excel would not open it.
    #[error("sheet {sheet} of {workbook} {fault}")]
    Sheet {
        /// The workbook's file name.
        workbook: String,
        /// The sheet's name.
        sheet: String,
        /// What Excel does not allow.
        fault: SheetFault,
    },
    /// The parts do not fit into a file.
    #[error("{workbook} is larger than a zip file holds")]
    TooLarge {
        /// The workbook's file name.
        workbook: String,
    },
}

/// What Excel does not allow of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SheetFault {
    /// A table is at least one column wide, and no wider than a sheet.
    #[error("has no columns, or more than Excel")]
    Columns,
    /// Of 1 to 31 characters, and none of those that formulas need.
    #[error("has a name that Excel does not allow")]
    Name,
    /// Names of sheets differ by more than capitals.
    #[error("has the name of another")]
    SameName,
    /// Headings of a table differ by more than capitals.
    #[error("has a heading twice")]
    SameHeading,
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
        .map(|sheet| vec![row_of_nothing(sheet.columns().len())])
        .collect();
    let (mut names, mut table_names) = (HashSet::new(), HashSet::new());
    let mut parts = Vec::new();
    for (sheet, nothing) in workbook.sheets.iter().zip(&nothing) {
        let in_sheet = |fault| WorkbookError::Sheet {
            workbook: workbook.file_name.clone(),
            sheet: sheet.name.clone(),
            fault,
        };
        check(sheet).map_err(in_sheet)?;
        let above = lines_above_headings(sheet) + 1;
        let capacity = most_rows.saturating_sub(above).max(1);
        let rows = match sheet.rows.is_empty() {
            true => nothing,
            false => &sheet.rows,
        };
        for (place, rows) in rows.chunks(capacity).enumerate() {
            let name = part_name(&sheet.name, place);
            if !names.insert(name.to_lowercase()) {
                return Err(in_sheet(SheetFault::SameName));
            }
            let (table, file) = (table_name(&name, &mut table_names), &workbook.file_name);
            parts.push(SheetPart::new(sheet, rows, name, table, file));
        }
    }
    pack(workbook, &parts).map_err(|TooLarge| WorkbookError::TooLarge {
        workbook: workbook.file_name.clone(),
    })
}

/// Writes all parts of the file.
fn pack(workbook: &Workbook, sheets: &[SheetPart<'_>]) -> Result<Vec<u8>, TooLarge> {
    let (mut package, count) = (Package::new(), sheets.len());
    let charts = sheets.iter();
    let charts: Vec<_> = charts
        .map(|sheet| chart::parts_beside(sheet, sheets))
        .collect();
    let drawings = charts.iter().filter(|charts| !charts.is_empty()).count();
    let types = document::content_types(count, drawings, charts.iter().map(Vec::len).sum());
    package.add("[Content_Types].xml", &types)?;
    package.add("_rels/.rels", document::document_relations())?;
    package.add("docProps/app.xml", document::extended_properties(workbook))?;
    package.add("docProps/core.xml", document::core_properties(workbook))?;
    package.add("xl/workbook.xml", document::workbook(sheets))?;
    let relations = document::workbook_relations(count);
    package.add("xl/_rels/workbook.xml.rels", &relations)?;
    package.add("xl/theme/theme1.xml", document::THEME)?;
    package.add("xl/styles.xml", styles::xml())?;
    let (mut texts, mut xml) = (SharedTexts::default(), Vec::new());
    let (mut drawings, mut charts_before) = (0, 0);
    for ((number, sheet), charts) in (1..).zip(sheets).zip(&charts) {
        xml.clear();
        sheet.write(number, charts.len(), &mut texts, &mut xml);
        package.add(&format!("xl/worksheets/sheet{number}.xml"), &xml)?;
        let name = format!("xl/tables/table{number}.xml");
        package.add(&name, sheet.table(number))?;
        drawings += usize::from(!charts.is_empty());
        let drawing = (!charts.is_empty()).then_some(drawings);
        let name = format!("xl/worksheets/_rels/sheet{number}.xml.rels");
        package.add(&name, document::sheet_relations(number, drawing))?;
        if let Some(drawing) = drawing {
            add_charts(&mut package, drawing, charts_before + 1, sheet, charts)?;
            charts_before += charts.len();
        }
    }
    // Last: only now are all of them known.
    package.add("xl/sharedStrings.xml", texts.into_xml())?;
    package.finish()
}

/// Writes the charts of a sheet, from that number on, and the drawing that places them.
fn add_charts(
    package: &mut Package,
    drawing: usize,
    first: usize,
    sheet: &SheetPart<'_>,
    charts: &[(&'static str, String)],
) -> Result<(), TooLarge> {
    for (number, (_, chart)) in (first..).zip(charts) {
        package.add(&format!("xl/charts/chart{number}.xml"), chart)?;
    }
    let titles: Vec<&str> = charts.iter().map(|(title, _)| *title).collect();
    let name = format!("xl/drawings/drawing{drawing}.xml");
    package.add(&name, chart::drawing(&titles, sheet))?;
    let name = format!("xl/drawings/_rels/drawing{drawing}.xml.rels");
    package.add(
        &name,
        document::drawing_relations(first..first + charts.len()),
    )
}

fn row_of_nothing(columns: usize) -> Vec<Cell<'static>> {
    (0..columns)
        .map(|place| Cell::Word(if place == 0 { "None" } else { NOTHING }))
        .collect()
}

fn check(sheet: &WorkbookSheet) -> Result<(), SheetFault> {
    let (name, columns) = (&sheet.name, sheet.columns().len());
    let is_fitting = (1..=EXCEL_NAME).contains(&name.encode_utf16().count());
    if !is_fitting || name.contains(['*', '?', ':', '[', ']', '\\', '/', '\'']) {
        return Err(SheetFault::Name);
    }
    if !(1..=EXCEL_COLUMNS).contains(&columns) {
        return Err(SheetFault::Columns);
    }
    let mut headings = HashSet::new();
    let mut is_new = |heading: &str| headings.insert(heading.to_lowercase());
    if !sheet.columns().iter().all(|column| is_new(column.heading)) {
        return Err(SheetFault::SameHeading);
    }
    Ok(())
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
    let mut stem = format!("{}_table", words.join("_"));
    if words.is_empty() || !stem.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        stem.insert(0, '_');
    }
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
