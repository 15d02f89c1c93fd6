//! Finds an organisation's exports of a day in the drop folder, reads them, and says which layout
//! each has.
//!
//! Takes: an [`ExportRequest`]. Gives: an [`ExportSet`], in which every cell is still text.
//! Touches: reads the drop folder and the folder of layouts.

mod bytes;
mod drop_folder;
mod export;
mod layout;
mod shared;
mod unpacking;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

pub use export::Export;
pub use layout::{Field, Fit, Input, Layout, LayoutError, Layouts, Unit};
pub use shared::SharedExports;

use self::bytes::FileBytes;
use self::unpacking::{Kind, UnpackError, Unpacked, unpack};
use crate::domain::invisible::excerpt;
use crate::domain::{DateOrder, Finding, FindingCode, OrganisationCode, ReportDate, Severity};
use crate::settings::{ExportPattern, Exports as ExportSettings};
use crate::sheets::{Encoding, Limits, Sheet, SheetError, Workbook, fold_heading};

/// Rows at which tools cut a list unless they are told otherwise: Exchange's cmdlets at 1,000,
/// others at 10,000.
const ROWS_THAT_TOOLS_STOP_AT: [usize; 2] = [1_000, 10_000];

/// Bytes of a row, about.
const ROW: u64 = 150;

/// Which exports to read.
#[derive(Debug, Clone, Copy)]
pub struct ExportRequest<'a> {
    /// Where they lie.
    pub settings: &'a ExportSettings,
    /// What they may look like.
    pub layouts: &'a Layouts,
    /// The files that hold the rows of all organisations.
    pub shared: &'a SharedExports,
    /// Whose they are.
    pub organisation: &'a OrganisationCode,
    /// Of which day.
    pub date: ReportDate,
    /// Whether yesterday's sync-state export may come again unchanged: in mop-up, where nothing
    /// moves any more.
    pub may_repeat: bool,
}

/// The exports of one organisation and day.
#[derive(Debug, Default)]
pub struct ExportSet {
    /// The sync-state export: one file or several.
    pub sync_state: Vec<Export>,
    /// The failed-item export: one file or several.
    pub failed_items: Vec<Export>,
    /// The migration schedule; empty where the organisation has none, or none that can be used.
    pub schedule: Vec<Export>,
    /// What was found while reading. Where one holds the organisation, the exports are not all
    /// there.
    pub findings: Vec<Finding>,
    /// The files that were read, with the SHA-256 of their bytes in hexadecimal, by their paths
    /// below the drop folder; of a file of all organisations, of the cells of this one.
    pub digests: BTreeMap<String, String>,
}

/// Reads the exports of one organisation and day. What is missing or cannot be read is a finding,
/// not an error, since it concerns this organisation only.
#[must_use]
pub fn read(request: ExportRequest<'_>) -> ExportSet {
    let mut set = ExportSet::default();
    set.sync_state = read_input(
        request,
        Input::SyncState,
        &mut set.findings,
        &mut set.digests,
    );
    set.failed_items = read_input(
        request,
        Input::FailedItems,
        &mut set.findings,
        &mut set.digests,
    );
    let mut of_schedule = Vec::new();
    set.schedule = read_input(request, Input::Schedule, &mut of_schedule, &mut set.digests);
    // Of a file of all organisations: one that has no row in it has no schedule.
    set.schedule
        .retain(|export| export.is_whole_file() || export.height() > 0);
    if of_schedule
        .iter()
        .any(|finding| finding.severity == Severity::Hold)
    {
        set.schedule.clear();
    }
    set.findings
        .extend(of_schedule.into_iter().map(Finding::about_the_schedule));
    set
}

/// About how many bytes there are to read of one organisation and day, which tells a large one from
/// a small one. No file is opened; what is not found weighs nothing.
#[must_use]
pub fn weight(request: ExportRequest<'_>) -> u64 {
    let of_input = |input| match request.shared.of(input) {
        Some(shared) => shared
            .files
            .iter()
            .flat_map(|file| file.of(request.organisation))
            .map(|export| export.height() as u64 * ROW)
            .sum(),
        None => Source::of(input, request.settings, request.layouts).map_or(0, |source| {
            let pattern = source
                .pattern
                .path(Some(request.organisation), request.date);
            let files = drop_folder::find(&source.settings.folder, &pattern).unwrap_or_default();
            files
                .iter()
                .filter_map(|file| source.settings.folder.join(file).metadata().ok())
                .map(|file| file.len())
                .sum()
        }),
    };
    [Input::SyncState, Input::FailedItems]
        .into_iter()
        .map(of_input)
        .sum()
}

/// Where the files of an input are and how they are read, as the settings say.
#[derive(Clone, Copy)]
struct Source<'a> {
    input: Input,
    pattern: &'a ExportPattern,
    layout: Option<&'a str>,
    date_order: Option<DateOrder>,
    settings: &'a ExportSettings,
    layouts: &'a Layouts,
}

impl<'a> Source<'a> {
    /// `None` where the settings know no such files.
    fn of(input: Input, settings: &'a ExportSettings, layouts: &'a Layouts) -> Option<Self> {
        let (pattern, layout, date_order) = match input {
            Input::SyncState => (
                Some(&*settings.sync_state),
                &settings.sync_state_layout,
                settings.sync_state_date_order,
            ),
            Input::FailedItems => (
                Some(&*settings.failed_items),
                &settings.failed_items_layout,
                settings.failed_items_date_order,
            ),
            Input::Schedule => (
                settings.schedule.as_ref(),
                &settings.schedule_layout,
                settings.schedule_date_order,
            ),
        };
        Some(Self {
            input,
            pattern: pattern?,
            layout: layout.as_deref(),
            date_order,
            settings,
            layouts,
        })
    }
}

/// A file as it was read: whose rows it holds is not looked at.
#[derive(Debug)]
struct FileRead {
    /// Its path below the drop folder.
    file: String,
    digest: String,
    /// Its table, or the tables that are packed in it.
    exports: Vec<Export>,
    findings: Vec<Finding>,
    /// Whether it has the bytes of a file of the day before.
    is_repeated: bool,
}

fn read_input(
    request: ExportRequest<'_>,
    input: Input,
    findings: &mut Vec<Finding>,
    digests: &mut BTreeMap<String, String>,
) -> Vec<Export> {
    let Some(source) = Source::of(input, request.settings, request.layouts) else {
        return Vec::new();
    };
    let is_held_for_repeating = |file: &FileRead| file.is_repeated && !request.may_repeat;
    let mut exports = Vec::new();
    if let Some(shared) = request.shared.of(input) {
        findings.extend(shared.findings.iter().cloned());
        for file in &shared.files {
            if is_held_for_repeating(&file.read) {
                findings.push(repeated(&file.read.file));
            }
            findings.extend(file.read.findings.iter().cloned());
            let own = file.of(request.organisation);
            digests.insert(file.read.file.clone(), export::digest(&own));
            exports.extend(own);
        }
        return exports;
    }
    let files = match read_files(source, Some(request.organisation), request.date) {
        Ok(files) => files,
        Err(finding) => {
            findings.push(finding);
            return exports;
        }
    };
    for file in files {
        if is_held_for_repeating(&file) {
            findings.push(repeated(&file.file));
        }
        findings.extend(file.findings);
        digests.insert(file.file, file.digest);
        exports.extend(file.exports);
    }
    exports
}

fn repeated(file: &str) -> Finding {
    let message = "The export is yesterday's, byte for byte, under today's name: its figures are \
     old. Export it again.";
    Finding::new(FindingCode::ExportRepeated, message).in_file(file)
}

/// Reads the files of an input: those of one organisation, or of all together.
fn read_files(
    source: Source<'_>,
    organisation: Option<&OrganisationCode>,
    date: ReportDate,
) -> Result<Vec<FileRead>, Finding> {
    let pattern = source.pattern.path(organisation, date);
    let files = drop_folder::find(&source.settings.folder, &pattern)
        .map_err(|problem| Finding::new(FindingCode::FileUnreadable, problem.to_string()))?;
    // An organisation need not have a schedule.
    if files.is_empty() && source.input != Input::Schedule {
        let message = format!(
            "There is no {}: no file in the exports folder matches {pattern}. Export it, and run \
             this day again.",
            source.input.label()
        );
        return Err(Finding::new(FindingCode::FileMissing, message));
    }
    let yesterday = date
        .day()
        .pred_opt()
        .filter(|_| source.input == Input::SyncState);
    let yesterday = yesterday.map(|day| source.pattern.path(organisation, ReportDate::of(day)));
    Ok(files
        .into_iter()
        .map(|file| read_file(source, file, yesterday.as_deref()))
        .collect())
}

fn read_file(source: Source<'_>, file: String, yesterday: Option<&str>) -> FileRead {
    let mut read = FileRead {
        file,
        digest: String::new(),
        exports: Vec::new(),
        findings: Vec::new(),
        is_repeated: false,
    };
    let limits = source.settings.limits();
    let tables = bytes_of(&source.settings.folder.join(&read.file), limits).and_then(|file| {
        read.digest = file.digest;
        tables_in(&read.file, file.bytes, limits)
    });
    match tables {
        Ok(tables) => {
            read.is_repeated = yesterday.is_some_and(|pattern| {
                lies_there_too(source.settings, pattern, &read.file, &read.digest)
            });
            for table in tables {
                match read_table(table, source, &mut read.findings) {
                    Ok(export) => read.exports.push(export),
                    Err(finding) => read.findings.push(finding),
                }
            }
        }
        Err(finding) => read.findings.push(finding.in_file(&read.file)),
    }
    read
}

/// Whether a file that matches `pattern` has the bytes of `file`.
fn lies_there_too(settings: &ExportSettings, pattern: &str, file: &str, digest: &str) -> bool {
    let folder = &settings.folder;
    let size = |file: &str| {
        std::fs::metadata(folder.join(file))
            .map(|metadata| metadata.len())
            .ok()
    };
    let others = drop_folder::find(folder, pattern).unwrap_or_default();
    let has_same_size = |other: &String| other != file && size(other) == size(file);
    let has_same_bytes = |other: String| bytes::has_digest(&folder.join(other), digest);
    others.into_iter().filter(has_same_size).any(has_same_bytes)
}

fn read_table(
    table: Unpacked,
    source: Source<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Export, Finding> {
    let fit = |sheet: &Sheet| source.layouts.detect(sheet, source.input, source.layout);
    let nearness = |sheet: &Sheet| source.layouts.nearness(sheet, source.input);
    let place = table.file.clone();
    let (sheet, others) = sheet_of(
        table,
        source.settings.limits(),
        |sheet| fit(sheet).is_ok(),
        nearness,
    )
    .map_err(|finding| finding.in_file(place.clone()))?;
    let file = place_of(&place, &sheet);
    if let Some(line) = sheet.cut_off_at {
        let message = "The file ends in the middle of a row: the export was cut off and its \
         figures are incomplete. Export it again.";
        return Err(Finding::new(FindingCode::FileTruncated, message)
            .in_file(file)
            .at_line(line));
    }
    let fit = fit(&sheet).map_err(|problem| {
        let finding = Finding::new(FindingCode::LayoutUnknown, problem.to_string()).in_file(&file);
        if sheet.worksheet.is_some() {
            finding.at_line(sheet.heading_line)
        } else {
            finding
        }
    })?;
    for other in others {
        let message = "This worksheet has the headings of an export too, and was not read: only \
         the first such worksheet is. Move its rows there, or save it as a file of its own.";
        findings.push(
            Finding::new(FindingCode::WorksheetUnread, message)
                .in_file(place_of(&place, &other))
                .at_line(other.heading_line),
        );
    }
    if let [first, ..] = sheet.repeated_headings.as_slice() {
        let rows = if sheet.repeated_headings.len() == 1 {
            "once more".to_owned()
        } else {
            format!("{} more times", sheet.repeated_headings.len())
        };
        let message = format!(
            "The headings stand {rows}, as where exports were joined. Those lines are no rows, and \
             were passed over."
        );
        findings.push(
            Finding::new(FindingCode::HeadingsRepeated, message)
                .in_file(&file)
                .at_line(*first),
        );
    }
    if let Some(beside) = sheet
        .worksheet
        .as_ref()
        .map(|worksheet| worksheet.cells_beside)
        .filter(|beside| *beside > 0)
    {
        let cells = if beside == 1 {
            "One cell stands".to_owned()
        } else {
            format!("{beside} cells stand")
        };
        let message = format!(
            "{cells} to the right of the last heading, and were not read. If they matter, give \
             them headings."
        );
        findings.push(Finding::new(FindingCode::ColumnUnused, message).in_file(&file));
    }

    let assumed = match sheet.encoding {
        Some(Encoding::Windows1252) => Some(
            "The file is neither marked nor valid as Unicode and was read as Windows-1252. If \
             names look wrong, export it as UTF-8.",
        ),
        Some(Encoding::MixedByLine) => Some(
            "Some lines of the file are UTF-8 and others are not; those were read as Windows-1252. \
             That comes of appending to an export: if names look wrong, export it anew.",
        ),
        _ => None,
    };
    if let Some(message) = assumed {
        findings.push(Finding::new(FindingCode::EncodingAssumed, message).in_file(&file));
    }
    if ROWS_THAT_TOOLS_STOP_AT.contains(&sheet.height()) {
        let message = format!(
            "The export has exactly {} rows, where some tools stop by themselves. Check that it is \
             complete.",
            sheet.height()
        );
        findings.push(Finding::new(FindingCode::RowsAtLimit, message).in_file(&file));
    }
    let names = [Field::DisplayName, Field::User]
        .into_iter()
        .find_map(|field| fit.columns.get(&field));
    // Exports in ASCII have question marks in place of letters; where text was decoded wrongly
    // before, U+FFFD stands.
    let lost = if sheet.is_ascii() {
        '?'
    } else {
        char::REPLACEMENT_CHARACTER
    };
    let has_lost_letters = |column: usize| {
        sheet.text().contains(lost)
            && (0..sheet.height()).any(|row| sheet.cell(row, column).contains(lost))
    };
    if let Some(&column) = names.filter(|column| has_lost_letters(**column)) {
        let message = "Names have question marks in place of characters, which were lost when the \
         file was written. Export it with -Encoding UTF8.";
        findings.push(
            Finding::new(FindingCode::LettersLost, message)
                .in_file(&file)
                .at_column(number(column)),
        );
    }
    let mut unused = String::new();
    for &column in &fit.unused {
        let heading = sheet.headings().get(column).map_or("", String::as_str);
        if fold_heading(heading) == "password" {
            let message = "The export has a column of passwords. It was not read; remove it from \
             the export, and change those passwords.";
            findings.push(
                Finding::new(FindingCode::PasswordColumn, message)
                    .in_file(&file)
                    .at_column(number(column)),
            );
        } else if !heading.is_empty() {
            let heading: String = match heading {
                // What slipped among the headings from a row.
                address if address.contains('@') => "(an address)".to_owned(),
                heading => excerpt(heading, 60),
            };
            let _ = write!(
                unused,
                "{}“{heading}”",
                if unused.is_empty() { "" } else { ", " }
            );
        }
    }
    if !unused.is_empty() {
        findings.push(
            Finding::new(
                FindingCode::ColumnUnused,
                format!("These columns are not used: {unused}."),
            )
            .in_file(&file),
        );
    }
    Ok(Export::new(file, sheet, fit, source.date_order))
}

/// The tables in the file at `path`, packed or not, whatever their layout; each with the name of
/// its file. Of a workbook the first worksheet that has a layout, or that comes nearest to one.
///
/// # Errors
/// A [`Finding`] without a file: the file cannot be read, or holds no table.
pub fn open(path: &Path, layouts: &Layouts) -> Result<Vec<(String, Sheet)>, Finding> {
    let limits = Limits::default();
    let tables = tables_in(
        &path.to_string_lossy(),
        bytes_of(path, limits)?.bytes,
        limits,
    )?;
    let nearness = |sheet: &Sheet| {
        Input::ALL
            .map(|input| layouts.nearness(sheet, input))
            .into_iter()
            .max()
    };
    let opened = tables.into_iter().map(|table| {
        let file = table.file.clone();
        let (sheet, _) = sheet_of(
            table,
            limits,
            |sheet| layouts.explain(sheet).is_ok(),
            nearness,
        )?;
        Ok((place_of(&file, &sheet), sheet))
    });
    opened.collect()
}

/// A file, which is not read where it is more than can be used.
fn bytes_of(path: &Path, limits: Limits) -> Result<FileBytes, Finding> {
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

fn tables_in(file: &str, bytes: Vec<u8>, limits: Limits) -> Result<Vec<Unpacked>, Finding> {
    unpack(file, bytes, limits.max_unpacked_mib.into())
        .map_err(|error| Finding::new(FindingCode::FileUnreadable, error.to_string()))
}

/// The table of a file. In a workbook that is the first row, among the first ones of each worksheet
/// in turn, that `fits`, with what is below it; or else the one of most `nearness`. With it, of
/// other worksheets that fit, the headings.
fn sheet_of<N: Ord>(
    table: Unpacked,
    limits: Limits,
    fits: impl Fn(&Sheet) -> bool,
    nearness: impl Fn(&Sheet) -> N,
) -> Result<(Sheet, Vec<Sheet>), Finding> {
    let read = || match table.kind {
        Kind::Delimited => Ok((
            Sheet::from_delimited_within(table.bytes, limits)?,
            Vec::new(),
        )),
        Kind::Workbook => {
            let mut workbook = Workbook::open(&table.bytes, limits)?;
            let mut fitting: Vec<Sheet> = Vec::new();
            let mut nearest: Option<Sheet> = None;
            for worksheet in 0..workbook.worksheets() {
                // What is behind the one that is read may be damaged.
                let possible = match workbook.possible_headings(worksheet) {
                    Err(_) if !fitting.is_empty() => Vec::new(),
                    possible => possible?,
                };
                for headings in possible {
                    if fits(&headings) {
                        fitting.push(headings);
                        break;
                    }
                    if nearest
                        .as_ref()
                        .is_none_or(|nearest| nearness(&headings) > nearness(nearest))
                    {
                        nearest = Some(headings);
                    }
                }
            }
            let mut fitting = fitting.into_iter();
            let headings = fitting.next().or(nearest).ok_or(SheetError::Empty)?;
            Ok((workbook.read(headings)?, fitting.collect()))
        }
    };
    read().map_err(|error: SheetError| {
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

/// Where a table is: its file, and its worksheet where the file has several.
fn place_of(file: &str, sheet: &Sheet) -> String {
    match &sheet.worksheet {
        Some(worksheet) if !worksheet.is_only_one => {
            let name = excerpt(&worksheet.name, 31);
            format!("{file} (worksheet “{name}”)")
        }
        _ => file.to_owned(),
    }
}

/// The number of a column or line, from 1, of one counted from 0.
fn number(position: usize) -> u32 {
    u32::try_from(position + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
