//! The names of the columns, in one place.

/// The address of the source mailbox in lower case: the key of a mailbox, and what its failed items
/// refer to. Text.
pub const MAILBOX: &str = "mailbox";
/// The collection as exported; null where unknown. Text.
pub const COLLECTION: &str = "collection";
/// The user's name; null where unknown. Text.
pub const DISPLAY_NAME: &str = "display_name";
/// The address of the target mailbox; null where unknown. Text.
pub const TARGET_MAILBOX: &str = "target_mailbox";
/// [`SyncState::code`](crate::domain::SyncState::code). `u8`.
pub const SYNC_STATE: &str = "sync_state";
/// The state's word as exported. Text.
pub const SYNC_STATE_WORD: &str = "sync_state_word";
/// Whether the tool does not complete the mailbox until somebody approves what was lost. Boolean.
pub const AWAITS_APPROVAL: &str = "awaits_approval";
/// Percent, as exported; null where unknown. `f64`.
pub const PROGRESS_PERCENT: &str = "progress_percent";
/// Items in the source mailbox; null where unknown. `i64`.
pub const ITEMS_TOTAL: &str = "items_total";
/// Items copied; null where unknown. `i64`.
pub const ITEMS_SYNCHRONISED: &str = "items_synchronised";
/// Items that did not migrate, settings not among them as far as they are known; null where
/// unknown. `i64`.
pub const ITEMS_FAILED: &str = "items_failed";
/// Settings of the mailbox and its folders that did not migrate, as the failed-item export lists
/// them; null where it does not say which items are settings. `i64`.
pub const SETTINGS_FAILED: &str = "settings_failed";
/// Items left out on purpose; null where unknown. `i64`.
pub const ITEMS_SKIPPED: &str = "items_skipped";
/// Size in bytes; null where unknown. `i64`.
pub const SIZE_BYTES: &str = "size_bytes";
/// The last pass of the tool, in the organisation's local time; null where unknown. Milliseconds.
pub const LAST_SYNCHRONISED_AT: &str = "last_synchronised_at";
/// The planned switch; null where unknown. Date.
pub const SWITCH_DATE: &str = "switch_date";
/// The switch, in the organisation's local time; null where unknown. Milliseconds.
pub const SWITCHED_AT: &str = "switched_at";
/// Pilot or live, as [`Phase::label`](crate::domain::Phase::label); null where unknown. Text.
pub const PHASE: &str = "phase";
/// Which sort of important person the user is; null where none. Text.
pub const VIP_CATEGORY: &str = "vip_category";
/// The switch as the migration schedule has it, where that differs from the export; null where it
/// has none. Date.
pub const SCHEDULED_DATE: &str = "scheduled_date";
/// [`Difference::code`](super::Difference::code). `u8`.
pub const DIFFERENCE: &str = "difference";
/// What the tool says of the mailbox's last error; null where none. Text.
pub const LAST_ERROR: &str = "last_error";
/// When an account was created; null where unknown. Date.
pub const CREATED_ON: &str = "created_on";
/// Whether the user of an account has activated it, or logged in; null where unknown. Boolean.
pub const IS_ACTIVATED: &str = "is_activated";
/// When the user of an account activated it, or logged in; null where unknown. Date.
pub const ACTIVATED_ON: &str = "activated_on";
/// When the user of an account accepted the policy; null where unknown. Date.
pub const ACCEPTED_ON: &str = "accepted_on";
/// Whether the user of an account accepted the policy; null where unknown. Boolean.
pub const POLICY_ACCEPTED: &str = "policy_accepted";
/// What a failed item is called, as it is written; null where blank. Text.
pub const REFERENCE: &str = "reference";
/// [`Decision::name`](crate::domain::Decision::name); null where none is made. Text.
pub const DECISION: &str = "decision";
/// What people wrote beside a decision; null where nothing. Text, hostile, and personal.
pub const NOTE: &str = "note";
/// Who decided; null where unknown. Text, hostile, and personal.
pub const DECIDED_BY: &str = "decided_by";
/// Who signed behind the word of a decision; null where nobody did. Text, hostile, and personal.
pub const SIGNED_BY: &str = "signed_by";
/// The day behind the word of a decision; null where none is there. Date.
pub const SIGNED_ON: &str = "signed_on";
/// When it was decided; null where unknown. Date.
pub const DECIDED_ON: &str = "decided_on";
/// The report date on which a decision was read last; null where none is made. Date.
pub const DECISION_READ_ON: &str = "decision_read_on";
/// The folder of an item; null where unknown. Text.
pub const FOLDER: &str = "folder";
/// The subject line of an item; null where it has none or none is exported. Text, hostile.
pub const SUBJECT: &str = "subject";
/// The kind of an item, as the tool names it; null where unknown. Text.
pub const ITEM_KIND: &str = "item_kind";
/// Whether an item is a setting of a folder or a mailbox, and no mail. Boolean.
pub const IS_SETTING: &str = "is_setting";
/// The date of an item; null where unknown. Date.
pub const ITEM_DATE: &str = "item_date";
/// The tool's error code; null where unknown. Text.
pub const ERROR_CODE: &str = "error_code";
/// The tool's error text; null where unknown. Text.
pub const ERROR_TEXT: &str = "error_text";
/// When the item failed, in the organisation's local time; null where unknown. Milliseconds.
pub const FAILED_AT: &str = "failed_at";
