//! The rows of a table, read of any number of files and kept where nothing is wrong with them.

use std::collections::BTreeSet;

use polars::prelude::*;

use super::bad_rows::BadRows;
use super::column::{ColumnBuilder, ColumnDeclaration};
use super::origin::Origin;
use super::other_rows::{self, OtherRows};
use super::row_reader::RowReader;
use super::sections::Sections;
use super::unread_cells::UnreadCells;
use super::{Rules, columns, cut_rows};
use crate::domain::Finding;
use crate::exports::{Export, Input};

/// The rows of all files, one file after the other: of each the rows as wide as its headings, then
/// those that the tool writes shorter.
pub(super) struct TableRows<'a> {
    columns: Vec<Column>,
    origins: Vec<Origin<'a>>,
    /// Rows of which a cell is wrong.
    set_aside: BTreeSet<IdxSize>,
}

impl<'a> TableRows<'a> {
    /// Reads every row of every file. Rows with faults are set aside, counted and listed as
    /// findings; too many of them hold the organisation.
    pub(super) fn read(
        exports: &'a [Export],
        columns: &[ColumnDeclaration],
        rules: Rules<'a>,
        findings: &mut Vec<Finding>,
    ) -> PolarsResult<Self> {
        let height = exports.iter().map(Export::height).sum();
        let mut table = TableBuilder {
            columns,
            builders: columns
                .iter()
                .map(|column| ColumnBuilder::new(column, height))
                .collect(),
            origins: Vec::with_capacity(height),
            set_aside: BTreeSet::new(),
        };
        for export in exports {
            table.add_all(export, rules, findings);
        }
        let columns = table
            .builders
            .into_iter()
            .map(ColumnBuilder::finish)
            .collect::<PolarsResult<_>>()?;
        Ok(Self {
            columns,
            origins: table.origins,
            set_aside: table.set_aside,
        })
    }

    /// Whether there is no row, or none without a fault.
    pub(super) fn is_empty(&self) -> bool {
        self.origins.len() == self.set_aside.len()
    }

    /// Where a row stands in the exports.
    pub(super) fn origin(&self, row: IdxSize) -> Option<Origin<'a>> {
        self.origins.get(row as usize).copied()
    }

    pub(super) fn column(&self, name: &str) -> PolarsResult<&Column> {
        let column = self.columns.iter().find(|column| column.name() == name);
        column.ok_or_else(|| polars_err!(ColumnNotFound: "{name}"))
    }

    /// The rows that are not set aside, each with its mailbox, in the order of mailboxes; those of
    /// one mailbox in their own order.
    pub(super) fn by_mailbox(&self) -> PolarsResult<Vec<(&str, IdxSize)>> {
        let mailboxes = self.column(columns::MAILBOX)?.str()?.iter();
        let mut rows: Vec<_> = mailboxes
            .map(Option::unwrap_or_default)
            .zip(0..)
            .filter(|(_, row)| !self.set_aside.contains(row))
            .map(|(mailbox, row)| (first_letters(mailbox), mailbox, row))
            .collect();
        rows.sort_unstable();
        Ok(rows
            .into_iter()
            .map(|(_, mailbox, row)| (mailbox, row))
            .collect())
    }

    /// The table of these rows, in this order.
    pub(super) fn into_table(self, rows: Vec<IdxSize>) -> PolarsResult<DataFrame> {
        let height = rows.len();
        if height == self.origins.len() && rows.is_sorted() {
            return DataFrame::new(height, self.columns);
        }
        let rows = IdxCa::from_vec("row".into(), rows);
        // Column by column, so that only one of them is in memory twice.
        let columns = self
            .columns
            .into_iter()
            .map(|column| column.take(&rows))
            .collect::<PolarsResult<_>>()?;
        DataFrame::new(height, columns)
    }
}

/// The first bytes of a text as a number of the same order: most addresses differ in these, and two
/// numbers are compared without a look at the texts.
fn first_letters(text: &str) -> u64 {
    let mut letters = [0; 8];
    letters
        .iter_mut()
        .zip(text.bytes())
        .for_each(|(to, byte)| *to = byte);
    u64::from_be_bytes(letters)
}

/// Rows while they are read.
struct TableBuilder<'t, 'a> {
    columns: &'t [ColumnDeclaration],
    builders: Vec<ColumnBuilder>,
    origins: Vec<Origin<'a>>,
    set_aside: BTreeSet<IdxSize>,
}

impl<'a> TableBuilder<'_, 'a> {
    /// Adds the rows of one file.
    fn add_all(&mut self, export: &'a Export, rules: Rules<'a>, findings: &mut Vec<Finding>) {
        let mut reader = RowReader::new(export, rules);
        let mut asides = Asides::default();
        let mut bad_rows = BadRows::new(export, findings);
        let mut short_rows = Vec::new();
        let mut cut_rows = Vec::new();
        let mut titles = Vec::new();
        for misshapen in export.misshapen() {
            if let Some(fields) = export.short_row(misshapen) {
                short_rows.push((misshapen, fields));
                continue;
            }
            if cut_rows::lacks_only_blanks(misshapen, export, rules) {
                cut_rows.push(misshapen);
                continue;
            }
            match other_rows::recognised_misshapen(misshapen, export) {
                None => bad_rows.add_misshapen(misshapen),
                Some(other) => {
                    asides.other_rows.add(other, misshapen.line);
                    titles.extend(other.title().map(|title| (misshapen.line, title)));
                }
            }
        }
        let mut sections = Sections::new(export, titles);
        let mut add = |reader: &mut RowReader<'a>, sections: &mut Sections<'a>| {
            reader.section = sections.of_row(reader);
            self.add(reader, &mut bad_rows, &mut asides);
        };
        let mut cut_rows = cut_rows.into_iter().peekable();
        for row in export.rows() {
            let line = export.sheet.line(row);
            while let Some(cut) = cut_rows.next_if(|cut| cut.line < line) {
                reader.turn_to_short(cut, None);
                add(&mut reader, &mut sections);
            }
            reader.turn_to(row);
            add(&mut reader, &mut sections);
        }
        for cut in cut_rows {
            reader.turn_to_short(cut, None);
            add(&mut reader, &mut sections);
        }
        reader.section = None;
        for (row, fields) in short_rows {
            reader.turn_to_short(row, Some(fields));
            self.add(&mut reader, &mut bad_rows, &mut asides);
        }
        asides.other_rows.name_collections = sections.are_collections();
        let max_bad_rows = match export.layout.input {
            // A row that cannot be read loses no other's decision.
            Input::Decisions => 1.0,
            _ => rules.max_bad_rows,
        };
        bad_rows.close(max_bad_rows, asides.other_rows.count());
        findings.extend(asides.other_rows.findings(export));
        findings.extend(asides.unread_cells.findings(export));
        findings.extend(reader.dates.findings(export, rules));
    }

    /// Reads the present row of `reader`, and sets it aside where it has a fault.
    fn add(
        &mut self,
        reader: &mut RowReader<'a>,
        bad_rows: &mut BadRows<'_>,
        asides: &mut Asides<'a>,
    ) {
        let origin = reader.origin();
        if let Some(other) = reader.other_row() {
            asides.other_rows.add(other, origin.line);
            asides.other_rows.add_failed(other, reader.failed_items());
            return;
        }
        for (column, builder) in self.columns.iter().zip(&mut self.builders) {
            builder.push(reader.value(column));
        }
        if let Some(fault) = reader.fault() {
            bad_rows.add(fault);
            self.set_aside.extend(IdxSize::try_from(self.origins.len()));
        } else {
            for cell in reader.unread() {
                if reader.is_last(cell) {
                    bad_rows.note_unread(origin.line);
                }
                asides.unread_cells.add(origin.line, *cell);
            }
        }
        self.origins.push(origin);
    }
}

/// What is said of the rows of one file that are read, or need not be.
#[derive(Default)]
struct Asides<'a> {
    other_rows: OtherRows,
    unread_cells: UnreadCells<'a>,
}
