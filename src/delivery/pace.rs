use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::record::DeliveryRecord;
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
    /// Waits for so long, unless the run is interrupted.
    pub sleep: &'a dyn Fn(Duration),
    /// Several accounts that send side by side, each at its own pace; `None` for one.
    pub lanes: Option<Lanes<'a>>,
    /// Why no further message is begun at a time, in words, where none is; `None` for no end.
    pub stops: Option<&'a dyn Fn(DateTime<Utc>) -> Option<String>>,
}

/// Accounts that send side by side.
#[derive(Clone, Copy)]
pub struct Lanes<'a> {
    /// The pace of each.
    pub messages_per_minute: &'a [NonZeroU32],
    /// Which of them sends a delivery.
    pub of: &'a dyn Fn(&DeliveryRecord) -> usize,
}

/// The shortest wait once the server found messages too fast, and the longest.
const SLOWEST: Duration = Duration::from_mins(1);
const SLOWER_BY_AT_LEAST: Duration = Duration::from_secs(1);

/// When the next message of an account may begin: as the settings say, and slower where the server
/// asked for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// What is waited by the settings.
    interval: Duration,
    /// When the last message began.
    begun_at: Option<DateTime<Utc>>,
    /// What is waited longer than the settings say.
    slower_by: Duration,
}

impl Turn {
    pub(super) fn new(messages_per_minute: Option<NonZeroU32>) -> Self {
        let interval = messages_per_minute.map(|number| Duration::from_mins(1) / number.get());
        Self {
            interval: interval.unwrap_or_default(),
            begun_at: None,
            slower_by: Duration::ZERO,
        }
    }

    /// How long the next message has to wait; `None` where it may begin now.
    pub(super) fn wait(&self, pace: &Pace<'_>) -> Option<Duration> {
        // A clock that was set back must not make the run wait for longer than the interval.
        let passed = ((pace.clock)() - self.begun_at?)
            .to_std()
            .unwrap_or_default();
        let wait = (self.interval + self.slower_by).checked_sub(passed);
        wait.filter(|wait| !wait.is_zero())
    }

    pub(super) fn begin(&mut self, at: DateTime<Utc>) {
        self.begun_at = Some(at);
    }

    /// Learns of what became of a message: each that came too fast doubles the wait, each that was
    /// taken gives an eighth of it back.
    pub(super) fn learn(&mut self, outcome: &SendOutcome) {
        match outcome {
            SendOutcome::Deferred(_, Deferral::Pace) => {
                let more = (self.interval + self.slower_by).max(SLOWER_BY_AT_LEAST);
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

    /// Why no further message is begun; `None` where the next may be.
    pub(super) fn is_over(&self) -> Option<String> {
        self.stops.and_then(|stops| stops((self.clock)()))
    }
}
