//! Rows that are no mailboxes and no items: totals, titles of sections, headings, and what a report
//! says at its end.

use std::collections::BTreeMap;

use super::values::stands_for_none;
use crate::domain::plural::counted;
use crate::domain::{Finding, FindingCode};
use crate::exports::{Export, Field, HEADINGS_CHANGED, Input, Label};
use crate::sheets::{MisshapenRow, RowFault, fold_heading};

/// What a row is that has no mailbox and wants none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherRow<'a> {
    Totals,
    /// A title above rows.
    Title(&'a str),
    /// The headings once more.
    Headings,
    /// Headings in another order, or of other columns.
    OtherHeadings,
    /// What a report says of itself, such as the filters that were applied.
    Remark,
    /// Something else that migrates, such as “documents”.
    Other(&'a str),
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
    if filled.len() > 1 && filled.iter().all(|cell| repeats(cell) || is_rule(cell.1)) {
        return Some(OtherRow::Headings);
    }
    if export.begins_other_table(cells) {
        return Some(OtherRow::OtherHeadings);
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
        Input::Schedule | Input::FrozenSchedule | Input::Accounts | Input::Decisions => {
            !(stands_for_mailbox(column) || is_name) || label.names_section()
        }
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

/// Whether a cell is a line under headings, as programs draw it in text.
fn is_rule(cell: &str) -> bool {
    cell.len() > 2
        && cell
            .chars()
            .all(|c| matches!(c, '-' | '=' | '_' | ':' | '─' | '—'))
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

/// Rows of one file that are something else that migrates.
#[derive(Debug, Default)]
struct OtherThings {
    rows: usize,
    /// The line of the first.
    first: Option<u32>,
    /// How many items failed by them.
    failed: i64,
}

/// The rows of one file that are no mailboxes and no items.
#[derive(Debug, Default)]
pub(super) struct OtherRows {
    totals: usize,
    titles: usize,
    headings: usize,
    remarks: usize,
    /// Those that are something else that migrates, by what they are.
    others: BTreeMap<String, OtherThings>,
    first: Option<u32>,
    /// The line of the first headings that are not those of the table.
    other_headings: Option<u32>,
    /// Whether titles are the collections of the rows below them.
    pub(super) name_collections: bool,
}

impl OtherRows {
    pub(super) fn add(&mut self, row: OtherRow<'_>, line: u32) {
        *match row {
            OtherRow::Totals => &mut self.totals,
            OtherRow::Title(_) => &mut self.titles,
            OtherRow::Headings => &mut self.headings,
            OtherRow::OtherHeadings => {
                self.other_headings.get_or_insert(line);
                &mut self.headings
            }
            OtherRow::Remark => &mut self.remarks,
            OtherRow::Other(of) => {
                let others = self.others.entry(of.to_owned()).or_default();
                others.rows += 1;
                others.first.get_or_insert(line);
                return;
            }
        } += 1;
        self.first = Some(self.first.map_or(line, |first| first.min(line)));
    }

    /// Adds what failed by a row.
    pub(super) fn add_failed(&mut self, row: OtherRow<'_>, items: i64) {
        if let OtherRow::Other(of) = row {
            let others = self.others.entry(of.to_owned()).or_default();
            others.failed = others.failed.saturating_add(items);
        }
    }

    pub(super) fn count(&self) -> usize {
        let others: usize = self.others.values().map(|others| others.rows).sum();
        self.of_report() + others
    }

    /// Those that no tool migrates.
    fn of_report(&self) -> usize {
        self.totals + self.titles + self.headings + self.remarks
    }

    /// What is to be said of them.
    pub(super) fn findings(&self, export: &Export) -> impl Iterator<Item = Finding> {
        let file = export.file.as_str();
        let what_follows = match export.layout.input {
            Input::Schedule | Input::FrozenSchedule | Input::Accounts | Input::Decisions => {
                "They are not due and in no collection of the schedule. Check that it is meant so."
            }
            Input::SyncState | Input::FailedItems => {
                "Reports count mailboxes only, and leave out what failed there: export them into a \
                 file of their own."
            }
        };
        let others = self.others.iter().map(move |(of, others)| {
            let lost = match others.failed {
                0 => String::new(),
                items => format!(" {} there.", counted(items, "item failed", "items failed")),
            };
            let message = format!(
                "{} of {of}, not of mailboxes that migrate, the first of them here.{lost} {what_follows}",
                counted(others.rows, "row is", "rows are")
            );
            let finding = Finding::new(FindingCode::OtherRows, message).in_file(file);
            finding.at_line(others.first.unwrap_or_default())
        });
        let changed = self.other_headings.map(|line| {
            let finding = Finding::new(FindingCode::HeadingsChanged, HEADINGS_CHANGED);
            finding.in_file(file).at_line(line)
        });
        let passed_over = self.passed_over(file);
        changed.into_iter().chain(passed_over).chain(others)
    }

    fn passed_over(&self, file: &str) -> Option<Finding> {
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
            self.of_report(),
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
