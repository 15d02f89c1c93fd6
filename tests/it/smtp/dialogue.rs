//! What servers say that no script of steps has: too early, too slowly, too little.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use migration_monitor::delivery::{
    Deferral, SendOutcome, Smtp, SmtpServer, SmtpTimeouts, Transport,
};
use migration_monitor::domain::Domain;
use migration_monitor::settings::Security;

use super::{AMINA, Becomes, LONG, became, message, message_with};

/// A server on one connection, and all that it read.
struct Raw {
    port: u16,
    server: JoinHandle<String>,
}

fn raw(serve: impl FnOnce(&mut TcpStream) -> String + Send + 'static) -> Raw {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || serve(&mut listener.accept().unwrap().0));
    Raw { port, server }
}

/// Says each answer once something came for the one before, the greeting first. Gives what came.
fn converse(client: &mut TcpStream, answers: &[&str]) -> String {
    let mut heard = String::new();
    for answer in answers {
        if client.write_all(answer.as_bytes()).is_err() {
            break;
        }
        let mut read = vec![0; 1 << 16];
        let count = client.read(&mut read).unwrap_or(0);
        heard.push_str(&String::from_utf8_lossy(&read[..count]));
    }
    heard
}

fn smtp(port: u16, reply: Duration) -> Smtp {
    Smtp::new(SmtpServer {
        host: "localhost".to_owned(),
        port,
        security: Security::None,
        username: None,
        password: None,
        tokens: None,
        ca_file: None,
        hello_name: Domain::parse("monitor.nhs.example"),
        timeouts: SmtpTimeouts {
            connect: LONG,
            command: LONG,
            reply,
        },
    })
    .unwrap()
}

const UNTIL_DATA: [&str; 5] = [
    "220 mail.test\r\n",
    "250 mail.test\r\n",
    "250\r\n",
    "250\r\n",
    "354\r\n",
];

#[test]
fn a_code_without_a_text_is_an_answer_at_every_step() {
    let raw = raw(|client| converse(client, &[&UNTIL_DATA[..], &["250\r\n"]].concat()));
    let mut smtp = smtp(raw.port, LONG);
    assert_eq!(
        smtp.send(&message(AMINA)),
        SendOutcome::Accepted("250".to_owned())
    );
    drop(smtp);
    let heard = raw.server.join().unwrap();
    assert!(heard.starts_with("EHLO monitor.nhs.example\r\n"), "{heard}");
}

#[test]
fn an_answer_from_before_the_message_does_not_accept_it() {
    // Seven messages were recorded as accepted by what such a server had said before it refused them.
    let mut answers = UNTIL_DATA.to_vec();
    answers[4] = "354 go ahead\r\n250 queued\r\n";
    answers.push("554 5.7.1 refused\r\n");
    let raw = raw(move |client| converse(client, &answers));
    let outcome = smtp(raw.port, LONG).send(&message(AMINA));
    assert_eq!(
        became(&outcome),
        Becomes::Deferred(Deferral::Connection),
        "{outcome:?}"
    );
    assert!(!raw.server.join().unwrap().contains("\r\n.\r\n"));
}

#[test]
fn why_a_message_is_not_taken_is_heard_while_it_is_on_its_way() {
    let raw = raw(|client| {
        let heard = converse(client, &UNTIL_DATA);
        client.write_all(b"552 5.3.4 too large\r\n").unwrap();
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest);
        heard + &String::from_utf8_lossy(&rest)
    });
    let long = message_with(AMINA, &"A line of a long report.\r\n".repeat(400_000));
    let outcome = smtp(raw.port, LONG).send(&long);
    assert!(
        matches!(&outcome, SendOutcome::Refused(refusal) if refusal.text == "552 5.3.4 too large"
            && !refusal.is_certain),
        "{outcome:?}"
    );
    assert!(!raw.server.join().unwrap().contains("\r\n.\r\n"));
}

#[test]
fn an_answer_that_drips_has_the_time_of_one_answer() {
    let raw = raw(|client| {
        let heard = converse(client, &UNTIL_DATA);
        for byte in "250 2.0.0 queued as a very long name\r\n".bytes() {
            std::thread::sleep(Duration::from_millis(200));
            if client.write_all(&[byte]).is_err() {
                break;
            }
        }
        heard
    });
    let began = Instant::now();
    let outcome = smtp(raw.port, Duration::from_secs(1)).send(&message(AMINA));
    assert_eq!(became(&outcome), Becomes::Unknown);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_message_that_is_larger_than_the_server_says_is_not_offered() {
    let raw = raw(|client| {
        let answers = ["220 mail.test\r\n", "250-mail.test\r\n250 SIZE 100\r\n", ""];
        converse(client, &answers)
    });
    let mut smtp = smtp(raw.port, LONG);
    let outcome = smtp.send(&message_with(AMINA, &"a line\r\n".repeat(20)));
    assert!(
        matches!(&outcome, SendOutcome::Refused(refusal) if refusal.text.contains("no more than 100")
            && !refusal.is_certain),
        "{outcome:?}"
    );
    drop(smtp);
    assert!(!raw.server.join().unwrap().contains("MAIL"));
}

#[test]
fn the_size_of_a_message_is_told_before_it_comes() {
    let raw = raw(|client| {
        let mut answers = UNTIL_DATA.to_vec();
        answers[1] = "250-mail.test\r\n250 SIZE 0\r\n";
        answers.push("250 queued\r\n");
        converse(client, &answers)
    });
    let mut smtp = smtp(raw.port, LONG);
    assert_eq!(became(&smtp.send(&message(AMINA))), Becomes::Accepted);
    drop(smtp);
    let size = format!("SIZE={}\r\n", message(AMINA).bytes.len());
    let heard = raw.server.join().unwrap();
    assert!(heard.contains(&size), "{heard}");
}
