use std::num::NonZeroU32;
use std::time::Duration;

use super::pace::{Pace, Turn};
use super::progress::DeliverySummary;
use super::streak::{Stop, Streak};
use super::transport::{Leave, OutgoingMessage, Transport};
use crate::domain::DeliveryState;

/// Sends messages that are no deliveries, such as rehearsals and Run Summaries: the ledger knows
/// nothing of them, and nothing is tried again.
pub struct Rehearsal<'a> {
    transport: &'a mut dyn Transport,
    pace: Pace<'a>,
    accounts: Vec<AccountPace>,
    summary: DeliverySummary,
}

/// When the next message of an account may go, and what the server thinks of it.
struct AccountPace {
    turn: Turn,
    streak: Streak,
    is_stopped: bool,
}

impl AccountPace {
    fn new(messages_per_minute: Option<NonZeroU32>) -> Self {
        Self {
            turn: Turn::new(messages_per_minute),
            streak: Streak::default(),
            is_stopped: false,
        }
    }
}

impl<'a> Rehearsal<'a> {
    /// A rehearsal over `transport`, at the pace of the real thing.
    pub fn new(transport: &'a mut dyn Transport, pace: Pace<'a>) -> Self {
        Self {
            transport,
            pace,
            accounts: vec![AccountPace::new(pace.messages_per_minute)],
            summary: DeliverySummary::default(),
        }
    }

    /// By several accounts, each at its own pace; what has no pace stays one.
    #[must_use]
    pub fn with_accounts(mut self, messages_per_minute: &[NonZeroU32]) -> Self {
        if self.pace.messages_per_minute.is_some() {
            let accounts = messages_per_minute.iter();
            self.accounts = accounts.map(|pace| AccountPace::new(Some(*pace))).collect();
        }
        self
    }

    /// How long the next message by an account has to wait.
    pub fn wait(&self, account: usize) -> Duration {
        let account = self.accounts.get(account).or(self.accounts.last());
        account
            .filter(|account| !account.is_stopped)
            .and_then(|account| account.turn.wait(&self.pace))
            .unwrap_or_default()
    }

    /// Sends a message by an account, and says what became of it; `None` where the server had failed
    /// too often before.
    ///
    /// `leave` is asked before it is out.
    pub fn send(
        &mut self,
        account: usize,
        message: &OutgoingMessage<'_>,
        leave: &mut Leave<'_>,
    ) -> Option<(DeliveryState, String)> {
        self.summary.due += 1;
        let last = self.accounts.len().saturating_sub(1);
        let account = self.accounts.get_mut(account.min(last));
        let Some(account) = account.filter(|account| !account.is_stopped) else {
            self.summary.not_tried += 1;
            return None;
        };
        account.turn.begin(self.pace.await_turn(&account.turn));
        let outcome = self.transport.hand_over(message, leave);
        let (state, reason) = (outcome.state(), outcome.text().to_owned());
        *self.summary.settled.entry(state).or_insert(0) += 1;
        account.turn.learn(&outcome);
        // Each message stands for an organisation, since all may go to one person.
        let file = message.file.to_string_lossy();
        if let Some(stop) = account.streak.note(&file, &file, &outcome) {
            account.is_stopped = true;
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::path::PathBuf;

    use chrono::Utc;

    use super::super::transport::SendOutcome;
    use super::*;
    use crate::domain::EmailAddress;

    struct Taking;

    impl Transport for Taking {
        fn hand_over(&mut self, _: &OutgoingMessage<'_>, _: &mut Leave<'_>) -> SendOutcome {
            SendOutcome::Accepted("250".to_owned())
        }

        fn finish(&mut self) {}
    }

    #[test]
    fn accounts_send_side_by_side_each_at_its_own_pace() {
        let thirty = NonZeroU32::new(30).unwrap();
        let address = EmailAddress::parse("tester@nhs.example").unwrap();
        let begins_at = Utc::now();
        for (paces, seconds) in [
            (vec![thirty], 38),
            (vec![thirty; 2], 18),
            (vec![thirty; 4], 8),
        ] {
            let now = Cell::new(begins_at);
            let clock = || now.get();
            let sleep = |time| now.set(now.get() + time);
            let pace = Pace {
                messages_per_minute: Some(thirty),
                despite_back_off: false,
                clock: &clock,
                sleep: &sleep,
                lanes: None,
                stops: None,
            };
            let mut transport = Taking;
            let mut rehearsal = Rehearsal::new(&mut transport, pace).with_accounts(&paces);
            for number in 0..20 {
                let next = (0..paces.len()).min_by_key(|account| rehearsal.wait(*account));
                let message = OutgoingMessage {
                    file: PathBuf::from(number.to_string()),
                    from: &address,
                    to: &address,
                    bytes: b"",
                };
                assert!(
                    rehearsal
                        .send(next.unwrap(), &message, &mut || true)
                        .is_some()
                );
            }
            assert_eq!(rehearsal.finish().due, 20);
            assert_eq!((now.get() - begins_at).num_seconds(), seconds);
        }
    }
}
