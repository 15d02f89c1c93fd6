use std::path::Path;

use chrono::Utc;

use super::error::DayError;
use super::note::Note;
use super::session::open_locked;
use super::witnesses::{anchor_anew, audit_copy};
use crate::archive::{Archive, EditionPlace};
use crate::delivery::{PreparedDelivery, Rebuilt, message_digest};
use crate::mail::{self, DeliveryKey};
use crate::settings::Settings;

/// Makes the ledger know what the copy of its audit log knows and, of days of which that knows
/// nothing, which messages the archive holds. `notes` is to be said also where this fails.
pub(crate) fn rebuild_ledger(
    settings: &Settings,
    why: Option<String>,
    notes: &mut Vec<Note>,
) -> Result<Rebuilt, DayError> {
    let (_lock, mut ledger) = open_locked(settings, notes, |_| Ok(()))?;
    let archived = archived(&Archive::new(&settings.data.folder), notes)?;
    let rebuilt = ledger.rebuild(&audit_copy(settings), &archived, why, Utc::now())?;
    anchor_anew(settings, &ledger)?;
    Ok(rebuilt)
}

/// Every message in the archive, as it would have been recorded.
fn archived(archive: &Archive, notes: &mut Vec<Note>) -> Result<Vec<PreparedDelivery>, DayError> {
    let mut found = Vec::new();
    for report_date in archive.days()? {
        for (organisation, report, edition) in archive.editions(report_date)? {
            let place = EditionPlace {
                report_date,
                organisation: &organisation,
                report,
                edition,
            };
            for path in archive.messages_of(&place)? {
                let bytes = archive.read(&path)?;
                let Some((recipient, message_id)) = mail::recipient_of(&bytes) else {
                    notes.push(not_believed(&path));
                    continue;
                };
                let key = DeliveryKey {
                    report_date,
                    organisation: organisation.clone(),
                    report,
                    edition,
                    recipient,
                };
                let name = path.file_name().map(|name| name.to_string_lossy());
                if !name.is_some_and(|name| name.contains(&key.recipient_digest())) {
                    notes.push(not_believed(&path));
                    continue;
                }
                found.push(PreparedDelivery {
                    key,
                    message_id,
                    message_digest: message_digest(&bytes),
                    message_path: path,
                });
            }
        }
    }
    Ok(found)
}

fn not_believed(path: &Path) -> Note {
    Note::Warning(format!(
        "{} is not a message as this program archived it, and was left out.",
        path.display()
    ))
}
