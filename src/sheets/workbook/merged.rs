use std::collections::BTreeMap;

use calamine::Dimensions;

use super::WorksheetRow;

/// The merged cells of a worksheet that span several rows. Excel keeps what stands in them in the
/// first row only; people mean it for each. In a row it stays in the first column, so that a line
/// of text across the table does not become one of its rows.
pub(super) struct MergedCells {
    /// From the last row to the first.
    waiting: Vec<Dimensions>,
    /// By column, from 0: the last row, from 0, and the text.
    open: BTreeMap<usize, (u32, String)>,
}

impl MergedCells {
    pub(super) fn new(mut merged: Vec<Dimensions>) -> Self {
        merged.retain(|cells| cells.start.0 < cells.end.0);
        merged.sort_by_key(|cells| std::cmp::Reverse(cells.start.0));
        Self {
            waiting: merged,
            open: BTreeMap::new(),
        }
    }

    /// Fills the blank cells of a row at `line`, from 1, that are merged with cells above; the first
    /// `width` are wanted. A row without a cell of its own is not there, and stays a blank one.
    pub(super) fn fill(&mut self, row: &mut WorksheetRow, line: u32, width: usize) {
        let place = line.saturating_sub(1);
        while let Some(cells) = self.waiting.pop_if(|cells| cells.start.0 <= place) {
            let column = usize::try_from(cells.start.1).unwrap_or(usize::MAX);
            let text = row.cells().nth(column).unwrap_or_default();
            if cells.start.0 == place && column < width && !text.trim().is_empty() {
                self.open.insert(column, (cells.end.0, text.to_owned()));
            }
        }
        self.open.retain(|_, (last, _)| *last >= place);
        for (column, (_, text)) in &self.open {
            if row
                .cells()
                .nth(*column)
                .is_none_or(|cell| cell.trim().is_empty())
            {
                let start = row.text.len();
                row.text.push_str(text);
                row.set(*column, start);
            }
        }
    }
}
