//! A mail server that says whatever the fuzzer has it say.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use migration_monitor::delivery::{
    OutgoingMessage, SendOutcome, Smtp, SmtpServer, SmtpTimeouts, Transport,
};
use migration_monitor::domain::EmailAddress;
use migration_monitor::settings::Security;

/// Between two answers.
const NEXT: &[u8] = b"\n%%\n";
const SENDER: &str = "reports@nhs.example";
const RECIPIENTS: [&str; 2] = ["amina.okafor@trust.example", "bronwen.price@trust.example"];
const PASSWORD: &str = "open-sesame-4711";
const MESSAGE: &[u8] = b"Subject: a report\r\n\r\n.Nothing.\r\n";
/// A server that says half an answer is not waited for.
const SHORT: Duration = Duration::from_millis(500);
/// Longer is no reply that anybody reads.
const MOST_CHARACTERS: usize = 1_500;

/// What the server is to say, an answer for each line that it hears, and what it said to the ends
/// of messages.
#[derive(Default)]
struct Script {
    answers: VecDeque<Vec<u8>>,
    to_ends: Vec<Vec<u8>>,
    /// Whether it knew the password and the recipient when it last spoke: what else it names, it
    /// made up.
    knew_password: bool,
    knew_recipient: bool,
}

/// A server at work, as long as the fuzzer is.
pub struct TalkingServer {
    port: u16,
    script: Arc<Mutex<Script>>,
    number: u16,
}

impl TalkingServer {
    /// Begins to listen, on all addresses of this machine's own.
    #[must_use]
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::<Mutex<Script>>::default();
        std::thread::spawn({
            let script = Arc::clone(&script);
            move || {
                for stream in listener.incoming().flatten() {
                    let _ = speak(&stream, &script);
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        });
        Self {
            port,
            script,
            number: 0,
        }
    }

    /// Sends two messages to a server that says this, and asserts what must hold.
    pub fn say(&mut self, bytes: &[u8]) {
        *self.script.lock().unwrap() = Script {
            answers: split(bytes, NEXT).map(<[u8]>::to_vec).collect(),
            ..Script::default()
        };
        // Each time another address: connections that have ended block theirs for a minute.
        self.number = self.number.wrapping_add(1);
        let [high, low] = self.number.to_be_bytes();
        let mut smtp = Smtp::new(SmtpServer {
            host: Ipv4Addr::new(127, 1, high, low).to_string(),
            port: self.port,
            security: Security::None,
            username: Some(SENDER.to_owned()),
            password: Some(PASSWORD.into()),
            tokens: None,
            ca_file: None,
            hello_name: None,
            timeouts: SmtpTimeouts {
                connect: SHORT,
                command: SHORT,
                reply: SHORT,
            },
        })
        .unwrap();
        for recipient in RECIPIENTS {
            let ends_before = self.script.lock().unwrap().to_ends.len();
            let outgoing = OutgoingMessage {
                file: PathBuf::new(),
                from: &EmailAddress::parse(SENDER).unwrap(),
                to: &EmailAddress::parse(recipient).unwrap(),
                bytes: MESSAGE,
            };
            let mut asked = 0;
            let outcome = smtp.hand_over(&outgoing, &mut || {
                asked += 1;
                true
            });
            let script = self.script.lock().unwrap();
            let to_ends = &script.to_ends;
            assert!(
                asked <= 1 && to_ends.len() <= ends_before + asked,
                "its end is sent once, and where that may be"
            );
            assert_fits(&outcome, to_ends.get(ends_before).map(Vec::as_slice));
            assert_fit_to_keep(&outcome, &script, recipient);
        }
        smtp.finish();
    }
}

impl Default for TalkingServer {
    fn default() -> Self {
        Self::new()
    }
}

/// Holds what became of a message against what the server said to its end, if it saw one.
fn assert_fits(outcome: &SendOutcome, said: Option<&[u8]>) {
    let is_taken = matches!(outcome, SendOutcome::Accepted(_));
    let Some(said) = said else {
        assert!(!is_taken, "nobody was asked: {outcome:?}");
        return;
    };
    assert!(!is_taken || said.first() == Some(&b'2'), "{outcome:?}");
    // One line, of which nobody can be in doubt.
    let is_plain = said.len() < 500
        && said.len() > 5
        && said[..3].iter().all(u8::is_ascii_digit)
        && said[3] == b' '
        && said.ends_with(b"\r\n")
        && said[4..said.len() - 2]
            .iter()
            .all(|byte| (b' '..127).contains(byte));
    if is_plain {
        match said[0] {
            b'2' => assert!(is_taken, "{outcome:?}"),
            b'4' | b'5' => assert!(
                matches!(outcome, SendOutcome::Deferred(..) | SendOutcome::Refused(_)),
                "{outcome:?}"
            ),
            _ => assert!(matches!(outcome, SendOutcome::Unknown(_)), "{outcome:?}"),
        }
    }
}

fn assert_fit_to_keep(outcome: &SendOutcome, script: &Script, recipient: &str) {
    let text = match outcome {
        SendOutcome::Refused(refusal) => &refusal.text,
        SendOutcome::Accepted(text)
        | SendOutcome::Kept(text)
        | SendOutcome::Deferred(text, _)
        | SendOutcome::Unknown(text) => text,
    };
    let (name, _) = recipient.split_once('@').unwrap();
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '.');
    let names_recipient = words.any(|word| word.eq_ignore_ascii_case(name));
    let quotes_password = text.contains(PASSWORD) || text.contains(&response());
    let is_long = text.chars().count() >= MOST_CHARACTERS;
    let tells_password = script.knew_password && quotes_password;
    let tells_recipient = script.knew_recipient && names_recipient;
    let has_controls = text.contains(char::is_control);
    assert!(
        !is_long && !has_controls && !tells_password && !tells_recipient,
        "{text:?}"
    );
}

/// Says an answer for each line, and to each message; one for the connection comes first.
fn speak(stream: &TcpStream, script: &Mutex<Script>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(SHORT * 4))?;
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream);
    let mut is_in_message = false;
    let mut has_heard_password = false;
    let mut line = b"hello\r\n".to_vec();
    loop {
        let is_end = is_in_message && line == b".\r\n";
        if is_end || !is_in_message {
            let answer = {
                let mut script = script.lock().unwrap();
                let Some(mut answer) = script.answers.pop_front() else {
                    return Ok(());
                };
                has_heard_password |= line == format!("AUTH PLAIN {}\r\n", response()).as_bytes();
                script.knew_password = has_heard_password;
                if has_heard_password {
                    answer = with_secrets(&answer);
                }
                if is_end {
                    script.to_ends.push(answer.clone());
                } else {
                    script.knew_recipient = line.starts_with(b"RCPT") || line == b"DATA\r\n";
                }
                answer
            };
            (&*stream).write_all(&answer)?;
            let last = answer.split_inclusive(|byte| *byte == b'\n').next_back();
            let last = last.unwrap_or_default();
            if last.last() != Some(&b'\n') || last.get(3) == Some(&b'-') {
                return Ok(());
            }
            is_in_message = line == b"DATA\r\n" && answer.starts_with(b"354");
        }
        line.clear();
        if lines.by_ref().take(10_000).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
    }
}

fn split<'a>(bytes: &'a [u8], at: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let all = rest?;
        let end = all.windows(at.len()).position(|window| window == at);
        let (part, after) = match end {
            Some(end) => (&all[..end], Some(&all[end + at.len()..])),
            None => (all, None),
        };
        rest = after;
        Some(part)
    })
}

/// As the log-in says it: `\0user\0password`, in base64.
fn response() -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let said = format!("\0{SENDER}\0{PASSWORD}");
    let groups = said.as_bytes().chunks(3).map(|group| {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | usize::from(group.get(at).copied().unwrap_or_default())
        });
        let digits = (0..4).map(|place| match place <= group.len() {
            true => char::from(DIGITS[bits >> (18 - 6 * place) & 63]),
            false => '=',
        });
        digits.collect::<String>()
    });
    groups.collect()
}

/// The fuzzer writes `{P}` and `{B}` for what the log-in said, as a server that quotes it would.
fn with_secrets(answer: &[u8]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = answer;
    while let [first, after @ ..] = rest {
        match rest {
            [b'{', b'P', b'}', after @ ..] => {
                filled.extend(PASSWORD.as_bytes());
                rest = after;
            }
            [b'{', b'B', b'}', after @ ..] => {
                filled.extend(response().as_bytes());
                rest = after;
            }
            _ => {
                filled.push(*first);
                rest = after;
            }
        }
    }
    filled
}
