//! How fast prepared messages are sent, beside a bare loop that sends the same bytes to the same
//! server.
//!
//!     cargo bench --bench sending -- [ORGANISATIONS [MAILBOXES [ROUNDS]]]        default: 400 320000 5
//!
//! The program itself prepares the three reports of each organisation of an estate: 1,200 messages,
//! in its archive and in its ledger. Then the room `delivery` sends them without a pace as `run`
//! does: a message is read from the archive and proved, what is about to happen is on the disk
//! before it happens, and what came of it before the next one. The loop has all messages in memory,
//! speaks the same dialogue over one connection, and keeps nothing. They take turns, several
//! rounds, and the median of each counts. One server only reads and answers; a second one does too,
//! and never keeps a client waiting that holds the end of a message back until all before it is
//! acknowledged; the third is a real Postfix with a queue on this disk, where there is one and root
//! runs this. “No server” is what remains of our time where every message is accepted at once:
//! archive, proof and ledger.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)] // a measurement, not the program

#[path = "support/estate.rs"]
mod estate;
#[cfg(unix)]
#[path = "../tests/it/support/postfix.rs"]
#[allow(clippy::indexing_slicing, dead_code)]
mod postfix;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use chrono::Utc;
use estate::{DAY, Estate, generate};
use migration_monitor::archive::Archive;
use migration_monitor::delivery::{
    DeliveryFilter, DeliveryRecord, Leave, Ledger, LedgerPlace, OutgoingMessage, Pace, SendOutcome,
    Smtp, SmtpServer, SmtpTimeouts, Transport, deliver,
};
use migration_monitor::domain::DeliveryState;
use migration_monitor::mail::Message;
use migration_monitor::settings::Security;

fn main() {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let argument = |place: usize, default: &str| {
        arguments
            .get(place)
            .map_or(default, String::as_str)
            .to_owned()
    };
    let (organisations, mailboxes) = (argument(0, "400"), argument(1, "320000"));
    let rounds: usize = argument(2, "5").parse().expect("a number of rounds");

    let scratch = tempfile::tempdir().unwrap();
    generate(
        scratch.path(),
        &["--organisations", &organisations, "--mailboxes", &mailboxes],
    );
    let prepared = Prepared::by_a_run(scratch.path());
    let bytes: usize = prepared
        .messages
        .iter()
        .map(|message| message.bytes.len())
        .sum();
    println!(
        "{} messages of {} KiB on average",
        prepared.messages.len(),
        bytes / prepared.messages.len() / 1024
    );

    let no_server = median(
        (0..rounds)
            .map(|_| prepared.deliver(&mut NoServer))
            .collect(),
    );
    prepared.tell("no server: ours", no_server);
    prepared.compare(
        "a server that only answers",
        sink(Acknowledging::Late),
        rounds,
        || (),
    );
    prepared.compare(
        "one that acknowledges at once",
        sink(Acknowledging::AtOnce),
        rounds,
        || (),
    );
    #[cfg(unix)]
    if Path::new("/usr/sbin/postfix").exists()
        && std::env::var("USER").map_or(true, |user| user == "root")
    {
        let postfix = postfix::Postfix::start();
        // Its own deliveries must not take the time of the next round.
        prepared.compare("Postfix", postfix.port, rounds, || {
            drop(postfix.collect(prepared.messages.len()))
        });
    }
}

/// The data folder of a run that could not reach its server.
struct Prepared {
    folder: std::path::PathBuf,
    estate: Estate,
    messages: Vec<Message>,
}

impl Prepared {
    fn by_a_run(folder: &Path) -> Self {
        let path = folder.join("migration-monitor.toml");
        let settings = std::fs::read_to_string(&path)
            .unwrap()
            .replace("transport = \"outbox\"", "transport = \"smtp\"");
        let section = format!(
            "\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
            closed_port()
        );
        std::fs::write(&path, settings + &section).unwrap();
        let mut run = Command::new(env!("CARGO_BIN_EXE_migration-monitor"));
        let output = run
            .args(["run", "-q", "--date", DAY, "--settings"])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(8),
            "the server is away: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut prepared = Self {
            folder: folder.join("data"),
            estate: Estate::open(folder, DAY),
            messages: Vec::new(),
        };
        let due = prepared
            .ledger()
            .1
            .deliveries(&DeliveryFilter::of_date(prepared.estate.date))
            .unwrap();
        prepared.messages = due.iter().map(|record| prepared.load(record)).collect();
        prepared
    }

    /// A copy of the ledger, in a folder of its own on the same disk.
    fn ledger(&self) -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir_in(&self.folder).unwrap();
        let copy = folder.path().join("ledger.sqlite");
        std::fs::copy(self.folder.join("ledger.sqlite"), &copy).unwrap();
        (folder, Ledger::open(&LedgerPlace::File(copy)).unwrap())
    }

    fn load(&self, record: &DeliveryRecord) -> Message {
        Message {
            key: record.key.clone(),
            to: record.key.recipient.clone(),
            from: self.estate.settings.mail.from.clone(),
            message_id: record.message_id.clone(),
            bytes: Archive::new(&self.folder)
                .read(&record.message_path)
                .unwrap(),
        }
    }

    /// Sends all. Gives the seconds.
    fn deliver(&self, transport: &mut dyn Transport) -> f64 {
        let (_folder, mut ledger) = self.ledger();
        let filter = DeliveryFilter::of_date(self.estate.date);
        let pace = Pace {
            messages_per_minute: None,
            despite_back_off: true,
            clock: &Utc::now,
            sleep: &std::thread::sleep,
            lanes: None,
            stops: None,
        };
        let began = Instant::now();
        let summary = deliver(
            &mut ledger,
            transport,
            &filter,
            &|record| Ok(self.load(record)),
            pace,
            &mut |_| {},
        )
        .unwrap();
        let seconds = began.elapsed().as_secs_f64();
        assert_eq!(summary.count(DeliveryState::Accepted), self.messages.len());
        seconds
    }

    fn compare(&self, server: &str, port: u16, rounds: usize, between: impl Fn()) {
        let mut times = [Vec::new(), Vec::new()];
        let [ours, bare] = &mut times;
        for _ in 0..rounds {
            ours.push(self.deliver(&mut smtp(port)));
            between();
            bare.push(bare_loop(port, &self.messages));
            between();
        }
        let [ours, bare] = times.map(median);
        self.tell(&format!("{server}: ours"), ours);
        self.tell(&format!("{server}: the bare loop"), bare);
        println!(
            "{server}: ours sends {:.0} % of the messages a second of the loop",
            100.0 * bare / ours
        );
    }

    #[allow(clippy::cast_precision_loss)] // figures for people
    fn tell(&self, what: &str, seconds: f64) {
        println!(
            "{what:<44} {seconds:>8.2} s {:>8.0} messages/s",
            self.messages.len() as f64 / seconds
        );
    }
}

/// Accepts everything.
struct NoServer;

impl Transport for NoServer {
    fn hand_over(&mut self, _letter: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        assert!(leave());
        SendOutcome::Accepted("250 ok".to_owned())
    }

    fn finish(&mut self) {}
}

fn smtp(port: u16) -> Smtp {
    Smtp::new(SmtpServer {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        username: None,
        password: None,
        tokens: None,
        ca_file: None,
        hello_name: None,
        timeouts: SmtpTimeouts::default(),
    })
    .unwrap()
}

/// Sends messages over one connection, and keeps nothing. Gives the seconds.
fn bare_loop(port: u16, messages: &[Message]) -> f64 {
    let began = Instant::now();
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    server.set_nodelay(true).unwrap();
    let mut answers = BufReader::new(server.try_clone().unwrap());
    let mut say = |text: &[u8], expected: &str| {
        server.write_all(text).unwrap();
        let mut line = String::new();
        // All but the last line of an answer have a hyphen behind the code.
        while !line.starts_with(&format!("{expected} ")) {
            line.clear();
            answers.read_line(&mut line).unwrap();
            assert!(line.starts_with(expected), "{line}");
        }
    };
    say(b"", "220");
    say(b"EHLO localhost\r\n", "250");
    for message in messages {
        say(
            format!("MAIL FROM:<{}>\r\n", message.from.reveal()).as_bytes(),
            "250",
        );
        say(
            format!("RCPT TO:<{}>\r\n", message.to.reveal()).as_bytes(),
            "250",
        );
        say(b"DATA\r\n", "354");
        say(&with_dots(&message.bytes), "250");
    }
    say(b"QUIT\r\n", "221");
    began.elapsed().as_secs_f64()
}

/// A message as it goes over the wire: a line that begins with a dot has one more, and a dot by
/// itself is the end.
fn with_dots(message: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    if !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// A port that nobody listens on.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// When a server's machine says that something has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acknowledging {
    /// Up to 40 ms later, with the answer if that is ready before: as machines do (RFC 1122 section
    /// 4.2.3.2).
    Late,
    /// Each time: so that nothing is waited for that a client holds back until then (Nagle's
    /// algorithm, RFC 896).
    AtOnce,
}

/// What comes from a client.
struct Incoming {
    client: TcpStream,
    acknowledging: Acknowledging,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        #[cfg(target_os = "linux")]
        if self.acknowledging == Acknowledging::AtOnce {
            // The system forgets it from time to time.
            std::os::linux::net::TcpStreamExt::set_quickack(&self.client, true)?;
        }
        self.client.read(buffer)
    }
}

/// A server that reads, answers, and forgets. Gives its port.
fn sink(acknowledging: Acknowledging) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        listener
            .incoming()
            .for_each(|client| serve(client.unwrap(), acknowledging))
    });
    port
}

fn serve(mut client: TcpStream, acknowledging: Acknowledging) {
    client.set_nodelay(true).unwrap();
    let mut commands = BufReader::with_capacity(
        256 * 1024,
        Incoming {
            client: client.try_clone().unwrap(),
            acknowledging,
        },
    );
    client.write_all(b"220 sink\r\n").unwrap();
    let mut line = String::new();
    while commands.read_line(&mut line).is_ok_and(|read| read > 0) {
        let command = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match command.as_str() {
            "EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            "DATA" => {
                client.write_all(b"354 go on\r\n").unwrap();
                read_message(&mut commands);
                b"250 ok\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        if client.write_all(answer).is_err() || command == "QUIT" {
            return;
        }
        line.clear();
    }
}

/// Reads up to the dot by itself. A client waits for the answer, so that nothing comes behind it.
fn read_message(client: &mut impl Read) {
    const END: &[u8] = b"\r\n.\r\n";
    let mut piece = vec![0; 256 * 1024];
    let mut last = Vec::new();
    while last != END {
        let read = client.read(&mut piece).unwrap();
        assert!(read > 0, "the client went away");
        last.extend_from_slice(piece.get(read.saturating_sub(END.len())..read).unwrap());
        last.drain(..last.len().saturating_sub(END.len()));
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times
        .get(times.len() / 2)
        .copied()
        .expect("at least one round")
}
