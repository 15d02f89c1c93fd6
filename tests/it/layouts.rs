//! What each tool's export means: every layout read cell by cell, and the commands that explain
//! layouts.

mod awkward;
mod cells;
pub(crate) mod commands;
mod invented;

use migration_monitor::domain::SyncState;
use migration_monitor::exports::Layouts;

/// Every word of a layout's vocabulary is what `states` says, and it has no other word. Words are
/// parted by `|`.
fn assert_vocabulary(layout: &str, states: &[(SyncState, &str)]) {
    let layouts = Layouts::load(None).unwrap();
    let layout = layouts.named(layout).unwrap();
    let mut tested = 0;
    for (state, words) in states {
        for word in words.split('|') {
            // Of a pattern, a word that it stands for.
            let said = word.replace('*', "_Whatever");
            for said in [said.to_uppercase(), said] {
                assert_eq!(layout.state(&said), Some(*state), "{}: {said}", layout.name);
            }
            tested += 1;
        }
    }
    let vocabulary = layout.text().split("[states]").nth(1).unwrap();
    let vocabulary = vocabulary.split("[[").next().unwrap();
    let words = vocabulary.lines().filter(|line| line.starts_with('"'));
    assert_eq!(
        words.count(),
        tested,
        "{}: a word is not tested",
        layout.name
    );
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
            (
                NotStarted,
                "NotMigrated|NotStarted|NotSubmitted|Completed (Verification)|Completed (Trial)",
            ),
            (Queued, "Submitted|Queued|WaitingForEndUser|WaitingForUser"),
            (Synchronising, "Processing|Migrating|Completed (Pre-Stage)"),
            (InSync, "Completed|CompletedWithErrors"),
            (Stopped, "Stopping|Stopped|MaximumTransferReached"),
            (Failed, "Failed"),
        ],
    );
    assert_vocabulary(
        "exchange-migration-user-statistics",
        &[
            (NotStarted, "NotStarted"),
            (
                Queued,
                "Queued|Validating|Provisioning|ProvisionUpdating|Starting|WaitingForJobPickup",
            ),
            (Synchronising, "Syncing|InProgress|Retrying"),
            (
                InSync,
                "Synced|IncrementalSynced|SyncedWithErrors|SyncedWithWarnings|IncrementalSyncing|NeedsApproval|Needs Approval|AutoSuspended",
            ),
            (
                ReadyToSwitch,
                "Completing|CompletionSynced|CompletionInProgress",
            ),
            (
                Switched,
                "Completed|CompletedWithWarnings|CompletedWithWarning|CompletedWithSkippedItems|CompletedWithErrors|Finalized",
            ),
            (
                Stopped,
                "Stopping|Removing|Stopped|IncrementalStopped|Suspended",
            ),
            (
                Failed,
                "Failed|IncrementalFailed|CompletionFailed|Corrupted",
            ),
        ],
    );
    assert_vocabulary(
        "exchange-move-request-statistics",
        &[
            (NotStarted, "None|0"),
            (
                Queued,
                "Queued|WaitingForJobPickup|WaitingForDependency|Initializing|InitializingMove|1|Starting|Validating|Provisioning|ProvisionUpdating",
            ),
            (
                Synchronising,
                "InProgress|Retrying|CreatingMailbox|CreatingFolderHierarchy|CreatingInitialSyncCheckpoint|LoadingMessages|ScanningForMessages|CopyingMessages|CopyingMessagesPerUserRead|CopyingMessagesPerUserWrite|InitialSeeding|Relinquished*|Stalled*|TransientFailure*|Throttled*|2|Syncing",
            ),
            (
                InSync,
                "AutoSuspended|Synced|InitialSeedingComplete|IncrementalSync|3|5|IncrementalSyncing|IncrementalSynced",
            ),
            (
                ReadyToSwitch,
                "CompletionInProgress|Completing|FinalIncrementalSync|Finalization|4|CompletionSynced",
            ),
            (
                Switched,
                "Completed|CompletedWithWarning|CompletedWithWarnings|CompletedWithSkippedItems|Cleanup|10|11",
            ),
            (
                Stopped,
                "Suspended|Canceled|Cancelled|98|Stopping|Stopped|IncrementalStopped|Removing",
            ),
            (
                Failed,
                "Failed|CompletionFailed|Quarantined|Corrupted|Failed*|99|IncrementalFailed",
            ),
        ],
    );
    assert_vocabulary(
        "on-demand-migration",
        &[
            (NotStarted, "New|Matched|Discovered"),
            (Queued, "Queued"),
            (Synchronising, "Migrating|In Progress"),
            (InSync, "Migrated|Migrated with Issues"),
            (Switched, "Switched"),
            (Stopped, "Migration Stopped|Stopped"),
            (Failed, "Migration Failed|Failed"),
        ],
    );
    assert_vocabulary(
        "qmm-sync-state",
        &[
            (
                NotStarted,
                "New|Not Started|Never Synchronized|Never Synchronised|Not Synchronized|Not Synchronised",
            ),
            (Queued, "Queued|Pending|Waiting"),
            (
                Synchronising,
                "In Progress|Synchronizing|Synchronising|Syncing|Undo Switch",
            ),
            (InSync, "In Sync|Synchronized|Synchronised|Synced"),
            (ReadyToSwitch, "Ready to Switch|Ready for Switch|Switching"),
            (Switched, "Switched"),
            (Stopped, "Stopped|Paused|Disabled"),
            (Failed, "Failed|Error"),
        ],
    );
    assert_vocabulary(
        "microsoft-cross-tenant",
        &[
            (NotStarted, "notStarted|valid|validating"),
            (Queued, "queued"),
            (Synchronising, "inProgress|syncing"),
            (InSync, "synced"),
            (ReadyToSwitch, "finalizing|forceComplete"),
            (Switched, "completed"),
            (Stopped, "cancelled|pendingCancel"),
            (Failed, "invalid|error|failed"),
        ],
    );
}
