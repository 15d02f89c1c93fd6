//! Columns of a table while they are read, cell by cell, and as polars keeps them.

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;
use polars_arrow::array::{Utf8ViewArray, View};
use polars_arrow::bitmap::BitmapBuilder;
use polars_arrow::datatypes::ArrowDataType;
use polars_buffer::Buffer;

use crate::sheets::Sheet;

/// The text of a sheet, which columns of text share instead of copying it.
#[derive(Clone)]
pub(super) struct SharedText<'a> {
    text: &'a str,
    buffer: Buffer<u8>,
}

/// What keeps a shared text alive.
struct Owner(Arc<String>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<'a> SharedText<'a> {
    pub(super) fn of(sheet: &'a Sheet) -> Self {
        Self { text: sheet.text(), buffer: Buffer::from_owner(Owner(Arc::clone(sheet.text()))) }
    }

    /// Where `cell` lies in the text; `None` for another text.
    fn offset_of(&self, cell: &str) -> Option<u32> {
        let start = cell.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        (start + cell.len() <= self.text.len()).then(|| u32::try_from(start).ok()).flatten()
    }
}

/// A column of text.
pub(super) struct TextColumn<'a> {
    name: &'static str,
    shared: SharedText<'a>,
    /// Cells that do not stand in the shared text as they are.
    copied: Vec<u8>,
    views: Vec<View>,
    known: BitmapBuilder,
    rows: usize,
}

impl<'a> TextColumn<'a> {
    /// A column without rows, which has room for so many.
    pub(super) fn new(name: &'static str, shared: &SharedText<'a>, rows: usize) -> Self {
        let (views, known) = (Vec::with_capacity(rows), BitmapBuilder::with_capacity(rows));
        Self { name, shared: shared.clone(), copied: Vec::new(), views, known, rows: 0 }
    }

    pub(super) fn push(&mut self, cell: Option<&str>) {
        self.rows += 1;
        let Some(cell) = cell else { return };
        if self.views.len() + 1 < self.rows {
            self.fill_up(self.rows - 1);
        }
        let view = match self.shared.offset_of(cell) {
            Some(offset) => View::new_from_bytes(cell.as_bytes(), 0, offset),
            None => {
                let offset = u32::try_from(self.copied.len()).unwrap_or(u32::MAX);
                self.copied.extend_from_slice(cell.as_bytes());
                View::new_from_bytes(cell.as_bytes(), 1, offset)
            }
        };
        self.views.push(view);
        self.known.push(true);
    }

    /// Writes the blanks before this row, which wait for a cell with text: a column without any takes no memory.
    fn fill_up(&mut self, rows: usize) {
        let blanks = rows - self.views.len();
        self.views.resize(rows, View::default());
        self.known.extend_constant(blanks, false);
    }

    pub(super) fn finish(mut self) -> PolarsResult<Column> {
        if self.views.is_empty() {
            return Ok(Column::full_null(self.name.into(), self.rows, &DataType::String));
        }
        self.fill_up(self.rows);
        let buffers = vec![self.shared.buffer, self.copied.into()];
        let array = Utf8ViewArray::try_new(ArrowDataType::Utf8View, self.views.into(), buffers.into(), self.known.into_opt_validity())?;
        Ok(StringChunked::with_chunk(self.name.into(), array).into_column())
    }
}

/// A column of numbers, or of what polars keeps as such.
pub(super) struct NumberColumn<T: PolarsNumericType> {
    dtype: DataType,
    name: &'static str,
    numbers: PrimitiveChunkedBuilder<T>,
    filled: usize,
    rows: usize,
}

impl<T: PolarsNumericType> NumberColumn<T> {
    fn new(name: &'static str, dtype: DataType, rows: usize) -> Self {
        Self { dtype, name, numbers: PrimitiveChunkedBuilder::new(name.into(), rows), filled: 0, rows: 0 }
    }

    pub(super) fn push(&mut self, number: Option<T::Native>) {
        self.rows += 1;
        if number.is_some() {
            if self.filled + 1 < self.rows {
                self.fill_up(self.rows - 1);
            }
            self.numbers.append_option(number);
            self.filled += 1;
        }
    }

    /// As with a column of text.
    fn fill_up(&mut self, rows: usize) {
        (self.filled..rows).for_each(|_| self.numbers.append_null());
        self.filled = rows;
    }

    pub(super) fn finish(mut self) -> PolarsResult<Column> {
        if self.filled == 0 {
            return Ok(Column::full_null(self.name.into(), self.rows, &self.dtype));
        }
        self.fill_up(self.rows);
        self.numbers.finish().into_column().cast(&self.dtype)
    }
}

/// A column of whole numbers.
pub(super) type CountColumn = NumberColumn<Int64Type>;

pub(super) fn count_column(name: &'static str, rows: usize) -> CountColumn {
    NumberColumn::new(name, DataType::Int64, rows)
}

/// A column of numbers with decimals.
pub(super) type DecimalColumn = NumberColumn<Float64Type>;

pub(super) fn decimal_column(name: &'static str, rows: usize) -> DecimalColumn {
    NumberColumn::new(name, DataType::Float64, rows)
}

/// A column of codes.
pub(super) type CodeColumn = NumberColumn<UInt8Type>;

pub(super) fn code_column(name: &'static str, rows: usize) -> CodeColumn {
    NumberColumn::new(name, DataType::UInt8, rows)
}

/// A column of days.
pub(super) type DayColumn = NumberColumn<Int32Type>;

pub(super) fn day_column(name: &'static str, rows: usize) -> DayColumn {
    NumberColumn::new(name, DataType::Date, rows)
}

/// A day as polars keeps it.
pub(super) fn days_since_1970(day: NaiveDate) -> i32 {
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// A column of moments.
pub(super) type MomentColumn = NumberColumn<Int64Type>;

pub(super) fn moment_column(name: &'static str, rows: usize) -> MomentColumn {
    NumberColumn::new(name, DataType::Datetime(TimeUnit::Milliseconds, None), rows)
}

/// A moment as polars keeps it.
pub(super) fn milliseconds_since_1970(moment: NaiveDateTime) -> i64 {
    moment.and_utc().timestamp_millis()
}

/// The parts of a column, one after the other.
pub(super) fn joined(parts: Vec<Column>) -> PolarsResult<Column> {
    let rows = parts.iter().map(Column::len).sum();
    let is_unknown = parts.iter().all(|part| part.null_count() == part.len());
    let mut parts = parts.into_iter();
    let mut whole = parts.next().ok_or_else(|| polars_err!(NoData: "no part of a column"))?;
    if is_unknown {
        return Ok(Column::full_null(whole.name().clone(), rows, whole.dtype()));
    }
    for part in parts {
        whole.append_owned(part)?;
    }
    Ok(whole.rechunk())
}

/// The table of `parts`, which have the same columns, with the rows in `order`. Columns are brought into order one after
/// the other, so that only these are there twice; two at a time, since each has to be brought from all over memory.
pub(super) fn table(parts: Vec<Vec<Column>>, order: &IdxCa) -> PolarsResult<DataFrame> {
    let ordered =
        |columns: Vec<Vec<Column>>| -> PolarsResult<Vec<Column>> { columns.into_iter().map(|parts| joined(parts)?.take(order)).collect() };
    let mut left = by_column(parts);
    let right = left.split_off(left.len() / 2);
    let (left, right) = std::thread::scope(|scope| {
        let left = scope.spawn(|| ordered(left));
        let right = ordered(right);
        (left.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), right)
    });
    DataFrame::new(order.len(), left?.into_iter().chain(right?).collect())
}

fn by_column(parts: Vec<Vec<Column>>) -> Vec<Vec<Column>> {
    let mut columns: Vec<Vec<Column>> = Vec::new();
    for part in parts {
        columns.resize_with(part.len(), Vec::new);
        columns.iter_mut().zip(part).for_each(|(parts, column)| parts.push(column));
    }
    columns
}
