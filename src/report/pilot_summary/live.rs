//! What the live stage would be at a known pace, and with the pilot's failures.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::super::input::ReportInput;
use super::super::model::Section;
use super::super::tabulation::Tabulation;
use super::super::wording::{coming_day, day, expected_one_in, large_count, times};
use super::pace::CopyingPace;
use super::pilot::{Pilot, items_between};
use crate::domain::plural::{count, counted};
use crate::metrics::Mailbox;

/// Switch dates that the page lists; the workbook has all.
const LISTED: usize = 8;

/// What is left to copy of some mailboxes; those that report no total are taken to hold as much as
/// the others, on average.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Left {
    pub(super) items: u64,
    /// Mailboxes that report no total.
    pub(super) unknown: u64,
}

fn left(mailboxes: &[&Mailbox], items_each: u64) -> Left {
    let mut left = Left::default();
    for mailbox in mailboxes
        .iter()
        .filter(|one| !one.state.is_in_sync_or_beyond())
    {
        let done = mailbox.failure_rate().map_or(0, |rate| rate.attempted);
        left.unknown += u64::from(mailbox.items_total.is_none());
        left.items += mailbox
            .items_total
            .unwrap_or(items_each)
            .saturating_sub(done);
    }
    left
}

/// The items of a mailbox on average, of all that report them.
fn items_each(input: ReportInput<'_>) -> u64 {
    let known = input.metrics.mailboxes.iter();
    let known: Vec<u64> = known.filter_map(|mailbox| mailbox.items_total).collect();
    known.iter().sum::<u64>() / (known.len() as u64).max(1)
}

/// A switch date of the live stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct LiveDate {
    pub(super) date: Option<NaiveDate>,
    /// Days from today, below 0 where it is past.
    pub(super) days_ahead: Option<i64>,
    pub(super) mailboxes: u64,
    /// Items to be copied by then, those of earlier dates among them.
    pub(super) items_by_then: u64,
    /// When they would be copied at the pace that is known.
    pub(super) done: Option<NaiveDate>,
    /// How many times that pace is needed.
    pub(super) times_the_pace: Option<f64>,
}

impl LiveDate {
    /// Whether it is a day to come.
    pub(super) fn is_ahead(&self) -> bool {
        self.days_ahead.is_some_and(|days| days > 0)
    }
}

/// The switch dates of the live stage, in order, those without one last.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub(super) fn dates(pilot: &Pilot<'_>) -> Vec<LiveDate> {
    let items_each = items_each(pilot.input);
    // Where no mailbox reports a total, nothing is known of what is left.
    let pace = CopyingPace::of(pilot).filter(|_| items_each > 0);
    let today = pilot.input.report_date.day();
    let mut by_date: BTreeMap<(bool, Option<NaiveDate>), Vec<&Mailbox>> = BTreeMap::new();
    for mailbox in &pilot.live {
        let date = mailbox.switch_date;
        by_date
            .entry((date.is_none(), date))
            .or_default()
            .push(mailbox);
    }
    let mut items_by_then = 0;
    let dates = by_date.into_iter().map(|((_, date), mailboxes)| {
        items_by_then += left(&mailboxes, items_each).items;
        let days_needed = pace.map(|pace| items_by_then as f64 / pace.items_a_day);
        let days = days_needed.map(|days| (days.ceil() as u64).min(36_500));
        let ahead = date.map(|date| (date - today).num_days());
        let days_there_are = ahead.filter(|days| *days > 0).map(|days| days as f64);
        LiveDate {
            date,
            days_ahead: ahead,
            mailboxes: mailboxes.len() as u64,
            items_by_then,
            done: days.and_then(|days| today.checked_add_days(Days::new(days))),
            times_the_pace: days_needed
                .zip(days_there_are)
                .map(|(needed, are)| needed / are),
        }
    });
    dates.collect()
}

/// The date that needs most of the pace.
pub(super) fn hardest(dates: &[LiveDate]) -> Option<(NaiveDate, f64)> {
    let times = dates
        .iter()
        .filter_map(|one| Some((one.date?, one.times_the_pace?)));
    times.max_by(|(_, one), (_, other)| one.total_cmp(other))
}

/// Whether the live stage can be copied in time; nothing where nobody follows the pilot, or that is not
/// known.
pub(super) fn pace_sentence(pilot: &Pilot<'_>) -> Option<String> {
    let dates = dates(pilot);
    let (date, most) = hardest(&dates)?;
    let pace = CopyingPace::of(pilot)?.name();
    let mailboxes = counted(pilot.live.len(), "mailbox", "mailboxes");
    let ahead = dates.iter().filter(|one| one.times_the_pace.is_some());
    let by = match ahead.count() {
        1 => format!("by {}", coming_day(date)),
        2 => "by both switch dates ahead".to_owned(),
        all => format!("by each of {} switch dates ahead", count(all)),
    };
    Some(match most {
        most if most <= 1.0 => {
            format!("At {pace} the live stage ({mailboxes}) can be copied {by}.")
        }
        most => {
            let needs = format!(
                "To be copied {by}, the live stage ({mailboxes}) needs {} {pace}",
                times(most)
            );
            match by == format!("by {}", coming_day(date)) {
                true => format!("{needs}."),
                false => format!("{needs}, most of all by {}.", coming_day(date)),
            }
        }
    })
}

/// “The live stage at the pilot's pace”.
pub(super) fn heading(pilot: &Pilot<'_>) -> String {
    let pace = CopyingPace::of(pilot).filter(|_| !pilot.live.is_empty());
    pace.map_or_else(
        || "The live stage".to_owned(),
        |pace| format!("The live stage at {}", pace.name()),
    )
}

pub(super) fn section(pilot: &Pilot<'_>) -> Section {
    let heading = heading(pilot);
    if pilot.live.is_empty() {
        return Section::of_text(&heading, &["No mailbox follows the pilot."]);
    }
    let dates = dates(pilot);
    let unknown = left(&pilot.live, 0).unknown;
    let mut text = vec![CopyingPace::of(pilot).map_or_else(
        || {
            "How fast mailboxes are copied is not known: the reports show for less than half of the \
             pilot's when they began and came into sync, and are of too few days."
                .to_owned()
        },
        CopyingPace::sentence,
    )];
    if hardest(&dates).is_some_and(|(_, most)| most > 1.0) {
        text.push(
            "More mailboxes at a time copy more a day, as far as servers and lines carry it: ask \
             whoever runs the tool how much of the pace needed has been reached elsewhere."
                .to_owned(),
        );
    }
    let items_each = items_each(pilot.input);
    if unknown > 0 && items_each > 0 {
        text.push(format!(
            "{} taken to hold {} items, the average of the others.",
            counted(
                unknown,
                "mailbox reports no total yet and is",
                "mailboxes report no total yet and are"
            ),
            count(items_each)
        ));
    }
    let all = dates.len();
    let table = columns(&dates).list(
        "Live switch dates, and what pace each needs",
        LISTED.min(all),
        "; all: workbook, sheet Live stage.",
    );
    Section::new(&heading, text, table)
}

pub(super) fn columns<'a>(dates: &[LiveDate]) -> Tabulation<'a, LiveDate> {
    Tabulation::of(dates.iter().copied())
        .text("Switch date", |one| {
            one.date.map_or("No date".to_owned(), day)
        })
        .wide(20.0)
        .number("Mailboxes", |one| one.mailboxes)
        .wide(12.0)
        .number("Items to copy by then", |one| one.items_by_then)
        .wide(22.0)
        .printed(|one| large_count(one.items_by_then))
        .text("Copied by, at that pace", |one| {
            one.done.map_or("Not known".to_owned(), day)
        })
        .wide(30.0)
        .text("Pace needed", |one| match one.times_the_pace {
            None if one.days_ahead == Some(0) => "Switches today".to_owned(),
            None if one.days_ahead < Some(0) && one.date.is_some() => "Its date is past".to_owned(),
            None => "Not known".to_owned(),
            Some(needed) if needed <= 1.0 => "That pace is enough".to_owned(),
            Some(needed) => format!("{} that pace", times(needed)),
        })
        .wide(24.0)
}

/// Failures and calls to expect.
pub(super) fn calls(pilot: &Pilot<'_>) -> Section {
    let heading = "Failures and calls to expect";
    let left = left(&pilot.live, items_each(pilot.input)).items;
    if left == 0 {
        return Section::of_text(heading, &["No item is left to copy after the pilot."]);
    }
    let expected = pilot.input.programme.expected_failure_rate;
    let failures = match pilot.group.judgement.range() {
        Some(range) => format!(
            "Of {} items still to copy, {} would fail at the pilot's rate.",
            large_count(left),
            items_between(left, range)
        ),
        None => format!(
            "Of {} items still to copy, {} would fail at the usual rate of {}; the pilot is too small \
             to say how many.",
            large_count(left),
            items_between(left, (expected.fraction(), expected.fraction())),
            expected_one_in(expected)
        ),
    };
    let busiest = dates(pilot)
        .into_iter()
        .filter(LiveDate::is_ahead)
        .filter_map(|one| Some((one.date?, one.mailboxes)))
        .max_by_key(|(_, mailboxes)| *mailboxes);
    let calls = "Expect 30 to 40% more calls to the service desk in the weeks of switches, as the \
                 implementation guide has it: a desk with 100 calls a day will have 130 to 140."
        .to_owned();
    let busiest = busiest.map(|(date, mailboxes)| {
        format!(
            "The busiest switch date ahead is {}: {}.",
            coming_day(date),
            counted(mailboxes, "mailbox", "mailboxes")
        )
    });
    let text = [failures, calls].into_iter().chain(busiest);
    Section::new(heading, text.collect(), None)
}
