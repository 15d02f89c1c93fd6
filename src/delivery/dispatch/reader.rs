use rayon::prelude::*;

use super::super::record::{DeliveryRecord, message_digest};
use crate::mail::Message;

/// The most that is handed over at once, in bytes, or nearly so: as much again is read meanwhile.
const BATCH_BYTES: usize = 32 * 1024 * 1024;
/// Messages that are read from the archive, and proved, side by side.
const READ_AT_ONCE: usize = 4;

/// Why a message is not sent. Names no person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WithheldMessage {
    /// It is not in the archive, is another one there, or nobody is to get it: it is held.
    #[error("{0}")]
    Held(String),
    /// It could not be read, which may be over by the next run: it stays to be sent.
    #[error("{0}")]
    Unread(String),
}

/// Gives a delivery's message from the archive.
pub type Load<'a> = dyn Fn(&DeliveryRecord) -> Result<Message, WithheldMessage> + Sync + 'a;

/// A delivery, with the message that was verified for it; or why it is not sent.
pub(super) type ReadMessage<'d> = (&'d DeliveryRecord, Result<Message, WithheldMessage>);

/// Reads the messages of deliveries from the archive, in their order.
pub(super) struct Reader<'d, 'l> {
    pub(super) rest: std::vec::IntoIter<&'d DeliveryRecord>,
    pub(super) at_once: usize,
    pub(super) load: &'l Load<'l>,
}

impl<'d> Reader<'d, '_> {
    /// The next messages that are handed over at once; none where nothing is left.
    pub(super) fn read_next(&mut self) -> Vec<ReadMessage<'d>> {
        let mut read: Vec<ReadMessage<'d>> = Vec::new();
        let mut bytes = 0;
        while read.len() < self.at_once && bytes < BATCH_BYTES {
            let number = READ_AT_ONCE.min(self.at_once - read.len());
            let next: Vec<&DeliveryRecord> = self.rest.by_ref().take(number).collect();
            if next.is_empty() {
                break;
            }
            let load = self.load;
            let messages: Vec<_> = next
                .par_iter()
                .map(|delivery| verified(load(delivery), delivery))
                .collect();
            bytes += messages
                .iter()
                .flatten()
                .map(|message| message.bytes.len())
                .sum::<usize>();
            read.extend(next.into_iter().zip(messages));
        }
        read
    }
}

/// The message, if it is the one that was verified for this delivery; or why it is not sent.
fn verified(
    message: Result<Message, WithheldMessage>,
    delivery: &DeliveryRecord,
) -> Result<Message, WithheldMessage> {
    let message = message?;
    if message.key != delivery.key
        || message.to != delivery.key.recipient
        || message.message_id != delivery.message_id
    {
        let reason = "the archived message is another delivery's";
        return Err(WithheldMessage::Held(reason.to_owned()));
    }
    if message_digest(&message.bytes) != delivery.message_digest {
        return Err(WithheldMessage::Held(format!(
            "{} changed after it was verified: reissue the report",
            delivery.message_path.display()
        )));
    }
    Ok(message)
}
