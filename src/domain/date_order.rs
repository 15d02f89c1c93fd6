use serde::Deserialize;

/// The order of day and month in the dates of an export. Dates as 2026-11-20 are understood in any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 20/11/2026
    DayMonthYear,
    /// 11/20/2026
    MonthDayYear,
}

impl DateOrder {
    /// As the settings write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DayMonthYear => "day-month-year",
            Self::MonthDayYear => "month-day-year",
        }
    }

    /// The other one.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::DayMonthYear => Self::MonthDayYear,
            Self::MonthDayYear => Self::DayMonthYear,
        }
    }
}
