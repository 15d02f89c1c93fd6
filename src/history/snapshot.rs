use std::collections::HashMap;

use polars::prelude::*;
use sha2::{Digest, Sha256};

use super::change::newly_attempted;
use super::course::{COURSE_DAYS, courses};
use super::days::{self, OrganisationDay};
use super::fingerprint::Key;
use super::following::{FollowedItems, ItemOrigin};
use super::renaming::followed_mailboxes;
use super::sums::{Sums, sums_frame};
use super::table::{
    ATTEMPTED_SQUARED, CLEARED_FAILED_ITEMS, COMPARED_WITH, COURSE, EDITION, FAILED_BY_ATTEMPTED,
    FAILED_ITEMS_LISTED, FAILED_OF_ATTEMPTED, FAILED_SQUARED, FIRST_SEEN, FOLDER_SUBJECT_DATE,
    ITEM, ITEM_IN_ANY_FOLDER, LAST_LISTED, MAILBOXES_ATTEMPTED, NEW_FAILED_ITEMS, RECORDED_SINCE,
    REFERENCE, RETURNED_FAILED_ITEMS, SCHEDULE_READ_ON, SnapshotTable, TARGET, days_column,
};
use super::{Frames, parquet, taking};
use crate::domain::{FailureRate, FailureSums, OrganisationCode, ReportDate, hexadecimal};
use crate::tables::{Tables, columns};

/// What a later day is compared with.
const COMPARED_OF_MAILBOXES: [&str; 7] = [
    columns::MAILBOX,
    columns::SYNC_STATE,
    columns::ITEMS_TOTAL,
    columns::ITEMS_SYNCHRONISED,
    columns::ITEMS_FAILED,
    COURSE,
    TARGET,
];
const COMPARED_OF_SCHEDULE: [&str; 4] = [
    columns::MAILBOX,
    columns::COLLECTION,
    columns::SWITCH_DATE,
    SCHEDULE_READ_ON,
];
const COMPARED_OF_ITEMS: [&str; 11] = [
    ITEM,
    ITEM_IN_ANY_FOLDER,
    columns::MAILBOX,
    columns::SIZE_BYTES,
    columns::ITEM_DATE,
    FIRST_SEEN,
    REFERENCE,
    FOLDER_SUBJECT_DATE,
    columns::DECISION,
    columns::DECIDED_ON,
    columns::DECISION_READ_ON,
];
const COMPARED_OF_CLEARED: [&str; 6] = [
    ITEM,
    ITEM_IN_ANY_FOLDER,
    FIRST_SEEN,
    REFERENCE,
    LAST_LISTED,
    columns::DECISION,
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
    /// [`crate::domain::SyncState::name`]; and, as in [`columns`], `progress_percent`, `items_total`,
    /// `items_synchronised`, `items_failed`, `size_bytes`, `last_synchronised_at`, `switch_date`,
    /// `switched_at`, `settings_failed` and `awaits_approval`; `course`, a letter for each day up
    /// to this one (text); and `target`, a digest of the address that it migrates to.
    pub mailboxes: DataFrame,
    /// A row an item that did not migrate: `item`, its fingerprint (text, unique);
    /// `item_in_any_folder`, the same whatever its folder (text, null where subject line, date or
    /// size is unknown); `mailbox`, the fingerprint of its mailbox (text); `size_bytes`,
    /// `item_date` and `failed_at` as in [`columns`]; `error_code`, where it is a code and not a
    /// sentence; `first_seen`, the first report date on which it was listed
    /// (date); `reference`, what it is called, less the organisation's code (text, unique);
    /// `is_setting` as in [`columns`], null where a day of an earlier format does not say; and
    /// `folder_subject_date`, a digest of these three.
    pub failed_items: DataFrame,
    /// Of the whole organisation: one row.
    pub(super) organisation_day: DataFrame,
    /// A row a collection, those of the mailboxes without one first.
    pub(super) collection_days: DataFrame,
    /// The items that were listed on one of the days before, within six weeks, and are not
    /// today: as they were listed last, with `last_listed`, the date of that.
    pub cleared_items: DataFrame,
    /// The schedule, as it was read last: a row a mailbox, `mailbox`, its fingerprint (text),
    /// `collection` and `switch_date` as in [`columns`], and `schedule_read_on`, the report date on
    /// which it was read.
    pub schedule: DataFrame,
}

/// How failed items changed since the snapshot before.
#[derive(Debug, Clone, Copy)]
struct ItemChange {
    new: usize,
    returned: usize,
    cleared: usize,
}

/// What is known of failed items from the days before, row by row.
struct KnownItems<'a> {
    first_seen: Vec<Option<i32>>,
    /// What each is called.
    as_: Vec<Option<&'a str>>,
    change: ItemChange,
    cleared: DataFrame,
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
            (&self.cleared_items, &COMPARED_OF_CLEARED),
            (&self.schedule, &COMPARED_OF_SCHEDULE),
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

    /// For each row of the mailboxes the row of the same mailbox in an earlier snapshot; `None`
    /// where it is new.
    pub fn mailboxes_followed_from(&self, before: &Self) -> PolarsResult<Vec<Option<usize>>> {
        followed_mailboxes(&self.mailboxes, &before.mailboxes)
    }

    /// Where each row of the failed items comes from. `mailboxes` has the row of each mailbox in the
    /// earlier snapshot.
    pub fn items_followed_from(
        &self,
        before: &Self,
        mailboxes: &[Option<usize>],
    ) -> PolarsResult<Vec<ItemOrigin>> {
        let items = FollowedItems::of(&self.failed_items)?;
        let earlier = FollowedItems::of(&before.failed_items)?;
        let cleared = FollowedItems::of(&before.cleared_items)?;
        Ok(items.followed_from(&earlier, &cleared, &self.renamed(before, mailboxes)?))
    }

    /// Of each mailbox that has another address than in an earlier snapshot, the fingerprint that it
    /// had there.
    fn renamed<'a>(
        &'a self,
        before: &'a Self,
        mailboxes: &[Option<usize>],
    ) -> PolarsResult<HashMap<&'a str, &'a str>> {
        let now = self.mailboxes.column(columns::MAILBOX)?.str()?;
        let then = before.mailboxes.column(columns::MAILBOX)?.str()?;
        let rows = now.iter().zip(mailboxes);
        let names = rows.filter_map(|(now, row)| now.zip(then.get((*row)?)));
        Ok(names.filter(|(now, then)| now != then).collect())
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
            mailboxes: taking::mailboxes(key, tables.mailboxes.frame())?,
            failed_items: taking::failed_items(key, tables.failed_items.frame())?,
            organisation_day: parquet::nothing_known(SnapshotTable::OrganisationDays, 1)?,
            collection_days: parquet::nothing_known(SnapshotTable::CollectionDays, 0)?,
            cleared_items: parquet::nothing_known(SnapshotTable::ClearedItems, 0)?,
            schedule: taking::schedule(
                key,
                tables.schedule.as_ref().map(|of| of.table.frame()),
                date,
            )?,
        };
        let mut taken = taken.held_against(before)?;
        taken.decide(&tables.decisions)?;
        Ok(taken)
    }

    /// The same with all that follows from the snapshot before it. Where there is none before it,
    /// items are as old and called as it says itself: what it was held against may have been
    /// removed since.
    pub(super) fn held_against(&self, before: Option<&Self>) -> PolarsResult<Self> {
        let mut anew = self.clone();
        let mailboxes = before.map(|before| self.mailboxes_followed_from(before));
        let mailboxes = mailboxes.transpose()?;
        let earlier = before.zip(mailboxes.as_deref());
        let change = anew.follow_items(earlier)?;
        let of_mailboxes =
            earlier.map(|(before, followed)| (&before.mailboxes, before.date, followed));
        anew.mailboxes
            .with_column(courses(&self.mailboxes, self.date, of_mailboxes)?)?;
        anew.sum_up(earlier, change)?;
        if let Some(before) = before {
            anew.carry_on(before)?;
        }
        Ok(anew)
    }

    /// Says of each failed item since when it is there and what it is called, and what was cleared.
    /// Gives how many are new, returned and cleared, settings not among them; `None` where there is
    /// no snapshot before.
    fn follow_items(
        &mut self,
        earlier: Option<(&Self, &[Option<usize>])>,
    ) -> PolarsResult<Option<ItemChange>> {
        let items = FollowedItems::of(&self.failed_items)?;
        let known = match earlier {
            Some((before, mailboxes)) => Some(self.known_items(before, mailboxes, &items)?),
            None => None,
        };
        let names = match &known {
            Some(known) => items.named(&known.as_, &FollowedItems::of(&known.cleared)?),
            None => items.named(&items.reference, &FollowedItems::of(&self.cleared_items)?),
        };
        let first_seen = known
            .as_ref()
            .map_or(&items.first_seen, |known| &known.first_seen);
        let today = self.date.day().to_epoch_days();
        let first_seen = first_seen.iter().map(|day| day.or(Some(today)));
        let first_seen = days_column(FIRST_SEEN, first_seen)?;
        let names = StringChunked::from_iter_values(REFERENCE.into(), names.iter());
        let (change, cleared) = known.map(|known| (known.change, known.cleared)).unzip();
        self.failed_items.with_column(first_seen)?;
        self.failed_items.with_column(names.into_column())?;
        if let Some(cleared) = cleared {
            self.cleared_items = cleared;
        }
        Ok(change)
    }

    /// What an earlier snapshot knows of the failed items.
    fn known_items<'a>(
        &self,
        before: &'a Self,
        mailboxes: &[Option<usize>],
        items: &FollowedItems<'_>,
    ) -> PolarsResult<KnownItems<'a>> {
        let listed = FollowedItems::of(&before.failed_items)?;
        let cleared = FollowedItems::of(&before.cleared_items)?;
        let renamed = self.renamed(before, mailboxes)?;
        let origins = items.followed_from(&listed, &cleared, &renamed);
        let change = ItemChange {
            new: items.mail(&origins, |origin| *origin == ItemOrigin::New),
            returned: items.mail(&origins, |origin| matches!(origin, ItemOrigin::Returned(_))),
            cleared: listed.mail_not_in(&origins),
        };
        let of = |origin: &ItemOrigin| match origin {
            ItemOrigin::New => None,
            ItemOrigin::Listed(row) => Some((&listed, *row)),
            ItemOrigin::Returned(row) => Some((&cleared, *row)),
        };
        // An item that was there is as old as that day at the least.
        let since = before.date.day().to_epoch_days();
        let first_seen = |(of, row): (&FollowedItems<'_>, usize)| {
            of.first_seen.get(row).copied().flatten().unwrap_or(since)
        };
        let name =
            |(of, row): (&FollowedItems<'a>, usize)| of.reference.get(row).copied().flatten();
        Ok(KnownItems {
            first_seen: origins
                .iter()
                .map(|origin| of(origin).map(first_seen))
                .collect(),
            as_: origins
                .iter()
                .map(|origin| of(origin).and_then(name))
                .collect(),
            change,
            cleared: self.cleared_since(before, &origins)?,
        })
    }

    /// The items that are cleared today: those that were before and did not return, as long as they
    /// are remembered, and those that left the list.
    fn cleared_since(&self, before: &Self, origins: &[ItemOrigin]) -> PolarsResult<DataFrame> {
        let last_listed = before.cleared_items.column(LAST_LISTED)?.date()?;
        let oldest =
            self.date.day().to_epoch_days() - i32::try_from(COURSE_DAYS).unwrap_or(i32::MAX);
        let mut is_cleared: Vec<bool> = (last_listed.physical().iter())
            .map(|day| day.is_some_and(|day| day >= oldest))
            .collect();
        let mut left = vec![true; before.failed_items.height()];
        for origin in origins {
            let gone = match origin {
                ItemOrigin::New => None,
                ItemOrigin::Listed(row) => left.get_mut(*row),
                ItemOrigin::Returned(row) => is_cleared.get_mut(*row),
            };
            if let Some(gone) = gone {
                *gone = false;
            }
        }
        let filter = |frame: &DataFrame, rows: Vec<bool>| {
            frame.filter(&BooleanChunked::from_slice(PlSmallStr::EMPTY, &rows))
        };
        let mut left = filter(&before.failed_items, left)?;
        let day = Some(before.date.day().to_epoch_days());
        left.with_column(days_column(
            LAST_LISTED,
            std::iter::repeat_n(day, left.height()),
        )?)?;
        let mut cleared = filter(&before.cleared_items, is_cleared)?;
        cleared.vstack_mut(&left)?;
        cleared.rechunk_mut();
        Ok(cleared)
    }

    /// Makes the small tables anew, after [`Snapshot::follow_items`].
    fn sum_up(
        &mut self,
        earlier: Option<(&Self, &[Option<usize>])>,
        change: Option<ItemChange>,
    ) -> PolarsResult<()> {
        let before = earlier.map(|(before, _)| before);
        let growth = earlier
            .map(|(before, rows)| newly_attempted(&self.mailboxes, &before.mailboxes, rows))
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
        let mut day = sums_frame(SnapshotTable::OrganisationDays, &[(None, all)])?;
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
            (
                RETURNED_FAILED_ITEMS,
                change.and_then(|change| number(change.returned)),
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
        self.collection_days = sums_frame(SnapshotTable::CollectionDays, &of_collections)?;
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
    pub(super) fn recorded_since(&self) -> PolarsResult<i32> {
        Ok(self
            .known_day(RECORDED_SINCE)?
            .unwrap_or(self.date.day().to_epoch_days()))
    }

    fn known_day(&self, name: &str) -> PolarsResult<Option<i32>> {
        let days = self.organisation_day.column(name)?;
        Ok(days.date()?.physical().get(0))
    }

    /// The tables as they are written, in the order of [`SnapshotTable::ALL`]. Sorted by fingerprints: the
    /// order of addresses would tell whose they are.
    pub(super) fn frames(&self) -> PolarsResult<Frames> {
        let ascending = SortMultipleOptions::default();
        Ok([
            self.mailboxes.sort([columns::MAILBOX], ascending.clone())?,
            self.failed_items.sort([ITEM], ascending.clone())?,
            self.organisation_day.clone(),
            self.collection_days.clone(),
            self.cleared_items.sort([ITEM], ascending.clone())?,
            self.schedule.sort([columns::MAILBOX], ascending)?,
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
