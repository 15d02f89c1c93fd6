//! The first sheet of a workbook: figures that are printed on one page.

use super::input::ReportInput;
use super::tabulation::Tabulation;
use super::verdict::verdict;
use super::visible::visible;
use super::wording::{day, expected_one_in, one_in};
use super::workbook::{Cell, SUMMARY, WorkbookSheet};
use crate::domain::ReportKind;

/// A figure with its name and a few words on it.
#[derive(Debug, Clone)]
pub(super) struct Figure<'a> {
    name: Cell<'a>,
    value: Cell<'a>,
    note: Cell<'a>,
}

impl<'a> Figure<'a> {
    pub(super) fn new(name: impl Into<Cell<'a>>, value: impl Into<Cell<'a>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            note: Cell::Word(""),
        }
    }

    pub(super) fn note(self, note: impl Into<Cell<'a>>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }
}

/// Figures, one a row.
pub(super) fn of_figures<'a, 'f>(figures: &'f [Figure<'a>]) -> Tabulation<'a, &'f Figure<'a>> {
    Tabulation::of(figures)
        .column("Figure", 40.0, |figure| figure.name.clone())
        .column("Value", 24.0, |figure| figure.value.clone())
        .column("Note", 80.0, |figure| figure.note.clone())
}

/// A table under the report's title and whom to ask. `about` says more of it, in sentences.
pub(super) fn of<'a, R: Copy>(
    kind: ReportKind,
    input: ReportInput<'_>,
    about: &str,
    figures: Tabulation<'a, R>,
) -> WorkbookSheet<'a> {
    let title = format!(
        "{}: {} ({})",
        kind.title(),
        visible(&input.organisation.name),
        input.organisation.code
    );
    let date = day(input.report_date.day());
    let space = if about.is_empty() { "" } else { " " };
    let contact = input.programme.contact.reveal();
    let explained = format!("Report date {date}.{space}{about} Questions: {contact}");
    figures.sheet(SUMMARY, &title, &explained)
}

/// The failure rate and the verdict on it.
pub(super) fn judgement(input: ReportInput<'_>) -> Vec<Figure<'_>> {
    let whole = &input.metrics.whole;
    let judgement = whole.judgement;
    let expected = input.programme.expected_failure_rate;
    let mut figures = vec![
        Figure::new("Items failed", whole.items_failed).note("of the mailboxes that report it"),
        Figure::new("Items attempted", whole.items_attempted)
            .note("copied and failed, of the mailboxes that report both"),
        Figure::new("Failure rate", Cell::rate(Some(judgement.rate))).note(one_in(judgement.rate)),
        Figure::new("Expected failure rate", Cell::Rate(expected.fraction()))
            .note(expected_one_in(expected)),
        Figure::new("Verdict", judgement.verdict.label()).note(verdict(input.metrics, expected)),
    ];
    if let Some(settings) = whole.settings_failed.filter(|settings| *settings > 0) {
        let note = "of folders and mailboxes; no mail, and in no rate";
        figures.push(Figure::new("Settings failed", settings).note(note));
    }
    figures
}

/// What the verdict is reached by: below what everybody reads.
pub(super) fn statistics(input: ReportInput<'_>) -> [Figure<'_>; 3] {
    let judgement = input.metrics.whole.judgement;
    let probability = |value: Option<f64>| match value {
        Some(value) if value < 0.001 => Cell::Word("Below 0.1%"),
        Some(value) if value > 0.999 && value < 1.0 => Cell::Word("Above 99.9%"),
        value => value.map_or(Cell::NotReported, Cell::Share),
    };
    [
        Figure::new(
            "Chance of as many failures or more",
            probability(judgement.probability_above),
        )
        .note("at the expected rate"),
        Figure::new(
            "Chance of as few failures or fewer",
            probability(judgement.probability_below),
        )
        .note("at the expected rate"),
        Figure::new("Clustering", Cell::Decimal(judgement.dispersion))
            .note("1 where failures spread over mailboxes as chance would have it"),
    ]
}
