//! What rows say of each other: twice, unknown, contradictory.

use migration_monitor::domain::FindingCode::{
    CellsUnread, FailedCountsDiffer, FiguresContradict, MailboxTwice, MailboxUnknown,
    StateUnrecognised, TargetTwice,
};
use migration_monitor::tables::columns;

use super::drop_folder::DropFolder;
use super::table::{failed_items, sync_state};
use super::{AMINA, AMINA_AT, BRYN, BRYN_AT, CHLOE, CHLOE_AT};

const SYNC_STATE: &str = "sync-state.csv";

#[test]
fn a_state_that_nobody_knows_is_counted_and_named_and_never_guessed() {
    let table =
        sync_state()
            .with(AMINA, "Sync State", "Fettled")
            .with(CHLOE, "Sync State", "Fettled");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(StateUnrecognised)
        .at_line(SYNC_STATE, 2)
        .says(&["“Fettled”", "2 mailboxes", "migration team", "[states]"]);
    assert_eq!(
        read.mailbox_cells(columns::SYNC_STATE),
        ["Unrecognised", "Synchronising", "Unrecognised"]
    );
    assert_eq!(
        read.mailbox_cells(columns::SYNC_STATE_WORD),
        ["Fettled", "Synchronizing", "Fettled"]
    );
}

#[test]
fn each_unknown_state_is_told_once_a_file() {
    let table =
        sync_state()
            .with(AMINA, "Sync State", "Fettled")
            .with(CHLOE, "Sync State", "Hatched");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    let [first, second] = read.all(StateUnrecognised)[..] else {
        panic!("{:?}", read.codes())
    };
    first
        .at_line(SYNC_STATE, 2)
        .says(&["“Fettled”", "1 mailbox has it"]);
    second.at_line(SYNC_STATE, 4).says(&["“Hatched”"]);
}

#[test]
fn a_blank_state_is_unrecognised() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(sync_state().with(BRYN, "Sync State", "").to_csv())
        .read();
    read.warns_of(StateUnrecognised)
        .at_line(SYNC_STATE, 3)
        .says(&["(blank)"]);
    assert_eq!(
        read.mailbox_cells(columns::SYNC_STATE)[BRYN],
        "Unrecognised"
    );
    assert_eq!(read.mailbox_cells(columns::SYNC_STATE_WORD)[BRYN], "");
}

#[test]
fn an_address_that_slipped_into_the_state_is_not_repeated() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(
            sync_state()
                .with(BRYN, "Sync State", "bryn@nm.example")
                .to_csv(),
        )
        .read();
    read.warns_of(StateUnrecognised)
        .at_line(SYNC_STATE, 3)
        .says(&["(an address)"]);
}

#[test]
fn states_are_known_without_case_blanks_and_punctuation() {
    for (word, state) in [
        ("in sync", "In sync"),
        ("In-Sync", "In sync"),
        ("SYNCHRONIZED", "In sync"),
        ("readytoswitch", "Ready to switch"),
        ("Undo Switch", "Synchronising"),
        ("New", "Not started"),
        ("stopped", "Stopped"),
        ("Failed", "Failed"),
        ("Switched", "Switched"),
    ] {
        let read = DropFolder::with_good_exports()
            .with_sync_state(sync_state().with(BRYN, "Sync State", word).to_csv())
            .read();
        assert_eq!(read.codes(), [], "{word}");
        assert_eq!(read.mailbox_cells(columns::SYNC_STATE)[BRYN], state);
        assert_eq!(read.mailbox_cells(columns::SYNC_STATE_WORD)[BRYN], word);
    }
}

#[test]
fn of_a_mailbox_on_two_rows_the_one_further_on_its_journey_counts() {
    // Bryn is synchronising on line 3; the other row of his is on line 5.
    for (other_state, kept, listed, named) in [
        ("Switched", "Switched", 3, "line 5"),
        ("In Sync", "In sync", 3, "line 5"),
        ("Queued", "Synchronising", 5, "line 3"),
        ("Failed", "Synchronising", 5, "line 3"),
        ("Stopped", "Synchronising", 5, "line 3"),
        ("Fettled", "Synchronising", 5, "line 3"),
        ("Synchronizing", "Synchronising", 5, "line 3"),
    ] {
        let table = sync_state().with_copy_of(
            BRYN,
            &[
                ("Collection", "Week 9"),
                ("Sync State", other_state),
                ("Items Synchronized", "400"),
            ],
        );
        let read = DropFolder::with_good_exports()
            .with_sync_state(table.to_csv())
            .read();
        read.warns_of(MailboxTwice)
            .at_line(SYNC_STATE, listed)
            .says(&[named, "two collections"]);
        assert_eq!(read.mailboxes(), [AMINA_AT, BRYN_AT, CHLOE_AT]);
        assert_eq!(
            read.mailbox_cells(columns::SYNC_STATE)[BRYN],
            kept,
            "{other_state}"
        );
        let is_other = listed == 3;
        assert_eq!(
            read.mailbox_cells(columns::COLLECTION)[BRYN],
            if is_other { "Week 9" } else { "Week 1" }
        );
        assert_eq!(
            read.mailbox_cells(columns::ITEMS_SYNCHRONISED)[BRYN],
            if is_other { "400" } else { "500" }
        );
    }
}

#[test]
fn a_mailbox_that_halted_is_ahead_of_a_word_nobody_knows_only() {
    let states = [
        "Fettled",
        "Failed",
        "Stopped",
        "New",
        "Queued",
        "Synchronizing",
        "In Sync",
        "Ready to Switch",
        "Switched",
    ];
    for pair in states.windows(2) {
        let table = sync_state()
            .with(BRYN, "Sync State", pair[1])
            .with_copy_of(BRYN, &[("Sync State", pair[0])]);
        let read = DropFolder::with_good_exports()
            .with_sync_state(table.to_csv())
            .read();
        read.warns_of(MailboxTwice).at_line(SYNC_STATE, 5);
        assert_eq!(read.mailbox_cells(columns::SYNC_STATE_WORD)[BRYN], pair[1]);
    }
}

#[test]
fn addresses_are_compared_without_case() {
    let table = sync_state().with_copy_of(BRYN, &[("Source Mailbox", "BRYN.Llewellyn@NM.Example")]);
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(MailboxTwice).at_line(SYNC_STATE, 5);
    assert_eq!(read.codes(), [MailboxTwice]);

    let items = failed_items().with(2, "Source Mailbox", " Bryn.LLEWELLYN@nm.EXAMPLE ");
    let read = DropFolder::with_good_exports()
        .with_failed_items(items.to_csv())
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.item_cells(columns::MAILBOX)[2], BRYN_AT);
}

#[test]
fn two_mailboxes_with_one_target_are_a_warning() {
    let target = |row, address| sync_state().with(row, "Target Mailbox", address).to_csv();
    let read = DropFolder::with_good_exports()
        .with_sync_state(target(BRYN, "Amina.Okafor@NHS.example"))
        .read();
    read.warns_of(TargetTwice)
        .nowhere()
        .says(&["1 target mailbox stands", "Stop their migration"]);
    assert_eq!(read.mailboxes().len(), 3);
    // Unknown targets are not one target, and the two rows of one mailbox are not two mailboxes.
    let blank = sync_state()
        .with(BRYN, "Target Mailbox", "")
        .with(CHLOE, "Target Mailbox", "");
    assert_eq!(
        DropFolder::with_good_exports()
            .with_sync_state(blank.to_csv())
            .read()
            .codes(),
        []
    );
    let twice = sync_state().with_copy_of(BRYN, &[("Sync State", "Queued")]);
    assert_eq!(
        DropFolder::with_good_exports()
            .with_sync_state(twice.to_csv())
            .read()
            .codes(),
        [MailboxTwice]
    );
}

#[test]
fn more_than_everything_is_a_warning_and_the_figures_stay_as_exported() {
    let read = DropFolder::with_good_exports()
        .with_sync_state(sync_state().with(AMINA, "Progress (%)", "100.4").to_csv())
        .read();
    read.warns_of(FiguresContradict)
        .nowhere()
        .says(&["1 mailbox reports", "progress over 100%"]);
    assert_eq!(
        read.mailbox_cells(columns::PROGRESS_PERCENT)[AMINA],
        "100.4"
    );

    let table = sync_state().with(AMINA, "Items Synchronized", "1199").with(
        CHLOE,
        "Items Synchronized",
        "801",
    );
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(FiguresContradict)
        .nowhere()
        .says(&["2 mailboxes", "more items copied and failed than there are"]);
    assert_eq!(
        read.mailbox_cells(columns::ITEMS_SYNCHRONISED),
        ["1199", "500", "801"]
    );
    assert_eq!(read.codes(), [FiguresContradict]);
}

#[test]
fn figures_that_are_unknown_contradict_nothing() {
    let table = sync_state()
        .with(AMINA, "Items Total", "")
        .with(BRYN, "Items Synchronized", "")
        .with(CHLOE, "Progress (%)", "");
    assert_eq!(
        DropFolder::with_good_exports()
            .with_sync_state(table.to_csv())
            .read()
            .codes(),
        []
    );
}

#[test]
fn counts_that_differ_between_the_exports_are_both_told() {
    let table = sync_state()
        .with(AMINA, "Failed Items", "1")
        .with(CHLOE, "Failed Items", "40");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    read.warns_of(FailedCountsDiffer).nowhere().says(&[
        "2 mailboxes",
        "counts 41 failed items",
        "lists 2",
    ]);
    assert_eq!(read.mailbox_cells(columns::ITEMS_FAILED), ["1", "1", "40"]);
    assert_eq!(read.item_cells(columns::MAILBOX).len(), 3);
    // A count that the export does not give differs from none.
    let table = sync_state().with(AMINA, "Failed Items", "");
    assert_eq!(
        DropFolder::with_good_exports()
            .with_sync_state(table.to_csv())
            .read()
            .codes(),
        [CellsUnread]
    );
}

#[test]
fn failed_items_of_a_mailbox_that_is_not_listed_are_counted_and_kept() {
    let table = failed_items()
        .with_copy_of(2, &[("Source Mailbox", "dafydd@nm.example")])
        .with_copy_of(2, &[("Source Mailbox", "DAFYDD@nm.example")]);
    let read = DropFolder::with_good_exports()
        .with_failed_items(table.to_csv())
        .read();
    read.warns_of(MailboxUnknown)
        .nowhere()
        .says(&["2 failed items", "does not list"]);
    assert_eq!(read.codes(), [MailboxUnknown]);
    assert_eq!(
        read.item_cells(columns::MAILBOX),
        [
            AMINA_AT,
            AMINA_AT,
            BRYN_AT,
            "dafydd@nm.example",
            "dafydd@nm.example"
        ]
    );
}
