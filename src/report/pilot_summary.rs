//! The Pilot Summary: what the pilot shows, for the call that decides whether the live stage begins.

mod live;
mod pilot;
mod questions;
mod sections;
mod sheets;

use self::pilot::Pilot;
use super::wording::{NOT_REPORTED, count_or_not_reported, expected_one_in, one_in, share};
use super::{
    CompleteSheet, Headline, KeyFigure, Page, ReportDefinition, ReportInput, Tone,
    actions::Actions, findings, opening,
};
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
    let (ready, all) = (pilot.ready(), pilot.group.mailboxes);
    let left = all - ready;
    let verdict = pilot.group.judgement.verdict;
    let is_high = verdict == Verdict::High;
    let label = match left {
        0 if is_high => "All in sync, with more failures than expected".to_owned(),
        0 => "Every pilot mailbox is in sync or switched".to_owned(),
        left => format!(
            "{} not in sync",
            counted(left, "pilot mailbox is", "pilot mailboxes are")
        ),
    };
    let switched = pilot.group.by_state.of(SyncState::Switched);
    let mut sentences = vec![format!(
        "{} of {} ({}) {} in sync or switched; {} switched.",
        count(ready),
        counted(all, "pilot mailbox", "pilot mailboxes"),
        share(ready, all),
        if ready == 1 { "is" } else { "are" },
        counted(switched, "has", "have"),
    )];
    sentences.push(pilot.failure_sentence());
    sentences.extend(pilot.time_sentence());
    sentences.extend(live::pace_sentence(pilot));
    Headline {
        label,
        tone: match (left, is_high) {
            (_, true) => Tone::Attention,
            (0, false) if !matches!(verdict, Verdict::Raised | Verdict::Concentrated) => Tone::Good,
            (left, false) if left * 20 > all => Tone::Attention,
            _ => Tone::Plain,
        },
        sentences,
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
