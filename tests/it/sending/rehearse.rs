use std::collections::BTreeSet;

use super::{parsed, text_of};
use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{Morning, files_below};

const TO: &str = "tester@nhs.example";

#[test]
fn every_message_goes_to_one_address_and_says_that_it_is_a_rehearsal() {
    let morning = Morning::of_three();
    let said = morning.say(&["rehearse", "--to", TO]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stdout.contains("rehearsed with 6 messages of 6"),
        "{}",
        said.stdout
    );
    assert!(
        !morning.folder.path().join("data").exists(),
        "no ledger, no archive"
    );
    let mut recipients = BTreeSet::new();
    for (file, bytes) in morning.outbox() {
        let message = parsed(&bytes);
        assert_eq!(
            message.to().unwrap().first().unwrap().address(),
            Some(TO),
            "{file}"
        );
        let subject = message.subject().unwrap();
        assert!(
            subject
                .trim_start_matches("[secure] ")
                .starts_with("REHEARSAL: "),
            "{subject}"
        );
        assert!(text_of(&message).starts_with("REHEARSAL. "), "{file}");
        let page = message.body_html(0).unwrap();
        assert!(
            page.find("REHEARSAL").unwrap() < page.find("<h1").unwrap(),
            "{file}"
        );
        recipients.insert(
            message
                .header("X-Rehearsal-For")
                .unwrap()
                .as_text()
                .unwrap()
                .to_owned(),
        );
    }
    assert!(recipients.contains("matron@pennyford-hospice.example") && !recipients.contains(TO));

    morning.say(&["rehearse", "--to", TO]);
    let outbox = morning.outbox();
    let ids: BTreeSet<_> = outbox
        .values()
        .map(|bytes| parsed(bytes).message_id().unwrap().to_owned())
        .collect();
    assert_eq!(
        (outbox.len(), ids.len()),
        (12, 12),
        "mail systems drop a Message-ID that they have seen"
    );

    let run = morning.say(&["run"]);
    assert!(
        run.stdout.contains("6 messages put into the outbox"),
        "{}",
        run.stdout
    );
    for (file, bytes) in files_below(&morning.folder.path().join("outbox/2026-11-20")) {
        assert!(
            !String::from_utf8_lossy(&bytes).contains("REHEARSAL"),
            "{file}"
        );
    }
}

#[test]
fn over_a_server_nobody_else_is_written_to() {
    let server = server().start();
    let morning = morning_with(&server);
    let said = morning.say(&["rehearse", "--to", TO]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let received = server.received();
    assert_eq!(received.len(), 21);
    assert!(received.iter().all(|message| message.to == [TO]));
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(
        server.received().len(),
        42,
        "a rehearsal takes nothing from the run"
    );
}

#[test]
fn a_rehearsal_after_the_run_touches_no_delivery() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    let before = (
        morning.tell(&["deliveries", "--format", "json"]).stdout,
        morning.archived_reports(),
    );
    assert_eq!(
        morning
            .say(&["rehearse", "--to", "matron@pennyford-hospice.example"])
            .exit_code,
        0
    );
    assert_eq!(
        (
            morning.tell(&["deliveries", "--format", "json"]).stdout,
            morning.archived_reports()
        ),
        before
    );
}

#[test]
fn an_address_that_may_not_be_written_to_is_refused() {
    let morning = Morning::of_three();
    for (to, told) in [
        (
            "tester@elsewhere.invalid",
            "not one of mail.allowed_domains",
        ),
        ("nobody", "not an email address"),
    ] {
        let said = morning.say(&["rehearse", "--to", to]);
        assert_eq!(said.exit_code, 2);
        assert!(said.stderr.contains(told), "{}", said.stderr);
    }
    assert!(morning.outbox().is_empty());
}
