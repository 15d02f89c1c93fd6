use std::fmt::Write as _;

use calamine::{DataRef, ExcelDateTime, ExcelDateTimeType, Style};

/// The serial number of 1 January 1970 where days are counted from 1900. Before that nobody had a
/// mailbox.
const YEAR_1970: f64 = 25_569.0;

/// The serial number of the day after the last one, 31 December 9999, where days are counted from
/// 1900.
const YEAR_10000: f64 = 2_958_466.0;

/// The days between the two counts.
const DAYS_FROM_1900_TO_1904: f64 = 1_462.0;

const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// Whether a cell holds nothing that can be seen.
pub(super) fn is_blank(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => true,
        DataRef::String(text) => text.trim().is_empty(),
        DataRef::SharedString(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Whether cells of a style show a fraction as a percentage: `0.0%`.
pub(super) fn is_percentage(style: &Style) -> bool {
    let Some(format) = &style.number_format else {
        return false;
    };
    let (mut is_quoted, mut is_escaped, mut is_bracketed) = (false, false, false);
    for c in format.format_code.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            // Written as it is, as wide as it is, as often as there is room.
            '\\' | '_' | '*' => is_escaped = true,
            '[' | ']' => is_bracketed = c == '[',
            // The other sections are for negative numbers, zero and text.
            ';' if !is_bracketed => return false,
            '%' if !is_bracketed => return true,
            _ => {}
        }
    }
    false
}

/// Appends a cell's text.
pub(super) fn print(value: &DataRef<'_>, is_percentage: bool, text: &mut String) {
    let _ = match value {
        DataRef::Empty => Ok(()),
        DataRef::String(own) => text.write_str(own),
        DataRef::SharedString(shared) => text.write_str(shared),
        DataRef::Bool(is_true) => text.write_str(if *is_true { "TRUE" } else { "FALSE" }),
        DataRef::Float(number) if is_percentage => text.write_str(&percentage(*number)),
        // Without a minus before zero.
        DataRef::Float(number) => write!(text, "{}", number + 0.0),
        DataRef::Int(number) => write!(text, "{number}"),
        DataRef::DateTime(moment) if moment.is_duration() => print_duration(moment.as_f64(), text),
        DataRef::DateTime(moment) => print_moment(moment, text),
        DataRef::DateTimeIso(written) | DataRef::DurationIso(written) => text.write_str(written),
        DataRef::Error(error) => write!(text, "{error}"),
    };
}

/// A fraction as a percentage. The point is moved in the decimal itself, since 0.07 times 100 is
/// 7.000000000000001.
fn percentage(fraction: f64) -> String {
    let decimal = format!("{}", fraction + 0.0);
    let (sign, decimal) = decimal
        .strip_prefix('-')
        .map_or(("", decimal.as_str()), |rest| ("-", rest));
    if !decimal
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return format!("{sign}{decimal}%");
    }
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    let part = format!("{part:0<2}");
    let (moved, rest) = part.split_at(2);
    let whole = format!("{whole}{moved}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}%")
}

/// A date, a time of day, or both; a number that is none of them as that number.
fn print_moment(moment: &ExcelDateTime, text: &mut String) -> std::fmt::Result {
    if !(0.0..YEAR_10000).contains(&moment.as_f64()) {
        return write!(text, "{}", moment.as_f64());
    }
    let (year, month, day, hour, minute, second, millisecond) = moment.to_ymd_hms_milli();
    let has_day = moment.as_f64() >= 1.0;
    let has_time = (hour, minute, second, millisecond) != (0, 0, 0, 0) || !has_day;
    if has_day {
        write!(text, "{year:04}-{month:02}-{day:02}")?;
    }
    if has_time {
        write!(
            text,
            "{}{hour:02}:{minute:02}:{second:02}",
            if has_day { " " } else { "" }
        )?;
    }
    if millisecond != 0 {
        write!(text, ".{millisecond:03}")?;
    }
    Ok(())
}

/// Hours, which may be more than a day has, minutes and seconds.
fn print_duration(days: f64, text: &mut String) -> std::fmt::Result {
    let milliseconds = (days.abs() * MILLISECONDS_A_DAY).round();
    if !(0.0..1e15).contains(&milliseconds) {
        return write!(text, "{days}");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // whole and within range
    let milliseconds = milliseconds as u64;
    let (seconds, millisecond) = (milliseconds / 1000, milliseconds % 1000);
    let sign = if days < 0.0 && milliseconds > 0 {
        "-"
    } else {
        ""
    };
    write!(
        text,
        "{sign}{}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )?;
    if millisecond == 0 {
        Ok(())
    } else {
        write!(text, ".{millisecond:03}")
    }
}

/// The moment of a number that stands where a date belongs; `None` for what is no day from 1970 to
/// 9999.
pub(in super::super) fn date_of_serial(text: &str, counts_from_1904: bool) -> Option<String> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = if is_plain {
        text.parse().ok()?
    } else {
        return None;
    };
    let since_1900 = if counts_from_1904 {
        number + DAYS_FROM_1900_TO_1904
    } else {
        number
    };
    if !(YEAR_1970..YEAR_10000).contains(&since_1900) {
        return None;
    }
    let mut date = String::new();
    print_moment(
        &ExcelDateTime::new(number, ExcelDateTimeType::DateTime, counts_from_1904),
        &mut date,
    )
    .ok()?;
    Some(date)
}
