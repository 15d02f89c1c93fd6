use std::path::Path;

use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure, Outcome};
use super::preparation::{Wanted, prepare};
use super::reading;
use super::run_summary::{self, Measured, Mornings};
use super::setup::{Selection, Setup};
use crate::archive;
use crate::domain::ReportKind;
use crate::report::absence;

/// Writes every report into a folder, to be looked at: no ledger, no network; the data folder is only read.
///
/// # Errors
/// [`Failure`] where settings or register cannot be read, or the folder cannot be written.
pub fn preview(selection: &Selection, out: &Path, console: &mut Console) -> Result<Outcome, Failure> {
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
    for organisation in organisations {
        console.step(organisation.code.as_str());
        let reading = reading::read(&setup, organisation);
        for fault in &reading.history_faults {
            console.warning(&format!("{}: {fault}", organisation.code));
        }
        mornings.measured.insert(organisation.code.clone(), Measured::of(&setup, organisation, &reading));
        let Some(metrics) = &reading.metrics else {
            causes.push(ExitCode::Held);
            for reason in reading.reasons_to_hold() {
                console.warning(&format!("{} is held: {reason}", organisation.code));
                mornings.held.entry(organisation.code.clone()).or_default().push(reason);
            }
            continue;
        };
        for kind in ReportKind::ALL {
            if let Some(reason) = absence(kind, organisation, metrics, setup.report_date) {
                console.info(&format!("{}: no {kind} report, for {reason}", organisation.code));
                continue;
            }
            match prepare(&setup, organisation, &reading, metrics, kind, Wanted::FIRST) {
                Ok(preparation) => {
                    let folder = out.join(preparation.place(&setup, organisation).below_dates());
                    archive::write_folder(&folder, &preparation.into_files())?;
                    written += 1;
                    console.result(&folder.join("report.html").display().to_string())?;
                }
                Err(reasons) => {
                    causes.push(ExitCode::Held);
                    for reason in reasons {
                        console.warning(&format!("{} is held: {reason}", organisation.code));
                        mornings.held.entry(organisation.code.clone()).or_default().push(reason);
                    }
                }
            }
        }
    }
    console.end();
    if selection.organisations.is_empty() {
        console.result(&run_summary::preview(&setup, &mornings, out)?.display().to_string())?;
    }
    console.result(&format!("{written} reports of {} written to {}. Nothing was sent.", setup.report_date, out.display()))?;
    Ok(Outcome { exit_code: ExitCode::most_pressing(&causes) })
}
