use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::layout::{Field, Fit, Layout, StateReader};
use super::quoting::quoted;
use crate::domain::hexadecimal;
use crate::domain::{DateOrder, ReportDate};
use crate::sheets::{MisshapenRow, Sheet};

/// A file, laid out: all of its rows, or one organisation's of a file of all.
#[derive(Debug, Clone)]
pub struct Export {
    /// Its path below the drop folder, with `/` between folders.
    pub file: String,
    /// What its headings mean.
    pub layout: Arc<Layout>,
    /// Headings and cells, as the file has them.
    pub sheet: Arc<Sheet>,
    /// The order of day and month in its dates.
    pub date_order: DateOrder,
    /// When its file was last changed, where that is known.
    pub changed_at: Option<SystemTime>,
    /// The first of the days before that have had a file with the same bytes ever since; known of
    /// reports of accounts only.
    pub same_since: Option<ReportDate>,
    fit: Arc<Fit>,
    /// The rows that are the organisation's; `None` where all are.
    own_rows: Option<OwnRows>,
}

/// Rows of a file of all organisations that are one's.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnRows {
    /// As `sheet` numbers them.
    pub(super) whole: Arc<[usize]>,
    /// Those that are not as wide as the headings.
    pub(super) misshapen: Arc<[MisshapenRow]>,
}

impl Export {
    /// All rows of `sheet`.
    pub(super) fn new(file: String, sheet: Sheet, fit: Fit, date_order: Option<DateOrder>) -> Self {
        let layout = Arc::clone(&fit.layout);
        let date_order = date_order.unwrap_or(layout.date_order);
        Self {
            file,
            layout,
            sheet: Arc::new(sheet),
            date_order,
            changed_at: None,
            same_since: None,
            fit: Arc::new(fit),
            own_rows: None,
        }
    }

    /// Only these rows of it.
    pub(super) fn with_rows(&self, rows: OwnRows) -> Self {
        Self {
            own_rows: Some(rows),
            ..self.clone()
        }
    }

    /// Whether its file holds nobody else's rows.
    pub(super) fn is_whole_file(&self) -> bool {
        self.own_rows.is_none()
    }

    /// The rows, as `sheet` numbers them.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        let whole = if self.is_whole_file() {
            self.sheet.height()
        } else {
            0
        };
        let own = self.own_rows.iter();
        (0..whole).chain(own.flat_map(|rows| rows.whole.iter().copied()))
    }

    /// How many rows there are.
    #[must_use]
    pub fn height(&self) -> usize {
        self.own_rows
            .as_ref()
            .map_or(self.sheet.height(), |rows| rows.whole.len())
    }

    /// Rows that are not as wide as the headings. Of a file of all organisations those that say whose
    /// they are; of the others it says so itself.
    #[must_use]
    pub fn misshapen(&self) -> &[MisshapenRow] {
        match &self.own_rows {
            None => &self.sheet.misshapen,
            Some(rows) => &rows.misshapen,
        }
    }

    /// The column that holds `field`, from 0; `None` where the export does not have it.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<usize> {
        self.fit.columns.get(&field).copied()
    }

    /// The columns, from 0, of which the first that is not blank counts where the cell of `field`
    /// itself is.
    #[must_use]
    pub fn columns_where_blank(&self, field: Field) -> &[usize] {
        self.fit.where_blank.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The columns, from 0, whose numbers add up to `field`; none where a column of its own holds
    /// it.
    #[must_use]
    pub fn columns_to_add(&self, field: Field) -> &[usize] {
        self.fit.sums.get(&field).map_or(&[], Vec::as_slice)
    }

    /// What reads the state of each row.
    #[must_use]
    pub fn state_reader(&self) -> StateReader<'_> {
        StateReader::new(&self.layout, |heading| self.sheet.column(heading))
    }

    /// The heading of a column, fit for a sentence: `“Switch Date”`, or `column 3` where the headings
    /// may be a row of somebody's.
    #[must_use]
    pub fn quoted_heading(&self, column: usize) -> String {
        quoted(&self.sheet, column)
    }

    /// What to do about dates that can only be read in the other order, as a sentence.
    #[must_use]
    pub fn other_date_order(&self) -> String {
        let (key, other) = (
            self.layout.input.date_order_key(),
            self.date_order.reversed(),
        );
        format!(
            "Where all its dates are so, set {key} = \"{}\" under [exports]; else export it again, with \
             the dates as they were.",
            other.name()
        )
    }

    /// Whether a row of these cells holds headings again that are not those above it.
    #[must_use]
    pub fn begins_other_table(&self, cells: &[&str]) -> bool {
        self.fit.begins_other_table(&self.sheet, cells)
    }

    /// What a row is that stands among mailboxes and is none, such as “documents”; `cell` gives its
    /// cells by column.
    #[must_use]
    pub fn other_thing<'c>(&self, cell: impl Fn(usize) -> &'c str) -> Option<&str> {
        self.fit.other_thing(cell)
    }

    /// The field in each cell of a row that the tool writes shorter than its headings; `None` for a
    /// bad row.
    #[must_use]
    pub fn short_row(&self, row: &MisshapenRow) -> Option<Vec<Option<Field>>> {
        self.layout.short_row(&self.sheet, row)
    }
}

/// The SHA-256 of the headings and cells of `exports`, in hexadecimal: the same where one
/// organisation's rows are the same, whatever else a file holds.
pub(super) fn digest(exports: &[Export]) -> String {
    let mut digest = Sha256::new();
    let mut add = |cell: &str| {
        digest.update((cell.len() as u64).to_le_bytes());
        digest.update(cell);
    };
    for export in exports {
        export
            .sheet
            .headings()
            .iter()
            .for_each(|heading| add(heading));
        for row in export.rows() {
            export.sheet.cells(row).for_each(&mut add);
        }
        for row in export.misshapen() {
            export.sheet.misshapen_cells(row).for_each(&mut add);
        }
    }
    hexadecimal::encode(&digest.finalize())
}
