//! Finds an organisation's exports of a day in the drop folder, reads them, and says which layout
//! each has.
//!
//! Takes: an [`ExportRequest`]. Gives: an [`ExportSet`], in which every cell is still text.
//! Touches: reads the drop folder and the folder of layouts.

mod bytes;
mod drop_folder;
mod export;
mod file_tables;
mod input_files;
mod layout;
mod remarks;
mod shared;
mod unpacking;

use std::collections::BTreeMap;

pub use export::Export;
pub use file_tables::open;
pub use layout::{Field, Fit, Input, Layout, LayoutError, Layouts, Unit};
pub use shared::SharedExports;

use self::input_files::InputSource;
use crate::domain::{Finding, OrganisationCode, ReportDate, Severity};
use crate::settings::Exports as ExportSettings;

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
    /// What was found while reading. Where one holds the organisation, the exports are not all
    /// there.
    pub findings: Vec<Finding>,
    /// The files that were read, with the SHA-256 of their bytes in hexadecimal, by their paths
    /// below the drop folder; of a file of all organisations, of the cells of this one.
    pub digests: BTreeMap<String, String>,
}

/// Reads the exports of one organisation and day. What is missing or cannot be read is a finding,
/// not an error, since it concerns this organisation only.
#[must_use]
pub fn read(request: ExportRequest<'_>) -> ExportSet {
    let mut set = ExportSet::default();
    set.sync_state = read_input(
        request,
        Input::SyncState,
        &mut set.findings,
        &mut set.digests,
    );
    set.failed_items = read_input(
        request,
        Input::FailedItems,
        &mut set.findings,
        &mut set.digests,
    );
    let mut of_schedule = Vec::new();
    set.schedule = read_input(request, Input::Schedule, &mut of_schedule, &mut set.digests);
    // Of a file of all organisations: one that has no row in it has no schedule.
    set.schedule
        .retain(|export| export.is_whole_file() || export.height() > 0);
    if of_schedule
        .iter()
        .any(|finding| finding.severity == Severity::Hold)
    {
        set.schedule.clear();
    }
    set.findings
        .extend(of_schedule.into_iter().map(Finding::about_the_schedule));
    set
}

/// About how many bytes there are to read of one organisation and day, which tells a large one from
/// a small one. No file is opened; what is not found weighs nothing.
#[must_use]
pub fn weight(request: ExportRequest<'_>) -> u64 {
    let of_input = |input| match request.shared.of(input) {
        Some(shared) => shared
            .files
            .iter()
            .flat_map(|file| file.of(request.organisation))
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

fn read_input(
    request: ExportRequest<'_>,
    input: Input,
    findings: &mut Vec<Finding>,
    digests: &mut BTreeMap<String, String>,
) -> Vec<Export> {
    let Some(source) = InputSource::of(input, request.settings, request.layouts) else {
        return Vec::new();
    };
    let mut exports = Vec::new();
    if let Some(shared) = request.shared.of(input) {
        findings.extend(shared.findings.iter().cloned());
        for file in &shared.files {
            findings.extend(file.read.held_for_repeating(request.may_repeat));
            findings.extend(file.read.findings.iter().cloned());
            let own = file.of(request.organisation);
            digests.insert(file.read.file.clone(), export::digest(&own));
            exports.extend(own);
        }
        return exports;
    }
    match input_files::read(source, Some(request.organisation), request.date) {
        Ok(files) => {
            for file in files {
                findings.extend(file.held_for_repeating(request.may_repeat));
                findings.extend(file.findings);
                digests.insert(file.file, file.digest);
                exports.extend(file.exports);
            }
        }
        Err(finding) => findings.push(finding),
    }
    exports
}

/// The number of a column or line, from 1, of one counted from 0.
fn number(position: usize) -> u32 {
    u32::try_from(position + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
