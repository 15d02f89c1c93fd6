//! Which of several connections to one database has a delivery, and who may come in at all.

use migration_monitor::delivery::{
    Ledger, LedgerErrorKind, LedgerPlace, LedgerServer, NotOpened, StateNote,
};
use migration_monitor::domain::DeliveryState;

use super::{all, at, begin_sending, fixture, states};
use crate::support::postgres::{PASSWORD, administrator, database};

/// Ends every connection to a database but the one that asks, as the loss of their machines would.
fn cut_all(database: &LedgerServer) {
    administrator(database.port, &database.database)
        .batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \
             current_database() AND pid <> pg_backend_pid()",
        )
        .unwrap();
}

#[test]
fn a_claim_lasts_as_long_as_its_connection() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database.clone());
    let mut first = fixture(&place, &["a@nhs.example", "b@nhs.example"]);
    let mut second = Ledger::open(&place).unwrap();
    let [a, b] = all(&first).try_into().unwrap();
    assert!(begin_sending(&a, &mut first, at(1)).unwrap());
    assert!(
        !begin_sending(&a, &mut second, at(1)).unwrap(),
        "the first has it"
    );
    assert_eq!(
        second.mark_interrupted(at(2)).unwrap(),
        0,
        "the first is at work on it"
    );
    assert!(
        begin_sending(&b, &mut second, at(2)).unwrap(),
        "nobody has this one"
    );
    second
        .record(
            b.id,
            DeliveryState::Accepted,
            &StateNote::reply("250 ok"),
            at(2),
        )
        .unwrap();

    cut_all(&database);
    let mut third = Ledger::open(&place).unwrap();
    assert_eq!(third.mark_interrupted(at(3)).unwrap(), 1);
    assert_eq!(
        states(&third),
        [DeliveryState::Unknown, DeliveryState::Accepted]
    );
    let lost = first
        .record(
            a.id,
            DeliveryState::Accepted,
            &StateNote::reply("250 ok"),
            at(3),
        )
        .unwrap_err();
    assert!(
        lost.may_pass() && lost.to_string().contains("the connection was lost"),
        "{lost}"
    );
}

#[test]
fn what_was_put_off_is_free_for_the_next() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database);
    let mut first = fixture(&place, &["a@nhs.example"]);
    let mut second = Ledger::open(&place).unwrap();
    assert!(begin_sending(&all(&first)[0], &mut first, at(1)).unwrap());
    first
        .record(
            all(&first)[0].id,
            DeliveryState::Deferred,
            &StateNote::reply("450 later"),
            at(1),
        )
        .unwrap();
    assert!(begin_sending(&all(&second)[0], &mut second, at(9)).unwrap());
    let begun = all(&first).remove(0);
    second
        .record(
            begun.id,
            DeliveryState::Refused,
            &StateNote::reply("550 no"),
            at(9),
        )
        .unwrap();
    assert!(
        !first
            .set_aside(&begun, DeliveryState::Unknown, &StateNote::default(), at(9))
            .unwrap(),
        "it is no longer as it was read"
    );
}

#[test]
fn of_many_who_want_a_delivery_one_gets_it() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database);
    let recipients: Vec<String> = (0..40)
        .map(|number| format!("recipient{number}@nhs.example"))
        .collect();
    let ledger = fixture(
        &place,
        &recipients.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let began: Vec<Vec<_>> = std::thread::scope(|scope| {
        let machines: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut ledger = Ledger::open(&place).unwrap();
                    let due = all(&ledger);
                    due.into_iter()
                        .filter(|delivery| begin_sending(delivery, &mut ledger, at(1)).unwrap())
                        .map(|delivery| delivery.id)
                        .collect()
                })
            })
            .collect();
        machines
            .into_iter()
            .map(|machine| machine.join().unwrap())
            .collect()
    });
    let mut ids: Vec<_> = began.concat();
    ids.sort_unstable();
    assert_eq!(
        ids,
        all(&ledger)
            .iter()
            .map(|delivery| delivery.id)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn two_who_find_the_same_make_one_ledger() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fixture_again(&place));
        }
    });
    assert_eq!(all(&Ledger::open(&place).unwrap()).len(), 2);
}

fn fixture_again(place: &LedgerPlace) {
    let first = super::edition(1, "a");
    let deliveries =
        ["a@nhs.example", "b@nhs.example"].map(|recipient| super::delivery(&first, recipient));
    Ledger::open(place)
        .unwrap()
        .record_prepared(&[(&first, &deliveries)])
        .unwrap();
}

#[test]
fn who_is_not_admitted_is_told_why_and_the_password_is_not() {
    let Some(database) = database() else { return };
    let told = |database: LedgerServer| {
        let error = Ledger::open(&LedgerPlace::Server(database)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(PASSWORD));
        error
    };
    let wrong = told(LedgerServer {
        password: Some("guess".into()),
        ..database.clone()
    });
    assert!(
        matches!(
            wrong.kind,
            LedgerErrorKind::NotOpened(NotOpened::NotAdmitted(..))
        ) && wrong.to_string().contains("password authentication failed"),
        "{wrong}"
    );
    let missing = told(LedgerServer {
        password: None,
        ..database.clone()
    });
    assert!(
        missing
            .to_string()
            .contains("MIGRATION_MONITOR_LEDGER_PASSWORD"),
        "{missing}"
    );
    let elsewhere = told(LedgerServer {
        database: "no_such_database".to_owned(),
        ..database.clone()
    });
    assert!(
        matches!(
            elsewhere.kind,
            LedgerErrorKind::NotOpened(NotOpened::NotAdmitted(..))
        ),
        "{elsewhere}"
    );
    let stranger = told(LedgerServer {
        ca_file: None,
        ..database.clone()
    });
    assert!(
        matches!(
            stranger.kind,
            LedgerErrorKind::NotOpened(NotOpened::NotAdmitted(..))
        ) && stranger.to_string().contains("UnknownIssuer"),
        "{stranger}"
    );
    // Its certificate is another's: it is of localhost.
    let another = told(LedgerServer {
        host: "127.0.0.1".to_owned(),
        ..database.clone()
    });
    assert!(
        matches!(
            another.kind,
            LedgerErrorKind::NotOpened(NotOpened::NotAdmitted(..))
        ),
        "{another}"
    );
    let closed = {
        std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    let away = told(LedgerServer {
        port: closed,
        ..database
    });
    assert!(
        matches!(
            away.kind,
            LedgerErrorKind::NotOpened(NotOpened::Unreachable(..))
        ) && away.may_pass(),
        "{away}"
    );
}

#[test]
fn a_database_that_is_not_a_ledger_of_ours_is_left_alone() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database.clone());
    assert!(all(&Ledger::open_read_only(&place).unwrap()).is_empty());
    let mut administrator = administrator(database.port, &database.database);
    let tables = |administrator: &mut postgres::Client| -> i64 {
        administrator
            .query_one(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
                &[],
            )
            .unwrap()
            .get(0)
    };
    assert_eq!(tables(&mut administrator), 0, "reading makes nothing");
    administrator
        .batch_execute("CREATE TABLE deliveries (x TEXT)")
        .unwrap();
    assert!(matches!(
        Ledger::open(&place).unwrap_err().kind,
        LedgerErrorKind::NotOpened(NotOpened::Foreign)
    ));
    administrator
        .batch_execute("DROP TABLE deliveries")
        .unwrap();
    drop(Ledger::open(&place).unwrap());
    administrator
        .batch_execute("UPDATE ledger_format SET format = 4")
        .unwrap();
    for opened in [Ledger::open(&place), Ledger::open_read_only(&place)] {
        assert!(matches!(
            opened.unwrap_err().kind,
            LedgerErrorKind::NotOpened(NotOpened::Newer(4, _))
        ));
    }
}

#[test]
fn replies_of_any_letters_are_kept() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database);
    let mut ledger = fixture(&place, &["a@nhs.example"]);
    let record = all(&ledger).remove(0);
    assert!(begin_sending(&record, &mut ledger, at(1)).unwrap());
    ledger
        .record(
            record.id,
            DeliveryState::Refused,
            &StateNote::reply("550 \0 n\u{f6} $1 ?1"),
            at(1),
        )
        .unwrap();
    assert_eq!(
        all(&ledger)[0].server_reply.as_deref(),
        Some("550 \u{2400} n\u{f6} $1 ?1")
    );
}

#[test]
fn an_error_quotes_no_row() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database);
    let mut ledger = fixture(&place, &["amina.okafor@nhs.example"]);
    let first = super::edition(1, "a");
    // PostgreSQL's own words would be: Key (message_id)=(…) already exists.
    let mut same = super::delivery(&first, "bronwen.price@nhs.example");
    same.message_id = super::delivery(&first, "amina.okafor@nhs.example").message_id;
    let error = ledger
        .record_prepared(&[(&first, &[same.clone()])])
        .unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(
        said.contains("duplicate key") && !said.contains(&same.message_id),
        "{said}"
    );
}

#[test]
fn a_new_database_begins_with_what_the_file_knew() {
    let Some(database) = database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    // More than go over with one statement, of which some have been sent and one has a hole before
    // it.
    let recipients: Vec<String> = (0..1203)
        .map(|number| format!("recipient{number}@nhs.example"))
        .collect();
    let mut file = fixture(
        &LedgerPlace::File(path.clone()),
        &recipients.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let before = all(&file);
    for delivery in &before[..2] {
        assert!(begin_sending(delivery, &mut file, at(1)).unwrap());
    }
    file.record(
        before[0].id,
        DeliveryState::Refused,
        &StateNote::reply("550 no"),
        at(1),
    )
    .unwrap();
    let before = all(&file);
    let place = LedgerPlace::Server(LedgerServer {
        successor_of: Some(path),
        ..database
    });
    assert_eq!(
        all(&Ledger::open_read_only(&place).unwrap()),
        before,
        "before there are tables"
    );
    let mut ledger = Ledger::open(&place).unwrap();
    assert_eq!(all(&ledger), before);
    assert_eq!(
        ledger
            .edition(
                before[0].key.report_date,
                &before[0].key.organisation,
                before[0].key.report
            )
            .unwrap()
            .unwrap()
            .edition,
        1
    );
    let first = super::edition(1, "a");
    assert_eq!(
        ledger
            .record_prepared(&[(&first, &[super::delivery(&first, "new@nhs.example")])])
            .unwrap(),
        1
    );
    let newest = all(&ledger)
        .iter()
        .map(|delivery| delivery.id)
        .max()
        .unwrap();
    assert!(
        before.iter().all(|delivery| delivery.id < newest),
        "numbers go on"
    );
    drop(file);
    assert_eq!(all(&Ledger::open(&place).unwrap()).len(), 1204, "once only");
}

#[test]
fn a_session_outlives_the_pause_in_which_a_mail_server_thinks() {
    let Some(database) = database() else { return };
    let place = LedgerPlace::Server(database.clone());
    administrator(database.port, &database.database)
        .batch_execute(&format!(
            "ALTER DATABASE {} SET idle_session_timeout = '1s'",
            database.database
        ))
        .unwrap();
    let ledger = fixture(&place, &["a@nhs.example"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(
        all(&ledger).len(),
        1,
        "its own settings go before the database's"
    );
}
