//! What the cells of a column look like, where its heading alone does not tell what it holds.

use crate::sheets::Sheet;

/// Rows that are looked at; of a larger table these are spread over all of it.
const ROWS: usize = 1_000;

/// The share of the cells of a column that look like what it is to hold, at the least.
const NEARLY_ALL: f64 = 0.95;

/// What the cells of a column look like; blanks do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// There are no rows, or all are blank.
    Unknown,
    /// Nearly all are what was asked for.
    Fits,
    /// Some are.
    Mixed,
    /// None is.
    Other,
}

/// How many of the cells of `column` are what `is_one` asks for.
pub(super) fn look(sheet: &Sheet, column: usize, is_one: impl Fn(&str) -> bool) -> Look {
    let step = (sheet.height() / ROWS).max(1);
    let (mut fitting, mut all) = (0_u32, 0_u32);
    for row in (0..sheet.height()).step_by(step) {
        let cell = sheet.cell(row, column);
        if !cell.is_empty() {
            all += 1;
            fitting += u32::from(is_one(cell));
        }
    }
    match fitting {
        _ if all == 0 => Look::Unknown,
        0 => Look::Other,
        fitting if f64::from(fitting) >= NEARLY_ALL * f64::from(all) => Look::Fits,
        _ => Look::Mixed,
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
