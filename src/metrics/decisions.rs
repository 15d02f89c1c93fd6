//! What the organisation decided on its failed items.

use std::collections::{HashMap, HashSet};

use polars::prelude::*;

use super::cells::{days, texts};
use super::rows::ItemDecision;
use super::{CauseMetrics, FailedItem, OrganisationMetrics, count_causes};
use crate::domain::plural::counted;
use crate::domain::{Decision, Finding, FindingCode};
use crate::history::Snapshot;
use crate::tables::{Decided, columns};

impl FailedItem {
    /// Whether the organisation decided this on it.
    #[must_use]
    pub fn is_decided(&self, decision: Decision) -> bool {
        let made = self.decision.as_ref();
        made.is_some_and(|made| made.decision == decision)
    }
}

impl CauseMetrics {
    /// The items that nobody gave up.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.items - self.accepted
    }

    /// The items on which the organisation has not done its part.
    #[must_use]
    pub fn not_done(&self) -> u64 {
        self.open() - self.done
    }
}

impl OrganisationMetrics {
    /// How many failed items the organisation decided this on.
    #[must_use]
    pub fn items_decided(&self, decision: Decision) -> u64 {
        let items = self.failed_items.iter();
        items.filter(|item| item.is_decided(decision)).count() as u64
    }

    /// Adds what was decided, after [`OrganisationMetrics::follow`]: what the history keeps of it,
    /// and who and why as far as today's `log` says.
    ///
    /// # Errors
    /// Only where the snapshot lacks a column: a fault of the program.
    pub fn decide(&mut self, today: &Snapshot, log: &[Decided]) -> PolarsResult<()> {
        let frame = &today.failed_items;
        let log: HashMap<&str, &Decided> = log.iter().map(|of| (&*of.reference, of)).collect();
        let reference = texts(frame, columns::REFERENCE)?;
        let decision = texts(frame, columns::DECISION)?;
        let decided_on = days(frame, columns::DECIDED_ON)?;
        let read_on = days(frame, columns::DECISION_READ_ON)?;
        let mut known = HashMap::new();
        for row in 0..frame.height() {
            let made = decision(row).and_then(Decision::from_name);
            let (Some(reference), Some(decision)) = (reference(row), made) else {
                continue;
            };
            let said = log.get(reference).filter(|said| said.decision == decision);
            let made = ItemDecision {
                decision,
                decided_on: decided_on(row),
                read_on: read_on(row).unwrap_or(today.date.day()),
                decided_by: said.and_then(|said| said.decided_by.clone()),
                note: said.and_then(|said| said.note.clone()),
            };
            known.insert(reference, made);
        }
        for item in self
            .failed_items
            .iter_mut()
            .chain(&mut self.failed_settings)
        {
            let listing = item.listing.as_ref();
            item.decision = listing.and_then(|listing| known.remove(listing.reference.as_str()));
        }
        self.causes = count_causes(&self.failed_items);
        Ok(())
    }
}

/// What is to be said of decisions whose reference no failed item of today has, and none that was
/// cleared within the days that are kept.
///
/// # Errors
/// Only where the snapshot lacks a column: a fault of the program.
pub fn unfit_decisions(today: Option<&Snapshot>, log: &[Decided]) -> PolarsResult<Option<Finding>> {
    let mut known: HashSet<&str> = HashSet::new();
    for frame in today
        .iter()
        .flat_map(|today| [&today.failed_items, &today.cleared_items])
    {
        known.extend(frame.column(columns::REFERENCE)?.str()?.iter().flatten());
    }
    let unfit: Vec<&str> = log
        .iter()
        .map(|of| of.reference.as_str())
        .filter(|reference| !known.contains(reference))
        .collect();
    let Some(first) = unfit.first() else {
        return Ok(None);
    };
    let message = format!(
        "{} to no failed item that is or was listed, the first of them {first}: {} for nothing. Copy \
         the reference from the workbook's sheet Failed items.",
        counted(unfit.len(), "decision belongs", "decisions belong"),
        if unfit.len() == 1 {
            "it counts"
        } else {
            "they count"
        },
    );
    Ok(Some(Finding::new(FindingCode::DecisionUnfit, message)))
}
