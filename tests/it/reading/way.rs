//! The ways in which programs write one table to a file.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::table::{WrittenTable, utf_16_big_endian, utf_16_little_endian, windows_1252};

/// How a table is written to a file.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// The present place of each column.
    pub(super) order: Vec<usize>,
    heading: fn(&str) -> String,
    delimiter: char,
    is_quoted_throughout: bool,
    line_end: &'static str,
    encoding: fn(&str) -> Vec<u8>,
    extension: &'static str,
    packing: Packing,
}

#[derive(Debug, Clone, Copy)]
enum Packing {
    None,
    Gz,
    Zip,
    /// No delimited text at all: a workbook of texts.
    Workbook,
}

/// Any way of writing a table of so many columns.
pub(super) fn way(columns: usize) -> impl Strategy<Value = Way> {
    let headings: Vec<fn(&str) -> String> = vec![
        str::to_owned,
        str::to_uppercase,
        str::to_lowercase,
        |heading| heading.replace(' ', "-"),
        |heading| heading.replace(' ', ""),
        |heading| format!(" {} ", heading.replace(' ', "_")),
    ];
    let encodings: Vec<fn(&str) -> Vec<u8>> = vec![
        |text| text.as_bytes().to_vec(),
        |text| format!("\u{FEFF}{text}").into_bytes(),
        utf_16_little_endian,
        utf_16_big_endian,
        |text| utf_16_little_endian(text).split_off(2),
        |text| utf_16_big_endian(text).split_off(2),
        windows_1252,
    ];
    let packings = vec![Packing::None, Packing::Gz, Packing::Zip, Packing::Workbook];
    (
        Just((0..columns).collect::<Vec<_>>()).prop_shuffle(),
        prop::sample::select(headings),
        prop::sample::select(vec![',', ';', '\t', '|']),
        any::<bool>(),
        prop::sample::select(vec!["\r\n", "\n", "\r"]),
        prop::sample::select(encodings),
        prop::sample::select(vec!["csv", "tsv", "txt", "CSV"]),
        prop::sample::select(packings),
    )
        .prop_map(
            |(
                order,
                heading,
                delimiter,
                is_quoted_throughout,
                line_end,
                encoding,
                extension,
                packing,
            )| Way {
                order,
                heading,
                delimiter,
                is_quoted_throughout,
                line_end,
                encoding,
                extension,
                packing,
            },
        )
}

impl Way {
    /// The name of the file, which begins with `stem`, and its bytes.
    pub(super) fn write(&self, stem: &str, table: &WrittenTable) -> (String, Vec<u8>) {
        let mut table = table.in_order(&self.order);
        table
            .headings
            .iter_mut()
            .for_each(|heading| *heading = (self.heading)(heading));
        let bytes = (self.encoding)(&table.written(
            self.delimiter,
            self.is_quoted_throughout,
            self.line_end,
        ));
        let name = format!("{stem}.{}", self.extension);
        match self.packing {
            Packing::None => (name, bytes),
            Packing::Gz => (format!("{name}.gz"), gzipped(&bytes)),
            Packing::Zip => (format!("{stem}.zip"), zipped(&[(&name, &bytes)])),
            Packing::Workbook => (format!("{stem}.xlsx"), workbook(&table)),
        }
    }
}

fn workbook(table: &WrittenTable) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    for (line, row) in (0..).zip(std::iter::once(&table.headings).chain(&table.rows)) {
        for (column, cell) in (0..).zip(row) {
            worksheet.write_string(line, column, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

pub(super) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
