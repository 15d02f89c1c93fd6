use std::path::Path;

use super::console::Console;
use super::failure::{ExitCode, Failure, Outcome};
use super::heartbeat::{self, last_run};
use crate::archive::Lock;
use crate::day::{DayStatus, day_and_time, open_ledger_read_only, read_date};
use crate::domain::plural::count_of;
use crate::domain::{DeliveryState, Stage};
use crate::settings::{Register, Settings};

/// Says for a monitor whether a run of the whole day finished, and where its deliveries are now.
/// Ends with 0 where all is done, with 7 while a run is at work that is the first of the day, with
/// 1 where none finished, and else by cause.
///
/// # Errors
/// [`Failure`] where settings, register, heartbeat or ledger cannot be read.
pub fn status(settings: Option<&Path>, date: &str, console: &Console) -> Result<Outcome, Failure> {
    let settings = Settings::load(settings)?;
    let date = read_date("--date", date, &settings)?;
    let register = Register::load(&settings.programme.register, &settings.mail.allowed_domains)?;
    let data_folder = &settings.data.folder;
    let Some(run) = last_run(&heartbeat::path(&settings), date)? else {
        if let Some(holder) = Lock::holder(data_folder)? {
            console.result(&format!(
                "{date}: a run is at work ({holder}), and none of this day has finished yet."
            ))?;
            return Ok(Outcome {
                exit_code: ExitCode::Locked,
            });
        }
        console.result(&format!(
            "{date}: no run of the whole day has finished. See what the last one said, and run the \
             day."
        ))?;
        return Ok(Outcome {
            exit_code: ExitCode::Unexpected,
        });
    };
    let ledger = open_ledger_read_only(&settings)?;
    let open = register
        .organisations
        .iter()
        .filter(|organisation| organisation.stage != Stage::Closed);
    let organisations: Vec<_> = open.map(|organisation| organisation.code.clone()).collect();
    // What was resolved or sent since counts as it is now.
    let status = DayStatus::of(&register, &ledger, date, &organisations)?;
    let mut causes = causes_of(&status);
    let mut parts: Vec<String> = status
        .counts()
        .into_iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if run.organisations_held > 0 {
        causes.push(ExitCode::Held);
        let held = count_of(run.organisations_held, "organisation");
        parts.push(format!("{held} held"));
    }
    if run.register_mistakes > 0 {
        causes.push(ExitCode::Settings);
        let mistakes = count_of(run.register_mistakes, "mistake");
        parts.push(format!("{mistakes} in the register"));
    }
    let parts = if parts.is_empty() {
        "no deliveries".to_owned()
    } else {
        parts.join(", ")
    };
    let finished = day_and_time(run.finished, settings.programme.time_zone);
    console.result(&format!(
        "{date}: the run finished on {finished}; now {parts}."
    ))?;
    Ok(Outcome {
        exit_code: ExitCode::most_pressing(&causes),
    })
}

/// What of a day a person or a later run must see to.
fn causes_of(status: &DayStatus) -> Vec<ExitCode> {
    let cause = |state: &DeliveryState| match state {
        DeliveryState::Unknown | DeliveryState::Sending => Some(ExitCode::Unknown),
        DeliveryState::Refused | DeliveryState::Expired => Some(ExitCode::Refused),
        DeliveryState::Deferred => Some(ExitCode::Deferred),
        DeliveryState::Held => Some(ExitCode::Held),
        DeliveryState::Prepared | DeliveryState::Accepted | DeliveryState::Superseded => None,
    };
    status.counts().keys().filter_map(cause).collect()
}
