//! What is told of a run of deliveries: event by event, and at its end.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::DeliveryState;
use crate::mail::DeliveryKey;

/// What happens while messages are sent. Recipients print masked; texts are fit for logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// So many deliveries are to be sent.
    Began(usize),
    /// The server put a delivery off a short while ago: it is left for a later run, from this time
    /// on.
    Waiting(DeliveryKey, DateTime<Utc>),
    /// A message is about to be handed over.
    Sending(DeliveryKey),
    /// A delivery came to a new state: by the server's words, or for this reason.
    Settled(DeliveryKey, DeliveryState, String),
    /// A delivery changed in the ledger since it was listed: somebody else sends it or has resolved
    /// it.
    PassedOver(DeliveryKey),
    /// This machine's message is not the one that is to be sent, for this reason; another machine
    /// that sends by the same ledger may have it.
    Left(DeliveryKey, String),
    /// A message could not be read from the archive, for this reason: it stays to be sent.
    Unread(DeliveryKey, String),
    /// Nothing more is sent, for this reason. So many were not tried: they stay as they are, for a
    /// later run.
    Stopped(String, usize),
}

/// What came of one call of [`deliver`](super::deliver).
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
    /// How many could not be read from the archive; they stay as they were.
    pub unread: usize,
    /// How many were not tried because nothing more was to be sent; they stay as they were.
    pub not_tried: usize,
    /// What to tell a person, where the server could not be reached or secured, or failed too often.
    pub unreachable: Option<String>,
    /// What to tell a person who must act, where the server refuses the log-in or the sender.
    pub sender_refused: Option<String>,
}

impl DeliverySummary {
    /// Whether the server was there, and took what came from this sender.
    pub fn is_reached(&self) -> bool {
        self.obstacle().is_none()
    }

    /// Why not all could be sent, where that was about no message: what needs a person first.
    pub fn obstacle(&self) -> Option<&str> {
        self.sender_refused
            .as_deref()
            .or(self.unreachable.as_deref())
    }

    /// How many a server took over, or lie in the outbox.
    pub fn handed_over(&self) -> usize {
        let settled = self.settled.iter();
        let those = settled.filter(|(state, _)| state.is_handed_over());
        those.map(|(_, number)| number).sum()
    }

    /// That so many which came to `state` go on from there.
    pub(super) fn forget(&mut self, state: DeliveryState, number: usize) {
        if let Some(count) = self.settled.get_mut(&state) {
            *count = count.saturating_sub(number);
        }
        self.settled.retain(|_, count| *count > 0);
    }

    /// How many came to `state`.
    pub fn count(&self, state: DeliveryState) -> usize {
        self.settled.get(&state).copied().unwrap_or(0)
    }
}
