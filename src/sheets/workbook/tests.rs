use std::io::Write as _;

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Formula};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn rows(sheet: &Sheet) -> Vec<Vec<&str>> {
    (0..sheet.height())
        .map(|row| {
            (0..sheet.headings().len())
                .map(|column| sheet.cell(row, column))
                .collect()
        })
        .collect()
}

fn zipped(parts: &[(&str, String)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const RELATIONSHIP: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// The parts of a workbook whose only worksheet has this XML in its `sheetData`.
fn parts(sheet_data: &str) -> Vec<(&'static str, String)> {
    let relationships = |of: &str| format!("<Relationships>{of}</Relationships>");
    vec![
        (
            "_rels/.rels",
            relationships(&format!(
                "<Relationship Id=\"a\" Type=\"{RELATIONSHIP}/officeDocument\" \
             Target=\"xl/workbook.xml\"/>"
            )),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relationships(&format!(
                "<Relationship Id=\"b\" Type=\"{RELATIONSHIP}/worksheet\" \
             Target=\"worksheets/sheet1.xml\"/>"
            )),
        ),
        (
            "xl/workbook.xml",
            "<workbook><workbookPr/><sheets><sheet name=\"One\" sheetId=\"1\" \
         r:id=\"b\"/></sheets></workbook>"
                .to_owned(),
        ),
        (
            "xl/styles.xml",
            "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf \
             numFmtId=\"10\"/></cellXfs></styleSheet>"
                .to_owned(),
        ),
        (
            "xl/sharedStrings.xml",
            "<sst uniqueCount=\"1\"><si><t>shared</t></si></sst>".to_owned(),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet><dimension \
         ref=\"A1:B2\"/><sheetData>{sheet_data}</sheetData></worksheet>"
            ),
        ),
    ]
}

fn inline(cell: &str, text: &str) -> String {
    format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn of_xml(sheet_data: &str) -> Result<Sheet, SheetError> {
    Sheet::from_workbook(&zipped(&parts(sheet_data)))
}

fn with_part(name: &'static str, content: String) -> Vec<u8> {
    let mut parts = parts(&format!("<row>{}</row>", inline("A1", "A")));
    parts.retain(|(other, _)| *other != name);
    parts.push((name, content));
    zipped(&parts)
}

/// A workbook whose only worksheet `fill` fills.
fn written(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

/// The text of one cell that `fill` writes to B2.
fn cell(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> String {
    let bytes = written(|sheet| {
        sheet
            .write_string(0, 0, "A")
            .unwrap()
            .write_string(0, 1, "B")
            .unwrap()
            .write_string(1, 0, "x")
            .unwrap();
        fill(sheet);
    });
    Sheet::from_workbook(&bytes).unwrap().cell(0, 1).to_owned()
}

#[test]
fn numbers_are_plain_decimals_with_every_digit() {
    for (number, text) in [
        (1e15, "1000000000000000"),
        (0.1, "0.1"),
        (12_345_678_901.0, "12345678901"),
        (42.0, "42"),
        (-0.0, "0"),
        (-1.5, "-1.5"),
        (1e-7, "0.0000001"),
        (9_007_199_254_740_991.0, "9007199254740991"),
    ] {
        assert_eq!(
            cell(|sheet| _ = sheet.write_number(1, 1, number).unwrap()),
            text
        );
    }
    let shown = CellFormat::new().set_num_format("0.00E+00");
    assert_eq!(
        cell(|sheet| _ = sheet
            .write_number_with_format(1, 1, 12_345_678.0, &shown)
            .unwrap()),
        "12345678"
    );
}

#[test]
fn fractions_that_are_shown_as_percentages_are_percentages() {
    for (fraction, text) in [
        (0.865, "86.5%"),
        (0.07, "7%"),
        (1.0, "100%"),
        (0.0, "0%"),
        (0.001, "0.1%"),
        (-0.25, "-25%"),
        (12.0, "1200%"),
    ] {
        let shown = CellFormat::new().set_num_format("0.0%");
        assert_eq!(
            cell(|sheet| _ = sheet
                .write_number_with_format(1, 1, fraction, &shown)
                .unwrap()),
            text
        );
    }
    for format in ["0\"%\"", "0.0;0%", "0\\%", "0"] {
        let shown = CellFormat::new().set_num_format(format);
        assert_eq!(
            cell(|sheet| _ = sheet.write_number_with_format(1, 1, 0.5, &shown).unwrap()),
            "0.5",
            "{format}"
        );
    }
}

#[test]
fn text_stays_text() {
    for text in [
        "1234",
        "8E003",
        "007",
        "1,234",
        "#N/A",
        "TRUE",
        "=1+1",
        "20/11/2026",
    ] {
        assert_eq!(
            cell(|sheet| _ = sheet.write_string(1, 1, text).unwrap()),
            text
        );
    }
}

#[test]
fn truth_and_errors_have_names_and_blanks_have_none() {
    assert_eq!(
        cell(|sheet| _ = sheet.write_boolean(1, 1, true).unwrap()),
        "TRUE"
    );
    assert_eq!(cell(|_| ()), "");
    let sheet = of_xml(&format!(
        "<row>{}{}</row><row r=\"2\"><c r=\"A2\" t=\"e\"><v>#N/A</v></c><c r=\"B2\" \
         t=\"b\"><v>0</v></c></row><row r=\"3\">{}<c r=\"B3\"><v></v></c></row>",
        inline("A1", "A"),
        inline("B1", "B"),
        inline("A3", " "),
    ));
    assert_eq!(rows(&sheet.unwrap()), [["#N/A", "FALSE"]]);
}

#[test]
fn a_formula_is_the_value_that_was_saved_with_it() {
    assert_eq!(
        cell(|sheet| _ = sheet
            .write_formula(1, 1, Formula::new("=1+1").set_result("2"))
            .unwrap()),
        "2"
    );
    let sheet = of_xml(&format!(
        "<row>{}{}</row><row r=\"2\">{}<c r=\"B2\"><f>1+1</f></c></row><row r=\"3\">{}<c r=\"B3\" \
         t=\"str\"><f>A1</f><v>A</v></c></row>",
        inline("A1", "A"),
        inline("B1", "B"),
        inline("A2", "unsaved"),
        inline("A3", "saved"),
    ));
    assert_eq!(rows(&sheet.unwrap()), [["unsaved", ""], ["saved", "A"]]);
}

#[test]
fn dates_times_and_durations_say_what_they_are() {
    for (serial, format, text) in [
        (46_346.0, "dd/mm/yyyy", "2026-11-20"),
        (
            46_346.258_680_555_555,
            "dd/mm/yyyy hh:mm",
            "2026-11-20 06:12:30",
        ),
        (46_346.0, "yyyy-mm-dd hh:mm:ss", "2026-11-20"),
        (0.270_833_333_333_333_3, "hh:mm", "06:30:00"),
        (0.0, "hh:mm", "00:00:00"),
        (1.520_833_333_333_333_3, "[h]:mm:ss", "36:30:00"),
        (0.000_005_787_037_037, "[h]:mm:ss", "0:00:00.500"),
        (-1.0, "[h]:mm:ss", "-24:00:00"),
        (-3.0, "dd/mm/yyyy", "-3"),
        (5e9, "dd/mm/yyyy", "5000000000"),
        (949_998.0, "dd/mm/yyyy", "4501-01-01"),
    ] {
        let shown = CellFormat::new().set_num_format(format);
        assert_eq!(
            cell(|sheet| _ = sheet
                .write_number_with_format(1, 1, serial, &shown)
                .unwrap()),
            text,
            "{serial} as {format}"
        );
    }
    let day = ExcelDateTime::parse_from_str("2026-11-20T06:12:30").unwrap();
    let shown = CellFormat::new().set_num_format("dd/mm/yyyy hh:mm:ss");
    assert_eq!(
        cell(|sheet| _ = sheet
            .write_datetime_with_format(1, 1, &day, &shown)
            .unwrap()),
        "2026-11-20 06:12:30"
    );
}

/// From `from_excel(serial, CALENDAR_WINDOWS_1900)` and `from_excel(serial, CALENDAR_MAC_1904)` of
/// openpyxl 3.1.5, which LibreOffice 7.4 shows too.
const SERIALS: [(&str, &str, &str); 8] = [
    ("25569", "1970-01-01", "1974-01-02"),
    ("36526", "2000-01-01", "2004-01-02"),
    ("36585", "2000-02-29", "2004-03-01"),
    ("46346.25", "2026-11-20 06:00:00", "2030-11-21 06:00:00"),
    (
        "46346.258680555555",
        "2026-11-20 06:12:30",
        "2030-11-21 06:12:30",
    ),
    (
        "46346.9999942129",
        "2026-11-20 23:59:59.500",
        "2030-11-21 23:59:59.500",
    ),
    ("73050.5", "2099-12-31 12:00:00", "2104-01-02 12:00:00"),
    ("949998", "4501-01-01", "4505-01-02"),
];

#[test]
fn serial_numbers_are_the_dates_of_another_program() {
    for (serial, since_1900, since_1904) in SERIALS {
        assert_eq!(
            date_of_serial(serial, false).as_deref(),
            Some(since_1900),
            "{serial}"
        );
        assert_eq!(
            date_of_serial(serial, true).as_deref(),
            Some(since_1904),
            "{serial}"
        );
    }
    assert_eq!(date_of_serial("24107", true).as_deref(), Some("1970-01-01"));
    for none in [
        "",
        ".",
        "25568",
        "0",
        "1200",
        "2958466",
        "20261120",
        "-46346",
        "46346,25",
        "4.6e4",
        "inf",
        "20/11/2026",
    ] {
        assert_eq!(date_of_serial(none, false), None, "{none}");
    }
}

#[test]
fn only_a_workbook_has_serial_numbers() {
    let bytes = written(|sheet| _ = sheet.write_string(0, 0, "A").unwrap());
    assert_eq!(
        Sheet::from_workbook(&bytes)
            .unwrap()
            .date_of_serial("46346")
            .as_deref(),
        Some("2026-11-20")
    );
    assert_eq!(
        Sheet::from_delimited(b"A\n46346\n".to_vec())
            .unwrap()
            .date_of_serial("46346"),
        None
    );
}

#[test]
fn a_cell_far_away_costs_nothing() {
    let bytes = written(|sheet| {
        sheet
            .write_string(0, 0, "A")
            .unwrap()
            .write_string(0, 1, "B")
            .unwrap();
        sheet
            .write_string(4, 1, "x")
            .unwrap()
            .write_string(9, 5, "a note")
            .unwrap();
        sheet.write_string(1_048_575, 16_383, "far").unwrap();
    });
    let sheet = Sheet::from_workbook(&bytes).unwrap();
    assert_eq!((rows(&sheet), sheet.line(0)), (vec![vec!["", "x"]], 5));
    assert_eq!((sheet.kept_cells.len(), sheet.text.as_str()), (2, "x"));
    assert_eq!(sheet.worksheet.unwrap().cells_beside, 2);
}

#[test]
fn worksheets_come_in_order_and_hidden_ones_last() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook
        .add_worksheet()
        .set_name("hidden")
        .unwrap()
        .set_hidden(true)
        .write_string(0, 0, "h")
        .unwrap();
    workbook.add_worksheet().set_name("empty").unwrap();
    let sheet = workbook.add_worksheet().set_name("titled").unwrap();
    sheet.set_active(true);
    sheet
        .write_string(1, 1, "a title")
        .unwrap()
        .write_string(3, 0, "A")
        .unwrap()
        .write_string(3, 1, "B")
        .unwrap();
    sheet
        .write_string(4, 0, "1")
        .unwrap()
        .write_string(4, 1, "2")
        .unwrap()
        .write_string(5, 0, "A")
        .unwrap()
        .write_string(5, 1, "B")
        .unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let mut workbook = OpenWorkbook::open(&bytes, Limits::default()).unwrap();
    let possible: Vec<Vec<Sheet>> = (0..workbook.worksheets())
        .map(|sheet| workbook.possible_headings(sheet).unwrap())
        .collect();
    let name = |sheet: &Sheet| sheet.worksheet.clone().unwrap().name;
    let told: Vec<Vec<_>> = possible
        .iter()
        .map(|rows| {
            rows.iter()
                .map(|row| (name(row), row.heading_line))
                .collect()
        })
        .collect();
    let titled = |line| ("titled".to_owned(), line);
    assert_eq!(
        told,
        [
            vec![],
            vec![titled(2), titled(4), titled(5), titled(6)],
            vec![("hidden".to_owned(), 1)]
        ]
    );
    let sheet = workbook.read(possible[1][1].clone()).unwrap();
    assert_eq!(
        (rows(&sheet), sheet.line(0), sheet.repeated_headings.clone()),
        (vec![vec!["1", "2"]], 5, vec![6])
    );
    assert!(!sheet.worksheet.unwrap().is_only_one);
}

#[test]
fn headings_are_looked_for_in_the_first_rows_only() {
    let bytes =
        written(|sheet| (0..50).for_each(|row| _ = sheet.write_string(2 * row, 0, "x").unwrap()));
    let mut workbook = OpenWorkbook::open(&bytes, Limits::default()).unwrap();
    let lines: Vec<u32> = workbook
        .possible_headings(0)
        .unwrap()
        .iter()
        .map(|sheet| sheet.heading_line)
        .collect();
    assert_eq!(lines, (0..20).map(|row| 2 * row + 1).collect::<Vec<_>>());
}

#[test]
fn what_is_too_much_is_told() {
    let bytes = written(|sheet| {
        (0..5).for_each(|row| _ = sheet.write_string(row, 0, format!("x{row}")).unwrap())
    });
    let read = |limits| {
        let mut workbook = OpenWorkbook::open(&bytes, limits)?;
        let headings = workbook.possible_headings(0)?.remove(0);
        workbook.read(headings)
    };
    assert_eq!(
        read(Limits {
            max_cells: 4,
            ..Limits::default()
        })
        .unwrap()
        .height(),
        4
    );
    assert_eq!(
        read(Limits {
            max_cells: 3,
            ..Limits::default()
        })
        .unwrap_err(),
        SheetError::TooManyCells { max_cells: 3 }
    );

    let too_large = Err(SheetError::TooLarge { max_mebibytes: 1 });
    let open = |bytes: &[u8]| {
        OpenWorkbook::open(
            bytes,
            Limits {
                max_unpacked_mib: 1,
                ..Limits::default()
            },
        )
        .map(|workbook| workbook.worksheets())
    };
    let bomb = with_part("xl/worksheets/sheet1.xml", "x".repeat(3 * 1024 * 1024));
    assert!(bomb.len() < 10_000);
    assert_eq!(open(&bomb), too_large);

    // A text of a MiB, shared by cells of a few bytes each.
    let long = "x".repeat(MAX_CELL_BYTES - 100);
    let cells: String = (2..5000)
        .map(|row| format!("<row r=\"{row}\"><c t=\"s\"><v>0</v></c></row>"))
        .collect();
    let mut shared = parts(&format!("<row>{}</row>{cells}", inline("A1", "A")));
    shared[4].1 = format!("<sst><si><t>{long}</t></si></sst>");
    let bytes = zipped(&shared);
    let mut workbook = OpenWorkbook::open(
        &bytes,
        Limits {
            max_unpacked_mib: 8,
            ..Limits::default()
        },
    )
    .unwrap();
    let headings = workbook.possible_headings(0).unwrap().remove(0);
    assert_eq!(
        workbook.read(headings).unwrap_err(),
        SheetError::TooLarge { max_mebibytes: 8 }
    );

    shared[4].1 = format!("<sst><si><t>{long}{long}</t></si></sst>");
    assert_eq!(
        Sheet::from_workbook(&zipped(&shared)).unwrap_err(),
        SheetError::CellTooLarge { line: 2 }
    );
}

#[test]
fn a_workbook_that_lies_is_not_believed() {
    for count in [
        "1000000000000",
        "18446744073709551615",
        "99999999999999999999999",
    ] {
        let bytes = with_part(
            "xl/sharedStrings.xml",
            format!(
                "<!--{}--><sst uniqueCount=\"{count}\"><si><t>A</t></si></sst>",
                "x".repeat(CHUNK)
            ),
        );
        assert!(
            Sheet::from_workbook(&bytes)
                .unwrap_err()
                .to_string()
                .contains("more texts than it holds"),
            "{count}"
        );
    }
    let styles = |inside: &str| {
        with_part(
            "xl/styles.xml",
            format!("<styleSheet>{inside}</styleSheet>"),
        )
    };
    for bytes in [
        styles(&format!(
            "<numFmts><numFmt numFmtId=\"200\" formatCode=\"{}\"/></numFmts>",
            "0".repeat(5000)
        )),
        styles(&"<xf/>".repeat(300_000)),
    ] {
        assert!(
            Sheet::from_workbook(&bytes)
                .unwrap_err()
                .to_string()
                .contains("more styles than Excel allows")
        );
    }
    for dimension in ["B9:A1", "A99999999999:A1", "AAAAAAAAAAAAAA1", "A1:B2"] {
        let bytes = with_part(
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet><dimension \
                 ref=\"{dimension}\"/><sheetData><row>{}</row></sheetData></worksheet>",
                inline("A1", "A")
            ),
        );
        assert_eq!(
            Sheet::from_workbook(&bytes).unwrap().headings(),
            ["A"],
            "{dimension}"
        );
    }
}

/// As large as what is looked at at once, so that what follows is in the second look.
const CHUNK: usize = 64 * 1024;

#[test]
fn what_is_damaged_is_told_without_its_text() {
    let told = |sheet_data: &str| of_xml(sheet_data).unwrap_err().to_string();
    let headings = format!("<row>{}</row>", inline("A1", "A"));
    for (cells, words) in [
        (
            "<row r=\"3\"><c t=\"e\"><v>#okafor</v></c></row>",
            "after row 1, a cell holds an error that Excel does not have",
        ),
        (
            "<row r=\"3\"><c t=\"b\"><v>okafor</v></c></row>",
            "something stands there that no workbook holds",
        ),
        (
            "<row r=\"3\"><c t=\"okafor\"><v>1</v></c></row>",
            "something stands there",
        ),
        (
            "<row r=\"3\"><c t=\"s\"><v>9</v></c></row>",
            "something stands there",
        ),
        (
            "<row r=\"3\"><c r=\"A3\"><v>1</v></c></row><row r=\"2\"><c \
             r=\"A2\"><v>1</v></c></row>",
            "row 2 comes after row 3",
        ),
        (
            "<row r=\"3\"><c r=\"XFE3\"><v>1</v></c></row>",
            "a cell lies outside",
        ),
        (
            "<row r=\"3\"><c r=\"A1048577\"><v>1</v></c></row>",
            "a cell lies outside",
        ),
        ("<row r=\"3\"><c r=\"A3\"><v>1</okafor", "the XML is broken"),
    ] {
        let told = told(&format!("{headings}{cells}"));
        assert!(
            told.starts_with("the workbook is damaged: ")
                && told.contains(words)
                && !told.contains("okafor"),
            "{cells}: {told}"
        );
    }
    assert_eq!(told(""), "the file is empty");
}

#[test]
fn what_is_no_workbook_is_named() {
    let told = |bytes: &[u8]| Sheet::from_workbook(bytes).unwrap_err().to_string();
    for (bytes, words) in [
        (
            &b"A,B\n1,2\n"[..],
            "this is text, not a workbook: let its name end in .csv",
        ),
        (b"\xFF\xFEA\0,\0", "this is text"),
        (b"<html><table>", "a web page"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Excel workbook"),
        (b"\0\x01\x02", "not packed as a workbook is"),
        (b"", "the file is empty"),
        (b"PK\x03\x04", "cannot be unpacked"),
    ] {
        assert!(told(bytes).contains(words), "{words}: {}", told(bytes));
    }
    for (part, words) in [
        ("xl/workbook.bin", "(.xlsb)"),
        ("content.xml", "OpenDocument"),
        ("a.csv", "let its name end in .zip"),
    ] {
        assert!(
            told(&zipped(&[(part, "x".to_owned())])).contains(words),
            "{part}"
        );
    }
}

/// Texts of a table. The one letter beyond ASCII makes no UTF-8 in Windows-1252, whatever stands
/// beside it.
fn text() -> impl Strategy<Value = String> {
    "[a-zé\"',;| ]{0,8}"
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// Bytes of a text as it is saved in one of five ways.
fn encoded(text: &str, way: usize) -> Vec<u8> {
    match way {
        0 => text.as_bytes().to_vec(),
        1 => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        2 => [0xFF, 0xFE]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect(),
        3 => [0xFE, 0xFF]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
            .collect(),
        _ => text
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect(),
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), is_package in any::<bool>()) {
        if is_package {
            bytes.splice(0..0, *b"PK\x03\x04");
        }
        let _ = Sheet::from_workbook(&bytes);
    }

    #[test]
    fn a_workbook_with_other_bytes_in_a_part_is_read_or_refused(
        part in 0..6_usize,
        at in any::<prop::sample::Index>(),
        cut in 0..6_usize,
        inserted in prop::sample::select(vec!["", "9", "\"", "<", ">", "/", "&#0;", "é", "AAAAAAAA", "-", " ", "99999999999", "<c>", "</c>", "<v/>", "t=\"d\"", "s=\"9\""]),
    ) {
        let mut parts = parts(&format!("<row r=\"1\">{}{}</row><row r=\"2\"><c r=\"A2\" \
         s=\"1\"><v>46346.25</v></c><c r=\"B2\" s=\"2\" \
         t=\"n\"><v>0.5</v></c></row>", inline("A1", "A"), inline("B1", "B")));
        let content = &mut parts[part].1;
        let from = at.index(content.len());
        let to = (from + cut).min(content.len());
        content.replace_range(from..to, inserted);
        let _ = Sheet::from_workbook(&zipped(&parts));
    }

    #[test]
    fn a_table_reads_the_same_from_a_workbook_and_from_text(
        table in proptest::collection::vec(proptest::collection::vec(text(), 3), 0..8),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        way in 0..5_usize,
    ) {
        let headings = ["1st", "2nd", "3rd"].map(str::to_owned).to_vec();
        let of_workbook = written(|sheet| {
            for (row, cells) in (0..).zip(std::iter::once(&headings).chain(&table)) {
                for (column, cell) in (0..).zip(cells) {
                    sheet.write_string(row, column, cell).unwrap();
                }
            }
        });
        let line = |row: &Vec<String>| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(&delimiter.to_string()) + "\r\n";
        let of_text: String = std::iter::once(&headings).chain(&table).map(line).collect();
        let (of_workbook, of_text) = (Sheet::from_workbook(&of_workbook).unwrap(), Sheet::from_delimited(encoded(&of_text, way)).unwrap());
        let trimmed: Vec<Vec<&str>> = table.iter().map(|row| row.iter().map(|cell| cell.trim()).collect()).collect();
        let wanted: Vec<Vec<&str>> = trimmed.into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
        prop_assert_eq!(rows(&of_workbook), wanted.clone());
        prop_assert_eq!(rows(&of_text), wanted);
        prop_assert_eq!(of_workbook.headings(), of_text.headings());
    }
}

#[test]
fn merged_cells_stand_in_every_row_that_they_span() {
    let format = CellFormat::new();
    let bytes = written(|sheet| {
        for (column, heading) in (0..).zip(["Wave", "Mailbox", "Date"]) {
            sheet.write_string(1, column, heading).unwrap();
        }
        sheet.merge_range(0, 0, 0, 2, "a title", &format).unwrap();
        sheet.merge_range(2, 0, 6, 0, "Wave 1", &format).unwrap();
        sheet.merge_range(3, 2, 4, 2, "Monday", &format).unwrap();
        sheet
            .merge_range(7, 0, 7, 2, "a line between", &format)
            .unwrap();
        // Row 6 is blank, and stays so.
        for (row, mailbox) in [(2, "a"), (3, "b"), (4, "c"), (6, "d"), (8, "e")] {
            sheet.write_string(row, 1, mailbox).unwrap();
        }
    });
    let mut workbook = OpenWorkbook::open(&bytes, Limits::default()).unwrap();
    let possible = workbook.possible_headings(0).unwrap();
    let headings = possible.into_iter().nth(1).unwrap();
    let sheet = workbook.read(headings).unwrap();
    assert_eq!(
        rows(&sheet),
        [
            ["Wave 1", "a", ""],
            ["Wave 1", "b", "Monday"],
            ["Wave 1", "c", "Monday"],
            ["Wave 1", "d", ""],
            ["a line between", "", ""],
            ["", "e", ""],
        ]
    );
}

#[test]
fn headings_merged_over_two_rows_stand_in_the_lower_one() {
    let format = CellFormat::new();
    let bytes = written(|sheet| {
        sheet.merge_range(0, 0, 1, 0, "Mailbox", &format).unwrap();
        sheet.merge_range(0, 1, 0, 2, "Items", &format).unwrap();
        sheet.write_string(1, 1, "Total").unwrap();
        sheet.write_string(1, 2, "Failed").unwrap();
    });
    let mut workbook = OpenWorkbook::open(&bytes, Limits::default()).unwrap();
    let possible = workbook.possible_headings(0).unwrap();
    let lower = possible.last().unwrap();
    assert_eq!(lower.headings(), ["Mailbox", "Total", "Failed"]);
}

#[test]
fn a_column_that_is_added_holds_the_same_in_every_row() {
    let bytes = written(|sheet| {
        for (row, (a, b)) in (0..).zip([("A", "B"), ("1", "2"), ("3", "4")]) {
            sheet.write_string(row, 0, a).unwrap();
            sheet.write_string(row, 1, b).unwrap();
        }
    });
    let mut sheet = Sheet::from_workbook(&bytes).unwrap();
    assert_eq!(sheet.add_column("C", "Wave 1"), 2);
    assert_eq!(sheet.headings(), ["A", "B", "C"]);
    assert_eq!(rows(&sheet), [["1", "2", "Wave 1"], ["3", "4", "Wave 1"]]);
}
