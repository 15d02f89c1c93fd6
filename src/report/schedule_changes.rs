//! What changed in the migration schedule, with a form of it that can be sent as it is.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::actions::{Action, Actions, Listed};
use super::input::ReportInput;
use super::model::Section;
use super::tabulation::Tabulation;
use super::wording::{NAMED, coming_day, day, first_of, list, name, name_or_address};
use super::workbook::{Cell, WorkbookSheet};
use crate::domain::plural::{count, counted};
use crate::metrics::{ScheduleChange, ScheduleChangeKind, ScheduleChanges};

/// Changes that the email lists; the workbook has all.
const LISTED: usize = 20;
/// The sheet that has them all.
const SHEET: &str = "Schedule changes";
/// Stands where the address of a mailbox should that is known by its fingerprint only.
pub const NO_LONGER_EXPORTED: &str = "No longer exported";

/// What happened to how many: “5 moved, 2 added and 1 taken off”; nothing where nothing did.
fn in_numbers(changes: &ScheduleChanges) -> Option<String> {
    let parts: Vec<String> = [
        (ScheduleChangeKind::Moved, "moved"),
        (ScheduleChangeKind::Added, "added"),
        (ScheduleChangeKind::Removed, "taken off"),
    ]
    .into_iter()
    .map(|(kind, what)| (changes.count(kind), what))
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{} {what}", count(number)))
    .collect();
    (!parts.is_empty()).then(|| list(&parts))
}

/// “19 November 2026”, or “it was frozen”.
fn since(changes: &ScheduleChanges) -> String {
    match changes.since {
        Some(date) => day(date.day()),
        None => "it was frozen".to_owned(),
    }
}

/// What changed. That nothing did is only said where both schedules are known.
fn sentence_of(changes: &ScheduleChanges) -> String {
    let since = since(changes);
    match in_numbers(changes) {
        None => format!("No mailbox moved on the schedule since {since}."),
        Some(numbers) => {
            let mailboxes = changes.changes.len();
            let on = counted(mailboxes, "mailbox", "mailboxes");
            format!("{on} changed on the schedule since {since}: {numbers}.")
        }
    }
}

/// The changes within a week of a switch.
fn late<'a>(
    input: ReportInput<'a>,
    changes: Option<&'a ScheduleChanges>,
) -> Vec<&'a ScheduleChange> {
    let changes = changes.into_iter().flat_map(|changes| &changes.changes);
    changes
        .filter(|change| change.is_late(input.report_date))
        .collect()
}

/// Those since the last report, and how many they are; then those since the schedule was frozen of
/// other mailboxes.
fn all_late(input: ReportInput<'_>) -> (Vec<&ScheduleChange>, usize) {
    let frozen = late(input, input.metrics.schedule_since_frozen.as_ref());
    // One that is no longer exported has its address on the frozen schedule only.
    let gone: HashSet<_> = frozen
        .iter()
        .filter(|change| {
            let address = change.address.as_deref();
            address.is_some_and(|address| input.mailbox(address).is_none())
        })
        .map(|change| (change.kind, change.date_before))
        .collect();
    let mut changes = late(input, input.metrics.schedule_since_report.as_ref());
    changes.retain(|change| {
        change.address.is_some() || !gone.contains(&(change.kind, change.date_before))
    });
    let since_report = changes.len();
    let known: HashSet<_> = changes.iter().map(|change| &change.address).collect();
    let others = frozen
        .iter()
        .filter(|change| !known.contains(&change.address));
    let others: Vec<_> = others.copied().collect();
    changes.extend(others);
    (changes, since_report)
}

/// What changed since the last report, for the headline; nothing where nothing did.
pub(super) fn sentence(input: ReportInput<'_>) -> Option<String> {
    let changes = input.metrics.schedule_since_report.as_ref()?;
    in_numbers(changes)?;
    let late = match late(input, Some(changes)).len() {
        0 => String::new(),
        late => format!(
            " {} within a week of a switch.",
            counted(late, "of them is", "of them are")
        ),
    };
    Some(format!("{}{late}", sentence_of(changes)))
}

/// A change within a week of a switch is something to be confirmed.
pub(super) fn actions(input: ReportInput<'_>) -> Actions<'_> {
    let (late, since_report) = all_late(input);
    let since = match (
        &input.metrics.schedule_since_report,
        late.len() - since_report,
    ) {
        (_, 0) => String::new(),
        (Some(changes), _) if since_report > 0 => {
            format!(", {} of them since {}", count(since_report), since(changes))
        }
        _ => ", all since it was frozen".to_owned(),
    };
    let listed = late.iter().filter_map(|change| {
        let address = change.address.as_deref()?;
        Some(Listed::moved(input, address, change.name.as_deref()))
    });
    let listed: Vec<Listed<'_>> = listed.collect();
    let unlisted = match late.len() - listed.len() {
        0 => String::new(),
        some => format!(
            " {} no longer exported.",
            counted(some, "more is", "more are")
        ),
    };
    let names = late.iter().filter(|change| change.address.is_some());
    let names: Vec<String> = names.map(|change| who(change)).collect();
    let action = Action::of(listed, |listed| {
        let what = counted(
            listed.len(),
            "change of the schedule within a week of a switch",
            "changes of the schedule within a week of a switch",
        );
        format!(
            "Confirm {what}{since}: {}.{unlisted} Send us the workbook's sheet {SHEET} as your change \
             request; tell these users when they switch.",
            first_of(&names, NAMED)
        )
    });
    Actions::of_yours(action)
}

fn who(change: &ScheduleChange) -> String {
    match &change.address {
        Some(address) => name_or_address(change.name.as_deref(), address),
        None => "a mailbox that is no longer exported".to_owned(),
    }
}

/// What changed, on the page.
pub(super) fn section(input: ReportInput<'_>) -> Section {
    let heading = "What changed in the schedule";
    let known = [
        &input.metrics.schedule_since_report,
        &input.metrics.schedule_since_frozen,
    ];
    let known: Vec<&ScheduleChanges> = known.into_iter().flatten().collect();
    if known.is_empty() {
        return Section::of_text(
            heading,
            &["No earlier schedule is known to compare this one with."],
        );
    }
    let text = known.iter().map(|changes| sentence_of(changes)).collect();
    let first = known.iter().find(|changes| !changes.changes.is_empty());
    let table = first.map(|changes| {
        Tabulation::of(&changes.changes)
            .text("User", who)
            .text("Change", |change| label(change.kind))
            .text("From", |change| {
                place(change.date_before, change.collection_before.as_deref())
            })
            .text("To", |change| {
                place(change.date_now, change.collection_now.as_deref())
            })
            .list(
                &format!("Changes of the schedule since {}", since(changes)),
                LISTED,
                "; all: workbook, sheet Schedule changes.",
            )
    });
    Section::new(heading, text, table)
}

fn label(kind: ScheduleChangeKind) -> &'static str {
    match kind {
        ScheduleChangeKind::Moved => "Moved",
        ScheduleChangeKind::Added => "Added",
        ScheduleChangeKind::Removed => "Taken off",
    }
}

/// “Monday 23 November, Week 1”
fn place(date: Option<NaiveDate>, collection: Option<&str>) -> String {
    let parts: Vec<String> = date
        .map(coming_day)
        .into_iter()
        .chain(collection.map(|collection| name(Some(collection))))
        .collect();
    match parts.is_empty() {
        true => "None".to_owned(),
        false => parts.join(", "),
    }
}

/// The changes as a change request: who, from, to, with room for the reason and for who asks and who
/// agrees. Those since the last report, then those since the schedule was frozen.
pub(super) fn sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    input.metrics.schedule_differences.as_ref()?;
    let known = [
        &input.metrics.schedule_since_report,
        &input.metrics.schedule_since_frozen,
    ];
    let rows = known.into_iter().flatten().flat_map(|changes| {
        let of_each = changes.changes.iter();
        of_each.map(move |change| (changes, change))
    });
    let rows: Vec<(&ScheduleChanges, &ScheduleChange)> = rows.collect();
    if rows.is_empty() {
        return None;
    }
    let date = |date: Option<NaiveDate>| date.map_or(Cell::Word("None"), Cell::Day);
    let sheet = Tabulation::of(rows.iter().copied())
        .column("Change", 12.0, |(_, change)| label(change.kind))
        .column("User", 28.0, |(_, change)| change.name.as_deref())
        .column("Source mailbox", 36.0, |(_, change)| {
            match &change.address {
                Some(address) => Cell::shown(address),
                None => Cell::Word(NO_LONGER_EXPORTED),
            }
        })
        .column("From date", 14.0, move |(_, change)| {
            date(change.date_before)
        })
        .column("To date", 14.0, move |(_, change)| date(change.date_now))
        .column("From collection", 20.0, |(_, change)| {
            change
                .collection_before
                .as_deref()
                .map_or(Cell::Word("None"), Cell::shown)
        })
        .column("To collection", 20.0, |(_, change)| {
            change
                .collection_now
                .as_deref()
                .map_or(Cell::Word("None"), Cell::shown)
        })
        .column(
            "Within a week of a switch",
            18.0,
            move |(_, change)| match change.is_late(input.report_date) {
                true => "Yes",
                false => "No",
            },
        )
        .column("VIP category", 18.0, |(_, change)| {
            change
                .vip_category
                .as_deref()
                .map_or(Cell::Word("None"), Cell::shown)
        })
        .column("Changed since", 18.0, |(changes, _)| match changes.since {
            Some(date) => Cell::Day(date.day()),
            None => Cell::Word("Frozen schedule"),
        })
        .column("Reason", 30.0, |_| Cell::Word(""))
        .column("Requested by", 20.0, |_| Cell::Word(""))
        .column("Agreed by, on", 20.0, |_| Cell::Word(""));
    Some(sheet.sheet(
        SHEET,
        "Change request: migration schedule",
        "Every mailbox that was added to the schedule, taken off it or moved, one a row. To make it \
         your change request, fill in the last three columns and send this workbook to us.",
    ))
}
