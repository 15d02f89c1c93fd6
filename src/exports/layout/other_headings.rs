//! Headings that stand below those of a table, and are not the same.

use std::collections::BTreeSet;

use super::{Fit, Layout};
use crate::sheets::{Sheet, fold_heading};

impl Fit {
    /// Whether a row of `sheet` holds headings in another order than those above it, or of other
    /// columns: what stands below it cannot be read by the first ones.
    pub(in crate::exports) fn begins_other_table(&self, sheet: &Sheet, cells: &[&str]) -> bool {
        let folded: Vec<String> = cells.iter().map(|cell| fold_heading(cell)).collect();
        let filled = || folded.iter().filter(|cell| !cell.is_empty());
        if filled().count() < 2 || cells.iter().any(|cell| cell.contains('@')) {
            return false;
        }
        let own: Vec<String> = sheet.headings().iter().map(|h| fold_heading(h)).collect();
        let known: BTreeSet<&String> = own.iter().collect();
        let are_headings =
            filled().all(|cell| known.contains(cell)) || self.layout.requires_only(&folded);
        let is_in_place = |column: usize| {
            let cell = folded.get(column).map_or("", String::as_str);
            let is_same = own.get(column).is_some_and(|heading| heading == cell);
            let mut fields = self.columns.iter().filter(|(_, held)| **held == column);
            is_same
                || fields.any(|(field, _)| {
                    let spellings = self.layout.fields.get(field);
                    spellings.is_some_and(|spellings| spellings.have(cell))
                })
        };
        are_headings && !self.used().into_iter().all(is_in_place)
    }
}

impl Layout {
    /// Whether headings, as they are compared, are all that this layout requires.
    fn requires_only(&self, folded: &[String]) -> bool {
        let mut required = self.input.required().iter();
        required.all(|group| {
            let own = group.iter().filter_map(|field| self.fields.get(field));
            let sums = group.iter().filter_map(|field| self.sums.get(field));
            own.chain(sums.flatten())
                .any(|spellings| folded.iter().any(|heading| spellings.have(heading)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::Layouts;

    #[test]
    fn headings_in_another_order_or_of_other_columns_begin_another_table() {
        let text = "Source Mailbox,Sync State,Items Synchronized,Failed Items,Note\n\
                    a@wharfe.example,In Sync,9,0,\n";
        let sheet = Sheet::from_delimited(text.as_bytes().to_vec()).unwrap();
        let fit = Layouts::load(None).unwrap().explain(&sheet).unwrap();
        for (row, begins) in [
            (
                "Source Mailbox,Sync State,Failed Items,Items Synchronized,Note",
                true,
            ),
            ("Sync State,Source Mailbox,Failed Items", true),
            ("Mailbox,Batch,Status,Failed,Progress", true),
            // The same ones, spelt otherwise, or beside a note of another name.
            ("Mailbox,Status,Items Synced,Failed,Remark", false),
            (
                "Source Mailbox,Sync State,Items Synchronized,Failed Items,Note",
                false,
            ),
            ("Total,,9,0,", false),
            ("Status,Count", false),
            (
                "b@wharfe.example,Sync State,Source Mailbox,Failed Items,",
                false,
            ),
        ] {
            let cells: Vec<&str> = row.split(',').collect();
            assert_eq!(fit.begins_other_table(&sheet, &cells), begins, "{row}");
        }
    }
}
