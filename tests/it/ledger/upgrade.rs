//! A ledger as version 0.1.0 made it, in the hands of this one.

use migration_monitor::delivery::{Evidence, Ledger, LedgerPlace, StateNote};
use migration_monitor::domain::DeliveryState;

use super::{all, at, begin_sending};
use crate::support::postgres::administrator;

/// Every state of version 0.1.0.
const STATES: [DeliveryState; 9] = [
    DeliveryState::Prepared,
    DeliveryState::Sending,
    DeliveryState::Accepted,
    DeliveryState::Deferred,
    DeliveryState::Refused,
    DeliveryState::Unknown,
    DeliveryState::Held,
    DeliveryState::Superseded,
    DeliveryState::Expired,
];

/// The tables of version 0.1.0, with a delivery in each state.
fn make_format_1(place: &LedgerPlace) {
    let mut rows = "INSERT INTO editions VALUES ('2026-11-22', 'RXX', 'failed-item', 1, 'a', \
                    '2026-11-22T06:00:00.000Z');"
        .to_owned();
    for (number, state) in (1..).zip(STATES) {
        rows += &format!(
            "INSERT INTO deliveries (report_date, organisation, report, edition, recipient, \
             recipient_folded, message_id, message_path, message_digest, state, attempts, \
             server_reply, prepared_at, updated_at) VALUES ('2026-11-22', 'RXX', 'failed-item', 1, \
             'r{number}@nhs.example', 'r{number}@nhs.example', 'id{number}@nhs.example', \
             'archive/m', 'd', '{state}', {number}, '250 {number}', '2026-11-22T06:00:00.000Z', \
             '2026-11-22T06:0{number}:00.000Z');"
        );
    }
    match place {
        LedgerPlace::File(path) => {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = rusqlite::Connection::open(path).unwrap();
            file.execute_batch(include_str!("format-1/file.sql"))
                .unwrap();
            file.execute_batch("CREATE INDEX deliveries_by_state ON deliveries (state)")
                .unwrap();
            file.execute_batch(&rows).unwrap();
            file.pragma_update(None, "user_version", 1).unwrap();
        }
        LedgerPlace::Server(server) => {
            let mut client = administrator(server.port, &server.database);
            client
                .batch_execute(include_str!("format-1/server.sql"))
                .unwrap();
            client
                .batch_execute("INSERT INTO ledger_format (format) VALUES (1)")
                .unwrap();
            client.batch_execute(&rows).unwrap();
        }
    }
}

fn format_of(place: &LedgerPlace) -> i64 {
    match place {
        LedgerPlace::File(path) => rusqlite::Connection::open(path)
            .unwrap()
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap(),
        LedgerPlace::Server(server) => administrator(server.port, &server.database)
            .query_one("SELECT format FROM ledger_format", &[])
            .unwrap()
            .get(0),
    }
}

pub(super) fn a_ledger_of_format_1_is_read_as_it_is_and_brought_up_to_date(place: &LedgerPlace) {
    make_format_1(place);
    let before = all(&Ledger::open_read_only(place).unwrap());
    assert_eq!(format_of(place), 1, "reading changes nothing");
    for (record, (number, state)) in before.iter().zip((1..).zip(STATES)) {
        assert_eq!(
            (record.id.number(), record.state, record.attempts),
            (i64::from(number), state, number)
        );
        let accepted_at = (state == DeliveryState::Accepted).then(|| at(number));
        assert_eq!(
            (record.updated_at, record.accepted_at),
            (at(number), accepted_at)
        );
    }
    assert_eq!(before.len(), STATES.len());

    // Who comes first brings it up to date, and the others find it so.
    if matches!(place, LedgerPlace::Server(_)) {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| Ledger::open(place).unwrap());
            }
        });
    }
    for _ in 0..2 {
        let ledger = Ledger::open(place).unwrap();
        assert_eq!(all(&ledger), before);
        assert_eq!(format_of(place), 3);
    }
    let mut ledger = Ledger::open(place).unwrap();
    let evidence = |of: usize, state| Evidence {
        of: before[of].clone(),
        state,
        reason: "for a reason".to_owned(),
    };
    let evidence = [
        evidence(2, DeliveryState::Bounced),
        evidence(5, DeliveryState::Quarantined),
    ];
    assert_eq!(
        ledger
            .note_evidence(&evidence, &["digest"].into(), at(30))
            .unwrap(),
        [true, true]
    );
    assert!(begin_sending(&before[0], &mut ledger, at(31)).unwrap());
    ledger
        .record(
            before[0].id,
            DeliveryState::Accepted,
            &StateNote::reply("250 ok"),
            at(32),
        )
        .unwrap();
    assert_eq!(all(&ledger)[0].accepted_at, Some(at(32)));
    drop(ledger);
    let first = super::edition(1, "a");
    let mut ledger = Ledger::open(place).unwrap();
    ledger
        .record_prepared(&[(&first, &[super::delivery(&first, "z@nhs.example")])])
        .unwrap();
    assert_eq!(all(&ledger)[9].id.number(), 10, "numbers go on");
}

#[cfg(unix)]
#[test]
fn a_database_of_today_begins_with_a_file_of_format_1() {
    use migration_monitor::delivery::LedgerServer;

    let Some(database) = crate::support::postgres::database() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/ledger.sqlite");
    let file = LedgerPlace::File(path.clone());
    make_format_1(&file);
    let before = all(&Ledger::open_read_only(&file).unwrap());
    let place = LedgerPlace::Server(LedgerServer {
        successor_of: Some(path),
        ..database
    });
    assert_eq!(all(&Ledger::open_read_only(&place).unwrap()), before);
    assert_eq!(all(&Ledger::open(&place).unwrap()), before);
    assert_eq!(format_of(&file), 1, "the file is left as it is");
}
