//! Reads the workbook of a finished message, by another implementation than the one that wrote it, and holds every row
//! of it against the organisation.

use std::collections::BTreeMap;

use super::roster::Roster;
use super::violation::Violation;
use crate::domain::SubjectLines;
use crate::sheets::{Limits, Sheet, SheetError, Workbook};

const MAILBOX: &str = "Source mailbox";
const SUBJECT_LINE: &str = "Subject line";

/// Stand in place of a subject line and quote none.
const NO_SUBJECT_LINE: [&str; 3] = ["Withheld", "No subject", "–"];

/// A sheet that the workbook must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedSheet {
    /// The name on its tab. What does not fit it goes on on “Users (2)”.
    pub name: String,
    /// The rows of its table.
    pub rows: usize,
    /// How many rows each mailbox has, in the sheet that lists all there is.
    pub rows_of_mailboxes: Option<BTreeMap<String, usize>>,
}

/// What a workbook is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contents<'a> {
    pub(super) roster: &'a Roster,
    pub(super) sheets: &'a [ExpectedSheet],
    pub(super) subject_lines: SubjectLines,
    pub(super) may_quote_subject_lines: bool,
}

/// Everything about the workbook that must not be.
pub(super) fn check(xlsx: &[u8], expected: Contents<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    if let Err(error) = check_sheets(xlsx, expected, &mut found) {
        found.push(Violation::WorkbookUnreadable(error.to_string()));
    }
    found
}

fn quotes(cell: &str) -> bool {
    !NO_SUBJECT_LINE.contains(&cell)
}

/// A worksheet as a reader of the workbook finds it.
struct Tab {
    /// The cells above the table.
    above: Vec<String>,
    sheet: Sheet,
}

/// The worksheet at a place; `None` where it is blank. Its table begins with the first of the widest rows.
fn read(workbook: &mut Workbook<'_>, place: usize) -> Result<Option<Tab>, SheetError> {
    let mut rows = workbook.possible_headings(place)?;
    let width = rows.iter().map(|row| row.headings().len()).max().unwrap_or(0);
    let Some(start) = rows.iter().position(|row| row.headings().len() == width) else { return Ok(None) };
    rows.truncate(start + 1);
    let Some(headings) = rows.pop() else { return Ok(None) };
    let above = rows.iter().flat_map(|row| row.headings().iter().cloned()).collect();
    Ok(Some(Tab { above, sheet: workbook.read(headings)? }))
}

fn check_sheets(xlsx: &[u8], expected: Contents<'_>, found: &mut Vec<Violation>) -> Result<(), SheetError> {
    let mut workbook = Workbook::open(xlsx, Limits::default())?;
    let mut rows_of_sheets = vec![None; expected.sheets.len()];
    let mut rows_of_mailboxes: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new(); expected.sheets.len()];
    for place in 0..workbook.worksheets() {
        let tab = read(&mut workbook, place)?;
        let name = |tab: &Tab| tab.sheet.worksheet.as_ref().map_or(String::new(), |worksheet| worksheet.name.clone());
        let Some((tab, known)) = tab.and_then(|tab| {
            let known = expected.sheets.iter().position(|sheet| is_part_of(&name(&tab), &sheet.name))?;
            Some((tab, known))
        }) else {
            found.push(Violation::WorkbookSheetUnexpected);
            continue;
        };
        let (Some(sheet), Some(rows), Some(mailboxes)) =
            (expected.sheets.get(known), rows_of_sheets.get_mut(known), rows_of_mailboxes.get_mut(known))
        else {
            continue;
        };
        // A table without rows has one that says so.
        let height = if sheet.rows == 0 && is_none(&tab.sheet) { 0 } else { tab.sheet.height() };
        *rows = Some(rows.unwrap_or(0) + height);
        check_tab(&sheet.name, &tab, height, expected, found);
        if let Some(column) = column(&tab.sheet, MAILBOX) {
            for row in 0..height {
                *mailboxes.entry(tab.sheet.raw_cell(row, column).to_owned()).or_default() += 1;
            }
        }
    }
    for ((sheet, rows), mailboxes) in expected.sheets.iter().zip(rows_of_sheets).zip(rows_of_mailboxes) {
        match rows {
            None => found.push(Violation::WorkbookSheetMissing(sheet.name.clone())),
            Some(rows) if rows != sheet.rows => {
                found.push(Violation::WorkbookRows { sheet: sheet.name.clone(), rows, expected: sheet.rows });
            }
            Some(_) if sheet.rows_of_mailboxes.as_ref().is_some_and(|expected| *expected != mailboxes) => {
                found.push(Violation::WorkbookNotComplete { sheet: sheet.name.clone() });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether a tab is a sheet, or one that goes on with it: “Users”, “Users (2)”.
fn is_part_of(tab: &str, sheet: &str) -> bool {
    let number = tab.strip_prefix(sheet).and_then(|rest| rest.strip_prefix(" (")?.strip_suffix(')'));
    tab == sheet || number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_none(sheet: &Sheet) -> bool {
    let says = |column| if column == 0 { "None" } else { "–" };
    sheet.height() == 1 && (0..sheet.headings().len()).all(|column| sheet.raw_cell(0, column) == says(column))
}

fn column(sheet: &Sheet, heading: &str) -> Option<usize> {
    sheet.headings().iter().position(|found| found == heading)
}

fn check_tab(name: &str, tab: &Tab, height: usize, expected: Contents<'_>, found: &mut Vec<Violation>) {
    let (sheet, roster) = (&tab.sheet, expected.roster);
    let is_beside = sheet.worksheet.as_ref().is_some_and(|worksheet| worksheet.cells_beside > 0);
    if is_beside || !sheet.repeated_headings.is_empty() || !sheet.misshapen.is_empty() {
        found.push(Violation::WorkbookTextBeside { sheet: name.to_owned() });
    }
    if tab.above.iter().chain(sheet.headings()).any(|text| roster.is_foreign_in(text)) {
        found.push(Violation::WorkbookAddress { sheet: name.to_owned(), row: 1 });
    }
    let mailbox_column = column(sheet, MAILBOX);
    let mailbox = |row| mailbox_column.map(|column| sheet.raw_cell(row, column));
    let mut check = |heading: &'static str, is_right: &dyn Fn(usize, &str) -> bool| {
        let Some(column) = column(sheet, heading) else { return };
        let mut wrong = (0..height).filter(|&row| !is_right(row, sheet.raw_cell(row, column)));
        if let Some(first) = wrong.next() {
            let cells = 1 + wrong.count();
            found.push(Violation::WorkbookForeign { sheet: name.to_owned(), heading, cells, row: sheet.line(first) });
        }
    };
    check(MAILBOX, &|_, cell| roster.has_mailbox(cell));
    check("User", &|row, cell| roster.goes_by(mailbox(row), cell));
    check("Collection", &|_, cell| roster.has_collection(cell));
    if let Some(column) = column(sheet, SUBJECT_LINE)
        && (0..height).any(|row| quotes(sheet.raw_cell(row, column)))
    {
        if expected.subject_lines == SubjectLines::Withheld {
            found.push(Violation::SubjectLineNotWithheld);
        }
        if !expected.may_quote_subject_lines {
            found.push(Violation::SubjectLinesUnprotected);
        }
    }
    // A row that names its mailbox may quote what that mailbox holds. Any other has no business with an address.
    if mailbox_column.is_none() {
        let is_foreign = |row: &usize| (0..sheet.headings().len()).any(|column| roster.is_foreign_in(sheet.raw_cell(*row, column)));
        if let Some(row) = (0..height).find(is_foreign) {
            found.push(Violation::WorkbookAddress { sheet: name.to_owned(), row: sheet.line(row) });
        }
    }
}

#[cfg(test)]
mod tests;
