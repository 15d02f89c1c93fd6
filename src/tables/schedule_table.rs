use std::borrow::Cow;

use chrono::NaiveDate;
use polars::prelude::*;

use super::column::{DayColumn, TextColumn, day_column, joined, table};
use super::mailbox_order::for_each_mailbox;
use super::row_reader::{RowReader, TableRows, read_rows};
use super::words::Words;
use super::{Rules, columns};
use crate::domain::plural::counted;
use crate::domain::{Finding, FindingCode, Phase};
use crate::exports::{Export, Field};

/// A row a mailbox on the migration schedule, sorted by its address; see [`columns`] for what a row
/// holds.
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
    mailbox: Cow<'a, str>,
    display_name: Option<&'a str>,
    collection: Option<&'a str>,
    switch_date: Option<NaiveDate>,
    phase: Option<Phase>,
    has_unknown_phase: bool,
    vip_category: Option<&'a str>,
}

/// Rows while they are read.
struct ScheduleRows<'a> {
    export: &'a Export,
    origins: Vec<Origin>,
    mailbox: TextColumn,
    display_name: TextColumn,
    collection: TextColumn,
    switch_date: DayColumn,
    phase: TextColumn,
    vip_category: TextColumn,
    phases: Words<'a, Option<Phase>>,
    /// Whether a word stands for no important person.
    no_vips: Words<'a, bool>,
}

/// Rows of one file that have been read.
struct Part<'a> {
    file: &'a str,
    origins: Vec<Origin>,
    /// The first is that of mailboxes.
    columns: Vec<Column>,
}

/// Where a row comes from.
#[derive(Debug, Clone, Copy)]
struct Origin {
    line: u32,
    has_unknown_phase: bool,
}

impl<'a> TableRows<'a> for ScheduleRows<'a> {
    type Row = Row<'a>;
    type Part = Part<'a>;

    fn of(export: &'a Export, rows: usize) -> Self {
        let text = |name| TextColumn::new(name, rows);
        Self {
            export,
            origins: Vec::with_capacity(rows),
            mailbox: text(columns::MAILBOX),
            display_name: text(columns::DISPLAY_NAME),
            collection: text(columns::COLLECTION),
            switch_date: day_column(columns::SWITCH_DATE, rows),
            phase: text(columns::PHASE),
            vip_category: text(columns::VIP_CATEGORY),
            phases: Words::new(),
            no_vips: Words::new(),
        }
    }

    fn read(&mut self, reader: &mut RowReader<'a>) -> Row<'a> {
        let layout = &self.export.layout;
        let word = reader.text(Field::Phase);
        let phase = word.and_then(|word| self.phases.meaning(word, |word| layout.phase(word)));
        let category = reader.text(Field::VipCategory);
        Row {
            mailbox: reader.mailbox(),
            display_name: reader.text(Field::DisplayName),
            collection: reader.text(Field::Collection),
            switch_date: reader.day(Field::SwitchDate),
            phase,
            has_unknown_phase: word.is_some() && phase.is_none(),
            vip_category: category.filter(|word| {
                !self
                    .no_vips
                    .meaning(word, |word| layout.stands_for_no_vip(word))
            }),
        }
    }

    fn keep(&mut self, row: Row<'a>, line: u32) {
        self.origins.push(Origin {
            line,
            has_unknown_phase: row.has_unknown_phase,
        });
        self.mailbox.push(Some(&row.mailbox));
        self.display_name.push(row.display_name);
        self.collection.push(row.collection);
        self.switch_date
            .push(row.switch_date.map(|day| day.to_epoch_days()));
        self.phase.push(row.phase.map(Phase::label));
        self.vip_category.push(row.vip_category);
    }

    fn finish(self) -> PolarsResult<Part<'a>> {
        let columns = vec![
            self.mailbox.finish()?,
            self.display_name.finish()?,
            self.collection.finish()?,
            self.switch_date.finish()?,
            self.phase.finish()?,
            self.vip_category.finish()?,
        ];
        Ok(Part {
            file: &self.export.file,
            origins: self.origins,
            columns,
        })
    }
}

/// Reads the migration schedule of one organisation.
pub(super) fn read(
    exports: &[Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<ScheduleTable> {
    let mut parts = read_rows::<ScheduleRows<'_>>(exports, rules, findings)?;
    let mailboxes = joined(
        parts
            .iter()
            .filter_map(|part| part.columns.first().cloned())
            .collect(),
    )?;
    let columns: Vec<Vec<Column>> = parts
        .iter_mut()
        .map(|part| std::mem::take(&mut part.columns))
        .collect();
    let origins: Vec<(&str, Origin)> = parts
        .iter()
        .flat_map(|part| part.origins.iter().map(|origin| (part.file, *origin)))
        .collect();

    let mut order = Vec::with_capacity(mailboxes.len());
    for_each_mailbox(mailboxes.str()?, |rows| {
        order.extend(keep_first_row(rows, &origins, findings))
    });
    tell_unknown_phases(&order, &origins, findings);
    table(columns, Some(order)).map(ScheduleTable)
}

/// Of the rows of one mailbox the first; the others become findings.
fn keep_first_row(
    rows: &[IdxSize],
    origins: &[(&str, Origin)],
    findings: &mut Vec<Finding>,
) -> Option<IdxSize> {
    let (first, others) = rows.split_first()?;
    let origin = |row: &IdxSize| origins.get(*row as usize);
    let (_, Origin { line, .. }) = origin(first)?;
    for (file, other) in others.iter().filter_map(origin) {
        let message = format!(
            "The mailbox of this row of the migration schedule stands on line {line} too, and that \
             row counts. Correct the schedule."
        );
        findings.push(
            Finding::new(FindingCode::MailboxTwice, message)
                .in_file(*file)
                .at_line(other.line),
        );
    }
    Some(*first)
}

fn tell_unknown_phases(kept: &[IdxSize], origins: &[(&str, Origin)], findings: &mut Vec<Finding>) {
    let origin = |row: &IdxSize| {
        origins
            .get(*row as usize)
            .filter(|(_, origin)| origin.has_unknown_phase)
    };
    let mailboxes = kept.iter().filter_map(origin).count();
    let first = kept
        .iter()
        .filter(|row| origin(row).is_some())
        .min()
        .and_then(origin);
    if let Some((file, Origin { line, .. })) = first {
        let message = format!(
            "{} on the migration schedule {} something else than Pilot or Live, the first of them \
             here. Correct the schedule.",
            counted(mailboxes, "mailbox", "mailboxes"),
            if mailboxes == 1 { "has" } else { "have" },
        );
        findings.push(
            Finding::new(FindingCode::PhaseUnrecognised, message)
                .in_file(*file)
                .at_line(*line),
        );
    }
}
