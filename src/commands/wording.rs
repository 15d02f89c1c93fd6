use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// “1 message”, “2 messages”.
pub(super) fn count_of(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

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
