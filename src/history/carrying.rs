//! What stays known from day to day although the day's own files do not say it again: decisions on
//! failed items, and the last schedule that could be read.

use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::Snapshot;
use super::table::{REFERENCE, SCHEDULE_READ_ON, days_column};
use crate::domain::ReportDate;
use crate::tables::{Decided, columns};

/// What was decided on an item.
#[derive(Debug, Clone, Copy)]
struct CarriedDecision<'a> {
    decision: &'a str,
    decided_on: Option<i32>,
    /// The report date on which a log said so last.
    read_on: Option<i32>,
}

impl Snapshot {
    /// The report date of the schedule that it knows; `None` where it knows none.
    ///
    /// # Errors
    /// Only where a table lacks a column: a fault of the program.
    pub fn schedule_read_on(&self) -> PolarsResult<Option<ReportDate>> {
        let read_on = self.schedule.column(SCHEDULE_READ_ON)?.date()?;
        let day = read_on.physical().iter().next().flatten();
        let day = day.and_then(NaiveDate::from_epoch_days);
        Ok(day.map(ReportDate::of))
    }

    /// Takes from the snapshot before it the decisions that no log of this day made, and the
    /// schedule where this day has none.
    pub(super) fn carry_on(&mut self, before: &Self) -> PolarsResult<()> {
        let today = self.date.day().to_epoch_days();
        let mut known: HashMap<&str, CarriedDecision<'_>> = HashMap::new();
        for frame in [&before.cleared_items, &before.failed_items] {
            known.extend(decisions(frame)?.into_iter().flatten());
        }
        let decided = decisions(&self.failed_items)?;
        let references = self.failed_items.column(REFERENCE)?.str()?;
        let decided = decided.into_iter().zip(references.iter());
        let decided: Vec<Option<CarriedDecision<'_>>> = decided
            .map(|(own, reference)| {
                let own = own
                    .map(|(_, own)| own)
                    .filter(|own| own.read_on == Some(today));
                own.or_else(|| known.get(reference?).copied())
            })
            .collect();
        let columns = decision_columns(&decided)?;
        for column in columns {
            self.failed_items.with_column(column)?;
        }
        if self.schedule_read_on()? != Some(self.date) {
            self.schedule = before.schedule.clone();
        }
        Ok(())
    }

    /// Writes down what today's log decides.
    pub(super) fn decide(&mut self, log: &[Decided]) -> PolarsResult<()> {
        if log.is_empty() {
            return Ok(());
        }
        let today = Some(self.date.day().to_epoch_days());
        let log: HashMap<&str, CarriedDecision<'_>> = log
            .iter()
            .map(|of| {
                let decision = CarriedDecision {
                    decision: of.decision.name(),
                    decided_on: of.decided_on.map(|day| day.to_epoch_days()),
                    read_on: today,
                };
                (of.reference.as_str(), decision)
            })
            .collect();
        let known = decisions(&self.failed_items)?;
        let references = self.failed_items.column(REFERENCE)?.str()?;
        let decided = known.into_iter().zip(references.iter());
        let decided: Vec<Option<CarriedDecision<'_>>> = decided
            .map(|(known, reference)| {
                let new = reference.and_then(|reference| log.get(reference).copied());
                new.or(known.map(|(_, known)| known))
            })
            .collect();
        let columns = decision_columns(&decided)?;
        for column in columns {
            self.failed_items.with_column(column)?;
        }
        Ok(())
    }
}

/// Of each row its reference and what was decided; `None` where nothing was.
fn decisions(frame: &DataFrame) -> PolarsResult<Vec<Option<(&str, CarriedDecision<'_>)>>> {
    let references = frame.column(REFERENCE)?.str()?.iter();
    let decisions = frame.column(columns::DECISION)?.str()?.iter();
    let decided_on = frame.column(columns::DECIDED_ON)?.date()?.physical().iter();
    let read_on = frame
        .column(columns::DECISION_READ_ON)?
        .date()?
        .physical()
        .iter();
    let rows = references.zip(decisions).zip(decided_on.zip(read_on));
    let rows = rows.map(|((reference, decision), (decided_on, read_on))| {
        let decision = CarriedDecision {
            decision: decision?,
            decided_on,
            read_on,
        };
        Some((reference?, decision))
    });
    Ok(rows.collect())
}

fn decision_columns(decided: &[Option<CarriedDecision<'_>>]) -> PolarsResult<[Column; 3]> {
    let words = decided.iter().map(|of| of.map(|of| of.decision));
    let days = |day: fn(CarriedDecision<'_>) -> Option<i32>| {
        decided.iter().map(move |of| of.and_then(day))
    };
    Ok([
        StringChunked::from_iter_options(columns::DECISION.into(), words).into_column(),
        days_column(columns::DECIDED_ON, days(|of| of.decided_on))?,
        days_column(columns::DECISION_READ_ON, days(|of| of.read_on))?,
    ])
}
