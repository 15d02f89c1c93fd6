//! Numbers, sizes and dates as exports write them. Each function gives `None` for what it cannot
//! read for certain.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::domain::DateOrder;
use crate::exports::Unit;

/// The most items that a mailbox can be said to hold, and the most bytes: a thousand times what any
/// does. With such limits no sum over millions of mailboxes leaves the range of a whole number.
const MOST_ITEMS: i64 = 1_000_000_000_000;
const MOST_BYTES: f64 = 1e15;

/// A whole number, not negative: `1234`, `1,234`, `1.234`, `1 234`, `1234.0`.
pub(super) fn count(text: &str) -> Option<i64> {
    if let Some(number) = plain_digits(text.as_bytes()) {
        return Some(i64::from(number));
    }
    let text = text.strip_suffix(".0").unwrap_or(text);
    let is_separator = |c: char| matches!(c, ',' | '.' | '\'' | '’' | ' ' | '\u{A0}' | '\u{202F}');
    let mut groups = text.split(is_separator);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let are_digits =
        |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(first)
        || rest
            .iter()
            .any(|group| group.len() != 3 || !are_digits(group))
        || (!rest.is_empty() && first.len() > 3)
    {
        return None;
    }
    let mut separators = text.chars().filter(|c| is_separator(*c));
    let separator = separators.next();
    if separators.any(|other| Some(other) != separator) {
        return None;
    }
    let number: i64 = rest
        .iter()
        .fold(first.to_owned(), |digits, group| digits + group)
        .parse()
        .ok()?;
    (number <= MOST_ITEMS).then_some(number)
}

/// The number of at most nine digits and nothing else: most of what is read.
fn plain_digits(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// A percentage: `86`, `86%`, `86.5`, `86,5 %`. Above 100 it is kept: it is the tool's, and worth a
/// finding.
pub(super) fn percentage(text: &str) -> Option<f64> {
    if let Some(number) = plain_digits(text.as_bytes()) {
        return Some(f64::from(number));
    }
    let number = text.strip_suffix('%').unwrap_or(text).trim_end();
    if number.contains(',') {
        plain_decimal(&number.replace(',', "."))
    } else {
        plain_decimal(number)
    }
}

/// A size in bytes. `28.45 GB (30,551,458,399 bytes)` is the bytes in brackets, in any culture's
/// thousands; `28.45 GB` is what its own unit says, rounded; `51.2` and `1,024.5` are in `unit`. A
/// single comma before three digits separates thousands.
pub(super) fn size_bytes(text: &str, unit: Unit) -> Option<i64> {
    if let Some(number) = plain_decimal(text) {
        return whole_bytes(number * unit.bytes());
    }
    if let Some((_, bracketed)) = text.split_once('(') {
        return count(
            bracketed
                .strip_suffix(')')?
                .trim()
                .strip_suffix("bytes")?
                .trim_end(),
        );
    }
    let (number, factor) = with_own_unit(text).unwrap_or((text, unit.bytes()));
    let number = match (number.rfind(','), number.rfind('.')) {
        (Some(comma), Some(point)) if comma > point => number.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => number.replace(',', ""),
        (Some(_), None) => {
            count(number).map_or_else(|| number.replace(',', "."), |count| count.to_string())
        }
        (None, None) => count(number).map_or_else(|| number.to_owned(), |count| count.to_string()),
        (None, Some(_)) => number.to_owned(),
    };
    whole_bytes(plain_decimal(&number)? * factor)
}

fn whole_bytes(bytes: f64) -> Option<i64> {
    let bytes = bytes.round();
    #[allow(clippy::cast_possible_truncation)] // whole and within range
    (bytes <= MOST_BYTES).then_some(bytes as i64)
}

/// The number before a unit, and how many bytes that unit is. Powers of 1,024, as Windows and
/// Exchange print them.
fn with_own_unit(text: &str) -> Option<(&str, f64)> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(number)?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "b" | "bytes" => 1.0,
        "kb" => 1024.0,
        "mb" => 1024.0 * 1024.0,
        "gb" => 1024.0 * 1024.0 * 1024.0,
        "tb" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some((number.trim_end(), factor))
}

/// Digits with at most one point.
fn plain_decimal(number: &str) -> Option<f64> {
    if let Some(number) = plain_digits(number.as_bytes()) {
        return Some(f64::from(number));
    }
    let is_plain = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && number.bytes().any(|byte| byte.is_ascii_digit());
    is_plain
        .then(|| number.parse().ok())
        .flatten()
        .filter(|number: &f64| number.is_finite())
}

/// A day, and the time where there is one: `20/11/2026`, `20/11/2026 06:12`, `20/11/2026 06:12:30`,
/// `2026-11-20T06:12:30`.
pub(super) fn moment(text: &str, order: DateOrder) -> Option<NaiveDateTime> {
    let (day, time) = match text.bytes().position(|byte| matches!(byte, b' ' | b'T')) {
        Some(at) => (text.get(..at)?, time_of_day(text.get(at + 1..)?.trim())?),
        None => (text, NaiveTime::MIN),
    };
    Some(calendar_day(day, order)?.and_time(time))
}

/// Whether a date is the one that Outlook (1 January 4501), Windows (1601) or .NET (0001) writes
/// where there is none.
pub(super) fn stands_for_no_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    day.split(['/', '-', '.'])
        .any(|part| matches!(part, "4501" | "1601" | "0001"))
}

/// A text in lower case, which most addresses are already.
pub(super) fn in_lower_case(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// The other order.
pub(super) fn reversed(order: DateOrder) -> DateOrder {
    match order {
        DateOrder::DayMonthYear => DateOrder::MonthDayYear,
        DateOrder::MonthDayYear => DateOrder::DayMonthYear,
    }
}

fn calendar_day(text: &str, order: DateOrder) -> Option<NaiveDate> {
    let number = |text: &[u8], digits: std::ops::RangeInclusive<usize>| {
        digits
            .contains(&text.len())
            .then(|| plain_digits(text))
            .flatten()
    };
    let mut parts = text
        .as_bytes()
        .split(|byte| matches!(byte, b'/' | b'-' | b'.'));
    let (Some(first), Some(second), Some(third), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let (year, month, day) = if first.len() == 4 {
        (
            number(first, 4..=4)?,
            number(second, 2..=2)?,
            number(third, 2..=2)?,
        )
    } else {
        let (first, second) = (number(first, 1..=2)?, number(second, 1..=2)?);
        let year = number(third, 4..=4)?;
        match order {
            DateOrder::DayMonthYear => (year, second, first),
            DateOrder::MonthDayYear => (year, first, second),
        }
    };
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    // Most times are like these; the general way takes many times as long.
    let usual = match text.as_bytes() {
        [hour @ .., b':', m1, m2] if hour.len() == 2 => Some((hour, [*m1, *m2], [b'0', b'0'])),
        [hour @ .., b':', m1, m2, b':', s1, s2] if hour.len() == 2 => {
            Some((hour, [*m1, *m2], [*s1, *s2]))
        }
        _ => None,
    };
    if let Some((hour, minute, second)) = usual
        && let (Some(hour), Some(minute), Some(second)) = (
            plain_digits(hour),
            plain_digits(&minute),
            plain_digits(&second),
        )
        && let Some(time) = NaiveTime::from_hms_opt(hour, minute, second)
    {
        return Some(time);
    }
    // Newer versions of .NET write a narrow no-break space before AM and PM.
    if text.contains('\u{202F}') {
        return time_of_day(&text.replace('\u{202F}', " "));
    }
    [
        "%H:%M:%S",
        "%H:%M",
        "%H:%M:%S%.f",
        "%I:%M:%S %p",
        "%I:%M %p",
    ]
    .iter()
    .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_whole_and_not_negative() {
        for (text, number) in [
            ("0", 0),
            ("1234", 1234),
            ("1,234", 1234),
            ("12 345 678", 12_345_678),
            ("1.234", 1234),
            ("7.0", 7),
            ("1\u{A0}234", 1234),
        ] {
            assert_eq!(count(text), Some(number), "{text}");
        }
        for text in [
            "",
            "-1",
            "1.5",
            "12,34",
            "1,234.567",
            "1e3",
            "abc",
            "1234,567",
            ",",
            "99999999999999999999",
            "5000000000000",
            "٣",
        ] {
            assert_eq!(count(text), None, "{text}");
        }
    }

    #[test]
    fn percentages_take_a_sign_and_either_decimal_mark() {
        for (text, number) in [
            ("86", 86.0),
            ("86%", 86.0),
            ("86.5", 86.5),
            ("86,5 %", 86.5),
            ("100.00", 100.0),
            ("104", 104.0),
        ] {
            assert_eq!(percentage(text), Some(number), "{text}");
        }
        let endless = "9".repeat(400);
        for text in ["", "%", "n/a", "-5", "1,234.5", "NaN", "inf", &endless] {
            assert_eq!(percentage(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_become_bytes() {
        assert_eq!(size_bytes("1", Unit::Kibibytes), Some(1024));
        assert_eq!(size_bytes("1,024.5", Unit::Bytes), Some(1025));
        assert_eq!(size_bytes("1,024", Unit::Bytes), Some(1024));
        assert_eq!(size_bytes("1.024,5", Unit::Bytes), Some(1025));
        assert_eq!(size_bytes("0,5", Unit::Mebibytes), Some(524_288));
        assert_eq!(size_bytes("-1", Unit::Bytes), None);
        assert_eq!(size_bytes("1 024", Unit::Bytes), Some(1024));
    }

    #[test]
    fn sizes_with_bytes_in_brackets_are_those_bytes_in_any_culture() {
        for text in [
            "28.45 GB (30,551,458,399 bytes)",
            "28,45 GB (30.551.458.399 bytes)",
            "28.45 GB (30'551'458'399 bytes)",
            "28,45 GB (30\u{A0}551\u{A0}458\u{A0}399 bytes)",
            "28,45\u{A0}GB (30\u{202F}551\u{202F}458\u{202F}399\u{A0}bytes)",
            "28.45 GB (30551458399 bytes)",
        ] {
            assert_eq!(
                size_bytes(text, Unit::Mebibytes),
                Some(30_551_458_399),
                "{text}"
            );
        }
        assert_eq!(size_bytes("0 B (0 bytes)", Unit::Bytes), Some(0));
        for text in [
            "28.45 GB (30,551,458,39 bytes)",
            "28.45 GB (many bytes)",
            "28.45 GB (30,551",
            "()",
            "28 GB (28 KB)",
        ] {
            assert_eq!(size_bytes(text, Unit::Bytes), None, "{text}");
        }
    }

    #[test]
    fn a_unit_in_the_cell_counts_for_more_than_the_headings() {
        for (text, bytes) in [
            ("28.45 GB", 30_547_954_893),
            ("512 KB", 524_288),
            ("512KB", 524_288),
            ("1,2 MB", 1_258_291),
            ("1.024,5 KB", 1_049_088),
            ("1 024 KB", 1_048_576),
            ("7 B", 7),
            ("2 tb", 2_199_023_255_552),
        ] {
            assert_eq!(size_bytes(text, Unit::Mebibytes), Some(bytes), "{text}");
        }
        for text in ["GB", "4 XB", "4 GB 5", "-4 GB", "Unlimited", "1e3 KB"] {
            assert_eq!(size_bytes(text, Unit::Bytes), None, "{text}");
        }
    }

    #[test]
    fn dates_that_stand_for_none_are_known() {
        assert!(
            ["01/01/4501", "1601-01-01T00:00:00", "01/01/0001 00:00:00"]
                .into_iter()
                .all(stands_for_no_date)
        );
        assert!(
            !["01/01/2026 16:01", "2026-01-01", ""]
                .into_iter()
                .any(stands_for_no_date)
        );
    }

    #[test]
    fn dates_are_read_in_the_stated_order_only() {
        let day_first =
            |text| moment(text, DateOrder::DayMonthYear).map(|moment| moment.to_string());
        assert_eq!(day_first("20/11/2026").unwrap(), "2026-11-20 00:00:00");
        assert_eq!(day_first("3/4/2026 6:07").unwrap(), "2026-04-03 06:07:00");
        assert_eq!(
            day_first("03/04/2026 18:07:09").unwrap(),
            "2026-04-03 18:07:09"
        );
        assert_eq!(
            day_first("2026-11-20T06:12:30").unwrap(),
            "2026-11-20 06:12:30"
        );
        assert_eq!(
            day_first("03/04/2026 06:07:09 PM").unwrap(),
            "2026-04-03 18:07:09"
        );
        let month_first =
            |text| moment(text, DateOrder::MonthDayYear).map(|moment| moment.to_string());
        assert_eq!(
            month_first("3/4/2026 6:07 PM").unwrap(),
            "2026-03-04 18:07:00"
        );
        assert_eq!(
            month_first("11/20/2026 12:05\u{202F}AM").unwrap(),
            "2026-11-20 00:05:00"
        );
        for text in [
            "11/20/2026",
            "31/02/2026",
            "20/11/26",
            "20/11/2026 25:00",
            "20 Nov 2026",
            "",
            "20/11/1026",
            "20/11/2026 x",
        ] {
            assert_eq!(day_first(text), None, "{text}");
        }
        assert_eq!(month_first("11/20/2026").unwrap(), "2026-11-20 00:00:00");
    }

    /// A number with its digits in groups of three.
    fn grouped(number: i64, separator: &str) -> String {
        let digits = number.to_string();
        let mut groups: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .map(|group| std::str::from_utf8(group).unwrap())
            .collect();
        groups.reverse();
        groups.join(separator)
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.,'% :/T()a-zA-Z\u{A0}\u{202F}٣-]{0,24}") {
            prop_assert!(count(&text).is_none_or(|number| (0..=MOST_ITEMS).contains(&number)));
            prop_assert!(percentage(&text).is_none_or(|number| number >= 0.0));
            prop_assert!(size_bytes(&text, Unit::Gibibytes).is_none_or(|bytes| (0..=1_000_000_000_000_000).contains(&bytes)));
            for order in [DateOrder::DayMonthYear, DateOrder::MonthDayYear] {
                prop_assert!(moment(&text, order).is_none_or(|moment| (1900..=2200).contains(&moment.year())));
            }
        }

        #[test]
        fn counts_and_sizes_are_the_same_in_every_culture(number in prop_oneof![0..=MOST_ITEMS, 0_i64..100_000]) {
            for separator in ["", ",", ".", "'", "’", " ", "\u{A0}", "\u{202F}"] {
                let text = grouped(number, separator);
                prop_assert_eq!(count(&text), Some(number), "{}", text);
                prop_assert_eq!(size_bytes(&format!("7 TB ({text} bytes)"), Unit::Mebibytes), Some(number), "{}", text);
            }
            prop_assert_eq!(count(&format!("{number}.0")), Some(number));
        }

        #[test]
        fn a_moment_is_read_as_it_was_written_or_not_at_all(seconds in -2_208_988_800_i64..7_289_654_400) {
            let written = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let (first, other) = (DateOrder::DayMonthYear, DateOrder::MonthDayYear);
            for (form, order) in [
                ("%d/%m/%Y %H:%M:%S", first),
                ("%m/%d/%Y %H:%M:%S", other),
                ("%m/%d/%Y %I:%M:%S %p", other),
                ("%d.%m.%Y %I:%M:%S\u{202F}%p", first),
                ("%Y-%m-%dT%H:%M:%S", first),
                ("%Y-%m-%d %H:%M:%S", other),
            ] {
                let text = written.format(form).to_string();
                prop_assert_eq!(moment(&text, order), Some(written), "{}", text);
                let reversed = moment(&text, reversed(order));
                let day_and_month = |moment: NaiveDateTime| (moment.day().min(moment.month()), moment.day().max(moment.month()));
                prop_assert!(reversed.is_none_or(|other| day_and_month(other) == day_and_month(written)), "{}", text);
            }
        }
    }
}
