use super::Format;

/// Why bytes are not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Nothing but blanks.
    #[error("the file is empty")]
    Empty,
    /// NUL characters in the text.
    #[error("the file is not text: line {line} holds a character that no text has")]
    NotText {
        /// From 1.
        line: u32,
    },
    /// Another kind of file, whatever its name.
    #[error("{0}")]
    OtherFormat(Format),
    /// More text than is allowed, or than offsets of 32 bits can reach.
    #[error(
        "it is larger than {max_mebibytes} MiB, the limit of max_unpacked_mib in the settings: \
         export it in parts, or raise the limit"
    )]
    TooLarge {
        /// The limit.
        max_mebibytes: u64,
    },
    /// More cells than are allowed.
    #[error(
        "it has more than {max_cells} cells, the limit of max_cells in the settings: export it in \
         parts, or raise the limit"
    )]
    TooManyCells {
        /// The limit.
        max_cells: u64,
    },
    /// More columns than any spreadsheet has.
    #[error(
        "line {line} has more than 16,384 columns: look there for a missing line end, or for \
         another delimiter than the headings have"
    )]
    TooWide {
        /// From 1.
        line: u32,
    },
    /// A cell with more text than any export holds.
    #[error(
        "the cell that begins on line {line} holds more than 1 MiB of text: look there for a \
         quotation mark that is not closed"
    )]
    CellTooLarge {
        /// From 1.
        line: u32,
    },
    /// A heading whose quotation marks end before it does: where it ends, and what follows, would
    /// be a guess.
    #[error("line {line}: text follows the closing quotation mark of heading {column}")]
    TextAfterHeading {
        /// Of the headings, from 1.
        line: u32,
        /// From 1.
        column: usize,
    },
    /// The same heading on two columns, which would make the choice between them a guess.
    #[error("line {line}: columns {first} and {second} have the same heading")]
    HeadingTwice {
        /// Of the headings, from 1.
        line: u32,
        /// From 1.
        first: usize,
        /// From 1.
        second: usize,
    },
    /// The workbook's own format is broken.
    #[error("the workbook is damaged: {0}")]
    Workbook(String),
}

impl SheetError {
    /// Whether the message says what to do, beside exporting again.
    #[must_use]
    pub fn says_what_to_do(&self) -> bool {
        !matches!(
            self,
            Self::Empty
                | Self::NotText { .. }
                | Self::TextAfterHeading { .. }
                | Self::HeadingTwice { .. }
                | Self::Workbook(_)
        )
    }
}
