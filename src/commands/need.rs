use super::edition::KnownEdition;
use super::failure::Failure;
use super::preparation::{Preparation, Wanted, prepare};
use super::reading::{self, Reading};
use super::run_summary::Measured;
use super::setup::Setup;
use crate::delivery::Ledger;
use crate::domain::ReportKind;
use crate::history::Snapshot;
use crate::report::absence;
use crate::settings::Organisation;

/// What is to be done for one organisation.
pub(super) enum Need {
    Held(Vec<String>),
    Changed(Vec<String>),
    Prepared {
        editions: Vec<Preparation>,
        /// Reports that the organisation does not get although somebody waits for them, and why.
        absent: Vec<(ReportKind, &'static str)>,
        inputs: String,
        snapshot: Option<Box<Snapshot>>,
        edition: u32,
    },
}

/// What is to be done for one organisation, and what is wrong with its history.
pub(super) struct Needed {
    pub(super) need: Need,
    pub(super) history_faults: Vec<String>,
    pub(super) measured: Measured,
}

/// What the ledger knows of an organisation's reports of the day.
pub(super) struct Known(Vec<KnownEdition>);

impl Known {
    pub(super) fn of(
        setup: &Setup,
        ledger: &Ledger,
        organisation: &Organisation,
    ) -> Result<Self, Failure> {
        let editions = ReportKind::ALL
            .into_iter()
            .map(|report| KnownEdition::newest(setup, ledger, organisation, report));
        Ok(Self(
            editions
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect(),
        ))
    }

    /// What it knows of each organisation, asked before several are in hand at once.
    pub(super) fn of_each<'a>(
        setup: &Setup,
        ledger: &Ledger,
        organisations: &[&'a Organisation],
    ) -> Result<Vec<(&'a Organisation, Self)>, Failure> {
        organisations
            .iter()
            .map(|organisation| Ok((*organisation, Self::of(setup, ledger, organisation)?)))
            .collect()
    }

    /// The newest edition of a report; `None` where there is none.
    pub(super) fn edition(&self, report: ReportKind) -> Option<&KnownEdition> {
        self.0.iter().find(|known| known.report == report)
    }
}

/// Reads the exports of one organisation, and makes what it has not been sent yet. Writes nothing.
pub(super) fn need(setup: &Setup, organisation: &Organisation, known: &Known) -> Needed {
    let mut reading = reading::read(setup, organisation);
    let history_faults = std::mem::take(&mut reading.history_faults);
    let measured = Measured::of(setup, organisation, &reading);
    Needed {
        need: need_of(setup, organisation, known, reading),
        history_faults,
        measured,
    }
}

fn need_of(setup: &Setup, organisation: &Organisation, known: &Known, reading: Reading) -> Need {
    let Some(metrics) = &reading.metrics else {
        return Need::Held(reading.reasons_to_hold());
    };
    let changes: Vec<String> = known
        .0
        .iter()
        .flat_map(|report| reading.inputs.changed_since(&report.inputs))
        .collect();
    if !changes.is_empty() {
        let unique: std::collections::BTreeSet<String> = changes.into_iter().collect();
        return Need::Changed(unique.into_iter().collect());
    }
    let mut editions = Vec::new();
    let mut absent = Vec::new();
    for kind in ReportKind::ALL {
        let recipients = organisation.recipients(kind);
        let before = known.edition(kind);
        if recipients.is_empty() || before.is_some_and(|before| before.is_ready_for(recipients)) {
            continue;
        }
        if let Some(reason) = absence(kind, organisation, metrics, setup.report_date) {
            absent.push((kind, reason));
            continue;
        }
        // Whoever is added gets the report that the others got; and what another machine made and
        // has not sent is made once more, the same to the last byte.
        let wanted = match before.map_or(Ok(Wanted::FIRST), KnownEdition::again) {
            Ok(wanted) => wanted,
            Err(reason) => return Need::Held(vec![reason]),
        };
        match prepare(setup, organisation, &reading, metrics, kind, wanted) {
            Ok(preparation) => editions.push(preparation),
            Err(reasons) => return Need::Held(reasons),
        }
    }
    let edition = known
        .0
        .iter()
        .map(|report| report.number)
        .max()
        .unwrap_or(1);
    Need::Prepared {
        editions,
        absent,
        inputs: reading.inputs.to_text(),
        snapshot: reading.snapshot.map(Box::new),
        edition,
    }
}
