//! Columns of a table while they are read, cell by cell, and as polars keeps them.

use chrono::NaiveDateTime;
use polars::prelude::*;

/// A column of text.
pub(super) struct TextColumn {
    name: &'static str,
    texts: StringChunkedBuilder,
    filled: usize,
    rows: usize,
}

impl TextColumn {
    /// A column without rows, which has room for so many.
    pub(super) fn new(name: &'static str, rows: usize) -> Self {
        Self {
            name,
            texts: StringChunkedBuilder::new(name.into(), rows),
            filled: 0,
            rows: 0,
        }
    }

    pub(super) fn push(&mut self, cell: Option<&str>) {
        self.rows += 1;
        if let Some(cell) = cell {
            if self.filled + 1 < self.rows {
                self.fill_up(self.rows - 1);
            }
            self.texts.append_value(cell);
            self.filled += 1;
        }
    }

    /// Writes the blanks before this row, which wait for a cell with text: a column without any
    /// takes no memory.
    fn fill_up(&mut self, rows: usize) {
        (self.filled..rows).for_each(|_| self.texts.append_null());
        self.filled = rows;
    }

    pub(super) fn finish(mut self) -> PolarsResult<Column> {
        if self.filled == 0 {
            return Ok(Column::full_null(
                self.name.into(),
                self.rows,
                &DataType::String,
            ));
        }
        self.fill_up(self.rows);
        Ok(self.texts.finish().into_column())
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
        Self {
            dtype,
            name,
            numbers: PrimitiveChunkedBuilder::new(name.into(), rows),
            filled: 0,
            rows: 0,
        }
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
    let mut whole = parts
        .next()
        .ok_or_else(|| polars_err!(NoData: "no part of a column"))?;
    if is_unknown {
        return Ok(Column::full_null(whole.name().clone(), rows, whole.dtype()));
    }
    for part in parts {
        whole.append_owned(part)?;
    }
    Ok(whole)
}

/// The table of `parts`, which have the same columns, with the rows in `order`; `None` for their
/// own. Columns are brought into order one after the other, so that only these are there twice.
pub(super) fn table(
    parts: Vec<Vec<Column>>,
    order: Option<Vec<IdxSize>>,
) -> PolarsResult<DataFrame> {
    let Some(order) = order else {
        let columns = by_column(parts)
            .into_iter()
            .map(joined)
            .collect::<PolarsResult<Vec<_>>>()?;
        return DataFrame::new(columns.first().map_or(0, Column::len), columns);
    };
    let order = IdxCa::from_vec("order".into(), order);
    let columns = by_column(parts)
        .into_iter()
        .map(|parts| joined(parts)?.rechunk().take(&order))
        .collect::<PolarsResult<Vec<_>>>()?;
    DataFrame::new(order.len(), columns)
}

fn by_column(parts: Vec<Vec<Column>>) -> Vec<Vec<Column>> {
    let mut columns: Vec<Vec<Column>> = Vec::new();
    for part in parts {
        columns.resize_with(part.len(), Vec::new);
        columns
            .iter_mut()
            .zip(part)
            .for_each(|(parts, column)| parts.push(column));
    }
    columns
}
