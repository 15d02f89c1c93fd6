use std::collections::HashMap;
use std::hash::Hash;

use chrono::NaiveDate;

use super::judgement::{Judgement, judge};
use super::rows::Mailbox;
use crate::domain::{ExpectedRate, FailureSums, Phase, SyncState};

/// Figures of a group of mailboxes. A sum is over the mailboxes that report it, `None` where none
/// does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupMetrics {
    /// How many mailboxes.
    pub mailboxes: u64,
    /// How many in each state.
    pub by_state: StateCounts,
    /// How many cannot complete until somebody approves what was lost, and have not switched.
    pub awaiting_approval: u64,
    /// How many are not in sync and do not report how many items they hold: no sum of items is
    /// complete while there are any.
    pub mailboxes_without_total: u64,
    /// Items in the source mailboxes.
    pub items_total: Option<u64>,
    /// Items copied so far.
    pub items_synchronised: Option<u64>,
    /// Items that did not migrate.
    pub items_failed: Option<u64>,
    /// Settings of folders and mailboxes that did not migrate. They are in no rate.
    pub settings_failed: Option<u64>,
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
        SyncState::ALL
            .into_iter()
            .filter(|state| state.is_in_sync_or_beyond())
            .map(|state| self.by_state.of(state))
            .sum()
    }
}

/// How many mailboxes are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateCounts([u64; SyncState::ALL.len()]);

impl StateCounts {
    /// How many are in `state`.
    #[must_use]
    pub fn of(&self, state: SyncState) -> u64 {
        self.0.get(usize::from(state.code())).copied().unwrap_or(0)
    }
}

/// Items copied of items in the source mailboxes, of the mailboxes of which both are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemProgress {
    /// Mailboxes of which both are known.
    pub mailboxes: u64,
    /// Mailboxes that are not in sync and of which one of the two is not known.
    pub unknown: u64,
    /// Items copied so far.
    pub synchronised: u64,
    /// Items in the source mailboxes.
    pub total: u64,
}

impl ItemProgress {
    /// Adds a mailbox. Of one whose turn has not come nothing is copied, whatever the export leaves
    /// out.
    pub(super) fn add(&mut self, state: SyncState, total: Option<u64>, synchronised: Option<u64>) {
        let has_begun = !matches!(state, SyncState::NotStarted | SyncState::Queued);
        let synchronised = synchronised.or(if has_begun { None } else { Some(0) });
        if let (Some(total), Some(synchronised)) = (total, synchronised) {
            self.mailboxes += 1;
            self.total += total;
            self.synchronised += synchronised;
        } else {
            self.unknown += u64::from(!state.is_in_sync_or_beyond());
        }
    }
}

/// Bytes, of the mailboxes that report a size. No tool's export says how many bytes of a mailbox
/// are copied: a mailbox counts when it is in sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bytes {
    /// Mailboxes that report a size.
    pub mailboxes: u64,
    /// The size of all of them.
    pub total: u64,
    /// The size of those that are in sync, ready to switch or switched.
    pub in_sync_or_beyond: u64,
}

/// Figures of one collection, with its switch dates.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionMetrics {
    /// Its name; `None` for mailboxes of which none is reported.
    pub name: Option<String>,
    /// The first switch date of its mailboxes.
    pub first_switch_date: Option<NaiveDate>,
    /// The last switch date of its mailboxes.
    pub last_switch_date: Option<NaiveDate>,
    /// Figures of its mailboxes.
    pub metrics: GroupMetrics,
}

/// Figures of pilot or of live mailboxes.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseMetrics {
    /// Pilot or live; `None` for mailboxes of which the schedule does not say.
    pub phase: Option<Phase>,
    /// Figures of these mailboxes.
    pub metrics: GroupMetrics,
}

pub(super) fn whole<'a>(
    mailboxes: impl IntoIterator<Item = &'a Mailbox>,
    expected: ExpectedRate,
) -> GroupMetrics {
    let mut figures = GroupSums::default();
    mailboxes
        .into_iter()
        .for_each(|mailbox| figures.add(mailbox));
    figures.judged(expected)
}

pub(super) fn collections(mailboxes: &[Mailbox], expected: ExpectedRate) -> Vec<CollectionMetrics> {
    let by_name = figures_by(mailboxes, |mailbox| mailbox.collection.as_deref());
    let collections = by_name
        .into_iter()
        .map(|(name, figures)| CollectionMetrics {
            name: name.map(str::to_owned),
            first_switch_date: figures.first_switch_date,
            last_switch_date: figures.last_switch_date,
            metrics: figures.judged(expected),
        });
    let mut collections: Vec<CollectionMetrics> = collections.collect();
    collections.sort_by_cached_key(|collection| {
        (
            collection.first_switch_date.is_none(),
            collection.first_switch_date,
            collection.name.as_deref().map(natural_order),
            collection.name.clone(),
        )
    });
    collections
}

/// Figures of pilot and live mailboxes, then of those of which the schedule does not say; nothing
/// where not both occur.
pub(super) fn phases(mailboxes: &[Mailbox], expected: ExpectedRate) -> Vec<PhaseMetrics> {
    let mut by_phase = figures_by(mailboxes, |mailbox| mailbox.phase);
    let both = Phase::ALL.map(Some);
    if !both.iter().all(|phase| by_phase.contains_key(phase)) {
        return Vec::new();
    }
    let phases = both.into_iter().chain([None]).filter_map(|phase| {
        let metrics = by_phase.remove(&phase)?.judged(expected);
        Some(PhaseMetrics { phase, metrics })
    });
    phases.collect()
}

fn figures_by<'a, K: Eq + Hash>(
    mailboxes: &'a [Mailbox],
    key: impl Fn(&'a Mailbox) -> K,
) -> HashMap<K, GroupSums> {
    let mut figures: HashMap<K, GroupSums> = HashMap::new();
    for mailbox in mailboxes {
        figures.entry(key(mailbox)).or_default().add(mailbox);
    }
    figures
}

/// Sums over the mailboxes of a group.
#[derive(Default)]
struct GroupSums {
    /// Not yet judged.
    metrics: GroupMetrics,
    sums: FailureSums,
    first_switch_date: Option<NaiveDate>,
    last_switch_date: Option<NaiveDate>,
}

impl GroupSums {
    fn add(&mut self, mailbox: &Mailbox) {
        let metrics = &mut self.metrics;
        metrics.mailboxes += 1;
        if let Some(count) = metrics
            .by_state
            .0
            .get_mut(usize::from(mailbox.state.code()))
        {
            *count += 1;
        }
        add_known(&mut metrics.items_total, mailbox.items_total);
        add_known(&mut metrics.items_synchronised, mailbox.items_synchronised);
        add_known(&mut metrics.items_failed, mailbox.items_failed);
        add_known(&mut metrics.settings_failed, mailbox.settings_failed);
        metrics.awaiting_approval += u64::from(mailbox.waits_for_approval());
        metrics.mailboxes_without_total += u64::from(mailbox.is_without_total());
        if let Some(rate) = mailbox.failure_rate() {
            add_known(&mut metrics.items_attempted, Some(rate.attempted));
            self.sums.add(rate);
        }
        metrics.item_progress.add(
            mailbox.state,
            mailbox.items_total,
            mailbox.items_synchronised,
        );
        if let Some(size) = mailbox.size_bytes {
            metrics.bytes.mailboxes += 1;
            metrics.bytes.total += size;
            if mailbox.state.is_in_sync_or_beyond() {
                metrics.bytes.in_sync_or_beyond += size;
            }
        }
        self.first_switch_date = self
            .first_switch_date
            .into_iter()
            .chain(mailbox.switch_date)
            .min();
        self.last_switch_date = self.last_switch_date.max(mailbox.switch_date);
    }

    fn judged(self, expected: ExpectedRate) -> GroupMetrics {
        GroupMetrics {
            judgement: judge(&self.sums, expected),
            ..self.metrics
        }
    }
}

/// Adds to a sum that is known once one of its figures is.
fn add_known(sum: &mut Option<u64>, figure: Option<u64>) {
    if let Some(figure) = figure {
        *sum = Some(sum.unwrap_or(0) + figure);
    }
}

/// A key by which “Week 2” comes before “Week 10”.
fn natural_order(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let words = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(words);
        let digits = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((word.to_lowercase(), number.parse().unwrap_or(u64::MAX)));
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
