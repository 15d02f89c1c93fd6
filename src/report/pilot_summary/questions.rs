//! What the go/no-go call asks, each question with the answer that the figures give.

use super::super::wording::coming_day;
use super::super::{Section, Tabulation, WorkbookSheet};
use super::live::{dates, hardest, times};
use super::pilot::Pilot;
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{Phase, SyncState};
use crate::metrics::{AccountStanding, CauseMetrics, Owner};

/// A question, and what the pilot says to it.
pub(super) struct Question {
    asked: &'static str,
    answer: String,
}

pub(super) fn all(pilot: &Pilot<'_>) -> Vec<Question> {
    let question = |asked, answer| Question { asked, answer };
    let accounts = accounts(pilot);
    let accounts =
        accounts.map(|answer| question("Have users activated their new accounts?", answer));
    let mut all = vec![
        question("Is the pilot complete?", complete(pilot)),
        question("Was the switch itself tried?", switched(pilot)),
        question("Is anything stuck?", stuck(pilot)),
        question("Are failures normal?", pilot.failure_sentence()),
        question("Is it known why items failed?", causes(pilot)),
        question("What is still open, and who acts?", open(pilot)),
        question(
            "How long does a mailbox take?",
            pilot
                .time_sentence()
                .unwrap_or_else(|| "The reports so far do not show it.".to_owned()),
        ),
        question("Can the schedule be kept?", schedule(pilot)),
        question("Who switches first after the pilot?", first(pilot)),
        question("Is the schedule complete?", is_complete(pilot)),
        question("What is the service desk to expect?", calls(pilot)),
    ];
    all.extend(accounts);
    all
}

pub(super) fn section(pilot: &Pilot<'_>) -> Section {
    let all = all(pilot);
    Section::new(
        "What the call asks",
        Vec::new(),
        columns(&all).table("Questions of the go/no-go call, and what the figures answer"),
    )
}

pub(super) fn sheet<'a>(pilot: &Pilot<'_>) -> WorkbookSheet<'a> {
    let all = all(pilot);
    let rows: Vec<(&'static str, String)> =
        all.into_iter().map(|one| (one.asked, one.answer)).collect();
    let rows: Vec<&(&'static str, String)> = rows.iter().collect();
    Tabulation::of(rows)
        .column("Question", 36.0, |(asked, _)| *asked)
        .naming_rows()
        .column("Answer", 104.0, |(_, answer)| answer.clone())
        .sheet(
            "Questions",
            "What the call asks",
            "Questions of the go/no-go call, and what the figures answer.",
        )
}

fn columns(questions: &[Question]) -> Tabulation<'_, &Question> {
    Tabulation::of(questions)
        .text("Question", |one| one.asked)
        .text("Answer", |one| one.answer.clone())
}

fn complete(pilot: &Pilot<'_>) -> String {
    let (ready, all) = (pilot.ready(), pilot.group.mailboxes);
    let halted =
        pilot.group.by_state.of(SyncState::Stopped) + pilot.group.by_state.of(SyncState::Failed);
    let copying = all - ready - halted;
    let approve = pilot.group.awaiting_approval;
    let mut parts = Vec::new();
    if halted > 0 {
        parts.push(counted(
            halted,
            "has stopped or failed",
            "have stopped or failed",
        ));
    }
    if copying > 0 {
        parts.push(counted(
            copying,
            "is still to be copied",
            "are still to be copied",
        ));
    }
    if approve > 0 {
        parts.push(counted(approve, "waits for approval", "wait for approval"));
    }
    match parts.as_slice() {
        [] if all == 1 => "Yes: the mailbox is in sync or switched.".to_owned(),
        [] => format!("Yes: all {} are in sync or switched.", count(all)),
        parts => format!(
            "Not yet: {} of {} {} in sync or switched; {}.",
            count(ready),
            count(all),
            if ready == 1 { "is" } else { "are" },
            parts.join(", ")
        ),
    }
}

/// That a mailbox is in sync says nothing of what its user meets on the day of the switch.
fn switched(pilot: &Pilot<'_>) -> String {
    let (switched, all) = (
        pilot.group.by_state.of(SyncState::Switched),
        pilot.group.mailboxes,
    );
    let of_all = counted(all, "pilot mailbox", "pilot mailboxes");
    match switched {
        0 => format!("Not yet: none of {of_all} has switched."),
        _ if switched == all => {
            let have = counted(all, "pilot mailbox has", "pilot mailboxes have");
            format!("Yes: {have} switched.")
        }
        _ => format!("Yes, by {} of {of_all}.", count(switched)),
    }
}

fn stuck(pilot: &Pilot<'_>) -> String {
    let halted = pilot.mailboxes.iter().filter(|one| one.mailbox.is_halted());
    match halted.count() {
        0 => "Nothing is stuck.".to_owned(),
        halted => format!(
            "{}: see “What is stuck, and why”.",
            counted(
                halted,
                "pilot mailbox has stopped or failed",
                "pilot mailboxes have stopped or failed"
            )
        ),
    }
}

/// Failed items that nobody gave up, by who acts.
fn open(pilot: &Pilot<'_>) -> String {
    let of = |owner: Owner| -> u64 {
        let causes = pilot
            .causes
            .iter()
            .filter(|cause| cause.cause.owner == owner);
        causes.map(CauseMetrics::open).sum()
    };
    let (yours, ours) = (of(Owner::Organisation), of(Owner::MigrationTeam));
    if yours + ours == 0 {
        return "No failed item of the pilot is open.".to_owned();
    }
    format!(
        "{}: {} for your organisation to act on, {} for the migration team.",
        count_of(yours + ours, "failed item"),
        count(yours),
        count(ours)
    )
}

/// Of everybody who has not switched; nothing where there is no report of accounts.
fn accounts(pilot: &Pilot<'_>) -> Option<String> {
    let (metrics, today) = (pilot.input.metrics, pilot.input.report_date);
    let standings: Vec<AccountStanding> = metrics
        .mailboxes
        .iter()
        .filter_map(|mailbox| mailbox.account_standing(today))
        .collect();
    let number = |is: fn(&AccountStanding) -> bool| standings.iter().filter(|one| is(one)).count();
    let activated = number(|one| *one == AccountStanding::Activated);
    let unknown = number(|one| matches!(one, AccountStanding::NotKnown(_)));
    let not = standings.len() - activated - unknown;
    (!standings.is_empty()).then(|| match (not, unknown) {
        (0, 0) => format!(
            "Yes: everybody who has not switched, {} in all.",
            count(standings.len())
        ),
        _ => format!(
            "{} of {} who have not switched; {} have not, and of {} it is not known.",
            count(activated),
            count(standings.len()),
            count(not),
            count(unknown)
        ),
    })
}

fn calls(pilot: &Pilot<'_>) -> String {
    match pilot.live.is_empty() {
        true => "No mailbox follows the pilot.".to_owned(),
        false => {
            "30 to 40% more calls in the weeks of switches, as the implementation guide has it."
                .to_owned()
        }
    }
}

fn causes(pilot: &Pilot<'_>) -> String {
    let items: u64 = pilot.causes.iter().map(|cause| cause.items).sum();
    let other = pilot
        .causes
        .iter()
        .filter(|cause| cause.cause.name == "Other");
    let other: u64 = other.map(|cause| cause.items).sum();
    match (items, other) {
        (0, _) if pilot.group.items_failed > Some(0) => {
            "No: the failed-item export lists none of them.".to_owned()
        }
        (0, _) => "No item of the pilot failed.".to_owned(),
        (1, 0) => "Yes, for the 1 item that failed.".to_owned(),
        (items, 0) => format!(
            "Yes, for all {}: {}.",
            count_of(items, "failed item"),
            counted(pilot.causes.len(), "cause", "causes")
        ),
        (items, other) => format!(
            "For {} of {}; {} being looked into.",
            count(items - other),
            count_of(items, "failed item"),
            counted(other, "is", "are")
        ),
    }
}

fn schedule(pilot: &Pilot<'_>) -> String {
    if pilot.live.is_empty() {
        return "No mailbox follows the pilot.".to_owned();
    }
    let dates = dates(pilot);
    match hardest(&dates) {
        None => {
            "That cannot be told: the pilot's pace or the switch dates are not known.".to_owned()
        }
        Some((_, most)) if most <= 1.0 => "At the pilot's pace, every switch date.".to_owned(),
        Some((date, most)) => format!(
            "Only at {} the pilot's pace; the hardest date is {}.",
            times(most),
            coming_day(date)
        ),
    }
}

fn first(pilot: &Pilot<'_>) -> String {
    let today = pilot.input.report_date.day();
    let ahead = pilot
        .live
        .iter()
        .filter(|one| one.switch_date >= Some(today));
    let Some(date) = ahead.clone().filter_map(|one| one.switch_date).min() else {
        return "No date is known.".to_owned();
    };
    let due: Vec<_> = ahead.filter(|one| one.switch_date == Some(date)).collect();
    let ready = due.iter().filter(|one| one.is_ready()).count();
    format!(
        "{} on {}; {} ready so far.",
        counted(due.len(), "mailbox", "mailboxes"),
        coming_day(date),
        counted(ready, "is", "are")
    )
}

fn is_complete(pilot: &Pilot<'_>) -> String {
    let metrics = pilot.input.metrics;
    let Some(differences) = &metrics.schedule_differences else {
        return "There is no migration schedule that can be used.".to_owned();
    };
    let dateless = pilot
        .live
        .iter()
        .filter(|one| one.switch_date.is_none())
        .count();
    let unmarked = metrics
        .mailboxes
        .iter()
        .filter(|one| one.phase.is_none())
        .count();
    let has_phases = metrics
        .mailboxes
        .iter()
        .any(|one| one.phase == Some(Phase::Pilot));
    let mut parts = Vec::new();
    if !differences.is_empty() {
        parts.push(counted(
            differences.len(),
            "mailbox differs between schedule and export",
            "mailboxes differ between schedule and export",
        ));
    }
    if dateless > 0 {
        parts.push(counted(
            dateless,
            "mailbox has no switch date",
            "mailboxes have no switch date",
        ));
    }
    if has_phases && unmarked > 0 {
        parts.push(counted(
            unmarked,
            "mailbox is marked neither pilot nor live",
            "mailboxes are marked neither pilot nor live",
        ));
    }
    match parts.as_slice() {
        [] => "Yes: schedule and export agree.".to_owned(),
        parts => format!("Not yet: {}.", parts.join("; ")),
    }
}
