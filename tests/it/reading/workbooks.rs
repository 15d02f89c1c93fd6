//! Exports as workbooks: which worksheet and row have the headings, and what their cells become.

use std::path::Path;

use migration_monitor::domain::FindingCode::{
    BadRow, CellsUnread, ColumnUnused, ExportsSideBySide, FileUnreadable, HeadingsRepeated,
    LayoutUnknown, TitlePassedOver, WorksheetUnread, WorksheetsJoined,
};
use migration_monitor::tables::columns;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::drop_folder::DropFolder;
use super::table::{WrittenTable, failed_items, sync_state};

const WORKBOOK: &str = "sync-state.xlsx";

fn awkward(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("sample-data/awkward")
            .join(name),
    )
    .unwrap()
}

/// A drop folder whose sync-state export is a workbook.
fn with_workbook(bytes: impl Into<Vec<u8>>) -> DropFolder {
    DropFolder::with_good_exports()
        .without("sync-state.csv")
        .with(WORKBOOK, bytes)
}

/// Writes a table as text from a row on, counted from 0.
fn write(table: &WrittenTable, sheet: &mut Worksheet, from: u32) {
    for (row, cells) in (from..).zip(std::iter::once(&table.headings).chain(&table.rows)) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
}

fn written(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_of_texts_gives_the_same_tables_as_delimited_text() {
    let plain = DropFolder::with_good_exports().read().everything();
    for titles in [0, 1, 19] {
        let of = |table: WrittenTable| {
            written(|workbook| {
                let sheet = workbook.add_worksheet();
                for row in 0..titles {
                    sheet.write_string(row, 1, "a title").unwrap();
                }
                write(&table, sheet, titles);
            })
        };
        let read = with_workbook(of(sync_state()))
            .without("failed-items.csv")
            .with("failed-items.xlsx", of(failed_items()))
            .read();
        let of_titles = match titles {
            0 => vec![],
            _ => vec![TitlePassedOver, TitlePassedOver],
        };
        assert_eq!(read.codes(), of_titles);
        let normal = |lines: Vec<String>| {
            lines
                .into_iter()
                .map(|line| line.replace("\\r\\n", "\\n"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            normal(read.everything()),
            normal(plain.clone()),
            "{titles} titles"
        );
    }
}

#[test]
fn the_first_worksheet_with_the_headings_wins_and_others_are_pointed_out() {
    let read = with_workbook(awkward("several-worksheets.xlsx"))
        .allowing_bad_rows(0.9)
        .read();
    assert_eq!(
        read.mailboxes(),
        ["ife.adeyemi@nm.example", "joe.bell@nm.example"]
    );
    read.warns_of(WorksheetUnread)
        .at_line("sync-state.xlsx (worksheet “Last week”)", 1)
        .says(&["was not read"]);
    read.notes(ColumnUnused)
        .in_file("sync-state.xlsx (worksheet “Mailboxes”)")
        .says(&["One cell stands to the right"]);
}

#[test]
fn a_finding_names_the_worksheet_where_there_are_several() {
    let read_with = |others: usize| {
        let bad = sync_state().with(1, "Failed Items", "many");
        let bytes = written(|workbook| {
            write(
                &bad,
                workbook.add_worksheet().set_name("Exported").unwrap(),
                3,
            );
            for _ in 0..others {
                workbook
                    .add_worksheet()
                    .write_string(0, 0, "a note")
                    .unwrap();
            }
        });
        with_workbook(bytes).allowing_bad_rows(0.9).read()
    };
    read_with(0).warns_of(BadRow).at_cell(WORKBOOK, 6, 9);
    read_with(1)
        .warns_of(BadRow)
        .at_cell("sync-state.xlsx (worksheet “Exported”)", 6, 9);
}

#[test]
fn headings_that_fit_no_layout_are_explained_by_the_row_that_came_nearest() {
    let bytes = written(|workbook| {
        workbook
            .add_worksheet()
            .set_name("Notes")
            .unwrap()
            .write_string(0, 0, "Source Mailbox")
            .unwrap();
        write(
            &sync_state().without_column("Failed Items"),
            workbook.add_worksheet().set_name("Exported").unwrap(),
            2,
        );
    });
    let read = with_workbook(bytes).read();
    let told = read
        .is_held_for(LayoutUnknown)
        .at_line("sync-state.xlsx (worksheet “Exported”)", 3);
    told.says(&["for qmm-sync-state, this is missing: Failed Items."]);

    let read = with_workbook(written(|workbook| {
        write(&failed_items(), workbook.add_worksheet(), 0)
    }))
    .read();
    read.is_held_for(LayoutUnknown)
        .at_line(WORKBOOK, 1)
        .says(&["a failed-item export, not a sync-state export"]);
    let read = with_workbook(written(|workbook| _ = workbook.add_worksheet())).read();
    read.is_held_for(FileUnreadable)
        .in_file(WORKBOOK)
        .says(&["the file is empty", "Export it again"]);
    // Both inputs in one workbook: each finds its own worksheet.
    let both = written(|workbook| {
        write(&failed_items(), workbook.add_worksheet(), 0);
        write(&sync_state(), workbook.add_worksheet(), 0);
    });
    let read = with_workbook(both.clone())
        .without("failed-items.csv")
        .with("failed-items.xlsx", both)
        .read();
    assert_eq!(
        (
            read.codes(),
            read.mailboxes().len(),
            read.item_cells(columns::MAILBOX).len()
        ),
        (vec![], 3, 3)
    );
}

#[test]
fn typed_cells_are_read_for_what_they_show() {
    for name in ["typed-cells.xlsx", "typed-cells-1904.xlsx"] {
        let read = with_workbook(awkward(name)).read();
        for (column, cells) in [
            (
                columns::MAILBOX,
                [
                    "ife.adeyemi@nm.example",
                    "joe.bell@nm.example",
                    "kim.cole@nm.example",
                ],
            ),
            (columns::PROGRESS_PERCENT, ["86.5", "100", "100"]),
            // What a spreadsheet could not look up is not known.
            (columns::ITEMS_TOTAL, ["12345678", "800", "unknown"]),
            // A formula that openpyxl wrote has no value saved with it.
            (columns::ITEMS_SYNCHRONISED, ["12345676", "unknown", "10"]),
            (columns::ITEMS_FAILED, ["2", "1", "0"]),
            (columns::SIZE_BYTES, ["537395200", "10", "1048576"]),
            (
                columns::LAST_SYNCHRONISED_AT,
                ["2026-11-20 06:12:30", "2026-11-20 06:15:00", "unknown"],
            ),
            (
                columns::SWITCH_DATE,
                ["2026-11-23", "2026-11-23", "unknown"],
            ),
        ] {
            assert_eq!(read.mailbox_cells(column), cells, "{name}: {column}");
        }
    }
}

#[test]
fn a_number_is_a_date_in_a_workbook_only() {
    let table = sync_state()
        .with(0, "Switch Date", "46349")
        .with(1, "Switch Date", "7");
    let read = with_workbook(written(|workbook| {
        write(&table, workbook.add_worksheet(), 0)
    }))
    .read();
    assert_eq!(
        read.mailbox_cells(columns::SWITCH_DATE),
        ["2026-11-23", "unknown", "2026-11-30"]
    );
    read.warns_of(CellsUnread)
        .at_cell(WORKBOOK, 3, 12)
        .says(&["1 cell holds something else than a date"]);
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(CellsUnread)
        .at_cell("sync-state.csv", 2, 12)
        .says(&["2 cells hold something else than a date"]);
    // 1 January 4501 is Outlook's way to write none, also without its format.
    let none = sync_state().with(0, "Switch Date", "949998");
    let read = with_workbook(written(|workbook| {
        write(&none, workbook.add_worksheet(), 0)
    }))
    .read();
    assert_eq!(read.mailbox_cells(columns::SWITCH_DATE)[0], "unknown");
}

#[test]
fn headings_that_stand_again_are_no_rows() {
    let text = sync_state().to_csv();
    let (headings, rows) = text.split_once("\r\n").unwrap();
    let (first, others) = rows.split_once("\r\n").unwrap();
    for joined in [
        format!("\u{FEFF}{headings}\r\n{first}\r\n\u{FEFF}{headings}\r\n{others}"),
        format!("#TYPE X\r\n{headings}\r\n{first}\r\n#TYPE X\r\n{headings}\r\n{others}"),
    ] {
        let read = DropFolder::with_good_exports()
            .with_sync_state(joined)
            .read();
        assert_eq!(read.codes(), [HeadingsRepeated]);
        read.notes(HeadingsRepeated)
            .says(&["once more", "passed over"]);
        assert_eq!(
            read.everything(),
            DropFolder::with_good_exports().read().everything()
        );
    }
    let read = DropFolder::with_good_exports()
        .with_sync_state(format!("{text}{headings}\r\n{headings}\r\n"))
        .read();
    read.notes(HeadingsRepeated)
        .at_line("sync-state.csv", 5)
        .says(&["2 more times"]);
}

#[test]
fn limits_of_the_settings_hold_the_organisation_that_passes_them() {
    let many = sync_state().with_more_people(40);
    let plain = DropFolder::with_good_exports().with_sync_state(many.to_csv());
    let xlsx = with_workbook(written(|workbook| {
        write(&many, workbook.add_worksheet(), 0)
    }));
    for (folder, name) in [(plain, "sync-state.csv"), (xlsx, WORKBOOK)] {
        assert!(
            folder
                .clone()
                .with_setting("max_cells = 516")
                .read()
                .codes()
                .iter()
                .all(|code| *code != FileUnreadable)
        );
        let read = folder.with_setting("max_cells = 515").read();
        let told = read.is_held_for(FileUnreadable).in_file(name);
        told.says(&[
            "more than 515 cells, the limit of max_cells in the settings",
            "raise the limit",
        ]);
    }
    let large = sync_state().to_csv() + &" ".repeat(1024 * 1024);
    let read = DropFolder::with_good_exports()
        .with_sync_state(large)
        .with_setting("max_unpacked_mib = 1")
        .read();
    read.is_held_for(FileUnreadable)
        .in_file("sync-state.csv")
        .says(&["larger than 1 MiB", "max_unpacked_mib"]);
}

#[test]
fn a_quotation_mark_that_is_not_closed_is_told_where_it_stands() {
    let unclosed = sync_state().to_csv().replace("Week 2", "\"Week 2");
    let read = DropFolder::with_good_exports()
        .with_sync_state(unclosed + &"x".repeat(1024 * 1024))
        .read();
    read.is_held_for(FileUnreadable)
        .in_file("sync-state.csv")
        .says(&["begins on line 4", "quotation mark that is not closed"]);
}

#[test]
fn a_file_is_what_its_bytes_are_whatever_its_name_says() {
    let plain = DropFolder::with_good_exports().read().everything();
    let workbook = written(|workbook| write(&sync_state(), workbook.add_worksheet(), 0));
    for (name, bytes) in [
        ("sync-state.csv", workbook.clone()),
        ("sync-state.xls", workbook),
        ("sync-state.xlsx", sync_state().to_csv().into_bytes()),
        (
            "sync-state.xls",
            sync_state().delimited_by('\t').into_bytes(),
        ),
    ] {
        let read = DropFolder::with_good_exports()
            .without("sync-state.csv")
            .with(name, bytes)
            .read();
        assert_eq!(read.codes(), [], "{name}");
        let everything = read.everything();
        let normal = |line: &String| line.replace("\\r\\n", "\\n");
        assert!(
            everything.iter().map(normal).eq(plain.iter().map(normal)),
            "{name}"
        );
    }
}

#[test]
fn a_file_of_another_form_is_told_what_it_is_and_how_to_export_it() {
    let export = "`… | Export-Csv -NoTypeInformation -Encoding utf8`";
    for (name, bytes, words) in [
        (
            "sync-state.html",
            "<html><body><table><tr><td>amina.okafor@nm.example",
            "a web page",
        ),
        (
            "sync-state.xls",
            "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\">",
            "a web page",
        ),
        (
            "sync-state.json",
            "[\r\n    {\r\n        \"Identity\": 1",
            export,
        ),
        (
            "sync-state.xml",
            "<Objs Version=\"1.1.0.1\"><Obj RefId=\"0\">",
            "Export-Clixml",
        ),
        (
            "sync-state.eml",
            "From: ada@nm.example\r\nSubject: export\r\n\r\n",
            "an email",
        ),
        ("sync-state.pdf", "%PDF-1.7\n", "a PDF"),
        (
            "sync-state.txt",
            "\nIdentity Status\n-------- ------\nada      Synced\n",
            "Format-Table",
        ),
        ("sync-state.log", "[]", "JSON"),
        (
            "sync-state.txt",
            "Identity : ada\nStatus   : Synced\n",
            "Format-List",
        ),
    ] {
        let read = DropFolder::with_good_exports()
            .without("sync-state.csv")
            .with(name, bytes)
            .read();
        read.is_held_for(FileUnreadable)
            .in_file(name)
            .says(&[words]);
    }
}

/// The rows of a table on two worksheets, of which the first has the first row.
fn on_two_worksheets(table: &WrittenTable, names: [&str; 2], hides_second: bool) -> Vec<u8> {
    written(|workbook| {
        let first = workbook.add_worksheet().set_name(names[0]).unwrap();
        write(&table.clone().without_row(2).without_row(1), first, 2);
        first.write_string(0, 0, "A title").unwrap();
        let second = workbook.add_worksheet().set_name(names[1]).unwrap();
        write(&table.clone().without_row(0), second, 0);
        second.set_hidden(hides_second);
    })
}

#[test]
fn worksheets_with_the_same_columns_are_one_table() {
    let names = ["Wave 1", "Wave 2"];
    let read = with_workbook(on_two_worksheets(&sync_state(), names, false)).read();
    assert_eq!(read.codes(), [WorksheetsJoined, TitlePassedOver]);
    assert_eq!(read.mailboxes().len(), 3);
    assert_eq!(
        read.mailbox_cells(columns::COLLECTION),
        ["Week 1", "Week 1", "Week 2"]
    );

    let bare = sync_state().without_column("Collection");
    let read = with_workbook(on_two_worksheets(&bare, names, false)).read();
    assert_eq!(
        read.mailbox_cells(columns::COLLECTION),
        ["Wave 1", "Wave 2", "Wave 2"]
    );
    let named_by_nobody = on_two_worksheets(&bare, ["Sheet1", "Sheet2"], false);
    let read = with_workbook(named_by_nobody).read();
    assert_eq!(
        read.mailbox_cells(columns::COLLECTION),
        ["unknown", "unknown", "unknown"]
    );

    let read = with_workbook(on_two_worksheets(&sync_state(), names, true)).read();
    assert_eq!(read.mailboxes().len(), 1);
    read.warns_of(WorksheetUnread).says(&["is hidden"]);
}

#[test]
fn of_headings_on_two_rows_the_lower_ones_are_read() {
    let table = sync_state();
    let bytes = written(|workbook| {
        let sheet = workbook.add_worksheet();
        write(&table, sheet, 1);
        for (column, heading) in (0..).zip(&table.headings) {
            let group = match heading.as_str() {
                "Items Total" => "Items",
                "Items Synchronized" | "Mailbox Size (MB)" => "",
                heading => heading,
            };
            sheet.write_string(0, column, group).unwrap();
        }
    });
    let read = with_workbook(bytes).read();
    assert_eq!(read.codes(), []);
    assert_eq!(
        read.mailbox_cells(columns::ITEMS_TOTAL),
        ["1200", "1000", "800"]
    );
}

#[test]
fn two_worksheets_with_the_same_mailboxes_are_an_old_and_a_new_export() {
    let bytes = written(|workbook| {
        for name in ["Last week", "This week"] {
            write(
                &sync_state(),
                workbook.add_worksheet().set_name(name).unwrap(),
                0,
            );
        }
    });
    with_workbook(bytes)
        .read()
        .is_held_for(ExportsSideBySide)
        .says(&[
            "(worksheet “Last week”)",
            "(worksheet “This week”)",
            "3 of them stand in both",
        ]);
}

#[test]
fn a_percentage_of_a_workbook_is_what_it_shows() {
    let bytes = written(|workbook| {
        let sheet = workbook.add_worksheet();
        write(&sync_state(), sheet, 0);
        sheet
            .write_number_with_format(1, 5, 0.07, &Format::new().set_num_format("0%"))
            .unwrap();
    });
    assert_eq!(
        with_workbook(bytes)
            .read()
            .mailbox_cells(columns::PROGRESS_PERCENT),
        ["7", "50.5", "0"]
    );
}
