//! The Overall Migration Report: all users, their sync state, their progress, their failed items.

mod schedule;
mod sections;
mod sheets;

use super::wording::{
    NOT_REPORTED, coming_day, count, count_or_not_reported, counted, expected_one_in, large_count, one_in, share, verdict,
};
use super::{Headline, KeyFigure, Page, Subject, Tone, findings, opening};
use crate::domain::{ReportKind, SyncState, Verdict};
use crate::metrics::{GroupMetrics, Owner};

pub(super) use sheets::sheets;

/// How far ahead a switch is near enough to be the headline.
const DAYS_AHEAD: i64 = 7;

pub(super) fn page(subject: Subject<'_>) -> Page {
    let mut page = opening(ReportKind::OverallMigration, subject, headline(subject), key_figures(subject));
    page.your_actions = your_actions(subject);
    page.our_actions = our_actions(subject);
    page.sections.push(sections::states(subject));
    page.sections.push(sections::collections(subject));
    page.sections.push(sections::attention(subject));
    page.sections.extend(schedule::section(subject));
    page.sections.push(findings::section(subject.findings));
    page.sections.push(sections::how_to_read(subject));
    page
}

/// Mailboxes of the next switch that are not ready, where it is near.
fn not_ready_soon(subject: Subject<'_>) -> Option<(u64, u64, chrono::NaiveDate)> {
    let next = subject.metrics.next_switch?;
    let is_near = next.date.signed_duration_since(subject.report_date.day()).num_days() <= DAYS_AHEAD;
    (is_near && next.ready < next.due).then_some((next.due - next.ready, next.due, next.date))
}

fn halted(group: &GroupMetrics) -> u64 {
    group.by_state.of(SyncState::Stopped) + group.by_state.of(SyncState::Failed)
}

fn headline(subject: Subject<'_>) -> Headline {
    let metrics = subject.metrics;
    let whole = &metrics.whole;
    let (done, all) = (whole.in_sync_or_beyond(), whole.mailboxes);
    let switched = whole.by_state.of(SyncState::Switched);
    let words = match switched {
        0 => "in sync",
        switched if switched == done => "switched",
        _ => "in sync or switched",
    };
    let is_are = if all == 1 { "is" } else { "are" };
    let mut sentences =
        vec![format!("{} of {} ({}) {is_are} {words}.", count(done), counted(all, "mailbox", "mailboxes"), share(done, all))];
    sentences.push(verdict(metrics, subject.programme.expected_failure_rate));
    let near = not_ready_soon(subject);
    if let Some((missing, due, date)) = near {
        sentences.push(format!(
            "{} of the {} that {} on {} {} not ready.",
            count(missing),
            counted(due, "mailbox", "mailboxes"),
            if due == 1 { "switches" } else { "switch" },
            coming_day(date),
            if missing == 1 { "is" } else { "are" }
        ));
    }
    let (label, tone) = match (metrics.whole.judgement.verdict, near) {
        _ if switched == all => ("All switched", Tone::Good),
        (Verdict::High, _) => ("Failures are above what is expected", Tone::Attention),
        (_, Some((missing, due, _))) if missing * 20 > due => ("Not all ready to switch", Tone::Attention),
        (_, Some(_)) => ("Nearly all ready to switch", Tone::Good),
        _ if halted(whole) > 0 => ("Some mailboxes have stopped", Tone::Plain),
        _ => ("No problems found", Tone::Good),
    };
    Headline { label: label.to_owned(), tone, sentences }
}

fn key_figures(subject: Subject<'_>) -> Vec<KeyFigure> {
    let whole = &subject.metrics.whole;
    let (done, all) = (whole.in_sync_or_beyond(), whole.mailboxes);
    let progress = whole.item_progress;
    let items = if progress.mailboxes == 0 {
        KeyFigure { label: "Items copied".to_owned(), value: NOT_REPORTED.to_owned(), note: "by this export".to_owned() }
    } else {
        let silent = all - progress.mailboxes;
        let unknown = if silent == 0 { String::new() } else { format!("; {} not reported", counted(silent, "mailbox", "mailboxes")) };
        KeyFigure {
            label: "Items copied".to_owned(),
            value: of_large(progress.synchronised, progress.total),
            note: format!("{}{unknown}", share(progress.synchronised, progress.total)),
        }
    };
    let rate = whole.judgement.rate;
    let failed = KeyFigure {
        label: "Items failed".to_owned(),
        value: count_or_not_reported(whole.items_failed),
        note: if rate.failed == 0 {
            format!("about {} is expected", expected_one_in(subject.programme.expected_failure_rate))
        } else {
            format!("{}; about {} is expected", one_in(rate), expected_one_in(subject.programme.expected_failure_rate))
        },
    };
    let switch = match subject.metrics.next_switch {
        Some(next) => KeyFigure {
            label: "Next switch".to_owned(),
            value: coming_day(next.date),
            note: format!("{} of {} ready", count(next.ready), count(next.due)),
        },
        None if whole.by_state.of(SyncState::Switched) == all => {
            KeyFigure { label: "Next switch".to_owned(), value: "None".to_owned(), note: "all have switched".to_owned() }
        }
        None => {
            KeyFigure { label: "Next switch".to_owned(), value: NOT_REPORTED.to_owned(), note: "no date ahead in the export".to_owned() }
        }
    };
    vec![
        KeyFigure { label: "In sync or switched".to_owned(), value: format!("{} of {}", count(done), count(all)), note: share(done, all) },
        items,
        failed,
        switch,
    ]
}

/// “41.2 of 44.9 million”, “812 of 1,204”.
fn of_large(part: u64, whole: u64) -> String {
    let whole_words = large_count(whole);
    let part_words = large_count(part);
    match (part_words.strip_suffix(" million"), whole_words.ends_with("million")) {
        (Some(part), true) => format!("{part} of {whole_words}"),
        _ => format!("{part_words} of {whole_words}"),
    }
}

fn your_actions(subject: Subject<'_>) -> Vec<String> {
    let causes = subject.metrics.causes.iter().filter(|cause| cause.cause.owner == Owner::Organisation);
    causes
        .map(|cause| {
            format!(
                "{} of {}: {}. {}. The list is in the Failed Item Report.",
                counted(cause.items, "failed item", "failed items"),
                counted(cause.mailboxes, "user", "users"),
                cause.cause.name.to_lowercase(),
                cause.cause.action
            )
        })
        .collect()
}

fn our_actions(subject: Subject<'_>) -> Vec<String> {
    let metrics = subject.metrics;
    let mut actions = Vec::new();
    let halted = halted(&metrics.whole);
    if halted > 0 {
        actions.push(format!(
            "{} stopped or failed: we find out why and restart {}. {} listed below.",
            if halted == 1 { "1 mailbox has".to_owned() } else { format!("{} mailboxes have", count(halted)) },
            if halted == 1 { "it" } else { "them" },
            if halted == 1 { "It is" } else { "They are" }
        ));
    }
    if metrics.past_switch_date > 0 {
        actions.push(format!(
            "{} past {} switch date and {} not switched. A mailbox that is not in sync on its date switches by itself once it is.",
            if metrics.past_switch_date == 1 {
                "1 mailbox is".to_owned()
            } else {
                format!("{} mailboxes are", count(metrics.past_switch_date))
            },
            if metrics.past_switch_date == 1 { "its" } else { "their" },
            if metrics.past_switch_date == 1 { "has" } else { "have" },
        ));
    }
    let ours: u64 = metrics.causes.iter().filter(|cause| cause.cause.owner == Owner::MigrationTeam).map(|cause| cause.items).sum();
    if ours > 0 {
        let (verb, them) = if ours == 1 { ("is", "it") } else { ("are", "them") };
        actions.push(format!(
            "{} {verb} ours to mend: we repair {them} in bulk or try {them} again.",
            counted(ours, "failed item", "failed items")
        ));
    }
    let unrecognised = metrics.whole.by_state.of(SyncState::Unrecognised);
    if unrecognised > 0 {
        actions.push(format!(
            "{}: we find out what it means.",
            counted(unrecognised, "mailbox has a state we do not recognise", "mailboxes have a state we do not recognise")
        ));
    }
    actions
}
