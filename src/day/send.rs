use std::num::NonZeroU32;

use chrono::Utc;

use super::context::Context;
use super::error::DayError;
use crate::delivery::{
    self, DeliveryEvent, DeliveryFilter, DeliveryRecord, DeliverySummary, Ledger, Pace, Transport,
    WithheldMessage,
};
use crate::mail::Message;
use crate::settings::{Settings, TransportKind};

/// Sends what is due of what the filter admits, each message as it lies in the archive.
pub(crate) fn send(
    context: &Context,
    filter: &DeliveryFilter,
    despite_back_off: bool,
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    on_event: &mut dyn FnMut(&DeliveryEvent),
) -> Result<DeliverySummary, DayError> {
    let load = |record: &DeliveryRecord| -> Result<Message, WithheldMessage> {
        // Whoever was taken out of the register after the message was prepared must not get it.
        let organisation = context.register.organisation(&record.key.organisation);
        if !organisation.is_some_and(|organisation| {
            organisation
                .recipients(record.key.report)
                .contains(&record.key.recipient)
        }) {
            return Err(WithheldMessage(
                "the recipient is no longer in the register for this report".to_owned(),
            ));
        }
        let bytes = context
            .archive
            .read(&record.message_path)
            .map_err(|error| {
                WithheldMessage(format!("the archived message is missing: {error}"))
            })?;
        let from = context.settings.mail.from.clone();
        let to = record.key.recipient.clone();
        Ok(Message {
            key: record.key.clone(),
            to,
            from,
            message_id: record.message_id.clone(),
            bytes,
        })
    };
    let pace = pace(&context.settings, despite_back_off);
    Ok(delivery::deliver(
        ledger, transport, filter, &load, pace, on_event,
    )?)
}

/// How fast messages go, by the settings and the clock: at once into a folder.
pub(crate) fn pace(settings: &Settings, despite_back_off: bool) -> Pace<'static> {
    Pace {
        messages_per_minute: match settings.mail.transport {
            TransportKind::Outbox => None,
            TransportKind::Smtp | TransportKind::Sendmail => {
                NonZeroU32::new(settings.mail.messages_per_minute)
            }
        },
        despite_back_off,
        clock: &Utc::now,
        sleep: &std::thread::sleep,
    }
}
