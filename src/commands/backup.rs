use std::path::Path;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::reissue::Reason;
use crate::day;
use crate::domain::plural::{count_of, counted};
use crate::settings::Settings;

/// Copies all that runs left to a folder, and says what it holds.
pub(crate) fn back_up(
    settings: Option<&Path>,
    to: &Path,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let backed_up = day::back_up(&settings, to)?;
    let of_database = match &settings.ledger {
        Some(ledger) => format!(" The ledger is that of the database {}.", ledger.database),
        None => String::new(),
    };
    console.result_of_well(&format!(
        "Backed up ledger, archive and history to {}: {}, {}.{of_database} Settings, register, passwords \
         and exports are not in it.",
        to.display(),
        count_of(backed_up.files, "file"),
        megabytes(backed_up.bytes)
    ))?;
    Ok(ExitCode::Done)
}

/// Puts a backup back, and says what is not known by it. Ends with 6 where deliveries are unknown.
pub(crate) fn restore(
    settings: Option<&Path>,
    from: &Path,
    nothing_was_sent_since: bool,
    reason: Option<Reason>,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let why = reason.map(String::from);
    let restored =
        console.hear(|notes| day::restore(&settings, from, nothing_was_sent_since, why, notes))?;
    let restoration = restored.restoration;
    console.result(&format!(
        "Put back into {} what was backed up on {}: {}.",
        settings.data.folder.display(),
        restoration.made_at.format("%Y-%m-%d %H:%M UTC"),
        count_of(restored.files, "file")
    ))?;
    if let Some((first, last)) = restoration.not_known {
        let days = match first == last {
            true => format!("{first}"),
            false => format!("{first} to {last}"),
        };
        console.result(&format!(
            "What was sent after that, it does not know: of {days} nothing is sent before a person says \
             so. Where the old audit-log is left, put its files into that of the data folder and run \
             ledger rebuild; then, or where nothing was sent, run --new-ledger."
        ))?;
    }
    if restored.unknown == 0 {
        return Ok(ExitCode::Done);
    }
    console.result(&format!(
        "{} to be sent then, and may have been since: see deliveries --state unknown, then deliveries \
         resolve.",
        counted(restored.unknown, "delivery was", "deliveries were")
    ))?;
    Ok(ExitCode::Unknown)
}

#[allow(clippy::cast_precision_loss)] // for display
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_048_576.0)
}
