//! A row of an export: its cells under their fields, and what is wrong with it.

mod cell_kinds;

use std::borrow::Cow;

use super::Rules;
use super::column::ColumnDeclaration;
use super::date_columns::DateColumns;
use super::mailbox_reader::{MailboxFault, MailboxReader};
use super::origin::Origin;
use super::other_rows::{self, OtherRow};
use super::shares::PercentForm;
use super::sizes::SizeForm;
use super::unread_cells::UnreadCell;
use super::values::{self, DateForm, Reading};
use crate::domain::{FindingCode, OrganisationCode};
use crate::exports::{Export, Field, Input, StateReader};
use crate::sheets::MisshapenRow;

/// Reads the cells of an export, row by row. A blank is unknown; so is a cell that cannot be read,
/// unless its row is of no use without it.
pub(super) struct RowReader<'a> {
    export: &'a Export,
    rules: Rules<'a>,
    /// Where each field stands.
    places: [FieldPlace<'a>; Field::ALL.len()],
    size_form: SizeForm,
    states: StateReader<'a>,
    percent_form: PercentForm,
    date_form: DateForm,
    mailboxes: MailboxReader<'a>,
    /// The title of the section that the present row is in, where that is its collection.
    pub(super) section: Option<&'a str>,
    /// The line of the present row, from 1.
    line: u32,
    cells: Vec<&'a str>,
    /// The last cell of the row before.
    last_cell_before: &'a str,
    /// The field in each cell, where the tool writes the row shorter than its headings.
    short: Option<Vec<Option<Field>>>,
    mailbox: Result<Cow<'a, str>, MailboxFault>,
    fault: Option<CellFault>,
    /// Cells of the present row that cannot be read.
    unread: Vec<UnreadCell<'a>>,
    /// The last column, where it has no heading and commas part the cells of what a tool wrote.
    nameless: Option<usize>,
    /// The dates of all rows.
    pub(super) dates: DateColumns,
}

/// The columns of a field, from 0.
#[derive(Debug, Clone, Copy, Default)]
struct FieldPlace<'a> {
    column: Option<usize>,
    where_blank: &'a [usize],
    to_add: &'a [usize],
}

/// The first thing that is wrong with a row, or the first that holds the organisation.
pub(super) struct CellFault {
    /// Of the row.
    pub(super) line: u32,
    /// `None` where no field stands in the column.
    pub(super) field: Option<Field>,
    /// The column of the sheet, from 0.
    pub(super) column: usize,
    pub(super) message: Cow<'static, str>,
    pub(super) code: FindingCode,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(export: &'a Export, rules: Rules<'a>) -> Self {
        let mut places = [FieldPlace::default(); Field::ALL.len()];
        for (place, field) in places.iter_mut().zip(Field::ALL) {
            *place = FieldPlace {
                column: export.column(*field),
                where_blank: export.columns_where_blank(*field),
                to_add: export.columns_to_add(*field),
            };
        }
        Self {
            export,
            rules,
            places,
            size_form: SizeForm::of(export),
            states: export.state_reader(),
            percent_form: PercentForm::of(export),
            date_form: DateForm {
                order: export.date_order,
                time_zone: rules.time_zone,
            },
            mailboxes: MailboxReader::new(rules, export.layout.input),
            section: None,
            line: 0,
            cells: Vec::new(),
            last_cell_before: "",
            short: None,
            mailbox: Ok(Cow::Borrowed("")),
            fault: None,
            unread: Vec::new(),
            nameless: nameless(export),
            dates: DateColumns::default(),
        }
    }

    /// Turns to a row whose cells are under their headings.
    pub(super) fn turn_to(&mut self, row: usize) {
        self.turn_to_cells(self.export.sheet.line(row), self.export.sheet.cells(row));
        self.read_mailbox();
        if let Some(column) = self.nameless
            && values::count(self.cell(column)).is_ok_and(|count| count.is_some())
        {
            let message = "a number stands where there is no heading: a comma within a number may have \
                           moved the cells";
            self.set_aside_at(None, column, message.into(), FindingCode::BadRow);
        }
    }

    /// Turns to a row of fewer cells: with a field in each, or with cells under their headings of
    /// which the last are missing.
    pub(super) fn turn_to_short(
        &mut self,
        row: &'a MisshapenRow,
        fields: Option<Vec<Option<Field>>>,
    ) {
        self.turn_to_cells(row.line, self.export.sheet.misshapen_cells(row));
        self.short = fields;
        self.read_mailbox();
    }

    fn turn_to_cells(&mut self, line: u32, cells: impl Iterator<Item = &'a str>) {
        self.line = line;
        self.last_cell_before = self.cells.last().copied().unwrap_or_default();
        self.cells.clear();
        self.cells.extend(cells);
        self.fault = None;
        self.unread.clear();
    }

    /// The source mailbox. A row without one is bad; one of another organisation holds this one.
    fn read_mailbox(&mut self) {
        let cell = self.cell_of(Field::SourceMailbox).unwrap_or_default();
        self.mailbox = self.mailboxes.read(cell);
        if let Some(code) = self.cell_of(Field::Organisation)
            && !code.eq_ignore_ascii_case(self.rules.organisation.as_str())
        {
            let message = match OrganisationCode::parse(code) {
                Ok(_) => "the row names another organisation".into(),
                Err(_) => "this is not the organisation's code".into(),
            };
            self.set_aside(Field::Organisation, message, FindingCode::OtherOrganisation);
        }
        if self.export.layout.input == Input::Decisions
            && matches!(self.mailbox, Err(MailboxFault::NoAddress(_)))
        {
            // The reference says which item it is.
            self.mailbox = Ok(Cow::Borrowed(""));
        }
        if let Err(fault) = self.mailbox {
            self.set_aside(Field::SourceMailbox, fault.message().into(), fault.code());
        }
    }

    /// Where the present row stands.
    pub(super) fn origin(&self) -> Origin<'a> {
        Origin {
            file: &self.export.file,
            line: self.line,
        }
    }

    /// What is wrong with the present row, as far as its cells were read.
    pub(super) fn fault(&self) -> Option<&CellFault> {
        self.fault.as_ref()
    }

    /// The cells of the present row that cannot be read, as far as it was read.
    pub(super) fn unread(&self) -> &[UnreadCell<'a>] {
        &self.unread
    }

    /// Whether a cell that cannot be read is the last of the present row, which may break off in it.
    pub(super) fn is_last(&self, cell: &UnreadCell<'_>) -> bool {
        cell.column + 1 == self.cells.len() && !cell.is_none
    }

    /// What the present row is, where it is no mailbox and no item.
    pub(super) fn other_row(&self) -> Option<OtherRow<'a>> {
        if let Err(MailboxFault::NoAddress(_)) = self.mailbox {
            return other_rows::recognised(&self.cells, self.export);
        }
        // Whose rows they are comes first.
        let is_own = self
            .fault
            .as_ref()
            .is_none_or(|fault| fault.code == FindingCode::BadRow);
        if !is_own || self.short.is_some() {
            return None;
        }
        let other = self
            .export
            .other_thing(|column| cell_of(&self.cells, column));
        other.map(OtherRow::Other)
    }

    /// How many items failed by a row that is no mailbox.
    pub(super) fn failed_items(&self) -> i64 {
        let FieldPlace { column, to_add, .. } = self.place(Field::ItemsFailed);
        let columns = column.into_iter().chain(to_add.iter().copied());
        let counts = columns.filter_map(|column| values::count(self.cell(column)).ok().flatten());
        counts.fold(0, i64::saturating_add)
    }

    /// The word in a cell; of an object that is no word, all of it.
    fn word(&self, field: Field) -> &'a str {
        word_of(self.cell_of(field).unwrap_or_default())
    }

    fn cell(&self, column: usize) -> &'a str {
        cell_of(&self.cells, column)
    }

    /// Where the cell of `field` itself stands in the present row, from 0.
    fn column(&self, field: Field) -> Option<usize> {
        match &self.short {
            None => self.place(field).column,
            Some(fields) => fields.iter().position(|held| *held == Some(field)),
        }
    }

    fn place(&self, field: Field) -> FieldPlace<'a> {
        self.places.get(field as usize).copied().unwrap_or_default()
    }

    /// The cell that holds `field`; `None` where it is blank.
    fn cell_of(&self, field: Field) -> Option<&'a str> {
        let has_text = |text: &&str| !text.is_empty();
        let own = Some(self.cell(self.column(field)?)).filter(has_text);
        if own.is_some() || self.short.is_some() {
            return own;
        }
        self.place(field)
            .where_blank
            .iter()
            .map(|column| self.cell(*column))
            .find(has_text)
    }

    /// A cell read by `read`.
    fn reading<T>(
        &mut self,
        column: &ColumnDeclaration,
        read: impl Fn(&'a str) -> Reading<T>,
    ) -> Option<T> {
        let cell = self.cell_of(column.field)?;
        let place = self.column(column.field).unwrap_or_default();
        self.told(column, place, cell, read(cell))
    }

    /// What was read of a cell. One that cannot be read is told; so is a word for none in place of
    /// a number without which the row says little.
    fn told<T>(
        &mut self,
        column: &ColumnDeclaration,
        place: usize,
        cell: &'a str,
        reading: Reading<T>,
    ) -> Option<T> {
        match reading {
            Ok(value) => {
                if value.is_none() && column.is_required {
                    self.unread.push(UnreadCell::of(column, place, cell, true));
                }
                value
            }
            Err(values::Unreadable) if column.is_required => {
                let message = format!("this is not {}", column.kind.name()).into();
                self.set_aside_at(column.field, place, message, FindingCode::BadRow);
                None
            }
            Err(values::Unreadable) => {
                self.unread.push(UnreadCell::of(column, place, cell, false));
                None
            }
        }
    }

    fn set_aside(&mut self, field: Field, message: Cow<'static, str>, code: FindingCode) {
        self.set_aside_at(field, self.column(field).unwrap_or_default(), message, code);
    }

    fn set_aside_at(
        &mut self,
        field: impl Into<Option<Field>>,
        column: usize,
        message: Cow<'static, str>,
        code: FindingCode,
    ) {
        let is_worse = self
            .fault
            .as_ref()
            .is_none_or(|fault| code.severity() > fault.code.severity());
        if is_worse {
            self.fault = Some(CellFault {
                line: self.line,
                field: field.into(),
                column,
                message,
                code,
            });
        }
    }
}

/// The last column of a table of commas that has no heading.
fn nameless(export: &Export) -> Option<usize> {
    let is_of_tool = matches!(export.layout.input, Input::SyncState | Input::FailedItems);
    let (last, others) = export.sheet.headings().split_last()?;
    let is_nameless = is_of_tool && export.sheet.delimiter == Some(',') && last.is_empty();
    is_nameless.then_some(others.len())
}

/// The word in a cell; of an object that is no word, all of it.
fn word_of(cell: &str) -> &str {
    match values::text(cell) {
        Ok(word) => word.unwrap_or_default(),
        Err(values::Unreadable) => cell,
    }
}

/// A cell, without surrounding blanks; empty beyond the edge.
fn cell_of<'a>(cells: &[&'a str], column: usize) -> &'a str {
    let cell = cells.get(column).copied().unwrap_or("");
    match cell.as_bytes() {
        // Nearly every cell begins and ends like this, and need not be looked at further.
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => cell,
        _ => cell.trim(),
    }
}
