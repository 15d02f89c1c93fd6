//! A sender whom the server refuses, in all words that are known, at each step: it costs nobody a
//! report.

use std::collections::BTreeSet;

use migration_monitor::delivery::{DeliveryEvent, DeliverySummary};
use migration_monitor::domain::DeliveryState;

use super::plain;
use super::run::{Morning, morning};
use crate::support::smtp_server::Misbehaviour::Say;
use crate::support::smtp_server::{ScriptedServer, Step};

/// From Microsoft's list of non-delivery reports and SMTP errors, its page on throttling of
/// continuous errors, and what is reported of its servers; the last of Postfix and Gmail.
const WORDS: [&str; 20] = [
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    "554 5.2.252 SendAsDenied; reports@nhs.example not allowed to send as it; \
     STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
    "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
    "550 5.2.251 Sender throttled due to continuous mailbox full errors",
    "550 5.2.253 Sender throttled due to continuous invalid license errors",
    "550 5.1.8 Access denied, bad outbound sender",
    "550 5.1.90 Your message can't be sent because you've reached your daily limit",
    "550 5.7.233 Your message can't be sent because your tenant exceeded its limit",
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
    "550 5.7.64 TenantAttribution; Relay Access Denied",
    "550 5.7.501 Access denied, spam abuse detected",
    "550 5.7.502 Access denied, banned sender",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
    "550 5.7.705 Access denied, tenant has exceeded threshold",
    "550 5.7.708 Access denied, traffic not accepted from this IP",
    "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains",
    "550 5.7.30 Basic authentication is not supported for Client Submission",
    "553 5.7.1 <reports@nhs.example>: Sender address rejected: not owned by user reports",
    "550 5.4.5 Daily user sending limit exceeded",
];

fn check(morning: &mut Morning, step: Step, words: &'static str, most: usize) {
    let server = ScriptedServer::new().at(step, Say(words)).start();
    let (summary, events): (DeliverySummary, Vec<DeliveryEvent>) =
        morning.send(&mut plain(&server));
    let cell = format!("{step:?} {words}");
    let reason = summary.sender_refused.clone().expect(&cell);
    assert!(reason.contains(&words[..9]), "{cell}: {reason}");
    let tried = events
        .iter()
        .filter(|event| matches!(event, DeliveryEvent::Sending(_)));
    assert!((1..=most).contains(&tried.count()), "{cell}");
    assert_eq!(summary.count(DeliveryState::Refused), 0, "{cell}");
    assert!(server.received().is_empty(), "{cell}");
}

#[test]
fn twelve_hundred_deliveries_survive_a_sender_who_is_refused_at_each_step() {
    let names: Vec<String> = (0..1_200)
        .map(|number| {
            let initial = char::from(b'a' + u8::try_from(number % 26).unwrap());
            format!("{initial}.surname{number}@nhs.example")
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut morning = morning(&names);
    for words in WORDS {
        for step in [Step::Sender, Step::Recipient, Step::Data, Step::EndOfData] {
            check(&mut morning, step, words, 2);
        }
    }
    for (step, words) in [
        (Step::Sender, "503 5.5.1 Bad sequence of commands"),
        (Step::Sender, "502 5.5.2 Command not implemented"),
        (Step::Sender, "550 words that nobody knows"),
        (Step::EndOfData, "552 5.2.2 Mailbox full"),
    ] {
        check(&mut morning, step, words, 2);
    }
    // Where nothing tells whom it is about, three organisations that meet the same do.
    for (step, words) in [
        (Step::Sender, "552 5.3.4 Message size exceeds fixed limit"),
        (Step::Data, "554 5.5.0 words that nobody knows"),
        (Step::EndOfData, "554 5.7.1 words that nobody knows"),
    ] {
        morning.minutes += 500;
        check(&mut morning, step, words, 1_200 / 26 * 3);
    }
    let server = ScriptedServer::new().start();
    morning.minutes += 500;
    morning.send(&mut plain(&server));
    assert!(
        morning
            .states()
            .iter()
            .all(|state| *state == DeliveryState::Accepted)
    );
    let served: Vec<String> = server
        .received()
        .into_iter()
        .flat_map(|message| message.to)
        .collect();
    let unique: BTreeSet<&String> = served.iter().collect();
    assert_eq!((served.len(), unique.len()), (1_200, 1_200));
}
