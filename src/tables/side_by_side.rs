//! Files of one input that hold mostly the same: an export, and the one that was to replace it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use polars::prelude::*;

use super::columns;
use super::rows::TableRows;
use crate::domain::{Finding, FindingCode, without_names};
use crate::exports::Export;

/// The files of one input, of which some may hold the same.
pub(super) struct SideBySide<'r, 'a> {
    pub(super) exports: &'r [Export],
    pub(super) rows: &'r TableRows<'a>,
    /// The column of times that tell which of two files is the newer.
    pub(super) times: Option<&'r str>,
}

/// How many keys, each of a mailbox or of an item, stand in both of two files.
type SharedKeys<'a> = BTreeMap<(&'a str, &'a str), usize>;

/// The columns that tell one failed item from another, of which at least one must hold something.
const TELLING: [&str; 4] = [
    columns::SUBJECT,
    columns::ITEM_DATE,
    columns::FAILED_AT,
    columns::SIZE_BYTES,
];

/// The columns that items share.
const COMMON: [&str; 4] = [
    columns::FOLDER,
    columns::ITEM_KIND,
    columns::ERROR_CODE,
    columns::ERROR_TEXT,
];

impl<'a> SideBySide<'_, 'a> {
    /// Holds two files that share most of their mailboxes; `by_mailbox` are all rows. Gives the row
    /// that `choose` keeps of each mailbox, and takes what it says of the others, unless files are
    /// held: it would say the same again.
    pub(super) fn one_row_each<'k>(
        &self,
        by_mailbox: &[(&'k str, IdxSize)],
        findings: &mut Vec<Finding>,
        choose: impl Fn(&[(&'k str, IdxSize)], &mut Vec<Finding>) -> Option<IdxSize>,
    ) -> Vec<IdxSize> {
        let of_each = || by_mailbox.chunk_by(|(a, _), (b, _)| a == b);
        let mut shared = SharedKeys::new();
        if self.exports.len() > 1 {
            for of_one in of_each() {
                self.add(of_one.iter().map(|(_, row)| *row), &mut shared);
            }
        }
        let held = self.findings(&shared, "mailboxes");
        let mut of_rows = Vec::new();
        let kept = of_each().filter_map(|of_one| choose(of_one, &mut of_rows));
        let kept = kept.collect();
        findings.extend(if held.is_empty() { of_rows } else { held });
        kept
    }

    /// Holds two files that share most of their failed items, which would count twice.
    pub(super) fn check_items(
        &self,
        by_mailbox: &[(&str, IdxSize)],
        findings: &mut Vec<Finding>,
    ) -> PolarsResult<()> {
        if self.exports.len() < 2 {
            return Ok(());
        }
        let columns_of = |names: [&str; 4]| {
            let columns = names.into_iter().map(|name| self.rows.column(name));
            columns.collect::<PolarsResult<Vec<_>>>()
        };
        let (telling, common) = (columns_of(TELLING)?, columns_of(COMMON)?);
        let mut shared = SharedKeys::new();
        for of_one in by_mailbox.chunk_by(|(a, _), (b, _)| a == b) {
            let mut items: BTreeMap<String, Vec<IdxSize>> = BTreeMap::new();
            for (_, row) in of_one {
                let mut cells = cells_of(&telling, *row)?;
                if cells.iter().any(|cell| !cell.is_null()) {
                    cells.extend(cells_of(&common, *row)?);
                    items.entry(format!("{cells:?}")).or_default().push(*row);
                }
            }
            for of_item in items.into_values() {
                self.add(of_item.into_iter(), &mut shared);
            }
        }
        findings.extend(self.findings(&shared, "failed items"));
        Ok(())
    }

    /// Adds the rows of one key.
    fn add(&self, of_one: impl Iterator<Item = IdxSize>, shared: &mut SharedKeys<'a>) {
        let origins = of_one.filter_map(|row| self.rows.origin(row));
        let mut files: Vec<&str> = origins.map(|origin| origin.file).collect();
        files.sort_unstable();
        files.dedup();
        for (place, first) in files.iter().enumerate() {
            for second in files.iter().skip(place + 1) {
                *shared.entry((first, second)).or_default() += 1;
            }
        }
    }

    /// What is to be said of files that share more than half of the smaller one's `things`.
    fn findings(&self, shared: &SharedKeys<'_>, things: &str) -> Vec<Finding> {
        let named = |file: &str| self.exports.iter().find(|export| export.file == file);
        let pairs = shared.iter().filter_map(|((first, second), shared)| {
            let (first, second) = (named(first)?, named(second)?);
            let smaller = first.height().min(second.height());
            (shared * 2 > smaller).then_some((first, second, *shared))
        });
        let told = |(first, second, shared): (&Export, &Export, usize)| {
            let newer = self.newer(first, second);
            let message = format!(
                "{} and {} are exports of the same {things}: {shared} of them stand in both. One \
                 is old or wrong, and figures of the two together would be false. {newer} Remove \
                 the one that is not to count, and run this day again.",
                without_names(&first.file),
                without_names(&second.file)
            );
            Finding::new(FindingCode::ExportsSideBySide, message)
        };
        pairs.map(told).collect()
    }

    /// Which of two files is the newer, and how that is known.
    fn newer(&self, first: &Export, second: &Export) -> String {
        let of_rows = |export: &Export| self.newest_time(export);
        let of_files = |export: &Export| export.changed_at.map(DateTime::<Utc>::from);
        let by = |how: &str, zone: &str, time: &dyn Fn(&Export) -> Option<DateTime<Utc>>| {
            // Files that were copied together differ by seconds.
            let printed = |time: DateTime<Utc>| time.format("%-d %B %Y, %H:%M").to_string();
            let (mut late, mut early) = ((time(first)?, first), (time(second)?, second));
            if late.0 < early.0 {
                std::mem::swap(&mut late, &mut early);
            }
            let (at, other) = (printed(late.0), printed(early.0));
            let newer = without_names(&late.1.file);
            (at != other).then(|| {
                format!("By {how}, {newer} is the newer ({at}{zone}; the other {other}{zone}).")
            })
        };
        by("the newest time in them", "", &of_rows)
            .or_else(|| by("when the files were last changed", " UTC", &of_files))
            .unwrap_or_else(|| {
                "Which is the newer cannot be told: neither the times in them nor those of the \
                 files differ."
                    .to_owned()
            })
    }

    /// The newest time in a file.
    fn newest_time(&self, export: &Export) -> Option<DateTime<Utc>> {
        let times = self.rows.column(self.times?).ok()?.datetime().ok()?;
        let is_of_file = |row| {
            let origin = self.rows.origin(row);
            origin.is_some_and(|origin| origin.file == export.file)
        };
        let of_file = (0..).zip(times.physical().iter());
        let of_file = of_file.filter(|(row, _)| is_of_file(*row));
        DateTime::from_timestamp_millis(of_file.filter_map(|(_, time)| time).max()?)
    }
}

fn cells_of<'c>(columns: &[&'c Column], row: IdxSize) -> PolarsResult<Vec<AnyValue<'c>>> {
    let cells = columns.iter().map(|column| column.get(row as usize));
    cells.collect()
}
