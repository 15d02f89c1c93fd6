//! What the go/no-go call asks, each question with the answer that the figures give.

use super::super::model::Section;
use super::super::tabulation::Tabulation;
use super::super::wording::{coming_day, list, on_day, times};
use super::super::workbook::WorkbookSheet;
use super::accounts::Accounts;
use super::live::{LiveDate, dates, hardest};
use super::pace::CopyingPace;
use super::pilot::Pilot;
use super::sections::NOT_IN_SYNC;
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{Phase, SyncState};
use crate::metrics::{CauseMetrics, Owner};

/// A question, and what the pilot says to it.
pub(super) struct Question {
    asked: &'static str,
    answer: String,
}

pub(super) fn all(pilot: &Pilot<'_>) -> Vec<Question> {
    let question = |asked, answer| Question { asked, answer };
    let accounts = Accounts::of(pilot).answer();
    let accounts =
        accounts.map(|answer| question("Have users activated their new accounts?", answer));
    let mut all = vec![
        question("Is the pilot complete?", complete(pilot)),
        question("Was the switch itself tried?", switched(pilot)),
        question("Is anything stuck?", stuck(pilot)),
        question("Are failures normal?", pilot.are_failures_normal()),
        question("Is it known why items failed?", causes(pilot)),
        question("Is anything still open, and who acts?", open(pilot)),
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
    let of = |state| pilot.group.by_state.of(state);
    let halted = of(SyncState::Stopped) + of(SyncState::Failed);
    let unrecognised = of(SyncState::Unrecognised);
    let kinds = [
        (halted, "has stopped or failed", "have stopped or failed"),
        (
            all - ready - halted - unrecognised,
            "is still to be copied",
            "are still to be copied",
        ),
        (
            unrecognised,
            "is in a state that we do not recognise",
            "are in a state that we do not recognise",
        ),
        (
            pilot.group.awaiting_approval,
            "waits for its losses to be approved",
            "wait for their losses to be approved",
        ),
    ];
    let some = kinds.into_iter().filter(|(number, ..)| *number > 0);
    let some = some.map(|(number, one, several)| counted(number, one, several));
    let some: Vec<String> = some.collect();
    match (some.as_slice(), all) {
        ([], 1) => "Yes: the only pilot mailbox is in sync or switched.".to_owned(),
        ([], 2) => "Yes: both are in sync or switched.".to_owned(),
        ([], all) => format!("Yes: all {} are in sync or switched.", count(all)),
        ([only, ..], 1) => format!(
            "Not yet: the only pilot mailbox {}.",
            only.trim_start_matches("1 ")
        ),
        (some, all) => format!(
            "Not yet: {} of {} {} in sync or switched; {}.",
            if ready == 0 {
                "none".to_owned()
            } else {
                count(ready)
            },
            count(all),
            if ready <= 1 { "is" } else { "are" },
            list(some)
        ),
    }
}

/// That a mailbox is in sync says nothing of what its user meets on the day of the switch.
fn switched(pilot: &Pilot<'_>) -> String {
    let (switched, all) = (
        pilot.group.by_state.of(SyncState::Switched),
        pilot.group.mailboxes,
    );
    was_tried(switched, all)
}

fn was_tried(switched: u64, all: u64) -> String {
    match (switched, all) {
        (0, 1) => "Not yet: the only pilot mailbox has not switched.".to_owned(),
        (0, all) => format!(
            "Not yet: none of {} pilot mailboxes has switched.",
            count(all)
        ),
        (1, 1) => "Yes: the only pilot mailbox has switched.".to_owned(),
        (2, 2) => "Yes: both pilot mailboxes have switched.".to_owned(),
        (switched, all) if switched == all => {
            format!("Yes: all {} pilot mailboxes have switched.", count(all))
        }
        (switched, all) => format!(
            "Yes, by {} of {} pilot mailboxes.",
            count(switched),
            count(all)
        ),
    }
}

fn stuck(pilot: &Pilot<'_>) -> String {
    let stuck = pilot.mailboxes.iter().filter(|one| one.mailbox.is_stuck());
    match stuck.count() {
        0 => "No: no pilot mailbox waits for somebody to act.".to_owned(),
        stuck => format!(
            "Yes: {}, see “{NOT_IN_SYNC}”.",
            counted(
                stuck,
                "pilot mailbox does not go on before somebody acts",
                "pilot mailboxes do not go on before somebody acts"
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
        return "No: no failed item of the pilot is open.".to_owned();
    }
    let items = count_of(yours + ours, "failed item");
    match (yours, ours) {
        (_, 0) => format!("Yes: {items}, for your organisation to act on."),
        (0, _) => format!("Yes: {items}, for the migration team to act on."),
        (yours, ours) => format!(
            "Yes: {items}, {} for your organisation to act on and {} for the migration team.",
            count(yours),
            count(ours)
        ),
    }
}

fn calls(pilot: &Pilot<'_>) -> String {
    match pilot.live.is_empty() {
        true => NOBODY_FOLLOWS.to_owned(),
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
    match (items, other, pilot.group.items_failed) {
        (0, _, None) => "No failed item of the pilot is listed.".to_owned(),
        (0, _, Some(0)) => "No item of the pilot failed.".to_owned(),
        (0, ..) => "No: the failed-item export lists none of them.".to_owned(),
        (1, 0, _) => "Yes, for the 1 item that failed.".to_owned(),
        (items, 0, _) => format!(
            "Yes, for all {}: {}.",
            count_of(items, "failed item"),
            counted(pilot.causes.len(), "cause", "causes")
        ),
        (1, ..) => "No: the 1 item that failed is being looked into.".to_owned(),
        (items, other, _) => format!(
            "Not for all: of {} {} being looked into.",
            count_of(items, "failed item"),
            counted(other, "is", "are")
        ),
    }
}

fn schedule(pilot: &Pilot<'_>) -> String {
    if pilot.live.is_empty() {
        return NOBODY_FOLLOWS.to_owned();
    }
    let dates = dates(pilot);
    let (date, most) = match (hardest(&dates), CopyingPace::of(pilot)) {
        (Some(hardest), Some(_)) => hardest,
        _ => return why_unknown(&dates, CopyingPace::of(pilot).is_some()).to_owned(),
    };
    let pace = CopyingPace::of(pilot).map_or_else(String::new, CopyingPace::name);
    match most {
        most if most <= 1.0 => match pilot.live.iter().filter(|one| one.is_stuck()).count() {
            0 => format!("Yes, at {pace}."),
            stuck => format!(
                "Yes, at {pace}, but for {} before somebody acts.",
                counted(
                    stuck,
                    "mailbox that does not go on",
                    "mailboxes that do not go on"
                )
            ),
        },
        most => format!(
            "Not at {pace}: it takes {} that, most of all by {}.",
            times(most),
            coming_day(date)
        ),
    }
}

/// Why nothing can be said of the schedule.
fn why_unknown(dates: &[LiveDate], is_pace_known: bool) -> &'static str {
    let has_date = dates.iter().any(|one| one.date.is_some());
    match (
        has_date,
        dates.iter().any(LiveDate::is_ahead),
        is_pace_known,
    ) {
        (false, ..) => "That cannot be told: no mailbox outside the pilot has a switch date.",
        (true, false, _) => "No: every switch date of the live stage is today or past.",
        (true, true, false) => {
            "That cannot be told: how fast mailboxes are copied is not known yet."
        }
        (true, true, true) => "That cannot be told: no mailbox reports how many items it holds.",
    }
}

const NOBODY_FOLLOWS: &str = "No mailbox follows the pilot.";

fn first(pilot: &Pilot<'_>) -> String {
    if pilot.live.is_empty() {
        return NOBODY_FOLLOWS.to_owned();
    }
    let today = pilot.input.report_date.day();
    let ahead = pilot
        .live
        .iter()
        .filter(|one| one.switch_date >= Some(today));
    let Some(date) = ahead.clone().filter_map(|one| one.switch_date).min() else {
        return "Nobody yet: no switch date is ahead.".to_owned();
    };
    let due: Vec<_> = ahead.filter(|one| one.switch_date == Some(date)).collect();
    let ready = due.iter().filter(|one| one.is_ready()).count();
    format!(
        "{} {}; {}.",
        counted(due.len(), "mailbox", "mailboxes"),
        on_day(date, today),
        match ready {
            0 => "none is ready yet".to_owned(),
            ready if ready == due.len() && ready == 1 => "it is ready".to_owned(),
            ready if ready == due.len() => "all are ready".to_owned(),
            ready => counted(ready, "is ready so far", "are ready so far"),
        }
    )
}

fn is_complete(pilot: &Pilot<'_>) -> String {
    let metrics = pilot.input.metrics;
    let Some(differences) = &metrics.schedule_differences else {
        return "No: there is no migration schedule that can be used.".to_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_begin_with_yes_or_no_and_read_aloud() {
        for (switched, all, said) in [
            (0, 1, "Not yet: the only pilot mailbox has not switched."),
            (0, 20, "Not yet: none of 20 pilot mailboxes has switched."),
            (1, 1, "Yes: the only pilot mailbox has switched."),
            (2, 2, "Yes: both pilot mailboxes have switched."),
            (1, 2, "Yes, by 1 of 2 pilot mailboxes."),
            (60, 60, "Yes: all 60 pilot mailboxes have switched."),
        ] {
            assert_eq!(was_tried(switched, all), said);
        }
    }

    #[test]
    fn why_the_schedule_cannot_be_judged_is_said() {
        let date = |days_ahead| LiveDate {
            date: chrono::NaiveDate::from_ymd_opt(2026, 11, 23),
            days_ahead: Some(days_ahead),
            mailboxes: 9,
            items_by_then: 0,
            done: None,
            times_the_pace: None,
        };
        let none = LiveDate {
            date: None,
            days_ahead: None,
            ..date(3)
        };
        for (dates, is_pace_known, said) in [
            (
                &[][..],
                true,
                "no mailbox outside the pilot has a switch date",
            ),
            (
                &[none],
                true,
                "no mailbox outside the pilot has a switch date",
            ),
            (
                &[date(-3), none],
                true,
                "every switch date of the live stage is today or past",
            ),
            (
                &[date(-3), date(3)],
                false,
                "how fast mailboxes are copied is not known yet",
            ),
            (
                &[date(3)],
                true,
                "no mailbox reports how many items it holds",
            ),
        ] {
            let why = why_unknown(dates, is_pace_known);
            assert!(why.contains(said), "{why}");
        }
    }
}
