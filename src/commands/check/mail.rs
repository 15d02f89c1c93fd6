use chrono::Utc;

use super::{CheckMark, Checkup};
use crate::commands::failure::{ExitCode, Failure};
use crate::day::{self, Context};
use crate::delivery::{ServerFault, Smtp};
use crate::settings::TransportKind;

/// Tries the way that messages leave.
pub(super) fn check(context: &Context, trial: &mut Checkup<'_>) -> Result<(), Failure> {
    let settings = &context.settings;
    let transport = settings.mail.transport;
    match transport {
        TransportKind::Outbox => {}
        TransportKind::Sendmail => {
            day::open_sendmail(settings)?;
        }
        TransportKind::Smtp => return check_server(context, trial),
    }
    let text = format!("{}, no server to log in to", transport.way());
    Ok(trial.say(CheckMark::Good, MAIL, text)?)
}

/// What these lines are about.
const MAIL: &str = "mail";

fn exit_code(fault: &ServerFault) -> ExitCode {
    match fault {
        ServerFault::ContactRefused(..) => ExitCode::Settings,
        fault if fault.needs_a_person() => ExitCode::SenderRefused,
        _ => ExitCode::Deferred,
    }
}

/// Asks for the token of a log-in, and says what came of it; whether there was one to ask for.
fn check_token(smtp: &Smtp, trial: &mut Checkup<'_>) -> Result<bool, Failure> {
    match smtp.check_token() {
        None => return Ok(false),
        Some(Ok(())) => {
            let text = "the token endpoint gives a token for the log-in; whether the mail server takes \
                        it is not known yet";
            trial.say(CheckMark::Good, MAIL, text)?;
        }
        Some(Err(fault)) => {
            trial.say(CheckMark::Bad, MAIL, fault.to_string())?;
            trial.causes.push(exit_code(&fault));
        }
    }
    Ok(true)
}

fn check_server(context: &Context, trial: &mut Checkup<'_>) -> Result<(), Failure> {
    let settings = &context.settings;
    let contact = &settings.programme.contact;
    // One for all accounts.
    let mut is_token_told = false;
    for (number, (from, smtp)) in (1..).zip(day::open_accounts(settings)?) {
        let account = format!("account {number}, {from}");
        match smtp.check(&from, contact) {
            Ok(()) => {
                let text = format!(
                    "the server takes the log-in, the sender ({account}), and mail to the \
                     programme's contact"
                );
                trial.say(CheckMark::Good, MAIL, text)?;
            }
            Err(fault) => {
                trial.say(CheckMark::Bad, MAIL, format!("{account}: {fault}"))?;
                trial.causes.push(exit_code(&fault));
                // Whoever waits for a firewall to be opened knows whether the rest is right.
                if fault.is_before_log_in() && !is_token_told {
                    is_token_told = check_token(&smtp, trial)?;
                }
            }
        }
    }
    let accounts = settings.mail.accounts();
    if accounts.iter().any(|account| account.username.is_some()) {
        let text = "the mail service may keep each report, subject lines included, in Sent Items of \
                    the account: see “Sent Items” in docs/operating.md";
        trial.say(CheckMark::Note, MAIL, text)?;
    }
    for account in accounts.iter().filter(|account| account.sends_as_another()) {
        let text = format!(
            "{} sends, and is not the account that logs in (username), for which a server may \
             refuse each message, though it takes the log-in: make them the same, or write \
             send_as = true under [mail.smtp] where the account may send as that address",
            account.from
        );
        trial.say(CheckMark::Bad, MAIL, text)?;
        trial.causes.push(ExitCode::Settings);
    }
    if let Some(warning) = day::expiry_warning(settings, Utc::now())? {
        trial.say(CheckMark::Warning, MAIL, warning)?;
    }
    Ok(())
}
