//! The workbook.

use super::super::people::{phase, vip_cell};
use super::super::verdict::verdict;
use super::super::wording::{day, expected_one_in, fraction, one_in};
use super::super::{Cell, Subject, WorkbookColumn, WorkbookSheet, changes, findings, schedule, visible};
use super::halted;
use super::sections::{collection_name, reason};
use crate::domain::{ReportKind, Stage, SyncState};
use crate::metrics::Mailbox;

pub(super) fn sheets(subject: Subject<'_>) -> Vec<WorkbookSheet> {
    let mut sheets = vec![summary_sheet(subject), users_sheet(subject), collections_sheet(subject)];
    sheets.extend(changes::mailboxes_sheet(subject));
    sheets.extend(schedule::sheet(subject));
    sheets.push(findings::sheet(subject.findings));
    sheets
}

fn summary_sheet(subject: Subject<'_>) -> WorkbookSheet {
    let whole = &subject.metrics.whole;
    let mut rows = vec![vec![Cell::Word("Mailboxes"), Cell::Count(whole.mailboxes), Cell::Word("in the sync-state export")]];
    for state in SyncState::ALL {
        rows.push(vec![Cell::Word(state.label()), Cell::Count(whole.by_state.of(state)), Cell::Word("mailboxes in this state")]);
    }
    let judgement = whole.judgement;
    let expected = subject.programme.expected_failure_rate.fraction();
    let probability = |value: Option<f64>| value.map_or(Cell::NotReported, Cell::Rate);
    rows.extend([
        vec![Cell::Word("Items in the source mailboxes"), whole.items_total.into(), Cell::Word("of the mailboxes that report it")],
        vec![Cell::Word("Items copied"), whole.items_synchronised.into(), Cell::Word("of the mailboxes that report it")],
        vec![Cell::Word("Items failed"), whole.items_failed.into(), Cell::Word("of the mailboxes that report it")],
        vec![
            Cell::Word("Items attempted"),
            whole.items_attempted.into(),
            Cell::Word("copied and failed, of the mailboxes that report both"),
        ],
        vec![Cell::Word("Failure rate"), Cell::rate(Some(judgement.rate)), Cell::Text(one_in(judgement.rate))],
        vec![
            Cell::Word("Expected failure rate"),
            Cell::Rate(expected),
            Cell::Text(expected_one_in(subject.programme.expected_failure_rate)),
        ],
        vec![
            Cell::Word("Verdict"),
            Cell::Word(judgement.verdict.label()),
            Cell::Text(verdict(subject.metrics, subject.programme.expected_failure_rate)),
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
    ]);
    WorkbookSheet {
        name: "Summary".to_owned(),
        introduction: vec![
            format!("{}: {} ({})", ReportKind::OverallMigration.title(), visible(&subject.organisation.name), subject.organisation.code),
            format!("Report date {}. Questions: {}", day(subject.report_date.day()), subject.programme.contact.reveal()),
        ],
        columns: vec![WorkbookColumn::new("Figure", 38.0), WorkbookColumn::new("Value", 18.0), WorkbookColumn::new("Note", 90.0)],
        rows,
    }
}

fn users_sheet(subject: Subject<'_>) -> WorkbookSheet {
    let mut mailboxes: Vec<&Mailbox> = subject.metrics.mailboxes.iter().collect();
    // In mop-up what is outstanding comes first.
    let is_done = |mailbox: &Mailbox| subject.organisation.stage == Stage::MopUp && mailbox.state == SyncState::Switched;
    mailboxes.sort_by_key(|mailbox| (is_done(mailbox), !mailbox.is_vip(), mailbox.is_vip() && mailbox.is_ready()));
    let rows = mailboxes.into_iter().map(|mailbox| {
        vec![
            vip_cell(mailbox),
            Cell::exported(mailbox.name.as_deref()),
            Cell::Text(visible(&mailbox.address)),
            Cell::exported(mailbox.target.as_deref()),
            Cell::exported(mailbox.collection.as_deref()),
            Cell::Word(mailbox.state.label()),
            Cell::Text(visible(&mailbox.state_word)),
            mailbox.progress_percent.map_or(Cell::NotReported, |percent| Cell::Share(percent / 100.0)),
            mailbox.items_total.into(),
            mailbox.items_synchronised.into(),
            mailbox.items_failed.into(),
            Cell::Count(mailbox.items_listed),
            Cell::rate(mailbox.failure_rate()),
            Cell::Word(mailbox.verdict.label()),
            Cell::mebibytes(mailbox.size_bytes),
            mailbox.last_synchronised_at.into(),
            mailbox.switch_date.into(),
            Cell::Word(phase(mailbox.phase)),
            Cell::Word(reason(mailbox, subject).map_or("No", |(_, reason)| reason)),
            mailbox.last_error.as_deref().map_or(Cell::Word("None"), |error| Cell::Text(visible(error))),
        ]
    });
    WorkbookSheet {
        name: "Users".to_owned(),
        introduction: vec![
            "Users".to_owned(),
            "Every mailbox of the sync-state export, one a row: VIPs first, of them those not in sync.".to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("VIP", 20.0),
            WorkbookColumn::new("User", 28.0),
            WorkbookColumn::new("Source mailbox", 40.0),
            WorkbookColumn::new("Target mailbox", 36.0),
            WorkbookColumn::new("Collection", 22.0),
            WorkbookColumn::new("State", 16.0),
            WorkbookColumn::new("State as exported", 18.0),
            WorkbookColumn::new("Progress", 11.0),
            WorkbookColumn::new("Items in total", 13.0),
            WorkbookColumn::new("Items copied", 13.0),
            WorkbookColumn::new("Items failed", 12.0),
            WorkbookColumn::new("Failed items listed", 18.0),
            WorkbookColumn::new("Failure rate", 12.0),
            WorkbookColumn::new("Failures", 21.0),
            WorkbookColumn::new("Size (MB)", 12.0),
            WorkbookColumn::new("Last synchronised", 18.0),
            WorkbookColumn::new("Switch date", 13.0),
            WorkbookColumn::new("Phase", 11.0),
            WorkbookColumn::new("Needs attention", 32.0),
            WorkbookColumn::new("Last error", 40.0),
        ],
        rows: rows.collect(),
    }
}

fn collections_sheet(subject: Subject<'_>) -> WorkbookSheet {
    let rows = subject.metrics.collections.iter().map(|collection| {
        let group = &collection.metrics;
        let copied = group.item_progress;
        vec![
            Cell::Text(collection_name(collection)),
            collection.first_switch_date.into(),
            collection.last_switch_date.into(),
            Cell::Count(group.mailboxes),
            Cell::Count(group.in_sync_or_beyond()),
            Cell::Share(fraction(group.in_sync_or_beyond(), group.mailboxes)),
            Cell::Count(group.by_state.of(SyncState::Switched)),
            Cell::Count(halted(group)),
            group.items_total.into(),
            group.items_synchronised.into(),
            if copied.mailboxes == 0 { Cell::NotReported } else { Cell::Share(fraction(copied.synchronised, copied.total)) },
            group.items_failed.into(),
            Cell::rate(Some(group.judgement.rate)),
            Cell::Word(group.judgement.verdict.label()),
        ]
    });
    WorkbookSheet {
        name: "Collections".to_owned(),
        introduction: vec!["Collections".to_owned(), "In the order of their switch dates.".to_owned()],
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
