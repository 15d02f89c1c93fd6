use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// “07:35” on the clocks of the programme.
pub(super) fn time_of_day(at: DateTime<Utc>, time_zone: Tz) -> String {
    at.with_timezone(&time_zone).format("%H:%M").to_string()
}

/// “2026-11-22 07:35” on the clocks of the programme.
pub(super) fn day_and_time(at: DateTime<Utc>, time_zone: Tz) -> String {
    at.with_timezone(&time_zone)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}
