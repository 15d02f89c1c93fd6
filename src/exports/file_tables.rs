//! The tables in a file: what their headings mean, and what is to be said of them.

use std::path::Path;

use super::bytes::{self, FileBytes};
use super::heading_search::{HeadingSearch, place_of};
use super::input_source::InputSource;
use super::layout::{Field, Fit, Input, Layouts};
use super::unpacking::{UnpackError, Unpacked, unpack};
use super::{Export, Label, remarks};
use crate::domain::{Finding, FindingCode};
use crate::sheets::{Encoding, Limits, MisshapenRow, Sheet, SheetError};

/// A file, which is not read where it is more than can be used.
pub(super) fn bytes_of(path: &Path, limits: Limits) -> Result<FileBytes, Finding> {
    let most = u64::from(limits.max_unpacked_mib) * 1024 * 1024;
    let problem = match bytes::read(path, most) {
        Ok(Some(file)) => return Ok(file),
        Ok(None) => UnpackError::TooLarge(limits.max_unpacked_mib.into()).to_string(),
        Err(error) => format!(
            "The file cannot be read: {error}. Check its permissions, wait until it is complete, and run this day \
             again."
        ),
    };
    Err(Finding::new(FindingCode::FileUnreadable, problem))
}

/// The tables that a file is, or that are packed in it.
pub(super) fn tables_in(
    file: &str,
    bytes: Vec<u8>,
    limits: Limits,
) -> Result<Vec<Unpacked>, Finding> {
    unpack(file, bytes, limits.max_unpacked_mib.into())
        .map_err(|error| Finding::new(FindingCode::FileUnreadable, error.to_string()))
}

/// The tables in the file at `path`, packed or not, whatever their layout; each with the name of
/// its file, and of a workbook those of all worksheets that are read as one. Where no row has the
/// headings of a layout, the one that comes nearest to them.
///
/// # Errors
/// A [`Finding`] without a file: the file cannot be read, or holds no table.
pub fn open(path: &Path, layouts: &Layouts) -> Result<Vec<(String, Sheet)>, Finding> {
    let limits = Limits::default();
    let bytes = bytes_of(path, limits)?.bytes;
    let headings = HeadingSearch {
        fit: |sheet: &Sheet| layouts.explain(sheet).ok(),
        nearness: |sheet: &Sheet| layouts.nearness(sheet, None),
    };
    let mut opened = Vec::new();
    for Unpacked { file, bytes } in tables_in(&path.to_string_lossy(), bytes, limits)? {
        let tables = headings.open(bytes, limits).map_err(no_table)?.tables;
        opened.extend(
            tables
                .into_iter()
                .map(|sheet| (place_of(&file, &sheet), sheet)),
        );
    }
    Ok(opened)
}

/// Reads a table whose layout is that of its input, from one worksheet or several, and adds what is
/// to be said of it to `findings`.
pub(super) fn read_table(
    table: Unpacked,
    source: InputSource<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Export>, Finding> {
    let detect = |sheet: &Sheet| source.layouts.detect(sheet, source.input, source.layout);
    let headings = HeadingSearch {
        fit: |sheet: &Sheet| detect(sheet).ok(),
        nearness: |sheet: &Sheet| source.layouts.nearness(sheet, Some(source.input)),
    };
    let packed_as = table.file;
    let opened = headings
        .open(table.bytes, source.settings.limits())
        .map_err(|error| match (&error, source.input) {
            (SheetError::Empty, Input::FailedItems) => nothing_listed(),
            _ => no_table(error),
        })
        .map_err(|finding| finding.in_file(&packed_as))?;
    findings.extend(opened.remarks(&packed_as));
    let are_joined = opened.tables.len() > 1;
    let mut exports = Vec::new();
    for mut sheet in opened.tables {
        let file = place_of(&packed_as, &sheet);
        if let Some(line) = sheet
            .cut_off_at
            .filter(|line| !ends_in_footer(&sheet, *line))
        {
            match source.input {
                // What people write by hand may end so, and each row of it counts by itself.
                Input::Decisions => findings.extend(broken_off(&sheet, &file, line)),
                _ => {
                    let is_utf16 = matches!(
                        sheet.encoding,
                        Some(Encoding::Utf16LittleEndian | Encoding::Utf16BigEndian)
                    );
                    let message = if is_utf16 {
                        "The file ends in the middle of a row: the export was cut off, or rows in \
                         another encoding were appended, and its figures are incomplete. Export it \
                         again into a new file."
                    } else {
                        "The file ends in the middle of a row: the export was cut off and its \
                         figures are incomplete. Export it again."
                    };
                    return Err(Finding::new(FindingCode::FileTruncated, message)
                        .in_file(file)
                        .at_line(line));
                }
            }
        }
        let mut fit = detect(&sheet).map_err(|problem| {
            let finding =
                Finding::new(FindingCode::LayoutUnknown, problem.to_string()).in_file(&file);
            match sheet.worksheet {
                Some(_) => finding.at_line(sheet.heading_line),
                None => finding,
            }
        })?;
        let remarks = remarks::of(&sheet, &fit).into_iter();
        findings.extend(remarks.map(|remark| remark.in_file(&file)));
        if are_joined && !fit.columns.contains_key(&Field::Collection) {
            name_collection(&mut sheet, &mut fit);
        }
        exports.push(Export::new(file, sheet, fit, source.date_order));
    }
    Ok(exports)
}

/// What is to be said of a log of decisions in which the row on `line` never ends; nothing where that
/// row is read as it is.
fn broken_off(sheet: &Sheet, file: &str, line: u32) -> Option<Finding> {
    let is_row = sheet.misshapen.last().is_some_and(|row| row.line == line);
    let message = "A quotation mark of this row is not closed: what follows it counts for nothing, and \
     the rows above count. Close it.";
    let finding = Finding::new(FindingCode::DecisionUnclear, message);
    (!is_row).then(|| finding.in_file(file).at_line(line))
}

/// Whether the row on `line`, which has no line end, is the last line of a report.
fn ends_in_footer(sheet: &Sheet, line: u32) -> bool {
    let last = sheet.misshapen.last().filter(|row| row.line == line);
    last.is_some_and(|row| is_footer(sheet, row))
}

/// Whether a row that has fewer cells than there are headings is a line at the end of a report, and
/// none of its table.
pub(super) fn is_footer(sheet: &Sheet, row: &MisshapenRow) -> bool {
    let cells = sheet.misshapen_cells(row).map(str::trim);
    let mut filled = cells.filter(|cell| !cell.is_empty());
    let label = filled.next().map(Label::of);
    label.is_some_and(|label| label.ends_report()) && filled.next().is_none()
}

/// Of worksheets that are one table without a column of collections, each is a collection: “a sheet
/// for each wave”. A name that the spreadsheet gave by itself says nothing.
fn name_collection(sheet: &mut Sheet, fit: &mut Fit) {
    let name = sheet
        .worksheet
        .as_ref()
        .map_or("", |worksheet| worksheet.name.trim());
    let number = name.to_lowercase();
    let number = number.trim_start_matches("sheet").trim();
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        let name = name.to_owned();
        let column = sheet.add_column("Worksheet", &name);
        fit.columns.insert(Field::Collection, column);
    }
}

/// What is to be said of an empty file of failed items: PowerShell writes one where nothing is left
/// to be written.
fn nothing_listed() -> Finding {
    let message = "No table can be read: the file is empty. Export it again; where no item failed, put \
     the headings into it, without rows.";
    Finding::new(FindingCode::FileUnreadable, message)
}

fn no_table(error: SheetError) -> Finding {
    let again = if error.says_what_to_do() {
        ""
    } else {
        " Export it again."
    };
    Finding::new(
        FindingCode::FileUnreadable,
        format!("No table can be read: {error}.{again}"),
    )
}
