//! What the cells of a column look like, where its heading alone does not tell what it holds.

use crate::sheets::Sheet;

/// Rows that are looked at; of a larger table these are spread over all of it.
const ROWS: usize = 400;

/// How many of a hundred cells of a column look like what it is to hold, at the least.
const NEARLY_ALL: usize = 95;

/// What the cells of a column look like; blanks do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// There are no rows, or all are blank.
    Unknown,
    /// Nearly all are what was asked for.
    Fits,
    /// Some are what was asked for.
    Mixed,
    /// None is what was asked for.
    Other,
}

/// Cells of some rows of a sheet, column by column.
pub(super) struct CellSample<'a>(Vec<Vec<&'a str>>);

impl<'a> CellSample<'a> {
    pub(super) fn of(sheet: &'a Sheet) -> Self {
        let step = (sheet.height() / ROWS).max(1);
        let mut columns = vec![Vec::new(); sheet.headings().len()];
        for row in (0..sheet.height()).step_by(step) {
            for (column, cell) in columns.iter_mut().zip(sheet.cells(row)) {
                column.extend(Some(cell.trim()).filter(|cell| !cell.is_empty()));
            }
        }
        Self(columns)
    }

    /// How many of the cells of `column` are what `is_one` asks for.
    pub(super) fn look(&self, column: usize, is_one: impl Fn(&str) -> bool) -> Look {
        let cells = self.0.get(column).map_or(&[][..], Vec::as_slice);
        let fitting = cells.iter().filter(|cell| is_one(cell)).count();
        match fitting {
            _ if cells.is_empty() => Look::Unknown,
            0 => Look::Other,
            fitting if fitting * 100 >= NEARLY_ALL * cells.len() => Look::Fits,
            _ => Look::Mixed,
        }
    }
}

/// Whether a text looks like an address, with whatever stands round it; a path that ends in one
/// does not.
pub(super) fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(local, domain)| {
        let is_name = |part: &str| part.chars().any(char::is_alphanumeric);
        is_name(local) && is_name(domain) && !text.contains(['/', '\\'])
    })
}

/// Whether a text may be a date, or a word that stands for none yet.
pub(super) fn is_date(text: &str) -> bool {
    !text.contains('@') && text.chars().any(|c| c.is_ascii_digit())
}
