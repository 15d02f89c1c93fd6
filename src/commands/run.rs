use std::collections::BTreeSet;

use chrono::Utc;

use super::conclusion::Conclusion;
use super::console::Console;
use super::days::{DayRange, on_each_day};
use super::failure::{ExitCode, Failure};
use super::heartbeat::Heartbeat;
use super::open_day::OpenDay;
use super::waiting::{RanDay, Waiting, run_as_exports_come};
use crate::day::{self, Mode, Selection};
use crate::domain::DeliveryState;
use crate::domain::plural::count_of;

/// How a day is to be run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunOptions {
    /// To send even what the server put off a short while ago.
    pub(crate) now: bool,
    /// To keep the day's figures, and to mail nobody.
    pub(crate) record_only: bool,
    /// To mail a day that is long past.
    pub(crate) send_late: bool,
}

/// Runs a day, or each day of a range; or one day as its exports come.
pub(crate) fn run(
    selection: &Selection,
    range: Option<&DayRange>,
    waiting: Option<&Waiting>,
    options: &RunOptions,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    if let Some(waiting) = waiting {
        let run =
            |selection: &Selection, console: &mut Console| run_day(selection, options, console);
        return run_as_exports_come(selection, waiting, console, run);
    }
    let mut archive = None;
    let exit_code = on_each_day(range, selection, console, |selection, console| {
        let ran = run_day(selection, options, console)?;
        archive = Some(ran.archive);
        Ok(ran.exit_code)
    })?;
    if let (Some(_), Some(archive)) = (range, archive) {
        let page = archive.join("index.html");
        console.result(&format!("Open in a browser: {}", page.display()))?;
    }
    Ok(exit_code)
}

/// The whole day: reads, judges, writes, verifies, records, sends, and says what came of it.
fn run_day(
    selection: &Selection,
    options: &RunOptions,
    console: &mut Console,
) -> Result<RanDay, Failure> {
    let started = Utc::now();
    let mut day = OpenDay::begin(selection, console)?;
    let is_late = day.context.is_long_past(started) && !options.send_late;
    if options.record_only || is_late {
        return record_day(&mut day, !options.record_only, console);
    }
    day.prepare(Mode::Run, console)?;
    let sent = day.send(day.outcome.to_send(), options.now, console)?;
    let (context, ledger) = (&day.context, &day.session.ledger);
    let status = day.status()?;
    let conclusion = Conclusion::of(&day, &status, &sent);
    let put_off = status.in_states(&[DeliveryState::Deferred, DeliveryState::Prepared]);
    let archive = context.archive.folder();
    let ran = |exit_code| RanDay {
        exit_code,
        put_off,
        archive,
    };
    if !selection.organisations.is_empty() {
        // A run of some organisations says nothing of the day.
        console.say(day::refresh_day_page(context, ledger))?;
        return conclusion.say(console).map(ran);
    }
    // Before it is said, since nobody may listen.
    let heartbeat = Heartbeat {
        report_date: context.report_date,
        started,
        finished: Utc::now(),
        exit_code: conclusion.exit_code,
        organisations: context.organisations().len(),
        organisations_held: day.outcome.held(),
        register_mistakes: day.register_mistakes.len(),
        deliveries: status.counts(),
    };
    heartbeat.leave(&context.settings, console);
    // Last: whatever becomes of it, the reports are out and the monitor knows.
    let is_reached = sent.is_reached();
    console.say(day::tell_central_team(
        context,
        &day.outcome,
        &status,
        ledger,
        is_reached.then_some(day.transport.as_mut()),
    ))?;
    conclusion.say(console).map(ran)
}

/// Keeps what later days are compared with, and mails nobody: as was asked, or since the day is long
/// past.
fn record_day(day: &mut OpenDay, is_late: bool, console: &mut Console) -> Result<RanDay, Failure> {
    day.prepare(Mode::Record, console)?;
    let date = day.context.report_date;
    let kept = day.context.organisations().len() - day.outcome.held();
    console.result(&format!(
        "{date}: the figures of {} are kept, and nobody was mailed.",
        count_of(kept, "organisation")
    ))?;
    let mut causes = Vec::new();
    if is_late {
        console.result(&format!(
            "{date} is long past. To mail its reports all the same: run --date {date} --send-late. \
             To say that nobody is to be mailed: --record-only"
        ))?;
        causes.push(ExitCode::Held);
    }
    if day.outcome.held() > 0 {
        console.result(&format!(
            "{} held: see the warnings.",
            count_of(day.outcome.held(), "organisation")
        ))?;
        causes.push(ExitCode::Held);
    }
    if !day.register_mistakes.is_empty() {
        causes.push(ExitCode::Settings);
    }
    Ok(RanDay {
        exit_code: ExitCode::most_pressing(&causes),
        put_off: BTreeSet::new(),
        archive: day.context.archive.folder(),
    })
}
