//! Sends by SMTP, one step of the dialogue at a time: the step at which a message failed decides
//! whether it may be sent again.

mod connection;
mod fault;
mod judgement;
mod reply;
mod server;
mod session;

use memchr::memchr3_iter;

use self::fault::DialogueFault;
pub use self::fault::ServerFault;
use self::judgement::About;
pub use self::server::{InvalidSmtpServer, SmtpServer, SmtpTimeouts};
use self::session::{CheckedServer, SmtpSession};
use super::transport::{Deferral, Leave, OutgoingMessage, Refusal, SendOutcome, Transport};
use crate::domain::EmailAddress;

/// Sends messages to a mail server, many on one connection.
pub struct Smtp {
    server: CheckedServer,
    session: Option<SmtpSession>,
}

impl Smtp {
    /// A transport to the server of `settings`. Reads certificates; connects with the first
    /// message.
    ///
    /// # Errors
    /// [`InvalidSmtpServer`] for settings that could not send, or would send in plain text across
    /// a network.
    pub fn new(settings: SmtpServer) -> Result<Self, InvalidSmtpServer> {
        settings.check()?;
        let tls = settings.tls()?;
        Ok(Self {
            server: CheckedServer { settings, tls },
            session: None,
        })
    }

    /// Connects, secures the connection, logs in, names a sender and a recipient as for a message,
    /// and takes leave without one. What the server puts off is well: it would come.
    pub fn check(&self, from: &EmailAddress, to: &EmailAddress) -> Result<(), ServerFault> {
        let server = self.server.name();
        let mut session = SmtpSession::open(&self.server)?;
        session
            .begin(from, 0)
            .map_err(|fault| ServerFault::of(server.clone(), fault))?;
        match session.name_recipient(to) {
            Err(DialogueFault::Reply(reply)) if reply.is_permanent => {
                return Err(match reply.about {
                    About::Recipient | About::Message => {
                        ServerFault::ContactRefused(server, reply.text)
                    }
                    _ => ServerFault::of(server, DialogueFault::Reply(reply)),
                });
            }
            Err(fault @ DialogueFault::Lost { .. }) => return Err(ServerFault::of(server, fault)),
            Ok(()) | Err(DialogueFault::Reply(_)) => {}
        }
        // A server that does not take this one takes the goodbye.
        let _ = session.forget();
        session.close();
        Ok(())
    }

    /// Asks for the token that the log-in needs, which no mail server has to be reached for; `None`
    /// where it needs none.
    pub fn check_token(&self) -> Option<Result<(), ServerFault>> {
        let token = self.server.settings.tokens.as_ref()?.token();
        let fault = |fault| ServerFault::of_token(self.server.name(), fault);
        Some(token.map(drop).map_err(fault))
    }

    /// Begins a message on the open connection, or on a new one. A server may close a connection
    /// after some time or some messages; that says nothing about the next message, so one that was
    /// in use gets a second, new one.
    fn begin(&mut self, message: &OutgoingMessage<'_>) -> Result<SmtpSession, SendOutcome> {
        let bytes = message.bytes.len();
        if let Some(mut session) = self.session.take() {
            match session.begin(message.from, bytes) {
                Ok(()) => return Ok(session),
                // A token may have ended meanwhile, and the log-in with it.
                Err(DialogueFault::Reply(reply))
                    if reply.is_sound && !matches!(reply.about, About::LogIn(_)) =>
                {
                    return Err(self.failed(session, DialogueFault::Reply(reply)));
                }
                Err(_) => {}
            }
        }
        let mut session = SmtpSession::open(&self.server).map_err(SendOutcome::from)?;
        match session.begin(message.from, bytes) {
            Ok(()) => Ok(session),
            Err(fault) => Err(self.failed(session, fault)),
        }
    }

    /// The outcome of a message that was not accepted. Keeps the connection where it is sound.
    fn failed(&mut self, session: SmtpSession, fault: DialogueFault) -> SendOutcome {
        let server = self.server.name();
        match fault {
            DialogueFault::Lost {
                reason,
                end_was_sent: true,
            } => SendOutcome::Unknown(format!(
                "the message was sent in full to {server}, but its answer was lost ({reason}): it \
                 may have arrived"
            )),
            DialogueFault::Lost { reason, .. } => SendOutcome::Deferred(
                format!(
                    "the connection to {server} was lost before the message was sent: {reason}"
                ),
                Deferral::Connection,
            ),
            DialogueFault::Reply(reply) => {
                if reply.is_sound && !matches!(reply.about, About::LogIn(_)) {
                    self.session = Some(session);
                }
                reply.outcome(server)
            }
        }
    }
}

impl Transport for Smtp {
    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        let Some(text) = fit_for_the_wire(message.bytes) else {
            return SendOutcome::Refused(Refusal::certain(
                "the message is not plain ASCII in lines that end with CRLF: it was not made by \
                 this program",
            ));
        };
        let mut session = match self.begin(message) {
            Ok(session) => session,
            Err(outcome) => return outcome,
        };
        match session.hand_over(message.to, text, leave) {
            Ok(reply) => {
                self.session = Some(session);
                SendOutcome::Accepted(reply)
            }
            Err(fault) => self.failed(session, fault),
        }
    }

    fn finish(&mut self) {
        if let Some(session) = self.session.take() {
            session.close();
        }
    }
}

/// The text of a message, where every line ends with CRLF and is short enough, and every character
/// is ASCII. A bare line feed could be read by some servers as the end of a line, and so let a text
/// end the message and begin another ("SMTP smuggling").
fn fit_for_the_wire(bytes: &[u8]) -> Option<&str> {
    // RFC 5321 4.5.3.1.6: 1,000 with the CRLF.
    const MAX_LINE_BYTES: usize = 998;
    let text = str::from_utf8(bytes).ok().filter(|text| text.is_ascii())?;
    let mut line_begins = 0;
    let mut places = memchr3_iter(b'\r', b'\n', b'\0', bytes);
    while let Some(place) = places.next() {
        let is_line_end = bytes.get(place..place + 2) == Some(b"\r\n") && places.next().is_some();
        if !is_line_end || place - line_begins > MAX_LINE_BYTES {
            return None;
        }
        line_begins = place + 2;
    }
    (bytes.len() - line_begins <= MAX_LINE_BYTES).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_in_short_lines_that_end_with_crlf_goes_over_the_wire() {
        let long = [vec![b'a'; 998], b"\r\n".to_vec()].concat();
        for fit in [
            b"".as_slice(),
            b"a",
            b"\r\n",
            b"a\r\n.\r\n..\r\nb\r\n",
            &long,
        ] {
            assert_eq!(fit_for_the_wire(fit).map(str::as_bytes), Some(fit));
        }
        let longer = vec![b'a'; 999];
        for unfit in [
            b"a\n.\nb".as_slice(),
            b"a\r.\r\n",
            b"a\r\r\n",
            "é\r\n".as_bytes(),
            b"a\0\r\n",
            b"a\r",
            b"\n",
            b"\r",
            b"\r\n\n",
            b"a\0",
            &longer,
        ] {
            assert!(fit_for_the_wire(unfit).is_none(), "{unfit:?}");
        }
    }
}
