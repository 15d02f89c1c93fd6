use std::path::Path;

use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure, Outcome};
use super::heartbeat::{self, last_run};
use super::ledger;
use super::standing::Standing;
use super::wording::day_and_time;
use crate::archive::Lock;
use crate::domain::plural::count_of;
use crate::domain::{ReportDate, Stage};
use crate::settings::{Register, Settings};

/// Says for a monitor whether a run of the whole day finished, and where its deliveries are now.
/// Ends with 0 where all is done, with 7 while a run is at work that is the first of the day, with
/// 1 where none finished, and else by cause.
///
/// # Errors
/// [`Failure`] where settings, register, heartbeat or ledger cannot be read.
pub fn status(settings: Option<&Path>, date: &str, console: &Console) -> Result<Outcome, Failure> {
    let settings = Settings::load(settings)?;
    let today = Utc::now()
        .with_timezone(&settings.programme.time_zone)
        .date_naive();
    let date = ReportDate::parse(date, today)
        .map_err(|error| Failure::new(ExitCode::Usage, format!("--date: {error}")))?;
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
            "{date}: no run of the whole day has finished. See what the last \
         one said, and run the day."
        ))?;
        return Ok(Outcome {
            exit_code: ExitCode::Unexpected,
        });
    };
    let ledger = ledger::open_read_only(&settings)?;
    let open = register
        .organisations
        .iter()
        .filter(|organisation| organisation.stage != Stage::Closed);
    let organisations: Vec<_> = open.map(|organisation| organisation.code.clone()).collect();
    // What was resolved or sent since counts as it is now.
    let standing = Standing::of(&register, &ledger, date, &organisations)?;
    let mut causes = standing.causes();
    let mut parts: Vec<String> = standing
        .counts()
        .into_iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if run.organisations_held > 0 {
        causes.push(ExitCode::Held);
        parts.push(format!(
            "{} held",
            count_of(
                usize::try_from(run.organisations_held).unwrap_or(usize::MAX),
                "organisation"
            )
        ));
    }
    if run.register_mistakes > 0 {
        causes.push(ExitCode::Settings);
        parts.push(format!(
            "{} in the register",
            count_of(
                usize::try_from(run.register_mistakes).unwrap_or(usize::MAX),
                "mistake"
            )
        ));
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
