use std::collections::BTreeSet;

use super::context::Context;
use super::error::DayError;
use super::occasional::out_on_other_days;
use crate::archive::EditionPlace;
use crate::delivery::{DeliveryFilter, DeliveryRecord, Ledger};
use crate::domain::{DeliveryState, EmailAddress, ReportKind};
use crate::history::Loss;
use crate::report::{Replacement, ReportModel};
use crate::settings::Organisation;

/// What the ledger knows of an organisation's reports of the day. Empty where none was made.
#[derive(Default)]
pub(crate) struct LedgerView {
    editions: Vec<KnownEdition>,
    /// Reports that do not go out daily, and are out of another day.
    out: BTreeSet<ReportKind>,
    /// Reports of this day that went out under a code which the organisation had before.
    out_before: BTreeSet<ReportKind>,
    /// How many mailboxes may be gone since the day before, by a person's word.
    accepted_loss: u64,
}

impl LedgerView {
    /// What it knows of each organisation of the context. It is asked before several organisations
    /// are in hand at once, since a ledger serves one thread.
    pub(crate) fn of_each<'a>(
        context: &'a Context,
        ledger: &Ledger,
    ) -> Result<Vec<(&'a Organisation, Self)>, DayError> {
        let out = out_on_other_days(context, ledger)?;
        let of = |organisation: &'a Organisation| {
            let mut editions = Vec::new();
            for report in ReportKind::ALL {
                editions.extend(KnownEdition::newest(context, ledger, organisation, report)?);
            }
            let accepted_loss = ledger.accepted_loss(context.report_date, &organisation.code)?;
            let filter = DeliveryFilter {
                organisations: Some(organisation.formerly.clone()),
                ..DeliveryFilter::of_date(context.report_date)
            };
            let before = match organisation.formerly.is_empty() {
                true => Vec::new(),
                false => ledger.deliveries(&filter)?,
            };
            let before = before.iter().filter(|before| may_be_out(before.state));
            let view = Self {
                out_before: before.map(|before| before.key.report).collect(),
                editions,
                out: out.get(&organisation.code).cloned().unwrap_or_default(),
                accepted_loss,
            };
            Ok((organisation, view))
        };
        // One that is closed is done once its last report is out.
        let closed = context.closed().filter(|one| {
            let out = out.get(&one.code);
            out.is_none_or(|out| !out.contains(&ReportKind::Closing))
        });
        let closed: Vec<&Organisation> = closed.collect();
        let mut served = context.organisations();
        served.extend(closed);
        served.sort_by(|one, other| one.code.cmp(&other.code));
        served.into_iter().map(of).collect()
    }

    /// Of each organisation nothing: as if no report of the day had been made.
    pub(crate) fn empty_of_each(context: &Context) -> Vec<(&Organisation, Self)> {
        let empty = |organisation| (organisation, Self::default());
        let is_asked_for = context.also.contains(&ReportKind::Closing);
        let closed = context.closed().filter(|_| is_asked_for);
        let organisations = context.organisations().into_iter().chain(closed);
        organisations.map(empty).collect()
    }

    pub(crate) fn edition(&self, report: ReportKind) -> Option<&KnownEdition> {
        self.editions.iter().find(|known| known.report == report)
    }

    /// Whether a report that does not go out daily may be due: somebody gets it, in this stage, and
    /// it is not out of another day.
    pub(super) fn may_be_due(&self, report: ReportKind, organisation: &Organisation) -> bool {
        report.belongs_to(organisation.stage)
            && !organisation.recipients(report).is_empty()
            && !self.out.contains(&report)
    }

    /// Whether somebody may have this day's report under the code that the organisation had before.
    pub(super) fn is_out_before(&self, report: ReportKind) -> bool {
        self.out_before.contains(&report)
    }

    /// The highest number of an edition; 1 where there is none.
    pub(crate) fn highest_edition(&self) -> u32 {
        self.editions
            .iter()
            .map(|known| known.number)
            .max()
            .unwrap_or(1)
    }

    /// How many mailboxes may be gone since the day before.
    pub(super) fn accepted_loss(&self, context: &Context) -> u64 {
        match context.loss_acceptance {
            Some(_) => u64::MAX,
            None => self.accepted_loss,
        }
    }

    /// Whether it is written down that so many may be gone.
    pub(super) fn knows_of(&self, loss: Loss) -> bool {
        loss.gone <= self.accepted_loss
    }
}

/// Whether a server may have taken it over.
fn may_be_out(state: DeliveryState) -> bool {
    state.was_taken() || matches!(state, DeliveryState::Sending | DeliveryState::Unknown)
}

/// Where this machine alone sends: what is held, waits, or lies in the outbox has not left it.
const UNSENT_HERE: [DeliveryState; 4] = [
    DeliveryState::Held,
    DeliveryState::Prepared,
    DeliveryState::Deferred,
    DeliveryState::Outbox,
];

/// Where machines share the ledger, another may be about to send what waits.
const UNSENT_ANYWHERE: [DeliveryState; 1] = [DeliveryState::Held];

/// The newest edition of a report of the day, as ledger and archive have it.
pub(crate) struct KnownEdition {
    report: ReportKind,
    pub(crate) number: u32,
    /// What it was made from, as the ledger keeps it.
    pub(crate) inputs: String,
    pub(crate) deliveries: Vec<DeliveryRecord>,
    /// Whether this machine's archive has the messages that are still to be sent: another may have
    /// made them.
    has_messages: bool,
    /// The states in which no delivery was sent, and none is about to be.
    unsent: &'static [DeliveryState],
    /// What it replaced, and why; or why that cannot be known.
    pub(super) replacement: Result<Option<Replacement>, String>,
}

impl KnownEdition {
    fn newest(
        context: &Context,
        ledger: &Ledger,
        organisation: &Organisation,
        report: ReportKind,
    ) -> Result<Option<Self>, DayError> {
        let Some(edition) = ledger.edition(context.report_date, &organisation.code, report)? else {
            return Ok(None);
        };
        let filter = DeliveryFilter {
            organisations: Some(vec![organisation.code.clone()]),
            reports: vec![report],
            ..DeliveryFilter::of_date(context.report_date)
        };
        let mut deliveries = ledger.deliveries(&filter)?;
        deliveries.retain(|delivery| delivery.key.edition == edition.edition);
        let has_messages = deliveries
            .iter()
            .filter(|delivery| delivery.state.is_to_be_sent())
            .all(|delivery| context.archive.holds(&delivery.message_path));
        let place = EditionPlace {
            report_date: context.report_date,
            organisation: &organisation.code,
            report,
            edition: edition.edition,
        };
        let replacement = if edition.edition == 1 {
            Ok(None)
        } else {
            archived_replacement(context, &place)
        };
        Ok(Some(Self {
            report,
            number: edition.edition,
            inputs: edition.inputs_digest,
            deliveries,
            has_messages,
            unsent: match ledger.is_shared() {
                true => &UNSENT_ANYWHERE,
                false => &UNSENT_HERE,
            },
            replacement,
        }))
    }

    pub(crate) fn delivery(&self, recipient: &EmailAddress) -> Option<&DeliveryRecord> {
        self.deliveries
            .iter()
            .find(|delivery| delivery.key.recipient == *recipient)
    }

    /// Whether nothing has to be made before each of `recipients` can be sent it.
    pub(crate) fn is_ready_for(&self, recipients: &[EmailAddress]) -> bool {
        let has_delivery = |recipient| self.delivery(recipient).is_some();
        self.has_messages && recipients.iter().all(has_delivery)
    }

    /// Whether nobody was sent it, so that another may be made in its place.
    pub(crate) fn is_unsent(&self) -> bool {
        let is_unsent = |delivery: &DeliveryRecord| self.unsent.contains(&delivery.state);
        !self.deliveries.is_empty() && self.deliveries.iter().all(is_unsent)
    }

    /// Whether a delivery of it will never be made as it stands.
    pub(crate) fn is_stuck(&self) -> bool {
        let stuck = [
            DeliveryState::Held,
            DeliveryState::Refused,
            DeliveryState::Bounced,
            DeliveryState::Expired,
        ];
        self.deliveries
            .iter()
            .any(|delivery| stuck.contains(&delivery.state))
    }
}

/// What an archived edition says that it replaces.
fn archived_replacement(
    context: &Context,
    place: &EditionPlace<'_>,
) -> Result<Option<Replacement>, String> {
    let path = place.below_data().join("model.json");
    let unreadable = |why: String| {
        format!(
            "What edition {} says of itself cannot be read: {why}. Reissue the report.",
            place.edition
        )
    };
    let bytes = context.archive.read(&path);
    let bytes = bytes.map_err(|error| unreadable(error.to_string()))?;
    let model: ReportModel = serde_json::from_slice(&bytes).map_err(|error| {
        let (path, line) = (path.display(), error.line());
        unreadable(format!("{path} is damaged at line {line}"))
    })?;
    Ok(model.replacement)
}
