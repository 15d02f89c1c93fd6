use std::collections::{BTreeMap, BTreeSet};

use super::error::DayError;
use super::send::is_recipient;
use crate::delivery::{DeliveryFilter, DeliveryRecord, Ledger};
use crate::domain::{DeliveryCounts, DeliveryState, OrganisationCode, ReportDate};
use crate::mail::DeliveryKey;
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
        let of_report = |key: &DeliveryKey| (key.organisation.clone(), key.report);
        let mut newest = BTreeMap::new();
        for DeliveryRecord { key, .. } in &deliveries {
            let edition = newest.entry(of_report(key)).or_default();
            *edition = key.edition.max(*edition);
        }
        deliveries.retain(|delivery| {
            let key = &delivery.key;
            let is_newest = newest.get(&of_report(key)) == Some(&key.edition);
            // An address that was corrected in the register, or taken out, leaves nothing to be done.
            let is_given_up = matches!(
                delivery.state,
                DeliveryState::Refused
                    | DeliveryState::Bounced
                    | DeliveryState::Quarantined
                    | DeliveryState::Expired
                    | DeliveryState::Held
            );
            let is_recipient = || is_recipient(register, key);
            delivery.state == DeliveryState::Unknown
                || (is_newest && (!is_given_up || is_recipient()))
        });
        Ok(Self { deliveries })
    }

    /// How many recipients of the register have no delivery of a report that was made for others of
    /// their organisation: they were added since.
    pub(crate) fn recipients_left_out(&self, register: &Register) -> usize {
        let mut made: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for DeliveryRecord { key, .. } in &self.deliveries {
            let of_report = made.entry((&key.organisation, key.report)).or_default();
            of_report.insert(&key.recipient);
        }
        let left_out = made.iter().map(|((code, report), served)| {
            let organisation = register.organisation(code).into_iter();
            let recipients = organisation.flat_map(|one| one.recipients(*report));
            recipients
                .filter(|recipient| !served.contains(recipient))
                .count()
        });
        left_out.sum()
    }

    /// The deliveries, by organisation, report and recipient.
    pub(crate) fn deliveries(&self) -> &[DeliveryRecord] {
        &self.deliveries
    }

    pub(crate) fn count(&self, state: DeliveryState) -> usize {
        self.deliveries
            .iter()
            .filter(|delivery| delivery.state == state)
            .count()
    }

    /// The organisations with a delivery in one of these states.
    pub(crate) fn in_states(&self, states: &[DeliveryState]) -> BTreeSet<OrganisationCode> {
        let deliveries = self.deliveries.iter();
        let those = deliveries.filter(|delivery| states.contains(&delivery.state));
        those
            .map(|delivery| delivery.key.organisation.clone())
            .collect()
    }

    /// How many a server took over, whatever became of them then.
    pub(crate) fn taken(&self) -> usize {
        let deliveries = self.deliveries.iter();
        deliveries
            .filter(|delivery| delivery.state.was_taken())
            .count()
    }

    /// By organisation: how many are in each state, and the numbers of those that are unknown.
    pub(crate) fn by_organisation(&self) -> BTreeMap<OrganisationCode, (DeliveryCounts, Vec<i64>)> {
        let mut all: BTreeMap<OrganisationCode, (DeliveryCounts, Vec<i64>)> = BTreeMap::new();
        for delivery in &self.deliveries {
            let of = all.entry(delivery.key.organisation.clone()).or_default();
            of.0.add(delivery.state, 1);
            if delivery.state == DeliveryState::Unknown {
                of.1.push(delivery.id.number());
            }
        }
        all
    }

    pub(crate) fn counts(&self) -> DeliveryCounts {
        let states = self.deliveries.iter().map(|delivery| delivery.state);
        states.map(|state| (state, 1)).collect()
    }
}
