use super::failure::Failure;
use super::preparation::Wanted;
use super::setup::Setup;
use crate::archive::{Archive, EditionPlace};
use crate::delivery::{DeliveryFilter, DeliveryRecord, Ledger};
use crate::domain::{DeliveryState, EmailAddress, ReportKind};
use crate::report::{Replacement, ReportModel};
use crate::settings::Organisation;

/// The newest edition of a report of the day, as ledger and archive have it.
pub(super) struct KnownEdition {
    pub(super) report: ReportKind,
    pub(super) number: u32,
    /// What it was made from.
    pub(super) inputs: String,
    /// Its deliveries.
    pub(super) deliveries: Vec<DeliveryRecord>,
    /// Whether this machine's archive has the messages that are still to be sent: another may have
    /// made them.
    has_messages: bool,
    /// What it replaced, and why; or why that cannot be known.
    replacement: Result<Option<Replacement>, String>,
}

impl KnownEdition {
    /// The newest edition; `None` where there is none.
    pub(super) fn newest(
        setup: &Setup,
        ledger: &Ledger,
        organisation: &Organisation,
        report: ReportKind,
    ) -> Result<Option<Self>, Failure> {
        let Some(edition) = ledger.edition(setup.report_date, &organisation.code, report)? else {
            return Ok(None);
        };
        let filter = DeliveryFilter {
            organisations: Some(vec![organisation.code.clone()]),
            reports: vec![report],
            ..DeliveryFilter::of_date(setup.report_date)
        };
        let mut deliveries = ledger.deliveries(&filter)?;
        deliveries.retain(|delivery| delivery.key.edition == edition.number);
        let archive = Archive::new(&setup.settings.data.folder);
        let mut to_be_sent = deliveries
            .iter()
            .filter(|delivery| delivery.state.is_to_be_sent());
        let has_messages = to_be_sent.all(|delivery| archive.holds(&delivery.message_path));
        let place = EditionPlace {
            report_date: setup.report_date,
            organisation: &organisation.code,
            report,
            edition: edition.number,
        };
        let replacement = if edition.number == 1 {
            Ok(None)
        } else {
            archived_replacement(setup, &place)
        };
        Ok(Some(Self {
            report,
            number: edition.number,
            inputs: edition.inputs_digest,
            deliveries,
            has_messages,
            replacement,
        }))
    }

    /// The delivery to a recipient.
    pub(super) fn delivery(&self, recipient: &EmailAddress) -> Option<&DeliveryRecord> {
        self.deliveries
            .iter()
            .find(|delivery| delivery.key.recipient == *recipient)
    }

    /// Whether a recipient has a delivery.
    pub(super) fn has(&self, recipient: &EmailAddress) -> bool {
        self.delivery(recipient).is_some()
    }

    /// Whether nothing has to be made before each of `recipients` can be sent it.
    pub(super) fn is_ready_for(&self, recipients: &[EmailAddress]) -> bool {
        self.has_messages && recipients.iter().all(|recipient| self.has(recipient))
    }

    /// Whether a delivery of it will never be made as it stands.
    pub(super) fn is_stuck(&self) -> bool {
        let is_stuck = |state| {
            matches!(
                state,
                DeliveryState::Held | DeliveryState::Refused | DeliveryState::Expired
            )
        };
        self.deliveries
            .iter()
            .any(|delivery| is_stuck(delivery.state))
    }

    /// The same edition once more; or why it cannot be made.
    pub(super) fn again(&self) -> Result<Wanted<'_>, String> {
        let replacement = self.replacement.as_ref().map_err(Clone::clone)?.as_ref();
        Ok(Wanted {
            edition: self.number,
            is_recorded: true,
            replacement,
            rehearsal: None,
        })
    }
}

/// What an archived edition says that it replaces.
fn archived_replacement(
    setup: &Setup,
    place: &EditionPlace<'_>,
) -> Result<Option<Replacement>, String> {
    let path = place.below_data().join("model.json");
    let unreadable = |why: String| {
        format!(
            "What edition {} says of itself cannot be read: {why}. Reissue the report.",
            place.edition
        )
    };
    let bytes = Archive::new(&setup.settings.data.folder)
        .read(&path)
        .map_err(|error| unreadable(error.to_string()))?;
    let model: ReportModel = serde_json::from_slice(&bytes).map_err(|error| {
        unreadable(format!(
            "{} is damaged at line {}",
            path.display(),
            error.line()
        ))
    })?;
    Ok(model.replacement)
}
