//! The sample's day over a mail server with STARTTLS and a log-in.

use mail_parser::MessageParser;

use crate::support::morning::{DATE, Morning};
use crate::support::smtp_server::Misbehaviour::Say;
use crate::support::smtp_server::{RunningServer, ScriptedServer, Step};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) fn morning_with(server: &RunningServer) -> Morning {
    let morning = Morning::of_the_sample().without_summary();
    std::fs::copy(&server.ca_file, morning.folder.path().join("ca.pem")).unwrap();
    std::fs::write(
        morning.folder.path().join("password"),
        format!("{PASSWORD}\n"),
    )
    .unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        let settings = settings
            .replace("transport = \"outbox\"", "transport = \"smtp\"")
            .replace("messages_per_minute = 30", "messages_per_minute = 60000");
        format!(
            "{settings}\n[mail.smtp]\nhost = \"localhost\"\nport = {}\nsecurity \
             = \"starttls\"\nusername = \"migration.reports@nhs.example\"\npassword_file \
             = \"password\"\nca_file = \"ca.pem\"\n",
            server.port
        )
    });
    morning
}

pub(crate) fn server() -> ScriptedServer {
    ScriptedServer::new()
        .starttls()
        .log_in("migration.reports@nhs.example", PASSWORD)
}

#[test]
fn every_message_arrives_once_secured_and_as_it_was_archived() {
    let server = server().start();
    let morning = morning_with(&server);
    let checked = morning.say(&["check"]);
    assert!(
        checked
            .stdout
            .contains("good  mail: the server takes the log-in"),
        "{}",
        checked.all()
    );
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let received = server.received();
    assert_eq!(received.len(), 21);
    let archive = morning.archived_reports();
    for message in &received {
        assert!(message.was_secured && message.was_logged_in && message.to.len() == 1);
        assert_eq!(message.from, "migration.reports@nhs.example");
        let parsed = MessageParser::new().parse(&message.bytes).unwrap();
        assert_eq!(
            parsed.to().unwrap().first().unwrap().address(),
            Some(message.to[0].as_str())
        );
        assert!(
            archive.values().any(|file| *file == message.bytes),
            "what arrived is what is archived"
        );
        // One hospice is outside the trusted domains.
        let is_outside = message.to[0].ends_with("@pennyford-hospice.example");
        assert_eq!(
            parsed.subject().unwrap().starts_with("[secure] "),
            is_outside,
            "{:?}",
            parsed.subject()
        );
    }
    let again = morning.say(&["run"]);
    assert!(again.stdout.contains("nothing to send"), "{}", again.stdout);
    assert_eq!(server.received().len(), 21);
    assert!(!said.all().contains(PASSWORD) && !checked.all().contains(PASSWORD));
}

#[test]
fn a_refused_and_a_deferred_recipient_do_not_stop_the_others() {
    let server = server()
        .for_recipient(
            "it.projects@northmoor.nhs.example",
            Step::Recipient,
            Say("550 5.1.1 no such user"),
        )
        .for_recipient(
            "matron@pennyford-hospice.example",
            Step::Recipient,
            Say("451 4.3.0 later"),
        )
        .start();
    let morning = morning_with(&server);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 5, "{}", said.all());
    assert_eq!(server.received().len(), 16);
    assert!(
        said.stdout.contains("2 refused by the server") && said.stdout.contains("3 put off"),
        "{}",
        said.stdout
    );

    let again = morning.say(&["run"]);
    assert_eq!(again.exit_code, 5);
    assert_eq!(server.received().len(), 16, "nothing twice");
    assert!(
        again.stdout.contains("2 refused by the server"),
        "{}",
        again.stdout
    );
    let tries = || {
        server
            .commands()
            .iter()
            .filter(|command| *command == "RCPT")
            .count()
    };
    assert_eq!(tries(), 21, "what was put off waits");
    assert!(
        again
            .stdout
            .contains("3 put off by the server: due again from "),
        "{}",
        again.stdout
    );

    assert_eq!(morning.say(&["run", "--now"]).exit_code, 5);
    assert_eq!(tries(), 24);
    // The address is corrected: the new one gets the reports, and nothing is left to be done about
    // the old one.
    morning.edit("organisations.csv", |register| {
        register.replace(
            "it.projects@northmoor.nhs.example",
            "it.desk@northmoor.nhs.example",
        )
    });
    let corrected = morning.say(&["run"]);
    assert_eq!(corrected.exit_code, 8, "{}", corrected.all());
    assert!(
        corrected.stdout.contains("2 messages sent") && !corrected.stdout.contains("refused"),
        "{}",
        corrected.stdout
    );
}

#[test]
fn whoever_left_the_register_is_not_written_to_any_more() {
    let server = server()
        .for_recipient(
            "matron@pennyford-hospice.example",
            Step::Recipient,
            Say("451 4.3.0 later"),
        )
        .start();
    let morning = morning_with(&server);
    assert_eq!(morning.say(&["run", "--organisation", "ZTP"]).exit_code, 8);
    morning.edit("organisations.csv", |register| {
        register.replacen(
            "pilot,pennyford-hospice.example,matron@",
            "pilot,pennyford-hospice.example,porter@",
            1,
        )
    });
    let again = morning.say(&["run", "--organisation", "ZTP", "--now"]);
    // The other reports still have their recipient, who is put off again.
    assert_eq!(again.exit_code, 8, "{}", again.all());
    assert!(
        // Of whoever left nothing is to be done.
        !again.stdout.contains("held back") && again.stdout.contains("2 put off"),
        "{}",
        again.stdout
    );
    assert!(
        again.stderr.contains("no longer in the register"),
        "{}",
        again.stderr
    );
    let recipients: Vec<_> = server
        .received()
        .iter()
        .flat_map(|message| message.to.clone())
        .collect();
    assert_eq!(recipients, ["porter@pennyford-hospice.example"]);
}

#[test]
fn a_server_that_is_not_there_puts_everything_off() {
    let server = server().start();
    let morning = morning_with(&server);
    drop(server);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 8, "{}", said.all());
    assert!(said.stdout.contains("21 put off"), "{}", said.stdout);
    assert_eq!(morning.say(&["check"]).exit_code, 8);
}

#[test]
fn a_refused_sender_is_told_and_once_that_is_mended_everybody_gets_the_day() {
    let refusing = server()
        .at(
            Step::EndOfData,
            Say("550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        )
        .start();
    let morning = morning_with(&refusing);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 9, "{}", said.all());
    assert!(
        said.stdout.contains("21 put off, and nobody refused")
            && said.stdout.contains("(SendAs)")
            && said.stderr.contains("19 messages were not tried")
            && said
                .stderr
                .contains("The Run Summary is archived and was not sent"),
        "{}",
        said.all()
    );
    // Whoever reads the Run Summary's page is told why nothing came.
    let page = format!("data/archive/{DATE}/run-summary/edition-1/report.txt");
    let page = std::fs::read_to_string(morning.folder.path().join(page)).unwrap();
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        page.contains("Not all could be sent, and 19 messages not tried: the mail server")
            && page.contains("(SendAs)"),
        "{page}"
    );
    let well = server().start();
    std::fs::copy(&well.ca_file, morning.folder.path().join("ca.pem")).unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace(&refusing.port.to_string(), &well.port.to_string())
    });
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(well.received().len(), 21);
}

#[test]
fn a_wrong_password_is_tried_once() {
    let server = server().start();
    let morning = morning_with(&server);
    std::fs::write(morning.folder.path().join("password"), "wrong\n").unwrap();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 9, "{}", said.all());
    let tries = || {
        server
            .commands()
            .iter()
            .filter(|command| *command == "AUTH")
            .count()
    };
    assert_eq!(tries(), 1);
    assert!(
        said.stdout.contains("refused the log-in: 535 5.7.8"),
        "{}",
        said.stdout
    );
    assert_eq!(morning.say(&["check"]).exit_code, 9);
}

#[test]
fn check_sees_what_a_server_would_refuse_each_message_for() {
    let server = server()
        .for_recipient(
            "central.team@nhs.example",
            Step::Recipient,
            Say("550 5.1.1 nobody here"),
        )
        .once_at(
            Step::Sender,
            Say("550 5.7.60 SMTP; Client does not have permissions"),
        )
        .start();
    let morning = morning_with(&server);
    let refused = morning.say(&["check"]);
    assert!(
        refused.exit_code == 9 && refused.stdout.contains("refuses the sender: 550 5.7.60"),
        "{}",
        refused.all()
    );
    let contact = morning.say(&["check"]);
    assert!(
        contact.exit_code == 3 && contact.stdout.contains("check contact under [programme]"),
        "{}",
        contact.all()
    );
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace(
            "\nfrom = \"migration.reports@nhs.example\"",
            "\nfrom = \"other@nhs.example\"",
        )
    });
    let other = morning.say(&["check"]);
    assert!(
        other.exit_code == 3 && other.stdout.contains("is not the account that logs in"),
        "{}",
        other.all()
    );
    assert!(server.received().is_empty());
}

#[test]
fn a_refused_delivery_is_sent_again_when_a_person_says_so() {
    let server = server()
        .once_at(Step::Recipient, Say("550 5.1.1 no such user"))
        .start();
    let morning = morning_with(&server);
    assert_eq!(morning.say(&["run"]).exit_code, 5);
    let list = morning.deliveries(&["--state", "refused"]);
    let id = list[0]["id"].to_string();
    let accepted = morning.tell(&["deliveries", "resolve", &id, "--accepted"]);
    assert_eq!(accepted.exit_code, 2, "{}", accepted.all());
    let resend = morning.tell(&["deliveries", "resolve", &id, "--resend"]);
    assert_eq!(resend.exit_code, 0, "{}", resend.all());
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(server.received().len(), 21);
}
