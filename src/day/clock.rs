//! The clocks of the programme: its time zone, when reports are due, and when they are too old.

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::error::DayError;
use crate::delivery::{DeliveryRecord, Expiry};
use crate::domain::ReportDate;
use crate::settings::Settings;

/// When a day's report is due, local time: the moment that ages are counted to, and the Date of its
/// messages. The clock of the run has no part in a report, so that the same inputs make the same
/// bytes.
pub(super) const DUE: NaiveTime = match NaiveTime::from_hms_opt(7, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Reads `2026-11-22`, `today` or `yesterday`, given for an option such as `--date`.
pub(crate) fn read_date(
    option: &str,
    text: &str,
    settings: &Settings,
) -> Result<ReportDate, DayError> {
    let today = Utc::now()
        .with_timezone(&settings.programme.time_zone)
        .date_naive();
    ReportDate::parse(text, today).map_err(|error| DayError::Usage(format!("{option}: {error}")))
}

/// The Date of a report's messages.
pub(super) fn due_at(report_date: ReportDate, time_zone: Tz) -> DateTime<Tz> {
    let due = report_date.day().and_time(DUE);
    // The clocks change at one in the morning in Europe and at two in America: seven o'clock is
    // always there once.
    time_zone
        .from_local_datetime(&due)
        .earliest()
        .unwrap_or_else(|| Utc.from_utc_datetime(&due).with_timezone(&time_zone))
}

/// Whether a day is so long past that nobody expects its reports any more: two weeks.
pub(super) fn is_long_past(report_date: ReportDate, time_zone: Tz, now: DateTime<Utc>) -> bool {
    now > due_at(report_date, time_zone) + TimeDelta::weeks(2)
}

/// When a delivery is too old to be sent, by the settings.
pub(crate) fn expires_at(settings: &Settings, delivery: &DeliveryRecord) -> DateTime<Utc> {
    with_expiry(settings, |expiry| expiry.expires_at(delivery))
}

/// Does something by the settings' rule of when reports are too old.
pub(super) fn with_expiry<T>(settings: &Settings, act: impl FnOnce(Expiry<'_>) -> T) -> T {
    act(Expiry {
        after: TimeDelta::hours(settings.mail.expires_after_hours.get().into()),
        due_at: &|date| due_at(date, settings.programme.time_zone).to_utc(),
    })
}

/// Why the clock is to be doubted that says `now`, where a ledger was last written to at `last`, as a
/// sentence; `None` where they agree. What is sent is sent all the same: who doubts can look.
pub(super) fn doubt_of_clock(last: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    let (earliest, latest) = (last - TimeDelta::minutes(10), last + TimeDelta::weeks(1));
    if (earliest..=latest).contains(&now) {
        return None;
    }
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
    let what = if now < earliest {
        "is behind it"
    } else {
        "is far after it"
    };
    Some(format!(
        "The ledger was last written to on {}, and the clock of this machine says {}, which {what}. \
         If that cannot be, set the clock: reports are found too old by it, and “today” is its day.",
        time(last),
        time(now)
    ))
}

/// “07:35”
pub(crate) fn time_of_day(at: DateTime<Utc>, time_zone: Tz) -> String {
    at.with_timezone(&time_zone).format("%H:%M").to_string()
}

/// “2026-11-22 07:35”
pub(crate) fn day_and_time(at: DateTime<Utc>, time_zone: Tz) -> String {
    at.with_timezone(&time_zone)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;

    #[test]
    fn a_clock_is_doubted_that_is_behind_the_ledger_or_weeks_after_it() {
        let now = Utc::now();
        for (last, word) in [
            (now + TimeDelta::hours(24), Some("behind")),
            (now + TimeDelta::minutes(5), None),
            (now - TimeDelta::days(5), None),
            (now - TimeDelta::days(8), Some("far after")),
        ] {
            let doubt = doubt_of_clock(last, now);
            assert_eq!(doubt.is_some(), word.is_some(), "{doubt:?}");
            assert!(doubt.unwrap_or_default().contains(word.unwrap_or_default()));
        }
    }

    #[test]
    fn a_report_is_due_at_seven_by_the_clock_on_the_wall_whenever_clocks_change() {
        for (day, utc) in [
            ("2026-03-28", "2026-03-28T07:00:00+00:00"),
            ("2026-03-29", "2026-03-29T06:00:00+00:00"),
            ("2026-10-24", "2026-10-24T06:00:00+00:00"),
            ("2026-10-25", "2026-10-25T07:00:00+00:00"),
        ] {
            let date = ReportDate::parse(day, chrono::NaiveDate::MAX).unwrap();
            let due = due_at(date, London);
            assert_eq!(due.with_timezone(&Utc).to_rfc3339(), utc);
            assert_eq!(due.time(), DUE);
        }
    }
}
