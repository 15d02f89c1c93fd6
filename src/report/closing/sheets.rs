//! The workbook: every mailbox, every item, the plan, and a page to sign.

use super::super::cause_table::at_closing;
use super::super::input::ReportInput;
use super::super::summary_sheet::{self, Figure, of_figures};
use super::super::tabulation::Tabulation;
use super::super::workbook::{Cell, SUMMARY, SheetChart, WorkbookSheet};
use super::super::{board, changes, failed_item, findings};
use super::ending::{Ending, Flow};
use super::is_closed;
use super::sections::{TO_FILL_IN, plan, plan_columns, signatories};
use crate::domain::{ItemOutcome, ReportKind};
use crate::metrics::ResolvedItem;

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let plan = plan(input);
    let mut sheets = vec![
        figures(input),
        mailboxes(input),
        items(input),
        resolved(input),
        plan_columns(&plan).sheet(
            "Work-off plan",
            "Work-off plan",
            "What is left to be done, by whom; write a date beside each.",
        ),
        board::days_sheet(input),
    ];
    if is_closed(input) {
        sheets.push(signature(input));
    }
    sheets.extend(findings::sheet(input.findings));
    sheets
}

fn figures(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let ending = Ending::of(input);
    let mut figures = vec![
        Figure::new("Mailboxes", input.metrics.whole.mailboxes),
        Figure::new("Switched", ending.switched),
        Figure::new("Not switched", ending.not_switched),
        Figure::new("Items ever listed as failed", ending.ever()).note("each once"),
    ];
    figures.extend(ItemOutcome::ALL.map(|outcome| {
        let items = ending.of_outcome(outcome);
        Figure::new(
            format!("Items: {}", outcome.label().to_lowercase()),
            items.map_or(Cell::Word("Not kept"), Cell::Count),
        )
    }));
    if let Some(flow) = Flow::of(&ending.days) {
        figures.extend([
            Figure::new("Failed items listed on the first day", flow.at_first),
            Figure::new("Failed items that came since", flow.came)
                .note("one that came back is counted each time"),
            Figure::new("Cleared failed items since", flow.cleared).note("likewise"),
            Figure::new("Failed items listed on the last day", flow.at_last),
        ]);
    }
    figures.extend(summary_sheet::judgement(input));
    let mut sheet = summary_sheet::of(
        ReportKind::Closing,
        input,
        "Confidential: the sheets hold what may name patients.",
        of_figures(&figures),
    );
    let became = "What became of the items that did not migrate";
    sheet.charts = vec![
        SheetChart::bars(became, SUMMARY, "Figure", &["Value"])
            .of_rows(BEFORE_OUTCOMES..BEFORE_OUTCOMES + ItemOutcome::ALL.len()),
        SheetChart::line("Mailboxes switched, by day", "Days", "Day", &["Switched"]),
    ];
    if ending.days.len() < 2 {
        sheet.charts.truncate(1);
    }
    sheet
}

/// The figures above those of what became of items.
const BEFORE_OUTCOMES: usize = 4;

fn mailboxes(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let mut rows = input.mailboxes(|_| true);
    rows.sort_by_key(|mailbox| mailbox.state == crate::domain::SyncState::Switched);
    Tabulation::of(rows)
        .user()
        .source_mailbox()
        .column("Target mailbox", 36.0, |mailbox| mailbox.target.as_deref())
        .collection()
        .state()
        .switch_date()
        .items_in_total()
        .items_copied()
        .items_failed()
        .failed_items_listed()
        .last_synchronised()
        .sheet(
            "Mailboxes",
            match is_closed(input) {
                true => "Every mailbox and how it ended",
                false => "Every mailbox and how it stands",
            },
            "Those that have not switched first.",
        )
}

fn items(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let items = failed_item::items_and_settings(input.metrics);
    failed_item::by_item(input, items, at_closing)
        .column("What became of it", 18.0, |item| item.outcome().label())
        .sheet(
            "Items not migrated",
            "Every item that is not in the new mailbox",
            "Confidential: subject lines may name patients. Open and accepted items, as the last \
             export lists them; resolved ones are on the sheet Resolved.",
        )
}

fn resolved(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let start = input.metrics.since_start.as_ref();
    let resolved = start.and_then(|start| start.resolved.as_deref());
    let mailbox = move |one: &ResolvedItem| input.metrics.mailboxes.get(one.mailbox?);
    Tabulation::of(resolved.unwrap_or_default())
        .column("Reference", 18.0, move |one| {
            changes::reference(input, &one.item.reference)
        })
        .column("User", 28.0, move |one| {
            Cell::or_nothing(mailbox(one).map(|mailbox| mailbox.name.as_deref()))
        })
        .naming_rows()
        .column("Mailbox", 40.0, move |one| match mailbox(one) {
            Some(mailbox) => Cell::shown(&mailbox.address),
            None => Cell::Word("No longer listed"),
        })
        .column("Item date", 12.0, |one| one.item.date)
        .column("Size (KB)", 11.0, |one| {
            Cell::kibibytes(one.item.size_bytes)
        })
        .column("Error code", 16.0, |one| one.item.error_code.as_deref())
        .column("First listed", 13.0, |one| one.item.first_seen)
        .column("Last listed", 13.0, |one| one.item.last_seen)
        .column("What became of it", 18.0, |_| ItemOutcome::Resolved.label())
        .sheet(
            "Resolved",
            "Every item that failed and does no more",
            "Listed as failed on some day, and not on the last. Subject lines of earlier days are \
             not kept: the reference is that of the earlier workbooks.",
        )
}

fn signature(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let signatories = signatories(input);
    Tabulation::of(signatories.iter().map(String::as_str))
        .column("For", 60.0, |signatory: &str| signatory.to_owned())
        .column("Name and role", 40.0, |_| TO_FILL_IN)
        .column("Date", 18.0, |_| TO_FILL_IN)
        .column("Signature", 40.0, |_| TO_FILL_IN)
        .sheet(
            "Signature",
            "Signature",
            "We have seen how every mailbox ended and what became of every item, and agree to the \
             work-off plan. With this the migration of the organisation is closed.",
        )
}
