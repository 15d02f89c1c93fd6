use chrono::{DateTime, Utc};

use super::dispatch::FAULTS_TO_STOP_AFTER;
use super::pace::Pace;
use super::progress::DeliverySummary;
use super::transport::{Letter, Transport};
use crate::domain::DeliveryState;

/// Sends messages that are no deliveries, such as rehearsals and Run Summaries: the ledger knows
/// nothing of them, and nothing is tried again.
pub struct Rehearsal<'a> {
    transport: &'a mut dyn Transport,
    pace: Pace<'a>,
    begun_at: Option<DateTime<Utc>>,
    faults_in_a_row: usize,
    summary: DeliverySummary,
}

impl<'a> Rehearsal<'a> {
    /// A rehearsal over `transport`, at the pace of the real thing.
    pub fn new(transport: &'a mut dyn Transport, pace: Pace<'a>) -> Self {
        Self {
            transport,
            pace,
            begun_at: None,
            faults_in_a_row: 0,
            summary: DeliverySummary::default(),
        }
    }

    /// Sends a letter, and says what became of it; `None` where the server had failed too often
    /// before.
    pub fn send(&mut self, letter: &Letter<'_>) -> Option<(DeliveryState, String)> {
        self.summary.due += 1;
        if self.faults_in_a_row == FAULTS_TO_STOP_AFTER {
            self.summary.not_tried += 1;
            return None;
        }
        self.begun_at = Some(self.pace.await_turn(self.begun_at));
        let outcome = self.transport.hand_over(letter);
        let (state, reason) = (outcome.state(), outcome.text().to_owned());
        *self.summary.settled.entry(state).or_insert(0) += 1;
        self.faults_in_a_row = outcome.faults_in_a_row(self.faults_in_a_row);
        if self.faults_in_a_row == FAULTS_TO_STOP_AFTER {
            self.summary.unreachable = Some(reason.clone());
        }
        Some((state, reason))
    }

    /// Ends the rehearsal, and says what came of it.
    pub fn finish(self) -> DeliverySummary {
        self.transport.finish();
        self.summary
    }
}
