use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::forecast::{Missing, is_in_doubt};
use super::super::overdue::Ages;
use super::super::verdict::for_how_long;
use super::super::wording::coming_day;
use crate::domain::plural::count;
use crate::domain::{FailureRate, ReportDate, ReportKind, Stage, SyncState, Verdict};
use crate::metrics::{DAYS_AHEAD, OrganisationMetrics, Owner};

/// How far ahead switches are counted, in days: the coming four weeks.
const CALENDAR_DAYS: i64 = 28;

/// How many days of switches are looked back on, the day itself among them.
const WEEK: i64 = 7;
/// So few that are not ready are nothing to call about.
const FEWEST_AT_RISK: u64 = 5;

/// What a Run Summary knows of one organisation: counts, and nothing that names a user.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
pub struct OrganisationFigures {
    /// Mailboxes in the sync-state export.
    pub mailboxes: u64,
    /// Those in sync, ready to switch or switched.
    pub in_sync_or_beyond: u64,
    /// Those that stopped, or that the tool gave up on.
    pub halted: u64,
    /// Those of them that are past their switch date.
    #[serde(default)]
    pub halted_late: u64,
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
    /// Those of them that had switched, and were switched back.
    #[serde(default)]
    pub undone: u64,
    /// Mailboxes that were switched back since the report before, wherever they stand now.
    #[serde(default)]
    pub newly_undone: u64,
    /// How many mailboxes make the rate high, where it is concentrated in a few, and how many of the
    /// failed items they have.
    #[serde(default)]
    pub concentrated: Option<(u64, u64)>,
    /// Switches of the coming four weeks, by day.
    pub switches: Vec<SwitchDay>,
    /// Switches of the week that ends with the day, by day.
    #[serde(default)]
    pub switched: Vec<SwitchedDay>,
    /// Reports that the organisation does not get although somebody waits for them.
    pub not_made: Vec<NotMade>,
}

/// Mailboxes of an organisation that switch on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct SwitchDay {
    /// The day of the switch.
    pub date: NaiveDate,
    /// In how many collections they are.
    pub collections: u64,
    /// Mailboxes to switch that have not yet.
    pub due: u64,
    /// Mailboxes of the day that have switched already.
    #[serde(default)]
    pub switched: u64,
    /// Those that are due and ready.
    pub ready: u64,
    /// Those of them that stopped, or that the tool gave up on.
    #[serde(default)]
    pub halted: u64,
    /// How many will not be ready on the day, where a forecast says so.
    #[serde(default)]
    pub forecast: Option<Missing>,
}

/// Mailboxes of an organisation that were to switch on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct SwitchedDay {
    /// The day of the switch.
    pub date: NaiveDate,
    /// Mailboxes that were to switch.
    pub mailboxes: u64,
    /// Those of them that have switched.
    pub switched: u64,
}

impl SwitchDay {
    /// “48 of 5,000 not ready for Monday 23 November”, “261 of 5,000 did not switch today”
    pub(super) fn in_brief(&self) -> String {
        let (all, day) = (self.due + self.switched, coming_day(self.date));
        match self.switched {
            0 => format!(
                "{} of {} not ready for {day}",
                count(self.missing()),
                count(all)
            ),
            _ => format!(
                "{} of {} did not switch with the others on {day}",
                count(self.due),
                count(all)
            ),
        }
    }

    /// Mailboxes that are not ready.
    pub(super) fn missing(&self) -> u64 {
        self.due.saturating_sub(self.ready)
    }

    /// Whether so many will miss the day that somebody must speak with the organisation.
    pub(super) fn is_at_risk(&self, today: NaiveDate) -> bool {
        let days = (self.date - today).num_days();
        (0..=2 * DAYS_AHEAD).contains(&days)
            && self.missing() >= FEWEST_AT_RISK
            && is_in_doubt(
                self.forecast,
                self.missing(),
                self.due + self.switched,
                days,
            )
    }
}

/// A report that is not made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct NotMade {
    /// The kind of the report.
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
            halted_late: metrics
                .mailboxes
                .iter()
                .filter(|one| is_halted(one.state) && one.is_past_switch_date(report_date))
                .count() as u64,
            ours_to_mend: metrics
                .causes
                .iter()
                .map(|cause| match cause.cause.owner {
                    Owner::MigrationTeam => cause.open(),
                    // What the organisation did its part on is tried again.
                    Owner::Organisation => cause.done,
                })
                .sum(),
            halted_ages: is_age_known.then(|| Ages::of_halted(&metrics.mailboxes, report_date)),
            mend_ages: Ages::of_items(&metrics.failed_items, report_date, is_mop_up),
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
            undone: metrics
                .mailboxes
                .iter()
                .filter(|one| one.is_undone && one.is_past_switch_date(report_date))
                .count() as u64,
            newly_undone: newly_undone(metrics),
            concentrated: concentrated(metrics),
            switches: if is_mop_up {
                Vec::new()
            } else {
                switches(metrics, report_date)
            },
            switched: switched(metrics, report_date),
            not_made,
        }
    }
}

fn switches(metrics: &OrganisationMetrics, report_date: ReportDate) -> Vec<SwitchDay> {
    let mut days: BTreeMap<NaiveDate, (BTreeSet<Option<&str>>, SwitchDay)> = BTreeMap::new();
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
        let nobody = || SwitchDay {
            date,
            collections: 0,
            due: 0,
            switched: 0,
            ready: 0,
            halted: 0,
            forecast: Missing::on(metrics, date),
        };
        let (collections, day) = days
            .entry(date)
            .or_insert_with(|| (BTreeSet::new(), nobody()));
        collections.insert(mailbox.collection.as_deref());
        day.due += 1;
        day.ready += u64::from(mailbox.is_ready());
        day.halted += u64::from(is_halted(mailbox.state));
    }
    let has_switched = |date: NaiveDate| {
        let mailboxes = metrics.mailboxes.iter();
        let of_day = mailboxes.filter(|mailbox| mailbox.switch_date == Some(date));
        of_day
            .filter(|mailbox| mailbox.state == SyncState::Switched)
            .count() as u64
    };
    let day = |(collections, day): (BTreeSet<_>, SwitchDay)| SwitchDay {
        collections: collections.len() as u64,
        switched: has_switched(day.date),
        ..day
    };
    days.into_values().map(day).collect()
}

fn is_halted(state: SyncState) -> bool {
    matches!(state, SyncState::Stopped | SyncState::Failed)
}

fn newly_undone(metrics: &OrganisationMetrics) -> u64 {
    let changes = metrics.changes.iter().flat_map(|of| &of.mailboxes);
    changes
        .filter(|change| change.before == SyncState::Switched)
        .count() as u64
}

fn concentrated(metrics: &OrganisationMetrics) -> Option<(u64, u64)> {
    let concentration = metrics.concentration.as_ref()?;
    let without = concentration.without.failed;
    let failed = metrics.whole.judgement.rate.failed;
    Some((
        concentration.places.len() as u64,
        failed.saturating_sub(without),
    ))
}

fn switched(metrics: &OrganisationMetrics, report_date: ReportDate) -> Vec<SwitchedDay> {
    let mut days: BTreeMap<NaiveDate, SwitchedDay> = BTreeMap::new();
    for mailbox in &metrics.mailboxes {
        let ago = |date: NaiveDate| (report_date.day() - date).num_days();
        let date = mailbox
            .switch_date
            .filter(|date| (0..WEEK).contains(&ago(*date)));
        let Some(date) = date else { continue };
        let day = days.entry(date).or_insert(SwitchedDay {
            date,
            mailboxes: 0,
            switched: 0,
        });
        day.mailboxes += 1;
        day.switched += u64::from(mailbox.state == SyncState::Switched);
    }
    days.into_values().collect()
}

impl OrganisationFigures {
    /// The same as the last that is known on a later day: switches that were since are no more to
    /// come, and what was not made then is not told again.
    pub(super) fn standing_in(&self, today: NaiveDate) -> Self {
        let coming = self.switches.iter().filter(|switch| switch.date >= today);
        let switches: Vec<SwitchDay> = coming.copied().collect();
        let soon = || {
            let days = |switch: &&SwitchDay| (switch.date - today).num_days() <= DAYS_AHEAD;
            switches.iter().filter(days)
        };
        Self {
            due: soon().map(|switch| switch.due).sum(),
            ready: soon().map(|switch| switch.ready).sum(),
            not_made: Vec::new(),
            newly_undone: 0,
            switches: switches.clone(),
            ..self.clone()
        }
    }

    /// Mailboxes that stopped or failed and switch in the next seven days, by day.
    pub(super) fn halted_soon(&self, today: NaiveDate) -> impl Iterator<Item = &SwitchDay> {
        let is_soon = move |switch: &&SwitchDay| {
            switch.halted > 0 && (0..=DAYS_AHEAD).contains(&(switch.date - today).num_days())
        };
        self.switches.iter().filter(is_soon)
    }
}
