//! What each tool's export means: every layout read cell by cell, and the commands that explain
//! layouts.

mod awkward;
mod cells;
mod commands;

use migration_monitor::domain::SyncState;
use migration_monitor::exports::Layouts;

/// Every word of a layout's vocabulary is what `states` says, and it has no other word.
fn assert_vocabulary(layout: &str, states: &[(&str, SyncState)]) {
    let layouts = Layouts::load(None).unwrap();
    let layout = layouts.named(layout).unwrap();
    for (word, state) in states {
        assert_eq!(layout.state(word), Some(*state), "{}: {word}", layout.name);
        assert_eq!(
            layout.state(&word.to_uppercase()),
            Some(*state),
            "{}: {word} in capitals",
            layout.name
        );
    }
    let vocabulary = layout.text().split("[states]").nth(1).unwrap();
    let vocabulary = vocabulary.split("[[").next().unwrap();
    let words = vocabulary
        .lines()
        .filter(|line| line.starts_with('"'))
        .count();
    assert_eq!(words, states.len(), "{}: a word is not tested", layout.name);
    assert_eq!(layout.state("Fettled"), None);
}

#[test]
fn each_word_of_each_vocabulary_has_its_state() {
    use SyncState::{
        Failed, InSync, NotStarted, Queued, ReadyToSwitch, Stopped, Switched, Synchronising,
    };
    assert_vocabulary(
        "migrationwiz-statistics",
        &[
            ("NotMigrated", NotStarted),
            ("NotStarted", NotStarted),
            ("Submitted", Queued),
            ("Processing", Synchronising),
            ("Stopping", Stopped),
            ("Stopped", Stopped),
            ("Failed", Failed),
            ("Completed", InSync),
            ("MaximumTransferReached", Stopped),
        ],
    );
    assert_vocabulary(
        "exchange-migration-user-statistics",
        &[
            ("Completed", Switched),
            ("CompletedWithWarnings", Switched),
            ("Completing", ReadyToSwitch),
            ("CompletionFailed", Failed),
            ("CompletionSynced", ReadyToSwitch),
            ("Corrupted", Failed),
            ("Failed", Failed),
            ("IncrementalFailed", Failed),
            ("IncrementalStopped", Stopped),
            ("IncrementalSynced", InSync),
            ("IncrementalSyncing", InSync),
            ("Provisioning", Queued),
            ("ProvisionUpdating", Queued),
            ("Queued", Queued),
            ("Removing", Stopped),
            ("Starting", Queued),
            ("Stopped", Stopped),
            ("Stopping", Stopped),
            ("Synced", InSync),
            ("Syncing", Synchronising),
            ("Validating", Queued),
        ],
    );
    assert_vocabulary(
        "exchange-move-request-statistics",
        &[
            ("None", NotStarted),
            ("Queued", Queued),
            ("InProgress", Synchronising),
            ("AutoSuspended", InSync),
            ("Synced", InSync),
            ("CompletionInProgress", ReadyToSwitch),
            ("Completed", Switched),
            ("CompletedWithWarning", Switched),
            ("CompletedWithWarnings", Switched),
            ("Suspended", Stopped),
            ("Failed", Failed),
        ],
    );
    assert_vocabulary(
        "on-demand-migration",
        &[
            ("New", NotStarted),
            ("Matched", NotStarted),
            ("Queued", Queued),
            ("Migrating", Synchronising),
            ("Migrated", InSync),
            ("Migrated with Issues", InSync),
            ("Migration Failed", Failed),
            ("Migration Stopped", Stopped),
            ("Switched", Switched),
        ],
    );
    assert_vocabulary(
        "qmm-sync-state",
        &[
            ("New", NotStarted),
            ("Not Started", NotStarted),
            ("Queued", Queued),
            ("In Progress", Synchronising),
            ("Synchronizing", Synchronising),
            ("Synchronising", Synchronising),
            ("In Sync", InSync),
            ("Synchronized", InSync),
            ("Synchronised", InSync),
            ("Ready to Switch", ReadyToSwitch),
            ("Switched", Switched),
            ("Undo Switch", Synchronising),
            ("Failed", Failed),
            ("Stopped", Stopped),
        ],
    );
}
