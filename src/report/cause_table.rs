//! Causes of failed items, for pages and workbooks.

use super::input::ReportInput;
use super::tabulation::Tabulation;
use super::workbook::Cell;
use crate::metrics::{Cause, CauseMetrics, Owner};

/// The causes that somebody acts on.
pub(super) fn causes_of(
    input: ReportInput<'_>,
    owner: Owner,
) -> impl Iterator<Item = &CauseMetrics> {
    let causes = input.metrics.causes.iter();
    causes.filter(move |cause| cause.cause.owner == owner)
}

/// What is done about a cause, where it does not stand beside one user: “Ask them to …”.
pub(super) fn asking_them(action: &str) -> String {
    action.replacen("Ask the user to ", "Ask them to ", 1)
}

/// What is done about a cause when nothing is copied any more of itself.
pub(super) fn at_closing(cause: &Cause) -> &str {
    cause.action_at_closing.as_deref().unwrap_or(&cause.action)
}

/// Causes, most items first.
pub(super) fn by_cause(causes: &[CauseMetrics]) -> Tabulation<'_, &CauseMetrics> {
    let total: u64 = causes.iter().map(|of| of.items).sum();
    let accepted: u64 = causes.iter().map(|of| of.accepted).sum();
    Tabulation::of(causes)
        .text("Cause", |of| Cell::Text(of.cause.name.as_str().into()))
        .wide(30.0)
        .number("Items", |of| of.items)
        .wide(10.0)
        .column("Share", 10.0, move |of| Cell::share(of.items, total))
        .column("Accepted", 10.0, |of| of.accepted)
        .only_if(accepted > 0)
        .number("Users", |of| of.mailboxes)
        .wide(10.0)
        .text("Who acts", |of| of.cause.owner.label())
        .wide(18.0)
        .column("Next action", 70.0, |of| {
            Cell::from(asking_them(&of.cause.action))
        })
}
