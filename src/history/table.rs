use std::path::PathBuf;

use polars::prelude::{DataType, TimeUnit};

use crate::domain::{OrganisationCode, ReportDate, SyncState};
use crate::tables::columns;

/// The fingerprint of a failed item. Text.
pub(super) const ITEM: &str = "item";
/// The report date on which a failed item was seen first. Date.
pub(super) const FIRST_SEEN: &str = "first_seen";

const MOMENT: DataType = DataType::Datetime(TimeUnit::Milliseconds, None);

/// The tables of a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Mailboxes,
    FailedItems,
    OrganisationDays,
}

impl Table {
    pub(super) const ALL: [Self; 3] = [Self::Mailboxes, Self::FailedItems, Self::OrganisationDays];

    fn folder(self) -> &'static str {
        match self {
            Self::Mailboxes => "mailboxes",
            Self::FailedItems => "failed-items",
            Self::OrganisationDays => "organisation-days",
        }
    }

    /// Its file, below the history's folder. No part of it is text from outside: a code is letters and digits.
    pub(super) fn file(self, organisation: &OrganisationCode, date: ReportDate) -> PathBuf {
        [self.folder(), &format!("date={date}"), &format!("organisation={organisation}"), "part.parquet"].iter().collect()
    }

    /// Its columns. Organisation and date are not among them: the names of the folders hold both.
    pub(super) fn columns(self) -> Vec<(&'static str, DataType)> {
        match self {
            Self::Mailboxes => vec![
                (columns::MAILBOX, DataType::String),
                (columns::COLLECTION, DataType::String),
                (columns::SYNC_STATE, DataType::String),
                (columns::PROGRESS_PERCENT, DataType::Float64),
                (columns::ITEMS_TOTAL, DataType::Int64),
                (columns::ITEMS_SYNCHRONISED, DataType::Int64),
                (columns::ITEMS_FAILED, DataType::Int64),
                (columns::SIZE_BYTES, DataType::Int64),
                (columns::LAST_SYNCHRONISED_AT, MOMENT),
                (columns::SWITCH_DATE, DataType::Date),
                (columns::SWITCHED_AT, MOMENT),
            ],
            Self::FailedItems => vec![
                (ITEM, DataType::String),
                (columns::MAILBOX, DataType::String),
                (columns::SIZE_BYTES, DataType::Int64),
                (columns::ITEM_DATE, DataType::Date),
                (columns::FAILED_AT, MOMENT),
                (columns::ERROR_CODE, DataType::String),
                (FIRST_SEEN, DataType::Date),
            ],
            Self::OrganisationDays => {
                let states = SyncState::ALL.iter().map(|state| state.name());
                let items =
                    [columns::ITEMS_TOTAL, columns::ITEMS_SYNCHRONISED, columns::ITEMS_FAILED, "items_attempted", "failed_items_listed"];
                let counts = ["edition", "mailboxes"].into_iter().chain(states).chain(items);
                counts.map(|name| (name, DataType::Int64)).collect()
            }
        }
    }
}
