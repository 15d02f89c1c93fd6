use std::io::Cursor;

use calamine::{Data, DataType, Reader, Xlsx, open_workbook_from_rs};
use chrono::NaiveDate;

use super::texts::{EXCEL_TEXT, readable};
use super::*;
use crate::domain::ReportDate;
use crate::report::{Cell, WorkbookColumn};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn column(heading: &'static str, width: f64) -> WorkbookColumn {
    WorkbookColumn {
        heading,
        width,
        names_row: false,
        choices: None,
    }
}

fn sheet(
    name: &str,
    columns: &[&'static str],
    rows: Vec<Vec<Cell<'static>>>,
) -> WorkbookSheet<'static> {
    let introduction = vec![
        format!("{name} of Fictional Northmoor"),
        "Every row of what the email summarises.".to_owned(),
    ];
    let columns = columns.iter().map(|heading| column(heading, 18.0));
    WorkbookSheet::of_cells(name, introduction, columns.collect(), rows)
}

fn workbook(sheets: Vec<WorkbookSheet<'_>>) -> Workbook<'_> {
    Workbook {
        file_name: "ZNM-overall-migration-2026-11-20.xlsx".to_owned(),
        title: "Overall Migration Report: Fictional Northmoor & Partners".to_owned(),
        subject: "Mailbox migration of Fictional Northmoor".to_owned(),
        author: "Northmoor Migration Programme".to_owned(),
        created: ReportDate::of(day(2026, 11, 20)),
        sheets,
    }
}

fn open(bytes: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
    open_workbook_from_rs(Cursor::new(bytes)).unwrap()
}

/// The cells under the header row, which is the fourth.
fn cells(bytes: Vec<u8>, name: &str) -> Vec<Vec<Data>> {
    open(bytes)
        .worksheet_range(name)
        .unwrap()
        .rows()
        .skip(4)
        .map(<[Data]>::to_vec)
        .collect()
}

fn texts(values: &[&str]) -> Vec<Data> {
    values
        .iter()
        .map(|value| Data::String((*value).to_owned()))
        .collect()
}

const HOSTILE: [&str; 16] = [
    "=1+1",
    "@SUM(A1)",
    "+44 1234",
    "-2",
    "{=A1}",
    "http://example.org/a",
    "mailto:a@example.org",
    "12345678901234567890",
    "007",
    "1/2/2026",
    "TRUE",
    "</t></si><script>&amp;\"'",
    "_x0041_ _x000D_",
    "  padded  ",
    "Łódź 日本語 🏥 \u{202E}x",
    "two\nlines\tand a tab",
];

#[test]
fn every_kind_of_cell_keeps_its_type_and_value() {
    let moment = day(2026, 11, 20).and_hms_opt(23, 59, 0).unwrap();
    let kinds = vec![
        Cell::Text("Dr A. Example".into()),
        Cell::Word("In sync"),
        Cell::Count(1_234_567),
        Cell::Share(0.875),
        Cell::Rate(0.000_074),
        Cell::Decimal(12.5),
        Cell::Day(day(2026, 11, 23)),
        Cell::Moment(moment),
        Cell::NotReported,
    ];
    let headings = [
        "Text", "Word", "Count", "Share", "Rate", "Decimal", "Day", "Moment", "Unknown",
    ];
    let bytes = write(&workbook(vec![sheet("Users", &headings, vec![kinds])])).unwrap();
    let mut document = open(bytes);
    let range = document.worksheet_range("Users").unwrap();
    let rows: Vec<_> = range.rows().collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows[0][0],
        Data::String("Users of Fictional Northmoor".to_owned())
    );
    assert_eq!(
        rows[1][0],
        Data::String("Every row of what the email summarises.".to_owned())
    );
    assert!(rows[2].iter().all(DataType::is_empty));
    assert_eq!(rows[3], texts(&headings));
    assert_eq!(rows[4][..2], texts(&["Dr A. Example", "In sync"]));
    assert_eq!(
        rows[4][2..6],
        [1_234_567.0, 0.875, 0.000_074, 12.5].map(Data::Float)
    );
    let dates: Vec<_> = rows[4][6..8]
        .iter()
        .filter_map(DataType::get_datetime)
        .map(|date| date.to_ymd_hms_milli())
        .collect();
    assert_eq!(
        dates,
        [(2026, 11, 23, 0, 0, 0, 0), (2026, 11, 20, 23, 59, 0, 0)]
    );
    assert_eq!(rows[4][8..], texts(&["Not reported"]));
}

#[test]
fn hostile_texts_stay_texts() {
    let rows = HOSTILE
        .iter()
        .map(|text| vec![Cell::Text((*text).into())])
        .collect();
    let bytes = write(&workbook(vec![sheet("Users", &["Text"], rows)])).unwrap();
    assert_eq!(cells(bytes.clone(), "Users").concat(), texts(&HOSTILE));
    let formulas = open(bytes.clone()).worksheet_formula("Users").unwrap();
    assert!(formulas.used_cells().next().is_none());
}

#[test]
fn characters_that_xml_cannot_hold_become_signs() {
    let rows = vec![vec![Cell::Text(
        "a\u{0}b\u{8}\r\n\u{1F}\u{7F}\u{FFFE}\u{FFFF}".into(),
    )]];
    let bytes = write(&workbook(vec![sheet("Users", &["Text"], rows)])).unwrap();
    assert_eq!(
        cells(bytes, "Users").concat(),
        texts(&["a␀b␈␍\n␟␡\u{FFFD}\u{FFFD}"])
    );
}

#[test]
fn texts_too_long_for_a_cell_end_in_an_ellipsis() {
    let exact = "x".repeat(EXCEL_TEXT);
    assert_eq!(readable(&exact), exact);
    for long in [
        "x".repeat(EXCEL_TEXT + 1),
        "🏥".repeat(EXCEL_TEXT),
        format!("x{}", "🏥".repeat(EXCEL_TEXT / 2 + 1)),
    ] {
        let written = readable(&long);
        let units = written.encode_utf16().count();
        assert!(
            written.ends_with('…') && (EXCEL_TEXT - 1..=EXCEL_TEXT).contains(&units),
            "{units}"
        );
    }
    let rows = vec![vec![Cell::Text("🏥".repeat(EXCEL_TEXT).into())]];
    write(&workbook(vec![sheet("Users", &["Text"], rows)])).unwrap();
}

#[test]
fn nothing_is_blank() {
    let odd = vec![
        Cell::Text(String::new().into()),
        Cell::Share(f64::NAN),
        Cell::Day(day(1753, 1, 1)),
    ];
    let bytes = write(&workbook(vec![
        sheet("Cleared", &["A", "B", "C"], Vec::new()),
        sheet("Users", &["A", "B", "C"], vec![odd]),
    ]))
    .unwrap();
    assert_eq!(
        cells(bytes.clone(), "Cleared"),
        [texts(&["None", "–", "–"])]
    );
    assert_eq!(
        cells(bytes, "Users"),
        [texts(&["–", "Not reported", "01/01/1753"])]
    );
}

#[test]
fn sheets_are_tables_with_names_of_their_own() {
    let names = ["Failed items", "Failed-items", "By user", "2026", "A1"];
    let sheets = names
        .iter()
        .map(|name| {
            sheet(
                name,
                &["Mailbox", "Items"],
                vec![vec![Cell::Word("a"), Cell::Count(1)]],
            )
        })
        .collect();
    let mut document = open(write(&workbook(sheets)).unwrap());
    assert_eq!(document.sheet_names(), names);
    document.load_tables().unwrap();
    let mut tables: Vec<_> = document.table_names().into_iter().cloned().collect();
    tables.sort();
    assert_eq!(
        tables,
        [
            "A1_table",
            "By_user_table",
            "Failed_items_table",
            "Failed_items_table_2",
            "_2026_table"
        ]
    );
    let table = document.table_by_name("By_user_table").unwrap();
    assert_eq!(table.columns(), ["Mailbox", "Items"]);
    assert_eq!(
        table.data().rows().next().unwrap(),
        [Data::String("a".to_owned()), Data::Float(1.0)]
    );
}

#[test]
fn rows_beyond_the_last_continue_on_another_sheet() {
    let rows = (0..25).map(|place| vec![Cell::Count(place)]).collect();
    let bytes = write_within(
        &workbook(vec![sheet(
            "Users with a name of 31 letters",
            &["Place"],
            rows,
        )]),
        14,
    )
    .unwrap();
    let names = [
        "Users with a name of 31 letters",
        "Users with a name of 31 let (2)",
        "Users with a name of 31 let (3)",
    ];
    assert_eq!(open(bytes.clone()).sheet_names(), names);
    let all: Vec<f64> = names
        .iter()
        .flat_map(|name| cells(bytes.clone(), name).concat())
        .filter_map(|cell| cell.as_f64())
        .collect();
    assert_eq!(all, (0..25).map(f64::from).collect::<Vec<_>>());
}

/// Some rows are of several lines.
#[test]
fn what_is_looked_up_is_printed_in_part_and_what_is_worked_whole() {
    let of = |name, rows| {
        let row = |number| vec![Cell::Count(number)];
        sheet(name, &["User"], (0..rows).map(row).collect())
    };
    let sheets = vec![
        of("Users", 1_000),
        of("Few", 3),
        of("Action 1", 1_000).for_work(),
        of("Tell users", 1_000).for_mail_merge(),
    ];
    let bytes = write(&workbook(sheets)).unwrap();
    let foot = |number: usize| {
        let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let mut sheet = zip
            .by_name(&format!("xl/worksheets/sheet{number}.xml"))
            .unwrap();
        let mut xml = String::new();
        std::io::Read::read_to_string(&mut sheet, &mut xml).unwrap();
        xml.split("<oddFooter>")
            .nth(1)
            .unwrap()
            .contains("&amp;R900 more rows on screen · Page")
    };
    assert_eq!([1, 2, 3, 4].map(foot), [true, false, false, true]);
    let book = open(bytes.clone());
    let areas = book.defined_names().iter();
    let areas = areas.filter(|(name, _)| name.contains("Print_Area"));
    assert_eq!(
        areas.map(|(_, area)| area.as_str()).collect::<Vec<_>>(),
        [
            "'Users'!$A$1:$A$104",
            "'Few'!$A$1:$A$7",
            "'Action 1'!$A$1:$A$1004",
            "'Tell users'!$A$1:$A$101",
        ]
    );
}

#[test]
fn a_large_sheet_has_each_row_once() {
    let text = |place: u64| {
        if place.is_multiple_of(3) {
            "word ".repeat(9)
        } else {
            format!("user{}", place % 7)
        }
    };
    let rows = |number: u64| {
        (0..number)
            .map(|place| vec![Cell::Text(text(place).into()), Cell::Count(place)])
            .collect()
    };
    let headings = ["Mailbox", "Items"];
    let mixed = workbook(vec![
        sheet("Small", &headings, rows(3)),
        sheet("Large", &headings, rows(9_000)),
        sheet("Last", &headings, rows(2)),
    ]);
    let bytes = write(&mixed).unwrap();
    for (name, number) in [("Small", 3), ("Large", 9_000), ("Last", 2)] {
        let expected: Vec<_> = (0..number)
            .map(|place| vec![Data::String(text(place)), Data::Float(place as f64)])
            .collect();
        assert_eq!(cells(bytes.clone(), name), expected, "{name}");
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let xml =
        std::io::read_to_string(archive.by_name("xl/worksheets/sheet2.xml").unwrap()).unwrap();
    assert_eq!(
        (
            xml.matches("<row r=").count(),
            xml.matches("customHeight").count()
        ),
        (3 + 9_000, 3 + 3_000)
    );
    assert!(
        xml.contains("<dimension ref=\"A1:B9004\"/>"),
        "{}",
        &xml[..700]
    );
    let table = std::io::read_to_string(archive.by_name("xl/tables/table2.xml").unwrap()).unwrap();
    assert_eq!(table.matches("ref=\"A4:B9004\"").count(), 2, "{table}");
    let texts = std::io::read_to_string(archive.by_name("xl/sharedStrings.xml").unwrap()).unwrap();
    let number = |name: &str| {
        texts
            .split_once(&format!(" {name}=\""))
            .unwrap()
            .1
            .split('"')
            .next()
            .unwrap()
            .parse::<usize>()
            .unwrap()
    };
    // On each sheet two lines of introduction, whose second is the same, and two headings.
    assert_eq!(
        (number("uniqueCount"), texts.matches("<si>").count()),
        (8 + 6, 8 + 6),
        "{texts}"
    );
    assert_eq!(number("count"), 3 * 4 + 3 + 9_000 + 2);
}

#[test]
fn texts_that_hardly_compress_are_written_too() {
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + u8::try_from(state >> 16 & 63).unwrap())
    };
    let rows: Vec<Vec<Cell>> = (0..400)
        .map(|_| {
            vec![Cell::Text(
                (0..250).map(|_| letter()).collect::<String>().into(),
            )]
        })
        .collect();
    let bytes = write(&workbook(vec![sheet("Users", &["Text"], rows.clone())])).unwrap();
    assert!(bytes.len() > 400 * 250 / 2, "{}", bytes.len());
    let read = cells(bytes, "Users");
    let written = rows.into_iter().map(|row| match row.into_iter().next() {
        Some(Cell::Text(text)) => vec![Data::String(text.into_owned())],
        other => panic!("{other:?}"),
    });
    assert_eq!(read[read.len() - 400..], written.collect::<Vec<_>>());
}

#[test]
fn text_that_looks_like_markup_is_text() {
    let hostile = "<r><t>x</t></r>";
    let bytes = write(&workbook(vec![sheet(
        "Users",
        &["Text"],
        vec![vec![Cell::Text(hostile.into())]],
    )]))
    .unwrap();
    assert_eq!(cells(bytes, "Users").concat(), texts(&[hostile]));
}

#[test]
fn the_same_workbook_gives_the_same_bytes() {
    let rows: Vec<_> = (0..200)
        .map(|place| {
            vec![
                Cell::Text(format!("user{place}").into()),
                Cell::Share(0.5),
                Cell::NotReported,
            ]
        })
        .collect();
    let workbook = workbook(vec![
        sheet("Users", &["A", "B", "C"], rows.clone()),
        sheet("Changes", &["A", "B", "C"], rows),
    ]);
    let first = write(&workbook).unwrap();
    for _ in 0..3 {
        assert_eq!(write(&workbook).unwrap(), first);
    }
}

#[test]
fn sheets_that_excel_would_refuse_are_named() {
    let refused = |sheets| write(&workbook(sheets)).unwrap_err().to_string();
    let of_users =
        |fault: &str| format!("sheet Users of ZNM-overall-migration-2026-11-20.xlsx {fault}");
    for (columns, fault) in [
        (&[][..], "has no columns, or more than Excel"),
        (&["A", "a"], "has a heading twice"),
    ] {
        assert_eq!(
            refused(vec![sheet("Users", columns, Vec::new())]),
            of_users(fault)
        );
    }
    for name in ["", "a/b", "Matron's", "a name of more than 31 letters, "] {
        let fault = refused(vec![sheet(name, &["A"], Vec::new())]);
        assert!(
            fault.ends_with("has a name that Excel does not allow"),
            "{fault}"
        );
    }
    let same = ["USERS", "Users"].map(|name| sheet(name, &["A"], Vec::new()));
    assert_eq!(refused(same.into()), of_users("has the name of another"));
}
