use super::conclusion::Conclusion;
use super::console::Console;
use super::days::{DayRange, on_each_day};
use super::failure::{ExitCode, Failure};
use super::open_day::{Anew, OpenDay};
use crate::day::{self, Mode, Selection};
use crate::delivery::{AuditAction, AuditEntry, DeliverySummary};

/// The longest reason, in characters: it opens an email.
const LONGEST_REASON: usize = 200;

/// Why reports are reissued, in the words of a person: one line, short, and without an address or a
/// link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason(String);

impl std::str::FromStr for Reason {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err("say why, in a sentence: it opens the report".to_owned());
        }
        if text.chars().count() > LONGEST_REASON {
            return Err(format!(
                "the reason may have {LONGEST_REASON} characters, and this has {}",
                text.chars().count()
            ));
        }
        if text != crate::report::visible(text) {
            return Err("the reason must be one line of visible characters".to_owned());
        }
        if text.contains('@') || text.contains("://") {
            return Err(
                "the reason may hold no address and no link: it is sent to everyone who \
             gets the report"
                    .to_owned(),
            );
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

/// Makes and sends the next edition of reports that are out, where their inputs changed or a
/// delivery is stuck; with `anyway`, of all of them.
pub(crate) fn reissue(
    selection: &Selection,
    range: Option<&DayRange>,
    reason: &Reason,
    anyway: bool,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    on_each_day(range, selection, console, |selection, console| {
        reissue_day(selection, reason, anyway, console)
    })
}

fn reissue_day(
    selection: &Selection,
    reason: &Reason,
    anyway: bool,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let mut day = OpenDay::begin(selection, Anew::default(), console)?;
    let mode = Mode::Reissue {
        reason: &reason.0,
        anyway,
    };
    let reissued = day.prepare(mode, console)?;
    for code in &reissued {
        day.session.ledger.note_decision(&AuditEntry {
            report_date: Some(day.context.report_date),
            organisation: Some(code.clone()),
            why: Some(reason.0.clone()),
            ..day::decision(AuditAction::Reissue)
        })?;
    }
    let sent = if reissued.is_empty() {
        console.result(&format!(
            "{}: nothing was reissued, and nothing was sent.",
            day.context.report_date
        ))?;
        DeliverySummary::default()
    } else {
        day.send(reissued, false, console)?
    };
    console.say(day::refresh_day_page(&day.context, &day.session.ledger))?;
    if day.outcome.prepared == 0 && day.outcome.held() == 0 && day.register_mistakes.is_empty() {
        return Ok(ExitCode::Done);
    }
    let status = day.status()?;
    Conclusion::of(&day, &status, &sent).say(console)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_short_line_without_addresses() {
        assert_eq!(
            "  The export of Friday was cut short.  ".parse(),
            Ok(Reason("The export of Friday was cut short.".to_owned()))
        );
        for wrong in [
            "",
            " ",
            "a\nb",
            "a\u{202E}b",
            "write to a.b@nhs.example",
            "see https://x.example",
            &"x".repeat(201),
        ] {
            assert!(wrong.parse::<Reason>().is_err(), "{wrong}");
        }
    }
}
