use std::path::PathBuf;

use chrono::Utc;

use super::console::Console;
use super::edition::KnownEdition;
use super::failure::{ExitCode, Failure, Outcome};
use super::ledger;
use super::preparation::{Wanted, prepare};
use super::reading;
use super::setup::{Selection, Setup};
use super::transport::{messages_per_minute, open_transport};
use crate::delivery::{DeliverySummary, Ledger, Pace, Rehearsal};
use crate::domain::plural::count_of;
use crate::domain::{DeliveryState, EmailAddress, ReportKind};
use crate::mail::{Message, RehearsalCopy};
use crate::report::absence;
use crate::settings::TransportKind;

/// Makes every message of the day and sends it to one address, marked as a rehearsal. Touches no
/// delivery: ledger and archive stay as they are, and nobody of the organisations gets anything.
///
/// # Errors
/// [`Failure`] where settings or register cannot be read, or the address may not be written to.
pub fn rehearse(
    selection: &Selection,
    to: &EmailAddress,
    transport: Option<TransportKind>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let now = Utc::now();
    let mut setup = Setup::load(selection, now)?;
    if let Some(transport) = transport {
        setup.settings.mail.transport = transport;
    }
    if !to.is_within(&setup.settings.mail.allowed_domains) {
        let message = format!(
            "--to: the domain {} is not one of mail.allowed_domains",
            to.domain()
        );
        return Err(Failure::new(ExitCode::Usage, message));
    }
    let mark = now.format("%Y%m%dT%H%M%S%3fZ").to_string();
    let outbox = apart(&mut setup, &mark);
    let mut transport = open_transport(&setup)?;
    let ledger = ledger::open_read_only(&setup.settings)?;
    let mut causes = Vec::new();
    for mistake in setup.register_mistakes() {
        console.warning(&mistake);
        causes.push(ExitCode::Settings);
    }
    for rows in setup.unclaimed_rows() {
        console.warning(&rows);
    }
    let pace = Pace {
        messages_per_minute: messages_per_minute(&setup.settings),
        despite_back_off: false,
        clock: &Utc::now,
        sleep: &std::thread::sleep,
    };
    let mut rehearsal = Rehearsal::new(transport.as_mut(), pace);
    let copy = RehearsalCopy { to, mark: &mark };
    for organisation in setup.organisations() {
        // As in a run: nothing of an organisation leaves before all of it is made and verified.
        match messages_of(&setup, &ledger, organisation, copy)? {
            Ok(messages) => {
                for message in &messages {
                    say_what_became(message, rehearsal.send(message), console)?;
                }
            }
            Err(reasons) => {
                causes.push(ExitCode::Held);
                for reason in reasons {
                    console.warning(&format!("{} is held: {reason}", organisation.code));
                }
            }
        }
    }
    let summary = rehearsal.finish();
    causes.extend(causes_of(&summary));
    let accepted = count_of(summary.count(DeliveryState::Accepted), "message");
    console.result(&format!(
        "{}: rehearsed with {accepted} of {}; nobody else got anything.",
        setup.report_date, summary.due
    ))?;
    if let Some(unreachable) = &summary.unreachable {
        console.result(&format!(
            "The server failed too often ({unreachable}): {} not tried.",
            count_of(summary.not_tried, "message")
        ))?;
    }
    if let Some(outbox) = outbox {
        console.result(&format!("Messages: {}", outbox.display()))?;
    }
    Ok(Outcome {
        exit_code: ExitCode::most_pressing(&causes),
    })
}

/// Keeps a rehearsal apart from real messages, where they go into a folder. Gives the folder.
fn apart(setup: &mut Setup, mark: &str) -> Option<PathBuf> {
    let mail = &mut setup.settings.mail;
    let outbox = mail
        .outbox
        .as_mut()
        .filter(|_| mail.transport == TransportKind::Outbox)?;
    outbox.folder = outbox.folder.join(format!("rehearsal-{mark}"));
    Some(outbox.folder.clone())
}

/// Every message about an organisation, in the edition that is out or would be; or why it is held.
fn messages_of(
    setup: &Setup,
    ledger: &Ledger,
    organisation: &crate::settings::Organisation,
    copy: RehearsalCopy<'_>,
) -> Result<Result<Vec<Message>, Vec<String>>, Failure> {
    let reading = reading::read(setup, organisation);
    let Some(metrics) = &reading.metrics else {
        return Ok(Err(reading.reasons_to_hold()));
    };
    let mut messages = Vec::new();
    let is_made = |report: &ReportKind| {
        !organisation.recipients(*report).is_empty()
            && absence(*report, organisation, metrics, setup.report_date).is_none()
    };
    for report in ReportKind::ALL.into_iter().filter(is_made) {
        let known = KnownEdition::newest(setup, ledger, organisation, report)?;
        let wanted = match known
            .as_ref()
            .map_or(Ok(Wanted::FIRST), KnownEdition::again)
        {
            Ok(wanted) => Wanted {
                rehearsal: Some(copy),
                ..wanted
            },
            Err(reason) => return Ok(Err(vec![reason])),
        };
        match prepare(setup, organisation, &reading, metrics, report, wanted) {
            Ok(preparation) => messages.extend(preparation.messages),
            Err(reasons) => return Ok(Err(reasons)),
        }
    }
    Ok(Ok(messages))
}

fn say_what_became(
    message: &Message,
    became: Option<(DeliveryState, String)>,
    console: &Console,
) -> Result<(), Failure> {
    let key = &message.key;
    // The terminal of the central team may name who gets a report; a log may not.
    match became {
        Some((DeliveryState::Accepted, reason)) => {
            console.result(&format!(
                "{} {} for {}: {reason}",
                key.organisation,
                key.report,
                key.recipient.reveal()
            ))?;
        }
        Some((state, reason)) => console.warning(&format!(
            "{} {} for {}: {state}: {reason}",
            key.organisation, key.report, key.recipient
        )),
        None => {}
    }
    Ok(())
}

fn causes_of(summary: &DeliverySummary) -> Vec<ExitCode> {
    let states = [
        (DeliveryState::Unknown, ExitCode::Unknown),
        (DeliveryState::Refused, ExitCode::Refused),
        (DeliveryState::Deferred, ExitCode::Deferred),
    ];
    states
        .into_iter()
        .filter(|(state, _)| summary.count(*state) > 0)
        .map(|(_, code)| code)
        .collect()
}
