use std::cell::Cell;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;

use super::super::masking::fit_to_keep;
use super::fault::{Fault, ServerFault, is_of_security, is_time_out};
use super::settings::{SmtpSecurity, SmtpSettings, SmtpTimeouts};
use crate::domain::EmailAddress;

/// How long a server gets to say goodbye.
const PATIENCE_AT_END: Duration = Duration::from_secs(5);
/// How long to listen for what must not be said.
const PATIENCE_WITH_SILENCE: Duration = Duration::from_millis(50);
/// How much of a message is written at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Settings made ready for connections.
pub(super) struct Server {
    pub(super) settings: SmtpSettings,
    pub(super) hello: ClientId,
    pub(super) tls: Option<TlsParameters>,
}

impl Server {
    /// The server's name and port, for a person.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }
}

/// A connection that is secured and logged in, and what was begun on it.
pub(super) struct Session {
    connection: SmtpConnection,
    timeouts: SmtpTimeouts,
    in_transaction: bool,
}

/// Why a message was not handed over, by whether its end was sent.
pub(super) enum HandOverFault {
    /// The server cannot have the message in full.
    BeforeEnd(Fault),
    /// The server may have the message in full.
    AfterEnd(Fault),
}

impl Session {
    /// Connects, secures the connection and logs in, as far as the settings ask for it.
    pub(super) fn open(server: &Server) -> Result<Self, ServerFault> {
        let mut connection = connect(server)?;
        if server.settings.security == SmtpSecurity::Starttls {
            secure(&mut connection, server)?;
        }
        if server.settings.security != SmtpSecurity::None && !connection.is_encrypted() {
            return Err(ServerFault::NotSecured { server: server.name(), reason: "it is still in plain text".to_owned() });
        }
        let timeouts = server.settings.timeouts;
        connection
            .set_timeout(Some(timeouts.command))
            .map_err(|error| ServerFault::NotReached { server: server.name(), reason: error.to_string() })?;
        log_in(&mut connection, server)?;
        Ok(Self { connection, timeouts, in_transaction: false })
    }

    /// Begins a message. Whatever an earlier one left behind is forgotten first.
    pub(super) fn begin(&mut self, from: Address) -> Result<(), Fault> {
        if self.in_transaction {
            expect(self.connection.command(Rset), Expected::Completed, None)?;
        }
        self.in_transaction = true;
        expect(self.connection.command(Mail::new(Some(from), Vec::new())), Expected::Completed, None).map(drop)
    }

    /// Names the recipient of the message.
    pub(super) fn address(&mut self, to: Address, recipient: &EmailAddress) -> Result<(), Fault> {
        expect(self.connection.command(Rcpt::new(to, Vec::new())), Expected::Completed, Some(recipient)).map(drop)
    }

    /// Hands the message over. Gives the server's confirmation.
    pub(super) fn hand_over(&mut self, bytes: &[u8], recipient: &EmailAddress) -> Result<String, HandOverFault> {
        expect(self.connection.command(Data), Expected::GoAhead, Some(recipient)).map_err(HandOverFault::BeforeEnd)?;
        // The answer to the end of the message is read by the call that writes it: its time-out is set now.
        self.wait_up_to(self.timeouts.reply).map_err(HandOverFault::BeforeEnd)?;
        let is_all_written = Cell::new(false);
        // lettre ends every message with CRLF . CRLF; one that ends a line already would gain an empty one.
        let content = Content { rest: bytes.strip_suffix(b"\r\n").unwrap_or(bytes), is_all_written: &is_all_written };
        let answer = expect(self.connection.message_iter(content), Expected::Completed, Some(recipient));
        // lettre asks for the next piece only when the one before is written: where it never asked in vain, the end
        // was not sent. Where it did, the end may have been, and doubt counts as sent.
        // What fails here will fail again at the next command, which can say so.
        let _ = self.wait_up_to(self.timeouts.command);
        self.in_transaction = answer.is_err();
        answer.map_err(if is_all_written.get() { HandOverFault::AfterEnd } else { HandOverFault::BeforeEnd })
    }

    /// Asks the server for a sign of life.
    pub(super) fn check(&mut self) -> Result<(), Fault> {
        expect(self.connection.command(Noop), Expected::Completed, None).map(drop)
    }

    /// Says goodbye. The messages are delivered: what the server answers changes nothing.
    pub(super) fn close(mut self) {
        let _ = self.wait_up_to(PATIENCE_AT_END.min(self.timeouts.command));
        let _ = self.connection.command(Quit);
    }

    fn wait_up_to(&mut self, time: Duration) -> Result<(), Fault> {
        self.connection.set_timeout(Some(time)).map_err(|error| Fault::Lost(error.to_string()))
    }
}

fn connect(server: &Server) -> Result<SmtpConnection, ServerFault> {
    let settings = &server.settings;
    let timeout = Some(settings.timeouts.connect);
    let connected = match settings.security {
        SmtpSecurity::None => SmtpConnection::connect(settings.loopback_addresses().as_slice(), timeout, &server.hello, None, None),
        SmtpSecurity::Starttls => SmtpConnection::connect((settings.host.as_str(), settings.port), timeout, &server.hello, None, None),
        SmtpSecurity::Tls => {
            SmtpConnection::connect((settings.host.as_str(), settings.port), timeout, &server.hello, server.tls.as_ref(), None)
        }
    };
    connected.map_err(|error| match (Fault::of(&error, None), settings.security) {
        (Fault::Reply { text, .. }, _) => ServerFault::TurnedAway { server: server.name(), reply: text },
        (Fault::Lost(reason), SmtpSecurity::Tls) if is_of_security(&error) => ServerFault::NotSecured { server: server.name(), reason },
        (Fault::Lost(reason), _) => ServerFault::NotReached { server: server.name(), reason },
    })
}

fn secure(connection: &mut SmtpConnection, server: &Server) -> Result<(), ServerFault> {
    let (true, Some(tls)) = (connection.can_starttls(), server.tls.as_ref()) else {
        return Err(ServerFault::NoStarttls { server: server.name() });
    };
    let not_secured = |reason: String| ServerFault::NotSecured { server: server.name(), reason };
    connection.starttls(tls, &server.hello).map_err(|error| not_secured(Fault::of(&error, None).text().to_owned()))?;
    // lettre keeps what it read in plain text behind the answer to STARTTLS, and would take it for answers of the secured
    // server: whoever sits between could have a message "accepted" (CVE-2011-0411). Nothing was asked, so that
    // nothing may be there to read. An answer too few to be found here is found by `Expected`, one command later.
    connection.set_timeout(Some(PATIENCE_WITH_SILENCE)).map_err(|error| not_secured(error.to_string()))?;
    match connection.read_response() {
        Err(error) if is_time_out(&error) => Ok(()),
        _ => Err(not_secured("there is an answer to a question that was not asked, which somebody else may have written".to_owned())),
    }
}

fn log_in(connection: &mut SmtpConnection, server: &Server) -> Result<(), ServerFault> {
    let (Some(username), Some(password)) = (&server.settings.username, &server.settings.password) else { return Ok(()) };
    if connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
        return Err(ServerFault::NoLogIn { server: server.name() });
    }
    let credentials = Credentials::new(username.clone(), password.expose_secret().to_owned());
    let answer = connection.auth(DEFAULT_MECHANISMS, &credentials);
    expect(answer, Expected::LoggedIn, None).map(drop).map_err(|fault| match fault {
        Fault::Reply { text, .. } => ServerFault::LogInRefused { server: server.name(), reply: text },
        Fault::Lost(reason) => ServerFault::NotReached { server: server.name(), reason: format!("{reason} during the log-in") },
    })
}

/// The positive answers of a step. Another one means that answers and commands are out of step, as they would be
/// where somebody wrote answers of their own into the plain text before STARTTLS.
#[derive(Clone, Copy)]
enum Expected {
    /// 2xx.
    Completed,
    /// 354.
    GoAhead,
    /// 235.
    LoggedIn,
}

fn expect(answer: Result<Response, Error>, expected: Expected, recipient: Option<&EmailAddress>) -> Result<String, Fault> {
    let response = answer.map_err(|error| Fault::of(&error, recipient))?;
    let is_expected = match expected {
        Expected::Completed => u16::from(response.code()) / 100 == 2,
        Expected::GoAhead => response.has_code(354),
        Expected::LoggedIn => response.has_code(235),
    };
    if !is_expected {
        return Err(Fault::Lost(format!("the answer {} does not belong to the command", response.code())));
    }
    let words: Vec<&str> = response.message().collect();
    Ok(fit_to_keep(&format!("{} {}", response.code(), words.join(" ")), recipient))
}

/// A message in pieces, which notes when all were asked for.
struct Content<'a> {
    rest: &'a [u8],
    is_all_written: &'a Cell<bool>,
}

impl<'a> Iterator for Content<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            self.is_all_written.set(true);
            return None;
        }
        let (piece, rest) = self.rest.split_at(PIECE_BYTES.min(self.rest.len()));
        self.rest = rest;
        Some(piece)
    }
}
