//! The sections of the page: states, collections, users who need attention.

use std::cmp::Reverse;

use super::super::verdict::rule;
use super::super::wording::{
    NO_COLLECTION, NOT_KNOWN, NOT_REPORTED, bytes, expected_one_in, in_sync_or_beyond,
    items_copied, name, occurring_states, share, short_day, tells_of_all_items, without_total,
};
use super::super::{Cell, Chart, ReportInput, Section, StateRow, Tabulation};
use super::halted;
use crate::domain::SyncState;
use crate::domain::plural::{count, counted};
use crate::metrics::{CollectionMetrics, GroupMetrics, Mailbox};

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 12;
/// Collections that the email lists and draws; the workbook has all.
const LISTED_COLLECTIONS: usize = 12;

pub(super) fn states(input: ReportInput<'_>) -> Section {
    let whole = &input.metrics.whole;
    let done = whole.in_sync_or_beyond();
    let segments = occurring_states(|state| whole.by_state.of(state));
    let title = format!(
        "{} of mailboxes are in sync or switched",
        share(done, whole.mailboxes)
    );
    let mut text = Vec::new();
    if whole.bytes.mailboxes > 0 {
        let unknown = match whole.mailboxes - whole.bytes.mailboxes {
            0 => String::new(),
            silent => format!(
                " The size of {} is not reported.",
                counted(silent, "mailbox", "mailboxes")
            ),
        };
        text.push(format!(
            "By size, {} of {} ({}) is in mailboxes that are in sync or switched.{unknown}",
            bytes(whole.bytes.in_sync_or_beyond),
            bytes(whole.bytes.total),
            share(whole.bytes.in_sync_or_beyond, whole.bytes.total)
        ));
    }
    text.extend(without_total(whole));
    let all = whole.mailboxes;
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

pub(super) fn collections(input: ReportInput<'_>) -> Section {
    let collections = &input.metrics.collections;
    let left = |collection: &CollectionMetrics| {
        collection.metrics.mailboxes - collection.metrics.in_sync_or_beyond()
    };
    // Of equals the one that switches first.
    let most_left = collections
        .iter()
        .rev()
        .max_by_key(|collection| left(collection));
    let title = match most_left {
        Some(most) if left(most) > 0 => format!(
            "{} has most left: {} of {} not in sync",
            collection_name(most),
            count(left(most)),
            counted(most.metrics.mailboxes, "mailbox", "mailboxes")
        ),
        _ => "Every collection is in sync or switched throughout".to_owned(),
    };
    // One collection is the bar above once more.
    let chart = (collections.len() > 1).then(|| {
        let shown = collections.iter().take(LISTED_COLLECTIONS);
        let bars = shown.map(|collection| StateRow {
            label: collection_name(collection),
            value: format!(
                "{} of {}",
                count(collection.metrics.in_sync_or_beyond()),
                count(collection.metrics.mailboxes)
            ),
            segments: occurring_states(|state| collection.metrics.by_state.of(state)),
        });
        Chart::of_groups("progress-by-collection", title, bars.collect())
    });
    let table = by_collection(input).list(
        "Collections in the order of their switch dates",
        LISTED_COLLECTIONS,
        "; all are in the workbook, sheet Collections.",
    );
    Section::new("Progress by collection", Vec::new(), table).with_chart(chart)
}

/// Why a user needs attention, and how much: the lower, the more.
pub(super) fn reason(mailbox: &Mailbox, input: ReportInput<'_>) -> Option<(u8, &'static str)> {
    let switches_next = input
        .metrics
        .next_switch
        .is_some_and(|next| mailbox.switch_date == Some(next.date));
    match mailbox.state {
        SyncState::Failed => Some((0, "The tool gave up; we restart it")),
        SyncState::Stopped => Some((1, "It was stopped; we restart it")),
        SyncState::Unrecognised => Some((2, "The state is not one we know")),
        _ if mailbox.waits_for_approval() => {
            Some((3, "Cannot complete before its losses are approved"))
        }
        _ if input.waits(mailbox) => Some((4, "Past its switch date")),
        state if switches_next && !state.is_in_sync_or_beyond() => {
            Some((5, "Not in sync; switches next"))
        }
        _ if mailbox.is_flagged => Some((6, "Many failed items")),
        _ => None,
    }
}

pub(super) fn attention(input: ReportInput<'_>) -> Section {
    let all = &input.metrics.mailboxes;
    let mut users: Vec<(u8, &Mailbox)> = all
        .iter()
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
    let flagged = all.iter().filter(|mailbox| mailbox.is_flagged).count() as u64;
    let mut text = Vec::new();
    if flagged > 0 {
        text.push(format!(
            "Of {} tested, {} more failed items than chance explains; at most 1 in 20 of such \
             flags is itself chance.",
            counted(input.metrics.mailboxes_tested, "mailbox", "mailboxes"),
            counted(flagged, "has", "have")
        ));
    }
    let why = move |mailbox: &Mailbox| {
        let reason = reason(mailbox, input).map_or("", |(_, reason)| reason);
        let vip = if mailbox.is_vip() { "VIP. " } else { "" };
        format!("{vip}{reason}")
    };
    let table = Tabulation::of(users.into_iter().map(|(_, mailbox)| mailbox))
        .user()
        .text("Why", why)
        .state()
        .progress()
        .items_failed()
        .list(
            "Users who need attention, the most pressing first",
            LISTED_USERS,
            "; all are in the workbook, sheet Users: filter the column “Needs attention”.",
        );
    Section::new("Users who need attention", text, table).or_alone("None today.")
}

pub(super) fn how_to_read(input: ReportInput<'_>) -> Section {
    let expected = input.programme.expected_failure_rate;
    Section::of_text(
        "How to read this",
        &[
            "A mailbox is copied for days (synchronising) until the new one holds all its mail (in \
             sync); then it can switch. Users notice nothing until the switch.",
            &format!(
                "Every migration leaves some items behind, about {}: damaged items and very \
                 large ones. They stay in the old mailbox and are listed in the Failed Item \
                 Report.",
                expected_one_in(expected)
            ),
            &rule(input.metrics, expected),
            "“Not reported” means that the migration tool's export does not say. It does not mean \
             none.",
        ],
    )
}
