//! The Switch Readiness Report: who is to switch in the next seven days, who is ready, and who
//! waits past the date.

mod sections;
mod sheets;

use chrono::NaiveDate;

use super::wording::{coming_day, share};
use super::{
    CompleteSheet, Headline, KeyFigure, Page, ReportDefinition, ReportInput, Tone,
    actions::{self, Scope},
    changes, findings, opening, people, trends,
};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{ReportDate, ReportKind, Stage};
use crate::metrics::{DAYS_AHEAD, Mailbox, OrganisationMetrics};
use crate::settings::Organisation;

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    is_due: |_, _| true,
    absence,
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
    let complete_sheet = |sheet, listed: Vec<&'a Mailbox>| CompleteSheet {
        sheet,
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
    let todo = actions::switching(input, Scope::DueOrWaiting)
        .and(actions::schedule(input, "the workbook, sheet Schedule"));
    let (headline, key_figures) = (headline(input), key_figures(input));
    let mut page = opening(
        ReportKind::SwitchReadiness,
        input,
        headline,
        key_figures,
        todo,
    );
    if !input.is_mop_up() {
        page.sections.push(sections::dates(input));
        page.sections.push(sections::vips(input));
        page.sections.push(sections::not_ready(input));
        page.sections
            .extend(trends::collections_of(input, &due(input)));
    }
    page.sections.push(sections::waiting(input));
    page.sections.push(findings::section(input.findings));
    page.sections.push(sections::how_to_read(input));
    page
}

/// A label and its tone for mailboxes of a switch that is near, of which some are not ready.
pub(super) fn not_all_ready(missing: u64, due: u64, missing_vips: u64) -> (String, Tone) {
    let nearly_all = "Nearly all due to switch are ready";
    if missing * 20 > due {
        let not_all = "Not all due to switch are ready";
        (not_all.to_owned(), Tone::Attention)
    } else if missing_vips > 0 {
        let vips = counted(missing_vips, "VIP is not", "VIPs are not");
        (format!("{nearly_all}; {vips}"), Tone::Attention)
    } else {
        (nearly_all.to_owned(), Tone::Good)
    }
}

fn headline(input: ReportInput<'_>) -> Headline {
    let due = due(input);
    let number = |is_counted: &dyn Fn(&Mailbox) -> bool| {
        due.iter().filter(|mailbox| is_counted(mailbox)).count() as u64
    };
    let missing = number(&|mailbox| !mailbox.is_ready());
    let vips = number(&Mailbox::is_vip);
    let missing_vips = number(&|mailbox| mailbox.is_vip() && !mailbox.is_ready());
    let (all, waits) = (due.len() as u64, waiting(input).len() as u64);
    let mut sentences = Vec::new();
    if !input.is_mop_up() {
        // The first switch date behind the days that this report looks ahead.
        let next = input.metrics.next_switch.map(|next| next.date);
        let when = actions::when(due.iter().copied());
        sentences.push(due_sentence(all, missing, &when, next));
        if let Some(of_phases) = people::by_phase(due.iter().copied(), Mailbox::is_ready) {
            sentences.push(format!("Ready by phase: {of_phases}."));
        }
        if vips > 0 {
            sentences.push(vip_sentence(vips, missing_vips));
        }
    }
    if waits > 0 {
        sentences.push(waiting_sentence(waits));
    }
    let (label, tone) = label(all, missing, missing_vips, waits);
    Headline {
        label,
        tone,
        sentences,
    }
}

/// Whether those who are due are ready, and whether others wait: who reads that all is well reads
/// of nobody who waits.
fn label(due: u64, missing: u64, missing_vips: u64, waiting: u64) -> (String, Tone) {
    let waits = || {
        let mailboxes = counted(waiting, "mailbox is", "mailboxes are");
        format!("{mailboxes} past the switch date")
    };
    match (due, missing, waiting) {
        (0, _, 0) => ("Nobody switches in the next 7 days".to_owned(), Tone::Plain),
        (0, _, _) => (waits(), Tone::Plain),
        (_, 0, 0) => ("All due to switch are ready".to_owned(), Tone::Good),
        (_, 0, _) => (
            format!("All due to switch are ready; {}", waits()),
            Tone::Plain,
        ),
        _ => match not_all_ready(missing, due, missing_vips) {
            (words, Tone::Good) if waiting > 0 => (format!("{words}; {}", waits()), Tone::Plain),
            label => label,
        },
    }
}

fn due_sentence(due: u64, missing: u64, when: &str, next: Option<NaiveDate>) -> String {
    match (due, missing) {
        (0, _) => {
            let next = match next {
                None => "No later date is known.".to_owned(),
                Some(next) => format!("The next switch is on {}.", coming_day(next)),
            };
            format!("No mailbox is to switch in the next {DAYS_AHEAD} days. {next}")
        }
        (1, 0) => format!("The mailbox that switches {when} is ready."),
        (1, _) => format!("The mailbox that switches {when} is not ready."),
        (_, 0) => format!("All {} mailboxes that switch {when} are ready.", count(due)),
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
        (1, 0) => "The VIP mailbox among them is ready.".to_owned(),
        (1, _) => "The VIP mailbox among them is not ready.".to_owned(),
        (2, 0) => "Both VIP mailboxes among them are ready.".to_owned(),
        (_, 0) => format!("All {} VIP mailboxes among them are ready.", count(vips)),
        _ => format!(
            "Of the {} VIP mailboxes among them, {} not ready.",
            count(vips),
            counted(missing, "is", "are")
        ),
    }
}

fn waiting_sentence(waiting: u64) -> String {
    let mailboxes = counted(
        waiting,
        "mailbox is past its switch date and waits",
        "mailboxes are past their switch dates and wait",
    );
    format!("{mailboxes}. {SWITCHES_BY_ITSELF}")
}

/// What happens to a mailbox that misses its date.
const SWITCHES_BY_ITSELF: &str = "A mailbox not in sync on its switch date does not switch that \
 day; it switches by itself once in sync.";

fn key_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let waiting = waiting(input);
    let longest = waiting
        .iter()
        .filter_map(|mailbox| mailbox.days_past_switch_date(input.report_date))
        .max();
    let longest = match longest {
        None => "nobody waits".to_owned(),
        Some(days) => format!("the longest for {}", count_of(days.unsigned_abs(), "day")),
    };
    let waits = figure("Waiting past the date", waiting.len(), &longest);
    if input.is_mop_up() {
        let halted = waiting.iter().filter(|mailbox| mailbox.is_halted()).count();
        let vips = waiting.iter().filter(|mailbox| mailbox.is_vip()).count();
        let we_restart = "of those that wait; we restart them";
        return vec![
            waits,
            figure("Stopped or failed", halted, we_restart),
            figure("VIPs", vips, "of those that wait"),
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
    let when = match actions::when(due.iter().copied()) {
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
        let next = NaiveDate::from_ymd_opt(2026, 12, 1);
        for (due, missing, sentence) in [
            (
                0,
                0,
                "No mailbox is to switch in the next 7 days. The next switch is on Tuesday 1 \
                 December.",
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
        assert_eq!(vip_sentence(1, 0), "The VIP mailbox among them is ready.");
        assert_eq!(
            vip_sentence(1, 1),
            "The VIP mailbox among them is not ready."
        );
        assert_eq!(
            vip_sentence(2, 0),
            "Both VIP mailboxes among them are ready."
        );
        assert_eq!(
            vip_sentence(61, 0),
            "All 61 VIP mailboxes among them are ready."
        );
        assert_eq!(
            vip_sentence(61, 1),
            "Of the 61 VIP mailboxes among them, 1 is not ready."
        );
        assert_eq!(
            vip_sentence(61, 3),
            "Of the 61 VIP mailboxes among them, 3 are not ready."
        );
        assert!(
            waiting_sentence(1)
                .starts_with("1 mailbox is past its switch date and waits. A mailbox not in sync")
        );
        assert!(
            waiting_sentence(11).starts_with("11 mailboxes are past their switch dates and wait. ")
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
                        let (words, tone) = label(due, missing, missing_vips, waiting);
                        let is_well =
                            waiting == 0 && due > 0 && missing * 20 <= due && missing_vips == 0;
                        assert_eq!(
                            tone == Tone::Good,
                            is_well,
                            "{words}: {due} {missing} {missing_vips} {waiting}"
                        );
                        assert_eq!(
                            words.starts_with("All due"),
                            due > 0 && missing == 0,
                            "{words}"
                        );
                    }
                }
            }
        }
        assert_eq!(label(0, 0, 0, 1).0, "1 mailbox is past the switch date");
        assert_eq!(
            label(9, 0, 0, 2).0,
            "All due to switch are ready; 2 mailboxes are past the switch date"
        );
    }

    #[test]
    fn one_in_twenty_or_a_vip_needs_attention() {
        assert_eq!(
            not_all_ready(62, 1_240, 0),
            ("Nearly all due to switch are ready".to_owned(), Tone::Good)
        );
        assert_eq!(
            not_all_ready(63, 1_240, 0),
            (
                "Not all due to switch are ready".to_owned(),
                Tone::Attention
            )
        );
        assert_eq!(
            not_all_ready(2, 1_240, 1),
            (
                "Nearly all due to switch are ready; 1 VIP is not".to_owned(),
                Tone::Attention
            )
        );
        assert_eq!(
            not_all_ready(2, 1_240, 2),
            (
                "Nearly all due to switch are ready; 2 VIPs are not".to_owned(),
                Tone::Attention
            )
        );
    }
}
