//! Whom to call today, and why: in a few words for the headline, in a sentence for what is to be done.

use chrono::NaiveDate;

use super::super::forecast::Missing;
use super::super::wording::{coming_day, first_of, list, one_in};
use super::OrganisationLine;
use super::summary_action::{NAMED, SummaryAction, named};
use crate::domain::Verdict;
use crate::domain::plural::{count, count_of, counted};

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
        if switch.switched > 0 {
            return format!("{}.", switch.in_brief());
        }
        let forecast = switch.forecast.and_then(Missing::on_that_day);
        format!(
            "{} of {} that switch on {} are not ready. {}",
            count(switch.missing()),
            counted(switch.due, "mailbox", "mailboxes"),
            coming_day(switch.date),
            forecast.unwrap_or_else(|| "There is no forecast yet.".to_owned())
        )
    });
    let high = figures.filter(|_| line.is_high()).map(|figures| {
        let verdict = figures.verdict_in_words().to_lowercase();
        format!("Failures are {verdict}: {}.", one_in(figures.rate))
    });
    [at_risk, high].into_iter().flatten().collect()
}

/// “New today: failures are concentrated at ZCA and raised at ZNM; 1 switch was undone at ZGL.” What is
/// high is called about.
pub(super) fn news(lines: &[&OrganisationLine]) -> Option<String> {
    let named = |is: &dyn Fn(&OrganisationLine) -> bool| {
        let lines = lines.iter().filter(|line| is(line));
        let codes: Vec<String> = lines.map(|line| line.code_text().to_owned()).collect();
        (!codes.is_empty()).then(|| first_of(&codes, TOLD))
    };
    let verdicts = [Verdict::Concentrated, Verdict::Raised].map(|verdict| {
        let at = named(&|line| line.new_verdict() == Some(verdict))?;
        Some(format!("{} at {at}", verdict.label().to_lowercase()))
    });
    let verdicts: Vec<String> = verdicts.into_iter().flatten().collect();
    let failures = (!verdicts.is_empty()).then(|| format!("failures are {}", list(&verdicts)));
    let all: u64 = lines.iter().map(|line| line.newly_undone()).sum();
    let undone = named(&|line| line.newly_undone() > 0).map(|at| {
        let undone = counted(all, "switch was undone", "switches were undone");
        format!("{undone} at {at}")
    });
    let continuing = lines.iter().filter(|line| !line.continues.is_empty());
    let continuing = continuing.map(|line| {
        let before: Vec<String> = line.continues.iter().map(ToString::to_string).collect();
        format!("{} continues {}", line.code_text(), list(&before))
    });
    let news: Vec<String> = [failures, undone]
        .into_iter()
        .flatten()
        .chain(continuing.take(TOLD))
        .collect();
    (!news.is_empty()).then(|| format!("New today: {}.", news.join("; ")))
}

/// Failures that are more than expected since today, and about which nobody is called.
pub(super) fn to_look_into(lines: &[OrganisationLine]) -> Option<SummaryAction> {
    let new = |line: &&OrganisationLine| line.is_open() && line.new_verdict().is_some();
    let lines: Vec<&OrganisationLine> = lines.iter().filter(new).collect();
    let told = lines.iter().take(NAMED).filter_map(|line| {
        let figures = line.figures.as_ref()?;
        let how = match figures.concentrated {
            Some((mailboxes, items)) => format!(
                "concentrated: {} {} of the {}; the Failed Item Report names {}",
                counted(mailboxes, "mailbox has", "mailboxes have"),
                count(items),
                count_of(figures.rate.failed, "failed item"),
                if mailboxes == 1 { "it" } else { "them" }
            ),
            None => format!(
                "{}: {}",
                figures.verdict.label().to_lowercase(),
                one_in(figures.rate)
            ),
        };
        Some(format!("{}: {how}.", line.code_text()))
    });
    (!lines.is_empty()).then(|| SummaryAction {
        what: format!(
            "Look into failures that are above what is expected since today: {}.",
            named(&lines)
        ),
        why: told.collect(),
        commands: Vec::new(),
    })
}

/// Mailboxes that were switched back and wait for a date.
pub(super) fn switched_back(lines: &[OrganisationLine]) -> Option<SummaryAction> {
    let undone = |line: &OrganisationLine| {
        let figures = line.figures.as_ref().filter(|_| line.is_open());
        figures.map_or(0, |figures| figures.undone)
    };
    let waiting: Vec<&OrganisationLine> = lines.iter().filter(|line| undone(line) > 0).collect();
    let told = waiting.iter().take(NAMED).map(|line| {
        let (all, new) = (undone(line), line.newly_undone().min(undone(line)));
        let new = match new {
            0 => String::new(),
            new if new == all => ", new today".to_owned(),
            new => format!(", {} of them new today", count(new)),
        };
        let (code, whom) = (line.code_and_day(), line.whom_to_call());
        format!("{code}: {}{new}.{whom}", count(all))
    });
    let all: u64 = waiting.iter().map(|line| undone(line)).sum();
    (all > 0).then(|| SummaryAction {
        what: format!(
            "Agree a new switch date with {}: {} switched back.",
            named(&waiting),
            counted(all, "mailbox was", "mailboxes were")
        ),
        why: told.collect(),
        commands: Vec::new(),
    })
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
