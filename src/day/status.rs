use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::error::DayError;
use crate::delivery::{DeliveryFilter, DeliveryRecord, Ledger};
use crate::domain::{DeliveryState, OrganisationCode, ReportDate, ReportKind};
use crate::settings::Register;

/// The deliveries of a day that still matter, with their states: those of each report's newest
/// edition, and every one of which it is unknown whether it arrived.
pub(crate) struct DayStatus {
    deliveries: Vec<DeliveryRecord>,
}

impl DayStatus {
    /// Those about `organisations`, by the ledger and the register as they are now.
    pub(crate) fn of(
        register: &Register,
        ledger: &Ledger,
        report_date: ReportDate,
        organisations: &[OrganisationCode],
    ) -> Result<Self, DayError> {
        let filter = DeliveryFilter {
            organisations: Some(organisations.to_vec()),
            ..DeliveryFilter::of_date(report_date)
        };
        let mut deliveries = ledger.deliveries(&filter)?;
        let mut newest: BTreeMap<(OrganisationCode, ReportKind), u32> = BTreeMap::new();
        for delivery in &deliveries {
            let edition = newest
                .entry((delivery.key.organisation.clone(), delivery.key.report))
                .or_default();
            *edition = (*edition).max(delivery.key.edition);
        }
        deliveries.retain(|delivery| {
            let key = &delivery.key;
            let is_newest =
                newest.get(&(key.organisation.clone(), key.report)) == Some(&key.edition);
            // An address that was corrected in the register leaves nothing to be done.
            let is_given_up = matches!(
                delivery.state,
                DeliveryState::Refused | DeliveryState::Expired
            );
            let is_recipient = || {
                let organisation = register.organisation(&key.organisation);
                organisation.is_some_and(|organisation| {
                    organisation.recipients(key.report).contains(&key.recipient)
                })
            };
            delivery.state == DeliveryState::Unknown
                || (is_newest && (!is_given_up || is_recipient()))
        });
        Ok(Self { deliveries })
    }

    /// The deliveries, by organisation, report and recipient.
    pub(crate) fn deliveries(&self) -> &[DeliveryRecord] {
        &self.deliveries
    }

    /// How many are in a state.
    pub(crate) fn count(&self, state: DeliveryState) -> usize {
        self.deliveries
            .iter()
            .filter(|delivery| delivery.state == state)
            .count()
    }

    /// How many are in each state; states without any are left out.
    pub(crate) fn counts(&self) -> BTreeMap<DeliveryState, usize> {
        DeliveryState::ALL
            .into_iter()
            .map(|state| (state, self.count(state)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// How many the server put off that are not due again yet, and when the first of them is.
    pub(crate) fn waiting(&self, now: DateTime<Utc>) -> Option<(usize, DateTime<Utc>)> {
        let until: Vec<_> = self
            .deliveries
            .iter()
            .filter_map(|delivery| delivery.waits_until(now))
            .collect();
        until.iter().min().map(|first| (until.len(), *first))
    }

    /// The organisations that got something.
    pub(crate) fn organisations_served(&self) -> usize {
        let accepted = self
            .deliveries
            .iter()
            .filter(|delivery| delivery.state == DeliveryState::Accepted);
        accepted
            .map(|delivery| &delivery.key.organisation)
            .collect::<BTreeSet<_>>()
            .len()
    }
}
