//! The verdict at the top of the report: who can switch as they stand, and who would stay behind.

use std::collections::BTreeSet;

use super::super::forecast::Missing;
use super::super::input::ReportInput;
use super::super::model::{Headline, Tone};
use super::super::next_switch::{self, NextSwitch};
use super::super::overall_migration::missed;
use super::super::prospect::Prospect;
use super::super::wording::{coming_day, on_day};
use super::super::{accounts, people, schedule_changes};
use super::{due, waiting};
use crate::domain::plural::{count, counted};
use crate::metrics::{DAYS_AHEAD, Mailbox};

pub(super) fn headline(input: ReportInput<'_>) -> Headline {
    let (waiting, switches) = (waiting(input), switches(input));
    let mut sentences = Vec::new();
    if !input.is_mop_up() {
        sentences.extend(about(input, &switches));
    }
    let late = waiting.len() as u64;
    let pressing = most_pressing(&switches);
    sentences.extend(waiting_sentence(&waiting, pressing.is_none()));
    sentences.extend(accounts::sentence(input));
    sentences.extend(schedule_changes::sentence(input));
    let label = match pressing {
        Some(switch) => with_late(switch.can_switch(), late),
        None => {
            let nobody = format!("Nobody switches in the next {DAYS_AHEAD} days");
            missed(late).unwrap_or((nobody, Tone::Plain))
        }
    };
    let (label, tone) = accounts::qualified(input, label);
    Headline {
        label,
        tone,
        sentences,
    }
}

/// The switch of the report date, where some have switched already.
pub(super) fn under_way(input: ReportInput<'_>) -> Option<NextSwitch> {
    let today = NextSwitch::on(input, input.report_date.day());
    (today.is_under_way() && !input.is_mop_up()).then_some(today)
}

/// Every switch that this report is about, the next one first.
fn switches(input: ReportInput<'_>) -> Vec<Prospect> {
    let due = due(input);
    let dates = due.iter().filter_map(|mailbox| mailbox.switch_date);
    let mut dates: BTreeSet<_> = dates.collect();
    dates.extend(under_way(input).map(|today| today.date));
    let all = dates.into_iter();
    all.map(|date| Prospect::of(input, date)).collect()
}

/// The one that the label is about: a switch that is under way and not done, else of the most pressing
/// the first.
fn most_pressing(switches: &[Prospect]) -> Option<Prospect> {
    let is_open = |next: NextSwitch| next.is_under_way() && next.switched < next.all;
    let urgency = |switch: &Prospect| match switch.tone() {
        _ if is_open(switch.next) => 4,
        Tone::Attention => 3,
        Tone::Watch => 2,
        Tone::Plain => 1,
        Tone::Good => 0,
    };
    switches
        .iter()
        .rev()
        .max_by_key(|one| urgency(one))
        .copied()
}

/// The result in a few words, for a subject line.
pub(super) fn result(input: ReportInput<'_>) -> String {
    let waits = waiting(input).len() as u64;
    match most_pressing(&switches(input)) {
        Some(switch) if switch.next.is_far() => format!("next switch: {}", switch.in_a_subject()),
        Some(switch) => switch.in_a_subject(),
        None if waits == 0 => format!("nobody switches in the next {DAYS_AHEAD} days"),
        None => format!(
            "{} past the switch date",
            counted(waits, "mailbox", "mailboxes")
        ),
    }
}

/// Of the next switch who can switch, which VIPs cannot, and what stands in the way of whom; of the
/// others of these days together who can.
fn about(input: ReportInput<'_>, switches: &[Prospect]) -> Vec<String> {
    let today = input.report_date.day();
    let mut sentences = Vec::new();
    if switches.iter().all(|switch| switch.next.is_far()) {
        sentences.push(format!(
            "No mailbox is to switch in the next {DAYS_AHEAD} days."
        ));
    }
    if switches.is_empty() {
        sentences.push("No later date is known.".to_owned());
    }
    let (under_way, ahead): (Vec<Prospect>, Vec<Prospect>) = switches
        .iter()
        .partition(|switch| switch.next.is_under_way());
    let of_today = under_way.into_iter();
    sentences.extend(of_today.filter_map(|switch| switch.next.sentence()));
    let due = due(input);
    let mut say = |dates: &[Prospect], when: &str| {
        let is_of = |one: &&&Mailbox| dates.iter().any(|of| one.switch_date == Some(of.next.date));
        let these: Vec<&Mailbox> = due.iter().filter(is_of).copied().collect();
        let missing: Vec<&Mailbox> = these
            .iter()
            .filter(|one| !one.is_ready())
            .copied()
            .collect();
        let vips = |among: &[&Mailbox]| among.iter().filter(|one| one.is_vip()).count() as u64;
        let foretold = match dates {
            [of] => of.foretold,
            _ => None,
        };
        let number = missing.len() as u64;
        sentences.push(due_sentence(these.len() as u64, number, when, foretold));
        if let ([of], false) = (dates, (1..these.len()).contains(&missing.len())) {
            let foretold = foretold.filter(|_| number > 0);
            sentences.extend(foretold.map(|missing| missing.sentence(of.next.date)));
        }
        if vips(&these) > 0 {
            sentences.push(vip_sentence(vips(&these), vips(&missing)));
        }
        sentences.extend(stay_behind(&missing));
    };
    if let [next, later @ ..] = ahead.as_slice() {
        say(&[*next], &on_day(next.next.date, today));
        match later {
            [] => {}
            [only] => say(&[*only], &on_day(only.next.date, today)),
            [.., last] => say(
                later,
                &format!("after that, by {}", coming_day(last.next.date)),
            ),
        }
    }
    if let Some(of_phases) = people::by_phase(due.iter().copied(), Mailbox::is_ready) {
        sentences.push(format!("Ready by phase: {of_phases}."));
    }
    sentences
}

fn due_sentence(due: u64, missing: u64, when: &str, foretold: Option<Missing>) -> String {
    match (due, missing) {
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
        _ => next_switch::can_switch(missing, due, when, foretold),
    }
}

/// Why those who are not ready are not.
fn stay_behind(missing: &[&Mailbox]) -> Option<String> {
    let of_all = count(missing.len());
    let (stuck, copied): (Vec<&Mailbox>, Vec<&Mailbox>) =
        missing.iter().partition(|one| one.is_stuck());
    let are_copied = counted(
        copied.len(),
        "is still being copied",
        "are still being copied",
    );
    let stand_still = stand_still(stuck.len(), stuck.iter().all(|one| one.is_halted()));
    match (copied.len(), stand_still) {
        (0, None) => None,
        (1, None) => Some("It is still being copied.".to_owned()),
        (_, None) => Some(format!("All {are_copied}.")),
        (0, Some(stand_still)) if missing.len() == 1 => {
            Some(format!("It {}.", stand_still.trim_start_matches("1 ")))
        }
        (0, Some(stand_still)) => Some(format!("All {stand_still}.")),
        (_, Some(stand_still)) => Some(format!(
            "Of the {of_all} not ready, {are_copied}; {stand_still}."
        )),
    }
}

/// “11 have stopped or failed, and stay behind unless we restart them in time”
fn stand_still(mailboxes: usize, have_halted: bool) -> Option<String> {
    let words = match have_halted {
        true => counted(
            mailboxes,
            "has stopped or failed, and stays behind unless we restart it in time",
            "have stopped or failed, and stay behind unless we restart them in time",
        ),
        false => counted(
            mailboxes,
            "does not move, and stays behind unless somebody acts in time",
            "do not move, and stay behind unless somebody acts in time",
        ),
    };
    (mailboxes > 0).then_some(words)
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

/// Who has missed the date, unless the label says so; of those who stand still, that they do not
/// switch by themselves.
fn waiting_sentence(waiting: &[&Mailbox], is_in_label: bool) -> Option<String> {
    let (missed, _) = missed(waiting.len() as u64)?;
    let stuck = waiting.iter().filter(|one| one.is_stuck()).count();
    let of_them = counted(
        stuck,
        "of them does not move by itself",
        "of them do not move by themselves",
    );
    Some(match (is_in_label, waiting.len(), stuck) {
        (false, _, 0) => format!("{missed}."),
        (false, 1, _) => format!("{missed}, and does not move by itself."),
        (false, all, stuck) if all == stuck => format!("{missed}: none of them moves by itself."),
        (false, ..) => format!("{missed}: {of_them}."),
        (true, 1, 0) => "It switches by itself once it is in sync.".to_owned(),
        (true, _, 0) => "Each switches by itself once it is in sync.".to_owned(),
        (true, 1, _) => "It does not move by itself.".to_owned(),
        (true, all, stuck) if all == stuck => "None of them moves by itself.".to_owned(),
        (true, ..) => format!("{of_them}."),
    })
}

/// An answer that all is well also says how many are late.
fn with_late((words, tone): (String, Tone), late: u64) -> (String, Tone) {
    match tone {
        Tone::Good if late > 0 => (format!("{words}; {} late", count(late)), Tone::Watch),
        _ => (words, tone),
    }
}

#[cfg(test)]
mod tests;
