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
    context.need_exports()?;
    refuse_data_folder(out, &context.settings.data.folder)?;
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

/// Refuses to write previews where the archive keeps what was sent.
fn refuse_data_folder(out: &Path, data: &Path) -> Result<(), Failure> {
    let whole = |path: &Path| {
        path.canonicalize()
            .or_else(|_| std::path::absolute(path))
            .ok()
    };
    let is_in_it = whole(out)
        .zip(whole(data))
        .is_some_and(|(out, data)| out.starts_with(data));
    if !is_in_it {
        return Ok(());
    }
    let message = format!(
        "{} lies in the data folder, which holds what was sent: name another folder with --out",
        out.display()
    );
    Err(Failure::new(ExitCode::Usage, message))
}
