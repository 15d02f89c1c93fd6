//! Nothing of another organisation gets into an organisation's tables.

use migration_monitor::domain::FindingCode::{BadRow, OtherOrganisation};

use super::drop_folder::DropFolder;
use super::table::{failed_items, sync_state};
use super::{AMINA, BRYN, CHLOE};

const SYNC_STATE: &str = "sync-state.csv";
const FAILED_ITEMS: &str = "failed-items.csv";

#[test]
fn a_mailbox_of_another_domain_holds_the_organisation() {
    for address in [
        "dafydd@other.example",
        "dafydd@notnm.example",
        "dafydd@nm.example.other",
        "dafydd@nm.example@other.example",
    ] {
        let read = DropFolder::with_good_exports()
            .with_sync_state(sync_state().with(BRYN, "Source Mailbox", address).to_csv())
            .read();
        read.is_held_for(OtherOrganisation)
            .at_cell(SYNC_STATE, 3, 3)
            .says(&[
                "“Source Mailbox”",
                "not this organisation's",
                "mail_domains",
            ]);
    }
}

#[test]
fn a_failed_item_of_another_domain_holds_the_organisation() {
    let table = failed_items().with(2, "Source Mailbox", "dafydd@other.example");
    let read = DropFolder::with_good_exports()
        .with_failed_items(table.to_csv())
        .read();
    read.is_held_for(OtherOrganisation)
        .at_cell(FAILED_ITEMS, 5, 3)
        .says(&["mail_domains in the register"]);
}

#[test]
fn a_row_that_names_another_organisation_holds_this_one() {
    for heading in ["Organisation", "ODS Code", "organization code"] {
        let states = sync_state()
            .with_column(heading, "ZNM")
            .with(CHLOE, heading, "ZXX");
        let read = DropFolder::with_good_exports()
            .with_sync_state(states.to_csv())
            .read();
        read.is_held_for(OtherOrganisation)
            .at_cell(SYNC_STATE, 4, 13)
            .says(&[heading, "another organisation"]);
        let items = failed_items()
            .with_column(heading, "znm")
            .with(0, heading, "ZNMX");
        let read = DropFolder::with_good_exports()
            .with_failed_items(items.to_csv())
            .read();
        read.is_held_for(OtherOrganisation)
            .at_cell(FAILED_ITEMS, 2, 12);
    }
}

#[test]
fn the_own_code_in_any_case_and_a_blank_one_are_no_other_organisation() {
    let table = sync_state()
        .with_column("Organisation", "ZNM")
        .with(AMINA, "Organisation", " znm ")
        .with(BRYN, "Organisation", "");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(
        read.everything(),
        DropFolder::with_good_exports().read().everything()
    );
}

#[test]
fn a_domain_below_the_own_one_belongs_to_the_organisation() {
    let table = sync_state().with(CHLOE, "Source Mailbox", "chloe.oneill@ward.NM.example");
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    assert_eq!(read.codes(), []);
    assert_eq!(read.mailboxes()[2], "chloe.oneill@ward.nm.example");
}

#[test]
fn many_rows_of_another_organisation_are_one_place_and_a_count() {
    let table = (AMINA..=CHLOE).fold(sync_state(), |table, row| {
        table.with(row, "Source Mailbox", "dafydd@other.example")
    });
    let read = DropFolder::with_good_exports()
        .with_sync_state(table.to_csv())
        .read();
    let [first] = read.all(OtherOrganisation)[..] else {
        panic!("{:?}", read.codes())
    };
    first
        .at_cell(SYNC_STATE, 2, 3)
        .says(&["3 rows are like that; this is the first"]);
}

#[test]
fn a_row_that_is_bad_too_is_no_less_another_organisation_s() {
    let table = sync_state()
        .with(BRYN, "Source Mailbox", "dafydd@other.example")
        .with(BRYN, "Failed Items", "many");
    let read = DropFolder::with_good_exports()
        .allowing_bad_rows(1.0)
        .with_sync_state(table.to_csv())
        .read();
    read.is_held_for(OtherOrganisation)
        .at_cell(SYNC_STATE, 3, 3);
    assert!(!read.codes().contains(&BadRow));
}
