//! Every step of the dialogue, every fault, for one message and for all: the state of each
//! delivery, and what a rerun does.

use std::collections::BTreeSet;
use std::time::Duration;

use migration_monitor::delivery::{Smtp, SmtpServer, SmtpTimeouts};
use migration_monitor::settings::Security;

use super::run::{Morning, morning};
use super::{LONG, settings, with_log_in};
use crate::support::smtp_server::Misbehaviour::{self, Cut, Say, Silence};
use crate::support::smtp_server::{RunningServer, ScriptedServer, Step};

const RECIPIENTS: [&str; 4] = [
    "amina.okafor@nhs.example",
    "bronwen.price@nhs.example",
    "chen.li@nhs.example",
    "dai.rees@nhs.example",
];

/// What goes wrong, by column: later, never, closing, nothing until the time-out, a cut connection.
const FAULTS: [Misbehaviour; 5] = [
    Say("451 4.3.0 later"),
    Say("554 5.7.1 never"),
    Say("421 4.3.2 closing"),
    Silence,
    Cut,
];

/// Whom it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meets {
    /// The first message; from where the server knows the recipient on, the second.
    One,
    All,
}
use Meets::{All, One};

/// The states of the four deliveries after the run: accepted, deferred, refused, unknown, prepared.
/// In lower case what a rerun leaves alone until the wait is over, since the server put it off in
/// words.
const TABLE: [(Step, Meets, [&str; 5]); 18] = [
    // Until the server takes a sender, a fault is the server's: the next message tries a new
    // connection, and three in a row spare the fourth. What closes comes too fast: it is tried again
    // in the same run.
    (
        Step::Greeting,
        One,
        ["DAAA", "DAAA", "AAAA", "DAAA", "DAAA"],
    ),
    (
        Step::Greeting,
        All,
        ["DDDP", "DDDP", "dddd", "DDDP", "DDDP"],
    ),
    (Step::Hello, One, ["DAAA", "DAAA", "AAAA", "DAAA", "DAAA"]),
    (Step::Hello, All, ["DDDP", "DDDP", "dddd", "DDDP", "DDDP"]),
    (
        Step::Starttls,
        One,
        ["DAAA", "DAAA", "DAAA", "DAAA", "DAAA"],
    ),
    (
        Step::Starttls,
        All,
        ["DDDP", "DDDP", "DDDP", "DDDP", "DDDP"],
    ),
    // A log-in that is refused is not tried twice.
    (Step::LogIn, One, ["DAAA", "DPPP", "AAAA", "DAAA", "DAAA"]),
    (Step::LogIn, All, ["DDDP", "DPPP", "dddd", "DDDP", "DDDP"]),
    // Nobody is named yet: “later” is about the pace, “never” about the sender, who has two tries. A
    // single one may be a mistake, and is tried again in the same run.
    (Step::Sender, One, ["AAAA", "AAAA", "AAAA", "dAAA", "dAAA"]),
    (Step::Sender, All, ["dddd", "DDPP", "dddd", "dddP", "dddP"]),
    // From here on words are about the message, and “never” is believed where others fare better.
    (
        Step::Recipient,
        One,
        ["AdAA", "ARAA", "AdAA", "AdAA", "AdAA"],
    ),
    (
        Step::Recipient,
        All,
        ["dddd", "dddP", "dddd", "dddP", "dddP"],
    ),
    (Step::Data, One, ["AdAA", "ARAA", "AdAA", "AdAA", "AdAA"]),
    (Step::Data, All, ["dddd", "dddP", "dddd", "dddP", "dddP"]),
    // The message is out: words decide, silence does not.
    (
        Step::EndOfData,
        One,
        ["AdAA", "ARAA", "AdAA", "AUAA", "AUAA"],
    ),
    (
        Step::EndOfData,
        All,
        ["dddd", "dddP", "dddd", "UUUP", "UUUP"],
    ),
    // What is accepted stays so, however the server takes leave.
    (Step::Quit, One, ["AAAA", "AAAA", "AAAA", "AAAA", "AAAA"]),
    (Step::Quit, All, ["AAAA", "AAAA", "AAAA", "AAAA", "AAAA"]),
];

/// A server with everything that a real one asks for.
fn server() -> ScriptedServer {
    ScriptedServer::new()
        .starttls()
        .log_in("reports@nhs.example", "secret")
}

fn client(server: &RunningServer, timeouts: SmtpTimeouts) -> Smtp {
    let settings = with_log_in(settings(server, Security::StartTls), "secret");
    Smtp::new(SmtpServer {
        timeouts,
        ..settings
    })
    .unwrap()
}

/// A wait that is short where the server says nothing, and long enough on a busy machine where it
/// does.
fn timeouts(step: Step, fault: Misbehaviour) -> SmtpTimeouts {
    const SHORT: Duration = Duration::from_secs(1);
    let long = SmtpTimeouts {
        connect: LONG,
        command: LONG,
        reply: LONG,
    };
    match (fault, step) {
        (Silence, Step::Greeting | Step::Hello | Step::Starttls) => SmtpTimeouts {
            connect: SHORT,
            ..long
        },
        (Silence, Step::EndOfData) => SmtpTimeouts {
            reply: SHORT,
            ..long
        },
        (Silence, _) => SmtpTimeouts {
            command: SHORT,
            ..long
        },
        _ => long,
    }
}

fn letters(morning: &Morning) -> String {
    morning
        .states()
        .iter()
        .map(|state| state.name().chars().next().unwrap().to_ascii_uppercase())
        .collect()
}

fn recipients(server: &RunningServer) -> Vec<String> {
    server
        .received()
        .into_iter()
        .flat_map(|message| message.to)
        .collect()
}

fn check(step: Step, meets: Meets, fault: Misbehaviour, expected: &str) {
    let cell = format!("{step:?} {meets:?} {fault:?}");
    let knows_recipient = matches!(step, Step::Recipient | Step::Data | Step::EndOfData);
    let faulty = match meets {
        All => server().at(step, fault),
        One if knows_recipient => server().for_recipient(RECIPIENTS[1], step, fault),
        One => server().once_at(step, fault),
    }
    .start();
    let mut morning = morning(&RECIPIENTS);
    morning.send(&mut client(&faulty, timeouts(step, fault)));
    assert_eq!(letters(&morning), expected.to_ascii_uppercase(), "{cell}");

    // A rerun at once, with a server that is well: what was not put off in words goes, and nothing
    // else.
    let with = |wanted: &[char]| -> BTreeSet<&str> {
        expected
            .chars()
            .zip(RECIPIENTS)
            .filter(|(letter, _)| wanted.contains(letter))
            .map(|(_, recipient)| recipient)
            .collect()
    };
    let well = server().start();
    let long = SmtpTimeouts {
        connect: LONG,
        command: LONG,
        reply: LONG,
    };
    morning.send(&mut client(&well, long));
    let sent: Vec<String> = recipients(&well);
    assert_eq!(
        sent.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        with(&['D', 'P']),
        "at once: {cell}"
    );
    // Once the wait is over, the rest. What is refused or unknown is left to people.
    morning.minutes += 5;
    morning.send(&mut client(&well, long));
    morning.minutes += 500;
    morning.send(&mut client(&well, long));
    let sent = recipients(&well);
    let unique: BTreeSet<&str> = sent.iter().map(String::as_str).collect();
    assert_eq!(
        (unique.len(), &unique),
        (sent.len(), &with(&['D', 'P', 'd'])),
        "later: {cell}"
    );
    assert_eq!(
        letters(&morning),
        expected.to_ascii_uppercase().replace(['D', 'P'], "A"),
        "{cell}"
    );
    // What the first server took over is what the ledger says that it did.
    let taken: BTreeSet<String> = recipients(&faulty).into_iter().collect();
    assert_eq!(
        taken.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        taken_over(expected),
        "{cell}"
    );
}

/// Whom the server that misbehaved wrote down as served: a server that cuts the connection at the
/// end writes nothing.
fn taken_over(expected: &str) -> BTreeSet<&'static str> {
    expected
        .chars()
        .zip(RECIPIENTS)
        .filter(|(letter, _)| *letter == 'A')
        .map(|(_, recipient)| recipient)
        .collect()
}

#[test]
fn every_fault_at_every_step_leaves_the_states_of_the_table_and_a_rerun_does_what_it_should() {
    std::thread::scope(|scope| {
        for (step, meets, row) in TABLE {
            scope.spawn(move || {
                for (fault, expected) in FAULTS.into_iter().zip(row) {
                    check(step, meets, fault, expected);
                }
            });
        }
    });
}

#[test]
fn without_a_server_all_wait_and_a_rerun_sends_them_at_once() {
    let port = {
        std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    let well = server().start();
    let long = SmtpTimeouts {
        connect: LONG,
        command: LONG,
        reply: LONG,
    };
    let away = SmtpServer {
        port,
        ..with_log_in(settings(&well, Security::StartTls), "secret")
    };
    let mut morning = morning(&RECIPIENTS);
    morning.send(&mut Smtp::new(away).unwrap());
    assert_eq!(letters(&morning), "DDDP");
    morning.send(&mut client(&well, long));
    assert_eq!(
        (letters(&morning).as_str(), well.received().len()),
        ("AAAA", 4)
    );
}
