//! The sections of the page: days, VIPs, who is not ready, who waits.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::drawing::{Chart, StateRow};
use super::super::forecast::chance;
use super::super::guide::IN_THE_GUIDE;
use super::super::input::ReportInput;
use super::super::model::{Section, Table};
use super::super::next_switch::is_trouble;
use super::super::people::{by_phase, has_vips, phase};
use super::super::tabulation::Tabulation;
use super::super::wording::{
    NO_COLLECTION, coming_day, journey_of, name, quoted, share, short_day,
};
use super::headline::under_way;
use super::{due, far_switch, waiting as all_waiting};
use crate::domain::Phase;
use crate::domain::plural::{count, count_of, counted};
use crate::metrics::{DAYS_AHEAD, Mailbox};

/// Mailboxes that a table of the email lists; the workbook has all.
const LISTED: usize = 10;
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
        let ready = self.mailboxes.iter().filter(|mailbox| mailbox.is_ready());
        ready.count() as u64
    }

    fn all(&self) -> u64 {
        self.mailboxes.len() as u64
    }

    fn label(&self) -> String {
        let day = short_day(self.date);
        let collection = match self.collection {
            None => NO_COLLECTION.to_owned(),
            collection => name(collection),
        };
        match self.phase {
            Some(phase) => format!("{day} · {collection} · {}", phase.label().to_lowercase()),
            None => format!("{day} · {collection}"),
        }
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
            Some(Together {
                date: date?,
                collection: mailboxes.first()?.collection.as_deref(),
                phase,
                mailboxes,
            })
        });
    together.collect()
}

/// Every day and collection with mailboxes that are due; `is_forecast` is whether a table of forecasts
/// names the collections too. Of a switch that is under way the box says all; the table has what is
/// ahead.
pub(super) fn dates(input: ReportInput<'_>, is_forecast: bool) -> Option<Section> {
    let heading = match far_switch(input) {
        Some(_) => "Who switches next".to_owned(),
        None => format!("Who switches in the next {DAYS_AHEAD} days"),
    };
    let mut due = due(input);
    if due.is_empty() {
        return Some(Section::of_text(&heading, &["Nobody."]));
    }
    if let Some(today) = under_way(input) {
        due.retain(|mailbox| mailbox.switch_date != Some(today.date));
    }
    let together = together(input, &due);
    let chart = ready_by_date(&together, &due);
    // Of a single collection the box and the tiles say all.
    let is_said = match together.as_slice() {
        [] => true,
        [_] => is_forecast && chart.is_none(),
        _ => false,
    };
    if is_said {
        return None;
    }
    let table = Tabulation::of(&together)
        .text("Switch date", |group| coming_day(group.date))
        .text("Collection", |group| name(group.collection))
        .text("Phase", |group| phase(group.phase))
        .only_if(together.iter().any(|group| group.phase.is_some()))
        .number("Due", Together::all)
        .number("Ready", |group| {
            let share = share(group.ready(), group.all());
            format!("{} ({share})", count(group.ready()))
        })
        .number("Not ready", |group| group.all() - group.ready())
        .list(
            "Mailboxes that are due, by day and collection",
            LISTED_DAYS,
            "; all: workbook, sheet Due.",
        );
    Some(Section::new(&heading, Vec::new(), table).with_chart(chart))
}

/// How far each day is; nothing where nearly all are ready, since those who are not would not be seen
/// beside the others.
fn ready_by_date(together: &[Together<'_>], due: &[&Mailbox]) -> Option<Chart> {
    let missing: Vec<&Mailbox> = due.iter().filter(|one| !one.is_ready()).copied().collect();
    if !is_trouble(due.len() as u64, (due.len() - missing.len()) as u64) {
        return None;
    }
    let halted = missing.iter().filter(|one| one.is_halted()).count();
    let title = why_not_ready(missing.len() as u64, halted as u64);
    let bars = together.iter().take(LISTED_DAYS).map(|group| StateRow {
        label: group.label(),
        value: format!("{} of {}", count(group.ready()), count(group.all())),
        segments: journey_of(&group.mailboxes),
    });
    Some(Chart::of_groups(
        "ready-by-switch-date",
        title,
        bars.collect(),
    ))
}

/// What those who are not ready have in common.
fn why_not_ready(missing: u64, halted: u64) -> String {
    match (missing, halted) {
        (1, 0) => "The one that is not ready is still being copied".to_owned(),
        (1, _) => "The one that is not ready has stopped or failed".to_owned(),
        (all, 0) => format!(
            "None of the {} that are not ready has stopped or failed",
            count(all)
        ),
        (all, halted) if all == halted => {
            format!(
                "All {} that are not ready have stopped or failed",
                count(all)
            )
        }
        (all, halted) => format!(
            "{} of the {} that are not ready {} stopped or failed",
            count(halted),
            count(all),
            if halted == 1 { "has" } else { "have" }
        ),
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
    let has_chances = sheet == "Due" && mailboxes.iter().any(|one| one.alike.is_some());
    let among = match sheet {
        "Due" => due(input),
        _ => mailboxes.to_vec(),
    };
    let collections = in_common(&among, |one| one.collection.clone()).is_none();
    let dates = in_common(&among, |one| one.switch_date).is_none();
    Tabulation::of(mailboxes.iter().copied())
        .user_and_vip()
        .collection()
        .only_if(collections)
        .switch_date()
        .only_if(dates)
        .state()
        .progress()
        .number("Late by", move |mailbox| {
            let days = mailbox.days_past_switch_date(input.report_date);
            count_of(days.unwrap_or_default().unsigned_abs(), "day")
        })
        .only_if(sheet == "Waiting" && dates)
        .number("Chance of being ready", chance)
        .only_if(has_chances)
        .list(caption, most, &format!("; all: workbook, sheet {sheet}."))
}

/// What all of these mailboxes have in common, which is no column; `None` where they differ.
fn in_common<T: PartialEq>(mailboxes: &[&Mailbox], of: impl Fn(&Mailbox) -> T) -> Option<T> {
    let mut all = mailboxes.iter().map(|mailbox| of(mailbox));
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// VIPs who are due and not ready; that all are, the box at the top says.
pub(super) fn vips(input: ReportInput<'_>) -> Option<Section> {
    let heading = "VIPs who switch soon";
    if !has_vips(input.metrics) {
        let none = "The migration schedule marks no VIP.";
        return Some(Section::of_text(heading, &[none]));
    }
    let mut vips = due(input);
    vips.retain(|mailbox| mailbox.is_vip());
    let all = vips.len() as u64;
    vips.retain(|mailbox| !mailbox.is_ready());
    let text = vec![vips_due(all, vips.len() as u64)];
    let caption = "VIPs who are due and not ready";
    let table = table(input, &vips, LISTED_VIPS, caption, "Due");
    (!vips.is_empty()).then(|| Section::new(heading, text, table))
}

/// “3 of the 61 VIPs who are due are not ready.”
fn vips_due(all: u64, missing: u64) -> String {
    match (all, missing) {
        (1, _) => "The VIP who is due is not ready.".to_owned(),
        (2, 2) => "Neither of the 2 VIPs who are due is ready.".to_owned(),
        (all, missing) if all == missing => {
            format!("None of the {} VIPs who are due is ready.", count(all))
        }
        (all, missing) => format!(
            "{} of the {} VIPs who are due {} not ready.",
            count(missing),
            count(all),
            if missing == 1 { "is" } else { "are" }
        ),
    }
}

/// Who else is due and not ready; nothing where nobody is.
pub(super) fn not_ready(input: ReportInput<'_>) -> Option<Section> {
    let mut not_ready = due(input);
    not_ready.retain(|mailbox| !mailbox.is_ready() && !mailbox.is_vip());
    // Those that do not move first, then those least likely to be ready, then those with most to copy.
    let chance = |mailbox: &Mailbox| mailbox.alike.map_or(-1.0, |alike| alike.ready);
    let done = |mailbox: &Mailbox| mailbox.progress_percent.unwrap_or(0.0);
    not_ready.sort_by(|one, other| {
        let by_chance = chance(one).total_cmp(&chance(other));
        let order = |one: &Mailbox| (one.switch_date, !one.is_stuck());
        let by_order = order(one).cmp(&order(other));
        by_order
            .then(by_chance)
            .then(done(one).total_cmp(&done(other)))
    });
    let copied: Vec<&Mailbox> = not_ready
        .iter()
        .filter(|one| !one.is_stuck())
        .copied()
        .collect();
    let has_one_chance = in_common(&copied, |one| one.alike.map(|alike| alike.ready)).is_some();
    let caption = match ((1..not_ready.len()).contains(&copied.len()), has_one_chance) {
        (false, true) => "The most left to copy first",
        (false, false) => "Least likely to be ready first",
        (true, true) => "Those that wait for somebody first, then the most left to copy",
        (true, false) => "Those that wait for somebody first, then the least likely to be ready",
    };
    let table = table(input, &not_ready, LISTED, caption, "Due");
    let heading = "Who else is not ready yet";
    (!not_ready.is_empty()).then(|| Section::new(heading, Vec::new(), table))
}

/// Who has missed the switch date; nothing where nobody has.
pub(super) fn waiting(input: ReportInput<'_>) -> Option<Section> {
    let caption = "VIPs first, then those who have waited longest";
    let waiting = all_waiting(input);
    let pilot = waiting.iter().filter(|one| one.phase == Some(Phase::Pilot));
    let pilot = pilot.count();
    let text = (pilot > 0).then(|| {
        let of_them = counted(
            pilot,
            "of them is a pilot mailbox",
            "of them are pilot mailboxes",
        );
        format!("{of_them}.")
    });
    let text = together_late(&waiting).into_iter().chain(text);
    let table = table(input, &waiting, LISTED, caption, "Waiting");
    let heading = "Mailboxes that have missed their switch date";
    (!waiting.is_empty()).then(|| Section::new(heading, text.collect(), table))
}

/// “All were to switch on Monday 16 November, in “Week 1”.”
fn together_late(waiting: &[&Mailbox]) -> Option<String> {
    let date = in_common(waiting, |one| one.switch_date)??;
    let of = in_common(waiting, |one| one.collection.clone()).flatten();
    let of = of.map_or_else(String::new, |of| {
        format!(", in {}", quoted(&name(Some(&of))))
    });
    let all = match waiting {
        [_] => "It was",
        _ => "All were",
    };
    Some(format!("{all} to switch on {}{of}.", coming_day(date)))
}

pub(super) fn how_to_read(input: ReportInput<'_>) -> Section {
    let mut ready =
        "A mailbox is ready when it is in sync: the new mailbox holds all its mail, and \
                     new mail follows until the switch."
            .to_owned();
    if input.metrics.whole.awaiting_approval > 0 {
        ready += " One whose losses are still to be approved is not ready.";
    }
    Section::of_text(
        "How to read this",
        &[
            &ready,
            "Switch dates are those of the export; where it has none, those of your migration schedule.",
            IN_THE_GUIDE,
        ],
    )
}
