//! The Switch Readiness Report: who is to switch in the next seven days, who is ready, and who
//! waits past the date.

mod sections;
mod sheets;

use chrono::NaiveDate;

use super::overall_migration::missed;
use super::wording::{coming_day, near_day, share};
use super::{
    CompleteSheet, Headline, KeyFigure, Page, ReportDefinition, ReportInput, Tone, accounts,
    actions::{self, Scope},
    changes, findings,
    next_switch::{self, NextSwitch},
    opening, schedule_changes, subject, trends,
};
use crate::domain::plural::{count, count_of, counted};
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

/// Who is to switch soon: those that are not ready first, of them and of the others VIPs, by date.
/// In mop-up nobody is: what has not switched waits.
fn due(input: ReportInput<'_>) -> Vec<&Mailbox> {
    let mut due = input.mailboxes(|mailbox| input.is_due(mailbox));
    due.sort_by_key(|mailbox| (mailbox.is_ready(), !mailbox.is_vip(), mailbox.switch_date));
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
    vec![
        complete_sheet("Due", input.mailboxes(|mailbox| input.is_due(mailbox))),
        complete_sheet("Waiting", input.mailboxes(|mailbox| input.waits(mailbox))),
    ]
}

fn page(input: ReportInput<'_>) -> Page {
    let (headline, key_figures) = (headline(input), key_figures(input));
    let mut page = opening(ReportKind::SwitchReadiness, input, headline, key_figures);
    page.subject = subject(ReportKind::SwitchReadiness, input, &result(input));
    if !input.is_mop_up() {
        page.sections.push(sections::dates(input));
        page.sections.extend(sections::vips(input));
        page.sections.extend(sections::not_ready(input));
        page.sections
            .extend(trends::collections_of(input, &due(input)));
    }
    page.sections.extend(sections::waiting(input));
    page.sections.extend(accounts::section(input));
    page.sections.push(schedule_changes::section(input));
    page.sections.extend(findings::section(input.findings));
    page.sections.push(sections::how_to_read(input));
    page
}

fn headline(input: ReportInput<'_>) -> Headline {
    let due = due(input);
    let number = |is_counted: &dyn Fn(&Mailbox) -> bool| {
        due.iter().filter(|mailbox| is_counted(mailbox)).count() as u64
    };
    let missing = number(&|mailbox| !mailbox.is_ready());
    let vips = number(&Mailbox::is_vip);
    let missing_vips = number(&|mailbox| mailbox.is_vip() && !mailbox.is_ready());
    let waits = waiting(input).len() as u64;
    let today = input.report_date.day();
    let of_today = of_today(input, &due);
    let all = due.len() as u64;
    let mut sentences = Vec::new();
    sentences.extend(of_today.and_then(NextSwitch::sentence));
    if !input.is_mop_up() {
        // The first switch date behind the days that this report looks ahead.
        let next = input.metrics.next_switch;
        let when = actions::when(due.iter().copied(), input.report_date);
        if of_today.is_none_or(|of| all > of.all - of.switched) {
            sentences.push(due_sentence(all, missing, &when, next));
        }
        if vips > 0 {
            sentences.push(vip_sentence(vips, missing_vips));
        }
    }
    if waits > 0 {
        sentences.push(waiting_sentence(waits));
    }
    sentences.extend(accounts::sentence(input));
    sentences.extend(schedule_changes::sentence(input));
    let label = match of_today.filter(|of| all == of.all - of.switched) {
        Some(of) => with_late(of.label().unwrap_or_else(|| of.all_switched()), waits),
        None => {
            let when = when(&due, today);
            label(all, missing, missing_vips, waits, &when)
        }
    };
    let (label, tone) = accounts::qualified(input, label);
    Headline {
        label,
        tone,
        sentences,
    }
}

/// The switch of the report date, where some have switched already: they were due as well, and those
/// who are left are not all.
fn of_today(input: ReportInput<'_>, due: &[&Mailbox]) -> Option<NextSwitch> {
    let date = input.report_date.day();
    let is_of_today = |mailbox: &Mailbox| mailbox.switch_date == Some(date);
    let switched = input.mailboxes(|of| is_of_today(of) && of.state == SyncState::Switched);
    let left = || due.iter().filter(|mailbox| is_of_today(mailbox));
    let missing = || left().filter(|mailbox| !mailbox.is_ready());
    let switched = switched.len() as u64;
    (switched > 0 && !input.is_mop_up()).then(|| NextSwitch {
        date,
        today: date,
        all: switched + left().count() as u64,
        missing: missing().count() as u64,
        missing_vips: missing().filter(|mailbox| mailbox.is_vip()).count() as u64,
        switched,
    })
}

/// For which switches: “for Monday”, or “for switches up to Friday 27 November”.
fn when(due: &[&Mailbox], today: NaiveDate) -> String {
    let dates = || due.iter().filter_map(|mailbox| mailbox.switch_date);
    match (dates().min(), dates().max()) {
        (Some(first), Some(last)) if first == last => next_switch::when(first, today),
        (_, Some(last)) => format!("for switches up to {}", near_day(last, today)),
        _ => "for the next switch".to_owned(),
    }
}

/// The result in a few words, for a subject line.
fn result(input: ReportInput<'_>) -> String {
    let (due, waits) = (due(input), waiting(input).len() as u64);
    if let Some(today) = of_today(input, &due) {
        return today.in_a_subject();
    }
    let missing = due.iter().filter(|mailbox| !mailbox.is_ready()).count();
    let when = when(&due, input.report_date.day());
    match (missing, due.len(), waits) {
        (_, 0, 0) => "nobody switches in the next 7 days".to_owned(),
        (_, 0, waits) => format!(
            "{} past the switch date",
            counted(waits, "mailbox", "mailboxes")
        ),
        (0, all, _) => format!("all {} ready {when}", count(all)),
        (missing, all, _) => format!("{} of {} not ready {when}", count(missing), count(all)),
    }
}

/// Whether those who are due are ready, and whether others wait: who reads that all is well reads
/// of nobody who waits.
fn label(due: u64, missing: u64, missing_vips: u64, waiting: u64, when: &str) -> (String, Tone) {
    let late = missed(waiting);
    if due == 0 {
        let nobody = "Nobody switches in the next 7 days".to_owned();
        return late.unwrap_or((nobody, Tone::Plain));
    }
    let all_ready = || (format!("All ready {when}"), Tone::Good);
    let label = next_switch::not_ready(missing, due, missing_vips, when);
    with_late(label.unwrap_or_else(all_ready), waiting)
}

/// Who reads that all is well reads of those who are late.
fn with_late((words, tone): (String, Tone), late: u64) -> (String, Tone) {
    match tone {
        Tone::Good if late > 0 => (format!("{words}; {} late", count(late)), Tone::Watch),
        _ => (words, tone),
    }
}

fn due_sentence(
    due: u64,
    missing: u64,
    when: &str,
    next: Option<crate::metrics::NextSwitch>,
) -> String {
    match (due, missing) {
        (0, _) => {
            let next = match next {
                None => "No later date is known.".to_owned(),
                Some(next) => format!(
                    "The next switch is on {}: {} of {} so far.",
                    coming_day(next.date),
                    count(next.ready),
                    counted(next.due, "mailbox is ready", "mailboxes are ready")
                ),
            };
            format!("No mailbox is to switch in the next {DAYS_AHEAD} days. {next}")
        }
        (1, 0) => format!("The mailbox that switches {when} is ready."),
        (1, _) => format!("The mailbox that switches {when} is not ready."),
        (2, 0) => format!("Both mailboxes that switch {when} are ready."),
        (2, 2) => format!("Neither of the 2 mailboxes that switch {when} is ready."),
        (_, 0) => format!("All {} mailboxes that switch {when} are ready.", count(due)),
        _ if missing == due => {
            format!(
                "None of the {} mailboxes that switch {when} is ready.",
                count(due)
            )
        }
        _ => format!(
            "{} of the {} mailboxes that switch {when} ({}) {} ready; {} {} not.",
            count(due - missing),
            count(due),
            share(due - missing, due),
            if due - missing == 1 { "is" } else { "are" },
            count(missing),
            if missing == 1 { "is" } else { "are" },
        ),
    }
}

fn vip_sentence(vips: u64, missing: u64) -> String {
    match (vips, missing) {
        (1, 0) => "The VIP among them is ready.".to_owned(),
        (1, _) => "The VIP among them is not ready.".to_owned(),
        (2, 0) => "Both VIPs among them are ready.".to_owned(),
        (2, 2) => "Neither of the 2 VIPs among them is ready.".to_owned(),
        (_, 0) => format!("All {} VIPs among them are ready.", count(vips)),
        (vips, missing) if vips == missing => {
            format!("None of the {} VIPs among them is ready.", count(vips))
        }
        _ => format!(
            "Of the {} VIPs among them, {} not ready.",
            count(vips),
            counted(missing, "is", "are")
        ),
    }
}

fn waiting_sentence(waiting: u64) -> String {
    counted(
        waiting,
        "mailbox has missed its switch date.",
        "mailboxes have missed their switch date.",
    )
}

/// What happens to a mailbox that misses its date.
const SWITCHES_BY_ITSELF: &str =
    "A mailbox that misses its switch date switches by itself once it is in sync.";

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
    figures_of_due(input).into_iter().chain([waits]).collect()
}

fn figure(label: &str, value: usize, note: &str) -> KeyFigure {
    KeyFigure::new(label, count(value), note)
}

fn figures_of_due(input: ReportInput<'_>) -> [KeyFigure; 3] {
    let due = due(input);
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
    let change = changes::of_mailboxes(input, |mailbox| mailbox.is_due(input.report_date));
    [
        figure("Due in the next 7 days", due.len(), &when),
        figure("Ready", ready, &of_due).with_change(change.filter(|_| !due.is_empty())),
        figure("Not ready", due.len() - ready, &vips),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_due_is_spoken_of_by_number() {
        let monday = "on Monday 23 November";
        let next = Some(crate::metrics::NextSwitch {
            date: NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
            due: 1_240,
            ready: 990,
        });
        for (due, missing, sentence) in [
            (
                0,
                0,
                "No mailbox is to switch in the next 7 days. The next switch is on Tuesday 1 \
                 December: 990 of 1,240 mailboxes are ready so far.",
            ),
            (
                1,
                0,
                "The mailbox that switches on Monday 23 November is ready.",
            ),
            (
                1,
                1,
                "The mailbox that switches on Monday 23 November is not ready.",
            ),
            (
                1_240,
                0,
                "All 1,240 mailboxes that switch on Monday 23 November are ready.",
            ),
            (
                2,
                1,
                "1 of the 2 mailboxes that switch on Monday 23 November (50%) is ready; 1 is not.",
            ),
            (
                2,
                2,
                "Neither of the 2 mailboxes that switch on Monday 23 November is ready.",
            ),
            (
                48,
                48,
                "None of the 48 mailboxes that switch on Monday 23 November is ready.",
            ),
            (
                1_240,
                23,
                "1,217 of the 1,240 mailboxes that switch on Monday 23 November (98%) are ready; \
                 23 are not.",
            ),
        ] {
            assert_eq!(due_sentence(due, missing, monday, next), sentence);
        }
        assert_eq!(
            due_sentence(0, 0, "", None),
            "No mailbox is to switch in the next 7 days. No later date is known."
        );
    }

    #[test]
    fn vips_and_those_who_wait_are_spoken_of_by_number() {
        for (vips, missing, said) in [
            (1, 0, "The VIP among them is ready."),
            (1, 1, "The VIP among them is not ready."),
            (2, 0, "Both VIPs among them are ready."),
            (2, 1, "Of the 2 VIPs among them, 1 is not ready."),
            (2, 2, "Neither of the 2 VIPs among them is ready."),
            (61, 0, "All 61 VIPs among them are ready."),
            (61, 1, "Of the 61 VIPs among them, 1 is not ready."),
            (61, 3, "Of the 61 VIPs among them, 3 are not ready."),
            (61, 61, "None of the 61 VIPs among them is ready."),
        ] {
            assert_eq!(vip_sentence(vips, missing), said);
        }
        assert_eq!(waiting_sentence(1), "1 mailbox has missed its switch date.");
        assert_eq!(
            waiting_sentence(11),
            "11 mailboxes have missed their switch date."
        );
    }

    #[test]
    fn all_is_well_only_where_nobody_waits_and_nearly_all_are_ready() {
        for due in [0, 1, 20, 400] {
            for missing in [0, 1, 2, 20, 21, 400]
                .into_iter()
                .filter(|missing| *missing <= due)
            {
                for missing_vips in [0, 1, 2].into_iter().filter(|vips| *vips <= missing) {
                    for waiting in [0, 1, 7] {
                        let (words, tone) =
                            label(due, missing, missing_vips, waiting, "for Monday");
                        let is_well =
                            waiting == 0 && due > 0 && missing * 20 <= due && missing_vips == 0;
                        assert_eq!(
                            tone == Tone::Good,
                            is_well,
                            "{words}: {due} {missing} {missing_vips} {waiting}"
                        );
                        assert_eq!(
                            words.starts_with("All ready"),
                            due > 0 && missing == 0,
                            "{words}"
                        );
                    }
                }
            }
        }
        let of = |due, missing, vips, waiting| label(due, missing, vips, waiting, "for Monday");
        for (label, words, tone) in [
            (
                of(0, 0, 0, 0),
                "Nobody switches in the next 7 days",
                Tone::Plain,
            ),
            (
                of(0, 0, 0, 1),
                "1 mailbox has missed its switch date",
                Tone::Watch,
            ),
            (of(9, 0, 0, 2), "All ready for Monday; 2 late", Tone::Watch),
            (
                of(1_240, 62, 0, 0),
                "Nearly all ready for Monday",
                Tone::Good,
            ),
            (
                of(1_240, 63, 0, 0),
                "63 of 1,240 not ready for Monday",
                Tone::Attention,
            ),
            (
                of(1_240, 2, 1, 9),
                "1 VIP not ready for Monday",
                Tone::Watch,
            ),
            (
                of(1_240, 2, 2, 0),
                "2 VIPs not ready for Monday",
                Tone::Watch,
            ),
        ] {
            assert_eq!(label, (words.to_owned(), tone));
        }
    }
}
