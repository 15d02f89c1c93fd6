//! A Run Summary on one screen of a terminal.

use super::{OrganisationLine, SummaryModel, open, sections};
use crate::domain::plural::{count, count_of};

/// Organisations that a part names; the others are counted.
const LISTED: usize = 6;

impl SummaryModel {
    /// Whom to call, who did not get all and why, how the programme stands, and where the rest is: a
    /// line each, what belongs to the one above indented.
    #[must_use]
    pub fn in_short(&self) -> Vec<String> {
        let today = self.report_date.day();
        let open = open(&self.organisations);
        let mut lines = vec![format!("{}.", self.page.subject)];
        let called = open
            .iter()
            .filter_map(|line| Some(told(line, &line.reason_to_call(today)?)));
        part(&mut lines, "Call", "nobody", called.collect());
        let without = open.iter().filter(|line| !line.state.has_heard());
        let without = without.map(|line| {
            let reasons = [line.state.label().to_owned()];
            let reasons = reasons.iter().chain(line.reasons.iter().take(1));
            let reasons: Vec<&str> = reasons.map(|one| one.trim_end_matches('.')).collect();
            told(line, &reasons.join(": "))
        });
        part(&mut lines, "Did not get all", "nobody", without.collect());
        lines.push("The programme:".to_owned());
        lines.extend(sections::in_sync_of_all(&self.organisations).map(|text| format!("  {text}")));
        let figures = self.page.key_figures.iter();
        lines.extend(figures.map(|one| format!("  {}: {} ({}).", one.label, one.value, one.note)));
        let to_do = match self.page.actions.len() {
            0 => "Nothing is to be done. All of it".to_owned(),
            some => format!(
                "{} to do. All of it, with the commands",
                count_of(some, "thing")
            ),
        };
        lines.push(format!("{to_do}:"));
        let date = self.report_date;
        lines.push(format!("  migration-monitor summary --date {date}"));
        lines
    }
}

/// “  ZCA Trust A: held. Contact: …”
fn told(line: &OrganisationLine, why: &str) -> String {
    let (code, whom) = (line.code_and_day(), line.whom_to_call());
    format!("  {code} {}: {why}.{whom}", line.name)
}

fn part(lines: &mut Vec<String>, heading: &str, none: &str, mut told: Vec<String>) {
    if told.is_empty() {
        lines.push(format!("{heading}: {none}."));
        return;
    }
    let more = told.len().saturating_sub(LISTED);
    told.truncate(LISTED);
    lines.push(format!("{heading}:"));
    lines.append(&mut told);
    lines.extend((more > 0).then(|| format!("  And {} more.", count(more))));
}
