use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use super::ledger::{Ledger, LedgerError, Settled};
use super::record::{Answer, DeliveryFilter, DeliveryRecord, message_digest};
use super::transport::{Deferral, Letter, SendOutcome, Transport};
use crate::domain::DeliveryState;
use crate::mail::{DeliveryKey, Message};

/// So many messages in a row must fail by the server's fault before the rest of the run is spared
/// it.
pub(super) const FAULTS_TO_STOP_AFTER: usize = 3;

/// How fast to send, by which clock.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    /// The most messages a minute; `None` for no limit.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Whether to send even what the server put off a short while ago
    /// ([`DeliveryRecord::waits_until`]).
    pub despite_back_off: bool,
    /// What time it is.
    pub clock: &'a dyn Fn() -> DateTime<Utc>,
    /// Waits.
    pub sleep: &'a dyn Fn(Duration),
}

/// Why a message cannot or must not be sent: it is not in the archive, or nobody is to get it.
/// Names no person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WithheldMessage(pub String);

/// Gives a delivery's message from the archive.
pub type Load<'a> = dyn Fn(&DeliveryRecord) -> Result<Message, WithheldMessage> + Sync + 'a;

/// What happens while messages are sent. Recipients print masked; texts are fit for logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// There is something, or nothing, to send.
    Began {
        /// How many deliveries.
        deliveries: usize,
    },
    /// The server put a delivery off a short while ago: it is left for a later run.
    Waiting {
        /// Which.
        key: DeliveryKey,
        /// When it is due again.
        until: DateTime<Utc>,
    },
    /// A message is about to be handed over.
    Sending {
        /// Which.
        key: DeliveryKey,
    },
    /// A delivery came to a new state.
    Settled {
        /// Which.
        key: DeliveryKey,
        /// The state.
        state: DeliveryState,
        /// The server's words or the reason.
        reason: String,
    },
    /// A delivery changed in the ledger since it was listed: somebody else sends it or has resolved
    /// it.
    PassedOver {
        /// Which.
        key: DeliveryKey,
    },
    /// This machine's message is not the one that is to be sent; another machine that sends by the
    /// same ledger may have it.
    Left {
        /// Which.
        key: DeliveryKey,
        /// Why it is not sent by this machine.
        reason: String,
    },
    /// The server failed several messages in a row: the others stay as they are, for a later run.
    Stopped {
        /// What happened last.
        reason: String,
        /// How many were not tried.
        not_tried: usize,
    },
}

/// What came of one call of [`deliver`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliverySummary {
    /// How many deliveries were to be sent.
    pub due: usize,
    /// How many came to each state.
    pub settled: BTreeMap<DeliveryState, usize>,
    /// How many the server put off a short while ago, which are left for a later run.
    pub waiting: usize,
    /// How many changed in the ledger meanwhile and were left to whoever changed them.
    pub passed_over: usize,
    /// How many this machine cannot send, and has left to another that sends by the same ledger.
    pub left: usize,
    /// How many were not tried because the server had failed too often; they stay as they were.
    pub not_tried: usize,
    /// What to tell a person, where the server could not be reached, secured or logged in to, or
    /// failed too often.
    pub unreachable: Option<String>,
}

impl DeliverySummary {
    /// How many came to `state`.
    #[must_use]
    pub fn count(&self, state: DeliveryState) -> usize {
        self.settled.get(&state).copied().unwrap_or(0)
    }
}

/// Sends what is prepared or deferred and due, by organisation, report and recipient: one after the
/// other, or as many at once as the transport takes.
///
/// That a message is being sent is on the disk before it leaves, and what became of it before the
/// next one. `load` gives a delivery's message from the archive; one that is not the message that
/// was verified is held. No failure of one recipient stops the others; three failures of the server
/// in a row do.
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
    let mut sending = Dispatch {
        ledger,
        pace,
        on_event,
        summary: DeliverySummary::default(),
        answered: Vec::new(),
    };
    let result = sending.send_due(transport, filter, load);
    transport.finish();
    result.map(|()| sending.summary)
}

/// The most that is handed over at once, in bytes, or nearly so: as much again is read meanwhile.
const HANDFUL_BYTES: usize = 32 * 1024 * 1024;
/// Messages that are read from the archive, and proved, side by side.
const READ_AT_ONCE: usize = 4;

/// A run of deliveries.
struct Dispatch<'a> {
    ledger: &'a mut Ledger,
    pace: Pace<'a>,
    on_event: &'a mut dyn FnMut(&DeliveryEvent),
    summary: DeliverySummary,
    /// What the server said of deliveries that are still `sending` in the ledger. It is written
    /// with the next that begin, before anything else is waited for.
    answered: Vec<Answered>,
}

/// A delivery, and what became of it.
struct Answered {
    key: DeliveryKey,
    settled: Settled,
    reason: String,
}

impl Dispatch<'_> {
    fn send_due(
        &mut self,
        transport: &mut dyn Transport,
        filter: &DeliveryFilter,
        load: &Load<'_>,
    ) -> Result<(), LedgerError> {
        let due = self.due(filter)?;
        self.summary.due = due.len();
        (self.on_event)(&DeliveryEvent::Began {
            deliveries: due.len(),
        });
        let at_once = if self.pace.messages_per_minute.is_some() {
            1
        } else {
            transport.at_once()
        };
        let mut begun_at = None;
        let mut faults_in_a_row = 0;
        let mut rest = due.iter();
        let mut read = read_next(&mut rest, at_once, load);
        while !read.is_empty() {
            let verified = self.without_withheld(read)?;
            if verified.is_empty() {
                read = read_next(&mut rest, at_once, load);
                continue;
            }
            let turn = self.await_turn(begun_at)?;
            let handful = self.begin(verified)?;
            if handful.is_empty() {
                read = read_next(&mut rest, at_once, load);
                continue;
            }
            // What another machine sends takes none of our turns.
            begun_at = Some(turn);
            let letters: Vec<Letter<'_>> = handful
                .iter()
                .map(|(_, message)| Letter::of(message))
                .collect();
            // While these are on their way, the next are read and proved.
            let mut next = Vec::new();
            let outcomes = rayon::in_place_scope(|scope| {
                scope.spawn(|_| next = read_next(&mut rest, at_once, load));
                transport.hand_over_all(&letters)
            });
            read = next;
            for ((delivery, _), outcome) in handful.iter().zip(&outcomes) {
                let (state, answer, reason) = read_outcome(outcome);
                if matches!(
                    outcome,
                    SendOutcome::Deferred {
                        about: Deferral::Unreachable,
                        ..
                    }
                ) {
                    self.summary.unreachable = Some(reason.clone());
                }
                faults_in_a_row = if outcome.is_fault_of_server() {
                    faults_in_a_row + 1
                } else {
                    0
                };
                let settled = Settled {
                    id: delivery.id,
                    state,
                    answer,
                };
                self.answered.push(Answered {
                    key: delivery.key.clone(),
                    settled,
                    reason,
                });
            }
            let not_tried = read.len() + rest.len();
            if faults_in_a_row >= FAULTS_TO_STOP_AFTER && not_tried > 0 {
                let reason = self
                    .answered
                    .last()
                    .map(|last| last.reason.clone())
                    .unwrap_or_default();
                self.write_answers()?;
                self.summary.not_tried = not_tried;
                (self.on_event)(&DeliveryEvent::Stopped {
                    reason: reason.clone(),
                    not_tried,
                });
                self.summary.unreachable.get_or_insert(reason);
                return Ok(());
            }
        }
        self.write_answers()
    }

    /// What is to be sent and does not wait.
    fn due(&mut self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRecord>, LedgerError> {
        let began_at = (self.pace.clock)();
        let mut due = self.ledger.deliveries(filter)?;
        due.retain(|delivery| match delivery.waits_until(began_at) {
            _ if !delivery.state.is_to_be_sent() => false,
            Some(until) if !self.pace.despite_back_off => {
                self.summary.waiting += 1;
                (self.on_event)(&DeliveryEvent::Waiting {
                    key: delivery.key.clone(),
                    until,
                });
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
        read: Vec<Read<'d>>,
    ) -> Result<Vec<(&'d DeliveryRecord, Message)>, LedgerError> {
        let mut handful = Vec::new();
        for (delivery, message) in read {
            match message {
                Ok(message) => handful.push((delivery, message)),
                // Another machine may have the message as it was verified, or the register as it is
                // to be.
                Err(reason) if self.ledger.is_shared() => {
                    self.summary.left += 1;
                    (self.on_event)(&DeliveryEvent::Left {
                        key: delivery.key.clone(),
                        reason,
                    });
                }
                Err(reason) => {
                    let (now, answer) = ((self.pace.clock)(), Answer::reason(&reason));
                    if self
                        .ledger
                        .set_aside(delivery, DeliveryState::Held, &answer, now)?
                    {
                        self.tell_settled(&delivery.key, DeliveryState::Held, reason);
                    } else {
                        self.pass_over(&delivery.key);
                    }
                }
            }
        }
        Ok(handful)
    }

    /// Waits until the next message may begin. Gives the time at which it does.
    fn await_turn(
        &mut self,
        begun_at: Option<DateTime<Utc>>,
    ) -> Result<DateTime<Utc>, LedgerError> {
        if let Some(wait) = wait_before(self.pace, begun_at) {
            self.write_answers()?;
            (self.pace.sleep)(wait);
        }
        Ok((self.pace.clock)())
    }

    /// Notes that messages are about to leave, and with the same stroke what became of those
    /// before. Gives those that are to be handed over.
    fn begin<'d>(
        &mut self,
        handful: Vec<(&'d DeliveryRecord, Message)>,
    ) -> Result<Vec<(&'d DeliveryRecord, Message)>, LedgerError> {
        let deliveries: Vec<&DeliveryRecord> =
            handful.iter().map(|(delivery, _)| *delivery).collect();
        let are_ours = self.write(&deliveries)?;
        let mut ours = Vec::new();
        for (one, is_ours) in handful.into_iter().zip(are_ours) {
            let key = &one.0.key;
            if is_ours {
                (self.on_event)(&DeliveryEvent::Sending { key: key.clone() });
                ours.push(one);
            } else {
                self.pass_over(key);
            }
        }
        Ok(ours)
    }

    fn write_answers(&mut self) -> Result<(), LedgerError> {
        if !self.answered.is_empty() {
            self.write(&[])?;
        }
        Ok(())
    }

    fn write(&mut self, begun: &[&DeliveryRecord]) -> Result<Vec<bool>, LedgerError> {
        let settled: Vec<&Settled> = self
            .answered
            .iter()
            .map(|answered| &answered.settled)
            .collect();
        let are_ours = self
            .ledger
            .settle_and_begin(&settled, begun, (self.pace.clock)())?;
        for Answered {
            key,
            settled,
            reason,
        } in std::mem::take(&mut self.answered)
        {
            self.tell_settled(&key, settled.state, reason);
        }
        Ok(are_ours)
    }

    fn tell_settled(&mut self, key: &DeliveryKey, state: DeliveryState, reason: String) {
        *self.summary.settled.entry(state).or_insert(0) += 1;
        (self.on_event)(&DeliveryEvent::Settled {
            key: key.clone(),
            state,
            reason,
        });
    }

    fn pass_over(&mut self, key: &DeliveryKey) {
        self.summary.passed_over += 1;
        (self.on_event)(&DeliveryEvent::PassedOver { key: key.clone() });
    }
}

/// A delivery, and its message where it is the one that was verified; else why it is held.
type Read<'d> = (&'d DeliveryRecord, Result<Message, String>);

/// Reads the next messages that are handed over at once; none where nothing is left.
fn read_next<'d>(
    rest: &mut std::slice::Iter<'d, DeliveryRecord>,
    at_once: usize,
    load: &Load<'_>,
) -> Vec<Read<'d>> {
    let mut read: Vec<Read<'d>> = Vec::new();
    let mut bytes = 0;
    while read.len() < at_once.max(1) && bytes < HANDFUL_BYTES {
        let next: Vec<&DeliveryRecord> = rest
            .by_ref()
            .take(READ_AT_ONCE.min(at_once.max(1) - read.len()))
            .collect();
        if next.is_empty() {
            break;
        }
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

/// Waits until the next message may begin. Gives the time at which it does.
pub(super) fn await_turn(pace: Pace<'_>, begun_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
    if let Some(wait) = wait_before(pace, begun_at) {
        (pace.sleep)(wait);
    }
    (pace.clock)()
}

/// How long the next message has to wait; `None` where it may begin now.
fn wait_before(pace: Pace<'_>, begun_at: Option<DateTime<Utc>>) -> Option<Duration> {
    let interval = Duration::from_mins(1) / pace.messages_per_minute?.get();
    // A clock that was set back must not make the run wait for longer than the interval.
    let passed = ((pace.clock)() - begun_at?).to_std().unwrap_or_default();
    interval.checked_sub(passed).filter(|wait| !wait.is_zero())
}

pub(super) fn read_outcome(outcome: &SendOutcome) -> (DeliveryState, Answer, String) {
    let (state, answer, text) = match outcome {
        SendOutcome::Accepted { reply } => (DeliveryState::Accepted, Answer::reply(reply), reply),
        SendOutcome::Refused { reply } => (DeliveryState::Refused, Answer::reply(reply), reply),
        SendOutcome::Deferred {
            reason,
            about: Deferral::Message,
        } => (DeliveryState::Deferred, Answer::reply(reason), reason),
        SendOutcome::Deferred { reason, .. } => {
            (DeliveryState::Deferred, Answer::reason(reason), reason)
        }
        SendOutcome::Unknown { reason } => (DeliveryState::Unknown, Answer::reason(reason), reason),
    };
    (state, answer, text.clone())
}

#[cfg(test)]
mod tests;
