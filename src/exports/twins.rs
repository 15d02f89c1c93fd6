//! Exports that lie in the folders of two organisations: one of them would get the other's report.

use std::collections::{BTreeMap, BTreeSet};

use super::input_source::InputSource;
use super::layout::{Input, Layouts};
use super::{ExportSet, ExportSettings, bytes, drop_folder};
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate};

/// Files of a day with the same bytes that several organisations have as their own.
#[derive(Debug, Default)]
pub struct Twins(Vec<Twin>);

#[derive(Debug)]
struct Twin {
    input: Input,
    /// Whose they are, with their paths below the drop folder.
    files: BTreeSet<(OrganisationCode, String)>,
}

impl Twins {
    /// Looks at the files of all organisations. Only those are read that are as long as another
    /// organisation's.
    #[must_use]
    pub fn find(
        settings: &ExportSettings,
        layouts: &Layouts,
        organisations: &BTreeSet<&OrganisationCode>,
        date: ReportDate,
    ) -> Self {
        let mut twins = Vec::new();
        for input in Input::ALL {
            let source = InputSource::of(input, settings, layouts);
            let Some(source) = source.filter(|source| !source.pattern.is_shared()) else {
                continue;
            };
            let mut by_length: BTreeMap<u64, BTreeSet<(OrganisationCode, String)>> =
                BTreeMap::new();
            for code in organisations {
                let pattern = source.pattern.path(Some(*code), date);
                for file in drop_folder::find(&settings.folder, &pattern).unwrap_or_default() {
                    let length = settings.folder.join(&file).metadata();
                    let length = length.map_or(0, |metadata| metadata.len());
                    by_length
                        .entry(length)
                        .or_default()
                        .insert(((*code).clone(), file));
                }
            }
            for files in by_length.into_values().filter(are_of_several) {
                let mut by_digest: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
                for (code, file) in files {
                    // What cannot be read is told where it is read.
                    if let Ok(Some(read)) = bytes::read(&settings.folder.join(&file), u64::MAX) {
                        by_digest
                            .entry(read.digest)
                            .or_default()
                            .insert((code, file));
                    }
                }
                let same = by_digest.into_values().filter(are_of_several);
                twins.extend(same.map(|files| Twin { input, files }));
            }
        }
        Self(twins)
    }

    /// What holds an organisation whose exports have a row: files without any are all alike.
    #[must_use]
    pub fn findings_of(&self, code: &OrganisationCode, exports: &ExportSet) -> Vec<Finding> {
        let mut findings = Vec::new();
        for Twin { input, files } in &self.0 {
            let own = files.iter().find(|(of, _)| of == code);
            let Some((_, own)) = own.filter(|_| exports.has_rows(*input)) else {
                continue;
            };
            let others = files.iter().filter(|(of, _)| of != code);
            let others: BTreeSet<&str> = others.map(|(of, _)| of.as_str()).collect();
            let message = format!(
                "The file lies in the folder of {} too, byte for byte: one of them has another \
                 organisation's export. Put the right one there, and run this day again.",
                others.into_iter().collect::<Vec<_>>().join(", ")
            );
            findings.push(Finding::new(FindingCode::ExportInTwoFolders, message).in_file(own));
        }
        findings
    }
}

fn are_of_several(files: &BTreeSet<(OrganisationCode, String)>) -> bool {
    let codes: BTreeSet<&OrganisationCode> = files.iter().map(|(code, _)| code).collect();
    codes.len() > 1
}
