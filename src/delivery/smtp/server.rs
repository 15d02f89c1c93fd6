use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use secrecy::SecretString;

use super::super::oauth::TokenSource;
use super::super::trust::{TrustFault, trust};
use super::connection::Tls;
use crate::domain::Domain;
use crate::settings::Security;

/// How to reach a mail server and log in to it.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// The server's name, which its certificate must bear, or its address.
    pub host: String,
    /// The port: usually 587 for `Starttls`, 465 for `Tls`.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// Whom to log in as; `None` for a server that asks for no log-in.
    pub username: Option<String>,
    /// The password of that log-in.
    pub password: Option<SecretString>,
    /// What gives tokens for that log-in, in place of a password.
    pub tokens: Option<Arc<TokenSource>>,
    /// Certificates (PEM) to trust besides those of the machine.
    pub ca_file: Option<PathBuf>,
    /// What this machine is called when it greets; its address where there is none.
    pub hello_name: Option<Domain>,
    /// How long to wait for what.
    pub timeouts: SmtpTimeouts,
}

/// How long to wait for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmtpTimeouts {
    /// For the connection, its greeting and its security.
    pub connect: Duration,
    /// For the answer to a command.
    pub command: Duration,
    /// For the answer to the end of a message. A wait that is too short makes duplicates.
    pub reply: Duration,
}

impl Default for SmtpTimeouts {
    /// RFC 5321 4.5.3.2: 5 minutes for a command, 10 minutes for the end of a message. A connection
    /// gets one minute, since a server that is not there should not cost a run its morning.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(60),
            command: Duration::from_mins(5),
            reply: Duration::from_mins(10),
        }
    }
}

/// Settings that cannot be used to send.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSmtpServer {
    /// Plain text would cross a network, to this server.
    #[error(
        "“{0}” is not this machine: security = \"none\" sends passwords and reports in plain text \
         and is for localhost only; use \"starttls\" or \"tls\""
    )]
    PlainTextToAnotherMachine(String),
    /// A user without a password.
    #[error(
        "a username is set for the mail server, but no password: name its file as password_file or \
         set MIGRATION_MONITOR_SMTP_PASSWORD, or set up [mail.smtp.oauth]"
    )]
    NoPassword,
    /// Not a name or address of a server.
    #[error("“{0}” is not the name or the address of a mail server")]
    Host(String),
    /// A wait of no time.
    #[error(
        "a time-out of the mail server is 0 seconds: nothing could be sent; leave it out for the \
         default"
    )]
    NoTime,
    /// The file cannot be read.
    #[error("cannot read the certificates in {path}: {1}", path = .0.display())]
    CaFile(PathBuf, io::Error),
    /// The file holds no certificate that can be used.
    #[error(
        "{} holds no usable certificate: it must be a PEM file with “BEGIN CERTIFICATE”",
        .0.display()
    )]
    NotCertificates(PathBuf),
}

impl SmtpServer {
    pub(super) fn check(&self) -> Result<(), InvalidSmtpServer> {
        let is_address = self.host.parse::<IpAddr>().is_ok();
        let is_name = Domain::parse(&self.host).is_some() && self.host.trim() == self.host;
        if !is_address && !is_name {
            return Err(InvalidSmtpServer::Host(self.host.clone()));
        }
        if self.security == Security::None && self.loopback_addresses().is_empty() {
            return Err(InvalidSmtpServer::PlainTextToAnotherMachine(
                self.host.clone(),
            ));
        }
        if self.username.is_some() && self.password.is_none() && self.tokens.is_none() {
            return Err(InvalidSmtpServer::NoPassword);
        }
        let timeouts = [
            self.timeouts.connect,
            self.timeouts.command,
            self.timeouts.reply,
        ];
        if timeouts.iter().any(Duration::is_zero) {
            return Err(InvalidSmtpServer::NoTime);
        }
        Ok(())
    }

    /// The addresses of this machine that the host stands for; none where it is another machine.
    /// `localhost` is not looked up, so that no name service can say it is elsewhere.
    pub(super) fn loopback_addresses(&self) -> Vec<SocketAddr> {
        let addresses = match self.host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) if self.host.eq_ignore_ascii_case("localhost") => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            Err(_) => Vec::new(),
        };
        addresses
            .into_iter()
            .filter(IpAddr::is_loopback)
            .map(|address| SocketAddr::new(address, self.port))
            .collect()
    }

    /// The machine's certificates and those of the file, read once.
    pub(super) fn tls(&self) -> Result<Option<Tls>, InvalidSmtpServer> {
        if self.security == Security::None {
            return Ok(None);
        }
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| InvalidSmtpServer::Host(self.host.clone()))?;
        let path = self.ca_file.clone().unwrap_or_default();
        let config = trust(self.ca_file.as_deref()).map_err(|fault| match fault {
            TrustFault::Unreadable(source) => InvalidSmtpServer::CaFile(path, source),
            TrustFault::NotCertificates => InvalidSmtpServer::NotCertificates(path),
        })?;
        Ok(Some(Tls {
            config: Arc::new(config),
            name,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(host: &str, security: Security) -> SmtpServer {
        SmtpServer {
            host: host.to_owned(),
            port: 587,
            security,
            username: None,
            password: None,
            tokens: None,
            ca_file: None,
            hello_name: None,
            timeouts: SmtpTimeouts::default(),
        }
    }

    #[test]
    fn plain_text_goes_to_this_machine_only() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"] {
            assert!(settings(host, Security::None).check().is_ok(), "{host}");
        }
        for host in [
            "smtp.nhs.example",
            "localhost.nhs.example",
            "10.0.0.1",
            "0.0.0.0",
        ] {
            let refused = settings(host, Security::None).check();
            assert!(
                matches!(
                    refused,
                    Err(InvalidSmtpServer::PlainTextToAnotherMachine(_))
                ),
                "{host}"
            );
            assert!(settings(host, Security::StartTls).check().is_ok(), "{host}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let usable = settings("smtp.nhs.example", Security::Tls);
        for host in ["", "a b", "smtp.nhs.example\n", "smtp.nhs.example:587"] {
            assert!(
                matches!(
                    settings(host, Security::Tls).check(),
                    Err(InvalidSmtpServer::Host(_))
                ),
                "{host}"
            );
        }
        let no_password = SmtpServer {
            username: Some("reports".into()),
            ..usable.clone()
        };
        assert!(matches!(
            no_password.check(),
            Err(InvalidSmtpServer::NoPassword)
        ));
        let no_time = SmtpServer {
            timeouts: SmtpTimeouts {
                reply: Duration::ZERO,
                ..SmtpTimeouts::default()
            },
            ..usable.clone()
        };
        assert!(matches!(no_time.check(), Err(InvalidSmtpServer::NoTime)));
        let missing = SmtpServer {
            ca_file: Some("/no/such/ca.pem".into()),
            ..usable
        };
        assert!(matches!(missing.tls(), Err(InvalidSmtpServer::CaFile(..))));
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n",
        ] {
            std::fs::write(file.path(), text).unwrap();
            let settings = SmtpServer {
                ca_file: Some(file.path().to_owned()),
                ..settings("smtp.nhs.example", Security::Tls)
            };
            assert!(settings.tls().is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_does_not_print() {
        let settings = SmtpServer {
            password: Some("hunter2".into()),
            ..settings("localhost", Security::None)
        };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
