//! The Pilot Summary: what the pilot shows, for the call that decides whether the live stage begins.

mod accounts;
mod live;
mod pace;
mod pilot;
mod questions;
mod sections;
mod sheets;

use self::accounts::Accounts;
use self::pilot::Pilot;
use super::actions::Actions;
use super::complete_sheet::CompleteSheet;
use super::definition::{ReportDefinition, opening};
use super::findings;
use super::input::ReportInput;
use super::model::{Headline, KeyFigure, Page, Tone};
use super::next_switch::is_trouble;
use super::wording::{NOT_REPORTED, count_or_not_reported, expected_one_in, one_in, share, times};
use crate::domain::plural::{count, counted};
use crate::domain::{Phase, ReportKind, Stage, SyncState, Verdict};
use crate::metrics::{Mailbox, OrganisationMetrics};
use crate::settings::Organisation;

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    is_due,
    absence: |organisation, metrics, _| {
        (!metrics
            .mailboxes
            .iter()
            .any(is_pilot(organisation, metrics)))
        .then_some("its migration schedule marks no pilot mailboxes")
    },
    actions: |_| Actions::default(),
    page,
    sheets: sheets::sheets,
    complete_sheets,
};

/// Whether a mailbox is in the pilot: as the migration schedule has it, and in a pilot whose schedule
/// marks none, every one.
fn is_pilot(
    organisation: &Organisation,
    metrics: &OrganisationMetrics,
) -> impl Fn(&Mailbox) -> bool + use<> {
    let marked = |mailbox: &Mailbox| mailbox.phase == Some(Phase::Pilot);
    let are_all = organisation.stage == Stage::Pilot && !metrics.mailboxes.iter().any(marked);
    move |mailbox| are_all || mailbox.phase == Some(Phase::Pilot)
}

/// Once no mailbox of the pilot is still to be copied: each is in sync or beyond, or stands still
/// until somebody acts.
fn is_due(organisation: &Organisation, metrics: &OrganisationMetrics) -> bool {
    let is_pilot = is_pilot(organisation, metrics);
    let pilot = || metrics.mailboxes.iter().filter(|mailbox| is_pilot(mailbox));
    let is_done = |mailbox: &Mailbox| mailbox.state.is_in_sync_or_beyond();
    pilot().any(is_done) && pilot().all(|mailbox| is_done(mailbox) || mailbox.is_halted())
}

fn complete_sheets(input: ReportInput<'_>) -> Vec<CompleteSheet<'_>> {
    let is_pilot = is_pilot(input.organisation, input.metrics);
    let pilot = input.mailboxes(|mailbox| is_pilot(mailbox));
    vec![CompleteSheet {
        sheet: "Pilot mailboxes".to_owned(),
        mailboxes: pilot
            .iter()
            .map(|mailbox| mailbox.address.as_str())
            .collect(),
        quotes_subject_lines: false,
        bytes_a_row: 150,
    }]
}

fn page(input: ReportInput<'_>) -> Page {
    let pilot = Pilot::of(input);
    let mut page = opening(
        ReportKind::PilotSummary,
        input,
        headline(&pilot),
        key_figures(&pilot),
    );
    page.sections.push(questions::section(&pilot));
    page.sections.push(sections::states(&pilot));
    page.sections.push(sections::times(&pilot));
    page.sections.push(sections::stuck(&pilot));
    page.sections.push(sections::causes(&pilot));
    page.sections.push(live::section(&pilot));
    page.sections.push(live::calls(&pilot));
    page.sections.extend(findings::section(input.findings));
    page.sections.push(sections::how_to_read());
    page
}

fn headline(pilot: &Pilot<'_>) -> Headline {
    let accounts = Accounts::of(pilot);
    let times_the_pace = live::hardest(&live::dates(pilot)).map_or(0.0, |(_, times)| times);
    let switched = pilot.group.by_state.of(SyncState::Switched);
    let copied = copied_sentence(switched, pilot.ready(), pilot.group.mailboxes);
    let sentences = [copied, pilot.failure_sentence()].into_iter();
    let sentences = sentences
        .chain(accounts.sentence())
        .chain(live::pace_sentence(pilot))
        .chain(pilot.time_sentence());
    Headline {
        label: label(pilot, times_the_pace),
        tone: tone(pilot, times_the_pace > 1.0 || accounts.not_activated > 0),
        sentences: sentences.collect(),
    }
}

/// How far the pilot is, whether failures are normal, and what else speaks against the live stage:
/// “Pilot copied; failures 2.9 times what is expected; the switch is not tried yet”.
fn label(pilot: &Pilot<'_>, times_the_pace: f64) -> String {
    let (ready, all) = (pilot.ready(), pilot.group.mailboxes);
    let switched = pilot.group.by_state.of(SyncState::Switched);
    let copied = match all - ready {
        0 if switched == all => "Pilot switched".to_owned(),
        0 => "Pilot copied".to_owned(),
        left if left == all => format!(
            "None of {} in sync",
            counted(all, "pilot mailbox", "pilot mailboxes")
        ),
        left => format!(
            "{} of {} not in sync",
            count(left),
            counted(all, "pilot mailbox", "pilot mailboxes")
        ),
    };
    let approve = pilot.group.awaiting_approval;
    let parts = [
        Some(copied),
        (approve > 0).then(|| counted(approve, "waits for approval", "wait for approval")),
        Some(pilot.failures_in_brief()),
        (switched == 0).then(|| "the switch is not tried yet".to_owned()),
        (times_the_pace > 1.0)
            .then(|| format!("the schedule needs {} the pace", times(times_the_pace))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn copied_sentence(switched: u64, ready: u64, all: u64) -> String {
    let have_switched = match switched {
        0 => "none has switched yet".to_owned(),
        some => counted(some, "has switched", "have switched"),
    };
    match (switched, ready, all) {
        (1, _, 1) => "The only pilot mailbox has switched.".to_owned(),
        (2, _, 2) => "Both pilot mailboxes have switched.".to_owned(),
        (switched, _, all) if switched == all => {
            format!("All {} pilot mailboxes have switched.", count(all))
        }
        (_, 1, 1) => "The only pilot mailbox is in sync, and has not switched yet.".to_owned(),
        (_, 0, 1) => "The only pilot mailbox is not in sync.".to_owned(),
        (0, ready, all) if ready == all => {
            format!(
                "All {} pilot mailboxes are in sync; none has switched yet.",
                count(all)
            )
        }
        (_, 0, all) => format!("None of {} pilot mailboxes is in sync yet.", count(all)),
        (_, ready, all) if ready == all => format!(
            "All {} pilot mailboxes are in sync or switched; {have_switched}.",
            count(all)
        ),
        (_, ready, all) => format!(
            "{} of {} pilot mailboxes ({}) {} in sync or switched; {have_switched}.",
            count(ready),
            count(all),
            share(ready, all),
            if ready == 1 { "is" } else { "are" },
        ),
    }
}

/// Red where failures are high or more than 1 in 20 is not in sync, amber where anything speaks
/// against the live stage, green where everybody has switched and nothing does.
fn tone(pilot: &Pilot<'_>, is_hindered: bool) -> Tone {
    let (left, all) = (pilot.group.mailboxes - pilot.ready(), pilot.group.mailboxes);
    let is_switched = pilot.group.by_state.of(SyncState::Switched) == all;
    match pilot.group.judgement.verdict {
        Verdict::High => Tone::Attention,
        _ if is_trouble(all, all - left) => Tone::Attention,
        Verdict::Raised | Verdict::Concentrated => Tone::Watch,
        _ if left > 0 || pilot.group.awaiting_approval > 0 || is_hindered => Tone::Watch,
        Verdict::AsExpected | Verdict::LowerThanExpected if is_switched => Tone::Good,
        _ => Tone::Plain,
    }
}

fn key_figures(pilot: &Pilot<'_>) -> Vec<KeyFigure> {
    let group = &pilot.group;
    let (ready, all) = (pilot.ready(), group.mailboxes);
    let rate = group.judgement.rate;
    let expected = expected_one_in(pilot.input.programme.expected_failure_rate);
    let time = match pilot::days_to_ready(&pilot.mailboxes).as_slice() {
        [] => KeyFigure::new(
            "Days to be in sync",
            NOT_REPORTED,
            "the reports do not show it",
        ),
        days => KeyFigure::new(
            "Days to be in sync",
            pilot::within(days, 1, 2).to_string(),
            format!("for half; 9 in 10 within {}", pilot::within(days, 9, 10)),
        ),
    };
    vec![
        KeyFigure::new(
            "In sync or switched",
            share(ready, all),
            format!(
                "{} of {}",
                count(ready),
                counted(all, "mailbox", "mailboxes")
            ),
        ),
        KeyFigure::new(
            "Items failed",
            count_or_not_reported(group.items_failed),
            match rate.failed {
                0 => format!("about {expected} is expected"),
                _ => format!("{}; about {expected} is expected", one_in(rate)),
            },
        ),
        time,
        KeyFigure::new(
            "Still to come",
            count(pilot.live.len()),
            "mailboxes outside the pilot",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_pilot_is_reads_aloud() {
        for (switched, ready, all, said) in [
            (0, 0, 1, "The only pilot mailbox is not in sync."),
            (
                0,
                1,
                1,
                "The only pilot mailbox is in sync, and has not switched yet.",
            ),
            (1, 1, 1, "The only pilot mailbox has switched."),
            (2, 2, 2, "Both pilot mailboxes have switched."),
            (60, 60, 60, "All 60 pilot mailboxes have switched."),
            (
                0,
                20,
                20,
                "All 20 pilot mailboxes are in sync; none has switched yet.",
            ),
            (
                1,
                20,
                20,
                "All 20 pilot mailboxes are in sync or switched; 1 has switched.",
            ),
            (0, 0, 14, "None of 14 pilot mailboxes is in sync yet."),
            (
                0,
                1,
                60,
                "1 of 60 pilot mailboxes (2%) is in sync or switched; none has switched yet.",
            ),
            (
                12,
                57,
                60,
                "57 of 60 pilot mailboxes (95%) are in sync or switched; 12 have switched.",
            ),
        ] {
            assert_eq!(copied_sentence(switched, ready, all), said);
        }
    }
}
