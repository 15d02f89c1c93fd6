use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};

use super::*;
use crate::delivery::{Deferral, EditionRecord, Expiry, LedgerPlace, Letter, PreparedDelivery};
use crate::domain::{EmailAddress, OrganisationCode, ReportDate, ReportKind};

const NAMES: [&str; 6] = ["ann", "bob", "cat", "dan", "eve", "fay"];

fn date() -> ReportDate {
    ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())
}

fn start() -> DateTime<Utc> {
    date().day().and_hms_opt(6, 0, 0).unwrap().and_utc()
}

fn message(organisation: &str, name: &str) -> Message {
    let key = DeliveryKey {
        report_date: date(),
        organisation: OrganisationCode::parse(organisation).unwrap(),
        report: ReportKind::OverallMigration,
        edition: 1,
        recipient: EmailAddress::parse(&format!("{name}.surname@nhs.example")).unwrap(),
    };
    let message_id = key.message_id("nhs.example");
    let bytes = format!("To: {name}\r\n\r\nReport of {organisation}\r\n").into_bytes();
    Message {
        to: key.recipient.clone(),
        key,
        from: EmailAddress::parse("reports@nhs.example").unwrap(),
        message_id,
        bytes,
    }
}

fn ledger_with(messages: &[Message]) -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&LedgerPlace::File(folder.path().join("ledger.sqlite"))).unwrap();
    for message in messages {
        let edition = EditionRecord {
            report_date: date(),
            organisation: message.key.organisation.clone(),
            report: message.key.report,
            edition: 1,
            inputs_digest: "inputs".into(),
            prepared_at: start(),
        };
        ledger
            .record_prepared(&[(
                &edition,
                &[PreparedDelivery::of(message, "archive/message.eml")],
            )])
            .unwrap();
    }
    (folder, ledger)
}

/// Answers as scripted, then accepts.
#[derive(Default)]
struct Scripted {
    script: VecDeque<SendOutcome>,
    sent: Vec<String>,
    finished: bool,
}

impl Transport for Scripted {
    fn hand_over(&mut self, letter: &Letter<'_>) -> SendOutcome {
        self.sent
            .push(letter.to.reveal().split('.').next().unwrap().to_owned());
        self.script
            .pop_front()
            .unwrap_or(SendOutcome::Accepted("250 ok".into()))
    }

    fn finish(&mut self) {
        self.finished = true;
    }
}

fn scripted(script: impl IntoIterator<Item = SendOutcome>) -> Scripted {
    Scripted {
        script: script.into_iter().collect(),
        ..Scripted::default()
    }
}

fn everything() -> DeliveryFilter {
    DeliveryFilter::of_date(date())
}

fn states(ledger: &Ledger) -> Vec<DeliveryState> {
    let all = ledger.deliveries(&everything()).unwrap();
    all.iter().map(|delivery| delivery.state).collect()
}

struct Run {
    summary: DeliverySummary,
    events: Vec<DeliveryEvent>,
}

fn run(
    ledger: &mut Ledger,
    transport: &mut Scripted,
    filter: &DeliveryFilter,
    messages: &[Message],
) -> Run {
    run_despite_back_off(false, ledger, transport, filter, messages)
}

fn run_despite_back_off(
    despite_back_off: bool,
    ledger: &mut Ledger,
    transport: &mut Scripted,
    filter: &DeliveryFilter,
    messages: &[Message],
) -> Run {
    let load = |record: &DeliveryRecord| {
        messages
            .iter()
            .find(|message| message.key == record.key)
            .cloned()
            .ok_or(WithheldMessage("message.eml is missing".into()))
    };
    let pace = Pace {
        messages_per_minute: None,
        despite_back_off,
        clock: &start,
        sleep: &|_| panic!("no need to wait"),
    };
    let mut events = Vec::new();
    let summary = deliver(ledger, transport, filter, &load, pace, &mut |event| {
        events.push(event.clone())
    })
    .unwrap();
    assert!(transport.finished);
    Run { summary, events }
}

fn unreachable() -> SendOutcome {
    SendOutcome::unreachable("cannot reach it")
}

fn later() -> SendOutcome {
    SendOutcome::Deferred("450 later".into(), Deferral::Message)
}

fn lost() -> SendOutcome {
    SendOutcome::Deferred("lost".into(), Deferral::Connection)
}

fn unknown() -> SendOutcome {
    SendOutcome::Unknown("no answer".into())
}

#[test]
fn each_is_sent_once_in_a_stable_order_and_a_rerun_sends_only_what_was_deferred() {
    let messages: Vec<_> = NAMES
        .into_iter()
        .rev()
        .map(|name| message("RXX", name))
        .collect();
    let (_folder, mut ledger) = ledger_with(&messages);
    let refused = SendOutcome::Refused("550 no".into());
    let mut transport = scripted([
        SendOutcome::Accepted("250 ok".into()),
        refused,
        later(),
        unknown(),
    ]);
    let first = run(&mut ledger, &mut transport, &everything(), &messages);
    assert_eq!(transport.sent, NAMES);
    use DeliveryState::{Accepted, Deferred, Refused, Unknown};
    assert_eq!(
        first.summary.settled,
        [(Accepted, 3), (Refused, 1), (Deferred, 1), (Unknown, 1)].into()
    );
    assert_eq!((first.summary.due, first.summary.unreachable), (6, None));

    let mut transport = scripted([]);
    let at_once = run(&mut ledger, &mut transport, &everything(), &messages);
    assert!(transport.sent.is_empty());
    assert_eq!((at_once.summary.due, at_once.summary.waiting), (0, 1));
    let until = start() + TimeDelta::minutes(5);
    assert!(matches!(&at_once.events[0], DeliveryEvent::Waiting(_, told) if *told == until));

    let mut transport = scripted([]);
    let second = run_despite_back_off(true, &mut ledger, &mut transport, &everything(), &messages);
    assert_eq!(transport.sent, ["cat"]);
    assert_eq!(second.summary.settled, [(Accepted, 1)].into());

    let mut transport = scripted([]);
    assert_eq!(
        run(&mut ledger, &mut transport, &everything(), &messages).summary,
        DeliverySummary::default()
    );
    let replies: Vec<_> = ledger
        .deliveries(&DeliveryFilter::default())
        .unwrap()
        .into_iter()
        .map(|record| (record.state, record.server_reply))
        .collect();
    assert_eq!(replies[1], (Refused, Some("550 no".into())));
    assert_eq!(replies[3], (Unknown, None));
}

/// Sends at `now`, with a server that answers `outcome` to every message. Gives how many messages
/// it was given.
fn send_at(
    now: DateTime<Utc>,
    ledger: &mut Ledger,
    messages: &[Message],
    outcome: &SendOutcome,
) -> usize {
    let load = |record: &DeliveryRecord| {
        Ok(messages
            .iter()
            .find(|message| message.key == record.key)
            .cloned()
            .unwrap())
    };
    let clock = || now;
    let pace = Pace {
        messages_per_minute: None,
        despite_back_off: false,
        clock: &clock,
        sleep: &|_| {},
    };
    let mut transport = scripted(vec![outcome.clone(); messages.len()]);
    deliver(
        ledger,
        &mut transport,
        &everything(),
        &load,
        pace,
        &mut |_| {},
    )
    .unwrap();
    transport.sent.len()
}

#[test]
fn what_the_server_puts_off_is_tried_less_and_less_often() {
    let messages = [message("RXX", "ann")];
    let (_folder, mut ledger) = ledger_with(&messages);
    let mut attempts = Vec::new();
    for minute in 0..600 {
        if send_at(
            start() + TimeDelta::minutes(minute),
            &mut ledger,
            &messages,
            &later(),
        ) > 0
        {
            attempts.push(minute);
        }
    }
    assert_eq!(attempts, [0, 5, 15, 35, 75, 155, 275, 395, 515]);
}

#[test]
fn what_never_met_the_server_is_due_at_once() {
    for fault in [unreachable(), lost()] {
        let messages = [message("RXX", "ann")];
        let (_folder, mut ledger) = ledger_with(&messages);
        assert_eq!(send_at(start(), &mut ledger, &messages, &fault), 1);
        assert_eq!(send_at(start(), &mut ledger, &messages, &fault), 1);
    }
}

#[test]
fn a_clock_that_is_set_back_sends_nothing_twice_and_nothing_never() {
    let messages = [message("RXX", "ann"), message("RXX", "bob")];
    let (_folder, mut ledger) = ledger_with(&messages);
    let load = |record: &DeliveryRecord| {
        Ok(messages
            .iter()
            .find(|message| message.key == record.key)
            .cloned()
            .unwrap())
    };
    let pace = Pace {
        messages_per_minute: None,
        despite_back_off: false,
        clock: &start,
        sleep: &|_| {},
    };
    deliver(
        &mut ledger,
        &mut scripted([later()]),
        &everything(),
        &load,
        pace,
        &mut |_| {},
    )
    .unwrap();
    let an_hour_before = start() - TimeDelta::hours(1);
    assert_eq!(
        send_at(an_hour_before, &mut ledger, &messages, &later()),
        1,
        "the one that was put off, and not the accepted one"
    );
    assert_eq!(
        send_at(
            an_hour_before + TimeDelta::minutes(9),
            &mut ledger,
            &messages,
            &later()
        ),
        0,
        "from here on the wait counts"
    );
    assert_eq!(
        send_at(
            an_hour_before + TimeDelta::minutes(10),
            &mut ledger,
            &messages,
            &SendOutcome::Accepted("250".into())
        ),
        1
    );
    assert_eq!(states(&ledger), [DeliveryState::Accepted; 2]);
}

#[test]
fn a_report_expires_so_long_after_it_was_due_or_was_prepared() {
    let due = |date: ReportDate| date.day().and_hms_opt(7, 0, 0).unwrap().and_utc();
    let expiry = Expiry {
        after: TimeDelta::hours(20),
        due_at: &due,
    };
    let messages = [
        message("RXX", "ann"),
        message("RXX", "bob"),
        message("RXX", "cat"),
    ];
    let (_folder, mut ledger) = ledger_with(&messages);
    let load = |record: &DeliveryRecord| {
        Ok(messages
            .iter()
            .find(|message| message.key == record.key)
            .cloned()
            .unwrap())
    };
    let pace = Pace {
        messages_per_minute: None,
        despite_back_off: false,
        clock: &start,
        sleep: &|_| {},
    };
    deliver(
        &mut ledger,
        &mut scripted([later()]),
        &everything(),
        &load,
        pace,
        &mut |_| {},
    )
    .unwrap();
    let [ann, bob, _] = ledger
        .deliveries(&DeliveryFilter::default())
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        expiry.expires_at(&bob),
        start() + TimeDelta::hours(21),
        "prepared at six, due at seven"
    );
    let prepared_late = DeliveryRecord {
        prepared_at: start() + TimeDelta::days(30),
        ..bob.clone()
    };
    assert_eq!(
        expiry.expires_at(&prepared_late),
        start() + TimeDelta::days(30) + TimeDelta::hours(20)
    );

    assert!(
        expiry
            .expire(
                &mut ledger,
                start() + TimeDelta::hours(21) - TimeDelta::seconds(1)
            )
            .unwrap()
            .is_empty()
    );
    let expired = expiry
        .expire(&mut ledger, start() + TimeDelta::hours(21))
        .unwrap();
    assert_eq!(expired.len(), 1, "two were accepted");
    assert_eq!(
        ledger.delivery(ann.id).unwrap().unwrap().state,
        DeliveryState::Expired
    );
    let reason = ledger.delivery(ann.id).unwrap().unwrap().reason.unwrap();
    assert_eq!(
        reason,
        "too old to be sent since 2026-11-23 03:00 UTC; the last attempt: 450 later"
    );
    assert_eq!(
        send_at(
            start() + TimeDelta::hours(22),
            &mut ledger,
            &messages,
            &later()
        ),
        0
    );
}

#[test]
fn only_the_selected_organisations_are_sent_and_none_is_not_all() {
    let messages = [message("RXX", "ann"), message("RYY", "bob")];
    let (_folder, mut ledger) = ledger_with(&messages);
    let mut transport = scripted([]);
    let only = |codes: &[&str]| DeliveryFilter {
        organisations: Some(
            codes
                .iter()
                .map(|code| OrganisationCode::parse(code).unwrap())
                .collect(),
        ),
        ..everything()
    };
    run(&mut ledger, &mut transport, &only(&[]), &messages);
    assert!(transport.sent.is_empty());
    run(&mut ledger, &mut transport, &only(&["RYY"]), &messages);
    assert_eq!(transport.sent, ["bob"]);
}

#[test]
fn a_message_that_is_not_the_verified_one_is_held_and_the_others_go() {
    let messages = [
        message("RXX", "ann"),
        message("RXX", "bob"),
        message("RXX", "cat"),
        message("RXX", "dan"),
    ];
    let (_folder, mut ledger) = ledger_with(&messages);
    let mut changed = messages.to_vec();
    changed[0].bytes.push(b'!');
    changed[1].message_id = changed[2].message_id.clone();
    changed.remove(3);
    let mut transport = scripted([]);
    let run = run(&mut ledger, &mut transport, &everything(), &changed);
    assert_eq!(transport.sent, ["cat"]);
    assert_eq!(run.summary.count(DeliveryState::Held), 3);
    let reasons: Vec<_> = ledger
        .deliveries(&DeliveryFilter::default())
        .unwrap()
        .into_iter()
        .filter_map(|record| record.reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "archive/message.eml changed after it was verified: reissue the report",
            "the archived message is another delivery's",
            "message.eml is missing",
        ]
    );
}

#[test]
fn three_failures_of_the_server_in_a_row_spare_the_rest_the_wait() {
    for fault in [unreachable, lost, unknown] {
        let messages: Vec<_> = NAMES.into_iter().map(|name| message("RXX", name)).collect();
        let (_folder, mut ledger) = ledger_with(&messages);
        let mut transport = scripted([fault(), fault(), fault()]);
        let run = run(&mut ledger, &mut transport, &everything(), &messages);
        assert_eq!(transport.sent.len(), 3);
        assert_eq!(run.summary.not_tried, 3);
        assert!(run.summary.unreachable.is_some());
        assert!(matches!(
            run.events.last(),
            Some(DeliveryEvent::Stopped(_, 3))
        ));
        let states = states(&ledger);
        let prepared = states
            .iter()
            .filter(|state| **state == DeliveryState::Prepared);
        assert_eq!(prepared.count(), 3, "they stay as they were");
    }
}

#[test]
fn failures_that_are_not_in_a_row_or_not_the_servers_stop_nothing() {
    let accepted = || SendOutcome::Accepted("250 ok".into());
    for script in [
        vec![later(); 6],
        vec![
            lost(),
            unreachable(),
            accepted(),
            lost(),
            lost(),
            accepted(),
        ],
    ] {
        let messages: Vec<_> = NAMES.into_iter().map(|name| message("RXX", name)).collect();
        let (_folder, mut ledger) = ledger_with(&messages);
        let mut transport = scripted(script.clone());
        let run = run(&mut ledger, &mut transport, &everything(), &messages);
        assert_eq!((transport.sent.len(), run.summary.not_tried), (6, 0));
        assert_eq!(
            run.summary.unreachable.is_some(),
            script.contains(&unreachable())
        );
    }
}

#[test]
fn a_delivery_that_somebody_else_took_is_passed_over() {
    let messages = [message("RXX", "ann"), message("RXX", "bob")];
    let (folder, mut ledger) = ledger_with(&messages);
    let load = |record: &DeliveryRecord| {
        if record.key == messages[0].key {
            let mut other =
                Ledger::open(&LedgerPlace::File(folder.path().join("ledger.sqlite"))).unwrap();
            assert_eq!(
                other.settle_and_begin(&[], &[record], start()).unwrap(),
                [true]
            );
        }
        Ok(messages
            .iter()
            .find(|message| message.key == record.key)
            .cloned()
            .unwrap())
    };
    let pace = Pace {
        messages_per_minute: None,
        despite_back_off: false,
        clock: &start,
        sleep: &|_| {},
    };
    let mut transport = scripted([]);
    let summary = deliver(
        &mut ledger,
        &mut transport,
        &everything(),
        &load,
        pace,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(transport.sent, ["bob"]);
    assert_eq!(
        (
            summary.due,
            summary.passed_over,
            summary.count(DeliveryState::Accepted)
        ),
        (2, 1, 1)
    );
}

#[test]
fn messages_keep_their_distance() {
    let messages: Vec<_> = NAMES
        .into_iter()
        .take(4)
        .map(|name| message("RXX", name))
        .collect();
    let (_folder, mut ledger) = ledger_with(&messages);
    let now = Cell::new(start());
    // Every look at the clock takes 100 ms: one when a message begins, one when the next asks how
    // long it has been.
    let clock = || now.replace(now.get() + TimeDelta::milliseconds(100));
    let waits = RefCell::new(Vec::new());
    let sleep = |wait: Duration| {
        waits.borrow_mut().push(wait.as_millis());
        now.set(now.get() + wait);
    };
    let load = |record: &DeliveryRecord| {
        Ok(messages
            .iter()
            .find(|message| message.key == record.key)
            .cloned()
            .unwrap())
    };
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(30),
        despite_back_off: false,
        clock: &clock,
        sleep: &sleep,
    };
    deliver(
        &mut ledger,
        &mut scripted([]),
        &everything(),
        &load,
        pace,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(*waits.borrow(), [1800, 1800, 1800]);
}

#[test]
fn at_thirty_a_minute_a_hundred_and_twenty_messages_take_four_minutes() {
    let messages: Vec<_> = (0..120)
        .map(|number| message("RXX", &format!("user{number:04}")))
        .collect();
    let (_folder, mut ledger) = ledger_with(&messages);
    let now = Cell::new(start());
    let clock = || now.get();
    let sleep = |wait: Duration| now.set(now.get() + wait);
    let begun = RefCell::new(Vec::new());
    let by_key: std::collections::BTreeMap<_, _> = messages
        .iter()
        .map(|message| (message.key.clone(), message.clone()))
        .collect();
    let load = |record: &DeliveryRecord| Ok(by_key[&record.key].clone());
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(30),
        despite_back_off: false,
        clock: &clock,
        sleep: &sleep,
    };
    let mut on_event = |event: &DeliveryEvent| {
        if matches!(event, DeliveryEvent::Sending(_)) {
            begun.borrow_mut().push(now.get());
        }
    };
    let summary = deliver(
        &mut ledger,
        &mut scripted([]),
        &everything(),
        &load,
        pace,
        &mut on_event,
    )
    .unwrap();
    assert_eq!(summary.count(DeliveryState::Accepted), 120);
    let begun = begun.into_inner();
    assert_eq!(begun[119] - begun[0], TimeDelta::seconds(2 * 119));
    assert!(
        begun
            .windows(31)
            .all(|few| few[30] - few[0] >= TimeDelta::minutes(1)),
        "never more than 30 in any minute"
    );
}

#[test]
fn a_clock_that_is_set_back_does_not_stall_the_run() {
    let slept = Cell::new(Duration::ZERO);
    let sleep = |wait| slept.set(wait);
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(60),
        despite_back_off: false,
        clock: &start,
        sleep: &sleep,
    };
    pace.await_turn(Some(start() + TimeDelta::hours(1)));
    assert_eq!(slept.get(), Duration::from_secs(1));
}

#[test]
fn events_name_no_person() {
    let messages = [message("RXX", "ann"), message("RXX", "bob")];
    let (_folder, mut ledger) = ledger_with(&messages);
    let run = run(
        &mut ledger,
        &mut scripted([later()]),
        &everything(),
        &messages,
    );
    assert_eq!(run.events.len(), 5);
    let text = format!("{:?}", run.events);
    assert!(
        !text.contains("surname") && text.contains("a…@nhs.example"),
        "{text}"
    );
}
