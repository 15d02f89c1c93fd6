use std::net::ToSocketAddrs;
use std::time::Duration;
use std::{io, iter};

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS, Mechanism};
use lettre::transport::smtp::commands::{Auth, Data, Ehlo, Mail, Noop, Quit, Rcpt, Rset, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, ServerInfo};
use lettre::transport::smtp::response::Response;
use memchr::memmem;
use secrecy::ExposeSecret;

use super::connection::{Connection, Tls};
use super::fault::{DialogueFault, ServerFault, describe, is_of_security, words_of};
use super::server::{SmtpServer, SmtpTimeouts};
use crate::domain::EmailAddress;
use crate::settings::Security;

/// How long a server gets to say goodbye.
const PATIENCE_AT_END: Duration = Duration::from_secs(5);
/// The most questions of a log-in: for the name, and for the password.
const MOST_QUESTIONS: usize = 2;

/// Settings made ready for connections.
pub(super) struct CheckedServer {
    pub(super) settings: SmtpServer,
    pub(super) hello: ClientId,
    pub(super) tls: Option<Tls>,
}

impl CheckedServer {
    /// The server's name and port, for a person.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }
}

/// A connection that is secured and logged in, and what was begun on it.
pub(super) struct SmtpSession {
    connection: Connection,
    timeouts: SmtpTimeouts,
    in_transaction: bool,
}

/// Why a message was not handed over, by whether its end was sent.
pub(super) enum HandOverFault {
    /// The server cannot have the message in full.
    BeforeEnd(DialogueFault),
    /// The server may have the message in full.
    AfterEnd(DialogueFault),
}

impl SmtpSession {
    /// Connects, secures the connection and logs in, as far as the settings ask for it.
    pub(super) fn open(server: &CheckedServer) -> Result<Self, ServerFault> {
        let (mut connection, mut offers) = connect(server)?;
        if server.settings.security == Security::StartTls {
            (connection, offers) = secure(connection, &offers, server)?;
        }
        if server.settings.security != Security::None && !connection.is_secured() {
            return Err(ServerFault::NotSecured {
                server: server.name(),
                reason: "it is still in plain text".to_owned(),
            });
        }
        let timeouts = server.settings.timeouts;
        connection
            .wait_up_to(timeouts.command)
            .map_err(|error| ServerFault::NotReached {
                server: server.name(),
                reason: error.to_string(),
            })?;
        log_in(&mut connection, &offers, server)?;
        Ok(Self {
            connection,
            timeouts,
            in_transaction: false,
        })
    }

    /// Begins a message. Whatever an earlier one left behind is forgotten first.
    pub(super) fn begin(&mut self, from: Address) -> Result<(), DialogueFault> {
        if self.in_transaction {
            expect(self.connection.command(Rset), Expected::Completed, None)?;
        }
        self.in_transaction = true;
        expect(
            self.connection.command(Mail::new(Some(from), Vec::new())),
            Expected::Completed,
            None,
        )
        .map(drop)
    }

    /// Names the recipient of the message.
    pub(super) fn address(
        &mut self,
        to: Address,
        recipient: &EmailAddress,
    ) -> Result<(), DialogueFault> {
        expect(
            self.connection.command(Rcpt::new(to, Vec::new())),
            Expected::Completed,
            Some(recipient),
        )
        .map(drop)
    }

    /// Hands the message over. Gives the server's confirmation.
    pub(super) fn hand_over(
        &mut self,
        message: &str,
        recipient: &EmailAddress,
    ) -> Result<String, HandOverFault> {
        expect(
            self.connection.command(Data),
            Expected::GoAhead,
            Some(recipient),
        )
        .map_err(HandOverFault::BeforeEnd)?;
        self.wait_up_to(self.timeouts.reply)
            .map_err(HandOverFault::BeforeEnd)?;
        // The end goes with the last bytes: by itself it could be held back until those are
        // acknowledged.
        self.connection
            .write(&as_on_the_wire(message))
            .map_err(|error| HandOverFault::BeforeEnd(DialogueFault::lost(&error)))?;
        let answer = expect(
            self.connection.answer(),
            Expected::Completed,
            Some(recipient),
        )
        .map_err(HandOverFault::AfterEnd);
        // What fails here will fail again at the next command, which can say so.
        let _ = self.wait_up_to(self.timeouts.command);
        self.in_transaction = answer.is_err();
        answer
    }

    /// Asks the server for a sign of life.
    pub(super) fn check(&mut self) -> Result<(), DialogueFault> {
        expect(self.connection.command(Noop), Expected::Completed, None).map(drop)
    }

    /// Says goodbye. The messages are delivered: what the server answers changes nothing.
    pub(super) fn close(mut self) {
        let _ = self.wait_up_to(PATIENCE_AT_END.min(self.timeouts.command));
        let _ = self.connection.command(Quit);
    }

    fn wait_up_to(&mut self, time: Duration) -> Result<(), DialogueFault> {
        self.connection
            .wait_up_to(time)
            .map_err(|error| DialogueFault::lost(&error))
    }
}

/// Connects and greets. Gives what the server offers.
fn connect(server: &CheckedServer) -> Result<(Connection, ServerInfo), ServerFault> {
    let settings = &server.settings;
    let not_reached = |error: &io::Error| ServerFault::NotReached {
        server: server.name(),
        reason: describe(error),
    };
    let addresses = match settings.security {
        Security::None => settings.loopback_addresses(),
        Security::StartTls | Security::Tls => (settings.host.as_str(), settings.port)
            .to_socket_addrs()
            .map_err(|error| not_reached(&error))?
            .collect(),
    };
    let mut connection = Connection::open(addresses, settings.timeouts.connect)
        .map_err(|error| not_reached(&error))?;
    if let (Security::Tls, Some(tls)) = (settings.security, &server.tls) {
        connection = connection.secure(tls).map_err(|error| {
            if is_of_security(&error) {
                ServerFault::NotSecured {
                    server: server.name(),
                    reason: describe(&error),
                }
            } else {
                not_reached(&error)
            }
        })?;
    }
    let greeted = expect(connection.answer(), Expected::Completed, None)
        .and_then(|_| greet(&mut connection, server));
    let offers = greeted.map_err(|fault| match fault {
        DialogueFault::Reply { text, .. } => ServerFault::TurnedAway {
            server: server.name(),
            reply: text,
        },
        DialogueFault::Lost(reason) => ServerFault::NotReached {
            server: server.name(),
            reason,
        },
    })?;
    Ok((connection, offers))
}

/// Greets. Gives what the server offers.
fn greet(connection: &mut Connection, server: &CheckedServer) -> Result<ServerInfo, DialogueFault> {
    let answer = answered(
        connection.command(Ehlo::new(server.hello.clone())),
        Expected::Completed,
        None,
    )?;
    ServerInfo::from_response(&answer)
        .map_err(|_| DialogueFault::Lost("the server did not say its name".to_owned()))
}

/// Secures the connection, and greets anew: what was offered in plain text counts no more.
fn secure(
    mut connection: Connection,
    offers: &ServerInfo,
    server: &CheckedServer,
) -> Result<(Connection, ServerInfo), ServerFault> {
    let (true, Some(tls)) = (offers.supports_feature(Extension::StartTls), &server.tls) else {
        return Err(ServerFault::NoStarttls {
            server: server.name(),
        });
    };
    let not_secured = |fault: &DialogueFault| ServerFault::NotSecured {
        server: server.name(),
        reason: fault.text().to_owned(),
    };
    expect(connection.command(Starttls), Expected::Completed, None)
        .map_err(|fault| not_secured(&fault))?;
    let mut connection = connection
        .secure(tls)
        .map_err(|error| not_secured(&DialogueFault::lost(&error)))?;
    let offers = greet(&mut connection, server).map_err(|fault| not_secured(&fault))?;
    Ok((connection, offers))
}

fn log_in(
    connection: &mut Connection,
    offers: &ServerInfo,
    server: &CheckedServer,
) -> Result<(), ServerFault> {
    let (Some(username), Some(password)) = (&server.settings.username, &server.settings.password)
    else {
        return Ok(());
    };
    let Some(mechanism) = offers.get_auth_mechanism(DEFAULT_MECHANISMS) else {
        return Err(ServerFault::NoLogIn {
            server: server.name(),
        });
    };
    let credentials = Credentials::new(username.clone(), password.expose_secret().to_owned());
    let answer = say_who(connection, mechanism, &credentials);
    expect(answer, Expected::LoggedIn, None)
        .map(drop)
        .map_err(|fault| match fault {
            DialogueFault::Reply { text, .. } => ServerFault::LogInRefused {
                server: server.name(),
                reply: text,
            },
            DialogueFault::Lost(reason) => ServerFault::NotReached {
                server: server.name(),
                reason: format!("{reason} during the log-in"),
            },
        })
}

fn say_who(
    connection: &mut Connection,
    mechanism: Mechanism,
    credentials: &Credentials,
) -> io::Result<Response> {
    // What lettre says may quote the server.
    let not_understood =
        |_| io::Error::other("the server asked for something else than a name and a password");
    let mut answer = connection
        .command(Auth::new(mechanism, credentials.clone(), None).map_err(not_understood)?)?;
    for () in iter::repeat_n((), MOST_QUESTIONS) {
        if !answer.has_code(334) {
            break;
        }
        let reply = Auth::new_from_response(mechanism, credentials.clone(), &answer)
            .map_err(not_understood)?;
        answer = connection.command(reply)?;
    }
    Ok(answer)
}

/// The positive answers of a step. Another one means that answers and commands are out of step, as
/// they would be where somebody wrote answers of their own into the plain text before STARTTLS.
#[derive(Clone, Copy)]
enum Expected {
    /// 2xx.
    Completed,
    /// 354.
    GoAhead,
    /// 235.
    LoggedIn,
}

fn expect(
    answer: io::Result<Response>,
    expected: Expected,
    recipient: Option<&EmailAddress>,
) -> Result<String, DialogueFault> {
    answered(answer, expected, recipient).map(|answer| words_of(&answer, recipient))
}

fn answered(
    answer: io::Result<Response>,
    expected: Expected,
    recipient: Option<&EmailAddress>,
) -> Result<Response, DialogueFault> {
    let answer = answer.map_err(|error| DialogueFault::lost(&error))?;
    let is_expected = match expected {
        Expected::Completed => u16::from(answer.code()) / 100 == 2,
        Expected::GoAhead => answer.has_code(354),
        Expected::LoggedIn => answer.has_code(235),
    };
    match answer.is_positive() {
        true if is_expected => Ok(answer),
        true => Err(DialogueFault::Lost(format!(
            "the answer {} does not belong to the command",
            answer.code()
        ))),
        false => Err(DialogueFault::of(&answer, recipient)),
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
