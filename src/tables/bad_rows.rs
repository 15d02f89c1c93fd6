use std::collections::BTreeMap;

use super::row_reader::CellFault;
use crate::domain::plural::{count_of, counted};
use crate::domain::{Finding, FindingCode, Severity};
use crate::exports::Export;
use crate::sheets::{MisshapenRow, RowFault};

/// Bad rows that are listed one by one; the others are counted.
const LISTED: usize = 20;

/// The bad rows of one file, as findings.
pub(super) struct BadRows<'a> {
    export: &'a Export,
    findings: &'a mut Vec<Finding>,
    listed: usize,
    unlisted: usize,
    /// How many rows hold the organisation, by why, and the first of each.
    holding: BTreeMap<FindingCode, (usize, Finding)>,
    /// Why rows were set aside, by column, from 0.
    reasons: BTreeMap<Option<usize>, BadRowReason>,
    /// The last line, where it cannot be read and has no line end.
    cut_off_line: Option<u32>,
}

/// Why rows were set aside.
struct BadRowReason {
    rows: usize,
    first_line: u32,
    /// What is wrong with the first of them.
    words: String,
}

impl<'a> BadRows<'a> {
    /// Those of an export of which no row has been read yet.
    pub(super) fn new(export: &'a Export, findings: &'a mut Vec<Finding>) -> Self {
        Self {
            export,
            findings,
            listed: 0,
            unlisted: 0,
            holding: BTreeMap::new(),
            reasons: BTreeMap::new(),
            cut_off_line: None,
        }
    }

    /// Adds a row of which a cell is wrong.
    pub(super) fn add(&mut self, fault: &CellFault) {
        let CellFault { line, column, .. } = *fault;
        self.note_unread(line);
        let heading = self.heading(fault);
        if fault.code.severity() < Severity::Hold {
            let words = format!("Under {heading}, {}", fault.message);
            self.list(words, "Correct it and export again.", line, Some(column));
            return;
        }
        let (export, heading) = (self.export, heading.as_str());
        let first =
            || {
                let advice = match fault.code {
                FindingCode::DatesOtherWay => export.other_date_order(),
                _ => "Check what was exported, and the organisation's mail_domains in the register."
                    .to_owned(),
            };
                let message = format!("Under {heading}, {}. {advice}", fault.message);
                let finding = Finding::new(fault.code, message).in_file(export.file.clone());
                (0, finding.at_line(line).at_column(column + 1))
            };
        self.holding.entry(fault.code).or_insert_with(first).0 += 1;
    }

    /// Takes note of a row of which something cannot be read, so that it may be one that was cut
    /// off.
    pub(super) fn note_unread(&mut self, line: u32) {
        let sheet = &self.export.sheet;
        let last_row = sheet.height().checked_sub(1);
        if sheet.ends_without_line_end && last_row.is_some_and(|row| sheet.line(row) == line) {
            self.cut_off_line = Some(line);
        }
    }

    /// The heading of the field that is wrong: a short row's cells stand under headings that are
    /// not theirs.
    fn heading(&self, fault: &CellFault) -> String {
        let is_added = |field| self.export.columns_to_add(field).contains(&fault.column);
        let own = fault.field.filter(|field| !is_added(*field));
        let column = own.and_then(|field| self.export.column(field));
        self.export.quoted_heading(column.unwrap_or(fault.column))
    }

    /// Adds a row that is not as wide as the headings.
    pub(super) fn add_misshapen(&mut self, row: &MisshapenRow) {
        let width = self.export.sheet.headings().len();
        match row.fault {
            RowFault::Cells(cells) => {
                let cells = count_of(cells, "cell");
                let words = format!("The row has {cells} where the headings have {width}");
                let advice = "Look for a missing or a surplus delimiter.";
                self.list(words, advice, row.line, None);
            }
            RowFault::TextAfterQuote(cell) => {
                let words = "Text follows a closing quotation mark".to_owned();
                let advice = "Quotation marks within a cell are doubled.";
                self.list(words, advice, row.line, Some(cell.saturating_sub(1)));
            }
        }
    }

    /// Lists a row that is set aside, and counts why: `words` begin a sentence.
    fn list(&mut self, words: String, advice: &str, line: u32, column: Option<usize>) {
        let message = format!("{words}; the row was set aside. {advice}");
        let reason = self.reasons.entry(column).or_insert(BadRowReason {
            rows: 0,
            first_line: line,
            words,
        });
        reason.rows += 1;
        if self.listed == LISTED {
            self.unlisted += 1;
            return;
        }
        self.listed += 1;
        let finding = Finding::new(FindingCode::BadRow, message).at_line(line);
        self.push(match column {
            Some(column) => finding.at_column(column + 1),
            None => finding,
        });
    }

    fn push(&mut self, finding: Finding) {
        self.findings
            .push(finding.in_file(self.export.file.clone()));
    }

    /// Says how many there are in all, and whether they are more than the share that is allowed;
    /// `others` are rows that are no mailboxes and no items.
    pub(super) fn close(mut self, max_share: f64, others: usize) {
        for (rows, mut first) in std::mem::take(&mut self.holding).into_values() {
            if rows > 1 {
                first.message += &format!(" {rows} rows are like that; this is the first.");
            }
            self.findings.push(first);
        }
        if let Some(line) = self.cut_off_line {
            let message = "The last row cannot be read and has no line end: the export was cut off \
             and its figures are incomplete. Export it again.";
            self.push(Finding::new(FindingCode::FileTruncated, message).at_line(line));
        }
        let bad = self.listed + self.unlisted;
        if self.unlisted > 0 {
            self.push(Finding::new(
                FindingCode::BadRow,
                format!(
                    "{} set aside; {bad} in all.",
                    counted(self.unlisted, "more row was", "more rows were")
                ),
            ));
        }
        let rows = self.export.height() + self.export.misshapen().len() - others;
        #[allow(clippy::cast_precision_loss)] // rows stay far below 2^53
        let share = bad as f64 / rows.max(1) as f64;
        if share > max_share {
            // Of equals the first column.
            let reasons = std::mem::take(&mut self.reasons);
            let most = reasons
                .into_iter()
                .rev()
                .max_by_key(|(_, reason)| reason.rows);
            let Some((column, reason)) = most else {
                return;
            };
            let BadRowReason {
                rows: alike,
                first_line,
                words,
            } = reason;
            let message = format!(
                "{bad} of {rows} rows cannot be read, more than the {:.1}% that are allowed: the \
                 figures would mislead. {words}, in {}, the first of them on line {first_line}. \
                 Correct the export and run this day again.",
                max_share * 100.0,
                if alike == bad {
                    "each of them".to_owned()
                } else {
                    format!("{alike} of them")
                }
            );
            let finding = Finding::new(FindingCode::TooManyBadRows, message).at_line(first_line);
            self.push(match column {
                Some(column) => finding.at_column(column + 1),
                None => finding,
            });
        }
    }
}
