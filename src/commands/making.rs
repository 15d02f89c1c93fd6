use chrono::Utc;

use super::console::Notes;
use super::need::{Known, Need, Needed, need};
use super::preparation::Preparation;
use super::run_summary::Measured;
use super::setup::Setup;
use crate::archive::{Archive, ArchiveError};
use crate::delivery::{EditionRecord, PreparedDelivery};
use crate::domain::plural::count_of;
use crate::domain::{OrganisationCode, ReportKind};
use crate::history::{Keeping, Kept, Snapshot};
use crate::settings::Organisation;

/// All that is done for one organisation before the ledger knows of it.
pub(super) struct Making {
    pub(super) made: Made,
    /// What is to be said of it.
    pub(super) notes: Notes,
    pub(super) measured: Measured,
}

/// What came of an organisation.
pub(super) enum Made {
    /// It gets nothing, and why.
    Held(Vec<String>),
    /// Its inputs are no longer those of what was prepared, and what changed.
    Changed(Vec<String>),
    /// Its editions lie in the archive; none where they were prepared before.
    Archived {
        editions: Vec<ArchivedEdition>,
        absent: Vec<(ReportKind, &'static str)>,
    },
    /// An edition could not be archived, which stops the run.
    Failed(ArchiveError),
}

/// An edition that lies in the archive, and is not in the ledger yet.
pub(super) struct ArchivedEdition {
    pub(super) record: EditionRecord,
    pub(super) deliveries: Vec<PreparedDelivery>,
    /// Whether its folder was not there before.
    pub(super) is_new: bool,
}

/// Reads, judges, renders and verifies one organisation, keeps its snapshot and archives its
/// editions: what is long, and what of several organisations is done at the same time.
pub(super) fn make(
    setup: &Setup,
    archive: &Archive,
    organisation: &Organisation,
    known: &Known,
) -> Making {
    let mut notes = Notes::default();
    mend_history(setup, &organisation.code, &mut notes);
    let Needed {
        need,
        history_faults,
        measured,
    } = need(setup, organisation, known);
    for fault in history_faults {
        notes.warning(format!("{}: {fault}", organisation.code));
    }
    let made = match need {
        Need::Held(reasons) => Made::Held(reasons),
        Need::Changed(changes) => Made::Changed(changes),
        Need::Prepared {
            editions,
            absent,
            inputs,
            snapshot,
            edition,
        } => {
            // Before the ledger: a day whose reports are recorded is never without its snapshot,
            // and one that is not recorded yet is made anew.
            keep(setup, snapshot.as_deref(), edition, &mut notes);
            let archived = editions
                .into_iter()
                .map(|edition| archive_edition(setup, archive, organisation, edition, &inputs));
            match archived.collect() {
                Ok(editions) => Made::Archived { editions, absent },
                Err(error) => Made::Failed(error),
            }
        }
    };
    Making {
        made,
        notes,
        measured,
    }
}

impl Making {
    /// Of an organisation at which the program failed.
    pub(super) fn panicked() -> Self {
        let reason =
            "The program failed while it made these reports. Tell its makers, with the export.";
        Self {
            made: Made::Held(vec![reason.to_owned()]),
            notes: Notes::default(),
            measured: Measured::default(),
        }
    }
}

/// Writes an edition into the archive: what the ledger will refer to is there before it does.
pub(super) fn archive_edition(
    setup: &Setup,
    archive: &Archive,
    organisation: &Organisation,
    preparation: Preparation,
    inputs: &str,
) -> Result<ArchivedEdition, ArchiveError> {
    let place = preparation.place(setup, organisation);
    let folder = place.below_data();
    let delivery =
        |message| PreparedDelivery::of(message, folder.join(Preparation::message_file(message)));
    let deliveries = preparation.messages.iter().map(delivery).collect();
    let record = EditionRecord {
        report_date: setup.report_date,
        organisation: organisation.code.clone(),
        report: preparation.report,
        edition: preparation.edition,
        inputs_digest: inputs.to_owned(),
        prepared_at: Utc::now(),
    };
    let is_recorded = preparation.is_recorded;
    let files = preparation.into_files();
    let is_new = !is_recorded || !archive.holds(&folder);
    if is_new {
        archive.write_edition(&place, &files)?;
    } else {
        archive.add_to_edition(&place, &files)?;
    }
    Ok(ArchivedEdition {
        record,
        deliveries,
        is_new,
    })
}

/// Keeps what later days are compared with. Without it today's reports are no less true: they are
/// not stopped.
pub(super) fn keep(setup: &Setup, snapshot: Option<&Snapshot>, edition: u32, notes: &mut Notes) {
    let (Some(snapshot), Ok(history)) = (snapshot, &setup.history) else {
        return;
    };
    let code = &snapshot.organisation;
    match history.keep(snapshot, edition) {
        Ok(Keeping { kept, later_days }) => {
            match kept {
                Kept::Now => notes.detail(format!("{code}: its snapshot is kept")),
                Kept::Before => {}
                Kept::InPlaceOfAnother => notes.info(format!(
                    "{code}: its snapshot replaces the one of other inputs"
                )),
            }
            held_against_it(code, later_days, notes);
        }
        Err(error) => {
            notes.warning(format!(
                "{code}: no snapshot of this day was kept for later days to be \
             compared with: {error}."
            ));
        }
    }
}

/// Ends what a run that did not end by itself left of an organisation's history. Before it is read.
pub(super) fn mend_history(setup: &Setup, code: &OrganisationCode, notes: &mut Notes) {
    let Ok(history) = &setup.history else { return };
    match history.mend(code) {
        Ok(later_days) => held_against_it(code, later_days, notes),
        Err(error) => notes.warning(format!("{code}: {error}.")),
    }
}

/// Says that later days say something else of the day before them since.
fn held_against_it(code: &OrganisationCode, later_days: usize, notes: &mut Notes) {
    if later_days > 0 {
        notes.info(format!(
            "{code}: {} of its history compared anew with the day before",
            count_of(later_days, "later day")
        ));
    }
}
