//! One file for all organisations, with a column that says whose each row is.

use std::collections::BTreeMap;

use super::export::OwnRows;
use super::file_tables::is_footer;
use super::input_files::{self, FileRead};
use super::input_source::InputSource;
use super::{Export, ExportSettings, Field, HEADINGS_CHANGED, Input, KnownCodes, Layouts, export};
use crate::domain::plural::{count_of, counted};
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate};
use crate::sheets::{MisshapenRow, RowFault};

/// The files of the inputs whose pattern has no `{organisation}`: read once, and split by
/// organisation. Where an input has no files, that concerns every organisation.
#[derive(Debug, Default)]
pub struct SharedExports(BTreeMap<Input, Result<Vec<SharedFile>, Finding>>);

/// A file, and whose its rows are.
#[derive(Debug)]
pub(super) struct SharedFile {
    /// Its tables are in `tables` instead.
    read: FileRead,
    tables: Vec<SharedTable>,
}

/// A table of a file, and the rows of each organisation; under `None` those that name nobody.
#[derive(Debug)]
struct SharedTable {
    export: Export,
    rows: BTreeMap<Option<OrganisationCode>, OwnRows>,
}

impl SharedExports {
    /// Reads every such file of a day. What is wrong with one is found by each organisation that
    /// asks for its rows.
    #[must_use]
    pub fn read(settings: &ExportSettings, layouts: &Layouts, date: ReportDate) -> Self {
        let sources = Input::ALL
            .into_iter()
            .filter_map(|input| InputSource::of(input, settings, layouts));
        let split = |file| SharedFile::split(file, settings);
        let shared = sources
            .filter(|source| source.pattern.is_shared())
            .map(|source| {
                let files = input_files::read(source, None, date);
                let files = files.map(|files| files.into_iter().map(split).collect());
                (source.input, files)
            });
        Self(shared.collect())
    }

    /// The files of an input; `None` where each organisation has its own.
    pub(super) fn of(&self, input: Input) -> Option<Result<&[SharedFile], &Finding>> {
        self.0.get(&input).map(Result::as_deref)
    }

    /// Rows that no organisation gets to see: they name none, or one that is not claimed. For the
    /// central team.
    #[must_use]
    pub fn unclaimed(&self, claims: &KnownCodes<'_>) -> Vec<Finding> {
        let files = self.0.values().flatten().flatten();
        files
            .flat_map(|file| &file.tables)
            .flat_map(|table| table.unclaimed(claims))
            .collect()
    }
}

impl SharedFile {
    fn split(mut read: FileRead, settings: &ExportSettings) -> Self {
        let mut tables = Vec::new();
        for export in std::mem::take(&mut read.exports) {
            let Some(column) = export.column(Field::Organisation) else {
                let message = "The file is everybody's, since its pattern in the settings has no \
                 {organisation}, and it has no column that says whose a row is. Add the column \
                 “Organisation Code”, or put {organisation} into the pattern.";
                let finding = Finding::new(FindingCode::LayoutUnknown, message);
                read.findings.push(finding.in_file(&export.file));
                continue;
            };
            let mut rows: BTreeMap<_, Vec<usize>> = BTreeMap::new();
            for row in 0..export.sheet.height() {
                let code = OrganisationCode::parse(export.sheet.cell(row, column)).ok();
                rows.entry(code).or_default().push(row);
            }
            let mut misshapen = misshapen_rows(&export, column, &rows);
            read.findings.extend(passed_over(&export, &mut rows));
            let of_nobody = misshapen.remove(&None).unwrap_or_default();
            let max_share = settings.max_bad_rows.fraction();
            read.findings
                .extend(whose_cannot_be_told(&export, &of_nobody, max_share));
            let mut own: BTreeMap<_, OwnRows> = BTreeMap::new();
            for (code, rows) in rows {
                own.entry(code).or_default().whole = rows.into();
            }
            for (code, rows) in misshapen {
                own.entry(code).or_default().misshapen = rows.into();
            }
            tables.push(SharedTable { export, rows: own });
        }
        Self { read, tables }
    }

    /// The rows of one organisation, table by table.
    pub(super) fn exports_of(&self, organisation: &OrganisationCode) -> Vec<Export> {
        let organisation = Some(organisation.clone());
        let own = |table: &SharedTable| {
            let rows = table.rows.get(&organisation).cloned();
            table.export.with_rows(rows.unwrap_or_default())
        };
        self.tables.iter().map(own).collect()
    }

    /// The file as if it held the rows of one organisation only.
    pub(super) fn of_organisation(&self, organisation: &OrganisationCode) -> FileRead {
        let mut read = self.read.clone();
        read.exports = self.exports_of(organisation);
        read.digest = export::digest(&read.exports);
        read
    }
}

impl SharedTable {
    fn unclaimed(&self, claims: &KnownCodes<'_>) -> Vec<Finding> {
        let sheet = &self.export.sheet;
        let column = self.export.column(Field::Organisation).unwrap_or_default();
        let mut findings = Vec::new();
        for (code, rows) in &self.rows {
            let none = "with no code of an organisation, the first of them here. Correct the \
                        export. Nobody is told of them.";
            let why = match code {
                Some(code) => claims.against(code, "leave it out"),
                None => Some(none.to_owned()),
            };
            let Some(why) = why else { continue };
            let first_whole = rows.whole.first().map(|row| sheet.line(*row));
            let first_misshapen = rows.misshapen.first().map(|row| row.line);
            let first = first_whole.into_iter().chain(first_misshapen).min();
            let rows = rows.whole.len() + rows.misshapen.len();
            let message = format!("{} {why}", count_of(rows, "row"));
            findings.push(
                Finding::new(FindingCode::OrganisationUnknown, message)
                    .in_file(&self.export.file)
                    .at_line(first.unwrap_or(sheet.heading_line))
                    .at_column(column + 1),
            );
        }
        findings
    }
}

/// Takes the rows away that are nobody's, since no address is in them: totals and titles have no
/// code. Says how many there were, and which hold headings that change what is below them.
fn passed_over(
    export: &Export,
    rows: &mut BTreeMap<Option<OrganisationCode>, Vec<usize>>,
) -> Vec<Finding> {
    let no_code = rows.remove(&None).unwrap_or_default();
    let has_address = |row: &usize| export.sheet.cells(*row).any(|cell| cell.contains('@'));
    let (of_nobody, others): (Vec<_>, Vec<_>) = no_code.into_iter().partition(has_address);
    if !of_nobody.is_empty() {
        rows.insert(None, of_nobody);
    }
    let Some(first) = others.first() else {
        return Vec::new();
    };
    let told = |code, message: String, row: usize| {
        let finding = Finding::new(code, message).in_file(&export.file);
        finding.at_line(export.sheet.line(row))
    };
    let message = format!(
        "{} without a code of an organisation and without an address, as totals and titles are, and \
         passed over; the first of them here.",
        counted(others.len(), "row is", "rows are"),
    );
    let mut findings = vec![told(FindingCode::RowsPassedOver, message, *first)];
    let begins_other_table = |row: &&usize| {
        let cells: Vec<&str> = export.sheet.cells(**row).collect();
        export.begins_other_table(&cells)
    };
    if let Some(row) = others.iter().find(begins_other_table) {
        let message = HEADINGS_CHANGED.to_owned();
        findings.push(told(FindingCode::HeadingsChanged, message, *row));
    }
    findings
}

/// The rows that are not as wide as the headings, by whose they are: the code in its column is one of
/// the file's, or written as codes are. What follows on the next line is the rest of such a row that
/// a line end broke in two.
fn misshapen_rows(
    export: &Export,
    column: usize,
    rows: &BTreeMap<Option<OrganisationCode>, Vec<usize>>,
) -> BTreeMap<Option<OrganisationCode>, Vec<MisshapenRow>> {
    let mut misshapen: BTreeMap<_, Vec<MisshapenRow>> = BTreeMap::new();
    let mut before: Option<(u32, OrganisationCode)> = None;
    for row in &export.sheet.misshapen {
        let from_end = match row.fault {
            RowFault::Cells(cells) => (column + cells).checked_sub(export.sheet.headings().len()),
            RowFault::TextAfterQuote(_) => None,
        };
        let cells = [Some(column), from_end].into_iter().flatten();
        let mut codes = cells.filter_map(|cell| {
            let cell = export.sheet.cell_before_fault(row, cell);
            let code = OrganisationCode::parse(cell).ok()?;
            let is_known = rows.contains_key(&Some(code.clone()));
            (is_known || (column == 0 && cell == code.as_str())).then_some(code)
        });
        let said = codes.next();
        let broken = before.take().filter(|(line, _)| row.line == line + 1);
        let code = said.or(broken.map(|(_, code)| code));
        before = code.clone().map(|code| (row.line, code));
        misshapen.entry(code).or_default().push(*row);
    }
    misshapen
}

/// What is to be said to everybody of rows that are not as wide as the headings and do not say whose
/// they are.
fn whose_cannot_be_told(
    export: &Export,
    misshapen: &[MisshapenRow],
    max_share: f64,
) -> Option<Finding> {
    let mut misshapen = misshapen.iter();
    let is_of_table = |row: &&MisshapenRow| !is_footer(&export.sheet, row);
    let first = misshapen.find(is_of_table)?;
    let rows = 1 + misshapen.filter(is_of_table).count();
    let message = format!(
        "{} of this file of all organisations without as many cells as there are headings, the \
         first of them here: whose that is cannot be told. Look for a missing or a surplus \
         delimiter.",
        count_of(rows, "row"),
    );
    #[allow(clippy::cast_precision_loss)] // rows stay far below 2^53
    let share = rows as f64 / (rows + export.sheet.height()) as f64;
    let (code, outcome) = if share > max_share {
        (
            FindingCode::TooManyBadRows,
            "More than are allowed: the figures would mislead.",
        )
    } else {
        (FindingCode::BadRow, "Set aside.")
    };
    Some(
        Finding::new(code, format!("{message} {outcome}"))
            .in_file(&export.file)
            .at_line(first.line),
    )
}
