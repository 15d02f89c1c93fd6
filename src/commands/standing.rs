use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::failure::{ExitCode, Failure};
use crate::delivery::{DeliveryFilter, DeliveryRecord, Ledger};
use crate::domain::{DeliveryState, OrganisationCode, ReportDate, ReportKind};
use crate::settings::Register;

/// Where the deliveries of a day are that still matter: those of each report's newest edition, and
/// every one of which it is unknown whether it arrived.
pub(super) struct Standing {
    deliveries: Vec<DeliveryRecord>,
}

impl Standing {
    /// The deliveries of the day about `organisations`, by the ledger and the register as they are
    /// now.
    pub(super) fn of(
        register: &Register,
        ledger: &Ledger,
        report_date: ReportDate,
        organisations: &[OrganisationCode],
    ) -> Result<Self, Failure> {
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

    pub(super) fn deliveries(&self) -> &[DeliveryRecord] {
        &self.deliveries
    }

    pub(super) fn len(&self) -> usize {
        self.deliveries.len()
    }

    pub(super) fn count(&self, state: DeliveryState) -> usize {
        self.deliveries
            .iter()
            .filter(|delivery| delivery.state == state)
            .count()
    }

    /// How many are in each state; states without any are left out.
    pub(super) fn counts(&self) -> BTreeMap<DeliveryState, usize> {
        DeliveryState::ALL
            .into_iter()
            .map(|state| (state, self.count(state)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// How many the server put off that are not due again yet, and when the first of them is.
    pub(super) fn waiting(&self, now: DateTime<Utc>) -> Option<(usize, DateTime<Utc>)> {
        let until: Vec<_> = self
            .deliveries
            .iter()
            .filter_map(|delivery| delivery.waits_until(now))
            .collect();
        until.iter().min().map(|first| (until.len(), *first))
    }

    /// The organisations that got something.
    pub(super) fn organisations_served(&self) -> usize {
        let accepted = self
            .deliveries
            .iter()
            .filter(|delivery| delivery.state == DeliveryState::Accepted);
        accepted
            .map(|delivery| &delivery.key.organisation)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// What of this a person or a later run must see to.
    pub(super) fn causes(&self) -> Vec<ExitCode> {
        let cause = |state: &DeliveryState| match state {
            DeliveryState::Unknown | DeliveryState::Sending => Some(ExitCode::Unknown),
            DeliveryState::Refused | DeliveryState::Expired => Some(ExitCode::Refused),
            DeliveryState::Deferred => Some(ExitCode::Deferred),
            DeliveryState::Held => Some(ExitCode::Held),
            DeliveryState::Prepared | DeliveryState::Accepted | DeliveryState::Superseded => None,
        };
        self.counts().keys().filter_map(cause).collect()
    }
}
