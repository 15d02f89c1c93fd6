//! In which unit the sizes of an export are that come without one.

use super::values::{Reading, Unreadable, size_bytes};
use crate::exports::{Export, Field, SizeUnit};

/// A mailbox as large as this in bytes is an ordinary one, and in kibibytes none that there is: a
/// column with such a number is of bytes.
const SURELY_BYTES: i64 = 200_000_000;

/// What a number without a unit in a column of sizes is; `None` where nothing says it, and bytes
/// would make all mailboxes too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SizeForm(Option<SizeUnit>);

impl SizeForm {
    /// A cell of that form, in bytes.
    pub(super) fn read(self, cell: &str) -> Reading<i64> {
        let Some(unit) = self.0 else {
            let bytes = size_bytes(cell, SizeUnit::Bytes)?;
            // Nothing is nothing in any unit.
            let is_told = !is_bare(cell) || bytes.is_none_or(|bytes| bytes == 0);
            return if is_told { Ok(bytes) } else { Err(Unreadable) };
        };
        size_bytes(cell, unit)
    }

    /// That of an export's sizes.
    pub(super) fn of(export: &Export) -> Self {
        let Some(column) = export.column(Field::SizeBytes) else {
            return Self(None);
        };
        let heading = export.sheet.headings().get(column);
        let told = export.layout.unit(heading.map_or("", String::as_str));
        let is_of_bytes = || {
            export.rows().any(|row| {
                let cell = export.sheet.cell(row, column);
                is_bare(cell)
                    && matches!(size_bytes(cell, SizeUnit::Bytes), Ok(Some(bytes)) if bytes >= SURELY_BYTES)
            })
        };
        Self(told.or_else(|| is_of_bytes().then_some(SizeUnit::Bytes)))
    }
}

/// Whether a cell says a number and no unit.
pub(super) fn is_bare(cell: &str) -> bool {
    !cell.contains(char::is_alphabetic)
}
