use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares the kinds of report, in the order an organisation reads them: with the name in folders,
/// file names and the ledger, and the title.
macro_rules! report_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $title:literal;)+) => {
        /// The reports an organisation can be sent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        pub enum ReportKind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)+
        }

        impl ReportKind {
            /// Every report, in the order an organisation reads them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$kind),+];

            /// The name in folders, file names and the ledger.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// The title on the report.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$kind => $title,)+
                }
            }
        }
    };
}

report_kinds! {
    /// All users, their sync state, their progress, their failed items.
    OverallMigration = "overall-migration", "Overall Migration Report";
    /// User and subject line of every item that did not migrate.
    FailedItem = "failed-item", "Failed Item Report";
    /// Who is due to switch, who is ready, and who waits past the switch date.
    SwitchReadiness = "switch-readiness", "Switch Readiness Report";
}

impl ReportKind {
    /// The report of a [`ReportKind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The column of the register that names who gets it: `failed_item_to`.
    #[must_use]
    pub fn recipients_column(self) -> String {
        format!("{}_to", self.name().replace('-', "_"))
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
