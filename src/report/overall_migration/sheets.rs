//! The workbook.

use super::super::people::{phase, vip_cell};
use super::super::wording::fraction;
use super::super::{
    Cell, ReportInput, WorkbookColumn, WorkbookSheet, changes, findings, schedule, summary_sheet,
    trends,
};
use super::halted;
use super::sections::{collection_name, reason};
use crate::domain::{ReportKind, Stage, SyncState};
use crate::metrics::Mailbox;

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let mut sheets = vec![
        figures_sheet(input),
        users_sheet(input),
        collections_sheet(input),
    ];
    sheets.extend(changes::mailboxes_sheet(input));
    sheets.extend(trends::progress_sheet(input));
    sheets.extend(schedule::sheet(input));
    sheets.push(findings::sheet(input.findings));
    sheets
}

fn figures_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let whole = &input.metrics.whole;
    let in_sync = whole.in_sync_or_beyond();
    let of_all = |mailboxes: u64| Cell::Share(fraction(mailboxes, whole.mailboxes));
    let mut rows = vec![
        vec![
            Cell::Word("Mailboxes"),
            Cell::Count(whole.mailboxes),
            Cell::Word("in the sync-state export"),
        ],
        vec![
            Cell::Word("In sync or switched"),
            Cell::Count(in_sync),
            Cell::Word("mailboxes in sync, ready to switch or switched"),
        ],
        vec![
            Cell::Word("Share in sync or switched"),
            of_all(in_sync),
            Cell::Word("of all mailboxes"),
        ],
    ];
    for state in SyncState::ALL {
        rows.push(vec![
            Cell::Word(state.label()),
            Cell::Count(whole.by_state.of(state)),
            Cell::Word("mailboxes in this state"),
        ]);
    }
    let copied = whole.item_progress;
    let share = if copied.mailboxes == 0 {
        Cell::NotReported
    } else {
        Cell::Share(fraction(copied.synchronised, copied.total))
    };
    rows.extend([
        vec![
            Cell::Word("Items in the source mailboxes"),
            whole.items_total.into(),
            Cell::Word("of the mailboxes that report it"),
        ],
        vec![
            Cell::Word("Items copied"),
            whole.items_synchronised.into(),
            Cell::Word("of the mailboxes that report it"),
        ],
        vec![
            Cell::Word("Share of items copied"),
            share,
            Cell::Word("of the mailboxes that report both"),
        ],
    ]);
    rows.extend(summary_sheet::judgement(input));
    summary_sheet::sheet(ReportKind::OverallMigration, input, "", rows)
}

fn users_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let mut mailboxes: Vec<&Mailbox> = input.metrics.mailboxes.iter().collect();
    // In mop-up what is outstanding comes first.
    let is_done = |mailbox: &Mailbox| {
        input.organisation.stage == Stage::MopUp && mailbox.state == SyncState::Switched
    };
    mailboxes.sort_by_key(|mailbox| {
        (
            is_done(mailbox),
            !mailbox.is_vip(),
            mailbox.is_vip() && mailbox.is_ready(),
        )
    });
    let rows = mailboxes.into_iter().map(|mailbox| {
        vec![
            vip_cell(mailbox),
            Cell::exported(mailbox.name.as_deref()),
            Cell::shown(&mailbox.address),
            Cell::exported(mailbox.collection.as_deref()),
            Cell::Word(mailbox.state.label()),
            mailbox
                .progress_percent
                .map_or(Cell::NotReported, |percent| Cell::Share(percent / 100.0)),
            mailbox.switch_date.into(),
            mailbox.items_total.into(),
            mailbox.items_synchronised.into(),
            mailbox.items_failed.into(),
            Cell::Word(mailbox.verdict.label()),
            Cell::Word(reason(mailbox, input).map_or("No", |(_, reason)| reason)),
            mailbox
                .last_error
                .as_deref()
                .map_or(Cell::Word("None"), Cell::shown),
            Cell::exported(mailbox.target.as_deref()),
            Cell::shown(&mailbox.state_word),
            Cell::Count(mailbox.items_listed),
            Cell::rate(mailbox.failure_rate()),
            Cell::mebibytes(mailbox.size_bytes),
            mailbox.last_synchronised_at.into(),
            Cell::Word(phase(mailbox.phase)),
        ]
    });
    WorkbookSheet {
        name: "Users".to_owned(),
        introduction: vec![
            "Users".to_owned(),
            "Every mailbox of the sync-state export, one a row: VIPs first, of them those not in \
             sync."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("VIP", 14.0),
            WorkbookColumn::new("User", 26.0).naming_rows(),
            WorkbookColumn::new("Source mailbox", 36.0),
            WorkbookColumn::new("Collection", 18.0),
            WorkbookColumn::new("State", 16.0),
            WorkbookColumn::new("Progress", 13.0),
            WorkbookColumn::new("Switch date", 13.0),
            WorkbookColumn::new("Items in total", 13.0),
            WorkbookColumn::new("Items copied", 13.0),
            WorkbookColumn::new("Items failed", 12.0),
            WorkbookColumn::new("Failures", 21.0),
            WorkbookColumn::new("Needs attention", 28.0),
            WorkbookColumn::new("Last error", 40.0),
            WorkbookColumn::new("Target mailbox", 36.0),
            WorkbookColumn::new("State as exported", 18.0),
            WorkbookColumn::new("Failed items listed", 18.0),
            WorkbookColumn::new("Failure rate", 12.0),
            WorkbookColumn::new("Size (MB)", 12.0),
            WorkbookColumn::new("Last synchronised", 18.0),
            WorkbookColumn::new("Phase", 11.0),
        ],
        rows: rows.collect(),
    }
}

fn collections_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let rows = input.metrics.collections.iter().map(|collection| {
        let group = &collection.metrics;
        let copied = group.item_progress;
        vec![
            Cell::Text(collection_name(collection).into()),
            collection.first_switch_date.into(),
            collection.last_switch_date.into(),
            Cell::Count(group.mailboxes),
            Cell::Count(group.in_sync_or_beyond()),
            Cell::Share(fraction(group.in_sync_or_beyond(), group.mailboxes)),
            Cell::Count(group.by_state.of(SyncState::Switched)),
            Cell::Count(halted(group)),
            group.items_total.into(),
            group.items_synchronised.into(),
            if copied.mailboxes == 0 {
                Cell::NotReported
            } else {
                Cell::Share(fraction(copied.synchronised, copied.total))
            },
            group.items_failed.into(),
            Cell::rate(Some(group.judgement.rate)),
            Cell::Word(group.judgement.verdict.label()),
        ]
    });
    WorkbookSheet {
        name: "Collections".to_owned(),
        introduction: vec![
            "Collections".to_owned(),
            "In the order of their switch dates.".to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("Collection", 30.0),
            WorkbookColumn::new("First switch date", 17.0),
            WorkbookColumn::new("Last switch date", 17.0),
            WorkbookColumn::new("Mailboxes", 12.0),
            WorkbookColumn::new("In sync or switched", 19.0),
            WorkbookColumn::new("Share in sync or switched", 24.0),
            WorkbookColumn::new("Switched", 11.0),
            WorkbookColumn::new("Stopped or failed", 17.0),
            WorkbookColumn::new("Items in total", 14.0),
            WorkbookColumn::new("Items copied", 14.0),
            WorkbookColumn::new("Share of items copied", 21.0),
            WorkbookColumn::new("Items failed", 13.0),
            WorkbookColumn::new("Failure rate", 13.0),
            WorkbookColumn::new("Failures", 22.0),
        ],
        rows: rows.collect(),
    }
}
