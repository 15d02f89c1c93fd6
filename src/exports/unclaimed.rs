//! Exports that no organisation of the register has as its own.

use std::collections::{BTreeMap, BTreeSet};

use super::{ExportSettings, drop_folder};
use crate::domain::plural::count_of;
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate};

/// Whose exports are read.
#[derive(Debug, Default)]
pub struct KnownCodes<'a> {
    /// The codes in the register.
    pub known: BTreeSet<&'a OrganisationCode>,
    /// The codes that organisations had before, and what each is now.
    pub former: BTreeMap<&'a OrganisationCode, &'a OrganisationCode>,
}

impl KnownCodes<'_> {
    /// Why nobody is told of exports under a code, and what to do; `None` where somebody is.
    /// `else_where` is what may be done with those of a stranger.
    pub(super) fn against(&self, code: &OrganisationCode, else_where: &str) -> Option<String> {
        if let Some(now) = self.former.get(code) {
            return Some(format!(
                "of {code}, which is {now} in the register now, the first of them here. Put them under \
                 {now}. Nobody is told of them."
            ));
        }
        let is_known = self.known.contains(code);
        (!is_known).then(|| {
            format!(
                "of {code}, which the register does not have, the first of them here. Add it, or \
                 {else_where}. Nobody is told of them."
            )
        })
    }
}

/// For each code that nobody in the register has now and that has exports of a day in the drop folder,
/// where the first of them lies. For the central team.
#[must_use]
pub fn unclaimed_files(
    settings: &ExportSettings,
    claims: &KnownCodes<'_>,
    date: ReportDate,
) -> Vec<Finding> {
    let mut files: BTreeMap<OrganisationCode, Vec<String>> = BTreeMap::new();
    for pattern in [&settings.sync_state, &settings.failed_items] {
        let Some((pattern, organisation_of)) = pattern.of_any(date) else {
            continue;
        };
        for file in drop_folder::find(&settings.folder, &pattern).unwrap_or_default() {
            let code = organisation_of(&file).and_then(|text| OrganisationCode::parse(&text).ok());
            if let Some(code) = code {
                files.entry(code).or_default().push(file);
            }
        }
    }
    let finding = |(code, files): (OrganisationCode, Vec<String>)| {
        let why = claims.against(&code, "move its folder away")?;
        let message = format!("{} {why}", count_of(files.len(), "export"));
        let finding = Finding::new(FindingCode::OrganisationUnknown, message);
        Some(finding.in_file(files.into_iter().next().unwrap_or_default()))
    };
    files.into_iter().filter_map(finding).collect()
}
