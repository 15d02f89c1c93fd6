//! In which order organisations hear: a mail server takes so many messages a minute, and whoever must
//! act is to have time for it.

use super::context::Context;
use super::record::DayOutcome;
use super::summary::earlier_summary;
use crate::domain::{OrganisationCode, ReportDate, Verdict};
use crate::report::OrganisationOutcome;

/// Organisations in the order in which they are to hear: first who did not hear the day before, then
/// whose mailboxes switch soonest, then where failures are high.
pub(crate) fn most_urgent_first(
    context: &Context,
    day: &DayOutcome,
    mut codes: Vec<OrganisationCode>,
) -> Vec<OrganisationCode> {
    let earlier = earlier_summary(context);
    let lines = earlier.iter().flat_map(|model| &model.organisations);
    let held_back = lines.filter(|line| !line.state.has_heard());
    let held_back: Vec<&OrganisationCode> =
        held_back.filter_map(|line| line.code.as_ref()).collect();
    codes.sort_by_cached_key(|code| {
        let outcome = day.organisations.get(code);
        let urgency = outcome.map(|outcome| urgency(outcome, context.report_date));
        (!held_back.contains(&code), urgency, code.clone())
    });
    codes
}

/// The smaller, the sooner: days to the next switch, and whether failures are high.
fn urgency(outcome: &OrganisationOutcome, report_date: ReportDate) -> (i64, bool) {
    let Some(figures) = &outcome.figures else {
        return (i64::MAX, true);
    };
    let switches = figures.switches.iter().filter(|switch| switch.due > 0);
    let next = switches.map(|switch| switch.date).min();
    let days = next.map(|date| (date - report_date.day()).num_days());
    (days.unwrap_or(i64::MAX), figures.verdict != Verdict::High)
}
