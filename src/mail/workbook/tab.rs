//! One worksheet of a workbook, the table in it, and what must not stand there.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use super::ExpectedSheet;
use super::letter::{self, Letter};
use super::reader::{Book, WrittenWorksheet};
use crate::mail::roster::Roster;
use crate::mail::violation::Violation;

const MAILBOX: &str = "Source mailbox";
const USER: &str = "User";
/// The column that quotes subject lines, a cell each.
const SUBJECT_LINE: &str = "Subject line";
/// The column of a letter's words.
const PARAGRAPH: &str = "Paragraph";

/// Rows with something in them among which the headings are: titles may stand above them.
const POSSIBLE_HEADINGS: usize = 20;

/// Stand in place of a subject line and quote none.
const NO_SUBJECT_LINE: [&str; 3] = ["Withheld", "No subject", "–"];

/// A worksheet and the table in it, which begins with the first of the widest rows near the top.
pub(super) struct Tab<'a> {
    book: &'a Book,
    worksheet: &'a WrittenWorksheet,
    /// The sheet that it is, or goes on with.
    sheet: &'a ExpectedSheet<'a>,
    headings: Vec<&'a str>,
    mailbox_column: Option<usize>,
    /// The row of the headings, among those of the worksheet.
    heading_row: usize,
    /// The rows below it that are not blank under the headings, less one that says there is none.
    rows: Vec<usize>,
}

impl<'a> Tab<'a> {
    /// `None` where the worksheet is blank.
    pub(super) fn new(
        book: &'a Book,
        worksheet: &'a WrittenWorksheet,
        sheet: &'a ExpectedSheet<'a>,
    ) -> Option<Self> {
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
        let headings: Vec<&str> = (0..widest).map(heading).collect();
        let holds = |row: &usize| {
            let mut cells = worksheet.cells(*row).iter().take(widest);
            cells.any(|cell| !book.is_blank(*cell))
        };
        let below = heading_row + 1..worksheet.height();
        let mut tab = Self {
            book,
            worksheet,
            sheet,
            mailbox_column: headings.iter().position(|heading| *heading == MAILBOX),
            headings,
            heading_row,
            rows: below.filter(holds).collect(),
        };
        if sheet.rows == 0 && tab.is_none() {
            tab.rows.clear();
        }
        Some(tab)
    }

    /// How many rows the table has.
    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    /// The mailbox of each row, where rows name one.
    pub(super) fn mailboxes(&self) -> impl Iterator<Item = &'a str> {
        let column = self.mailbox_column.into_iter();
        column.flat_map(move |column| (0..self.height()).map(move |row| self.cell(row, column)))
    }

    /// Whether a row says a subject line.
    pub(super) fn quotes_subject_line(&self) -> bool {
        let is_quoted = |cell: &str| !NO_SUBJECT_LINE.contains(&cell);
        self.has(SUBJECT_LINE, is_quoted)
            || (self.sheet.letters.is_some() && self.has(PARAGRAPH, letter::quotes))
    }

    /// What stands in it that is not this organisation's, or not its mailbox's.
    pub(super) fn foreign(&self, roster: &Roster) -> Vec<Violation> {
        let beside = || Violation::WorkbookTextBeside(self.sheet.name.clone());
        let letters = self.sheet.letters.as_ref();
        let letters = letters.map(|letters| self.foreign_in_letters(letters, roster));
        let own = |row| self.mailbox(row);
        let found = [
            self.has_text_beside().then(beside),
            self.is_foreign_above(roster).then(|| self.address_in(1)),
            self.wrong(MAILBOX, |_, cell| roster.has_mailbox(cell)),
            self.wrong(USER, |row, cell| roster.goes_by(own(row), cell)),
            self.wrong("Collection", |_, cell| roster.has_collection(cell)),
        ];
        let found = found.into_iter().chain(letters.into_iter().flatten());
        found.flatten().collect()
    }

    /// The first address of nobody here. A row that names its mailbox may quote what that mailbox
    /// holds; any other has no business with an address.
    pub(super) fn foreign_address(&self, roster: &Roster) -> Option<Violation> {
        let is_foreign = |row: &usize| {
            let mut columns = 0..self.headings.len();
            columns.any(|column| roster.is_foreign_in(self.cell(*row, column)))
        };
        let names_none = self.mailbox_column.is_none();
        let mut rows = (0..self.height()).filter(|_| names_none);
        rows.find(is_foreign)
            .map(|row| self.address_in(self.line(row)))
    }

    /// What stands in letters that their mailboxes must not be told.
    fn foreign_in_letters(
        &self,
        letters: &HashMap<Cow<'_, str>, Letter<'_>>,
        roster: &Roster,
    ) -> [Option<Violation>; 3] {
        let letter = |row| letters.get(self.mailbox(row)?);
        let is_own_address = |row: usize, cell: &str| {
            letter(row).is_some_and(|letter| letter.addresses.iter().any(|own| own == cell))
        };
        let is_own_item =
            |row: usize, item: &str| letter(row).is_some_and(|letter| letter.may_name(item));
        [
            self.wrong("Send to", is_own_address),
            self.wrong("Greeting", |row, cell| self.greets(row, cell, roster)),
            self.wrong(PARAGRAPH, |row, cell| {
                letter::lines(cell).all(|line| match line {
                    letter::LetterLine::Item(item) => is_own_item(row, item),
                    letter::LetterLine::Words(words) => !roster.is_foreign_in(words),
                })
            }),
        ]
    }

    /// Whether a greeting is of the row's user, or of no one by name.
    fn greets(&self, row: usize, greeting: &str, roster: &Roster) -> bool {
        let name = greeting.strip_prefix("Dear ");
        let Some(name) = name.and_then(|name| name.strip_suffix(',')) else {
            return false;
        };
        // What stands in brackets behind a name is left out of a greeting.
        let is_shortened = || {
            let user = self.column(USER);
            let whole = user.map_or("", |user| self.cell(row, user));
            let rest = whole.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(" ("))
                && roster.goes_by(self.mailbox(row), whole)
        };
        name == "colleague" || roster.goes_by(self.mailbox(row), name) || is_shortened()
    }

    /// How many cells of a column are not right, and where the first is.
    fn wrong(
        &self,
        heading: &'static str,
        is_right: impl Fn(usize, &str) -> bool,
    ) -> Option<Violation> {
        let column = self.column(heading)?;
        let is_wrong = |row: &usize| !is_right(*row, self.cell(*row, column));
        let mut wrong = (0..self.height()).filter(is_wrong);
        let first = wrong.next()?;
        Some(Violation::WorkbookForeign {
            sheet: self.sheet.name.clone(),
            heading,
            cells: 1 + wrong.count(),
            row: self.line(first),
        })
    }

    /// Whether an address of nobody here stands above the table or in its headings.
    fn is_foreign_above(&self, roster: &Roster) -> bool {
        let cells = (0..=self.heading_row).flat_map(|row| self.worksheet.cells(row));
        let mut texts = cells.map(|cell| self.book.text(*cell));
        texts.any(|text| roster.is_foreign_in(text))
    }

    fn address_in(&self, row: u32) -> Violation {
        let sheet = self.sheet.name.clone();
        Violation::WorkbookAddress { sheet, row }
    }

    fn has(&self, heading: &str, is_so: impl Fn(&str) -> bool) -> bool {
        let column = self.column(heading);
        column.is_some_and(|column| (0..self.height()).any(|row| is_so(self.cell(row, column))))
    }

    fn mailbox(&self, row: usize) -> Option<&'a str> {
        self.mailbox_column.map(|column| self.cell(row, column))
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
        below.into_iter().any(is_beside) || (0..self.height()).any(again)
    }
}
