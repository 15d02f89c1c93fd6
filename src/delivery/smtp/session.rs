use std::net::{Ipv4Addr, ToSocketAddrs};
use std::ops::RangeInclusive;
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

/// The answers that steps expect (RFC 5321 4.2.1).
const COMPLETED: RangeInclusive<u16> = 200..=299;
const GO_AHEAD: RangeInclusive<u16> = 354..=354;
const LOGGED_IN: RangeInclusive<u16> = 235..=235;

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

/// A connection that is secured and logged in, and what was begun on it.
pub(super) struct SmtpSession {
    connection: Connection,
    timeouts: SmtpTimeouts,
    in_transaction: bool,
}

impl SmtpSession {
    /// Connects, secures the connection and logs in, as far as the settings ask for it.
    pub(super) fn open(server: &CheckedServer) -> Result<Self, ServerFault> {
        let (mut connection, mut offers) = connect(server)?;
        if server.settings.security == Security::StartTls {
            (connection, offers) = secure(connection, &offers, server)?;
        }
        if server.settings.security != Security::None && !connection.is_secured() {
            let reason = "it is still in plain text".to_owned();
            return Err(ServerFault::NotSecured(server.name(), reason));
        }
        let timeouts = server.settings.timeouts;
        connection
            .wait_up_to(timeouts.command)
            .map_err(|error| ServerFault::NotReached(server.name(), error.to_string()))?;
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
            expect(self.connection.command(Rset), COMPLETED, None)?;
        }
        self.in_transaction = true;
        let command = Mail::new(Some(from), Vec::new());
        expect(self.connection.command(command), COMPLETED, None)?;
        Ok(())
    }

    /// Hands the message that was begun over to its recipient. Gives the server's confirmation.
    pub(super) fn hand_over(
        &mut self,
        to: Address,
        message: &str,
        recipient: &EmailAddress,
    ) -> Result<String, DialogueFault> {
        let command = Rcpt::new(to, Vec::new());
        expect(self.connection.command(command), COMPLETED, Some(recipient))?;
        expect(self.connection.command(Data), GO_AHEAD, Some(recipient))?;
        self.connection.wait_up_to(self.timeouts.reply)?;
        // The end goes with the last bytes: by itself it could be held back until those are
        // acknowledged.
        self.connection.write(&as_on_the_wire(message))?;
        let answer = expect(self.connection.answer(), COMPLETED, Some(recipient));
        // What fails here will fail again at the next command, which can say so.
        let _ = self.connection.wait_up_to(self.timeouts.command);
        self.in_transaction = answer.is_err();
        match answer {
            Ok(answer) => Ok(words_of(&answer, Some(recipient))),
            Err(DialogueFault::Lost { reason, .. }) => Err(DialogueFault::Lost {
                reason,
                end_was_sent: true,
            }),
            Err(refusal) => Err(refusal),
        }
    }

    /// Asks the server for a sign of life.
    pub(super) fn check(&mut self) -> Result<(), DialogueFault> {
        expect(self.connection.command(Noop), COMPLETED, None).map(drop)
    }

    /// Says goodbye. The messages are delivered: what the server answers changes nothing.
    pub(super) fn close(mut self) {
        let time = PATIENCE_AT_END.min(self.timeouts.command);
        let _ = self.connection.wait_up_to(time);
        let _ = self.connection.command(Quit);
    }
}

/// Connects and greets. Gives what the server offers.
fn connect(server: &CheckedServer) -> Result<(Connection, ServerInfo), ServerFault> {
    let settings = &server.settings;
    let not_reached = |error: &io::Error| ServerFault::NotReached(server.name(), describe(error));
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
                ServerFault::NotSecured(server.name(), describe(&error))
            } else {
                not_reached(&error)
            }
        })?;
    }
    let offers = expect(connection.answer(), COMPLETED, None)
        .and_then(|_| greet(&mut connection))
        .map_err(|fault| ServerFault::of(server.name(), fault))?;
    Ok((connection, offers))
}

/// Greets with an address literal, the standard's word where there is no name (RFC 5321 4.1.4).
/// Gives what the server offers.
fn greet(connection: &mut Connection) -> Result<ServerInfo, DialogueFault> {
    let command = Ehlo::new(ClientId::Ipv4(Ipv4Addr::LOCALHOST));
    let answer = expect(connection.command(command), COMPLETED, None)?;
    ServerInfo::from_response(&answer)
        .map_err(|_| DialogueFault::lost("the server did not say its name"))
}

/// Secures the connection, and greets anew: what was offered in plain text counts no more.
fn secure(
    mut connection: Connection,
    offers: &ServerInfo,
    server: &CheckedServer,
) -> Result<(Connection, ServerInfo), ServerFault> {
    let (true, Some(tls)) = (offers.supports_feature(Extension::StartTls), &server.tls) else {
        return Err(ServerFault::NoStarttls(server.name()));
    };
    let secure = || {
        expect(connection.command(Starttls), COMPLETED, None)?;
        let mut connection = connection.secure(tls)?;
        let offers = greet(&mut connection)?;
        Ok((connection, offers))
    };
    secure()
        .map_err(|fault: DialogueFault| ServerFault::NotSecured(server.name(), fault.into_text()))
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
        return Err(ServerFault::NoLogIn(server.name()));
    };
    let credentials = Credentials::new(username.clone(), password.expose_secret().to_owned());
    let answer = say_who(connection, mechanism, &credentials);
    match expect(answer, LOGGED_IN, None) {
        Ok(_) => Ok(()),
        Err(DialogueFault::Reply { text, .. }) => {
            Err(ServerFault::LogInRefused(server.name(), text))
        }
        Err(DialogueFault::Lost { reason, .. }) => {
            let reason = format!("{reason} during the log-in");
            Err(ServerFault::NotReached(server.name(), reason))
        }
    }
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

/// The answer to a step, where its code is one of those that are expected. Another positive one
/// means that answers and commands are out of step, as they would be where somebody wrote answers
/// of their own into the plain text before STARTTLS.
fn expect(
    answer: io::Result<Response>,
    expected: RangeInclusive<u16>,
    recipient: Option<&EmailAddress>,
) -> Result<Response, DialogueFault> {
    let answer = answer?;
    let code = u16::from(answer.code());
    if expected.contains(&code) {
        Ok(answer)
    } else if answer.is_positive() {
        let reason = format!("the answer {code} does not belong to the command");
        Err(DialogueFault::lost(reason))
    } else {
        let text = words_of(&answer, recipient);
        Err(DialogueFault::Reply { code, text })
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
