use serde::{Deserialize, Serialize};

/// Where an organisation is in its migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A few mailboxes first.
    Pilot,
    /// Mailboxes synchronise for days, then switch, collection by collection.
    SyncAndSwitch,
    /// All have switched; what did not migrate is repaired.
    MopUp,
    /// Finished: gets no reports.
    Closed,
}

impl Stage {
    /// The stage of a word in the register.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        // “Sync and Switch”, “sync_and_switch”, “Mop up”, “sync & switch” are words for the same.
        let word = word.to_ascii_lowercase().replace('&', "and");
        let letters = word.chars().filter(char::is_ascii_alphabetic);
        match letters.collect::<String>().as_str() {
            "pilot" => Some(Self::Pilot),
            "syncandswitch" => Some(Self::SyncAndSwitch),
            "mopup" => Some(Self::MopUp),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }

    /// The stage as a reader says it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pilot => "Pilot",
            Self::SyncAndSwitch => "Sync and switch",
            Self::MopUp => "Mop-up",
            Self::Closed => "Closed",
        }
    }
}

/// Where an organisation wants the subject lines of its failed items, which are confidential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectLines {
    /// In the workbook only.
    Workbook,
    /// In the email and the workbook.
    Email,
    /// Nowhere: an opaque reference stands in their place.
    Withheld,
}

impl SubjectLines {
    /// The policy of a word in the register; a blank is the default, `workbook`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "" | "workbook" => Some(Self::Workbook),
            "email" => Some(Self::Email),
            "withheld" => Some(Self::Withheld),
            _ => None,
        }
    }
}
