//! Finds an organisation's exports of a day in the drop folder, reads them, and says which layout
//! each has.
//!
//! Takes: an [`ExportRequest`]. Gives: an [`ExportSet`], in which every cell is still text.
//! Touches: reads the drop folder and the folder of layouts.

mod bytes;
mod drop_folder;
mod export;
mod file_tables;
mod heading_search;
mod input_files;
mod input_source;
mod label;
mod layout;
mod losses;
mod quoting;
mod remarks;
mod shared;
mod twins;
mod unclaimed;
mod unpacking;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

pub(crate) use drop_folder::matches as name_matches;
pub use export::Export;
pub use file_tables::open;
pub use label::Label;
pub use layout::{
    Field, Fit, Input, Layout, LayoutError, Layouts, NearLayout, SizeUnit, StateOfRow, StateReader,
    may_be_states, printable_state, unknown_states,
};
pub use quoting::quoted as quoted_heading;
pub use shared::SharedExports;
pub use twins::Twins;
pub use unclaimed::{KnownCodes, unclaimed_files};

use self::bytes::FileStamp;
use self::input_source::InputSource;
use self::shared::SharedFile;
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate, Severity};
use crate::settings::{ExportPattern, Exports as ExportSettings};

/// What the keys of a layout mean, in a few lines.
pub const LAYOUT_LANGUAGE: &str = include_str!("exports/layouts/language.txt");

/// What holds a file in which one table stands below another.
pub const HEADINGS_CHANGED: &str = "The headings stand here again, in another order or of other \
     columns than above, so that the rows below would be read wrongly: two tables were joined. Make a \
     file of each, or give both the same columns in the same order, and run this day again.";

/// About as many bytes as a row has.
const BYTES_A_ROW: u64 = 150;

/// Which exports to read.
#[derive(Debug, Clone, Copy)]
pub struct ExportRequest<'a> {
    /// Where they lie.
    pub settings: &'a ExportSettings,
    /// What they may look like.
    pub layouts: &'a Layouts,
    /// The files that hold the rows of all organisations.
    pub shared: &'a SharedExports,
    /// Whose they are.
    pub organisation: &'a OrganisationCode,
    /// Of which day.
    pub date: ReportDate,
    /// Whether yesterday's sync-state export may come again unchanged: in mop-up, where nothing
    /// moves any more.
    pub may_repeat: bool,
}

/// The exports of one organisation and day.
#[derive(Debug, Default)]
pub struct ExportSet {
    /// The sync-state export: one file or several.
    pub sync_state: Vec<Export>,
    /// The failed-item export: one file or several.
    pub failed_items: Vec<Export>,
    /// The migration schedule; empty where the organisation has none, or none that can be used.
    pub schedule: Vec<Export>,
    /// The schedule as it was agreed; empty as the schedule is.
    pub frozen_schedule: Vec<Export>,
    /// The report of accounts in the new mail system; empty as the schedule is.
    pub accounts: Vec<Export>,
    /// The organisation's decisions on failed items; empty as the schedule is.
    pub decisions: Vec<Export>,
    /// What was found while reading. Where one holds the organisation, the exports are not all
    /// there.
    pub findings: Vec<Finding>,
    /// The files that were read, with the SHA-256 of their bytes in hexadecimal, by their paths
    /// below the drop folder; of a file of all organisations, of the cells of this one.
    pub digests: BTreeMap<String, String>,
    /// What these files looked like when they were read; not those of all organisations.
    stamps: BTreeMap<String, FileStamp>,
}

/// Reads the exports of one organisation and day. What is missing or cannot be read is a finding,
/// not an error, since it concerns this organisation only.
#[must_use]
pub fn read(request: ExportRequest<'_>) -> ExportSet {
    let mut set = ExportSet::default();
    set.sync_state = set.read_input(request, Input::SyncState);
    set.failed_items = set.read_input(request, Input::FailedItems);
    for input in Input::OPTIONAL {
        *set.of_mut(input) = set.read_optional(request, input);
    }
    set
}

/// About how many bytes there are to read of one organisation and day, which tells a large one from
/// a small one. No file is opened; what is not found weighs nothing.
#[must_use]
pub fn weight(request: ExportRequest<'_>) -> u64 {
    let of_input = |input| match request.shared.of(input) {
        Some(shared) => shared
            .unwrap_or_default()
            .iter()
            .flat_map(|file| file.exports_of(request.organisation))
            .map(|export| export.height() as u64 * BYTES_A_ROW)
            .sum(),
        None => InputSource::of(input, request.settings, request.layouts).map_or(0, |source| {
            let pattern = source
                .pattern
                .path(Some(request.organisation), request.date);
            let folder = &source.settings.folder;
            drop_folder::find(folder, &pattern)
                .unwrap_or_default()
                .iter()
                .filter_map(|file| folder.join(file).metadata().ok())
                .map(|file| file.len())
                .sum()
        }),
    };
    [Input::SyncState, Input::FailedItems]
        .into_iter()
        .map(of_input)
        .sum()
}

/// When the newest file of an organisation's exports of a day was written; `None` where one of its
/// exports is not there. No file is opened.
#[must_use]
pub fn arrived_at(
    settings: &ExportSettings,
    organisation: &OrganisationCode,
    date: ReportDate,
) -> Option<SystemTime> {
    let of_input = |pattern: &ExportPattern| {
        let pattern = pattern.path(Some(organisation), date);
        let files = drop_folder::find(&settings.folder, &pattern).ok()?;
        let written = |file| settings.folder.join(file).metadata()?.modified();
        let written = files
            .into_iter()
            .map(written)
            .collect::<Result<Vec<_>, std::io::Error>>();
        written.ok()?.into_iter().max()
    };
    let sync_state = of_input(&settings.sync_state)?;
    Some(sync_state.max(of_input(&settings.failed_items)?))
}

impl ExportSet {
    /// What was found, where a file is no longer as it was read: somebody is at work on it.
    #[must_use]
    pub fn changed_since(&self, folder: &Path) -> Vec<Finding> {
        let has_changed = |(file, stamp): &(&String, &FileStamp)| {
            FileStamp::of(&folder.join(file)).ok().as_ref() != Some(*stamp)
        };
        let changed = self.stamps.iter().filter(has_changed);
        let finding = |(file, _): (&String, &FileStamp)| {
            let message = "The file changed after it was read: it may not have been complete. Wait \
                           until it no longer changes, and run this day again.";
            Finding::new(FindingCode::FileChanged, message).in_file(file)
        };
        changed.map(finding).collect()
    }

    /// The exports of an input.
    #[must_use]
    pub fn of(&self, input: Input) -> &[Export] {
        match input {
            Input::SyncState => &self.sync_state,
            Input::FailedItems => &self.failed_items,
            Input::Schedule => &self.schedule,
            Input::FrozenSchedule => &self.frozen_schedule,
            Input::Accounts => &self.accounts,
            Input::Decisions => &self.decisions,
        }
    }

    fn of_mut(&mut self, input: Input) -> &mut Vec<Export> {
        match input {
            Input::SyncState => &mut self.sync_state,
            Input::FailedItems => &mut self.failed_items,
            Input::Schedule => &mut self.schedule,
            Input::FrozenSchedule => &mut self.frozen_schedule,
            Input::Accounts => &mut self.accounts,
            Input::Decisions => &mut self.decisions,
        }
    }

    /// Whether an input has a row.
    pub(crate) fn has_rows(&self, input: Input) -> bool {
        self.of(input).iter().any(|export| export.height() > 0)
    }

    /// Reads the exports of an input without which the reports go: none where something holds.
    fn read_optional(&mut self, request: ExportRequest<'_>, input: Input) -> Vec<Export> {
        let of_others = self.findings.len();
        let mut exports = self.read_input(request, input);
        let found = self.findings.split_off(of_others);
        // An organisation without a row in a file of all organisations has no such export.
        exports.retain(|export| export.is_whole_file() || export.height() > 0);
        if found
            .iter()
            .any(|finding| finding.severity == Severity::Hold)
        {
            exports.clear();
        }
        let about_it = found.into_iter().map(|finding| input.unusable(finding));
        self.findings.extend(about_it);
        exports
    }

    /// Reads the exports of one input, and adds what was found and the digests of the files.
    fn read_input(&mut self, request: ExportRequest<'_>, input: Input) -> Vec<Export> {
        let Some(source) = InputSource::of(input, request.settings, request.layouts) else {
            return Vec::new();
        };
        let of_organisation = |file: &SharedFile| file.of_organisation(request.organisation);
        let files = match request.shared.of(input) {
            Some(Ok(files)) => Ok(files.iter().map(of_organisation).collect()),
            Some(Err(finding)) => Err(finding.clone()),
            None => input_files::read(source, Some(request.organisation), request.date),
        };
        let mut exports = Vec::new();
        match files {
            Ok(files) => {
                for file in files {
                    let repeated = file.held_for_repeating(request.may_repeat);
                    self.findings.extend(repeated);
                    self.findings.extend(file.findings);
                    let stamp = file.stamp.map(|stamp| (file.file.clone(), stamp));
                    self.stamps.extend(stamp);
                    self.digests.insert(file.file, file.digest);
                    exports.extend(file.exports);
                }
            }
            Err(finding) => self.findings.push(finding),
        }
        exports
    }
}

#[cfg(test)]
mod tests;
