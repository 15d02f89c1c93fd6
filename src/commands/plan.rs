use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure, Outcome};
use super::preparation::prepare;
use super::reading::{self, Reading};
use super::setup::{Selection, Setup};
use crate::delivery::{DeliveryFilter, Ledger};
use crate::domain::ReportKind;
use crate::settings::{Organisation, Transport};

/// Says who would get what, and why; sends and writes nothing.
///
/// # Errors
/// [`Failure`] where settings or register cannot be read, or the ledger is damaged.
pub fn plan(selection: &Selection, transport: Option<Transport>, console: &mut Console) -> Result<Outcome, Failure> {
    let setup = Setup::load(selection, Utc::now())?;
    let ledger = Ledger::open_read_only(&setup.settings.data.folder.join("ledger.sqlite"))?;
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
        console.result(&format!("{}  {}", organisation.code, organisation.name))?;
        let reading = reading::read(&setup, organisation);
        for fault in &reading.history_faults {
            console.warning(&format!("{}: {fault}", organisation.code));
        }
        let plan = plan_of(&setup, &ledger, organisation, &reading)?;
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

fn plan_of(setup: &Setup, ledger: &Ledger, organisation: &Organisation, reading: &Reading) -> Result<OrganisationPlan, Failure> {
    let Some(metrics) = &reading.metrics else { return Ok(OrganisationPlan::held(reading.reasons_to_hold())) };
    let mut plan = OrganisationPlan { lines: Vec::new(), to_send: 0, is_held: false };
    for kind in ReportKind::ALL {
        if organisation.recipients(kind).is_empty() {
            plan.lines.push(format!("{kind}: nobody in the register"));
            continue;
        }
        let edition = ledger.edition(setup.report_date, &organisation.code, kind)?;
        let changes = edition.as_ref().map(|edition| reading.inputs.changed_since(&edition.inputs_digest)).unwrap_or_default();
        let number = edition.map_or(1, |edition| edition.number);
        if !changes.is_empty() {
            plan.lines.push(format!("{kind}, edition {number}: stands as it is, though {}", changes.join("; ")));
            continue;
        }
        let preparation = match prepare(setup, organisation, reading, metrics, kind, number) {
            Ok(preparation) => preparation,
            Err(reasons) => return Ok(OrganisationPlan::held(reasons)),
        };
        let filter = DeliveryFilter {
            organisations: vec![organisation.code.clone()],
            reports: vec![kind],
            ..DeliveryFilter::of_date(setup.report_date)
        };
        let deliveries = ledger.deliveries(&filter)?;
        for message in &preparation.messages {
            let delivery = deliveries.iter().find(|delivery| delivery.key == message.key);
            let (would, is_due) = match delivery {
                None => ("would be sent".to_owned(), true),
                Some(delivery) if delivery.state.is_to_be_sent() => (format!("{}: would be sent again", delivery.state), true),
                Some(delivery) => {
                    (format!("{} on {}: nothing to do", delivery.state, delivery.updated_at.format("%Y-%m-%d %H:%M UTC")), false)
                }
            };
            plan.to_send += usize::from(is_due);
            let kibibytes = message.bytes.len().div_ceil(1024);
            plan.lines.push(format!("{kind}, edition {number}, to {} ({kibibytes} KB): {would}", message.key.recipient.reveal()));
        }
    }
    Ok(plan)
}
