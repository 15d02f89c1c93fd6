//! The numbers: how far, how many failed, is that normal, for the organisation, each collection and
//! each mailbox.
//!
//! Takes: tables, the report date and the expected failure rate; snapshots of the day and of the
//! one before. Gives: [`OrganisationMetrics`], plain structs. Touches: nothing.

mod accounts;
mod causes;
mod cells;
mod changes;
mod control_chart;
mod decisions;
mod error_text;
mod evidence;
mod forecast;
mod funnel;
mod groups;
mod judgement;
mod rate_range;
mod readiness;
mod rows;
mod schedule_changes;
mod since_start;
mod tails;
mod trends;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use polars::prelude::PolarsError;

pub use accounts::{AccountStanding, days_old, is_old, old_accounts};
pub use causes::{Cause, CauseRules, InvalidCauseRules, Owner};
pub use changes::{Changes, ClearedItem, MailboxChange, Movement};
pub use control_chart::{
    ChartDay, ControlChart, ControlChartFinding, DayOfFailures, Gap, GapReason, NoControlChart,
    Side, Signals, Week,
};
pub use decisions::unfit_decisions;
pub use forecast::{Alike, Forecast, ForecastStatus};
pub use funnel::{FunnelLimits, beyond_the_funnel, funnel_limits};
pub use groups::{Bytes, CollectionMetrics, GroupMetrics, ItemProgress, PhaseMetrics, StateCounts};
pub use judgement::{Concentration, Judgement, items_needed_to_judge};
pub use readiness::DAYS_AHEAD;
pub use rows::{AccountFacts, FailedItem, ItemDecision, Listing, Mailbox, ScheduleDifference};
pub use schedule_changes::{ScheduleChange, ScheduleChangeKind, ScheduleChanges};
pub use since_start::{Milestones, ResolvedItem, SinceStart};
pub use tails::{probability_at_least, probability_at_most};
pub use trends::{DayProgress, Trends};

use crate::domain::{Decision, ExpectedRate, FailureRate, ReportDate, SyncState};
use crate::history::OrganisationDay;
use crate::tables::Tables;

/// The share of flagged mailboxes that may be flagged by chance: Benjamini & Hochberg 1995.
pub const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// Everything that is known of one organisation on one day.
#[derive(Debug, Clone)]
pub struct OrganisationMetrics {
    /// All mailboxes together.
    pub whole: GroupMetrics,
    /// Each collection, in the order of switch dates, then of names.
    pub collections: Vec<CollectionMetrics>,
    /// Pilot and live mailboxes apart, where the migration schedule has both; else nothing.
    pub phases: Vec<PhaseMetrics>,
    /// Every mailbox, sorted by address.
    pub mailboxes: Vec<Mailbox>,
    /// Every failed item, sorted by mailbox; settings are not among them.
    pub failed_items: Vec<FailedItem>,
    /// Every setting of a folder or a mailbox that did not migrate, sorted by mailbox.
    pub failed_settings: Vec<FailedItem>,
    /// Causes that occur, most items first.
    pub causes: Vec<CauseMetrics>,
    /// Where the verdict is “concentrated”: in which mailboxes, and what remains without them.
    pub concentration: Option<Concentration>,
    /// How many mailboxes were tested for a failure rate above expectation.
    pub mailboxes_tested: u64,
    /// The next day on which mailboxes are to switch, from the report date on.
    pub next_switch: Option<DueSwitch>,
    /// Mailboxes whose switch date has passed and that have not switched.
    pub past_switch_date: u64,
    /// Mailboxes of which the migration schedule and the sync-state export say different things, by
    /// difference, then by address; `None` where there is no schedule.
    pub schedule_differences: Option<Vec<ScheduleDifference>>,
    /// What changed in the schedule since the last report whose schedule is known.
    pub schedule_since_report: Option<ScheduleChanges>,
    /// What changed in it since it was frozen; `None` where no frozen schedule is there.
    pub schedule_since_frozen: Option<ScheduleChanges>,
    /// The day of which the report of accounts is at the latest; `None` where that is not known.
    pub account_report_of: Option<NaiveDate>,
    /// What changed since the day before; `None` where no earlier day is known.
    pub changes: Option<Changes>,
    /// The days of the history's window and then this one, in order; empty where nothing is kept.
    pub days: Vec<OrganisationDay>,
    /// For how many reports in a row the verdict has been what it is: 1 where it is new, or no
    /// earlier day is known.
    pub verdict_lasts: u64,
    /// What these days say together; `None` where there is only this one.
    pub trends: Option<Trends>,
    /// Every day from the first on; `None` where no report of the day asks for it, or nothing is
    /// kept.
    pub since_start: Option<SinceStart>,
}

/// Failed items of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseMetrics {
    /// Why they failed, and who repairs them.
    pub cause: Arc<Cause>,
    /// How many items failed for it.
    pub items: u64,
    /// In how many mailboxes.
    pub mailboxes: u64,
    /// How many of the items the organisation accepted.
    pub accepted: u64,
    /// Of the others, how many it says it did its part on.
    pub done: u64,
}

/// The mailboxes that are to switch on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueSwitch {
    /// The switch date.
    pub date: NaiveDate,
    /// Mailboxes to switch on it that have not switched yet.
    pub due: u64,
    /// Those of them that are in sync or ready to switch.
    pub ready: u64,
}

/// Measures one organisation.
///
/// # Errors
/// Only where a table does not have the columns that validation gives it: a fault of the program.
pub fn measure(
    tables: &Tables,
    report_date: ReportDate,
    expected: ExpectedRate,
    causes: &CauseRules,
) -> Result<OrganisationMetrics, PolarsError> {
    let mut mailboxes = rows::mailboxes(tables.mailboxes.frame(), causes)?;
    let mut failed_items = rows::failed_items(tables.failed_items.frame(), causes)?;
    rows::find_mailboxes(&mut failed_items, &mailboxes);
    let failed_settings: Vec<FailedItem> = failed_items
        .extract_if(.., |item| item.setting.is_some())
        .collect();
    count_listed_items(&mut mailboxes, &failed_items);
    leave_out_quotations(&mut mailboxes, &failed_items);
    let schedule = tables.schedule.as_ref();
    let schedule_differences = schedule
        .map(|schedule| rows::schedule_differences(schedule.reconciliation.frame()))
        .transpose()?;
    let mut phases = Vec::new();
    if let Some(schedule) = schedule {
        rows::add_schedule(&mut mailboxes, schedule.table.frame())?;
        phases = groups::phases(&mailboxes, expected);
    }
    if let Some(report) = &tables.accounts {
        accounts::add_accounts(&mut mailboxes, report, report_date);
    }
    let whole = groups::whole(&mailboxes, expected);
    let collections = groups::collections(&mailboxes, expected);
    let mailboxes_tested = judgement::flag_mailboxes(&mut mailboxes, expected);
    let concentration = judgement::concentration(&mailboxes, &whole.judgement, expected);
    Ok(OrganisationMetrics {
        whole,
        collections,
        phases,
        causes: count_causes(&failed_items),
        next_switch: next_switch(&mailboxes, report_date),
        past_switch_date: mailboxes
            .iter()
            .filter(|mailbox| mailbox.is_past_switch_date(report_date))
            .count() as u64,
        concentration,
        mailboxes_tested,
        mailboxes,
        failed_items,
        failed_settings,
        schedule_differences,
        schedule_since_report: None,
        schedule_since_frozen: None,
        account_report_of: tables.accounts.as_ref().and_then(|report| report.is_of),
        changes: None,
        days: Vec::new(),
        verdict_lasts: 1,
        trends: None,
        since_start: None,
    })
}

impl OrganisationMetrics {
    /// Figures of some of the mailboxes together.
    #[must_use]
    pub fn group<'a>(
        &self,
        mailboxes: impl IntoIterator<Item = &'a Mailbox>,
        expected: ExpectedRate,
    ) -> GroupMetrics {
        groups::whole(mailboxes, expected)
    }

    /// The causes of the failed items of some mailboxes, most items first.
    #[must_use]
    pub fn causes_of(&self, is_counted: impl Fn(&str) -> bool) -> Vec<CauseMetrics> {
        let items = self.failed_items.iter();
        count_causes(items.filter(|item| is_counted(&item.mailbox)))
    }
}

/// Counts the failed items of each mailbox.
fn count_listed_items(mailboxes: &mut [Mailbox], items: &[FailedItem]) {
    for place in items.iter().filter_map(|item| item.mailbox_place) {
        if let Some(mailbox) = mailboxes.get_mut(place) {
            mailbox.items_listed += 1;
        }
    }
}

/// Takes out of the last error of each mailbox what it quotes, and what the items of the mailbox are
/// called: it stands in reports that are to quote no subject line.
fn leave_out_quotations(mailboxes: &mut [Mailbox], items: &[FailedItem]) {
    for items in items.chunk_by(|one, next| one.mailbox_place == next.mailbox_place) {
        let place = items.first().and_then(|item| item.mailbox_place);
        let Some(mailbox) = place.and_then(|place| mailboxes.get_mut(place)) else {
            continue;
        };
        if let Some(error) = &mailbox.last_error {
            let names = items.iter();
            let names: Vec<&str> = names
                .flat_map(|item| [item.subject.as_deref(), item.folder.as_deref()])
                .flatten()
                .collect();
            if error_text::repeats(error, &names) {
                mailbox.last_error = error_text::without_quotations(error, &names).map(Arc::from);
            }
        }
    }
    // Many mailboxes have the same.
    let mut known: HashMap<Arc<str>, Option<Arc<str>>> = HashMap::new();
    for mailbox in mailboxes {
        mailbox.last_error = mailbox.last_error.take().and_then(|error| {
            let less = || error_text::without_quotations(&error, &[]).map(Arc::from);
            known.entry(Arc::clone(&error)).or_insert_with(less).clone()
        });
    }
}

/// Items are sorted by mailbox: a mailbox is new to a cause where it is not the cause's last one.
fn count_causes<'a>(items: impl IntoIterator<Item = &'a FailedItem>) -> Vec<CauseMetrics> {
    let mut by_name = BTreeMap::new();
    for item in items {
        let none = || CauseMetrics {
            cause: Arc::clone(&item.cause),
            items: 0,
            mailboxes: 0,
            accepted: 0,
            done: 0,
        };
        let of_cause = by_name.entry(&*item.cause.name);
        let (cause, last_mailbox) = of_cause.or_insert_with(|| (none(), ""));
        cause.items += 1;
        cause.mailboxes += u64::from(*last_mailbox != &*item.mailbox);
        cause.accepted += u64::from(item.is_decided(Decision::Accept));
        cause.done += u64::from(item.is_decided(Decision::Done));
        *last_mailbox = &item.mailbox;
    }
    let mut causes: Vec<CauseMetrics> = by_name.into_values().map(|(cause, _)| cause).collect();
    causes.sort_by_key(|cause| Reverse(cause.items));
    causes
}

fn next_switch(mailboxes: &[Mailbox], report_date: ReportDate) -> Option<DueSwitch> {
    let waiting = mailboxes
        .iter()
        .filter(|mailbox| mailbox.state != SyncState::Switched);
    let dates = waiting.clone().filter_map(|mailbox| mailbox.switch_date);
    let date = dates.filter(|date| *date >= report_date.day()).min()?;
    let due = waiting.filter(|mailbox| mailbox.switch_date == Some(date));
    Some(DueSwitch {
        date,
        due: due.clone().count() as u64,
        ready: due.filter(|mailbox| mailbox.is_ready()).count() as u64,
    })
}

impl Mailbox {
    /// Failed of attempted items; `None` where either is unknown.
    #[must_use]
    pub fn failure_rate(&self) -> Option<FailureRate> {
        let failed = self.items_failed?;
        Some(FailureRate {
            failed,
            attempted: self.items_synchronised? + failed,
        })
    }
}
