//! The mail system that killed runs send to: a Postfix, alone, or behind a server that wants tokens
//! and with recipients whose messages come back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use migration_monitor::delivery::{
    OutgoingMessage, SendOutcome, Smtp, SmtpServer, SmtpTimeouts, Transport,
};
use migration_monitor::domain::EmailAddress;
use migration_monitor::settings::Security;

use crate::support::morning::{Morning, files_below};
use crate::support::postfix::Postfix;
use crate::support::smtp_server::{Received, RunningServer, ScriptedServer};
use crate::support::token_endpoint::{Answer, TokenEndpoint};

/// A third of the recipients, whom nobody knows: their messages come back to the sender, whose
/// mailbox has nothing else.
const TRANSPORTS: &str = "/^recipient[0-9]@/ error:5.1.1 user unknown\n";
const SETTINGS: &str = "smtpd_reject_unlisted_recipient = no
virtual_mailbox_maps = inline:{ {migration.reports@nhs.example = returned/} }, static:all/
";
/// In whatever may not be seen: the application's secret, and the tokens of the endpoint.
const SECRET: &str = "a-secret-which-nobody-may-see";
const OF_SECRETS: &[u8] = b"which-nobody-may-see";

pub(super) struct MailSystem {
    postfix: Postfix,
    front: Option<Front>,
}

/// A server that believes tokens only, forgets some before their end, hangs up after some messages,
/// and hands on to Postfix.
struct Front {
    endpoint: TokenEndpoint,
    server: RunningServer,
    handed_on: Arc<AtomicUsize>,
    ca_file: tempfile::NamedTempFile,
}

/// What a mail system holds: how often messages with a Message-ID arrived, and how often one came
/// back.
pub(super) struct Held {
    pub(super) arrived: BTreeMap<String, usize>,
    pub(super) came_back: BTreeMap<String, usize>,
}

impl MailSystem {
    /// A Postfix that takes everything.
    pub(super) fn plain() -> Self {
        Self {
            postfix: Postfix::start(),
            front: None,
        }
    }

    /// A server that wants tokens, and has a Postfix behind it that returns what it cannot deliver.
    pub(super) fn by_token() -> Self {
        let postfix = Postfix::start_with(SETTINGS, TRANSPORTS);
        // A token of two seconds is renewed in the middle of a run.
        let endpoint = TokenEndpoint::start([Answer::Token(2)]);
        let (sender, receiver) = channel();
        let server = ScriptedServer::new()
            .starttls()
            .tokens(&endpoint.tokens)
            .messages_of_a_connection(5)
            .withdraws_every(3)
            .hands_on_to(sender)
            .start();
        let handed_on = Arc::new(AtomicUsize::new(0));
        std::thread::spawn({
            let (port, handed_on) = (postfix.port, Arc::clone(&handed_on));
            move || hand_on(&receiver, port, &handed_on)
        });
        let ca_file = tempfile::NamedTempFile::new().unwrap();
        let authorities = format!(
            "{}\n{}",
            std::fs::read_to_string(&server.ca_file).unwrap(),
            endpoint.authority
        );
        std::fs::write(&ca_file, authorities).unwrap();
        let front = Front {
            endpoint,
            server,
            handed_on,
            ca_file,
        };
        Self {
            postfix,
            front: Some(front),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self.front {
            None => "Postfix",
            Some(_) => "tokens, and bounces of Postfix",
        }
    }

    /// Whether messages come back.
    pub(super) fn returns(&self) -> bool {
        self.front.is_some()
    }

    /// Has the settings name it.
    pub(super) fn introduce(&self, morning: &Morning) {
        let sections = match &self.front {
            None => format!(
                "[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
                self.postfix.port
            ),
            Some(front) => {
                std::fs::write(morning.folder.path().join("secret"), SECRET).unwrap();
                format!(
                    "[mail.smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"starttls\"\n\
                     username = \"migration.reports@nhs.example\"\nca_file = \"{}\"\n\
                     [mail.smtp.oauth]\ntoken_url = \"{}\"\nclient_id = \"the-client\"\n\
                     secret_file = \"secret\"\n[mail.returns]\nfolder = \"{}\"\n",
                    front.server.port,
                    front.ca_file.path().display(),
                    front.endpoint.url(),
                    self.postfix.mailbox("returned").display()
                )
            }
        };
        morning.edit("migration-monitor.toml", |settings| {
            let settings = settings
                .replace("transport = \"outbox\"", "transport = \"smtp\"")
                .replace("messages_per_minute = 30", "messages_per_minute = 2400");
            format!("{settings}\n{sections}")
        });
    }

    /// Waits until all that it took has arrived or come back, which is `wanted` messages at least.
    /// Empties the mailboxes of the recipients.
    pub(super) fn collect(&self, wanted: usize) -> Held {
        let Some(front) = &self.front else {
            return Held {
                arrived: self.postfix.collect(wanted),
                came_back: BTreeMap::new(),
            };
        };
        self.postfix.wait("takes what the server handed on", || {
            front.handed_on.load(Ordering::SeqCst) == front.server.taken()
        });
        self.postfix.wait("delivers or returns what it took", || {
            !self.postfix.is_busy()
                && self.postfix.messages().len() + self.returned().len() >= wanted
        });
        let mut came_back = BTreeMap::new();
        for bytes in self.returned().values() {
            // In what came back, whole or its headers alone; Postfix writes its own as Message-Id.
            let text = String::from_utf8_lossy(bytes);
            let (_, id) = text.split_once("\nMessage-ID: <").unwrap();
            let (id, _) = id.split_once('>').unwrap();
            *came_back.entry(id.to_owned()).or_insert(0) += 1;
        }
        Held {
            arrived: self.postfix.collect(0),
            came_back,
        }
    }

    /// What is in the sender's mailbox, seen or not.
    fn returned(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = files_below(&self.postfix.mailbox("returned"));
        files.retain(|name, _| !name.starts_with("tmp/"));
        files
    }

    /// Holds that every bounce was read, and that nothing that logs in was written anywhere. Empties
    /// the sender's mailbox.
    pub(super) fn assert_all_was_seen_and_no_secret_kept(&self, morning: &Morning) {
        for name in self.returned().keys() {
            assert!(name.starts_with("cur/") && name.ends_with(":2,S"), "{name}");
            std::fs::remove_file(self.postfix.mailbox("returned").join(name)).unwrap();
        }
        for (name, bytes) in files_below(&morning.folder.path().join("data")) {
            assert!(memchr::memmem::find(&bytes, OF_SECRETS).is_none(), "{name}");
        }
    }
}

/// Hands on to Postfix what the server took, in its order.
fn hand_on(taken: &Receiver<Received>, port: u16, handed_on: &AtomicUsize) {
    let mut postfix = Smtp::new(SmtpServer {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        username: None,
        password: None,
        tokens: None,
        ca_file: None,
        hello_name: None,
        timeouts: SmtpTimeouts {
            reply: Duration::from_secs(60),
            ..SmtpTimeouts::default()
        },
    })
    .unwrap();
    for message in taken {
        let outgoing = OutgoingMessage {
            file: Path::new("none").to_owned(),
            from: &EmailAddress::parse(&message.from).unwrap(),
            to: &EmailAddress::parse(&message.to[0]).unwrap(),
            bytes: &message.bytes,
        };
        let outcome = postfix.hand_over(&outgoing, &mut || true);
        assert!(matches!(outcome, SendOutcome::Accepted(_)), "{outcome:?}");
        handed_on.fetch_add(1, Ordering::SeqCst);
    }
}
