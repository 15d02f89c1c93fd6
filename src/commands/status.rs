use std::path::Path;

use chrono::SecondsFormat;

use super::answer::StatusAnswer;
use super::console::Console;
use super::deliveries::NOT_SENT;
use super::failure::{ExitCode, Failure};
use super::heartbeat::last_run;
use crate::archive::Lock;
use crate::day::{DayStatus, day_and_time, heartbeat_path, open_ledger_read_only, read_date};
use crate::domain::plural::count_of;
use crate::domain::{DeliveryCounts, DeliveryState, ReportDate, Stage};
use crate::render::wrapped;
use crate::settings::{Register, Settings};

/// Says for a monitor whether a run of the whole day finished, and where its deliveries are now.
/// Ends with 0 where all is done, with 7 while a run is at work that is the first of the day, with
/// 1 where none finished, and else by cause.
pub(crate) fn status(
    settings: Option<&Path>,
    date: &str,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let date = read_date("--date", date, &settings)?;
    let register = Register::load(&settings.programme.register, &settings.mail.allowed_domains)?;
    let ledger = open_ledger_read_only(&settings, Some(date))?;
    let Some(run) = last_run(&heartbeat_path(&settings), date)? else {
        return say_that_none_finished(&settings, date, console);
    };
    let organisations = || register.organisations.iter();
    let open = organisations().filter(|organisation| organisation.stage != Stage::Closed);
    let open = open.count() as u64;
    let served = organisations().filter(|organisation| organisation.is_served());
    let served: Vec<_> = served.map(|one| one.code.clone()).collect();
    // What was resolved or sent since counts as it is now.
    // A run that was killed may have left any of it.
    let status = DayStatus::of(&register, &ledger, date, &served)?;
    let counts = status.counts();
    let in_outbox = counts.of(DeliveryState::Outbox);
    let mut causes: Vec<ExitCode> = counts
        .iter()
        .filter_map(|(state, _)| ExitCode::of_delivery(state))
        .collect();
    let parts = counts
        .iter()
        .map(|(state, count)| format!("{count} {}", state.words()));
    let mut parts: Vec<String> = parts.collect();
    if run.organisations_held > 0 {
        causes.push(ExitCode::Held);
        parts.push(held(run.organisations_held, &run.held));
    }
    if run.register_mistakes > 0 {
        causes.push(ExitCode::Settings);
        parts.push(count_of(run.register_mistakes, "mistake") + " in the register at that run");
    }
    let added = open.saturating_sub(run.organisations);
    let left_out = status.recipients_left_out(&register) as u64;
    for (more, what) in [(added, "organisation"), (left_out, "recipient")] {
        if more > 0 {
            causes.push(ExitCode::Deferred);
            parts.push(count_of(more, what) + " more in the register: run this day again");
        }
    }
    let interrupted = Lock::left_by(&settings.data.folder)?;
    if parts.is_empty() {
        parts.push(nothing(&settings, date).to_owned());
    }
    let waits = waiting_for(&settings, date)?;
    let is_waiting = waits.is_some();
    parts.extend(waits.as_deref().map(still_waits));
    console.answer(&StatusAnswer {
        report_date: date,
        finished: Some(run.finished.to_rfc3339_opts(SecondsFormat::Secs, true)),
        at_work: waits,
        deliveries: counts,
        organisations_held: run.organisations_held,
        held: run.held,
        register_mistakes: run.register_mistakes,
        organisations_added: added,
        recipients_added: left_out,
        interrupted: interrupted.clone(),
    })?;
    let finished = day_and_time(run.finished, settings.programme.time_zone);
    let now = wrapped(&format!("now {}.", parts.join(", ")), "  ");
    console.result(&format!("{date}: the run finished on {finished};\n  {now}"))?;
    if in_outbox > 0 {
        let is_mailed_by_now = settings.mail.transport.leaves_the_machine();
        console.result(&not_sent(is_mailed_by_now, date))?;
        causes.extend(is_mailed_by_now.then_some(ExitCode::Deferred));
    }
    if let Some(holder) = interrupted {
        console.result(&killed("A run after it", &holder))?;
        causes.push(ExitCode::Unexpected);
    }
    Ok(most_pressing(causes, is_waiting))
}

/// What is said of messages in the outbox, and of what mails them where messages are mailed by now.
fn not_sent(is_mailed_by_now: bool, date: ReportDate) -> String {
    if !is_mailed_by_now {
        return NOT_SENT.to_owned();
    }
    format!(
        "What lies in the outbox has not left this machine, and messages are mailed by now: \
         migration-monitor run --date {date} sends it."
    )
}

fn still_waits(holder: &str) -> String {
    format!("a run still waits for exports ({holder})")
}

/// What is said of a day without deliveries.
fn nothing(settings: &Settings, date: ReportDate) -> &'static str {
    match settings.calendar.is_working_day(date) {
        true => "no deliveries",
        false => "nothing was due: it is no working day",
    }
}

/// The exit code. While a run waits on, what is missing may come still, though the team was told.
fn most_pressing(mut causes: Vec<ExitCode>, is_waiting: bool) -> ExitCode {
    if is_waiting {
        causes.retain(|cause| !matches!(cause, ExitCode::Held | ExitCode::Deferred));
    }
    match causes.is_empty() && is_waiting {
        true => ExitCode::Locked,
        false => ExitCode::most_pressing(&causes),
    }
}

/// Who waits for the exports of a day, in its own words.
fn waiting_for(settings: &Settings, date: ReportDate) -> Result<Option<String>, Failure> {
    let waits = Lock::waiting(&settings.data.folder)?;
    Ok(waits.filter(|holder| holder.contains(&date.to_string())))
}

/// So many codes are named; `--format json` has all.
const CODES_NAMED: usize = 10;

/// How many organisations were held, and which.
fn held(count: u64, codes: &[String]) -> String {
    let named: Vec<&str> = codes.iter().take(CODES_NAMED).map(String::as_str).collect();
    let others = if codes.len() > named.len() {
        ", …"
    } else {
        ""
    };
    let which = match named.as_slice() {
        [] => String::new(),
        named => format!(" ({}{others})", named.join(", ")),
    };
    count_of(count, "organisation") + " held" + &which
}

/// That a run did not end by itself.
fn killed(which: &str, holder: &str) -> String {
    format!(
        "{which} did not end by itself ({holder}): it was killed, or the machine stopped. Run the day \
         again: it goes on where that one ended, and sends nothing twice."
    )
}

fn say_that_none_finished(
    settings: &Settings,
    date: ReportDate,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let folder = &settings.data.folder;
    let at_work = Lock::holder(folder)?;
    let waits = waiting_for(settings, date)?;
    let interrupted = Lock::left_by(folder)?;
    console.answer(&StatusAnswer {
        report_date: date,
        finished: None,
        at_work: at_work.clone().or(waits.clone()),
        deliveries: DeliveryCounts::default(),
        organisations_held: 0,
        held: Vec::new(),
        register_mistakes: 0,
        organisations_added: 0,
        recipients_added: 0,
        interrupted: interrupted.clone(),
    })?;
    let (line, exit_code) = match (at_work, waits, interrupted) {
        (Some(holder), ..) => (
            format!("{date}: a run is at work ({holder}), and none of this day has finished yet."),
            ExitCode::Locked,
        ),
        (None, Some(holder), _) => (
            format!("{date}: a run waits for exports ({holder}), and has not finished yet."),
            ExitCode::Locked,
        ),
        (None, None, Some(holder)) => (
            killed(
                &format!("{date}: no run of the whole day has finished. The last one"),
                &holder,
            ),
            ExitCode::Unexpected,
        ),
        (None, None, None) => (
            format!(
                "{date}: no run of the whole day has finished. See what the last one said, and \
                 run the day."
            ),
            ExitCode::Unexpected,
        ),
    };
    console.result(&line)?;
    Ok(exit_code)
}
