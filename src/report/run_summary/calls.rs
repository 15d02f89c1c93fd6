//! Whom to call today, and why: in a few words for the headline, in a sentence for what is to be done.

use chrono::NaiveDate;

use super::super::wording::{coming_day, first_of, list, one_in};
use super::OrganisationLine;
use super::summary_action::{NAMED, SummaryAction, named};
use crate::domain::Verdict;
use crate::domain::plural::{count, counted};

/// Organisations that the headline names.
const TOLD: usize = 3;

/// “Call ZCA (held) and ZGL (1,446 of 1,900 not ready for Monday 30 November).”; `None` where nobody
/// is to be called.
pub(super) fn sentence(lines: &[&OrganisationLine], today: NaiveDate) -> Option<String> {
    let called = lines.iter().filter_map(|line| {
        let reason = line.reason_to_call(today)?;
        Some(format!("{} ({reason})", line.code_text()))
    });
    let called: Vec<String> = called.collect();
    (!called.is_empty()).then(|| format!("Call {}.", first_of(&called, TOLD)))
}

/// Whom to call about switches and failures: what was not sent has actions of its own.
pub(super) fn action(lines: &[OrganisationLine], today: NaiveDate) -> Option<SummaryAction> {
    let told = |line: &&OrganisationLine| !about(line, today).is_empty();
    let called: Vec<&OrganisationLine> = lines.iter().filter(told).collect();
    if called.is_empty() {
        return None;
    }
    let why = called.iter().take(NAMED).map(|line| {
        let about = about(line, today).join(" ");
        format!("{}: {about}{}", line.code_and_day(), line.whom_to_call())
    });
    Some(SummaryAction {
        what: format!("Call {}: agree with them what to do.", named(&called)),
        why: why.collect(),
        commands: Vec::new(),
    })
}

fn about(line: &OrganisationLine, today: NaiveDate) -> Vec<String> {
    if !line.is_open() {
        return Vec::new();
    }
    let figures = line.figures.as_ref();
    let at_risk = line.switch_at_risk(today).map(|switch| {
        let forecast = match switch.late_at_most {
            Some(most) => format!("the forecast is that up to {} will not be", count(most)),
            None => "there is no forecast yet".to_owned(),
        };
        format!(
            "{} of {} that switch on {} are not ready; {forecast}.",
            count(switch.missing()),
            counted(switch.due, "mailbox", "mailboxes"),
            coming_day(switch.date)
        )
    });
    let high = figures.filter(|_| line.is_high()).map(|figures| {
        let verdict = figures.verdict_in_words().to_lowercase();
        format!("Failures are {verdict}: {}.", one_in(figures.rate))
    });
    [at_risk, high].into_iter().flatten().collect()
}

/// “New today: failures are concentrated at ZCA and raised at ZNM.” What is high is called about.
pub(super) fn news(lines: &[&OrganisationLine]) -> Option<String> {
    let is_new = |line: &&&OrganisationLine, verdict: Verdict| {
        let figures = line.figures.as_ref().filter(|_| line.as_of.is_none());
        figures.is_some_and(|one| one.verdict == verdict && one.verdict_lasts == 1)
    };
    let news = [Verdict::Concentrated, Verdict::Raised].map(|verdict| {
        let new = lines.iter().filter(|line| is_new(line, verdict));
        let new: Vec<String> = new.map(|line| line.code_text().to_owned()).collect();
        let words = verdict.label().to_lowercase();
        (!new.is_empty()).then(|| format!("{words} at {}", first_of(&new, TOLD)))
    });
    let news: Vec<String> = news.into_iter().flatten().collect();
    (!news.is_empty()).then(|| format!("New today: failures are {}.", list(&news)))
}

/// Mailboxes that stand still and are to switch soon: the migration team's first task.
pub(super) fn restarts(lines: &[OrganisationLine], today: NaiveDate) -> Option<SummaryAction> {
    let halted = |line: &&OrganisationLine| line.is_open() && line.halted_soon(today) > 0;
    let mut lines: Vec<&OrganisationLine> = lines.iter().filter(halted).collect();
    if lines.is_empty() {
        return None;
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.halted_soon(today)));
    let all: u64 = lines.iter().map(|line| line.halted_soon(today)).sum();
    let why = lines.iter().take(NAMED).map(|line| {
        let figures = line.figures.iter();
        let days = figures.flat_map(|figures| figures.halted_soon(today));
        let days: Vec<String> = days
            .map(|switch| format!("{} on {}", count(switch.halted), coming_day(switch.date)))
            .collect();
        format!("{}: {}.", line.code_and_day(), days.join(", "))
    });
    let mut why: Vec<String> = why.collect();
    if lines.len() > NAMED {
        let more = count(lines.len() - NAMED);
        why.push(format!(
            "Those of {more} more are in the workbook, sheet Switches."
        ));
    }
    Some(SummaryAction {
        what: format!(
            "Restart before the switch: {} in the next 7 days and {} stopped or failed.",
            counted(all, "mailbox switches", "mailboxes switch"),
            if all == 1 { "has" } else { "have" }
        ),
        why,
        commands: Vec::new(),
    })
}
