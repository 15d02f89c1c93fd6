use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use super::column::{
    CountColumn, DayColumn, MomentColumn, TextColumn, count_column, day_column, joined,
    milliseconds_since_1970, moment_column, table,
};
use super::mailbox_order::{Sequence, for_each_mailbox};
use super::row_reader::{RowReader, TableRows, read_rows, unit_of};
use super::{Rules, columns, figures};
use crate::domain::Finding;
use crate::exports::{Export, Field, Unit};

/// A row an item that did not migrate, sorted by mailbox, then as exported; see [`columns`] for
/// what a row holds.
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
    mailbox: Cow<'a, str>,
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

/// Rows while they are read.
struct FailedItemRows<'a> {
    unit: Unit,
    sequence: Sequence<'a>,
    mailbox: TextColumn,
    collection: TextColumn,
    display_name: TextColumn,
    folder: TextColumn,
    subject: TextColumn,
    item_kind: TextColumn,
    item_date: DayColumn,
    size_bytes: CountColumn,
    error_code: TextColumn,
    error_text: TextColumn,
    failed_at: MomentColumn,
}

/// Rows that have been read.
struct Part<'a> {
    sequence: Sequence<'a>,
    /// The first is that of mailboxes.
    columns: Vec<Column>,
}

impl<'a> TableRows<'a> for FailedItemRows<'a> {
    type Row = Row<'a>;
    type Part = Part<'a>;

    fn of(export: &'a Export, rows: usize) -> Self {
        let text = |name| TextColumn::new(name, rows);
        Self {
            unit: unit_of(export, Field::SizeBytes),
            sequence: Sequence::default(),
            mailbox: text(columns::MAILBOX),
            collection: text(columns::COLLECTION),
            display_name: text(columns::DISPLAY_NAME),
            folder: text(columns::FOLDER),
            subject: text(columns::SUBJECT),
            item_kind: text(columns::ITEM_KIND),
            item_date: day_column(columns::ITEM_DATE, rows),
            size_bytes: count_column(columns::SIZE_BYTES, rows),
            error_code: text(columns::ERROR_CODE),
            error_text: text(columns::ERROR_TEXT),
            failed_at: moment_column(columns::FAILED_AT, rows),
        }
    }

    fn read(&mut self, reader: &mut RowReader<'a>) -> Row<'a> {
        let unit = self.unit;
        Row {
            mailbox: reader.mailbox(),
            collection: reader.text(Field::Collection),
            display_name: reader.text(Field::User),
            folder: reader.text(Field::Folder),
            subject: reader.text(Field::Subject),
            item_kind: reader.text(Field::ItemKind),
            item_date: reader.day(Field::ItemDate),
            size_bytes: reader.figure(Field::SizeBytes, "this is not a size", |text| {
                figures::size_bytes(text, unit)
            }),
            error_code: reader.text(Field::ErrorCode),
            error_text: reader.text(Field::ErrorText),
            failed_at: reader.moment(Field::FailedAt),
        }
    }

    fn keep(&mut self, row: Row<'a>, _line: u32) {
        self.mailbox.push(Some(&row.mailbox));
        self.collection.push(row.collection);
        self.display_name.push(row.display_name);
        self.folder.push(row.folder);
        self.subject.push(row.subject);
        self.item_kind.push(row.item_kind);
        self.item_date
            .push(row.item_date.map(|day| day.to_epoch_days()));
        self.size_bytes.push(row.size_bytes);
        self.error_code.push(row.error_code);
        self.error_text.push(row.error_text);
        self.failed_at
            .push(row.failed_at.map(milliseconds_since_1970));
        self.sequence.push(row.mailbox);
    }

    fn finish(self) -> PolarsResult<Part<'a>> {
        let columns = vec![
            self.mailbox.finish()?,
            self.collection.finish()?,
            self.display_name.finish()?,
            self.folder.finish()?,
            self.subject.finish()?,
            self.item_kind.finish()?,
            self.item_date.finish()?,
            self.size_bytes.finish()?,
            self.error_code.finish()?,
            self.error_text.finish()?,
            self.failed_at.finish()?,
        ];
        Ok(Part {
            sequence: self.sequence,
            columns,
        })
    }
}

/// Reads the failed-item exports of one organisation.
pub(super) fn read(
    exports: &[Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<FailedItemTable> {
    let parts = read_rows::<FailedItemRows<'_>>(exports, rules, findings)?;
    let mut sequence = Sequence::default();
    let mut columns = Vec::with_capacity(parts.len());
    for part in parts {
        sequence.append(part.sequence);
        columns.push(part.columns);
    }
    let mut order = None;
    if !sequence.is_in_order() {
        let mailboxes = joined(
            columns
                .iter()
                .filter_map(|columns| columns.first().cloned())
                .collect(),
        )?;
        let mut rows_in_order = Vec::with_capacity(mailboxes.len());
        for_each_mailbox(mailboxes.str()?, |rows| {
            rows_in_order.extend_from_slice(rows)
        });
        order = Some(rows_in_order);
    }
    table(columns, order).map(FailedItemTable)
}
