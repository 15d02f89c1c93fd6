use chrono::{NaiveDate, TimeDelta};
use polars::prelude::*;

use super::judgement::{Judgement, Sums, judge};
use crate::domain::{ExpectedRate, FailureRate, Phase, SyncState};
use crate::tables::columns;

/// Figures of a group of mailboxes. A sum is over the mailboxes that report it, `None` where none does.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMetrics {
    /// How many mailboxes.
    pub mailboxes: u64,
    /// How many in each state.
    pub by_state: StateCounts,
    /// Items in the source mailboxes.
    pub items_total: Option<u64>,
    /// Items copied.
    pub items_synchronised: Option<u64>,
    /// Items that did not migrate.
    pub items_failed: Option<u64>,
    /// Items copied or failed, of the mailboxes that report both.
    pub items_attempted: Option<u64>,
    /// Progress by items, of the mailboxes that report both figures.
    pub item_progress: ItemProgress,
    /// Progress by bytes.
    pub bytes: Bytes,
    /// The failure rate and its verdict.
    pub judgement: Judgement,
}

impl GroupMetrics {
    /// Mailboxes that are in sync, ready to switch or switched.
    #[must_use]
    pub fn in_sync_or_beyond(&self) -> u64 {
        SyncState::ALL.into_iter().filter(|state| state.is_in_sync_or_beyond()).map(|state| self.by_state.of(state)).sum()
    }
}

/// How many mailboxes are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateCounts([u64; SyncState::ALL.len()]);

impl StateCounts {
    /// How many are in `state`.
    #[must_use]
    pub fn of(&self, state: SyncState) -> u64 {
        self.0.get(usize::from(state.code())).copied().unwrap_or(0)
    }
}

/// Items copied of items in the source mailboxes, of the mailboxes that report both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemProgress {
    /// Mailboxes that report both.
    pub mailboxes: u64,
    /// Items copied.
    pub synchronised: u64,
    /// Items in the source mailboxes.
    pub total: u64,
}

/// Bytes, of the mailboxes that report a size. No tool's export says how many bytes of a mailbox are copied: a
/// mailbox counts when it is in sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bytes {
    /// Mailboxes that report a size.
    pub mailboxes: u64,
    /// Their size.
    pub total: u64,
    /// The size of those that are in sync, ready to switch or switched.
    pub in_sync_or_beyond: u64,
}

/// A collection.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionMetrics {
    /// Its name; `None` for mailboxes of which none is reported.
    pub name: Option<String>,
    /// The first switch date of its mailboxes.
    pub first_switch_date: Option<NaiveDate>,
    /// The last switch date of its mailboxes.
    pub last_switch_date: Option<NaiveDate>,
    /// Its figures.
    pub metrics: GroupMetrics,
}

/// The mailboxes of a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseMetrics {
    /// Pilot or live; `None` for mailboxes of which the schedule does not say.
    pub phase: Option<Phase>,
    /// Their figures.
    pub metrics: GroupMetrics,
}

/// Figures of all mailboxes.
pub(super) fn whole(mailboxes: &DataFrame, expected: ExpectedRate) -> PolarsResult<GroupMetrics> {
    let row = mailboxes.clone().lazy().select(figures()).collect()?;
    group(&row, 0, expected)
}

/// Figures of each collection.
pub(super) fn collections(mailboxes: &DataFrame, expected: ExpectedRate) -> PolarsResult<Vec<CollectionMetrics>> {
    let rows = mailboxes.clone().lazy().group_by([col(columns::COLLECTION)]).agg(figures()).collect()?;
    let names = rows.column(columns::COLLECTION)?.str()?.clone();
    let date = |name: &str, row: usize| -> PolarsResult<Option<NaiveDate>> {
        let day = rows.column(name)?.date()?.physical().get(row);
        Ok(day.and_then(|day| NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(day)))))
    };
    let mut collections = Vec::with_capacity(rows.height());
    for row in 0..rows.height() {
        collections.push(CollectionMetrics {
            name: names.get(row).map(str::to_owned),
            first_switch_date: date("first_switch_date", row)?,
            last_switch_date: date("last_switch_date", row)?,
            metrics: group(&rows, row, expected)?,
        });
    }
    collections.sort_by_cached_key(|collection| {
        (
            collection.first_switch_date.is_none(),
            collection.first_switch_date,
            collection.name.as_deref().map(natural_order),
            collection.name.clone(),
        )
    });
    Ok(collections)
}

/// Figures of pilot and live mailboxes, then of those of which the schedule does not say; nothing where not both occur.
pub(super) fn phases(mailboxes: &DataFrame, schedule: &DataFrame, expected: ExpectedRate) -> PolarsResult<Vec<PhaseMetrics>> {
    let of_schedule = schedule.clone().lazy().select([col(columns::MAILBOX), col(columns::PHASE)]);
    let joined = JoinBuilder::new(mailboxes.clone().lazy()).with(of_schedule).on([col(columns::MAILBOX)]).how(JoinType::Left).finish();
    let rows = joined.group_by([col(columns::PHASE)]).agg(figures()).collect()?;
    let labels = rows.column(columns::PHASE)?.str()?.clone();
    let mut phases = Vec::with_capacity(rows.height());
    for (row, label) in labels.iter().enumerate() {
        phases.push(PhaseMetrics { phase: label.and_then(Phase::from_label), metrics: group(&rows, row, expected)? });
    }
    phases.sort_by_key(|of| (of.phase.is_none(), of.phase));
    if Phase::ALL.into_iter().any(|phase| phases.iter().all(|of| of.phase != Some(phase))) {
        phases.clear();
    }
    Ok(phases)
}

fn is_in_sync_or_beyond() -> Expr {
    let states = SyncState::ALL.into_iter().filter(|state| state.is_in_sync_or_beyond());
    states.map(|state| col(columns::SYNC_STATE).eq(lit(state.code()))).fold(lit(false), Expr::or)
}

fn attempted() -> Expr {
    col(columns::ITEMS_SYNCHRONISED) + col(columns::ITEMS_FAILED)
}

/// The sum over mailboxes that report the figure, null where none does.
fn sum_of_known(figure: Expr, name: &str) -> Expr {
    when(figure.clone().is_not_null().any(true)).then(figure.sum()).otherwise(lit(NULL)).cast(DataType::Int64).alias(name)
}

fn figures() -> Vec<Expr> {
    let in_state = |state: SyncState| col(columns::SYNC_STATE).eq(lit(state.code())).cast(DataType::Int64).sum().alias(state_name(state));
    let has_progress = col(columns::ITEMS_TOTAL).is_not_null().and(col(columns::ITEMS_SYNCHRONISED).is_not_null());
    let was_attempted = attempted().gt(lit(0)).fill_null(lit(false));
    let failed = col(columns::ITEMS_FAILED).filter(was_attempted.clone());
    let tried = attempted().filter(was_attempted.clone());
    let as_number = |figure: Expr| figure.cast(DataType::Float64);
    let mut figures: Vec<Expr> = SyncState::ALL.into_iter().map(in_state).collect();
    figures.extend([
        len().cast(DataType::Int64).alias("mailboxes"),
        sum_of_known(col(columns::ITEMS_TOTAL), "items_total"),
        sum_of_known(col(columns::ITEMS_SYNCHRONISED), "items_synchronised"),
        sum_of_known(col(columns::ITEMS_FAILED), "items_failed"),
        sum_of_known(attempted(), "items_attempted"),
        has_progress.clone().cast(DataType::Int64).sum().alias("progress_mailboxes"),
        col(columns::ITEMS_SYNCHRONISED).filter(has_progress.clone()).sum().alias("progress_synchronised"),
        col(columns::ITEMS_TOTAL).filter(has_progress).sum().alias("progress_total"),
        col(columns::SIZE_BYTES).is_not_null().cast(DataType::Int64).sum().alias("sized_mailboxes"),
        col(columns::SIZE_BYTES).sum().alias("bytes_total"),
        col(columns::SIZE_BYTES).filter(is_in_sync_or_beyond()).sum().alias("bytes_in_sync"),
        was_attempted.cast(DataType::Int64).sum().alias("attempted_mailboxes"),
        failed.clone().sum().alias("failed"),
        tried.clone().sum().alias("attempted"),
        (as_number(failed.clone()) * as_number(failed.clone())).sum().alias("failed_squared"),
        (as_number(failed) * as_number(tried.clone())).sum().alias("failed_by_attempted"),
        (as_number(tried.clone()) * as_number(tried)).sum().alias("attempted_squared"),
        col(columns::SWITCH_DATE).min().alias("first_switch_date"),
        col(columns::SWITCH_DATE).max().alias("last_switch_date"),
    ]);
    figures
}

fn state_name(state: SyncState) -> String {
    format!("state {}", state.code())
}

/// One row of figures as a struct.
fn group(rows: &DataFrame, row: usize, expected: ExpectedRate) -> PolarsResult<GroupMetrics> {
    // Sums of counts that validation lets in are not negative.
    let known =
        |name: &str| -> PolarsResult<Option<u64>> { Ok(rows.column(name)?.i64()?.get(row).and_then(|count| u64::try_from(count).ok())) };
    let count = |name: &str| known(name).map(|count| count.unwrap_or(0));
    let number = |name: &str| -> PolarsResult<f64> { Ok(rows.column(name)?.f64()?.get(row).unwrap_or(0.0)) };
    let mut by_state = [0; SyncState::ALL.len()];
    for (slot, state) in by_state.iter_mut().zip(SyncState::ALL) {
        *slot = count(&state_name(state))?;
    }
    let sums = Sums {
        mailboxes: count("attempted_mailboxes")?,
        rate: FailureRate { failed: count("failed")?, attempted: count("attempted")? },
        failed_squared: number("failed_squared")?,
        failed_by_attempted: number("failed_by_attempted")?,
        attempted_squared: number("attempted_squared")?,
    };
    Ok(GroupMetrics {
        mailboxes: count("mailboxes")?,
        by_state: StateCounts(by_state),
        items_total: known("items_total")?,
        items_synchronised: known("items_synchronised")?,
        items_failed: known("items_failed")?,
        items_attempted: known("items_attempted")?,
        item_progress: ItemProgress {
            mailboxes: count("progress_mailboxes")?,
            synchronised: count("progress_synchronised")?,
            total: count("progress_total")?,
        },
        bytes: Bytes { mailboxes: count("sized_mailboxes")?, total: count("bytes_total")?, in_sync_or_beyond: count("bytes_in_sync")? },
        judgement: judge(&sums, expected),
    })
}

/// A key by which “Week 2” comes before “Week 10”.
fn natural_order(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(words);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((0, word.to_lowercase()));
        parts.push((number.parse().unwrap_or(u64::MAX), String::new()));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn week_2_comes_before_week_10() {
        let mut names = ["Week 10", "Week 2", "week 1", "Archive"];
        names.sort_by_key(|name| natural_order(name));
        assert_eq!(names, ["Archive", "week 1", "Week 2", "Week 10"]);
    }
}
