//! What makes a file a table of something else than mailboxes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::cells::{Look, look};
use super::headings::{FileHeadings, Spellings};
use super::pattern::Pattern;
use crate::sheets::Sheet;

/// Tables of other things that are known whatever the layout.
const KNOWN: &str = include_str!("other_tables.toml");

/// A table of something else, and how it is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OtherTable {
    /// What its rows are, such as “documents”.
    of: String,
    /// Headings that such a table has.
    #[serde(default)]
    headings: Spellings,
    /// How many of these have to be there, since one alone may stand in a table of mailboxes.
    #[serde(default = "one")]
    at_least: usize,
    /// What (nearly) every row says under these headings, where cells tell it.
    #[serde(default)]
    cells: BTreeMap<String, Vec<Pattern>>,
    /// Whether it is one where only some rows say so.
    #[serde(default)]
    in_some_rows: bool,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
struct KnownTables {
    table: Vec<OtherTable>,
}

impl OtherTable {
    /// Those that are known whatever the layout.
    pub(super) fn known() -> Result<Vec<Self>, toml::de::Error> {
        toml::from_str::<KnownTables>(KNOWN).map(|known| known.table)
    }

    /// What its rows are.
    pub(super) fn of(&self) -> &str {
        &self.of
    }

    /// Whether `sheet` is one. A heading that the layout `reads` tells nothing.
    pub(super) fn is(
        &self,
        sheet: &Sheet,
        headings: &FileHeadings,
        reads: impl Fn(usize) -> bool,
    ) -> bool {
        let mut telling = headings.all(&self.headings);
        telling.retain(|column| !reads(*column));
        telling.sort_unstable();
        telling.dedup();
        telling.len() >= self.at_least || self.is_by_cells(sheet, headings)
    }

    fn is_by_cells(&self, sheet: &Sheet, headings: &FileHeadings) -> bool {
        let says = |(heading, words): (&String, &Vec<Pattern>)| {
            let is_one = |cell: &str| words.iter().any(|word| word.fits(cell));
            let column = headings.column(heading);
            column.is_some_and(|column| match look(sheet, column, is_one) {
                Look::Fits => true,
                Look::Mixed => self.in_some_rows,
                Look::Unknown | Look::Other => false,
            })
        };
        self.cells.iter().any(says)
    }
}
