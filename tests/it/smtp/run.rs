//! Whole runs of deliveries, from the ledger over the wire and back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use chrono::{DateTime, TimeDelta, Utc};
use migration_monitor::delivery::{
    DeliveryEvent, DeliveryFilter, DeliveryRecord, DeliverySummary, EditionRecord, Leave, Ledger,
    LedgerPlace, OutgoingMessage, Pace, PreparedDelivery, SendOutcome, Transport, WithheldMessage,
    deliver,
};
use migration_monitor::domain::{DeliveryState, EmailAddress};
use migration_monitor::mail::Message;

use super::{AMINA, date, impatient, message_with, plain};
use crate::support::smtp_server::Misbehaviour::{Cut, Say, Silence};
use crate::support::smtp_server::{ScriptedServer, Step};

const BRONWEN: &str = "bronwen.price@nhs.example";
const CHEN: &str = "chen.li@nhs.example";

fn now() -> DateTime<Utc> {
    date().day().and_hms_opt(6, 30, 0).unwrap().and_utc()
}

/// A folder with a ledger and messages, as a run has them before it sends.
pub(super) struct Morning {
    folder: tempfile::TempDir,
    ledger: Ledger,
    messages: Vec<Message>,
    /// How long after [`now`] it is.
    pub(super) minutes: i64,
}

pub(super) fn morning(recipients: &[&str]) -> Morning {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&LedgerPlace::File(folder.path().join("ledger.sqlite"))).unwrap();
    let messages: Vec<_> = recipients
        .iter()
        .map(|recipient| message_with(recipient, "12 of 40 mailboxes are in sync.\r\n"))
        .collect();
    for message in &messages {
        let edition = EditionRecord {
            report_date: date(),
            organisation: message.key.organisation.clone(),
            report: message.key.report,
            edition: 1,
            inputs_digest: "inputs".to_owned(),
            prepared_at: now(),
        };
        let delivery = PreparedDelivery::of(message, "archive/message.eml");
        ledger.record_prepared(&[(&edition, &[delivery])]).unwrap();
    }
    Morning {
        folder,
        ledger,
        messages,
        minutes: 0,
    }
}

impl Morning {
    pub(super) fn send(
        &mut self,
        transport: &mut dyn Transport,
    ) -> (DeliverySummary, Vec<DeliveryEvent>) {
        let messages = &self.messages;
        let load = |record: &DeliveryRecord| {
            messages
                .iter()
                .find(|message| message.key == record.key)
                .cloned()
                .ok_or_else(|| WithheldMessage::Held("gone".to_owned()))
        };
        let clock = || now() + TimeDelta::minutes(self.minutes);
        let pace = Pace {
            messages_per_minute: None,
            despite_back_off: false,
            clock: &clock,
            sleep: &|_| {},
            lanes: None,
            stops: None,
        };
        let filter = DeliveryFilter::of_date(date());
        let mut events = Vec::new();
        let summary = deliver(
            &mut self.ledger,
            transport,
            &filter,
            &load,
            pace,
            &mut |event| events.push(event.clone()),
        )
        .unwrap();
        (summary, events)
    }

    pub(super) fn states(&self) -> Vec<DeliveryState> {
        self.records().iter().map(|record| record.state).collect()
    }

    fn records(&self) -> Vec<DeliveryRecord> {
        self.ledger.deliveries(&DeliveryFilter::default()).unwrap()
    }
}

#[test]
fn a_refused_recipient_does_not_stop_the_others_on_the_same_connection() {
    for (step, fault, becomes) in [
        (
            Step::Recipient,
            Say("550 5.1.1 unknown"),
            DeliveryState::Refused,
        ),
        (Step::Data, Say("451 4.3.0 later"), DeliveryState::Deferred),
        (
            Step::EndOfData,
            Say("554 5.7.1 not this one"),
            DeliveryState::Refused,
        ),
    ] {
        let server = ScriptedServer::new()
            .for_recipient(BRONWEN, step, fault)
            .start();
        let mut morning = morning(&[AMINA, BRONWEN, CHEN]);
        let (summary, _) = morning.send(&mut plain(&server));
        assert_eq!(
            morning.states(),
            [DeliveryState::Accepted, becomes, DeliveryState::Accepted]
        );
        assert_eq!(
            (summary.count(DeliveryState::Accepted), summary.unreachable),
            (2, None)
        );
        assert_eq!(
            server
                .received()
                .iter()
                .map(|message| message.to[0].as_str())
                .collect::<Vec<_>>(),
            [AMINA, CHEN]
        );
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn a_lost_connection_does_not_stop_the_others() {
    for (step, becomes) in [
        (Step::Recipient, DeliveryState::Deferred),
        (Step::EndOfData, DeliveryState::Unknown),
    ] {
        let server = ScriptedServer::new()
            .for_recipient(BRONWEN, step, Cut)
            .start();
        let mut morning = morning(&[AMINA, BRONWEN, CHEN]);
        morning.send(&mut plain(&server));
        assert_eq!(
            morning.states(),
            [DeliveryState::Accepted, becomes, DeliveryState::Accepted]
        );
        assert_eq!(server.connections(), 2);
    }
}

#[test]
fn a_connection_that_the_server_ends_between_messages_is_replaced() {
    // Once for the first message on it, as a server does that limits messages or time for a
    // connection.
    for fault in [Say("421 4.4.2 too many messages in this connection"), Cut] {
        let server = ScriptedServer::new()
            .once_at(Step::Reset, fault)
            .for_recipient(AMINA, Step::Recipient, Say("550 5.1.1 unknown"))
            .start();
        let mut morning = morning(&[AMINA, BRONWEN, CHEN]);
        morning.send(&mut plain(&server));
        assert_eq!(
            morning.states(),
            [
                DeliveryState::Refused,
                DeliveryState::Accepted,
                DeliveryState::Accepted
            ]
        );
        assert_eq!(server.connections(), 2);
    }
}

#[test]
fn a_rerun_sends_only_what_the_server_put_off() {
    let server = ScriptedServer::new()
        .for_recipient(AMINA, Step::Recipient, Say("550 5.1.1 unknown"))
        .for_recipient(BRONWEN, Step::EndOfData, Silence)
        .once_at(Step::Recipient, Say("450 4.2.0 greylisted"))
        .start();
    let mut morning = morning(&[AMINA, BRONWEN, CHEN]);
    // The refusal of Amina's address is found first; the greylisting meets whoever comes next.
    morning.send(&mut plain(&server));
    assert_eq!(
        morning.states(),
        [
            DeliveryState::Refused,
            DeliveryState::Deferred,
            DeliveryState::Accepted
        ]
    );
    morning.minutes += 5;
    morning.send(&mut impatient(&server, Step::EndOfData));
    assert_eq!(
        morning.states(),
        [
            DeliveryState::Refused,
            DeliveryState::Unknown,
            DeliveryState::Accepted
        ]
    );
    let (summary, _) = morning.send(&mut plain(&server));
    assert_eq!(summary.due, 0);
    assert_eq!(server.received().len(), 1);
    let attempts: Vec<_> = morning
        .records()
        .iter()
        .map(|record| record.attempts)
        .collect();
    assert_eq!(attempts, [1, 2, 1]);
}

#[test]
fn a_server_that_is_away_is_asked_three_times_and_then_left_alone() {
    let server = ScriptedServer::new()
        .at(Step::Greeting, Say("554 5.3.2 no service"))
        .start();
    let mut morning = morning(&[
        AMINA,
        BRONWEN,
        CHEN,
        "dai.rees@nhs.example",
        "ewa.nowak@nhs.example",
    ]);
    let (summary, events) = morning.send(&mut plain(&server));
    assert_eq!(server.connections(), 3);
    assert_eq!(
        (summary.count(DeliveryState::Deferred), summary.not_tried),
        (3, 2)
    );
    assert!(
        summary
            .unreachable
            .unwrap()
            .contains("turned the connection away: 554 5.3.2 no service")
    );
    assert!(matches!(events.last(), Some(DeliveryEvent::Stopped(_, 2))));
    let after = ScriptedServer::new().start();
    morning.send(&mut plain(&after));
    assert_eq!(morning.states(), [DeliveryState::Accepted; 5]);
}

/// Ends the run in the middle of a message, or once its end may go, as a machine that loses its power
/// does.
struct Crash {
    at_the_end: bool,
}

impl Transport for Crash {
    fn hand_over(&mut self, _: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        assert!(!self.at_the_end || leave());
        std::panic::panic_any("power cut");
    }

    fn finish(&mut self) {}
}

#[test]
fn a_run_that_dies_leaves_what_may_be_out_unknown_and_the_rest_to_be_sent() {
    use DeliveryState::{Accepted, Unknown};
    for (at_the_end, expected) in [(true, [Unknown, Accepted]), (false, [Accepted, Accepted])] {
        let mut morning = morning(&[AMINA, BRONWEN]);
        let mut crash = Crash { at_the_end };
        let send = std::panic::AssertUnwindSafe(|| morning.send(&mut crash));
        assert!(std::panic::catch_unwind(send).is_err());
        morning.ledger = Ledger::open(&LedgerPlace::File(
            morning.folder.path().join("ledger.sqlite"),
        ))
        .unwrap();
        let interrupted = morning.ledger.mark_interrupted(now()).unwrap();
        assert_eq!(interrupted, usize::from(at_the_end));
        let server = ScriptedServer::new().start();
        morning.send(&mut plain(&server));
        assert_eq!(morning.states(), expected);
        assert_eq!(server.received().len(), 2 - interrupted);
    }
}

#[test]
fn the_end_of_a_message_goes_only_where_it_may() {
    let server = ScriptedServer::new().start();
    let line = "A line of a long report, by which it is longer than what is sent at once.\r\n";
    let long = line.repeat(3000);
    let outgoing = OutgoingMessage {
        file: "none".into(),
        from: &EmailAddress::parse("reports@nhs.example").unwrap(),
        to: &EmailAddress::parse(AMINA).unwrap(),
        bytes: long.as_bytes(),
    };
    let mut smtp = plain(&server);
    for may_end in [false, true, false] {
        let received_before = server.received().len();
        let mut asked = 0;
        let outcome = smtp.hand_over(&outgoing, &mut || {
            asked += 1;
            may_end
        });
        assert_eq!(asked, 1);
        assert_eq!(
            matches!(outcome, SendOutcome::Accepted(_)),
            may_end,
            "{outcome:?}"
        );
        assert_eq!(
            server.received().len() - received_before,
            usize::from(may_end)
        );
    }
}

#[test]
fn neither_events_nor_the_ledgers_texts_name_a_person() {
    let server = ScriptedServer::new()
        .for_recipient(
            AMINA,
            Step::Recipient,
            Say("550 5.1.1 <amina.okafor@nhs.example>: mailbox Amina.Okafor unknown"),
        )
        .for_recipient(
            BRONWEN,
            Step::EndOfData,
            Say("250 2.0.0 <bronwen.price@nhs.example> queued"),
        )
        .for_recipient(
            CHEN,
            Step::EndOfData,
            Say("nonsense about chen.li@nhs.example"),
        )
        .start();
    let mut morning = morning(&[AMINA, BRONWEN, CHEN]);
    let (summary, events) = morning.send(&mut plain(&server));
    assert_eq!(
        morning.states(),
        [
            DeliveryState::Refused,
            DeliveryState::Accepted,
            DeliveryState::Unknown
        ]
    );
    let text = format!("{summary:?}{events:?}{:?}", morning.records()).to_lowercase();
    for name in ["okafor", "bronwen", "chen.li"] {
        assert!(!text.contains(name), "{text}");
    }
    let replies: Vec<_> = morning
        .records()
        .into_iter()
        .filter_map(|record| record.server_reply)
        .collect();
    assert_eq!(
        replies,
        [
            "550 5.1.1 <…@nhs.example>: mailbox … unknown",
            "250 2.0.0 <…@nhs.example> queued"
        ]
    );
}
