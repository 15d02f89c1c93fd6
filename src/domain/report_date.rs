use std::fmt;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// The day a report is about; not the day it is made or sent.
///
/// ```
/// let today = NaiveDate::from_ymd_opt(2026, 11, 22)?;
/// assert_eq!(ReportDate::parse("yesterday", today)?.to_string(), "2026-11-21");
/// assert_eq!(ReportDate::parse_iso("22/11/2026"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ReportDate(NaiveDate);

/// Why a text is not a report date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReportDate {
    /// Neither a date nor one of the words.
    #[error("“{0}” is not a date: write it as 2026-11-22, today or yesterday")]
    NotADate(String),
    /// A day that has not begun.
    #[error("{0} is in the future: there is nothing to report on yet")]
    InTheFuture(NaiveDate),
}

impl ReportDate {
    /// The report date of a calendar day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(day)
    }

    /// Reads `2026-11-22`, `today` or `yesterday`, where `today` is the day in the programme's time
    /// zone.
    ///
    /// # Errors
    /// [`InvalidReportDate`] for other texts and for days after `today`.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, InvalidReportDate> {
        let day = match text {
            "today" => today,
            "yesterday" => today.pred_opt().unwrap_or(today),
            _ => NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .map_err(|_| InvalidReportDate::NotADate(text.to_owned()))?,
        };
        if day > today {
            Err(InvalidReportDate::InTheFuture(day))
        } else {
            Ok(Self(day))
        }
    }

    /// The report date of a text as this program writes one, `2026-11-22`; `None` for any other.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        let date = Self(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?);
        (date.to_string() == text).then_some(date)
    }

    /// The report date so many days before; `None` before the calendar begins.
    #[must_use]
    pub fn days_before(self, days: u64) -> Option<Self> {
        self.0.checked_sub_days(Days::new(days)).map(Self)
    }

    /// The report date so many days after; `None` after the calendar ends.
    #[must_use]
    pub fn days_after(self, days: u64) -> Option<Self> {
        self.0.checked_add_days(Days::new(days)).map(Self)
    }

    /// The calendar day.
    #[must_use]
    pub fn day(self) -> NaiveDate {
        self.0
    }
}

impl fmt::Display for ReportDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_iso_dates_are_read_and_the_future_is_refused() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        assert_eq!(
            ReportDate::parse("today", today).unwrap().to_string(),
            "2026-03-01"
        );
        assert_eq!(
            ReportDate::parse("yesterday", today).unwrap().to_string(),
            "2026-02-28"
        );
        assert_eq!(
            ReportDate::parse("2025-12-31", today).unwrap().to_string(),
            "2025-12-31"
        );
        assert!(matches!(
            ReportDate::parse("2026-03-02", today),
            Err(InvalidReportDate::InTheFuture(_))
        ));
        assert!(matches!(
            ReportDate::parse("01/03/2026", today),
            Err(InvalidReportDate::NotADate(_))
        ));
    }
}
