use std::path::Path;

use super::answer::SummaryAnswer;
use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::archive::Archive;
use crate::day::{open_ledger_as_it_is, read_date};
use crate::domain::ReportDate;
use crate::domain::plural::count_of;
use crate::render::wrapped;
use crate::report::SummaryModel;
use crate::settings::Settings;

/// Prints the newest Run Summary of a day, as it was sent or on one screen; of the newest day that has
/// one, where no day is asked for.
pub(crate) fn summary(
    settings: Option<&Path>,
    date: Option<&str>,
    is_short: bool,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let archive = Archive::new(&settings.data.folder);
    let today = read_date("--date", "today", &settings)?;
    let mut days = match date {
        Some(date) => vec![read_date("--date", date, &settings)?],
        None => archive.days()?,
    };
    // A clock that was ahead may have left a day that is still to come: it is told last of all.
    days.sort_by_key(|day| (*day <= today, *day));
    for day in days.iter().rev() {
        if let Some(newest) = archive.newest_summary(*day)? {
            let text = archive.read_summary(newest, "report.txt")?;
            let text = String::from_utf8_lossy(&text);
            let model = archive.read_summary(newest, "model.json")?;
            let short = serde_json::from_slice::<SummaryModel>(&model).ok();
            // What it says of deliveries is as true as the ledger.
            match open_ledger_as_it_is(&settings, Some(*day)) {
                Ok((_, doubt)) => console.warnings(doubt),
                Err(error) => console.warning(&error.to_string()),
            }
            let (report_date, age) = (newest.report_date, age_days(newest.report_date, today));
            let aside = not_of_today(report_date, age).filter(|_| date.is_none());
            if let Some(line) = aside {
                console.result(&wrapped(&line, ""))?;
            }
            console.answer(&SummaryAnswer {
                report_date,
                is_of_today: age == 0,
                age_days: age,
                edition: newest.edition,
                text: text.trim_end().lines().map(str::to_owned).collect(),
                model: serde_json::from_slice(&model).unwrap_or_default(),
            })?;
            match short.filter(|_| is_short) {
                Some(short) => console.result(&in_lines(&short.in_short()))?,
                None => console.result(text.trim_end())?,
            }
            return Ok(ExitCode::Done);
        }
    }
    let of_day = match date {
        Some(_) => days.iter().map(|day| format!(" of {day}")).collect(),
        None => String::new(),
    };
    let message = format!("there is no Run Summary{of_day}: it is made by a run of the whole day");
    Err(Failure::new(ExitCode::Usage, message))
}

fn age_days(of: ReportDate, today: ReportDate) -> i64 {
    (today.day() - of.day()).num_days()
}

/// Where it is not of today, that today has none, and how old it is, before all else.
fn not_of_today(of: ReportDate, age_days: i64) -> Option<String> {
    let days = count_of(age_days.unsigned_abs(), "day");
    let how_old = match age_days {
        0 => return None,
        1.. => format!("{days} old"),
        _ => format!("of a day that is {days} ahead"),
    };
    Some(format!(
        "TODAY HAS NO RUN SUMMARY. This is the one of {of}, {how_old}; status says whether today was \
         run.\n"
    ))
}

/// Lines as a terminal has them.
fn in_lines(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| match line.starts_with("  ") {
        true => format!("  {}", wrapped(line.trim_start(), "    ")),
        false => wrapped(line, "  "),
    });
    lines.collect::<Vec<_>>().join("\n")
}
