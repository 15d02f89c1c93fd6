//! What reports say of deliveries, in the ledger.

use std::collections::BTreeSet;

use migration_monitor::delivery::{DeliveryRecord, Evidence, Ledger, LedgerPlace, StateNote};
use migration_monitor::domain::DeliveryState;

use super::{all, at, begin_sending, fixture, states};

fn evidence(of: &DeliveryRecord, state: DeliveryState) -> Evidence {
    Evidence {
        of: of.clone(),
        state,
        reason: format!("a report says {state}"),
    }
}

pub(super) fn evidence_settles_what_it_is_about_and_is_not_read_twice(place: &LedgerPlace) {
    use DeliveryState::{Accepted, Bounced, Delivered, Prepared, Quarantined};

    let mut ledger = fixture(
        place,
        &[
            "a@nhs.example",
            "b@nhs.example",
            "c@nhs.example",
            "d@nhs.example",
        ],
    );
    let prepared = all(&ledger);
    for delivery in &prepared[..3] {
        assert!(begin_sending(delivery, &mut ledger, at(1)).unwrap());
        ledger
            .record(delivery.id, Accepted, &StateNote::reply("250 ok"), at(2))
            .unwrap();
    }
    let sent = all(&ledger);

    let ids: Vec<String> = (0..2_500)
        .map(|number| format!("{number}@elsewhere.example"))
        .chain([sent[1].message_id.clone()])
        .collect();
    let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(
        ledger.of_message_ids(&ids).unwrap(),
        [sent[1].clone()],
        "however many are asked for"
    );

    let noted = ledger
        .note_evidence(
            &[
                evidence(&sent[0], Bounced),
                evidence(&sent[1], Accepted),
                evidence(&sent[2], Quarantined),
                // It was never sent: nothing can have come of it.
                evidence(&prepared[3], Bounced),
                // It was read before it was sent.
                evidence(&prepared[0], Accepted),
            ],
            &["one", "two"].into(),
            at(9),
        )
        .unwrap();
    assert_eq!(noted, [true, true, true, false, false]);
    let after = all(&ledger);
    assert_eq!(states(&ledger), [Bounced, Accepted, Quarantined, Prepared]);
    assert!(
        ledger.read_before(&["one"].into()).unwrap().is_empty(),
        "where not all was noted, it is read again"
    );
    let of = |record: &DeliveryRecord| {
        (
            record.updated_at,
            record.accepted_at,
            record.server_reply.clone(),
        )
    };
    let reply = Some("250 ok".to_owned());
    assert_eq!(of(&after[0]), (at(9), Some(at(2)), reply.clone()));
    assert_eq!(
        of(&after[1]),
        (at(2), Some(at(2)), reply),
        "a note changes no state"
    );
    assert_eq!(after[0].explanation(), Some("a report says bounced"));

    let noted = ledger.note_evidence(
        &[
            evidence(&after[0], Delivered),
            evidence(&after[2], Delivered),
            evidence(&sent[2], Bounced),
        ],
        &BTreeSet::new(),
        at(10),
    );
    assert_eq!(noted.unwrap(), [false, true, false]);
    ledger
        .note_evidence(&[], &["one", "two"].into(), at(10))
        .unwrap();
    drop(ledger);
    let ledger = Ledger::open(place).unwrap();
    assert_eq!(states(&ledger), [Bounced, Accepted, Delivered, Prepared]);
    assert_eq!(
        ledger
            .read_before(&["two", "three", "one"].into())
            .unwrap()
            .into_iter()
            .collect::<Vec<_>>(),
        ["one", "two"]
    );
}
