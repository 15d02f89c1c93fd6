//! Organisations whose history is continued under another code: one that changed its code, or several
//! that merged.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::table::{ITEM, REFERENCE, SnapshotTable};
use super::{Before, History, HistoryError, OrganisationDay, Snapshot, Window, mark};
use crate::domain::{FailureRate, FailureSums, OrganisationCode, ReportDate};
use crate::tables::columns;

/// Of each organisation that continues others: the codes that it had, or whose organisations it took
/// over.
pub type FormerCodes = BTreeMap<OrganisationCode, Vec<OrganisationCode>>;

/// Whose history a day goes on from, where it is the first of its organisation under this code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continued {
    /// The codes, in the order of the register.
    pub codes: Vec<OrganisationCode>,
    /// The last day of any of them.
    pub until: ReportDate,
}

impl History {
    /// The same, in which organisations continue others.
    #[must_use]
    pub fn continuing(self, formerly: FormerCodes) -> Self {
        Self { formerly, ..self }
    }

    fn former_codes(&self, organisation: &OrganisationCode) -> &[OrganisationCode] {
        self.formerly.get(organisation).map_or(&[], Vec::as_slice)
    }

    /// What the history has before `date` under the codes that an organisation had before. Of several
    /// each must have something: a part of a merger would look like growth.
    pub(super) fn before_under_other_codes(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
    ) -> Before {
        let codes = self.former_codes(organisation);
        let mut all = Before::default();
        let mut snapshots = Vec::new();
        for code in codes {
            let before = self.last_before(code, date);
            all.damaged.extend(before.damaged);
            snapshots.extend(before.last);
        }
        if codes.is_empty() || snapshots.len() < codes.len() {
            return all;
        }
        match merged(organisation, snapshots) {
            Ok(Some(last)) => {
                all.continues = Some(Continued {
                    codes: codes.to_vec(),
                    until: last.date,
                });
                all.last = Some(last);
            }
            Ok(None) => {}
            Err(error) => all.damaged.push(HistoryError::Table(error)),
        }
        all
    }

    /// Adds to the days of an organisation those on which it had other codes: of several, the days
    /// that each of them has.
    pub(super) fn add_days_under_other_codes(
        &self,
        organisation: &OrganisationCode,
        date: ReportDate,
        window: &mut Window<OrganisationDay>,
    ) {
        let mut by_date: BTreeMap<ReportDate, Vec<OrganisationDay>> = BTreeMap::new();
        let codes = self.former_codes(organisation);
        for code in codes {
            let of_code = self.days_of(code, date);
            window.damaged.extend(of_code.damaged);
            for day in of_code.days {
                by_date.entry(day.date).or_default().push(day);
            }
        }
        for day in &window.days {
            by_date.remove(&day.date);
        }
        let whole = by_date
            .into_values()
            .filter(|days| days.len() == codes.len());
        window.days.extend(whole.filter_map(sum));
        window.days.sort_by_key(|day| day.date);
    }

    /// Whether a snapshot was kept under the code itself before `date`.
    pub(super) fn has_own_before(&self, organisation: &OrganisationCode, date: ReportDate) -> bool {
        mark::dates(&self.folder, organisation)
            .is_ok_and(|dates| dates.first().is_some_and(|first| *first < date))
    }
}

/// The last days of organisations as the day of one; `None` where there is none.
fn merged(
    organisation: &OrganisationCode,
    snapshots: Vec<Snapshot>,
) -> PolarsResult<Option<Snapshot>> {
    let mut snapshots = snapshots.into_iter();
    let Some(mut whole) = snapshots.next() else {
        return Ok(None);
    };
    whole.organisation = organisation.clone();
    let mut is_merger = false;
    for other in snapshots {
        is_merger = true;
        whole.mailboxes.vstack_mut(&other.mailboxes)?;
        whole.failed_items.vstack_mut(&other.failed_items)?;
        whole.date = whole.date.max(other.date);
        // The latest: what is there since then may be older.
        if other.recorded_since()? > whole.recorded_since()? {
            whole.organisation_day = other.organisation_day;
        }
    }
    if is_merger {
        let first = UniqueKeepStrategy::First;
        let ascending = SortMultipleOptions::default();
        let by = |frame: &DataFrame, name: &str| {
            let subset = [name.to_owned()];
            let unique = frame.unique_stable(Some(&subset), first, None)?;
            unique.sort([name], ascending.clone())
        };
        whole.mailboxes = by(&whole.mailboxes, columns::MAILBOX)?;
        whole.failed_items = by(&whole.failed_items, ITEM)?;
        let names = only_first(whole.failed_items.column(REFERENCE)?.str()?);
        whole.failed_items.with_column(names.into_column())?;
        whole.collection_days = super::parquet::nothing_known(SnapshotTable::CollectionDays, 0)?;
    }
    Ok(Some(whole))
}

/// References of which two organisations have the same go on with the first of them; the other's item
/// is named anew.
fn only_first(names: &StringChunked) -> StringChunked {
    let mut seen = std::collections::HashSet::new();
    let kept = names
        .iter()
        .map(|name| name.filter(|name| seen.insert(*name)));
    StringChunked::from_iter_options(REFERENCE.into(), kept)
}

/// A day of several organisations as one of theirs together. What one of them does not know is not
/// known of all.
fn sum(days: Vec<OrganisationDay>) -> Option<OrganisationDay> {
    let both = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
    days.into_iter().reduce(|one, other| OrganisationDay {
        date: one.date,
        figures: super::DayFigures {
            mailboxes: one.figures.mailboxes + other.figures.mailboxes,
            mailboxes_without_total: one.figures.mailboxes_without_total
                + other.figures.mailboxes_without_total,
            items_total: both(one.figures.items_total, other.figures.items_total),
            items_attempted: both(one.figures.items_attempted, other.figures.items_attempted),
            newly_attempted: both(one.figures.newly_attempted, other.figures.newly_attempted),
        },
        failed_items_listed: one.failed_items_listed + other.failed_items_listed,
        recorded_since: one.recorded_since.max(other.recorded_since),
        compared_with: one
            .compared_with
            .filter(|date| other.compared_with == Some(*date)),
        new_failed_items: both(one.new_failed_items, other.new_failed_items),
        cleared_failed_items: both(one.cleared_failed_items, other.cleared_failed_items),
        returned_failed_items: both(one.returned_failed_items, other.returned_failed_items),
        failures: one
            .failures
            .zip(other.failures)
            .map(|(one, other)| FailureSums {
                mailboxes: one.mailboxes + other.mailboxes,
                rate: FailureRate {
                    failed: one.rate.failed + other.rate.failed,
                    attempted: one.rate.attempted + other.rate.attempted,
                },
                failed_squared: one.failed_squared + other.failed_squared,
                failed_by_attempted: one.failed_by_attempted + other.failed_by_attempted,
                attempted_squared: one.attempted_squared + other.attempted_squared,
            }),
    })
}
