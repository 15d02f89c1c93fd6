//! Rows of a register that are not as wide as its headings.

use std::path::Path;

use super::super::Mistake;
use super::{FaultyRow, may_be_missing};
use crate::domain::OrganisationCode;
use crate::domain::plural::count_of;
use crate::sheets::{MisshapenRow, RowFault, Sheet};

/// Whether a row only lacks cells at its end, of columns that a register may be without: Excel leaves
/// blank ones out, and so does whoever adds such a column by hand.
pub(super) fn is_short(sheet: &Sheet, row: &MisshapenRow) -> bool {
    let RowFault::Cells(cells) = row.fault else {
        return false;
    };
    let lacking = sheet.headings().get(cells..).unwrap_or_default();
    let may_lack = lacking.iter().all(|heading| may_be_missing(heading));
    !lacking.is_empty() && may_lack && Some(row.line) != sheet.cut_off_at
}

/// A row that cannot be told into cells, of which the organisation is known where its code comes
/// first.
pub(super) fn broken_row(sheet: &Sheet, path: &Path, row: &MisshapenRow) -> FaultyRow {
    let is_first = sheet.column("code") == Some(0);
    let code = OrganisationCode::parse(sheet.cell_before_fault(row, 0)).ok();
    FaultyRow {
        code: code.filter(|_| is_first),
        mistakes: vec![Mistake::new(
            path,
            Some(row.line),
            None,
            what_is_wrong(sheet, row),
        )],
    }
}

fn what_is_wrong(sheet: &Sheet, row: &MisshapenRow) -> String {
    let width = sheet.headings().len();
    match row.fault {
        _ if Some(row.line) == sheet.cut_off_at => CUT_OFF.to_owned(),
        RowFault::Cells(cells) if cells < width => format!(
            "the row has {} where the headings are {width}: add a delimiter for each blank cell, also \
             of a column that was added",
            count_of(cells, "cell")
        ),
        RowFault::Cells(cells) => format!(
            "the row has {} where the headings are {width}: look for a surplus delimiter; several \
             addresses of one cell are separated by ;, or stand in quotation marks",
            count_of(cells, "cell")
        ),
        RowFault::TextAfterQuote(cell) => format!(
            "text follows the closing quotation mark of cell {cell}: those within a cell are doubled"
        ),
    }
}

const CUT_OFF: &str = "the file ends in the middle of this row: save it again";

/// The last row, where the file ends inside quotation marks: it has no cells.
pub(super) fn cut_off_row(sheet: &Sheet, path: &Path) -> Option<FaultyRow> {
    let is_told = |line: &u32| sheet.misshapen.iter().any(|row| row.line == *line);
    let line = sheet.cut_off_at.filter(|line| !is_told(line))?;
    Some(FaultyRow {
        code: None,
        mistakes: vec![Mistake::new(path, Some(line), None, CUT_OFF)],
    })
}
