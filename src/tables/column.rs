//! Columns of a table from cells, one function a type.

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use crate::domain::SyncState;

/// A day as polars keeps it.
fn days_since_1970(day: NaiveDate) -> i32 {
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// A column of text.
pub(super) fn text_column<'a>(name: &str, cells: impl Iterator<Item = Option<&'a str>>) -> Column {
    StringChunked::from_iter_options(name.into(), cells).into_column()
}

/// A column of whole numbers.
pub(super) fn count_column(name: &str, cells: impl Iterator<Item = Option<i64>>) -> Column {
    Int64Chunked::from_iter_options(name.into(), cells).into_column()
}

/// A column of days.
pub(super) fn day_column(name: &str, cells: impl Iterator<Item = Option<NaiveDate>>) -> PolarsResult<Column> {
    Int32Chunked::from_iter_options(name.into(), cells.map(|day| day.map(days_since_1970))).into_column().cast(&DataType::Date)
}

/// A column of moments.
pub(super) fn moment_column(name: &str, cells: impl Iterator<Item = Option<NaiveDateTime>>) -> PolarsResult<Column> {
    let milliseconds = cells.map(|moment| moment.map(|moment| moment.and_utc().timestamp_millis()));
    count_column(name, milliseconds).cast(&DataType::Datetime(TimeUnit::Milliseconds, None))
}

/// A column of numbers with decimals.
pub(super) fn number_column(name: &str, cells: impl Iterator<Item = Option<f64>>) -> Column {
    Float64Chunked::from_iter_options(name.into(), cells).into_column()
}

/// A column of states.
pub(super) fn state_column(name: &str, cells: impl Iterator<Item = SyncState>) -> Column {
    UInt8Chunked::from_iter_values(name.into(), cells.map(SyncState::code)).into_column()
}
