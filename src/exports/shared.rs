//! One file for all organisations, with a column that says whose each row is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::input_files::{self, FileRead, InputSource};
use super::{Export, ExportSettings, Field, Input, Layouts, number};
use crate::domain::plural::count_of;
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate};

/// The files of the inputs whose pattern has no `{organisation}`: read once, and split by
/// organisation.
#[derive(Debug, Default)]
pub struct SharedExports(BTreeMap<Input, SharedInput>);

/// The files of one input.
#[derive(Debug)]
pub(super) struct SharedInput {
    pub(super) files: Vec<SharedFile>,
    /// What concerns every organisation: there are no files.
    pub(super) findings: Vec<Finding>,
}

/// A file, and whose its rows are.
#[derive(Debug)]
pub(super) struct SharedFile {
    pub(super) read: FileRead,
    /// Of each table of the file, the rows of each organisation.
    rows: Vec<BTreeMap<OrganisationCode, Arc<[usize]>>>,
    /// Rows that name nobody, by table: how many, and the first.
    nameless: Vec<(usize, usize)>,
}

impl SharedExports {
    /// Reads every such file of a day. What is wrong with one is found by each organisation that
    /// asks for its rows.
    #[must_use]
    pub fn read(settings: &ExportSettings, layouts: &Layouts, date: ReportDate) -> Self {
        let sources = Input::ALL
            .into_iter()
            .filter_map(|input| InputSource::of(input, settings, layouts));
        let shared = sources
            .filter(|source| source.pattern.is_shared())
            .map(|source| {
                let input = match input_files::read(source, None, date) {
                    Ok(files) => SharedInput {
                        files: files
                            .into_iter()
                            .map(|file| SharedFile::split(file, settings))
                            .collect(),
                        findings: Vec::new(),
                    },
                    Err(finding) => SharedInput {
                        files: Vec::new(),
                        findings: vec![finding],
                    },
                };
                (source.input, input)
            });
        Self(shared.collect())
    }

    /// The files of an input; `None` where each organisation has its own.
    pub(super) fn of(&self, input: Input) -> Option<&SharedInput> {
        self.0.get(&input)
    }

    /// Rows that no organisation gets to see: they name none, or one that is not `known`. For the
    /// central team.
    #[must_use]
    pub fn unclaimed(&self, known: &BTreeSet<&OrganisationCode>) -> Vec<Finding> {
        let files = self.0.values().flat_map(|input| &input.files);
        files.flat_map(|file| file.unclaimed(known)).collect()
    }
}

impl SharedFile {
    fn split(mut read: FileRead, settings: &ExportSettings) -> Self {
        let (mut rows, mut nameless) = (Vec::new(), Vec::new());
        let mut findings = Vec::new();
        read.exports.retain(|export| {
            let Some(column) = export.column(Field::Organisation) else {
                let message = "The file is everybody's, since its pattern in the settings has no \
                 {organisation}, and it has no column that says whose a row is. Add the column \
                 “Organisation Code”, or put {organisation} into the pattern.";
                findings
                    .push(Finding::new(FindingCode::LayoutUnknown, message).in_file(&export.file));
                return false;
            };
            let mut rows_of: BTreeMap<OrganisationCode, Vec<usize>> = BTreeMap::new();
            let mut without = Vec::new();
            for row in 0..export.sheet.height() {
                match OrganisationCode::parse(export.sheet.cell(row, column)) {
                    Ok(code) => rows_of.entry(code).or_default().push(row),
                    Err(_) => without.push(row),
                }
            }
            nameless.push((without.len(), without.first().copied().unwrap_or_default()));
            rows.push(
                rows_of
                    .into_iter()
                    .map(|(code, rows)| (code, rows.into()))
                    .collect(),
            );
            findings.extend(misshapen(export, settings.max_bad_rows.fraction()));
            true
        });
        read.findings.extend(findings);
        Self {
            read,
            rows,
            nameless,
        }
    }

    /// The rows of one organisation, table by table.
    pub(super) fn of(&self, organisation: &OrganisationCode) -> Vec<Export> {
        let none: Arc<[usize]> = Arc::new([]);
        let tables = self.read.exports.iter().zip(&self.rows);
        tables
            .map(|(export, rows)| export.with_rows(rows.get(organisation).unwrap_or(&none)))
            .collect()
    }

    fn unclaimed(&self, known: &BTreeSet<&OrganisationCode>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut add = |export: &Export, rows: usize, first: usize, what: String| {
            let message = format!("{} {what} Nobody is told of them.", count_of(rows, "row"));
            let finding =
                Finding::new(FindingCode::OrganisationUnknown, message).in_file(&export.file);
            let column = export.column(Field::Organisation).unwrap_or_default();
            findings.push(
                finding
                    .at_line(export.sheet.line(first))
                    .at_column(number(column)),
            );
        };
        for ((export, rows_of), &(nameless, first)) in
            self.read.exports.iter().zip(&self.rows).zip(&self.nameless)
        {
            if nameless > 0 {
                add(
                    export,
                    nameless,
                    first,
                    "with no code of an organisation, the first of them here. Correct the export."
                        .to_owned(),
                );
            }
            for (code, rows) in rows_of.iter().filter(|(code, _)| !known.contains(code)) {
                let what = format!(
                    "of {code}, which the register does not have, the first of them here. Add it, \
                     or leave it out."
                );
                add(
                    export,
                    rows.len(),
                    rows.first().copied().unwrap_or_default(),
                    what,
                );
            }
        }
        findings
    }
}

/// What is to be said to everybody of rows that are not as wide as the headings.
fn misshapen(export: &Export, max_share: f64) -> Option<Finding> {
    let first = export.sheet.misshapen.first()?;
    let rows = export.sheet.misshapen.len();
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
