//! What makes a file a table of something else than mailboxes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::cells::Look;
use super::headings::{FileHeadings, Spellings};
use super::pattern::{ComparedText, Pattern};

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
    /// Whether some rows that say so are enough.
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

    /// Whether a file is one. A heading that the layout `reads` tells nothing.
    pub(super) fn is(&self, headings: &FileHeadings, reads: impl Fn(usize) -> bool) -> bool {
        let mut telling = headings.all(&self.headings);
        telling.retain(|column| !reads(*column));
        telling.sort_unstable();
        telling.dedup();
        let says = |rows: RowsOfOther| match headings.look(rows.column, |cell| rows.are(cell)) {
            Look::Fits => true,
            Look::Mixed => self.in_some_rows,
            Look::Unknown | Look::Other => false,
        };
        telling.len() >= self.at_least || self.rows(headings, &reads).into_iter().any(says)
    }

    /// By which cells its rows are told where they stand among those of mailboxes.
    pub(super) fn rows(
        &self,
        headings: &FileHeadings,
        reads: impl Fn(usize) -> bool,
    ) -> Vec<RowsOfOther> {
        let told = |(heading, words): (&String, &Vec<Pattern>)| {
            let column = headings.column(heading)?;
            (!reads(column)).then(|| RowsOfOther {
                of: self.of.clone(),
                column,
                words: words.clone(),
            })
        };
        self.cells.iter().filter_map(told).collect()
    }
}

/// Rows of something else, by what stands in a column.
#[derive(Debug, Clone)]
pub(super) struct RowsOfOther {
    /// What they are, such as “documents”.
    pub(super) of: String,
    /// The column that tells what a row is, from 0.
    pub(super) column: usize,
    words: Vec<Pattern>,
}

impl RowsOfOther {
    /// Whether the row is one in whose column this cell stands.
    pub(super) fn are(&self, cell: &str) -> bool {
        !cell.is_empty() && {
            let cell = ComparedText::from(cell);
            self.words.iter().any(|word| word.fits(&cell))
        }
    }
}
