//! Sending by SMTP, against a server that can misbehave at every step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod dialogue;
mod oauth;
mod run;
mod sender;
mod table;
pub(crate) mod whole_day;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use migration_monitor::delivery::{
    Deferral, InvalidSmtpServer, SendOutcome, Smtp, SmtpServer, SmtpTimeouts, Transport,
};
use migration_monitor::domain::{EmailAddress, OrganisationCode, ReportDate, ReportKind};
use migration_monitor::mail::{DeliveryKey, Message};
use migration_monitor::settings::Security;

use crate::support::smtp_server::Misbehaviour::{self, Cut, Say, Silence};
use crate::support::smtp_server::{RunningServer, ScriptedServer, Step};

const AMINA: &str = "amina.okafor@nhs.example";

/// How long a server that answers may take, on a machine that has much else to do.
const LONG: Duration = Duration::from_secs(30);
/// How long a test waits for an answer that will not come.
const SHORT: Duration = Duration::from_millis(400);

/// Short for the step at which a server says nothing, long for the others.
fn timeouts_for(step: Step) -> SmtpTimeouts {
    let long = SmtpTimeouts {
        connect: LONG,
        command: LONG,
        reply: LONG,
    };
    match step {
        Step::Greeting | Step::Hello | Step::Starttls => SmtpTimeouts {
            connect: SHORT,
            ..long
        },
        Step::Content | Step::EndOfData => SmtpTimeouts {
            reply: SHORT,
            ..long
        },
        _ => SmtpTimeouts {
            command: SHORT,
            ..long
        },
    }
}

fn date() -> ReportDate {
    ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())
}

fn message_with(recipient: &str, body: &str) -> Message {
    let initial = recipient[..1].to_ascii_uppercase();
    let key = DeliveryKey {
        report_date: date(),
        organisation: OrganisationCode::parse(&format!("ZA{initial}")).unwrap(),
        report: ReportKind::OverallMigration,
        edition: 1,
        recipient: EmailAddress::parse(recipient).unwrap(),
    };
    let message_id = key.message_id("nhs.example");
    let bytes =
        format!("Message-ID: <{message_id}>\r\nSubject: Overall Migration Report\r\n\r\n{body}")
            .into_bytes();
    Message {
        to: key.recipient.clone(),
        key,
        from: EmailAddress::parse("reports@nhs.example").unwrap(),
        message_id,
        bytes,
    }
}

fn message(recipient: &str) -> Message {
    message_with(recipient, "12 of 40 mailboxes are in sync.\r\n")
}

fn settings(server: &RunningServer, security: Security) -> SmtpServer {
    SmtpServer {
        host: "localhost".to_owned(),
        port: server.port,
        security,
        username: None,
        password: None,
        tokens: None,
        ca_file: Some(server.ca_file.clone()),
        hello_name: None,
        timeouts: SmtpTimeouts {
            connect: LONG,
            command: LONG,
            reply: LONG,
        },
    }
}

fn with_log_in(settings: SmtpServer, password: &str) -> SmtpServer {
    SmtpServer {
        username: Some("reports@nhs.example".to_owned()),
        password: Some(password.into()),
        ..settings
    }
}

fn address() -> EmailAddress {
    EmailAddress::parse("reports@nhs.example").unwrap()
}

fn plain(server: &RunningServer) -> Smtp {
    Smtp::new(settings(server, Security::None)).unwrap()
}

fn impatient(server: &RunningServer, step: Step) -> Smtp {
    Smtp::new(SmtpServer {
        timeouts: timeouts_for(step),
        ..settings(server, Security::None)
    })
    .unwrap()
}

fn send_to_misbehaving(step: Step, misbehaviour: Misbehaviour) -> SendOutcome {
    let server = ScriptedServer::new().at(step, misbehaviour).start();
    let mut smtp = if misbehaviour == Silence {
        impatient(&server, step)
    } else {
        plain(&server)
    };
    let outcome = smtp.send(&message(AMINA));
    assert_eq!(
        server.received().len(),
        usize::from(matches!(outcome, SendOutcome::Accepted(_)))
    );
    outcome
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    Accepted,
    Deferred(Deferral),
    Refused,
    Unknown,
}

fn became(outcome: &SendOutcome) -> Becomes {
    match outcome {
        SendOutcome::Accepted(_) | SendOutcome::Kept(_) => Becomes::Accepted,
        SendOutcome::Deferred(_, about) => Becomes::Deferred(*about),
        SendOutcome::Refused(_) => Becomes::Refused,
        SendOutcome::Unknown(_) => Becomes::Unknown,
    }
}

#[test]
fn every_fault_at_every_step_has_its_state() {
    use Becomes::{Deferred, Refused, Unknown};
    use Deferral::{Connection, Message, Pace, Sender, Unreachable};

    const FAULTS: [Misbehaviour; 6] = [
        Say("451 4.3.0 later"),
        Say("554 5.0.0 never"),
        Say("421 4.3.2 closing"),
        Cut,
        Silence,
        Say("what do you want?"),
    ];
    let mut of_server = [Deferred(Unreachable); 6];
    of_server[2] = Deferred(Pace);
    let before_the_end = [
        Deferred(Message),
        Refused,
        Deferred(Pace),
        Deferred(Connection),
        Deferred(Connection),
        Deferred(Connection),
    ];
    let mut of_sender = before_the_end;
    of_sender[0] = Deferred(Pace);
    of_sender[1] = Deferred(Sender);
    let after_the_end = [
        Deferred(Message),
        Refused,
        Deferred(Pace),
        Unknown,
        Unknown,
        Unknown,
    ];
    let table = [
        (Step::Greeting, of_server),
        (Step::Hello, of_server),
        (Step::Sender, of_sender),
        (Step::Recipient, before_the_end),
        (Step::Data, before_the_end),
        (Step::EndOfData, after_the_end),
    ];
    for (step, expected) in table {
        for (fault, becomes) in FAULTS.into_iter().zip(expected) {
            let outcome = send_to_misbehaving(step, fault);
            assert_eq!(became(&outcome), becomes, "{step:?} {fault:?}: {outcome:?}");
        }
    }
}

#[test]
fn every_fault_while_securing_and_logging_in_is_the_servers() {
    for step in [Step::Starttls, Step::LogIn] {
        for fault in [
            Say("454 4.7.0 later"),
            Say("554 5.7.0 never"),
            Say("421 4.3.2 closing"),
            Cut,
            Silence,
        ] {
            let server = ScriptedServer::new()
                .starttls()
                .log_in("reports@nhs.example", "secret")
                .at(step, fault)
                .start();
            let settings = with_log_in(settings(&server, Security::StartTls), "secret");
            let timeouts = if fault == Silence {
                timeouts_for(step)
            } else {
                settings.timeouts
            };
            let outcome = Smtp::new(SmtpServer {
                timeouts,
                ..settings
            })
            .unwrap()
            .send(&message(AMINA));
            let about = match (step, fault) {
                (Step::LogIn, Say("554 5.7.0 never")) => Deferral::LogIn,
                (Step::LogIn, Say("421 4.3.2 closing")) => Deferral::Pace,
                _ => Deferral::Unreachable,
            };
            assert_eq!(
                became(&outcome),
                Becomes::Deferred(about),
                "{step:?} {fault:?}: {outcome:?}"
            );
            assert!(server.received().is_empty());
        }
    }
}

#[test]
fn a_message_that_breaks_off_before_its_end_may_be_sent_again() {
    let long = message_with(AMINA, &"A line of a long report.\r\n".repeat(400_000));
    for (fault, security) in [Cut, Silence]
        .into_iter()
        .flat_map(|fault| [(fault, Security::None), (fault, Security::StartTls)])
    {
        let server = ScriptedServer::new().at(Step::Content, fault);
        let server = if security == Security::None {
            server
        } else {
            server.starttls()
        }
        .start();
        let settings = SmtpServer {
            timeouts: timeouts_for(Step::Content),
            ..settings(&server, security)
        };
        let outcome = Smtp::new(settings).unwrap().send(&long);
        assert_eq!(
            became(&outcome),
            Becomes::Deferred(Deferral::Connection),
            "{fault:?} {security:?}: {outcome:?}"
        );
    }
}

#[test]
fn a_positive_answer_to_another_command_is_not_taken_for_this_ones() {
    for (step, answer) in [
        (Step::Data, "250 2.1.5 recipient ok"),
        (Step::Sender, "354 go ahead"),
        (Step::Recipient, "354 go ahead"),
    ] {
        let outcome = send_to_misbehaving(step, Say(answer));
        assert_eq!(
            became(&outcome),
            Becomes::Deferred(Deferral::Connection),
            "{step:?}: {outcome:?}"
        );
    }
    let server = ScriptedServer::new()
        .at(Step::EndOfData, Say("354 go ahead"))
        .start();
    assert_eq!(
        became(&plain(&server).send(&message(AMINA))),
        Becomes::Unknown
    );
}

#[test]
fn the_answer_to_the_end_of_a_message_has_a_time_of_its_own() {
    let server = ScriptedServer::new().at(Step::EndOfData, Silence).start();
    let began = Instant::now();
    assert_eq!(
        became(&impatient(&server, Step::EndOfData).send(&message(AMINA))),
        Becomes::Unknown
    );
    assert!(began.elapsed() >= SHORT && began.elapsed() < LONG);
    let default = SmtpTimeouts::default();
    assert_eq!(
        (default.command.as_secs(), default.reply.as_secs()),
        (300, 600),
        "RFC 5321 4.5.3.2"
    );
}

#[test]
fn a_message_arrives_as_it_is_over_starttls_and_tls_with_either_log_in() {
    for (security, mechanisms) in [
        (Security::StartTls, "PLAIN LOGIN"),
        (Security::StartTls, "LOGIN"),
        (Security::Tls, "PLAIN"),
    ] {
        let server = ScriptedServer::new()
            .log_in("reports@nhs.example", "secret")
            .mechanisms(mechanisms);
        let server = if security == Security::Tls {
            server.tls()
        } else {
            server.starttls()
        }
        .start();
        let mut smtp = Smtp::new(with_log_in(settings(&server, security), "secret")).unwrap();
        let outcome = smtp.send(&message(AMINA));
        assert_eq!(
            outcome,
            SendOutcome::Accepted("250 2.0.0 queued as 4F2C1".to_owned())
        );
        smtp.finish();
        let received = server.received();
        assert_eq!(
            (received[0].from.as_str(), received[0].to.as_slice()),
            ("reports@nhs.example", [AMINA.to_owned()].as_slice())
        );
        assert_eq!(received[0].bytes, message(AMINA).bytes);
        assert!(received[0].was_secured && received[0].was_logged_in);
        assert_eq!(server.commands().last().unwrap(), "QUIT");
    }
}

/// A message of just these bytes.
fn message_of(bytes: impl Into<Vec<u8>>) -> Message {
    Message {
        bytes: bytes.into(),
        ..message(AMINA)
    }
}

#[test]
fn dots_and_the_last_line_survive_the_wire() {
    let bodies = [
        ".\r\n",
        "..\r\n.a\r\n\r\n.\r\n.\r\n",
        "\r\n",
        "\r\n\r\n",
        "a.\r\n",
        ".",
        "a",
        "a\r\n.",
    ];
    let bodies = bodies.map(|body| message_with(AMINA, body));
    let whole = [
        "",
        ".",
        ".\r\n",
        "\r\n",
        "\r\n.",
        "\r\n.\r\n",
        ".\r\n.\r\n.\r\n",
        "..",
        "a",
    ]
    .map(message_of);
    // More than is sent at once, or is in a record of TLS, and dots that begin lines on both sides
    // of every border.
    let long = [16, 64, 256].into_iter().flat_map(|kibibytes| {
        [-2, -1, 0, 1].map(|offset| {
            let first = vec![b'b'; (kibibytes * 1024_isize + offset).unsigned_abs() % 900];
            let lines = [&first, b"\r\n.\r\n".as_slice()].concat();
            message_of(
                [
                    &lines,
                    ".\r\n..a\r\nb\r\n"
                        .repeat(kibibytes.unsigned_abs() * 1024 / 10)
                        .as_bytes(),
                    b".",
                ]
                .concat(),
            )
        })
    });
    let messages: Vec<Message> = bodies.into_iter().chain(whole).chain(long).collect();
    for security in [Security::None, Security::StartTls] {
        let server = ScriptedServer::new();
        let server = if security == Security::None {
            server
        } else {
            server.starttls()
        }
        .start();
        let mut smtp = Smtp::new(settings(&server, security)).unwrap();
        for sent in &messages {
            let start =
                String::from_utf8_lossy(&sent.bytes[..sent.bytes.len().min(200)]).into_owned();
            assert_eq!(became(&smtp.send(sent)), Becomes::Accepted, "{start:?}");
            let mut expected = sent.bytes.clone();
            if !expected.ends_with(b"\r\n") {
                expected.extend_from_slice(b"\r\n");
            }
            // Not by assert_eq: it would print all of it.
            assert!(
                server.received().pop().unwrap().bytes == expected,
                "{start:?}"
            );
        }
        assert_eq!(
            (server.received().len(), server.connections()),
            (messages.len(), 1)
        );
    }
}

#[test]
fn the_end_of_a_message_goes_with_its_last_bytes() {
    // By itself it would be held back until the server's machine acknowledges what came before,
    // which it puts off.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut read = [0; 4096];
        let mut last = Vec::new();
        for answer in [
            "220 mail.test",
            "250 mail.test",
            "250 sender ok",
            "250 recipient ok",
            "354 go ahead",
            "250 queued",
        ] {
            client
                .write_all(format!("{answer}\r\n").as_bytes())
                .unwrap();
            if !answer.ends_with("queued") {
                let count = client.read(&mut read).unwrap();
                last = read[..count].to_vec();
            }
        }
        last
    });
    let other = ScriptedServer::new().start();
    let sent = message(AMINA);
    let outcome = Smtp::new(SmtpServer {
        port,
        ..settings(&other, Security::None)
    })
    .unwrap()
    .send(&sent);
    assert_eq!(became(&outcome), Becomes::Accepted);
    assert_eq!(
        server.join().unwrap(),
        [&sent.bytes, b".\r\n".as_slice()].concat()
    );
}

#[test]
fn a_message_with_bare_ends_of_lines_never_reaches_the_wire() {
    let server = ScriptedServer::new().start();
    for end in [
        "\n.\n",
        "\r.\r",
        "\r\n.\r",
        "\r\n.\n",
        "\n.\r\n",
        "\r\r\n.\r\n",
    ] {
        let smuggled = message_with(AMINA, &format!("end{end}MAIL FROM:<evil@nhs.example>\r\n"));
        assert_eq!(
            became(&plain(&server).send(&smuggled)),
            Becomes::Refused,
            "{end:?}"
        );
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_server_that_cannot_prove_its_name_gets_nothing() {
    let other = ScriptedServer::new().tls().start();
    for (server, security, ca_file) in [
        (
            ScriptedServer::new()
                .tls()
                .certified_as("other.nhs.example"),
            Security::Tls,
            None,
        ),
        (
            ScriptedServer::new()
                .starttls()
                .certified_as("other.nhs.example"),
            Security::StartTls,
            None,
        ),
        (
            ScriptedServer::new().tls(),
            Security::Tls,
            Some(other.ca_file.clone()),
        ),
        (
            ScriptedServer::new().starttls(),
            Security::StartTls,
            Some(other.ca_file.clone()),
        ),
    ] {
        let server = server.log_in("reports@nhs.example", "secret").start();
        let settings = with_log_in(settings(&server, security), "secret");
        let settings = SmtpServer {
            ca_file: ca_file.or(settings.ca_file.clone()),
            ..settings
        };
        let outcome = Smtp::new(settings).unwrap().send(&message(AMINA));
        let SendOutcome::Deferred(reason, Deferral::Unreachable) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(
            reason.contains("cannot secure the connection") && reason.contains("ca_file"),
            "{reason}"
        );
        assert!(
            !server
                .commands()
                .iter()
                .any(|command| command == "AUTH" || command == "MAIL"),
            "{:?}",
            server.commands()
        );
    }
}

#[test]
fn without_starttls_nothing_is_said_in_plain_text() {
    let server = ScriptedServer::new()
        .log_in("reports@nhs.example", "secret")
        .start();
    let mut smtp = Smtp::new(with_log_in(settings(&server, Security::StartTls), "secret")).unwrap();
    let outcome = smtp.send(&message(AMINA));
    let SendOutcome::Deferred(reason, Deferral::Unreachable) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("does not offer STARTTLS"), "{reason}");
    assert_eq!(server.commands(), ["EHLO"]);
}

#[test]
fn answers_written_before_the_connection_was_secured_are_not_believed() {
    // Whoever sits between may add to what the server says in plain text (CVE-2011-0411): here,
    // that all went well.
    for injected in [
        "220 go ahead\r\n250 mail.test",
        "220 go ahead\r\n250 mail.test\r\n250 ok",
        "220 go ahead\r\n250 mail.test\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n250 queued",
        "220 go ahead\r\n250 mail.test\r\n235 welcome\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n250 \
         queued",
    ] {
        let server = ScriptedServer::new()
            .starttls()
            .at(Step::Starttls, Say(injected))
            .start();
        let outcome = Smtp::new(settings(&server, Security::StartTls))
            .unwrap()
            .send(&message(AMINA));
        assert_ne!(became(&outcome), Becomes::Accepted, "{outcome:?}");
        assert!(server.received().is_empty());
        let server = ScriptedServer::new()
            .starttls()
            .log_in("reports@nhs.example", "secret")
            .at(Step::Starttls, Say(injected))
            .start();
        assert!(
            Smtp::new(with_log_in(settings(&server, Security::StartTls), "secret"))
                .unwrap()
                .check(&address(), &address())
                .is_err()
        );
    }
}

#[test]
fn a_wrong_password_is_told_from_a_server_that_is_away_and_from_one_without_log_in() {
    let server = ScriptedServer::new()
        .starttls()
        .log_in("reports@nhs.example", "secret")
        .start();
    let wrong = Smtp::new(with_log_in(settings(&server, Security::StartTls), "wrong")).unwrap();
    let text = wrong.check(&address(), &address()).unwrap_err().to_string();
    assert!(
        text.contains("refused the log-in: 535 5.7.8")
            && text.contains("password_file")
            && !text.contains("wrong,"),
        "{text}"
    );

    let none = Smtp::new(settings(&server, Security::StartTls)).unwrap();
    let text = none.check(&address(), &address()).unwrap_err().to_string();
    assert!(text.contains("refused the log-in: 530 5.7.0"), "{text}");
    let outcome = Smtp::new(settings(&server, Security::StartTls))
        .unwrap()
        .send(&message(AMINA));
    assert_eq!(
        became(&outcome),
        Becomes::Deferred(Deferral::LogIn),
        "530 is about the log-in, not the message: {outcome:?}"
    );

    let open = ScriptedServer::new().starttls().start();
    let text = Smtp::new(with_log_in(settings(&open, Security::StartTls), "secret"))
        .unwrap()
        .check(&address(), &address())
        .unwrap_err()
        .to_string();
    assert!(text.contains("offers no log-in"), "{text}");

    let port = {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    let text = Smtp::new(SmtpServer {
        port,
        ..settings(&server, Security::None)
    })
    .unwrap()
    .check(&address(), &address())
    .unwrap_err()
    .to_string();
    assert!(
        text.contains(&format!("cannot reach the mail server localhost:{port}"))
            && text.contains("refused"),
        "{text}"
    );
}

#[test]
fn a_log_in_can_be_checked_without_a_message() {
    let server = ScriptedServer::new()
        .starttls()
        .log_in("reports@nhs.example", "secret")
        .start();
    Smtp::new(with_log_in(settings(&server, Security::StartTls), "secret"))
        .unwrap()
        .check(&address(), &address())
        .unwrap();
    assert_eq!(
        server.commands(),
        [
            "EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "RSET", "QUIT"
        ]
    );
}

#[test]
fn plain_text_to_another_machine_is_not_even_tried() {
    let server = ScriptedServer::new().start();
    let elsewhere = SmtpServer {
        host: "smtp.nhs.example".to_owned(),
        ..settings(&server, Security::None)
    };
    assert!(matches!(
        Smtp::new(elsewhere),
        Err(InvalidSmtpServer::PlainTextToAnotherMachine(_))
    ));
}
