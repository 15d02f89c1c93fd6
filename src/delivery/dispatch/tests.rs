use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::*;
use crate::delivery::{
    Deferral, EditionRecord, Expiry, Lanes, Leave, LedgerPlace, OutgoingMessage, PreparedDelivery,
    Refusal,
};
use crate::domain::{EmailAddress, OrganisationCode, ReportDate};

const NAMES: [&str; 6] = ["ann", "bob", "cat", "dan", "eve", "fay"];

fn date() -> ReportDate {
    ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())
}

fn start() -> DateTime<Utc> {
    date().day().and_hms_opt(6, 0, 0).unwrap().and_utc()
}

fn message(organisation: &str, name: &str) -> Message {
    let bytes = format!("To: {name}\r\n\r\nReport of {organisation}\r\n");
    Message::invented(organisation, &format!("{name}.surname@nhs.example"), bytes)
}

/// Messages to so many who have numbers.
fn numbered(organisation: &str, count: usize) -> Vec<Message> {
    let numbers = 0..count;
    let of = |number| message(organisation, &format!("user{number:04}"));
    numbers.map(of).collect()
}

/// Which of three accounts sends to somebody who has a number.
fn account_of_three(recipient: &EmailAddress) -> usize {
    let digits = recipient.reveal().chars().filter(char::is_ascii_digit);
    digits.collect::<String>().parse::<usize>().unwrap() % 3
}

fn edition_of(message: &Message) -> EditionRecord {
    EditionRecord {
        report_date: date(),
        organisation: message.key.organisation.clone(),
        report: message.key.report,
        edition: 1,
        inputs_digest: "inputs".into(),
        prepared_at: start(),
    }
}

fn ledger_with(messages: &[Message]) -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&LedgerPlace::File(folder.path().join("ledger.sqlite"))).unwrap();
    for message in messages {
        let edition = edition_of(message);
        ledger
            .record_prepared(&[(
                &edition,
                &[PreparedDelivery::of(message, "archive/message.eml")],
            )])
            .unwrap();
    }
    (folder, ledger)
}

/// A ledger with one edition of a report to many.
fn ledger_of(messages: &[Message]) -> (tempfile::TempDir, Ledger) {
    let (folder, mut ledger) = ledger_with(&[]);
    let edition = edition_of(&messages[0]);
    let deliveries: Vec<_> = messages
        .iter()
        .map(|message| PreparedDelivery::of(message, "archive/message.eml"))
        .collect();
    ledger.record_prepared(&[(&edition, &deliveries)]).unwrap();
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
    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        self.sent
            .push(message.to.reveal().split('.').next().unwrap().to_owned());
        let outcome = self.script.pop_front();
        let outcome = outcome.unwrap_or(SendOutcome::Accepted("250 ok".into()));
        // Some are put off or refused before their end, others after it.
        let may_be_out = matches!(outcome, SendOutcome::Accepted(_) | SendOutcome::Unknown(_));
        if (may_be_out || self.sent.len().is_multiple_of(2)) && !leave() {
            return SendOutcome::stayed();
        }
        outcome
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

/// Finds the message of a delivery among these.
fn among(
    messages: &[Message],
) -> impl Fn(&DeliveryRecord) -> Result<Message, WithheldMessage> + Sync {
    let by_key: BTreeMap<_, _> = messages.iter().map(|one| (&one.key, one)).collect();
    move |record| Ok(by_key[&record.key].clone())
}

/// As fast as the transport takes messages, at an hour that stands still.
fn unhurried() -> Pace<'static> {
    Pace {
        messages_per_minute: None,
        despite_back_off: false,
        clock: &start,
        sleep: &|_| {},
        lanes: None,
        stops: None,
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
            .ok_or(WithheldMessage::Held("message.eml is missing".into()))
    };
    let pace = Pace {
        despite_back_off,
        sleep: &|_| panic!("no need to wait"),
        ..unhurried()
    };
    let mut events = Vec::new();
    let summary = deliver(ledger, transport, filter, &load, pace, &mut |event| {
        events.push(event.clone())
    })
    .unwrap();
    assert!(transport.finished);
    Run { summary, events }
}

fn deliver_all(
    ledger: &mut Ledger,
    transport: &mut dyn Transport,
    messages: &[Message],
    pace: Pace<'_>,
) -> DeliverySummary {
    let load = among(messages);
    deliver(ledger, transport, &everything(), &load, pace, &mut |_| {}).unwrap()
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

fn sender() -> SendOutcome {
    SendOutcome::Deferred("550 5.7.60 not you".into(), Deferral::Sender)
}

/// What cannot be told to be about a message, or about whoever sends it.
fn doubted() -> SendOutcome {
    SendOutcome::Refused(Refusal {
        text: "554 5.7.1 no".into(),
        kind: "end 554".into(),
        is_certain: false,
    })
}

/// A message each to as many organisations.
fn messages_of_all() -> Vec<Message> {
    let organisation = |name: &str| format!("Z{}", name.to_ascii_uppercase());
    NAMES
        .into_iter()
        .map(|name| message(&organisation(name), name))
        .collect()
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
    let refused = SendOutcome::Refused(Refusal::certain("550 no"));
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
    let clock = || now;
    let pace = Pace {
        clock: &clock,
        ..unhurried()
    };
    let mut transport = scripted(vec![outcome.clone(); messages.len()]);
    deliver_all(ledger, &mut transport, messages, pace);
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
fn what_never_met_the_server_is_due_at_once_and_what_broke_the_connection_is_not() {
    for (fault, at_once) in [(unreachable(), 1), (lost(), 0)] {
        let messages = [message("RXX", "ann")];
        let (_folder, mut ledger) = ledger_with(&messages);
        assert_eq!(send_at(start(), &mut ledger, &messages, &fault), 1);
        assert_eq!(send_at(start(), &mut ledger, &messages, &fault), at_once);
    }
}

#[test]
fn a_clock_that_is_set_back_sends_nothing_twice_and_nothing_never() {
    let messages = [message("RXX", "ann"), message("RXX", "bob")];
    let (_folder, mut ledger) = ledger_with(&messages);
    deliver_all(
        &mut ledger,
        &mut scripted([later()]),
        &messages,
        unhurried(),
    );
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
    deliver_all(
        &mut ledger,
        &mut scripted([later()]),
        &messages,
        unhurried(),
    );
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
                Vec::new(),
                start() + TimeDelta::hours(21) - TimeDelta::seconds(1)
            )
            .unwrap()
            .is_empty()
    );
    let expired = expiry
        .expire(&mut ledger, Vec::new(), start() + TimeDelta::hours(21))
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
fn a_message_that_cannot_be_read_stays_to_be_sent_and_the_others_go() {
    let messages = [message("RXX", "ann"), message("RXX", "bob")];
    let (_folder, mut ledger) = ledger_with(&messages);
    let found = among(&messages);
    let load = |record: &DeliveryRecord| {
        if record.key.recipient == messages[0].key.recipient {
            let reason = "the archived message cannot be read: an error of the disk";
            return Err(WithheldMessage::Unread(reason.to_owned()));
        }
        found(record)
    };
    let mut transport = scripted([]);
    let mut unread = Vec::new();
    let mut on_event = |event: &DeliveryEvent| {
        if let DeliveryEvent::Unread(key, _) = event {
            unread.push(key.clone());
        }
    };
    deliver(
        &mut ledger,
        &mut transport,
        &everything(),
        &load,
        unhurried(),
        &mut on_event,
    )
    .unwrap();
    assert_eq!(unread, [messages[0].key.clone()]);
    assert_eq!(transport.sent, ["bob"]);
    assert_eq!(
        states(&ledger),
        [DeliveryState::Prepared, DeliveryState::Accepted]
    );
    run(&mut ledger, &mut transport, &everything(), &messages);
    assert_eq!(transport.sent, ["bob", "ann"]);
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
        let messages = messages_of_all();
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
fn messages_that_break_the_connection_do_not_keep_the_others_from_theirs() {
    // A scanner that cuts the connection for whatever goes to the first organisation.
    let mut messages: Vec<_> = NAMES.into_iter().map(|name| message("ZAA", name)).collect();
    messages.extend(NAMES.map(|name| message("ZBB", name)));
    let (_folder, mut ledger) = ledger_with(&messages);
    let mut transport = scripted(vec![lost(); 6]);
    let first = run(&mut ledger, &mut transport, &everything(), &messages);
    assert_eq!(first.summary.count(DeliveryState::Accepted), 6);
    assert_eq!(
        (first.summary.not_tried, first.summary.unreachable),
        (0, None)
    );
}

#[test]
fn what_was_tried_least_goes_first() {
    let messages = messages_of_all();
    let (_folder, mut ledger) = ledger_with(&messages);
    let first = run(
        &mut ledger,
        &mut scripted(vec![unreachable(); 3]),
        &everything(),
        &messages,
    );
    assert_eq!(first.summary.not_tried, 3);
    let mut transport = scripted([]);
    run(&mut ledger, &mut transport, &everything(), &messages);
    assert_eq!(transport.sent, ["dan", "eve", "fay", "ann", "bob", "cat"]);
}

#[test]
fn a_sender_who_is_refused_twice_in_a_row_ends_the_run_and_nobody_is_refused() {
    let messages = messages_of_all();
    let (_folder, mut ledger) = ledger_with(&messages);
    let mut transport = scripted(vec![sender(); 6]);
    let refused = run(&mut ledger, &mut transport, &everything(), &messages);
    assert_eq!(transport.sent.len(), 2);
    assert_eq!(
        refused.summary.sender_refused.as_deref(),
        Some("550 5.7.60 not you")
    );
    assert_eq!(refused.summary.count(DeliveryState::Refused), 0);
    // At once, since a person has acted.
    let again = run(&mut ledger, &mut scripted([]), &everything(), &messages);
    assert_eq!(again.summary.count(DeliveryState::Accepted), 6);
}

#[test]
fn a_sender_who_is_refused_by_mistake_is_tried_again_in_the_same_run() {
    let messages = messages_of_all();
    let (_folder, mut ledger) = ledger_with(&messages);
    let accepted = || SendOutcome::Accepted("250 ok".into());
    let mut transport = scripted([accepted(), sender(), accepted(), sender()]);
    let run = run(&mut ledger, &mut transport, &everything(), &messages);
    assert_eq!(run.summary.count(DeliveryState::Accepted), 6);
    assert!(run.summary.is_reached(), "{:?}", run.summary);
    assert_eq!(transport.sent.len(), 8);
}

#[test]
fn a_refusal_that_may_be_the_senders_is_one_once_others_were_taken() {
    use DeliveryState::{Accepted, Deferred, Prepared, Refused};
    let accepted = || SendOutcome::Accepted("250 ok".into());
    for (script, expected, is_senders) in [
        (
            vec![doubted(), accepted()],
            [Refused, Accepted, Accepted, Accepted, Accepted, Accepted],
            false,
        ),
        (
            vec![
                accepted(),
                accepted(),
                accepted(),
                accepted(),
                doubted(),
                doubted(),
            ],
            [Accepted, Accepted, Accepted, Accepted, Refused, Refused],
            false,
        ),
        (
            vec![doubted(); 6],
            [Deferred, Deferred, Deferred, Prepared, Prepared, Prepared],
            true,
        ),
        (
            [vec![accepted()], vec![doubted(); 5]].concat(),
            [Accepted, Deferred, Deferred, Deferred, Prepared, Prepared],
            true,
        ),
    ] {
        let messages = messages_of_all();
        let (_folder, mut ledger) = ledger_with(&messages);
        let run = run(
            &mut ledger,
            &mut scripted(script.clone()),
            &everything(),
            &messages,
        );
        assert_eq!(states(&ledger), expected, "{script:?}");
        assert_eq!(
            run.summary.sender_refused.is_some(),
            is_senders,
            "{script:?}"
        );
        let count = |state| expected.iter().filter(|of| **of == state).count();
        for state in [Accepted, Deferred, Refused] {
            assert_eq!(run.summary.count(state), count(state), "{script:?} {state}");
        }
    }
}

#[test]
fn a_server_that_finds_messages_too_fast_gets_them_slower_and_all_of_them() {
    let messages = numbered("ZAA", 60);
    let (_folder, mut ledger) = ledger_with(&messages);
    let now = Cell::new(start());
    let begun = RefCell::new(Vec::new());
    let clock = || now.get();
    let sleep = |wait: Duration| now.set(now.get() + wait);
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(60),
        clock: &clock,
        sleep: &sleep,
        ..unhurried()
    };
    // It takes one message in two seconds, and says so to any that comes sooner.
    struct Throttled<'a>(
        &'a Cell<DateTime<Utc>>,
        Option<DateTime<Utc>>,
        &'a RefCell<Vec<i64>>,
    );
    impl Transport for Throttled<'_> {
        fn hand_over(&mut self, _: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
            let now = self.0.get();
            self.2.borrow_mut().push((now - start()).num_milliseconds());
            if self
                .1
                .is_some_and(|last| now - last < TimeDelta::seconds(2))
            {
                return SendOutcome::Deferred("432 4.3.2 too fast".into(), Deferral::Pace);
            }
            self.1 = Some(now);
            assert!(leave());
            SendOutcome::Accepted("250 ok".into())
        }

        fn finish(&mut self) {}
    }
    let mut transport = Throttled(&now, None, &begun);
    let summary = deliver_all(&mut ledger, &mut transport, &messages, pace);
    assert_eq!(states(&ledger), [DeliveryState::Accepted; 60]);
    let tries = begun.borrow().len();
    assert!(tries < 60 + 20, "{tries} tries for 60 messages");
    assert!(summary.is_reached());
}

#[test]
fn a_run_sends_no_longer_than_it_may() {
    let messages = messages_of_all();
    let (_folder, mut ledger) = ledger_with(&messages);
    let now = Cell::new(start());
    let end = start() + TimeDelta::minutes(3);
    let stops = |now| (now >= end).then(|| "max_sending_minutes".to_owned());
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(1),
        clock: &|| now.get(),
        sleep: &|wait| now.set(now.get() + wait),
        stops: Some(&stops),
        ..unhurried()
    };
    let mut transport = scripted([]);
    let summary = deliver_all(&mut ledger, &mut transport, &messages, pace);
    assert_eq!((transport.sent.len(), summary.not_tried), (4, 2));
    assert!(summary.unreachable.unwrap().contains("max_sending_minutes"));
}

#[test]
fn a_delivery_that_somebody_else_took_is_passed_over() {
    let messages = [message("RXX", "ann"), message("RXX", "bob")];
    let (folder, mut ledger) = ledger_with(&messages);
    let load = |record: &DeliveryRecord| {
        if record.key == messages[0].key {
            let mut other =
                Ledger::open(&LedgerPlace::File(folder.path().join("ledger.sqlite"))).unwrap();
            assert_eq!(other.leave(&[record], start()).unwrap(), [true]);
        }
        Ok(messages
            .iter()
            .find(|message| message.key == record.key)
            .cloned()
            .unwrap())
    };
    let pace = unhurried();
    let mut transport = scripted([]);
    let filter = everything();
    let summary = deliver(
        &mut ledger,
        &mut transport,
        &filter,
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

/// A transport in whose way, once all but the end of a message is sent, something is done.
struct Slow<'a>(&'a dyn Fn(&OutgoingMessage<'_>));

impl Transport for Slow<'_> {
    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        (self.0)(message);
        if leave() {
            SendOutcome::Accepted("250 ok".into())
        } else {
            SendOutcome::stayed()
        }
    }

    fn finish(&mut self) {}
}

#[test]
fn what_is_set_aside_while_it_is_handed_over_does_not_leave() {
    let messages = [message("RXX", "ann"), message("RXX", "bob")];
    let (folder, mut ledger) = ledger_with(&messages);
    let place = LedgerPlace::File(folder.path().join("ledger.sqlite"));
    let set_aside = |message: &OutgoingMessage<'_>| {
        let mut other = Ledger::open(&place).unwrap();
        let all = other.deliveries(&everything()).unwrap();
        let ann = all
            .iter()
            .find(|one| one.key.recipient == *message.to && message.to.reveal().starts_with("ann"));
        if let Some(ann) = ann {
            let why = StateNote::reason("a newer edition was prepared");
            assert!(
                other
                    .set_aside(ann, DeliveryState::Superseded, &why, start())
                    .unwrap()
            );
        }
    };
    let mut transport = Slow(&set_aside);
    let summary = deliver_all(&mut ledger, &mut transport, &messages, unhurried());
    use DeliveryState::{Accepted, Superseded};
    assert_eq!(states(&ledger), [Superseded, Accepted]);
    assert_eq!((summary.passed_over, summary.count(Accepted)), (1, 1));
    let attempts: Vec<u32> = ledger
        .deliveries(&everything())
        .unwrap()
        .iter()
        .map(|one| one.attempts)
        .collect();
    assert_eq!(attempts, [0, 1]);
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
    // Every look at the clock takes 100 ms: when a message begins, leaves, is answered, and when the
    // next asks how long it has been.
    let clock = || now.replace(now.get() + TimeDelta::milliseconds(100));
    let waits = RefCell::new(Vec::new());
    let sleep = |wait: Duration| {
        waits.borrow_mut().push(wait.as_millis());
        now.set(now.get() + wait);
    };
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(30),
        clock: &clock,
        sleep: &sleep,
        ..unhurried()
    };
    deliver_all(&mut ledger, &mut scripted([]), &messages, pace);
    assert_eq!(*waits.borrow(), [1700, 1700, 1700]);
}

#[test]
fn at_thirty_a_minute_a_hundred_and_twenty_messages_take_four_minutes() {
    let messages = numbered("RXX", 120);
    let (_folder, mut ledger) = ledger_with(&messages);
    let now = Cell::new(start());
    let clock = || now.get();
    let sleep = |wait: Duration| now.set(now.get() + wait);
    let begun = RefCell::new(Vec::new());
    let load = among(&messages);
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(30),
        clock: &clock,
        sleep: &sleep,
        ..unhurried()
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
        sleep: &sleep,
        ..unhurried()
    };
    let mut turn = Turn::new(pace.messages_per_minute);
    turn.begin(start() + TimeDelta::hours(1));
    pace.await_turn(&turn);
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

#[test]
fn three_accounts_at_thirty_a_minute_send_eighteen_hundred_messages_in_twenty_minutes() {
    let messages = numbered("ZAA", 1_800);
    let (_folder, mut ledger) = ledger_of(&messages);
    let now = Cell::new(start());
    let clock = || now.get();
    let sleep = |wait: Duration| now.set(now.get() + wait);
    let load = among(&messages);
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(30),
        despite_back_off: false,
        clock: &clock,
        sleep: &sleep,
        lanes: Some(Lanes {
            messages_per_minute: &[NonZeroU32::new(30).unwrap(); 3],
            of: &|record| account_of_three(&record.key.recipient),
        }),
        stops: None,
    };
    let begun = RefCell::new(vec![Vec::new(); 3]);
    let summary = deliver(
        &mut ledger,
        &mut scripted([]),
        &everything(),
        &load,
        pace,
        &mut |event| {
            if let DeliveryEvent::Sending(key) = event {
                begun.borrow_mut()[account_of_three(&key.recipient)].push(now.get());
            }
        },
    )
    .unwrap();
    assert_eq!(summary.count(DeliveryState::Accepted), 1_800);
    assert_eq!(now.get() - start(), TimeDelta::seconds(2 * 599));
    for begun in begun.into_inner() {
        assert_eq!(begun.len(), 600);
        assert!(
            begun
                .windows(31)
                .all(|few| few[30] - few[0] >= TimeDelta::minutes(1)),
            "never more than 30 in any minute"
        );
    }
}

#[test]
fn an_account_that_is_refused_does_not_stop_the_others_and_each_has_its_pace() {
    let messages = numbered("ZAA", 30);
    let (_folder, mut ledger) = ledger_of(&messages);
    let now = Cell::new(start());
    struct OneRefused;
    impl Transport for OneRefused {
        fn hand_over(
            &mut self,
            message: &OutgoingMessage<'_>,
            leave: &mut Leave<'_>,
        ) -> SendOutcome {
            match account_of_three(message.to) {
                1 => sender(),
                _ if !leave() => SendOutcome::stayed(),
                _ => SendOutcome::Accepted("250 ok".into()),
            }
        }

        fn finish(&mut self) {}
    }
    let paces = [60, 60, 30].map(|number| NonZeroU32::new(number).unwrap());
    let pace = Pace {
        messages_per_minute: NonZeroU32::new(60),
        despite_back_off: false,
        clock: &|| now.get(),
        sleep: &|wait| now.set(now.get() + wait),
        lanes: Some(Lanes {
            messages_per_minute: &paces,
            of: &|record| account_of_three(&record.key.recipient),
        }),
        stops: None,
    };
    let summary = deliver_all(&mut ledger, &mut OneRefused, &messages, pace);
    assert_eq!(summary.count(DeliveryState::Accepted), 20);
    assert_eq!(
        (summary.count(DeliveryState::Deferred), summary.not_tried),
        (2, 8)
    );
    assert!(summary.sender_refused.is_some());
    assert_eq!(
        now.get() - start(),
        TimeDelta::seconds(2 * 9),
        "the slowest"
    );
}
