//! The same export as different programs write it.

use migration_monitor::domain::FindingCode::{ColumnUnused, EncodingAssumed};
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::{
    WrittenTable, failed_items, sync_state, utf_16_big_endian, utf_16_little_endian, windows_1252,
};

/// Writes a table to the bytes of a file.
type Way = fn(&WrittenTable) -> Vec<u8>;

#[test]
fn every_way_of_writing_gives_the_same_tables() {
    let plain = DropFolder::with_good_exports().read().everything();
    let ways: [(&str, Way); 16] = [
        ("semicolons", |table| table.delimited_by(';').into_bytes()),
        ("tabs", |table| table.delimited_by('\t').into_bytes()),
        ("bars", |table| table.delimited_by('|').into_bytes()),
        ("a byte order mark", |table| {
            format!("\u{FEFF}{}", table.to_csv()).into_bytes()
        }),
        ("UTF-16LE", |table| utf_16_little_endian(&table.to_csv())),
        ("UTF-16BE", |table| utf_16_big_endian(&table.to_csv())),
        ("UTF-16LE without a mark", |table| {
            utf_16_little_endian(&table.to_csv()).split_off(2)
        }),
        ("UTF-16BE without a mark", |table| {
            utf_16_big_endian(&table.to_csv()).split_off(2)
        }),
        ("UTF-16LE with tabs", |table| {
            utf_16_little_endian(&table.delimited_by('\t'))
        }),
        ("quotation marks throughout", |table| {
            table.quoted_throughout(',').into_bytes()
        }),
        ("a #TYPE line", |table| {
            format!(
                "#TYPE Selected.System.Object\r\n{}",
                table.quoted_throughout(',')
            )
            .into_bytes()
        }),
        ("a #TYPE line and semicolons", |table| {
            format!("#TYPE A,B,C\r\n{}", table.quoted_throughout(';')).into_bytes()
        }),
        ("a sep= line", |table| {
            format!("sep=;\r\n{}", table.delimited_by(';')).into_bytes()
        }),
        ("a sep= line with a tab", |table| {
            format!("sep=\t\r\n{}", table.delimited_by('\t')).into_bytes()
        }),
        ("a byte order mark and a sep= line", |table| {
            format!("\u{FEFF}\"sep=|\"\r\n{}", table.delimited_by('|')).into_bytes()
        }),
        ("blank lines", |table| {
            format!("\r\n\r\n{}\r\n \r\n", table.to_csv()).into_bytes()
        }),
    ];
    for (way, written) in ways {
        let read = DropFolder::with_good_exports()
            .with_sync_state(written(&sync_state()))
            .with_failed_items(written(&failed_items()))
            .read();
        assert_eq!(read.codes(), [], "{way}");
        assert_eq!(read.everything(), plain, "{way}");
    }
}

#[test]
fn windows_1252_gives_the_same_tables_and_is_noted() {
    let plain = DropFolder::with_good_exports().read();
    let read = DropFolder::with_good_exports()
        .with_sync_state(windows_1252(&sync_state().to_csv()))
        .read();
    read.notes(EncodingAssumed)
        .in_file("sync-state.csv")
        .says(&["Windows-1252", "UTF-8"]);
    assert_eq!(read.codes(), [EncodingAssumed]);
    assert_eq!(read.everything(), plain.everything());

    let dashes = [
        b"Collection,Source Mailbox,Subject,Error\r\nWeek 1 ".as_slice(),
        b"\x96 pilot,amina.okafor@nm.example,\x93x\x94,y\r\n",
    ];
    let read = DropFolder::with_good_exports()
        .with_failed_items(dashes.concat())
        .read();
    assert_eq!(
        (
            read.item_cells(columns::COLLECTION),
            read.item_cells(columns::SUBJECT)
        ),
        (vec!["Week 1 – pilot".into()], vec!["“x”".into()])
    );
}

#[test]
fn lines_that_were_appended_in_another_encoding_keep_their_letters() {
    let appended = windows_1252("Week 3,Zoë,dafydd@nm.example,,Queued,0,800,0,0,,,\r\n");
    let read = DropFolder::with_good_exports()
        .with_sync_state([sync_state().to_csv().into_bytes(), appended].concat())
        .read();
    read.notes(EncodingAssumed)
        .in_file("sync-state.csv")
        .says(&["Some lines"]);
    assert_eq!(
        read.mailbox_cells(columns::DISPLAY_NAME)[2..],
        ["Chloë O'Neill", "Zoë"]
    );
}

#[test]
fn headings_are_known_by_other_spellings_and_columns_stand_in_any_order() {
    let plain = DropFolder::with_good_exports().read().everything();
    let table = sync_state()
        .with_heading("Items Synchronized", "ITEMS SYNCHRONISED")
        .with_heading("Failed Items", "failed_item_count")
        .with_heading("Sync State", " Sync  Status ")
        .with_heading("Source Mailbox", "SourceMailbox");
    let order: Vec<usize> = (0..table.headings.len()).rev().collect();
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.in_order(&order).to_csv())
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.everything(), plain);
}

#[test]
fn a_size_is_in_the_unit_of_its_heading() {
    for (heading, bytes) in [
        ("Mailbox Size (GB)", "549755813888"),
        ("Mailbox Size (KB)", "524288"),
        ("Mailbox Size (bytes)", "512"),
        ("Size (MB)", "536870912"),
    ] {
        let table = sync_state()
            .with_heading("Mailbox Size (MB)", heading)
            .with(0, heading, "512");
        let read = DropFolder::with_good_exports()
            .with_sync_state(table.to_csv())
            .read();
        assert_eq!(
            read.mailbox_cells(columns::SIZE_BYTES)[0],
            bytes,
            "{heading}"
        );
    }
}

#[test]
fn columns_that_nobody_reads_are_named() {
    let table = sync_state()
        .with_column("Favourite Colour", "green")
        .with_column("Shoe Size", "41");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.notes(ColumnUnused)
        .in_file("sync-state.csv")
        .says(&["“Favourite Colour”", "“Shoe Size”"]);
    assert_eq!(
        read.everything(),
        DropFolder::with_good_exports().read().everything()
    );
}

#[test]
fn headings_that_hold_an_address_may_be_a_row_and_are_not_quoted() {
    let table = sync_state()
        .with_column("amina.okafor@nm.example", "x")
        .with_column("Amina Okafor", "41");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.notes(ColumnUnused)
        .says(&["not used: column 13, column 14."]);
}
