use std::path::Path;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::open_day::begin_session;
use crate::day::{LedgerCheck, hear_of_returns, returns_in_words};
use crate::domain::DeliveryState;
use crate::settings::{Register, Settings};

/// Reads bounces and message traces, as every run does at its beginning, and says what was heard.
/// Ends with 5 where a message came back or lies in quarantine that was not known to.
pub(crate) fn returns(settings: Option<&Path>, console: &Console) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    if settings.mail.returns.is_none() {
        return Err(Failure::new(
            ExitCode::Settings,
            "there is no section [mail.returns] in the settings: name the folder that bounces are \
             put into, or the tables of message traces",
        ));
    }
    let register = Register::load(&settings.programme.register, &settings.mail.allowed_domains)?;
    let mut session = begin_session(&settings, LedgerCheck::default(), console)?;
    let ledger = &mut session.ledger;
    let summary = console.hear(|notes| hear_of_returns(&settings, &register, ledger, notes))?;
    let lines = returns_in_words(&summary);
    for line in &lines {
        console.result(line)?;
    }
    if lines.is_empty() && summary.faults.is_empty() {
        console.result("Nothing was returned since it was last read.")?;
    }
    let mut causes = Vec::new();
    if summary.count(DeliveryState::Bounced) + summary.count(DeliveryState::Quarantined) > 0 {
        causes.push(ExitCode::Refused);
    }
    if !summary.faults.is_empty() {
        causes.push(ExitCode::Settings);
    }
    Ok(ExitCode::most_pressing(&causes))
}
