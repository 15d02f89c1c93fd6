use std::path::Path;

use chrono::NaiveDate;
use rusqlite::Connection;

use super::database::DatabaseRow;
use super::*;
use crate::delivery::{EditionRecord, PreparedDelivery};
use crate::domain::{EmailAddress, OrganisationCode, ReportDate, ReportKind};
use crate::mail::DeliveryKey;

fn at(minute: u32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 22)
        .unwrap()
        .and_hms_opt(6, minute, 0)
        .unwrap()
        .and_utc()
}

fn edition(number: u32, inputs: &str) -> EditionRecord {
    EditionRecord {
        report_date: ReportDate::of(at(0).date_naive()),
        organisation: OrganisationCode::parse("RXX").unwrap(),
        report: ReportKind::FailedItem,
        edition: number,
        inputs_digest: inputs.to_owned(),
        prepared_at: at(0),
    }
}

fn delivery(edition: &EditionRecord, recipient: &str) -> PreparedDelivery {
    let key = DeliveryKey {
        report_date: edition.report_date,
        organisation: edition.organisation.clone(),
        report: edition.report,
        edition: edition.edition,
        recipient: EmailAddress::parse(recipient).unwrap(),
    };
    let message_id = key.message_id("nhs.example");
    PreparedDelivery {
        message_path: format!("archive/message-{}.eml", key.recipient_digest()).into(),
        key,
        message_id,
        message_digest: message_digest(),
    }
}

fn message_digest() -> String {
    super::super::record::message_digest(b"bytes")
}

struct Fixture {
    folder: tempfile::TempDir,
    ledger: Ledger,
}

fn fixture(recipients: &[&str]) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger =
        Ledger::open(&LedgerPlace::File(folder.path().join("data/ledger.sqlite"))).unwrap();
    let first = edition(1, "a");
    let deliveries: Vec<_> = recipients
        .iter()
        .map(|recipient| delivery(&first, recipient))
        .collect();
    assert_eq!(
        ledger.record_prepared(&[(&first, &deliveries)]).unwrap(),
        recipients.len()
    );
    Fixture { folder, ledger }
}

fn all(ledger: &Ledger) -> Vec<DeliveryRecord> {
    ledger.deliveries(&DeliveryFilter::default()).unwrap()
}

fn states(ledger: &Ledger) -> Vec<DeliveryState> {
    all(ledger).iter().map(|record| record.state).collect()
}

#[test]
fn what_a_crash_left_sending_is_unknown_to_the_next_run() {
    let Fixture { folder, mut ledger } = fixture(&["a@nhs.example", "b@nhs.example"]);
    let begun = all(&ledger).remove(0);
    let are_ours = ledger.leave(&[&begun], at(1)).unwrap();
    assert_eq!(are_ours, [true]);
    // No orderly end: the connection is not closed.
    std::mem::forget(ledger);
    let mut ledger =
        Ledger::open(&LedgerPlace::File(folder.path().join("data/ledger.sqlite"))).unwrap();
    assert_eq!(
        states(&ledger),
        [DeliveryState::Sending, DeliveryState::Prepared]
    );
    assert_eq!(ledger.mark_interrupted(at(2)).unwrap(), 1);
    assert_eq!(
        states(&ledger),
        [DeliveryState::Unknown, DeliveryState::Prepared]
    );
    assert!(
        all(&ledger)[0]
            .reason
            .as_deref()
            .unwrap()
            .contains("may have arrived")
    );
    assert_eq!(ledger.mark_interrupted(at(3)).unwrap(), 0);
    let unknown = all(&ledger).remove(0);
    ledger
        .record(
            unknown.id,
            DeliveryState::Deferred,
            &StateNote::reason("resolved: send it again"),
            at(4),
        )
        .unwrap();
}

#[test]
fn reading_a_missing_ledger_finds_nothing_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/ledger.sqlite");
    let mut ledger = Ledger::open_read_only(&LedgerPlace::File(path.clone())).unwrap();
    assert!(all(&ledger).is_empty());
    assert!(
        ledger.record_prepared(&[(&edition(1, "a"), &[])]).is_err(),
        "it cannot be written"
    );
    assert!(!path.parent().unwrap().exists());
}

#[test]
fn a_ledger_that_a_killed_process_was_writing_is_read_as_it_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let place = LedgerPlace::File(path("written.sqlite"));
    let mut ledger = Ledger::open(&place).unwrap();
    ledger.record_prepared(&[(&edition(1, "a"), &[])]).unwrap();
    drop(ledger);
    // Its pages go to the disk before the end, and what they were into a journal.
    let writing = Connection::open(path("written.sqlite")).unwrap();
    writing
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 2; BEGIN;
             DELETE FROM editions;
             WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 500)
             INSERT INTO reports_read SELECT printf('%0500d', n), '' FROM counted",
        )
        .unwrap();
    for ending in ["", "-journal"] {
        let written = path(&format!("written.sqlite{ending}"));
        std::fs::copy(written, path(&format!("left.sqlite{ending}"))).unwrap();
    }
    let left = LedgerPlace::File(path("left.sqlite"));
    let ledger = Ledger::open_read_only(&left).unwrap();
    assert!(all(&ledger).is_empty());
    assert!(!path("left.sqlite-journal").exists());
    let editions = "SELECT count(*) AS many FROM editions";
    let many = |row: &DatabaseRow<'_>| row.get::<i64>("many");
    assert_eq!(ledger.database.select(editions, &[], many).unwrap(), [1]);
}

#[test]
fn files_that_are_no_ledger_of_ours_are_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let said = |error: LedgerError| {
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
        text
    };

    std::fs::write(
        &path,
        "this is not a database, but it is long enough to look like a header of one ".repeat(20),
    )
    .unwrap();
    said(Ledger::open(&LedgerPlace::File(path.clone())).unwrap_err());
    said(Ledger::open_read_only(&LedgerPlace::File(path.clone())).unwrap_err());

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE other (x)")
        .unwrap();
    assert!(
        said(Ledger::open(&LedgerPlace::File(path.clone())).unwrap_err())
            .contains("another program")
    );

    std::fs::remove_file(&path).unwrap();
    drop(Ledger::open(&LedgerPlace::File(path.clone())).unwrap());
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 4)
        .unwrap();
    assert!(said(Ledger::open(&LedgerPlace::File(path.clone())).unwrap_err()).contains("format 4"));
    assert!(
        said(Ledger::open_read_only(&LedgerPlace::File(path.clone())).unwrap_err())
            .contains("format 4")
    );
}

#[test]
fn the_disk_is_asked_for_durability() {
    let Fixture { ledger, .. } = fixture(&[]);
    let Database::File(connection) = &ledger.database else {
        panic!("a file")
    };
    let pragma = |name: &str| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
    assert_eq!(pragma("synchronous"), 2.into(), "FULL");
    assert_eq!(pragma("foreign_keys"), 1.into());
}

#[cfg(unix)]
#[test]
fn the_ledger_and_what_lies_beside_it_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let Fixture { folder, ledger } = fixture(&["a@nhs.example"]);
    let data = folder.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = std::fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() > 1, "the log is there: {files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600));
    drop(ledger);
    std::fs::set_permissions(
        data.join("ledger.sqlite"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    drop(Ledger::open(&LedgerPlace::File(data.join("ledger.sqlite"))).unwrap());
    assert_eq!(mode(&data.join("ledger.sqlite")), 0o600);
}

#[test]
fn a_record_that_is_printed_masks_its_recipient() {
    let Fixture { ledger, .. } = fixture(&["amina.okafor@nhs.example"]);
    assert!(!format!("{:?}", all(&ledger)).contains("amina.okafor"));
}
