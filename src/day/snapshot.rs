use super::context::Context;
use super::measure::MeasuredOrganisation;
use super::note::Note;
use crate::domain::OrganisationCode;
use crate::domain::plural::count_of;
use crate::history::{Keeping, Kept};

/// Keeps what later days are compared with. Without it today's reports are no less true: they
/// are not stopped.
pub(super) fn keep_snapshot(
    context: &Context,
    measured: &MeasuredOrganisation,
    edition: u32,
    notes: &mut Vec<Note>,
) {
    let (Some(snapshot), Ok(history)) = (&measured.snapshot, &context.history) else {
        return;
    };
    let code = &snapshot.organisation;
    match history.keep(snapshot, edition) {
        Ok(Keeping { kept, later_days }) => {
            match kept {
                Kept::Now => notes.push(Note::Detail(format!("{code}: its snapshot is kept"))),
                Kept::Before => {}
                Kept::InPlaceOfAnother => notes.push(Note::Info(format!(
                    "{code}: its snapshot takes the place of the one that was kept of this day"
                ))),
            }
            note_later_days(code, later_days, notes);
        }
        Err(error) => notes.push(Note::Warning(format!(
            "{code}: no snapshot of this day was kept for later days to be compared with: \
             {error}."
        ))),
    }
}

/// Ends what an interrupted run left of an organisation's history, before the history is read.
pub(super) fn mend_history(context: &Context, code: &OrganisationCode, notes: &mut Vec<Note>) {
    let Ok(history) = &context.history else {
        return;
    };
    match history.mend(code) {
        Ok(later_days) => note_later_days(code, later_days, notes),
        Err(error) => notes.push(Note::Warning(format!("{code}: {error}."))),
    }
}

fn note_later_days(code: &OrganisationCode, later_days: usize, notes: &mut Vec<Note>) {
    if later_days > 0 {
        notes.push(Note::Info(format!(
            "{code}: {} of its history compared anew with the day before",
            count_of(later_days, "later day")
        )));
    }
}
