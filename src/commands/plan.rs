use chrono::{DateTime, Utc};

use super::console::Console;
use super::edition::KnownEdition;
use super::failure::{ExitCode, Failure, Outcome};
use super::ledger;
use super::preparation::{Wanted, prepare};
use super::reading::{self, Reading, due_at};
use super::session::expiry;
use super::setup::{Selection, Setup};
use super::wording::{day_and_time, time_of_day};
use crate::delivery::{DeliveryRecord, DeliveryState, Ledger};
use crate::domain::{ReportDate, ReportKind};
use crate::report::{absence, visible};
use crate::settings::{Organisation, Transport};

/// Says who would get what, and why; sends and writes nothing.
///
/// # Errors
/// [`Failure`] where settings or register cannot be read, or the ledger is damaged.
pub fn plan(selection: &Selection, transport: Option<Transport>, console: &mut Console) -> Result<Outcome, Failure> {
    let now = Utc::now();
    let setup = Setup::load(selection, now)?;
    let ledger = ledger::open_read_only(&setup.settings)?;
    let mut causes = Vec::new();
    for mistake in setup.register_mistakes() {
        console.result(&format!("register: {mistake}"))?;
        causes.push(ExitCode::Settings);
    }
    for rows in setup.unclaimed_rows() {
        console.result(&format!("exports: {rows}"))?;
    }
    if let Some(fault) = setup.history_fault() {
        console.warning(&fault);
    }
    let mut to_send = 0;
    for organisation in setup.organisations() {
        console.result(&format!("{}  {}", organisation.code, visible(&organisation.name)))?;
        let reading = reading::read(&setup, organisation);
        for fault in &reading.history_faults {
            console.warning(&format!("{}: {fault}", organisation.code));
        }
        let plan = plan_of(&setup, &ledger, organisation, &reading, now)?;
        to_send += plan.to_send;
        if plan.is_held {
            causes.push(ExitCode::Held);
        }
        for line in plan.lines {
            console.result(&format!("  {line}"))?;
        }
    }
    let by = match transport.unwrap_or(setup.settings.mail.transport) {
        Transport::Outbox => "into the outbox",
        Transport::Smtp => "by SMTP",
        Transport::Sendmail => "to the machine's mail program",
    };
    console.result(&format!("{}: {to_send} messages would be sent {by}. Nothing was sent or written.", setup.report_date))?;
    Ok(Outcome { exit_code: ExitCode::most_pressing(&causes) })
}

struct OrganisationPlan {
    lines: Vec<String>,
    to_send: usize,
    is_held: bool,
}

impl OrganisationPlan {
    fn held(reasons: Vec<String>) -> Self {
        Self { lines: reasons.into_iter().map(|reason| format!("held: {reason}")).collect(), to_send: 0, is_held: true }
    }
}

fn plan_of(
    setup: &Setup,
    ledger: &Ledger,
    organisation: &Organisation,
    reading: &Reading,
    now: DateTime<Utc>,
) -> Result<OrganisationPlan, Failure> {
    let Some(metrics) = &reading.metrics else { return Ok(OrganisationPlan::held(reading.reasons_to_hold())) };
    let mut plan = OrganisationPlan { lines: Vec::new(), to_send: 0, is_held: false };
    for kind in ReportKind::ALL {
        let known = KnownEdition::newest(setup, ledger, organisation, kind)?;
        let number = known.as_ref().map_or(1, |known| known.number);
        let recipients = organisation.recipients(kind);
        let left = known.iter().flat_map(|known| &known.deliveries).filter(|delivery| !recipients.contains(&delivery.key.recipient));
        for delivery in left.filter(|delivery| delivery.state.is_to_be_sent()) {
            let recipient = delivery.key.recipient.reveal();
            plan.lines.push(format!("{kind}, edition {number}, to {recipient}: would be held, no longer in the register"));
        }
        if recipients.is_empty() {
            plan.lines.push(format!("{kind}: nobody in the register"));
            continue;
        }
        if let Some(reason) = absence(kind, organisation, metrics, setup.report_date)
            && known.is_none()
        {
            plan.lines.push(format!("{kind}: none, for {reason}"));
            continue;
        }
        let changes = known.as_ref().map(|known| reading.inputs.changed_since(&known.inputs)).unwrap_or_default();
        if !changes.is_empty() {
            let changes = changes.join("; ");
            plan.lines.push(format!("{kind}, edition {number}: nothing would be sent, for {changes}; it stands unless it is reissued"));
            continue;
        }
        let wanted = match known.as_ref().map_or(Ok(Wanted::FIRST), KnownEdition::again) {
            Ok(wanted) => wanted,
            Err(reason) => return Ok(OrganisationPlan::held(vec![reason])),
        };
        let preparation = match prepare(setup, organisation, reading, metrics, kind, wanted) {
            Ok(preparation) => preparation,
            Err(reasons) => return Ok(OrganisationPlan::held(reasons)),
        };
        for message in &preparation.messages {
            let delivery = known.as_ref().and_then(|known| known.delivery(&message.key.recipient));
            let (would, is_due) = delivery.map_or(("would be sent".to_owned(), true), |delivery| would_become(setup, delivery, now));
            plan.to_send += usize::from(is_due);
            let kibibytes = message.bytes.len().div_ceil(1024);
            plan.lines.push(format!("{kind}, edition {number}, to {} ({kibibytes} KB): {would}", message.key.recipient.reveal()));
        }
    }
    Ok(plan)
}

/// What a run would do with a delivery, and why; and whether it would send it.
fn would_become(setup: &Setup, delivery: &DeliveryRecord, now: DateTime<Utc>) -> (String, bool) {
    let time_zone = setup.settings.programme.time_zone;
    let state = delivery.state;
    let because = delivery.server_reply.as_deref().or(delivery.reason.as_deref()).map(|text| format!(" ({text})")).unwrap_or_default();
    let due = |date: ReportDate| due_at(date, time_zone).to_utc();
    if state.is_to_be_sent() && expiry(&setup.settings, &due).expires_at(delivery) <= now {
        return (format!("{state}{because}: too old, would expire"), false);
    }
    match (state, delivery.waits_until(now)) {
        (DeliveryState::Deferred, Some(until)) => {
            (format!("{state}{because}: due again at {}, or at once with run --now", time_of_day(until, time_zone)), false)
        }
        (DeliveryState::Deferred, None) => (format!("{state}{because}: would be sent again"), true),
        (DeliveryState::Prepared, _) => (format!("{state}: would be sent"), true),
        (DeliveryState::Sending, _) => ("an earlier run was interrupted, would become unknown".to_owned(), false),
        (DeliveryState::Unknown, _) => {
            (format!("{state}{because}: nothing to do before a person resolves it: deliveries resolve {}", delivery.id), false)
        }
        _ => (format!("{state} on {}{because}: nothing to do", day_and_time(delivery.updated_at, time_zone)), false),
    }
}
