use rayon::prelude::*;

use super::ledger::{Ledger, LedgerError, Settled};
use super::pace::{Pace, Turn};
use super::progress::{DeliveryEvent, DeliverySummary};
use super::record::{Answer, DeliveryFilter, DeliveryId, DeliveryRecord, message_digest};
use super::streak::{Stop, Streak};
use super::transport::{Deferral, Letter, SendOutcome, Transport};
use crate::domain::DeliveryState;
use crate::mail::{DeliveryKey, Message};

/// Why a message cannot or must not be sent: it is not in the archive, or nobody is to get it.
/// Names no person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WithheldMessage(pub String);

/// Gives a delivery's message from the archive.
pub type Load<'a> = dyn Fn(&DeliveryRecord) -> Result<Message, WithheldMessage> + Sync + 'a;

/// Sends what is prepared or deferred and due, what was tried least first, then by organisation,
/// report and recipient: one after the other, or as many at once as the transport takes.
///
/// That a message is being sent is on the disk before it leaves, and what became of it before the
/// next one. `load` gives a delivery's message from the archive; one that is not the message that
/// was verified is held. No failure of one recipient stops the others; failures of the server, or of
/// the sender, do.
///
/// # Errors
/// [`LedgerError`]: nothing more is sent then. A message whose answer could not be recorded is
/// found as `sending` by the next run.
pub fn deliver(
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    filter: &DeliveryFilter,
    load: &Load<'_>,
    pace: Pace<'_>,
    on_event: &mut dyn FnMut(&DeliveryEvent),
) -> Result<DeliverySummary, LedgerError> {
    let mut dispatch = Dispatch {
        ledger,
        pace,
        on_event,
        summary: DeliverySummary::default(),
        turn: Turn::default(),
        streak: Streak::default(),
        stop: None,
        answered: Vec::new(),
        doubted: Vec::new(),
        too_fast: Vec::new(),
    };
    let result = dispatch.send_due(transport, filter, load);
    transport.finish();
    result.map(|()| dispatch.summary)
}

/// The most that is handed over at once, in bytes, or nearly so: as much again is read meanwhile.
const BATCH_BYTES: usize = 32 * 1024 * 1024;
/// Messages that are read from the archive, and proved, side by side.
const READ_AT_ONCE: usize = 4;

/// A run of deliveries.
struct Dispatch<'a> {
    ledger: &'a mut Ledger,
    pace: Pace<'a>,
    on_event: &'a mut dyn FnMut(&DeliveryEvent),
    summary: DeliverySummary,
    turn: Turn,
    streak: Streak,
    /// Why nothing more is begun.
    stop: Option<Stop>,
    /// What the server said of deliveries that are still `sending` in the ledger. It is written
    /// with the next that begin, before anything else is waited for.
    answered: Vec<(DeliveryKey, Settled)>,
    /// What was refused for the message's or the sender's sake, put off until it is known for whose.
    doubted: Vec<(DeliveryId, String)>,
    /// What came too fast, and is tried once more.
    too_fast: Vec<DeliveryId>,
}

/// How often what came too fast is tried in a run.
const GOES: usize = 3;

/// Deliveries with their messages, as they are handed over at once.
type Batch<'d> = Vec<(&'d DeliveryRecord, Message)>;

impl Dispatch<'_> {
    fn send_due(
        &mut self,
        transport: &mut dyn Transport,
        filter: &DeliveryFilter,
        load: &Load<'_>,
    ) -> Result<(), LedgerError> {
        let mut due = self.due(filter)?;
        self.summary.due = due.len();
        (self.on_event)(&DeliveryEvent::Began(due.len()));
        for _ in 0..GOES {
            self.send_all(&due, transport, load)?;
            due = match self.stop {
                Some(_) => break,
                None => self.too_fast_now()?,
            };
        }
        self.settle_doubted()?;
        match self.stop.take() {
            Some(Stop::Server(reason)) => self.summary.unreachable = Some(reason),
            Some(Stop::Sender(reason)) => self.summary.sender_refused = Some(reason),
            None => {}
        }
        Ok(())
    }

    fn send_all(
        &mut self,
        due: &[DeliveryRecord],
        transport: &mut dyn Transport,
        load: &Load<'_>,
    ) -> Result<(), LedgerError> {
        let mut reader = Reader {
            rest: due.iter(),
            at_once: match self.pace.messages_per_minute {
                Some(_) => 1,
                None => transport.at_once().max(1),
            },
            load,
        };
        let mut read = reader.read_next();
        while !read.is_empty() {
            let not_tried = read.len() + reader.rest.len();
            if self.pace.is_over() {
                let reason = "the run has been sending for as long as it may (max_sending_minutes \
                              under [mail])";
                self.stop = Some(Stop::Server(reason.to_owned()));
            }
            if let Some(Stop::Server(reason) | Stop::Sender(reason)) = self.stop.clone() {
                self.write_answers()?;
                self.summary.not_tried = not_tried;
                (self.on_event)(&DeliveryEvent::Stopped(reason, not_tried));
                return Ok(());
            }
            let verified = self.without_withheld(read)?;
            let batch = self.begin(verified)?;
            let outcomes;
            (outcomes, read) = hand_over(&batch, transport, &mut reader);
            self.note_outcomes(&batch, &outcomes);
        }
        self.write_answers()
    }

    /// What came too fast, as it is in the ledger by now.
    fn too_fast_now(&mut self) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let mut again = Vec::new();
        for id in std::mem::take(&mut self.too_fast) {
            again.extend(self.ledger.delivery(id)?);
        }
        again.retain(|delivery| delivery.state == DeliveryState::Deferred);
        Ok(again)
    }

    /// What is to be sent and does not wait.
    fn due(&mut self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let began_at = (self.pace.clock)();
        let mut due = self.ledger.deliveries(filter)?;
        // A message that breaks the connection each time comes after those that were not tried.
        due.sort_by_key(|delivery| delivery.attempts);
        due.retain(|delivery| match delivery.waits_until(began_at) {
            _ if !delivery.state.is_to_be_sent() => false,
            Some(until) if !self.pace.despite_back_off => {
                self.summary.waiting += 1;
                (self.on_event)(&DeliveryEvent::Waiting(delivery.key.clone(), until));
                false
            }
            _ => true,
        });
        Ok(due)
    }

    /// What was read, without what is not the message that was verified: that is held, or left to
    /// another machine.
    fn without_withheld<'d>(
        &mut self,
        read: Vec<ReadMessage<'d>>,
    ) -> Result<Batch<'d>, LedgerError> {
        let mut batch = Vec::new();
        for (delivery, message) in read {
            match message {
                Ok(message) => batch.push((delivery, message)),
                // Another machine may have the message as it was verified, or the register as it is
                // to be.
                Err(reason) if self.ledger.is_shared() => {
                    self.summary.left += 1;
                    (self.on_event)(&DeliveryEvent::Left(delivery.key.clone(), reason));
                }
                Err(reason) => {
                    let (now, answer) = ((self.pace.clock)(), Answer::reason(&reason));
                    if self
                        .ledger
                        .set_aside(delivery, DeliveryState::Held, &answer, now)?
                    {
                        self.tell_settled(delivery.key.clone(), DeliveryState::Held, reason);
                    } else {
                        self.pass_over(delivery.key.clone());
                    }
                }
            }
        }
        Ok(batch)
    }

    /// Notes that messages are about to leave, once it is their turn, and with the same stroke what
    /// became of those before. Gives those that are to be handed over.
    fn begin<'d>(&mut self, verified: Batch<'d>) -> Result<Batch<'d>, LedgerError> {
        if verified.is_empty() {
            return Ok(verified);
        }
        if let Some(wait) = self.turn.wait(&self.pace) {
            self.write_answers()?;
            (self.pace.sleep)(wait);
        }
        let begins_at = (self.pace.clock)();
        let deliveries: Vec<&DeliveryRecord> =
            verified.iter().map(|(delivery, _)| *delivery).collect();
        let are_ours = self.write(&deliveries)?;
        let mut batch = Vec::new();
        for ((delivery, message), is_ours) in verified.into_iter().zip(are_ours) {
            let key = delivery.key.clone();
            if is_ours {
                (self.on_event)(&DeliveryEvent::Sending(key));
                batch.push((delivery, message));
            } else {
                self.pass_over(key);
            }
        }
        // What another machine sends takes none of our turns.
        if !batch.is_empty() {
            self.turn.begin(begins_at);
        }
        Ok(batch)
    }

    fn note_outcomes(&mut self, batch: &Batch<'_>, outcomes: &[SendOutcome]) {
        for ((delivery, _), outcome) in batch.iter().zip(outcomes) {
            match outcome {
                SendOutcome::Deferred(text, Deferral::Unreachable) => {
                    self.summary.unreachable = Some(text.clone());
                }
                SendOutcome::Deferred(text, Deferral::Sender | Deferral::LogIn) => {
                    self.summary.sender_refused = Some(text.clone());
                }
                SendOutcome::Deferred(_, Deferral::Pace) => self.too_fast.push(delivery.id),
                SendOutcome::Refused(refusal) if !refusal.is_certain => {
                    self.doubted.push((delivery.id, refusal.text.clone()));
                }
                _ => {}
            }
            let key = &delivery.key;
            let organisation = key.organisation.as_str();
            let recipient = key.recipient.folded();
            let stop = self.streak.note(organisation, &recipient, outcome);
            self.stop = self.stop.take().or(stop);
            self.turn.learn(&self.pace, outcome);
            let settled = Settled {
                id: delivery.id,
                state: outcome.state(),
                answer: outcome.answer(),
            };
            self.answered.push((key.clone(), settled));
        }
    }

    /// Refuses what was doubted, where the server took other messages: it was about these. Where it
    /// took none, they stay to be sent, and a person is told.
    fn settle_doubted(&mut self) -> Result<(), LedgerError> {
        let doubted = std::mem::take(&mut self.doubted);
        let last = doubted.last().map(|(_, reply)| reply.as_str());
        self.stop = self.stop.take().or(self.streak.untold(last));
        if self.stop.is_some() {
            return Ok(());
        }
        for (id, reply) in doubted {
            let Some(delivery) = self.ledger.delivery(id)? else {
                continue;
            };
            let (now, state) = ((self.pace.clock)(), DeliveryState::Refused);
            let answer = Answer::reply(&reply);
            if self.ledger.set_aside(&delivery, state, &answer, now)? {
                self.tell_settled(delivery.key, state, reply);
                let deferred = self.summary.settled.entry(DeliveryState::Deferred);
                deferred.and_modify(|number| *number = number.saturating_sub(1));
            }
        }
        Ok(())
    }

    fn write_answers(&mut self) -> Result<(), LedgerError> {
        if !self.answered.is_empty() {
            self.write(&[])?;
        }
        Ok(())
    }

    fn write(&mut self, begun: &[&DeliveryRecord]) -> Result<Vec<bool>, LedgerError> {
        let settled: Vec<&Settled> = self.answered.iter().map(|(_, settled)| settled).collect();
        let are_ours = self
            .ledger
            .settle_and_begin(&settled, begun, (self.pace.clock)())?;
        for (key, settled) in std::mem::take(&mut self.answered) {
            self.tell_settled(key, settled.state, settled.answer.text().to_owned());
        }
        Ok(are_ours)
    }

    fn tell_settled(&mut self, key: DeliveryKey, state: DeliveryState, reason: String) {
        *self.summary.settled.entry(state).or_insert(0) += 1;
        (self.on_event)(&DeliveryEvent::Settled(key, state, reason));
    }

    fn pass_over(&mut self, key: DeliveryKey) {
        self.summary.passed_over += 1;
        (self.on_event)(&DeliveryEvent::PassedOver(key));
    }
}

/// Hands a batch over, while the next is read and proved.
fn hand_over<'d>(
    batch: &Batch<'_>,
    transport: &mut dyn Transport,
    reader: &mut Reader<'d, '_>,
) -> (Vec<SendOutcome>, Vec<ReadMessage<'d>>) {
    let letters: Vec<Letter<'_>> = batch
        .iter()
        .map(|(_, message)| Letter::of(message))
        .collect();
    let mut next = Vec::new();
    let outcomes = rayon::in_place_scope(|scope| {
        scope.spawn(|_| next = reader.read_next());
        if letters.is_empty() {
            Vec::new()
        } else {
            transport.hand_over_all(&letters)
        }
    });
    (outcomes, next)
}

/// A delivery, and its message where it is the one that was verified; else why it is held.
type ReadMessage<'d> = (&'d DeliveryRecord, Result<Message, String>);

/// Reads the messages of deliveries from the archive, in their order.
struct Reader<'d, 'l> {
    rest: std::slice::Iter<'d, DeliveryRecord>,
    at_once: usize,
    load: &'l Load<'l>,
}

impl<'d> Reader<'d, '_> {
    /// The next messages that are handed over at once; none where nothing is left.
    fn read_next(&mut self) -> Vec<ReadMessage<'d>> {
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

/// The message, where it is the one that was verified for this delivery; else why it is held.
fn verified(
    message: Result<Message, WithheldMessage>,
    delivery: &DeliveryRecord,
) -> Result<Message, String> {
    let message = message.map_err(|error| error.to_string())?;
    if message.key != delivery.key
        || message.to != delivery.key.recipient
        || message.message_id != delivery.message_id
    {
        return Err("the archived message is another delivery's".to_owned());
    }
    if message_digest(&message.bytes) != delivery.message_digest {
        return Err(format!(
            "{} changed after it was verified: reissue the report",
            delivery.message_path.display()
        ));
    }
    Ok(message)
}

#[cfg(test)]
mod tests;
