use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::transport::{Deferral, SendOutcome};

/// How fast to send, by which clock.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    /// The most messages a minute; `None` for no limit.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Whether to send even what the server put off a short while ago
    /// ([`DeliveryRecord::waits_until`](super::DeliveryRecord::waits_until)).
    pub despite_back_off: bool,
    /// What time it is.
    pub clock: &'a dyn Fn() -> DateTime<Utc>,
    /// Waits.
    pub sleep: &'a dyn Fn(Duration),
    /// When no further message is begun; `None` for no end.
    pub ends_at: Option<DateTime<Utc>>,
}

/// The shortest wait once the server found messages too fast, and the longest.
const SLOWEST: Duration = Duration::from_mins(1);
const SLOWER_BY_AT_LEAST: Duration = Duration::from_secs(1);

/// When the next message of an account may begin: as the settings say, and slower where the server
/// asked for it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    /// When the last message began.
    begun_at: Option<DateTime<Utc>>,
    /// What is waited longer than the settings say.
    slower_by: Duration,
}

impl Turn {
    /// How long the next message has to wait; `None` where it may begin now.
    pub(super) fn wait(&self, pace: &Pace<'_>) -> Option<Duration> {
        let interval = pace.messages_per_minute.map_or(Duration::ZERO, |number| {
            Duration::from_mins(1) / number.get()
        });
        // A clock that was set back must not make the run wait for longer than the interval.
        let passed = ((pace.clock)() - self.begun_at?)
            .to_std()
            .unwrap_or_default();
        let wait = (interval + self.slower_by).checked_sub(passed);
        wait.filter(|wait| !wait.is_zero())
    }

    pub(super) fn begin(&mut self, at: DateTime<Utc>) {
        self.begun_at = Some(at);
    }

    /// Learns of what became of a message: each that came too fast doubles the wait, each that was
    /// taken gives an eighth of it back.
    pub(super) fn learn(&mut self, pace: &Pace<'_>, outcome: &SendOutcome) {
        match outcome {
            SendOutcome::Deferred(_, Deferral::Pace) => {
                let interval = pace.messages_per_minute.map_or(Duration::ZERO, |number| {
                    Duration::from_mins(1) / number.get()
                });
                let more = (interval + self.slower_by).max(SLOWER_BY_AT_LEAST);
                self.slower_by = (self.slower_by + more).min(SLOWEST);
            }
            SendOutcome::Accepted(_) => self.slower_by = self.slower_by * 7 / 8,
            _ => {}
        }
    }
}

impl Pace<'_> {
    /// Waits until the next message may begin. Gives the time at which it does.
    pub(super) fn await_turn(&self, turn: &Turn) -> DateTime<Utc> {
        if let Some(wait) = turn.wait(self) {
            (self.sleep)(wait);
        }
        (self.clock)()
    }

    /// Whether it is too late to begin another message.
    pub(super) fn is_over(&self) -> bool {
        self.ends_at.is_some_and(|end| (self.clock)() >= end)
    }
}
