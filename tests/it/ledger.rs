//! What holds of a ledger wherever it is: in a file, and in a database that machines share.

#[cfg(unix)]
mod claims;
mod evidence;
#[cfg(unix)]
mod failover;
pub(crate) mod two_machines;
mod upgrade;

use chrono::{DateTime, NaiveDate, Utc};
use evidence::evidence_settles_what_it_is_about_and_is_not_read_twice;
use migration_monitor::delivery::{
    AuditAction, AuditEntry, DeliveryFilter, DeliveryRecord, EditionRecord, Ledger, LedgerError,
    LedgerErrorKind, LedgerPlace, PreparedDelivery, StateNote, message_digest,
};
use migration_monitor::domain::{
    DeliveryState, EmailAddress, OrganisationCode, ReportDate, ReportKind,
};
use migration_monitor::mail::DeliveryKey;
use upgrade::a_ledger_of_format_1_is_read_as_it_is_and_brought_up_to_date;

/// Each test once with a file, and once with a database.
macro_rules! wherever_it_is {
    ($($test:ident,)+) => {
        mod in_a_file {
            $(#[test]
            fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(&super::LedgerPlace::File(folder.path().join("data/ledger.sqlite")));
            })+
        }

        #[cfg(unix)]
        mod in_a_database {
            $(#[test]
            fn $test() {
                if let Some(database) = crate::support::postgres::database() {
                    super::$test(&super::LedgerPlace::Server(database));
                }
            })+
        }
    };
}

wherever_it_is! {
    what_is_recorded_is_read_back_by_another_opening,
    recording_again_leaves_alone_what_is_there,
    other_inputs_under_the_same_edition_are_an_error_and_change_nothing,
    a_newer_edition_supersedes_what_was_not_sent,
    a_delivery_is_begun_once,
    states_go_only_where_they_lead,
    a_delivery_that_does_not_fit_is_refused_with_all_the_others,
    filters_narrow_by_date_organisation_report_and_state,
    reading_shows_what_is_there_and_changes_nothing,
    a_loss_that_a_person_accepted_is_remembered_by_day_and_organisation,
    evidence_settles_what_it_is_about_and_is_not_read_twice,
    a_ledger_of_format_1_is_read_as_it_is_and_brought_up_to_date,
}

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
        message_digest: message_digest(b"bytes"),
    }
}

fn fixture(place: &LedgerPlace, recipients: &[&str]) -> Ledger {
    let mut ledger = Ledger::open(place).unwrap();
    let first = edition(1, "a");
    let deliveries: Vec<_> = recipients
        .iter()
        .map(|recipient| delivery(&first, recipient))
        .collect();
    assert_eq!(
        ledger.record_prepared(&[(&first, &deliveries)]).unwrap(),
        recipients.len()
    );
    ledger
}

fn begin_sending(
    delivery: &DeliveryRecord,
    ledger: &mut Ledger,
    at: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    Ok(ledger.claim(&[delivery])? == [true] && ledger.leave(&[delivery], at)? == [true])
}

fn all(ledger: &Ledger) -> Vec<DeliveryRecord> {
    ledger.deliveries(&DeliveryFilter::default()).unwrap()
}

fn states(ledger: &Ledger) -> Vec<DeliveryState> {
    all(ledger).iter().map(|record| record.state).collect()
}

fn what_is_recorded_is_read_back_by_another_opening(place: &LedgerPlace) {
    let ledger = fixture(place, &["b@nhs.example", "A@nhs.example"]);
    let before = all(&ledger);
    drop(ledger);
    let ledger = Ledger::open(place).unwrap();
    assert_eq!(all(&ledger), before);
    let first = &before[0];
    assert_eq!(first.key, delivery(&edition(1, "a"), "A@nhs.example").key);
    assert_eq!(
        (first.state, first.attempts, first.prepared_at),
        (DeliveryState::Prepared, 0, at(0))
    );
    assert_eq!(
        first.key.recipient.reveal(),
        "A@nhs.example",
        "as it was written, in the order of folded addresses"
    );
    assert_eq!(ledger.delivery(first.id).unwrap().as_ref(), Some(first));
}

fn recording_again_leaves_alone_what_is_there(place: &LedgerPlace) {
    let mut ledger = fixture(place, &["a@nhs.example"]);
    let first = edition(1, "a");
    assert!(begin_sending(&all(&ledger)[0], &mut ledger, at(1)).unwrap());
    let added = ledger
        .record_prepared(&[(
            &first,
            &[
                delivery(&first, "A@NHS.example"),
                delivery(&first, "new@nhs.example"),
            ],
        )])
        .unwrap();
    assert_eq!(added, 1);
    assert_eq!(
        states(&ledger),
        [DeliveryState::Sending, DeliveryState::Prepared]
    );
}

fn other_inputs_under_the_same_edition_are_an_error_and_change_nothing(place: &LedgerPlace) {
    let mut ledger = fixture(place, &["a@nhs.example"]);
    let changed = edition(1, "b");
    let error = ledger
        .record_prepared(&[(&changed, &[delivery(&changed, "b@nhs.example")])])
        .unwrap_err();
    assert!(
        matches!(&error.kind, LedgerErrorKind::OtherInputs(recorded) if recorded.edition == 1),
        "{error}"
    );
    assert_eq!(all(&ledger).len(), 1);
}

fn a_newer_edition_supersedes_what_was_not_sent(place: &LedgerPlace) {
    let mut ledger = fixture(place, &["a@nhs.example", "b@nhs.example", "c@nhs.example"]);
    let [sent, deferred, _] = all(&ledger).try_into().unwrap();
    for (record, state) in [
        (&sent, DeliveryState::Accepted),
        (&deferred, DeliveryState::Deferred),
    ] {
        assert!(begin_sending(record, &mut ledger, at(1)).unwrap());
        ledger
            .record(record.id, state, &StateNote::reply("said"), at(1))
            .unwrap();
    }
    let second = edition(2, "b");
    ledger
        .record_prepared(&[(&second, &[delivery(&second, "a@nhs.example")])])
        .unwrap();
    use DeliveryState::{Accepted, Prepared, Superseded};
    assert_eq!(
        states(&ledger),
        [Accepted, Superseded, Superseded, Prepared]
    );
    let newest = ledger
        .edition(second.report_date, &second.organisation, second.report)
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            newest.edition,
            newest.inputs_digest.as_str(),
            newest.prepared_at
        ),
        (2, "b", at(0))
    );
    assert_eq!(
        ledger
            .edition(
                second.report_date,
                &second.organisation,
                ReportKind::OverallMigration
            )
            .unwrap(),
        None
    );

    let first = edition(1, "a");
    ledger
        .record_prepared(&[(&first, &[delivery(&first, "late@nhs.example")])])
        .unwrap();
    assert_eq!(
        states(&ledger)
            .iter()
            .filter(|state| **state == Superseded)
            .count(),
        3,
        "an older edition is not sent after a newer one"
    );
}

fn a_delivery_is_begun_once(place: &LedgerPlace) {
    let mut ledger = fixture(place, &["a@nhs.example"]);
    let record = all(&ledger).remove(0);
    assert!(begin_sending(&record, &mut ledger, at(1)).unwrap());
    assert!(
        !begin_sending(&record, &mut ledger, at(1)).unwrap(),
        "somebody else has it"
    );
    ledger
        .record(
            record.id,
            DeliveryState::Deferred,
            &StateNote::reason("later"),
            at(2),
        )
        .unwrap();
    assert!(
        !begin_sending(&record, &mut ledger, at(3)).unwrap(),
        "it was tried since"
    );
    let again = all(&ledger).remove(0);
    assert_eq!(
        (again.attempts, again.reason.as_deref(), again.updated_at),
        (1, Some("later"), at(2))
    );
    assert!(begin_sending(&again, &mut ledger, at(4)).unwrap());
    assert_eq!(all(&ledger)[0].attempts, 2);
}

fn states_go_only_where_they_lead(place: &LedgerPlace) {
    let mut ledger = fixture(place, &["a@nhs.example"]);
    let record = all(&ledger).remove(0);
    let none = StateNote::default();
    let error = ledger
        .record(record.id, DeliveryState::Accepted, &none, at(1))
        .unwrap_err();
    assert!(
        matches!(
            error.kind,
            LedgerErrorKind::NotFromThere(_, Some(DeliveryState::Prepared), _)
        ),
        "{error}"
    );
    assert!(begin_sending(&record, &mut ledger, at(1)).unwrap());
    ledger
        .record(
            record.id,
            DeliveryState::Accepted,
            &StateNote::reply("250 ok"),
            at(1),
        )
        .unwrap();
    let leads_nowhere = |state: &DeliveryState| !DeliveryState::Accepted.may_become(*state);
    for state in DeliveryState::ALL.into_iter().filter(leads_nowhere) {
        assert!(
            ledger.record(record.id, state, &none, at(2)).is_err(),
            "{state}"
        );
    }
    assert!(matches!(
        ledger
            .record("99".parse().unwrap(), DeliveryState::Held, &none, at(2))
            .unwrap_err()
            .kind,
        LedgerErrorKind::NotFromThere(_, None, _)
    ));
}

fn a_delivery_that_does_not_fit_is_refused_with_all_the_others(place: &LedgerPlace) {
    let mut ledger = fixture(place, &[]);
    let first = edition(1, "a");
    let mut elsewhere = delivery(&first, "a@nhs.example");
    for path in ["/etc/passwd", "../message.eml", "archive/../../x", ""] {
        elsewhere.message_path = path.into();
        let error = ledger
            .record_prepared(&[(
                &first,
                &[delivery(&first, "b@nhs.example"), elsewhere.clone()],
            )])
            .unwrap_err();
        assert!(
            matches!(error.kind, LedgerErrorKind::PathNotBelow(_)),
            "{error}"
        );
    }
    let other = delivery(&edition(2, "a"), "a@nhs.example");
    assert!(matches!(
        ledger
            .record_prepared(&[(&first, &[other])])
            .unwrap_err()
            .kind,
        LedgerErrorKind::OtherEdition(_)
    ));
    let mut same_message_id = delivery(&first, "c@nhs.example");
    same_message_id.message_id = delivery(&first, "b@nhs.example").message_id;
    let both = [delivery(&first, "b@nhs.example"), same_message_id];
    assert!(matches!(
        ledger.record_prepared(&[(&first, &both)]).unwrap_err().kind,
        LedgerErrorKind::Statement(_)
    ));
    assert!(all(&ledger).is_empty());
}

fn filters_narrow_by_date_organisation_report_and_state(place: &LedgerPlace) {
    let ledger = fixture(place, &["a@nhs.example"]);
    let date = edition(1, "a").report_date;
    let count = |filter: DeliveryFilter| ledger.deliveries(&filter).unwrap().len();
    assert_eq!(count(DeliveryFilter::of_date(date)), 1);
    assert_eq!(
        count(DeliveryFilter::of_date(ReportDate::of(
            date.day().pred_opt().unwrap()
        ))),
        0
    );
    assert_eq!(
        count(DeliveryFilter {
            organisations: Some(vec![OrganisationCode::parse("RYY").unwrap()]),
            ..DeliveryFilter::default()
        }),
        0
    );
    assert_eq!(
        count(DeliveryFilter {
            reports: vec![ReportKind::OverallMigration],
            ..DeliveryFilter::default()
        }),
        0
    );
    assert_eq!(
        count(DeliveryFilter {
            states: vec![DeliveryState::Prepared],
            ..DeliveryFilter::default()
        }),
        1
    );
}

fn a_loss_that_a_person_accepted_is_remembered_by_day_and_organisation(place: &LedgerPlace) {
    let mut ledger = Ledger::open(place).unwrap();
    let (date, code) = {
        let edition = edition(1, "a");
        (edition.report_date, edition.organisation)
    };
    assert_eq!(ledger.accepted_loss(date, &code).unwrap(), 0);
    for amount in [541, 12] {
        ledger
            .note_decision(&AuditEntry {
                report_date: Some(date),
                organisation: Some(code.clone()),
                amount: Some(amount),
                why: Some("The trust took a collection out.".to_owned()),
                ..AuditEntry::new(AuditAction::AcceptLoss, "jo on reports-1".to_owned(), at(1))
            })
            .unwrap();
    }
    let others = OrganisationCode::parse("ZZZ").unwrap();
    let day_before = date.days_before(1).unwrap();
    for ledger in [ledger, Ledger::open_read_only(place).unwrap()] {
        assert_eq!(ledger.accepted_loss(date, &code).unwrap(), 541);
        assert_eq!(ledger.accepted_loss(date, &others).unwrap(), 0);
        assert_eq!(ledger.accepted_loss(day_before, &code).unwrap(), 0);
    }
}

fn reading_shows_what_is_there_and_changes_nothing(place: &LedgerPlace) {
    let ledger = fixture(place, &["a@nhs.example"]);
    let mut reader = Ledger::open_read_only(place).unwrap();
    assert_eq!(
        all(&reader),
        all(&ledger),
        "while another connection is open"
    );
    drop(ledger);
    let record = all(&reader).remove(0);
    assert!(begin_sending(&record, &mut reader, at(1)).is_err());
    drop(reader);
    let reader = Ledger::open_read_only(place).unwrap();
    assert_eq!(states(&reader), [DeliveryState::Prepared]);
}
