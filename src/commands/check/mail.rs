use chrono::Utc;

use super::Causes;
use crate::commands::console::Console;
use crate::commands::failure::{ExitCode, Failure};
use crate::day::{self, Context};
use crate::delivery::ServerFault;
use crate::settings::TransportKind;

/// Tries the way that messages leave. Gives the number of warnings.
pub(super) fn check(
    context: &Context,
    causes: &mut Causes,
    console: &Console,
) -> Result<usize, Failure> {
    let settings = &context.settings;
    match settings.mail.transport {
        TransportKind::Outbox => {
            console.result("good  mail: into the outbox, no server to log in to")?;
        }
        TransportKind::Sendmail => {
            day::open_sendmail(settings)?;
            console.result("good  mail: to the machine's mail program, no server to log in to")?;
        }
        TransportKind::Smtp => return check_server(context, causes, console),
    }
    Ok(0)
}

fn check_server(
    context: &Context,
    causes: &mut Causes,
    console: &Console,
) -> Result<usize, Failure> {
    let settings = &context.settings;
    let contact = &settings.programme.contact;
    for (number, (from, smtp)) in (1..).zip(day::open_accounts(settings)?) {
        let account = format!("account {number}, {from}");
        match smtp.check(&from, contact) {
            Ok(()) => console.result(&format!(
                "good  mail: the server takes the log-in, the sender ({account}), and mail to the \
                 programme's contact"
            ))?,
            Err(fault) => {
                console.result(&format!("BAD   mail: {account}: {fault}"))?;
                causes.push(match fault {
                    ServerFault::ContactRefused(..) => ExitCode::Settings,
                    fault if fault.needs_a_person() => ExitCode::SenderRefused,
                    _ => ExitCode::Deferred,
                });
            }
        }
    }
    let accounts = settings.mail.accounts();
    if accounts.iter().any(|account| account.username.is_some()) {
        console.result(
            "note  mail: the mail service may keep each report, subject lines included, in Sent \
             Items of the account: see “Sent Items” in docs/operating.md",
        )?;
    }
    for account in accounts.iter().filter(|account| account.sends_as_another()) {
        console.result(&format!(
            "BAD   mail: {} sends, and is not the account that logs in (username), for which a \
             server may refuse each message, though it takes the log-in: make them the same, or \
             write send_as = true under [mail.smtp] where the account may send as that address",
            account.from
        ))?;
        causes.push(ExitCode::Settings);
    }
    let warning = day::expiry_warning(settings, Utc::now())?;
    for warning in warning.iter() {
        console.result(&format!("WARN  mail: {warning}"))?;
    }
    Ok(usize::from(warning.is_some()))
}
