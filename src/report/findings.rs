use super::model::Section;
use super::tabulation::Tabulation;
use super::workbook::{Cell, WorkbookSheet};
use crate::domain::{Finding, Severity};
use crate::tables::Difference;

/// Findings that the email lists; the workbook has all.
const LISTED: usize = 15;
const THE_EXPORTS: &str = "The exports as a whole";

fn table<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Tabulation<'a, &'a Finding> {
    let number = |number: Option<u32>| Cell::or_nothing(number.map(u64::from));
    Tabulation::of(findings)
        .column("How much it matters", 18.0, |finding| {
            finding.severity.label()
        })
        .text("What", |finding| Cell::Text((&finding.message).into()))
        .wide(100.0)
        .text("Where", place)
        .text("How much it matters", |finding| finding.severity.label())
        .column("File", 40.0, |finding| match &finding.file {
            Some(file) => Cell::Text(file.into()),
            None => Cell::Word(THE_EXPORTS),
        })
        .column("Line", 9.0, move |finding| number(finding.line))
        .column("Column", 9.0, move |finding| number(finding.column))
        .column("Code", 22.0, |finding| finding.code.name())
}

/// What was found in the exports, for the page; nothing where nobody needs to do anything. Notes are
/// in the workbook.
pub(super) fn section(findings: &[Finding]) -> Option<Section> {
    section_of(findings.iter())
}

/// The same of a page whose actions say where schedule and export differ.
pub(super) fn section_beside_actions(findings: &[Finding]) -> Option<Section> {
    let is_told = |finding: &&Finding| {
        Difference::ALL
            .map(Difference::finding_code)
            .contains(&finding.code)
    };
    section_of(findings.iter().filter(|finding| !is_told(finding)))
}

fn section_of<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> Option<Section> {
    let told = findings.filter(|finding| finding.severity != Severity::Note);
    told.clone().next()?;
    let table = table(told).list(
        "The most serious first",
        LISTED,
        "; all: workbook, sheet Findings.",
    );
    Some(Section::new(
        "What we found in the exports",
        Vec::new(),
        table,
    ))
}

/// All of it for the workbook; nothing where every row was read as it stands.
pub(super) fn sheet(findings: &[Finding]) -> Option<WorkbookSheet<'_>> {
    let sheet = || {
        table(findings).sheet(
            "Findings",
            "Findings in the exports",
            "What was read differently from what the export may have meant, and what to do.",
        )
    };
    (!findings.is_empty()).then(sheet)
}

fn place(finding: &Finding) -> String {
    let Some(file) = &finding.file else {
        return THE_EXPORTS.to_owned();
    };
    // The folder is the organisation and the date, which the report states already.
    let name = file.rsplit('/').next().unwrap_or(file);
    match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!("{name}, line {line}, column {column}"),
        (Some(line), None) => format!("{name}, line {line}"),
        (None, Some(column)) => format!("{name}, column {column}"),
        (None, None) => name.to_owned(),
    }
}
