use serde::Deserialize;

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
}

impl Input {
    /// Every input.
    pub const ALL: [Self; 3] = [Self::SyncState, Self::FailedItems, Self::Schedule];

    /// As a sentence names it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SyncState => "sync-state export",
            Self::FailedItems => "failed-item export",
            Self::Schedule => "migration schedule",
        }
    }

    /// What its rows are, as a sentence names it.
    pub(super) fn rows(self) -> &'static str {
        match self {
            Self::SyncState | Self::Schedule => "mailboxes",
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
            Self::Schedule => &[
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
            /// Every field.
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
