//! How many of those who switch on a day will not be ready: the one form of a forecast.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::wording::coming_day;
use crate::domain::plural::{count, counted};
use crate::metrics::{DAYS_AHEAD, Forecast, ForecastStatus, OrganisationMetrics};

/// How many of a switch date's mailboxes will not be ready on it: the one form of a forecast, in every
/// report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Missing {
    /// About so many; `None` where too little is known.
    expected: Option<u64>,
    /// At least and at most so many.
    range: (u64, u64),
    mailboxes: u64,
}

impl Missing {
    /// `None` where nothing is said of the collection, or it is known.
    pub(in crate::report) fn of(forecast: &Forecast) -> Option<Self> {
        let is_ahead = !matches!(
            forecast.status,
            ForecastStatus::SwitchesToday | ForecastStatus::PastSwitchDate
        );
        let range = forecast.range.filter(|_| is_ahead)?;
        Some(Self {
            expected: forecast.expected,
            range,
            mailboxes: forecast.mailboxes,
        })
    }

    /// Of those who switch on a day, where all of their collections do.
    pub(in crate::report) fn on(metrics: &OrganisationMetrics, date: NaiveDate) -> Option<Self> {
        let all = metrics.collections.iter();
        let of_day = all.zip(&metrics.trends.as_ref()?.collections);
        let of_day = of_day.filter(|(of, _)| {
            let is_within = |first| first <= date && of.last_switch_date >= Some(date);
            of.first_switch_date.is_some_and(is_within)
        });
        let missing = of_day.map(|(of, forecast)| {
            let is_whole = of.first_switch_date == of.last_switch_date;
            Self::of(forecast).filter(|_| is_whole)
        });
        missing
            .reduce(|one, other| Some(one?.and(other?)))
            .flatten()
    }

    /// As many as it is likely to be; at least, where no more is known than that.
    pub(in crate::report) fn likely(self) -> Option<u64> {
        let (least, _) = self.range;
        self.expected.or((least > 0).then_some(least))
    }

    /// About how many; `None` where too little is known.
    pub(in crate::report) fn expected(self) -> Option<u64> {
        self.expected
    }

    /// At least and at most how many.
    pub(in crate::report) fn range(self) -> (u64, u64) {
        self.range
    }

    #[cfg(test)]
    pub(in crate::report) fn invented(
        expected: Option<u64>,
        range: (u64, u64),
        mailboxes: u64,
    ) -> Self {
        Self {
            expected,
            range,
            mailboxes,
        }
    }

    /// Of collections that switch together.
    pub(in crate::report) fn and(self, other: Self) -> Self {
        Self {
            expected: self
                .expected
                .zip(other.expected)
                .map(|(one, more)| one + more),
            range: (self.range.0 + other.range.0, self.range.1 + other.range.1),
            mailboxes: self.mailboxes + other.mailboxes,
        }
    }

    /// “about 15”, and “ (at most 43)”; `None` where it is none.
    fn parts(self) -> Option<(String, String)> {
        let (least, most) = self.range;
        Some(match self.expected {
            _ if most == 0 => return None,
            _ if least == most => (count(most), String::new()),
            Some(expected) if (1..most).contains(&expected) => (
                format!("about {}", count(expected)),
                format!(" (at most {})", count(most)),
            ),
            None if least > 0 => (
                format!("{} to {}", count(least), count(most)),
                String::new(),
            ),
            _ => (format!("at most {}", count(most)), String::new()),
        })
    }

    /// “about 15”, “at most 4”, “none”
    pub(in crate::report) fn number(self) -> String {
        self.parts()
            .map_or_else(|| "none".to_owned(), |(number, _)| number)
    }

    /// “about 15 of 5,000 not ready”
    pub(in crate::report) fn in_few_words(self) -> String {
        format!("{} of {} not ready", self.number(), count(self.mailboxes))
    }

    /// What follows how many are ready today: “; on the day about 15 will not be ready (at most 43)”.
    pub(in crate::report) fn behind_today(self) -> String {
        match self.parts() {
            None => ", and on the day all will be ready".to_owned(),
            Some((number, at_most)) => format!("; on the day {number} will not be ready{at_most}"),
        }
    }

    /// “about 15 of 5,000 mailboxes will not be ready (at most 43)”
    pub(in crate::report) fn in_words(self) -> String {
        let all = counted(self.mailboxes, "mailbox", "mailboxes");
        match self.parts() {
            None if self.mailboxes == 1 => "the mailbox will be ready".to_owned(),
            None => format!("all {all} will be ready"),
            Some((number, at_most)) => format!("{number} of {all} will not be ready{at_most}"),
        }
    }

    /// The same as a sentence: “On Monday 23 November about 15 of …”.
    pub(in crate::report) fn sentence(self, date: NaiveDate) -> String {
        format!("On {} {}.", coming_day(date), self.in_words())
    }

    /// The same behind a sentence that names the day: “On that day about 15 of …”; `None` where it says
    /// no more than that anything may come.
    pub(in crate::report) fn on_that_day(self) -> Option<String> {
        let is_told = self.says_something();
        is_told.then(|| format!("On that day {}.", self.in_words()))
    }

    /// Whether it says more than that anything may come.
    pub(in crate::report) fn says_something(self) -> bool {
        self.expected.is_some() || self.range.0 == self.range.1
    }

    /// “about 15 not ready (at most 43)”
    pub(in crate::report) fn in_short(self) -> String {
        match self.parts() {
            None => "all ready".to_owned(),
            Some((number, at_most)) => format!("{number} not ready{at_most}"),
        }
    }
}

/// So few are no doubt about a switch, unless they are all.
const FEWEST: u64 = 3;

/// Whether a switch is in doubt: by the forecast more than 1 in 20 will not be ready; where it cannot
/// tell, more than 1 in 5 are not a week before, and on the day itself 1 in 20.
pub(in crate::report) fn is_in_doubt(
    forecast: Option<Missing>,
    missing: u64,
    due: u64,
    days_ahead: i64,
) -> bool {
    let (late, one_in) = match forecast.and_then(Missing::likely) {
        Some(late) => (late.min(missing), 20),
        None if days_ahead <= 0 => (missing, 20),
        None if days_ahead <= DAYS_AHEAD => (missing, 5),
        None => return false,
    };
    late.saturating_mul(one_in) > due && (late >= FEWEST || late == due)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_has_one_form() {
        let missing = |expected, range, mailboxes| Missing {
            expected,
            range,
            mailboxes,
        };
        for (missing, words, short) in [
            (
                missing(Some(15), (2, 43), 5_000),
                "about 15 of 5,000 mailboxes will not be ready (at most 43)",
                "about 15 not ready (at most 43)",
            ),
            (
                missing(None, (2, 43), 5_000),
                "2 to 43 of 5,000 mailboxes will not be ready",
                "2 to 43 not ready",
            ),
            (
                missing(Some(0), (0, 4), 5_000),
                "at most 4 of 5,000 mailboxes will not be ready",
                "at most 4 not ready",
            ),
            (
                missing(Some(8), (8, 8), 300),
                "8 of 300 mailboxes will not be ready",
                "8 not ready",
            ),
            (
                missing(Some(0), (0, 0), 300),
                "all 300 mailboxes will be ready",
                "all ready",
            ),
            (
                missing(None, (0, 0), 1),
                "the mailbox will be ready",
                "all ready",
            ),
            (
                missing(Some(1), (0, 1), 1),
                "at most 1 of 1 mailbox will not be ready",
                "at most 1 not ready",
            ),
            (
                missing(Some(15), (2, 43), 5_000).and(missing(Some(1), (1, 2), 40)),
                "about 16 of 5,040 mailboxes will not be ready (at most 45)",
                "about 16 not ready (at most 45)",
            ),
        ] {
            assert_eq!(
                (missing.in_words().as_str(), missing.in_short().as_str()),
                (words, short)
            );
        }
        let monday = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        assert_eq!(
            missing(Some(15), (2, 43), 5_000).sentence(monday),
            "On Monday 23 November about 15 of 5,000 mailboxes will not be ready (at most 43)."
        );
    }

    #[test]
    fn a_switch_is_in_doubt_by_what_is_expected_on_its_day() {
        let about = |expected| Some(Missing::invented(Some(expected), (0, 900), 1_200));
        let at_least = |least| Some(Missing::invented(None, (least, 900), 1_200));
        for (forecast, missing, due, days_ahead, is) in [
            // Most are not ready a week before, and will be.
            (about(9), 840, 1_200, 7, false),
            (about(61), 840, 1_200, 7, true),
            (at_least(61), 840, 1_200, 7, true),
            // More than are not ready cannot be late.
            (about(61), 40, 1_200, 7, false),
            // Where it cannot tell, many a week before are a doubt, and none earlier.
            (at_least(0), 241, 1_200, 7, true),
            (at_least(0), 240, 1_200, 7, false),
            (None, 1_200, 1_200, 8, false),
            // On the day it is known.
            (None, 61, 1_200, 0, true),
            (None, 60, 1_200, 0, false),
            // One of few is none.
            (None, 2, 14, 0, false),
            (None, 3, 14, 0, true),
            (None, 1, 1, 0, true),
        ] {
            let said = is_in_doubt(forecast, missing, due, days_ahead);
            assert_eq!(
                said, is,
                "{forecast:?} {missing} of {due}, {days_ahead} days"
            );
        }
    }
}
