//! What a cell is, by the kind of its column.

use std::borrow::Cow;

use chrono::NaiveDateTime;

use super::super::column::{CellKind, CellValue, ColumnDeclaration};
use super::super::columns;
use super::super::values::{self, DateForm, Reading, Signed, YesOrNo};
use super::{RowReader, cell_of, word_of};
use crate::domain::{Decision, FindingCode, Phase, SettingKind};
use crate::exports::{Field, Input, Layout, StateOfRow};

impl<'a> RowReader<'a> {
    /// The value of the present row in a column of a table. How a kind of cell is read, of whatever
    /// layout, is written here and in [`values`], and nowhere else.
    pub(in crate::tables) fn value(&mut self, column: &ColumnDeclaration) -> CellValue<'a> {
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
                let phase = self.phase(column);
                CellValue::Text(phase.map(|phase| Cow::Borrowed(phase.label())))
            }
            CellKind::VipCategory => CellValue::Text(self.vip_category(column).map(Cow::Borrowed)),
            CellKind::WasDone => CellValue::Whole(self.was_done(column).map(i64::from)),
            CellKind::DoneOn => {
                let cell = self.cell_of(field);
                let moment = cell.and_then(|cell| values::moment(cell, self.date_form).ok()?);
                CellValue::Whole(moment.map(|moment| moment.date().to_epoch_days().into()))
            }
            CellKind::Decision => {
                let decision = self.decision(column);
                CellValue::Text(decision.map(|decision| Cow::Borrowed(decision.name())))
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

    fn phase(&mut self, column: &ColumnDeclaration) -> Option<Phase> {
        let layout = &self.export.layout;
        self.reading(column, |cell| known_word(cell, layout.phase(cell)))
    }

    /// The category of a VIP; of one who only is one, “VIP”.
    fn vip_category(&mut self, column: &ColumnDeclaration) -> Option<&'a str> {
        let layout = &self.export.layout;
        match self.reading(column, |cell| values::answer(cell, "vip")) {
            Some(YesOrNo::Yes) => Some("VIP"),
            Some(YesOrNo::Words(word)) if !layout.stands_for_no_vip(word) => Some(word),
            _ => None,
        }
    }

    fn decision(&mut self, column: &ColumnDeclaration) -> Option<Decision> {
        let (layout, date_form) = (&self.export.layout, self.date_form);
        let decided = |cell| known_word(cell, decided(cell, layout, date_form));
        self.reading(column, decided).map(|signed| signed.word)
    }

    /// The decision of the present row, where its cell can be read.
    fn signed_decision(&self, field: Field) -> Option<Signed<Decision>> {
        decided(self.cell_of(field)?, &self.export.layout, self.date_form)
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

    /// A date in the layout's order, with the time where there is one. One that can only be read in
    /// the other order holds the organisation: its other dates may have been read with day and
    /// month exchanged.
    fn moment(&mut self, column: &ColumnDeclaration) -> Option<NaiveDateTime> {
        let cell = self.cell_of(column.field)?;
        let date_form = self.date_form;
        let serial = self.export.sheet.date_of_serial(cell);
        let reading = match &serial {
            Some(date) => values::moment(date, date_form),
            None => values::moment(cell, date_form),
        };
        let other_way = DateForm {
            order: date_form.order.reversed(),
            ..date_form
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
        if let (true, Ok(Some(moment))) = (holds, &reading) {
            let day = moment.date();
            self.dates
                .add(column.field, place, cell, serial.is_some(), day);
        }
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
            Ok(Some(YesOrNo::Yes)) => Some(true),
            Ok(Some(YesOrNo::No)) => Some(false),
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
}

/// What a layout's word stands for; a word for none is no mistake, and any other is.
fn known_word<T>(cell: &str, known: Option<T>) -> Reading<T> {
    match known {
        None if values::stands_for_none(cell) => Ok(None),
        None => Err(values::Unreadable),
        known => Ok(known),
    }
}

/// The decision in a cell, in a word of the layout, and who signed it when.
fn decided(cell: &str, layout: &Layout, date_form: DateForm) -> Option<Signed<Decision>> {
    values::signed(cell, |word| layout.decision(word), date_form)
}
