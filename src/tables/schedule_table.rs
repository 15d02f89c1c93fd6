use polars::prelude::*;

use super::column::{CellKind, ColumnDeclaration};
use super::rows::TableRows;
use super::side_by_side::SideBySide;
use super::{Rules, ValidTable, columns};
use crate::domain::{Finding, FindingCode};
use crate::exports::{Export, Field};

/// What is read of a migration schedule.
const COLUMNS: &[ColumnDeclaration] = &[
    CellKind::Mailbox.column(columns::MAILBOX, Field::SourceMailbox),
    CellKind::Text.column(columns::DISPLAY_NAME, Field::DisplayName),
    CellKind::Text.column(columns::COLLECTION, Field::Collection),
    CellKind::Day.column(columns::SWITCH_DATE, Field::SwitchDate),
    CellKind::Phase.column(columns::PHASE, Field::Phase),
    CellKind::VipCategory.column(columns::VIP_CATEGORY, Field::VipCategory),
];

/// Reads the migration schedule of one organisation.
pub(super) fn read(
    exports: &[Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<ValidTable> {
    let rows = TableRows::read(exports, COLUMNS, rules, findings)?;
    let by_mailbox = rows.by_mailbox()?;
    let side_by_side = SideBySide {
        exports,
        rows: &rows,
        times: None,
    };
    let kept = side_by_side.one_row_each(&by_mailbox, findings, |of_one, findings| {
        keep_first_row(of_one, &rows, findings)
    });
    rows.into_table(kept).map(ValidTable)
}

/// Of the rows of one mailbox the first; the others become findings.
fn keep_first_row(
    of_one: &[(&str, IdxSize)],
    rows: &TableRows<'_>,
    findings: &mut Vec<Finding>,
) -> Option<IdxSize> {
    let ((_, first), others) = of_one.split_first()?;
    let line = rows.origin(*first)?.line;
    for (_, row) in others {
        let message = format!(
            "The mailbox of this row of the migration schedule stands on line {line} too, and that \
             row counts. Correct the schedule."
        );
        findings.push(
            rows.origin(*row)?
                .finding(FindingCode::MailboxTwice, message),
        );
    }
    Some(*first)
}
