//! The sections of the page: states, collections, users who need attention.

use std::cmp::Reverse;

use super::super::drawing::Chart;
use super::super::guide::IN_THE_GUIDE;
use super::super::input::ReportInput;
use super::super::model::Section;
use super::super::tabulation::Tabulation;
use super::super::wording::{
    NO_COLLECTION, NOT_KNOWN, NOT_REPORTED, in_sync_or_beyond, items_copied, journey, name,
    no_totals, short_day, tells_of_all_items,
};
use super::super::workbook::Cell;
use super::super::{forecast, people, trends};
use super::halted;
use crate::domain::plural::{count, counted};
use crate::domain::{SyncState, Verdict};
use crate::metrics::{CollectionMetrics, GroupMetrics, Mailbox};

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 8;
/// Collections that the email lists; the workbook has all.
const LISTED_COLLECTIONS: usize = 12;

pub(super) fn states(input: ReportInput<'_>) -> Section {
    let whole = &input.metrics.whole;
    let done = whole.in_sync_or_beyond();
    let segments = journey(|state| whole.by_state.of(state));
    let all = whole.mailboxes;
    let title = still_to_come(all - done, halted(whole));
    let text = no_totals(whole).map(str::to_owned).into_iter().collect();
    let to_approve = (whole.awaiting_approval > 0)
        .then_some(("Of these, losses to be approved", whole.awaiting_approval));
    let rows = segments.iter().map(|(state, some)| (state.label(), *some));
    let table = Tabulation::of(rows.chain(to_approve))
        .text("State", |(state, _)| state)
        .number("Mailboxes", |(_, mailboxes)| mailboxes)
        .number("Share", move |(_, mailboxes)| Cell::share(mailboxes, all))
        .table("Mailboxes by state");
    Section::new("Where the mailboxes are", text, table).with_chart(Chart::of_states(
        "mailboxes-by-state",
        title,
        segments,
    ))
}

/// “1,430 mailboxes are not in sync yet, 24 of them stopped or failed”.
fn still_to_come(left: u64, halted: u64) -> String {
    let not_in_sync = counted(
        left,
        "mailbox is not in sync yet",
        "mailboxes are not in sync yet",
    );
    match (left, halted) {
        (0, _) => "Every mailbox is in sync or switched".to_owned(),
        (_, 0) => not_in_sync,
        (1, _) => "1 mailbox is not in sync: it has stopped or failed".to_owned(),
        (_, halted) if halted == left => format!("{not_in_sync}: all have stopped or failed"),
        (_, halted) => format!("{not_in_sync}, {} of them stopped or failed", count(halted)),
    }
}

pub(super) fn collection_name(collection: &CollectionMetrics) -> String {
    match collection.name.as_deref() {
        None => NO_COLLECTION.to_owned(),
        collection => name(collection),
    }
}

fn switch_dates(collection: &CollectionMetrics) -> String {
    match (collection.first_switch_date, collection.last_switch_date) {
        (Some(first), Some(last)) if first == last => short_day(first),
        (Some(first), Some(last)) => format!("{} to {}", short_day(first), short_day(last)),
        _ => NOT_REPORTED.to_owned(),
    }
}

/// Collections in the order of their switch dates, for the page and the workbook.
pub(super) fn by_collection(input: ReportInput<'_>) -> Tabulation<'_, &CollectionMetrics> {
    let whole = &input.metrics.whole;
    Tabulation::of(&input.metrics.collections)
        .text("Collection", collection_name)
        .wide(30.0)
        .text("Switch date", switch_dates)
        .column("First switch date", 17.0, |of| of.first_switch_date)
        .column("Last switch date", 17.0, |of| of.last_switch_date)
        .number("Mailboxes", |of| of.metrics.mailboxes)
        .wide(12.0)
        .number("In sync or switched", |of| of.metrics.in_sync_or_beyond())
        .wide(19.0)
        .printed(|of| in_sync_or_beyond(&of.metrics))
        .column("Share in sync or switched", 24.0, |of| {
            Cell::share(of.metrics.in_sync_or_beyond(), of.metrics.mailboxes)
        })
        .column("Switched", 11.0, |of| {
            of.metrics.by_state.of(SyncState::Switched)
        })
        .column("Stopped or failed", 17.0, |of| halted(&of.metrics))
        .column("Items in total", 14.0, |of| of.metrics.items_total)
        .number("Items copied", |of| of.metrics.items_synchronised)
        .wide(14.0)
        .printed(|of| items_copied(&of.metrics))
        .column("Share of items copied", 21.0, |of| {
            share_of_items_copied(&of.metrics)
        })
        .column("Mailboxes without a total", 25.0, |of| {
            of.metrics.mailboxes_without_total
        })
        .only_if(whole.mailboxes_without_total > 0)
        .column("Losses to be approved", 21.0, |of| {
            of.metrics.awaiting_approval
        })
        .only_if(whole.awaiting_approval > 0)
        .number("Items failed", |of| of.metrics.items_failed)
        .wide(13.0)
        .headed("Failed items")
        .column("Settings failed", 15.0, |of| of.metrics.settings_failed)
        .only_if(whole.settings_failed > Some(0))
        .column("Failure rate", 13.0, |of| {
            Cell::rate(Some(of.metrics.judgement.rate))
        })
        .text("Failures", |of| of.metrics.judgement.verdict.label())
        .wide(22.0)
}

/// The share of a group's items that are copied, of the mailboxes that report both.
pub(super) fn share_of_items_copied(group: &GroupMetrics) -> Cell<'static> {
    let copied = group.item_progress;
    if copied.mailboxes == 0 {
        Cell::NotReported
    } else if !tells_of_all_items(group) {
        Cell::Word(NOT_KNOWN)
    } else {
        Cell::share(copied.synchronised, copied.total)
    }
}

/// Each collection with how far it is, and whether it will be ready; above them what stands out.
pub(super) fn collections(input: ReportInput<'_>) -> Section {
    const MOST: usize = LISTED_COLLECTIONS;
    let collections = &input.metrics.collections;
    let forecasts = trends::forecasts_of(input);
    // What is behind stands in the box above.
    let are_well = forecasts.as_deref().is_some_and(forecast::are_well);
    let text = are_well
        .then(|| "Every collection is in sync, or on track to be by its switch date.".to_owned());
    let rows = collections.iter().enumerate();
    let rows = rows.map(|(place, collection)| {
        let forecast = forecasts.as_ref().and_then(|all| all.get(place));
        (collection, forecast)
    });
    let rows: Vec<(&CollectionMetrics, Option<&forecast::CollectionForecast>)> = rows.collect();
    let is_above = rows.iter().any(|(of, _)| {
        let verdict = of.metrics.judgement.verdict;
        matches!(
            verdict,
            Verdict::High | Verdict::Raised | Verdict::Concentrated
        )
    });
    let table = Tabulation::of(&rows)
        .text("Collection", |(of, _)| collection_name(of))
        .text("Switch date", |(of, _)| switch_dates(of))
        .number("Mailboxes", |(of, _)| of.metrics.mailboxes)
        .number("In sync or switched", |(of, _)| {
            in_sync_or_beyond(&of.metrics)
        })
        .number("Failed items", |(of, _)| of.metrics.items_failed)
        .text("Failures", |(of, _)| of.metrics.judgement.verdict.label())
        .only_if(is_above)
        .text("Forecast", |(_, row)| {
            row.map_or_else(|| NOT_KNOWN.to_owned(), forecast::in_a_cell)
        })
        .only_if(forecasts.is_some())
        .list(
            "Collections in the order of their switch dates",
            MOST,
            "; all: workbook, sheet Collections.",
        );
    Section::new("Collections", text.into_iter().collect(), table)
        .or_alone("No collection is reported.")
}

/// Why a user needs attention, and how much: the lower, the more.
pub(super) fn reason(mailbox: &Mailbox, input: ReportInput<'_>) -> Option<(u8, &'static str)> {
    let switches_next = input
        .metrics
        .next_switch
        .is_some_and(|next| mailbox.switch_date == Some(next.date));
    match mailbox.state {
        SyncState::Failed => Some((0, "Copying failed")),
        SyncState::Stopped => Some((1, "Copying stopped")),
        SyncState::Unrecognised => Some((2, "In a state we do not recognise")),
        _ if mailbox.waits_for_approval() => Some((3, "Needs its losses approved")),
        _ if input.waits(mailbox) && mailbox.is_undone => Some((4, "Its switch was undone")),
        _ if input.waits(mailbox) => Some((4, "Missed its switch date")),
        state if switches_next && !state.is_in_sync_or_beyond() => {
            Some((5, "Switches next, not in sync"))
        }
        _ if mailbox.is_flagged => Some((6, "Many failed items")),
        _ => None,
    }
}

/// Whether a mailbox is in the list of an action, or among those that are counted as on their way.
fn is_told_above(input: ReportInput<'_>, mailbox: &Mailbox) -> bool {
    input.ground_to_tell(mailbox).is_some()
        || input.waits(mailbox)
        || input.is_open_on_the_eve(mailbox)
        || input.is_on_its_way(mailbox)
}

/// Users who need attention, less those whom lists above have: those of actions, and VIPs; nothing
/// where there is nobody else.
pub(super) fn attention(input: ReportInput<'_>) -> Option<Section> {
    let all = &input.metrics.mailboxes;
    let mut users: Vec<(u8, &Mailbox)> = all
        .iter()
        .filter(|one| !people::is_listed_vip(input, one) && !is_told_above(input, one))
        .filter_map(|mailbox| Some((reason(mailbox, input)?.0, mailbox)))
        .collect();
    users.sort_by_key(|(rank, mailbox)| {
        (
            *rank,
            !mailbox.is_vip(),
            Reverse(mailbox.items_failed),
            &mailbox.address,
        )
    });
    let why = move |mailbox: &Mailbox| reason(mailbox, input).map_or("", |(_, reason)| reason);
    let table = Tabulation::of(users.into_iter().map(|(_, mailbox)| mailbox))
        .user()
        .text("Why", why)
        .progress()
        .items_failed()
        .list(
            "The most pressing first",
            LISTED_USERS,
            "; all: workbook, sheet Users: filter the column “Needs attention”.",
        );
    let is_nobody = table.rows.is_empty();
    (!is_nobody).then(|| Section::new("Others who need attention", Vec::new(), table))
}

pub(super) fn how_to_read() -> Section {
    Section::of_text(
        "How to read this",
        &[
            "A mailbox is in sync when the new one holds all its mail. Users notice nothing before it \
             switches.",
            IN_THE_GUIDE,
        ],
    )
}
