use std::path::Path;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::open_day::begin_session;
use super::reissue::Reason;
use crate::day::{self, Context, Selection, is_of_organisation, send_again};
use crate::delivery::{DeliveryId, DeliveryRecord, Ledger};
use crate::domain::{DeliveryState, EmailAddress};
use crate::settings::Settings;

/// Sends one message once more, the same to the last byte, to one recipient: by a person's word, which
/// the audit log keeps. Deliveries stay as they are.
pub(crate) fn resend(
    settings: Option<&Path>,
    id: DeliveryId,
    to: Option<&EmailAddress>,
    why: Option<Reason>,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let check = day::LedgerCheck::default();
    let mut session = begin_session(&Settings::load(settings)?, check, console)?;
    let record = find(&session.ledger, id)?;
    let context = Context::load(&Selection {
        settings: settings.map(Path::to_owned),
        date: record.key.report_date.to_string(),
        organisations: vec![record.key.organisation.clone()],
        ..Selection::default()
    })?;
    console.turn_to(context.report_date);
    let mut transport = day::open_transport(&context)?;
    may_be_sent_again(&session.ledger, &record, transport.leaves_the_machine())?;
    let to = to.unwrap_or(&record.key.recipient);
    if !is_of_organisation(&context.register, &record, to) {
        return Err(usage(format!(
            "{} is not in the register for {}: nobody else gets its reports",
            to.reveal(),
            record.key.organisation
        )));
    }
    let (became, summary) = send_again(
        &context,
        &mut session.ledger,
        transport.as_mut(),
        &record,
        to,
        why.map(String::from),
    )?;
    let key = &record.key;
    let of = format!(
        "Delivery {id}, {} {} of {}, edition {}",
        key.organisation, key.report, key.report_date, key.edition
    );
    let Some((state, answer)) = became else {
        console.result(&format!("{of}: not tried."))?;
        return Ok(ExitCode::Deferred);
    };
    console.result(&format!(
        "{of}, sent again to {}: {}, {answer}. The audit log notes it.",
        to.reveal(),
        state.words()
    ))?;
    Ok(match summary.sender_refused {
        Some(_) => ExitCode::SenderRefused,
        None => ExitCode::of_delivery(state).unwrap_or(ExitCode::Done),
    })
}

fn usage(message: String) -> Failure {
    Failure::new(ExitCode::Usage, message)
}

pub(super) fn find(ledger: &Ledger, id: DeliveryId) -> Result<DeliveryRecord, Failure> {
    let known = ledger.delivery(id)?;
    known.ok_or_else(|| {
        usage(format!(
            "there is no delivery {id}: see deliveries for those there are"
        ))
    })
}

/// Only what was sent can be sent again, and only where nothing newer stands; what lies in the outbox
/// is copied there, where messages do not `leave` the machine.
fn may_be_sent_again(ledger: &Ledger, record: &DeliveryRecord, leave: bool) -> Result<(), Failure> {
    let (id, key) = (record.id, &record.key);
    let newest = ledger.edition(key.report_date, &key.organisation, key.report)?;
    if let Some(newest) = newest.filter(|newest| newest.edition > key.edition) {
        return Err(usage(format!(
            "delivery {id} is of edition {}, and edition {} took its place: see deliveries --date {} \
             --organisation {}",
            key.edition, newest.edition, key.report_date, key.organisation
        )));
    }
    let instead = match record.state {
        state if state.was_taken() => return Ok(()),
        DeliveryState::Outbox if !leave => return Ok(()),
        DeliveryState::Unknown | DeliveryState::Sending => {
            "ask the recipient, then deliveries resolve"
        }
        DeliveryState::Refused => {
            "deliveries resolve --resend has it sent once its fault is mended"
        }
        DeliveryState::Prepared | DeliveryState::Deferred | DeliveryState::Outbox => {
            "the next run of its day sends it"
        }
        _ => "it was never sent; reissue sends the report",
    };
    Err(usage(format!(
        "delivery {id} is {}, and only what was sent can be sent again: {instead}",
        record.state.words()
    )))
}
