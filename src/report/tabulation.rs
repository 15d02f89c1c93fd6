//! Tables, declared once: each column's heading, kind and width beside what stands in it. A page
//! and a workbook draw theirs from the same declaration where they show the same.

use serde::Serialize;

use super::model::{Cut, Table, TableColumn};
use super::workbook::{Cell, WorkbookColumn, WorkbookSheet};

/// Rows, and columns of them in the order in which they are declared.
///
/// A column of a kind, text or numbers, is in the table of a page; one with a width is in the
/// sheet of a workbook.
pub(super) struct Tabulation<'a, R> {
    rows: Vec<R>,
    columns: Vec<Column<'a, R>>,
}

/// A cell of a page whose rows can be sorted: by a number, or by nothing where it is not known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SortableCell {
    pub(super) value: String,
    pub(super) text: String,
}

struct Column<'a, R> {
    heading: &'static str,
    kind: Option<ColumnKind>,
    width: Option<f64>,
    names_row: bool,
    choices: Option<&'static str>,
    cell: Box<dyn Fn(R) -> Cell<'a> + 'a>,
    heading_on_page: Option<String>,
    text_on_page: Option<Box<dyn Fn(R) -> String + 'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Text,
    Number,
}

impl<'a, R: Copy> Tabulation<'a, R> {
    /// These rows, without a column yet.
    pub(super) fn of(rows: impl IntoIterator<Item = R>) -> Self {
        Self {
            rows: rows.into_iter().collect(),
            columns: Vec::new(),
        }
    }

    /// A column of words on a page.
    pub(super) fn text<C: Into<Cell<'a>>>(
        self,
        heading: &'static str,
        cell: impl Fn(R) -> C + 'a,
    ) -> Self {
        self.with(heading, Some(ColumnKind::Text), None, cell)
    }

    /// A column of numbers on a page, which are set to the right.
    pub(super) fn number<C: Into<Cell<'a>>>(
        self,
        heading: &'static str,
        cell: impl Fn(R) -> C + 'a,
    ) -> Self {
        self.with(heading, Some(ColumnKind::Number), None, cell)
    }

    /// A column of a workbook, at most `width` characters wide.
    pub(super) fn column<C: Into<Cell<'a>>>(
        self,
        heading: &'static str,
        width: f64,
        cell: impl Fn(R) -> C + 'a,
    ) -> Self {
        self.with(heading, None, Some(width), cell)
    }

    fn with<C: Into<Cell<'a>>>(
        mut self,
        heading: &'static str,
        kind: Option<ColumnKind>,
        width: Option<f64>,
        cell: impl Fn(R) -> C + 'a,
    ) -> Self {
        self.columns.push(Column {
            heading,
            kind,
            width,
            names_row: false,
            choices: None,
            cell: Box::new(move |row| cell(row).into()),
            heading_on_page: None,
            text_on_page: None,
        });
        self
    }

    fn last_column(mut self, change: impl FnOnce(&mut Column<'a, R>)) -> Self {
        if let Some(last) = self.columns.last_mut() {
            change(last);
        }
        self
    }

    /// The last column is in the workbook too, at most `width` characters wide.
    pub(super) fn wide(self, width: f64) -> Self {
        self.last_column(|column| column.width = Some(width))
    }

    /// The last column says what a row is about, and so stays in sight in a workbook with what is
    /// to the left of it; without one, it is the first.
    pub(super) fn naming_rows(self) -> Self {
        self.last_column(|column| column.names_row = true)
    }

    /// The last column is to be filled by people, who are offered these words, parted by commas.
    pub(super) fn offering(self, choices: &'static str) -> Self {
        self.last_column(|column| column.choices = Some(choices))
    }

    /// The last column reads otherwise on a page than in the workbook.
    pub(super) fn printed(self, text: impl Fn(R) -> String + 'a) -> Self {
        self.last_column(|column| column.text_on_page = Some(Box::new(text)))
    }

    /// The last column is called something else on a page.
    pub(super) fn headed(self, heading: impl Into<String>) -> Self {
        self.last_column(|column| column.heading_on_page = Some(heading.into()))
    }

    /// The last column is not on a page.
    pub(super) fn only_in_workbook(self) -> Self {
        self.last_column(|column| column.kind = None)
    }

    /// The same where `is_so`.
    pub(super) fn only_in_workbook_if(self, is_so: bool) -> Self {
        match is_so {
            true => self.only_in_workbook(),
            false => self,
        }
    }

    /// The last column is left out unless `is_wanted`.
    pub(super) fn only_if(mut self, is_wanted: bool) -> Self {
        if !is_wanted {
            self.columns.pop();
        }
        self
    }

    /// The whole table, for a page.
    pub(super) fn table(self, caption: &str) -> Table {
        let rows = self.rows.len();
        self.first_rows(caption, rows)
    }

    /// The first rows at the most, for a page; where it leaves some out, it says so in a sentence
    /// that ends with `beyond`.
    pub(super) fn list(self, caption: &str, most: usize, beyond: &str) -> Table {
        self.cut_list(caption, most, "", beyond)
    }

    /// The same of days, the latest first.
    pub(super) fn latest_days(self, caption: &str, most: usize, beyond: &str) -> Table {
        self.cut_list(caption, most, "the latest ", beyond)
    }

    fn cut_list(self, caption: &str, most: usize, which: &str, beyond: &str) -> Table {
        let all = self.rows.len();
        // A sentence that one row is left out is as long as the row.
        let most = if all == most + 1 { all } else { most };
        Table {
            cut: Some(Cut::new(all.min(most), all, which, beyond)),
            ..self.first_rows(caption, most)
        }
    }

    fn first_rows(self, caption: &str, most: usize) -> Table {
        let columns = self
            .columns
            .into_iter()
            .filter(|column| column.kind.is_some());
        let columns: Vec<Column<'a, R>> = columns.collect();
        let row = |row: &R| columns.iter().map(|column| column.text_of(*row)).collect();
        Table {
            caption: caption.to_owned(),
            rows: self.rows.iter().take(most).map(row).collect(),
            columns: columns.iter().map(Column::of_page).collect(),
            cut: None,
        }
    }

    /// Headings and rows for a page whose rows can be sorted.
    pub(super) fn sortable(self) -> (Vec<String>, Vec<Vec<SortableCell>>) {
        let columns = self.columns.iter();
        let headings = columns.map(|column| column.of_page().heading).collect();
        let cell = |column: &Column<'a, R>, row: &R| SortableCell {
            value: (column.cell)(*row).sorted_by(),
            text: column.text_of(*row),
        };
        let row = |row: &R| {
            self.columns
                .iter()
                .map(|column| cell(column, row))
                .collect()
        };
        (headings, self.rows.iter().map(row).collect())
    }

    /// The sheet of a workbook, under a title and a sentence that says more.
    pub(super) fn sheet(self, name: &str, title: &str, explained: &str) -> WorkbookSheet<'a> {
        let introduction = vec![title.to_owned(), explained.to_owned()];
        let columns = self.columns.into_iter();
        let columns = columns.filter_map(|column| Some((column.of_workbook()?, column.cell)));
        WorkbookSheet::of(name, introduction, columns, &self.rows)
    }
}

impl<R> Column<'_, R> {
    fn of_page(&self) -> TableColumn {
        let heading = self.heading_on_page.as_deref();
        TableColumn {
            heading: heading.unwrap_or(self.heading).to_owned(),
            is_number: self.kind == Some(ColumnKind::Number),
        }
    }

    fn text_of(&self, row: R) -> String {
        match &self.text_on_page {
            Some(text) => text(row),
            None => (self.cell)(row).printed(),
        }
    }

    fn of_workbook(&self) -> Option<WorkbookColumn> {
        Some(WorkbookColumn {
            heading: self.heading,
            width: self.width?,
            names_row: self.names_row,
            choices: self.choices,
        })
    }
}
