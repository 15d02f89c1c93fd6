use chrono::{DateTime, Utc};
use serde_json::json;

use super::acceptance::decision;
use super::context::Context;
use super::error::DayError;
use super::send::{archived_message, pace};
use crate::delivery::{
    AuditAction, AuditEntry, DeliveryRecord, DeliverySummary, Ledger, OutgoingMessage, Rehearsal,
    Transport, message_digest,
};
use crate::domain::{DeliveryState, EmailAddress, ReportKind};
use crate::settings::Register;

/// Sends the message of a delivery once more, to its recipient or to another of the organisation, and
/// writes down that it is done and what came of it. The delivery stays as it is.
pub(crate) fn send_again(
    context: &Context,
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    record: &DeliveryRecord,
    to: &EmailAddress,
    why: Option<String>,
) -> Result<(Option<(DeliveryState, String)>, DeliverySummary), DayError> {
    let unusable = |fault: String| {
        DayError::Usage(format!(
            "delivery {} cannot be sent again: {fault}",
            record.id
        ))
    };
    let message = archived_message(context, record).map_err(|fault| {
        let purged = purged_on(ledger, record).ok().flatten();
        unusable(purged.unwrap_or_else(|| fault.to_string()))
    })?;
    if message_digest(&message.bytes) != record.message_digest {
        let fault = "the archived message is not the one that was verified: see deliveries verify";
        return Err(unusable(fault.to_owned()));
    }
    let now = Utc::now();
    let entry = |action, detail: serde_json::Value, why| AuditEntry {
        report_date: Some(record.key.report_date),
        organisation: Some(record.key.organisation.clone()),
        detail: Some(detail),
        why,
        ..decision(action)
    };
    let (number, recipient) = (record.id.number(), to.reveal());
    let intent = json!({ "delivery": number, "to": recipient });
    // Before it leaves: whatever happens then, it is known that it may have.
    ledger.note_decision(&entry(AuditAction::Resend, intent, why))?;
    let mut outgoing = OutgoingMessage::of(&message);
    outgoing.file = outgoing
        .file
        .with_extension(format!("again-{}.eml", now.format("%Y%m%dT%H%M%S%3fZ")));
    outgoing.to = to;
    let mut sending = Rehearsal::new(transport, pace(&context.settings, true));
    let became = sending.send(0, &outgoing, &mut || true);
    let summary = sending.finish();
    let (state, answer) = became.clone().unzip();
    let outcome = json!({
        "delivery": number,
        "to": recipient,
        "state": state,
        "answer": answer,
    });
    ledger.note_decision(&entry(AuditAction::Resent, outcome, None))?;
    Ok((became, summary))
}

/// That the message of a delivery was purged with its day, and when; `None` where it was not.
fn purged_on(ledger: &Ledger, record: &DeliveryRecord) -> Result<Option<String>, DayError> {
    let date = record.key.report_date;
    let decisions = ledger.decisions(Some(date))?;
    let mut purged = decisions.iter().rev().filter_map(|decision| {
        let at = DateTime::parse_from_rfc3339(&decision.at).ok()?;
        let is_purge = decision.action == AuditAction::Purge.name() && record.prepared_at <= at;
        is_purge.then(|| at.format("%Y-%m-%d"))
    });
    Ok(purged.next().map(|day| {
        format!(
            "{date} was purged on {day}, and its messages with it. The ledger keeps who was sent what: \
             deliveries --date {date}"
        )
    }))
}

/// Whether somebody gets any report about the organisation of a delivery, by the register as it is
/// now.
pub(crate) fn is_of_organisation(
    register: &Register,
    record: &DeliveryRecord,
    address: &EmailAddress,
) -> bool {
    let organisation = register.organisation(&record.key.organisation);
    organisation.is_some_and(|organisation| {
        let reports = ReportKind::ALL.into_iter();
        let mut recipients = reports.flat_map(|report| organisation.recipients(report));
        recipients.any(|recipient| recipient == address)
    })
}
