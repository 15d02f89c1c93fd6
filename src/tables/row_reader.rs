use std::borrow::Cow;

use chrono::NaiveDateTime;

use super::column::{CellKind, CellValue, ColumnDeclaration};
use super::mailbox_reader::{MailboxFault, MailboxReader};
use super::origin::Origin;
use super::other_rows::{self, OtherRow};
use super::shares::PercentForm;
use super::sizes::SizeForm;
use super::unread_cells::UnreadCell;
use super::values::{self, Answer, Calendar, Reading, Signed};
use super::{Rules, columns};
use crate::domain::{Decision, FindingCode, OrganisationCode, SettingKind};
use crate::exports::{Export, Field, Input, Layout, StateOfRow, StateReader};
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
    calendar: Calendar,
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
            calendar: Calendar {
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
        }
    }

    /// Turns to a row whose cells are under their headings.
    pub(super) fn turn_to(&mut self, row: usize) {
        self.turn_to_cells(self.export.sheet.line(row), self.export.sheet.cells(row));
        self.read_mailbox();
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

    /// The value of the present row in a column of a table. How a kind of cell is read, of whatever
    /// layout, is written here and in [`values`], and nowhere else.
    pub(super) fn value(&mut self, column: &ColumnDeclaration) -> CellValue<'a> {
        let field = column.field;
        match column.kind {
            CellKind::Mailbox => {
                let unknown = Ok(Cow::Borrowed(""));
                let mailbox = std::mem::replace(&mut self.mailbox, unknown);
                CellValue::Text(Some(mailbox.unwrap_or_default()))
            }
            CellKind::Address => {
                let text = self.reading(column, values::text);
                CellValue::Text(text.map(values::copied_address))
            }
            CellKind::Text => {
                let text = self.reading(column, values::text);
                CellValue::Text(text.or(self.section_of(column)).map(Cow::Borrowed))
            }
            CellKind::Word => CellValue::Text(Some(Cow::Borrowed(self.word(field)))),
            CellKind::State => {
                let code = self.state_of_row(field).state.code();
                CellValue::Whole(Some(code.into()))
            }
            CellKind::AwaitsApproval => {
                let awaits_approval = self.state_of_row(field).awaits_approval;
                CellValue::Whole(Some(awaits_approval.into()))
            }
            CellKind::IsSetting => {
                let kind = self.reading(column, values::text);
                let setting = kind.and_then(SettingKind::of_item_kind);
                CellValue::Whole(Some(setting.is_some().into()))
            }
            CellKind::Phase => {
                let layout = &self.export.layout;
                let phase = self.reading(column, |cell| match layout.phase(cell) {
                    None if values::stands_for_none(cell) => Ok(None),
                    None => Err(values::Unreadable),
                    phase => Ok(phase),
                });
                CellValue::Text(phase.map(|phase| Cow::Borrowed(phase.label())))
            }
            CellKind::VipCategory => {
                let layout = &self.export.layout;
                let answer = self.reading(column, |cell| values::answer(cell, "vip"));
                let category = match answer {
                    Some(Answer::Yes) => Some("VIP"),
                    Some(Answer::Words(word)) if !layout.stands_for_no_vip(word) => Some(word),
                    _ => None,
                };
                CellValue::Text(category.map(Cow::Borrowed))
            }
            CellKind::WasDone => CellValue::Whole(self.was_done(column).map(i64::from)),
            CellKind::DoneOn => {
                let cell = self.cell_of(field);
                let moment = cell.and_then(|cell| values::moment(cell, self.calendar).ok()?);
                CellValue::Whole(moment.map(|moment| moment.date().to_epoch_days().into()))
            }
            CellKind::Decision => {
                let (layout, calendar) = (&self.export.layout, self.calendar);
                let decision = self.reading(column, |cell| match decided(cell, layout, calendar) {
                    None if values::stands_for_none(cell) => Ok(None),
                    None => Err(values::Unreadable),
                    decision => Ok(decision),
                });
                CellValue::Text(decision.map(|signed| Cow::Borrowed(signed.word.name())))
            }
            CellKind::SignedBy => {
                let signed = self.signed_decision(field);
                CellValue::Text(signed.and_then(|signed| signed.by).map(Cow::Owned))
            }
            CellKind::SignedOn => {
                let day = self.signed_decision(field).and_then(|signed| signed.on);
                CellValue::Whole(day.map(|day| day.to_epoch_days().into()))
            }
            CellKind::Count => CellValue::Whole(self.count(column)),
            CellKind::Percentage => {
                let form = self.percent_form;
                CellValue::Decimal(self.reading(column, |cell| form.read(cell)))
            }
            CellKind::Size => {
                let form = self.size_form;
                CellValue::Whole(self.reading(column, |cell| form.read(cell)))
            }
            CellKind::Day => {
                let day = |moment: NaiveDateTime| moment.date().to_epoch_days();
                CellValue::Whole(self.moment(column).map(day).map(i64::from))
            }
            CellKind::Moment => {
                let milliseconds = |moment: NaiveDateTime| moment.and_utc().timestamp_millis();
                CellValue::Whole(self.moment(column).map(milliseconds))
            }
        }
    }

    /// The decision of the present row, where its cell can be read.
    fn signed_decision(&self, field: Field) -> Option<Signed<Decision>> {
        decided(self.cell_of(field)?, &self.export.layout, self.calendar)
    }

    /// The section of the present row, in the column of collections.
    fn section_of(&self, column: &ColumnDeclaration) -> Option<&'a str> {
        self.section.filter(|_| column.name == columns::COLLECTION)
    }

    /// The state of the present row, by its word and the columns that the layout names beside it,
    /// which a short row has not.
    fn state_of_row(&mut self, field: Field) -> StateOfRow {
        let word = self.word(field);
        let (cells, is_short) = (&self.cells, self.short.is_some());
        let beside = |column| match is_short {
            true => "",
            false => word_of(cell_of(cells, column)),
        };
        self.states.state(word, beside)
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

    /// A date in the layout's order, with the time where there is one. One that can only be read in
    /// the other order holds the organisation: its other dates may have been read with day and
    /// month exchanged.
    fn moment(&mut self, column: &ColumnDeclaration) -> Option<NaiveDateTime> {
        let cell = self.cell_of(column.field)?;
        let calendar = self.calendar;
        let reading = match self.export.sheet.date_of_serial(cell) {
            Some(date) => values::moment(&date, calendar),
            None => values::moment(cell, calendar),
        };
        let other_way = Calendar {
            order: values::reversed(calendar.order),
            ..calendar
        };
        // Of decisions the day is only told, and none is to be lost for it.
        let holds = self.export.layout.input != Input::Decisions;
        if holds && reading.is_err() && matches!(values::moment(cell, other_way), Ok(Some(_))) {
            let message = "this date can only be read with day and month the other way round";
            self.set_aside(column.field, message.into(), FindingCode::DatesOtherWay);
            return None;
        }
        let place = self.column(column.field).unwrap_or_default();
        let reading = reading.and_then(|moment| match self.breaks_off(place, cell) {
            true => Err(values::Unreadable),
            false => Ok(moment),
        });
        self.told(column, place, cell, reading)
    }

    /// Yes or no, in the layout's words or in anybody's; a date is yes. A blank is neither.
    fn was_done(&mut self, column: &ColumnDeclaration) -> Option<bool> {
        let cell = self.cell_of(column.field)?;
        let known = self.export.layout.answer(cell);
        if known.is_some() {
            return known;
        }
        match values::answer(cell, "done") {
            Ok(Some(Answer::Yes)) => Some(true),
            Ok(Some(Answer::No)) => Some(false),
            Ok(None) => None,
            _ => self.moment(column).map(|_| true),
        }
    }

    /// Whether a date is what is left of one at the end of a file: `30/11/20` where others are like
    /// `30/11/2026`.
    fn breaks_off(&self, column: usize, date: &str) -> bool {
        let is_last = column + 1 == self.cells.len() && date.len() < self.last_cell_before.len();
        is_last && self.export.sheet.ends_without_line_end && {
            let before = values::shape(self.last_cell_before);
            let sheet = &self.export.sheet;
            let last_row = sheet.height().checked_sub(1);
            last_row.is_some_and(|row| sheet.line(row) == self.line)
                && before.starts_with(&values::shape(date))
        }
    }

    /// A whole number: the cell of the field, or the sum of the cells that the layout adds. Of these
    /// a blank is unknown and left out; the sum of blanks only is unknown, and so is one of which a
    /// part cannot be read.
    fn count(&mut self, column: &ColumnDeclaration) -> Option<i64> {
        if self.short.is_some() || self.column(column.field).is_some() {
            return self.reading(column, values::count);
        }
        let mut sum: Option<i64> = None;
        let mut is_whole = true;
        for place in self.place(column.field).to_add {
            let cell = self.cell(*place);
            if cell.is_empty() {
                continue;
            }
            let reading = values::count(cell);
            is_whole &= reading.is_ok();
            if let Some(count) = self.told(column, *place, cell, reading) {
                sum = Some(sum.unwrap_or(0).saturating_add(count));
            }
        }
        sum.filter(|_| is_whole)
    }

    fn set_aside(&mut self, field: Field, message: Cow<'static, str>, code: FindingCode) {
        self.set_aside_at(field, self.column(field).unwrap_or_default(), message, code);
    }

    fn set_aside_at(
        &mut self,
        field: Field,
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
                field,
                column,
                message,
                code,
            });
        }
    }
}

/// The decision in a cell, in a word of the layout, and who signed it when.
fn decided(cell: &str, layout: &Layout, calendar: Calendar) -> Option<Signed<Decision>> {
    values::signed(cell, |word| layout.decision(word), calendar)
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
