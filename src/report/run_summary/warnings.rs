//! What was found in exports that went out all the same, by organisation: what is dangerous first.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::visible::visible;
use super::summary_action::{NAMED, SummaryAction, named};
use super::warning::{advice, order};
use super::{GoneOrganisation, OrganisationLine};
use crate::domain::FindingCode;
use crate::domain::plural::count_of;

/// Kinds of warning that are told; the others are counted.
const KINDS: usize = 8;

/// What is to be done about the dangerous kinds.
pub(super) fn dangerous(
    today: NaiveDate,
    organisations: &[OrganisationLine],
) -> Vec<SummaryAction> {
    let kinds = by_kind(organisations).into_iter();
    let dangerous = kinds.filter(|((is_harmless, _), _)| !is_harmless);
    dangerous
        .map(|((_, code), lines)| action(today, code, &lines))
        .collect()
}

/// What is to be done about the others; `of_programme` are warnings that are about none of the
/// organisations.
pub(super) fn others(
    today: NaiveDate,
    organisations: &[OrganisationLine],
    of_programme: &[String],
    gone: &[GoneOrganisation],
) -> Vec<SummaryAction> {
    let mut kinds = by_kind(organisations);
    kinds.retain(|(is_harmless, _), _| *is_harmless);
    let more = kinds.len().saturating_sub(KINDS);
    let told = kinds.into_iter().take(KINDS);
    let mut actions: Vec<SummaryAction> = told
        .map(|((_, code), lines)| action(today, code, &lines))
        .collect();
    if more > 0 {
        let kinds = count_of(more, "more kind");
        actions.push(SummaryAction {
            what: format!("Warnings of {kinds} are in the workbook, sheet Warnings."),
            why: Vec::new(),
            commands: Vec::new(),
        });
    }
    if !of_programme.is_empty() || !gone.is_empty() {
        actions.push(SummaryAction {
            what: "See to what is about the programme as a whole.".to_owned(),
            why: gone
                .iter()
                .take(NAMED)
                .map(|one| one.in_words(today))
                .chain((gone.len() > NAMED).then(|| {
                    let more = count_of(gone.len() - NAMED, "more organisation");
                    format!("Of {more} nobody is told either.")
                }))
                .chain(of_programme.iter().map(|text| visible(text)))
                .collect(),
            commands: Vec::new(),
        });
    }
    actions
}

type WarningOrder = (bool, Option<FindingCode>);

fn by_kind(organisations: &[OrganisationLine]) -> BTreeMap<WarningOrder, Vec<&OrganisationLine>> {
    let mut kinds: BTreeMap<WarningOrder, Vec<&OrganisationLine>> = BTreeMap::new();
    for line in organisations {
        for warning in &line.warnings {
            kinds.entry(order(warning.code)).or_default().push(line);
        }
    }
    kinds
}

/// Of one organisation all that is known; of several, and of what is dangerous, what the kind is and
/// what to do about it, and then what was found with each.
fn action(
    today: NaiveDate,
    code: Option<FindingCode>,
    lines: &[&OrganisationLine],
) -> SummaryAction {
    let warning = |line: &OrganisationLine| {
        let mut warnings = line.warnings.iter();
        warnings.find(|warning| warning.code == code).cloned()
    };
    let alone = match lines {
        [line] => warning(line).filter(|warning| code.is_some() && !warning.is_dangerous()),
        _ => None,
    };
    if let (Some(warning), [line]) = (alone, lines) {
        let (found, since) = (warning.with_advice(), warning.since_when(today));
        let what = format!("{}: {found}{since}", line.code_text());
        return SummaryAction {
            what,
            why: Vec::new(),
            commands: Vec::new(),
        };
    }
    let codes = named(lines);
    let what = match code {
        // Meanings and advice are sentences.
        Some(code) => format!(
            "{}: {codes}. {}",
            code.meaning().trim_end_matches('.'),
            advice(code)
        ),
        None => format!(
            "The history of {codes} is damaged, and reports compare with less than they could."
        ),
    };
    let told = |line: &&OrganisationLine| {
        let warning = warning(line)?;
        let (found, since) = (warning.found(), warning.since_when(today));
        Some(format!("{}: {found}{since}", line.code_text()))
    };
    let mut why: Vec<String> = lines.iter().take(NAMED).filter_map(told).collect();
    if lines.len() > NAMED {
        let more = count_of(lines.len() - NAMED, "more organisation");
        why.push(format!("Those of {more} are in the workbook."));
    }
    SummaryAction {
        what,
        why,
        commands: Vec::new(),
    }
}
