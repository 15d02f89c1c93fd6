use std::io::{self, ErrorKind};

use super::super::masking::fit_to_keep;
use super::super::oauth::TokenFault;
use super::super::transport::{Deferral, Refusal, SendOutcome};
use super::judgement::{About, Step, judge};
use super::reply::Reply;
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
    /// The server has too much to do, or was asked too often.
    #[error("the mail server {0} asks for more time: {1}")]
    Busy(String, String),
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
    /// The server offers no log-in of the kind that is set up.
    #[error(
        "the mail server {0} offers no log-in by {1}; check with those who run it that \
         the account may send by SMTP (authenticated submission), or leave out username under \
         [mail.smtp] where no log-in is needed"
    )]
    NoLogIn(String, &'static str),
    /// The log-in failed, or one is needed. Says what to do.
    #[error("the mail server {0} refused the log-in: {1}; {2}")]
    LogInRefused(String, String, String),
    /// The log-in needs a token, and there is none. Says what to do.
    #[error("the log-in to the mail server {0} needs a token: {1}")]
    NoToken(String, String),
    /// The log-in needs a token, and is not given any. Says what to do.
    #[error("the log-in to the mail server {0} needs a token, which is refused: {1}")]
    TokenRefused(String, String),
    /// The server takes nothing from this sender. Says what to do.
    #[error("the mail server {0} refuses the sender: {1}; {2}")]
    SenderRefused(String, String, &'static str),
    /// The server does not take mail to an address that should always be one.
    #[error(
        "the mail server {0} takes the log-in and the sender, but no mail to the programme's \
         contact: {1}; check contact under [programme]"
    )]
    ContactRefused(String, String),
}

impl ServerFault {
    /// Of a dialogue that is not about a message.
    pub(super) fn of(server: String, fault: DialogueFault) -> Self {
        match fault {
            DialogueFault::Lost { reason, .. } => Self::NotReached(server, reason),
            DialogueFault::Reply(refusal) => match refusal.about {
                About::Pace => Self::Busy(server, refusal.text),
                About::LogIn(advice) => Self::LogInRefused(server, refusal.text, advice.to_owned()),
                About::Sender(advice) => Self::SenderRefused(server, refusal.text, advice),
                About::Server | About::Recipient | About::Message => {
                    Self::TurnedAway(server, refusal.text)
                }
            },
        }
    }

    /// Of a log-in that needs a token.
    pub(super) fn of_token(server: String, fault: TokenFault) -> Self {
        match fault {
            TokenFault::NotReached(reason) => Self::NoToken(server, reason),
            refused @ TokenFault::Refused(..) => Self::TokenRefused(server, refused.to_string()),
        }
    }

    /// Whether the server was not asked to log anybody in.
    pub fn is_before_log_in(&self) -> bool {
        matches!(
            self,
            Self::NotReached(..)
                | Self::TurnedAway(..)
                | Self::Busy(..)
                | Self::NotSecured(..)
                | Self::NoStarttls(..)
                | Self::NoLogIn(..)
        )
    }

    /// What a delivery is put off for.
    pub(super) fn deferral(&self) -> Deferral {
        match self {
            Self::Busy(..) => Deferral::Pace,
            Self::NoLogIn(..) | Self::LogInRefused(..) | Self::TokenRefused(..) => Deferral::LogIn,
            Self::SenderRefused(..) => Deferral::Sender,
            _ => Deferral::Unreachable,
        }
    }

    /// Whether it meets every attempt until a person has acted.
    pub fn needs_a_person(&self) -> bool {
        matches!(self.deferral(), Deferral::LogIn | Deferral::Sender)
    }
}

impl From<ServerFault> for SendOutcome {
    fn from(fault: ServerFault) -> Self {
        Self::Deferred(fault.to_string(), fault.deferral())
    }
}

/// What stopped one step of a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DialogueFault {
    /// The server answered, negatively.
    Reply(NegativeReply),
    /// No answer, or none that can be understood: the connection is of no more use. The server may
    /// have the message in full where its end was sent.
    Lost { reason: String, end_was_sent: bool },
}

/// A negative answer, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NegativeReply {
    pub(super) about: About,
    /// The server's words, fit to keep.
    pub(super) text: String,
    /// Where it came, with its codes: the same for the same refusal.
    kind: String,
    pub(super) is_permanent: bool,
    /// Whether the dialogue can go on.
    pub(super) is_sound: bool,
}

impl NegativeReply {
    /// What comes of a message that it is the answer to.
    pub(super) fn outcome(self, server: String) -> SendOutcome {
        let refused = |is_certain| Refusal {
            text: self.text.clone(),
            kind: self.kind.clone(),
            is_certain,
        };
        match self.about {
            About::Recipient if self.is_permanent => SendOutcome::Refused(refused(true)),
            About::Message if self.is_permanent => SendOutcome::Refused(refused(false)),
            About::Recipient | About::Message => {
                SendOutcome::Deferred(self.text, Deferral::Message)
            }
            About::Pace => SendOutcome::Deferred(self.text, Deferral::Pace),
            About::Server => SendOutcome::Deferred(self.text, Deferral::Connection),
            About::Sender(advice) => ServerFault::SenderRefused(server, self.text, advice).into(),
            About::LogIn(advice) => {
                ServerFault::LogInRefused(server, self.text, advice.to_owned()).into()
            }
        }
    }
}

impl DialogueFault {
    pub(super) fn of(step: Step, reply: &Reply, recipient: Option<&EmailAddress>) -> Self {
        Self::Reply(NegativeReply {
            about: judge(step, reply),
            text: reply.words(recipient),
            kind: format!("{step:?} {}", reply.codes()),
            is_permanent: reply.is_permanent(),
            is_sound: reply.code != 421 && step != Step::Content,
        })
    }

    /// A message that the server need not be offered.
    pub(super) fn too_large(bytes: usize, most: usize) -> Self {
        Self::Reply(NegativeReply {
            about: About::Message,
            text: format!(
                "the message has {bytes} bytes, and the server takes no more than {most}: set \
                 max_message_mib under [mail] to less, and reissue the report"
            ),
            kind: "too large".to_owned(),
            is_permanent: true,
            is_sound: true,
        })
    }

    pub(super) fn lost(reason: impl Into<String>) -> Self {
        Self::Lost {
            reason: reason.into(),
            end_was_sent: false,
        }
    }

    /// The server's words, or what happened.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Reply(NegativeReply { text, .. }) | Self::Lost { reason: text, .. } => text,
        }
    }
}

impl From<io::Error> for DialogueFault {
    fn from(error: io::Error) -> Self {
        Self::lost(describe(&error))
    }
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
