use super::Format;

/// Why bytes are not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum SheetError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is not text: line {line} holds a character that no text has")]
    NotText { line: u32 },
    #[error("{0}")]
    OtherFormat(Format),
    #[error(
        "it is larger than {max_mebibytes} MiB, the limit of max_unpacked_mib in the settings: \
         export it in parts, or raise the limit"
    )]
    TooLarge { max_mebibytes: u64 },
    #[error(
        "it has more than {max_cells} cells, the limit of max_cells in the settings: export it in \
         parts, or raise the limit"
    )]
    TooManyCells { max_cells: u64 },
    #[error(
        "line {line} has more than 16,384 columns: look there for a missing line end, or for \
         another delimiter than the headings have"
    )]
    TooWide { line: u32 },
    #[error(
        "the cell that begins on line {line} holds more than 1 MiB of text: look there for a \
         quotation mark that is not closed"
    )]
    CellTooLarge { line: u32 },
    #[error("line {line}: text follows the closing quotation mark of heading {column}")]
    TextAfterHeading { line: u32, column: usize },
    #[error("the workbook is damaged: {0}")]
    Workbook(String),
}

impl SheetError {
    /// Whether the message says what to do, beside exporting again.
    #[must_use]
    pub fn says_what_to_do(&self) -> bool {
        !matches!(
            self,
            Self::Empty | Self::NotText { .. } | Self::TextAfterHeading { .. } | Self::Workbook(_)
        )
    }
}
