//! What the migration schedule says of users: who is a VIP, and who is pilot and who is live.

use super::wording::{NOT_REPORTED, count, counted, items_copied, name, progress, share, short_day, user};
use super::{Cell, Column, Cut, Section, Subject, Table, visible};
use crate::domain::Phase;
use crate::metrics::{Mailbox, OrganisationMetrics};

/// VIPs that an email lists; the workbook has all.
const LISTED: usize = 12;

/// Whether the schedule marks anybody as a VIP.
pub(super) fn has_vips(metrics: &OrganisationMetrics) -> bool {
    metrics.mailboxes.iter().any(Mailbox::is_vip)
}

/// The category of a VIP, or “No”.
pub(super) fn vip(mailbox: &Mailbox) -> String {
    mailbox.vip_category.as_deref().map_or_else(|| "No".to_owned(), |category| name(Some(category)))
}

/// The category of a VIP for a workbook, or “No”.
pub(super) fn vip_cell(mailbox: &Mailbox) -> Cell {
    mailbox.vip_category.as_deref().map_or(Cell::Word("No"), |category| Cell::Text(visible(category)))
}

/// Pilot or live.
pub(super) fn phase(phase: Option<Phase>) -> &'static str {
    phase.map_or(NOT_REPORTED, Phase::label)
}

/// “pilot 12 of 14, live 300 of 406”, by whatever is counted; `None` where not both pilot and live mailboxes are among
/// those counted.
pub(super) fn by_phase<'a>(mailboxes: impl Iterator<Item = &'a Mailbox>, is_counted: impl Fn(&Mailbox) -> bool) -> Option<String> {
    let mut counts = [(Some(Phase::Pilot), 0, 0), (Some(Phase::Live), 0, 0), (None, 0, 0)];
    for mailbox in mailboxes {
        for (_, counted, all) in counts.iter_mut().filter(|(phase, ..)| *phase == mailbox.phase) {
            *all += 1;
            *counted += u64::from(is_counted(mailbox));
        }
    }
    let has = |wanted: Phase| counts.iter().any(|(phase, _, all)| *phase == Some(wanted) && *all > 0);
    if !has(Phase::Pilot) || !has(Phase::Live) {
        return None;
    }
    let word = |phase: Option<Phase>| phase.map_or("phase not reported".to_owned(), |phase| phase.label().to_lowercase());
    let said = counts.iter().filter(|(_, _, all)| *all > 0);
    Some(
        said.map(|(phase, counted, all)| format!("{} {} of {}", word(*phase), count(*counted), count(*all))).collect::<Vec<_>>().join(", "),
    )
}

/// The VIPs by name, those not in sync first; nothing where the schedule marks none.
pub(super) fn vips(subject: Subject<'_>) -> Option<Section> {
    let mut vips: Vec<&Mailbox> = subject.metrics.mailboxes.iter().filter(|mailbox| mailbox.is_vip()).collect();
    if vips.is_empty() {
        return None;
    }
    vips.sort_by_key(|mailbox| (mailbox.is_ready(), mailbox.switch_date.is_none(), mailbox.switch_date));
    let (ready, all) = (vips.iter().filter(|mailbox| mailbox.is_ready()).count() as u64, vips.len() as u64);
    let text = if ready == all {
        format!(
            "{} in sync or switched.",
            if all == 1 { "The VIP mailbox is".to_owned() } else { format!("All {} VIP mailboxes are", count(all)) }
        )
    } else {
        format!(
            "{} of {} {} in sync or switched. Those that are not come first.",
            count(ready),
            counted(all, "VIP mailbox", "VIP mailboxes"),
            if ready == 1 { "is" } else { "are" }
        )
    };
    let rows = vips
        .iter()
        .take(LISTED)
        .map(|mailbox| vec![user(mailbox), vip(mailbox), mailbox.state.label().to_owned(), progress(mailbox), switch_date(mailbox)]);
    let cut = Cut::of_list(vips.len().min(LISTED), vips.len(), "; all are in the workbook, sheet Users: filter the column “VIP”.");
    Some(Section {
        heading: "VIPs".to_owned(),
        text: vec![text],
        chart: None,
        table: Some(Table {
            caption: "VIP mailboxes, those not in sync first".to_owned(),
            columns: vec![
                Column::text("User"),
                Column::text("Category"),
                Column::text("State"),
                Column::number("Progress"),
                Column::text("Switch date"),
            ],
            rows: rows.collect(),
            cut,
        }),
    })
}

/// The day of a switch.
pub(super) fn switch_date(mailbox: &Mailbox) -> String {
    mailbox.switch_date.map_or_else(|| NOT_REPORTED.to_owned(), short_day)
}

/// Figures of pilot and live mailboxes apart; nothing where the schedule does not have both.
pub(super) fn phases(subject: Subject<'_>) -> Option<Section> {
    let phases = &subject.metrics.phases;
    if phases.is_empty() {
        return None;
    }
    let rows = phases.iter().map(|of| {
        let group = &of.metrics;
        vec![
            phase(of.phase).to_owned(),
            count(group.mailboxes),
            format!("{} ({})", count(group.in_sync_or_beyond()), share(group.in_sync_or_beyond(), group.mailboxes)),
            items_copied(group),
            super::wording::count_or_not_reported(group.items_failed),
            group.judgement.verdict.label().to_owned(),
        ]
    });
    Some(Section {
        heading: "Pilot and live".to_owned(),
        text: vec!["Figures elsewhere in this report are of pilot and live mailboxes together, unless they say otherwise.".to_owned()],
        chart: None,
        table: Some(Table {
            caption: "Pilot and live mailboxes apart, as the migration schedule has them".to_owned(),
            columns: vec![
                Column::text("Phase"),
                Column::number("Mailboxes"),
                Column::number("In sync or switched"),
                Column::number("Items copied"),
                Column::number("Failed items"),
                Column::text("Failures"),
            ],
            rows: rows.collect(),
            cut: None,
        }),
    })
}
