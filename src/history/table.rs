use std::path::PathBuf;

use polars::prelude::*;

use crate::domain::{OrganisationCode, ReportDate, SyncState};
use crate::tables::columns;

/// The fingerprint of a failed item. Text.
pub(super) const ITEM: &str = "item";
/// The fingerprint of a failed item, whatever its folder; null where too little is known of it.
/// Text.
pub(super) const ITEM_IN_ANY_FOLDER: &str = "item_in_any_folder";
/// A digest of a failed item's folder, subject line and date, whatever its mailbox and size; null
/// where its subject line is unknown. A whole number.
pub(super) const FOLDER_SUBJECT_DATE: &str = "folder_subject_date";
/// A digest of the address that a mailbox migrates to; null where that is not reported. A whole
/// number.
pub(super) const TARGET: &str = "target";
/// The report date on which a failed item that has left the list was listed last. Date.
pub(super) const LAST_LISTED: &str = "last_listed";
/// The report date on which the schedule was read that a snapshot knows. Date.
pub(super) const SCHEDULE_READ_ON: &str = "schedule_read_on";
/// The report date on which a failed item was seen first. Date.
pub(super) const FIRST_SEEN: &str = "first_seen";
/// What a failed item is called in conversation, less the organisation's code. Text.
pub(super) const REFERENCE: &str = "reference";

pub(super) const EDITION: &str = "edition";
pub(super) const MAILBOXES: &str = "mailboxes";
pub(super) const MAILBOXES_WITHOUT_TOTAL: &str = "mailboxes_without_total";
pub(super) const ITEMS_ATTEMPTED: &str = "items_attempted";
pub(super) const FAILED_ITEMS_LISTED: &str = "failed_items_listed";
/// The first report date of the organisation's record. Date.
pub(super) const RECORDED_SINCE: &str = "recorded_since";
/// The date of the snapshot before; null where there is none. Date.
pub(super) const COMPARED_WITH: &str = "compared_with";
pub(super) const NEW_FAILED_ITEMS: &str = "new_failed_items";
pub(super) const CLEARED_FAILED_ITEMS: &str = "cleared_failed_items";
pub(super) const RETURNED_FAILED_ITEMS: &str = "returned_failed_items";
pub(super) const NEWLY_ATTEMPTED: &str = "newly_attempted";

/// How the mailbox stood on each day up to this one, the last letter this day's. Text.
pub(super) const COURSE: &str = "course";
/// Sums by which the failures of a day are judged: see [`crate::domain::FailureSums`].
pub(super) const MAILBOXES_ATTEMPTED: &str = "mailboxes_attempted";
pub(super) const FAILED_OF_ATTEMPTED: &str = "failed_of_attempted";
pub(super) const FAILED_SQUARED: &str = "failed_squared";
pub(super) const FAILED_BY_ATTEMPTED: &str = "failed_by_attempted";
pub(super) const ATTEMPTED_SQUARED: &str = "attempted_squared";

/// The columns that the first format did not have, and the format that brought them.
const LATER_COLUMNS: [(&str, u32); 23] = [
    (ITEM_IN_ANY_FOLDER, 2),
    (REFERENCE, 2),
    (RECORDED_SINCE, 2),
    (COMPARED_WITH, 2),
    (NEW_FAILED_ITEMS, 2),
    (CLEARED_FAILED_ITEMS, 2),
    (NEWLY_ATTEMPTED, 2),
    (columns::AWAITS_APPROVAL, 3),
    (columns::IS_SETTING, 3),
    (columns::SETTINGS_FAILED, 3),
    (MAILBOXES_WITHOUT_TOTAL, 3),
    (COURSE, 4),
    (MAILBOXES_ATTEMPTED, 4),
    (FAILED_OF_ATTEMPTED, 4),
    (FAILED_SQUARED, 4),
    (FAILED_BY_ATTEMPTED, 4),
    (ATTEMPTED_SQUARED, 4),
    (TARGET, 5),
    (FOLDER_SUBJECT_DATE, 5),
    (RETURNED_FAILED_ITEMS, 5),
    (columns::DECISION, 5),
    (columns::DECIDED_ON, 5),
    (columns::DECISION_READ_ON, 5),
];

const MOMENT: DataType = DataType::Datetime(TimeUnit::Milliseconds, None);

/// The tables of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SnapshotTable {
    Mailboxes,
    FailedItems,
    OrganisationDays,
    CollectionDays,
    ClearedItems,
    Schedule,
}

impl SnapshotTable {
    pub(super) const ALL: [Self; 6] = [
        Self::Mailboxes,
        Self::FailedItems,
        Self::OrganisationDays,
        Self::CollectionDays,
        Self::ClearedItems,
        Self::Schedule,
    ];

    /// The first format that has it.
    pub(super) fn since(self) -> u32 {
        match self {
            Self::Mailboxes | Self::FailedItems | Self::OrganisationDays => 1,
            Self::CollectionDays => 2,
            Self::ClearedItems | Self::Schedule => 5,
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Mailboxes => "mailboxes",
            Self::FailedItems => "failed-items",
            Self::OrganisationDays => "organisation-days",
            Self::CollectionDays => "collection-days",
            Self::ClearedItems => "cleared-items",
            Self::Schedule => "schedule",
        }
    }

    /// Its file, below the history's folder. No part of it is text from outside: a code is letters
    /// and digits.
    pub(super) fn file(self, organisation: &OrganisationCode, date: ReportDate) -> PathBuf {
        [
            self.folder(),
            &format!("date={date}"),
            &format!("organisation={organisation}"),
            "part.parquet",
        ]
        .iter()
        .collect()
    }

    /// Its columns. Organisation and date are not among them: the names of the folders hold both.
    pub(super) fn columns(self) -> Vec<(&'static str, DataType)> {
        let items = [
            columns::ITEMS_TOTAL,
            columns::ITEMS_SYNCHRONISED,
            columns::ITEMS_FAILED,
            ITEMS_ATTEMPTED,
            columns::SETTINGS_FAILED,
            MAILBOXES_WITHOUT_TOTAL,
        ];
        let states = SyncState::ALL.map(SyncState::name);
        let figures = [MAILBOXES].into_iter().chain(states).chain(items);
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
                (columns::SETTINGS_FAILED, DataType::Int64),
                (columns::AWAITS_APPROVAL, DataType::Boolean),
                (COURSE, DataType::String),
                (TARGET, DataType::UInt64),
            ],
            Self::FailedItems => vec![
                (ITEM, DataType::String),
                (ITEM_IN_ANY_FOLDER, DataType::String),
                (columns::MAILBOX, DataType::String),
                (columns::SIZE_BYTES, DataType::Int64),
                (columns::ITEM_DATE, DataType::Date),
                (columns::FAILED_AT, MOMENT),
                (columns::ERROR_CODE, DataType::String),
                (FIRST_SEEN, DataType::Date),
                (REFERENCE, DataType::String),
                (columns::IS_SETTING, DataType::Boolean),
                (FOLDER_SUBJECT_DATE, DataType::UInt64),
                (columns::DECISION, DataType::String),
                (columns::DECIDED_ON, DataType::Date),
                (columns::DECISION_READ_ON, DataType::Date),
            ],
            Self::Schedule => vec![
                (columns::MAILBOX, DataType::String),
                (columns::COLLECTION, DataType::String),
                (columns::SWITCH_DATE, DataType::Date),
                (SCHEDULE_READ_ON, DataType::Date),
            ],
            Self::ClearedItems => {
                let as_listed = Self::FailedItems.columns().into_iter();
                as_listed.chain([(LAST_LISTED, DataType::Date)]).collect()
            }
            Self::OrganisationDays => columns_of_organisation_days(figures),
            Self::CollectionDays => {
                let collection = (columns::COLLECTION, DataType::String);
                let counts = figures.chain([NEWLY_ATTEMPTED]).map(count);
                [collection].into_iter().chain(counts).collect()
            }
        }
    }

    /// The columns that it had in a format.
    pub(super) fn columns_of_format(self, format: u32) -> Vec<(&'static str, DataType)> {
        let is_later = |name: &str| {
            let mut later = LATER_COLUMNS.iter();
            later.any(|(column, since)| *column == name && *since > format)
        };
        let mut columns = self.columns();
        columns.retain(|(name, _)| !is_later(name));
        columns
    }
}

fn count(name: &'static str) -> (&'static str, DataType) {
    (name, DataType::Int64)
}

/// Columns of an organisation's days, with the `figures` that those of collections have too.
fn columns_of_organisation_days(
    figures: impl Iterator<Item = &'static str>,
) -> Vec<(&'static str, DataType)> {
    let counts = [EDITION].into_iter().chain(figures);
    let counts = counts.chain([FAILED_ITEMS_LISTED]);
    let days = [RECORDED_SINCE, COMPARED_WITH].map(|name| (name, DataType::Date));
    let change = [NEW_FAILED_ITEMS, CLEARED_FAILED_ITEMS, NEWLY_ATTEMPTED];
    let judged = [MAILBOXES_ATTEMPTED, FAILED_OF_ATTEMPTED];
    let squares = [FAILED_SQUARED, FAILED_BY_ATTEMPTED, ATTEMPTED_SQUARED];
    counts
        .map(count)
        .chain(days)
        .chain(change.into_iter().chain(judged).map(count))
        .chain(squares.map(|name| (name, DataType::Float64)))
        .chain([count(RETURNED_FAILED_ITEMS)])
        .collect()
}

/// A column of days since 1970.
pub(super) fn days_column(
    name: &str,
    days: impl Iterator<Item = Option<i32>>,
) -> PolarsResult<Column> {
    Int32Chunked::from_iter_options(name.into(), days)
        .into_column()
        .cast(&DataType::Date)
}
