use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::Ages;
use super::super::verdict::for_how_long;
use crate::domain::{FailureRate, ReportDate, ReportKind, Stage, SyncState, Verdict};
use crate::metrics::{OrganisationMetrics, Owner};

/// How far ahead switches are counted, in days: the coming four weeks.
const CALENDAR_DAYS: i64 = 28;

/// What a Run Summary knows of one organisation: counts, and nothing that names a user.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct OrganisationFigures {
    /// Mailboxes in the sync-state export.
    pub mailboxes: u64,
    /// Those in sync, ready to switch or switched.
    pub in_sync_or_beyond: u64,
    /// Those that stopped, or that the tool gave up on.
    pub halted: u64,
    /// Failed items that the migration team repairs or tries again.
    #[serde(default)]
    pub ours_to_mend: u64,
    /// For how long mailboxes have stood still; `None` where that is known of none.
    #[serde(default)]
    pub halted_ages: Option<Ages>,
    /// For how long items that the migration team repairs before mop-up have been open.
    #[serde(default)]
    pub mend_ages: Ages,
    /// Those that cannot complete until somebody approves what was lost.
    #[serde(default)]
    pub awaiting_approval: u64,
    /// Those that are not in sync and report no total: they are in no sum of items.
    #[serde(default)]
    pub mailboxes_without_total: u64,
    /// Settings of folders and mailboxes that did not migrate, which are in no rate; `None` where
    /// the export does not tell them.
    #[serde(default)]
    pub settings_failed: Option<u64>,
    /// Items in the source mailboxes; `None` where no mailbox reports it.
    pub items_total: Option<u64>,
    /// Items copied or failed; `None` where no mailbox reports both.
    pub items_attempted: Option<u64>,
    /// Failed of attempted items.
    pub rate: FailureRate,
    /// φ, at least 1.
    pub dispersion: f64,
    /// The verdict on the rate.
    pub verdict: Verdict,
    /// For how many reports in a row, this one among them, it is that verdict.
    #[serde(default = "today_only")]
    pub verdict_lasts: u64,
    /// Mailboxes that switch in the next seven days and have not yet.
    pub due: u64,
    /// Those of them that are ready.
    pub ready: u64,
    /// Mailboxes past their switch date that have not switched.
    pub waiting: u64,
    /// Switches of the coming four weeks, by day.
    pub switches: Vec<SwitchDay>,
    /// Reports that the organisation does not get although somebody waits for them.
    pub not_made: Vec<NotMade>,
}

/// Mailboxes of an organisation that switch on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct SwitchDay {
    /// The day.
    pub date: NaiveDate,
    /// In how many collections they are.
    pub collections: u64,
    /// Mailboxes to switch that have not yet.
    pub due: u64,
    /// Those of them that are ready.
    pub ready: u64,
}

/// A report that is not made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct NotMade {
    /// Which.
    pub report: ReportKind,
    /// Why, as the end of a sentence.
    pub reason: String,
}

/// Of a model that does not say for how long.
fn today_only() -> u64 {
    1
}

impl OrganisationFigures {
    /// “High for the 3rd morning”.
    #[must_use]
    pub fn verdict_in_words(&self) -> String {
        self.verdict.label().to_owned() + &for_how_long(self.verdict, self.verdict_lasts)
    }

    /// The figures of an organisation on the report date.
    #[must_use]
    pub fn of(
        metrics: &OrganisationMetrics,
        stage: Stage,
        report_date: ReportDate,
        not_made: Vec<NotMade>,
    ) -> Self {
        let is_mop_up = stage == Stage::MopUp;
        // In mop-up nobody is due: what has not switched waits.
        let due = || {
            metrics
                .mailboxes
                .iter()
                .filter(|mailbox| !is_mop_up && mailbox.is_due(report_date))
        };
        let whole = &metrics.whole;
        let mut mailboxes = metrics.mailboxes.iter();
        let is_age_known = mailboxes.any(|mailbox| mailbox.halted_days.is_some());
        Self {
            mailboxes: whole.mailboxes,
            in_sync_or_beyond: whole.in_sync_or_beyond(),
            halted: whole.by_state.of(SyncState::Stopped) + whole.by_state.of(SyncState::Failed),
            ours_to_mend: metrics
                .causes
                .iter()
                .map(|cause| match cause.cause.owner {
                    Owner::MigrationTeam => cause.open(),
                    // What the organisation did its part on is tried again.
                    Owner::Organisation => cause.done,
                })
                .sum(),
            halted_ages: is_age_known.then(|| Ages::of_halted(&metrics.mailboxes)),
            mend_ages: Ages::of_items(&metrics.failed_items),
            awaiting_approval: whole.awaiting_approval,
            mailboxes_without_total: whole.mailboxes_without_total,
            settings_failed: whole.settings_failed,
            items_total: whole.items_total,
            items_attempted: whole.items_attempted,
            rate: whole.judgement.rate,
            dispersion: whole.judgement.dispersion,
            verdict: whole.judgement.verdict,
            verdict_lasts: metrics.verdict_lasts,
            due: due().count() as u64,
            ready: due().filter(|mailbox| mailbox.is_ready()).count() as u64,
            waiting: metrics.past_switch_date,
            switches: if is_mop_up {
                Vec::new()
            } else {
                switches(metrics, report_date)
            },
            not_made,
        }
    }
}

fn switches(metrics: &OrganisationMetrics, report_date: ReportDate) -> Vec<SwitchDay> {
    let mut days: BTreeMap<NaiveDate, (BTreeSet<Option<&str>>, u64, u64)> = BTreeMap::new();
    for mailbox in metrics
        .mailboxes
        .iter()
        .filter(|mailbox| mailbox.state != SyncState::Switched)
    {
        let ahead = mailbox
            .switch_date
            .map(|date| (date, (date - report_date.day()).num_days()));
        let Some((date, _)) = ahead.filter(|(_, days)| (0..=CALENDAR_DAYS).contains(days)) else {
            continue;
        };
        let (collections, due, ready) = days.entry(date).or_default();
        collections.insert(mailbox.collection.as_deref());
        *due += 1;
        *ready += u64::from(mailbox.is_ready());
    }
    let day = |(date, (collections, due, ready)): (NaiveDate, (BTreeSet<_>, u64, u64))| SwitchDay {
        date,
        collections: collections.len() as u64,
        due,
        ready,
    };
    days.into_iter().map(day).collect()
}
