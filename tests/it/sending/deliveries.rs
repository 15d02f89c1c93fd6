use super::parsed;
use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::Morning;
use crate::support::smtp_server::Misbehaviour::{Cut, Say};
use crate::support::smtp_server::Step;

#[test]
fn the_list_says_what_was_sent_to_whom_in_three_forms() {
    let morning = Morning::of_three();
    assert!(morning.deliveries(&[]).is_empty(), "before a first run");
    morning.say(&["run"]);
    let all = morning.deliveries(&[]);
    assert_eq!(all.len(), 6);
    let first = all
        .iter()
        .find(|delivery| delivery["organisation"] == "ZTP")
        .unwrap();
    assert_eq!(
        (&first["state"], &first["recipient"]),
        (&"outbox".into(), &"matron@pennyford-hospice.example".into())
    );
    assert!(
        morning.deliveries(&["--date", "2026-11-19"]).is_empty()
            && morning.deliveries(&["--state", "refused"]).is_empty()
    );
    assert_eq!(
        morning
            .deliveries(&[
                "--date",
                "2026-11-20",
                "--state",
                "refused",
                "--state",
                "outbox"
            ])
            .len(),
        6
    );

    let table = morning.tell(&["deliveries"]).stdout;
    assert!(
        table.contains(
            "\n6 deliveries: 6 in the outbox.\nWhat lies in the outbox has not left this"
        ) && table.contains("2026-11-20  ZTP  overall-migration, edition 1\n"),
        "{table}"
    );
    let csv = morning.tell(&["deliveries", "--format", "csv"]).stdout;
    assert!(
        csv.starts_with("id,report_date,organisation,report,edition,recipient,state,")
            && csv.lines().count() == 7,
        "{csv}"
    );
    assert_eq!(
        morning.tell(&["deliveries", "--state", "lost"]).exit_code,
        2
    );
}

#[test]
fn what_the_server_put_off_is_listed_with_when_it_is_due() {
    let server = server()
        .for_recipient(
            "matron@pennyford-hospice.example",
            Step::Recipient,
            Say("450 4.2.1 =HYPERLINK(\"x\")"),
        )
        .start();
    let morning = morning_with(&server);
    assert_eq!(morning.say(&["run", "--organisation", "ZTP"]).exit_code, 8);
    let table = morning.tell(&["deliveries", "--state", "deferred"]).stdout;
    assert!(
        table.contains("due again at ") && table.contains("450 4.2.1"),
        "{table}"
    );
    let plan = morning.say(&["plan", "--organisation", "ZTP"]).stdout;
    assert!(
        plan.contains("due again at ") && plan.contains("0 messages would be sent by SMTP"),
        "{plan}"
    );
    assert!(morning.deliveries(&["--state", "deferred"])[0]["due_again_at"].is_string());
}

#[test]
fn an_unknown_delivery_waits_for_a_person_who_says_that_it_arrived() {
    let server = server().once_at(Step::EndOfData, Cut).start();
    let morning = morning_with(&server).without_readiness();
    let said = morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(said.exit_code, 6, "{}", said.all());
    assert_eq!(
        morning
            .say(&["run", "--organisation", "ZTP", "--now"])
            .exit_code,
        6,
        "not by itself"
    );
    assert_eq!(server.received().len(), 1);
    let unknown = morning.deliveries(&["--state", "unknown"]);
    assert_eq!(unknown.len(), 1);
    let id = unknown[0]["id"].to_string();
    let resolved = morning.tell(&["deliveries", "resolve", &id, "--accepted"]);
    assert!(
        resolved.exit_code == 0 && resolved.stdout.contains("noted as accepted"),
        "{}",
        resolved.all()
    );
    assert_eq!(morning.say(&["run", "--organisation", "ZTP"]).exit_code, 0);
    assert_eq!(server.received().len(), 1);
    let again = morning.tell(&["deliveries", "resolve", &id, "--resend"]);
    assert!(
        again.exit_code == 2 && again.stderr.contains("is accepted: only an unknown one"),
        "{}",
        again.stderr
    );
}

#[test]
fn an_unknown_delivery_is_sent_again_under_the_same_identifier_when_a_person_says_so() {
    let server = server().once_at(Step::EndOfData, Cut).start();
    let morning = morning_with(&server).without_readiness();
    morning.say(&["run", "--organisation", "ZTP"]);
    let unknown = morning.deliveries(&["--state", "unknown"]).remove(0);
    let resolved = morning.tell(&[
        "deliveries",
        "resolve",
        &unknown["id"].to_string(),
        "--resend",
    ]);
    assert!(
        resolved
            .stdout
            .contains("by the next run --date 2026-11-20"),
        "{}",
        resolved.all()
    );
    assert_eq!(
        morning.say(&["run", "--organisation", "ZTP"]).exit_code,
        0,
        "without --now"
    );
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert!(
        received
            .iter()
            .any(|message| parsed(&message.bytes).message_id() == unknown["message_id"].as_str())
    );
}

#[test]
fn resolving_takes_a_number_and_one_answer() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    for arguments in [
        &["1"][..],
        &["1", "--accepted", "--resend"],
        &["one", "--accepted"],
        &["99", "--accepted"],
    ] {
        let said = morning.tell(&[&["deliveries", "resolve"], arguments].concat());
        assert_eq!(said.exit_code, 2, "{arguments:?}: {}", said.all());
    }
}

#[test]
fn reports_that_are_too_old_expire_and_are_told() {
    let server = server()
        .for_recipient(
            "matron@pennyford-hospice.example",
            Step::Recipient,
            Say("450 4.2.1 later"),
        )
        .start();
    let morning = morning_with(&server).without_readiness();
    morning.say(&["run", "--organisation", "ZTP"]);
    // As if they had been prepared and tried a day before.
    morning.edit_ledger(
        "UPDATE deliveries SET prepared_at = '2026-11-20T07:00:00.000Z' WHERE state = 'deferred'",
    );
    let plan = morning.say(&["plan", "--organisation", "ZTP"]).stdout;
    assert!(plan.contains("too old, would expire"), "{plan}");
    let said = morning.say(&["run", "--organisation", "ZTP", "--now"]);
    assert_eq!(said.exit_code, 5, "{}", said.all());
    assert!(
        said.stdout
            .contains("expired: too old to be sent. To send them all the same, reissue"),
        "{}",
        said.stdout
    );
    assert_eq!(
        server
            .commands()
            .iter()
            .filter(|command| *command == "RCPT")
            .count(),
        2,
        "not tried again"
    );
    let expired = morning.deliveries(&["--state", "expired"]);
    assert!(
        !expired.is_empty()
            && expired[0]["because"]
                .as_str()
                .unwrap()
                .contains("450 4.2.1"),
        "{expired:?}"
    );

    // Another day's run tells of it once.
    morning.edit_ledger("UPDATE deliveries SET state = 'deferred' WHERE state = 'expired'");
    let other_day = morning.tell(&["run", "--date", "2026-11-19", "--organisation", "ZMU"]);
    assert_eq!(other_day.exit_code, 5, "{}", other_day.all());
    assert!(
        other_day
            .stdout
            .contains("of other days or organisations expired"),
        "{}",
        other_day.stdout
    );
    assert_eq!(
        morning
            .tell(&["run", "--date", "2026-11-19", "--organisation", "ZMU"])
            .exit_code,
        4,
        "no exports on that day"
    );
}
