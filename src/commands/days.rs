use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::day::{Selection, read_date};
use crate::domain::ReportDate;
use crate::settings::Settings;

/// From one day to another, both among them.
#[derive(Debug, Clone)]
pub(crate) struct DayRange {
    /// `2026-11-09`, `yesterday` or `today`.
    pub(crate) from: String,
    /// The last day, in the same words.
    pub(crate) to: String,
}

impl DayRange {
    /// The first and the last day.
    pub(super) fn ends(&self, settings: &Settings) -> Result<(ReportDate, ReportDate), Failure> {
        let from = read_date("--from", &self.from, settings)?;
        let to = read_date("--to", &self.to, settings)?;
        if from > to {
            let message = format!("--from {from} is after --to {to}");
            return Err(Failure::new(ExitCode::Usage, message));
        }
        Ok((from, to))
    }
}

/// Does something on each day of a range, in their order; on the selection's one where there is no
/// range. Gives the most pressing of their exit codes; the first failure ends it.
pub(super) fn on_each_day(
    range: Option<&DayRange>,
    selection: &Selection,
    console: &mut Console,
    mut act: impl FnMut(&Selection, &mut Console) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    let Some(range) = range else {
        return act(selection, console);
    };
    let settings = Settings::load(selection.settings.as_deref())?;
    let (from, to) = range.ends(&settings)?;
    console.tell_days_apart();
    let days = from.day().iter_days().take_while(|day| *day <= to.day());
    let codes = days.map(|day| {
        let of_day = Selection {
            date: ReportDate::of(day).to_string(),
            ..selection.clone()
        };
        act(&of_day, console)
    });
    Ok(ExitCode::most_pressing(
        &codes.collect::<Result<Vec<_>, _>>()?,
    ))
}
