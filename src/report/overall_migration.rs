//! The Overall Migration Report: all users, their sync state, their progress, their failed items.

mod sections;
mod sheets;

use super::actions::{self, Scope};
use super::switch_readiness::not_all_ready;
use super::wording::{
    NOT_REPORTED, coming_day, count, count_or_not_reported, counted, expected_one_in, large_count, one_in, share, verdict,
};
use super::{
    Headline, KeyFigure, Listing, Page, Subject, Tone, Writing, changes, findings, opening, outstanding, people, schedule, trends,
};
use crate::domain::{ReportKind, Stage, SyncState, Verdict};
use crate::metrics::{DAYS_AHEAD, GroupMetrics, Mailbox};

pub(super) const WRITING: Writing = Writing { absence: |_, _, _| None, page, sheets: sheets::sheets, listings };

fn listings(subject: Subject<'_>) -> Vec<Listing<'_>> {
    let users = Listing { sheet: "Users", mailboxes: subject.metrics.mailboxes.iter().map(|mailbox| mailbox.address.as_str()).collect() };
    std::iter::once(users).chain(changes::listing(subject)).collect()
}

fn page(subject: Subject<'_>) -> Page {
    let is_mop_up = subject.organisation.stage == Stage::MopUp;
    let (headline, key_figures) = if is_mop_up {
        (outstanding::headline(subject), outstanding::key_figures(subject))
    } else {
        (headline(subject), key_figures(subject))
    };
    let mut page = opening(ReportKind::OverallMigration, subject, headline, key_figures);
    let todo = actions::switching(subject, Scope::All)
        .and(actions::schedule(subject, "the workbook, sheet Schedule"))
        .and(actions::failed_items_in_brief(subject, "the workbook of the Failed Item Report, sheet Failed items"));
    page.your_actions = todo.yours;
    page.our_actions = todo.ours;
    if is_mop_up {
        page.sections.push(outstanding::mailboxes(subject));
        page.sections.push(outstanding::failed_items(subject));
        page.sections.extend(changes::mailboxes_section(subject));
        page.sections.extend(schedule::section(subject));
        page.sections.push(findings::section(subject.findings));
        page.sections.push(outstanding::how_to_read());
        return page;
    }
    page.sections.push(sections::states(subject));
    page.sections.extend(trends::progress(subject));
    page.sections.extend(people::phases(subject));
    page.sections.push(sections::collections(subject));
    page.sections.extend(trends::collections(subject));
    page.sections.extend(people::vips(subject));
    page.sections.extend(changes::mailboxes_section(subject));
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
    let before = metrics.changes.as_ref();
    // Each word with its own figure of the day before.
    let (words, then) = match switched {
        0 if before.is_none_or(|before| before.switched_before == 0) => ("in sync", before.map(|before| before.in_sync_before)),
        switched if switched == done && done > 0 => ("switched", before.map(|before| before.switched_before)),
        _ => ("in sync or switched", before.map(|before| before.in_sync_before)),
    };
    let is_are = if all == 1 { "is" } else { "are" };
    let mut sentences = vec![format!(
        "{} of {} ({}) {is_are} {words}{}.",
        count(done),
        counted(all, "mailbox", "mailboxes"),
        share(done, all),
        changes::more_than_before(subject, done, then)
    )];
    if let Some(by_phase) = people::by_phase(metrics.mailboxes.iter(), Mailbox::is_ready) {
        sentences.push(format!("By phase: {by_phase}."));
    }
    sentences.push(verdict(metrics, subject.programme.expected_failure_rate));
    let near = not_ready_soon(subject);
    let is_missing_vip = |mailbox: &&Mailbox, date| mailbox.is_vip() && !mailbox.is_ready() && mailbox.switch_date == Some(date);
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
    let late = trends::late_collections(subject);
    let has_late = late.is_some();
    sentences.extend(late);
    let (label, tone) = match (metrics.whole.judgement.verdict, near) {
        _ if switched == all => ("All switched".to_owned(), Tone::Good),
        (Verdict::High, _) => ("Failures are above what is expected".to_owned(), Tone::Attention),
        (_, Some((missing, due, date))) => {
            let vips = metrics.mailboxes.iter().filter(|mailbox| is_missing_vip(mailbox, date)).count() as u64;
            not_all_ready(missing, due, vips)
        }
        _ if has_late => ("Not on track for every switch date".to_owned(), Tone::Attention),
        _ if halted(whole) > 0 => ("Some mailboxes have stopped".to_owned(), Tone::Plain),
        _ => ("No problems found".to_owned(), Tone::Good),
    };
    Headline { label, tone, sentences }
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
            note: format!(
                "{}{}{unknown}",
                share(progress.synchronised, progress.total),
                changes::points(subject, (progress.synchronised, progress.total), |before| {
                    (before.progress_before.synchronised, before.progress_before.total)
                })
            ),
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
        KeyFigure {
            label: "In sync or switched".to_owned(),
            value: format!("{} of {}", count(done), count(all)),
            note: format!(
                "{}{}",
                share(done, all),
                changes::points(subject, (done, all), |before| (before.in_sync_before, before.mailboxes_before))
            ),
        },
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
