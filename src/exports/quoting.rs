//! Headings, fit for sentences.

use crate::domain::invisible::excerpt;
use crate::sheets::Sheet;

/// The heading of a column as it stands in the file; empty where it has none.
pub(super) fn heading(sheet: &Sheet, column: usize) -> &str {
    sheet.headings().get(column).map_or("", String::as_str)
}

/// The headings of columns, for a sentence.
pub(super) fn listed(sheet: &Sheet, columns: &[usize]) -> String {
    let headings = columns.iter().map(|column| heading(sheet, *column));
    let headings: Vec<String> = headings
        .map(|heading| format!("“{}”", printable_heading(heading)))
        .collect();
    headings.join(", ")
}

/// A heading, fit for a sentence: not long, and not an address that slipped among the headings from
/// a row.
pub(super) fn printable_heading(heading: &str) -> String {
    if heading.contains('@') {
        return "(an address)".to_owned();
    }
    excerpt(heading, 60)
}
