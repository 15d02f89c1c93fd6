//! Organisations without any export of the day: where they are many, they are counted and not told
//! one by one.

use std::collections::BTreeSet;

use crate::day::{Context, Note, export_bytes};
use crate::domain::plural::{count, count_of};
use crate::domain::{FindingCode, OrganisationCode};
use crate::settings::Organisation;

/// So many are told one by one.
const TOLD: usize = 5;
/// So many are named in the sentence that counts them.
const NAMED: usize = 3;

/// The organisations of which nothing is there, where they are counted; else none.
#[derive(Debug, Default)]
pub(super) struct MissingExports {
    codes: BTreeSet<OrganisationCode>,
    all: usize,
    /// Why nothing can be had of any.
    fault: Option<String>,
}

impl MissingExports {
    /// Looks for the exports of a day on which they are expected.
    pub(super) fn of<'a>(
        context: &Context,
        organisations: impl ExactSizeIterator<Item = &'a Organisation>,
    ) -> Self {
        let all = organisations.len();
        let fault = context.exports_fault();
        if fault.is_none() && !context.is_working_day() {
            return Self::default();
        }
        let missing = organisations.filter(|one| export_bytes(context, one) == 0);
        let codes: BTreeSet<OrganisationCode> = missing.map(|one| one.code.clone()).collect();
        if fault.is_some() || codes.len() > TOLD || (codes.len() == all && all > 1) {
            Self { codes, all, fault }
        } else {
            Self::default()
        }
    }

    /// Why nothing can be had of any organisation, where that is a matter of the settings.
    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// What is to be said before all else.
    pub(super) fn sentence(&self, context: &Context) -> Option<String> {
        let (missing, all) = (self.codes.len(), count_of(self.all, "organisation"));
        let (date, folder) = (
            context.report_date,
            context.settings.exports.folder.display(),
        );
        if let Some(fault) = &self.fault {
            return Some(format!("{fault}: all are held, and nothing is sent."));
        }
        if missing == 0 {
            return None;
        }
        if missing == self.all {
            return Some(format!(
                "None of the {all} has an export of {date} in {folder}: is the folder there, and \
                 were the day's exports made? All are held, and nothing is sent."
            ));
        }
        let named: Vec<&str> = self
            .codes
            .iter()
            .take(NAMED)
            .map(|code| code.as_str())
            .collect();
        Some(format!(
            "{} of the {all} have no export of {date} in {folder}, and are held: {} and {} more.",
            count(missing),
            named.join(", "),
            count(missing - named.len())
        ))
    }

    /// What is told of one organisation: that its exports are missing, only to those who want every
    /// step, where that was said of all of them.
    pub(super) fn told(&self, code: &OrganisationCode, note: Note) -> Note {
        match note {
            Note::Held(text, Some(FindingCode::FileMissing)) if self.codes.contains(code) => {
                Note::Detail(text)
            }
            note => note,
        }
    }
}
