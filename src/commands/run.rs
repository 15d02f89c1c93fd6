use chrono::Utc;

use super::conclusion::Conclusion;
use super::console::Console;
use super::day::Day;
use super::failure::{Failure, Outcome};
use super::heartbeat::Heartbeat;
use super::run_summary;
use super::sending::send;
use super::session::Session;
use super::setup::{Selection, Setup};
use super::standing::Standing;
use super::transport::open_transport;
use crate::delivery::DeliveryFilter;
use crate::history::History;
use crate::settings::TransportKind;

/// The whole day: reads, judges, writes, verifies, records, sends, and says what came of it. With
/// `despite_back_off` it sends even what the server put off a short while ago.
///
/// # Errors
/// [`Failure`] where nothing, or nothing more, can be done. What concerns one organisation is not
/// an error: see the outcome's exit code.
pub fn run(
    selection: &Selection,
    transport: Option<TransportKind>,
    despite_back_off: bool,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let started = Utc::now();
    let mut setup = Setup::load(selection, started)?;
    if let Some(transport) = transport {
        setup.settings.mail.transport = transport;
    }
    // Before hours of work: a password that is missing now will be missing then.
    let mut transport = open_transport(&setup)?;
    let mut session = Session::begin(&setup.settings, console)?;
    setup.history = History::open_or_begin(&setup.settings.data.folder);
    let mistakes = setup.register_mistakes();
    for mistake in mistakes.iter().chain(&setup.history_fault()) {
        console.warning(mistake);
    }
    for rows in setup.unclaimed_rows() {
        console.warning(&rows);
    }
    let mut day = Day::new(&setup);
    day.prepare(&mut session.ledger, console)?;
    let to_send = DeliveryFilter {
        organisations: Some(day.to_send()),
        ..DeliveryFilter::of_date(setup.report_date)
    };
    let sent = send(
        &setup,
        &to_send,
        despite_back_off,
        &mut session.ledger,
        transport.as_mut(),
        console,
    )?;
    let organisations = setup.codes();
    let standing = Standing::of(
        &setup.register,
        &session.ledger,
        setup.report_date,
        &organisations,
    )?;
    let conclusion = Conclusion::of(&day, &session, &standing, &mistakes, &sent);
    // Before it is said, since nobody may listen; and not by a run of some organisations, which
    // says nothing of the day.
    if selection.organisations.is_empty() {
        let heartbeat = Heartbeat {
            report_date: setup.report_date,
            started,
            finished: Utc::now(),
            exit_code: conclusion.exit_code,
            organisations: organisations.len(),
            organisations_held: day.held.len(),
            register_mistakes: mistakes.len(),
            deliveries: standing.counts(),
        };
        heartbeat.leave(&setup.settings, console);
        // Last: whatever becomes of it, the reports are out and the monitor knows.
        run_summary::tell_the_central_team(
            &day,
            &session,
            &standing,
            &sent,
            transport.as_mut(),
            console,
        );
    } else {
        run_summary::refresh_day_page(&setup, &day.archive, console);
    }
    conclusion.say(console)
}
