//! A mail server for tests: real sockets and real TLS on this machine, and a script for what goes
//! wrong.
//!
//! ```text
//! let server = ScriptedServer::new().starttls().log_in("reports", "secret").at(Step::Recipient, Say("450 4.2.1 later")).start();
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod dialogue;

use std::collections::BTreeSet;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use self::dialogue::Dialogue;

/// Where in the dialogue the server misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Greeting,
    Hello,
    Starttls,
    LogIn,
    Sender,
    Recipient,
    Data,
    /// While the message comes in: the server reads none of it.
    Content,
    EndOfData,
    Reset,
    Check,
    Quit,
}

/// What the server does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misbehaviour {
    /// Says this instead. After a line that begins with 2 or 3 the dialogue goes on as if it were
    /// the server's own.
    Say(&'static str),
    /// Says nothing and keeps the connection.
    Silence,
    /// Closes the connection without a word.
    Cut,
}

/// A message that the server took over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// As the client meant it: without the dots that the wire needs.
    pub(crate) bytes: Vec<u8>,
    pub(crate) was_secured: bool,
    pub(crate) was_logged_in: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Security {
    Plain,
    Starttls,
    Tls,
}

struct Rule {
    step: Step,
    recipient: Option<&'static str>,
    misbehaviour: Misbehaviour,
    times_left: Option<usize>,
}

/// A server that has yet to start.
pub(crate) struct ScriptedServer {
    security: Security,
    certified_name: &'static str,
    log_in: Option<(&'static str, &'static str)>,
    mechanisms: &'static str,
    tokens: Option<Tokens>,
    rules: Vec<Rule>,
    next: Option<Sender<Received>>,
    messages_of_a_connection: usize,
    withdraws_every: usize,
}

/// The tokens that are believed, as long as they are in it.
pub(crate) type Tokens = Arc<Mutex<BTreeSet<String>>>;

impl ScriptedServer {
    /// A server that speaks plain text, asks for no log-in and takes everything.
    pub(crate) fn new() -> Self {
        Self {
            security: Security::Plain,
            certified_name: "localhost",
            log_in: None,
            mechanisms: "PLAIN LOGIN",
            tokens: None,
            rules: Vec::new(),
            next: None,
            messages_of_a_connection: usize::MAX,
            withdraws_every: usize::MAX,
        }
    }

    /// Offers STARTTLS, and the log-in only after it.
    pub(crate) fn starttls(self) -> Self {
        Self {
            security: Security::Starttls,
            ..self
        }
    }

    /// Speaks TLS from the first byte.
    pub(crate) fn tls(self) -> Self {
        Self {
            security: Security::Tls,
            ..self
        }
    }

    /// Shows a certificate for this name instead of `localhost`.
    pub(crate) fn certified_as(self, certified_name: &'static str) -> Self {
        Self {
            certified_name,
            ..self
        }
    }

    /// Takes messages from this user only.
    pub(crate) fn log_in(self, user: &'static str, password: &'static str) -> Self {
        Self {
            log_in: Some((user, password)),
            ..self
        }
    }

    /// Takes messages from whoever shows one of these tokens, by XOAUTH2 alone, and as nobody else.
    pub(crate) fn tokens(self, tokens: &Tokens) -> Self {
        Self {
            log_in: Some(("", "")),
            mechanisms: "XOAUTH2",
            tokens: Some(Arc::clone(tokens)),
            ..self
        }
    }

    /// Offers these log-in mechanisms only.
    pub(crate) fn mechanisms(self, mechanisms: &'static str) -> Self {
        Self { mechanisms, ..self }
    }

    /// Hands what it takes on to another, and keeps none of it.
    pub(crate) fn hands_on_to(self, next: Sender<Received>) -> Self {
        let next = Some(next);
        Self { next, ..self }
    }

    /// Hangs up after so many messages.
    pub(crate) fn messages_of_a_connection(self, messages_of_a_connection: usize) -> Self {
        Self {
            messages_of_a_connection,
            ..self
        }
    }

    /// Believes a token no more at every so-manieth log-in, before its end.
    pub(crate) fn withdraws_every(self, withdraws_every: usize) -> Self {
        Self {
            withdraws_every,
            ..self
        }
    }

    /// Misbehaves at `step`, always.
    pub(crate) fn at(self, step: Step, misbehaviour: Misbehaviour) -> Self {
        self.with_rule(Rule {
            step,
            recipient: None,
            misbehaviour,
            times_left: None,
        })
    }

    /// Misbehaves at `step`, once.
    pub(crate) fn once_at(self, step: Step, misbehaviour: Misbehaviour) -> Self {
        self.with_rule(Rule {
            step,
            recipient: None,
            misbehaviour,
            times_left: Some(1),
        })
    }

    /// Misbehaves at `step` of messages to `recipient`.
    pub(crate) fn for_recipient(
        self,
        recipient: &'static str,
        step: Step,
        misbehaviour: Misbehaviour,
    ) -> Self {
        self.with_rule(Rule {
            step,
            recipient: Some(recipient),
            misbehaviour,
            times_left: None,
        })
    }

    fn with_rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Listens on a free port of 127.0.0.1 until it is dropped.
    pub(crate) fn start(self) -> RunningServer {
        let folder = tempfile::tempdir().unwrap();
        let (tls, authority) = certify(self.certified_name);
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, authority).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen {
            setup: self,
            ..Seen::default()
        });
        let accepting = thread::spawn({
            let seen = Arc::clone(&seen);
            move || accept(&listener, &seen, &tls)
        });
        RunningServer {
            port,
            ca_file,
            seen,
            accepting: Some(accepting),
            _folder: folder,
        }
    }
}

impl Default for ScriptedServer {
    fn default() -> Self {
        Self::new()
    }
}

/// A server at work. Stops when it is dropped.
pub(crate) struct RunningServer {
    pub(crate) port: u16,
    /// The certificate of whoever signed the server's.
    pub(crate) ca_file: PathBuf,
    seen: Arc<Seen>,
    accepting: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl RunningServer {
    /// The messages that were taken over, in the order of their coming.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.seen.received.lock().unwrap().clone()
    }

    /// How many messages were taken over.
    pub(crate) fn taken(&self) -> usize {
        self.seen.taken.load(Ordering::SeqCst)
    }

    /// The commands that came, without their arguments; `.` is the end of a message.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.commands.lock().unwrap().clone()
    }

    /// How often a client connected.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.lock().unwrap().len()
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.seen.is_over.store(true, Ordering::SeqCst);
        // The threads wait in accept and read: a last connection wakes one, the end of their
        // streams the others.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        for connection in self.seen.connections.lock().unwrap().iter() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

#[derive(Default)]
struct Seen {
    setup: ScriptedServer,
    uses: Mutex<Vec<usize>>,
    log_ins: AtomicUsize,
    taken: AtomicUsize,
    received: Mutex<Vec<Received>>,
    commands: Mutex<Vec<String>>,
    connections: Mutex<Vec<TcpStream>>,
    is_over: AtomicBool,
}

impl Seen {
    fn misbehaviour(&self, step: Step, recipients: &[String]) -> Option<Misbehaviour> {
        let mut uses = self.uses.lock().unwrap();
        uses.resize(self.setup.rules.len(), 0);
        let applies = |rule: &Rule| {
            rule.step == step
                && rule
                    .recipient
                    .is_none_or(|name| recipients.iter().any(|to| to == name))
        };
        let (index, rule) = self.setup.rules.iter().enumerate().find(|(index, rule)| {
            applies(rule) && rule.times_left.is_none_or(|times| uses[*index] < times)
        })?;
        uses[index] += 1;
        Some(rule.misbehaviour)
    }
}

/// A certificate for `name`, and the PEM of the authority that signed it.
pub(crate) fn certify(name: &str) -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
    (Arc::new(config), authority.pem())
}

fn accept(listener: &TcpListener, seen: &Arc<Seen>, tls: &Arc<ServerConfig>) {
    let mut dialogues = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if seen.is_over.load(Ordering::SeqCst) {
            break;
        }
        let end = stream.try_clone().unwrap();
        seen.connections
            .lock()
            .unwrap()
            .push(stream.try_clone().unwrap());
        let (seen, tls) = (Arc::clone(seen), Arc::clone(tls));
        dialogues.push(thread::spawn(move || {
            // An error is a client that hung up, or the test's end: either way the dialogue is
            // over.
            let _ = Dialogue::new(&seen, &tls, stream).speak();
            // The streams that are kept for the end of the test would keep the connection open.
            let _ = end.shutdown(Shutdown::Both);
        }));
    }
    for dialogue in dialogues {
        let _ = dialogue.join();
    }
}
