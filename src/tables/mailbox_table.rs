use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use super::column::{
    CodeColumn, CountColumn, DayColumn, DecimalColumn, MomentColumn, TextColumn, code_column,
    count_column, day_column, decimal_column, joined, milliseconds_since_1970, moment_column,
    table,
};
use super::mailbox_order::{Sequence, for_each_mailbox};
use super::reconciliation::complete;
use super::row_reader::{RowReader, TableRows, read_rows, unit_of};
use super::shared_targets::{self, TargetHashes};
use super::words::Words;
use super::{Rules, ScheduleTable, columns, figures};
use crate::domain::invisible::excerpt;
use crate::domain::plural::counted;
use crate::domain::{Finding, FindingCode, SyncState};
use crate::exports::{Export, Field, Unit};

/// A row a mailbox, sorted by its address; see [`columns`] for what a row holds.
///
/// Made only by validation: each mailbox stands on one row, belongs to the organisation, and has a
/// known state code.
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
    mailbox: Cow<'a, str>,
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
}

/// Rows while they are read.
struct MailboxRows<'a> {
    export: &'a Export,
    unit: Unit,
    states: Words<'a, SyncState>,
    sequence: Sequence<'a>,
    targets: TargetHashes,
    origins: Vec<Origin>,
    unrecognised: Vec<(usize, &'a str)>,
    mailbox: TextColumn,
    collection: TextColumn,
    display_name: TextColumn,
    target_mailbox: TextColumn,
    state: CodeColumn,
    state_word: TextColumn,
    progress_percent: DecimalColumn,
    items_total: CountColumn,
    items_synchronised: CountColumn,
    items_failed: CountColumn,
    items_skipped: CountColumn,
    size_bytes: CountColumn,
    last_synchronised_at: MomentColumn,
    switch_date: DayColumn,
    switched_at: MomentColumn,
    last_error: TextColumn,
}

/// Rows of one file that have been read.
struct Part<'a> {
    file: &'a str,
    sequence: Sequence<'a>,
    targets: TargetHashes,
    origins: Vec<Origin>,
    /// Rows with a word for their state that the layout does not know.
    unrecognised: Vec<(usize, &'a str)>,
    /// The first is that of mailboxes.
    columns: Vec<Column>,
}

/// Where a row comes from, and what chooses between it and another row of its mailbox.
#[derive(Debug, Clone, Copy)]
struct Origin {
    line: u32,
    state: SyncState,
}

impl<'a> TableRows<'a> for MailboxRows<'a> {
    type Row = Row<'a>;
    type Part = Part<'a>;

    fn of(export: &'a Export, rows: usize) -> Self {
        let text = |name| TextColumn::new(name, rows);
        let count = |name| count_column(name, rows);
        Self {
            export,
            unit: unit_of(export, Field::SizeBytes),
            states: Words::new(),
            sequence: Sequence::default(),
            targets: TargetHashes::default(),
            origins: Vec::with_capacity(rows),
            unrecognised: Vec::new(),
            mailbox: text(columns::MAILBOX),
            collection: text(columns::COLLECTION),
            display_name: text(columns::DISPLAY_NAME),
            target_mailbox: text(columns::TARGET_MAILBOX),
            state: code_column(columns::SYNC_STATE, rows),
            state_word: text(columns::SYNC_STATE_WORD),
            progress_percent: decimal_column(columns::PROGRESS_PERCENT, rows),
            items_total: count(columns::ITEMS_TOTAL),
            items_synchronised: count(columns::ITEMS_SYNCHRONISED),
            items_failed: count(columns::ITEMS_FAILED),
            items_skipped: count(columns::ITEMS_SKIPPED),
            size_bytes: count(columns::SIZE_BYTES),
            last_synchronised_at: moment_column(columns::LAST_SYNCHRONISED_AT, rows),
            switch_date: day_column(columns::SWITCH_DATE, rows),
            switched_at: moment_column(columns::SWITCHED_AT, rows),
            last_error: text(columns::LAST_ERROR),
        }
    }

    fn read(&mut self, reader: &mut RowReader<'a>) -> Row<'a> {
        let unit = self.unit;
        let state_word = reader.text(Field::SyncState).unwrap_or("");
        let state = self.state_of(state_word);
        Row {
            mailbox: reader.mailbox(),
            collection: reader.text(Field::Collection),
            display_name: reader.text(Field::DisplayName),
            target_mailbox: reader.text(Field::TargetMailbox),
            state,
            state_word,
            progress_percent: reader.figure(
                Field::ProgressPercent,
                "this is not a percentage",
                figures::percentage,
            ),
            items_total: reader.count(Field::ItemsTotal),
            items_synchronised: reader.count(Field::ItemsSynchronised),
            items_failed: reader.count(Field::ItemsFailed),
            items_skipped: reader.count(Field::ItemsSkipped),
            size_bytes: reader.figure(Field::SizeBytes, "this is not a size", |text| {
                figures::size_bytes(text, unit)
            }),
            last_synchronised_at: reader.moment(Field::LastSynchronisedAt),
            switch_date: reader.day(Field::SwitchDate),
            switched_at: reader.moment(Field::SwitchedAt),
            last_error: reader.text(Field::LastError),
        }
    }

    fn keep(&mut self, row: Row<'a>, line: u32) {
        let number = self.origins.len();
        self.origins.push(Origin {
            line,
            state: row.state,
        });
        if row.state == SyncState::Unrecognised {
            self.unrecognised.push((number, row.state_word));
        }
        if let Some(target) = row.target_mailbox {
            self.targets.push(target);
        }
        self.mailbox.push(Some(&row.mailbox));
        self.collection.push(row.collection);
        self.display_name.push(row.display_name);
        self.target_mailbox.push(row.target_mailbox);
        self.state.push(Some(row.state.code()));
        self.state_word.push(Some(row.state_word));
        self.progress_percent.push(row.progress_percent);
        self.items_total.push(row.items_total);
        self.items_synchronised.push(row.items_synchronised);
        self.items_failed.push(row.items_failed);
        self.items_skipped.push(row.items_skipped);
        self.size_bytes.push(row.size_bytes);
        self.last_synchronised_at
            .push(row.last_synchronised_at.map(milliseconds_since_1970));
        self.switch_date
            .push(row.switch_date.map(|day| day.to_epoch_days()));
        self.switched_at
            .push(row.switched_at.map(milliseconds_since_1970));
        self.last_error.push(row.last_error);
        self.sequence.push(row.mailbox);
    }

    fn finish(self) -> PolarsResult<Part<'a>> {
        let columns = vec![
            self.mailbox.finish()?,
            self.collection.finish()?,
            self.display_name.finish()?,
            self.target_mailbox.finish()?,
            self.state.finish()?,
            self.state_word.finish()?,
            self.progress_percent.finish()?,
            self.items_total.finish()?,
            self.items_synchronised.finish()?,
            self.items_failed.finish()?,
            self.items_skipped.finish()?,
            self.size_bytes.finish()?,
            self.last_synchronised_at.finish()?,
            self.switch_date.finish()?,
            self.switched_at.finish()?,
            self.last_error.finish()?,
        ];
        Ok(Part {
            file: &self.export.file,
            sequence: self.sequence,
            targets: self.targets,
            origins: self.origins,
            unrecognised: self.unrecognised,
            columns,
        })
    }
}

impl<'a> MailboxRows<'a> {
    fn state_of(&mut self, word: &'a str) -> SyncState {
        let layout = &self.export.layout;
        self.states.meaning(word, |word| {
            layout.state(word).unwrap_or(SyncState::Unrecognised)
        })
    }
}

/// Reads the sync-state exports of one organisation.
pub(super) fn read(
    exports: &[Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<MailboxTable> {
    let mut parts = read_rows::<MailboxRows<'_>>(exports, rules, findings)?;
    if parts.iter().all(|part| part.origins.is_empty()) {
        let file = exports
            .first()
            .map_or_else(String::new, |export| export.file.clone());
        let message = "The export lists no mailbox that can be read. Check what was exported, and \
         run this day again.";
        findings.push(Finding::new(FindingCode::NoRows, message).in_file(file));
    }
    let columns: Vec<Vec<Column>> = parts
        .iter_mut()
        .map(|part| std::mem::take(&mut part.columns))
        .collect();
    let mut sequence = Sequence::default();
    parts
        .iter_mut()
        .for_each(|part| sequence.append(std::mem::take(&mut part.sequence)));

    let mut order = None;
    let mut set_aside = BTreeSet::new();
    if !sequence.is_strictly_in_order() {
        let mailboxes = joined(
            columns
                .iter()
                .filter_map(|columns| columns.first().cloned())
                .collect(),
        )?;
        let mut rows_kept = Vec::with_capacity(mailboxes.len());
        for_each_mailbox(mailboxes.str()?, |rows| {
            rows_kept.extend(keep_one_row(rows, &parts, &mut set_aside, findings))
        });
        order = Some(rows_kept);
    }
    name_unknown_states(&parts, &set_aside, findings);
    let may_share_targets = shared_targets::may_be_shared(
        &parts
            .into_iter()
            .map(|part| part.targets)
            .collect::<Vec<_>>(),
    );
    let frame = table(columns, order)?;
    if may_share_targets {
        tell_shared_targets(
            shared_targets::count(frame.column(columns::TARGET_MAILBOX)?.str()?),
            findings,
        );
    }
    Ok(MailboxTable(frame))
}

fn tell_shared_targets(targets: usize, findings: &mut Vec<Finding>) {
    if targets > 0 {
        let message = format!(
            "{targets} target mailboxes stand on more than one row: mail of two people would land \
             in one mailbox. Stop their migration and correct the target, before anything else."
        );
        findings.push(Finding::new(FindingCode::TargetTwice, message));
    }
}

/// The file, line and state of a row of the table.
fn origin<'a>(parts: &[Part<'a>], row: IdxSize) -> Option<(&'a str, Origin)> {
    let mut row = row as usize;
    for part in parts {
        match part.origins.get(row) {
            Some(origin) => return Some((part.file, *origin)),
            None => row -= part.origins.len(),
        }
    }
    None
}

/// Of the rows of one mailbox, the one further on its journey, of equals the first; the others
/// become findings.
fn keep_one_row(
    rows: &[IdxSize],
    parts: &[Part<'_>],
    set_aside: &mut BTreeSet<IdxSize>,
    findings: &mut Vec<Finding>,
) -> Option<IdxSize> {
    if let [row] = rows {
        return Some(*row);
    }
    let known = || {
        rows.iter()
            .filter_map(|row| origin(parts, *row).map(|(file, origin)| (*row, file, origin)))
    };
    let (kept, file, Origin { line, .. }) = known()
        .rev()
        .max_by_key(|(_, _, origin)| origin.state.distance())?;
    for (row, behind_in, behind) in known().filter(|(row, ..)| *row != kept) {
        set_aside.insert(row);
        let of = if file == behind_in {
            String::new()
        } else {
            format!(" of {file}")
        };
        let message = format!(
            "The mailbox of this row stands on line {line}{of} too, further on its journey; that \
             row counts. A mailbox in two collections is processed by the first only: take it out \
             of the other."
        );
        findings.push(
            Finding::new(FindingCode::MailboxTwice, message)
                .in_file(behind_in)
                .at_line(behind.line),
        );
    }
    Some(kept)
}

/// Unknown words that are named at the most, unless there are more rows with them than twice as
/// many.
const NAMED_WORDS: usize = 2;

/// Names the words that the layout does not know, of rows that are not set aside. Nearly as many
/// words as rows are no states, but something else that slipped into the column, perhaps names:
/// they are counted and not named.
fn name_unknown_states(
    parts: &[Part<'_>],
    set_aside: &BTreeSet<IdxSize>,
    findings: &mut Vec<Finding>,
) {
    let mut words: BTreeMap<(&str, String), (u32, usize)> = BTreeMap::new();
    let mut first = None;
    let mut mailboxes = 0;
    let mut first_row = 0;
    for part in parts {
        for (row, word) in &part.unrecognised {
            let is_set_aside =
                IdxSize::try_from(first_row + row).is_ok_and(|row| set_aside.contains(&row));
            let Some(Origin { line, .. }) = part.origins.get(*row).filter(|_| !is_set_aside) else {
                continue;
            };
            if first.is_none_or(|(file, earliest)| file == part.file && *line < earliest) {
                first = Some((part.file, *line));
            }
            mailboxes += 1;
            let (first_line, mailboxes) = words
                .entry((part.file, printable_word(word)))
                .or_insert((*line, 0));
            *first_line = *line.min(first_line);
            *mailboxes += 1;
        }
        first_row += part.origins.len();
    }
    if words.len() > NAMED_WORDS.max(mailboxes / 2) {
        let message = format!(
            "{mailboxes} mailboxes have {} different words for a state, none of which this layout \
             knows: the column may hold something else. They are counted as unrecognised. Check \
             the export's columns.",
            words.len()
        );
        if let Some((file, line)) = first {
            findings.push(
                Finding::new(FindingCode::StateUnrecognised, message)
                    .in_file(file)
                    .at_line(line),
            );
        }
        return;
    }
    for ((file, word), (line, mailboxes)) in words {
        let they = counted(
            mailboxes,
            "mailbox has it and is",
            "mailboxes have it and are",
        );
        let message = format!(
            "The state “{word}” is not one this layout knows; {they} counted as unrecognised. Tell \
             the central team."
        );
        findings.push(
            Finding::new(FindingCode::StateUnrecognised, message)
                .in_file(file)
                .at_line(line),
        );
    }
}

/// A word from an export, fit for a sentence: not long, and not an address that slipped into the
/// column.
fn printable_word(word: &str) -> String {
    match word {
        "" => "(blank)".to_owned(),
        word if word.contains('@') => "(an address)".to_owned(),
        word => excerpt(word, 40),
    }
}
