use std::collections::BTreeSet;
use std::path::Path;

use chrono::Utc;

use super::answer::{RunAnswer, RunDay, RunOrganisation};
use super::conclusion::Conclusion;
use super::console::Console;
use super::days::{DayRange, on_each_day};
use super::failure::{ExitCode, Failure};
use super::heartbeat::Heartbeat;
use super::open_day::{Anew, OpenDay};
use super::waiting::{RanDay, Waiting, run_as_exports_come};
use crate::archive::Lock;
use crate::day::{self, DayStatus, Mode, Selection, TakenAsFound};
use crate::delivery::{AuditAction, AuditEntry, DeliverySummary};
use crate::domain::DeliveryState;
use crate::domain::plural::count_of;
use crate::settings::Settings;

/// How a day is to be run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunOptions {
    /// To send even what the server put off a short while ago.
    pub(crate) now: bool,
    /// To keep the day's figures, and to mail nobody.
    pub(crate) record_only: bool,
    /// To mail a day that is long past.
    pub(crate) send_late: bool,
    /// To take the ledger as it is found, though others know more.
    pub(crate) new_ledger: bool,
    /// To begin the history anew, though earlier days were run.
    pub(crate) new_history: bool,
    /// Why any of that, in the person's words.
    pub(crate) why: Option<String>,
}

impl RunOptions {
    /// A person's word to begin anew.
    fn anew(&self) -> Anew {
        let why = || self.why.clone();
        Anew {
            ledger: self.new_ledger.then(|| TakenAsFound { why: why() }),
            history: self.new_history.then(why),
        }
    }
}

/// Runs a day, or each day of a range; or one day as its exports come.
pub(crate) fn run(
    selection: &Selection,
    range: Option<&DayRange>,
    waiting: Option<&Waiting>,
    options: &RunOptions,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let mut days: Vec<RunDay> = Vec::new();
    let mut run = |selection: &Selection, console: &mut Console| {
        let (ran, day) = run_day(selection, options, console)?;
        // Of a day that is run as its exports come: what its last run says.
        days.retain(|before| before.report_date != day.report_date);
        days.push(day);
        Ok(ran)
    };
    let ended = match waiting {
        Some(waiting) => run_as_exports_come(selection, waiting, console, run),
        None => {
            say_who_waits(selection, console)?;
            on_each_day(range, selection, console, |selection, console| {
                Ok(run(selection, console)?.exit_code)
            })
        }
    };
    if let (Ok(_), Some(_), Some(day)) = (&ended, range, days.last()) {
        let page = Path::new(&day.archive).join("index.html");
        console.result(&format!("Open in a browser: {}", page.display()))?;
    }
    console.answer(&RunAnswer { days })?;
    ended
}

/// Warns of a run that waits for exports and would have done the same.
fn say_who_waits(selection: &Selection, console: &Console) -> Result<(), Failure> {
    let data_folder = Settings::load(selection.settings.as_deref())?.data.folder;
    // Whoever takes the lock says what is wrong with the folder.
    if let Ok(Some(holder)) = Lock::waiting(&data_folder) {
        console.warning(&format!(
            "Another run waits for exports ({holder}): it sends the reports of each organisation \
             whose exports come, and tells the team at the end. This one does not wait: what is not \
             there is held, and the team is told now."
        ));
    }
    Ok(())
}

/// The whole day: reads, judges, writes, verifies, records, sends, and says what came of it.
fn run_day(
    selection: &Selection,
    options: &RunOptions,
    console: &mut Console,
) -> Result<(RanDay, RunDay), Failure> {
    let started = Utc::now();
    let mut day = OpenDay::begin(selection, options.anew(), console)?;
    if let Some([sent, kept]) = day.sent_before_purge()? {
        let date = day.context.report_date;
        let became = match kept {
            0 => "were sent".to_owned(),
            kept => format!("were sent and {kept} lay in the outbox"),
        };
        let line = format!(
            "{date} was purged: {} of it {became}, which the ledger keeps (deliveries --date \
             {date}), and nothing is made again.",
            count_of(sent, "message")
        );
        return end_without_mail(&day, ExitCode::Done, vec![line], console);
    }
    let is_long_past = day.context.is_long_past(started);
    note_what_was_asked(&mut day, options, is_long_past)?;
    day.sends_late = options.send_late;
    let is_late = is_long_past && !options.send_late;
    if options.record_only || is_late {
        return record_day(&mut day, !options.record_only, console);
    }
    day.prepare(Mode::Run, console)?;
    let sent = day.send(day.outcome.to_send(), options.now, console)?;
    // Whoever has the lock now tells the team.
    day.session.hold_on().map_err(Failure::from)?;
    let (context, ledger) = (&day.context, &day.session.ledger);
    let status = day.status()?;
    let conclusion = Conclusion::of(&day, &status, &sent);
    let mut put_off = status.in_states(&[DeliveryState::Deferred, DeliveryState::Prepared]);
    put_off.retain(|code| !day.outcome.is_changed(code));
    let ran = RanDay {
        exit_code: conclusion.exit_code,
        put_off,
    };
    let answer = answer(&day, &status, &conclusion, Some(&sent));
    if !selection.organisations.is_empty() {
        // A run of some organisations says nothing of the day.
        console.say(day::refresh_day_page(context, ledger))?;
        conclusion.say(console)?;
        return Ok((ran, answer));
    }
    // Before it is said, since nobody may listen.
    let heartbeat = Heartbeat {
        report_date: context.report_date,
        started,
        finished: Utc::now(),
        exit_code: conclusion.exit_code,
        organisations: context.organisations().len(),
        held: day.outcome.codes_held(),
        register_mistakes: day.register_mistakes.len(),
        deliveries: status.counts(),
        ledger: day::anchor_as_json(ledger)?,
    };
    heartbeat.leave(&context.settings, console);
    // Last: whatever becomes of it, the reports are out and the monitor knows.
    console.say(day::tell_central_team(
        context,
        &day.outcome,
        &status,
        ledger,
        &sent,
        day.transport.as_mut(),
    ))?;
    conclusion.say(console)?;
    Ok((ran, answer))
}

/// Writes into the audit log what a person decided: that nobody is mailed, or a day long past is.
fn note_what_was_asked(
    day: &mut OpenDay,
    options: &RunOptions,
    is_long_past: bool,
) -> Result<(), Failure> {
    let is_asked = [
        (options.record_only, AuditAction::RecordOnly),
        (options.send_late && is_long_past, AuditAction::SendLate),
    ];
    for (_, action) in is_asked.into_iter().filter(|(is_asked, _)| *is_asked) {
        day.session.ledger.note_decision(&AuditEntry {
            report_date: Some(day.context.report_date),
            why: options.why.clone(),
            ..day::decision(action)
        })?;
    }
    Ok(())
}

/// What came of a day, for programs; `sent` where it was to be mailed.
fn answer(
    day: &OpenDay,
    status: &DayStatus,
    conclusion: &Conclusion,
    sent: Option<&DeliverySummary>,
) -> RunDay {
    let mut of_each = status.by_organisation();
    let has_outcome = |code: &_| day.outcome.organisations.contains_key(code);
    let organisations = day
        .context
        .served(has_outcome)
        .into_iter()
        .map(|organisation| {
            let outcome = day.outcome.organisations.get(&organisation.code);
            let (held, changed) = outcome
                .map(|outcome| (outcome.held.clone(), outcome.changed.clone()))
                .unwrap_or_default();
            let deliveries = of_each.remove(&organisation.code).unwrap_or_default();
            RunOrganisation {
                organisation: organisation.code.clone(),
                name: organisation.name.clone(),
                held,
                changed,
                deliveries: deliveries.0,
            }
        });
    RunDay {
        report_date: day.context.report_date,
        exit_code: conclusion.exit_code.number(),
        is_mailed: sent.is_some(),
        sent_now: sent.map_or(0, |sent| sent.count(DeliveryState::Accepted)) as u64,
        put_into_outbox_now: sent.map_or(0, |sent| sent.count(DeliveryState::Outbox)) as u64,
        deliveries: status.counts(),
        organisations: organisations.collect(),
        register_mistakes: day.register_mistakes.clone(),
        conclusion: conclusion.lines.clone(),
        archive: day.context.archive.folder().display().to_string(),
    }
}

/// Keeps what later days are compared with, and mails nobody: as was asked, or since the day is long
/// past.
fn record_day(
    day: &mut OpenDay,
    is_late: bool,
    console: &mut Console,
) -> Result<(RanDay, RunDay), Failure> {
    day.prepare(Mode::Record, console)?;
    let date = day.context.report_date;
    let kept = day.context.organisations().len() - day.outcome.held();
    let mut lines = vec![format!(
        "{date}: the figures of {} are kept, and nobody was mailed.",
        count_of(kept, "organisation")
    )];
    let mut causes = Vec::new();
    if is_late {
        lines.push(format!(
            "{date} is long past. To mail its reports all the same: migration-monitor run --date {date} --send-late. \
             To say that nobody is to be mailed: --record-only"
        ));
        causes.push(ExitCode::Held);
    }
    if day.outcome.held() > 0 {
        lines.push(format!(
            "{} held: see the warnings.",
            count_of(day.outcome.held(), "organisation")
        ));
        causes.push(ExitCode::Held);
    }
    if !day.register_mistakes.is_empty() {
        causes.push(ExitCode::Settings);
    }
    end_without_mail(day, ExitCode::most_pressing(&causes), lines, console)
}

fn end_without_mail(
    day: &OpenDay,
    exit_code: ExitCode,
    lines: Vec<String>,
    console: &Console,
) -> Result<(RanDay, RunDay), Failure> {
    let conclusion = Conclusion { exit_code, lines };
    for line in &conclusion.lines {
        console.result(line)?;
    }
    let ran = RanDay {
        exit_code: conclusion.exit_code,
        put_off: BTreeSet::new(),
    };
    Ok((ran, answer(day, &day.status()?, &conclusion, None)))
}
