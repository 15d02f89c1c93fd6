//! The workbook.

use super::super::input::ReportInput;
use super::super::summary_sheet::{Figure, of_figures};
use super::super::tabulation::Tabulation;
use super::super::wording::bytes;
use super::super::workbook::{Cell, SUMMARY, SheetChart, WorkbookSheet};
use super::super::{changes, findings, schedule, summary_sheet, trends};
use super::sections::{by_collection, reason, share_of_items_copied};
use crate::domain::plural::counted;
use crate::domain::{ReportKind, SyncState};
use crate::metrics::Mailbox;

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let mut sheets = vec![
        figures_sheet(input),
        users_sheet(input),
        by_collection(input).sheet(
            "Collections",
            "Collections",
            "In the order of their switch dates.",
        ),
    ];
    sheets.extend(changes::mailboxes_sheet(input));
    sheets.extend(trends::progress_sheet(input));
    sheets.extend(schedule::sheet(input));
    sheets.extend(findings::sheet(input.findings));
    sheets
}

fn figures_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let whole = &input.metrics.whole;
    let in_sync = whole.in_sync_or_beyond();
    let mut figures = vec![
        Figure::new("Mailboxes", whole.mailboxes).note("in the sync-state export"),
        Figure::new("In sync or switched", in_sync)
            .note("mailboxes in sync, ready to switch or switched"),
        Figure::new(
            "Share in sync or switched",
            Cell::share(in_sync, whole.mailboxes),
        )
        .note("of all mailboxes"),
    ];
    figures.extend(SyncState::ALL.map(|state| {
        Figure::new(state.label(), whole.by_state.of(state)).note("mailboxes in this state")
    }));
    if whole.awaiting_approval > 0 {
        figures.push(
            Figure::new("Losses to be approved", whole.awaiting_approval)
                .note("mailboxes that cannot complete until then"),
        );
    }
    if whole.mailboxes_without_total > 0 {
        figures.push(
            Figure::new("Mailboxes without a total", whole.mailboxes_without_total)
                .note("not in sync, and in no sum of items"),
        );
    }
    figures.extend([
        Figure::new("Items in the source mailboxes", whole.items_total)
            .note("of the mailboxes that report it"),
        Figure::new("Items copied", whole.items_synchronised)
            .note("of the mailboxes that report it"),
        Figure::new("Share of items copied", share_of_items_copied(whole))
            .note("of the mailboxes that report both"),
    ]);
    if whole.bytes.mailboxes > 0 {
        let (done, all) = (whole.bytes.in_sync_or_beyond, whole.bytes.total);
        figures.push(
            Figure::new("Share in sync or switched, by size", Cell::share(done, all)).note(
                format!(
                    "{} of {}, of the {} that report their size",
                    bytes(done),
                    bytes(all),
                    counted(whole.bytes.mailboxes, "mailbox", "mailboxes")
                ),
            ),
        );
    }
    figures.extend(summary_sheet::judgement(input));
    figures.extend(summary_sheet::statistics(input));
    let table = of_figures(&figures);
    let mut sheet = summary_sheet::of(ReportKind::OverallMigration, input, "", table);
    let by_day = "Items attempted, of how many in total, by day";
    let items = ["Items attempted", "Items in total"];
    sheet.charts = vec![
        SheetChart::bars("Mailboxes by state", SUMMARY, "Figure", &["Value"])
            .of_rows(BEFORE_STATES..BEFORE_STATES + SyncState::ALL.len()),
        SheetChart::line(by_day, "By day", "Day", &items),
    ];
    sheet
}

/// The figures above those of the states.
const BEFORE_STATES: usize = 3;

fn users_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let mut mailboxes: Vec<&Mailbox> = input.metrics.mailboxes.iter().collect();
    // In mop-up what is outstanding comes first, before it always who needs attention.
    let is_done = |mailbox: &Mailbox| input.is_mop_up() && mailbox.state == SyncState::Switched;
    mailboxes.sort_by_cached_key(|mailbox| {
        let rank = reason(mailbox, input).map(|(rank, _)| rank);
        (
            rank.is_none(),
            is_done(mailbox),
            !mailbox.is_vip(),
            mailbox.is_vip() && mailbox.is_ready(),
            rank,
        )
    });
    let needs_attention = move |mailbox| reason(mailbox, input).map_or("No", |(_, reason)| reason);
    Tabulation::of(mailboxes)
        .vip()
        .user()
        .source_mailbox()
        .collection()
        .state()
        .progress()
        .switch_date()
        .items_in_total()
        .items_copied()
        .items_failed()
        .settings_failed(input.metrics)
        .compared_with_chance()
        .column("Needs attention", 28.0, needs_attention)
        .last_error(input.organisation.subject_lines)
        .column("Target mailbox", 36.0, |mailbox| mailbox.target.as_deref())
        .column("State as exported", 18.0, |mailbox| {
            Cell::shown(&mailbox.state_word)
        })
        .failed_items_listed()
        .failure_rate()
        .column("Size (MB)", 12.0, |mailbox| {
            Cell::mebibytes(mailbox.size_bytes)
        })
        .last_synchronised()
        .phase()
        .sheet(
            "Users",
            "Users",
            "Every mailbox of the sync-state export, one a row: who needs attention first, then VIPs, \
             of them those not in sync.",
        )
}
