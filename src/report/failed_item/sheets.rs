//! The workbook, which serves as the list of what is to be mopped up.

use super::super::actions::is_yours_to_do;
use super::super::cause_table::by_cause;
use super::super::input::ReportInput;
use super::super::summary_sheet::{Figure, of_figures};
use super::super::wording::day;
use super::super::workbook::{Cell, Line, SheetChart, WorkbookSheet};
use super::super::{changes, findings, summary_sheet, trends};
use super::tables::{by_item, by_user};
use super::users_with_failures;
use crate::domain::ReportKind;
use crate::metrics::FailedItem;

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let mut sheets = vec![figures_sheet(input), items_sheet(input)];
    sheets.extend(changes::cleared_sheet(input));
    sheets.extend([
        users_sheet(input),
        by_cause(&input.metrics.causes).sheet(
            "By cause",
            "Failed items by cause",
            "Of the items that the failed-item export lists.",
        ),
    ]);
    sheets.extend(changes::days_sheet(input));
    sheets.extend(trends::causes_sheet(input));
    sheets.extend(findings::sheet(input.findings));
    sheets
}

fn figures_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let metrics = input.metrics;
    let listed = metrics.failed_items.len() as u64;
    let mut figures = summary_sheet::judgement(input);
    let users = users_with_failures(input).len() as u64;
    figures.push(Figure::new("Users with failed items", users).note("mailboxes"));
    figures.push(
        Figure::new("Failed items listed", listed)
            .note("by the failed-item export: sheet Failed items"),
    );
    figures.extend(metrics.causes.iter().map(|of| {
        let (name, owner) = (of.cause.name.as_str(), of.cause.owner.label());
        Figure::new(Cell::Text(name.into()), of.items)
            .note(format!("{owner} acts. {}", of.cause.action))
    }));
    if let Some(changes) = changes::figures(metrics) {
        let is_new = |item: &&FailedItem| item.listing.as_ref().is_some_and(|of| of.is_new);
        let new = metrics.failed_items.iter().filter(is_new);
        let new_for_you = new.filter(|item| is_yours_to_do(item)).count() as u64;
        let since = format!("since {}", day(changes.since.day()));
        figures.extend([
            Figure::new("New failed items", changes.new_failed_items).note(since.clone()),
            Figure::new("New for you to act on", new_for_you).note(since.clone()),
            Figure::new("Items failing again", changes.returned_failed_items)
                .note("cleared on an earlier day"),
            Figure::new("Still failing items", changes.still_failing_items).note(since.clone()),
            Figure::new("Cleared failed items", changes.cleared_failed_items).note(since),
            Figure::new(
                "Failed items open for more than 7 days",
                changes.items_open_more_than_7_days,
            )
            .note("since they were first listed"),
        ]);
    }
    figures.extend(summary_sheet::statistics(input));
    let mut sheet = summary_sheet::of(
        ReportKind::FailedItem,
        input,
        "Confidential: the sheets hold what may name patients.",
        of_figures(&figures),
    );
    let by_day = "Failed items listed, by day";
    sheet.charts = vec![
        SheetChart::bars("Failed items by cause", "By cause", "Cause", &["Items"]),
        SheetChart::line(by_day, "By day", "Day", &["Failed items listed"]),
    ];
    // Where no item failed there is nothing to draw.
    sheet.charts.retain(|_| !metrics.causes.is_empty());
    sheet
}

fn items_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let about = "Confidential: subject lines may name patients. To decide on an item, write Accept, \
                 Done or Keep under “Decision”, and send this workbook to the central team.";
    let mut items: Vec<&FailedItem> = input.metrics.failed_items.iter().collect();
    items.sort_by_key(|item| !is_yours_to_do(item));
    let items = items.into_iter().chain(&input.metrics.failed_settings);
    let items = by_item(input, items, |cause| &cause.action);
    let mut sheet = summary_sheet::of(ReportKind::FailedItem, input, about, items);
    "Failed items".clone_into(&mut sheet.name);
    let older = changes::may_be_older(input);
    sheet.introduction.extend(older.map(Line::from));
    sheet
}

fn users_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let mut users = users_with_failures(input);
    users.sort_by_key(|mailbox| !mailbox.is_vip());
    by_user(users).settings_failed(input.metrics).sheet(
        "By user",
        "Failed items by user",
        "Counts of the sync-state export, VIPs before others, most first; beside each, how \
             many the failed-item export lists.",
    )
}
