use serde::{Deserialize, Serialize};

/// Something about an export that a person should know: where it is and what to do.
///
/// A finding is written to logs as well as to reports, so its message never names a user, an address or a subject
/// line; the file, line and column say where to look.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Finding {
    /// What kind of finding.
    pub code: FindingCode,
    /// How much it matters; follows from the code.
    pub severity: Severity,
    /// The export's path below the exports folder.
    pub file: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<u32>,
    /// The column of the table, from 1.
    pub column: Option<u32>,
    /// One or two sentences: what was found, and what to do.
    pub message: String,
}

impl Finding {
    /// A finding about an organisation's exports as a whole.
    #[must_use]
    pub fn new(code: FindingCode, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), file: None, line: None, column: None, message: message.into() }
    }

    /// The same finding, in `file`.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The same finding, at `line` (from 1).
    #[must_use]
    pub fn at_line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// The same finding, in `column` (from 1).
    #[must_use]
    pub fn at_column(mut self, column: u32) -> Self {
        self.column = Some(column);
        self
    }
}

impl Finding {
    /// The same finding about a migration schedule. The day's reports can do without one, so that it holds nothing;
    /// unless another organisation's people are on it.
    #[must_use]
    pub fn about_the_schedule(self) -> Self {
        if self.severity < Severity::Hold || self.code == FindingCode::OtherOrganisation {
            return self;
        }
        let code = FindingCode::ScheduleUnusable;
        let message = format!("The migration schedule cannot be used, and the reports go without it. {}", self.message);
        Self { code, severity: code.severity(), message, ..self }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}")?;
            if let Some(line) = self.line {
                write!(f, ", line {line}")?;
            }
            if let Some(column) = self.column {
                write!(f, ", column {column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For information.
    Note,
    /// The reports go out and say so.
    Warning,
    /// This organisation's reports are not sent.
    Hold,
}

impl Severity {
    /// The severity as reports print it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Warning => "Warning",
            Self::Hold => "Hold",
        }
    }
}

macro_rules! finding_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal $severity:ident,)+) => {
        /// The kinds of finding; each has a stable name and one severity.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        pub enum FindingCode {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl FindingCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable name, as in `model.json`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What findings of this kind are, in a sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// How much findings of this kind matter.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }
        }
    };
}

finding_codes! {
    /// No file matches the pattern of an input.
    FileMissing = "file-missing" Hold,
    /// A file that cannot be opened or is not a table.
    FileUnreadable = "file-unreadable" Hold,
    /// The file ends in the middle of a row.
    FileTruncated = "file-truncated" Hold,
    /// The headings fit no layout of this input, or two equally well.
    LayoutUnknown = "layout-unknown" Hold,
    /// Headings and no rows, in an export that lists every mailbox.
    NoRows = "no-rows" Hold,
    /// No failed item listed, where an earlier day had some and the sync-state export does not say that there are none.
    NoFailedItems = "no-failed-items" Hold,
    /// A date that can only be read with day and month the other way round.
    DatesOtherWay = "dates-other-way" Hold,
    /// The newest time-stamp is older than the settings allow.
    ExportOld = "export-old" Hold,
    /// Yesterday's sync-state export under today's name.
    ExportRepeated = "export-repeated" Hold,
    /// A mailbox of a domain that is not this organisation's.
    OtherOrganisation = "other-organisation" Hold,
    /// More rows are unreadable than the settings allow.
    TooManyBadRows = "too-many-bad-rows" Hold,
    /// A row that was set aside.
    BadRow = "bad-row" Warning,
    /// A state word that the layout does not know.
    StateUnrecognised = "state-unrecognised" Warning,
    /// A mailbox on two rows.
    MailboxTwice = "mailbox-twice" Warning,
    /// Two mailboxes that would land in one.
    TargetTwice = "target-twice" Warning,
    /// Figures of one mailbox that contradict each other.
    FiguresContradict = "figures-contradict" Warning,
    /// The two exports count a mailbox's failed items differently.
    FailedCountsDiffer = "failed-counts-differ" Warning,
    /// Failed items of a mailbox that the sync-state export does not list.
    MailboxUnknown = "mailbox-unknown" Warning,
    /// A migration schedule that cannot be read; the reports go without it.
    ScheduleUnusable = "schedule-unusable" Warning,
    /// A mailbox on the migration schedule that the sync-state export does not list.
    NotInExport = "not-in-export" Warning,
    /// A mailbox in the sync-state export that is not on the migration schedule.
    NotOnSchedule = "not-on-schedule" Warning,
    /// A mailbox that is to switch on another day than the migration schedule says.
    SwitchDatesDiffer = "switch-dates-differ" Warning,
    /// A word on the migration schedule that means neither pilot nor live.
    PhaseUnrecognised = "phase-unrecognised" Warning,
    /// Rows, in a file of all organisations, that name none, or one that the register does not have.
    OrganisationUnknown = "organisation-unknown" Warning,
    /// More than a tenth of the mailboxes of an earlier day are no longer listed.
    MailboxesGone = "mailboxes-gone" Warning,
    /// Mailboxes of which fewer items are synchronised, or fewer failed, than on an earlier day.
    FiguresFell = "figures-fell" Note,
    /// Neither Unicode nor marked: read as Windows-1252.
    EncodingAssumed = "encoding-assumed" Note,
    /// Exactly as many rows as some tools stop at by themselves.
    RowsAtLimit = "rows-at-limit" Warning,
    /// Question marks in names, in a file without a single accent: letters were lost before the export was written.
    LettersLost = "letters-lost" Note,
    /// A column that no layout reads.
    ColumnUnused = "column-unused" Note,
    /// The headings again between the rows, as where exports were joined.
    HeadingsRepeated = "headings-repeated" Note,
    /// A worksheet with the headings of an export behind the one that was read.
    WorksheetUnread = "worksheet-unread" Warning,
    /// A column of passwords, dropped unread.
    PasswordColumn = "password-column" Warning,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_before_what() {
        let finding = Finding::new(FindingCode::BadRow, "not a number.").in_file("ZNM/x.csv").at_line(3).at_column(6);
        assert_eq!(finding.to_string(), "ZNM/x.csv, line 3, column 6: not a number.");
        assert_eq!(Finding::new(FindingCode::NoRows, "empty.").to_string(), "empty.");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = FindingCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FindingCode::ALL.len());
    }
}
