mod mail;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::io;

use super::answer::{CheckAnswer, CheckLine};
use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::day::{self, Context, DayError, LedgerView, Selection};
use crate::delivery::Ledger;
use crate::domain::plural::{count, counted};
use crate::domain::{Finding, FindingCode, ReportKind, Severity};
use crate::settings::Organisation;

/// What was tried, as it is said, and what is found to be wrong.
struct Checkup<'a> {
    console: &'a Console,
    lines: Vec<CheckLine>,
    /// By the exit code that it leads to.
    causes: Vec<ExitCode>,
}

impl Checkup<'_> {
    fn say(&mut self, mark: CheckMark, about: &str, text: impl Into<String>) -> io::Result<()> {
        self.add(line(mark, about, text))
    }

    fn add(&mut self, line: CheckLine) -> io::Result<()> {
        self.console.result(&line.to_string())?;
        self.lines.push(line);
        Ok(())
    }
}

/// What was found.
#[derive(Debug, Clone, Copy)]
enum CheckMark {
    Good,
    Note,
    Warning,
    Bad,
}

fn line(mark: CheckMark, about: &str, text: impl Into<String>) -> CheckLine {
    let mark = match mark {
        CheckMark::Good => "good",
        CheckMark::Note => "note",
        CheckMark::Warning => WARNING,
        CheckMark::Bad => "bad",
    };
    CheckLine {
        mark: mark.to_owned(),
        about: about.to_owned(),
        organisation: None,
        code: None,
        text: text.into(),
    }
}

/// The name of a warning in JSON.
const WARNING: &str = "warning";

impl fmt::Display for CheckLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.mark.as_str() {
            WARNING => "WARN",
            "bad" => "BAD",
            other => other,
        };
        write!(f, "{mark:4}  {}", self.about)?;
        if let Some(organisation) = &self.organisation {
            write!(f, " of {organisation}")?;
        }
        match self.text.as_str() {
            "" => Ok(()),
            text => write!(f, ": {text}"),
        }
    }
}

/// Tries everything that a run needs, and says of each whether it will do: settings, register,
/// templates, exports of the day, ledger, and the dialogue with the mail server up to the
/// recipient. Sends and writes nothing.
pub(crate) fn check(selection: &Selection, console: &mut Console) -> Result<ExitCode, Failure> {
    let context = Context::load(selection)?;
    console.turn_to(context.report_date);
    let mut trial = Checkup {
        console,
        lines: Vec::new(),
        causes: Vec::new(),
    };
    let tried = try_all(&context, &mut trial);
    let Checkup { lines, causes, .. } = trial;
    let is_warned = lines.iter().any(|line| line.mark == WARNING);
    console.answer(&CheckAnswer {
        report_date: context.report_date,
        lines,
    })?;
    tried?;
    let date = context.report_date;
    let exit_code = ExitCode::most_pressing(&causes);
    console.result(&match (exit_code, is_warned) {
        (ExitCode::Done, false) => format!("All is well for {date}."),
        (ExitCode::Done, true) => format!(
            "Nothing stops the reports of {date}, and there are warnings: see the lines that begin \
             with WARN."
        ),
        (_, false) => format!("Not all is well for {date}: see the lines that begin with BAD."),
        _ => format!("Not all is well for {date}: see the lines that begin with BAD or WARN."),
    })?;
    Ok(exit_code)
}

fn try_all(context: &Context, trial: &mut Checkup<'_>) -> Result<(), Failure> {
    day::refuse_anonymous_relay(context)?;
    trial.say(
        CheckMark::Good,
        "settings, layouts, templates and rules of causes",
        "",
    )?;
    if context.settings.programme.expected_failure_rate.fraction() > USUAL_RATE {
        let percent =
            "expected_failure_rate is more than 0.002, 1 in 500 items: 0.01% is written 0.0001";
        trial.say(CheckMark::Warning, "settings", percent)?;
    }
    check_register(context, trial)?;
    if context.settings.programme.summary_to.is_empty() {
        let nobody = "summary_to under [programme] names nobody, and so nobody gets the Run Summary, \
                      which says what goes wrong: name the team";
        trial.say(CheckMark::Warning, "settings", nobody)?;
    }
    for rows in context.unclaimed_exports() {
        trial.say(CheckMark::Warning, "exports", rows)?;
    }
    for warning in &context.register.warnings {
        trial.say(CheckMark::Warning, "register", warning)?;
    }
    check_calendar(context, trial)?;
    for path in context.settings.exposed() {
        let what = if path.is_dir() { "data" } else { "passwords" };
        trial.say(CheckMark::Warning, what, day::exposure(&path))?;
    }
    if let Some(warning) = context.new_data_folder() {
        trial.say(CheckMark::Warning, "data", warning)?;
    }
    let date = Some(context.report_date);
    let (ledger, doubt) = day::open_ledger_as_it_is(&context.settings, date)?;
    match doubt {
        Some(doubt) => {
            trial.say(CheckMark::Bad, "ledger", doubt)?;
            trial.causes.push(ExitCode::Doubtful);
        }
        None => match day::copy_is_gone(&context.settings, &ledger)? {
            Some(warning) => trial.say(CheckMark::Warning, "ledger", warning)?,
            None => trial.say(CheckMark::Good, "ledger", "")?,
        },
    }
    match context.need_history(&ledger) {
        Err(DayError::Doubtful(fault)) => {
            trial.say(CheckMark::Bad, "history", fault)?;
            trial.causes.push(ExitCode::Doubtful);
        }
        Err(error) => return Err(error.into()),
        Ok(()) => trial.say(CheckMark::Good, "history", "")?,
    }
    for fault in day::faults_of_returns(&context.settings) {
        trial.say(CheckMark::Warning, "returned messages", fault)?;
    }
    match context.exports_fault() {
        Some(fault) => {
            trial.say(CheckMark::Bad, EXPORTS, fault)?;
            trial.causes.push(ExitCode::Settings);
        }
        None => check_exports(context, &ledger, trial)?,
    }
    mail::check(context, trial)
}

/// More is rather a percentage that was written as it is.
const USUAL_RATE: f64 = 0.002;

fn check_calendar(context: &Context, trial: &mut Checkup<'_>) -> io::Result<()> {
    let (calendar, date) = (&context.settings.calendar, context.report_date);
    let today = match calendar.is_working_day(date) {
        true => "is a working day",
        false => "is no working day, and no export is expected",
    };
    let next = calendar.next_bank_holiday(date);
    let next = next.map_or(String::new(), |day| {
        format!("; the next bank holiday is {}", day.format("%A %-d %B %Y"))
    });
    trial.say(CheckMark::Good, CALENDAR, format!("{date} {today}{next}"))?;
    match calendar.end_of_bank_holidays(date) {
        Some(end) => trial.say(CheckMark::Warning, CALENDAR, end),
        None => Ok(()),
    }
}

/// What lines on working days are about.
const CALENDAR: &str = "calendar";

fn check_register(context: &Context, trial: &mut Checkup<'_>) -> io::Result<()> {
    let mistakes = context.register_mistakes();
    for mistake in &mistakes {
        trial.say(CheckMark::Bad, "register", mistake)?;
        trial.causes.push(ExitCode::Settings);
    }
    let open = context.organisations();
    if open.is_empty() {
        let path = context.settings.programme.register.display();
        let nobody = format!("no organisation of {path} gets reports: write yours into it");
        trial.say(CheckMark::Warning, "register", nobody)?;
    } else if mistakes.is_empty() {
        let text = counted(open.len(), "organisation gets", "organisations get") + " reports";
        trial.say(CheckMark::Good, "register", text)?;
    }
    for kind in ReportKind::ALL {
        let column = kind.recipients_column();
        // Of an address with a mistake that is told already.
        let is_mistaken = |one: &&&Organisation| {
            let faulty = context.register.faulty_addresses.iter();
            let mut of_row = faulty.filter(|row| row.code.as_ref() == Some(&one.code));
            of_row.any(|row| row.is_about(&column))
        };
        let unread = open.iter().filter(|one| one.recipients(kind).is_empty());
        let unread = unread.filter(|one| !is_mistaken(one));
        let codes: Vec<&str> = unread.map(|one| one.code.as_str()).collect();
        if kind.is_occasional() || codes.is_empty() {
            continue;
        }
        // Not everybody has a schedule, and so somebody who reads of it.
        let mark = match kind {
            ReportKind::SwitchReadiness => CheckMark::Note,
            _ => CheckMark::Warning,
        };
        let codes = first_of(&codes);
        let nobody = format!(
            "nobody gets the {} of {codes}: {column} is empty",
            kind.title()
        );
        trial.say(mark, "register", nobody)?;
    }
    Ok(())
}

/// “ZCA, ZGL and 3 more”
fn first_of(codes: &[&str]) -> String {
    let told = codes.iter().take(CODES_TOLD);
    let told = told.copied().collect::<Vec<_>>().join(", ");
    match codes.len().saturating_sub(CODES_TOLD) {
        0 => told,
        more => format!("{told} and {} more", count(more)),
    }
}

/// So many organisations are named in a line that is about many.
const CODES_TOLD: usize = 5;

/// Says what is found in the exports of each organisation.
fn check_exports(
    context: &Context,
    ledger: &Ledger,
    trial: &mut Checkup<'_>,
) -> Result<(), Failure> {
    let mut neighbours = day::Neighbours::default();
    day::in_order(
        &LedgerView::of_each(context, ledger)?,
        |(organisation, _)| day::export_bytes(context, organisation),
        |(organisation, view)| CheckedExports::of(context, organisation, view),
        |(organisation, _), checked| {
            let checked = checked.unwrap_or_else(CheckedExports::panicked);
            let overlaps = neighbours.add(&organisation.code, &checked.mailboxes);
            if checked.is_held || overlaps.iter().any(|overlap| overlap.holds) {
                trial.causes.push(ExitCode::Held);
            }
            for overlap in &overlaps {
                let mark = if overlap.holds {
                    CheckMark::Bad
                } else {
                    CheckMark::Warning
                };
                trial.add(CheckLine {
                    organisation: Some(organisation.code.clone()),
                    ..line(mark, EXPORTS, overlap.in_words(&overlap.with))
                })?;
            }
            checked.lines.into_iter().try_for_each(|line| {
                trial.add(CheckLine {
                    organisation: Some(organisation.code.clone()),
                    ..line
                })
            })
        },
    )?;
    Ok(())
}

/// So many findings of a kind are told of an organisation; the others are counted.
const TOLD_OF_A_KIND: usize = 3;

/// What most lines of an organisation are about.
const EXPORTS: &str = "exports";

/// What is to be said of the exports of an organisation.
struct CheckedExports {
    lines: Vec<CheckLine>,
    is_held: bool,
    mailboxes: Vec<u64>,
}

impl CheckedExports {
    fn of(context: &Context, organisation: &Organisation, view: &LedgerView) -> Self {
        let measured = day::measure_organisation(context, organisation, view);
        let mut checked = Self {
            lines: Vec::new(),
            is_held: measured.metrics().is_err() && !measured.is_excused(context),
            mailboxes: measured.metrics().map(day::marks_of).unwrap_or_default(),
        };
        let lines = &mut checked.lines;
        if let Ok(metrics) = measured.metrics() {
            let mailboxes = counted(metrics.mailboxes.len(), "mailbox", "mailboxes");
            lines.push(line(CheckMark::Good, EXPORTS, mailboxes));
        }
        if measured.is_excused(context) {
            let text = "none, and none expected: no working day";
            lines.push(line(CheckMark::Good, EXPORTS, text));
            return checked;
        }
        let mut kinds: BTreeMap<(Reverse<Severity>, FindingCode), Vec<&Finding>> = BTreeMap::new();
        for finding in &measured.findings {
            let kind = (Reverse(finding.severity), finding.code);
            kinds.entry(kind).or_default().push(finding);
        }
        for ((Reverse(severity), code), findings) in kinds {
            checked.add(severity, code, &findings);
        }
        let faults = measured.history_faults.iter();
        let faults = faults.map(|fault| line(CheckMark::Warning, "history", fault));
        checked.lines.extend(faults);
        checked
    }

    /// Adds findings of one kind.
    fn add(&mut self, severity: Severity, code: FindingCode, findings: &[&Finding]) {
        let mark = match severity {
            Severity::Hold => CheckMark::Bad,
            Severity::Warning => CheckMark::Warning,
            // Of those nobody has to see to; one may quote a heading that is a person's name, where
            // an export has none.
            Severity::Note => return,
        };
        let told = findings.iter().take(TOLD_OF_A_KIND);
        let told = told.map(ToString::to_string);
        let more = findings.len().saturating_sub(TOLD_OF_A_KIND);
        let more = (more > 0).then(|| format!("and {} more like the last", count(more)));
        self.lines.extend(told.chain(more).map(|text| CheckLine {
            code: Some(code),
            ..line(mark, EXPORTS, text)
        }));
    }

    /// Of an organisation at which the program failed.
    fn panicked() -> Self {
        let text = "the program failed at them. Tell its makers, with the export.";
        Self {
            lines: vec![line(CheckMark::Bad, EXPORTS, text)],
            is_held: true,
            mailboxes: Vec::new(),
        }
    }
}
