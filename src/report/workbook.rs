use std::borrow::Cow;
use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};

use super::rounding::{fraction, printed_rate, printed_share, shown_rate, shown_share};
use super::visible::shown;
use super::wording::{NOT_REPORTED, short_day};
use crate::domain::plural::count;
use crate::domain::{FailureRate, ReportDate};

/// The name of the sheet that is printed on one page.
pub const SUMMARY: &str = "Summary";
/// The name of the sheet that says how a report is to be read.
pub(super) const GUIDE: &str = "Guide";

/// The workbook that comes with a report: every row of what the email summarises.
///
/// It is not part of the JSON model: the finished file in the archive is its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Workbook<'a> {
    /// The name of the attachment: `ZNM-overall-migration-2026-11-20.xlsx`.
    pub file_name: String,
    /// The document's title.
    pub title: String,
    /// The document's subject: whom and what it is about.
    pub subject: String,
    /// The document's author: the programme.
    pub author: String,
    /// The document's creation date; the report date, so that the same figures make the same bytes.
    pub created: ReportDate,
    /// The sheets, left to right.
    pub sheets: Vec<WorkbookSheet<'a>>,
}

/// One sheet: some lines of text, then one table, and charts of it beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkbookSheet<'a> {
    /// The name on the tab: at most 31 characters.
    pub name: String,
    /// Lines above the table, the first as a heading; none where another program reads the sheet.
    pub introduction: Vec<Line>,
    /// Charts to the right of the table, one below the other.
    pub charts: Vec<SheetChart>,
    /// Who needs it on paper.
    pub use_of: SheetUse,
    columns: Vec<WorkbookColumn>,
    /// Rows of as many cells as there are columns; may be empty.
    pub rows: Vec<Vec<Cell<'a>>>,
}

/// What a sheet is for, which decides how much of it is printed, and how high its rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetUse {
    /// To be looked things up in: whoever prints the workbook needs its first rows.
    LookUp,
    /// To be worked through, on paper too.
    Work,
    /// To be read by a program that fills letters.
    MailMerge,
}

impl<'a> WorkbookSheet<'a> {
    /// Draws a cell of each column for each of `rows`.
    pub(super) fn of<R: Copy>(
        name: &str,
        introduction: Vec<String>,
        columns: impl Iterator<Item = (WorkbookColumn, impl Fn(R) -> Cell<'a>)>,
        rows: &[R],
    ) -> Self {
        let (columns, cells): (Vec<_>, Vec<_>) = columns.unzip();
        let row = |row: &R| cells.iter().map(|cell| cell(*row)).collect();
        Self {
            name: name.to_owned(),
            introduction: introduction.into_iter().map(Line::from).collect(),
            charts: Vec::new(),
            use_of: SheetUse::LookUp,
            columns,
            rows: rows.iter().map(row).collect(),
        }
    }

    /// A sheet of cells that a test has written out.
    #[cfg(test)]
    pub(crate) fn of_cells(
        name: &str,
        introduction: Vec<String>,
        columns: Vec<WorkbookColumn>,
        rows: Vec<Vec<Cell<'a>>>,
    ) -> Self {
        assert!(rows.iter().all(|row| row.len() == columns.len()));
        Self {
            name: name.to_owned(),
            introduction: introduction.into_iter().map(Line::from).collect(),
            charts: Vec::new(),
            use_of: SheetUse::LookUp,
            columns,
            rows,
        }
    }

    /// The same without a line above its headings: a program that fills letters from a sheet takes
    /// its first row for them.
    pub(crate) fn for_mail_merge(self) -> Self {
        Self {
            introduction: Vec::new(),
            use_of: SheetUse::MailMerge,
            ..self
        }
    }

    /// The same, all of whose rows are printed.
    pub(crate) fn for_work(self) -> Self {
        Self {
            use_of: SheetUse::Work,
            ..self
        }
    }

    /// Columns, left to right: first what matters most, since a page of paper has room for some of
    /// many.
    #[must_use]
    pub fn columns(&self) -> &[WorkbookColumn] {
        &self.columns
    }
}

/// A line above a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// The name of the sheet that it leads to.
    pub to_sheet: Option<String>,
}

impl Line {
    /// A line that leads to a sheet.
    pub(super) fn to(sheet: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            to_sheet: Some(sheet.into()),
        }
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self {
            text,
            to_sheet: None,
        }
    }
}

/// A chart of columns of a table, which Excel draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetChart {
    /// What stands above it: words known when the program was built.
    pub title: &'static str,
    /// How it is drawn.
    pub kind: SheetChartKind,
    /// The sheet whose columns it draws.
    pub sheet: &'static str,
    /// The heading of the column that names its points.
    pub names: &'static str,
    /// The headings of the columns of its numbers.
    pub values: Vec<&'static str>,
    /// Which rows of the table it draws; all of them where it does not say.
    pub rows: Option<Range<usize>>,
}

impl SheetChart {
    /// Bars of a column of a sheet, or of several.
    pub(super) fn bars(
        title: &'static str,
        sheet: &'static str,
        names: &'static str,
        values: &[&'static str],
    ) -> Self {
        Self {
            title,
            kind: SheetChartKind::Bars,
            sheet,
            names,
            values: values.to_vec(),
            rows: None,
        }
    }

    /// A line over the days of a sheet, or several.
    pub(super) fn line(
        title: &'static str,
        sheet: &'static str,
        days: &'static str,
        values: &[&'static str],
    ) -> Self {
        Self {
            kind: SheetChartKind::Line,
            ..Self::bars(title, sheet, days, values)
        }
    }

    /// The same of some rows only.
    pub(super) fn of_rows(self, rows: Range<usize>) -> Self {
        Self {
            rows: Some(rows),
            ..self
        }
    }
}

/// How a [`SheetChart`] is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetChartKind {
    /// Bars from left to right, the first row on top, those of several columns below each other.
    Bars,
    /// A line over days.
    Line,
}

/// A column of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkbookColumn {
    /// The heading, unique in its sheet.
    pub heading: &'static str,
    /// The most that it is wide, in characters: longer text goes on in another line.
    pub width: f64,
    /// Whether it says what a row is about, and so stays in sight with what is to the left of it.
    pub names_row: bool,
    /// What people are offered to write into its cells, parted by commas.
    pub choices: Option<&'static str>,
}

/// A typed cell. Text is always written as text: a formula in an export stays a string.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Text from anywhere; hostile characters are already visible.
    Text(Cow<'a, str>),
    /// A text known when the program was built.
    Word(&'static str),
    /// A whole number, printed with thousands separators.
    Count(u64),
    /// A fraction between 0 and 1, printed as a percentage with one decimal.
    Share(f64),
    /// A small fraction, printed as a percentage with four decimals.
    Rate(f64),
    /// A number with one decimal, such as mebibytes.
    Decimal(f64),
    /// A day, which a spreadsheet program sorts and counts with.
    Day(NaiveDate),
    /// A moment, to the minute.
    Moment(NaiveDateTime),
    /// Unknown: printed as “Not reported”.
    NotReported,
}

impl<'a> Cell<'a> {
    /// Text of an export with everything invisible made visible.
    pub(super) fn shown(text: &'a str) -> Self {
        Self::Text(shown(text))
    }

    /// A size in mebibytes, which Windows calls MB.
    #[allow(clippy::cast_precision_loss)] // for display
    pub(super) fn mebibytes(bytes: Option<u64>) -> Self {
        bytes.map_or(Self::NotReported, |bytes| {
            Self::Decimal(bytes as f64 / 1_048_576.0)
        })
    }

    /// A size in kibibytes, which Windows calls KB, rounded up as it does: what is small shows too.
    pub(super) fn kibibytes(bytes: Option<u64>) -> Self {
        bytes.map(|bytes| bytes.div_ceil(1024)).into()
    }

    /// A dash where there is nothing.
    pub(super) fn or_nothing(value: Option<impl Into<Self>>) -> Self {
        value.map_or(Self::Word("–"), Into::into)
    }

    /// A part of a whole; 0 of nothing.
    pub(super) fn share(part: u64, whole: u64) -> Self {
        Self::share_of(fraction(part, whole))
    }

    /// A fraction, which neither reads as none nor as all unless it is.
    pub(super) fn share_of(fraction: f64) -> Self {
        Self::Share(shown_share(fraction))
    }

    /// A failure rate; unknown where nothing was attempted, or nobody says how much.
    pub(super) fn rate(rate: Option<FailureRate>) -> Self {
        rate.and_then(FailureRate::fraction)
            .map_or(Self::NotReported, |rate| Self::Rate(shown_rate(rate)))
    }

    /// The text of a cell that is neither a number nor a date.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The number that a page sorts it by; nothing where it is not known.
    pub(super) fn sorted_by(self) -> String {
        match self {
            Self::Count(number) => number.to_string(),
            Self::Share(number) | Self::Rate(number) | Self::Decimal(number) => number.to_string(),
            _ => String::new(),
        }
    }

    /// As a page prints it.
    pub(super) fn printed(self) -> String {
        match self {
            Self::Text(text) => text.into_owned(),
            Self::Word(word) => word.to_owned(),
            Self::Count(number) => count(number),
            Self::Share(fraction) => printed_share(fraction),
            Self::Rate(fraction) => printed_rate(fraction),
            Self::Decimal(number) => format!("{number:.1}"),
            Self::Day(day) => short_day(day),
            Self::Moment(moment) => moment.format("%-d %B %Y, %H:%M").to_string(),
            Self::NotReported => NOT_REPORTED.to_owned(),
        }
    }
}

impl From<&'static str> for Cell<'_> {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

/// Made by ourselves: of an export, everything in it is visible already.
impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// Text of an export, everything in it made visible; unknown where there is none.
impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::NotReported, Self::shown)
    }
}

impl From<u64> for Cell<'_> {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<NaiveDate> for Cell<'_> {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl From<Option<u64>> for Cell<'_> {
    fn from(count: Option<u64>) -> Self {
        count.map_or(Self::NotReported, Self::Count)
    }
}

impl From<Option<NaiveDate>> for Cell<'_> {
    fn from(day: Option<NaiveDate>) -> Self {
        day.map_or(Self::NotReported, Self::Day)
    }
}

impl From<Option<NaiveDateTime>> for Cell<'_> {
    fn from(moment: Option<NaiveDateTime>) -> Self {
        moment.map_or(Self::NotReported, Self::Moment)
    }
}
