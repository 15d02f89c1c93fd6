use chrono::Utc;

use super::console::Console;
use super::failure::Failure;
use super::setup::Setup;
use super::transport::messages_per_minute;
use super::wording::time_of_day;
use crate::archive::Archive;
use crate::delivery::{
    self, DeliveryEvent, DeliveryFilter, DeliveryRecord, DeliverySummary, Ledger, Pace, Transport,
    WithheldMessage,
};
use crate::domain::DeliveryState;
use crate::mail::Message;

/// Sends what is due of what the filter admits, and says of each delivery what became of it.
pub(super) fn send(
    setup: &Setup,
    filter: &DeliveryFilter,
    despite_back_off: bool,
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    console: &mut Console,
) -> Result<DeliverySummary, Failure> {
    let archive = Archive::new(&setup.settings.data.folder);
    let pace = Pace {
        messages_per_minute: messages_per_minute(&setup.settings),
        despite_back_off,
        clock: &Utc::now,
        sleep: &std::thread::sleep,
    };
    let load = |record: &DeliveryRecord| -> Result<Message, WithheldMessage> {
        // Whoever was taken out of the register after the message was prepared must not get it.
        let organisation = setup.register.organisation(&record.key.organisation);
        if !organisation.is_some_and(|organisation| {
            organisation
                .recipients(record.key.report)
                .contains(&record.key.recipient)
        }) {
            return Err(WithheldMessage(
                "the recipient is no longer in the register for this report".to_owned(),
            ));
        }
        let bytes = archive.read(&record.message_path).map_err(|error| {
            WithheldMessage(format!("the archived message is missing: {error}"))
        })?;
        let from = setup.settings.mail.from.clone();
        let to = record.key.recipient.clone();
        Ok(Message {
            key: record.key.clone(),
            to,
            from,
            message_id: record.message_id.clone(),
            bytes,
        })
    };
    let time_zone = setup.settings.programme.time_zone;
    let is_shared = ledger.is_shared();
    let mut on_event = |event: &DeliveryEvent| match event {
        DeliveryEvent::Began { deliveries } => console.begin("Sending", *deliveries),
        DeliveryEvent::Waiting { key, until } => {
            let at = time_of_day(*until, time_zone);
            console.detail(&format!(
                "{} {} to {}: put off by the server, due again at {at}",
                key.organisation, key.report, key.recipient
            ));
        }
        DeliveryEvent::Sending { .. } => {}
        DeliveryEvent::Settled { key, state, reason } => {
            console.step(key.organisation.as_str());
            let text = format!(
                "{} {} to {}: {state}: {reason}",
                key.organisation, key.report, key.recipient
            );
            if *state == DeliveryState::Accepted {
                console.detail(&text)
            } else {
                console.warning(&text)
            }
        }
        DeliveryEvent::PassedOver { key } => {
            console.step(key.organisation.as_str());
            let text = format!(
                "{} {} to {} changed in the ledger meanwhile and was left",
                key.organisation, key.report, key.recipient
            );
            // Two machines that share a ledger share the work.
            if is_shared {
                console.detail(&text)
            } else {
                console.warning(&text)
            }
        }
        DeliveryEvent::Left { key, reason } => {
            console.step(key.organisation.as_str());
            console.warning(&format!(
                "{} {} to {} was left to another machine: {reason}",
                key.organisation, key.report, key.recipient
            ));
        }
        DeliveryEvent::Stopped { reason, not_tried } => {
            console.warning(&format!(
                "sending stopped, {not_tried} messages were not tried: {reason}"
            ));
        }
    };
    let summary = delivery::deliver(ledger, transport, filter, &load, pace, &mut on_event)?;
    console.end();
    Ok(summary)
}
