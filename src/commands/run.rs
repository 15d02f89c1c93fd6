use chrono::Utc;

use super::conclusion::Conclusion;
use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::heartbeat::Heartbeat;
use super::open_day::OpenDay;
use crate::day::{self, Mode, Selection};

/// The whole day: reads, judges, writes, verifies, records, sends, and says what came of it. With
/// `despite_back_off` it sends even what the server put off a short while ago.
pub(crate) fn run(
    selection: &Selection,
    despite_back_off: bool,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let started = Utc::now();
    let mut day = OpenDay::begin(selection, console)?;
    day.prepare(Mode::Run, console)?;
    let sent = day.send(day.outcome.to_send(), despite_back_off, console)?;
    let (context, ledger) = (&day.context, &day.session.ledger);
    let status = day.status()?;
    let conclusion = Conclusion::of(&day, &status, &sent);
    if !selection.organisations.is_empty() {
        // A run of some organisations says nothing of the day.
        console.say(day::refresh_day_page(context))?;
        return conclusion.say(console);
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
    conclusion.say(console)
}
