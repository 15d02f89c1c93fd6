use std::fmt;

use serde::{Deserialize, Serialize};

use super::Stage;

/// When a report goes out by itself, to those whom the register names for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// On each day of exports.
    Daily,
    /// Once in each week, which begins on a weekday of the settings.
    Weekly,
    /// Once, when its time has come.
    Once,
}

/// Declares the kinds of report, in the order an organisation reads them: with the name in folders,
/// file names and the ledger, the title, and when it goes out.
macro_rules! report_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $title:literal, $rhythm:ident;)+) => {
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

            /// When it goes out by itself.
            #[must_use]
            pub fn rhythm(self) -> Rhythm {
                match self {
                    $(Self::$kind => Rhythm::$rhythm,)+
                }
            }
        }
    };
}

report_kinds! {
    /// All users, their sync state, their progress, their failed items.
    OverallMigration = "overall-migration", "Overall Migration Report", Daily;
    /// User and subject line of every item that did not migrate.
    FailedItem = "failed-item", "Failed Item Report", Daily;
    /// Who is due to switch, who is ready, and who waits past the switch date.
    SwitchReadiness = "switch-readiness", "Switch Readiness Report", Daily;
    /// What a pilot shows, for the call that decides on the live stage.
    PilotSummary = "pilot-summary", "Pilot Summary", Once;
    /// How the migration ended, to be signed.
    Closing = "closing", "Closing Report", Once;
    /// One page for a board: the trend since the start, and what must be decided.
    Board = "board", "Board Page", Weekly;
}

impl ReportKind {
    /// The report of a [`ReportKind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Those that do not go out daily, and can be asked for.
    pub fn occasional() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_occasional())
    }

    /// Whether it may be due while an organisation is in a stage.
    #[must_use]
    pub fn belongs_to(self, stage: Stage) -> bool {
        match self {
            Self::OverallMigration | Self::FailedItem | Self::SwitchReadiness | Self::Board => {
                stage != Stage::Closed
            }
            Self::PilotSummary => stage == Stage::Pilot,
            Self::Closing => stage == Stage::Closed,
        }
    }

    /// Whether it does not go out daily. The register may lack the column of its recipients.
    #[must_use]
    pub fn is_occasional(self) -> bool {
        self.rhythm() != Rhythm::Daily
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
