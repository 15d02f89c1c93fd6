//! Where the migration schedule and the sync-state export say different things.

use chrono::NaiveDate;

use super::input::ReportInput;
use super::model::Section;
use super::tabulation::Tabulation;
use super::wording::{NAMED, day, name, name_or_address};
use super::workbook::{Cell, WorkbookSheet};
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

pub(super) fn differences(input: ReportInput<'_>) -> &[ScheduleDifference] {
    input
        .metrics
        .schedule_differences
        .as_deref()
        .unwrap_or_default()
}

/// The differences, for the page, of which actions say what to do; nothing where there are none, or
/// only some that the actions name.
pub(super) fn section(input: ReportInput<'_>) -> Option<Section> {
    let differences = differences(input);
    let is_of_dates = |row: &ScheduleDifference| row.difference == Difference::SwitchDate;
    if differences.len() <= NAMED && !differences.iter().any(is_of_dates) {
        return None;
    }
    let table = table(differences).list(
        "Mailboxes on which the migration schedule and the sync-state export differ",
        LISTED,
        "; all: workbook, sheet Schedule.",
    );
    Some(Section::new(
        "Where schedule and export differ",
        Vec::new(),
        table,
    ))
}

/// The differences, for the workbook; nothing where there is no schedule or it agrees.
pub(super) fn sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let differences = differences(input);
    if differences.is_empty() {
        return None;
    }
    Some(table(differences).sheet(
        "Schedule",
        "Migration schedule",
        "Mailboxes of which the migration schedule and the sync-state export say different things, \
         one a row.",
    ))
}

fn table(differences: &[ScheduleDifference]) -> Tabulation<'_, &ScheduleDifference> {
    let date = |date: Option<NaiveDate>| date.map_or(Cell::Word("None"), Cell::Day);
    let printed = |date: Option<NaiveDate>| date.map_or_else(|| "None".to_owned(), day);
    Tabulation::of(differences)
        .column("What differs", 34.0, |row| label(row.difference))
        .text("User", |row| row.name.as_deref())
        .wide(28.0)
        .printed(|row| name_or_address(row.name.as_deref(), &row.address))
        .column("Source mailbox", 40.0, |row| Cell::shown(&row.address))
        .text("Collection", |row| row.collection.as_deref())
        .wide(22.0)
        .printed(|row| name(row.collection.as_deref()))
        .text("Date on the schedule", move |row| date(row.scheduled_date))
        .wide(20.0)
        .printed(move |row| printed(row.scheduled_date))
        .text("Date in the export", move |row| date(row.exported_date))
        .wide(18.0)
        .printed(move |row| printed(row.exported_date))
        .text("What differs", |row| label(row.difference))
        .column("VIP category", 20.0, |row| {
            let category = row.vip_category.as_deref();
            category.map_or(Cell::Word("None"), Cell::shown)
        })
        .column("Next action", 70.0, |row| next_action(row.difference))
}
