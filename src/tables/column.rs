//! How a column of a table is declared, and how its values are collected.

use std::borrow::Cow;

use polars::prelude::*;

use crate::exports::Field;

/// A column of a table, declared: its name, the field of an export that it holds, and what its
/// cells are. A new column is one more of these.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnDeclaration {
    pub(super) name: &'static str,
    pub(super) field: Field,
    pub(super) kind: CellKind,
    /// Whether a row is set aside where its cell cannot be read; of others that is unknown.
    pub(super) is_required: bool,
}

impl ColumnDeclaration {
    /// The same column, without which a row is of no use. A blank is unknown all the same.
    pub(super) const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }
}

/// What the cells of a column are. [`RowReader::value`](super::row_reader::RowReader::value) says
/// how each kind is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    /// The address of the source mailbox.
    Mailbox,
    /// An address, or what else stands there.
    Address,
    Text,
    /// A text that is empty and not null where the cell is blank.
    Word,
    /// [`SyncState::code`](crate::domain::SyncState::code) of a word.
    State,
    /// Whether the mailbox cannot complete until what was lost is approved.
    AwaitsApproval,
    /// Whether a kind of item is a [`SettingKind`](crate::domain::SettingKind).
    IsSetting,
    /// [`Phase::label`](crate::domain::Phase::label) of a word.
    Phase,
    /// A text, null where it says that the user is no VIP.
    VipCategory,
    /// Whether something was done: yes, no, or the date of it.
    WasDone,
    /// When something was done, where that is what a cell of [`CellKind::WasDone`] says.
    DoneOn,
    /// [`Decision::name`](crate::domain::Decision::name) of a word, signed or not.
    Decision,
    /// Who signed behind the word of a decision.
    SignedBy,
    /// The day that stands behind the word of a decision.
    SignedOn,
    Count,
    Percentage,
    Size,
    Day,
    Moment,
}

impl CellKind {
    /// Declares a column of this kind.
    pub(super) const fn column(self, name: &'static str, field: Field) -> ColumnDeclaration {
        ColumnDeclaration {
            name,
            field,
            kind: self,
            is_required: false,
        }
    }

    /// What a cell of this kind is, for a sentence.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mailbox | Self::Address => "an email address",
            Self::Text | Self::Word | Self::State | Self::AwaitsApproval | Self::IsSetting => {
                "text"
            }
            Self::Phase => "a phase",
            Self::VipCategory => "yes, no or a category",
            Self::WasDone | Self::DoneOn => "yes, no or a date",
            Self::Decision | Self::SignedBy | Self::SignedOn => "accept, done or keep",
            Self::Count => "a whole number",
            Self::Percentage => "a percentage",
            Self::Size => "a size",
            Self::Day | Self::Moment => "a date",
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Mailbox
            | Self::Address
            | Self::Text
            | Self::Word
            | Self::Phase
            | Self::Decision
            | Self::SignedBy
            | Self::VipCategory => DataType::String,
            Self::State => DataType::UInt8,
            Self::AwaitsApproval | Self::IsSetting | Self::WasDone => DataType::Boolean,
            Self::Count | Self::Size => DataType::Int64,
            Self::Percentage => DataType::Float64,
            Self::Day | Self::DoneOn | Self::SignedOn => DataType::Date,
            Self::Moment => DataType::Datetime(TimeUnit::Milliseconds, None),
        }
    }
}

/// What a cell holds; `None` where that is unknown.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum CellValue<'a> {
    Text(Option<Cow<'a, str>>),
    /// Codes, days, milliseconds since 1970, and 1 for yes, too.
    Whole(Option<i64>),
    Decimal(Option<f64>),
}

/// A column while its values are collected.
pub(super) struct ColumnBuilder {
    data_type: DataType,
    values: Builder,
}

enum Builder {
    Text(StringChunkedBuilder),
    Whole(PrimitiveChunkedBuilder<Int64Type>),
    Decimal(PrimitiveChunkedBuilder<Float64Type>),
}

impl ColumnBuilder {
    /// A column without rows, which has room for so many.
    pub(super) fn new(declared: &ColumnDeclaration, rows: usize) -> Self {
        let name = declared.name.into();
        let data_type = declared.kind.data_type();
        let values = match data_type {
            DataType::String => Builder::Text(StringChunkedBuilder::new(name, rows)),
            DataType::Float64 => Builder::Decimal(PrimitiveChunkedBuilder::new(name, rows)),
            _ => Builder::Whole(PrimitiveChunkedBuilder::new(name, rows)),
        };
        Self { data_type, values }
    }

    /// Adds the value of the next row. One that is not of the column's kind is unknown.
    pub(super) fn push(&mut self, value: CellValue<'_>) {
        match (&mut self.values, value) {
            (Builder::Text(texts), CellValue::Text(text)) => texts.append_option(text),
            (Builder::Text(texts), _) => texts.append_null(),
            (Builder::Whole(numbers), CellValue::Whole(number)) => numbers.append_option(number),
            (Builder::Whole(numbers), _) => numbers.append_null(),
            (Builder::Decimal(numbers), CellValue::Decimal(number)) => {
                numbers.append_option(number);
            }
            (Builder::Decimal(numbers), _) => numbers.append_null(),
        }
    }

    pub(super) fn finish(self) -> PolarsResult<Column> {
        match self.values {
            Builder::Text(texts) => Ok(texts.finish().into_column()),
            Builder::Whole(numbers) => numbers.finish().into_column().cast(&self.data_type),
            Builder::Decimal(numbers) => Ok(numbers.finish().into_column()),
        }
    }
}
