//! What a report promised on the migration team's behalf, and since when it has.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::super::overdue::{Ages, OVERDUE_DAYS};
use super::{OrganisationOutcome, SummaryInput};
use crate::domain::plural::{count_of, counted};
use crate::domain::{Stage, Verdict};

/// What a report says that the migration team does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseKind {
    /// To find out why mailboxes stopped or failed, and to restart them.
    Restart,
    /// To find out why failures are high, or look into the mailboxes with most.
    LookInto,
    /// To repair failed items or try them again.
    Mend,
}

impl PromiseKind {
    /// “24 mailboxes to restart”, “564 failed items to repair”.
    pub(super) fn in_words(self, number: u64) -> String {
        match self {
            Self::Restart => format!("{} to restart", counted(number, "mailbox", "mailboxes")),
            Self::LookInto => "high failures to explain".to_owned(),
            Self::Mend => format!("{} to repair", count_of(number, "failed item")),
        }
    }

    /// “24 mailboxes”, “564 items”.
    pub(super) fn in_short(self, number: u64) -> String {
        match self {
            Self::Restart => counted(number, "mailbox", "mailboxes"),
            Self::LookInto => count_of(number, "explanation"),
            Self::Mend => count_of(number, "item"),
        }
    }
}

/// A promise to one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Promise {
    /// What was promised.
    pub kind: PromiseKind,
    /// Of how many mailboxes or items; 0 where they are not counted.
    pub number: u64,
    /// The first day in a row on which reports said so; of what is counted, since when the oldest is
    /// open, where that is known and earlier.
    pub since: NaiveDate,
    /// How many of the mailboxes or items are overdue; `None` where they are not counted, or their age
    /// is not known.
    #[serde(default)]
    pub overdue: Option<u64>,
}

impl Promise {
    /// What the reports of a day promise, from the figures that they are made of.
    pub(super) fn of(one: &OrganisationOutcome, input: &SummaryInput<'_>) -> Vec<Self> {
        let Some(figures) = &one.figures else {
            return Vec::new();
        };
        let today = input.report_date.day();
        let before = input.before_of(one);
        let earlier = |kind| {
            let known = before.iter().flat_map(|line| &line.promises);
            let known = known.filter(|promise| promise.kind == kind);
            known.map(|promise| promise.since).min()
        };
        // What mop-up reports is outstanding, not judged.
        let is_looked_into = one.stage != Some(Stage::MopUp)
            && matches!(figures.verdict, Verdict::High | Verdict::Concentrated);
        let (halted, to_mend) = (figures.halted, figures.ours_to_mend);
        let promises = [
            (halted > 0).then_some((PromiseKind::Restart, halted, figures.halted_ages)),
            is_looked_into.then_some((PromiseKind::LookInto, 0, None)),
            (to_mend > 0).then_some((PromiseKind::Mend, to_mend, Some(figures.mend_ages))),
        ];
        let promise = |(kind, number, ages): (PromiseKind, u64, Option<Ages>)| {
            let said = earlier(kind)
                .filter(|since| *since <= today)
                .unwrap_or(today);
            let longest = ages.map_or(0, |ages| ages.longest_days);
            let oldest = today.checked_sub_days(Days::new(longest));
            Self {
                kind,
                number,
                since: oldest.map_or(said, |oldest| oldest.min(said)),
                overdue: ages.map(|ages| ages.overdue),
            }
        };
        promises.into_iter().flatten().map(promise).collect()
    }

    /// Whether it is to be told under “What to do”.
    fn is_overdue(self, today: NaiveDate) -> bool {
        match self.overdue {
            Some(overdue) => overdue > 0,
            None => self.days(today) > OVERDUE_DAYS.cast_signed(),
        }
    }

    /// How much of it is overdue: mailboxes, items, or the look into an organisation's failures.
    pub(super) fn overdue_at(self, today: NaiveDate) -> u64 {
        self.overdue
            .unwrap_or(u64::from(self.is_overdue(today)) * self.number.max(1))
    }

    pub(super) fn days(self, today: NaiveDate) -> i64 {
        (today - self.since).num_days()
    }
}
