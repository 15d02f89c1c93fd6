use super::console::Console;
use super::failure::{ExitCode, Failure, Outcome};
use crate::day::{self, Context, Selection};
use crate::domain::Severity;
use crate::settings::{Organisation, TransportKind};

/// Tries everything that a run needs, and says of each whether it will do: settings, register,
/// templates, exports of the day, ledger, and the log-in to the mail server. Sends and writes
/// nothing.
///
/// # Errors
/// [`Failure`] where settings, register, layouts or templates cannot be used at all.
pub fn check(selection: &Selection, console: &mut Console) -> Result<Outcome, Failure> {
    let context = Context::load(selection)?;
    day::refuse_anonymous_relay(&context)?;
    let mut causes = Vec::new();
    console.result("good  settings, layouts, templates and rules of causes")?;

    let mistakes = context.register_mistakes();
    for mistake in &mistakes {
        console.result(&format!("BAD   register: {mistake}"))?;
        causes.push(ExitCode::Settings);
    }
    if mistakes.is_empty() {
        let open = context.organisations().len();
        console.result(&format!("good  register: {open} organisations get reports"))?;
    }

    for rows in context.unclaimed_rows() {
        console.result(&format!("note  exports: {rows}"))?;
    }
    match context.history_fault() {
        Some(fault) => console.result(&format!("note  history: {fault}"))?,
        None => console.result("good  history")?,
    }

    day::in_order(
        &context.organisations(),
        |organisation| day::export_bytes(&context, organisation),
        |organisation| lines_of(&context, organisation),
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

    day::open_ledger_read_only(&context.settings)?;
    console.result("good  ledger")?;

    match context.settings.mail.transport {
        TransportKind::Outbox => {
            console.result("good  mail: into the outbox, no server to log in to")?
        }
        TransportKind::Sendmail => {
            day::open_sendmail(&context.settings)?;
            console.result("good  mail: to the machine's mail program, no server to log in to")?;
        }
        TransportKind::Smtp => match day::open_smtp(&context.settings)?.check_log_in() {
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
        format!("All is well for {}.", context.report_date)
    } else {
        format!(
            "Not all is well for {}: see the lines that begin with BAD.",
            context.report_date
        )
    })?;
    Ok(outcome)
}

/// What is to be said of the exports of an organisation, and whether they hold it.
fn lines_of(context: &Context, organisation: &Organisation) -> (Vec<String>, bool) {
    let code = &organisation.code;
    let measured = day::measure_organisation(context, organisation);
    let mailboxes = measured.metrics().map(|metrics| metrics.mailboxes.len());
    let mut lines: Vec<String> = mailboxes
        .iter()
        .map(|mailboxes| format!("good  exports of {code}: {mailboxes} mailboxes"))
        .collect();
    for finding in measured
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
        measured
            .history_faults
            .iter()
            .map(|fault| format!("note  history of {code}: {fault}")),
    );
    (lines, mailboxes.is_err())
}
