//! The workbook.

use super::super::forecast::chance;
use super::super::input::ReportInput;
use super::super::missed_switch::MISSED_SWITCH;
use super::super::tabulation::Tabulation;
use super::super::workbook::{Cell, SUMMARY, SheetChart, WorkbookSheet};
use super::super::{accounts, findings, schedule, schedule_changes, summary_sheet};
use super::{due, far_switch, waiting};
use crate::domain::{Phase, ReportKind};
use crate::metrics::{DAYS_AHEAD, Mailbox};

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let (due, waiting) = (due(input), waiting(input));
    let which = match far_switch(input) {
        Some(_) => "of the next switch".to_owned(),
        None => format!("to switch from the report date to {DAYS_AHEAD} days after it"),
    };
    let of_due =
        format!("Every mailbox {which}, one a row: those not ready first, VIPs first among them.");
    let of_waiting = format!(
        "Every mailbox past its switch date, one a row: VIPs first, then the longest. \
         {MISSED_SWITCH}"
    );
    let mut sheets = vec![figures_sheet(input)];
    sheets.extend(sheet(input, "Due", &due, &of_due));
    sheets.extend(sheet(input, "Waiting", &waiting, &of_waiting));
    sheets.extend(accounts::sheet(input));
    sheets.extend(schedule_changes::sheet(input));
    sheets.extend(schedule::sheet(input));
    sheets.extend(findings::sheet(input.findings));
    sheets
}

fn figures_sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let (due, waiting) = (due(input), waiting(input));
    let phases = [
        ("All", None),
        ("Pilot", Some(Phase::Pilot)),
        ("Live", Some(Phase::Live)),
    ];
    let has = |phase| {
        due.iter()
            .chain(&waiting)
            .any(|one| one.phase == Some(phase))
    };
    let has_both = has(Phase::Pilot) && has(Phase::Live);
    let has_vips = due.iter().chain(&waiting).any(|one| one.is_vip());
    // A row that says again what another says is none.
    let phases = phases
        .into_iter()
        .filter(|(_, phase)| phase.is_none() || has_both);
    let groups = phases.flat_map(|(phase_word, phase)| {
        [("mailboxes", false), ("VIP mailboxes", true)].map(|(who, is_vip_only)| {
            let is_counted = |mailbox: &&&Mailbox| {
                (phase.is_none() || mailbox.phase == phase) && (!is_vip_only || mailbox.is_vip())
            };
            let due = due.iter().filter(is_counted);
            Group {
                phase: phase_word,
                who,
                due: due.clone().count() as u64,
                ready: due.filter(|mailbox| mailbox.is_ready()).count() as u64,
                waiting: waiting.iter().filter(is_counted).count() as u64,
                is_vip_only,
            }
        })
    });
    let groups = groups.filter(|group| !group.is_vip_only || has_vips);
    let sheet = Tabulation::of(groups)
        .column("Phase", 12.0, |group| group.phase)
        .column("Who", 18.0, |group| group.who)
        .column("Due", 12.0, |group| group.due)
        .column("Ready", 12.0, |group| group.ready)
        .column("Share ready", 14.0, |group| match group.due {
            0 => Cell::Word("None due"),
            due => Cell::share(group.ready, due),
        })
        .column("Not ready", 12.0, |group| group.due - group.ready)
        .column("Waiting past the date", 16.0, |group| group.waiting);
    let about = match far_switch(input) {
        Some(_) => "Due: at the next switch.".to_owned(),
        None => format!("Due: to switch from that day to {DAYS_AHEAD} days after it."),
    };
    let mut sheet = summary_sheet::of(ReportKind::SwitchReadiness, input, &about, sheet);
    let title = "Due to switch: ready and not ready";
    let chart = SheetChart::bars(title, SUMMARY, "Who", &["Ready", "Not ready"]);
    sheet
        .charts
        .push(chart.of_rows(0..1 + usize::from(has_vips)));
    sheet
}

/// Mailboxes of a phase, or VIPs among them.
#[derive(Clone, Copy)]
struct Group {
    phase: &'static str,
    who: &'static str,
    due: u64,
    ready: u64,
    waiting: u64,
    is_vip_only: bool,
}

/// Nothing where it would have no row.
fn sheet<'a>(
    input: ReportInput<'a>,
    name: &str,
    mailboxes: &[&'a Mailbox],
    explained: &str,
) -> Option<WorkbookSheet<'a>> {
    let sheet = Tabulation::of(mailboxes.iter().copied())
        .vip()
        .user()
        .source_mailbox()
        .wide(34.0)
        .collection()
        .phase()
        .switch_date()
        .column("Days past the date", 18.0, move |mailbox| {
            // Below 0 a number reads as a mistake: a day ahead is no wait.
            let days = mailbox.days_past_switch_date(input.report_date);
            days.unwrap_or_default().max(0).unsigned_abs()
        })
        .column("Ready", 9.0, |mailbox| match mailbox.is_ready() {
            true => "Yes",
            false => "No",
        })
        .column("New account", 30.0, move |mailbox| {
            accounts::in_words(input, mailbox)
        })
        .only_if(accounts::are_known(input))
        .state()
        .progress()
        .wide(11.0)
        .items_in_total()
        .items_copied()
        .items_failed()
        .last_synchronised()
        .column("Chance of being ready", 22.0, |mailbox| {
            match mailbox.alike {
                _ if mailbox.is_ready() => Cell::Word("Is ready"),
                Some(alike) if alike.is_known() => Cell::share_of(alike.ready),
                _ => Cell::from(chance(mailbox)),
            }
        })
        .last_error(input.organisation.subject_lines)
        .sheet(name, name, explained);
    (!mailboxes.is_empty()).then_some(sheet)
}
