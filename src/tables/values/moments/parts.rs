//! The parts of a date, in whatever order they are written.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::super::numbers::plain_digits;
use super::{DateForm, converted};
use crate::domain::DateOrder;

/// What a text about a moment consists of. Anything else in it, and there is none.
#[derive(Debug, Default)]
pub(super) struct MomentParts<'a> {
    weekday: Option<Weekday>,
    month: Option<u32>,
    /// The numbers of the day, each with the mark before it.
    numbers: Vec<(Option<char>, &'a str)>,
    time: Option<NaiveTime>,
    zone: Option<FixedOffset>,
    /// The mark since the last part.
    mark: Option<char>,
}

impl<'a> MomentParts<'a> {
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            rest = match first {
                '0'..='9' => parts.take_digits(rest)?,
                'A'..='Z' | 'a'..='z' => parts.take_word(rest)?,
                '+' | '-'
                    if parts.time.is_some() && parts.is_day_whole() && parts.zone.is_none() =>
                {
                    parts.take_offset(rest)?
                }
                _ => parts.take_mark(first, rest)?,
            };
        }
        Some(parts)
    }

    /// Whether nothing of the day is left to be read.
    fn is_day_whole(&self) -> bool {
        self.numbers.len() + usize::from(self.month.is_some()) == 3
    }

    fn take_mark(&mut self, mark: char, rest: &'a str) -> Option<&'a str> {
        let after = rest.get(mark.len_utf8()..)?;
        match mark {
            ' ' | ',' => {}
            // One between two parts.
            '/' | '-' | '.' if self.mark.is_none() && !self.is_empty() => self.mark = Some(mark),
            // The name of a zone that is told already, or the zone.
            '(' if self.time.is_some() => {
                let (name, after) = after.split_once(')')?;
                if self.zone.is_none() {
                    self.zone = Some(zone(&name.to_ascii_lowercase())?);
                }
                return Some(after);
            }
            _ => return None,
        }
        Some(after)
    }

    fn is_empty(&self) -> bool {
        self.numbers.is_empty()
            && self.weekday.is_none()
            && self.month.is_none()
            && self.time.is_none()
    }

    fn take_word(&mut self, rest: &'a str) -> Option<&'a str> {
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let (word, mut after) = rest.split_at_checked(end)?;
        let word = word.to_ascii_lowercase();
        if let Some(weekday) = weekday(&word) {
            set(&mut self.weekday, weekday)?;
        } else if let Some(month) = month(&word) {
            // Between numbers it stands for one: the day is whole with two more.
            (!self.is_day_whole()).then_some(())?;
            set(&mut self.month, month)?;
        } else if let Some(zone) = zone(&word) {
            self.time?;
            set(&mut self.zone, zone)?;
            if zone.local_minus_utc() == 0 && after.starts_with(['+', '-']) {
                self.zone = None;
                after = self.take_offset(after)?;
            }
        } else {
            let may_stand = match word.as_str() {
                "t" => self.is_day_whole() && self.time.is_none(),
                "hrs" | "hours" | "h" => self.time.is_some(),
                "at" | "on" | "of" | "the" => true,
                _ => false,
            };
            may_stand.then_some(())?;
        }
        self.mark = None;
        Some(after)
    }

    fn take_digits(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.time.is_none()
            && let Some((time, after)) = time_at(rest, self.is_day_whole())
        {
            self.time = Some(time);
            self.mark = None;
            return Some(after);
        }
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(end)?;
        if self.is_day_whole() {
            return None;
        }
        if self.is_empty() && number.len() >= 8 {
            return self.take_compact(number, after);
        }
        self.numbers.push((self.mark.take(), number));
        Some(without_ordinal(after))
    }

    /// `20261120` and `20261120051318`.
    fn take_compact(&mut self, digits: &'a str, after: &'a str) -> Option<&'a str> {
        for part in [digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?] {
            self.numbers.push((Some('-'), part));
        }
        if digits.len() > 8 {
            let (time, rest) = time_at(digits.get(8..)?, true)?;
            self.time = rest.is_empty().then_some(time);
            self.time?;
        }
        Some(after)
    }

    /// `+01:00`, `-0500`, `+1`.
    fn take_offset(&mut self, rest: &'a str) -> Option<&'a str> {
        let (sign, offset) = rest.split_at_checked(1)?;
        let end = offset
            .find(|c: char| !c.is_ascii_digit() && c != ':')
            .unwrap_or(offset.len());
        let (offset, after) = offset.split_at_checked(end)?;
        let (hours, minutes) = match (offset.split_once(':'), offset.len()) {
            (Some(parts), _) => parts,
            (None, 4) => offset.split_at_checked(2)?,
            (None, _) => (offset, "00"),
        };
        if hours.is_empty() || hours.len() > 2 || minutes.len() != 2 {
            return None;
        }
        let (hours, minutes) = (
            plain_digits(hours.as_bytes())?,
            plain_digits(minutes.as_bytes())?,
        );
        let seconds = i32::try_from((hours * 60 + minutes) * 60).ok()?;
        let is_offset = hours <= 14 && minutes < 60;
        let seconds = if sign == "-" { -seconds } else { seconds };
        self.zone = FixedOffset::east_opt(seconds).filter(|_| is_offset);
        self.zone.map(|_| after)
    }

    pub(super) fn moment(&self, date_form: DateForm) -> Option<NaiveDateTime> {
        let day = self.day(date_form.order)?;
        if self.weekday.is_some_and(|weekday| weekday != day.weekday())
            || self.mark.is_some_and(|mark| mark != '.')
        {
            return None;
        }
        let moment = day.and_time(self.time.unwrap_or(NaiveTime::MIN));
        match self.zone {
            Some(zone) => converted(moment, zone, date_form),
            None => Some(moment),
        }
    }

    fn day(&self, order: DateOrder) -> Option<NaiveDate> {
        let (year, month, day) = match (self.numbers.as_slice(), self.month) {
            ([(_, year), (_, day)], Some(month)) if year.len() == 4 => (year, month, day),
            ([(_, day), (_, year)], Some(month)) => (year, month, day),
            ([(_, first), (mark, second), (other_mark, third)], None) if mark == other_mark => {
                let (year, month, day) = match order {
                    _ if first.len() == 4 => (first, second, third),
                    DateOrder::DayMonthYear => (third, second, first),
                    DateOrder::MonthDayYear => (third, first, second),
                };
                // 20-11-26 may have the year first, and 20 11 26 be anything.
                let is_clear = year.len() == 4 || matches!(mark, Some('/' | '.'));
                (is_clear && month.len() <= 2).then_some(())?;
                (year, plain_digits(month.as_bytes())?, day)
            }
            _ => return None,
        };
        (day.len() <= 2).then_some(())?;
        let number = i32::try_from(plain_digits(year.as_bytes())?).ok()?;
        let year = match (year.len(), number) {
            (4, year) => year,
            // As .NET and Excel do, or nearly.
            (2, ..50) => 2000 + number,
            (2, _) => 1900 + number,
            _ => return None,
        };
        NaiveDate::from_ymd_opt(year, month, plain_digits(day.as_bytes())?)
    }
}

/// Sets what is not set yet.
fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    part.replace(value).is_none().then_some(())
}

/// A time at the start of a text, and what follows. Only behind a whole day may it be written with
/// points or without any mark: elsewhere that could be the day.
fn time_at(text: &str, is_day_whole: bool) -> Option<(NaiveTime, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (first, mut rest) = text.split_at_checked(digits(text))?;
    let mut parts = vec![first];
    let mark = rest.chars().next().filter(|c| matches!(c, ':' | '.'));
    while let Some(after) = mark.and_then(|mark| rest.strip_prefix(mark))
        && parts.len() < 3
        && digits(after) == 2
    {
        let (part, after) = after.split_at_checked(2)?;
        parts.push(part);
        rest = after;
    }
    let mut nanoseconds = 0;
    if parts.len() == 3
        && let Some(fraction) = rest.strip_prefix(['.', ','])
        && digits(fraction) > 0
    {
        let (fraction, after) = fraction.split_at_checked(digits(fraction))?;
        let nine = format!("{fraction:0<9}");
        nanoseconds = plain_digits(nine.get(..9)?.as_bytes())?;
        rest = after;
    }
    let half = half_of_day(rest);
    rest = half.map_or(rest, |(_, after)| after);
    let is_time = match (parts.len(), mark) {
        (1, _) => half.is_some() || (is_day_whole && matches!(first.len(), 4 | 6)),
        (_, Some(':')) => true,
        _ => half.is_some() || is_day_whole,
    };
    is_time.then_some(())?;
    if parts.len() == 1 && first.len() > 2 {
        parts = vec![first.get(..2)?, first.get(2..4)?, first.get(4..)?];
    }
    let mut numbers = parts.iter().map(|part| plain_digits(part.as_bytes()));
    let hour = numbers
        .next()?
        .filter(|_| parts.first().is_some_and(|hour| hour.len() <= 2))?;
    let minute = numbers.next().unwrap_or(Some(0))?;
    let second = match parts.get(2) {
        None | Some(&"") => 0,
        Some(second) => plain_digits(second.as_bytes())?,
    };
    let hour = match (half.map(|(half, _)| half), hour) {
        (None, hour) => hour,
        (Some(HalfOfDay::Morning), 12) => 0,
        (Some(HalfOfDay::Morning), 0..12) => hour,
        // “17:13 PM” says it twice.
        (Some(HalfOfDay::Afternoon), 12..24) => hour,
        (Some(HalfOfDay::Afternoon), 1..12) => hour + 12,
        _ => return None,
    };
    Some((
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanoseconds)?,
        rest,
    ))
}

#[derive(Clone, Copy)]
enum HalfOfDay {
    Morning,
    Afternoon,
}

/// `am`, `PM`, `a.m.` at the start of a text, and what follows.
fn half_of_day(text: &str) -> Option<(HalfOfDay, &str)> {
    let text = text.trim_start();
    let half = match text.chars().next()? {
        'a' | 'A' => HalfOfDay::Morning,
        'p' | 'P' => HalfOfDay::Afternoon,
        _ => return None,
    };
    let rest = text.get(1..)?;
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let rest = rest.trim_start().strip_prefix(['m', 'M'])?;
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let is_word = !rest.starts_with(|c: char| c.is_alphanumeric());
    is_word.then_some((half, rest))
}

/// What follows the `th` of `20th`.
fn without_ordinal(text: &str) -> &str {
    let ordinal = text.split_at_checked(2).filter(|(ending, after)| {
        ["st", "nd", "rd", "th"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
            && !after.starts_with(|c: char| c.is_alphanumeric())
    });
    ordinal.map_or(text, |(_, after)| after)
}

/// A name, or its first letters, at least three.
fn named(word: &str, names: &[&str], others: &[(&str, usize)]) -> Option<usize> {
    let is_name = |name: &&str| *name == word || (word.len() == 3 && name.starts_with(word));
    let other = others.iter().find(|(other, _)| *other == word);
    names
        .iter()
        .position(is_name)
        .or(other.map(|(_, place)| *place))
}

fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let place = named(word, &MONTHS, &[("sept", 8)])?;
    u32::try_from(place + 1).ok()
}

fn weekday(word: &str) -> Option<Weekday> {
    const DAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let others = [("tues", 1), ("weds", 2), ("thur", 3), ("thurs", 3)];
    let place = named(word, &DAYS, &others)?;
    Weekday::try_from(u8::try_from(place).ok()?).ok()
}

/// Zones that are the same everywhere, in lower case.
fn zone(word: &str) -> Option<FixedOffset> {
    let hours = match word {
        "z" | "utc" | "gmt" => 0,
        "bst" | "cet" => 1,
        "cest" => 2,
        _ => return None,
    };
    FixedOffset::east_opt(hours * 3600)
}
