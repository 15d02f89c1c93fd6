use std::fmt;

use serde::{Deserialize, Serialize};

/// The reports an organisation can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportKind {
    /// All users, their sync state, their progress, their failed items.
    OverallMigration,
    /// User and subject line of every item that did not migrate.
    FailedItem,
}

impl ReportKind {
    /// Every report, in the order an organisation reads them.
    pub const ALL: [Self; 2] = [Self::OverallMigration, Self::FailedItem];

    /// The name in folders, file names and the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OverallMigration => "overall-migration",
            Self::FailedItem => "failed-item",
        }
    }

    /// The title on the report.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::OverallMigration => "Overall Migration Report",
            Self::FailedItem => "Failed Item Report",
        }
    }

    /// The report of a [`ReportKind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
