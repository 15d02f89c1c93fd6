//! The Board Page: for a board that meets, what it must know of a migration on one page. It names no
//! user.

mod decisions;
mod sections;
mod switches;

pub(super) use sections::days_sheet;

use chrono::NaiveDate;

use self::switches::SwitchSentences;
use super::actions::Actions;
use super::definition::{ReportDefinition, opening};
use super::forecast::Missing;
use super::input::ReportInput;
use super::missed_switch::MissedSwitches;
use super::model::{Headline, KeyFigure, Page, Tone};
use super::next_switch::{NextSwitch, is_trouble};
use super::summary_sheet::{self, Figure, of_figures};
use super::verdict::failures;
use super::wording::{coming_day, day, expected_one_in, one_in, share, short_day};
use super::workbook::{Cell, SheetChart, WorkbookSheet};
use super::{findings, overall_migration, trends};
use crate::domain::plural::{count, counted};
use crate::domain::{ReportKind, SyncState, Verdict};
use crate::history::EntireDay;

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
    page.sections.push(switches::section(input));
    page.sections.push(sections::how_to_read());
    page
}

/// The days from the first on, this one the last; none where nothing is kept.
fn days<'a>(input: ReportInput<'a>) -> &'a [EntireDay] {
    let since_start = input.metrics.since_start.as_ref();
    since_start.map_or(&[], |since_start| &since_start.days)
}

/// How far, which switches, who is late, failures, the outlook, and what is to be decided.
fn headline(input: ReportInput<'_>, decisions: usize) -> Headline {
    let to_decide = match decisions {
        0 => "No decision is needed from the board.".to_owned(),
        some => format!(
            "{} needed from the board: see below.",
            counted(some, "decision is", "decisions are")
        ),
    };
    let switches = SwitchSentences::of(input);
    let foretold = foretold(input);
    let outlook = trends::outlook(input, foretold.map(|(date, _)| date));
    let mut sentences = vec![progress_sentence(input), switches.now()];
    sentences.extend(foretold.map(|(date, missing)| missing.sentence(date)));
    sentences.extend(switches.later());
    sentences.extend(MissedSwitches::of(input).sentence());
    sentences.extend(switches.undated());
    sentences.push(failure_sentence(input));
    sentences.extend(outlook.sentences.iter().cloned());
    if outlook.is_on_track {
        sentences.push("At the present pace every switch date can be kept.".to_owned());
    }
    sentences.push(to_decide);
    Headline {
        label: label(input),
        tone: tone(input, &outlook, decisions),
        sentences,
    }
}

/// How many have switched, what comes next, who is late, and whether failures are a board's matter:
/// “4,989 of 11,800 switched; next 5,000 on Monday, 99% ready; 11 late”.
fn label(input: ReportInput<'_>) -> String {
    let late = MissedSwitches::of(input).all();
    let is_high = input.metrics.whole.judgement.verdict == Verdict::High;
    let parts = [
        Some(progress(switched(input), input.metrics.whole.mailboxes)),
        NextSwitch::of(input)
            .map(|next| switches::in_brief(next, foretold(input).map(|(_, missing)| missing))),
        (late > 0).then(|| format!("{} late", count(late))),
        is_high.then(|| "failures well above what is expected".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What is expected of the next switch, where it is a week ahead or less and something can be told.
fn foretold(input: ReportInput<'_>) -> Option<(NaiveDate, Missing)> {
    let next = NextSwitch::of(input).filter(|next| !next.is_far())?;
    let missing = trends::missing_on(input, next.date)?;
    (next.missing > 0 && missing.says_something()).then_some((next.date, missing))
}

fn progress(now: u64, all: u64) -> String {
    match (now, all) {
        (0, 1) => "The only mailbox has not switched yet".to_owned(),
        (0, all) => format!("None of {} switched yet", count(all)),
        (1, 1) => "The only mailbox has switched".to_owned(),
        (2, 2) => "Both mailboxes have switched".to_owned(),
        (now, all) if now == all => format!("All {} switched", count(all)),
        (now, all) => format!("{} of {} switched", count(now), count(all)),
    }
}

/// Red where a board is asked about a switch or failures; amber where somebody is late or a collection
/// will or may be, or failures want watching; green where nothing is open. Of the next switch counts
/// what is expected on its day, and not who is not ready a week before.
fn tone(input: ReportInput<'_>, outlook: &trends::Outlook, decisions: usize) -> Tone {
    let metrics = input.metrics;
    let verdict = metrics.whole.judgement.verdict;
    let is_watched = matches!(verdict, Verdict::Raised | Verdict::Concentrated);
    let late = foretold(input).and_then(|(_, missing)| missing.likely());
    let is_ahead_of_time = |next: NextSwitch| {
        let late = late.unwrap_or(next.missing).min(next.all);
        !is_trouble(next.all, next.all - late)
    };
    let is_all_well = switched(input) == metrics.whole.mailboxes
        || NextSwitch::of(input).is_some_and(is_ahead_of_time)
        || outlook.is_on_track;
    match () {
        () if verdict == Verdict::High => Tone::Attention,
        () if decisions::next_switch(input).is_some() => Tone::Attention,
        () if metrics.past_switch_date + outlook.late + outlook.at_risk > 0 || is_watched => {
            Tone::Watch
        }
        () if decisions == 0 && is_all_well && metrics.whole.items_failed.is_some() => Tone::Good,
        () => Tone::Plain,
    }
}

/// How many items failed, and whether that is as it should be. It names no mailbox.
fn failure_sentence(input: ReportInput<'_>) -> String {
    let expected = input.programme.expected_failure_rate;
    let how_many = failures(input.metrics, expected).into_iter().next();
    let judgement = input.metrics.whole.judgement;
    let normal = match judgement.verdict {
        _ if judgement.rate.attempted == 0 => "",
        Verdict::High => " That is well above what is expected.",
        Verdict::Raised => " That is somewhat above what is expected.",
        Verdict::Concentrated => " A few mailboxes make it more than is expected.",
        Verdict::LowerThanExpected => " That is fewer than expected.",
        Verdict::AsExpected if judgement.is_slightly_above => {
            " That is slightly above what is expected, too little to matter."
        }
        Verdict::AsExpected => " That is as expected.",
        Verdict::TooFewItems => "",
    };
    how_many.unwrap_or_default() + normal
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
    let sentence = match (now, all) {
        (_, 1) | (2, 2) => progress(now, all),
        (0, all) => format!("None of {} mailboxes has switched yet", count(all)),
        (now, all) if now == all => format!("All {} mailboxes have switched", count(all)),
        (now, all) => format!(
            "{} of {} mailboxes ({}) {} switched",
            count(now),
            count(all),
            share(now, all),
            if now == 1 { "has" } else { "have" }
        ),
    };
    let Some(then) = a_week_ago(input) else {
        return format!("{sentence}.");
    };
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
    let mut sheets = vec![summary, switches::sheet(input), days_sheet(input)];
    sheets.extend(findings::sheet(input.findings));
    sheets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_have_switched_reads_aloud() {
        for (now, all, said) in [
            (0, 1, "The only mailbox has not switched yet"),
            (1, 1, "The only mailbox has switched"),
            (0, 2, "None of 2 switched yet"),
            (1, 2, "1 of 2 switched"),
            (2, 2, "Both mailboxes have switched"),
            (4_989, 11_800, "4,989 of 11,800 switched"),
            (11_800, 11_800, "All 11,800 switched"),
        ] {
            assert_eq!(progress(now, all), said);
        }
    }
}
