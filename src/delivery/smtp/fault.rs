use std::error::Error as _;
use std::io::{self, ErrorKind};

use lettre::transport::smtp::Error;

use super::super::masking::fit_to_keep;
use crate::domain::EmailAddress;

/// Why a server cannot be used at all. Says what to check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    /// No connection, or one that says nothing sensible.
    #[error(
        "cannot reach the mail server {server}: {reason}; check host, port and security under [mail.smtp] \
         (port 587 speaks starttls, 465 tls), the network and the firewall"
    )]
    NotReached {
        /// The server's name and port.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server answered, and wants no connection.
    #[error("the mail server {server} turned the connection away: {reply}; check with those who run it that this machine may send")]
    TurnedAway {
        /// The server's name and port.
        server: String,
        /// Its words.
        reply: String,
    },
    /// The connection could not be secured, or not to whom it should be.
    #[error(
        "cannot secure the connection to the mail server {server}: {reason}; check that host is the name in its certificate \
         and, where an organisation signs its own certificates, name their file as ca_file under [mail.smtp]"
    )]
    NotSecured {
        /// The server's name and port.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server offers no way to secure the connection: nothing is sent in plain text.
    #[error(
        "the mail server {server} does not offer STARTTLS, and nothing is sent in plain text; check host and port under [mail.smtp], \
         or set security = \"tls\" for a port such as 465 that is secured from the start"
    )]
    NoStarttls {
        /// The server's name and port.
        server: String,
    },
    /// The server offers no log-in by user and password.
    #[error(
        "the mail server {server} offers no log-in by PLAIN or LOGIN; check with those who run it that the account may send by SMTP \
         (authenticated submission), or leave out username under [mail.smtp] where no log-in is needed"
    )]
    NoLogIn {
        /// The server's name and port.
        server: String,
    },
    /// The log-in failed, or one is needed.
    #[error(
        "the mail server {server} refused the log-in: {reply}; check username and password_file under [mail.smtp], \
         and that the account may send by SMTP"
    )]
    LogInRefused {
        /// The server's name and port.
        server: String,
        /// Its words.
        reply: String,
    },
}

/// What stopped one step of a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server answered, negatively.
    Reply { code: u16, text: String },
    /// No answer, or none that can be understood: the connection is of no more use.
    Lost(String),
}

impl Fault {
    /// Reads lettre's error, masking what the server says about `recipient`.
    pub(super) fn of(error: &Error, recipient: Option<&EmailAddress>) -> Self {
        match error.status() {
            Some(code) => {
                let words = error.source().map(ToString::to_string).unwrap_or_default();
                Self::Reply { code: code.into(), text: fit_to_keep(&format!("{code} {words}"), recipient) }
            }
            None => Self::Lost(describe(error)),
        }
    }

    /// The server's words, or what happened.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Reply { text, .. } | Self::Lost(text) => text,
        }
    }
}

/// What the network or the security layer said. What lettre quotes from a server is left out: it is not masked.
fn describe(error: &Error) -> String {
    match io_error(error) {
        Some(_) if is_time_out(error) => "no answer in time".to_owned(),
        Some(error) if is_end(error.kind()) => "the connection was closed".to_owned(),
        Some(error) => fit_to_keep(&error.to_string(), None),
        None if error.is_response() && error.source().is_some_and(|source| source.to_string() == "incomplete response") => {
            "the connection was closed".to_owned()
        }
        None if error.is_response() => "the answer was not one of SMTP".to_owned(),
        None => fit_to_keep(&error.source().map_or_else(|| error.to_string(), ToString::to_string), None),
    }
}

/// Whether nothing came in time: "would block" from a socket on Linux, "timed out" elsewhere and from connecting.
pub(super) fn is_time_out(error: &Error) -> bool {
    io_error(error).is_some_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

fn is_end(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

fn io_error(error: &Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return Some(error);
        }
        source = cause.source();
    }
    None
}

/// Whether the security layer gave up: rustls reports through an input error of this kind.
pub(super) fn is_of_security(error: &Error) -> bool {
    error.is_tls() || io_error(error).is_some_and(|error| error.kind() == ErrorKind::InvalidData)
}
