//! What a board may have to decide, each as a question with what bears on it.

use super::super::wording::{coming_day, one_in};
use super::super::{ReportInput, Section, Tabulation, outstanding::Outstanding};
use crate::domain::Verdict;
use crate::domain::plural::{count, counted};
use crate::metrics::DAYS_AHEAD;

/// A question, what bears on it, and by when it is to be answered.
pub(super) struct BoardDecision {
    question: String,
    bears_on_it: String,
    by: String,
}

/// The questions that the figures raise, the most pressing first.
pub(super) fn needed(input: ReportInput<'_>) -> Vec<BoardDecision> {
    [
        next_switch(input),
        failures(input),
        losses_to_approve(input),
        failed_items(input),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn section(decisions: &[BoardDecision]) -> Section {
    let table = Tabulation::of(decisions)
        .text("Question", |one| one.question.clone())
        .text("What to consider", |one| one.bears_on_it.clone())
        .text("By when", |one| one.by.clone())
        .table("Decisions that are needed");
    Section::new("Decisions that are needed", Vec::new(), table).or_alone("None.")
}

/// More than one in twenty not ready a week before a switch: who decides to hold to the date?
fn next_switch(input: ReportInput<'_>) -> Option<BoardDecision> {
    let next = input.metrics.next_switch?;
    let days = (next.date - input.report_date.day()).num_days();
    let missing = next.due - next.ready;
    let is_near = days <= DAYS_AHEAD && missing * 20 > next.due;
    is_near.then(|| BoardDecision {
        question: format!("Keep the switch on {}?", coming_day(next.date)),
        bears_on_it: format!(
            "{} of {} that switch are not ready. Whoever is not ready switches later, once in sync.",
            count(missing),
            counted(next.due, "mailbox", "mailboxes")
        ),
        by: coming_day(next.date),
    })
}

fn failures(input: ReportInput<'_>) -> Option<BoardDecision> {
    let judgement = input.metrics.whole.judgement;
    (judgement.verdict == Verdict::High).then(|| BoardDecision {
        question: "Carry on while failures are well above what is expected?".to_owned(),
        bears_on_it: format!(
            "{} of the items tried could not be copied. They stay in the old mailboxes; the cause is \
             being looked into.",
            capitalised(&one_in(judgement.rate))
        ),
        by: "The next switch".to_owned(),
    })
}

fn losses_to_approve(input: ReportInput<'_>) -> Option<BoardDecision> {
    let waiting = input.metrics.whole.awaiting_approval;
    (waiting > 0).then(|| BoardDecision {
        question: "Who approves what could not be copied?".to_owned(),
        bears_on_it: format!(
            "{} switch before somebody approves the loss.",
            counted(waiting, "mailbox cannot", "mailboxes cannot")
        ),
        by: "Their switch dates".to_owned(),
    })
}

/// Only in mop-up: before, users still clear them.
fn failed_items(input: ReportInput<'_>) -> Option<BoardDecision> {
    let yours = Outstanding::of(input).yours;
    (input.is_mop_up() && yours > 0).then(|| BoardDecision {
        question: "Accept what will not be copied, or have users save it?".to_owned(),
        bears_on_it: format!(
            "{} for the organisation to act on, and in the old mailboxes until these are closed.",
            counted(yours, "item is left", "items are left")
        ),
        by: "Before the old mailboxes are closed".to_owned(),
    })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
