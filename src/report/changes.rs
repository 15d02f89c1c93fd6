//! What changed since the day before, in words. Where no earlier day is known, nothing of it is
//! said.

mod tiles;

pub(super) use tiles::{new_and_cleared, of_mailboxes, points, switched_since};

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};

use super::wording::{coming_day, count, counted, day, list, name, user};
use super::{
    Cell, ChangeFigures, Column, CompleteSheet, Cut, ReportInput, Section, Table, WorkbookColumn,
    WorkbookSheet,
};
use crate::domain::SyncState;
use crate::metrics::{Changes, FailedItem, Listing, MailboxChange, Movement, OrganisationMetrics};

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 10;
/// From here on an item has been open for long.
const LONG_DAYS: u64 = 7;
/// From here on it has been open for very long.
const VERY_LONG_DAYS: u64 = 30;

/// The exact figures.
pub(super) fn figures(metrics: &OrganisationMetrics) -> Option<ChangeFigures> {
    let changes = metrics.changes.as_ref()?;
    Some(ChangeFigures {
        since: changes.since,
        mailboxes_before: changes.mailboxes_before,
        in_sync_or_beyond_before: changes.in_sync_before,
        newly_halted: changes.count(Movement::Halted),
        gone_back: changes.count(Movement::WentBack),
        newly_switched: changes.count(Movement::Switched),
        newly_in_sync: changes.count(Movement::CameIntoSync),
        newly_listed: changes.listed_since,
        no_longer_listed: changes.no_longer_listed,
        new_failed_items: changes.new_items,
        still_failing_items: changes.still_failing,
        cleared_failed_items: changes.cleared.len() as u64,
        items_open_more_than_7_days: metrics.items_open_for_more_than(LONG_DAYS),
    })
}

/// “Thursday” within the last six days, “9 November” before, “9 November 2025” in another year.
fn short_day(then: NaiveDate, today: NaiveDate) -> String {
    match today.signed_duration_since(then).num_days() {
        1..=6 => then.format("%A").to_string(),
        _ if then.year() == today.year() => then.format("%-d %B").to_string(),
        _ => day(then),
    }
}

fn since(input: ReportInput<'_>, changes: &Changes) -> String {
    short_day(changes.since.day(), input.report_date.day())
}

/// “, 212 more than on Thursday”; nothing where no earlier day is known.
pub(super) fn more_than_before(input: ReportInput<'_>, now: u64, then: Option<u64>) -> String {
    let Some((changes, then)) = input.metrics.changes.as_ref().zip(then) else {
        return String::new();
    };
    more_than(now, then, &since(input, changes))
}

fn more_than(now: u64, then: u64, since: &str) -> String {
    match now.cmp(&then) {
        Ordering::Greater => format!(", {} more than on {since}", count(now - then)),
        Ordering::Less => format!(", {} fewer than on {since}", count(then - now)),
        Ordering::Equal => format!(", as many as on {since}"),
    }
}

/// The words for what a mailbox did.
fn movement(change: &MailboxChange) -> &'static str {
    match (change.movement, change.before) {
        (Movement::Halted, _) => "Stopped or failed",
        (Movement::WentBack, SyncState::Switched) => "The switch was undone",
        (Movement::WentBack, _) => "Went back",
        (Movement::Switched, _) => "Switched",
        (Movement::CameIntoSync, _) => "Came into sync",
    }
}

/// The mailboxes that moved, with their own rows.
fn moved<'a>(
    input: ReportInput<'a>,
    changes: &'a Changes,
) -> impl Iterator<Item = (&'a MailboxChange, &'a crate::metrics::Mailbox)> {
    let mailboxes = &input.metrics.mailboxes;
    changes
        .mailboxes
        .iter()
        .filter_map(move |change| Some((change, mailboxes.get(change.place)?)))
}

/// What mailboxes did since the day before.
pub(super) fn mailboxes_section(input: ReportInput<'_>) -> Option<Section> {
    let changes = input.metrics.changes.as_ref()?;
    let since = since(input, changes);
    let mut text = Vec::new();
    let parts: Vec<String> = [
        (changes.count(Movement::CameIntoSync), "came into sync"),
        (changes.count(Movement::Switched), "switched"),
        (changes.count(Movement::WentBack), "went back"),
        (changes.count(Movement::Halted), "stopped or failed"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .enumerate()
    .map(|(place, (number, did))| match place {
        0 => format!("{} {did}", counted(number, "mailbox", "mailboxes")),
        _ => format!("{} {did}", count(number)),
    })
    .collect();
    text.push(if parts.is_empty() {
        "No mailbox came into sync, switched, stopped or went back.".to_owned()
    } else {
        format!("{}.", list(&parts))
    });
    if changes.listed_since > 0 {
        text.push(format!(
            "{} in the export that {} not there on {since}.",
            counted(changes.listed_since, "mailbox is", "mailboxes are"),
            if changes.listed_since == 1 {
                "was"
            } else {
                "were"
            }
        ));
    }
    if changes.no_longer_listed > 0 {
        text.push(format!(
            "{} in the export on {since} and no longer {}.",
            counted(changes.no_longer_listed, "mailbox was", "mailboxes were"),
            if changes.no_longer_listed == 1 {
                "is"
            } else {
                "are"
            }
        ));
    }
    text.push(items_in_brief(changes));
    let rows: Vec<Vec<String>> = moved(input, changes)
        .take(LISTED_USERS)
        .map(|(change, mailbox)| {
            vec![
                user(mailbox),
                name(mailbox.collection.as_deref()),
                change.before.label().to_owned(),
                mailbox.state.label().to_owned(),
                movement(change).to_owned(),
            ]
        })
        .collect();
    let all = changes.mailboxes.len();
    let cut = Cut::of_list(rows.len(), all, "; all are in the workbook, sheet Changes.");
    Some(Section {
        heading: format!("What changed since {}", coming_day(changes.since.day())),
        text,
        chart: None,
        table: (!rows.is_empty()).then(|| Table {
            caption: "Mailboxes that moved, those that stopped or went back first".to_owned(),
            columns: vec![
                Column::text("User"),
                Column::text("Collection"),
                Column {
                    heading: format!("On {since}"),
                    is_number: false,
                },
                Column::text("Today"),
                Column::text("What changed"),
            ],
            rows,
            cut,
        }),
    })
}

/// The mailboxes that the sheet of changes must have, by what was measured.
pub(super) fn complete_sheet(input: ReportInput<'_>) -> Option<CompleteSheet<'_>> {
    let changes = input.metrics.changes.as_ref()?;
    let mailboxes = moved(input, changes)
        .map(|(_, mailbox)| mailbox.address.as_str())
        .collect();
    Some(CompleteSheet {
        sheet: "Changes",
        mailboxes,
        quotes_subject_lines: false,
        bytes_a_row: 60,
    })
}

/// Every mailbox that moved.
pub(super) fn mailboxes_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let changes = input.metrics.changes.as_ref()?;
    let rows = moved(input, changes).map(|(change, mailbox)| {
        vec![
            Cell::exported(mailbox.name.as_deref()),
            Cell::shown(&mailbox.address),
            Cell::exported(mailbox.collection.as_deref()),
            Cell::Word(movement(change)),
            Cell::Word(change.before.label()),
            Cell::Word(mailbox.state.label()),
            Cell::Day(changes.since.day()),
        ]
    });
    Some(WorkbookSheet {
        name: "Changes".to_owned(),
        introduction: vec![
            format!("What changed since {}", coming_day(changes.since.day())),
            "Mailboxes that stopped or failed, went back, switched or came into sync since the day \
             that this one is compared with."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("User", 28.0),
            WorkbookColumn::new("Source mailbox", 40.0),
            WorkbookColumn::new("Collection", 22.0),
            WorkbookColumn::new("What changed", 24.0),
            WorkbookColumn::new("State before", 16.0),
            WorkbookColumn::new("State now", 16.0),
            WorkbookColumn::new("Compared with", 15.0),
        ],
        rows: rows.collect(),
    })
}

/// “118”, or “none”.
fn number_or_none(number: u64) -> String {
    if number == 0 {
        "none".to_owned()
    } else {
        count(number)
    }
}

fn items_in_brief(changes: &Changes) -> String {
    match (changes.new_items, changes.cleared.len() as u64) {
        (0, 0) => "No failed item is new, and none was cleared.".to_owned(),
        (new, cleared) => format!(
            "Failed items: {} new, {} cleared.",
            number_or_none(new),
            number_or_none(cleared)
        ),
    }
}

/// “Since Thursday: 118 new, 64 cleared. 2,871 have been open for more than 7 days.”
pub(super) fn items_since(input: ReportInput<'_>) -> Option<String> {
    let changes = input.metrics.changes.as_ref()?;
    let listed = input.metrics.failed_items.len() as u64;
    let long = input.metrics.items_open_for_more_than(LONG_DAYS);
    let sentences = items_sentences(
        changes.new_items,
        changes.cleared.len() as u64,
        listed,
        long,
        &since(input, changes),
    );
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn items_sentences(new: u64, cleared: u64, listed: u64, long: u64, since: &str) -> Vec<String> {
    let mut sentences = match (new, cleared) {
        (0, 0) if listed == 0 => return Vec::new(),
        (0, 0) => vec![format!(
            "Since {since} no failed item is new, and none was cleared."
        )],
        _ => vec![format!(
            "Since {since}: {} new, {} cleared.",
            number_or_none(new),
            number_or_none(cleared)
        )],
    };
    if listed > 0 {
        sentences.push(match long {
            0 => format!("None has been open for more than {LONG_DAYS} days."),
            1 => format!("1 has been open for more than {LONG_DAYS} days."),
            long => format!(
                "{} have been open for more than {LONG_DAYS} days.",
                count(long)
            ),
        });
    }
    sentences
}

/// That items are at least as old as it says, where some are there since the record began.
pub(super) fn may_be_older(input: ReportInput<'_>) -> Option<String> {
    input.metrics.changes.as_ref()?;
    let since = input.metrics.days.last()?.recorded_since?;
    let listings = input
        .metrics
        .failed_items
        .iter()
        .filter_map(|item| item.listing.as_ref());
    match listings.filter(|listing| listing.may_be_older).count() as u64 {
        0 => None,
        1 => Some(format!(
            "1 item was there when our record began, on {}, and may have been open for longer.",
            day(since.day())
        )),
        older => Some(format!(
            "{} items were there when our record began, on {}, and may have been open for longer.",
            count(older),
            day(since.day())
        )),
    }
}

/// New, still failing by age, cleared.
pub(super) fn items_section(input: ReportInput<'_>) -> Option<Section> {
    let changes = input.metrics.changes.as_ref()?;
    let heading = format!(
        "New, still failing and cleared since {}",
        coming_day(changes.since.day())
    );
    let cleared = changes.cleared.len() as u64;
    if input.metrics.failed_items.is_empty() && cleared == 0 {
        return Some(Section {
            heading,
            text: vec!["None: no item failed, and none had failed then.".to_owned()],
            chart: None,
            table: None,
        });
    }
    let listings: Vec<(&FailedItem, &Listing)> = input
        .metrics
        .failed_items
        .iter()
        .filter_map(|item| Some((item, item.listing.as_ref()?)))
        .collect();
    let row = |what: &str, is_counted: &dyn Fn(&Listing) -> bool| {
        let items: Vec<&FailedItem> = listings
            .iter()
            .filter(|(_, listing)| is_counted(listing))
            .map(|(item, _)| *item)
            .collect();
        let mut users: Vec<&str> = items.iter().map(|item| &*item.mailbox).collect();
        users.dedup();
        vec![
            what.to_owned(),
            count(items.len() as u64),
            count(users.len() as u64),
        ]
    };
    let still = |from: u64, to: u64| {
        move |listing: &Listing| !listing.is_new && (from..=to).contains(&listing.days_open)
    };
    let mut users_of_cleared: Vec<Option<usize>> =
        changes.cleared.iter().map(|item| item.mailbox).collect();
    users_of_cleared.sort_unstable();
    users_of_cleared.dedup();
    let gone = users_of_cleared.contains(&None);
    let rows = vec![
        row("New", &|listing| listing.is_new),
        row(
            &format!("Still failing, open for up to {LONG_DAYS} days"),
            &still(0, LONG_DAYS),
        ),
        row(
            &format!(
                "Still failing, open for {} to {VERY_LONG_DAYS} days",
                LONG_DAYS + 1
            ),
            &still(LONG_DAYS + 1, VERY_LONG_DAYS),
        ),
        row(
            &format!("Still failing, open for more than {VERY_LONG_DAYS} days"),
            &still(VERY_LONG_DAYS + 1, u64::MAX),
        ),
        vec![
            "Cleared".to_owned(),
            count(cleared),
            if gone {
                "Not all are still listed".to_owned()
            } else {
                count(users_of_cleared.len() as u64)
            },
        ],
    ];
    let mut text = Vec::new();
    if cleared > 0 {
        text.push(
            "What is cleared is in the workbook, sheet Cleared: an item is cleared when the \
         export lists it no longer."
                .to_owned(),
        );
    }
    text.extend(may_be_older(input));
    Some(Section {
        heading,
        text,
        chart: None,
        table: Some(Table {
            caption: "Failed items by age, and those that were cleared".to_owned(),
            columns: vec![
                Column::text("Failed items"),
                Column::number("Items"),
                Column::number("Users"),
            ],
            rows,
            cut: None,
        }),
    })
}

/// What an item is called: `ZNM-7F3K-29QD`.
pub(super) fn reference(input: ReportInput<'_>, reference: &str) -> String {
    format!("{}-{reference}", input.organisation.code)
}

/// For how long an item is listed, which the first day does not know.
pub(super) fn days_open(input: ReportInput<'_>, listing: &Listing) -> Cell<'static> {
    if input.metrics.changes.is_some() {
        Cell::Count(listing.days_open)
    } else {
        Cell::Word("Not known")
    }
}

/// Every item that was cleared, as far as it is known.
pub(super) fn cleared_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let changes = input.metrics.changes.as_ref()?;
    let rows = changes.cleared.iter().map(|item| {
        let mailbox = item
            .mailbox
            .and_then(|place| input.metrics.mailboxes.get(place));
        let called = item.reference.as_deref();
        vec![
            called.map_or(Cell::Word("Not kept"), |called| {
                Cell::Text(reference(input, called).into())
            }),
            mailbox.map_or(Cell::Word("–"), |mailbox| {
                Cell::exported(mailbox.name.as_deref())
            }),
            mailbox.map_or(Cell::Word("No longer listed"), |mailbox| {
                Cell::shown(&mailbox.address)
            }),
            item.date.into(),
            Cell::mebibytes(item.size_bytes),
            Cell::Day(item.first_seen),
            Cell::Count(item.days_open),
        ]
    });
    Some(WorkbookSheet {
        name: "Cleared".to_owned(),
        introduction: vec![
            format!(
                "Failed items that were cleared since {}",
                coming_day(changes.since.day())
            ),
            "They were listed then and no longer are. Subject lines of earlier days are not kept: \
             the reference is that of the earlier workbook."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("Reference", 18.0),
            WorkbookColumn::new("User", 28.0),
            WorkbookColumn::new("Mailbox", 40.0),
            WorkbookColumn::new("Item date", 12.0),
            WorkbookColumn::new("Size (MB)", 11.0),
            WorkbookColumn::new("First seen", 12.0),
            WorkbookColumn::new("Days open", 11.0),
        ],
        rows: rows.collect(),
    })
}

/// The days of the window, the last one first.
pub(super) fn days_sheet(input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let days = &input.metrics.days;
    if days.len() < 2 {
        return None;
    }
    let known = |number: Option<u64>| number.map_or(Cell::Word("–"), Cell::Count);
    let rows = days.iter().rev().map(|day| {
        vec![
            Cell::Day(day.date.day()),
            day.compared_with
                .map_or(Cell::Word("–"), |before| Cell::Day(before.day())),
            Cell::Count(day.failed_items_listed),
            known(day.new_failed_items),
            known(day.cleared_failed_items),
            known(day.figures.newly_attempted),
        ]
    });
    Some(WorkbookSheet {
        name: "By day".to_owned(),
        introduction: vec![
            "Failed items by day".to_owned(),
            "New and cleared since the day that each is compared with. Attempted anew are the \
             items that were copied or failed since then."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("Day", 12.0),
            WorkbookColumn::new("Compared with", 15.0),
            WorkbookColumn::new("Failed items listed", 19.0),
            WorkbookColumn::new("New", 10.0),
            WorkbookColumn::new("Cleared", 10.0),
            WorkbookColumn::new("Items attempted since", 22.0),
        ],
        rows: rows.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_before_is_named_as_people_name_it() {
        let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let today = date(2026, 1, 9);
        for (then, name) in [
            (date(2026, 1, 8), "Thursday"),
            (date(2026, 1, 3), "Saturday"),
            (date(2026, 1, 2), "2 January"),
            (date(2025, 12, 31), "31 December 2025"),
        ] {
            assert_eq!(short_day(then, today), name);
        }
    }

    #[test]
    fn a_figure_is_more_or_fewer_than_it_was() {
        assert_eq!(
            more_than(4_312, 3_100, "Thursday"),
            ", 1,212 more than on Thursday"
        );
        assert_eq!(
            more_than(0, 1, "9 November"),
            ", 1 fewer than on 9 November"
        );
        assert_eq!(more_than(5, 5, "Thursday"), ", as many as on Thursday");
    }

    #[test]
    fn new_and_cleared_items_are_counted_in_words() {
        for (new, cleared, listed, long, said) in [
            (
                118,
                64,
                3_000,
                2_871,
                &[
                    "Since Thursday: 118 new, 64 cleared.",
                    "2,871 have been open for more than 7 days.",
                ][..],
            ),
            (
                1,
                0,
                1,
                0,
                &[
                    "Since Thursday: 1 new, none cleared.",
                    "None has been open for more than 7 days.",
                ],
            ),
            (0, 2, 0, 0, &["Since Thursday: none new, 2 cleared."]),
            (
                0,
                0,
                1,
                1,
                &[
                    "Since Thursday no failed item is new, and none was cleared.",
                    "1 has been open for more than 7 days.",
                ],
            ),
            (0, 0, 0, 0, &[]),
        ] {
            assert_eq!(
                items_sentences(new, cleared, listed, long, "Thursday"),
                said
            );
        }
    }
}
