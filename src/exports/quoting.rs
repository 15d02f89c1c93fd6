//! Headings, fit for sentences.

use crate::domain::invisible::excerpt;
use crate::sheets::Sheet;

/// The heading of a column as it stands in the file; empty where it has none.
pub(super) fn heading(sheet: &Sheet, column: usize) -> &str {
    sheet.headings().get(column).map_or("", String::as_str)
}

/// The headings of columns, for a sentence.
pub(super) fn listed(sheet: &Sheet, columns: &[usize]) -> String {
    let headings = columns.iter().map(|column| quoted(sheet, *column));
    headings.collect::<Vec<_>>().join(", ")
}

/// A heading, fit for a sentence: not long, and nothing that slipped among the headings from a row.
#[must_use]
pub fn quoted(sheet: &Sheet, column: usize) -> String {
    match may_be_a_row(sheet) || heading(sheet, column).is_empty() {
        true => format!("column {}", column + 1),
        false => format!("“{}”", excerpt(heading(sheet, column), 60)),
    }
}

/// Whether the headings may be a row of somebody's: an address is among them, or no row has their
/// width.
fn may_be_a_row(sheet: &Sheet) -> bool {
    let has_address = sheet.headings().iter().any(|heading| heading.contains('@'));
    has_address || (sheet.height() == 0 && !sheet.misshapen.is_empty())
}
