use polars::prelude::*;

use super::column::{CellKind, ColumnDeclaration};
use super::rows::TableRows;
use super::side_by_side::SideBySide;
use super::{Rules, ValidTable, columns};
use crate::domain::Finding;
use crate::exports::{Export, Field};

/// What is read of a failed-item export.
const COLUMNS: &[ColumnDeclaration] = &[
    CellKind::Mailbox.column(columns::MAILBOX, Field::SourceMailbox),
    CellKind::Text.column(columns::COLLECTION, Field::Collection),
    CellKind::Text.column(columns::DISPLAY_NAME, Field::User),
    CellKind::Text.column(columns::FOLDER, Field::Folder),
    CellKind::Text.column(columns::SUBJECT, Field::Subject),
    CellKind::Text.column(columns::ITEM_KIND, Field::ItemKind),
    CellKind::IsSetting.column(columns::IS_SETTING, Field::ItemKind),
    CellKind::Day.column(columns::ITEM_DATE, Field::ItemDate),
    CellKind::Size.column(columns::SIZE_BYTES, Field::SizeBytes),
    CellKind::Text.column(columns::ERROR_CODE, Field::ErrorCode),
    CellKind::Text.column(columns::ERROR_TEXT, Field::ErrorText),
    CellKind::Moment.column(columns::FAILED_AT, Field::FailedAt),
];

/// Reads the failed-item exports of one organisation.
pub(super) fn read(
    exports: &[Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<ValidTable> {
    let rows = TableRows::read(exports, COLUMNS, rules, findings)?;
    let by_mailbox = rows.by_mailbox()?;
    let times = Some(columns::FAILED_AT);
    let side_by_side = SideBySide {
        exports,
        rows: &rows,
        times,
    };
    side_by_side.check_items(&by_mailbox, findings)?;
    let order = by_mailbox.into_iter().map(|(_, row)| row).collect();
    rows.into_table(order).map(ValidTable)
}
