//! Finds an organisation's exports of a day in the drop folder, reads them, and says which layout each has.
//!
//! Takes: an [`ExportRequest`]. Gives: an [`ExportSet`], in which every cell is still text.
//! Touches: reads the drop folder and the folder of layouts.

mod drop_folder;
mod layout;
mod unpacking;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use layout::{DateOrder, Field, Fit, Input, Layout, LayoutError, Layouts, Unit};

use self::unpacking::{Kind, Unpacked, unpack};
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate};
use crate::settings::{DEFAULT_MAX_UNPACKED_MIB, Exports as ExportSettings};
use crate::sheets::{Encoding, MisshapenRow, Sheet, fold_heading};

/// Rows at which tools cut a list unless they are told otherwise: Exchange's cmdlets at 1,000, others at 10,000.
const ROWS_THAT_TOOLS_STOP_AT: [usize; 2] = [1_000, 10_000];

/// Which exports to read.
#[derive(Debug, Clone, Copy)]
pub struct ExportRequest<'a> {
    /// Where they lie.
    pub settings: &'a ExportSettings,
    /// What they may look like.
    pub layouts: &'a Layouts,
    /// Whose they are.
    pub organisation: &'a OrganisationCode,
    /// Of which day.
    pub date: ReportDate,
    /// Whether yesterday's sync-state export may come again unchanged: in mop-up, where nothing moves any more.
    pub may_repeat: bool,
}

/// The exports of one organisation and day.
#[derive(Debug)]
pub struct ExportSet {
    /// The sync-state export: one file or several.
    pub sync_state: Vec<Export>,
    /// The failed-item export: one file or several.
    pub failed_items: Vec<Export>,
    /// What was found while reading. Where one holds the organisation, the exports are not all there.
    pub findings: Vec<Finding>,
    /// The files that were read, with the SHA-256 of their bytes in hexadecimal, by their paths below the drop folder.
    pub digests: BTreeMap<String, String>,
}

/// One file, laid out.
#[derive(Debug)]
pub struct Export {
    /// Its path below the drop folder, with `/` between folders.
    pub file: String,
    /// What its headings mean.
    pub layout: Arc<Layout>,
    /// Its cells.
    pub sheet: Sheet,
    fit: Fit,
}

impl Export {
    /// The column that holds `field`, from 0; `None` where the export does not have it.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<usize> {
        self.fit.columns.get(&field).copied()
    }

    /// The columns, from 0, of which the first that is not blank counts where the cell of `field` itself is.
    #[must_use]
    pub fn columns_where_blank(&self, field: Field) -> &[usize] {
        self.fit.where_blank.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The columns, from 0, whose numbers add up to `field`; none where a column of its own holds it.
    #[must_use]
    pub fn columns_to_add(&self, field: Field) -> &[usize] {
        self.fit.sums.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The field in each cell of a row that the tool writes shorter than its headings; `None` for a bad row.
    #[must_use]
    pub fn short_row(&self, row: &MisshapenRow) -> Option<Vec<Option<Field>>> {
        self.layout.short_row(&self.sheet, row)
    }
}

/// Reads the exports of one organisation and day. What is missing or cannot be read is a finding, not an error, since
/// it concerns this organisation only.
#[must_use]
pub fn read(request: ExportRequest<'_>) -> ExportSet {
    let mut set = ExportSet { sync_state: Vec::new(), failed_items: Vec::new(), findings: Vec::new(), digests: BTreeMap::new() };
    set.sync_state = read_input(request, Input::SyncState, &mut set.findings, &mut set.digests);
    set.failed_items = read_input(request, Input::FailedItems, &mut set.findings, &mut set.digests);
    set
}

fn read_input(
    request: ExportRequest<'_>,
    input: Input,
    findings: &mut Vec<Finding>,
    digests: &mut BTreeMap<String, String>,
) -> Vec<Export> {
    let (pattern, layout_name) = match input {
        Input::SyncState => (&request.settings.sync_state, &request.settings.sync_state_layout),
        Input::FailedItems => (&request.settings.failed_items, &request.settings.failed_items_layout),
    };
    let pattern =
        |day: ReportDate| pattern.as_str().replace("{organisation}", request.organisation.as_str()).replace("{date}", &day.to_string());
    let yesterday = request.date.day().pred_opt().map(|day| pattern(ReportDate::of(day)));
    let pattern = pattern(request.date);
    let files = match drop_folder::find(&request.settings.folder, &pattern) {
        Ok(files) if files.is_empty() => {
            findings.push(Finding::new(
                FindingCode::FileMissing,
                format!(
                    "There is no {} export: no file in the exports folder matches {pattern}. Export it, and run this day again.",
                    input.label()
                ),
            ));
            return Vec::new();
        }
        Ok(files) => files,
        Err(problem) => {
            findings.push(Finding::new(FindingCode::FileUnreadable, problem.to_string()));
            return Vec::new();
        }
    };
    let mut exports = Vec::new();
    for file in files {
        match read_file(request, &file) {
            Ok((tables, digest)) => {
                let may_repeat = request.may_repeat || input != Input::SyncState;
                if !may_repeat && yesterday.as_deref().is_some_and(|pattern| lies_there_too(request, pattern, &file, &digest)) {
                    let message = "The export is yesterday's, byte for byte, under today's name: its figures are old. Export it again.";
                    findings.push(Finding::new(FindingCode::ExportRepeated, message).in_file(file.clone()));
                }
                digests.insert(file, digest);
                for table in tables {
                    let place = table.file.clone();
                    match read_table(table, input, request.layouts, layout_name.as_deref(), findings) {
                        Ok(export) => exports.push(export),
                        Err(finding) => findings.push(finding.in_file(place)),
                    }
                }
            }
            Err(finding) => findings.push(finding.in_file(file)),
        }
    }
    exports
}

/// The tables in a file, and the digest of its bytes as they lie there.
fn read_file(request: ExportRequest<'_>, file: &str) -> Result<(Vec<Unpacked>, String), Finding> {
    let bytes = bytes_of(&request.settings.folder.join(file))?;
    let digest = hexadecimal(&Sha256::digest(&bytes));
    Ok((tables_in(file, bytes, request.settings.max_unpacked_mib)?, digest))
}

/// Whether a file that matches `pattern` has the bytes of `file`.
fn lies_there_too(request: ExportRequest<'_>, pattern: &str, file: &str, digest: &str) -> bool {
    let folder = &request.settings.folder;
    let size = |file: &str| std::fs::metadata(folder.join(file)).map(|metadata| metadata.len()).ok();
    let others = drop_folder::find(folder, pattern).unwrap_or_default();
    let has_same_size = |other: &String| other != file && size(other) == size(file);
    let has_same_bytes =
        |other: String| std::fs::read(folder.join(other)).is_ok_and(|bytes| hexadecimal(&Sha256::digest(&bytes)) == digest);
    others.into_iter().filter(has_same_size).any(has_same_bytes)
}

fn read_table(
    table: Unpacked,
    input: Input,
    layouts: &Layouts,
    layout_name: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Result<Export, Finding> {
    let file = table.file.clone();
    let sheet = sheet_of(table)?;
    if let Some(line) = sheet.cut_off_at {
        let message = "The file ends in the middle of a row: the export was cut off and its figures are incomplete. Export it again.";
        return Err(Finding::new(FindingCode::FileTruncated, message).at_line(line));
    }
    let fit =
        layouts.detect(&sheet, input, layout_name).map_err(|problem| Finding::new(FindingCode::LayoutUnknown, problem.to_string()))?;

    let assumed = match sheet.encoding {
        Some(Encoding::Windows1252) => {
            Some("The file is neither marked nor valid as Unicode and was read as Windows-1252. If names look wrong, export it as UTF-8.")
        }
        Some(Encoding::MixedByLine) => Some(
            "Some lines of the file are UTF-8 and others are not; those were read as Windows-1252. That comes of appending to an export: if names look wrong, export it anew.",
        ),
        _ => None,
    };
    if let Some(message) = assumed {
        findings.push(Finding::new(FindingCode::EncodingAssumed, message).in_file(&file));
    }
    if ROWS_THAT_TOOLS_STOP_AT.contains(&sheet.height()) {
        let message =
            format!("The export has exactly {} rows, where some tools stop by themselves. Check that it is complete.", sheet.height());
        findings.push(Finding::new(FindingCode::RowsAtLimit, message).in_file(&file));
    }
    let names = [Field::DisplayName, Field::User].into_iter().find_map(|field| fit.columns.get(&field));
    let has_lost_letters = |column: usize| sheet.is_ascii() && (0..sheet.height()).any(|row| sheet.cell(row, column).contains('?'));
    if let Some(&column) = names.filter(|column| has_lost_letters(**column)) {
        let message =
            "Names have question marks and no accents: characters were lost when the file was written. Export it with -Encoding UTF8.";
        findings.push(Finding::new(FindingCode::LettersLost, message).in_file(&file).at_column(number(column)));
    }
    let mut unused = String::new();
    for &column in &fit.unused {
        let heading = sheet.headings().get(column).map_or("", String::as_str);
        if fold_heading(heading) == "password" {
            let message = "The export has a column of passwords. It was not read; remove it from the export, and change those passwords.";
            findings.push(Finding::new(FindingCode::PasswordColumn, message).in_file(&file).at_column(number(column)));
        } else if !heading.is_empty() {
            let heading: String = heading.chars().filter(|c| !c.is_control()).take(60).collect();
            let _ = write!(unused, "{}“{heading}”", if unused.is_empty() { "" } else { ", " });
        }
    }
    if !unused.is_empty() {
        findings.push(Finding::new(FindingCode::ColumnUnused, format!("These columns are not used: {unused}.")).in_file(&file));
    }
    Ok(Export { file, layout: Arc::clone(&fit.layout), sheet, fit })
}

/// The tables in the file at `path`, packed or not, whatever their layout; each with the name of its file.
///
/// # Errors
/// A [`Finding`] without a file: the file cannot be read, or holds no table.
pub fn open(path: &Path) -> Result<Vec<(String, Sheet)>, Finding> {
    let tables = tables_in(&path.to_string_lossy(), bytes_of(path)?, DEFAULT_MAX_UNPACKED_MIB)?;
    tables.into_iter().map(|table| Ok((table.file.clone(), sheet_of(table)?))).collect()
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Finding> {
    std::fs::read(path).map_err(|error| {
        Finding::new(
            FindingCode::FileUnreadable,
            format!("The file cannot be read: {error}. Check its permissions, and run this day again."),
        )
    })
}

fn tables_in(file: &str, bytes: Vec<u8>, max_unpacked_mib: u32) -> Result<Vec<Unpacked>, Finding> {
    unpack(file, bytes, max_unpacked_mib.into()).map_err(|error| Finding::new(FindingCode::FileUnreadable, error.to_string()))
}

fn sheet_of(table: Unpacked) -> Result<Sheet, Finding> {
    let sheet = match table.kind {
        Kind::Delimited => Sheet::from_delimited(table.bytes),
        Kind::Workbook => Sheet::from_workbook(&table.bytes),
    };
    sheet.map_err(|error| Finding::new(FindingCode::FileUnreadable, format!("No table can be read: {error}. Export it again.")))
}

/// The number of a column or line, from 1, of one counted from 0.
fn number(position: usize) -> u32 {
    u32::try_from(position + 1).unwrap_or(u32::MAX)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
