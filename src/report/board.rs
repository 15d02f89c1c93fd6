//! The Board Page: for a board that meets, what it must know of a migration on one page. It names no
//! user.

mod decisions;
mod sections;

pub(super) use sections::days_sheet;

use super::summary_sheet::{self, Figure, of_figures};
use super::wording::{coming_day, day, expected_one_in, one_in, share, short_day};
use super::{
    Cell, Headline, KeyFigure, Page, ReportDefinition, ReportInput, SheetChart, Tone,
    WorkbookSheet, actions::Actions, findings, opening, outstanding, overall_migration, trends,
};
use crate::domain::plural::{count, counted};
use crate::domain::{ReportKind, SyncState};
use crate::history::EntireDay;
use crate::report::verdict::failures;

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    is_due: |_, _| true,
    absence: |_, _, _| None,
    actions: |_| Actions::default(),
    page,
    sheets,
    complete_sheets: |_| Vec::new(),
};

fn page(input: ReportInput<'_>) -> Page {
    let decisions = decisions::needed(input);
    let headline = headline(input, decisions.len());
    let mut page = opening(ReportKind::Board, input, headline, key_figures(input));
    page.sections.push(decisions::section(&decisions));
    page.sections.push(sections::trend(input));
    page.sections.push(sections::switches(input));
    page.sections.push(sections::how_to_read());
    page
}

/// The days from the first on, this one the last; none where nothing is kept.
fn days<'a>(input: ReportInput<'a>) -> &'a [EntireDay] {
    let since_start = input.metrics.since_start.as_ref();
    since_start.map_or(&[], |since_start| &since_start.days)
}

/// Five sentences: how far, which switches, failures, the outlook, and what is to be decided. The
/// label is the one of the reports that go out daily.
fn headline(input: ReportInput<'_>, decisions: usize) -> Headline {
    let Headline { label, tone, .. } = if input.is_mop_up() {
        outstanding::headline(input)
    } else {
        overall_migration::headline(input)
    };
    let failures = failures(input.metrics, input.programme.expected_failure_rate);
    let to_decide = match decisions {
        0 => "No decision is needed from the board.".to_owned(),
        some => format!(
            "{} needed from the board: see below.",
            counted(some, "decision is", "decisions are")
        ),
    };
    let sentences = vec![
        progress_sentence(input),
        switch_sentence(input),
        failures.into_iter().next().unwrap_or_default(),
        outlook_sentence(input),
        to_decide,
    ];
    Headline {
        label,
        tone: if decisions > 0 && tone == Tone::Good {
            Tone::Plain
        } else {
            tone
        },
        sentences,
    }
}

fn switched(input: ReportInput<'_>) -> u64 {
    input.metrics.whole.by_state.of(SyncState::Switched)
}

/// The newest day that is a week old or more.
fn a_week_ago<'a>(input: ReportInput<'a>) -> Option<&'a EntireDay> {
    let today = input.report_date.day();
    let mut days = days(input).iter().rev();
    days.find(|day| (today - day.day.date.day()).num_days() >= 7)
}

fn progress_sentence(input: ReportInput<'_>) -> String {
    let (now, all) = (switched(input), input.metrics.whole.mailboxes);
    let mailboxes = counted(all, "mailbox", "mailboxes");
    let have = if now == 1 { "has" } else { "have" };
    let sentence = format!(
        "{} of {mailboxes} ({}) {have} switched",
        count(now),
        share(now, all)
    );
    match a_week_ago(input) {
        None => format!("{sentence}."),
        Some(then) => {
            let since = coming_day(then.day.date.day());
            match now.checked_sub(then.switched) {
                None => format!(
                    "{sentence}, {} fewer than on {since}.",
                    count(then.switched - now)
                ),
                Some(0) => format!("{sentence}, as on {since}."),
                Some(more) => format!("{sentence}, {} more than on {since}.", count(more)),
            }
        }
    }
}

fn switch_sentence(input: ReportInput<'_>) -> String {
    let dates = sections::switch_days(input);
    let today = input.report_date.day();
    let done = dates.iter().filter(|one| one.date < today).count();
    let next = input.metrics.next_switch.map(|next| {
        format!(
            "on {}: {}, {} of them ready",
            coming_day(next.date),
            counted(next.due, "mailbox", "mailboxes"),
            count(next.ready)
        )
    });
    match (dates.len(), next) {
        (0, _) => "No switch date is known.".to_owned(),
        (1, Some(next)) => format!("The only switch is {next}."),
        (1, None) => "The only switch date is past.".to_owned(),
        (all, None) => format!("All {} switch dates are past.", count(all)),
        (all, Some(next)) => format!(
            "{} of {} switch dates are past; the next switch is {next}.",
            count(done),
            count(all)
        ),
    }
}

fn outlook_sentence(input: ReportInput<'_>) -> String {
    let waiting = input.metrics.past_switch_date;
    if waiting > 0 {
        return format!(
            "{}; each switches by itself once it is in sync.",
            counted(
                waiting,
                "mailbox is past its switch date and has not switched",
                "mailboxes are past their switch dates and have not switched"
            )
        );
    }
    if switched(input) == input.metrics.whole.mailboxes {
        return "No mailbox is left to switch.".to_owned();
    }
    let outlook = trends::outlook(input);
    match outlook.sentences.first() {
        Some(sentence) => sentence.clone(),
        None if outlook.is_on_track => {
            "At the present pace every switch date can be kept.".to_owned()
        }
        None if !has_later_switch(input) => "No switch is planned after that.".to_owned(),
        None => "Whether later switch dates can be kept cannot be told yet.".to_owned(),
    }
}

/// Whether a mailbox is to switch after the next switch.
fn has_later_switch(input: ReportInput<'_>) -> bool {
    let next = input.metrics.next_switch.map(|next| next.date);
    let mailboxes = input.metrics.mailboxes.iter();
    let last = mailboxes.filter_map(|mailbox| mailbox.switch_date).max();
    last > next
}

fn key_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let whole = &input.metrics.whole;
    let all = whole.mailboxes;
    let then = a_week_ago(input);
    let since = |more: i128, then: &EntireDay| {
        let day = short_day(then.day.date.day());
        match more {
            0 => format!("As on {day}"),
            more => format!(
                "{} {} since {day}",
                if more > 0 { "Up" } else { "Down" },
                count(u64::try_from(more.unsigned_abs()).unwrap_or(u64::MAX))
            ),
        }
    };
    let figure = |label: &str, now: u64, of_day: fn(&EntireDay) -> u64| {
        let note = format!(
            "{} of {}",
            share(now, all),
            counted(all, "mailbox", "mailboxes")
        );
        let change = then.map(|then| since(i128::from(now) - i128::from(of_day(then)), then));
        KeyFigure::new(label, count(now), note).with_change(change)
    };
    vec![
        figure("Switched", switched(input), |day| day.switched),
        figure("In sync or switched", whole.in_sync_or_beyond(), |day| {
            day.in_sync_or_beyond
        }),
        overall_migration::failed_figure(input).with_change(None),
        overall_migration::switch_figure(input),
    ]
}

fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let whole = &input.metrics.whole;
    let mut figures = vec![
        Figure::new("Mailboxes", whole.mailboxes),
        Figure::new("Switched", switched(input)),
        Figure::new("In sync or switched", whole.in_sync_or_beyond()),
        Figure::new("Past their switch dates", input.metrics.past_switch_date)
            .note("and not switched"),
    ];
    // Not the whole judgement: that may name users.
    let judgement = whole.judgement;
    let expected = input.programme.expected_failure_rate;
    figures.extend([
        Figure::new("Items failed", whole.items_failed),
        Figure::new("Items attempted", whole.items_attempted),
        Figure::new("Failure rate", Cell::rate(Some(judgement.rate))).note(one_in(judgement.rate)),
        Figure::new("Expected failure rate", Cell::Rate(expected.fraction()))
            .note(expected_one_in(expected)),
        Figure::new("Verdict", judgement.verdict.label()),
    ]);
    let about = match days(input).first() {
        None => "No earlier day is known.".to_owned(),
        Some(first) => format!("Figures since {}.", day(first.day.date.day())),
    };
    let mut summary = summary_sheet::of(ReportKind::Board, input, &about, of_figures(&figures));
    let by_day = ["Switched", "In sync or switched"];
    summary.charts = vec![
        SheetChart::line(
            "Mailboxes switched and in sync, by day",
            "Days",
            "Day",
            &by_day,
        ),
        SheetChart::line("Items failed, by day", "Days", "Day", &["Items failed"]),
    ];
    // One day is no line.
    summary.charts.retain(|_| days(input).len() > 1);
    let mut sheets = vec![summary, sections::switches_sheet(input), days_sheet(input)];
    sheets.extend(findings::sheet(input.findings));
    sheets
}
