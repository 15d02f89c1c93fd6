//! What was found in one organisation's exports that went out all the same.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::visible::visible;
use super::super::wording::coming_day;
use super::{OrganisationOutcome, SummaryInput};
use crate::domain::plural::count;
use crate::domain::{FindingCode, Severity};

/// Warnings of one kind about an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct OrganisationWarning {
    /// The kind of finding; `None` where it is about the history.
    pub code: Option<FindingCode>,
    /// The first of them, as a sentence with its place.
    pub sentence: String,
    /// How many more of the kind there are.
    pub more: u64,
    /// The first day in a row on which the organisation had one of the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
}

impl OrganisationWarning {
    /// The warnings of an organisation by kind, dangerous ones first.
    pub(super) fn of(one: &OrganisationOutcome, input: &SummaryInput<'_>) -> Vec<Self> {
        let today = input.report_date.day();
        let before = input.before_of(one);
        let since = |code| {
            let known = before.iter().flat_map(|line| &line.warnings);
            let known = known.filter(|warning| warning.code == code);
            let first = known.filter_map(|warning| warning.since).min();
            first.unwrap_or(today).min(today)
        };
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
                since: Some(since(code)),
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
        self.sentence.clone() + &self.and_more()
    }

    /// The same less what to do: a finding says first what was found.
    pub(super) fn found(&self) -> String {
        let found = self.sentence.split_once(". ").map(|(found, _)| found);
        let found = found.map_or_else(|| self.sentence.clone(), |found| format!("{found}."));
        found + &self.and_more()
    }

    /// The same, with what to do where it does not say so itself.
    pub(super) fn with_advice(&self) -> String {
        let code = self.code.filter(|_| !self.sentence.contains(". "));
        let advice = code.map_or_else(String::new, |code| format!(" {}", advice(code)));
        self.in_words() + &advice
    }

    /// Since when it is so, and that the organisation is asked to mend it where its report does; empty
    /// where it is found for the first time and the team's to mend.
    pub(super) fn since_when(&self, today: NaiveDate) -> String {
        let since = self.since.filter(|since| *since < today).map(coming_day);
        let is_asked = self.code.is_some_and(FindingCode::is_asked_of_organisation);
        match (is_asked, since) {
            (true, Some(since)) => {
                format!(" Their report has asked them since {since}: remind them.")
            }
            (true, None) => " Their report asks them today.".to_owned(),
            (false, Some(since)) => format!(" So since {since}."),
            (false, None) => String::new(),
        }
    }

    fn and_more(&self) -> String {
        match self.more {
            0 => String::new(),
            more => format!(" And {} more like it.", count(more)),
        }
    }
}

/// What to do about findings of a kind.
pub(super) fn advice(code: FindingCode) -> String {
    code.advice().replace('`', "")
}

/// The place of a kind among the others.
pub(super) fn order(code: Option<FindingCode>) -> (bool, Option<FindingCode>) {
    (!code.is_some_and(FindingCode::is_dangerous), code)
}
