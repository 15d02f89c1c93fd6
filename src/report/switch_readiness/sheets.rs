//! The workbook.

use super::super::people::{phase, vip_cell};
use super::super::wording::fraction;
use super::super::{
    Cell, ReportInput, WorkbookColumn, WorkbookSheet, findings, schedule, summary_sheet, trends,
};
use super::{SWITCHES_BY_ITSELF, due, waiting};
use crate::domain::{Phase, ReportKind, Stage};
use crate::metrics::{DAYS_AHEAD, Mailbox};

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let mut sheets = vec![
        figures_sheet(input),
        sheet(
            input,
            "Due",
            &due(input),
            if input.organisation.stage == Stage::MopUp {
                "In mop-up no mailbox is due: what has not switched waits, and is on the sheet \
                 Waiting."
                    .to_owned()
            } else {
                format!(
                    "Every mailbox that is to switch from the report date to {DAYS_AHEAD} days \
                     after it, one a row: VIPs first, then those not ready."
                )
            },
        ),
        sheet(
            input,
            "Waiting",
            &waiting(input),
            format!(
                "Every mailbox past its switch date, one a row: VIPs first, then the longest. \
                 {SWITCHES_BY_ITSELF}"
            ),
        ),
    ];
    sheets.extend(schedule::sheet(input));
    sheets.push(findings::sheet(input.findings));
    sheets
}

fn figures_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let (due, waiting) = (due(input), waiting(input));
    let mut rows = Vec::new();
    let phases = [
        ("All", None),
        ("Pilot", Some(Phase::Pilot)),
        ("Live", Some(Phase::Live)),
    ];
    for (word, wanted) in phases {
        for (who, is_vip_only) in [("mailboxes", false), ("VIP mailboxes", true)] {
            let is_counted = |mailbox: &&&Mailbox| {
                (wanted.is_none() || mailbox.phase == wanted) && (!is_vip_only || mailbox.is_vip())
            };
            let of = |mailboxes: &[&Mailbox], is_ready: Option<bool>| {
                let counted = mailboxes
                    .iter()
                    .filter(is_counted)
                    .filter(|mailbox| is_ready.is_none_or(|ready| mailbox.is_ready() == ready));
                counted.count() as u64
            };
            let (all, ready) = (of(&due, None), of(&due, Some(true)));
            rows.push(vec![
                Cell::Word(word),
                Cell::Word(who),
                Cell::Count(all),
                Cell::Count(ready),
                if all == 0 {
                    Cell::Word("None due")
                } else {
                    Cell::Share(fraction(ready, all))
                },
                Cell::Count(all - ready),
                Cell::Count(of(&waiting, None)),
            ]);
        }
    }
    let about = format!("Due: to switch from that day to {DAYS_AHEAD} days after it.");
    WorkbookSheet {
        columns: vec![
            WorkbookColumn::new("Phase", 12.0),
            WorkbookColumn::new("Who", 18.0),
            WorkbookColumn::new("Due", 12.0),
            WorkbookColumn::new("Ready", 12.0),
            WorkbookColumn::new("Share ready", 14.0),
            WorkbookColumn::new("Not ready", 12.0),
            WorkbookColumn::new("Waiting past the date", 16.0),
        ],
        ..summary_sheet::opening(ReportKind::SwitchReadiness, input, &about, rows)
    }
}

fn sheet<'a>(
    input: ReportInput<'a>,
    name: &str,
    mailboxes: &[&'a Mailbox],
    explained: String,
) -> WorkbookSheet<'a> {
    let rows = mailboxes.iter().map(|mailbox| {
        vec![
            vip_cell(mailbox),
            Cell::exported(mailbox.name.as_deref()),
            Cell::shown(&mailbox.address),
            Cell::exported(mailbox.collection.as_deref()),
            Cell::Word(phase(mailbox.phase)),
            mailbox.switch_date.into(),
            // Below 0 a number reads as a mistake: a day ahead is no wait.
            Cell::Count(
                mailbox
                    .days_past_switch_date(input.report_date)
                    .unwrap_or_default()
                    .max(0)
                    .unsigned_abs(),
            ),
            Cell::Word(if mailbox.is_ready() { "Yes" } else { "No" }),
            Cell::Word(mailbox.state.label()),
            mailbox
                .progress_percent
                .map_or(Cell::NotReported, |percent| Cell::Share(percent / 100.0)),
            mailbox.items_total.into(),
            mailbox.items_synchronised.into(),
            mailbox.items_failed.into(),
            mailbox.last_synchronised_at.into(),
            collection_in_sync(input, mailbox),
            mailbox
                .last_error
                .as_deref()
                .map_or(Cell::Word("None"), Cell::shown),
        ]
    });
    WorkbookSheet {
        name: name.to_owned(),
        introduction: vec![name.to_owned(), explained],
        columns: vec![
            WorkbookColumn::new("VIP", 14.0),
            WorkbookColumn::new("User", 26.0).naming_rows(),
            WorkbookColumn::new("Source mailbox", 34.0),
            WorkbookColumn::new("Collection", 18.0),
            WorkbookColumn::new("Phase", 11.0),
            WorkbookColumn::new("Switch date", 13.0),
            WorkbookColumn::new("Days past the date", 18.0),
            WorkbookColumn::new("Ready", 9.0),
            WorkbookColumn::new("State", 16.0),
            WorkbookColumn::new("Progress", 11.0),
            WorkbookColumn::new("Items in total", 13.0),
            WorkbookColumn::new("Items copied", 13.0),
            WorkbookColumn::new("Items failed", 12.0),
            WorkbookColumn::new("Last synchronised", 18.0),
            WorkbookColumn::new("Collection likely in sync", 22.0),
            WorkbookColumn::new("Last error", 40.0),
        ],
        rows: rows.collect(),
    }
}

fn collection_in_sync(input: ReportInput<'_>, mailbox: &Mailbox) -> Cell<'static> {
    if mailbox.is_ready() {
        return Cell::Word("Is in sync");
    }
    trends::likely_in_sync(input, mailbox).map_or(Cell::Word("Not known"), Cell::Day)
}
