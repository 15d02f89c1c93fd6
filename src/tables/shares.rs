//! Whether progress is in percent or a share of one.

use super::values::{Reading, Unreadable, percentage};
use crate::exports::{Export, Field};

/// What a number without a sign in a column of percentages is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PercentForm {
    Percent,
    /// The heading says that 1 is everything.
    Share,
    /// No number is above 1 and some are below it: half could be half a percent.
    Unclear,
}

impl PercentForm {
    /// A cell of that form, as a percentage.
    pub(super) fn read(self, cell: &str) -> Reading<f64> {
        let number = percentage(cell)?;
        match self {
            _ if cell.contains('%') => Ok(number),
            Self::Percent => Ok(number),
            Self::Share => Ok(number.map(|share| share * 100.0)),
            // Zero is the same as a share and as a percentage.
            Self::Unclear if number.is_none_or(|number| number <= 0.0) => Ok(number),
            Self::Unclear => Err(Unreadable),
        }
    }

    /// That of an export's progress.
    pub(super) fn of(export: &Export) -> Self {
        let Some(column) = export.column(Field::ProgressPercent) else {
            return Self::Percent;
        };
        let heading = export.sheet.headings().get(column);
        let heading = heading.map_or_else(String::new, |heading| heading.to_lowercase());
        let mut words = heading.split(|c: char| !c.is_alphanumeric());
        if words.any(|word| SHARES.contains(&word)) {
            return Self::Share;
        }
        let mut has_fraction = false;
        for row in export.rows() {
            let cell = export.sheet.cell(row, column);
            match percentage(cell) {
                Ok(Some(number)) if number > 1.0 || cell.contains('%') => return Self::Percent,
                Ok(Some(number)) => has_fraction |= number > 0.0 && number < 1.0,
                _ => {}
            }
        }
        match has_fraction {
            true => Self::Unclear,
            false => Self::Percent,
        }
    }
}

const SHARES: [&str; 4] = ["share", "fraction", "ratio", "proportion"];
