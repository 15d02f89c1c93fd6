mod reader;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use self::reader::{Load, WithheldMessage};
use self::reader::{ReadMessage, Reader};
use super::ledger::{Ledger, LedgerError, Settled};
use super::pace::{Pace, Turn};
use super::progress::{DeliveryEvent, DeliverySummary};
use super::record::{DeliveryFilter, DeliveryId, DeliveryRecord, StateNote};
use super::streak::{Stop, Streak};
use super::transport::{Deferral, OutgoingMessage, SendOutcome, Transport};
use crate::domain::DeliveryState;
use crate::mail::{DeliveryKey, Message};

/// Sends what is prepared or deferred and due, what was tried least first, then the organisations in
/// the order in which the filter names them, by report and recipient: one after the other, or as many
/// at once as the transport takes.
///
/// That a message leaves is on the disk before its end is sent, and what became of it before the next
/// one begins. `load` gives a delivery's message from the archive; one that is not the message that
/// was verified is held, and one that cannot be read stays to be sent. No failure of one recipient
/// stops the others; failures of the server, or of the sender, do.
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
        lanes: Vec::new(),
        again: Vec::new(),
    };
    let result = dispatch.send_due(transport, filter, load);
    transport.finish();
    result.map(|()| dispatch.summary)
}

/// A run of deliveries.
struct Dispatch<'a> {
    ledger: &'a mut Ledger,
    pace: Pace<'a>,
    on_event: &'a mut dyn FnMut(&DeliveryEvent),
    summary: DeliverySummary,
    lanes: Vec<Lane>,
    /// What came too fast, or may have met a mistake of the server's, and is tried once more.
    again: Vec<DeliveryId>,
}

/// An account: its turn, and what the server thinks of it.
struct Lane {
    turn: Turn,
    streak: Streak,
    /// Why nothing more of it is begun.
    stop: Option<Stop>,
    /// What was refused for the message's or the sender's sake, put off until it is known for whose.
    doubted: Vec<(DeliveryId, String)>,
}

impl Lane {
    fn new(turn: Turn) -> Self {
        Self {
            turn,
            streak: Streak::default(),
            stop: None,
            doubted: Vec::new(),
        }
    }
}

/// What a lane has left, and of it what was read.
struct LaneQueue<'d, 'l> {
    lane: usize,
    reader: Reader<'d, 'l>,
    read: Vec<ReadMessage<'d>>,
}

/// How often a message is tried in a run, where it came too fast.
const GOES: usize = 3;

/// Deliveries with their lanes and messages, as they are handed over at once.
type Batch<'d> = Vec<(usize, &'d DeliveryRecord, Message)>;

impl Dispatch<'_> {
    fn send_due(
        &mut self,
        transport: &mut dyn Transport,
        filter: &DeliveryFilter,
        load: &Load<'_>,
    ) -> Result<(), LedgerError> {
        let turns: Vec<Turn> = match self.pace.lanes {
            Some(lanes) => {
                let paces = lanes.messages_per_minute.iter();
                paces.map(|pace| Turn::new(Some(*pace))).collect()
            }
            None => vec![Turn::new(self.pace.messages_per_minute)],
        };
        self.lanes = turns.into_iter().map(Lane::new).collect();
        let mut due = self.due(filter, transport.leaves_the_machine())?;
        self.summary.due = due.len();
        (self.on_event)(&DeliveryEvent::Began(due.len()));
        for _ in 0..GOES {
            self.send_all(&due, transport, load)?;
            due = self.due_again()?;
        }
        for lane in 0..self.lanes.len() {
            self.settle_doubted(lane)?;
        }
        let stops = self.lanes.iter().filter_map(|lane| lane.stop.clone());
        for stop in stops {
            match stop {
                Stop::Server(reason) => self.summary.unreachable = Some(reason),
                Stop::Sender(reason) => self.summary.sender_refused = Some(reason),
            }
        }
        Ok(())
    }

    fn send_all(
        &mut self,
        due: &[DeliveryRecord],
        transport: &mut dyn Transport,
        load: &Load<'_>,
    ) -> Result<(), LedgerError> {
        let mut queues = self.queues(due, transport.at_once().max(1), load);
        loop {
            self.drop_stopped(&mut queues);
            let waits = queues.iter().map(|queue| {
                let lane = self.lanes.get(queue.lane);
                lane.and_then(|lane| lane.turn.wait(&self.pace))
                    .unwrap_or_default()
            });
            let waits: Vec<Duration> = waits.collect();
            let Some(shortest) = waits.iter().min().copied() else {
                return Ok(());
            };
            if !shortest.is_zero() {
                (self.pace.sleep)(shortest);
            }
            let mut ready: Vec<&mut LaneQueue<'_, '_>> = queues
                .iter_mut()
                .zip(waits)
                .filter(|(_, wait)| *wait <= shortest)
                .map(|(queue, _)| queue)
                .collect();
            let read = ready
                .iter_mut()
                .flat_map(|queue| {
                    let lane = queue.lane;
                    std::mem::take(&mut queue.read)
                        .into_iter()
                        .map(move |read| (lane, read))
                })
                .collect();
            let verified = self.without_withheld(read)?;
            let batch = self.begin(verified)?;
            self.hand_over(&batch, transport, &mut ready)?;
        }
    }

    /// What is due by lane, the first of each read.
    fn queues<'d, 'l>(
        &self,
        due: &'d [DeliveryRecord],
        at_once: usize,
        load: &'l Load<'l>,
    ) -> Vec<LaneQueue<'d, 'l>> {
        let mut by_lane = vec![Vec::new(); self.lanes.len()];
        for delivery in due {
            if let Some(queue) = by_lane.get_mut(self.lane_of(delivery)) {
                queue.push(delivery);
            }
        }
        let is_paced = self.pace.messages_per_minute.is_some() || self.pace.lanes.is_some();
        let queues = by_lane.into_iter().enumerate().map(|(lane, deliveries)| {
            let mut reader = Reader {
                rest: deliveries.into_iter(),
                at_once: if is_paced { 1 } else { at_once },
                load,
            };
            let read = reader.read_next();
            LaneQueue { lane, reader, read }
        });
        queues.collect()
    }

    /// Drops what has nothing left, and, with word of it, what is to begin nothing more.
    fn drop_stopped(&mut self, queues: &mut Vec<LaneQueue<'_, '_>>) {
        queues.retain(|queue| !queue.read.is_empty());
        let is_over = self.pace.is_over();
        let mut stopped = Vec::new();
        queues.retain(|queue| {
            let Some(lane) = self.lanes.get_mut(queue.lane) else {
                return false;
            };
            if let Some(reason) = &is_over {
                let stop = || Stop::Server(reason.clone());
                lane.stop.get_or_insert_with(stop);
            }
            let not_tried = queue.read.len() + queue.reader.rest.len();
            if let Some(Stop::Server(reason) | Stop::Sender(reason)) = &lane.stop {
                stopped.push((reason.clone(), not_tried));
            }
            lane.stop.is_none()
        });
        for (reason, not_tried) in stopped {
            self.summary.not_tried += not_tried;
            (self.on_event)(&DeliveryEvent::Stopped(reason, not_tried));
        }
    }

    /// What is tried once more, as it is in the ledger by now: nothing of a lane that has stopped.
    fn due_again(&mut self) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let mut again = Vec::new();
        for id in std::mem::take(&mut self.again) {
            again.extend(self.ledger.delivery(id)?);
        }
        again.retain(|delivery| {
            let lane = self.lanes.get(self.lane_of(delivery));
            let goes_on = lane.is_some_and(|lane| lane.stop.is_none());
            goes_on && delivery.state == DeliveryState::Deferred
        });
        self.summary.forget(DeliveryState::Deferred, again.len());
        Ok(again)
    }

    fn lane_of(&self, delivery: &DeliveryRecord) -> usize {
        let last = self.lanes.len().saturating_sub(1);
        let lane = self.pace.lanes.map_or(0, |lanes| (lanes.of)(delivery));
        lane.min(last)
    }

    /// What is to be sent and does not wait.
    fn due(
        &mut self,
        filter: &DeliveryFilter,
        leave: bool,
    ) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let began_at = (self.pace.clock)();
        let mut due = self.ledger.deliveries(filter)?;
        let named = filter.organisations.iter().flatten();
        let places: HashMap<_, usize> = named.zip(0..).collect();
        // A message that breaks the connection each time comes after those that were not tried.
        let place = |delivery: &DeliveryRecord| places.get(&delivery.key.organisation).copied();
        due.sort_by_key(|delivery| (delivery.attempts, place(delivery)));
        due.retain(|delivery| match delivery.waits_until(began_at) {
            _ if !delivery.state.is_due(leave) => false,
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
    /// another machine. What could not be read stays as it is, for a later run.
    fn without_withheld<'d>(
        &mut self,
        read: Vec<(usize, ReadMessage<'d>)>,
    ) -> Result<Batch<'d>, LedgerError> {
        let mut batch = Vec::new();
        for (lane, (delivery, message)) in read {
            match message {
                Ok(message) => batch.push((lane, delivery, message)),
                Err(WithheldMessage::Unread(reason)) => {
                    self.summary.unread += 1;
                    (self.on_event)(&DeliveryEvent::Unread(delivery.key.clone(), reason));
                }
                // Another machine may have the message as it was verified, or the register as it is
                // to be.
                Err(WithheldMessage::Held(reason)) if self.ledger.is_shared() => {
                    self.summary.left += 1;
                    (self.on_event)(&DeliveryEvent::Left(delivery.key.clone(), reason));
                }
                Err(WithheldMessage::Held(reason)) => {
                    let (now, note) = ((self.pace.clock)(), StateNote::reason(&reason));
                    if self
                        .ledger
                        .set_aside(delivery, DeliveryState::Held, &note, now)?
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

    /// Takes messages into our hands. Gives those that are to be handed over.
    fn begin<'d>(&mut self, verified: Batch<'d>) -> Result<Batch<'d>, LedgerError> {
        if verified.is_empty() {
            return Ok(verified);
        }
        let begins_at = (self.pace.clock)();
        let deliveries: Vec<&DeliveryRecord> =
            verified.iter().map(|(_, delivery, _)| *delivery).collect();
        let are_ours = self.ledger.claim(&deliveries)?;
        let mut batch = Vec::new();
        for ((lane, delivery, message), is_ours) in verified.into_iter().zip(are_ours) {
            let key = delivery.key.clone();
            if is_ours {
                (self.on_event)(&DeliveryEvent::Sending(key));
                batch.push((lane, delivery, message));
            } else {
                self.pass_over(key);
            }
            // What another machine sends takes none of our turns.
            if let Some(lane) = self.lanes.get_mut(lane).filter(|_| is_ours) {
                lane.turn.begin(begins_at);
            }
        }
        Ok(batch)
    }

    /// Hands a batch over, and notes what became of it, while the next of each lane is read and proved.
    fn hand_over(
        &mut self,
        batch: &Batch<'_>,
        transport: &mut dyn Transport,
        queues: &mut [&mut LaneQueue<'_, '_>],
    ) -> Result<(), LedgerError> {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| {
                for queue in queues {
                    queue.read = queue.reader.read_next();
                }
            });
            if batch.is_empty() {
                return Ok(());
            }
            let outgoing: Vec<OutgoingMessage<'_>> = batch
                .iter()
                .map(|(_, _, message)| OutgoingMessage::of(message))
                .collect();
            let mut leaving = Leaving {
                batch,
                ledger: self.ledger,
                clock: self.pace.clock,
                has_left: vec![None; batch.len()],
                fault: None,
            };
            let outcomes = transport.hand_over_all(&outgoing, &mut |places| leaving.leave(places));
            let Leaving {
                has_left, fault, ..
            } = leaving;
            let is_settled = self.note_outcomes(batch, &outcomes, &has_left);
            fault.map_or(is_settled, Err)
        })
    }

    fn note_outcomes(
        &mut self,
        batch: &Batch<'_>,
        outcomes: &[SendOutcome],
        has_left: &[Option<bool>],
    ) -> Result<(), LedgerError> {
        let mut all_settled = Vec::new();
        for (((lane, delivery, _), outcome), has_left) in batch.iter().zip(outcomes).zip(has_left) {
            if *has_left == Some(false) {
                self.pass_over(delivery.key.clone());
                continue;
            }
            self.judge(*lane, delivery, outcome);
            all_settled.push(Settled {
                of: delivery,
                has_left: *has_left == Some(true),
                state: outcome.state(),
                note: outcome.note(),
            });
        }
        self.ledger.settle(&all_settled, (self.pace.clock)())?;
        for settled in all_settled {
            let (key, note) = (settled.of.key.clone(), settled.note);
            self.tell_settled(key, settled.state, note.text().to_owned());
        }
        Ok(())
    }

    /// Concludes from an outcome what is to be begun after it.
    fn judge(&mut self, lane: usize, delivery: &DeliveryRecord, outcome: &SendOutcome) {
        let Some(lane) = self.lanes.get_mut(lane) else {
            return;
        };
        match outcome {
            SendOutcome::Deferred(text, Deferral::Unreachable) => {
                self.summary.unreachable = Some(text.clone());
            }
            SendOutcome::Deferred(_, Deferral::Pace | Deferral::Sender) => {
                self.again.push(delivery.id);
            }
            SendOutcome::Refused(refusal) if !refusal.is_certain => {
                lane.doubted.push((delivery.id, refusal.text.clone()));
            }
            _ => {}
        }
        let organisation = delivery.key.organisation.as_str();
        let recipient = delivery.key.recipient.folded();
        let stop = lane.streak.note(organisation, &recipient, outcome);
        lane.stop = lane.stop.take().or(stop);
        lane.turn.learn(outcome);
    }

    /// Refuses what was doubted, where the server took other messages: it was about these. Where it
    /// took none, they stay to be sent, and a person is told.
    fn settle_doubted(&mut self, lane: usize) -> Result<(), LedgerError> {
        let Some(lane) = self.lanes.get_mut(lane) else {
            return Ok(());
        };
        let doubted = std::mem::take(&mut lane.doubted);
        let last = doubted.last().map(|(_, reply)| reply.as_str());
        lane.stop = lane.stop.take().or(lane.streak.at_the_end(last));
        if lane.stop.is_some() {
            return Ok(());
        }
        for (id, reply) in doubted {
            let Some(delivery) = self.ledger.delivery(id)? else {
                continue;
            };
            let (now, state) = ((self.pace.clock)(), DeliveryState::Refused);
            let note = StateNote::reply(&reply);
            if self.ledger.set_aside(&delivery, state, &note, now)? {
                self.tell_settled(delivery.key, state, reply);
                self.summary.forget(DeliveryState::Deferred, 1);
            }
        }
        Ok(())
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

/// What may leave of a batch.
struct Leaving<'a, 'd> {
    batch: &'a Batch<'d>,
    ledger: &'a mut Ledger,
    clock: &'a dyn Fn() -> DateTime<Utc>,
    /// By place whether it may, once that was asked.
    has_left: Vec<Option<bool>>,
    /// Why nothing more may.
    fault: Option<LedgerError>,
}

impl Leaving<'_, '_> {
    /// Notes that the messages at these places leave. Says of which it did.
    fn leave(&mut self, places: &[usize]) -> Vec<bool> {
        let is_new = |place: &&usize| self.has_left.get(**place).is_some_and(Option::is_none);
        let new: Vec<usize> = places.iter().filter(is_new).copied().collect();
        let deliveries: Vec<&DeliveryRecord> = new
            .iter()
            .filter_map(|place| self.batch.get(*place))
            .map(|(_, delivery, _)| *delivery)
            .collect();
        let noted = match self.fault {
            None if !deliveries.is_empty() => self.ledger.leave(&deliveries, (self.clock)()),
            _ => Ok(Vec::new()),
        };
        let leaves = noted.unwrap_or_else(|error| {
            self.fault = Some(error);
            Vec::new()
        });
        for (number, place) in new.iter().enumerate() {
            if let Some(has_left) = self.has_left.get_mut(*place) {
                *has_left = Some(leaves.get(number) == Some(&true));
            }
        }
        let has_left = |place: &usize| self.has_left.get(*place) == Some(&Some(true));
        places.iter().map(has_left).collect()
    }
}

#[cfg(test)]
mod tests;
