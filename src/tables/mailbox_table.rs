use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use super::column::{count_column, day_column, moment_column, number_column, state_column, text_column};
use super::reconciliation::complete;
use super::row_reader::read_rows;
use super::{Rules, ScheduleTable, columns, figures};
use crate::domain::{Finding, FindingCode, SyncState};
use crate::exports::{Export, Field};

/// A row a mailbox, sorted by its address; see [`columns`] for what a row holds.
///
/// Made only by validation: each mailbox stands on one row, belongs to the organisation, and has a known state code.
#[derive(Debug, Clone)]
pub struct MailboxTable(DataFrame);

impl MailboxTable {
    /// The table, for questions to be asked of it.
    #[must_use]
    pub fn frame(&self) -> &DataFrame {
        &self.0
    }

    /// The same mailboxes, with what the migration schedule knows of them and the export does not.
    pub(super) fn completed_by(&self, schedule: &ScheduleTable) -> PolarsResult<Self> {
        complete(self, schedule).map(Self)
    }
}

/// The cells of one row.
struct Row<'a> {
    mailbox: String,
    collection: Option<&'a str>,
    display_name: Option<&'a str>,
    target_mailbox: Option<&'a str>,
    state: SyncState,
    state_word: &'a str,
    progress_percent: Option<f64>,
    items_total: Option<i64>,
    items_synchronised: Option<i64>,
    items_failed: Option<i64>,
    items_skipped: Option<i64>,
    size_bytes: Option<i64>,
    last_synchronised_at: Option<NaiveDateTime>,
    switch_date: Option<NaiveDate>,
    switched_at: Option<NaiveDateTime>,
    last_error: Option<&'a str>,
    file: &'a str,
    line: u32,
}

/// Reads the sync-state exports of one organisation.
pub(super) fn read(exports: &[Export], rules: Rules<'_>, findings: &mut Vec<Finding>) -> PolarsResult<MailboxTable> {
    let rows = read_rows(exports, rules, findings, |reader, line, export| {
        let unit = export.layout.unit(reader.heading(Field::SizeBytes));
        let state_word = reader.text(Field::SyncState).unwrap_or("");
        let state = export.layout.state(state_word).unwrap_or(SyncState::Unrecognised);
        Row {
            mailbox: reader.mailbox(rules),
            collection: reader.text(Field::Collection),
            display_name: reader.text(Field::DisplayName),
            target_mailbox: reader.text(Field::TargetMailbox),
            state,
            state_word,
            progress_percent: reader.figure(Field::ProgressPercent, "this is not a percentage", figures::percentage),
            items_total: reader.count(Field::ItemsTotal),
            items_synchronised: reader.count(Field::ItemsSynchronised),
            items_failed: reader.count(Field::ItemsFailed),
            items_skipped: reader.count(Field::ItemsSkipped),
            size_bytes: reader.figure(Field::SizeBytes, "this is not a size", |text| figures::size_bytes(text, unit)),
            last_synchronised_at: reader.date(Field::LastSynchronisedAt, figures::moment),
            switch_date: reader.date(Field::SwitchDate, figures::day),
            switched_at: reader.date(Field::SwitchedAt, figures::moment),
            last_error: reader.text(Field::LastError),
            file: &export.file,
            line,
        }
    });
    if rows.is_empty() {
        let file = exports.first().map_or_else(String::new, |export| export.file.clone());
        let message = "The export lists no mailbox that can be read. Check what was exported, and run this day again.";
        findings.push(Finding::new(FindingCode::NoRows, message).in_file(file));
    }
    let mut rows = keep_one_row_a_mailbox(rows, findings);
    name_unknown_states(&rows, findings);
    rows.sort_by(|a, b| a.mailbox.cmp(&b.mailbox));
    frame(&rows).map(MailboxTable)
}

/// Unknown words that are named at the most, unless there are more rows with them than twice as many.
const NAMED_WORDS: usize = 2;

/// Names the words that the layout does not know. Nearly as many words as rows are no states, but something else that
/// slipped into the column, perhaps names: they are counted and not named.
fn name_unknown_states(rows: &[Row<'_>], findings: &mut Vec<Finding>) {
    let mut words: BTreeMap<(&str, String), (u32, usize)> = BTreeMap::new();
    let unknown = || rows.iter().filter(|row| row.state == SyncState::Unrecognised);
    for row in unknown() {
        let (line, mailboxes) = words.entry((row.file, printable_word(row.state_word))).or_insert((row.line, 0));
        *line = row.line.min(*line);
        *mailboxes += 1;
    }
    let mailboxes = unknown().count();
    if words.len() > NAMED_WORDS.max(mailboxes / 2) {
        let message = format!(
            "{mailboxes} mailboxes have {} different words for a state, none of which this layout knows: the column may hold something else. They are counted as unrecognised. Check the export's columns.",
            words.len()
        );
        if let Some(first) = unknown().next() {
            findings.push(Finding::new(FindingCode::StateUnrecognised, message).in_file(first.file).at_line(first.line));
        }
        return;
    }
    for ((file, word), (line, mailboxes)) in words {
        let they = if mailboxes == 1 { "1 mailbox has it and is".to_owned() } else { format!("{mailboxes} mailboxes have it and are") };
        let message = format!("The state “{word}” is not one this layout knows; {they} counted as unrecognised. Tell the central team.");
        findings.push(Finding::new(FindingCode::StateUnrecognised, message).in_file(file).at_line(line));
    }
}

/// A word from an export, fit for a sentence: not long, and not an address that slipped into the column.
fn printable_word(word: &str) -> String {
    match word {
        "" => "(blank)".to_owned(),
        word if word.contains('@') => "(an address)".to_owned(),
        word => word.chars().filter(|c| !c.is_control()).take(40).collect(),
    }
}

/// Of the rows of one mailbox, the one further on its journey, of equals the first; the others become findings.
fn keep_one_row_a_mailbox<'a>(rows: Vec<Row<'a>>, findings: &mut Vec<Finding>) -> Vec<Row<'a>> {
    let mut place_of: HashMap<String, usize> = HashMap::with_capacity(rows.len());
    let mut kept: Vec<Row<'a>> = Vec::with_capacity(rows.len());
    let mut set_aside: Vec<(usize, Row<'a>)> = Vec::new();
    for row in rows {
        let place = *place_of.entry(row.mailbox.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            None => kept.push(row),
            Some(other) if other.state.distance() >= row.state.distance() => set_aside.push((place, row)),
            Some(other) => set_aside.push((place, std::mem::replace(other, row))),
        }
    }
    for (place, behind) in set_aside {
        let Some(counted) = kept.get(place) else { continue };
        let file = if counted.file == behind.file { String::new() } else { format!(" of {}", counted.file) };
        let message = format!(
            "The mailbox of this row stands on line {}{file} too, further on its journey; that row counts. A mailbox in two collections is processed by the first only: take it out of the other.",
            counted.line
        );
        findings.push(Finding::new(FindingCode::MailboxTwice, message).in_file(behind.file).at_line(behind.line));
    }
    kept
}

fn frame(rows: &[Row<'_>]) -> PolarsResult<DataFrame> {
    DataFrame::new(
        rows.len(),
        vec![
            text_column(columns::MAILBOX, rows.iter().map(|row| Some(row.mailbox.as_str()))),
            text_column(columns::COLLECTION, rows.iter().map(|row| row.collection)),
            text_column(columns::DISPLAY_NAME, rows.iter().map(|row| row.display_name)),
            text_column(columns::TARGET_MAILBOX, rows.iter().map(|row| row.target_mailbox)),
            state_column(columns::SYNC_STATE, rows.iter().map(|row| row.state)),
            text_column(columns::SYNC_STATE_WORD, rows.iter().map(|row| Some(row.state_word))),
            number_column(columns::PROGRESS_PERCENT, rows.iter().map(|row| row.progress_percent)),
            count_column(columns::ITEMS_TOTAL, rows.iter().map(|row| row.items_total)),
            count_column(columns::ITEMS_SYNCHRONISED, rows.iter().map(|row| row.items_synchronised)),
            count_column(columns::ITEMS_FAILED, rows.iter().map(|row| row.items_failed)),
            count_column(columns::ITEMS_SKIPPED, rows.iter().map(|row| row.items_skipped)),
            count_column(columns::SIZE_BYTES, rows.iter().map(|row| row.size_bytes)),
            moment_column(columns::LAST_SYNCHRONISED_AT, rows.iter().map(|row| row.last_synchronised_at))?,
            day_column(columns::SWITCH_DATE, rows.iter().map(|row| row.switch_date))?,
            moment_column(columns::SWITCHED_AT, rows.iter().map(|row| row.switched_at))?,
            text_column(columns::LAST_ERROR, rows.iter().map(|row| row.last_error)),
        ],
    )
}
