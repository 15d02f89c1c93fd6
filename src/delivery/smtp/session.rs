use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;

use super::super::oauth;
use super::super::transport::Leave;
use super::connection::{Connection, Tls, look_up};
use super::fault::{DialogueFault, ServerFault, describe, is_of_security};
use super::judgement::{LOG_IN, Step};
use super::reply::Reply;
use super::server::{SmtpServer, SmtpTimeouts};
use crate::domain::EmailAddress;
use crate::settings::Security;

/// How long a server gets to say goodbye, or why it does not take a message.
const PATIENCE_AT_END: Duration = Duration::from_secs(5);
/// So much of a message is sent before it is looked whether the server says anything.
const CHUNK_BYTES: usize = 64 * 1024;

/// The answers that steps expect (RFC 5321 4.2.1).
const COMPLETED: RangeInclusive<u16> = 200..=299;
const GO_AHEAD: RangeInclusive<u16> = 354..=354;
const LOGGED_IN: RangeInclusive<u16> = 235..=235;
const TELL_MORE: u16 = 334;

/// Settings made ready for connections.
pub(super) struct CheckedServer {
    pub(super) settings: SmtpServer,
    pub(super) tls: Option<Tls>,
}

impl CheckedServer {
    /// The server's name and port, for a person.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }
}

/// What a server says it can do, in its answer to the greeting.
#[derive(Default)]
struct Offers {
    starttls: bool,
    mechanisms: Vec<String>,
    /// The largest message that it takes (RFC 1870).
    max_bytes: Option<usize>,
    /// Whether it wants to know the size of a message before it comes.
    size: bool,
}

impl Offers {
    fn of(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines().skip(1) {
            let line = line.to_ascii_uppercase();
            // “AUTH=PLAIN” is how it was written before it was a standard.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("AUTH") => offers.mechanisms.extend(words.map(str::to_owned)),
                Some("SIZE") => {
                    offers.size = true;
                    let most = words.next().and_then(|word| word.parse().ok());
                    offers.max_bytes = most.filter(|most| *most > 0);
                }
                _ => {}
            }
        }
        offers
    }
}

/// A connection that is secured and logged in, and what was begun on it.
pub(super) struct SmtpSession {
    connection: Connection,
    offers: Offers,
    timeouts: SmtpTimeouts,
    in_transaction: bool,
}

impl SmtpSession {
    /// Connects, secures the connection and logs in, as far as the settings ask for it.
    ///
    /// A token that the server does not believe is renewed once: it may have been withdrawn before
    /// its end.
    pub(super) fn open(server: &CheckedServer) -> Result<Self, ServerFault> {
        match (Self::open_once(server), &server.settings.tokens) {
            (Err(ServerFault::LogInRefused(..)), Some(_)) => Self::open_once(server),
            (opened, _) => opened,
        }
    }

    fn open_once(server: &CheckedServer) -> Result<Self, ServerFault> {
        let (mut connection, mut offers) = connect(server)?;
        if server.settings.security == Security::StartTls {
            (connection, offers) = secure(connection, &offers, server)?;
        }
        if server.settings.security != Security::None && !connection.is_secured() {
            let reason = "it is still in plain text".to_owned();
            return Err(ServerFault::NotSecured(server.name(), reason));
        }
        log_in(&mut connection, &offers, server)?;
        Ok(Self {
            connection,
            offers,
            timeouts: server.settings.timeouts,
            in_transaction: false,
        })
    }

    fn command(
        &mut self,
        step: Step,
        command: &str,
        expected: &RangeInclusive<u16>,
        recipient: Option<&EmailAddress>,
    ) -> Result<Reply, DialogueFault> {
        let answer = self.connection.command(command, self.timeouts.command);
        expect(step, answer, expected, recipient)
    }

    /// Begins a message of so many bytes. Whatever an earlier one left behind is forgotten first.
    pub(super) fn begin(&mut self, from: &EmailAddress, bytes: usize) -> Result<(), DialogueFault> {
        if let Some(most) = self.offers.max_bytes.filter(|most| bytes > *most) {
            return Err(DialogueFault::too_large(bytes, most));
        }
        self.forget()?;
        self.in_transaction = true;
        let size = if self.offers.size {
            format!(" SIZE={bytes}")
        } else {
            String::new()
        };
        let command = format!("MAIL FROM:<{}>{size}", from.reveal());
        self.command(Step::Sender, &command, &COMPLETED, None)?;
        Ok(())
    }

    /// Names the recipient of the message that was begun.
    pub(super) fn name_recipient(&mut self, to: &EmailAddress) -> Result<(), DialogueFault> {
        let command = format!("RCPT TO:<{}>", to.reveal());
        self.command(Step::Recipient, &command, &COMPLETED, Some(to))?;
        Ok(())
    }

    /// Has the server forget the message that was begun.
    pub(super) fn forget(&mut self) -> Result<(), DialogueFault> {
        if self.in_transaction {
            self.command(Step::Sender, "RSET", &COMPLETED, None)?;
        }
        self.in_transaction = false;
        Ok(())
    }

    /// Hands the message that was begun over to its recipient. Gives the server's confirmation.
    pub(super) fn hand_over(
        &mut self,
        to: &EmailAddress,
        message: &str,
        leave: &mut Leave<'_>,
    ) -> Result<String, DialogueFault> {
        self.name_recipient(to)?;
        self.command(Step::Data, "DATA", &GO_AHEAD, Some(to))?;
        self.write(&as_on_the_wire(message), to, leave)?;
        self.connection.within(self.timeouts.reply);
        let answer = expect(Step::End, self.connection.answer(), &COMPLETED, Some(to));
        self.in_transaction = answer.is_err();
        match answer {
            Ok(answer) => Ok(answer.words(Some(to))),
            Err(DialogueFault::Lost { reason, .. }) => Err(DialogueFault::Lost {
                reason,
                end_was_sent: true,
            }),
            Err(refusal) => Err(refusal),
        }
    }

    /// Sends a message. What the server says before it has all of it can only be why it does not
    /// take it; the end is not sent then.
    fn write(
        &mut self,
        wire: &[u8],
        to: &EmailAddress,
        leave: &mut Leave<'_>,
    ) -> Result<(), DialogueFault> {
        self.connection.within(self.timeouts.reply);
        // The end goes with the last bytes: by itself it could be held back until those are
        // acknowledged.
        let mut chunks = wire.chunks(CHUNK_BYTES).peekable();
        while let Some(chunk) = chunks.next() {
            let has_heard = self.connection.has_heard()?;
            if !has_heard && chunks.peek().is_none() && !leave() {
                return Err(DialogueFault::lost("its end was not to be sent".to_owned()));
            }
            let Some(error) = (!has_heard).then(|| self.connection.write(chunk)) else {
                return Err(self.objection(to, "it answered before it had the message".to_owned()));
            };
            if let Err(error) = error {
                return Err(self.objection(to, describe(&error)));
            }
        }
        Ok(())
    }

    /// Why the server does not take the rest of a message: its words, or else what happened.
    fn objection(&mut self, to: &EmailAddress, what_happened: String) -> DialogueFault {
        self.connection
            .within(PATIENCE_AT_END.min(self.timeouts.command));
        match self.connection.answer() {
            Ok(reply) if !reply.is_positive() => DialogueFault::of(Step::Content, &reply, Some(to)),
            _ => DialogueFault::lost(what_happened),
        }
    }

    /// Says goodbye. The messages are delivered: what the server answers changes nothing.
    pub(super) fn close(mut self) {
        let time = PATIENCE_AT_END.min(self.timeouts.command);
        let _ = self.connection.command("QUIT", time);
    }
}

/// Connects and greets. Gives what the server offers.
fn connect(server: &CheckedServer) -> Result<(Connection, Offers), ServerFault> {
    let settings = &server.settings;
    let not_reached = |error: &io::Error| ServerFault::NotReached(server.name(), describe(error));
    let addresses = match settings.security {
        Security::None => settings.loopback_addresses(),
        Security::StartTls | Security::Tls => {
            look_up(&settings.host, settings.port, settings.timeouts.connect)
                .map_err(|error| not_reached(&error))?
        }
    };
    let mut connection = Connection::open(addresses, settings.timeouts.connect)
        .map_err(|error| not_reached(&error))?;
    if let (Security::Tls, Some(tls)) = (settings.security, &server.tls) {
        connection = connection.secure(tls).map_err(|error| {
            if is_of_security(&error) {
                ServerFault::NotSecured(server.name(), describe(&error))
            } else {
                not_reached(&error)
            }
        })?;
    }
    connection.within(settings.timeouts.connect);
    let offers = expect(Step::Greeting, connection.answer(), &COMPLETED, None)
        .and_then(|_| greet(&mut connection, settings))
        .map_err(|fault| ServerFault::of(server.name(), fault))?;
    Ok((connection, offers))
}

/// Greets with this machine's name, or else its address, the standard's word where there is no name
/// (RFC 5321 4.1.4). Gives what the server offers.
fn greet(connection: &mut Connection, settings: &SmtpServer) -> Result<Offers, DialogueFault> {
    let name = match &settings.hello_name {
        Some(name) => name.as_str().to_owned(),
        None => match connection.own_address()? {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        },
    };
    let answer = connection.command(&format!("EHLO {name}"), settings.timeouts.connect);
    let answer = expect(Step::Greeting, answer, &COMPLETED, None)?;
    Ok(Offers::of(&answer))
}

/// Secures the connection, and greets anew: what was offered in plain text counts no more.
fn secure(
    mut connection: Connection,
    offers: &Offers,
    server: &CheckedServer,
) -> Result<(Connection, Offers), ServerFault> {
    let (true, Some(tls)) = (offers.starttls, &server.tls) else {
        return Err(ServerFault::NoStarttls(server.name()));
    };
    let settings = &server.settings;
    let secure = || {
        let answer = connection.command("STARTTLS", settings.timeouts.connect);
        expect(Step::Greeting, answer, &COMPLETED, None)?;
        let mut connection = connection.secure(tls)?;
        let offers = greet(&mut connection, settings)?;
        Ok((connection, offers))
    };
    secure()
        .map_err(|fault: DialogueFault| ServerFault::NotSecured(server.name(), fault.into_text()))
}

/// Logs in, where the settings name somebody. A token that is not believed is forgotten.
fn log_in(
    connection: &mut Connection,
    offers: &Offers,
    server: &CheckedServer,
) -> Result<(), ServerFault> {
    let settings = &server.settings;
    let Some(username) = &settings.username else {
        return Ok(());
    };
    let is_offered = |name: &str| offers.mechanisms.iter().any(|offered| offered == name);
    let no_log_in = |mechanism| Err(ServerFault::NoLogIn(server.name(), mechanism));
    let said = match (&settings.tokens, &settings.password) {
        (Some(_), _) if !is_offered("XOAUTH2") => return no_log_in("XOAUTH2"),
        (Some(tokens), _) => {
            let token = tokens.token();
            let token = token.map_err(|fault| ServerFault::of_token(server.name(), fault))?;
            Said::token(username, token.value.expose_secret())
        }
        (None, Some(password)) if is_offered("PLAIN") => {
            Said::plain(username, password.expose_secret())
        }
        (None, Some(password)) if is_offered("LOGIN") => {
            Said::by_question(username, password.expose_secret())
        }
        (None, Some(_)) => return no_log_in("PLAIN or LOGIN"),
        (None, None) => return Ok(()),
    };
    let answer = said.to(connection, settings.timeouts.command);
    let fault = match expect(Step::LogIn, answer, &LOGGED_IN, None) {
        Ok(_) => return Ok(()),
        Err(DialogueFault::Lost { reason, .. }) => {
            let reason = format!("{reason} during the log-in");
            return Err(ServerFault::NotReached(server.name(), reason));
        }
        Err(refusal) => ServerFault::of(server.name(), refusal),
    };
    Err(match (fault, &settings.tokens) {
        (ServerFault::LogInRefused(name, text, advice), Some(tokens)) => {
            tokens.forget();
            let of_token = said
                .token
                .and_then(|token| oauth::advice(&token, tokens.token_url()));
            let better = of_token.filter(|_| advice == LOG_IN);
            ServerFault::LogInRefused(name, text, better.unwrap_or(advice))
        }
        (fault, _) => fault,
    })
}

/// What a log-in says, line by line, each but the first where the server asks for more.
struct Said {
    lines: Vec<Zeroizing<String>>,
    /// What must not be kept of an answer.
    secrets: Vec<Zeroizing<String>>,
    token: Option<Zeroizing<String>>,
}

impl Said {
    /// RFC 4616.
    fn plain(username: &str, password: &str) -> Self {
        let plain = Zeroizing::new(format!("\0{username}\0{password}"));
        let response = Zeroizing::new(BASE64_STANDARD.encode(&*plain));
        Self {
            lines: vec![format!("AUTH PLAIN {}", *response).into()],
            secrets: vec![response, password.to_owned().into()],
            token: None,
        }
    }

    /// The two questions of LOGIN, which has no standard.
    fn by_question(username: &str, password: &str) -> Self {
        let response = Zeroizing::new(BASE64_STANDARD.encode(password));
        let name = BASE64_STANDARD.encode(username);
        Self {
            lines: vec![
                "AUTH LOGIN".to_owned().into(),
                name.into(),
                response.clone(),
            ],
            secrets: vec![response, password.to_owned().into()],
            token: None,
        }
    }

    /// Google's and Microsoft's “SASL XOAUTH2”. Where the token is not believed, the server asks for
    /// an empty line before it says so.
    fn token(username: &str, token: &str) -> Self {
        let plain = Zeroizing::new(format!("user={username}\x01auth=Bearer {token}\x01\x01"));
        let response = Zeroizing::new(BASE64_STANDARD.encode(&*plain));
        Self {
            lines: vec![
                format!("AUTH XOAUTH2 {}", *response).into(),
                Zeroizing::default(),
            ],
            secrets: vec![response, token.to_owned().into()],
            token: Some(token.to_owned().into()),
        }
    }

    /// Says it. Gives the server's last answer.
    fn to(&self, connection: &mut Connection, time: Duration) -> io::Result<Reply> {
        connection.keep_secret(&self.secrets);
        let mut answer = Err(io::Error::other("nothing was said"));
        for line in &self.lines {
            let reply = connection.command(line, time)?;
            let asks_more = reply.code == TELL_MORE;
            answer = Ok(reply);
            if !asks_more {
                break;
            }
        }
        answer
    }
}

/// The answer to a step, where its code is one of those that are expected. Another positive one
/// means that answers and commands are out of step, as they would be where somebody wrote answers
/// of their own into the plain text before STARTTLS.
fn expect(
    step: Step,
    answer: io::Result<Reply>,
    expected: &RangeInclusive<u16>,
    recipient: Option<&EmailAddress>,
) -> Result<Reply, DialogueFault> {
    let reply = answer?;
    if expected.contains(&reply.code) {
        Ok(reply)
    } else if reply.is_positive() {
        let reason = format!("the answer {} does not belong to the command", reply.code);
        Err(DialogueFault::lost(reason))
    } else {
        Err(DialogueFault::of(step, &reply, recipient))
    }
}

/// A message with its end. A line that begins with a dot gets one more, since a dot by itself is
/// the end (RFC 5321 4.5.2).
fn as_on_the_wire(message: &str) -> Vec<u8> {
    const END: &str = ".\r\n";
    let mut wire = Vec::with_capacity(message.len() + message.len() / 64 + END.len());
    let bytes = message.as_bytes();
    let first = bytes.starts_with(b".").then_some(0);
    let mut written = 0;
    for line in first
        .into_iter()
        .chain(memmem::find_iter(bytes, b"\n.").map(|end| end + 1))
    {
        wire.extend_from_slice(bytes.get(written..line).unwrap_or_default());
        wire.push(b'.');
        written = line;
    }
    wire.extend_from_slice(bytes.get(written..).unwrap_or_default());
    if !message.ends_with("\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(END.as_bytes());
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_by_itself_is_the_end_and_nothing_else() {
        for (message, wire) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("", "\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            (".\r\n.\r\n", "..\r\n..\r\n.\r\n"),
            (
                "a.\r\n..b\r\n.c.\r\nd.",
                "a.\r\n...b\r\n..c.\r\nd.\r\n.\r\n",
            ),
            ("\r\n.\r\n", "\r\n..\r\n.\r\n"),
        ] {
            assert_eq!(
                String::from_utf8(as_on_the_wire(message)).unwrap(),
                wire,
                "{message:?}"
            );
        }
    }
}
