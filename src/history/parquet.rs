//! Tables as the bytes of Parquet files, and back.

use std::io::Cursor;

use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter};
use polars_parquet::write::ZstdLevel;

use super::format::VERSION;
use super::table::SnapshotTable;

/// Rows below which a file is mostly its own description, and to compress each column costs more
/// than it saves.
const FEW: usize = 100;

/// The bytes of a file that holds `frame`: the same for the same frame.
pub(super) fn to_bytes(frame: &mut DataFrame) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    // Six tenths of Snappy's size on these tables: fingerprints are hexadecimal, which takes an
    // entropy coder. At the lowest level the files are smallest too: what repeats in fingerprints
    // does so by chance, and to look for it takes the longest.
    let compression = if frame.height() < FEW {
        ParquetCompression::Uncompressed
    } else {
        ParquetCompression::Zstd(ZstdLevel::try_new(1).ok())
    };
    ParquetWriter::new(&mut bytes)
        .with_compression(compression)
        .finish(frame)?;
    Ok(bytes)
}

/// The table in the bytes of a file, which must have its columns; or why there is none. Columns
/// that an earlier format did not have are null in a file of that format.
pub(super) fn from_bytes(bytes: Vec<u8>, table: SnapshotTable) -> Result<DataFrame, String> {
    let frame = ParquetReader::new(Cursor::new(bytes))
        .set_rechunk(true)
        .finish()
        .map_err(|error| error.to_string())?;
    let schema = frame.schema();
    let has = |columns: Vec<(&str, DataType)>| {
        let known = columns.iter().map(|(name, dtype)| (*name, dtype));
        schema
            .iter()
            .map(|(name, dtype)| (name.as_str(), dtype))
            .eq(known)
    };
    if has(table.columns()) {
        return Ok(frame);
    }
    if !(1..VERSION).any(|format| has(table.columns_of_format(format))) {
        return Err("its columns are not those of this format".to_owned());
    }
    let rows = frame.height();
    let column = |(name, dtype): (&str, DataType)| {
        frame
            .column(name)
            .cloned()
            .unwrap_or_else(|_| Column::full_null(name.into(), rows, &dtype))
    };
    DataFrame::new(rows, table.columns().into_iter().map(column).collect())
        .map_err(|error| error.to_string())
}

/// A table of which nothing is known but how many rows it has.
pub(super) fn nothing_known(table: SnapshotTable, rows: usize) -> PolarsResult<DataFrame> {
    let columns = table
        .columns()
        .into_iter()
        .map(|(name, dtype)| Column::full_null(name.into(), rows, &dtype));
    DataFrame::new(rows, columns.collect())
}
