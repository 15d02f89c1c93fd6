use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::column::{day_column, text_column};
use super::row_reader::read_rows;
use super::{Rules, columns, figures};
use crate::domain::{Finding, FindingCode, Phase};
use crate::exports::{Export, Field};

/// A row a mailbox on the migration schedule, sorted by its address; see [`columns`] for what a row holds.
///
/// Made only by validation: each mailbox stands on one row and belongs to the organisation.
#[derive(Debug, Clone)]
pub struct ScheduleTable(DataFrame);

impl ScheduleTable {
    /// The table, for questions to be asked of it.
    #[must_use]
    pub fn frame(&self) -> &DataFrame {
        &self.0
    }
}

/// The cells of one row.
struct Row<'a> {
    mailbox: String,
    display_name: Option<&'a str>,
    collection: Option<&'a str>,
    switch_date: Option<NaiveDate>,
    phase: Option<Phase>,
    has_unknown_phase: bool,
    vip_category: Option<&'a str>,
    file: &'a str,
    line: u32,
}

/// Reads the migration schedule of one organisation.
pub(super) fn read(exports: &[Export], rules: Rules<'_>, findings: &mut Vec<Finding>) -> PolarsResult<ScheduleTable> {
    let rows = read_rows(exports, rules, findings, |reader, line, export| {
        let word = reader.text(Field::Phase);
        let phase = word.and_then(|word| export.layout.phase(word));
        Row {
            mailbox: reader.mailbox(rules),
            display_name: reader.text(Field::DisplayName),
            collection: reader.text(Field::Collection),
            switch_date: reader.date(Field::SwitchDate, figures::day),
            phase,
            has_unknown_phase: word.is_some() && phase.is_none(),
            vip_category: reader.text(Field::VipCategory).filter(|word| !export.layout.stands_for_no_vip(word)),
            file: &export.file,
            line,
        }
    });
    let mut rows = keep_one_row_a_mailbox(rows, findings);
    tell_unknown_phases(&rows, findings);
    rows.sort_by(|a, b| a.mailbox.cmp(&b.mailbox));
    frame(&rows).map(ScheduleTable)
}

/// Of the rows of one mailbox the first; the others become findings.
fn keep_one_row_a_mailbox<'a>(rows: Vec<Row<'a>>, findings: &mut Vec<Finding>) -> Vec<Row<'a>> {
    let mut line_of: HashMap<String, u32> = HashMap::with_capacity(rows.len());
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(first) = line_of.get(&row.mailbox) {
            let message = format!(
                "The mailbox of this row of the migration schedule stands on line {first} too, and that row counts. Correct the schedule."
            );
            findings.push(Finding::new(FindingCode::MailboxTwice, message).in_file(row.file).at_line(row.line));
        } else {
            line_of.insert(row.mailbox.clone(), row.line);
            kept.push(row);
        }
    }
    kept
}

fn tell_unknown_phases(rows: &[Row<'_>], findings: &mut Vec<Finding>) {
    let unknown: Vec<&Row<'_>> = rows.iter().filter(|row| row.has_unknown_phase).collect();
    if let Some(first) = unknown.first() {
        let message = format!(
            "{} on the migration schedule {} something else than Pilot or Live, the first of them here. Correct the schedule.",
            if unknown.len() == 1 { "1 mailbox".to_owned() } else { format!("{} mailboxes", unknown.len()) },
            if unknown.len() == 1 { "has" } else { "have" },
        );
        findings.push(Finding::new(FindingCode::PhaseUnrecognised, message).in_file(first.file).at_line(first.line));
    }
}

fn frame(rows: &[Row<'_>]) -> PolarsResult<DataFrame> {
    DataFrame::new(
        rows.len(),
        vec![
            text_column(columns::MAILBOX, rows.iter().map(|row| Some(row.mailbox.as_str()))),
            text_column(columns::DISPLAY_NAME, rows.iter().map(|row| row.display_name)),
            text_column(columns::COLLECTION, rows.iter().map(|row| row.collection)),
            day_column(columns::SWITCH_DATE, rows.iter().map(|row| row.switch_date))?,
            text_column(columns::PHASE, rows.iter().map(|row| row.phase.map(Phase::label))),
            text_column(columns::VIP_CATEGORY, rows.iter().map(|row| row.vip_category)),
        ],
    )
}
