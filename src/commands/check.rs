use std::io;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::day::{self, Context, Selection};
use crate::domain::Severity;
use crate::settings::{Organisation, TransportKind};

/// What is found to be wrong, by the exit code that it leads to.
type Causes = Vec<ExitCode>;

/// Tries everything that a run needs, and says of each whether it will do: settings, register,
/// templates, exports of the day, ledger, and the log-in to the mail server. Sends and writes
/// nothing.
pub(crate) fn check(selection: &Selection, console: &mut Console) -> Result<ExitCode, Failure> {
    let context = Context::load(selection)?;
    day::refuse_anonymous_relay(&context)?;
    console.result("good  settings, layouts, templates and rules of causes")?;
    let mut causes = Causes::new();
    check_register(&context, &mut causes, console)?;
    for rows in context.unclaimed_rows() {
        console.result(&format!("note  exports: {rows}"))?;
    }
    match context.history_fault() {
        Some(fault) => console.result(&format!("note  history: {fault}"))?,
        None => console.result("good  history")?,
    }
    check_exports(&context, &mut causes, console)?;
    day::open_ledger_read_only(&context.settings)?;
    console.result("good  ledger")?;
    check_mail(&context, &mut causes, console)?;
    let date = context.report_date;
    let exit_code = ExitCode::most_pressing(&causes);
    console.result(&match exit_code {
        ExitCode::Done => format!("All is well for {date}."),
        _ => format!("Not all is well for {date}: see the lines that begin with BAD."),
    })?;
    Ok(exit_code)
}

fn check_register(context: &Context, causes: &mut Causes, console: &Console) -> io::Result<()> {
    let mistakes = context.register_mistakes();
    for mistake in &mistakes {
        console.result(&format!("BAD   register: {mistake}"))?;
        causes.push(ExitCode::Settings);
    }
    if mistakes.is_empty() {
        let open = context.organisations().len();
        console.result(&format!("good  register: {open} organisations get reports"))?;
    }
    Ok(())
}

fn check_exports(context: &Context, causes: &mut Causes, console: &Console) -> io::Result<()> {
    day::in_order(
        &context.organisations(),
        |organisation| day::export_bytes(context, organisation),
        |organisation| lines_of(context, organisation),
        |organisation, lines| {
            let (lines, is_held) = lines.unwrap_or_else(|| {
                let line = format!(
                    "BAD   exports of {}: the program failed at them. Tell its makers, with the \
                     export.",
                    organisation.code
                );
                (vec![line], true)
            });
            if is_held {
                causes.push(ExitCode::Held);
            }
            lines.iter().try_for_each(|line| console.result(line))
        },
    )
}

fn check_mail(context: &Context, causes: &mut Causes, console: &Console) -> Result<(), Failure> {
    let settings = &context.settings;
    match settings.mail.transport {
        TransportKind::Outbox => {
            console.result("good  mail: into the outbox, no server to log in to")?;
        }
        TransportKind::Sendmail => {
            day::open_sendmail(settings)?;
            console.result("good  mail: to the machine's mail program, no server to log in to")?;
        }
        TransportKind::Smtp => match day::open_smtp(settings)?.check_log_in() {
            Ok(()) => console.result("good  mail: the server takes the log-in")?,
            Err(fault) => {
                console.result(&format!("BAD   mail: {fault}"))?;
                causes.push(ExitCode::Deferred);
            }
        },
    }
    Ok(())
}

/// What is to be said of the exports of an organisation, and whether they hold it.
fn lines_of(context: &Context, organisation: &Organisation) -> (Vec<String>, bool) {
    let code = &organisation.code;
    let measured = day::measure_organisation(context, organisation);
    let mut lines = Vec::new();
    let metrics = measured.metrics();
    if let Ok(metrics) = &metrics {
        let mailboxes = metrics.mailboxes.len();
        lines.push(format!("good  exports of {code}: {mailboxes} mailboxes"));
    }
    for finding in &measured.findings {
        match finding.severity {
            Severity::Hold => lines.push(format!("BAD   exports of {code}: {finding}")),
            Severity::Warning => lines.push(format!("note  exports of {code}: {finding}")),
            Severity::Note => {}
        }
    }
    let faults = measured.history_faults.iter();
    lines.extend(faults.map(|fault| format!("note  history of {code}: {fault}")));
    (lines, metrics.is_err())
}
