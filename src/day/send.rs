use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::path::PathBuf;

use chrono::Utc;

use super::clock::with_expiry;
use super::context::Context;
use super::error::DayError;
use super::interruption::{is_asked_to_end, sleep};
use super::note::Note;
use crate::archive::EditionPlace;
use crate::delivery::{
    self, DeliveryEvent, DeliveryFilter, DeliveryRecord, DeliverySummary, Lanes, Ledger, Outbox,
    Pace, Transport, WithheldMessage,
};
use crate::domain::DeliveryState;
use crate::domain::plural::{count_of, counted};
use crate::mail::{self, DeliveryKey, Message};
use crate::settings::{Register, Settings};

/// Sends what is due of what the filter admits, each message as it lies in the archive.
pub(crate) fn send(
    context: &Context,
    filter: &DeliveryFilter,
    despite_back_off: bool,
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    on_event: &mut dyn FnMut(&DeliveryEvent),
) -> Result<DeliverySummary, DayError> {
    let accounts = context.settings.mail.accounts();
    let load = |record: &DeliveryRecord| {
        // Whoever was taken out of the register after the message was prepared must not get it.
        if !is_recipient(&context.register, &record.key) {
            let reason = "the recipient is no longer in the register for this report";
            return Err(WithheldMessage::Held(reason.to_owned()));
        }
        archived_message(context, record)
    };
    let paces: Vec<NonZeroU32> = accounts
        .iter()
        .map(|account| account.messages_per_minute)
        .collect();
    let lanes = Lanes {
        messages_per_minute: &paces,
        of: &|record| context.settings.mail.account_of(&record.key.organisation),
    };
    let pace = pace(&context.settings, despite_back_off);
    let end = Utc::now() + context.settings.mail.max_sending_time();
    let stops = |now| {
        if is_asked_to_end() {
            Some("the run was asked to end".to_owned())
        } else {
            let why = "the run has been sending for as long as it may (max_sending_minutes under \
                       [mail])";
            (now >= end).then(|| why.to_owned())
        }
    };
    let pace = Pace {
        stops: Some(&stops),
        // A folder is one lane, however many accounts there are.
        lanes: pace.messages_per_minute.map(|_| lanes),
        ..pace
    };
    Ok(delivery::deliver(
        ledger, transport, filter, &load, pace, on_event,
    )?)
}

/// Takes out of the outbox what is not to lie there any more: what is held, what a newer edition took
/// the place of, and, where messages `leave` the machine, all that the ledger does not say to lie
/// there: what was sent, may have arrived, was refused or waits for the server. Whoever sends by hand
/// what lies there would send those twice. Their messages stay in the archive. Says how many.
pub(crate) fn tidy_outbox(
    context: &Context,
    ledger: &Ledger,
    leave: bool,
) -> Result<Option<Note>, DayError> {
    let date = context.report_date;
    let outbox = context.settings.mail.outbox.as_ref();
    let has_day = |folder: &&PathBuf| folder.join(date.to_string()).is_dir();
    let Some(folder) = outbox.map(|outbox| &outbox.folder).filter(has_day) else {
        return Ok(None);
    };
    let outbox = Outbox::new(folder);
    let mut taken_out = 0;
    for delivery in ledger.deliveries(&DeliveryFilter::of_date(date))? {
        let state = delivery.state;
        let is_past = matches!(state, DeliveryState::Held | DeliveryState::Superseded);
        if is_past || (leave && state != DeliveryState::Outbox) {
            match outbox.take_out(&delivery) {
                Ok(was_there) => taken_out += usize::from(was_there),
                Err(error) => {
                    return Ok(Some(Note::Warning(format!(
                        "what is not to be sent any more cannot be taken out of the outbox {}: \
                         {error}. Check that it belongs to the user who runs this.",
                        folder.display()
                    ))));
                }
            }
        }
    }
    let said = counted(
        taken_out,
        "message was taken out of the outbox",
        "messages were taken out of the outbox",
    );
    let note = || {
        Note::Info(format!(
            "{said}: sent, tried, held, or no longer the newest edition"
        ))
    };
    Ok((taken_out > 0).then(note))
}

/// Finds out which deliveries of any day are too old to be sent, and which are not, though a clock
/// that was ahead had found them so. Gives the first. What of `leaving` lies in the outbox is about to
/// leave it, and may be as old as any other.
pub(crate) fn expire(
    settings: &Settings,
    leaving: Option<&DeliveryFilter>,
    ledger: &mut Ledger,
    notes: &mut Vec<Note>,
) -> Result<Vec<DeliveryKey>, DayError> {
    let now = Utc::now();
    let lying = leaving.map(|leaving| {
        ledger.deliveries(&DeliveryFilter {
            states: vec![DeliveryState::Outbox],
            ..leaving.clone()
        })
    });
    let lying = lying.transpose()?.unwrap_or_default();
    let (lifted, expired) = with_expiry(settings, |expiry| {
        let lifted = expiry.lift(ledger, now)?;
        Ok::<_, DayError>((lifted, expiry.expire(ledger, lying, now)?))
    })?;
    for key in &expired {
        notes.push(Note::Detail(format!(
            "{} {} of {} to {} expired",
            key.organisation, key.report, key.report_date, key.recipient
        )));
    }
    if !expired.is_empty() {
        notes.push(Note::Warning(format!(
            "{} expired: too old to be sent; see deliveries --state expired",
            count_of(expired.len(), "message")
        )));
    }
    if lifted > 0 {
        notes.push(Note::Warning(format!(
            "{} to be sent again: by this clock they are not too old, as an earlier run found by \
             another.",
            counted(lifted, "expired message is", "expired messages are")
        )));
    }
    Ok(expired)
}

/// The message of a delivery as it lies in the archive; or why it cannot be sent.
pub(super) fn archived_message(
    context: &Context,
    record: &DeliveryRecord,
) -> Result<Message, WithheldMessage> {
    let bytes = context.archive.read(&record.message_path);
    let bytes = bytes.map_err(|error| match error.source.kind() {
        ErrorKind::NotFound => {
            WithheldMessage::Held(format!("the archived message is missing: {error}"))
        }
        _ => WithheldMessage::Unread(format!("the archived message {error}")),
    })?;
    let place = EditionPlace {
        report_date: record.key.report_date,
        organisation: &record.key.organisation,
        report: record.key.report,
        edition: record.key.edition,
    };
    let of = mail::recipient_of(&bytes);
    let is_of_delivery = of.is_some_and(|(recipient, message_id)| {
        recipient == record.key.recipient && message_id == record.message_id
    });
    if !is_of_delivery || !record.message_path.starts_with(place.below_data()) {
        let reason = "the archived message is not that of this delivery: see deliveries verify";
        return Err(WithheldMessage::Held(reason.to_owned()));
    }
    let accounts = context.settings.mail.accounts();
    let from = mail::sender_of(&bytes).filter(|from| accounts.iter().any(|of| of.from == *from));
    let from = from.ok_or_else(|| {
        let reason = "the message was made for a sender that is none in the settings any more: \
                      reissue the report";
        WithheldMessage::Held(reason.to_owned())
    })?;
    Ok(Message {
        key: record.key.clone(),
        to: record.key.recipient.clone(),
        from,
        message_id: record.message_id.clone(),
        bytes,
    })
}

/// Whether the register names the recipient of a delivery as it is now.
pub(super) fn is_recipient(register: &Register, key: &DeliveryKey) -> bool {
    let organisation = register.organisation(&key.organisation);
    organisation
        .is_some_and(|organisation| organisation.recipients(key.report).contains(&key.recipient))
}

/// How fast messages go, by the settings and the clock: at once into a folder.
pub(crate) fn pace(settings: &Settings, despite_back_off: bool) -> Pace<'static> {
    let leaves = settings.mail.transport.leaves_the_machine();
    Pace {
        messages_per_minute: leaves.then_some(settings.mail.messages_per_minute),
        despite_back_off,
        clock: &Utc::now,
        sleep: &sleep,
        lanes: None,
        stops: None,
    }
}
