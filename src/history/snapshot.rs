use polars::prelude::*;
use sha2::{Digest, Sha256};

use super::change::newly_attempted;
use super::course::courses;
use super::days::{self, OrganisationDay};
use super::fingerprint::{Item, ItemFingerprints, Key};
use super::following::FollowedItems;
use super::parquet;
use super::sums::{Sums, sums_frame};
use super::table::{
    ATTEMPTED_SQUARED, CLEARED_FAILED_ITEMS, COMPARED_WITH, COURSE, EDITION, FAILED_BY_ATTEMPTED,
    FAILED_ITEMS_LISTED, FAILED_OF_ATTEMPTED, FAILED_SQUARED, FIRST_SEEN, ITEM, ITEM_IN_ANY_FOLDER,
    MAILBOXES_ATTEMPTED, NEW_FAILED_ITEMS, RECORDED_SINCE, REFERENCE, Table,
};
use crate::domain::error_code::is_code;
use crate::domain::{
    FailureRate, FailureSums, OrganisationCode, ReportDate, SyncState, hexadecimal,
};
use crate::tables::{Tables, columns};

/// What a later day is compared with.
const COMPARED_OF_MAILBOXES: [&str; 6] = [
    columns::MAILBOX,
    columns::SYNC_STATE,
    columns::ITEMS_TOTAL,
    columns::ITEMS_SYNCHRONISED,
    columns::ITEMS_FAILED,
    COURSE,
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
    /// The organisation of the mailboxes.
    pub organisation: OrganisationCode,
    /// The report date of the tables.
    pub date: ReportDate,
    /// A row a mailbox: `mailbox`, its fingerprint (text); `collection` (text); `sync_state`, its
    /// [`SyncState::name`]; and, as in [`columns`], `progress_percent`, `items_total`,
    /// `items_synchronised`, `items_failed`, `size_bytes`, `last_synchronised_at`, `switch_date`,
    /// `switched_at`, `settings_failed` and `awaits_approval`; and `course`, a letter for each day up
    /// to this one (text).
    pub mailboxes: DataFrame,
    /// A row an item that did not migrate: `item`, its fingerprint (text, unique);
    /// `item_in_any_folder`, the same whatever its folder (text, null where subject line, date or
    /// size is unknown); `mailbox`, the fingerprint of its mailbox (text); `size_bytes`,
    /// `item_date` and `failed_at` as in [`columns`]; `error_code`, where it is a code and not a
    /// sentence; `first_seen`, the first report date of those without a gap on which it was listed
    /// (date); `reference`, what it is called, less the organisation's code (text, unique);
    /// `is_setting` as in [`columns`], null where a day of an earlier format does not say.
    pub failed_items: DataFrame,
    /// Of the whole organisation: one row.
    pub(super) organisation_day: DataFrame,
    /// A row a collection, those of the mailboxes without one first.
    pub(super) collection_days: DataFrame,
}

/// How failed items changed since the snapshot before.
#[derive(Debug, Clone, Copy)]
struct ItemChange {
    new: usize,
    cleared: usize,
}

impl Snapshot {
    /// The figures of the whole organisation.
    ///
    /// # Errors
    /// Only where a table lacks a column: a fault of the program; so it is with the other tables.
    pub fn organisation_day(&self) -> PolarsResult<OrganisationDay> {
        days::organisation_day(self.date, &self.organisation_day)
    }

    /// The SHA-256, in hexadecimal, of what a later day is compared with: another one means that it
    /// says something else.
    pub fn digest(&self) -> PolarsResult<String> {
        let mut digest = Sha256::new();
        for (frame, names) in [
            (&self.mailboxes, &COMPARED_OF_MAILBOXES[..]),
            (&self.failed_items, &COMPARED_OF_ITEMS),
        ] {
            for name in names {
                for cell in frame.column(name)?.cast(&DataType::String)?.str()?.iter() {
                    let length = cell.map_or(u64::MAX, |cell| cell.len() as u64);
                    digest.update(length.to_le_bytes());
                    digest.update(cell.unwrap_or_default());
                }
            }
        }
        digest.update(self.recorded_since()?.to_le_bytes());
        Ok(hexadecimal::encode(&digest.finalize()))
    }

    /// For each row of the failed items the row of the same item in an earlier snapshot; `None`
    /// where it is new.
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
        let mut anew = self.clone();
        let change = anew.follow_items(before)?;
        let earlier = before.map(|before| (&before.mailboxes, before.date));
        anew.mailboxes
            .with_column(courses(&self.mailboxes, self.date, earlier)?)?;
        anew.sum_up(before, change)?;
        Ok(anew)
    }

    /// Says of each failed item since when it is there and what it is called. Gives how many are
    /// new and cleared, settings not among them; `None` where there is no snapshot before.
    fn follow_items(&mut self, before: Option<&Self>) -> PolarsResult<Option<ItemChange>> {
        let items = FollowedItems::of(&self.failed_items)?;
        let mut first_seen = items.first_seen.clone();
        let mut known_as = items.reference.clone();
        let mut change = None;
        let earlier = before
            .map(|before| FollowedItems::of(&before.failed_items))
            .transpose()?;
        if let (Some(earlier), Some(before)) = (&earlier, before) {
            let followed = items.followed_from(earlier);
            change = Some(ItemChange {
                new: items.new_mail(&followed),
                cleared: earlier.mail_not_in(&followed),
            });
            // An item that was there is as old as that day at the least.
            let seen = |row: usize| earlier.first_seen.get(row).copied().flatten();
            let seen = |row| seen(row).unwrap_or(before.date.day().to_epoch_days());
            first_seen = followed.iter().map(|row| row.map(seen)).collect();
            let name = |row: usize| earlier.reference.get(row).copied().flatten();
            known_as = followed.iter().map(|row| row.and_then(name)).collect();
        }
        let names = items.named(&known_as);
        let today = self.date.day().to_epoch_days();
        let first_seen = first_seen.into_iter().map(|day| day.or(Some(today)));
        let first_seen = days_column(FIRST_SEEN, first_seen)?;
        let names = StringChunked::from_iter_values(REFERENCE.into(), names.iter());
        self.failed_items.with_column(first_seen)?;
        self.failed_items.with_column(names.into_column())?;
        Ok(change)
    }

    /// Makes the small tables anew, after [`Snapshot::follow_items`].
    fn sum_up(&mut self, before: Option<&Self>, change: Option<ItemChange>) -> PolarsResult<()> {
        let growth = before
            .map(|before| newly_attempted(&self.mailboxes, &before.mailboxes))
            .transpose()?;
        let of_collections = Sums::of_collections(&self.mailboxes, growth.as_deref())?;
        let mut all = Sums::default();
        for (_, sums) in &of_collections {
            all.add(sums);
        }
        let is_setting = self.failed_items.column(columns::IS_SETTING)?.bool()?;
        let settings = is_setting.iter().filter(|is| *is == Some(true)).count();
        let listed = self.failed_items.height() - settings;
        let recorded_since = match before {
            Some(before) => before.recorded_since()?,
            None => self.recorded_by_itself_since()?,
        };
        let number = |count: usize| i64::try_from(count).ok();
        let edition = self.organisation_day.column(EDITION)?.i64()?.get(0);
        let mut day = sums_frame(Table::OrganisationDays, &[(None, all)])?;
        for (name, figure) in [
            (EDITION, edition),
            (FAILED_ITEMS_LISTED, number(listed)),
            (
                NEW_FAILED_ITEMS,
                change.and_then(|change| number(change.new)),
            ),
            (
                CLEARED_FAILED_ITEMS,
                change.and_then(|change| number(change.cleared)),
            ),
        ] {
            let figure = Int64Chunked::from_iter_options(name.into(), [figure].into_iter());
            day.with_column(figure.into_column())?;
        }
        let compared_with = before.map(|before| before.date.day().to_epoch_days());
        for (name, date) in [
            (RECORDED_SINCE, Some(recorded_since)),
            (COMPARED_WITH, compared_with),
        ] {
            day.with_column(days_column(name, [date].into_iter())?)?;
        }
        let failures = failure_sums(&self.mailboxes)?;
        let whole = [
            (MAILBOXES_ATTEMPTED, failures.mailboxes),
            (FAILED_OF_ATTEMPTED, failures.rate.failed),
        ];
        for (name, figure) in whole {
            let figure = i64::try_from(figure).unwrap_or(i64::MAX);
            day.with_column(Int64Chunked::from_slice(name.into(), &[figure]).into_column())?;
        }
        for (name, figure) in [
            (FAILED_SQUARED, failures.failed_squared),
            (FAILED_BY_ATTEMPTED, failures.failed_by_attempted),
            (ATTEMPTED_SQUARED, failures.attempted_squared),
        ] {
            day.with_column(Float64Chunked::from_slice(name.into(), &[figure]).into_column())?;
        }
        self.organisation_day = day;
        self.collection_days = sums_frame(Table::CollectionDays, &of_collections)?;
        Ok(())
    }

    /// The first report date of the record by what the snapshot says itself, in days since 1970: at
    /// the latest its own.
    fn recorded_by_itself_since(&self) -> PolarsResult<i32> {
        let first_seen = self.failed_items.column(FIRST_SEEN)?.date()?.physical();
        let since = self.known_day(RECORDED_SINCE)?;
        let since = since.or(first_seen.iter().flatten().min());
        let today = self.date.day().to_epoch_days();
        Ok(since.map_or(today, |day| day.min(today)))
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
        let days = self.organisation_day.column(name)?;
        Ok(days.date()?.physical().get(0))
    }

    /// The tables as they are written, in the order of [`Table::ALL`]. Sorted by fingerprints: the
    /// order of addresses would tell whose they are.
    pub(super) fn frames(&self) -> PolarsResult<[DataFrame; 4]> {
        let ascending = SortMultipleOptions::default();
        Ok([
            self.mailboxes.sort([columns::MAILBOX], ascending.clone())?,
            self.failed_items.sort([ITEM], ascending)?,
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

/// By what the failures of a day are judged.
fn failure_sums(mailboxes: &DataFrame) -> PolarsResult<FailureSums> {
    let counts = |name: &str| PolarsResult::Ok(mailboxes.column(name)?.i64()?.iter());
    let count = |figure: Option<i64>| figure.and_then(|figure| u64::try_from(figure).ok());
    let mut sums = FailureSums::default();
    // Sorted, so that the sums are the same to the last bit however the table is.
    let mut rates: Vec<(u64, u64)> = counts(columns::ITEMS_SYNCHRONISED)?
        .zip(counts(columns::ITEMS_FAILED)?)
        .filter_map(|(synchronised, failed)| Some((count(synchronised)?, count(failed)?)))
        .collect();
    rates.sort_unstable();
    for (synchronised, failed) in rates {
        let attempted = synchronised.saturating_add(failed);
        sums.add(FailureRate { failed, attempted });
    }
    Ok(sums)
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
        Column::full_null(COURSE.into(), frame.height(), &DataType::String),
    ];
    with_columns(Table::Mailboxes, frame, &own)
}

fn failed_items(key: &Key, frame: &DataFrame) -> PolarsResult<DataFrame> {
    let texts = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.str()?.iter());
    let mailboxes =
        || Ok::<_, PolarsError>(texts(columns::MAILBOX)?.map(Option::unwrap_or_default));
    let mut folders = texts(columns::FOLDER)?;
    let mut subjects = texts(columns::SUBJECT)?;
    let mut dates = frame.column(columns::ITEM_DATE)?.date()?.physical().iter();
    let mut sizes = frame.column(columns::SIZE_BYTES)?.i64()?.iter();
    let mut numbered = ItemFingerprints::new(key);
    let (fingerprints, in_any_folder): (Vec<String>, Vec<Option<String>>) = mailboxes()?
        .map(|mailbox| Item {
            mailbox,
            folder: folders.next().flatten(),
            subject: subjects.next().flatten(),
            date: dates.next().flatten(),
            size_bytes: sizes.next().flatten(),
        })
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

fn days_column(name: &str, days: impl Iterator<Item = Option<i32>>) -> PolarsResult<Column> {
    Int32Chunked::from_iter_options(name.into(), days)
        .into_column()
        .cast(&DataType::Date)
}
