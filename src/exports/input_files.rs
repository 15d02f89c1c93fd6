//! The files of an input: where they lie, and what they hold.

use std::path::Path;

use super::bytes::{self, FileStamp};
use super::drop_folder;
use super::file_tables::{bytes_of, read_table, tables_in};
use super::input_source::InputSource;
use super::layout::Input;
use super::{Export, ExportSettings};
use crate::domain::{Finding, FindingCode, OrganisationCode, ReportDate};

/// A file as it was read: whose rows it holds is not looked at.
#[derive(Debug, Clone)]
pub(super) struct FileRead {
    /// Its path below the drop folder.
    pub(super) file: String,
    pub(super) digest: String,
    /// What it looked like when it was read; `None` where it could not be.
    pub(super) stamp: Option<FileStamp>,
    /// Its table, or the tables that are packed in it.
    pub(super) exports: Vec<Export>,
    pub(super) findings: Vec<Finding>,
    /// The day before with exports, where one of its files has the same bytes.
    repeats: Option<ReportDate>,
}

impl FileRead {
    /// What holds a file that came again, unless it `may_repeat`.
    pub(super) fn held_for_repeating(&self, may_repeat: bool) -> Option<Finding> {
        let day = self.repeats.filter(|_| !may_repeat)?;
        let message = format!(
            "The export is that of {day}, byte for byte, under today's name: its figures are old. \
             Export it again."
        );
        Some(Finding::new(FindingCode::ExportRepeated, message).in_file(&self.file))
    }
}

/// Reads the files of an input: those of one organisation, or of all together.
pub(super) fn read(
    source: InputSource<'_>,
    organisation: Option<&OrganisationCode>,
    date: ReportDate,
) -> Result<Vec<FileRead>, Finding> {
    let pattern = source.pattern.path(organisation, date);
    let files = drop_folder::find(&source.settings.folder, &pattern)
        .map_err(|problem| Finding::new(problem.code(), problem.to_string()))?;
    if files.is_empty() && !source.input.is_optional() {
        let lies_there = what_lies_there(&source.settings.folder, &pattern, organisation);
        let message = format!(
            "There is no {}: no file in the exports folder matches {pattern}. {lies_there}Export it, \
             and run this day again.",
            source.input.label()
        );
        return Err(Finding::new(FindingCode::FileMissing, message));
    }
    let last = (source.input == Input::SyncState)
        .then(|| last_exported(source, organisation, date))
        .flatten();
    let read = |file| {
        let mut read = read_file(source, file, last.as_ref());
        if source.input == Input::Accounts {
            let since = same_since(source, organisation, date, &read);
            read.exports
                .iter_mut()
                .for_each(|export| export.same_since = since);
        }
        read
    };
    Ok(files.into_iter().map(read).collect())
}

/// So many names are told.
const NAMED: usize = 3;

/// A sentence on what lies where files that match `pattern` should: they may have another name. Where
/// the exports of all organisations lie together, only what has this one's code in its name.
fn what_lies_there(
    folder: &Path,
    pattern: &str,
    organisation: Option<&OrganisationCode>,
) -> String {
    let Some(nearest) = drop_folder::nearest(folder, pattern) else {
        return String::new();
    };
    let code = organisation.map(|code| code.as_str().to_ascii_lowercase());
    let is_of = |name: &str| {
        code.as_ref()
            .is_none_or(|code| nearest.is_of(code) || name.to_ascii_lowercase().contains(code))
    };
    let names: Vec<&str> = nearest.names().filter(|name| is_of(name)).collect();
    let told: Vec<&str> = names.iter().take(NAMED).copied().collect();
    let (place, told) = (nearest.place(), told.join(", "));
    match names.len() {
        0 => format!("Nothing of it lies in {place}. "),
        1 => format!("In {place} lies {told}. "),
        all if all <= NAMED => format!("In {place} lie {told}. "),
        all => format!("In {place} lie {told} and {} more. ", all - NAMED),
    }
}

/// The first of the days before `date` on which a file with the bytes of this one lay there, and has
/// on every day with files since.
fn same_since(
    source: InputSource<'_>,
    organisation: Option<&OrganisationCode>,
    date: ReportDate,
    read: &FileRead,
) -> Option<ReportDate> {
    let (mut first, mut looked_back) = (None, 0);
    let mut day = date;
    while looked_back < LOOKED_BACK {
        day = day.days_before(1)?;
        let pattern = source.pattern.path(organisation, day);
        let is_there = drop_folder::find(&source.settings.folder, &pattern).ok()?;
        if lies_there_too(source.settings, &pattern, &read.file, &read.digest) {
            (first, looked_back) = (Some(day), 0);
        } else if is_there.is_empty() {
            looked_back += 1;
        } else {
            break;
        }
    }
    first
}

/// The last day before `date` that has exports, over a weekend and holidays too, and the pattern of
/// its files.
fn last_exported(
    source: InputSource<'_>,
    organisation: Option<&OrganisationCode>,
    date: ReportDate,
) -> Option<(ReportDate, String)> {
    let days = (1..=LOOKED_BACK).filter_map(|days| date.days_before(days));
    let mut patterns = days.map(|day| (day, source.pattern.path(organisation, day)));
    patterns.find(|(_, pattern)| {
        drop_folder::find(&source.settings.folder, pattern).is_ok_and(|files| !files.is_empty())
    })
}

/// So many days are looked back over: Christmas and the weekends about it.
const LOOKED_BACK: u64 = 7;

/// Reads a file; `last` is the last day before with exports, and the pattern of its files.
fn read_file(
    source: InputSource<'_>,
    file: String,
    last: Option<&(ReportDate, String)>,
) -> FileRead {
    let mut read = FileRead {
        file,
        digest: String::new(),
        stamp: None,
        exports: Vec::new(),
        findings: Vec::new(),
        repeats: None,
    };
    let limits = source.settings.limits();
    let mut changed_at = None;
    let tables = bytes_of(&source.settings.folder.join(&read.file), limits).and_then(|file| {
        read.digest = file.digest;
        read.stamp = Some(file.stamp);
        changed_at = file.changed_at;
        tables_in(&read.file, file.bytes, limits)
    });
    match tables {
        Ok(tables) => {
            let repeated = last.filter(|(_, pattern)| {
                lies_there_too(source.settings, pattern, &read.file, &read.digest)
            });
            read.repeats = repeated.map(|(day, _)| *day);
            for table in tables {
                match read_table(table, source, &mut read.findings) {
                    Ok(exports) => read.exports.extend(exports),
                    Err(finding) => read.findings.push(finding),
                }
            }
        }
        Err(finding) => read.findings.push(finding.in_file(&read.file)),
    }
    for export in &mut read.exports {
        export.changed_at = changed_at;
    }
    read
}

/// Whether a file that matches `pattern` has the bytes of `file`.
fn lies_there_too(settings: &ExportSettings, pattern: &str, file: &str, digest: &str) -> bool {
    let folder = &settings.folder;
    let size = |file: &str| Some(folder.join(file).metadata().ok()?.len());
    let others = drop_folder::find(folder, pattern).unwrap_or_default();
    let has_same_size = |other: &String| other != file && size(other) == size(file);
    let has_same_bytes = |other: String| bytes::has_digest(&folder.join(other), digest);
    others.into_iter().filter(has_same_size).any(has_same_bytes)
}
