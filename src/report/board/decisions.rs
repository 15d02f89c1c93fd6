//! What a board may have to decide, each as a question with what bears on it.

use super::super::next_switch::NextSwitch;
use super::super::prospect::Prospect;
use super::super::wording::{capitalised, coming_day, on_day, one_in};
use super::super::{ReportInput, Section, Tabulation, Tone, outstanding::Outstanding};
use crate::domain::Verdict;
use crate::domain::plural::{count, counted};

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

/// A switch in doubt within a week: who decides to hold to the date? Once it is under way there is
/// nothing to decide.
pub(super) fn next_switch(input: ReportInput<'_>) -> Option<BoardDecision> {
    let next = NextSwitch::of(input)?;
    let prospect = Prospect::of(input, next.date);
    let is_in_doubt = prospect.tone() == Tone::Attention;
    let forecast = prospect.foretold.filter(|missing| missing.says_something());
    (is_in_doubt && !next.is_far() && !next.is_under_way()).then(|| BoardDecision {
        question: format!("Keep the switch {}?", on_day(next.date, next.today)),
        bears_on_it: not_ready(
            next.missing,
            next.all,
            forecast.map(|of| of.sentence(next.date)),
        ),
        by: match next.date == next.today {
            true => "Today".to_owned(),
            false => coming_day(next.date),
        },
    })
}

fn not_ready(missing: u64, all: u64, forecast: Option<String>) -> String {
    let who = match (missing, all) {
        (1, 1) => "The only mailbox that switches is not ready.".to_owned(),
        (missing, all) if missing == all => {
            format!("None of the {} mailboxes that switch is ready.", count(all))
        }
        (missing, all) => format!(
            "{} of the {} mailboxes that switch {} not ready yet.",
            count(missing),
            count(all),
            if missing == 1 { "is" } else { "are" }
        ),
    };
    let forecast = forecast.map_or_else(String::new, |forecast| format!(" {forecast}"));
    format!("{who}{forecast} Whoever is not ready stays in the old mailbox, and switches later.")
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
        by: match input.metrics.next_switch {
            Some(next) => format!("Before the switch on {}", coming_day(next.date)),
            None => "Before the migration is closed".to_owned(),
        },
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
            "{} for the organisation to act on. Each is in its old mailbox only, until that is \
             closed.",
            counted(yours, "item is left", "items are left")
        ),
        by: "Before the old mailboxes are closed".to_owned(),
    })
}
