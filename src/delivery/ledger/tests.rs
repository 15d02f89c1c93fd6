use chrono::NaiveDate;

use super::*;
use crate::domain::EmailAddress;
use crate::mail::DeliveryKey;

fn at(minute: u32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(6, minute, 0).unwrap().and_utc()
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
    let mut ledger = Ledger::open(&folder.path().join("data/ledger.sqlite")).unwrap();
    let first = edition(1, "a");
    let deliveries: Vec<_> = recipients.iter().map(|recipient| delivery(&first, recipient)).collect();
    assert_eq!(ledger.record_prepared(&first, &deliveries).unwrap(), recipients.len());
    Fixture { folder, ledger }
}

fn all(ledger: &Ledger) -> Vec<DeliveryRecord> {
    ledger.deliveries(&DeliveryFilter::default()).unwrap()
}

fn states(ledger: &Ledger) -> Vec<DeliveryState> {
    all(ledger).iter().map(|record| record.state).collect()
}

#[test]
fn what_is_recorded_is_read_back_by_another_opening() {
    let Fixture { folder, ledger } = fixture(&["b@nhs.example", "A@nhs.example"]);
    let before = all(&ledger);
    drop(ledger);
    let ledger = Ledger::open(&folder.path().join("data/ledger.sqlite")).unwrap();
    assert_eq!(all(&ledger), before);
    let first = &before[0];
    assert_eq!(first.key, delivery(&edition(1, "a"), "A@nhs.example").key);
    assert_eq!((first.state, first.attempts, first.prepared_at), (DeliveryState::Prepared, 0, at(0)));
    assert_eq!(first.key.recipient.reveal(), "A@nhs.example", "as it was written, in the order of folded addresses");
    assert_eq!(ledger.delivery(first.id).unwrap().as_ref(), Some(first));
}

#[test]
fn recording_again_leaves_alone_what_is_there() {
    let Fixture { mut ledger, .. } = fixture(&["a@nhs.example"]);
    let first = edition(1, "a");
    assert!(ledger.begin_sending(&all(&ledger)[0], at(1)).unwrap());
    let added = ledger.record_prepared(&first, &[delivery(&first, "A@NHS.example"), delivery(&first, "new@nhs.example")]).unwrap();
    assert_eq!(added, 1);
    assert_eq!(states(&ledger), [DeliveryState::Sending, DeliveryState::Prepared]);
}

#[test]
fn other_inputs_under_the_same_edition_are_an_error_and_change_nothing() {
    let Fixture { mut ledger, .. } = fixture(&["a@nhs.example"]);
    let changed = edition(1, "b");
    let error = ledger.record_prepared(&changed, &[delivery(&changed, "b@nhs.example")]).unwrap_err();
    assert!(matches!(error, LedgerError::OtherInputs { edition: 1, .. }), "{error}");
    assert_eq!(all(&ledger).len(), 1);
}

#[test]
fn a_newer_edition_supersedes_what_was_not_sent() {
    let Fixture { mut ledger, .. } = fixture(&["a@nhs.example", "b@nhs.example", "c@nhs.example"]);
    let [sent, deferred, _] = all(&ledger).try_into().unwrap();
    for (record, state) in [(&sent, DeliveryState::Accepted), (&deferred, DeliveryState::Deferred)] {
        assert!(ledger.begin_sending(record, at(1)).unwrap());
        ledger.record(record.id, state, &Answer::reply("said"), at(1)).unwrap();
    }
    let second = edition(2, "b");
    ledger.record_prepared(&second, &[delivery(&second, "a@nhs.example")]).unwrap();
    use DeliveryState::{Accepted, Prepared, Superseded};
    assert_eq!(states(&ledger), [Accepted, Superseded, Superseded, Prepared]);
    let newest = ledger.edition(second.report_date, &second.organisation, second.report).unwrap().unwrap();
    assert_eq!((newest.number, newest.inputs_digest.as_str(), newest.prepared_at), (2, "b", at(0)));
    assert_eq!(ledger.edition(second.report_date, &second.organisation, ReportKind::OverallMigration).unwrap(), None);

    let first = edition(1, "a");
    ledger.record_prepared(&first, &[delivery(&first, "late@nhs.example")]).unwrap();
    assert_eq!(ledger.counts(first.report_date).unwrap().get(&Superseded), Some(&3), "an older edition is not sent after a newer one");
}

#[test]
fn a_delivery_is_begun_once() {
    let Fixture { mut ledger, .. } = fixture(&["a@nhs.example"]);
    let record = all(&ledger).remove(0);
    assert!(ledger.begin_sending(&record, at(1)).unwrap());
    assert!(!ledger.begin_sending(&record, at(1)).unwrap(), "somebody else has it");
    ledger.record(record.id, DeliveryState::Deferred, &Answer::reason("later"), at(2)).unwrap();
    assert!(!ledger.begin_sending(&record, at(3)).unwrap(), "it was tried since");
    let again = all(&ledger).remove(0);
    assert_eq!((again.attempts, again.reason.as_deref(), again.updated_at), (1, Some("later"), at(2)));
    assert!(ledger.begin_sending(&again, at(4)).unwrap());
    assert_eq!(all(&ledger)[0].attempts, 2);
}

#[test]
fn states_go_only_where_they_lead() {
    let Fixture { mut ledger, .. } = fixture(&["a@nhs.example"]);
    let record = all(&ledger).remove(0);
    let none = Answer::default();
    let error = ledger.record(record.id, DeliveryState::Accepted, &none, at(1)).unwrap_err();
    assert!(matches!(error, LedgerError::NotFromThere { before: Some(DeliveryState::Prepared), .. }), "{error}");
    assert!(ledger.begin_sending(&record, at(1)).unwrap());
    ledger.record(record.id, DeliveryState::Accepted, &Answer::reply("250 ok"), at(1)).unwrap();
    for state in DeliveryState::ALL {
        assert!(ledger.record(record.id, state, &none, at(2)).is_err(), "{state}");
    }
    assert!(matches!(
        ledger.record(DeliveryId(99), DeliveryState::Held, &none, at(2)),
        Err(LedgerError::NotFromThere { before: None, .. })
    ));
}

#[test]
fn what_a_crash_left_sending_is_unknown_to_the_next_run() {
    let Fixture { folder, mut ledger } = fixture(&["a@nhs.example", "b@nhs.example"]);
    assert!(ledger.begin_sending(&all(&ledger)[0], at(1)).unwrap());
    // No orderly end: the connection is not closed.
    std::mem::forget(ledger);
    let mut ledger = Ledger::open(&folder.path().join("data/ledger.sqlite")).unwrap();
    assert_eq!(states(&ledger), [DeliveryState::Sending, DeliveryState::Prepared]);
    assert_eq!(ledger.mark_interrupted(at(2)).unwrap(), 1);
    assert_eq!(states(&ledger), [DeliveryState::Unknown, DeliveryState::Prepared]);
    assert!(all(&ledger)[0].reason.as_deref().unwrap().contains("may have arrived"));
    assert_eq!(ledger.mark_interrupted(at(3)).unwrap(), 0);
    let unknown = all(&ledger).remove(0);
    ledger.record(unknown.id, DeliveryState::Deferred, &Answer::reason("resolved: send it again"), at(4)).unwrap();
}

#[test]
fn a_delivery_that_does_not_fit_is_refused_with_all_the_others() {
    let Fixture { mut ledger, .. } = fixture(&[]);
    let first = edition(1, "a");
    let mut elsewhere = delivery(&first, "a@nhs.example");
    for path in ["/etc/passwd", "../message.eml", "archive/../../x", ""] {
        elsewhere.message_path = path.into();
        let error = ledger.record_prepared(&first, &[delivery(&first, "b@nhs.example"), elsewhere.clone()]).unwrap_err();
        assert!(matches!(error, LedgerError::PathNotBelow { .. }), "{error}");
    }
    let other = delivery(&edition(2, "a"), "a@nhs.example");
    assert!(matches!(ledger.record_prepared(&first, &[other]), Err(LedgerError::OtherEdition { .. })));
    let mut same_message_id = delivery(&first, "c@nhs.example");
    same_message_id.message_id = delivery(&first, "b@nhs.example").message_id;
    let both = [delivery(&first, "b@nhs.example"), same_message_id];
    assert!(matches!(ledger.record_prepared(&first, &both), Err(LedgerError::Statement { .. })));
    assert!(all(&ledger).is_empty());
}

#[test]
fn filters_narrow_by_date_organisation_report_and_state() {
    let Fixture { ledger, .. } = fixture(&["a@nhs.example"]);
    let date = edition(1, "a").report_date;
    let count = |filter: DeliveryFilter| ledger.deliveries(&filter).unwrap().len();
    assert_eq!(count(DeliveryFilter::of_date(date)), 1);
    assert_eq!(count(DeliveryFilter::of_date(ReportDate::of(date.day().pred_opt().unwrap()))), 0);
    assert_eq!(count(DeliveryFilter { organisations: vec![OrganisationCode::parse("RYY").unwrap()], ..DeliveryFilter::default() }), 0);
    assert_eq!(count(DeliveryFilter { reports: vec![ReportKind::OverallMigration], ..DeliveryFilter::default() }), 0);
    assert_eq!(count(DeliveryFilter { states: vec![DeliveryState::Prepared], ..DeliveryFilter::default() }), 1);
}

#[test]
fn reading_a_missing_ledger_finds_nothing_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/ledger.sqlite");
    let mut ledger = Ledger::open_read_only(&path).unwrap();
    assert!(all(&ledger).is_empty());
    assert!(ledger.record_prepared(&edition(1, "a"), &[]).is_err(), "it cannot be written");
    assert!(!path.parent().unwrap().exists());
}

#[test]
fn reading_shows_what_is_there_and_changes_nothing() {
    let Fixture { folder, ledger } = fixture(&["a@nhs.example"]);
    let path = folder.path().join("data/ledger.sqlite");
    let mut reader = Ledger::open_read_only(&path).unwrap();
    assert_eq!(all(&reader), all(&ledger), "while another connection is open");
    drop(ledger);
    let record = all(&reader).remove(0);
    assert!(reader.begin_sending(&record, at(1)).is_err());
    drop(reader);
    let reader = Ledger::open_read_only(&path).unwrap();
    assert_eq!(states(&reader), [DeliveryState::Prepared]);
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

    std::fs::write(&path, "this is not a database, but it is long enough to look like a header of one ".repeat(20)).unwrap();
    said(Ledger::open(&path).unwrap_err());
    said(Ledger::open_read_only(&path).unwrap_err());

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(said(Ledger::open(&path).unwrap_err()).contains("another program"));

    std::fs::remove_file(&path).unwrap();
    drop(Ledger::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    assert!(said(Ledger::open(&path).unwrap_err()).contains("format 2"));
    assert!(said(Ledger::open_read_only(&path).unwrap_err()).contains("format 2"));
}

#[test]
fn the_disk_is_asked_for_durability() {
    let Fixture { ledger, .. } = fixture(&[]);
    let pragma = |name: &str| ledger.connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
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
    let files: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 1, "the log is there: {files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600));
    drop(ledger);
    std::fs::set_permissions(data.join("ledger.sqlite"), std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(Ledger::open(&data.join("ledger.sqlite")).unwrap());
    assert_eq!(mode(&data.join("ledger.sqlite")), 0o600);
}

#[test]
fn a_record_that_is_printed_masks_its_recipient() {
    let Fixture { ledger, .. } = fixture(&["amina.okafor@nhs.example"]);
    assert!(!format!("{:?}", all(&ledger)).contains("amina.okafor"));
}
