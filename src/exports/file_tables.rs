//! The tables in a file, opened: which worksheet and row hold the headings, and what they mean.

use std::path::Path;

use super::bytes::{self, FileBytes};
use super::input_source::InputSource;
use super::layout::Layouts;
use super::unpacking::{TableFormat, UnpackError, Unpacked, unpack};
use super::{Export, remarks};
use crate::domain::invisible::excerpt;
use crate::domain::{Finding, FindingCode};
use crate::sheets::{Limits, OpenWorkbook, Sheet, SheetError};

/// A file, which is not read where it is more than can be used.
pub(super) fn bytes_of(path: &Path, limits: Limits) -> Result<FileBytes, Finding> {
    let most = u64::from(limits.max_unpacked_mib) * 1024 * 1024;
    let problem = match bytes::read(path, most) {
        Ok(Some(file)) => return Ok(file),
        Ok(None) => UnpackError::TooLarge(limits.max_unpacked_mib.into()).to_string(),
        Err(error) => format!(
            "The file cannot be read: {error}. Check its permissions, and run this day again."
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
/// its file. Of a workbook the first worksheet that has a layout, or that comes nearest to one.
///
/// # Errors
/// A [`Finding`] without a file: the file cannot be read, or holds no table.
pub fn open(path: &Path, layouts: &Layouts) -> Result<Vec<(String, Sheet)>, Finding> {
    let limits = Limits::default();
    let bytes = bytes_of(path, limits)?.bytes;
    let nearness = |sheet: &Sheet| layouts.nearness(sheet, None);
    let has_layout = |sheet: &Sheet| layouts.explain(sheet).is_ok();
    tables_in(&path.to_string_lossy(), bytes, limits)?
        .into_iter()
        .map(|table| {
            let file = table.file.clone();
            let (sheet, _) = open_table(table, limits, has_layout, nearness)?;
            Ok((place_of(&file, &sheet), sheet))
        })
        .collect()
}

/// Reads a table whose layout is that of its input, and adds what is to be said of it to
/// `findings`.
pub(super) fn read_table(
    table: Unpacked,
    source: InputSource<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Export, Finding> {
    let detect = |sheet: &Sheet| source.layouts.detect(sheet, source.input, source.layout);
    let nearness = |sheet: &Sheet| source.layouts.nearness(sheet, Some(source.input));
    let is_input = |sheet: &Sheet| detect(sheet).is_ok();
    let packed_as = table.file.clone();
    let (sheet, unread_ones) = open_table(table, source.settings.limits(), is_input, nearness)
        .map_err(|finding| finding.in_file(&packed_as))?;
    let file = place_of(&packed_as, &sheet);
    if let Some(line) = sheet.cut_off_at {
        let message = "The file ends in the middle of a row: the export was cut off and its \
         figures are incomplete. Export it again.";
        return Err(Finding::new(FindingCode::FileTruncated, message)
            .in_file(file)
            .at_line(line));
    }
    let fit = detect(&sheet).map_err(|problem| {
        let finding = Finding::new(FindingCode::LayoutUnknown, problem.to_string()).in_file(&file);
        match sheet.worksheet {
            Some(_) => finding.at_line(sheet.heading_line),
            None => finding,
        }
    })?;
    findings.extend(unread_ones.iter().map(|other| unread(&packed_as, other)));
    findings.extend(
        remarks::of(&sheet, &fit)
            .into_iter()
            .map(|remark| remark.in_file(&file)),
    );
    Ok(Export::new(file, sheet, fit, source.date_order))
}

fn unread(packed_as: &str, worksheet: &Sheet) -> Finding {
    let message = "This worksheet has the headings of an export too, and was not read: only the \
     first such worksheet is. Move its rows there, or save it as a file of its own.";
    Finding::new(FindingCode::WorksheetUnread, message)
        .in_file(place_of(packed_as, worksheet))
        .at_line(worksheet.heading_line)
}

/// Opens the table of a file. In a workbook that is the first row, among the first ones of each
/// worksheet in turn, that `fits`, with what is below it; or else the one of most `nearness`. With
/// it come the headings of a workbook's other worksheets that fit too.
fn open_table(
    table: Unpacked,
    limits: Limits,
    fits: impl Fn(&Sheet) -> bool,
    nearness: impl Fn(&Sheet) -> usize,
) -> Result<(Sheet, Vec<Sheet>), Finding> {
    let opened = match table.format {
        TableFormat::Delimited => {
            Sheet::from_delimited_within(table.bytes, limits).map(|sheet| (sheet, Vec::new()))
        }
        TableFormat::Workbook => open_workbook(&table.bytes, limits, fits, nearness),
    };
    opened.map_err(|error| {
        let again = if error.says_what_to_do() {
            ""
        } else {
            " Export it again."
        };
        Finding::new(
            FindingCode::FileUnreadable,
            format!("No table can be read: {error}.{again}"),
        )
    })
}

fn open_workbook(
    bytes: &[u8],
    limits: Limits,
    fits: impl Fn(&Sheet) -> bool,
    nearness: impl Fn(&Sheet) -> usize,
) -> Result<(Sheet, Vec<Sheet>), SheetError> {
    let mut workbook = OpenWorkbook::open(bytes, limits)?;
    let mut fitting: Vec<Sheet> = Vec::new();
    let mut nearest: Option<(usize, Sheet)> = None;
    for worksheet in 0..workbook.worksheets() {
        let possible = match workbook.possible_headings(worksheet) {
            // What is behind the one that is read may be damaged.
            Err(_) if !fitting.is_empty() => continue,
            possible => possible?,
        };
        for headings in possible {
            if fits(&headings) {
                fitting.push(headings);
                break;
            }
            let nearness = nearness(&headings);
            if nearest.as_ref().is_none_or(|(most, _)| nearness > *most) {
                nearest = Some((nearness, headings));
            }
        }
    }
    let mut fitting = fitting.into_iter();
    let headings = fitting.next().or(nearest.map(|(_, headings)| headings));
    let sheet = workbook.read(headings.ok_or(SheetError::Empty)?)?;
    Ok((sheet, fitting.collect()))
}

/// Where a table is: its file, and its worksheet where the file has several.
fn place_of(file: &str, sheet: &Sheet) -> String {
    match &sheet.worksheet {
        Some(worksheet) if !worksheet.is_only_one => {
            format!("{file} (worksheet “{}”)", excerpt(&worksheet.name, 31))
        }
        _ => file.to_owned(),
    }
}
