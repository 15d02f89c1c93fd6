use chrono::Utc;

use super::context::Context;
use super::error::DayError;
use super::note::Note;
use crate::delivery::{AuditAction, AuditEntry, Ledger};
use crate::domain::OrganisationCode;
use crate::history::Loss;

/// Writes down who accepted the loss of mailboxes, so that the day is not held for it again, and by
/// no machine.
pub(crate) fn note_accepted_loss(
    context: &Context,
    ledger: &mut Ledger,
    code: &OrganisationCode,
    loss: Loss,
) -> Result<Note, DayError> {
    let acceptance = context.loss_acceptance.clone().unwrap_or_default();
    let who = whoever_runs_this();
    let note = format!(
        "{code}: {} Accepted by {who}, and noted in the ledger.",
        loss.in_words()
    );
    ledger.note_decision(&AuditEntry {
        report_date: Some(context.report_date),
        organisation: Some(code.clone()),
        amount: Some(loss.gone),
        why: acceptance.why,
        ..decision(AuditAction::AcceptLoss)
    })?;
    Ok(Note::Info(note))
}

/// A decision of whoever runs this, to be noted in the audit log.
pub(crate) fn decision(action: AuditAction) -> AuditEntry {
    AuditEntry::new(action, whoever_runs_this(), Utc::now())
}

/// “jo on reports-1”; behind sudo, which the machine's user is given for, the person too.
pub(super) fn whoever_runs_this() -> String {
    let unknown = || "somebody unknown".to_owned();
    let user = whoami::username().unwrap_or_else(|_| unknown());
    let person = std::env::var("SUDO_USER")
        .ok()
        .filter(|person| *person != user);
    let user = person.map_or(user.clone(), |person| format!("{person} as {user}"));
    match whoami::hostname() {
        Ok(machine) => format!("{user} on {machine}"),
        Err(_) => user,
    }
}
