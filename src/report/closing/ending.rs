//! The figures of the end.

use super::super::input::ReportInput;
use super::super::wording::{day, list};
use crate::domain::plural::{count, counted};
use crate::domain::{ItemOutcome, SyncState};
use crate::history::EntireDay;

/// How a migration ended, in figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Ending {
    pub(super) switched: u64,
    pub(super) not_switched: u64,
    pub(super) open: u64,
    pub(super) accepted: u64,
    /// `None` where nothing is kept of earlier days.
    pub(super) resolved: Option<u64>,
    /// The days from the first to the last.
    pub(super) days: Vec<EntireDay>,
}

impl Ending {
    pub(super) fn of(input: ReportInput<'_>) -> Self {
        let metrics = input.metrics;
        let switched = metrics.whole.by_state.of(SyncState::Switched);
        let number = |outcome| {
            let items = metrics.failed_items.iter();
            items.filter(|item| item.outcome() == outcome).count() as u64
        };
        let start = metrics.since_start.as_ref();
        let resolved = start.and_then(|start| start.resolved.as_ref());
        Self {
            switched,
            not_switched: metrics.whole.mailboxes - switched,
            open: number(ItemOutcome::Open),
            accepted: number(ItemOutcome::Accepted),
            resolved: resolved.map(|items| items.len() as u64),
            days: start.map(|start| start.days.clone()).unwrap_or_default(),
        }
    }

    /// Items that were ever listed as failed, each once.
    pub(super) fn ever(&self) -> u64 {
        self.open + self.accepted + self.resolved.unwrap_or(0)
    }

    pub(super) fn of_outcome(&self, outcome: ItemOutcome) -> Option<u64> {
        match outcome {
            ItemOutcome::Open => Some(self.open),
            ItemOutcome::Accepted => Some(self.accepted),
            ItemOutcome::Resolved => self.resolved,
        }
    }

    pub(super) fn item_sentence(&self) -> String {
        let since = self.days.first().map_or_else(String::new, |first| {
            format!(" since {}", day(first.day.date.day()))
        });
        if self.ever() == 0 {
            return format!("No item was listed as failed{since}.");
        }
        let became = [
            (self.resolved.unwrap_or(0), "resolved"),
            (self.accepted, "accepted by your organisation"),
            (self.open, "open"),
        ];
        let became = became.into_iter().filter(|(items, _)| *items > 0);
        let became = became.map(|(items, how)| format!("{} {how}", count(items)));
        format!(
            "{} listed as failed{since}: {}.",
            counted(self.ever(), "item was", "items were"),
            list(&became.collect::<Vec<_>>())
        )
    }
}

/// Failed items as the days count them: those listed on the first, and what came and went since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) at_first: u64,
    pub(super) came: u64,
    pub(super) cleared: u64,
    pub(super) at_last: u64,
}

impl Flow {
    /// `None` where no day is kept.
    pub(super) fn of(days: &[EntireDay]) -> Option<Self> {
        let (first, last) = (days.first()?, days.last()?);
        let sum = |of_day: fn(&EntireDay) -> Option<u64>| {
            let later = days.iter().skip(1);
            later.filter_map(of_day).sum()
        };
        Some(Self {
            at_first: first.day.failed_items_listed,
            came: sum(|day| day.day.failed_items_that_came()),
            cleared: sum(|day| day.day.cleared_failed_items),
            at_last: last.day.failed_items_listed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_spoken_of_by_what_became_of_them() {
        let ending = |open, accepted, resolved| Ending {
            open,
            accepted,
            resolved,
            ..Ending::default()
        };
        for (ending, said) in [
            (ending(0, 0, Some(0)), "No item was listed as failed."),
            (
                ending(1, 0, Some(0)),
                "1 item was listed as failed: 1 open.",
            ),
            (
                ending(9, 30, Some(1_300)),
                "1,339 items were listed as failed: 1,300 resolved, 30 accepted by your \
                 organisation and 9 open.",
            ),
            (
                ending(9, 30, None),
                "39 items were listed as failed: 30 accepted by your organisation and 9 open.",
            ),
        ] {
            assert_eq!(ending.item_sentence(), said);
        }
        assert_eq!(Flow::of(&[]), None);
    }
}
