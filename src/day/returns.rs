use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::Utc;

use super::context::templates;
use super::error::DayError;
use super::note::Note;
use super::summary::Pages;
use crate::archive::Archive;
use crate::delivery::{Ledger, ReturnPlaces, ReturnsSummary, SettledByReport, read_returns};
use crate::domain::DeliveryState;
use crate::domain::plural::{count, counted};
use crate::exports::name_matches;
use crate::settings::{Register, ReturnsSettings, Settings};

/// Reads what was returned since it was last read, settles what it is about, and writes the pages
/// of those days anew. Nothing where the settings name no place for it.
pub(crate) fn hear_of_returns(
    settings: &Settings,
    register: &Register,
    ledger: &mut Ledger,
    notes: &mut Vec<Note>,
) -> Result<ReturnsSummary, DayError> {
    let Some(returns) = &settings.mail.returns else {
        return Ok(ReturnsSummary::default());
    };
    let mut faults = Vec::new();
    let places = ReturnPlaces {
        folder: returns.folder.clone(),
        message_traces: message_traces(returns, &mut faults),
    };
    let mut summary = read_returns(ledger, &places, Utc::now())?;
    summary.faults.extend(faults);
    notes.extend(summary.faults.iter().cloned().map(Note::Warning));
    notes.extend(summary.settled.iter().map(note_of));
    let days: BTreeSet<_> = summary
        .settled
        .iter()
        .map(|one| one.key.report_date)
        .collect();
    if !days.is_empty() {
        let pages = Pages {
            archive: &Archive::new(&settings.data.folder),
            settings,
            templates: &templates(settings)?,
        };
        for day in days {
            notes.extend(pages.refresh(day, register, ledger));
        }
    }
    Ok(summary)
}

/// Why returned messages could not be read, a sentence each.
pub(crate) fn faults_of_returns(settings: &Settings) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(returns) = &settings.mail.returns {
        message_traces(returns, &mut faults);
        let folder = returns.folder.iter();
        faults.extend(folder.filter_map(|folder| {
            let error = std::fs::read_dir(folder).err()?;
            let folder = folder.display();
            Some(format!(
                "cannot read {folder}: {error}; check folder under [mail.returns]"
            ))
        }));
    }
    faults
}

/// What was heard, a sentence each; none where nothing new was.
pub(crate) fn returns_in_words(summary: &ReturnsSummary) -> Vec<String> {
    let settled = [
        (DeliveryState::Bounced, "bounced"),
        (DeliveryState::Quarantined, "in quarantine"),
        (DeliveryState::Delivered, "delivered"),
        (DeliveryState::Accepted, "accepted after all"),
    ];
    let settled = settled.map(|(state, words)| (summary.count(state), words));
    let settled = settled.iter().filter(|(number, _)| *number > 0);
    let settled: Vec<String> = settled
        .map(|(number, words)| format!("{} {words}", count(*number)))
        .collect();
    let mut lines = Vec::new();
    if !settled.is_empty() {
        lines.push(format!("Heard of deliveries: {}.", settled.join(", ")));
    }
    if summary.understood > 0 {
        lines.push(format!(
            "{} understood, {} of them automatic replies.",
            counted(
                summary.understood,
                "returned message was",
                "returned messages were"
            ),
            count(summary.automatic_replies)
        ));
    }
    if summary.left() > 0 {
        lines.push(format!(
            "{} in the folder: {} not understood, {} about other messages or recipients, {} about \
             deliveries that are still to be sent.",
            counted(
                summary.left(),
                "returned message stays",
                "returned messages stay"
            ),
            count(summary.not_understood),
            count(summary.of_others),
            count(summary.early)
        ));
    }
    if summary.trace_rows_not_understood > 0 {
        lines.push(format!(
            "{} of message traces not understood.",
            counted(summary.trace_rows_not_understood, "row was", "rows were")
        ));
    }
    lines
}

fn note_of(settled: &SettledByReport) -> Note {
    let SettledByReport {
        key, state, reason, ..
    } = settled;
    let text = format!(
        "{} {} of {} to {}: {state}: {reason}",
        key.organisation, key.report, key.report_date, key.recipient
    );
    if state.is_out() {
        Note::Detail(text)
    } else {
        Note::Warning(text)
    }
}

/// The files that the settings' pattern names: its folders as they are written, with `*` for any
/// part of a file's name.
fn message_traces(returns: &ReturnsSettings, faults: &mut Vec<String>) -> Vec<PathBuf> {
    let Some(pattern) = &returns.message_trace else {
        return Vec::new();
    };
    let folder = pattern.parent().unwrap_or(Path::new("."));
    let name = pattern.file_name().unwrap_or_default().to_string_lossy();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            faults.push(format!(
                "cannot read the folder of message traces {}: {error}; check message_trace under \
                 [mail.returns]",
                folder.display()
            ));
            return Vec::new();
        }
    };
    // The oldest first: what a later one says is heard later.
    let files = entries.flatten().filter_map(|entry| {
        let is_meant = name_matches(entry.file_name().to_str()?, &name);
        let metadata = std::fs::metadata(entry.path()).ok()?;
        (is_meant && metadata.is_file()).then(|| (metadata.modified().ok(), entry.path()))
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}

/// What a run says of it where nothing else does.
pub(crate) fn note_of_returns(summary: &ReturnsSummary) -> Option<Note> {
    let words = returns_in_words(summary).join(" ");
    (!words.is_empty()).then_some(Note::Info(words))
}
