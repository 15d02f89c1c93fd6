use super::edition::SummaryEdition;
use super::sent::Sent;
use crate::archive::ArchivedFile;
use crate::day::context::Context;
use crate::day::error::DayError;
use crate::day::interruption;
use crate::day::note::Note;
use crate::day::send::pace;
use crate::delivery::{OutgoingMessage, Rehearsal, Transport};
use crate::domain::DeliveryState;
use crate::domain::plural::count_of;
use crate::mail::SummaryMessage;
use crate::report::SummaryModel;

/// Archives an edition that is new, and sends it to whoever has not got it; `None` for a transport
/// where the server cannot be used.
pub(super) fn send(
    context: &Context,
    edition: &SummaryEdition,
    model: &SummaryModel,
    transport: Option<&mut dyn Transport>,
    notes: &mut Vec<Note>,
) -> Result<(), DayError> {
    let (archive, place) = (&context.archive, edition.place);
    let mut sent = Sent::read(&context.archive, place, edition.is_new);
    let leave = transport
        .as_ref()
        .is_some_and(|transport| transport.leaves_the_machine());
    let mut waiting = edition.deliveries(context);
    waiting.retain(|key| sent.is_waiting(&key.recipient_digest(), leave));
    if !edition.is_new && waiting.is_empty() {
        return Ok(());
    }
    let (files, messages) = edition.files(context, model, &waiting)?;
    if edition.is_new {
        archive.write_summary(place, &files)?;
    } else {
        // What is there stays: a message of whoever was added joins it.
        let is_missing = |file: &&ArchivedFile| archive.read_summary(place, &file.name).is_err();
        for file in files.iter().filter(is_missing) {
            archive.replace_in_summary(place, &file.name, &file.bytes)?;
        }
    }
    let Some(transport) = transport else {
        let why = match interruption::is_asked_to_end() {
            true => "the run was asked to end",
            false => "the server could not be used",
        };
        notes.push(Note::Warning(format!(
            "The Run Summary is archived and was not sent, since {why}: the next run of the day sends \
             it. Its page says how the day stands."
        )));
        return Ok(());
    };
    let mut rehearsal = Rehearsal::new(transport, pace(&context.settings, false));
    for message in &messages {
        notes.push(send_message(context, message, &mut rehearsal, &mut sent)?);
    }
    let summary = rehearsal.finish();
    let (handed_over, done) = match summary.count(DeliveryState::Outbox) {
        0 => (summary.handed_over(), "sent to"),
        kept => (kept, "put into the outbox for"),
    };
    if handed_over > 0 {
        let number = match place.edition {
            1 => String::new(),
            edition => format!(", edition {edition},"),
        };
        notes.push(Note::Info(format!(
            "Run Summary{number} {done} {}",
            count_of(handed_over, "recipient")
        )));
    }
    Ok(())
}

/// Sends one message. Before its end is sent it is noted that it may arrive: what was interrupted then
/// is not repeated.
fn send_message(
    context: &Context,
    message: &SummaryMessage,
    rehearsal: &mut Rehearsal<'_>,
    sent: &mut Sent,
) -> Result<Note, DayError> {
    let recipient = message.key.recipient_digest();
    let mut noted = Ok(());
    let mut leave = || {
        noted = sent.note(context, &recipient, DeliveryState::Sending);
        noted.is_ok()
    };
    let became = rehearsal.send(0, &OutgoingMessage::of_summary(message), &mut leave);
    noted?;
    let (state, reason) = became.unwrap_or((
        DeliveryState::Deferred,
        "the server had failed too often before".to_owned(),
    ));
    sent.note(context, &recipient, state)?;
    let to = &message.key.recipient;
    let text = format!("Run Summary to {to}: {state}: {reason}");
    Ok(if state.is_handed_over() {
        Note::Detail(text)
    } else {
        Note::Warning(text)
    })
}
