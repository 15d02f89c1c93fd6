//! The verdict at the top of the report: one label, and the few sentences that bear it out. What is
//! worrying in a sentence is worrying in the label too: no reader is told that all is well and, one
//! line below, that it is not.

use super::super::switch_readiness::not_all_ready;
use super::super::verdict::verdict;
use super::super::wording::{coming_day, share};
use super::super::{Headline, ReportInput, Tone, changes, people, trends};
use super::halted;
use crate::domain::plural::{count, counted};
use crate::domain::{SyncState, Verdict};
use crate::metrics::{DAYS_AHEAD, Mailbox};

/// What the label is chosen by.
#[derive(Debug, Clone, Copy)]
struct Facts {
    mailboxes: u64,
    switched: u64,
    verdict: Verdict,
    /// In how many mailboxes failures are concentrated.
    concentrated_in: u64,
    /// Of the mailboxes that switch next, where that is near: those not ready, VIPs among them, and
    /// all.
    next_switch: Option<(u64, u64, u64)>,
    /// Collections that will be late, and that may be.
    late: u64,
    at_risk: u64,
    /// Whether there is a forecast for every switch date ahead.
    is_on_track: bool,
    /// Mailboxes past their switch date, that stopped or failed, and in a state that nobody knows.
    waiting: u64,
    halted: u64,
    unrecognised: u64,
    /// Mailboxes that cannot complete until their losses are approved, and of which it is unknown
    /// how much is left.
    to_approve: u64,
    without_total: u64,
    /// Whether any mailbox reports how many of its items failed.
    failures_are_known: bool,
}

type Label = (String, Tone);

/// The label: of what is worrying, the most pressing.
fn label(facts: Facts) -> Label {
    let failures = failures(facts);
    if facts.mailboxes > 0 && facts.switched == facts.mailboxes {
        return match failures {
            Some((words, tone)) => (format!("All switched; {words}"), tone),
            None => ("All switched".to_owned(), Tone::Good),
        };
    }
    let failures = failures.map(|(words, tone)| (words.replacen("failures", "Failures", 1), tone));
    let not_ready = facts.next_switch.filter(|(missing, ..)| *missing > 0);
    let not_ready = not_ready.map(|(missing, vips, due)| not_all_ready(missing, due, vips));
    let is_attention = |(_, tone): &Label| *tone == Tone::Attention;
    let not_on_track = (facts.late > 0).then(|| {
        let words = "Not on track for every switch date";
        (words.to_owned(), Tone::Attention)
    });
    let plain = |number: u64, one: &str, several: &str| {
        (number > 0).then(|| (counted(number, one, several), Tone::Plain))
    };
    let most_pressing_first = [
        failures.clone().filter(is_attention),
        not_ready.clone().filter(is_attention),
        not_on_track,
        plain(
            facts.waiting,
            "mailbox is past its switch date",
            "mailboxes are past their switch dates",
        ),
        plain(
            facts.at_risk,
            "collection may miss its switch date",
            "collections may miss their switch dates",
        ),
        plain(
            facts.to_approve,
            "mailbox waits for its losses to be approved",
            "mailboxes wait for their losses to be approved",
        ),
        failures,
        not_ready,
        plain(
            facts.halted,
            "mailbox has stopped or failed",
            "mailboxes have stopped or failed",
        ),
        plain(
            facts.unrecognised,
            "mailbox is in a state we do not know",
            "mailboxes are in a state we do not know",
        ),
    ];
    let most_pressing = most_pressing_first.into_iter().flatten().next();
    most_pressing.unwrap_or_else(|| {
        let (words, tone) = match facts.next_switch {
            Some(_) => ("Ready for the next switch", Tone::Good),
            // How much is left or failed is not known, and so not whether all is well.
            None if facts.without_total > 0 || !facts.failures_are_known => {
                ("In progress", Tone::Plain)
            }
            None if facts.is_on_track => ("On track", Tone::Good),
            None => ("No problems found", Tone::Good),
        };
        (words.to_owned(), tone)
    })
}

/// What the verdict says, where failures are more than expected or concentrated.
fn failures(facts: Facts) -> Option<Label> {
    match facts.verdict {
        Verdict::High => {
            let words = "failures are above what is expected".to_owned();
            Some((words, Tone::Attention))
        }
        Verdict::Raised => {
            let words = "failures are somewhat above what is expected".to_owned();
            Some((words, Tone::Plain))
        }
        Verdict::Concentrated => {
            let mailboxes = counted(facts.concentrated_in, "mailbox", "mailboxes");
            let words = format!("failures are concentrated in {mailboxes}");
            Some((words, Tone::Plain))
        }
        Verdict::LowerThanExpected | Verdict::AsExpected | Verdict::TooFewItems => None,
    }
}

pub(in crate::report) fn headline(input: ReportInput<'_>) -> Headline {
    let metrics = input.metrics;
    let whole = &metrics.whole;
    let near = metrics
        .next_switch
        .filter(|next| (next.date - input.report_date.day()).num_days() <= DAYS_AHEAD);
    let missing_vips = |date| {
        let is_missing = |mailbox: &Mailbox| mailbox.is_vip() && !mailbox.is_ready();
        let switches = |mailbox: &Mailbox| mailbox.switch_date == Some(date);
        input
            .mailboxes(|mailbox| is_missing(mailbox) && switches(mailbox))
            .len() as u64
    };
    let outlook = trends::outlook(input);
    let (label, tone) = label(Facts {
        mailboxes: whole.mailboxes,
        switched: whole.by_state.of(SyncState::Switched),
        verdict: whole.judgement.verdict,
        concentrated_in: metrics
            .concentration
            .as_ref()
            .map_or(0, |concentration| concentration.places.len() as u64),
        next_switch: near.map(|next| (next.due - next.ready, missing_vips(next.date), next.due)),
        late: outlook.late,
        at_risk: outlook.at_risk,
        is_on_track: outlook.is_on_track,
        waiting: metrics.past_switch_date,
        halted: halted(whole),
        unrecognised: whole.by_state.of(SyncState::Unrecognised),
        to_approve: whole.awaiting_approval,
        without_total: whole.mailboxes_without_total,
        failures_are_known: whole.items_failed.is_some(),
    });
    let mut sentences = vec![
        how_far(input),
        verdict(metrics, input.programme.expected_failure_rate),
    ];
    sentences.extend(
        near.and_then(|next| not_ready(next.due - next.ready, next.due, &coming_day(next.date))),
    );
    sentences.extend(past_their_date(metrics.past_switch_date));
    sentences.extend(to_approve(whole.awaiting_approval));
    sentences.extend(outlook.sentences);
    Headline {
        label,
        tone,
        sentences,
    }
}

/// How many are in sync, how many more than the day before, and of pilot and live mailboxes apart.
fn how_far(input: ReportInput<'_>) -> String {
    let metrics = input.metrics;
    let (done, all) = (metrics.whole.in_sync_or_beyond(), metrics.whole.mailboxes);
    let before = metrics.changes.as_ref();
    // Each word with its own figure of the day before.
    let (words, then) = match metrics.whole.by_state.of(SyncState::Switched) {
        0 if before.is_none_or(|before| before.switched_before == 0) => {
            ("in sync", before.map(|before| before.in_sync_before))
        }
        switched if switched == done && done > 0 => {
            ("switched", before.map(|before| before.switched_before))
        }
        _ => (
            "in sync or switched",
            before.map(|before| before.in_sync_before),
        ),
    };
    let by_phase = people::by_phase(metrics.mailboxes.iter(), |mailbox| {
        mailbox.state.is_in_sync_or_beyond()
    });
    let by_phase = by_phase.map(|by_phase| format!(" By phase: {by_phase}."));
    format!(
        "{} of {} ({}) {} {words}{}.{}",
        count(done),
        counted(all, "mailbox", "mailboxes"),
        share(done, all),
        if done == 1 { "is" } else { "are" },
        changes::more_than_before(input, done, then),
        by_phase.unwrap_or_default()
    )
}

/// “37 of the 1,204 mailboxes that switch on Monday 23 November are not ready.”
fn not_ready(missing: u64, due: u64, day: &str) -> Option<String> {
    match (missing, due) {
        (0, _) => None,
        (_, 1) => Some(format!("The mailbox that switches on {day} is not ready.")),
        (1, _) => Some(format!(
            "1 of the {} mailboxes that switch on {day} is not ready.",
            count(due)
        )),
        _ => Some(format!(
            "{} of the {} mailboxes that switch on {day} are not ready.",
            count(missing),
            count(due)
        )),
    }
}

fn past_their_date(mailboxes: u64) -> Option<String> {
    match mailboxes {
        0 => None,
        1 => Some("1 mailbox is past its switch date and has not switched.".to_owned()),
        several => Some(format!(
            "{} mailboxes are past their switch dates and have not switched.",
            count(several)
        )),
    }
}

fn to_approve(mailboxes: u64) -> Option<String> {
    let cannot_complete = counted(
        mailboxes,
        "mailbox cannot complete before its losses are approved",
        "mailboxes cannot complete before their losses are approved",
    );
    (mailboxes > 0).then(|| format!("{cannot_complete}."))
}

#[cfg(test)]
mod tests;
