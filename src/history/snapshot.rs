use polars::prelude::*;
use sha2::{Digest, Sha256};

use super::change::newly_attempted;
use super::days::{self, CollectionDay, OrganisationDay};
use super::fingerprint::{self, Fingerprint, Item, Key};
use super::following::FollowedItems;
use super::parquet;
use super::sums::{Sums, frame_of};
use super::table::{
    CLEARED_FAILED_ITEMS, COMPARED_WITH, EDITION, FAILED_ITEMS_LISTED, FIRST_SEEN, ITEM,
    ITEM_IN_ANY_FOLDER, NEW_FAILED_ITEMS, RECORDED_SINCE, REFERENCE, Table,
};
use crate::domain::hexadecimal;
use crate::domain::{OrganisationCode, ReportDate, SyncState};
use crate::tables::{Tables, columns};

/// The longest error code that is kept.
const LONGEST_ERROR_CODE: usize = 64;

/// What a later day is compared with.
const COMPARED_OF_MAILBOXES: [&str; 5] = [
    columns::MAILBOX,
    columns::SYNC_STATE,
    columns::ITEMS_TOTAL,
    columns::ITEMS_SYNCHRONISED,
    columns::ITEMS_FAILED,
];
const COMPARED_OF_ITEMS: [&str; 7] = [
    ITEM,
    ITEM_IN_ANY_FOLDER,
    columns::MAILBOX,
    columns::SIZE_BYTES,
    columns::ITEM_DATE,
    FIRST_SEEN,
    REFERENCE,
];

/// What is kept of an organisation's tables of one day. People are fingerprints, and there is no
/// name, no address, no subject line and no error text in it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Whose.
    pub organisation: OrganisationCode,
    /// Of which day.
    pub date: ReportDate,
    pub(super) mailboxes: DataFrame,
    pub(super) failed_items: DataFrame,
    /// One row.
    pub(super) organisation_day: DataFrame,
    /// By collection, the mailboxes without one first.
    pub(super) collection_days: DataFrame,
}

impl Snapshot {
    /// A row a mailbox: `mailbox`, its fingerprint (text); `collection` (text); `sync_state`, its
    /// [`SyncState::name`]; and, as in [`columns`], `progress_percent`, `items_total`,
    /// `items_synchronised`, `items_failed`, `size_bytes`, `last_synchronised_at`, `switch_date`
    /// and `switched_at`.
    #[must_use]
    pub fn mailboxes(&self) -> &DataFrame {
        &self.mailboxes
    }

    /// A row an item that did not migrate: `item`, its fingerprint (text, unique);
    /// `item_in_any_folder`, the same whatever its folder (text, null where subject line, date or
    /// size is unknown); `mailbox`, the fingerprint of its mailbox (text); `size_bytes`,
    /// `item_date` and `failed_at` as in [`columns`]; `error_code`, where it is a code and not a
    /// sentence; `first_seen`, the first report date of those without a gap on which it was listed
    /// (date); `reference`, what it is called, less the organisation's code (text, unique).
    #[must_use]
    pub fn failed_items(&self) -> &DataFrame {
        &self.failed_items
    }

    /// The figures of the whole organisation.
    ///
    /// # Errors
    /// Only where a table lacks a column: a fault of the program; so it is with the next two.
    pub fn organisation_day(&self) -> PolarsResult<OrganisationDay> {
        days::organisation_day(self.date, &self.organisation_day)
    }

    /// The figures of each collection.
    ///
    /// # Errors
    /// See [`Snapshot::organisation_day`].
    pub fn collection_days(&self) -> PolarsResult<Vec<CollectionDay>> {
        days::collection_days(self.date, &self.collection_days)
    }

    /// The SHA-256, in hexadecimal, of what a later day is compared with: another one means that it
    /// says something else.
    ///
    /// # Errors
    /// See [`Snapshot::organisation_day`].
    pub fn digest(&self) -> PolarsResult<String> {
        let mut digest = Sha256::new();
        for (frame, names) in [
            (&self.mailboxes, &COMPARED_OF_MAILBOXES[..]),
            (&self.failed_items, &COMPARED_OF_ITEMS),
        ] {
            for name in names {
                for cell in frame.column(name)?.cast(&DataType::String)?.str()?.iter() {
                    digest.update(
                        cell.map_or(u64::MAX, |cell| cell.len() as u64)
                            .to_le_bytes(),
                    );
                    digest.update(cell.unwrap_or_default());
                }
            }
        }
        digest.update(self.recorded_since()?.to_le_bytes());
        Ok(hexadecimal::encode(&digest.finalize()))
    }

    /// For each row of the failed items the row of the same item in an earlier snapshot; `None`
    /// where it is new.
    ///
    /// # Errors
    /// See [`Snapshot::organisation_day`].
    pub fn followed_from(&self, before: &Self) -> PolarsResult<Vec<Option<usize>>> {
        Ok(FollowedItems::of(&self.failed_items)?
            .followed_from(&FollowedItems::of(&before.failed_items)?))
    }

    /// The snapshot of `tables`, with rows in their order.
    pub(super) fn take(
        key: &Key,
        organisation: &OrganisationCode,
        date: ReportDate,
        tables: &Tables,
        before: Option<&Self>,
    ) -> PolarsResult<Self> {
        let taken = Self {
            organisation: organisation.clone(),
            date,
            mailboxes: mailboxes(key, tables.mailboxes.frame())?,
            failed_items: failed_items(key, tables.failed_items.frame())?,
            organisation_day: parquet::nothing_known(Table::OrganisationDays, 1)?,
            collection_days: parquet::nothing_known(Table::CollectionDays, 0)?,
        };
        taken.held_against(before)
    }

    /// The same with all that follows from the snapshot before it. Where there is none before it,
    /// items are as old and called as it says itself: what it was held against may have been
    /// removed since.
    pub(super) fn held_against(&self, before: Option<&Self>) -> PolarsResult<Self> {
        let items = FollowedItems::of(&self.failed_items)?;
        let earlier = before
            .map(|before| FollowedItems::of(&before.failed_items))
            .transpose()?;
        let followed = earlier.as_ref().map(|earlier| items.followed_from(earlier));
        let of_before = |row: usize| {
            followed
                .as_ref()
                .and_then(|followed| followed.get(row).copied().flatten())
        };
        let rows = 0..self.failed_items.height();
        let known_since = |row: usize| match (&earlier, before) {
            // Seen on that day at the latest.
            (Some(earlier), Some(before)) => of_before(row).map(|row| {
                earlier
                    .first_seen
                    .get(row)
                    .copied()
                    .flatten()
                    .unwrap_or(before.date.day().to_epoch_days())
            }),
            _ => items.first_seen.get(row).copied().flatten(),
        };
        let known_as = |row: usize| match &earlier {
            Some(earlier) => {
                of_before(row).and_then(|row| earlier.reference.get(row).copied().flatten())
            }
            None => items.reference.get(row).copied().flatten(),
        };
        let today = self.date.day().to_epoch_days();
        let first_seen: Vec<i32> = rows
            .clone()
            .map(|row| known_since(row).unwrap_or(today))
            .collect();
        let references = items.named(&rows.map(known_as).collect::<Vec<_>>());
        let recorded_since = match before {
            Some(before) => before.recorded_since()?,
            None => self
                .known_day(RECORDED_SINCE)?
                .or(first_seen.iter().min().copied())
                .map_or(today, |day| day.min(today)),
        };

        let growth = before
            .map(|before| newly_attempted(&self.mailboxes, &before.mailboxes))
            .transpose()?;
        let of_collections = Sums::of(&self.mailboxes, growth.as_deref())?;
        let all = of_collections
            .iter()
            .fold(Sums::default(), |all, (_, totals)| all.and(totals));
        let mut organisation_day = frame_of(Table::OrganisationDays, &[(None, all)])?;
        let number = |count: usize| i64::try_from(count).ok();
        let new = followed
            .as_ref()
            .map(|followed| followed.iter().filter(|row| row.is_none()).count());
        let listed_before = before.map(|before| before.failed_items.height());
        let cleared = listed_before
            .zip(new)
            .map(|(listed, new)| (listed + new).saturating_sub(self.failed_items.height()));
        for (name, figure) in [
            (
                EDITION,
                self.organisation_day.column(EDITION)?.i64()?.get(0),
            ),
            (FAILED_ITEMS_LISTED, number(self.failed_items.height())),
            (NEW_FAILED_ITEMS, new.and_then(number)),
            (CLEARED_FAILED_ITEMS, cleared.and_then(number)),
        ] {
            organisation_day.with_column(
                Int64Chunked::from_iter_options(name.into(), [figure].into_iter()).into_column(),
            )?;
        }
        for (name, day) in [
            (RECORDED_SINCE, Some(recorded_since)),
            (
                COMPARED_WITH,
                before.map(|before| before.date.day().to_epoch_days()),
            ),
        ] {
            organisation_day.with_column(days_column(name, [day].into_iter())?)?;
        }

        let mut failed_items = self.failed_items.clone();
        failed_items.with_column(days_column(FIRST_SEEN, first_seen.into_iter().map(Some))?)?;
        failed_items.with_column(
            StringChunked::from_iter_values(REFERENCE.into(), references.iter()).into_column(),
        )?;
        Ok(Self {
            organisation: self.organisation.clone(),
            date: self.date,
            mailboxes: self.mailboxes.clone(),
            failed_items,
            organisation_day,
            collection_days: frame_of(Table::CollectionDays, &of_collections)?,
        })
    }

    /// Whether it was held against a snapshot that is no longer there, as it is to stay.
    pub(super) fn was_held_against_another(&self) -> PolarsResult<bool> {
        Ok(self.known_day(COMPARED_WITH)?.is_some())
    }

    /// The first report date of the record, in days since 1970.
    fn recorded_since(&self) -> PolarsResult<i32> {
        Ok(self
            .known_day(RECORDED_SINCE)?
            .unwrap_or(self.date.day().to_epoch_days()))
    }

    fn known_day(&self, name: &str) -> PolarsResult<Option<i32>> {
        Ok(self
            .organisation_day
            .column(name)?
            .date()?
            .physical()
            .get(0))
    }

    /// The tables as they are written, in the order of [`Table::ALL`]. Sorted by fingerprints: the
    /// order of addresses would tell whose they are.
    pub(super) fn frames(&self) -> PolarsResult<[DataFrame; 4]> {
        Ok([
            self.mailboxes
                .sort([columns::MAILBOX], SortMultipleOptions::default())?,
            self.failed_items
                .sort([ITEM], SortMultipleOptions::default())?,
            self.organisation_day.clone(),
            self.collection_days.clone(),
        ])
    }

    /// The same, of an edition of its day.
    pub(super) fn of_edition(mut self, edition: u32) -> PolarsResult<Self> {
        let column = Int64Chunked::from_slice(EDITION.into(), &[i64::from(edition)]).into_column();
        self.organisation_day.with_column(column)?;
        Ok(self)
    }
}

fn mailboxes(key: &Key, frame: &DataFrame) -> PolarsResult<DataFrame> {
    let fingerprints = frame
        .column(columns::MAILBOX)?
        .str()?
        .iter()
        .map(|address| key.mailbox(address.unwrap_or_default()));
    let states = frame.column(columns::SYNC_STATE)?.u8()?.iter();
    let states = states.map(|code| SyncState::from_code(code.unwrap_or(u8::MAX)).name());
    let own = [
        StringChunked::from_iter_values(columns::MAILBOX.into(), fingerprints).into_column(),
        StringChunked::from_iter_values(columns::SYNC_STATE.into(), states).into_column(),
    ];
    with_columns(Table::Mailboxes, frame, &own)
}

fn failed_items(key: &Key, frame: &DataFrame) -> PolarsResult<DataFrame> {
    let mailboxes = frame.column(columns::MAILBOX)?.str()?;
    let folders = frame.column(columns::FOLDER)?.str()?;
    let subjects = frame.column(columns::SUBJECT)?.str()?;
    let dates = frame.column(columns::ITEM_DATE)?.date()?.physical();
    let sizes = frame.column(columns::SIZE_BYTES)?.i64()?;
    let parts = mailboxes
        .iter()
        .zip(folders.iter())
        .zip(subjects.iter())
        .zip(dates.iter())
        .zip(sizes.iter());
    let items = parts.map(|((((mailbox, folder), subject), date), size_bytes)| Item {
        mailbox: mailbox.unwrap_or_default(),
        folder,
        subject,
        date,
        size_bytes,
    });
    let mut numbered = fingerprint::ItemFingerprints::new(key, frame.height());
    let (fingerprints, in_any_folder): (Vec<Fingerprint>, Vec<Option<Fingerprint>>) = items
        .map(|item| (numbered.fingerprint(item), item.in_any_folder(key)))
        .unzip();
    let codes = frame
        .column(columns::ERROR_CODE)?
        .str()?
        .iter()
        .map(|code| code.filter(|code| is_code(code)));
    // Those of a mailbox follow each other.
    let mut last: Option<(&str, Fingerprint)> = None;
    let of_mailboxes = mailboxes.iter().map(|address| {
        let address = address.unwrap_or_default();
        last.filter(|(known, _)| *known == address)
            .unwrap_or_else(|| *last.insert((address, key.mailbox(address))))
            .1
    });
    let own = [
        StringChunked::from_iter_values(ITEM.into(), fingerprints.iter()).into_column(),
        StringChunked::from_iter_options(
            ITEM_IN_ANY_FOLDER.into(),
            in_any_folder
                .iter()
                .map(|known| known.as_ref().map(Fingerprint::as_ref)),
        )
        .into_column(),
        StringChunked::from_iter_values(columns::MAILBOX.into(), of_mailboxes).into_column(),
        StringChunked::from_iter_options(columns::ERROR_CODE.into(), codes).into_column(),
        Column::full_null(FIRST_SEEN.into(), frame.height(), &DataType::Date),
        Column::full_null(REFERENCE.into(), frame.height(), &DataType::String),
    ];
    with_columns(Table::FailedItems, frame, &own)
}

/// The columns of a table: `own`, and what it lacks from `frame`.
fn with_columns(table: Table, frame: &DataFrame, own: &[Column]) -> PolarsResult<DataFrame> {
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

/// Whether the text is a code. What has blanks or an @ in it may be a sentence about somebody.
fn is_code(text: &str) -> bool {
    text.len() <= LONGEST_ERROR_CODE
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

fn days_column(name: &str, days: impl Iterator<Item = Option<i32>>) -> PolarsResult<Column> {
    Int32Chunked::from_iter_options(name.into(), days)
        .into_column()
        .cast(&DataType::Date)
}
