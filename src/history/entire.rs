//! An organisation from its first day on: what is asked for by reports that do not go out daily.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::days::{OrganisationDay, organisation_day};
use super::table::{FIRST_SEEN, REFERENCE, SnapshotTable};
use super::{History, HistoryError, Snapshot, mark};
use crate::domain::{OrganisationCode, ReportDate, SyncState};
use crate::tables::columns;

/// A day of an organisation's whole course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EntireDay {
    /// The figures that its snapshot holds.
    pub day: OrganisationDay,
    /// Mailboxes that are in sync, ready to switch or switched.
    pub in_sync_or_beyond: u64,
    /// Mailboxes that have switched.
    pub switched: u64,
    /// Items that did not migrate, as the sync-state export counts them.
    pub items_failed: Option<u64>,
}

/// What the history has of an organisation before a day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Start {
    /// Every day that was kept, in order.
    pub days: Vec<EntireDay>,
    /// Every item that a day lists and the day itself does not; `None` where nobody asked for it.
    pub former_items: Option<Vec<FormerItem>>,
}

impl History {
    /// What lies before `date`, and which days cannot be read; with the items that are gone where
    /// there is a snapshot of the day itself, `with_items`, to hold them against.
    ///
    /// # Errors
    /// [`HistoryError`] where not even the days can be listed, or the snapshot lacks a column.
    pub fn start(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        with_items: Option<&Snapshot>,
    ) -> Result<(Start, Vec<HistoryError>), HistoryError> {
        let dates = mark::dates(&self.folder, organisation)?;
        let before = || dates.iter().copied().filter(|day| *day < date);
        let table = |day, table| {
            let mark = self.mark(organisation, day)?;
            self.frame(organisation, day, table, &mark)
        };
        let (mut start, mut damaged) = (Start::default(), Vec::new());
        for day in before() {
            let frame = table(day, SnapshotTable::OrganisationDays);
            match frame.and_then(|frame| Ok(entire_day(day, &frame)?)) {
                Ok(day) => start.days.push(day),
                Err(error) => damaged.push(error),
            }
        }
        if let Some(today) = with_items {
            let mut items: BTreeMap<String, FormerItem> = BTreeMap::new();
            for day in before() {
                let frame = table(day, SnapshotTable::FailedItems);
                match frame.and_then(|frame| Ok(listed_on(day, &frame)?)) {
                    Ok(listed) => listed.into_iter().for_each(|item| {
                        let known = items.entry(item.reference.clone());
                        known
                            .and_modify(|known| known.last_seen = item.last_seen)
                            .or_insert(item);
                    }),
                    Err(error) => damaged.push(error),
                }
            }
            for item in listed_on(date, &today.failed_items)? {
                items.remove(&item.reference);
            }
            start.former_items = Some(items.into_values().collect());
        }
        Ok((start, damaged))
    }

    /// The last day before `date` that was kept of an organisation.
    #[must_use]
    pub fn last_day_before(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Option<ReportDate> {
        let days = mark::dates(&self.folder, organisation).ok()?;
        days.into_iter().rfind(|day| *day < date)
    }
}

impl Snapshot {
    /// The same figures of its own day.
    ///
    /// # Errors
    /// Only where a table lacks a column: a fault of the program.
    pub fn entire_day(&self) -> PolarsResult<EntireDay> {
        entire_day(self.date, &self.organisation_day)
    }
}

fn entire_day(date: ReportDate, frame: &DataFrame) -> PolarsResult<EntireDay> {
    let count = |name: &str| -> PolarsResult<Option<u64>> {
        let figure = frame.column(name)?.i64()?.get(0);
        Ok(figure.and_then(|figure| u64::try_from(figure).ok()))
    };
    let mut in_sync_or_beyond = 0;
    let states = SyncState::ALL.into_iter();
    for state in states.filter(|state| state.is_in_sync_or_beyond()) {
        in_sync_or_beyond += count(state.name())?.unwrap_or(0);
    }
    Ok(EntireDay {
        day: organisation_day(date, frame)?,
        in_sync_or_beyond,
        switched: count(SyncState::Switched.name())?.unwrap_or(0),
        items_failed: count(columns::ITEMS_FAILED)?,
    })
}

/// An item that was listed as failed on some day, and is not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerItem {
    /// What it was called, less the organisation's code.
    pub reference: String,
    /// The fingerprint of its mailbox.
    pub mailbox: String,
    /// The item's own date.
    pub date: Option<NaiveDate>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// The tool's error code.
    pub error_code: Option<String>,
    /// The first report date on which it was listed.
    pub first_seen: NaiveDate,
    /// The last report date on which it was listed.
    pub last_seen: NaiveDate,
}

/// The failed items of a day that are known to be mail, or not known to be settings.
fn listed_on(date: ReportDate, frame: &DataFrame) -> PolarsResult<Vec<FormerItem>> {
    let texts = |name: &str| frame.column(name)?.str();
    let days = |name: &str| PolarsResult::Ok(frame.column(name)?.date()?.physical());
    let day = |days: &Int32Chunked, row| days.get(row).and_then(NaiveDate::from_epoch_days);
    let (reference, mailbox) = (texts(REFERENCE)?, texts(columns::MAILBOX)?);
    let error_code = texts(columns::ERROR_CODE)?;
    let (item_date, first_seen) = (days(columns::ITEM_DATE)?, days(FIRST_SEEN)?);
    let size = frame.column(columns::SIZE_BYTES)?.i64()?;
    let is_setting = frame.column(columns::IS_SETTING)?.bool()?;
    let rows = (0..frame.height()).filter(|row| is_setting.get(*row) != Some(true));
    let item = |row| {
        Some(FormerItem {
            reference: reference.get(row)?.to_owned(),
            mailbox: mailbox.get(row)?.to_owned(),
            date: day(item_date, row),
            size_bytes: size.get(row).and_then(|size| u64::try_from(size).ok()),
            error_code: error_code.get(row).map(str::to_owned),
            first_seen: day(first_seen, row).unwrap_or(date.day()),
            last_seen: date.day(),
        })
    };
    Ok(rows.filter_map(item).collect())
}
