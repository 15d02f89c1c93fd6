use std::path::{Path, PathBuf};

use crate::archive::Lock;
use crate::domain::ReportDate;
use crate::private_files;
use crate::settings::Settings;

/// Removes what a run that was killed was writing, and says so, one sentence each. The lock proves
/// that nobody else is at work.
pub(super) fn remove(lock: &Lock, settings: &Settings) -> Vec<String> {
    if !lock.follows_a_crash() {
        return Vec::new();
    }
    let outbox = settings
        .mail
        .outbox
        .iter()
        .flat_map(|outbox| days_of(&outbox.folder));
    let mut told = vec![
        "The last run did not end by itself: it was killed, or the machine stopped.".to_owned(),
    ];
    for folder in std::iter::once(settings.data.folder.clone()).chain(outbox) {
        match private_files::remove_unfinished(&folder) {
            Ok(0) => {}
            Ok(1) => told.push(format!(
                "1 unfinished file of the last run was removed from \
             {}.",
                folder.display()
            )),
            Ok(files) => told.push(format!(
                "{files} unfinished files of the last run were removed \
             from {}.",
                folder.display()
            )),
            Err(error) => told.push(format!(
                "What the last run left unfinished in {} could not be removed: {error}. Check that \
                 all in it belongs to the user who \
                 runs this.",
                folder.display()
            )),
        }
    }
    told
}

/// The folders of an outbox that runs write to. Rehearsals, which take no lock, have their own.
fn days_of(outbox: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(outbox).into_iter().flatten().flatten();
    let is_day = |name: &std::ffi::OsStr| name.to_str().and_then(ReportDate::parse_iso).is_some();
    entries
        .filter(|entry| is_day(&entry.file_name()))
        .map(|entry| entry.path())
        .collect()
}
