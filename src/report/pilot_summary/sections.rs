//! The pilot's mailboxes: where they are, how long they took, which are stuck, and why items failed.

use super::super::cause_table::by_cause;
use super::super::drawing::Chart;
use super::super::model::Section;
use super::super::tabulation::Tabulation;
use super::super::wording::{NOT_REPORTED, count_or_not_reported, occurring_states, share, state};
use super::super::workbook::Cell;
use super::pilot::{Pilot, PilotMailbox, days_to_ready, within};
use crate::domain::SyncState;
use crate::domain::plural::{count, count_of};

/// Mailboxes that the page lists; the workbook has all.
const LISTED: usize = 10;

pub(super) fn states(pilot: &Pilot<'_>) -> Section {
    let group = &pilot.group;
    let segments = occurring_states(|state| group.by_state.of(state));
    let title = format!(
        "{} of pilot mailboxes are in sync or switched",
        share(pilot.ready(), group.mailboxes)
    );
    let all = group.mailboxes;
    let table = Tabulation::of(segments.iter().copied())
        .text("State", |(state, _)| state.label())
        .number("Mailboxes", |(_, mailboxes)| mailboxes)
        .number("Share", move |(_, mailboxes)| Cell::share(mailboxes, all))
        .table("Pilot mailboxes by state");
    Section::new("Where the pilot's mailboxes are", Vec::new(), table).with_chart(Chart::of_states(
        "pilot-mailboxes-by-state",
        title,
        segments.clone(),
    ))
}

/// Mailboxes of about one size.
#[derive(Debug, Clone)]
pub(super) struct SizeClass<'a> {
    pub(super) label: &'static str,
    pub(super) mailboxes: Vec<PilotMailbox<'a>>,
}

impl SizeClass<'_> {
    fn ready(&self) -> usize {
        let ready = self.mailboxes.iter().filter(|one| one.mailbox.is_ready());
        ready.count()
    }
}

const GIB: u64 = 1 << 30;
const BY_BYTES: [(&str, u64); 4] = [
    ("Under 1 GB", GIB),
    ("1 to 5 GB", 5 * GIB),
    ("5 to 20 GB", 20 * GIB),
    ("20 GB or more", u64::MAX),
];
const BY_ITEMS: [(&str, u64); 4] = [
    ("Under 2,000 items", 2_000),
    ("2,000 to 10,000 items", 10_000),
    ("10,000 to 50,000 items", 50_000),
    ("50,000 items or more", u64::MAX),
];

/// The pilot's mailboxes by size: in bytes where most report that, else in items.
pub(super) fn size_classes<'a>(pilot: &Pilot<'a>) -> Vec<SizeClass<'a>> {
    let sized = pilot.mailboxes.iter();
    let sized = sized.filter(|one| one.mailbox.size_bytes.is_some()).count();
    let by_bytes = sized * 2 > pilot.mailboxes.len();
    let limits = if by_bytes { BY_BYTES } else { BY_ITEMS };
    let class = |one: &PilotMailbox<'_>| {
        let size = match by_bytes {
            true => one.mailbox.size_bytes,
            false => one.mailbox.items_total,
        };
        size.and_then(|size| limits.iter().position(|(_, below)| size < *below))
    };
    let labels = limits
        .iter()
        .map(|(label, _)| *label)
        .chain(["Size not reported"]);
    let places = (0..limits.len()).map(Some).chain([None]);
    let classes = labels.zip(places).map(|(label, place)| SizeClass {
        label,
        mailboxes: (pilot.mailboxes.iter().copied())
            .filter(|one| class(one) == place)
            .collect(),
    });
    classes
        .filter(|class| !class.mailboxes.is_empty())
        .collect()
}

pub(super) fn times(pilot: &Pilot<'_>) -> Section {
    let classes = size_classes(pilot);
    let text = "Counted from the first report that shows a mailbox under way to the first that shows \
                it in sync. One that was in sync when it was first listed is not timed.";
    let days = |class: &SizeClass<'_>, part| match days_to_ready(&class.mailboxes).as_slice() {
        [] => "Not known".to_owned(),
        days => count_of(within(days, part, 10), "day"),
    };
    let table = Tabulation::of(&classes)
        .text("Size", |class| class.label)
        .number("Mailboxes", |class| class.mailboxes.len() as u64)
        .number("In sync or switched", |class| class.ready() as u64)
        .number("Timed", |class| {
            days_to_ready(&class.mailboxes).len() as u64
        })
        .number("Half within", move |class| days(class, 5))
        .number("9 in 10 within", move |class| days(class, 9))
        .table("Time from the start to being in sync, by size");
    Section::new("How long a mailbox takes", vec![text.to_owned()], table)
}

/// Mailboxes of the pilot that are not ready: those that stand still first.
pub(super) fn not_ready<'a>(pilot: &Pilot<'a>) -> Vec<PilotMailbox<'a>> {
    let mut left: Vec<PilotMailbox<'a>> = pilot.mailboxes.clone();
    left.retain(|one| !one.mailbox.is_ready());
    left.sort_by_key(|one| (!one.mailbox.is_halted(), one.milestones.halted));
    left
}

/// The heading of those that are not in sync.
pub(super) const NOT_IN_SYNC: &str = "What is not in sync, and why";

/// Since when it stands still or is under way.
fn since(one: &PilotMailbox<'_>) -> Cell<'static> {
    let since = match one.mailbox.is_halted() {
        true => one.milestones.halted,
        false => one.milestones.begun,
    };
    match is_begun(one) {
        true => since.into(),
        false => Cell::Word("Not begun"),
    }
}

fn is_begun(one: &PilotMailbox<'_>) -> bool {
    let state = one.mailbox.state;
    !matches!(state, SyncState::NotStarted | SyncState::Queued)
}

pub(super) fn stuck(pilot: &Pilot<'_>) -> Section {
    let left = not_ready(pilot);
    let table = Tabulation::of(&left)
        .text("User", |one| super::super::wording::user(one.mailbox))
        .text("State", |one| state(one.mailbox))
        .number("Progress", |one| {
            super::super::wording::progress(one.mailbox)
        })
        .text("Why", |one| why(one))
        .text("Since", since)
        .list(
            "Pilot mailboxes that are not in sync, those that stand still first",
            LISTED,
            "; all: workbook, sheet Pilot mailboxes.",
        );
    Section::new(NOT_IN_SYNC, Vec::new(), table)
        .or_alone("Every pilot mailbox is in sync or switched.")
}

/// Why a mailbox is not ready, as far as the export says.
pub(super) fn why(one: &PilotMailbox<'_>) -> String {
    let cause = one.mailbox.last_error_cause.as_deref();
    match cause {
        _ if one.mailbox.is_ready() => "In sync".to_owned(),
        Some(cause) => cause.name.clone(),
        None if one.mailbox.waits_for_approval() => "Losses are to be approved".to_owned(),
        None if one.mailbox.is_halted() => NOT_REPORTED.to_owned(),
        None if one.mailbox.is_stuck() => "Its state is not known".to_owned(),
        None if !is_begun(one) => "Its turn has not come".to_owned(),
        None => "Still being copied".to_owned(),
    }
}

pub(super) fn causes(pilot: &Pilot<'_>) -> Section {
    let listed: u64 = pilot.causes.iter().map(|cause| cause.items).sum();
    let counted = pilot.group.items_failed;
    let text = (counted.is_some() && counted != Some(listed)).then(|| {
        format!(
            "The failed-item export lists {} of {} failed items.",
            count(listed),
            count_or_not_reported(counted)
        )
    });
    let text = text.into_iter().collect();
    let table = by_cause(&pilot.causes).table("Failed items of the pilot by cause");
    let section = Section::new("Why items of the pilot failed", text, table);
    section.or_alone("No failed item of the pilot is listed.")
}

pub(super) fn how_to_read() -> Section {
    Section::of_text(
        "How to read this",
        &[
            "The pilot's mailboxes are those that the migration schedule marks; where it marks none, \
             all. Figures are as of the report date.",
            "A failed item is a message, appointment or contact that could not be copied. It stays \
             in the old mailbox until that mailbox is closed.",
        ],
    )
}
