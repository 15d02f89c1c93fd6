use std::path::Path;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::reissue::Reason;
use crate::day;
use crate::domain::plural::{count_of, counted};
use crate::settings::Settings;

/// Makes the ledger know again what others know, and says what came of it. Ends with 6 where
/// deliveries are unknown by it.
pub(crate) fn rebuild_ledger(
    settings: Option<&Path>,
    reason: Option<Reason>,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let rebuilt =
        console.hear(|notes| day::rebuild_ledger(&settings, reason.map(String::from), notes))?;
    if rebuilt.spoilt > 0 {
        console.warning(&format!(
            "{} of the copy of the audit log not as written, and not believed.",
            counted(rebuilt.spoilt, "line is", "lines are")
        ));
    }
    console.result(&format!(
        "The ledger has {} more, and knows more of {}: {} taken over by a server, {} unknown.",
        counted(rebuilt.added, "delivery", "deliveries"),
        count_of(rebuilt.advanced, "other"),
        rebuilt.taken,
        rebuilt.unknown
    ))?;
    if rebuilt.unknown == 0 {
        return Ok(ExitCode::Done);
    }
    console.result(
        "Unknown ones are not sent again by themselves: see deliveries --state unknown, then \
         deliveries resolve.",
    )?;
    Ok(ExitCode::Unknown)
}
