//! The Switch Readiness Report: who is to switch in the next seven days, who is ready, and who
//! waits past the date.

mod headline;
mod sections;
mod sheets;

use chrono::NaiveDate;

use super::actions::{self, Scope};
use super::complete_sheet::CompleteSheet;
use super::definition::{ReportDefinition, opening, subject};
use super::input::ReportInput;
use super::model::{KeyFigure, Page, Section};
use super::next_switch::NextSwitch;
use super::wording::share;
use super::{accounts, changes, findings, schedule_changes, trends};
use crate::domain::plural::{count, count_of};
use crate::domain::{ReportDate, ReportKind, Stage, SyncState};
use crate::metrics::{DAYS_AHEAD, Mailbox, OrganisationMetrics};
use crate::settings::Organisation;

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    is_due: |_, _| true,
    absence,
    actions: |input| {
        actions::switching(input, Scope::DueOrWaiting)
            .and(schedule_changes::actions(input))
            .and(accounts::actions(input))
            .and(actions::schedule(input))
    },
    page,
    sheets: sheets::sheets,
    complete_sheets,
};

fn absence(
    organisation: &Organisation,
    metrics: &OrganisationMetrics,
    report_date: ReportDate,
) -> Option<&'static str> {
    if metrics.schedule_differences.is_none() {
        return Some("it has no migration schedule that can be used");
    }
    let is_waiting = |mailbox: &Mailbox| mailbox.is_past_switch_date(report_date);
    (organisation.stage == Stage::MopUp && !metrics.mailboxes.iter().any(is_waiting))
        .then_some("it is in mop-up, and no mailbox waits past its switch date")
}

/// Whether a mailbox is to switch soon; where nobody is, whether it is of the next switch, so that
/// nobody reads of a quiet week before a large one. In mop-up none is: what has not switched waits.
fn is_awaited(input: ReportInput<'_>) -> impl Fn(&Mailbox) -> bool {
    let far = far_switch(input);
    move |mailbox| {
        let is_next = far.is_some() && mailbox.switch_date == far;
        input.is_due(mailbox) || (is_next && mailbox.state != SyncState::Switched)
    }
}

/// The date of the next switch, where it is not among the days that this report looks ahead.
fn far_switch(input: ReportInput<'_>) -> Option<NaiveDate> {
    let next = NextSwitch::of(input).filter(|_| !input.is_mop_up())?;
    (next.days_ahead() > DAYS_AHEAD).then_some(next.date)
}

/// Who is to switch: those that are not ready first, of them and of the others VIPs, by date.
fn due(input: ReportInput<'_>) -> Vec<&Mailbox> {
    let mut due = input.mailboxes(is_awaited(input));
    due.sort_by_key(|mailbox| {
        let is_behind = (!mailbox.is_vip(), !mailbox.is_stuck());
        (mailbox.is_ready(), is_behind, mailbox.switch_date)
    });
    due
}

/// Who should have switched and has not: VIPs first, then whoever waits longest.
fn waiting(input: ReportInput<'_>) -> Vec<&Mailbox> {
    let mut waiting = input.mailboxes(|mailbox| input.waits(mailbox));
    waiting.sort_by_key(|mailbox| (!mailbox.is_vip(), mailbox.switch_date));
    waiting
}

fn complete_sheets<'a>(input: ReportInput<'a>) -> Vec<CompleteSheet<'a>> {
    let complete_sheet = |sheet: &str, listed: Vec<&'a Mailbox>| CompleteSheet {
        sheet: sheet.to_owned(),
        mailboxes: listed
            .into_iter()
            .map(|mailbox| mailbox.address.as_str())
            .collect(),
        quotes_subject_lines: false,
        bytes_a_row: 121,
    };
    let due = input.mailboxes(is_awaited(input));
    let waiting = input.mailboxes(|mailbox| input.waits(mailbox));
    [("Due", due), ("Waiting", waiting)]
        .into_iter()
        .filter(|(_, listed)| !listed.is_empty())
        .map(|(sheet, listed)| complete_sheet(sheet, listed))
        .collect()
}

fn page(input: ReportInput<'_>) -> Page {
    let (headline, key_figures) = (headline::headline(input), key_figures(input));
    let mut page = opening(ReportKind::SwitchReadiness, input, headline, key_figures);
    page.subject = subject(ReportKind::SwitchReadiness, input, &headline::result(input));
    if !input.is_mop_up() {
        let forecasts = trends::collections_of(input, &due(input));
        let has_table = |section: &Section| section.table.is_some();
        let is_forecast = forecasts.as_ref().is_some_and(has_table);
        page.sections.extend(sections::dates(input, is_forecast));
        page.sections.extend(sections::vips(input));
        page.sections.extend(sections::not_ready(input));
        page.sections.extend(forecasts);
    }
    let (waiting, schedule) = (sections::waiting(input), schedule_changes::section(input));
    let mut nothing = Vec::new();
    if waiting.is_none() && headline::under_way(input).is_none() {
        nothing.push("No mailbox has missed its switch date.".to_owned());
    }
    page.sections.extend(waiting);
    page.sections.extend(accounts::section(input));
    match schedule.table {
        Some(_) => page.sections.push(schedule),
        None => nothing.extend(schedule.text),
    }
    page.sections
        .extend(findings::section_beside_actions(input.findings));
    if !nothing.is_empty() {
        let nothing = vec![nothing.join(" ")];
        page.sections
            .push(Section::new("What did not change", nothing, None));
    }
    page.sections.push(sections::how_to_read(input));
    page
}

fn key_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let waiting = waiting(input);
    let longest = waiting
        .iter()
        .filter_map(|mailbox| mailbox.days_past_switch_date(input.report_date))
        .max();
    let longest = match longest {
        None => "none".to_owned(),
        Some(days) => format!("the longest by {}", count_of(days.unsigned_abs(), "day")),
    };
    let waits = figure("Past the switch date", waiting.len(), &longest);
    if input.is_mop_up() {
        let halted = waiting.iter().filter(|mailbox| mailbox.is_halted()).count();
        let vips = waiting.iter().filter(|mailbox| mailbox.is_vip()).count();
        let we_restart = "of those; we restart them";
        return vec![
            waits,
            figure("Stopped or failed", halted, we_restart),
            figure("VIPs", vips, "of those"),
        ];
    }
    let of_due = figures_of_due(input);
    // On the day of a switch it is the sentences that say who waits.
    let waits = (of_due.len() < 4).then_some(waits);
    of_due.into_iter().chain(waits).collect()
}

fn figure(label: &str, value: usize, note: &str) -> KeyFigure {
    KeyFigure::new(label, count(value), note)
}

/// Of those who are still to switch, and on the day of a switch how far that is.
fn figures_of_due(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let of_today = headline::under_way(input);
    let is_awaited = is_awaited(input);
    let is_ahead = |mailbox: &Mailbox| {
        let is_of_today = of_today.is_some_and(|of| mailbox.switch_date == Some(of.date));
        is_awaited(mailbox) && !is_of_today
    };
    let due = input.mailboxes(is_ahead);
    let ready = due.iter().filter(|mailbox| mailbox.is_ready()).count();
    let is_missing_vip = |mailbox: &&&Mailbox| mailbox.is_vip() && !mailbox.is_ready();
    let missing_vips = due.iter().filter(is_missing_vip).count();
    let when = match actions::when(due.iter().copied(), input.report_date) {
        when if when.is_empty() => "no date in these days".to_owned(),
        when => when,
    };
    let of_due = match due.len() as u64 {
        0 => "nobody is due".to_owned(),
        all => format!("{} of those due", share(ready as u64, all)),
    };
    let vips = match (due.len() - ready, missing_vips) {
        (0, _) => "nobody".to_owned(),
        (_, 0) => "no VIP among them".to_owned(),
        (_, vips) => format!("{} among them", count_of(vips, "VIP")),
    };
    let change = changes::of_mailboxes(input, is_ahead).filter(|_| !due.is_empty());
    let label = match (far_switch(input), of_today) {
        (Some(_), _) => "Due at the next switch",
        (None, Some(_)) => "Due after today",
        (None, None) => "Due in the next 7 days",
    };
    let switched = of_today.map(|of| {
        let note = format!(
            "of {}; {} did not",
            count(of.all),
            count(of.all - of.switched)
        );
        KeyFigure::new("Switched today", count(of.switched), note)
    });
    let of_due = [
        figure(label, due.len(), &when),
        figure("Ready", ready, &of_due).with_change(change),
        figure("Not ready", due.len() - ready, &vips),
    ];
    switched.into_iter().chain(of_due).collect()
}
