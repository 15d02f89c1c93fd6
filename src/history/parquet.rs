//! Tables as the bytes of Parquet files, and back.

use std::io::Cursor;

use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter};

/// The bytes of a file that holds `frame`: the same for the same frame.
pub(super) fn to_bytes(frame: &mut DataFrame) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    // Six tenths of Snappy's size on these tables: fingerprints are hexadecimal, which takes an entropy coder.
    ParquetWriter::new(&mut bytes).with_compression(ParquetCompression::Zstd(None)).finish(frame)?;
    Ok(bytes)
}

/// The table in the bytes of a file, which must have these columns; or why there is none.
pub(super) fn from_bytes(bytes: Vec<u8>, columns: &[(&str, DataType)]) -> Result<DataFrame, String> {
    let frame = ParquetReader::new(Cursor::new(bytes)).set_rechunk(true).finish().map_err(|error| error.to_string())?;
    let schema = frame.schema();
    let is_as_expected = schema.len() == columns.len()
        && schema.iter().zip(columns).all(|((name, dtype), (expected_name, expected))| name == expected_name && dtype == expected);
    if is_as_expected { Ok(frame) } else { Err("its columns are not those of this format".to_owned()) }
}
