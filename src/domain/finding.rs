use serde::{Deserialize, Serialize};

/// Something about an export that a person should know: where it is and what to do.
///
/// A finding is written to logs as well as to reports, so its message never names a user, an
/// address or a subject line; the file, line and column say where to look.
///
/// ```
/// let finding = Finding::new(FindingCode::NoRows, "Export it again.").in_file("a.csv").at_line(3);
/// assert_eq!(finding.severity, FindingCode::NoRows.severity());
/// ```
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

/// The name of a file, in which an address has its domain only: people name exports after users.
#[must_use]
pub fn without_names(file: &str) -> String {
    let mut parts = file.split('@').rev();
    let mut masked = vec![parts.next().unwrap_or_default()];
    let ends_before = |c: char| c.is_whitespace() || "/\\()[]<>,;=".contains(c);
    masked.extend(parts.map(|part| {
        let start = part.rfind(ends_before).map_or(0, |at| at + 1);
        part.get(..start).unwrap_or_default()
    }));
    masked.reverse();
    masked.join("…@")
}

impl Finding {
    /// A finding about an organisation's exports as a whole.
    #[must_use]
    pub fn new(code: FindingCode, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            file: None,
            line: None,
            column: None,
            message: message.into(),
        }
    }

    /// The same finding, in `file`.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(without_names(&file.into()));
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
    pub fn at_column(mut self, column: usize) -> Self {
        self.column = u32::try_from(column).ok();
        self
    }

    /// The same finding about a file that the day's reports can do without, such as a “migration
    /// schedule”, so that it holds nothing; unless another organisation's people are in it. `code`
    /// says that it cannot be used.
    #[must_use]
    pub fn about_optional(self, code: FindingCode, file: &str) -> Self {
        let is_anothers = matches!(
            self.code,
            FindingCode::OtherOrganisation | FindingCode::ExportInTwoFolders
        );
        if self.severity < Severity::Hold || is_anothers {
            return self;
        }
        let message = format!(
            "The {file} cannot be used, and the reports go without it. {}",
            self.message
        );
        Self {
            code,
            severity: code.severity(),
            message,
            ..self
        }
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
    /// For information: nobody needs to do anything.
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
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal $severity:ident $advice:literal,)+) => {
        /// The kinds of finding; each has a stable name and one severity.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        pub enum FindingCode {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl FindingCode {
            /// Every code, in the order of the document of findings.
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

            /// What to do about findings of this kind; a finding's own sentence may say more.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice),+ }
            }

    /// Whether a report asks the organisation itself to mend it, as an action of its own.
    #[must_use]
    pub fn is_asked_of_organisation(self) -> bool {
        matches!(
            self,
            Self::NotInExport | Self::NotOnSchedule | Self::SwitchDatesDiffer
        )
    }

            /// Whether people lose mail or secrets while nobody acts on it: a person must see to it
            /// before anything else.
            #[must_use]
            pub fn is_dangerous(self) -> bool {
                matches!(self, Self::TargetTwice | Self::PasswordColumn)
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
    FileMissing = "file-missing" Hold "Export it into the folder and under the name that are told, \
     and run the day again.",
    /// A file that cannot be opened or is not a table.
    FileUnreadable = "file-unreadable" Hold "Follow what the sentence says of the file; mostly: \
     export it again.",
    /// The file ends in the middle of a row.
    FileTruncated = "file-truncated" Hold "Export it again, and wait until the copy is complete.",
    /// The headings fit no layout of this input, or two equally well.
    LayoutUnknown = "layout-unknown" Hold "Export the columns that are named, name the layout in \
     the settings, or add a layout; `layouts detect` shows what is seen.",
    /// Headings and no rows, in an export that lists every mailbox.
    NoRows = "no-rows" Hold "Look at what was selected in the migration tool, and export it again.",
    /// No failed item listed, where an earlier day had some and the sync-state export does not say
    /// that there are none.
    NoFailedItems = "no-failed-items" Hold "Export the failed items again, of all collections.",
    /// A date that can only be read with day and month the other way round.
    DatesOtherWay = "dates-other-way" Hold "Where all dates are so, set the key that is told, such as \
     `sync_state_date_order`; else export it again, with the dates as they were.",
    /// The newest time-stamp is older than the settings allow.
    ExportOld = "export-old" Hold "Export it again; see that the tool runs.",
    /// The sync-state export of the last day that has one, under today's name.
    ExportRepeated = "export-repeated" Hold "Export it again: an earlier file was copied.",
    /// Two files of one input with mostly the same mailboxes or items: an export, and the one that
    /// was to replace it.
    ExportsSideBySide = "exports-side-by-side" Hold "Remove the older one, and run the day again.",
    /// A mailbox of a domain that is not this organisation's.
    OtherOrganisation = "other-organisation" Hold "Check what was exported, and the organisation's \
     `mail_domains` in the register.",
    /// A file that lies in the folders of two organisations.
    ExportInTwoFolders = "export-in-two-folders" Hold "Put each organisation's own export into its \
     folder.",
    /// A file that is no longer as it was read.
    FileChanged = "file-changed" Hold "Wait until the copy is complete, and run the day again.",
    /// More rows are unreadable than the settings allow.
    TooManyBadRows = "too-many-bad-rows" Hold "Mend what the bad rows have in common, and export \
     it again.",
    /// Headings that stand again below the first ones, in another order or of other columns.
    HeadingsChanged = "headings-changed" Hold "Make a file of each of the tables, or give them the \
     same columns in the same order.",
    /// As many failed items as copied ones in most mailboxes, and hardly one of them listed.
    ColumnsExchanged = "columns-exchanged" Hold "Compare the headings with the figures of a mailbox \
     that you know, and export it again.",
    /// A row that was set aside.
    BadRow = "bad-row" Warning "Look at the line and column; correct the mailbox or item in the \
     tool, or the export.",
    /// Cells that cannot be read, in a column that a row can do without.
    CellsUnread = "cells-unread" Warning "Correct the cells of that column; until then they count \
     as “Not reported”.",
    /// A state word that the layout does not know.
    StateUnrecognised = "state-unrecognised" Warning "Add the word to the layout, under \
     `[states]`; until then its mailboxes count as unrecognised.",
    /// Times of mailboxes that lie after the day of the export.
    TimesAhead = "times-ahead" Warning "Look at the clock of the server that writes the export, and \
     at the order of day and month.",
    /// Switch dates that may all be read with day or month first, and lie closer together the other
    /// way.
    DatesDoubtful = "dates-doubtful" Warning "Look at a date that you know; where the month is first, \
     set `schedule_date_order`, or write the dates with the name of the month.",
    /// A mailbox on two rows.
    MailboxTwice = "mailbox-twice" Warning "Take the mailbox out of all collections but one.",
    /// Two mailboxes that would land in one.
    TargetTwice = "target-twice" Warning "Stop the migration of these mailboxes and correct the \
     target, before anything else.",
    /// Figures of one mailbox that contradict each other.
    FiguresContradict = "figures-contradict" Warning "Nothing, if it is gone tomorrow; else ask \
     the tool's makers.",
    /// The two exports count a mailbox's failed items differently, with settings and without.
    FailedCountsDiffer = "failed-counts-differ" Warning "Export both at the same time.",
    /// Failed items of a mailbox that the sync-state export does not list.
    MailboxUnknown = "mailbox-unknown" Warning "Check that both exports are of the same \
     collections.",
    /// A migration schedule that cannot be read; the reports go without it.
    ScheduleUnusable = "schedule-unusable" Warning "Correct the spreadsheet; the reports do not \
     wait for it.",
    /// A report of accounts that cannot be read; the reports go without it.
    AccountsUnusable = "accounts-unusable" Warning "Export the accounts again; the reports do not \
     wait for them.",
    /// Accounts of which no mailbox of the organisation is known.
    AccountUnknown = "account-unknown" Note "Nothing, unless the organisation's own accounts are \
     among them: then look at their addresses.",
    /// A report of accounts that is more than a week old, or looks so.
    AccountsOld = "accounts-old" Warning "Export the accounts again: an old report does not say \
     who has not activated an account by now.",
    /// A log of decisions that cannot be read; the reports go without it.
    DecisionsUnusable = "decisions-unusable" Warning "Correct the log of failed items; the reports \
     do not wait for it.",
    /// A row of the log of failed items whose decision or reference cannot be read.
    DecisionUnclear = "decision-unclear" Warning "Write accept, done or keep beside the reference, \
     which stays as it is in the workbook.",
    /// Decisions on one failed item that differ.
    DecisionsDiffer = "decisions-differ" Warning "Leave one of them in the log, or give the later \
     one its date.",
    /// Decisions whose reference no failed item has or had.
    DecisionUnfit = "decision-unfit" Warning "Copy the reference from the workbook; until then the \
     decision counts for nothing.",
    /// More mailboxes are to switch in one week than a week can take.
    WeekOverfull = "week-overfull" Warning "Move mailboxes on the schedule to another week.",
    /// A mailbox on the migration schedule that the sync-state export does not list.
    NotInExport = "not-in-export" Warning "Add the mailbox to a collection, or take it off the \
     schedule.",
    /// A mailbox in the sync-state export that is not on the migration schedule.
    NotOnSchedule = "not-on-schedule" Warning "Add the mailbox to the schedule, or take it out of \
     the migration.",
    /// A mailbox that is to switch on another day than the migration schedule says.
    SwitchDatesDiffer = "switch-dates-differ" Warning "Correct the schedule, or the date in the \
     tool.",
    /// A word on the migration schedule that means neither pilot nor live.
    PhaseUnrecognised = "phase-unrecognised" Warning "Write Pilot or Live.",
    /// Rows, in a file of all organisations, that name none, or one that the register does not
    /// have.
    OrganisationUnknown = "organisation-unknown" Warning "Add the code to the rows, or the \
     organisation to the register.",
    /// A large part of the mailboxes of an earlier day is no longer listed: more than
    /// `max_lost_mailboxes` allows, or a whole collection that had not switched.
    MailboxesLost = "mailboxes-lost" Hold "Export it again, of all collections; where they are gone \
     on purpose, `run --organisation CODE --accept-loss`.",
    /// More than a hundredth of the mailboxes of an earlier day are no longer listed.
    MailboxesGone = "mailboxes-gone" Warning "Check that every collection was exported; ignore it \
     where one was taken out on purpose.",
    /// Mailboxes of which fewer items are synchronised than on an earlier day.
    FiguresFell = "figures-fell" Note "Nothing: undo switch and resync make figures fall.",
    /// More than a tenth of the mailboxes of an earlier day have fewer items synchronised than then.
    ManyFiguresFell = "many-figures-fell" Warning "Look in the tool whether this is an older export, \
     and export it again; ignore it where many were resynced.",
    /// Neither Unicode nor marked: read as Windows-1252.
    EncodingAssumed = "encoding-assumed" Note "Look at a few names; if they are wrong, export as \
     UTF-8.",
    /// Exactly as many rows as some tools stop at by themselves.
    RowsAtLimit = "rows-at-limit" Warning "Check that the export is complete; in PowerShell, \
     `-ResultSize Unlimited`.",
    /// Question marks in place of letters in names: they were lost before or while the export was
    /// written.
    LettersLost = "letters-lost" Note "Export again with `-Encoding UTF8`.",
    /// A column that no layout reads.
    ColumnUnused = "column-unused" Note "Nothing, unless it holds something that reports should \
     say: then add it to a layout.",
    /// A column that is named like a loss, holds more than 0, and is not counted as failed items.
    LossUnread = "loss-unread" Warning "Look at the column; where it counts items that did not \
     migrate, add its heading to the layout, under `[sums]`.",
    /// A column whose heading no layout names, and that alone fits a pattern of one.
    HeadingAssumed = "heading-assumed" Note "Nothing, if it is right; else rename the column, or \
     name the right one in a layout.",
    /// Several columns that could all be the same field by their headings: none was read.
    HeadingUnclear = "heading-unclear" Warning "Give the right one the heading that is told.",
    /// The headings again between the rows, as where exports were joined.
    HeadingsRepeated = "headings-repeated" Note "Nothing.",
    /// Rows that are no mailboxes and no items: totals, titles, headings, remarks of a report.
    RowsPassedOver = "rows-passed-over" Note "Nothing, unless a mailbox is among them.",
    /// Rows of documents, public folders, cancelled migrations and the like among those of mailboxes.
    OtherRows = "other-rows" Warning "Export them into a file of their own; reports count mailboxes \
     only. Of a schedule: check that they are not to migrate.",
    /// Titles, dates and the like above the headings.
    TitlePassedOver = "title-passed-over" Note "Nothing.",
    /// Worksheets with the same columns, as of a sheet for each wave: one table.
    WorksheetsJoined = "worksheets-joined" Note "Nothing, unless one of them is an older copy: \
     then delete it.",
    /// A hidden worksheet with the headings of an export, or one with other columns than the first.
    WorksheetUnread = "worksheet-unread" Warning "Move its rows to the first worksheet, or save it \
     as a file of its own.",
    /// A column of passwords, dropped unread.
    PasswordColumn = "password-column" Warning "Remove it from the export, and change those \
     passwords.",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_before_what() {
        let finding = Finding::new(FindingCode::BadRow, "not a number.")
            .in_file("ZNM/x.csv")
            .at_line(3)
            .at_column(6);
        assert_eq!(
            finding.to_string(),
            "ZNM/x.csv, line 3, column 6: not a number."
        );
        assert_eq!(
            Finding::new(FindingCode::NoRows, "empty.").to_string(),
            "empty."
        );
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = FindingCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FindingCode::ALL.len());
    }
    #[test]
    fn a_file_that_is_named_after_a_user_is_told_without_the_name() {
        for (file, told) in [
            (
                "ZNM/2026-11-20/sync-state.csv",
                "ZNM/2026-11-20/sync-state.csv",
            ),
            (
                "ZNM/sync-state ada.ash@nm.example.txt",
                "ZNM/sync-state …@nm.example.txt",
            ),
            ("a.zip/ada.ash@nm.example.csv", "a.zip/…@nm.example.csv"),
        ] {
            let finding = Finding::new(FindingCode::NoRows, "Export it.").in_file(file);
            assert_eq!(finding.file.as_deref(), Some(told));
        }
    }
}
