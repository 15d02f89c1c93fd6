use std::io::{self, ErrorKind};

use lettre::transport::smtp::response::Response;

use super::super::masking::fit_to_keep;
use crate::domain::EmailAddress;

/// Why a server, whose name and port stand first, cannot be used at all. Says what to check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    /// No connection, or one that says nothing sensible.
    #[error(
        "cannot reach the mail server {0}: {1}; check host, port and security under [mail.smtp] \
         (port 587 speaks starttls, 465 tls), the network and the firewall"
    )]
    NotReached(String, String),
    /// The server answered, and wants no connection.
    #[error(
        "the mail server {0} turned the connection away: {1}; check with those who run it that \
         this machine may send"
    )]
    TurnedAway(String, String),
    /// The connection could not be secured, or not to whom it should be.
    #[error(
        "cannot secure the connection to the mail server {0}: {1}; check that host is the name in \
         its certificate and, where an organisation signs its own certificates, name their file \
         as ca_file under [mail.smtp]"
    )]
    NotSecured(String, String),
    /// The server offers no way to secure the connection: nothing is sent in plain text.
    #[error(
        "the mail server {0} does not offer STARTTLS, and nothing is sent in plain text; check \
         host and port under [mail.smtp], or set security = \"tls\" for a port such as 465 that \
         is secured from the start"
    )]
    NoStarttls(String),
    /// The server offers no log-in by user and password.
    #[error(
        "the mail server {0} offers no log-in by PLAIN or LOGIN; check with those who run it that \
         the account may send by SMTP (authenticated submission), or leave out username under \
         [mail.smtp] where no log-in is needed"
    )]
    NoLogIn(String),
    /// The log-in failed, or one is needed.
    #[error(
        "the mail server {0} refused the log-in: {1}; check username and password_file under \
         [mail.smtp], and that the account may send by SMTP"
    )]
    LogInRefused(String, String),
}

impl ServerFault {
    /// Of a dialogue that is not about a message.
    pub(super) fn of(server: String, fault: DialogueFault) -> Self {
        match fault {
            DialogueFault::Reply { text, .. } => Self::TurnedAway(server, text),
            DialogueFault::Lost { reason, .. } => Self::NotReached(server, reason),
        }
    }
}

/// What stopped one step of a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DialogueFault {
    /// The server answered, negatively.
    Reply { code: u16, text: String },
    /// No answer, or none that can be understood: the connection is of no more use. The server may
    /// have the message in full where its end was sent.
    Lost { reason: String, end_was_sent: bool },
}

impl DialogueFault {
    pub(super) fn lost(reason: impl Into<String>) -> Self {
        Self::Lost {
            reason: reason.into(),
            end_was_sent: false,
        }
    }

    /// The server's words, or what happened.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Reply { text, .. } | Self::Lost { reason: text, .. } => text,
        }
    }
}

impl From<io::Error> for DialogueFault {
    fn from(error: io::Error) -> Self {
        Self::lost(describe(&error))
    }
}

/// An answer as one line, with every address masked. The code that some servers begin every line
/// with (RFC 2034) stands there once.
pub(super) fn words_of(answer: &Response, recipient: Option<&EmailAddress>) -> String {
    let code = answer.first_word().filter(|word| {
        word.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    let mut text = answer.code().to_string();
    for (number, line) in answer.message().enumerate() {
        let rest = code
            .filter(|_| number > 0)
            .and_then(|code| line.strip_prefix(code))
            .filter(|rest| rest.starts_with(' '));
        text.push(' ');
        text.push_str(rest.unwrap_or(line).trim_start());
    }
    fit_to_keep(&text, recipient)
}

/// What happened to a connection, for a person.
pub(super) fn describe(error: &io::Error) -> String {
    match error.kind() {
        // "Would block" from a socket on Linux, "timed out" elsewhere and from connecting.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "no answer in time".to_owned(),
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe => "the connection was closed".to_owned(),
        _ => fit_to_keep(&error.to_string(), None),
    }
}

/// Whether the security layer gave up.
pub(super) fn is_of_security(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(answer: &str) -> String {
        words_of(&answer.parse().unwrap(), None)
    }

    #[test]
    fn an_answer_of_several_lines_is_one_line_and_names_its_code_once() {
        assert_eq!(
            words("550-5.7.1 Not from\r\n550-5.7.1 there.\r\n550 5.7.1 Ask us\r\n"),
            "550 5.7.1 Not from there. Ask us"
        );
        assert_eq!(words("550-no\r\n550 no\r\n"), "550 no no");
        assert_eq!(
            words("250-5.7.1 a\r\n250 5.7.10 b\r\n"),
            "250 5.7.1 a 5.7.10 b"
        );
        assert_eq!(words("250 \r\n"), "250");
    }
}
