//! The workbook, which serves as the list of what is to be mopped up.

use super::super::people::vip_cell;
use super::super::wording::{day, fraction};
use super::super::{
    Cell, ReportInput, WorkbookColumn, WorkbookSheet, changes, findings, summary_sheet, trends,
    visible,
};
use super::{standing_out, subject_line, users_with_failures};
use crate::domain::ReportKind;
use crate::metrics::CauseMetrics;

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let mut sheets = vec![figures_sheet(input), items_sheet(input)];
    sheets.extend(changes::cleared_sheet(input));
    sheets.extend([users_sheet(input), causes_sheet(input)]);
    sheets.extend(changes::days_sheet(input));
    sheets.extend(trends::causes_sheet(input));
    sheets.push(findings::sheet(input.findings));
    sheets
}

fn figures_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let metrics = input.metrics;
    let listed = metrics.failed_items.len() as u64;
    let mut rows = summary_sheet::judgement(input);
    rows.push(vec![
        Cell::Word("Users with failed items"),
        Cell::Count(users_with_failures(input).len() as u64),
        Cell::Word("mailboxes"),
    ]);
    rows.push(vec![
        Cell::Word("Failed items listed"),
        Cell::Count(listed),
        Cell::Word("by the failed-item export: sheet Failed items"),
    ]);
    rows.extend(
        metrics
            .causes
            .iter()
            .map(|CauseMetrics { cause, items, .. }| {
                vec![
                    Cell::Text(cause.name.as_str().into()),
                    Cell::Count(*items),
                    Cell::Text(format!("{} acts. {}", cause.owner.label(), cause.action).into()),
                ]
            }),
    );
    if let Some(changes) = changes::figures(metrics) {
        let since = format!("since {}", day(changes.since.day()));
        let row = |name, items, note: &str| {
            vec![
                Cell::Word(name),
                Cell::Count(items),
                Cell::Text(note.to_owned().into()),
            ]
        };
        rows.extend([
            row("New failed items", changes.new_failed_items, &since),
            row("Still failing items", changes.still_failing_items, &since),
            row("Cleared failed items", changes.cleared_failed_items, &since),
            row(
                "Failed items open for more than 7 days",
                changes.items_open_more_than_7_days,
                "since they were first listed",
            ),
        ]);
    }
    summary_sheet::sheet(
        ReportKind::FailedItem,
        input,
        "Confidential: the sheets hold what may name patients.",
        rows,
    )
}

fn items_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let policy = input.organisation.subject_lines;
    let mailboxes = &input.metrics.mailboxes;
    // Of a mailbox that only the failed-item export knows, the schedule says nothing here.
    let vip = |address: &str| {
        let mailbox = mailboxes
            .binary_search_by(|mailbox| mailbox.address.as_str().cmp(address))
            .ok()
            .and_then(|place| mailboxes.get(place));
        mailbox.map_or(Cell::NotReported, vip_cell)
    };
    let rows = input.metrics.failed_items.iter().map(|item| {
        let listing = item.listing.as_ref();
        vec![
            Cell::exported(item.user.as_deref()),
            Cell::shown(&item.mailbox),
            Cell::Text(subject_line(item, policy).into()),
            Cell::exported(item.folder.as_deref()),
            item.date.into(),
            Cell::mebibytes(item.size_bytes),
            Cell::Text(item.cause.name.as_str().into()),
            Cell::Word(item.cause.owner.label()),
            Cell::Text(item.cause.action.as_str().into()),
            listing.map_or(Cell::Word("Not kept"), |listing| {
                Cell::Day(listing.first_seen)
            }),
            listing.map_or(Cell::Word("Not kept"), |listing| {
                changes::days_open(input, listing)
            }),
            listing.map_or(Cell::Word("Not kept"), |listing| {
                Cell::Text(changes::reference(input, &listing.reference).into())
            }),
            vip(&item.mailbox),
            Cell::exported(item.collection.as_deref()),
            Cell::exported(item.kind.as_deref()),
            Cell::exported(item.error_code.as_deref()),
            Cell::exported(item.error_text.as_deref()),
            item.failed_at.into(),
        ]
    });
    WorkbookSheet {
        name: "Failed items".to_owned(),
        introduction: [
            format!(
                "{}: {} ({})",
                ReportKind::FailedItem.title(),
                visible(&input.organisation.name),
                input.organisation.code
            ),
            format!(
                "Report date {}. Confidential: subject lines may name patients. Questions: {}",
                day(input.report_date.day()),
                input.programme.contact.reveal()
            ),
        ]
        .into_iter()
        .chain(changes::may_be_older(input))
        .collect(),
        columns: vec![
            WorkbookColumn::new("User", 24.0).naming_rows(),
            WorkbookColumn::new("Source mailbox", 30.0),
            WorkbookColumn::new("Subject line", 38.0),
            WorkbookColumn::new("Folder", 18.0),
            WorkbookColumn::new("Item date", 12.0),
            WorkbookColumn::new("Size (MB)", 11.0),
            WorkbookColumn::new("Cause", 16.0),
            WorkbookColumn::new("Who acts", 14.0),
            WorkbookColumn::new("Next action", 26.0),
            WorkbookColumn::new("First seen", 12.0),
            WorkbookColumn::new("Days open", 11.0),
            WorkbookColumn::new("Reference", 18.0),
            WorkbookColumn::new("VIP", 14.0),
            WorkbookColumn::new("Collection", 22.0),
            WorkbookColumn::new("Kind", 24.0),
            WorkbookColumn::new("Error code", 14.0),
            WorkbookColumn::new("Error", 50.0),
            WorkbookColumn::new("Failed at", 17.0),
        ],
        rows: rows.collect(),
    }
}

fn users_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let mut users = users_with_failures(input);
    users.sort_by_key(|mailbox| !mailbox.is_vip());
    let rows = users.into_iter().map(|mailbox| {
        let rate = mailbox.failure_rate();
        vec![
            vip_cell(mailbox),
            Cell::exported(mailbox.name.as_deref()),
            Cell::shown(&mailbox.address),
            Cell::exported(mailbox.collection.as_deref()),
            mailbox.items_failed.into(),
            Cell::Count(mailbox.items_listed),
            rate.map(|rate| rate.attempted).into(),
            Cell::rate(rate),
            Cell::Word(mailbox.verdict.label()),
            Cell::Word(standing_out(mailbox)),
        ]
    });
    WorkbookSheet {
        name: "By user".to_owned(),
        introduction: vec![
            "Failed items by user".to_owned(),
            "Counts of the sync-state export, VIPs before others, most first; beside each, how \
             many the failed-item export lists."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("VIP", 14.0),
            WorkbookColumn::new("User", 28.0).naming_rows(),
            WorkbookColumn::new("Source mailbox", 38.0),
            WorkbookColumn::new("Collection", 20.0),
            WorkbookColumn::new("Failed items", 13.0),
            WorkbookColumn::new("Failed items listed", 18.0),
            WorkbookColumn::new("Attempted items", 16.0),
            WorkbookColumn::new("Failure rate", 13.0),
            WorkbookColumn::new("Failures", 22.0),
            WorkbookColumn::new("Compared with chance", 21.0),
        ],
        rows: rows.collect(),
    }
}

fn causes_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let causes = &input.metrics.causes;
    let total: u64 = causes.iter().map(|cause| cause.items).sum();
    let rows = causes.iter().map(
        |CauseMetrics {
             cause,
             items,
             mailboxes,
         }| {
            vec![
                Cell::Text(cause.name.as_str().into()),
                Cell::Count(*items),
                Cell::Share(fraction(*items, total)),
                Cell::Count(*mailboxes),
                Cell::Word(cause.owner.label()),
                Cell::Text(cause.action.as_str().into()),
            ]
        },
    );
    WorkbookSheet {
        name: "By cause".to_owned(),
        introduction: vec![
            "Failed items by cause".to_owned(),
            "Of the items that the failed-item export lists.".to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("Cause", 30.0),
            WorkbookColumn::new("Items", 10.0),
            WorkbookColumn::new("Share", 10.0),
            WorkbookColumn::new("Users", 10.0),
            WorkbookColumn::new("Who acts", 18.0),
            WorkbookColumn::new("Next action", 70.0),
        ],
        rows: rows.collect(),
    }
}
