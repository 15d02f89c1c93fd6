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
