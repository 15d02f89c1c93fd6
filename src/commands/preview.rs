use std::path::{Path, PathBuf};

use chrono::Utc;

use super::console::{Console, Notes};
use super::failure::{ExitCode, Failure, Outcome};
use super::preparation::{Wanted, prepare};
use super::reading::{self, Reading};
use super::run_summary::{self, Measured, Mornings};
use super::setup::{Selection, Setup};
use super::side_by_side::side_by_side;
use crate::archive::{self, ArchiveError};
use crate::domain::ReportKind;
use crate::metrics::OrganisationMetrics;
use crate::report::absence;
use crate::settings::Organisation;

/// Writes every report into a folder, to be looked at: no ledger, no network; the data folder is
/// only read.
///
/// # Errors
/// [`Failure`] where settings or register cannot be read, or the folder cannot be written.
pub fn preview(
    selection: &Selection,
    out: &Path,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let setup = Setup::load(selection, Utc::now())?;
    let mistakes = setup.register_mistakes();
    for mistake in mistakes.iter().chain(&setup.history_fault()) {
        console.warning(mistake);
    }
    let mut causes = Vec::new();
    if !mistakes.is_empty() {
        causes.push(ExitCode::Settings);
    }
    let mut written = 0;
    let mut mornings = Mornings::default();
    let organisations = setup.organisations();
    console.begin("Reports", organisations.len());
    let write = |organisation: &&Organisation| Previewed::of(&setup, organisation, out);
    side_by_side(
        &organisations,
        |organisation| reading::weight(&setup, organisation),
        write,
        |organisation, previewed| {
            let code = &organisation.code;
            let previewed = previewed.unwrap_or_else(Previewed::panicked);
            console.step(code.as_str());
            console.say(previewed.notes);
            mornings.measured.insert(code.clone(), previewed.measured);
            for folder in previewed.folders? {
                written += 1;
                console.result(&folder.join("report.html").display().to_string())?;
            }
            if !previewed.held.is_empty() {
                causes.push(ExitCode::Held);
                for reason in &previewed.held {
                    console.warning(&format!("{code} is held: {reason}"));
                }
                mornings.held.insert(code.clone(), previewed.held);
            }
            Ok::<(), Failure>(())
        },
    )?;
    console.end();
    if selection.organisations.is_empty() {
        console.result(
            &run_summary::preview(&setup, &mornings, out)?
                .display()
                .to_string(),
        )?;
    }
    console.result(&format!(
        "{written} reports of {} written to {}. Nothing was sent.",
        setup.report_date,
        out.display()
    ))?;
    Ok(Outcome {
        exit_code: ExitCode::most_pressing(&causes),
    })
}

/// What was written of one organisation.
struct Previewed {
    notes: Notes,
    measured: Measured,
    /// Of each report that could be made; or that the folder cannot be written, which ends it all.
    folders: Result<Vec<PathBuf>, ArchiveError>,
    held: Vec<String>,
}

impl Previewed {
    fn of(setup: &Setup, organisation: &Organisation, out: &Path) -> Self {
        let reading = reading::read(setup, organisation);
        let mut notes = Notes::default();
        for fault in &reading.history_faults {
            notes.warning(format!("{}: {fault}", organisation.code));
        }
        let measured = Measured::of(setup, organisation, &reading);
        let mut previewed = Self {
            notes,
            measured,
            folders: Ok(Vec::new()),
            held: Vec::new(),
        };
        match &reading.metrics {
            Some(metrics) => {
                previewed.folders = previewed.write(setup, organisation, &reading, metrics, out)
            }
            None => previewed.held = reading.reasons_to_hold(),
        }
        previewed
    }

    fn write(
        &mut self,
        setup: &Setup,
        organisation: &Organisation,
        reading: &Reading,
        metrics: &OrganisationMetrics,
        out: &Path,
    ) -> Result<Vec<PathBuf>, ArchiveError> {
        let mut folders = Vec::new();
        for kind in ReportKind::ALL {
            if let Some(reason) = absence(kind, organisation, metrics, setup.report_date) {
                self.notes.info(format!(
                    "{}: no {kind} report, for {reason}",
                    organisation.code
                ));
                continue;
            }
            match prepare(setup, organisation, reading, metrics, kind, Wanted::FIRST) {
                Ok(preparation) => {
                    let folder = out.join(preparation.place(setup, organisation).below_dates());
                    archive::write_folder(&folder, &preparation.into_files())?;
                    folders.push(folder);
                }
                Err(reasons) => self.held.extend(reasons),
            }
        }
        Ok(folders)
    }

    /// Of an organisation at which the program failed.
    fn panicked() -> Self {
        let reason =
            "The program failed while it made these reports. Tell its makers, with the export.";
        Self {
            notes: Notes::default(),
            measured: Measured::default(),
            folders: Ok(Vec::new()),
            held: vec![reason.to_owned()],
        }
    }
}
