use std::path::Path;

use super::console::Console;
use super::days::{DayRange, on_each_day};
use super::failure::{ExitCode, Failure};
use crate::day::{self, Context, DayOutcome, LedgerView, Mode, Selection};

/// Writes every report into a folder, to be looked at: no ledger, no network; the data folder is
/// only read.
pub(crate) fn preview(
    selection: &Selection,
    range: Option<&DayRange>,
    out: &Path,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    on_each_day(range, selection, console, |selection, console| {
        preview_day(selection, out, console)
    })
}

fn preview_day(
    selection: &Selection,
    out: &Path,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let context = Context::load(selection)?;
    let mistakes = context.register_mistakes();
    console.warnings(&mistakes);
    console.warnings(context.history_fault());
    let mut causes = Vec::new();
    if !mistakes.is_empty() {
        causes.push(ExitCode::Settings);
    }
    let mut written = 0;
    let mut day = DayOutcome::default();
    let organisations = LedgerView::empty_of_each(&context);
    console.begin("Reports", organisations.len());
    day::prepare_each(
        &context,
        &organisations,
        Mode::Preview(out),
        |organisation, prepared| {
            let code = &organisation.code;
            console.step(code.as_str());
            console.say(prepared.notes)?;
            for edition in prepared.editions? {
                written += 1;
                let page = edition.folder.join("report.html");
                console.result(&page.display().to_string())?;
            }
            day.organisations.insert(code.clone(), prepared.outcome);
            Ok::<(), Failure>(())
        },
    )?;
    console.end();
    if day.held() > 0 {
        causes.push(ExitCode::Held);
    }
    if selection.organisations.is_empty() {
        let page = day::preview_summary(&context, &day, out)?;
        console.result(&page.display().to_string())?;
    }
    console.result(&format!(
        "{written} reports of {} written to {}. Nothing was sent.",
        context.report_date,
        out.display()
    ))?;
    Ok(ExitCode::most_pressing(&causes))
}
