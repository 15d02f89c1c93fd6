//! The first sheet of a workbook: figures that are printed on one page.

use super::verdict::verdict;
use super::wording::{day, expected_one_in, one_in};
use super::{Cell, ReportInput, SUMMARY, WorkbookColumn, WorkbookSheet, visible};
use crate::domain::ReportKind;

/// Figures with their names and notes, under the report's title and whom to ask. `about` says more
/// of them, in sentences.
pub(super) fn sheet<'a>(
    kind: ReportKind,
    input: ReportInput<'_>,
    about: &str,
    rows: Vec<Vec<Cell<'a>>>,
) -> WorkbookSheet<'a> {
    WorkbookSheet {
        columns: vec![
            WorkbookColumn::new("Figure", 40.0),
            WorkbookColumn::new("Value", 24.0),
            WorkbookColumn::new("Note", 80.0),
        ],
        ..opening(kind, input, about, rows)
    }
}

/// The same with columns that are still to be given.
pub(super) fn opening<'a>(
    kind: ReportKind,
    input: ReportInput<'_>,
    about: &str,
    rows: Vec<Vec<Cell<'a>>>,
) -> WorkbookSheet<'a> {
    let date = day(input.report_date.day());
    let about = if about.is_empty() {
        String::new()
    } else {
        format!(" {about}")
    };
    WorkbookSheet {
        name: SUMMARY.to_owned(),
        introduction: vec![
            format!(
                "{}: {} ({})",
                kind.title(),
                visible(&input.organisation.name),
                input.organisation.code
            ),
            format!(
                "Report date {date}.{about} Questions: {}",
                input.programme.contact.reveal()
            ),
        ],
        columns: Vec::new(),
        rows,
    }
}

/// The failure rate, and what it is judged by.
pub(super) fn judgement(input: ReportInput<'_>) -> Vec<Vec<Cell<'_>>> {
    let whole = &input.metrics.whole;
    let judgement = whole.judgement;
    let expected = input.programme.expected_failure_rate;
    let probability = |value: Option<f64>| value.map_or(Cell::NotReported, Cell::Rate);
    vec![
        vec![
            Cell::Word("Items failed"),
            whole.items_failed.into(),
            Cell::Word("of the mailboxes that report it"),
        ],
        vec![
            Cell::Word("Items attempted"),
            whole.items_attempted.into(),
            Cell::Word("copied and failed, of the mailboxes that report both"),
        ],
        vec![
            Cell::Word("Failure rate"),
            Cell::rate(Some(judgement.rate)),
            Cell::Text(one_in(judgement.rate).into()),
        ],
        vec![
            Cell::Word("Expected failure rate"),
            Cell::Rate(expected.fraction()),
            Cell::Text(expected_one_in(expected).into()),
        ],
        vec![
            Cell::Word("Verdict"),
            Cell::Word(judgement.verdict.label()),
            Cell::Text(verdict(input.metrics, expected).into()),
        ],
        vec![
            Cell::Word("Chance of as many failures or more"),
            probability(judgement.probability_above),
            Cell::Word("at the expected rate"),
        ],
        vec![
            Cell::Word("Chance of as few failures or fewer"),
            probability(judgement.probability_below),
            Cell::Word("at the expected rate"),
        ],
        vec![
            Cell::Word("Clustering"),
            Cell::Decimal(judgement.dispersion),
            Cell::Word("1 where failures spread over mailboxes as chance would have it"),
        ],
    ]
}
