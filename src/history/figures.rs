//! The totals of every organisation on every day, for other tools. No person is in them.

use std::fmt::Write as _;

use polars::prelude::*;

use super::table::{
    CLEARED_FAILED_ITEMS, FAILED_ITEMS_LISTED, ITEMS_ATTEMPTED, MAILBOXES, MAILBOXES_WITHOUT_TOTAL,
    NEW_FAILED_ITEMS, NEWLY_ATTEMPTED, SnapshotTable,
};
use super::{History, HistoryError, mark, parquet};
use crate::domain::{OrganisationCode, ReportDate, SyncState};
use crate::tables::columns;

/// What stands before the counts.
const DATE: &str = "date";
const ORGANISATION: &str = "organisation";

/// A row an organisation and day, in the order of dates, then of codes.
#[derive(Debug, Default)]
pub struct Figures {
    rows: Vec<(ReportDate, OrganisationCode, Vec<Option<i64>>)>,
    /// Why other days, which were kept too, cannot be read.
    pub damaged: Vec<HistoryError>,
}

/// The counts of a row, by name. A name stays, and so does its place: what is new comes last.
fn counts() -> Vec<&'static str> {
    let before = [MAILBOXES];
    let after = [
        columns::ITEMS_TOTAL,
        columns::ITEMS_SYNCHRONISED,
        columns::ITEMS_FAILED,
        ITEMS_ATTEMPTED,
        columns::SETTINGS_FAILED,
        MAILBOXES_WITHOUT_TOTAL,
        FAILED_ITEMS_LISTED,
        NEW_FAILED_ITEMS,
        CLEARED_FAILED_ITEMS,
        NEWLY_ATTEMPTED,
    ];
    let states = SyncState::ALL.map(SyncState::name);
    before.into_iter().chain(states).chain(after).collect()
}

impl History {
    /// The totals of the days and organisations that are wanted.
    ///
    /// # Errors
    /// [`HistoryError`] where not even the days can be listed.
    pub fn figures(
        &self,
        is_wanted: impl Fn(&OrganisationCode, ReportDate) -> bool,
    ) -> Result<Figures, HistoryError> {
        let mut figures = Figures::default();
        for organisation in mark::organisations(&self.folder)? {
            for date in mark::dates(&self.folder, &organisation)? {
                if !is_wanted(&organisation, date) {
                    continue;
                }
                let frame = self.mark(&organisation, date).and_then(|mark| {
                    self.frame(&organisation, date, SnapshotTable::OrganisationDays, &mark)
                });
                match frame.and_then(|frame| Ok(row(&frame)?)) {
                    Ok(row) => figures.rows.push((date, organisation.clone(), row)),
                    Err(error) => figures.damaged.push(error),
                }
            }
        }
        figures
            .rows
            .sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        Ok(figures)
    }
}

fn row(frame: &DataFrame) -> PolarsResult<Vec<Option<i64>>> {
    let counts = counts().into_iter();
    counts
        .map(|name| Ok(frame.column(name)?.i64()?.get(0)))
        .collect()
}

impl Figures {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Each column by name, and whether it is a day, a text or a count.
    #[must_use]
    pub fn columns() -> Vec<(&'static str, &'static str)> {
        let first = [(DATE, "day"), (ORGANISATION, "text")];
        let counts = counts().into_iter().map(|name| (name, "count"));
        first.into_iter().chain(counts).collect()
    }

    /// As csv (RFC 4180): what is not known is empty. No cell needs quotation marks: they are dates,
    /// codes and counts.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let names = Self::columns().into_iter().map(|(name, _)| name);
        let mut csv = names.collect::<Vec<_>>().join(",") + "\r\n";
        for (date, organisation, counts) in &self.rows {
            let _ = write!(csv, "{date},{organisation}");
            for count in counts {
                csv.push(',');
                if let Some(count) = count {
                    let _ = write!(csv, "{count}");
                }
            }
            csv += "\r\n";
        }
        csv
    }

    /// As a Parquet file: what is not known is null.
    ///
    /// # Errors
    /// Only by a fault of the program.
    pub fn to_parquet(&self) -> Result<Vec<u8>, HistoryError> {
        let rows = || self.rows.iter();
        let days = rows().map(|(date, ..)| Some(date.day().to_epoch_days()));
        let days = Int32Chunked::from_iter_options(DATE.into(), days);
        let codes = rows().map(|(_, code, _)| code.as_str());
        let codes = StringChunked::from_iter_values(ORGANISATION.into(), codes);
        let mut columns = vec![
            days.into_column().cast(&DataType::Date)?,
            codes.into_column(),
        ];
        for (place, name) in counts().into_iter().enumerate() {
            let counts = rows().map(|(.., counts)| counts.get(place).copied().flatten());
            columns.push(Int64Chunked::from_iter_options(name.into(), counts).into_column());
        }
        let mut frame = DataFrame::new(self.rows.len(), columns)?;
        Ok(parquet::to_bytes(&mut frame)?)
    }
}
