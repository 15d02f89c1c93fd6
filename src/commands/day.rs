use std::collections::BTreeMap;

use super::console::Console;
use super::failure::Failure;
use super::making::{ArchivedEdition, Made, Making, make};
use super::need::Known;
use super::reading::weight;
use super::run_summary::Measured;
use super::setup::Setup;
use super::side_by_side::side_by_side;
use crate::archive::{Archive, EditionPlace};
use crate::delivery::{Ledger, LedgerError};
use crate::domain::OrganisationCode;
use crate::domain::plural::count_of;
use crate::settings::Organisation;

/// One day of the selected organisations, and what became of them.
pub(super) struct Day<'a> {
    pub(super) setup: &'a Setup,
    pub(super) archive: Archive,
    /// Organisations that get nothing, and why.
    pub(super) held: BTreeMap<OrganisationCode, Vec<String>>,
    /// Organisations whose inputs are no longer those of the edition that was prepared, and what
    /// changed.
    pub(super) changed: Vec<(OrganisationCode, Vec<String>)>,
    /// Reports that this run prepared.
    pub(super) prepared: usize,
    /// What was measured of each organisation.
    pub(super) measured: BTreeMap<OrganisationCode, Measured>,
}

impl<'a> Day<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        let archive = Archive::new(&setup.settings.data.folder);
        Self {
            setup,
            archive,
            held: BTreeMap::new(),
            changed: Vec::new(),
            prepared: 0,
            measured: BTreeMap::new(),
        }
    }

    /// Reads, renders and verifies every organisation, and records what is to be sent.
    /// Organisations are independent of each other: several are in hand at once, and recorded in
    /// the order of their codes.
    pub(super) fn prepare(
        &mut self,
        ledger: &mut Ledger,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let (setup, organisations) = (self.setup, self.setup.organisations());
        console.begin("Reports", organisations.len());
        let known = Known::of_each(setup, ledger, &organisations)?;
        let archive = self.archive.clone();
        let make = |(organisation, known): &(&Organisation, Known)| {
            make(setup, &archive, organisation, known)
        };
        let weight = |(organisation, _): &(&Organisation, Known)| weight(setup, organisation);
        side_by_side(&known, weight, make, |(organisation, _), making| {
            self.record(
                organisation,
                making.unwrap_or_else(Making::panicked),
                ledger,
                console,
            )
        })?;
        console.end();
        Ok(())
    }

    fn record(
        &mut self,
        organisation: &Organisation,
        making: Making,
        ledger: &mut Ledger,
        console: &Console,
    ) -> Result<(), Failure> {
        let code = &organisation.code;
        self.measured.insert(code.clone(), making.measured);
        console.step(code.as_str());
        console.say(making.notes);
        match making.made {
            Made::Held(reasons) => self.hold(code, reasons, console),
            Made::Failed(error) => return Err(error.into()),
            Made::Changed(changes) => {
                console.warning(&format!(
                    "{code}: {}. The reports of this day were made before that and stand as they \
                     are; nothing is sent.",
                    changes.join("; ")
                ));
                self.changed.push((code.clone(), changes));
            }
            Made::Archived { editions, absent } => {
                console.info(&if editions.is_empty() {
                    format!("{code}: nothing new, its reports were prepared before")
                } else {
                    format!("{code}: {} prepared", count_of(editions.len(), "report"))
                });
                for (report, reason) in absent {
                    console.info(&format!("{code}: no {report} report, for {reason}"));
                }
                self.record_editions(organisation, editions, ledger, console)?;
            }
        }
        Ok(())
    }

    /// Notes, and says, that an organisation gets nothing.
    pub(super) fn hold(
        &mut self,
        code: &OrganisationCode,
        reasons: Vec<String>,
        console: &Console,
    ) {
        for reason in &reasons {
            console.warning(&format!("{code} is held: {reason}"));
        }
        self.held.insert(code.clone(), reasons);
    }

    /// Records editions that lie in the archive, all or none.
    pub(super) fn record_editions(
        &mut self,
        organisation: &Organisation,
        editions: Vec<ArchivedEdition>,
        ledger: &mut Ledger,
        console: &Console,
    ) -> Result<(), Failure> {
        let code = &organisation.code;
        let recorded: Vec<_> = editions
            .iter()
            .map(|edition| (&edition.record, edition.deliveries.as_slice()))
            .collect();
        match ledger.record_prepared(&recorded) {
            // Another machine was a moment faster, with other exports, another register or another
            // history.
            Err(LedgerError::OtherInputs { .. }) if ledger.is_shared() => {
                for edition in editions.iter().filter(|edition| edition.is_new) {
                    self.archive.remove_edition(&EditionPlace {
                        report_date: edition.record.report_date,
                        organisation: code,
                        report: edition.record.report,
                        edition: edition.record.edition,
                    })?;
                }
                let reason = "another machine prepared this day's reports at the same time, from \
                 other inputs"
                    .to_owned();
                console.warning(&format!(
                    "{code}: {reason}; this one sends nothing of its own"
                ));
                self.changed.push((code.clone(), vec![reason]));
                return Ok(());
            }
            recorded => recorded?,
        };
        for ArchivedEdition {
            record, deliveries, ..
        } in &editions
        {
            console.detail(&format!(
                "{code} {}, edition {}: {} messages prepared",
                record.report,
                record.edition,
                deliveries.len()
            ));
        }
        self.prepared += editions.len();
        Ok(())
    }

    /// The organisations of which something may be sent.
    pub(super) fn to_send(&self) -> Vec<OrganisationCode> {
        self.setup
            .codes()
            .into_iter()
            .filter(|code| {
                !self.held.contains_key(code)
                    && self.changed.iter().all(|(changed, _)| changed != code)
            })
            .collect()
    }
}
