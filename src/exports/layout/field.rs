use serde::Deserialize;

use crate::domain::{Finding, FindingCode};

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A row is a mailbox.
    SyncState,
    /// A row is an item that did not migrate.
    FailedItems,
    /// A row is a mailbox and the day on which it is to switch.
    Schedule,
    /// The schedule as it was agreed, in the form of a schedule.
    #[serde(skip_deserializing)]
    FrozenSchedule,
    /// A row is an account in the new mail system.
    Accounts,
    /// A row is a failed item and what the organisation decided on it.
    Decisions,
}

impl Input {
    /// Every input, in the order in which they are declared.
    pub const ALL: [Self; 6] = [
        Self::SyncState,
        Self::FailedItems,
        Self::Schedule,
        Self::FrozenSchedule,
        Self::Accounts,
        Self::Decisions,
    ];

    /// Those that an organisation need not have, and without which its reports go.
    pub const OPTIONAL: [Self; 4] = [
        Self::Schedule,
        Self::FrozenSchedule,
        Self::Accounts,
        Self::Decisions,
    ];

    /// The input whose layouts read it.
    pub(super) fn form(self) -> Self {
        match self {
            Self::FrozenSchedule => Self::Schedule,
            other => other,
        }
    }

    /// Whether an organisation need not have it.
    pub(in crate::exports) fn is_optional(self) -> bool {
        Self::OPTIONAL.contains(&self)
    }

    /// As a sentence names it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SyncState => "sync-state export",
            Self::FailedItems => "failed-item export",
            Self::Schedule => "migration schedule",
            Self::FrozenSchedule => "frozen schedule",
            Self::Accounts => "account report",
            Self::Decisions => "log of decisions",
        }
    }

    /// The key of the settings that says in which order its dates have day and month.
    pub(in crate::exports) fn date_order_key(self) -> &'static str {
        match self {
            Self::SyncState => "sync_state_date_order",
            Self::FailedItems => "failed_items_date_order",
            Self::Schedule | Self::FrozenSchedule => "schedule_date_order",
            Self::Accounts => "accounts_date_order",
            Self::Decisions => "decisions_date_order",
        }
    }

    /// “a migration schedule”, “an account report”
    #[must_use]
    pub fn with_article(self) -> String {
        let article = match self {
            Self::Accounts => "an",
            _ => "a",
        };
        format!("{article} {}", self.label())
    }

    /// A finding about such an export, which holds nothing where reports go without it.
    pub(crate) fn unusable(self, finding: Finding) -> Finding {
        match self {
            Self::SyncState | Self::FailedItems => finding,
            Self::Schedule | Self::FrozenSchedule => {
                finding.about_optional(FindingCode::ScheduleUnusable, self.label())
            }
            Self::Accounts => finding.about_optional(FindingCode::AccountsUnusable, self.label()),
            Self::Decisions => finding.about_optional(FindingCode::DecisionsUnusable, self.label()),
        }
    }

    /// What its rows are, as a sentence names it.
    pub(super) fn rows(self) -> &'static str {
        match self {
            Self::SyncState | Self::Schedule | Self::FrozenSchedule => "mailboxes",
            Self::Accounts => "accounts",
            Self::Decisions => "decisions on failed items",
            Self::FailedItems => "failed items of mailboxes",
        }
    }

    /// Without one field of each group an export is of no use.
    pub(super) fn required(self) -> &'static [&'static [Field]] {
        match self {
            Self::SyncState => &[
                &[Field::SourceMailbox],
                &[Field::SyncState],
                &[Field::ItemsFailed],
            ],
            Self::FailedItems => &[
                &[Field::SourceMailbox],
                &[Field::ErrorText, Field::ErrorCode],
            ],
            Self::Accounts => &[
                &[Field::SourceMailbox],
                &[Field::ActivatedAt, Field::PolicyAccepted],
            ],
            Self::Decisions => &[&[Field::Reference], &[Field::Decision]],
            Self::Schedule | Self::FrozenSchedule => &[
                &[Field::SourceMailbox],
                &[
                    Field::SwitchDate,
                    Field::Collection,
                    Field::VipCategory,
                    Field::Phase,
                ],
            ],
        }
    }
}

macro_rules! fields {
    ($($variant:ident = $name:literal,)+) => {
        /// A canonical field: what a column of an export can mean.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[allow(missing_docs)] // each is the field of its name in the design of exports
        pub enum Field {
            $(#[serde(rename = $name)] $variant,)+
        }

        impl Field {
            /// Every field, in the order in which they are declared.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name by which a layout calls it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

fields! {
    Organisation = "organisation",
    Collection = "collection",
    DisplayName = "display_name",
    SourceMailbox = "source_mailbox",
    TargetMailbox = "target_mailbox",
    SyncState = "sync_state",
    ProgressPercent = "progress_percent",
    ItemsTotal = "items_total",
    ItemsSynchronised = "items_synchronised",
    ItemsFailed = "items_failed",
    ItemsSkipped = "items_skipped",
    SizeBytes = "size_bytes",
    LastSynchronisedAt = "last_synchronised_at",
    SwitchDate = "switch_date",
    SwitchedAt = "switched_at",
    LastError = "last_error",
    User = "user",
    Folder = "folder",
    Subject = "subject",
    ItemKind = "item_kind",
    ItemDate = "item_date",
    ErrorCode = "error_code",
    ErrorText = "error_text",
    FailedAt = "failed_at",
    Phase = "phase",
    VipCategory = "vip_category",
    CreatedAt = "created_at",
    ActivatedAt = "activated_at",
    PolicyAccepted = "policy_accepted",
    Reference = "reference",
    Decision = "decision",
    Note = "note",
    DecidedBy = "decided_by",
    DecidedOn = "decided_on",
}

impl Field {
    /// As a sentence names it: “the switch date”.
    #[must_use]
    pub fn label(self) -> String {
        format!("the {}", self.name().replace('_', " "))
    }

    /// Whether it is a whole number, of which several can be added.
    pub(super) fn is_count(self) -> bool {
        matches!(
            self,
            Self::ItemsTotal | Self::ItemsSynchronised | Self::ItemsFailed | Self::ItemsSkipped
        )
    }
}
