//! Columns of tables, read by row: what stands in each cell, `None` where it is not known.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use polars::prelude::*;

/// The cells of a column. A table has each in one piece, which is looked into without a search.
fn cells<T: PolarsDataType>(column: &ChunkedArray<T>) -> PolarsResult<&T::Array> {
    let mut pieces = column.downcast_iter();
    match (pieces.next(), pieces.next()) {
        (Some(only), None) => Ok(only),
        _ => polars_bail!(ComputeError: "the column {} is not in one piece", column.name()),
    }
}

pub(super) fn texts<'a>(
    frame: &'a DataFrame,
    name: &str,
) -> PolarsResult<impl Fn(usize) -> Option<&'a str> + use<'a>> {
    let texts = cells(frame.column(name)?.str()?)?;
    Ok(|row| texts.get(row))
}

/// Texts of which few are different: each is kept once. Most rows have that of the row before.
pub(super) fn shared_texts<'a>(
    frame: &'a DataFrame,
    name: &str,
) -> PolarsResult<impl FnMut(usize) -> Option<Arc<str>> + use<'a>> {
    let texts = cells(frame.column(name)?.str()?)?;
    let mut known: PlHashMap<&str, Arc<str>> = PlHashMap::new();
    let mut last: Arc<str> = Arc::default();
    Ok(move |row| {
        let text = texts.get(row)?;
        if *last != *text {
            let shared = known.entry(text).or_insert_with(|| Arc::from(text));
            last = Arc::clone(shared);
        }
        Some(Arc::clone(&last))
    })
}

pub(super) fn counts<'a>(
    frame: &'a DataFrame,
    name: &str,
) -> PolarsResult<impl Fn(usize) -> Option<u64> + use<'a>> {
    let counts = cells(frame.column(name)?.i64()?)?;
    // Validation lets no negative count in.
    Ok(|row| counts.get(row).and_then(|count| u64::try_from(count).ok()))
}

pub(super) fn days<'a>(
    frame: &'a DataFrame,
    name: &str,
) -> PolarsResult<impl Fn(usize) -> Option<NaiveDate> + use<'a>> {
    let days = cells(frame.column(name)?.date()?.physical())?;
    Ok(|row| days.get(row).and_then(NaiveDate::from_epoch_days))
}

pub(super) fn moments<'a>(
    frame: &'a DataFrame,
    name: &str,
) -> PolarsResult<impl Fn(usize) -> Option<NaiveDateTime> + use<'a>> {
    let milliseconds = cells(frame.column(name)?.datetime()?.physical())?;
    Ok(|row| {
        let moment = DateTime::from_timestamp_millis(milliseconds.get(row)?)?;
        Some(moment.naive_utc())
    })
}
