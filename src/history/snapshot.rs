use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::fingerprint::{Item, Items, Key};
use super::table::{FIRST_SEEN, ITEM, Table};
use crate::domain::{OrganisationCode, ReportDate, SyncState};
use crate::tables::{Tables, columns};

/// The longest error code that is kept.
const LONGEST_ERROR_CODE: usize = 64;

/// What is kept of an organisation's tables of one day. People are fingerprints, and there is no name, no address, no
/// subject line and no error text in it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Whose.
    pub organisation: OrganisationCode,
    /// Of which day.
    pub date: ReportDate,
    pub(super) mailboxes: DataFrame,
    pub(super) failed_items: DataFrame,
}

impl Snapshot {
    /// A row a mailbox: `mailbox`, its fingerprint (text); `collection` (text); `sync_state`, its
    /// [`SyncState::name`]; and, as in [`columns`], `progress_percent`, `items_total`, `items_synchronised`,
    /// `items_failed`, `size_bytes`, `last_synchronised_at`, `switch_date` and `switched_at`.
    #[must_use]
    pub fn mailboxes(&self) -> &DataFrame {
        &self.mailboxes
    }

    /// A row an item that did not migrate: `item`, its fingerprint (text, unique); `mailbox`, that of its mailbox
    /// (text); `size_bytes`, `item_date` and `failed_at` as in [`columns`]; `error_code`, where it is a code and not a
    /// sentence; `first_seen`, the first report date of those without a gap on which it was listed (date).
    #[must_use]
    pub fn failed_items(&self) -> &DataFrame {
        &self.failed_items
    }

    /// The tables as they are written, in the order of [`Table::ALL`]. Sorted by fingerprints: the order of addresses
    /// would tell whose they are.
    pub(super) fn frames(&self, edition: u32) -> PolarsResult<[DataFrame; 3]> {
        Ok([
            self.mailboxes.sort([columns::MAILBOX], SortMultipleOptions::default())?,
            self.failed_items.sort([ITEM], SortMultipleOptions::default())?,
            organisation_day(self, edition)?,
        ])
    }
}

/// The snapshot of `tables`, with rows in their order. Failed items that `before` has are as old as there.
pub(super) fn take(
    key: &Key,
    organisation: &OrganisationCode,
    date: ReportDate,
    tables: &Tables,
    before: Option<&Snapshot>,
) -> PolarsResult<Snapshot> {
    Ok(Snapshot {
        organisation: organisation.clone(),
        date,
        mailboxes: mailboxes(key, tables.mailboxes.frame())?,
        failed_items: failed_items(key, tables.failed_items.frame(), date, before)?,
    })
}

fn mailboxes(key: &Key, frame: &DataFrame) -> PolarsResult<DataFrame> {
    let fingerprints = frame.column(columns::MAILBOX)?.str()?.iter().map(|address| key.mailbox(address.unwrap_or_default()));
    let states = frame.column(columns::SYNC_STATE)?.u8()?.iter();
    let states = states.map(|code| SyncState::from_code(code.unwrap_or(u8::MAX)).name());
    let own = [
        StringChunked::from_iter_values(columns::MAILBOX.into(), fingerprints).into_column(),
        StringChunked::from_iter_values(columns::SYNC_STATE.into(), states).into_column(),
    ];
    with_columns(Table::Mailboxes, frame, &own)
}

fn failed_items(key: &Key, frame: &DataFrame, date: ReportDate, before: Option<&Snapshot>) -> PolarsResult<DataFrame> {
    let mailboxes = frame.column(columns::MAILBOX)?.str()?;
    let folders = frame.column(columns::FOLDER)?.str()?;
    let subjects = frame.column(columns::SUBJECT)?.str()?;
    let dates = frame.column(columns::ITEM_DATE)?.date()?.physical();
    let sizes = frame.column(columns::SIZE_BYTES)?.i64()?;
    let mut items = Items::new(key);
    let parts = mailboxes.iter().zip(folders.iter()).zip(subjects.iter()).zip(dates.iter()).zip(sizes.iter());
    let fingerprints: Vec<String> = parts
        .map(|((((mailbox, folder), subject), date), size_bytes)| {
            items.fingerprint(Item { mailbox: mailbox.unwrap_or_default(), folder, subject, date, size_bytes })
        })
        .collect();

    let seen = before.map(first_seen).transpose()?.unwrap_or_default();
    let today = days_since_1970(date);
    let first_seen = fingerprints.iter().map(|item| seen.get(item.as_str()).copied().unwrap_or(today));
    let codes = frame.column(columns::ERROR_CODE)?.str()?.iter().map(|code| code.filter(|code| is_code(code)));
    let of_mailboxes = mailboxes.iter().map(|address| key.mailbox(address.unwrap_or_default()));
    let own = [
        StringChunked::from_iter_values(ITEM.into(), fingerprints.iter()).into_column(),
        StringChunked::from_iter_values(columns::MAILBOX.into(), of_mailboxes).into_column(),
        StringChunked::from_iter_options(columns::ERROR_CODE.into(), codes).into_column(),
        Int32Chunked::from_iter_values(FIRST_SEEN.into(), first_seen).into_column().cast(&DataType::Date)?,
    ];
    with_columns(Table::FailedItems, frame, &own)
}

/// The columns of a table: `own`, and what it lacks from `frame`.
fn with_columns(table: Table, frame: &DataFrame, own: &[Column]) -> PolarsResult<DataFrame> {
    let column = |name| match own.iter().find(|column| column.name() == name) {
        Some(column) => Ok(column.clone()),
        None => frame.column(name).cloned(),
    };
    let columns = table.columns().into_iter().map(|(name, _)| column(name)).collect::<PolarsResult<Vec<_>>>()?;
    DataFrame::new(frame.height(), columns)
}

/// Since when the items of a snapshot are seen, in days since 1970.
fn first_seen(before: &Snapshot) -> PolarsResult<HashMap<&str, i32>> {
    let items = before.failed_items.column(ITEM)?.str()?.iter();
    let since = before.failed_items.column(FIRST_SEEN)?.date()?.physical().iter();
    // Seen on that day at the latest.
    Ok(items.zip(since).filter_map(|(item, since)| Some((item?, since.unwrap_or(days_since_1970(before.date))))).collect())
}

/// Whether the text is a code. What has blanks or an @ in it may be a sentence about somebody.
fn is_code(text: &str) -> bool {
    text.len() <= LONGEST_ERROR_CODE && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

fn days_since_1970(date: ReportDate) -> i32 {
    i32::try_from(date.day().signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// The figures of the whole organisation, in one row.
fn organisation_day(snapshot: &Snapshot, edition: u32) -> PolarsResult<DataFrame> {
    let states = snapshot.mailboxes.column(columns::SYNC_STATE)?.str()?;
    let counts = |name: &str| -> PolarsResult<&Int64Chunked> { snapshot.mailboxes.column(name)?.i64() };
    let count = |rows: usize| i64::try_from(rows).ok();
    let (synchronised, failed) = (counts(columns::ITEMS_SYNCHRONISED)?, counts(columns::ITEMS_FAILED)?);
    let figures = Table::OrganisationDays.columns().into_iter().map(|(name, _)| -> PolarsResult<Column> {
        let figure = match name {
            "edition" => Some(i64::from(edition)),
            "mailboxes" => count(states.len()),
            columns::ITEMS_TOTAL => sum_of_known(counts(columns::ITEMS_TOTAL)?.iter()),
            columns::ITEMS_SYNCHRONISED => sum_of_known(synchronised.iter()),
            columns::ITEMS_FAILED => sum_of_known(failed.iter()),
            "items_attempted" => {
                sum_of_known(synchronised.iter().zip(failed.iter()).map(|(synchronised, failed)| synchronised?.checked_add(failed?)))
            }
            "failed_items_listed" => count(snapshot.failed_items.height()),
            state => count(states.iter().filter(|word| *word == Some(state)).count()),
        };
        Ok(Int64Chunked::from_iter_options(name.into(), std::iter::once(figure)).into_column())
    });
    DataFrame::new(1, figures.collect::<PolarsResult<Vec<_>>>()?)
}

/// The sum over mailboxes that report the figure; unknown where none does.
pub(super) fn sum_of_known(figures: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    figures.flatten().fold(None, |sum: Option<i64>, figure| Some(sum.unwrap_or(0).saturating_add(figure)))
}
