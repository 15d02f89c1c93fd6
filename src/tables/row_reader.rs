use std::borrow::Cow;

use chrono::NaiveDateTime;

use super::column::{CellKind, CellValue, ColumnDeclaration};
use super::origin::Origin;
use super::{Rules, values};
use crate::domain::{Domain, EmailAddress, FindingCode};
use crate::exports::{Export, Field, StateOfRow, StateReader, Unit};
use crate::sheets::MisshapenRow;

/// Reads the cells of an export, row by row. A cell that cannot be read is a fault of its row; a
/// blank is unknown.
pub(super) struct RowReader<'a> {
    export: &'a Export,
    rules: Rules<'a>,
    /// Where each field stands.
    places: [FieldPlace<'a>; Field::ALL.len()],
    /// The unit of sizes that come without one.
    size_unit: Unit,
    states: StateReader<'a>,
    /// The line of the present row, from 1.
    line: u32,
    cells: Vec<&'a str>,
    /// The field in each cell, where the tool writes the row shorter than its headings.
    short: Option<Vec<Option<Field>>>,
    fault: Option<CellFault>,
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
    pub(super) field: Field,
    /// From 0.
    pub(super) column: usize,
    pub(super) message: &'static str,
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
        let size_heading = export
            .column(Field::SizeBytes)
            .and_then(|column| export.sheet.headings().get(column));
        Self {
            export,
            rules,
            places,
            size_unit: export.layout.unit(size_heading.map_or("", String::as_str)),
            states: export.state_reader(),
            line: 0,
            cells: Vec::new(),
            short: None,
            fault: None,
        }
    }

    /// Turns to a row whose cells are under their headings.
    pub(super) fn turn_to(&mut self, row: usize) {
        self.turn_to_cells(self.export.sheet.line(row), self.export.sheet.cells(row));
    }

    /// Turns to a row with a field in each cell.
    pub(super) fn turn_to_short(&mut self, row: &'a MisshapenRow, fields: Vec<Option<Field>>) {
        self.turn_to_cells(row.line, self.export.sheet.misshapen_cells(row));
        self.short = Some(fields);
    }

    fn turn_to_cells(&mut self, line: u32, cells: impl Iterator<Item = &'a str>) {
        self.line = line;
        self.cells.clear();
        self.cells.extend(cells);
        self.fault = None;
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

    /// The value of the present row in a column of a table. How a kind of cell is read, of whatever
    /// layout, is written here and in [`values`], and nowhere else.
    pub(super) fn value(&mut self, column: &ColumnDeclaration) -> CellValue<'a> {
        let layout = &self.export.layout;
        let field = column.field;
        match column.kind {
            CellKind::Mailbox => CellValue::Text(Some(self.mailbox())),
            CellKind::Text => CellValue::Text(self.text(field).map(Cow::Borrowed)),
            CellKind::Word => {
                let word = self.text(field).unwrap_or_default();
                CellValue::Text(Some(Cow::Borrowed(word)))
            }
            CellKind::State => {
                let code = self.state_of_row(field).state.code();
                CellValue::Whole(Some(code.into()))
            }
            CellKind::Phase => {
                let phase = self.text(field).and_then(|word| layout.phase(word));
                CellValue::Text(phase.map(|phase| Cow::Borrowed(phase.label())))
            }
            CellKind::VipCategory => {
                let word = self.text(field);
                let word = word.filter(|word| !layout.stands_for_no_vip(word));
                CellValue::Text(word.map(Cow::Borrowed))
            }
            CellKind::Count => CellValue::Whole(self.count(field)),
            CellKind::Percentage => {
                let what = "this is not a percentage";
                CellValue::Decimal(self.figure(field, what, values::percentage))
            }
            CellKind::Size => {
                let unit = self.size_unit;
                let read = |text: &str| values::size_bytes(text, unit);
                CellValue::Whole(self.figure(field, "this is not a size", read))
            }
            CellKind::Day => {
                let day = |moment: NaiveDateTime| moment.date().to_epoch_days();
                CellValue::Whole(self.moment(field).map(day).map(i64::from))
            }
            CellKind::Moment => {
                let milliseconds = |moment: NaiveDateTime| moment.and_utc().timestamp_millis();
                CellValue::Whole(self.moment(field).map(milliseconds))
            }
        }
    }

    /// The state of the present row, by its word and the columns that the layout names beside it,
    /// which a short row has not.
    fn state_of_row(&mut self, field: Field) -> StateOfRow {
        let word = self.text(field).unwrap_or_default();
        let (cells, is_short) = (&self.cells, self.short.is_some());
        let beside = |column| if is_short { "" } else { cell_of(cells, column) };
        self.states.state(word, beside)
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

    fn text(&self, field: Field) -> Option<&'a str> {
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

    /// A cell read by `read`, which gives `None` for what it cannot read.
    fn figure<T>(
        &mut self,
        field: Field,
        what: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(field)?;
        let value = read(text);
        if value.is_none() {
            self.set_aside(field, what, FindingCode::BadRow);
        }
        value
    }

    /// A date in the layout's order, with the time where there is one; `None` too for one that
    /// tools write where there is none. One that can only be read in the other order holds the
    /// organisation: its other dates may have been read with day and month exchanged.
    fn moment(&mut self, field: Field) -> Option<NaiveDateTime> {
        let text = self.text(field)?;
        let order = self.export.date_order;
        let of_serial = self.export.sheet.date_of_serial(text);
        let date = of_serial.as_deref().unwrap_or(text);
        let moment = values::moment(date, order);
        if moment.is_some() || values::stands_for_no_date(date) {
            return moment;
        }
        if values::moment(date, values::reversed(order)).is_some() {
            self.set_aside(
                field,
                "this date can only be read with day and month the other way round",
                FindingCode::DatesOtherWay,
            );
        } else {
            self.set_aside(field, "this is not a date", FindingCode::BadRow);
        }
        None
    }

    /// A whole number: the cell of `field`, or the sum of the cells that the layout adds. Of these
    /// a blank is unknown and left out; the sum of blanks only is unknown.
    fn count(&mut self, field: Field) -> Option<i64> {
        let what = "this is not a whole number";
        if self.short.is_some() || self.column(field).is_some() {
            return self.figure(field, what, values::count);
        }
        let mut sum: Option<i64> = None;
        for column in self.place(field).to_add {
            let text = self.cell(*column);
            if text.is_empty() {
                continue;
            }
            match values::count(text).and_then(|count| sum.unwrap_or(0).checked_add(count)) {
                Some(total) => sum = Some(total),
                None => self.set_aside_at(field, *column, what, FindingCode::BadRow),
            }
        }
        sum
    }

    /// The source mailbox in lower case. A row without one is bad; one of another organisation
    /// holds this one.
    fn mailbox(&mut self) -> Cow<'a, str> {
        let rules = self.rules;
        if let Some(code) = self.text(Field::Organisation)
            && !code.eq_ignore_ascii_case(rules.organisation.as_str())
        {
            self.set_aside(
                Field::Organisation,
                "the row names another organisation",
                FindingCode::OtherOrganisation,
            );
        }
        let Some(address) = self.text(Field::SourceMailbox) else {
            self.set_aside(
                Field::SourceMailbox,
                "the row names no source mailbox",
                FindingCode::BadRow,
            );
            return Cow::Borrowed("");
        };
        match domain_of(address, rules.mail_domains) {
            None => self.set_aside(
                Field::SourceMailbox,
                "this is not an email address",
                FindingCode::BadRow,
            ),
            Some(domain) if !rules.mail_domains.iter().any(|own| own.holds(domain)) => {
                self.set_aside(
                    Field::SourceMailbox,
                    "the mailbox is at a domain that is not this organisation's",
                    FindingCode::OtherOrganisation,
                );
            }
            Some(_) => {}
        }
        values::in_lower_case(address)
    }

    fn set_aside(&mut self, field: Field, message: &'static str, code: FindingCode) {
        self.set_aside_at(field, self.column(field).unwrap_or_default(), message, code);
    }

    fn set_aside_at(
        &mut self,
        field: Field,
        column: usize,
        message: &'static str,
        code: FindingCode,
    ) {
        let is_worse = self
            .fault
            .as_ref()
            .is_none_or(|fault| code.severity() > fault.code.severity());
        if is_worse {
            self.fault = Some(CellFault {
                line: self.line,
                field,
                column,
                message,
                code,
            });
        }
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

/// The domain of something that is an address; any name before the `@` will do, since old systems
/// allowed more. The domains in `known` are domains.
fn domain_of<'a>(address: &'a str, known: &[Domain]) -> Option<&'a str> {
    let at = address.bytes().rposition(|byte| byte == b'@')?;
    let (local, domain) = (address.get(..at)?, address.get(at + 1..)?);
    let is_domain = || {
        known
            .iter()
            .any(|known| known.as_str().eq_ignore_ascii_case(domain))
            || Domain::parse(domain).is_some()
    };
    let is_valid = is_local_part(local) && is_domain();
    (is_valid || EmailAddress::parse(address).is_ok()).then_some(domain)
}

/// Whether a text may stand before an `@`.
fn is_local_part(text: &str) -> bool {
    let has_blank = match text.is_ascii() {
        true => text
            .bytes()
            .any(|byte| matches!(byte, b'\t'..=b'\r' | b' ')),
        false => text.contains(char::is_whitespace),
    };
    !text.is_empty() && !has_blank
}
