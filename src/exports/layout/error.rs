use std::path::PathBuf;

use super::Input;

/// Why a layout is of no use, or a file has none.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum LayoutError {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{file}: {message}")]
    Invalid { file: String, message: String },
    #[error("There is no layout “{name}” for {}; there are {known}. Correct the name in the \
     settings.", input.with_article())]
    NoSuchLayout {
        name: String,
        input: Input,
        known: String,
    },
    #[error(
        "This is a table of {of}, not of {}. It counts for nothing here: take it out of the folder, \
         or narrow the pattern in the settings, and export the table of {} where it is missing.",
        wanted.rows(), wanted.rows()
    )]
    OtherTable { of: String, wanted: Input },
    #[error("This is {}, not {}: the two files may have been exchanged.", is.with_article(),
        wanted.with_article())]
    OtherInput { is: Input, wanted: Input },
    #[error(
        "The headings fit no known layout{of}; for {nearest}, this is missing: {missing}. Export \
         the columns again, or add a layout: docs/layouts.md."
    )]
    NearlyFits {
        of: String,
        nearest: String,
        missing: String,
    },
    #[error(
        "The headings fit no known layout{of}, and none of them is known; there are {known}. \
         Export the table again, or add a layout: docs/layouts.md."
    )]
    NothingKnown { of: String, known: String },
    #[error(
        "The headings fit {first} and {second} equally well: name the right one in the settings."
    )]
    Tie { first: String, second: String },
    #[error(
        "This is a table as PowerShell draws it on the screen, not its data: Format-Table or \
         Format-List came before Export-Csv. Leave that out, and export again."
    )]
    FormattedTable,
    #[error(
        "Columns {first} and {second} have the same heading and hold different things, so that \
         which of them counts cannot be told. Rename one of them, or leave it out."
    )]
    HeadingTwice { first: usize, second: usize },
    #[error(
        "The file has no headings: an address stands where they should. Export it again with the \
         headings, as Export-Csv writes them."
    )]
    NoHeadings,
}
