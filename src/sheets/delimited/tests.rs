use proptest::prelude::*;

use super::super::RowFault;
use super::super::limits::{MAX_CELL_BYTES, MAX_COLUMNS};
use super::*;

fn rows(sheet: &Sheet) -> Vec<Vec<&str>> {
    (0..sheet.height())
        .map(|row| {
            (0..sheet.headings().len())
                .map(|column| sheet.raw_cell(row, column))
                .collect()
        })
        .collect()
}

fn read(text: &str) -> Sheet {
    Sheet::from_delimited(text.as_bytes().to_vec()).unwrap()
}

#[test]
fn quoted_cells_keep_delimiters_line_ends_and_quotation_marks() {
    let sheet =
        read("User,Subject\r\nA,\"one, \"\"two\"\"\r\nthree\"\r\n\r\nB,\"\"\r\nC,say \"hi\"\r\n");
    assert_eq!(
        rows(&sheet),
        [
            ["A", "one, \"two\"\r\nthree"],
            ["B", ""],
            ["C", "say \"hi\""]
        ]
    );
    assert_eq!((sheet.line(0), sheet.line(1), sheet.line(2)), (2, 5, 6));
    assert_eq!(
        (sheet.cut_off_at, sheet.ends_without_line_end),
        (None, false)
    );
}

#[test]
fn every_delimiter_and_preamble_gives_the_same_rows() {
    for text in [
        "A,B\n1,2\n",
        "A;B\r\n1;2\r\n",
        "A\tB\r1\t2\r",
        "A|B\n1|2",
        "#TYPE Selected.System\n\"A\",\"B\"\n\"1\",\"2\"\n",
        "sep=;\nA;B\n1;2\n",
        "sep=;;\nA;B\n1;2\n",
        "sep=;,\nA,B\n1,2\n,\n,,\n",
        "sep=\t\nA\tB\n1\t2\n",
        "\n\n\"A\",B\n1,2\n",
        "\u{FEFF}A,B\n1,2\n",
    ] {
        let sheet = read(text);
        assert_eq!(
            (sheet.headings(), rows(&sheet)),
            (&["A".to_owned(), "B".to_owned()][..], vec![vec!["1", "2"]]),
            "{text:?}"
        );
    }
}

#[test]
fn a_line_that_states_another_separator_beats_the_count() {
    let sheet = read("sep=;\n\"a,b,c\";d\n1,2;3\n");
    assert_eq!(rows(&sheet), [["1,2", "3"]]);
}

#[test]
fn rows_of_another_width_are_kept_apart_with_their_line() {
    assert_eq!(read("A,B\n\"\"x\"\",2\n").misshapen.len(), 1);
    let sheet = read("A,B\n1,2\n1\n1,2,3\n\"x\"y,2\n5,6\n");
    assert_eq!(rows(&sheet), [["1", "2"], ["5", "6"]]);
    let faults: Vec<_> = sheet
        .misshapen
        .iter()
        .map(|row| (row.line, row.fault))
        .collect();
    assert_eq!(
        faults,
        [
            (3, RowFault::Cells(1)),
            (4, RowFault::Cells(3)),
            (5, RowFault::TextAfterQuote(1))
        ]
    );
    assert_eq!(sheet.line(1), 6);
    let cells: Vec<_> = sheet
        .misshapen
        .iter()
        .map(|row| (sheet.misshapen_cell(row, 0), sheet.misshapen_cell(row, 1)))
        .collect();
    assert_eq!(
        cells,
        [("1", ""), ("", ""), ("", "")],
        "only short rows keep their cells"
    );
}

#[test]
fn a_file_that_ends_inside_a_row_was_cut_off() {
    assert_eq!(read("A,B\n1,2\n3").cut_off_at, Some(3));
    assert_eq!(read("A,B\n1,2\n3,\"four").cut_off_at, Some(3));
    assert_eq!(read("A,B\n1,2\n\"").cut_off_at, Some(3));
    assert_eq!(read("A,B,C\n1,2,3\n,").cut_off_at, Some(3));
    assert_eq!(read("A,B\n1,2\n3,4").cut_off_at, None);
    assert!(read("A,B\n1,2\n3,4").ends_without_line_end);
    assert_eq!(read("A,B\n").height(), 0);
}

#[test]
fn a_cell_that_is_not_closed_has_its_marks_once_too() {
    let sheet = read("A,\"B\"\";\"\"\r\n");
    assert_eq!(
        (sheet.headings(), sheet.cut_off_at),
        (&["A".to_owned(), "B\";\"".to_owned()][..], Some(1))
    );
}

#[test]
fn what_is_no_table_is_an_error() {
    let error = |bytes: &[u8]| Sheet::from_delimited(bytes.to_vec()).unwrap_err();
    assert_eq!(error(b""), SheetError::Empty);
    assert_eq!(error(b" \r\n\r\n"), SheetError::Empty);
    assert_eq!(error(b"A,B\n1,\0\n"), SheetError::NotText { line: 2 });
    assert_eq!(
        error(b"\nA,\"B\"x,C\n1,2,3\n"),
        SheetError::TextAfterHeading { line: 2, column: 2 }
    );
}

#[test]
fn exports_that_were_joined_are_one_table() {
    for text in [
        "\u{FEFF}A,B\r\n1,2\r\n\u{FEFF}A,B\r\n3,4\r\n",
        "\u{FEFF}#TYPE X\n\u{FEFF}A,B\n1,2\n\u{FEFF}#TYPE X\nA,B\n3,4\n\u{FEFF}",
        "A,B\n1,2\n#TYPE List`1[[X, core, y]]\n\"A\", B\n3,4",
        "A\tB\n1\t2\n\u{FEFF}A\tB\n3\t4\n",
    ] {
        let sheet = read(text);
        assert_eq!(rows(&sheet), [["1", "2"], ["3", "4"]], "{text:?}");
        assert_eq!(
            (
                sheet.repeated_headings.len(),
                sheet.misshapen.len(),
                sheet.cut_off_at
            ),
            (1, 0, None),
            "{text:?}"
        );
    }
    let sheet = read("A,B\n1,2\n\nA,B\nB,A\nA,B\n");
    assert_eq!(
        (rows(&sheet), sheet.repeated_headings.clone()),
        (vec![vec!["1", "2"], vec!["B", "A"]], vec![4, 6])
    );
}

#[test]
fn what_ends_a_file_is_no_text() {
    for end in ["\u{1A}", "\u{1A}\r\n", "\u{FEFF}"] {
        let sheet = read(&format!("A,B\r\n1,2\r\n{end}"));
        assert_eq!(
            (rows(&sheet), sheet.cut_off_at, sheet.misshapen.len()),
            (vec![vec!["1", "2"]], None, 0),
            "{end:?}"
        );
    }
    assert_eq!(rows(&read("A,B\n1,2\u{1A}")), [["1", "2"]]);
    assert_eq!(rows(&read("A,B\n1,2\u{1A}3\n")), [["1", "2\u{1A}3"]]);
}

#[test]
fn a_part_that_was_never_written_cuts_a_file_off() {
    let unwritten = "\0".repeat(5000);
    assert_eq!(read(&format!("A,B\n1,2\n{unwritten}")).cut_off_at, Some(3));
    assert_eq!(read(&format!("A,B\n1,2{unwritten}")).cut_off_at, Some(2));
    let odd: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("A,B\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes))
        .chain([b'3'])
        .collect();
    assert_eq!(Sheet::from_delimited(odd).unwrap().cut_off_at, Some(3));
}

#[test]
fn a_file_of_another_kind_is_named() {
    let told = |bytes: &[u8]| {
        Sheet::from_delimited(bytes.to_vec())
            .unwrap_err()
            .to_string()
    };
    let compound = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    let protected: Vec<u8> = compound
        .iter()
        .copied()
        .chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let page: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("\r\n<HTML><body>".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (bytes, words) in [
        (
            compound.as_slice(),
            "an old Excel workbook (.xls): save it as .xlsx",
        ),
        (&protected, "protected by a password: save it without one"),
        (b"%PDF-1.7\n", "this is a PDF"),
        (
            b"PK\x03\x04..[Content_Types].xml..xl/workbook.xml",
            "a workbook (.xlsx) under another name: let its name end in .xlsx",
        ),
        (b"PK\x03\x04..a.csv", "let its name end in .zip"),
        (b"\x1F\x8B\x08\0", "let its name end in .gz"),
        (b"\xFF\xFE\0\0A\0\0\0", "UTF-32"),
        (b"\0\0\xFE\xFF\0\0\0A", "UTF-32"),
        (
            b"\xEF\xBB\xBF\n <!DOCTYPE html><table>",
            "a web page, whatever its name says",
        ),
        (&page, "a web page"),
        (b"<?xml version=\"1.0\"?><Workbook>", "this is XML"),
        (b"<mailboxes><mailbox>1</mailbox>", "this is XML"),
        (b"#< CLIXML\r\n<Objs Version=\"1.1.0.1\">", "Export-Clixml"),
        (
            b"<Objs xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">",
            "Export-Csv -NoTypeInformation -Encoding utf8",
        ),
        (b"[\r\n    {\r\n        \"Identity\":", "this is JSON"),
        (b"{\"value\":[]}", "this is JSON"),
        (
            b"From: Ada Ash <ada.ash@wharfe.example>\r\nSubject: the export\r\n\r\nHere it is",
            "this is an email",
        ),
        (
            b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"x\"\r\n",
            "a web page",
        ),
        (b"\x89PNG\r\n\x1A\n", "a picture"),
    ] {
        assert!(told(bytes).contains(words), "{words}: {}", told(bytes));
    }
    for text in [
        "<id>,B\n1,2\n",
        "[id],B\n1,2\n",
        "{id},B\n1,2\n",
        "From: x,B\n1,2\n",
    ] {
        assert_eq!(
            read(text).height(),
            1,
            "a heading may begin with any character: {text}"
        );
    }
}

#[test]
fn what_is_too_much_is_told_with_its_line() {
    let limits = Limits {
        max_unpacked_mib: 16,
        max_cells: 6,
    };
    let told = |text: String| Sheet::from_delimited_within(text.into_bytes(), limits).unwrap_err();
    assert_eq!(
        told("A,B\n".to_owned() + &"1,2\n".repeat(4)),
        SheetError::TooManyCells { max_cells: 6 }
    );
    assert_eq!(
        told("A,B\n".to_owned() + &"1\n".repeat(4)),
        SheetError::TooManyCells { max_cells: 6 }
    );
    assert_eq!(
        Sheet::from_delimited_within(b"A,B\n1,2\n,\n1,2\n1,2\n".to_vec(), limits)
            .unwrap()
            .height(),
        3
    );
    let long = "x".repeat(MAX_CELL_BYTES + 1);
    for text in [
        format!("A,B\n1,{long}\n"),
        format!("A,B\n1,\"{long}\"\n"),
        format!("A,B\n1,\"{long}"),
        format!("A,B\n1,\"2\n\"\"{long}"),
    ] {
        assert_eq!(told(text), SheetError::CellTooLarge { line: 2 });
    }
    assert_eq!(
        read(&format!("A,B\n1,{}\n", &long[1..]))
            .raw_cell(0, 1)
            .len(),
        MAX_CELL_BYTES
    );
    assert_eq!(
        told("x,".repeat(MAX_COLUMNS)),
        SheetError::TooWide { line: 1 }
    );
    assert_eq!(
        told(format!("A,B\n\n{}", ",".repeat(MAX_COLUMNS))),
        SheetError::TooWide { line: 3 }
    );
}

fn quote(cell: &str, delimiter: char) -> String {
    if cell.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Text that is made of what a reader of tables looks at.
fn awkward_text() -> impl Strategy<Value = String> {
    let pieces = [
        "\"", "\"\"", ",", ",", ";", "\n", "\n", "\r\n", "\r", "a", "é", " ", "\u{FEFF}",
        "#TYPE x", "sep=;", "\t", "\u{1A}",
    ];
    proptest::collection::vec(prop::sample::select(pieces.to_vec()), 0..60)
        .prop_map(|pieces| pieces.concat())
}

/// Each row stands on a line of its own, below the headings.
fn assert_lines(sheet: &Sheet) {
    let lines: Vec<u32> = (0..sheet.height()).map(|row| sheet.line(row)).collect();
    let misshapen: Vec<u32> = sheet.misshapen.iter().map(|row| row.line).collect();
    for lines in [&lines, &misshapen, &sheet.repeated_headings] {
        assert!(
            lines.is_sorted_by(|a, b| a < b) && lines.iter().all(|line| *line > sheet.heading_line),
            "{lines:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(sheet) = Sheet::from_delimited(bytes) {
            assert_lines(&sheet);
        }
    }

    /// Whatever came before it, a row that is written as it should be is read, if only the text
    /// before is whole.
    #[test]
    fn a_row_more_is_a_row_more(text in awkward_text()) {
        let Ok(sheet) = Sheet::from_delimited(text.clone().into_bytes()) else { return Ok(()) };
        assert_lines(&sheet);
        let is_ended = text.trim_end_matches(['\r', '\n']).ends_with(['\u{1A}', '\u{FEFF}']);
        if sheet.cut_off_at.is_some() || sheet.ends_without_line_end || is_ended || !text.ends_with(['\n', '\r']) {
            return Ok(());
        }
        let row = vec!["\"last, of all\""; sheet.headings().len()].join(&sheet.delimiter.unwrap_or(',').to_string());
        let more = Sheet::from_delimited(format!("{text}{row}\n").into_bytes()).unwrap();
        prop_assert_eq!(more.height(), sheet.height() + 1, "{:?}", more);
        let mut expected = rows(&sheet);
        expected.push(vec!["last, of all"; sheet.headings().len()]);
        prop_assert_eq!(rows(&more), expected);
        prop_assert_eq!(&more.misshapen, &sheet.misshapen);
    }

    #[test]
    fn what_is_written_is_read(
        table in proptest::collection::vec(proptest::collection::vec("[a-z é\"',;\t|\n\r]{0,6}", 3), 0..8),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
    ) {
        let line = |row: &[String]| row.iter().map(|cell| quote(cell, delimiter)).collect::<Vec<_>>().join(&delimiter.to_string()) + "\r\n";
        let headings = ["one", "two", "three"].map(str::to_owned);
        let text = line(&headings) + &table.iter().map(|row| line(row)).collect::<String>();
        let sheet = Sheet::from_delimited(text.into_bytes()).unwrap();
        let has_text = |row: &&Vec<String>| row.iter().any(|cell| !cell.trim().is_empty());
        prop_assert_eq!(rows(&sheet), table.iter().filter(has_text).cloned().collect::<Vec<_>>());
    }
}

/// The rows that may hold the headings, each with its line and delimiter.
fn possible(text: &str) -> Vec<(u32, char, Vec<String>)> {
    let text = OpenText::open(text.as_bytes().to_vec(), Limits::default()).unwrap();
    let possible = text.possible_headings().unwrap().into_iter();
    possible
        .map(|sheet| (sheet.heading_line, sheet.delimiter.unwrap(), sheet.headings))
        .collect()
}

#[test]
fn the_headings_may_stand_below_titles_with_any_delimiter() {
    for titles in [
        "Report\n",
        "Report,,\nGenerated,20/11/2026,\n,,\n",
        "\u{FEFF}sep=;\nReport, of Friday, 20 November\n\n",
        "#TYPE X\n\"Report of \"\"all\"\"\nin two lines\"\n",
        "\"Report\n",
        "Report \"of all\n",
    ] {
        for (delimiter, table) in [(';', "A;B\n1;2\n"), (',', "A,B\n1,2\n")] {
            if titles.contains("sep=;") && delimiter != ';' {
                continue;
            }
            let text = format!("{titles}{table}");
            let opened = OpenText::open(text.into_bytes(), Limits::default()).unwrap();
            let possible = opened.possible_headings().unwrap().into_iter();
            let mut fitting = possible.filter(|sheet| sheet.headings() == ["A", "B"]);
            let sheet = opened.read(fitting.next().unwrap()).unwrap();
            assert_eq!(rows(&sheet), [["1", "2"]], "{titles:?}");
            let lines = u32::try_from(titles.lines().count()).unwrap();
            assert_eq!((sheet.heading_line, sheet.line(0)), (lines + 1, lines + 2));
            assert_eq!(sheet.delimiter, Some(delimiter));
        }
    }
    let both = possible("A;B;C,D\n");
    let delimiters: Vec<char> = both.iter().map(|(_, delimiter, _)| *delimiter).collect();
    assert_eq!(delimiters, [';', ',']);
    assert_eq!(possible(&"title\n".repeat(30)).len(), POSSIBLE_HEADINGS);
}

#[test]
fn text_that_is_no_table_is_told_by_its_lines() {
    for (text, format) in [
        (
            "\nIdentity          Status   LastSyncTime\n--------          ------   ----\nada      Synced\n",
            Some(Format::ScreenTable),
        ),
        (
            "PS C:\\> Get-MigrationUser\n\nIdentity Status\n-------- ------\nada      Synced\n",
            Some(Format::ScreenTable),
        ),
        (
            "\nIdentity : ada\nStatus   : Synced\nError    :\n\nIdentity : bob\n",
            Some(Format::ScreenList),
        ),
        (
            "The export failed.\nPlease try again.\n",
            Some(Format::Prose),
        ),
        ("A,B\n1,2\n", None),
        ("Report, in short\nA: x\n-,-\n", None),
        ("Report, in short\n----------------\nA,B\n", None),
        ("Identity\n--------\nada\n", Some(Format::ScreenTable)),
    ] {
        let text = OpenText::open(text.as_bytes().to_vec(), Limits::default()).unwrap();
        assert_eq!(text.other_form(), format);
    }
}
