use super::failure::Failure;
use super::preparation::{Preparation, prepare};
use super::reading::{self, Reading};
use super::setup::Setup;
use crate::delivery::{DeliveryFilter, Ledger};
use crate::domain::{EmailAddress, ReportKind};
use crate::history::Snapshot;
use crate::settings::Organisation;

/// What is to be done for one organisation.
pub(super) enum Need {
    Held(Vec<String>),
    Changed(Vec<String>),
    Prepared { editions: Vec<Preparation>, inputs: String, snapshot: Option<Snapshot>, edition: u32 },
}

/// What is to be done for one organisation, and what is wrong with its history.
pub(super) struct Needed {
    pub(super) need: Need,
    pub(super) history_faults: Vec<String>,
}

impl Needed {
    pub(super) fn panicked() -> Self {
        let reason = "The program failed while it made these reports. Tell its makers, with the export.";
        Self { need: Need::Held(vec![reason.to_owned()]), history_faults: Vec::new() }
    }
}

/// What the ledger knows of an organisation's reports of the day: their editions, and who has a delivery.
pub(super) struct Known(Vec<KnownReport>);

struct KnownReport {
    report: ReportKind,
    edition: u32,
    inputs: String,
    recipients: Vec<EmailAddress>,
}

impl Known {
    pub(super) fn of(setup: &Setup, ledger: &Ledger, organisation: &Organisation) -> Result<Self, Failure> {
        let mut reports = Vec::new();
        for report in ReportKind::ALL {
            let Some(edition) = ledger.edition(setup.report_date, &organisation.code, report)? else { continue };
            let filter = DeliveryFilter {
                organisations: vec![organisation.code.clone()],
                reports: vec![report],
                ..DeliveryFilter::of_date(setup.report_date)
            };
            let deliveries = ledger.deliveries(&filter)?.into_iter().filter(|delivery| delivery.key.edition == edition.number);
            let recipients = deliveries.map(|delivery| delivery.key.recipient).collect();
            reports.push(KnownReport { report, edition: edition.number, inputs: edition.inputs_digest, recipients });
        }
        Ok(Self(reports))
    }
}

/// Reads the exports of one organisation, and makes what it has not been sent yet. Writes nothing.
pub(super) fn need(setup: &Setup, organisation: &Organisation, known: &Known) -> Needed {
    let mut reading = reading::read(setup, organisation);
    let history_faults = std::mem::take(&mut reading.history_faults);
    Needed { need: need_of(setup, organisation, known, reading), history_faults }
}

fn need_of(setup: &Setup, organisation: &Organisation, known: &Known, reading: Reading) -> Need {
    let Some(metrics) = &reading.metrics else { return Need::Held(reading.reasons_to_hold()) };
    let changes: Vec<String> = known.0.iter().flat_map(|report| reading.inputs.changed_since(&report.inputs)).collect();
    if !changes.is_empty() {
        let unique: std::collections::BTreeSet<String> = changes.into_iter().collect();
        return Need::Changed(unique.into_iter().collect());
    }
    let mut editions = Vec::new();
    for kind in ReportKind::ALL {
        let recipients = organisation.recipients(kind);
        let before = known.0.iter().find(|report| report.report == kind);
        if recipients.iter().all(|recipient| before.is_some_and(|before| before.recipients.contains(recipient))) {
            continue;
        }
        match prepare(setup, organisation, &reading, metrics, kind, before.map_or(1, |before| before.edition)) {
            Ok(preparation) => editions.push(preparation),
            Err(reasons) => return Need::Held(reasons),
        }
    }
    let edition = known.0.iter().map(|report| report.edition).max().unwrap_or(1);
    Need::Prepared { editions, inputs: reading.inputs.to_text(), snapshot: reading.snapshot, edition }
}
