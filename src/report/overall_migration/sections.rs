//! The sections of the page: states, collections, users who need attention.

use super::super::verdict::rule;
use super::super::wording::{
    NOT_REPORTED, bytes, count, count_or_not_reported, counted, expected_one_in, items_copied,
    name, progress, share, short_day, user,
};
use super::super::{Chart, Column, Cut, ReportInput, Section, StateRow, Table};
use crate::domain::SyncState;
use crate::metrics::{CollectionMetrics, GroupMetrics, Mailbox};

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 12;
/// Collections that the email lists and draws; the workbook has all.
const LISTED_COLLECTIONS: usize = 12;

fn segments(group: &GroupMetrics) -> Vec<(SyncState, u64)> {
    SyncState::ALL
        .into_iter()
        .map(|state| (state, group.by_state.of(state)))
        .filter(|(_, mailboxes)| *mailboxes > 0)
        .collect()
}

pub(super) fn states(input: ReportInput<'_>) -> Section {
    let whole = &input.metrics.whole;
    let done = whole.in_sync_or_beyond();
    let segments = segments(whole);
    let title = format!(
        "{} of mailboxes are in sync or switched",
        share(done, whole.mailboxes)
    );
    let rows = segments.iter().map(|(state, mailboxes)| {
        vec![
            state.label().to_owned(),
            count(*mailboxes),
            share(*mailboxes, whole.mailboxes),
        ]
    });
    let mut text = Vec::new();
    if whole.bytes.mailboxes > 0 {
        let silent = whole.mailboxes - whole.bytes.mailboxes;
        let unknown = if silent == 0 {
            String::new()
        } else {
            format!(
                " The size of {} is not reported.",
                counted(silent, "mailbox", "mailboxes")
            )
        };
        text.push(format!(
            "By size, {} of {} ({}) is in mailboxes that are in sync or switched.{unknown}",
            bytes(whole.bytes.in_sync_or_beyond),
            bytes(whole.bytes.total),
            share(whole.bytes.in_sync_or_beyond, whole.bytes.total)
        ));
    }
    Section {
        heading: "Where the mailboxes are".to_owned(),
        text,
        chart: Some(Chart::of_states(
            "mailboxes-by-state",
            title,
            segments.clone(),
        )),
        table: Some(Table {
            caption: "Mailboxes by state".to_owned(),
            columns: vec![
                Column::text("State"),
                Column::number("Mailboxes"),
                Column::number("Share"),
            ],
            rows: rows.collect(),
            cut: None,
        }),
    }
}

pub(super) fn collection_name(collection: &CollectionMetrics) -> String {
    collection.name.as_ref().map_or_else(
        || "No collection reported".to_owned(),
        |collection| name(Some(collection)),
    )
}

fn switch_dates(collection: &CollectionMetrics) -> String {
    match (collection.first_switch_date, collection.last_switch_date) {
        (Some(first), Some(last)) if first == last => short_day(first),
        (Some(first), Some(last)) => format!("{} to {}", short_day(first), short_day(last)),
        _ => NOT_REPORTED.to_owned(),
    }
}

pub(super) fn collections(input: ReportInput<'_>) -> Section {
    let collections = &input.metrics.collections;
    let shown: Vec<&CollectionMetrics> = collections.iter().take(LISTED_COLLECTIONS).collect();
    let rows = shown.iter().map(|collection| {
        let group = &collection.metrics;
        vec![
            collection_name(collection),
            switch_dates(collection),
            count(group.mailboxes),
            format!(
                "{} ({})",
                count(group.in_sync_or_beyond()),
                share(group.in_sync_or_beyond(), group.mailboxes)
            ),
            items_copied(group),
            count_or_not_reported(group.items_failed),
            group.judgement.verdict.label().to_owned(),
        ]
    });
    let cut = Cut::of_list(
        shown.len(),
        collections.len(),
        "; all are in the workbook, sheet Collections.",
    );
    let left = |collection: &CollectionMetrics| {
        collection.metrics.mailboxes - collection.metrics.in_sync_or_beyond()
    };
    // Of equals the one that switches first.
    let title = match collections
        .iter()
        .rev()
        .max_by_key(|collection| left(collection))
    {
        Some(most) if left(most) > 0 => {
            format!(
                "{} has most left: {} of {} not in sync",
                collection_name(most),
                count(left(most)),
                counted(most.metrics.mailboxes, "mailbox", "mailboxes")
            )
        }
        _ => "Every collection is in sync or switched throughout".to_owned(),
    };
    // One collection is the bar above once more.
    let chart = (collections.len() > 1).then(|| {
        let bars = shown.iter().map(|collection| StateRow {
            label: collection_name(collection),
            value: format!(
                "{} of {}",
                count(collection.metrics.in_sync_or_beyond()),
                count(collection.metrics.mailboxes)
            ),
            segments: segments(&collection.metrics),
        });
        Chart::of_groups("progress-by-collection", title, bars.collect())
    });
    Section {
        heading: "Progress by collection".to_owned(),
        text: Vec::new(),
        chart,
        table: Some(Table {
            caption: "Collections in the order of their switch dates".to_owned(),
            columns: vec![
                Column::text("Collection"),
                Column::text("Switch date"),
                Column::number("Mailboxes"),
                Column::number("In sync or switched"),
                Column::number("Items copied"),
                Column::number("Failed items"),
                Column::text("Failures"),
            ],
            rows: rows.collect(),
            cut,
        }),
    }
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
        _ if mailbox.is_past_switch_date(input.report_date) => Some((3, "Past its switch date")),
        state if switches_next && !state.is_in_sync_or_beyond() => {
            Some((4, "Not in sync; switches next"))
        }
        _ if mailbox.is_flagged => Some((5, "Many failed items")),
        _ => None,
    }
}

pub(super) fn attention(input: ReportInput<'_>) -> Section {
    let mailboxes = input.metrics.mailboxes.iter();
    let mut users: Vec<(u8, &'static str, &Mailbox)> = mailboxes
        .filter_map(|mailbox| reason(mailbox, input).map(|(rank, reason)| (rank, reason, mailbox)))
        .collect();
    users.sort_by(|a, b| {
        (a.0, !a.2.is_vip())
            .cmp(&(b.0, !b.2.is_vip()))
            .then(b.2.items_failed.cmp(&a.2.items_failed))
            .then(a.2.address.cmp(&b.2.address))
    });
    let heading = "Users who need attention".to_owned();
    if users.is_empty() {
        return Section {
            heading,
            text: vec!["None today.".to_owned()],
            chart: None,
            table: None,
        };
    }
    let flagged = input
        .metrics
        .mailboxes
        .iter()
        .filter(|mailbox| mailbox.is_flagged)
        .count() as u64;
    let mut text = Vec::new();
    if flagged > 0 {
        text.push(format!(
            "Of {} tested, {} more failed items than chance explains; at most 1 in 20 of such \
             flags is itself chance.",
            counted(input.metrics.mailboxes_tested, "mailbox", "mailboxes"),
            counted(flagged, "has", "have")
        ));
    }
    let rows = users.iter().take(LISTED_USERS).map(|(_, reason, mailbox)| {
        vec![
            user(mailbox),
            if mailbox.is_vip() {
                format!("VIP. {reason}")
            } else {
                (*reason).to_owned()
            },
            mailbox.state.label().to_owned(),
            progress(mailbox),
            count_or_not_reported(mailbox.items_failed),
        ]
    });
    let beyond = "; all are in the workbook, sheet Users: filter the column “Needs attention”.";
    let cut = Cut::of_list(users.len().min(LISTED_USERS), users.len(), beyond);
    Section {
        heading,
        text,
        chart: None,
        table: Some(Table {
            caption: "Users who need attention, the most pressing first".to_owned(),
            columns: vec![
                Column::text("User"),
                Column::text("Why"),
                Column::text("State"),
                Column::number("Progress"),
                Column::number("Failed items"),
            ],
            rows: rows.collect(),
            cut,
        }),
    }
}

pub(super) fn how_to_read(input: ReportInput<'_>) -> Section {
    let expected = input.programme.expected_failure_rate;
    Section {
        heading: "How to read this".to_owned(),
        text: vec![
            "A mailbox is copied for days (synchronising) until the new one holds all its mail (in \
             sync); then it can switch. Users notice nothing until the switch.".to_owned(),
            format!("Every migration leaves some items behind, about {}: damaged items and very \
             large ones. They stay in the old mailbox and are listed in the Failed Item \
             Report.", expected_one_in(expected)),
            rule(input.metrics, expected),
            "“Not reported” means that the migration tool's export does not say. It does not mean \
             none.".to_owned(),
        ],
        chart: None,
        table: None,
    }
}
