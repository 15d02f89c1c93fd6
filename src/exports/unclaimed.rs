//! Exports that no organisation of the register has.

use std::collections::{BTreeMap, BTreeSet};

use super::{ExportSettings, drop_folder};
use crate::domain::plural::count_of;
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate};

/// For each organisation that is not `known` and has exports of a day in the drop folder, where the
/// first of them lies. For the central team.
#[must_use]
pub fn unclaimed_files(
    settings: &ExportSettings,
    known: &BTreeSet<&OrganisationCode>,
    date: ReportDate,
) -> Vec<Finding> {
    let mut files: BTreeMap<OrganisationCode, Vec<String>> = BTreeMap::new();
    for pattern in [&settings.sync_state, &settings.failed_items] {
        let Some((pattern, organisation_of)) = pattern.of_any(date) else {
            continue;
        };
        for file in drop_folder::find(&settings.folder, &pattern).unwrap_or_default() {
            let code = organisation_of(&file).and_then(|text| OrganisationCode::parse(&text).ok());
            if let Some(code) = code.filter(|code| !known.contains(code)) {
                files.entry(code).or_default().push(file);
            }
        }
    }
    let finding = |(code, files): (OrganisationCode, Vec<String>)| {
        let message = format!(
            "{} of {code}, which the register does not have, the first of them here. Add it, or \
             move its folder away. Nobody is told of them.",
            count_of(files.len(), "export")
        );
        let finding = Finding::new(FindingCode::OrganisationUnknown, message);
        finding.in_file(files.into_iter().next().unwrap_or_default())
    };
    files.into_iter().map(finding).collect()
}
