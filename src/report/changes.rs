//! What changed since the day before, in words. Where no earlier day is known, nothing of it is
//! said.

mod tables;
mod tiles;

pub(super) use tables::{
    cleared_sheet, days_sheet, items_section, mailboxes_section, mailboxes_sheet,
};
pub(super) use tiles::{in_a_week, new_and_cleared, of_mailboxes, points, switched_since};

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};

use super::complete_sheet::CompleteSheet;
use super::input::ReportInput;
use super::model::ChangeFigures;
use super::wording::day;
use super::workbook::Cell;
use crate::domain::plural::{count, counted};
use crate::metrics::{Changes, Listing, Mailbox, MailboxChange, Movement, OrganisationMetrics};

/// An item has been open for long after more days than these.
const LONG_DAYS: u64 = 7;

/// The figures of the model, beside the words.
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
        returned_failed_items: changes.returned_items,
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

/// “Thursday”: the day that this one is compared with; nothing where none is known.
pub(super) fn since_when(input: ReportInput<'_>) -> String {
    let changes = input.metrics.changes.as_ref();
    changes.map_or_else(String::new, |changes| since(input, changes))
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

fn moved<'a>(
    input: ReportInput<'a>,
    changes: &'a Changes,
) -> impl Iterator<Item = (&'a MailboxChange, &'a Mailbox)> {
    let mailboxes = &input.metrics.mailboxes;
    changes
        .mailboxes
        .iter()
        .filter_map(move |change| Some((change, mailboxes.get(change.place)?)))
}

/// The mailboxes that the sheet of changes must have, by what was measured.
pub(super) fn complete_sheet(input: ReportInput<'_>) -> Option<CompleteSheet<'_>> {
    let changes = input.metrics.changes.as_ref()?;
    let mailboxes = moved(input, changes).map(|(_, mailbox)| mailbox.address.as_str());
    Some(CompleteSheet {
        sheet: "Changes".to_owned(),
        mailboxes: mailboxes.collect(),
        quotes_subject_lines: false,
        bytes_a_row: 60,
    })
}

/// “118”, or “none”.
pub(super) fn number_or_none(number: u64) -> String {
    match number {
        0 => "none".to_owned(),
        _ => count(number),
    }
}

/// “2,871 have been open for more than 7 days.”; nothing where no item is, or no earlier day is known.
pub(super) fn open_for_long(input: ReportInput<'_>) -> Option<String> {
    input.metrics.changes.as_ref()?;
    let listed = input.metrics.failed_items.len() as u64;
    open_for_long_of(input.metrics.items_open_for_more_than(LONG_DAYS), listed)
}

fn open_for_long_of(long: u64, listed: u64) -> Option<String> {
    let have_been = match long {
        0 if listed == 0 => return None,
        0 => "None has been".to_owned(),
        1 if listed == 1 => "It has been".to_owned(),
        all if all == listed => "All have been".to_owned(),
        long => counted(long, "has been", "have been"),
    };
    Some(format!("{have_been} open for more than {LONG_DAYS} days."))
}

/// How many failed items came and went since the day before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ItemsMoved {
    new: u64,
    again: u64,
    cleared: u64,
}

impl ItemsMoved {
    fn of(changes: &Changes) -> Self {
        Self {
            new: changes.new_items,
            again: changes.returned_items,
            cleared: changes.cleared.len() as u64,
        }
    }

    /// “118 new, 3 failing again, 64 cleared”; `None` where none moved.
    fn in_words(self) -> Option<String> {
        let Self {
            new,
            again,
            cleared,
        } = self;
        if new + again + cleared == 0 {
            return None;
        }
        let (new, cleared) = (number_or_none(new), number_or_none(cleared));
        Some(match again {
            0 => format!("{new} new, {cleared} cleared"),
            _ => format!(
                "{new} new, {} failing again, {cleared} cleared",
                count(again)
            ),
        })
    }
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
    let older = listings.filter(|listing| listing.may_be_older).count();
    (older > 0).then(|| {
        format!(
            "{} there when our record began, on {}, and may have been open for longer.",
            counted(older, "item was", "items were"),
            day(since.day())
        )
    })
}

/// The name of a failed item from day to day: `ZNM-7F3K-29QD`.
pub(super) fn reference(input: ReportInput<'_>, reference: &str) -> String {
    [input.organisation.code.as_str(), "-", reference].concat()
}

/// For how long an item is listed, which the first day does not know.
pub(super) fn days_open(input: ReportInput<'_>, listing: &Listing) -> Cell<'static> {
    if input.metrics.changes.is_some() {
        Cell::Count(listing.days_open)
    } else {
        Cell::Word("Not known")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items_moved(new: u64, again: u64, cleared: u64) -> ItemsMoved {
        ItemsMoved {
            new,
            again,
            cleared,
        }
    }

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
    fn items_open_for_long_and_moved_are_counted_in_words() {
        for (long, listed, said) in [
            (0, 0, None),
            (0, 9, Some("None has been open for more than 7 days.")),
            (1, 1, Some("It has been open for more than 7 days.")),
            (1, 9, Some("1 has been open for more than 7 days.")),
            (9, 9, Some("All have been open for more than 7 days.")),
            (
                2_871,
                3_000,
                Some("2,871 have been open for more than 7 days."),
            ),
        ] {
            assert_eq!(open_for_long_of(long, listed).as_deref(), said);
        }
        assert_eq!(
            items_moved(1_000, 3, 0).in_words().as_deref(),
            Some("1,000 new, 3 failing again, none cleared")
        );
    }
}
