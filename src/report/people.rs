//! What the migration schedule says of users: who is a VIP, and who is pilot and who is live.

use super::wording::{NOT_REPORTED, in_sync_or_beyond, items_copied, name};
use super::{Cell, ReportInput, Section, Tabulation};
use crate::domain::plural::{count, counted};
use crate::domain::{Phase, SyncState};
use crate::metrics::{Mailbox, OrganisationMetrics};

/// VIPs not ready that an email lists; the workbook has all.
const LISTED: usize = 8;

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

/// Whether a VIP is on the list of those who need somebody: not ready, and due soon, late or halted.
pub(super) fn is_listed_vip(input: ReportInput<'_>, mailbox: &Mailbox) -> bool {
    let is_near = input.is_due(mailbox) || input.waits(mailbox) || mailbox.is_halted();
    mailbox.is_vip() && !mailbox.is_ready() && is_near
}

/// How many VIPs are ready, and by name those who are not and should be soon; nothing where the
/// schedule marks none.
pub(super) fn vips(input: ReportInput<'_>) -> Option<Section> {
    let vips = input.mailboxes(Mailbox::is_vip);
    if vips.is_empty() {
        return None;
    }
    let in_sync = vips.iter().filter(|vip| vip.state.is_in_sync_or_beyond());
    let mut text = how_many_are_in_sync(in_sync.count() as u64, vips.len() as u64);
    let mut listed = input.mailboxes(|mailbox| is_listed_vip(input, mailbox));
    let others = vips.iter().filter(|vip| !vip.is_ready()).count() - listed.len();
    if others > 0 {
        let [one, several] = match listed.is_empty() {
            true => ["is", "are"],
            false => ["other is", "others are"],
        };
        let others = counted(others, one, several);
        text = format!("{}; {others} not due yet.", text.trim_end_matches('.'));
    }
    listed.sort_by_key(|mailbox| (mailbox.switch_date.is_none(), mailbox.switch_date));
    let table = (!listed.is_empty()).then(|| {
        Tabulation::of(listed)
            .user_beside_category()
            .vip()
            .headed("Category")
            .state()
            .progress()
            .switch_date()
            .list(
                "VIPs who are not ready and should be, by switch date",
                LISTED,
                "; all: workbook, sheet Users: filter the column “VIP”.",
            )
    });
    Some(Section::new("VIPs", vec![text], table))
}

fn how_many_are_in_sync(in_sync: u64, all: u64) -> String {
    match (in_sync, all) {
        (1, 1) => "The VIP is in sync or switched.".to_owned(),
        (0, 1) => "The VIP is not in sync.".to_owned(),
        (2, 2) => "Both VIPs are in sync or switched.".to_owned(),
        (0, 2) => "Neither of the 2 VIPs is in sync.".to_owned(),
        (in_sync, all) if in_sync == all => {
            format!("All {} VIPs are in sync or switched.", count(all))
        }
        (0, all) => format!("None of the {} VIPs is in sync.", count(all)),
        (in_sync, all) => format!(
            "{} of the {} VIPs {} in sync or switched.",
            count(in_sync),
            count(all),
            if in_sync == 1 { "is" } else { "are" }
        ),
    }
}

/// Whether pilot mailboxes are still to switch, beside live ones: afterwards nobody asks for them apart.
pub(super) fn is_pilot_going_on(metrics: &OrganisationMetrics) -> bool {
    metrics.phases.iter().any(|of| {
        let switched = of.metrics.by_state.of(SyncState::Switched);
        of.phase == Some(Phase::Pilot) && switched < of.metrics.mailboxes
    })
}

/// Figures of pilot and live mailboxes apart, until the pilot is done; nothing where the schedule
/// does not have both.
pub(super) fn phases(input: ReportInput<'_>) -> Option<Section> {
    let phases = &input.metrics.phases;
    let is_going_on = |of: &crate::metrics::PhaseMetrics| {
        of.phase == Some(Phase::Pilot) && of.metrics.in_sync_or_beyond() < of.metrics.mailboxes
    };
    if !phases.iter().any(is_going_on) {
        return None;
    }
    let table = Tabulation::of(phases)
        .text("Phase", |of| phase(of.phase))
        .number("Mailboxes", |of| of.metrics.mailboxes)
        .number("In sync or switched", |of| in_sync_or_beyond(&of.metrics))
        .number("Items copied", |of| items_copied(&of.metrics))
        .number("Failed items", |of| of.metrics.items_failed)
        .text("Failures", |of| of.metrics.judgement.verdict.label())
        .table("As the migration schedule has them");
    Some(Section::new("Pilot and live", Vec::new(), table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vips_are_spoken_of_by_number() {
        for (ready, all, said) in [
            (1, 1, "The VIP is in sync or switched."),
            (0, 1, "The VIP is not in sync."),
            (2, 2, "Both VIPs are in sync or switched."),
            (0, 2, "Neither of the 2 VIPs is in sync."),
            (61, 61, "All 61 VIPs are in sync or switched."),
            (0, 9, "None of the 9 VIPs is in sync."),
            (1, 2, "1 of the 2 VIPs is in sync or switched."),
            (22, 23, "22 of the 23 VIPs are in sync or switched."),
        ] {
            assert_eq!(how_many_are_in_sync(ready, all), said);
        }
    }
}
