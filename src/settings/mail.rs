//! The `[mail]` sections.

use std::num::{NonZeroU8, NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::{AccountSettings, SendingAccount};
use super::oauth::OauthSettings;
use super::section::{SecretFile, section, without_paths};
use super::variables::PASSWORD_VARIABLE;
use crate::domain::{Domain, EmailAddress, OrganisationCode};

section! {
    /// The `[mail]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct MailSettings {
        /// How messages leave.
        pub transport: TransportKind,
        /// The sender: the account that sends.
        pub from: EmailAddress,
        /// Domains to which mail is encrypted on its way anyhow.
        #[serde(default)]
        pub trusted_domains: Vec<Domain>,
        /// Domains that may be written to at all, each with those below it.
        pub allowed_domains: Vec<Domain>,
        /// Domains whose people serve several organisations, and may get the reports of each.
        #[serde(default)]
        pub shared_domains: Vec<Domain>,
        /// The largest message the relay takes.
        #[serde(default = "default_max_message_mib")]
        pub max_message_mib: u32,
        /// The pace that the relay allows.
        #[serde(default = "default_messages_per_minute")]
        pub messages_per_minute: NonZeroU32,
        /// How long one run may send: what is left then is for the next.
        #[serde(default = "default_max_sending_minutes")]
        pub max_sending_minutes: NonZeroU16,
        /// How long after 7 am on the report date, or after it was prepared where that was later, a
        /// report is still sent.
        #[serde(default = "default_expires_after_hours")]
        pub expires_after_hours: NonZeroU16,
        /// For `transport = "outbox"`.
        pub outbox: Option<OutboxSettings>,
        /// For `transport = "smtp"`.
        pub smtp: Option<SmtpSettings>,
        /// For `transport = "sendmail"`.
        pub sendmail: Option<SendmailSettings>,
        /// Where reports about messages that came back are put.
        pub returns: Option<ReturnsSettings>,
    }
}

fn default_max_message_mib() -> u32 {
    35
}

fn default_messages_per_minute() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(29)
}

/// Six hours: 10,800 messages at the usual pace.
fn default_max_sending_minutes() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(359)
}

/// Until three in the morning, some hours before the next report is due.
fn default_expires_after_hours() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(19)
}

impl MailSettings {
    /// The accounts that send by SMTP, the first of which is that of `mail.from`.
    #[must_use]
    pub fn accounts(&self) -> Vec<SendingAccount> {
        let smtp = self.smtp.as_ref();
        let has_oauth = smtp.is_some_and(|smtp| smtp.oauth.is_some());
        let send_as = smtp.is_some_and(|smtp| smtp.send_as);
        let first = SendingAccount {
            from: self.from.clone(),
            username: smtp.and_then(|smtp| smtp.username.clone()),
            password_file: smtp.and_then(|smtp| smtp.password_file.clone()),
            password_variable: Some(PASSWORD_VARIABLE),
            messages_per_minute: self.messages_per_minute,
            has_oauth,
            send_as,
        };
        let others = smtp.into_iter().flat_map(|smtp| &smtp.account);
        let others = others.map(|account| {
            let name = || account.from.reveal().to_owned();
            SendingAccount {
                from: account.from.clone(),
                username: Some(account.username.clone().unwrap_or_else(name)),
                password_file: account.password_file.clone(),
                password_variable: None,
                messages_per_minute: account
                    .messages_per_minute
                    .unwrap_or(self.messages_per_minute),
                has_oauth,
                send_as,
            }
        });
        std::iter::once(first).chain(others).collect()
    }

    /// Which of [`Self::accounts`] sends an organisation's reports: the same every day, whatever
    /// other organisations there are, so that its people always see the same sender.
    #[must_use]
    pub fn account_of(&self, organisation: &OrganisationCode) -> usize {
        let others = self.smtp.as_ref().map_or(0, |smtp| smtp.account.len());
        // FNV-1a (Fowler, Noll and Vo), of 32 bits: it need not withstand anybody.
        let hash = organisation
            .as_str()
            .bytes()
            .fold(0x811c_9dc5, |hash: u32, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
        usize::try_from(hash).unwrap_or_default() % (others + 1)
    }

    /// Whose address an organisation's reports come from.
    #[must_use]
    pub fn sender_of(&self, organisation: &OrganisationCode) -> &EmailAddress {
        let others = self.smtp.iter().flat_map(|smtp| &smtp.account);
        let all = std::iter::once(&self.from).chain(others.map(|account| &account.from));
        let mut chosen = all.skip(self.account_of(organisation));
        chosen.next().unwrap_or(&self.from)
    }

    /// How long one run may send.
    #[must_use]
    pub fn max_sending_time(&self) -> Duration {
        Duration::from_mins(self.max_sending_minutes.get().into())
    }

    /// Whether messages leave in a way that confidential mail may go.
    #[must_use]
    pub fn may_be_confidential(&self) -> bool {
        self.transport != TransportKind::Smtp
            || self
                .smtp
                .as_ref()
                .is_some_and(|smtp| !smtp.is_anonymous_relay())
    }
}

without_paths!(TransportKind, OneConnection, Security);

/// How messages leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// As `.eml` files in a folder.
    Outbox,
    /// To a mail server.
    Smtp,
    /// To the mail program of this machine, which has a queue of its own.
    Sendmail,
}

impl TransportKind {
    /// Every transport.
    pub const ALL: [Self; 3] = [Self::Outbox, Self::Smtp, Self::Sendmail];

    /// The name in settings, on the command line and in JSON, and that of its section.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Smtp => "smtp",
            Self::Sendmail => "sendmail",
        }
    }

    /// How messages go, in a sentence: “by SMTP”.
    #[must_use]
    pub fn way(self) -> &'static str {
        match self {
            Self::Outbox => "into the outbox",
            Self::Smtp => "by SMTP",
            Self::Sendmail => "to the machine's mail program",
        }
    }

    /// Whether messages leave this machine: what lies in a folder has not been sent.
    #[must_use]
    pub fn leaves_the_machine(self) -> bool {
        self != Self::Outbox
    }
}

section! {
    /// The `[mail.outbox]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct OutboxSettings {
        /// Where the `.eml` files go.
        pub folder: PathBuf,
    }
}

section! {
    /// The `[mail.sendmail]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct SendmailSettings {
        /// The program that takes a message on its standard input: `/usr/sbin/sendmail`.
        pub command: PathBuf,
        /// How long it may take for one message.
        #[serde(default = "default_sendmail_timeout_seconds")]
        pub timeout_seconds: NonZeroU16,
    }
}

fn default_sendmail_timeout_seconds() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(119)
}

section! {
    /// The `[mail.returns]` section. It names one of them at least.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(try_from = "ReturnsKeys")]
    pub struct ReturnsSettings {
        /// A folder of messages, or a Maildir.
        pub folder: Option<PathBuf>,
        /// Tables of message traces, with `*` for any part of a file's name.
        pub message_trace: Option<PathBuf>,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnsKeys {
    folder: Option<PathBuf>,
    message_trace: Option<PathBuf>,
}

impl TryFrom<ReturnsKeys> for ReturnsSettings {
    type Error = &'static str;

    fn try_from(keys: ReturnsKeys) -> Result<Self, Self::Error> {
        let ReturnsKeys {
            folder,
            message_trace,
        } = keys;
        let folder_of_traces = message_trace.as_deref().and_then(Path::parent);
        if folder_of_traces.is_some_and(|folder| folder.to_string_lossy().contains('*')) {
            return Err("in message_trace a * may stand in the name of a file, not of a folder");
        }
        if folder.is_none() && message_trace.is_none() {
            return Err(
                "the section names neither folder nor message_trace: write one, or leave it out",
            );
        }
        Ok(Self {
            folder,
            message_trace,
        })
    }
}

section! {
    /// The `[mail.smtp]` section.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct SmtpSettings {
        /// The server's name, as its certificate says it.
        pub host: String,
        /// The port: 587 for STARTTLS, 465 for TLS.
        pub port: u16,
        /// How the connection is encrypted.
        pub security: Security,
        /// The account; without it nobody logs in.
        pub username: Option<String>,
        /// A file with the password on its first line.
        pub password_file: Option<SecretFile>,
        /// Whether the account may send as `mail.from` though that is another address.
        #[serde(default)]
        pub send_as: bool,
        /// What this machine is called when it greets the server; its own name where there is none.
        pub hello_name: Option<Domain>,
        /// A PEM file with a certificate authority to trust beside those of the machine.
        pub ca_file: Option<PathBuf>,
        /// Tokens in place of the password.
        pub oauth: Option<OauthSettings>,
        /// Accounts that send beside the first.
        #[serde(default)]
        pub account: Vec<AccountSettings>,
        /// How long to wait for the reply to a whole message.
        #[serde(default = "default_reply_timeout_seconds")]
        pub reply_timeout_seconds: u64,
        /// How many connections at once: this version uses one, and takes no other number.
        #[serde(default)]
        pub connections: OneConnection,
    }
}

/// RFC 5321 4.5.3.2.6: a shorter wait makes duplicates.
fn default_reply_timeout_seconds() -> u64 {
    600
}

/// The number 1. More connections would send no faster than the pace that a relay allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "NonZeroU8")]
pub struct OneConnection;

impl TryFrom<NonZeroU8> for OneConnection {
    type Error = &'static str;

    fn try_from(number: NonZeroU8) -> Result<Self, Self::Error> {
        if number == NonZeroU8::MIN {
            Ok(Self)
        } else {
            Err("this version sends over one connection: write 1, or leave the key out")
        }
    }
}

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Plain at first, encrypted before anything is said.
    StartTls,
    /// Encrypted from the first byte.
    Tls,
    /// Plain text, to this very machine only.
    None,
}

impl SmtpSettings {
    /// The first key of the log-in that does not go with the others, and what is wrong with it.
    pub(super) fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        let oauth = self.oauth.as_ref()?;
        let is_certified = oauth.certificate_file.is_some();
        if self.username.is_none() {
            return Some((
                "mail.smtp.oauth",
                "a token logs an account in: name it as username under [mail.smtp]",
            ));
        }
        if self.password_file.is_some() {
            return Some((
                "password_file",
                "with [mail.smtp.oauth] there is no password: leave it out",
            ));
        }
        if !oauth.token_url.starts_with("https://") {
            return Some(("token_url", "it must begin with https://"));
        }
        if is_certified && oauth.secret_file.is_some() {
            return Some((
                "secret_file",
                "a certificate or a secret proves the application: leave one out",
            ));
        }
        if oauth.refresh_token_file.is_some() && !self.account.is_empty() {
            return Some((
                "refresh_token_file",
                "a refresh token logs in the one account that it was given for: leave out \
                 [[mail.smtp.account]]",
            ));
        }
        if oauth.key_file.is_some() && !is_certified {
            return Some((
                "key_file",
                "a key belongs to a certificate: name it as certificate_file",
            ));
        }
        None
    }

    /// Whether the server is this very machine.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        super::is_loopback(&self.host)
    }

    /// Whether nobody logs in to it, and it is another machine: confidential mail must not go by
    /// it.
    #[must_use]
    pub fn is_anonymous_relay(&self) -> bool {
        self.username.is_none() && !self.is_on_this_machine()
    }

    /// How long to wait for the reply to a whole message.
    #[must_use]
    pub fn reply_timeout(&self) -> Duration {
        Duration::from_secs(self.reply_timeout_seconds)
    }
}
