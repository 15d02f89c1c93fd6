mod mail;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::day::{self, Context, LedgerView, Selection};
use crate::delivery::Ledger;
use crate::domain::plural::{count, counted};
use crate::domain::{Finding, FindingCode, OrganisationCode, Severity};
use crate::settings::Organisation;

/// What is found to be wrong, by the exit code that it leads to.
type Causes = Vec<ExitCode>;

/// Tries everything that a run needs, and says of each whether it will do: settings, register,
/// templates, exports of the day, ledger, and the dialogue with the mail server up to the
/// recipient. Sends and writes nothing.
pub(crate) fn check(selection: &Selection, console: &mut Console) -> Result<ExitCode, Failure> {
    let context = Context::load(selection)?;
    day::refuse_anonymous_relay(&context)?;
    console.result("good  settings, layouts, templates and rules of causes")?;
    let mut causes = Causes::new();
    check_register(&context, &mut causes, console)?;
    let mut warnings = 0;
    for rows in context.unclaimed_rows() {
        console.result(&format!("WARN  exports: {rows}"))?;
        warnings += 1;
    }
    let calendar = &context.settings.calendar;
    if let Some(end) = calendar.end_of_bank_holidays(context.report_date) {
        console.result(&format!("WARN  calendar: {end}"))?;
        warnings += 1;
    }
    match context.history_fault() {
        Some(fault) => {
            console.result(&format!("WARN  history: {fault}"))?;
            warnings += 1;
        }
        None => console.result("good  history")?,
    }
    let ledger = day::open_ledger_read_only(&context.settings)?;
    console.result("good  ledger")?;
    for fault in day::faults_of_returns(&context.settings) {
        console.result(&format!("WARN  returned messages: {fault}"))?;
        warnings += 1;
    }
    warnings += check_exports(&context, &ledger, &mut causes, console)?;
    warnings += mail::check(&context, &mut causes, console)?;
    let date = context.report_date;
    let exit_code = ExitCode::most_pressing(&causes);
    console.result(&match (exit_code, warnings) {
        (ExitCode::Done, 0) => format!("All is well for {date}."),
        (ExitCode::Done, _) => format!(
            "Nothing stops the reports of {date}, and there are warnings: see the lines that begin \
             with WARN."
        ),
        (_, 0) => format!("Not all is well for {date}: see the lines that begin with BAD."),
        _ => format!("Not all is well for {date}: see the lines that begin with BAD or WARN."),
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

/// Says what is found in the exports of each organisation. Gives the number of warnings.
fn check_exports(
    context: &Context,
    ledger: &Ledger,
    causes: &mut Causes,
    console: &Console,
) -> Result<usize, Failure> {
    let mut warnings = 0;
    day::in_order(
        &LedgerView::of_each(context, ledger)?,
        |(organisation, _)| day::export_bytes(context, organisation),
        |(organisation, view)| CheckedExports::of(context, organisation, view),
        |(organisation, _), checked| {
            let code = &organisation.code;
            let checked = checked.unwrap_or_else(|| CheckedExports::panicked(code));
            if checked.is_held {
                causes.push(ExitCode::Held);
            }
            warnings += checked.warnings;
            checked
                .lines
                .iter()
                .try_for_each(|line| console.result(line))
        },
    )?;
    Ok(warnings)
}

/// So many findings of a kind are told of an organisation; the others are counted.
const TOLD_OF_A_KIND: usize = 3;

/// What is to be said of the exports of an organisation.
struct CheckedExports {
    lines: Vec<String>,
    warnings: usize,
    is_held: bool,
}

impl CheckedExports {
    fn of(context: &Context, organisation: &Organisation, view: &LedgerView) -> Self {
        let code = &organisation.code;
        let measured = day::measure_organisation(context, organisation, view);
        let mut checked = Self {
            lines: Vec::new(),
            warnings: 0,
            is_held: measured.metrics().is_err() && !measured.is_excused(context),
        };
        if let Ok(metrics) = measured.metrics() {
            let mailboxes = counted(metrics.mailboxes.len(), "mailbox", "mailboxes");
            checked
                .lines
                .push(format!("good  exports of {code}: {mailboxes}"));
        }
        if measured.is_excused(context) {
            let line = format!("good  exports of {code}: none, and none expected: no working day");
            checked.lines.push(line);
            return checked;
        }
        let mut kinds: BTreeMap<(Reverse<Severity>, FindingCode), Vec<&Finding>> = BTreeMap::new();
        for finding in &measured.findings {
            let kind = (Reverse(finding.severity), finding.code);
            kinds.entry(kind).or_default().push(finding);
        }
        for ((Reverse(severity), _), findings) in kinds {
            checked.add(code, severity, &findings);
        }
        for fault in &measured.history_faults {
            checked
                .lines
                .push(format!("WARN  history of {code}: {fault}"));
            checked.warnings += 1;
        }
        checked
    }

    /// Adds findings of one kind.
    fn add(&mut self, code: &OrganisationCode, severity: Severity, findings: &[&Finding]) {
        let mark = match severity {
            Severity::Hold => "BAD ",
            Severity::Warning => "WARN",
            // Of those nobody has to see to; one may quote a heading that is a person's name, where
            // an export has none.
            Severity::Note => return,
        };
        if severity == Severity::Warning {
            self.warnings += findings.len();
        }
        let told = findings.iter().take(TOLD_OF_A_KIND);
        let told = told.map(|finding| format!("{mark}  exports of {code}: {finding}"));
        self.lines.extend(told);
        if let Some(more) = findings
            .len()
            .checked_sub(TOLD_OF_A_KIND)
            .filter(|more| *more > 0)
        {
            let more = count(more);
            self.lines.push(format!(
                "{mark}  exports of {code}: and {more} more like the last"
            ));
        }
    }

    /// Of an organisation at which the program failed.
    fn panicked(code: &OrganisationCode) -> Self {
        let line = format!(
            "BAD   exports of {code}: the program failed at them. Tell its makers, with the export."
        );
        Self {
            lines: vec![line],
            warnings: 0,
            is_held: true,
        }
    }
}
