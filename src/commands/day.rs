use std::collections::BTreeMap;

use chrono::Utc;

use super::console::Console;
use super::failure::Failure;
use super::need::{Known, Need, Needed, need};
use super::preparation::Preparation;
use super::run_summary::Measured;
use super::setup::Setup;
use super::wording::count_of;
use crate::archive::Archive;
use crate::delivery::{EditionRecord, Ledger, LedgerError, PreparedDelivery};
use crate::domain::OrganisationCode;
use crate::history::{Keeping, Kept, Snapshot};
use crate::settings::Organisation;

/// One day of the selected organisations, and what became of them.
pub(super) struct Day<'a> {
    pub(super) setup: &'a Setup,
    pub(super) archive: Archive,
    /// Organisations that get nothing, and why.
    pub(super) held: BTreeMap<OrganisationCode, Vec<String>>,
    /// Organisations whose inputs are no longer those of the edition that was prepared, and what changed.
    pub(super) changed: Vec<(OrganisationCode, Vec<String>)>,
    /// Reports that this run prepared.
    pub(super) prepared: usize,
    /// What was measured of each organisation.
    pub(super) measured: BTreeMap<OrganisationCode, Measured>,
}

impl<'a> Day<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        let archive = Archive::new(&setup.settings.data.folder);
        Self { setup, archive, held: BTreeMap::new(), changed: Vec::new(), prepared: 0, measured: BTreeMap::new() }
    }

    /// Reads, renders and verifies every organisation, and records what is to be sent. Organisations are independent of
    /// each other: as many as there are processors are in hand at once, and recorded in the order of their codes.
    pub(super) fn prepare(&mut self, ledger: &mut Ledger, console: &mut Console) -> Result<(), Failure> {
        let organisations = self.setup.organisations();
        console.begin("Reports", organisations.len());
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        for batch in organisations.chunks(at_once) {
            for organisation in batch {
                self.mend_history(&organisation.code, console);
            }
            let known: Vec<Known> =
                batch.iter().map(|organisation| Known::of(self.setup, ledger, organisation)).collect::<Result<_, _>>()?;
            let setup = self.setup;
            let needs: Vec<Needed> = std::thread::scope(|scope| {
                let threads: Vec<_> =
                    batch.iter().zip(&known).map(|(organisation, known)| scope.spawn(move || need(setup, organisation, known))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Needed::panicked())).collect()
            });
            for (organisation, Needed { need, history_faults, measured }) in batch.iter().zip(needs) {
                self.measured.insert(organisation.code.clone(), measured);
                console.step(organisation.code.as_str());
                for fault in history_faults {
                    console.warning(&format!("{}: {fault}", organisation.code));
                }
                self.record(organisation, need, ledger, console)?;
            }
        }
        console.end();
        Ok(())
    }

    fn record(&mut self, organisation: &Organisation, need: Need, ledger: &mut Ledger, console: &Console) -> Result<(), Failure> {
        let code = &organisation.code;
        match need {
            Need::Held(reasons) => self.hold(code, reasons, console),
            Need::Changed(changes) => {
                console.warning(&format!(
                    "{code}: {}. The reports of this day were made before that and stand as they are; nothing is sent.",
                    changes.join("; ")
                ));
                self.changed.push((code.clone(), changes));
            }
            Need::Prepared { editions, absent, inputs, snapshot, edition } => {
                // Before the ledger: a day whose reports are recorded is never without its snapshot, and one that is not
                // recorded yet is made anew.
                self.keep(snapshot.as_deref(), edition, console);
                console.info(&if editions.is_empty() {
                    format!("{code}: nothing new, its reports were prepared before")
                } else {
                    format!("{code}: {} prepared", count_of(editions.len(), "report"))
                });
                for (report, reason) in absent {
                    console.info(&format!("{code}: no {report} report, for {reason}"));
                }
                for preparation in editions {
                    self.record_edition(organisation, preparation, &inputs, ledger, console)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps what later days are compared with. Without it today's reports are no less true: they are not stopped.
    pub(super) fn keep(&self, snapshot: Option<&Snapshot>, edition: u32, console: &Console) {
        let (Some(snapshot), Ok(history)) = (snapshot, &self.setup.history) else { return };
        let code = &snapshot.organisation;
        match history.keep(snapshot, edition) {
            Ok(Keeping { kept, later_days }) => {
                match kept {
                    Kept::Now => console.detail(&format!("{code}: its snapshot is kept")),
                    Kept::Before => {}
                    Kept::InPlaceOfAnother => console.info(&format!("{code}: its snapshot replaces the one of other inputs")),
                }
                held_against_it(code, later_days, console);
            }
            Err(error) => {
                console.warning(&format!("{code}: no snapshot of this day was kept for later days to be compared with: {error}."))
            }
        }
    }

    /// Ends what a run that did not end by itself left of an organisation's history. Before it is read.
    pub(super) fn mend_history(&self, code: &OrganisationCode, console: &Console) {
        let Ok(history) = &self.setup.history else { return };
        match history.mend(code) {
            Ok(later_days) => held_against_it(code, later_days, console),
            Err(error) => console.warning(&format!("{code}: {error}.")),
        }
    }

    /// Notes, and says, that an organisation gets nothing.
    pub(super) fn hold(&mut self, code: &OrganisationCode, reasons: Vec<String>, console: &Console) {
        for reason in &reasons {
            console.warning(&format!("{code} is held: {reason}"));
        }
        self.held.insert(code.clone(), reasons);
    }

    pub(super) fn record_edition(
        &mut self,
        organisation: &Organisation,
        preparation: Preparation,
        inputs: &str,
        ledger: &mut Ledger,
        console: &Console,
    ) -> Result<(), Failure> {
        let place = preparation.place(self.setup, organisation);
        let folder = place.below_data();
        let deliveries: Vec<PreparedDelivery> = preparation
            .messages
            .iter()
            .map(|message| PreparedDelivery::of(message, folder.join(Preparation::message_file(message))))
            .collect();
        let (report, edition) = (preparation.report, preparation.edition);
        let is_known = ledger.edition(self.setup.report_date, &organisation.code, report)?.is_some_and(|known| known.number == edition);
        let files = preparation.into_files();
        // Files first: what the ledger refers to is there.
        let is_new = !is_known || !self.archive.holds(&folder);
        if !is_new {
            self.archive.add_to_edition(&place, &files)?;
        } else {
            self.archive.write_edition(&place, &files)?;
        };
        let record = EditionRecord {
            report_date: self.setup.report_date,
            organisation: organisation.code.clone(),
            report,
            edition,
            inputs_digest: inputs.to_owned(),
            prepared_at: Utc::now(),
        };
        let new = match ledger.record_prepared(&record, &deliveries) {
            // Another machine was a moment faster, with other exports, another register or another history.
            Err(LedgerError::OtherInputs { .. }) if ledger.is_shared() => {
                if is_new {
                    self.archive.remove_edition(&place)?;
                }
                let reason = "another machine prepared this day's reports at the same time, from other inputs".to_owned();
                console.warning(&format!("{}: {reason}; this one sends nothing of its own", organisation.code));
                self.changed.push((organisation.code.clone(), vec![reason]));
                return Ok(());
            }
            recorded => recorded?,
        };
        self.prepared += 1;
        console.detail(&format!("{} {report}, edition {edition}: {new} messages prepared", organisation.code));
        Ok(())
    }

    /// The organisations of which something may be sent.
    pub(super) fn to_send(&self) -> Vec<OrganisationCode> {
        self.setup
            .codes()
            .into_iter()
            .filter(|code| !self.held.contains_key(code) && self.changed.iter().all(|(changed, _)| changed != code))
            .collect()
    }
}

/// Says that later days say something else of the day before them since.
fn held_against_it(code: &OrganisationCode, later_days: usize, console: &Console) {
    if later_days > 0 {
        console.info(&format!("{code}: {} of its history compared anew with the day before", count_of(later_days, "later day")));
    }
}
