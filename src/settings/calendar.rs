use std::path::Path;

use chrono::Weekday;
use serde::Deserialize;

use super::SettingsError;
use super::mistake;
use super::section::without_paths;
use crate::domain::calendar::{Calendar, bank_holidays_of, read_bank_holidays};

/// The `[calendar]` section: on which days exports are made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalendarSettings {
    /// The days of the week on which people work.
    pub working_days: Vec<Weekday>,
    /// `england-and-wales`, `scotland`, `northern-ireland`, `none`, or a file of dates.
    pub bank_holidays: String,
}

// The file of dates, where one is named, is read with the settings.
without_paths!(CalendarSettings);

impl Default for CalendarSettings {
    fn default() -> Self {
        Self {
            working_days: vec![
                Weekday::Mon,
                Weekday::Tue,
                Weekday::Wed,
                Weekday::Thu,
                Weekday::Fri,
            ],
            bank_holidays: "england-and-wales".to_owned(),
        }
    }
}

impl CalendarSettings {
    /// The calendar, with the file of dates where one is named: below `folder`.
    pub(super) fn calendar(&self, folder: &Path) -> Result<Calendar, SettingsError> {
        let name = &self.bank_holidays;
        let dates = match bank_holidays_of(name) {
            _ if name == "none" => None,
            Some(dates) => Some(dates),
            None => {
                let path = folder.join(name);
                let text =
                    std::fs::read_to_string(&path).map_err(SettingsError::unreadable(&path))?;
                let dates = read_bank_holidays(&text);
                Some(
                    dates
                        .map_err(|error| mistake::in_list(&path, error.line, &error.to_string()))?,
                )
            }
        };
        Ok(Calendar::new(&self.working_days, dates))
    }
}
