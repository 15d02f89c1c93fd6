use chrono::Utc;

use super::acceptance::decision;
use super::context::Context;
use super::error::DayError;
use crate::delivery::{AuditAction, AuditEntry, Ledger};
use crate::history::History;

/// Puts the history aside by a person's word, so that the run begins another. Says so.
pub(crate) fn begin_new_history(
    context: &Context,
    ledger: &mut Ledger,
    why: Option<String>,
) -> Result<String, DayError> {
    ledger.note_decision(&AuditEntry {
        report_date: Some(context.report_date),
        why,
        ..decision(AuditAction::NewHistory)
    })?;
    let mark = Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
    let aside = History::put_aside(&context.settings.data.folder, &mark)
        .map_err(|error| DayError::Unusable(error.to_string()))?;
    let aside = aside.map_or(String::new(), |aside| {
        format!(
            " What was left of the one before is in {}.",
            aside.display()
        )
    });
    Ok(format!(
        "The history begins anew: reports compare with no earlier day.{aside}"
    ))
}
