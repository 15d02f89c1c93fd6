//! The migration schedule, and what it and the sync-state export say of each other.

use migration_monitor::domain::FindingCode::{
    CellsUnread, MailboxTwice, NotInExport, NotOnSchedule, OtherOrganisation, PhaseUnrecognised,
    ScheduleUnusable, SwitchDatesDiffer,
};
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::sync_state;
use super::{AMINA, AMINA_AT, BRYN, BRYN_AT, CHLOE, CHLOE_AT};

const HEADINGS: &str = "Mailbox,Collection,Switch Date,Pilot or Live,VIP Category\r\n";
/// What the good sync-state export says too.
const AGREED: [&str; 3] = [
    "amina.okafor@nm.example,Week 1,23/11/2026,Pilot,Medical secretary",
    "Bryn.Llewellyn@nm.example,Week 1,23/11/2026,Live,No",
    "chloe.oneill@nm.example,Week 2,30/11/2026,live,",
];

fn schedule(rows: &[&str]) -> String {
    rows.iter()
        .fold(HEADINGS.to_owned(), |text, row| text + row + "\r\n")
}

#[test]
fn a_schedule_that_agrees_becomes_a_table_and_nothing_is_found() {
    let read = DropFolder::with_good_exports()
        .with_schedule(schedule(&AGREED))
        .read();
    assert_eq!(read.codes(), []);
    for (column, cells) in [
        (columns::MAILBOX, [AMINA_AT, BRYN_AT, CHLOE_AT]),
        (columns::COLLECTION, ["Week 1", "Week 1", "Week 2"]),
        (
            columns::SWITCH_DATE,
            ["2026-11-23", "2026-11-23", "2026-11-30"],
        ),
        (columns::PHASE, ["Pilot", "Live", "Live"]),
        (
            columns::VIP_CATEGORY,
            ["Medical secretary", "unknown", "unknown"],
        ),
    ] {
        assert_eq!(read.schedule_cells(column), cells, "{column}");
    }
    assert_eq!(
        read.difference_cells(columns::MAILBOX),
        Vec::<String>::new()
    );
}

#[test]
fn an_organisation_without_a_schedule_has_none_and_hears_nothing_of_it() {
    let read = DropFolder::with_good_exports().read();
    assert!(read.tables().schedule.is_none());
    assert_eq!(read.codes(), []);
}

#[test]
fn what_each_knows_and_the_other_does_not_is_counted_and_listed() {
    let rows = [
        AGREED[AMINA],
        "bryn.llewellyn@nm.example,Week 1,24/11/2026,Live,",
        "dai.prosser@nm.example,Week 2,30/11/2026,Live,",
    ];
    let read = DropFolder::with_good_exports()
        .with_schedule(schedule(&rows))
        .read();
    let advice = "sheet Schedule";
    assert_eq!(
        read.warns_of(NotInExport)
            .nowhere()
            .says(&["nothing is copied for it", advice])
            .number(),
        1
    );
    assert_eq!(
        read.warns_of(NotOnSchedule)
            .nowhere()
            .says(&["nobody planned", advice])
            .number(),
        1
    );
    assert_eq!(
        read.warns_of(SwitchDatesDiffer)
            .nowhere()
            .says(&["Reports use the export's date", advice])
            .number(),
        1
    );
    for (column, cells) in [
        (
            columns::DIFFERENCE,
            ["NotInExport", "NotOnSchedule", "SwitchDate"],
        ),
        (
            columns::MAILBOX,
            ["dai.prosser@nm.example", CHLOE_AT, BRYN_AT],
        ),
        (columns::COLLECTION, ["Week 2", "Week 2", "Week 1"]),
        (
            columns::SWITCH_DATE,
            ["unknown", "2026-11-30", "2026-11-23"],
        ),
        (
            columns::SCHEDULED_DATE,
            ["2026-11-30", "unknown", "2026-11-24"],
        ),
    ] {
        assert_eq!(read.difference_cells(column), cells, "{column}");
    }
}

#[test]
fn a_mailbox_that_has_switched_did_so_on_whatever_day() {
    let export =
        sync_state()
            .with(BRYN, "Sync State", "Switched")
            .with(CHLOE, "Sync State", "Switched");
    let rows = [
        AGREED[AMINA],
        "bryn.llewellyn@nm.example,Week 1,24/11/2026,Live,",
    ];
    let read = DropFolder::with_good_exports()
        .with_sync_state(export.to_csv())
        .with_schedule(schedule(&rows))
        .read();
    assert_eq!(read.codes(), []);
}

#[test]
fn the_schedule_says_what_the_export_leaves_blank() {
    let export = sync_state()
        .with(AMINA, "Switch Date", "")
        .with(AMINA, "Collection", "")
        .with(AMINA, "Display Name", "")
        .with(CHLOE, "Collection", "Week 9");
    let text = "Name,Mailbox,Group,Migration Date\nAmina O.,amina.okafor@nm.example,Week \
     1,23/11/2026\n,bryn.llewellyn@nm.example,,\n,chloe.oneill@nm.example,Week 2,\n";
    let read = DropFolder::with_good_exports()
        .with_sync_state(export.to_csv())
        .with_schedule(text)
        .read();
    assert_eq!(
        read.codes(),
        [],
        "a blank on the schedule contradicts nothing"
    );
    assert_eq!(read.mailboxes(), [AMINA_AT, BRYN_AT, CHLOE_AT]);
    assert_eq!(
        read.mailbox_cells(columns::SWITCH_DATE),
        ["2026-11-23", "2026-11-23", "2026-11-30"]
    );
    assert_eq!(
        read.mailbox_cells(columns::COLLECTION),
        ["Week 1", "Week 1", "Week 9"]
    );
    assert_eq!(
        read.mailbox_cells(columns::DISPLAY_NAME),
        ["Amina O.", "Bryn Llewellyn", "Chloë O'Neill"]
    );
}

#[test]
fn a_schedule_that_cannot_be_used_is_told_and_holds_nothing() {
    for (text, told) in [
        ("Mailbox,Notes\n".to_owned(), "this is missing: Switch Date"),
        (String::new(), "No table can be read"),
        (schedule(&[]), "It has no row that can be read"),
        (
            schedule(&["amina.okafor@nm.example,Week 1,11/23/2026,Pilot,"]),
            "with day and month the other way round",
        ),
        (
            schedule(&["nobody,Week 1,23/11/2026,Pilot,"]),
            "more than the 1.0% that are allowed",
        ),
        (
            schedule(&AGREED).trim_end().to_owned() + "\r\n\"cut",
            "cut off",
        ),
        (
            sync_state().to_csv(),
            "This is a sync-state export, not a migration schedule",
        ),
    ] {
        let read = DropFolder::with_good_exports().with_schedule(text).read();
        assert!(read.tables().schedule.is_none());
        read.warns_of(ScheduleUnusable)
            .says(&["the reports go without it", told]);
    }
}

#[test]
fn another_organisations_people_on_the_schedule_hold() {
    let text = schedule(&["amina.okafor@elsewhere.example,Week 1,23/11/2026,Pilot,"]);
    DropFolder::with_good_exports()
        .with_schedule(text)
        .read()
        .is_held_for(OtherOrganisation)
        .at_cell("schedule.csv", 2, 1);
}

#[test]
fn faults_of_single_rows_are_told_with_their_place() {
    let rows = [
        AGREED[AMINA],
        AGREED[BRYN],
        "amina.okafor@nm.example,Week 2,30/11/2026,Live,",
        "chloe.oneill@nm.example,Week 2,30/11/2026,Soon,",
    ];
    let folder = DropFolder::with_good_exports()
        .with_schedule(schedule(&rows))
        .allowing_bad_rows(0.5);
    let read = folder.read();
    read.warns_of(MailboxTwice)
        .at_line("schedule.csv", 4)
        .says(&["line 2"]);
    read.warns_of(PhaseUnrecognised)
        .at_cell("schedule.csv", 5, 4)
        .says(&["Pilot or Live"]);
    assert_eq!(
        read.schedule_cells(columns::SWITCH_DATE),
        ["2026-11-23", "2026-11-23", "2026-11-30"]
    );
    assert_eq!(
        read.schedule_cells(columns::PHASE),
        ["Pilot", "Live", "unknown"]
    );

    let rows = [
        AGREED[AMINA],
        AGREED[BRYN],
        "chloe.oneill@nm.example,Week 2,soon,Live,",
    ];
    let read = folder.with_schedule(schedule(&rows)).read();
    read.warns_of(CellsUnread)
        .at_cell("schedule.csv", 4, 3)
        .says(&["1 cell holds something else than a date", "“aaaa”"]);
    assert_eq!(
        read.schedule_cells(columns::SWITCH_DATE),
        ["2026-11-23", "2026-11-23", "unknown"]
    );
}

#[test]
fn the_settings_may_state_the_order_of_day_and_month() {
    let rows = [
        "amina.okafor@nm.example,Week 1,11/23/2026,Pilot,",
        "bryn.llewellyn@nm.example,Week 1,11/23/2026,Live,",
        "chloe.oneill@nm.example,Week 2,11/30/2026,Live,",
    ];
    let folder = DropFolder::with_good_exports().with_schedule(schedule(&rows));
    let read = folder
        .with_setting("schedule_date_order = \"month-day-year\"")
        .read();
    assert_eq!(read.codes(), []);
    let export = sync_state()
        .with(AMINA, "Switch Date", "11/23/2026")
        .with(BRYN, "Switch Date", "")
        .with(CHLOE, "Switch Date", "");
    let export = export
        .with(AMINA, "Last Synchronized", "11/20/2026 06:12")
        .with(BRYN, "Last Synchronized", "")
        .with(CHLOE, "Last Synchronized", "");
    let folder = DropFolder::with_good_exports().with_sync_state(export.to_csv());
    let read = folder
        .with_setting("sync_state_date_order = \"month-day-year\"")
        .read();
    assert_eq!(
        read.mailbox_cells(columns::SWITCH_DATE),
        ["2026-11-23", "unknown", "unknown"]
    );
}
