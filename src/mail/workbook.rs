//! Reads the workbook of a finished message, by other code than wrote it, and holds every row of it against the organisation.

mod beside;
mod letter;
mod reader;

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;

pub(super) use self::letter::{Letter, OwnItem};
use self::reader::{Book, Unreadable, WrittenWorksheet};
use super::forbidden_text::ForbiddenTexts;
use super::roster::Roster;
use super::violation::Violation;
use crate::domain::SubjectLines;

const MAILBOX: &str = "Source mailbox";
/// The column that quotes subject lines, a cell each.
const SUBJECT_LINE: &str = "Subject line";
/// The column of a letter's words.
const PARAGRAPH: &str = "Paragraph";

/// Rows with something in them among which the headings are: titles may stand above them.
const POSSIBLE_HEADINGS: usize = 20;

/// Stand in place of a subject line and quote none.
const NO_SUBJECT_LINE: [&str; 3] = ["Withheld", "No subject", "–"];

/// A sheet that the workbook must have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedSheet {
    /// The name on its tab. What does not fit it goes on on “Users (2)”.
    pub name: String,
    /// The rows of its table.
    pub rows: usize,
    /// The mailbox of each row, in any order, in the sheet that lists all there is.
    pub mailboxes: Option<Vec<String>>,
    /// What stands above its charts.
    pub chart_titles: Vec<&'static str>,
    /// Where letters are filled from its rows: what may stand in each, by mailbox.
    pub letters: Option<HashMap<String, Letter>>,
}

/// What a workbook is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contents<'a> {
    pub(super) roster: &'a Roster,
    pub(super) sheets: &'a [ExpectedSheet],
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

fn quotes(cell: &str) -> bool {
    !NO_SUBJECT_LINE.contains(&cell)
}

/// A worksheet and the table in it, which begins with the first of the widest rows near the top.
struct Tab<'a> {
    book: &'a Book,
    worksheet: &'a WrittenWorksheet,
    headings: Vec<&'a str>,
    /// The row of the headings, among those of the worksheet.
    heading_row: usize,
    /// The rows below it that are not blank under the headings.
    rows: Vec<usize>,
}

impl<'a> Tab<'a> {
    /// `None` where the worksheet is blank.
    fn new(book: &'a Book, worksheet: &'a WrittenWorksheet) -> Option<Self> {
        let width = |row: usize| {
            let mut cells = worksheet.cells(row).iter();
            let last = cells.rposition(|cell| !book.is_blank(*cell));
            last.map_or(0, |last| last + 1)
        };
        let widths = (0..worksheet.height()).map(|row| (width(row), Reverse(row)));
        let near_the_top = widths
            .filter(|(width, _)| *width > 0)
            .take(POSSIBLE_HEADINGS);
        let (widest, Reverse(heading_row)) = near_the_top.max()?;
        let heading = |column| book.text(worksheet.cell(heading_row, column)).trim();
        let holds = |row: &usize| {
            let mut cells = worksheet.cells(*row).iter().take(widest);
            cells.any(|cell| !book.is_blank(*cell))
        };
        let below = heading_row + 1..worksheet.height();
        Some(Self {
            book,
            worksheet,
            headings: (0..widest).map(heading).collect(),
            heading_row,
            rows: below.filter(holds).collect(),
        })
    }

    fn cell(&self, row: usize, column: usize) -> &'a str {
        let row = self.rows.get(row);
        row.map_or("", |row| self.book.text(self.worksheet.cell(*row, column)))
    }

    fn line(&self, row: usize) -> u32 {
        let row = self.rows.get(row);
        row.map_or(0, |row| self.worksheet.line(*row))
    }

    fn column(&self, heading: &str) -> Option<usize> {
        self.headings.iter().position(|found| *found == heading)
    }

    /// Whether the table has no rows, and one that says so.
    fn is_none(&self) -> bool {
        let says = |column| if column == 0 { "None" } else { "–" };
        self.rows.len() == 1
            && (0..self.headings.len()).all(|column| self.cell(0, column) == says(column))
    }

    /// Whether a cell stands beside the table, or its headings stand again.
    fn has_text_beside(&self) -> bool {
        let width = self.headings.len();
        let below = self.heading_row..self.worksheet.height();
        let is_beside = |row| {
            let mut cells = self.worksheet.cells(row).iter().skip(width);
            cells.any(|cell| !self.book.is_blank(*cell))
        };
        let again = |row: usize| {
            let mut headings = self.headings.iter().enumerate();
            headings.all(|(column, heading)| self.cell(row, column).trim() == *heading)
        };
        below.into_iter().any(is_beside) || (0..self.rows.len()).any(again)
    }
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
        match (known, Tab::new(&book, worksheet)) {
            (Some((_, tabs)), Some(tab)) => tabs.push(tab),
            _ => found.push(Violation::WorkbookSheetUnexpected),
        }
    }
    let mut of_sheets = Vec::new();
    for (sheet, tabs) in expected.sheets.iter().zip(&tabs_of_sheets) {
        let (mut rows, mut mailboxes) = (0, Vec::new());
        for tab in tabs {
            // A table without rows has one that says so.
            let height = match sheet.rows == 0 && tab.is_none() {
                true => 0,
                false => tab.rows.len(),
            };
            rows += height;
            check_tab(sheet, tab, height, expected, found);
            if let Some(column) = tab.column(MAILBOX) {
                mailboxes.extend((0..height).map(|row| tab.cell(row, column)));
            }
        }
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
fn are_the_same(expected: &[String], found: &[&str]) -> bool {
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

fn check_tab(
    sheet: &ExpectedSheet,
    tab: &Tab<'_>,
    height: usize,
    expected: Contents<'_>,
    found: &mut Vec<Violation>,
) {
    let (roster, name) = (expected.roster, sheet.name.as_str());
    if tab.has_text_beside() {
        found.push(Violation::WorkbookTextBeside(name.to_owned()));
    }
    let above = (0..=tab.heading_row).flat_map(|row| tab.worksheet.cells(row));
    if above
        .map(|cell| tab.book.text(*cell))
        .any(|text| roster.is_foreign_in(text))
    {
        found.push(Violation::WorkbookAddress {
            sheet: name.to_owned(),
            row: 1,
        });
    }
    let mailbox_column = tab.column(MAILBOX);
    let mailbox = |row| mailbox_column.map(|column| tab.cell(row, column));
    let mut check = |heading: &'static str, is_right: &dyn Fn(usize, &str) -> bool| {
        let Some(column) = tab.column(heading) else {
            return;
        };
        let mut wrong = (0..height).filter(|&row| !is_right(row, tab.cell(row, column)));
        if let Some(first) = wrong.next() {
            let cells = 1 + wrong.count();
            found.push(Violation::WorkbookForeign {
                sheet: name.to_owned(),
                heading,
                cells,
                row: tab.line(first),
            });
        }
    };
    check(MAILBOX, &|_, cell| roster.has_mailbox(cell));
    check("User", &|row, cell| roster.goes_by(mailbox(row), cell));
    check("Collection", &|_, cell| roster.has_collection(cell));
    if let Some(letters) = &sheet.letters {
        let may = |row: usize, is_so: &dyn Fn(&Letter) -> bool| {
            let letter = mailbox(row).and_then(|mailbox| letters.get(mailbox));
            letter.is_some_and(is_so)
        };
        check("Send to", &|row, cell| {
            may(row, &|letter| {
                letter.addresses.iter().any(|own| own == cell)
            })
        });
        let user = tab.column("User");
        check("Greeting", &|row, cell| {
            let name = cell
                .strip_prefix("Dear ")
                .and_then(|name| name.strip_suffix(','));
            // What stands in brackets behind a name is left out of a greeting.
            let is_called = |name: &str| {
                let whole = user.map_or("", |user| tab.cell(row, user));
                let rest = whole.strip_prefix(name);
                rest.is_some_and(|rest| rest.starts_with(" ("))
                    && roster.goes_by(mailbox(row), whole)
            };
            name.is_some_and(|name| {
                name == "colleague" || roster.goes_by(mailbox(row), name) || is_called(name)
            })
        });
        check(PARAGRAPH, &|row, cell| {
            letter::lines(cell).all(|line| match line {
                letter::Line::Item(item) => may(row, &|letter| letter.may_name(item)),
                letter::Line::Words(words) => !roster.is_foreign_in(words),
            })
        });
    }
    let has = |heading, is_so: &dyn Fn(&str) -> bool| {
        let column = tab.column(heading);
        column.is_some_and(|column| (0..height).any(|row| is_so(tab.cell(row, column))))
    };
    let is_letter = sheet.letters.is_some();
    if has(SUBJECT_LINE, &quotes) || (is_letter && has(PARAGRAPH, &letter::quotes)) {
        if expected.subject_lines == SubjectLines::Withheld {
            found.push(Violation::SubjectLineNotWithheld);
        }
        if !expected.may_quote_subject_lines {
            found.push(Violation::SubjectLinesUnprotected);
        }
    }
    // A row that names its mailbox may quote what that mailbox holds. Any other has no business
    // with an address.
    if mailbox_column.is_none() {
        let is_foreign = |row: &usize| {
            (0..tab.headings.len()).any(|column| roster.is_foreign_in(tab.cell(*row, column)))
        };
        if let Some(row) = (0..height).find(is_foreign) {
            found.push(Violation::WorkbookAddress {
                sheet: name.to_owned(),
                row: tab.line(row),
            });
        }
    }
}

#[cfg(test)]
mod tests;
