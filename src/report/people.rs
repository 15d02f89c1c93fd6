//! What the migration schedule says of users: who is a VIP, and who is pilot and who is live.

use super::wording::{NOT_REPORTED, first_of, in_sync_or_beyond, items_copied, name, user};
use super::{Cell, ReportInput, Section, Tabulation};
use crate::domain::plural::count;
use crate::domain::{Phase, SyncState};
use crate::metrics::{Mailbox, OrganisationMetrics};

/// VIPs not ready that an email lists, and those of a state that it names; the workbook has all.
const LISTED: usize = 12;
pub(super) const NAMED_VIPS: usize = 8;

/// Whether the schedule marks anybody as a VIP.
pub(super) fn has_vips(metrics: &OrganisationMetrics) -> bool {
    metrics.mailboxes.iter().any(Mailbox::is_vip)
}

/// The category of a VIP, or “No”.
pub(super) fn vip(mailbox: &Mailbox) -> String {
    mailbox
        .vip_category
        .as_deref()
        .map_or_else(|| "No".to_owned(), |category| name(Some(category)))
}

/// The category of a VIP for a workbook, or “No”.
pub(super) fn vip_cell(mailbox: &Mailbox) -> Cell<'_> {
    mailbox
        .vip_category
        .as_deref()
        .map_or(Cell::Word("No"), Cell::shown)
}

/// Pilot or live.
pub(super) fn phase(phase: Option<Phase>) -> &'static str {
    phase.map_or(NOT_REPORTED, Phase::label)
}

/// “pilot 12 of 14, live 300 of 406”, by whatever is counted; `None` where not both pilot and live
/// mailboxes are among those counted.
pub(super) fn by_phase<'a>(
    mailboxes: impl Iterator<Item = &'a Mailbox>,
    is_counted: impl Fn(&Mailbox) -> bool,
) -> Option<String> {
    let mut counts = [
        (Some(Phase::Pilot), 0, 0),
        (Some(Phase::Live), 0, 0),
        (None, 0, 0),
    ];
    for mailbox in mailboxes {
        for (_, counted, all) in counts
            .iter_mut()
            .filter(|(phase, ..)| *phase == mailbox.phase)
        {
            *all += 1;
            *counted += u64::from(is_counted(mailbox));
        }
    }
    let has = |wanted: Phase| {
        counts
            .iter()
            .any(|(phase, _, all)| *phase == Some(wanted) && *all > 0)
    };
    if !has(Phase::Pilot) || !has(Phase::Live) {
        return None;
    }
    let word = |phase: Option<Phase>| {
        phase.map_or("phase not reported".to_owned(), |phase| {
            phase.label().to_lowercase()
        })
    };
    let said = counts.iter().filter(|(_, _, all)| *all > 0);
    Some(
        said.map(|(phase, counted, all)| {
            format!("{} {} of {}", word(*phase), count(*counted), count(*all))
        })
        .collect::<Vec<_>>()
        .join(", "),
    )
}

/// The VIPs by name: those not ready in a table, the others by state; nothing where the schedule
/// marks none.
pub(super) fn vips(input: ReportInput<'_>) -> Option<Section> {
    let vips = input.mailboxes(Mailbox::is_vip);
    if vips.is_empty() {
        return None;
    }
    let (ready, mut others): (Vec<&Mailbox>, Vec<&Mailbox>) =
        vips.iter().partition(|mailbox| mailbox.is_ready());
    others.sort_by_key(|mailbox| (mailbox.switch_date.is_none(), mailbox.switch_date));
    let in_sync = vips.iter().filter(|vip| vip.state.is_in_sync_or_beyond());
    let mut text = vec![how_many_are_in_sync(
        in_sync.count() as u64,
        vips.len() as u64,
    )];
    text.extend(named_by_state(&ready));
    if ready.len() > NAMED_VIPS {
        text.push("All are in the workbook, sheet Users: filter the column “VIP”.".to_owned());
    }
    let table = (!others.is_empty()).then(|| {
        Tabulation::of(others)
            .user()
            .vip()
            .headed("Category")
            .state()
            .progress()
            .switch_date()
            .list(
                "VIP mailboxes that are not ready, by switch date",
                LISTED,
                "; all are in the workbook, sheet Users: filter the column “VIP”.",
            )
    });
    Some(Section::new("VIPs", text, table))
}

/// “Ready to switch: A. Example, B. Example and 9 more.”, a sentence for each state that occurs.
pub(super) fn named_by_state(mailboxes: &[&Mailbox]) -> Vec<String> {
    let sentence = |state: SyncState| {
        let of_state: Vec<String> = mailboxes
            .iter()
            .filter(|mailbox| mailbox.state == state)
            .map(|mailbox| user(mailbox))
            .collect();
        (!of_state.is_empty())
            .then(|| format!("{}: {}.", state.label(), first_of(&of_state, NAMED_VIPS)))
    };
    SyncState::ALL.into_iter().filter_map(sentence).collect()
}

fn how_many_are_in_sync(in_sync: u64, all: u64) -> String {
    match (in_sync, all) {
        (1, 1) => "The VIP mailbox is in sync or switched.".to_owned(),
        (0, 1) => "The VIP mailbox is not in sync.".to_owned(),
        (in_sync, all) if in_sync == all => {
            format!("All {} VIP mailboxes are in sync or switched.", count(all))
        }
        (0, all) => format!("None of {} VIP mailboxes is in sync.", count(all)),
        (1, all) => format!("1 of {} VIP mailboxes is in sync or switched.", count(all)),
        (in_sync, all) => format!(
            "{} of {} VIP mailboxes are in sync or switched.",
            count(in_sync),
            count(all)
        ),
    }
}

/// Figures of pilot and live mailboxes apart; nothing where the schedule does not have both.
pub(super) fn phases(input: ReportInput<'_>) -> Option<Section> {
    let phases = &input.metrics.phases;
    if phases.is_empty() {
        return None;
    }
    let table = Tabulation::of(phases)
        .text("Phase", |of| phase(of.phase))
        .number("Mailboxes", |of| of.metrics.mailboxes)
        .number("In sync or switched", |of| in_sync_or_beyond(&of.metrics))
        .number("Items copied", |of| items_copied(&of.metrics))
        .number("Failed items", |of| of.metrics.items_failed)
        .text("Failures", |of| of.metrics.judgement.verdict.label())
        .table("Pilot and live mailboxes apart, as the migration schedule has them");
    let text = "Figures elsewhere in this report are of pilot and live mailboxes together, unless \
                they say otherwise.";
    Some(Section::new("Pilot and live", vec![text.to_owned()], table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vips_are_spoken_of_by_number() {
        for (ready, all, said) in [
            (1, 1, "The VIP mailbox is in sync or switched."),
            (0, 1, "The VIP mailbox is not in sync."),
            (61, 61, "All 61 VIP mailboxes are in sync or switched."),
            (0, 2, "None of 2 VIP mailboxes is in sync."),
            (1, 2, "1 of 2 VIP mailboxes is in sync or switched."),
            (22, 23, "22 of 23 VIP mailboxes are in sync or switched."),
        ] {
            assert_eq!(how_many_are_in_sync(ready, all), said);
        }
    }
}
