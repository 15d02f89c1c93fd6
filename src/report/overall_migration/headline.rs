//! The verdict at the top of the report: one label, and the few sentences that bear it out. What is
//! worrying in a sentence is worrying in the label too: no reader is told that all is well and, one
//! line below, that it is not.

use super::super::input::ReportInput;
use super::super::model::{Headline, Tone};
use super::super::next_switch::NextSwitch;
use super::super::prospect::{self, Prospect};
use super::super::verdict::verdict;
use super::super::wording::share;
use super::super::{changes, people, trends};
use super::halted;
use crate::domain::plural::{count, counted};
use crate::domain::{SyncState, Verdict};

/// What the label is chosen by.
#[derive(Debug, Clone, Copy)]
struct Facts {
    mailboxes: u64,
    switched: u64,
    verdict: Verdict,
    /// In how many mailboxes failures are concentrated.
    concentrated_in: u64,
    /// Mailboxes that are not in sync.
    left: u64,
    /// The next switch, where it is near, and the first behind it that is in doubt.
    next_switch: Option<Prospect>,
    in_doubt: Option<Prospect>,
    /// Other collections that will be late, and that may be.
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
    /// Failed items where no mailbox reports of how many: no rate can be judged.
    failed_of_unknown: u64,
}

type TonedLabel = (String, Tone);

/// The label: of what is worrying, the most pressing. Red where the organisation is in trouble, amber
/// where some people are late or something wants watching.
fn label(facts: Facts) -> TonedLabel {
    let failures = failures(facts);
    if facts.mailboxes > 0 && facts.switched == facts.mailboxes {
        return match failures {
            Some((words, tone)) => (format!("All switched; {words}"), tone),
            None => ("All switched".to_owned(), Tone::Good),
        };
    }
    let failures = failures.map(|(words, tone)| (words.replacen("failures", "Failures", 1), tone));
    let not_ready = facts.next_switch.and_then(Prospect::label);
    let is = |wanted: Tone| move |(_, tone): &TonedLabel| *tone == wanted;
    let some = |number: u64, one: &str, several: &str, tone| {
        (number > 0).then(|| (counted(number, one, several), tone))
    };
    let most_pressing_first = [
        failures.clone().filter(is(Tone::Attention)),
        not_ready.clone().filter(is(Tone::Attention)),
        facts.in_doubt.and_then(Prospect::label),
        not_ready.clone().filter(is(Tone::Watch)),
        missed(facts.waiting),
        some(
            facts.late,
            "collection will not be ready in time",
            "collections will not be ready in time",
            Tone::Watch,
        ),
        some(
            facts.at_risk,
            "collection may not be ready in time",
            "collections may not be ready in time",
            Tone::Watch,
        ),
        some(
            facts.to_approve,
            "mailbox needs its losses approved",
            "mailboxes need their losses approved",
            Tone::Watch,
        ),
        failures,
        not_ready,
        some(
            facts.halted,
            "mailbox has stopped or failed",
            "mailboxes have stopped or failed",
            Tone::Watch,
        ),
        some(
            facts.unrecognised,
            "mailbox is in a state we do not recognise",
            "mailboxes are in a state we do not recognise",
            Tone::Watch,
        ),
    ];
    let most_pressing = most_pressing_first.into_iter().flatten().next();
    most_pressing.unwrap_or_else(|| {
        let (words, tone) = match facts.next_switch {
            Some(one) => (one.next.all_ready(), Tone::Good),
            // How much is left or failed is not known, and so not whether all is well.
            None if facts.without_total > 0 || !facts.failures_are_known => {
                ("In progress".to_owned(), Tone::Plain)
            }
            None if facts.is_on_track => ("On track".to_owned(), Tone::Good),
            None if facts.left > 0 => ("In progress".to_owned(), Tone::Plain),
            None => ("No problems found".to_owned(), Tone::Good),
        };
        (words, tone)
    })
}

/// “11 mailboxes have missed their switch date”.
pub(in crate::report) fn missed(mailboxes: u64) -> Option<TonedLabel> {
    let words = counted(
        mailboxes,
        "mailbox has missed its switch date",
        "mailboxes have missed their switch date",
    );
    (mailboxes > 0).then_some((words, Tone::Watch))
}

/// What the verdict says, where failures are more than expected or concentrated.
fn failures(facts: Facts) -> Option<TonedLabel> {
    match facts.verdict {
        Verdict::High => {
            let words = "failures well above what is expected".to_owned();
            Some((words, Tone::Attention))
        }
        Verdict::Raised => {
            let words = "failures somewhat above what is expected".to_owned();
            Some((words, Tone::Watch))
        }
        Verdict::Concentrated => {
            let mailboxes = counted(facts.concentrated_in, "mailbox", "mailboxes");
            let words = format!("failures concentrated in {mailboxes}");
            Some((words, Tone::Watch))
        }
        Verdict::LowerThanExpected | Verdict::AsExpected | Verdict::TooFewItems => {
            let words = counted(
                facts.failed_of_unknown,
                "failed item, of an unknown number",
                "failed items, of an unknown number",
            );
            (facts.failed_of_unknown > 0).then_some((words, Tone::Watch))
        }
    }
}

pub(in crate::report) fn headline(input: ReportInput<'_>) -> Headline {
    let metrics = input.metrics;
    let whole = &metrics.whole;
    let near = near(input);
    let foretold = near.filter(|one| one.foretold.is_some());
    let outlook = trends::outlook(input, foretold.map(|one| one.next.date));
    let mut behind = prospect::ahead(input).into_iter();
    let in_doubt = behind.find(|one| one.is_in_doubt() && Some(*one) != near);
    let (label, tone) = label(Facts {
        mailboxes: whole.mailboxes,
        switched: whole.by_state.of(SyncState::Switched),
        verdict: whole.judgement.verdict,
        concentrated_in: metrics
            .concentration
            .as_ref()
            .map_or(0, |concentration| concentration.places.len() as u64),
        left: whole.mailboxes - whole.in_sync_or_beyond(),
        next_switch: near,
        in_doubt,
        late: outlook.late,
        at_risk: outlook.at_risk,
        is_on_track: outlook.is_on_track,
        waiting: metrics.past_switch_date,
        halted: halted(whole),
        unrecognised: whole.by_state.of(SyncState::Unrecognised),
        to_approve: whole.awaiting_approval,
        without_total: whole.mailboxes_without_total,
        failures_are_known: whole.items_failed.is_some(),
        failed_of_unknown: match whole.items_attempted {
            None => whole.items_failed.unwrap_or_default(),
            Some(_) => 0,
        },
    });
    let mut sentences = vec![
        how_far(input),
        verdict(metrics, input.programme.expected_failure_rate),
    ];
    sentences.extend(near.and_then(Prospect::sentence));
    sentences.extend(missed(metrics.past_switch_date).map(|(words, _)| format!("{words}.")));
    sentences.extend(to_approve(whole.awaiting_approval));
    sentences.extend(outlook.sentences);
    Headline {
        label,
        tone,
        sentences,
    }
}

/// The next switch, where it is near.
fn near(input: ReportInput<'_>) -> Option<Prospect> {
    let near = NextSwitch::of(input).filter(|next| !next.is_far())?;
    Some(Prospect::of(input, near.date))
}

/// How many are in sync, how many more than the day before, and while the pilot goes on, of pilot and
/// live mailboxes apart.
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
    let by_phase = by_phase.filter(|_| people::is_pilot_going_on(metrics));
    let by_phase = by_phase.map(|by_phase| format!(" By phase: {by_phase}."));
    format!(
        "{} of {} ({}) {} {words}{}.{}",
        count(done),
        counted(all, "mailbox", "mailboxes"),
        share(done, all),
        match (words, done) {
            ("switched", 1) => "has",
            ("switched", _) => "have",
            (_, 1) => "is",
            _ => "are",
        },
        changes::more_than_before(input, done, then),
        by_phase.unwrap_or_default()
    )
}

fn to_approve(mailboxes: u64) -> Option<String> {
    let need = counted(
        mailboxes,
        "mailbox cannot complete until somebody approves what it lost",
        "mailboxes cannot complete until somebody approves what they lost",
    );
    (mailboxes > 0).then(|| format!("{need}."))
}

/// The result in a few words, for a subject line: what is worrying, else of the next switch, and of the
/// whole.
pub(super) fn result(input: ReportInput<'_>, headline: &Headline) -> String {
    let whole = &input.metrics.whole;
    let done = format!(
        "{} in sync or switched",
        share(whole.in_sync_or_beyond(), whole.mailboxes)
    );
    match near(input) {
        _ if matches!(headline.tone, Tone::Watch | Tone::Attention) => {
            format!("{}, {done}", headline.label)
        }
        Some(next) => format!("{done}, {}", next.in_a_subject()),
        None => done,
    }
}

#[cfg(test)]
mod tests;
