//! How long a delivery waits before it is tried again, and when it is no longer worth sending.

use chrono::{DateTime, TimeDelta, Utc};

use super::ledger::{Ledger, LedgerError};
use super::record::{DeliveryRecord, StateNote};
use crate::domain::{DeliveryState, ReportDate};
use crate::mail::DeliveryKey;

/// The wait after the first attempt; each further attempt doubles it. Greylisting servers ask for
/// about as long.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(5);
/// The longest wait: a report of the morning is to arrive before the day is over.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(2);

/// The wait after so many attempts: 5, 10, 20, 40, 80 minutes, then 2 hours.
fn back_off(attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(5);
    (FIRST_WAIT * 2_i32.pow(doublings)).min(LONGEST_WAIT)
}

impl DeliveryRecord {
    /// Until when a run that begins at `now` leaves the delivery alone; `None` where it is due.
    ///
    /// Only what the server put off in words waits, longer with each attempt. Where the server
    /// could not be reached or the connection was lost, nothing was said about the message: the
    /// next run tries it, and stops by itself where the server is still away.
    pub fn waits_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.state != DeliveryState::Deferred || self.server_reply.is_none() {
            return None;
        }
        let until = self.updated_at + back_off(self.attempts);
        // An attempt in the future was made before the clock was set back: how long ago it was is
        // unknown.
        (self.updated_at <= now && now < until).then_some(until)
    }
}

/// When reports are too old to be sent.
#[derive(Clone, Copy)]
pub struct Expiry<'a> {
    /// How long a report is worth sending.
    pub after: TimeDelta,
    /// When the report of a day is due.
    pub due_at: &'a dyn Fn(ReportDate) -> DateTime<Utc>,
}

impl Expiry<'_> {
    /// When a delivery is too old: counted from when its report was due, or was prepared or given back
    /// by a person where that was later. Who makes an old day's reports anew wants them sent.
    pub fn expires_at(&self, delivery: &DeliveryRecord) -> DateTime<Utc> {
        let wanted_at = match delivery.is_wanted_again() {
            true => delivery.updated_at,
            false => delivery.prepared_at,
        };
        (self.due_at)(delivery.key.report_date).max(wanted_at) + self.after
    }

    /// Gives back to be sent what was found too old and is not at `now`: the clock was ahead then, or
    /// the settings were others. Gives their number.
    pub fn lift(&self, ledger: &mut Ledger, now: DateTime<Utc>) -> Result<usize, LedgerError> {
        let mut lifted = 0;
        for delivery in ledger.expired_since(now - self.after)? {
            let reason = StateNote::reason("was found too old to be sent by another clock");
            let key = &delivery.key;
            let newest = ledger.edition(key.report_date, &key.organisation, key.report)?;
            if self.expires_at(&delivery) > now
                && newest.is_some_and(|newest| newest.edition == key.edition)
                && ledger.set_aside(&delivery, DeliveryState::Deferred, &reason, now)?
            {
                lifted += 1;
            }
        }
        Ok(lifted)
    }

    /// Expires every delivery of any day that is still to be sent and too old at `now`, and of those
    /// `lying` in the outbox, which are about to leave it. Gives them.
    pub fn expire(
        &self,
        ledger: &mut Ledger,
        lying: Vec<DeliveryRecord>,
        now: DateTime<Utc>,
    ) -> Result<Vec<DeliveryKey>, LedgerError> {
        let mut expired = Vec::new();
        for delivery in ledger.to_be_sent()?.into_iter().chain(lying) {
            let at = self.expires_at(&delivery);
            if at <= now {
                let last = delivery.explanation();
                let last = last.map(|last| format!("; the last attempt: {last}"));
                let last = last.unwrap_or_default();
                let reason = format!(
                    "too old to be sent since {}{last}",
                    at.format("%Y-%m-%d %H:%M UTC")
                );
                // Another machine may have sent it meanwhile, or found the same.
                if ledger.set_aside(
                    &delivery,
                    DeliveryState::Expired,
                    &StateNote::reason(reason),
                    now,
                )? {
                    expired.push(delivery.key);
                }
            }
        }
        Ok(expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_doubles_the_wait_up_to_two_hours() {
        let minutes: Vec<i64> = [0, 1, 2, 3, 4, 5, 6, 7, u32::MAX]
            .into_iter()
            .map(|attempts| back_off(attempts).num_minutes())
            .collect();
        assert_eq!(minutes, [5, 5, 10, 20, 40, 80, 120, 120, 120]);
    }
}
