//! What was found in exports that went out all the same, by organisation: what is dangerous first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::visible;
use super::summary_action::{NAMED, SummaryAction, named};
use super::{OrganisationLine, OrganisationOutcome};
use crate::domain::plural::{count, count_of};
use crate::domain::{FindingCode, Severity};

/// Kinds of warning that are told; the others are counted.
const KINDS: usize = 8;

/// Warnings of one kind about an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct OrganisationWarning {
    /// The kind of finding; `None` where it is about the history.
    pub code: Option<FindingCode>,
    /// The first of them, as a sentence with its place.
    pub sentence: String,
    /// How many more of the kind there are.
    pub more: u64,
}

impl OrganisationWarning {
    /// The warnings of an organisation by kind, dangerous ones first.
    pub(super) fn of(one: &OrganisationOutcome) -> Vec<Self> {
        let findings = one.findings.iter();
        let warnings = findings
            .filter(|finding| finding.severity == Severity::Warning)
            .map(|finding| (Some(finding.code), finding.to_string()));
        let faults = one.history_faults.iter().map(|fault| (None, fault.clone()));
        let mut kinds: BTreeMap<_, Self> = BTreeMap::new();
        for (code, sentence) in warnings.chain(faults) {
            let first = Self {
                code,
                sentence: visible(&sentence),
                more: 0,
            };
            kinds
                .entry(order(code))
                .and_modify(|known| known.more += 1)
                .or_insert(first);
        }
        kinds.into_values().collect()
    }

    pub(super) fn is_dangerous(&self) -> bool {
        self.code.is_some_and(FindingCode::is_dangerous)
    }

    /// “ZNM/…/sync-state.csv: 2 mailboxes … And 3 more like it.”
    pub(super) fn in_words(&self) -> String {
        match self.more {
            0 => self.sentence.clone(),
            more => format!("{} And {} more like it.", self.sentence, count(more)),
        }
    }
}

/// The place of a kind among the others.
fn order(code: Option<FindingCode>) -> (bool, Option<FindingCode>) {
    (!code.is_some_and(FindingCode::is_dangerous), code)
}

/// What is to be done about the dangerous kinds.
pub(super) fn dangerous(organisations: &[OrganisationLine]) -> Vec<SummaryAction> {
    let kinds = by_kind(organisations).into_iter();
    let dangerous = kinds.filter(|((is_harmless, _), _)| !is_harmless);
    dangerous
        .map(|((_, code), lines)| action(code, &lines))
        .collect()
}

/// What is to be done about the others; `of_programme` are warnings that are about none of the
/// organisations.
pub(super) fn others(
    organisations: &[OrganisationLine],
    of_programme: &[String],
) -> Vec<SummaryAction> {
    let mut kinds = by_kind(organisations);
    kinds.retain(|(is_harmless, _), _| *is_harmless);
    let more = kinds.len().saturating_sub(KINDS);
    let told = kinds.into_iter().take(KINDS);
    let mut actions: Vec<SummaryAction> = told
        .map(|((_, code), lines)| action(code, &lines))
        .collect();
    if more > 0 {
        let kinds = count_of(more, "more kind");
        actions.push(SummaryAction {
            what: format!("Warnings of {kinds} are in the workbook, sheet Warnings."),
            why: Vec::new(),
            commands: Vec::new(),
        });
    }
    if !of_programme.is_empty() {
        actions.push(SummaryAction {
            what: "See to what is about the programme as a whole.".to_owned(),
            why: of_programme.iter().map(|text| visible(text)).collect(),
            commands: Vec::new(),
        });
    }
    actions
}

type Kind = (bool, Option<FindingCode>);

fn by_kind(organisations: &[OrganisationLine]) -> BTreeMap<Kind, Vec<&OrganisationLine>> {
    let mut kinds: BTreeMap<Kind, Vec<&OrganisationLine>> = BTreeMap::new();
    for line in organisations {
        for warning in &line.warnings {
            kinds.entry(order(warning.code)).or_default().push(line);
        }
    }
    kinds
}

fn action(code: Option<FindingCode>, lines: &[&OrganisationLine]) -> SummaryAction {
    let codes = named(lines);
    let what = match code {
        // Meanings and advice are sentences.
        Some(code) => format!(
            "{}: {codes}. {}",
            code.meaning().trim_end_matches('.'),
            code.advice().replace('`', "")
        ),
        None => format!(
            "The history of {codes} is damaged, and reports compare with less than they could."
        ),
    };
    let told = |line: &&OrganisationLine| {
        let mut warnings = line.warnings.iter();
        let warning = warnings.find(|warning| warning.code == code)?;
        Some(format!("{}: {}", line.code_text(), warning.in_words()))
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
