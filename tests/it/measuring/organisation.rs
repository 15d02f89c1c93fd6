//! Random organisations, and the exports that a migration tool would write of them.

use chrono::{Duration, NaiveDate};
use migration_monitor::domain::SyncState;
use proptest::prelude::*;

use crate::reading::drop_folder::{DropFolder, report_date};
use crate::reading::table::{failed_items, sync_state};

/// The collections, in the order in which people count them; the first is none.
pub(super) const COLLECTIONS: [Option<&str>; 5] = [
    None,
    Some("Pilot"),
    Some("Week 1"),
    Some("Week 2"),
    Some("Week 10"),
];

const STATES: [(&str, SyncState); 11] = [
    ("New", SyncState::NotStarted),
    ("Queued", SyncState::Queued),
    ("Synchronizing", SyncState::Synchronising),
    ("Undo Switch", SyncState::Synchronising),
    ("In Sync", SyncState::InSync),
    ("Synchronized", SyncState::InSync),
    ("Ready to Switch", SyncState::ReadyToSwitch),
    ("Switched", SyncState::Switched),
    ("Stopped", SyncState::Stopped),
    ("Failed", SyncState::Failed),
    ("Fettled", SyncState::Unrecognised),
];

/// Error code, error text, and the cause that they have.
const ERRORS: [(&str, &str, &str); 8] = [
    (
        "",
        "Message size exceeds the maximum allowed",
        "Item too large",
    ),
    (
        "0x80004005",
        "Mailbox quota reached",
        "Mailbox over its size limit",
    ),
    ("", "Access is denied", "Permission or folder setting"),
    ("0x80070005", "", "Permission or folder setting"),
    ("", "Server busy: request throttled", "Temporary fault"),
    ("0x80040115", "Fault 7", "Temporary fault"),
    ("0x80040115", "The item is corrupted", "Item corrupted"),
    ("42", "Fault 9", "Other"),
];

/// A mailbox as a test invents it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) address: String,
    pub(super) collection: Option<&'static str>,
    pub(super) state: (&'static str, SyncState),
    pub(super) total: Option<u64>,
    pub(super) synchronised: Option<u64>,
    pub(super) failed: Option<u64>,
    pub(super) mebibytes: Option<u64>,
    pub(super) switch_date: Option<NaiveDate>,
}

impl Person {
    pub(super) fn bytes(&self) -> Option<u64> {
        self.mebibytes.map(|mebibytes| mebibytes * 1024 * 1024)
    }

    /// Failed and attempted items, where both are known and something was attempted.
    pub(super) fn attempted(&self) -> Option<(u64, u64)> {
        let (failed, synchronised) = (self.failed?, self.synchronised?);
        (failed + synchronised > 0).then_some((failed, failed + synchronised))
    }
}

/// An organisation as a test invents it.
#[derive(Debug, Clone)]
pub(super) struct Organisation {
    pub(super) people: Vec<Person>,
    /// The mailbox and the cause of each failed item, in no order.
    pub(super) items: Vec<FailedItem>,
    /// The expected failure rate.
    pub(super) expected: f64,
}

#[derive(Debug, Clone)]
pub(super) struct FailedItem {
    pub(super) address: String,
    error: (&'static str, &'static str, &'static str),
}

impl FailedItem {
    pub(super) fn cause(&self) -> &'static str {
        self.error.2
    }
}

fn address(number: usize) -> String {
    format!("person{number:03}@nm.example")
}

fn person() -> impl Strategy<Value = Person> {
    let count = |most: u64| prop_oneof![1 => Just(None), 1 => Just(Some(0)), 8 => (0..=most).prop_map(Some)];
    let failed = prop_oneof![1 => Just(None), 4 => Just(Some(0)), 4 => (0_u64..8).prop_map(Some), 1 => (0_u64..400).prop_map(Some)];
    let days = prop_oneof![1 => Just(None), 4 => (-4_i64..8).prop_map(Some)];
    (
        prop::sample::select(COLLECTIONS.to_vec()),
        prop::sample::select(STATES.to_vec()),
        count(50_000),
        count(50_000),
        failed,
        count(100_000),
        days,
    )
        .prop_map(
            |(collection, state, total, synchronised, failed, mebibytes, days)| Person {
                address: String::new(),
                collection,
                state,
                total,
                synchronised,
                failed,
                mebibytes,
                switch_date: days.map(|days| report_date().day() + Duration::days(days)),
            },
        )
}

/// An organisation of up to 60 mailboxes in up to five collections, where any figure may be
/// unknown.
pub(super) fn organisation() -> impl Strategy<Value = Organisation> {
    let people = prop::collection::vec(person(), 1..60);
    let items = prop::collection::vec((0_usize..64, prop::sample::select(ERRORS.to_vec())), 0..60);
    let expected = prop::sample::select(vec![0.0001, 0.00025, 0.001]);
    (people, items, expected).prop_map(|(mut people, items, expected)| {
        people
            .iter_mut()
            .enumerate()
            .for_each(|(number, person)| person.address = address(number));
        let items = items
            .into_iter()
            .map(|(number, error)| FailedItem {
                address: address(number),
                error,
            })
            .collect();
        Organisation {
            people,
            items,
            expected,
        }
    })
}

impl Organisation {
    /// One of mailboxes in one collection, each with failed and attempted items.
    pub(super) fn of_rates(rates: &[(u64, u64)], expected: f64) -> Self {
        let person = |(number, &(failed, attempted)): (usize, &(u64, u64))| Person {
            address: address(number),
            collection: Some("Pilot"),
            state: ("In Sync", SyncState::InSync),
            total: Some(attempted),
            synchronised: Some(attempted - failed),
            failed: Some(failed),
            mebibytes: None,
            switch_date: None,
        };
        Self {
            people: rates.iter().enumerate().map(person).collect(),
            items: Vec::new(),
            expected,
        }
    }

    /// The drop folder with the exports of the organisation. Rows stand in the reverse order of the
    /// addresses.
    pub(super) fn drop_folder(&self) -> DropFolder {
        let printed = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        let people = self
            .people
            .iter()
            .rev()
            .fold(sync_state().without_rows(), |table, person| {
                table.with_row(&format!(
                    "{}||{}||{}||{}|{}|{}|{}||{}",
                    person.collection.unwrap_or_default(),
                    person.address,
                    person.state.0,
                    printed(person.total),
                    printed(person.synchronised),
                    printed(person.failed),
                    printed(person.mebibytes),
                    person
                        .switch_date
                        .map(|date| date.format("%d/%m/%Y").to_string())
                        .unwrap_or_default(),
                ))
            });
        let items = self
            .items
            .iter()
            .fold(failed_items().without_rows(), |table, item| {
                table.with_row(&format!(
                    "||{}||||||{}|{}|",
                    item.address, item.error.0, item.error.1
                ))
            });
        DropFolder::with_good_exports()
            .with_sync_state(people.to_csv())
            .with_failed_items(items.to_csv())
    }
}
