//! The server's side of one connection.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Misbehaviour::{Cut, Say, Silence};
use super::{Received, Security, Seen, Step};

pub(super) struct Dialogue<'a> {
    seen: &'a Seen,
    tls: &'a Arc<ServerConfig>,
    wire: Wire,
    is_logged_in: bool,
    user: String,
    from: String,
    to: Vec<String>,
    messages: usize,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(seen: &'a Seen, tls: &'a Arc<ServerConfig>, stream: TcpStream) -> Self {
        let wire = Wire {
            stream: Some(Stream::Plain(stream)),
            unread: Vec::new(),
        };
        Self {
            seen,
            tls,
            wire,
            is_logged_in: false,
            user: String::new(),
            from: String::new(),
            to: Vec::new(),
            messages: 0,
        }
    }

    pub(super) fn speak(&mut self) -> io::Result<()> {
        let setup = &self.seen.setup;
        if setup.security == Security::Tls {
            self.wire.secure(self.tls);
        }
        self.answer(Step::Greeting, "220 mail.test ESMTP")?;
        loop {
            let line = self.wire.line()?;
            let (command, argument) = line.split_once(' ').unwrap_or((line.as_str(), ""));
            let command = command.to_ascii_uppercase();
            self.seen.commands.lock().unwrap().push(command.clone());
            match command.as_str() {
                "EHLO" => self.hello()?,
                "STARTTLS" => {
                    if self.answer(Step::Starttls, "220 go ahead")? {
                        self.wire.secure(self.tls);
                    }
                }
                "AUTH" => self.log_in(argument)?,
                "MAIL" if setup.log_in.is_some() && !self.is_logged_in => {
                    self.wire.say("530 5.7.0 Authentication required")?
                }
                "MAIL" if setup.tokens.is_some() && path(argument) != self.user => self.wire.say(
                    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
                )?,
                "MAIL" => {
                    if !self.from.is_empty() {
                        self.wire.say("503 5.5.1 nested MAIL command")?;
                    } else if self.answer(Step::Sender, "250 2.1.0 sender ok")? {
                        self.from = path(argument);
                    }
                }
                "RCPT" => {
                    self.to.push(path(argument));
                    if !self.answer(Step::Recipient, "250 2.1.5 recipient ok")? {
                        self.to.pop();
                    }
                }
                "DATA" => {
                    self.data()?;
                    if self.messages >= setup.messages_of_a_connection {
                        return Ok(());
                    }
                }
                "RSET" => {
                    self.forget();
                    self.answer(Step::Reset, "250 2.0.0 forgotten")?;
                }
                "NOOP" => drop(self.answer(Step::Check, "250 2.0.0 here")?),
                "QUIT" => return self.answer(Step::Quit, "221 2.0.0 bye").map(drop),
                _ => self.wire.say("502 5.5.2 what?")?,
            }
        }
    }

    /// Answers as scripted for the step, else with `line`. Tells whether the answer was positive.
    fn answer(&mut self, step: Step, line: &'static str) -> io::Result<bool> {
        let line = self.scripted(step)?.unwrap_or(line);
        self.wire.say(line)?;
        Ok(is_positive(line))
    }

    /// What the script has the server say at the step, if anything; an error where it ends the
    /// dialogue.
    fn scripted(&mut self, step: Step) -> io::Result<Option<&'static str>> {
        match self.seen.misbehaviour(step, &self.to) {
            Some(Say(line)) => Ok(Some(line)),
            None => Ok(None),
            Some(Cut) => {
                self.wire.cut();
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(Silence) => {
                while self.wire.line().is_ok() {}
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    fn hello(&mut self) -> io::Result<()> {
        let setup = &self.seen.setup;
        let mut lines = vec!["mail.test".to_owned(), "8BITMIME".to_owned()];
        let is_secured = self.wire.is_secured();
        if setup.security == Security::Starttls && !is_secured {
            lines.push("STARTTLS".to_owned());
        }
        if setup.log_in.is_some() && (is_secured || setup.security == Security::Plain) {
            lines.push(format!("AUTH {}", setup.mechanisms));
        }
        let last = lines.pop().unwrap();
        let text: String = lines
            .iter()
            .map(|line| format!("250-{line}\r\n"))
            .chain([format!("250 {last}")])
            .collect();
        let scripted = self.scripted(Step::Hello)?;
        self.wire.say(scripted.unwrap_or(&text))
    }

    fn log_in(&mut self, argument: &str) -> io::Result<()> {
        let Some((user, password)) = self.seen.setup.log_in else {
            return self.wire.say("503 5.5.1 no log-in here");
        };
        let is_right = match argument.split_once(' ') {
            Some(("XOAUTH2", response)) => self.believes(response)?,
            Some(("PLAIN", response)) => {
                response == base64(format!("\0{user}\0{password}").as_bytes())
            }
            None if argument == "LOGIN" => {
                self.wire.say(&format!("334 {}", base64(b"Username:")))?;
                let said_user = self.wire.line()?;
                self.wire.say(&format!("334 {}", base64(b"Password:")))?;
                let said_password = self.wire.line()?;
                said_user == base64(user.as_bytes()) && said_password == base64(password.as_bytes())
            }
            _ => false,
        };
        self.is_logged_in = self.answer(
            Step::LogIn,
            if is_right {
                "235 2.7.0 welcome"
            } else {
                if self.seen.setup.tokens.is_some() {
                    "535 5.7.3 Authentication unsuccessful"
                } else {
                    "535 5.7.8 wrong user or password"
                }
            },
        )? && is_right;
        Ok(())
    }

    /// Whether a token is believed. One that is not is answered with a question first, as Exchange
    /// and Google do.
    fn believes(&mut self, response: &str) -> io::Result<bool> {
        let said = BASE64_STANDARD.decode(response).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        let (user, token) = said
            .strip_prefix("user=")
            .and_then(|said| said.strip_suffix("\x01\x01"))
            .and_then(|said| said.split_once("\x01auth=Bearer "))
            .unwrap_or_default();
        let setup = &self.seen.setup;
        let log_ins = self.seen.log_ins.fetch_add(1, Ordering::SeqCst) + 1;
        let is_believed = {
            let mut tokens = setup.tokens.as_ref().unwrap().lock().unwrap();
            if log_ins.is_multiple_of(setup.withdraws_every) {
                tokens.remove(token);
            }
            tokens.contains(token)
        };
        if !is_believed {
            self.wire
                .say(&format!("334 {}", base64(b"{\"status\":\"401\"}")))?;
            assert_eq!(self.wire.line()?, "", "an empty line");
        }
        self.user = user.to_owned();
        Ok(is_believed)
    }

    fn data(&mut self) -> io::Result<()> {
        if self.from.is_empty() || self.to.is_empty() {
            return self.wire.say("503 5.5.1 no sender or no recipient");
        }
        if !self.answer(Step::Data, "354 go ahead")? {
            return Ok(());
        }
        match self.seen.misbehaviour(Step::Content, &self.to) {
            Some(Cut) => {
                self.wire.cut();
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(Silence) => {
                while !self.seen.is_over.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(10));
                }
            }
            Some(Say(_)) | None => {}
        }
        let mut bytes = Vec::new();
        loop {
            let line = self.wire.line()?;
            if line == "." {
                break;
            }
            bytes.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        self.seen.commands.lock().unwrap().push(".".to_owned());
        let line = self
            .scripted(Step::EndOfData)?
            .unwrap_or("250 2.0.0 queued as 4F2C1");
        // Before the answer: whoever has read that may look.
        if is_positive(line) {
            let (from, to) = (self.from.clone(), self.to.clone());
            let (was_secured, was_logged_in) = (self.wire.is_secured(), self.is_logged_in);
            let received = Received {
                from,
                to,
                bytes,
                was_secured,
                was_logged_in,
            };
            match &self.seen.setup.next {
                Some(next) => next.send(received).unwrap(),
                None => self.seen.received.lock().unwrap().push(received),
            }
            self.seen.taken.fetch_add(1, Ordering::SeqCst);
            self.messages += 1;
        }
        self.forget();
        self.wire.say(line)
    }

    fn forget(&mut self) {
        self.from.clear();
        self.to.clear();
    }
}

fn is_positive(line: &str) -> bool {
    line.starts_with(['2', '3'])
}

/// `FROM:<a@b.example>` becomes `a@b.example`.
fn path(argument: &str) -> String {
    let (_, path) = argument.split_once('<').unwrap_or_default();
    path.split('>').next().unwrap_or_default().to_owned()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| -> String {
        let bits = three
            .iter()
            .chain(&[0; 3])
            .take(3)
            .fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let digit = |place: usize| {
            if place <= three.len() {
                char::from(DIGITS[bits >> (18 - 6 * place) & 63])
            } else {
                '='
            }
        };
        (0..4).map(digit).collect()
    };
    bytes.chunks(3).map(group).collect()
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

struct Wire {
    stream: Option<Stream>,
    unread: Vec<u8>,
}

impl Wire {
    fn secure(&mut self, tls: &Arc<ServerConfig>) {
        if let Some(Stream::Plain(stream)) = self.stream.take() {
            let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
            self.stream = Some(Stream::Tls(Box::new(StreamOwned::new(connection, stream))));
        }
    }

    fn is_secured(&self) -> bool {
        matches!(self.stream, Some(Stream::Tls(_)))
    }

    /// The next line without its end. A bare line feed does not end one.
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.unread.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            let mut piece = [0; 8192];
            let count = match self.stream.as_mut().unwrap() {
                Stream::Plain(stream) => stream.read(&mut piece)?,
                Stream::Tls(stream) => stream.read(&mut piece)?,
            };
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.unread.extend_from_slice(&piece[..count]);
        }
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\r\n");
        match self.stream.as_mut().unwrap() {
            Stream::Plain(stream) => stream.write_all(line.as_bytes()),
            Stream::Tls(stream) => stream
                .write_all(line.as_bytes())
                .and_then(|()| stream.flush()),
        }
    }

    fn cut(&mut self) {
        let _ = match self.stream.as_ref().unwrap() {
            Stream::Plain(stream) => stream.shutdown(Shutdown::Both),
            Stream::Tls(stream) => stream.sock.shutdown(Shutdown::Both),
        };
    }
}
