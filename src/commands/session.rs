use chrono::Utc;

use super::console::Console;
use super::failure::Failure;
use super::ledger;
use super::leftovers;
use super::reading::due_at;
use crate::archive::Lock;
use crate::delivery::{Expiry, Ledger};
use crate::domain::ReportDate;
use crate::domain::plural::{count_of, counted};
use crate::mail::DeliveryKey;
use crate::settings::Settings;

/// The right to change the data folder, and its ledger, in which what earlier runs left is settled.
pub(super) struct Session {
    pub(super) ledger: Ledger,
    /// Deliveries of any day that were found too old to be sent.
    pub(super) expired: Vec<DeliveryKey>,
    _lock: Lock,
}

impl Session {
    /// Takes the lock, opens the ledger, and notes which deliveries were interrupted and which have
    /// expired.
    pub(super) fn begin(settings: &Settings, console: &Console) -> Result<Self, Failure> {
        let now = Utc::now();
        let holder = format!(
            "process {}, since {}",
            std::process::id(),
            now.format("%Y-%m-%d %H:%M:%S UTC")
        );
        let lock = Lock::take(&settings.data.folder, &holder)?;
        for left in leftovers::remove(&lock, settings) {
            console.warning(&left);
        }
        let mut ledger = ledger::open(settings)?;
        let interrupted = ledger.mark_interrupted(now)?;
        if interrupted > 0 {
            console.warning(&format!(
                "{} under way when an earlier run ended: it is unknown whether they arrived; see \
                 deliveries --state unknown",
                counted(interrupted, "delivery was", "deliveries were")
            ));
        }
        let due = |date: ReportDate| due_at(date, settings.programme.time_zone).to_utc();
        let expired = expiry(settings, &due).expire(&mut ledger, now)?;
        for key in &expired {
            console.detail(&format!(
                "{} {} of {} to {} expired",
                key.organisation, key.report, key.report_date, key.recipient
            ));
        }
        if !expired.is_empty() {
            console.warning(&format!(
                "{} expired: too old to be sent; see deliveries --state expired",
                count_of(expired.len(), "message")
            ));
        }
        Ok(Self {
            ledger,
            expired,
            _lock: lock,
        })
    }
}

/// When reports are too old to be sent, by the settings.
pub(super) fn expiry<'a>(
    settings: &Settings,
    due_at: &'a dyn Fn(ReportDate) -> chrono::DateTime<Utc>,
) -> Expiry<'a> {
    Expiry {
        after: chrono::TimeDelta::hours(settings.mail.expires_after_hours.get().into()),
        due_at,
    }
}
