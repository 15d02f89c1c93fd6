use super::{Cell, Column, Cut, Section, Table, WorkbookColumn, WorkbookSheet};
use crate::domain::Finding;

/// Findings that the email lists; the workbook has all.
const LISTED: usize = 15;

/// What was found in the exports, for the page.
pub(super) fn section(findings: &[Finding]) -> Section {
    let heading = "What we found in the exports".to_owned();
    if findings.is_empty() {
        return Section {
            heading,
            text: vec!["Nothing to report: every row was read.".to_owned()],
            chart: None,
            table: None,
        };
    }
    let columns = ["What", "Where", "How much it matters"];
    let rows = findings.iter().take(LISTED).map(|finding| {
        vec![
            finding.message.clone(),
            place(finding),
            finding.severity.label().to_owned(),
        ]
    });
    let cut = Cut::of_list(
        findings.len().min(LISTED),
        findings.len(),
        "; all are in the workbook, sheet Findings.",
    );
    Section {
        heading,
        text: Vec::new(),
        chart: None,
        table: Some(Table {
            caption: "Findings in the exports, the most serious first".to_owned(),
            columns: columns
                .map(|heading| Column {
                    heading: heading.to_owned(),
                    is_number: false,
                })
                .to_vec(),
            rows: rows.collect(),
            cut,
        }),
    }
}

fn place(finding: &Finding) -> String {
    let Some(file) = &finding.file else {
        return "The exports as a whole".to_owned();
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

/// What was found in the exports, for the workbook.
pub(super) fn sheet(findings: &[Finding]) -> WorkbookSheet<'_> {
    let number = |number: Option<u32>| {
        number.map_or(Cell::Word("–"), |number| Cell::Count(u64::from(number)))
    };
    WorkbookSheet {
        name: "Findings".to_owned(),
        introduction: vec![
            "Findings in the exports".to_owned(),
            "What was read differently from what the export may have meant, and what to do."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("How much it matters", 18.0),
            WorkbookColumn::new("What", 100.0),
            WorkbookColumn::new("File", 40.0),
            WorkbookColumn::new("Line", 9.0),
            WorkbookColumn::new("Column", 9.0),
            WorkbookColumn::new("Code", 22.0),
        ],
        rows: findings
            .iter()
            .map(|finding| {
                vec![
                    Cell::Word(finding.severity.label()),
                    Cell::Text(finding.message.as_str().into()),
                    finding
                        .file
                        .as_deref()
                        .map_or(Cell::Word("The exports as a whole"), |file| {
                            Cell::Text(file.into())
                        }),
                    number(finding.line),
                    number(finding.column),
                    Cell::Word(finding.code.name()),
                ]
            })
            .collect(),
    }
}
