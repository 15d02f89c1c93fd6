//! What the organisation decided on its failed items: what is accepted stands apart from what is
//! open.

use super::input::ReportInput;
use super::model::Section;
use super::tabulation::Tabulation;
use super::workbook::Cell;
use crate::domain::plural::{count, counted};
use crate::domain::{Decision, SubjectLines};
use crate::metrics::{CauseMetrics, FailedItem, ItemDecision};

/// “; 12 of them accepted”, for a tile; nothing where none is.
pub(super) fn beside(input: ReportInput<'_>) -> Option<String> {
    let accepted = input.metrics.items_decided(Decision::Accept);
    (accepted > 0).then(|| format!("; {} accepted", count(accepted)))
}

/// Whether anything was decided.
pub(super) fn are_any(input: ReportInput<'_>) -> bool {
    let decided = |decision| input.metrics.items_decided(decision) > 0;
    Decision::ALL.into_iter().any(decided)
}

/// What was decided; nothing where nothing was.
pub(super) fn section(input: ReportInput<'_>) -> Option<Section> {
    if !are_any(input) {
        return None;
    }
    let sentences = Decision::ALL.into_iter().rev().filter_map(|decision| {
        let items = input.metrics.items_decided(decision);
        (items > 0).then(|| sentence(decision, items))
    });
    let mut text: Vec<String> = sentences.collect();
    text.push(
        "Each item's decision, and who made it and when as far as that is known, is in the \
         workbook, sheet Failed items."
            .to_owned(),
    );
    let decided = input.metrics.causes.iter();
    let decided = decided.filter(|cause| cause.accepted + cause.done > 0);
    let table = Tabulation::of(decided)
        .text("Cause", |of| Cell::Text(of.cause.name.as_str().into()))
        .number("Items", |of| of.items)
        .number("Accepted", |of| of.accepted)
        .number("Open", CauseMetrics::open)
        .number("Of these done", |of| of.done)
        .table("Failed items that are accepted and open, by cause");
    let table = Some(table).filter(|table| !table.rows.is_empty());
    Some(Section::new("What you decided", text, table))
}

fn sentence(decision: Decision, items: u64) -> String {
    let (one, several) = match decision {
        Decision::Accept => (
            "failed item is accepted: you can do without it, and nobody acts on it any more.",
            "failed items are accepted: you can do without them, and nobody acts on them any more.",
        ),
        Decision::Done => (
            "failed item that you marked as done still fails: we are trying it again.",
            "failed items that you marked as done still fail: we are trying them again.",
        ),
        Decision::Keep => (
            "failed item is to be kept: it stays open.",
            "failed items are to be kept: they stay open.",
        ),
    };
    counted(items, one, several)
}

/// Columns of the log, which the organisation fills and sends back.
pub(super) fn columns<'a>(
    items: Tabulation<'a, &'a FailedItem>,
    policy: SubjectLines,
) -> Tabulation<'a, &'a FailedItem> {
    items
        .column("Decision", 12.0, |item| {
            let made = item.decision.as_ref();
            made.map_or(Cell::Word(""), |made| Cell::Word(made.decision.label()))
        })
        .offering("Accept,Done,Keep")
        .column("Note", 30.0, move |item| {
            let note = made(item, |made| made.note.as_deref());
            match policy {
                SubjectLines::Withheld if note.is_some() => Cell::Word("Withheld"),
                _ => note.map_or(Cell::Word(""), Cell::shown),
            }
        })
        .column("Decided by", 18.0, |item| {
            let by = made(item, |made| made.decided_by.as_deref());
            by.map_or(Cell::Word(""), Cell::shown)
        })
        .column("Decided on", 12.0, |item| {
            made(item, |made| made.decided_on).map_or(Cell::Word(""), Cell::Day)
        })
        .column("Decision read on", 16.0, |item| {
            made(item, |made| Some(made.read_on)).map_or(Cell::Word(""), Cell::Day)
        })
}

fn made<'a, T>(item: &'a FailedItem, part: impl Fn(&'a ItemDecision) -> Option<T>) -> Option<T> {
    item.decision.as_ref().and_then(part)
}
