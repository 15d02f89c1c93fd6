use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure, Outcome};
use super::ledger;
use super::reading;
use super::setup::{Selection, Setup};
use super::side_by_side::side_by_side;
use super::transport::{open_sendmail, open_smtp, refuse_anonymous_relay};
use crate::domain::Severity;
use crate::settings::{Organisation, TransportKind};

/// Tries everything that a run needs, and says of each whether it will do: settings, register,
/// templates, exports of the day, ledger, and the log-in to the mail server. Sends and writes
/// nothing.
///
/// # Errors
/// [`Failure`] where settings, register, layouts or templates cannot be used at all.
pub fn check(
    selection: &Selection,
    transport: Option<TransportKind>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mut setup = Setup::load(selection, Utc::now())?;
    if let Some(transport) = transport {
        setup.settings.mail.transport = transport;
    }
    refuse_anonymous_relay(&setup)?;
    let mut causes = Vec::new();
    console.result("good  settings, layouts, templates and rules of causes")?;

    let mistakes = setup.register_mistakes();
    for mistake in &mistakes {
        console.result(&format!("BAD   register: {mistake}"))?;
        causes.push(ExitCode::Settings);
    }
    if mistakes.is_empty() {
        let open = setup.organisations().len();
        console.result(&format!("good  register: {open} organisations get reports"))?;
    }

    for rows in setup.unclaimed_rows() {
        console.result(&format!("note  exports: {rows}"))?;
    }
    match setup.history_fault() {
        Some(fault) => console.result(&format!("note  history: {fault}"))?,
        None => console.result("good  history")?,
    }

    side_by_side(
        &setup.organisations(),
        |organisation| reading::weight(&setup, organisation),
        |organisation| lines_of(&setup, organisation),
        |organisation, made| {
            let (lines, is_held) = made.unwrap_or_else(|| {
                (
                    vec![format!(
                        "BAD   exports of {}: the program failed at them. Tell its \
                     makers, with the export.",
                        organisation.code
                    )],
                    true,
                )
            });
            for line in lines {
                console.result(&line)?;
            }
            if is_held {
                causes.push(ExitCode::Held);
            }
            Ok::<(), Failure>(())
        },
    )?;

    ledger::open_read_only(&setup.settings)?;
    console.result("good  ledger")?;

    match setup.settings.mail.transport {
        TransportKind::Outbox => {
            console.result("good  mail: into the outbox, no server to log in to")?
        }
        TransportKind::Sendmail => {
            open_sendmail(&setup.settings)?;
            console.result("good  mail: to the machine's mail program, no server to log in to")?;
        }
        TransportKind::Smtp => match open_smtp(&setup.settings)?.check_log_in() {
            Ok(()) => console.result("good  mail: the server takes the log-in")?,
            Err(fault) => {
                console.result(&format!("BAD   mail: {fault}"))?;
                causes.push(ExitCode::Deferred);
            }
        },
    }
    let outcome = Outcome {
        exit_code: ExitCode::most_pressing(&causes),
    };
    let all_is_well = outcome.exit_code == ExitCode::Done;
    console.result(&if all_is_well {
        format!("All is well for {}.", setup.report_date)
    } else {
        format!(
            "Not all is well for {}: see the lines that begin with BAD.",
            setup.report_date
        )
    })?;
    Ok(outcome)
}

/// What is to be said of the exports of an organisation, and whether they hold it.
fn lines_of(setup: &Setup, organisation: &Organisation) -> (Vec<String>, bool) {
    let code = &organisation.code;
    let reading = reading::read(setup, organisation);
    let mailboxes = reading
        .metrics
        .as_ref()
        .map(|metrics| metrics.mailboxes.len());
    let mut lines: Vec<String> = mailboxes
        .iter()
        .map(|mailboxes| format!("good  exports of {code}: {mailboxes} mailboxes"))
        .collect();
    for finding in reading
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
    {
        let word = if finding.severity == Severity::Hold {
            "BAD "
        } else {
            "note"
        };
        lines.push(format!("{word}  exports of {code}: {finding}"));
    }
    lines.extend(
        reading
            .history_faults
            .iter()
            .map(|fault| format!("note  history of {code}: {fault}")),
    );
    (lines, mailboxes.is_none())
}
