//! The sections of the page: days, VIPs, who is not ready, who waits.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::people::{
    NAMED_VIPS, by_phase, has_vips, named_by_state, phase, switch_date, vip,
};
use super::super::wording::{coming_day, count, counted, name, progress, share, short_day, user};
use super::super::{Chart, Column, Cut, ReportInput, Section, StateRow, Table, trends};
use super::{SWITCHES_BY_ITSELF, due, waiting as all_waiting};
use crate::domain::{Phase, SyncState};
use crate::metrics::{DAYS_AHEAD, Mailbox};

/// Mailboxes that a table of the email lists; the workbook has all.
const LISTED: usize = 20;
/// VIPs that the email lists, so that those who are ready do not hide the others; the workbook has
/// all.
const LISTED_VIPS: usize = 10;
/// Days and collections that the email lists and draws; the workbook has all.
const LISTED_DAYS: usize = 20;

/// Mailboxes that switch together.
struct Together<'a> {
    date: NaiveDate,
    collection: Option<&'a str>,
    phase: Option<Phase>,
    mailboxes: Vec<&'a Mailbox>,
}

impl Together<'_> {
    fn ready(&self) -> u64 {
        self.mailboxes
            .iter()
            .filter(|mailbox| mailbox.is_ready())
            .count() as u64
    }

    fn all(&self) -> u64 {
        self.mailboxes.len() as u64
    }

    fn label(&self) -> String {
        let day = short_day(self.date);
        let collection = self.collection.map_or_else(
            || "No collection reported".to_owned(),
            |collection| name(Some(collection)),
        );
        match self.phase {
            Some(phase) => format!("{day} · {collection} · {}", phase.label().to_lowercase()),
            None => format!("{day} · {collection}"),
        }
    }

    fn segments(&self) -> Vec<(SyncState, u64)> {
        let of = |state: SyncState| {
            self.mailboxes
                .iter()
                .filter(|mailbox| mailbox.state == state)
                .count() as u64
        };
        SyncState::ALL
            .into_iter()
            .map(|state| (state, of(state)))
            .filter(|(_, mailboxes)| *mailboxes > 0)
            .collect()
    }
}

/// Due mailboxes by date, by collection in the order of the other reports, and by phase where there
/// are both.
fn together<'a>(input: ReportInput<'a>, due: &[&'a Mailbox]) -> Vec<Together<'a>> {
    let collections = &input.metrics.collections;
    let place = |mailbox: &Mailbox| {
        collections
            .iter()
            .position(|collection| collection.name.as_deref() == mailbox.collection.as_deref())
    };
    let has_both = by_phase(due.iter().copied(), Mailbox::is_ready).is_some();
    let mut groups: BTreeMap<_, Vec<&Mailbox>> = BTreeMap::new();
    for mailbox in due {
        let phase = mailbox.phase.filter(|_| has_both);
        groups
            .entry((mailbox.switch_date, place(mailbox), phase))
            .or_default()
            .push(mailbox);
    }
    let together = groups
        .into_iter()
        .filter_map(|((date, _, phase), mailboxes)| {
            let collection = mailboxes
                .first()
                .and_then(|mailbox| mailbox.collection.as_deref());
            Some(Together {
                date: date?,
                collection,
                phase,
                mailboxes,
            })
        });
    together.collect()
}

pub(super) fn dates(input: ReportInput<'_>) -> Section {
    let heading = format!("Who switches in the next {DAYS_AHEAD} days");
    let due = due(input);
    if due.is_empty() {
        return Section {
            heading,
            text: vec!["Nobody.".to_owned()],
            chart: None,
            table: None,
        };
    }
    let together = together(input, &due);
    let shown: Vec<&Together<'_>> = together.iter().take(LISTED_DAYS).collect();
    let has_phases = together.iter().any(|group| group.phase.is_some());
    let rows = shown.iter().map(|group| {
        let collection = name(group.collection);
        let mut row = vec![coming_day(group.date), collection];
        if has_phases {
            row.push(phase(group.phase).to_owned());
        }
        row.extend([
            count(group.all()),
            format!(
                "{} ({})",
                count(group.ready()),
                share(group.ready(), group.all())
            ),
            count(group.all() - group.ready()),
        ]);
        row
    });
    let mut columns = vec![Column::text("Switch date"), Column::text("Collection")];
    if has_phases {
        columns.push(Column::text("Phase"));
    }
    columns.extend([
        Column::number("Due"),
        Column::number("Ready"),
        Column::number("Not ready"),
    ]);
    let (ready, all) = (
        due.iter().filter(|mailbox| mailbox.is_ready()).count() as u64,
        due.len() as u64,
    );
    let title = if ready == all {
        "All who switch soon are ready".to_owned()
    } else {
        format!("{} of those who switch soon are ready", share(ready, all))
    };
    let cut = Cut::of_list(
        shown.len(),
        together.len(),
        "; all are in the workbook, sheet Due.",
    );
    Section {
        heading,
        text: Vec::new(),
        chart: Some(Chart::of_groups(
            "ready-by-switch-date",
            title,
            shown
                .iter()
                .map(|group| StateRow {
                    label: group.label(),
                    value: format!("{} of {}", count(group.ready()), count(group.all())),
                    segments: group.segments(),
                })
                .collect(),
        )),
        table: Some(Table {
            caption: "Mailboxes that are due, by day and collection".to_owned(),
            columns,
            rows: rows.collect(),
            cut,
        }),
    }
}

/// The first of a list of mailboxes as a table, with when each switches and how far it is. This is
/// the one place for when a mailbox is expected to be ready: behind its progress.
fn table(
    input: ReportInput<'_>,
    mailboxes: &[&Mailbox],
    most: usize,
    caption: &str,
    sheet: &str,
) -> Table {
    let has_days_waiting = sheet == "Waiting";
    let has_vips = mailboxes.iter().any(|mailbox| mailbox.is_vip());
    let has_forecasts = !has_vips
        && mailboxes
            .iter()
            .any(|mailbox| trends::likely_in_sync(input, mailbox).is_some());
    let rows = mailboxes.iter().take(most).map(|mailbox| {
        let mut row = vec![user(mailbox)];
        if has_vips {
            row.push(vip(mailbox));
        }
        row.extend([
            name(mailbox.collection.as_deref()),
            switch_date(mailbox),
            mailbox.state.label().to_owned(),
            progress(mailbox),
        ]);
        if has_days_waiting {
            let days = mailbox
                .days_past_switch_date(input.report_date)
                .unwrap_or_default();
            row.push(counted(days.unsigned_abs(), "day", "days"));
        }
        if has_forecasts {
            row.push(
                trends::likely_in_sync(input, mailbox)
                    .map_or_else(|| "Not known".to_owned(), short_day),
            );
        }
        row
    });
    let mut columns = vec![Column::text("User")];
    if has_vips {
        columns.push(Column::text("VIP"));
    }
    columns.extend([
        Column::text("Collection"),
        Column::text("Switch date"),
        Column::text("State"),
        Column::number("Progress"),
    ]);
    if has_days_waiting {
        columns.push(Column::number("Waits for"));
    }
    if has_forecasts {
        columns.push(Column::text("Collection likely in sync"));
    }
    let cut = Cut::of_list(
        mailboxes.len().min(most),
        mailboxes.len(),
        &format!("; all are in the workbook, sheet {sheet}."),
    );
    Table {
        caption: caption.to_owned(),
        columns,
        rows: rows.collect(),
        cut,
    }
}

pub(super) fn vips(input: ReportInput<'_>) -> Section {
    let heading = "VIPs who switch soon".to_owned();
    let vips: Vec<&Mailbox> = due(input)
        .into_iter()
        .filter(|mailbox| mailbox.is_vip())
        .collect();
    if vips.is_empty() {
        let text = if has_vips(input.metrics) {
            format!("No VIP is due in the next {DAYS_AHEAD} days.")
        } else {
            "The migration schedule marks no VIP.".to_owned()
        };
        return Section {
            heading,
            text: vec![text],
            chart: None,
            table: None,
        };
    }
    let (ready, others): (Vec<&Mailbox>, Vec<&Mailbox>) =
        vips.iter().partition(|mailbox| mailbox.is_ready());
    let mut text = named_by_state(&ready);
    if ready.len() > NAMED_VIPS {
        text.push("All are in the workbook, sheet Due, where VIPs come first.".to_owned());
    }
    let caption = "VIPs who are due and not in sync";
    let table = (!others.is_empty()).then(|| table(input, &others, LISTED_VIPS, caption, "Due"));
    Section {
        heading,
        text,
        chart: None,
        table,
    }
}

pub(super) fn not_ready(input: ReportInput<'_>) -> Section {
    let heading = "Who else is not ready yet".to_owned();
    let not_ready: Vec<&Mailbox> = due(input)
        .into_iter()
        .filter(|mailbox| !mailbox.is_ready() && !mailbox.is_vip())
        .collect();
    if not_ready.is_empty() {
        return Section {
            heading,
            text: vec!["Nobody.".to_owned()],
            chart: None,
            table: None,
        };
    }
    let caption = "Other mailboxes that are due and not in sync";
    Section {
        heading,
        text: Vec::new(),
        chart: None,
        table: Some(table(input, &not_ready, LISTED, caption, "Due")),
    }
}

pub(super) fn waiting(input: ReportInput<'_>) -> Section {
    let heading = "Waiting past the date".to_owned();
    let waiting = all_waiting(input);
    if waiting.is_empty() {
        return Section {
            heading,
            text: vec!["Nobody waits.".to_owned()],
            chart: None,
            table: None,
        };
    }
    let caption = "Mailboxes past their switch date, VIPs first, then the longest";
    let mut text = vec![SWITCHES_BY_ITSELF.to_owned()];
    if let Some(of_phases) = by_phase(input.metrics.mailboxes.iter(), |mailbox| {
        mailbox.is_past_switch_date(input.report_date)
    }) {
        text.push(format!("Waiting by phase: {of_phases}."));
    }
    Section {
        heading,
        text,
        chart: None,
        table: Some(table(input, &waiting, LISTED, caption, "Waiting")),
    }
}

pub(super) fn how_to_read() -> Section {
    Section {
        heading: "How to read this".to_owned(),
        text: vec![
            "A mailbox is ready when it is in sync: the new mailbox holds all its mail, and new \
             mail follows until the switch."
                .to_owned(),
            "Switch dates are those of the migration tool's export; where it has none, those of \
             your migration schedule. VIPs, pilot and live are as your schedule has \
             them."
                .to_owned(),
            "“Not reported” means that neither says. It does not mean none.".to_owned(),
        ],
        chart: None,
        table: None,
    }
}
