//! Days and times.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, Utc};
use chrono_tz::Tz;

use super::numbers::plain_digits;
use super::words::tidy;
use super::{Reading, Unreadable, stands_for_none, text};
use crate::domain::DateOrder;

mod parts;

use parts::MomentParts;

/// How an export writes time, and where its organisation is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DateForm {
    pub(crate) order: DateOrder,
    /// Into which a time of another zone is converted.
    pub(crate) time_zone: Tz,
}

/// Years that tools write where there is no date: Outlook 4501, Windows 1601, .NET 1 and 9999, SQL
/// Server 1753, OLE 1899.
const YEARS_OF_NO_DATE: [i32; 6] = [1, 1601, 1753, 1899, 4501, 9999];

/// A day, and the time where there is one: `20/11/2026`, `20/11/2026 06:12`, `2026-11-20T06:12:30Z`,
/// `Friday, 20th November 2026 6:12 a.m.` A weekday must be that of the day. Without a year, or with
/// one of two digits in `20-11-26`, which could be two days, it is none.
pub(crate) fn moment(cell: &str, date_form: DateForm) -> Reading<NaiveDateTime> {
    if let Some(moment) = usual(cell.as_bytes(), date_form.order) {
        return Ok(Some(moment));
    }
    let Some(text) = text(cell)? else {
        return Ok(None);
    };
    let text = tidy(text);
    if stands_for_none(&text) {
        return Ok(None);
    }
    let moment = of_json(&text, date_form)
        .or_else(|| MomentParts::of(&text)?.moment(date_form))
        .ok_or(Unreadable)?;
    match moment.year() {
        1900..=2200 => Ok(Some(moment)),
        year if YEARS_OF_NO_DATE.contains(&year) => Ok(None),
        _ => Err(Unreadable),
    }
}

/// What nearly every cell is: two digits for day, month, hour, minute and second.
fn usual(text: &[u8], order: DateOrder) -> Option<NaiveDateTime> {
    let (day, rest) = text.split_first_chunk::<10>()?;
    let (year, month, day) = match *day {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => ([y1, y2, y3, y4], [m1, m2], [d1, d2]),
        [
            a1,
            a2,
            mark @ (b'/' | b'.' | b'-'),
            b1,
            b2,
            other,
            y1,
            y2,
            y3,
            y4,
        ] if mark == other => {
            let (day, month) = match order {
                DateOrder::DayMonthYear => ([a1, a2], [b1, b2]),
                DateOrder::MonthDayYear => ([b1, b2], [a1, a2]),
            };
            ([y1, y2, y3, y4], month, day)
        }
        _ => return None,
    };
    let time = match *rest {
        [] => NaiveTime::MIN,
        [b' ' | b'T', h1, h2, b':', m1, m2] => {
            NaiveTime::from_hms_opt(pair([h1, h2])?, pair([m1, m2])?, 0)?
        }
        [b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2] => {
            NaiveTime::from_hms_opt(pair([h1, h2])?, pair([m1, m2])?, pair([s1, s2])?)?
        }
        _ => return None,
    };
    let year = i32::try_from(plain_digits(&year)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, pair(month)?, pair(day)?)?;
    (1900..=2200).contains(&year).then(|| day.and_time(time))
}

/// The number of two digits.
fn pair([tens, ones]: [u8; 2]) -> Option<u32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

/// `/Date(1732060800000)/`: milliseconds since 1970 in UTC, as older JSON of .NET has them. A zone
/// behind them changes nothing.
fn of_json(text: &str, date_form: DateForm) -> Option<NaiveDateTime> {
    let text = text.replace('\\', "");
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let zone = inner.rfind(['+', '-']).filter(|at| *at > 0);
    let digits = inner.get(..zone.unwrap_or(inner.len()))?;
    let moment = DateTime::from_timestamp_millis(digits.parse().ok()?)?;
    converted(moment.naive_utc(), Utc.fix(), date_form)
}

/// A moment of `zone`, in the organisation's time zone. A year that stands for no date stays.
fn converted(
    moment: NaiveDateTime,
    zone: FixedOffset,
    date_form: DateForm,
) -> Option<NaiveDateTime> {
    if YEARS_OF_NO_DATE.contains(&moment.year()) {
        return Some(moment);
    }
    let moment = moment.and_local_timezone(zone).single()?;
    Some(moment.with_timezone(&date_form.time_zone).naive_local())
}
