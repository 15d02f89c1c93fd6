//! Reads the workbook of a finished message, by other code than wrote it, and holds every row of it against the organisation.

mod beside;
mod letter;
mod reader;
mod tab;

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;

pub(super) use self::letter::{Letter, OwnItem};
use self::reader::{Book, Unreadable};
use self::tab::Tab;
use super::forbidden_text::ForbiddenTexts;
use super::roster::Roster;
use super::violation::Violation;
use crate::domain::SubjectLines;

/// A sheet that the workbook must have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedSheet<'a> {
    /// The name on its tab. What does not fit it goes on on “Users (2)”.
    pub name: String,
    /// The rows of its table.
    pub rows: usize,
    /// The mailbox of each row, in any order, in the sheet that lists all there is.
    pub mailboxes: Option<Vec<Cow<'a, str>>>,
    /// What stands above its charts.
    pub chart_titles: Vec<&'static str>,
    /// Where letters are filled from its rows: what may stand in each, by mailbox.
    pub letters: Option<HashMap<Cow<'a, str>, Letter<'a>>>,
}

/// What a workbook is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contents<'a> {
    pub(super) roster: &'a Roster,
    pub(super) sheets: &'a [ExpectedSheet<'a>],
    pub(super) subject_lines: SubjectLines,
    /// Subject lines of the exports: where they are withheld, no cell says one.
    pub(super) must_not_appear: &'a ForbiddenTexts,
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

fn check_sheets(
    xlsx: &[u8],
    expected: Contents<'_>,
    found: &mut Vec<Violation>,
) -> Result<(), Unreadable> {
    let charts = expected.sheets.iter().flat_map(|sheet| &sheet.chart_titles);
    let book = Book::read(xlsx)?;
    beside::check(xlsx, &book, &charts.copied().collect::<Vec<_>>())?;
    let is_withheld = expected.subject_lines == SubjectLines::Withheld;
    if is_withheld
        && book
            .texts()
            .any(|text| expected.must_not_appear.occur_in(text))
    {
        found.push(Violation::SubjectLineInWorkbook);
    }
    let mut tabs_of_sheets: Vec<Vec<Tab<'_>>> =
        expected.sheets.iter().map(|_| Vec::new()).collect();
    for worksheet in &book.worksheets {
        let mut known = expected.sheets.iter().zip(&mut tabs_of_sheets);
        let known = known.find(|(sheet, _)| is_part_of(&worksheet.name, &sheet.name));
        let tab = known.and_then(|(sheet, tabs)| Some((Tab::new(&book, worksheet, sheet)?, tabs)));
        match tab {
            Some((tab, tabs)) => tabs.push(tab),
            None => found.push(Violation::WorkbookSheetUnexpected),
        }
    }
    let mut of_sheets = Vec::new();
    for (sheet, tabs) in expected.sheets.iter().zip(&tabs_of_sheets) {
        for tab in tabs {
            check_tab(tab, expected, found);
        }
        let rows = tabs.iter().map(Tab::height).sum();
        let mailboxes: Vec<&str> = tabs.iter().flat_map(Tab::mailboxes).collect();
        if tabs.is_empty() {
            of_sheets.push(Violation::WorkbookSheetMissing(sheet.name.clone()));
        } else if rows != sheet.rows {
            of_sheets.push(Violation::WorkbookRows {
                sheet: sheet.name.clone(),
                rows,
                expected: sheet.rows,
            });
        } else if let Some(expected) = &sheet.mailboxes
            && !are_the_same(expected, &mailboxes)
        {
            of_sheets.push(Violation::WorkbookNotComplete(sheet.name.clone()));
        }
    }
    found.extend(of_sheets);
    Ok(())
}

/// Whether both name the same mailboxes, each as often.
fn are_the_same(expected: &[Cow<'_, str>], found: &[&str]) -> bool {
    let mut left: HashMap<&str, usize, RandomState> = HashMap::default();
    for mailbox in expected {
        *left.entry(mailbox).or_default() += 1;
    }
    let mut takes = |mailbox: &&str| {
        let left = left.get_mut(*mailbox).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    };
    expected.len() == found.len() && found.iter().all(&mut takes)
}

/// Whether a tab is a sheet, or one that goes on with it: “Users”, “Users (2)”.
fn is_part_of(tab: &str, sheet: &str) -> bool {
    let Some(rest) = tab.strip_prefix(sheet) else {
        return false;
    };
    let number = rest
        .strip_prefix(" (")
        .and_then(|rest| rest.strip_suffix(')'));
    let is_digits = |number: &str| number.bytes().all(|byte| byte.is_ascii_digit());
    rest.is_empty() || number.is_some_and(|number| !number.is_empty() && is_digits(number))
}

fn check_tab(tab: &Tab<'_>, expected: Contents<'_>, found: &mut Vec<Violation>) {
    found.extend(tab.foreign(expected.roster));
    if tab.quotes_subject_line() {
        if expected.subject_lines == SubjectLines::Withheld {
            found.push(Violation::SubjectLineNotWithheld);
        }
        if !expected.may_quote_subject_lines {
            found.push(Violation::SubjectLinesUnprotected);
        }
    }
    found.extend(tab.foreign_address(expected.roster));
}

#[cfg(test)]
mod tests;
