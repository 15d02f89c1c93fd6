//! Rows of what people keep in spreadsheets, from which the last cells are missing.

use super::Rules;
use super::reference::Reference;
use crate::exports::{Export, Field, Input};
use crate::sheets::MisshapenRow;

/// Whether a row has fewer cells than there are headings because its last are blank: people take
/// trailing delimiters away, and so does Excel where a block of rows ends in blank cells (Lin 1997,
/// StataCorp, "How Excel writes empty cells"). What a tool writes has all cells, and a row without
/// some was cut off.
pub(super) fn lacks_only_blanks(row: &MisshapenRow, export: &Export, rules: Rules<'_>) -> bool {
    let cell = |field| {
        let column = export.column(field);
        column.map_or("", |column| export.sheet.misshapen_cell(row, column))
    };
    match export.layout.input {
        Input::SyncState | Input::FailedItems => false,
        Input::Schedule | Input::FrozenSchedule | Input::Accounts => {
            cell(Field::SourceMailbox).contains('@')
        }
        Input::Decisions => {
            Reference::read(cell(Field::Reference), rules.organisation) != Reference::None
        }
    }
}
