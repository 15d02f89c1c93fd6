//! The tables of a day with fingerprints in place of people.

use polars::prelude::*;

use super::fingerprint::{Item, ItemFingerprints, Key};
use super::parquet;
use super::table::{
    COURSE, FIRST_SEEN, FOLDER_SUBJECT_DATE, ITEM, ITEM_IN_ANY_FOLDER, REFERENCE, SCHEDULE_READ_ON,
    SnapshotTable, TARGET, days_column,
};
use crate::domain::error_code::is_code;
use crate::domain::{ReportDate, SyncState};
use crate::tables::columns;

/// A row a mailbox, without what follows from the day before.
pub(super) fn mailboxes(key: &Key, frame: &DataFrame) -> PolarsResult<DataFrame> {
    let fingerprints = frame
        .column(columns::MAILBOX)?
        .str()?
        .iter()
        .map(|address| key.mailbox(address.unwrap_or_default()));
    let states = frame.column(columns::SYNC_STATE)?.u8()?.iter();
    let states = states.map(|code| SyncState::from_code(code.unwrap_or(u8::MAX)).name());
    let targets = frame.column(columns::TARGET_MAILBOX)?.str()?.iter();
    let targets = targets.map(|address| address.map(|address| key.target(address)));
    let own = [
        StringChunked::from_iter_values(columns::MAILBOX.into(), fingerprints).into_column(),
        StringChunked::from_iter_values(columns::SYNC_STATE.into(), states).into_column(),
        Column::full_null(COURSE.into(), frame.height(), &DataType::String),
        UInt64Chunked::from_iter_options(TARGET.into(), targets).into_column(),
    ];
    with_columns(SnapshotTable::Mailboxes, frame, &own)
}

/// A row an item that did not migrate, without what follows from the day before.
pub(super) fn failed_items(key: &Key, frame: &DataFrame) -> PolarsResult<DataFrame> {
    let texts = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.str()?.iter());
    let mailboxes =
        || Ok::<_, PolarsError>(texts(columns::MAILBOX)?.map(Option::unwrap_or_default));
    let mut folders = texts(columns::FOLDER)?;
    let mut subjects = texts(columns::SUBJECT)?;
    let mut dates = frame.column(columns::ITEM_DATE)?.date()?.physical().iter();
    let mut sizes = frame.column(columns::SIZE_BYTES)?.i64()?.iter();
    let mut numbered = ItemFingerprints::new(key);
    let mut whole = Vec::with_capacity(frame.height());
    let (fingerprints, in_any_folder): (Vec<String>, Vec<Option<String>>) = mailboxes()?
        .map(|mailbox| Item {
            mailbox,
            folder: folders.next().flatten(),
            subject: subjects.next().flatten(),
            date: dates.next().flatten(),
            size_bytes: sizes.next().flatten(),
        })
        .inspect(|item| whole.push(item.folder_subject_date(key)))
        .map(|item| (numbered.fingerprint(item), item.in_any_folder(key)))
        .unzip();
    let of_mailboxes = mailboxes()?.map(|address| key.mailbox(address));
    let codes = texts(columns::ERROR_CODE)?.map(|code| code.filter(|code| is_code(code)));
    let own = [
        StringChunked::from_iter_values(ITEM.into(), fingerprints.iter()).into_column(),
        StringChunked::from_iter_options(ITEM_IN_ANY_FOLDER.into(), in_any_folder.into_iter())
            .into_column(),
        StringChunked::from_iter_values(columns::MAILBOX.into(), of_mailboxes).into_column(),
        StringChunked::from_iter_options(columns::ERROR_CODE.into(), codes).into_column(),
        Column::full_null(FIRST_SEEN.into(), frame.height(), &DataType::Date),
        Column::full_null(REFERENCE.into(), frame.height(), &DataType::String),
        UInt64Chunked::from_iter_options(FOLDER_SUBJECT_DATE.into(), whole.into_iter())
            .into_column(),
        Column::full_null(columns::DECISION.into(), frame.height(), &DataType::String),
        Column::full_null(columns::DECIDED_ON.into(), frame.height(), &DataType::Date),
        Column::full_null(
            columns::DECISION_READ_ON.into(),
            frame.height(),
            &DataType::Date,
        ),
    ];
    with_columns(SnapshotTable::FailedItems, frame, &own)
}

/// A row a mailbox on the schedule that was read on a day; none where there is no schedule.
pub(super) fn schedule(
    key: &Key,
    schedule: Option<&DataFrame>,
    date: ReportDate,
) -> PolarsResult<DataFrame> {
    let Some(frame) = schedule else {
        return parquet::nothing_known(SnapshotTable::Schedule, 0);
    };
    let mailboxes = frame.column(columns::MAILBOX)?.str()?.iter();
    let mailboxes = mailboxes.map(|address| key.mailbox(address.unwrap_or_default()));
    let day = Some(date.day().to_epoch_days());
    let own = [
        StringChunked::from_iter_values(columns::MAILBOX.into(), mailboxes).into_column(),
        days_column(SCHEDULE_READ_ON, std::iter::repeat_n(day, frame.height()))?,
    ];
    with_columns(SnapshotTable::Schedule, frame, &own)
}

/// The columns of a table: `own`, and what it lacks from `frame`.
fn with_columns(
    table: SnapshotTable,
    frame: &DataFrame,
    own: &[Column],
) -> PolarsResult<DataFrame> {
    let column = |name| match own.iter().find(|column| column.name() == name) {
        Some(column) => Ok(column.clone()),
        None => frame.column(name).cloned(),
    };
    let columns = table
        .columns()
        .into_iter()
        .map(|(name, _)| column(name))
        .collect::<PolarsResult<Vec<_>>>()?;
    DataFrame::new(frame.height(), columns)
}
