//! Rows that are no mailboxes and no items: totals, titles of sections, headings, and what a report
//! says at its end.

use super::values::stands_for_none;
use crate::domain::plural::counted;
use crate::domain::{Finding, FindingCode};
use crate::exports::{Export, Field, Input};
use crate::sheets::{MisshapenRow, RowFault, fold_heading};

/// What a row is that has no mailbox and wants none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherRow<'a> {
    Totals,
    /// A title above rows.
    Title(&'a str),
    /// The headings once more.
    Headings,
    /// What a report says of itself, such as the filters that were applied.
    Remark,
}

impl<'a> OtherRow<'a> {
    /// The title, where it is one.
    pub(super) fn title(self) -> Option<&'a str> {
        match self {
            Self::Title(title) => Some(title),
            _ => None,
        }
    }
}

/// What the row of these cells is, in whose column of mailboxes stands no address; `None` for one
/// that lacks a mailbox. In doubt it lacks one: a mailbox must not be lost.
pub(super) fn recognised<'a>(cells: &[&'a str], export: &Export) -> Option<OtherRow<'a>> {
    let filled: Vec<(usize, &'a str)> = cells
        .iter()
        .map(|cell| cell.trim())
        .enumerate()
        .filter(|(_, cell)| !cell.is_empty())
        .collect();
    let headings = export.sheet.headings();
    let repeats = |(column, cell): &(usize, &str)| {
        headings
            .get(*column)
            .is_some_and(|heading| fold_heading(heading) == fold_heading(cell))
    };
    if filled.len() > 1 && filled.iter().all(repeats) {
        return Some(OtherRow::Headings);
    }
    if filled.is_empty() || filled.iter().any(|(_, cell)| cell.contains('@')) {
        return None;
    }
    let is_whole = cells.len() == headings.len();
    let of_field = |field| export.column(field).filter(|_| is_whole);
    let mailbox = of_field(Field::SourceMailbox);
    let stands_for_mailbox = |column: usize| Some(column) == mailbox;
    let (figures, texts): (Vec<_>, Vec<_>) = filled.iter().partition(|(_, cell)| is_figure(cell));
    // A number in the place of a mailbox may be a person's.
    if figures
        .iter()
        .any(|(column, _)| stands_for_mailbox(*column))
    {
        return None;
    }
    let (column, label) = match texts.as_slice() {
        [] => {
            let is_counted = filled
                .iter()
                .all(|(_, cell)| Label::of(cell).says_totals(false));
            return (is_whole || is_counted).then_some(OtherRow::Totals);
        }
        [(column, text)] => (*column, Label::of(text)),
        _ => return None,
    };
    let is_name = of_field(Field::DisplayName) == Some(column);
    if label.says_totals(is_name && !figures.is_empty()) {
        return Some(OtherRow::Totals);
    }
    if label.is_remark() {
        return Some(OtherRow::Remark);
    }
    if !figures.is_empty() {
        return None;
    }
    let is_title = match export.layout.input {
        // A line of a subject that breaks off looks the same.
        Input::FailedItems => is_whole && !stands_for_mailbox(column),
        // What a tool writes has at least a state.
        Input::SyncState => !stands_for_mailbox(column) || label.is_phrase(),
        Input::Schedule => !(stands_for_mailbox(column) || is_name) || label.names_section(),
    };
    is_title.then(|| match label.is_aside() {
        true => OtherRow::Remark,
        false => OtherRow::Title(label.text),
    })
}

/// What a row of another width is, as [`recognised`] has it.
pub(super) fn recognised_misshapen<'a>(
    row: &'a MisshapenRow,
    export: &'a Export,
) -> Option<OtherRow<'a>> {
    let RowFault::Cells(_) = row.fault else {
        return None;
    };
    let cells: Vec<&str> = export.sheet.misshapen_cells(row).collect();
    recognised(&cells, export)
}

/// Whether a cell holds a number, an amount, a date or nothing.
fn is_figure(cell: &str) -> bool {
    let number = cell.trim_start_matches(['+', '-', '(', '~', '£', ' ']);
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    let is_number = number.starts_with(|c: char| c.is_ascii_digit()) && letters <= MOST_OF_UNIT;
    is_number || stands_for_none(cell)
}

/// Letters that a number's unit has at the most, as in `28 GB (30,551 bytes)`.
const MOST_OF_UNIT: usize = 7;

/// The only text of a row.
struct Label<'a> {
    text: &'a str,
    /// In lower case.
    words: Vec<String>,
}

impl<'a> Label<'a> {
    fn of(text: &'a str) -> Self {
        let words = text
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        Self { text, words }
    }

    fn begins_with(&self, phrases: &[&str]) -> bool {
        let begins = |phrase: &&str| {
            let mut words = self.words.iter();
            phrase
                .split(' ')
                .all(|word| words.next().is_some_and(|own| own == word))
        };
        phrases.iter().any(begins)
    }

    /// Whether it names totals, as `Grand Total`, `Total: 40` and Excel's `Cardiology Total`, in
    /// which a name could end too.
    fn says_totals(&self, is_name: bool) -> bool {
        const TOTALS: [&str; 14] = [
            "total",
            "totals",
            "subtotal",
            "subtotals",
            "sub total",
            "sub totals",
            "grand total",
            "grand totals",
            "grand count",
            "grand average",
            "overall total",
            "running total",
            "sum of",
            "number of",
        ];
        const ALONE: [&str; 11] = [
            "sum", "count", "average", "avg", "mean", "median", "min", "max", "minimum", "maximum",
            "overall",
        ];
        const COUNTED: [&str; 11] = [
            "mailbox",
            "mailboxes",
            "user",
            "users",
            "row",
            "rows",
            "item",
            "items",
            "record",
            "records",
            "entries",
        ];
        let is = |words: &[&str], word: Option<&String>| {
            word.is_some_and(|word| words.contains(&word.as_str()))
        };
        let is_counted = self
            .text
            .trim_start_matches('(')
            .starts_with(|c: char| c.is_ascii_digit())
            && is(&COUNTED, self.words.get(1));
        let is_name_like = self.text.contains(',');
        let may_end = !is_name || self.names_section();
        let ends = may_end && is(&["total", "totals", "count", "average"], self.words.last());
        let is_alone = match self.words.as_slice() {
            [word, rest @ ..] => {
                ALONE.contains(&word.as_str())
                    && rest.iter().all(|word| word.parse::<u64>().is_ok())
            }
            [] => false,
        };
        is_counted || is_alone || (!is_name_like && (self.begins_with(&TOTALS) || ends))
    }

    /// Whether it is about the report and not in it.
    fn is_remark(&self) -> bool {
        const REMARKS: [&str; 28] = [
            "applied filters",
            "filters applied",
            "no filters applied",
            "filtered by",
            "generated on",
            "generated at",
            "generated by",
            "report generated",
            "report created",
            "report date",
            "report run",
            "report name",
            "exported on",
            "exported at",
            "exported by",
            "created on",
            "created by",
            "printed on",
            "run date",
            "run on",
            "date generated",
            "date of report",
            "last refreshed",
            "data refreshed",
            "data as at",
            "end of report",
            "end of file",
            "page 1",
        ];
        self.begins_with(&REMARKS) || self.text.to_lowercase().ends_with("affected)")
    }

    /// Whether it is something that no section is called.
    fn is_aside(&self) -> bool {
        const ASIDES: [&str; 16] = [
            "generated",
            "exported",
            "confidential",
            "official",
            "copyright",
            "note",
            "notes",
            "key",
            "legend",
            "source",
            "page",
            "end",
            "prepared by",
            "produced by",
            "as at",
            "report",
        ];
        self.is_remark()
            || self.begins_with(&ASIDES)
            || !self.text.contains(char::is_alphabetic)
            || self.text.starts_with(['©', '*'])
            || self.text.contains(['\n', '\r'])
    }

    /// Whether it is no log-in, alias or path.
    fn is_phrase(&self) -> bool {
        self.text.contains(char::is_whitespace)
            || (self.text.starts_with(char::is_uppercase)
                && self.text.chars().all(char::is_alphabetic))
    }

    /// Whether it is the title of a section, and nobody's name.
    fn names_section(&self) -> bool {
        const SECTIONS: [&str; 27] = [
            "wave",
            "batch",
            "group",
            "pilot",
            "pilots",
            "phase",
            "week",
            "site",
            "ward",
            "team",
            "teams",
            "department",
            "dept",
            "directorate",
            "division",
            "collection",
            "cohort",
            "tranche",
            "vip",
            "vips",
            "users",
            "mailboxes",
            "shared",
            "service",
            "services",
            "clinic",
            "hospital",
        ];
        let is_section = |word: &String| SECTIONS.contains(&word.as_str());
        self.is_aside() || self.words.iter().any(is_section) || self.text.ends_with(':')
    }
}

/// The rows of one file that are no mailboxes and no items.
#[derive(Debug, Default)]
pub(super) struct OtherRows {
    totals: usize,
    titles: usize,
    headings: usize,
    remarks: usize,
    first: Option<u32>,
    /// Whether titles are the collections of the rows below them.
    pub(super) name_collections: bool,
}

impl OtherRows {
    pub(super) fn add(&mut self, row: OtherRow<'_>, line: u32) {
        *match row {
            OtherRow::Totals => &mut self.totals,
            OtherRow::Title(_) => &mut self.titles,
            OtherRow::Headings => &mut self.headings,
            OtherRow::Remark => &mut self.remarks,
        } += 1;
        self.first = Some(self.first.map_or(line, |first| first.min(line)));
    }

    pub(super) fn count(&self) -> usize {
        self.totals + self.titles + self.headings + self.remarks
    }

    /// What is to be said of them.
    pub(super) fn finding(&self, file: &str) -> Option<Finding> {
        let what: Vec<String> = [
            (self.totals, "of totals"),
            (self.titles, "with the title of a section"),
            (self.headings, "of headings"),
            (self.remarks, "about the report itself"),
        ]
        .iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, what)| format!("{rows} {what}"))
        .collect();
        let rows = counted(
            self.count(),
            "row is no mailbox and no item and was",
            "rows are no mailboxes and no items and were",
        );
        let collections = if self.name_collections {
            " The titles are the collections of the rows below them."
        } else {
            ""
        };
        let message = format!(
            "{rows} passed over, the first of them here: {}.{collections}",
            what.join(", ")
        );
        Some(
            Finding::new(FindingCode::RowsPassedOver, message)
                .in_file(file)
                .at_line(self.first?),
        )
    }
}
