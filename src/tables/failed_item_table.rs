use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use super::column::{count_column, day_column, moment_column, text_column};
use super::row_reader::read_rows;
use super::{Rules, columns, figures};
use crate::domain::Finding;
use crate::exports::{Export, Field};

/// A row an item that did not migrate, sorted by mailbox, then as exported; see [`columns`] for what a row holds.
///
/// Made only by validation: each item is of a mailbox of the organisation.
#[derive(Debug, Clone)]
pub struct FailedItemTable(DataFrame);

impl FailedItemTable {
    /// The table, for questions to be asked of it.
    #[must_use]
    pub fn frame(&self) -> &DataFrame {
        &self.0
    }
}

/// The cells of one row.
struct Row<'a> {
    mailbox: String,
    collection: Option<&'a str>,
    display_name: Option<&'a str>,
    folder: Option<&'a str>,
    subject: Option<&'a str>,
    item_kind: Option<&'a str>,
    item_date: Option<NaiveDate>,
    size_bytes: Option<i64>,
    error_code: Option<&'a str>,
    error_text: Option<&'a str>,
    failed_at: Option<NaiveDateTime>,
}

/// Reads the failed-item exports of one organisation.
pub(super) fn read(exports: &[Export], rules: Rules<'_>, findings: &mut Vec<Finding>) -> PolarsResult<FailedItemTable> {
    let mut rows = read_rows(exports, rules, findings, |reader, _, export| {
        let unit = export.layout.unit(reader.heading(Field::SizeBytes));
        Row {
            mailbox: reader.mailbox(rules),
            collection: reader.text(Field::Collection),
            display_name: reader.text(Field::User),
            folder: reader.text(Field::Folder),
            subject: reader.text(Field::Subject),
            item_kind: reader.text(Field::ItemKind),
            item_date: reader.date(Field::ItemDate, figures::day),
            size_bytes: reader.figure(Field::SizeBytes, "this is not a size", |text| figures::size_bytes(text, unit)),
            error_code: reader.text(Field::ErrorCode),
            error_text: reader.text(Field::ErrorText),
            failed_at: reader.date(Field::FailedAt, figures::moment),
        }
    });
    rows.sort_by(|a, b| a.mailbox.cmp(&b.mailbox));
    frame(&rows).map(FailedItemTable)
}

fn frame(rows: &[Row<'_>]) -> PolarsResult<DataFrame> {
    DataFrame::new(
        rows.len(),
        vec![
            text_column(columns::MAILBOX, rows.iter().map(|row| Some(row.mailbox.as_str()))),
            text_column(columns::COLLECTION, rows.iter().map(|row| row.collection)),
            text_column(columns::DISPLAY_NAME, rows.iter().map(|row| row.display_name)),
            text_column(columns::FOLDER, rows.iter().map(|row| row.folder)),
            text_column(columns::SUBJECT, rows.iter().map(|row| row.subject)),
            text_column(columns::ITEM_KIND, rows.iter().map(|row| row.item_kind)),
            day_column(columns::ITEM_DATE, rows.iter().map(|row| row.item_date))?,
            count_column(columns::SIZE_BYTES, rows.iter().map(|row| row.size_bytes)),
            text_column(columns::ERROR_CODE, rows.iter().map(|row| row.error_code)),
            text_column(columns::ERROR_TEXT, rows.iter().map(|row| row.error_text)),
            moment_column(columns::FAILED_AT, rows.iter().map(|row| row.failed_at))?,
        ],
    )
}
