use super::pace::{Pace, Turn};
use super::progress::DeliverySummary;
use super::streak::{Stop, Streak};
use super::transport::{Letter, Transport};
use crate::domain::DeliveryState;

/// Sends messages that are no deliveries, such as rehearsals and Run Summaries: the ledger knows
/// nothing of them, and nothing is tried again.
pub struct Rehearsal<'a> {
    transport: &'a mut dyn Transport,
    pace: Pace<'a>,
    turn: Turn,
    streak: Streak,
    is_stopped: bool,
    summary: DeliverySummary,
}

impl<'a> Rehearsal<'a> {
    /// A rehearsal over `transport`, at the pace of the real thing.
    pub fn new(transport: &'a mut dyn Transport, pace: Pace<'a>) -> Self {
        Self {
            transport,
            pace,
            turn: Turn::new(pace.messages_per_minute),
            streak: Streak::default(),
            is_stopped: false,
            summary: DeliverySummary::default(),
        }
    }

    /// Sends a letter, and says what became of it; `None` where the server had failed too often
    /// before.
    pub fn send(&mut self, letter: &Letter<'_>) -> Option<(DeliveryState, String)> {
        self.summary.due += 1;
        if self.is_stopped {
            self.summary.not_tried += 1;
            return None;
        }
        self.turn.begin(self.pace.await_turn(&self.turn));
        let outcome = self.transport.hand_over(letter);
        let (state, reason) = (outcome.state(), outcome.text().to_owned());
        *self.summary.settled.entry(state).or_insert(0) += 1;
        self.turn.learn(&outcome);
        // Each letter stands for an organisation, since all may go to one person.
        let file = letter.file.to_string_lossy();
        if let Some(stop) = self.streak.note(&file, &file, &outcome) {
            self.is_stopped = true;
            match stop {
                Stop::Server(reason) => self.summary.unreachable = Some(reason),
                Stop::Sender(reason) => self.summary.sender_refused = Some(reason),
            }
        }
        Some((state, reason))
    }

    /// Ends the rehearsal, and says what came of it.
    pub fn finish(self) -> DeliverySummary {
        self.transport.finish();
        self.summary
    }
}
