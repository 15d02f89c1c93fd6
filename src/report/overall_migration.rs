//! The Overall Migration Report: all users, their sync state, their progress, their failed items.

mod headline;
pub(super) use headline::missed;
mod sections;
mod sheets;

pub(super) use headline::headline;

use super::actions::{self, Scope};
use super::complete_sheet::CompleteSheet;
use super::definition::{ReportDefinition, opening};
use super::input::ReportInput;
use super::model::{KeyFigure, Page};
use super::next_switch::NextSwitch;
use super::wording::{
    NOT_REPORTED, count_or_not_reported, expected_one_in, large_count, one_in, part_of, share,
    tells_of_all_items,
};
use super::{changes, findings, outstanding, people, schedule, settings, subject, trends};
use crate::domain::plural::{count, counted};
use crate::domain::{ReportKind, SyncState, Verdict};
use crate::metrics::{Changes, GroupMetrics};

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    is_due: |_, _| true,
    absence: |_, _, _| None,
    actions: |input| {
        actions::verdict(input)
            .and(actions::switching(input, Scope::All))
            .and(actions::schedule(input))
            .and(actions::failed_items(input))
    },
    page,
    sheets: sheets::sheets,
    complete_sheets,
};

fn complete_sheets(input: ReportInput<'_>) -> Vec<CompleteSheet<'_>> {
    let all = input.metrics.mailboxes.iter();
    let users = CompleteSheet {
        sheet: "Users".to_owned(),
        mailboxes: all.map(|mailbox| mailbox.address.as_str()).collect(),
        quotes_subject_lines: false,
        bytes_a_row: 172,
    };
    std::iter::once(users)
        .chain(changes::complete_sheet(input))
        .collect()
}

fn page(input: ReportInput<'_>) -> Page {
    let (headline, key_figures) = if input.is_mop_up() {
        (
            outstanding::headline(input),
            outstanding::key_figures(input),
        )
    } else {
        (headline(input), key_figures(input))
    };
    let mut page = opening(ReportKind::OverallMigration, input, headline, key_figures);
    if input.is_mop_up() {
        page.sections.push(outstanding::mailboxes(input));
        page.sections.push(outstanding::failed_items(input));
        page.sections.extend(changes::mailboxes_section(input));
        page.sections.extend(schedule::section(input));
        page.sections
            .extend(findings::section_beside_actions(input.findings));
        page.sections.push(outstanding::how_to_read());
        return page;
    }
    page.subject = subject(
        ReportKind::OverallMigration,
        input,
        &headline::result(input, &page.headline),
    );
    page.sections.push(sections::states(input));
    page.sections.extend(trends::ready_over_time(input));
    page.sections.push(sections::collections(input));
    page.sections.extend(people::phases(input));
    page.sections.extend(people::vips(input));
    page.sections.extend(changes::mailboxes_section(input));
    page.sections.extend(sections::attention(input));
    page.sections.extend(schedule::section(input));
    page.sections
        .extend(findings::section_beside_actions(input.findings));
    page.sections.push(sections::how_to_read());
    page
}

fn halted(group: &GroupMetrics) -> u64 {
    group.by_state.of(SyncState::Stopped) + group.by_state.of(SyncState::Failed)
}

fn key_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    vec![
        mailboxes_figure(input),
        items_figure(input),
        failed_beside_verdict(input),
        switch_figure(input),
    ]
}

fn mailboxes_figure(input: ReportInput<'_>) -> KeyFigure {
    let whole = &input.metrics.whole;
    let (done, all) = (whole.in_sync_or_beyond(), whole.mailboxes);
    let mailboxes = counted(all, "mailbox", "mailboxes");
    let mut note = format!("of {mailboxes}");
    if whole.awaiting_approval > 0 {
        note += &format!("; {} to be approved", count(whole.awaiting_approval));
    }
    let before = |changes: &Changes| (changes.in_sync_before, changes.mailboxes_before);
    let since_yesterday = changes::points(input, (done, all), before);
    let change = since_yesterday
        .map(|change| change + &changes::in_a_week(input, (done, all)).unwrap_or_default());
    KeyFigure::new("In sync or switched", share(done, all), note).with_change(change)
}

fn items_figure(input: ReportInput<'_>) -> KeyFigure {
    let whole = &input.metrics.whole;
    let copied = whole.item_progress;
    if copied.mailboxes == 0 {
        return match whole.items_synchronised {
            Some(items) => {
                let note = "the migration tool reports no totals";
                KeyFigure::new("Items copied", large_count(items), note)
            }
            None => KeyFigure::new("Items copied", NOT_REPORTED, "by this export"),
        };
    }
    if !tells_of_all_items(whole) {
        let note = format!(
            "of {} reported so far; {} no total",
            large_count(copied.total),
            counted(copied.unknown, "mailbox reports", "mailboxes report")
        );
        return KeyFigure::new("Items copied", large_count(copied.synchronised), note);
    }
    let mut note = of_large(copied.synchronised, copied.total);
    let silent = whole.mailboxes - copied.mailboxes;
    if silent > 0 {
        let mailboxes = counted(silent, "mailbox", "mailboxes");
        note += &format!("; {mailboxes} not reported");
    }
    let now = (copied.synchronised, copied.total);
    let before = |changes: &Changes| {
        let before = changes.progress_before;
        (before.synchronised, before.total)
    };
    // Where more mailboxes are counted than then, the share may fall although nothing went back.
    let counted_then = input.metrics.changes.as_ref();
    let counted_then = counted_then.map(|changes| changes.progress_before.mailboxes);
    let change = match counted_then == Some(copied.mailboxes) {
        true => changes::points(input, now, before),
        false => None,
    };
    KeyFigure::new("Items copied", share(now.0, now.1), note).with_change(change)
}

/// How many items failed, beside a sentence that says what is normal.
fn failed_beside_verdict(input: ReportInput<'_>) -> KeyFigure {
    let rate = input.metrics.whole.judgement.rate;
    let figure = failed_figure(input);
    if rate.failed == 0 || input.metrics.whole.judgement.verdict == Verdict::TooFewItems {
        return figure;
    }
    let beside = settings::beside(&input.metrics.whole).unwrap_or_default();
    KeyFigure {
        note: one_in(rate) + &beside,
        ..figure
    }
}

pub(super) fn failed_figure(input: ReportInput<'_>) -> KeyFigure {
    let whole = &input.metrics.whole;
    let rate = whole.judgement.rate;
    let is_judged = whole.judgement.verdict != Verdict::TooFewItems;
    let mut note = match is_judged || rate.attempted == 0 {
        true => format!(
            "about {} is normal",
            expected_one_in(input.programme.expected_failure_rate)
        ),
        false => "too few items to judge".to_owned(),
    };
    if rate.failed > 0 && is_judged {
        note = format!("{}; {note}", one_in(rate));
    }
    note.extend(settings::beside(whole));
    KeyFigure::new(
        "Items failed",
        count_or_not_reported(whole.items_failed),
        note,
    )
    .with_change(changes::new_and_cleared(input))
}

pub(super) fn switch_figure(input: ReportInput<'_>) -> KeyFigure {
    let whole = &input.metrics.whole;
    if let Some(today) = NextSwitch::of(input).and_then(NextSwitch::so_far_today) {
        return KeyFigure::new("Next switch", "Today", today);
    }
    let (value, note) = match input.metrics.next_switch {
        Some(next) => {
            let (ready, due) = (count(next.ready), count(next.due));
            (
                next.date.format("%-d %B").to_string(),
                format!("{}; {ready} of {due} ready", next.date.format("%A")),
            )
        }
        None if whole.by_state.of(SyncState::Switched) == whole.mailboxes => {
            ("None".to_owned(), "all have switched".to_owned())
        }
        None if input
            .metrics
            .mailboxes
            .iter()
            .any(|one| one.switch_date.is_some()) =>
        {
            ("None".to_owned(), "no switch date is ahead".to_owned())
        }
        None => (
            NOT_REPORTED.to_owned(),
            "no switch date in the export".to_owned(),
        ),
    };
    KeyFigure::new("Next switch", value, note)
}

/// “41.2 of 44.9 million items”, “812 of 1,204 items”.
fn of_large(part: u64, whole: u64) -> String {
    let items = if whole == 1 { "item" } else { "items" };
    format!("{} {items}", part_of(part, whole))
}
