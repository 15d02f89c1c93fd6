use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::ledger::{Ledger, LedgerError};
use super::record::{Answer, DeliveryFilter, DeliveryRecord, message_digest};
use super::state::DeliveryState;
use super::transport::{Deferral, SendOutcome, Transport};
use crate::domain::{OrganisationCode, ReportDate};
use crate::mail::{DeliveryKey, Message};

/// So many messages in a row must fail by the server's fault before the rest of the run is spared it.
pub(super) const FAULTS_TO_STOP_AFTER: usize = 3;

/// Which deliveries to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The day the reports are about.
    pub report_date: ReportDate,
    /// Only of these organisations; `None` for all.
    pub organisations: Option<Vec<OrganisationCode>>,
    /// Whether to send even what the server put off a short while ago ([`DeliveryRecord::waits_until`]).
    pub despite_back_off: bool,
}

/// How fast to send, by which clock.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    /// The most messages a minute; `None` for no limit.
    pub messages_per_minute: Option<NonZeroU32>,
    /// What time it is.
    pub clock: &'a dyn Fn() -> DateTime<Utc>,
    /// Waits.
    pub sleep: &'a dyn Fn(Duration),
}

/// Why a message cannot or must not be sent: it is not in the archive, or nobody is to get it. Names no person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WithheldMessage(pub String);

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
        because: String,
    },
    /// A delivery changed in the ledger since it was listed: somebody else sends it or has resolved it.
    PassedOver {
        /// Which.
        key: DeliveryKey,
    },
    /// This machine's message is not the one that is to be sent; another machine that sends by the same ledger may have
    /// it.
    Left {
        /// Which.
        key: DeliveryKey,
        /// Why it is not sent by this machine.
        because: String,
    },
    /// The server failed several messages in a row: the others stay as they are, for a later run.
    Stopped {
        /// What happened last.
        because: String,
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
    /// What to tell a person, where the server could not be reached, secured or logged in to, or failed too often.
    pub unreachable: Option<String>,
}

impl DeliverySummary {
    /// How many came to `state`.
    #[must_use]
    pub fn count(&self, state: DeliveryState) -> usize {
        self.settled.get(&state).copied().unwrap_or(0)
    }
}

/// Sends what is prepared or deferred and due: one after the other, by organisation, report and recipient.
///
/// That a message is being sent is on the disk before it leaves, and what became of it before the next one. `load`
/// gives a delivery's message from the archive; one that is not the message that was verified is held. No failure of
/// one recipient stops the others; three failures of the server in a row do.
///
/// # Errors
/// [`LedgerError`]: nothing more is sent then. A message whose answer could not be recorded is found as `sending` by
/// the next run.
pub fn deliver(
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    selection: &Selection,
    load: &dyn Fn(&DeliveryRecord) -> Result<Message, WithheldMessage>,
    pace: Pace<'_>,
    on_event: &mut dyn FnMut(&DeliveryEvent),
) -> Result<DeliverySummary, LedgerError> {
    let result = send_due(ledger, transport, selection, load, pace, on_event);
    transport.finish();
    result
}

fn send_due(
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    selection: &Selection,
    load: &dyn Fn(&DeliveryRecord) -> Result<Message, WithheldMessage>,
    pace: Pace<'_>,
    on_event: &mut dyn FnMut(&DeliveryEvent),
) -> Result<DeliverySummary, LedgerError> {
    let began_at = (pace.clock)();
    let mut waiting = 0;
    let mut due = to_be_sent(ledger, selection)?;
    due.retain(|delivery| match delivery.waits_until(began_at) {
        Some(until) if !selection.despite_back_off => {
            waiting += 1;
            on_event(&DeliveryEvent::Waiting { key: delivery.key.clone(), until });
            false
        }
        _ => true,
    });
    let mut summary = DeliverySummary { due: due.len(), waiting, ..DeliverySummary::default() };
    on_event(&DeliveryEvent::Began { deliveries: due.len() });
    let mut begun_at = None;
    let mut faults_in_a_row = 0;
    for (index, delivery) in due.iter().enumerate() {
        let key = &delivery.key;
        let message = match verified(load(delivery), delivery) {
            Ok(message) => message,
            // Another machine may have the message as it was verified, or the register as it is to be.
            Err(because) if ledger.is_shared() => {
                summary.left += 1;
                on_event(&DeliveryEvent::Left { key: key.clone(), because });
                continue;
            }
            Err(because) => {
                if ledger.set_aside(delivery, DeliveryState::Held, &Answer::reason(&because), (pace.clock)())? {
                    settle(&mut summary, on_event, key, DeliveryState::Held, because);
                } else {
                    pass_over(&mut summary, on_event, key);
                }
                continue;
            }
        };
        let turn = await_turn(pace, begun_at);
        if !ledger.begin_sending(delivery, (pace.clock)())? {
            pass_over(&mut summary, on_event, key);
            continue;
        }
        // What another machine sends takes none of our turns.
        begun_at = Some(turn);
        on_event(&DeliveryEvent::Sending { key: key.clone() });
        let outcome = transport.send(&message);
        let (state, answer, because) = read_outcome(&outcome);
        ledger.record(delivery.id, state, &answer, (pace.clock)())?;
        if matches!(outcome, SendOutcome::Deferred { about: Deferral::Unreachable, .. }) {
            summary.unreachable = Some(because.clone());
        }
        faults_in_a_row = if outcome.is_fault_of_server() { faults_in_a_row + 1 } else { 0 };
        settle(&mut summary, on_event, key, state, because.clone());
        summary.not_tried = due.len() - index - 1;
        if faults_in_a_row == FAULTS_TO_STOP_AFTER && summary.not_tried > 0 {
            on_event(&DeliveryEvent::Stopped { because: because.clone(), not_tried: summary.not_tried });
            summary.unreachable.get_or_insert(because);
            return Ok(summary);
        }
    }
    summary.not_tried = 0;
    Ok(summary)
}

fn to_be_sent(ledger: &Ledger, selection: &Selection) -> Result<Vec<DeliveryRecord>, LedgerError> {
    // No organisation is not every organisation.
    if selection.organisations.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    ledger.deliveries(&DeliveryFilter {
        organisations: selection.organisations.clone().unwrap_or_default(),
        states: DeliveryState::ALL.into_iter().filter(|state| state.is_to_be_sent()).collect(),
        ..DeliveryFilter::of_date(selection.report_date)
    })
}

/// The message, where it is the one that was verified for this delivery; else why it is held.
fn verified(message: Result<Message, WithheldMessage>, delivery: &DeliveryRecord) -> Result<Message, String> {
    let message = message.map_err(|error| error.to_string())?;
    if message.key != delivery.key || message.to != delivery.key.recipient || message.message_id != delivery.message_id {
        return Err("the archived message is another delivery's".to_owned());
    }
    if message_digest(&message.bytes) != delivery.message_digest {
        return Err(format!("{} changed after it was verified: reissue the report", delivery.message_path.display()));
    }
    Ok(message)
}

/// Waits until the next message may begin. Gives the time at which it does.
pub(super) fn await_turn(pace: Pace<'_>, begun_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let now = (pace.clock)();
    let (Some(rate), Some(begun_at)) = (pace.messages_per_minute, begun_at) else { return now };
    let interval = Duration::from_mins(1) / rate.get();
    // A clock that was set back must not make the run wait for longer than the interval.
    let passed = (now - begun_at).to_std().unwrap_or_default();
    let Some(wait) = interval.checked_sub(passed).filter(|wait| !wait.is_zero()) else { return now };
    (pace.sleep)(wait);
    (pace.clock)()
}

pub(super) fn read_outcome(outcome: &SendOutcome) -> (DeliveryState, Answer, String) {
    let (state, answer, text) = match outcome {
        SendOutcome::Accepted { reply } => (DeliveryState::Accepted, Answer::reply(reply), reply),
        SendOutcome::Refused { reply } => (DeliveryState::Refused, Answer::reply(reply), reply),
        SendOutcome::Deferred { reason, about: Deferral::Message } => (DeliveryState::Deferred, Answer::reply(reason), reason),
        SendOutcome::Deferred { reason, .. } => (DeliveryState::Deferred, Answer::reason(reason), reason),
        SendOutcome::Unknown { reason } => (DeliveryState::Unknown, Answer::reason(reason), reason),
    };
    (state, answer, text.clone())
}

fn pass_over(summary: &mut DeliverySummary, on_event: &mut dyn FnMut(&DeliveryEvent), key: &DeliveryKey) {
    summary.passed_over += 1;
    on_event(&DeliveryEvent::PassedOver { key: key.clone() });
}

fn settle(
    summary: &mut DeliverySummary,
    on_event: &mut dyn FnMut(&DeliveryEvent),
    key: &DeliveryKey,
    state: DeliveryState,
    because: String,
) {
    *summary.settled.entry(state).or_insert(0) += 1;
    on_event(&DeliveryEvent::Settled { key: key.clone(), state, because });
}

#[cfg(test)]
mod tests;
