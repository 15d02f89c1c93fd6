//! Where the migration schedule and the sync-state export say different things.

use super::wording::{count, day, name};
use super::{Cell, Column, Cut, ReportInput, Section, Table, WorkbookColumn, WorkbookSheet};
use crate::metrics::ScheduleDifference;
use crate::tables::Difference;

/// Mailboxes that the email lists; the workbook has all.
const LISTED: usize = 10;

fn label(difference: Difference) -> &'static str {
    match difference {
        Difference::NotInExport => "On the schedule, not in the export",
        Difference::NotOnSchedule => "In the export, not on the schedule",
        Difference::SwitchDate => "Another switch date",
    }
}

fn next_action(difference: Difference) -> &'static str {
    match difference {
        Difference::NotInExport => {
            "Nothing is copied: tell the migration team, or take it off the schedule"
        }
        Difference::NotOnSchedule => {
            "Nobody planned its switch: put it on the schedule, or tell the migration team to \
             leave it out"
        }
        Difference::SwitchDate => {
            "The export's date counts: correct the schedule, or tell the migration team"
        }
    }
}

fn differences(input: ReportInput<'_>) -> &[ScheduleDifference] {
    input
        .metrics
        .schedule_differences
        .as_deref()
        .unwrap_or_default()
}

/// The differences, for the page; nothing where there is no schedule or it agrees.
pub(super) fn section(input: ReportInput<'_>) -> Option<Section> {
    let differences = differences(input);
    let of = |kind: Difference| {
        differences
            .iter()
            .filter(|row| row.difference == kind)
            .count() as u64
    };
    let counts = Difference::ALL
        .into_iter()
        .map(|kind| (kind, of(kind)))
        .filter(|(_, mailboxes)| *mailboxes > 0);
    let text = counts.map(|(kind, mailboxes)| {
        format!(
            "{}: {}. {}.",
            label(kind),
            count(mailboxes),
            next_action(kind)
        )
    });
    let text: Vec<String> = text.collect();
    if text.is_empty() {
        return None;
    }
    let date = |date: Option<chrono::NaiveDate>| date.map_or_else(|| "None".to_owned(), day);
    let rows = differences.iter().take(LISTED).map(|row| {
        vec![
            name(Some(row.name.as_deref().unwrap_or(&row.address))),
            name(row.collection.as_deref()),
            date(row.scheduled_date),
            date(row.exported_date),
            label(row.difference).to_owned(),
        ]
    });
    let cut = Cut::of_list(
        differences.len().min(LISTED),
        differences.len(),
        "; all are in the workbook, sheet Schedule.",
    );
    Some(Section {
        heading: "Where schedule and export differ".to_owned(),
        text,
        chart: None,
        table: Some(Table {
            caption: "Mailboxes on which the migration schedule and the sync-state export differ"
                .to_owned(),
            columns: [
                "User",
                "Collection",
                "Date on the schedule",
                "Date in the export",
                "What differs",
            ]
            .map(Column::text)
            .to_vec(),
            rows: rows.collect(),
            cut,
        }),
    })
}

/// The differences, for the workbook; nothing where there is no schedule.
pub(super) fn sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    input.metrics.schedule_differences.as_ref()?;
    let date =
        |date: Option<chrono::NaiveDate>| date.map_or(Cell::Word("None"), |date| Some(date).into());
    let rows = differences(input).iter().map(|row| {
        vec![
            Cell::Word(label(row.difference)),
            Cell::exported(row.name.as_deref()),
            Cell::shown(&row.address),
            Cell::exported(row.collection.as_deref()),
            date(row.scheduled_date),
            date(row.exported_date),
            row.vip_category
                .as_deref()
                .map_or(Cell::Word("None"), Cell::shown),
            Cell::Word(next_action(row.difference)),
        ]
    });
    Some(WorkbookSheet {
        name: "Schedule".to_owned(),
        introduction: vec![
            "Migration schedule".to_owned(),
            "Mailboxes of which the migration schedule and the sync-state export say different \
             things, one a row."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("What differs", 34.0),
            WorkbookColumn::new("User", 28.0),
            WorkbookColumn::new("Source mailbox", 40.0),
            WorkbookColumn::new("Collection", 22.0),
            WorkbookColumn::new("Date on the schedule", 20.0),
            WorkbookColumn::new("Date in the export", 18.0),
            WorkbookColumn::new("VIP category", 20.0),
            WorkbookColumn::new("Next action", 70.0),
        ],
        rows: rows.collect(),
    })
}
