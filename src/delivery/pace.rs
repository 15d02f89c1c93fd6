use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};

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
}

impl Pace<'_> {
    /// How long the next message has to wait; `None` where it may begin now.
    pub(super) fn wait_before_next(&self, begun_at: Option<DateTime<Utc>>) -> Option<Duration> {
        let interval = Duration::from_mins(1) / self.messages_per_minute?.get();
        // A clock that was set back must not make the run wait for longer than the interval.
        let passed = ((self.clock)() - begun_at?).to_std().unwrap_or_default();
        interval.checked_sub(passed).filter(|wait| !wait.is_zero())
    }

    /// Waits until the next message may begin. Gives the time at which it does.
    pub(super) fn await_turn(&self, begun_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
        if let Some(wait) = self.wait_before_next(begun_at) {
            (self.sleep)(wait);
        }
        (self.clock)()
    }
}
