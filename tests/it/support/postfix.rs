//! A Postfix of the test's own, on a loopback port, that puts every message into one maildir. Stops
//! when it is dropped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

/// Nobody's number on Debian: whom the maildir belongs to, since Postfix writes none as root.
const NOBODY: u32 = 65_534;

/// How long to wait for Postfix to start, or to deliver what it took.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Postfix {
    pub(crate) port: u16,
    folder: tempfile::TempDir,
}

impl Postfix {
    /// Starts it. Needs root, as Postfix does, and the package.
    pub(crate) fn start() -> Self {
        Self::start_with("", "")
    }

    /// Starts it with further settings, and a table of `transport_maps`, of regular expressions.
    pub(crate) fn start_with(settings: &str, transports: &str) -> Self {
        use std::os::unix::fs::{PermissionsExt, chown};

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        // Postfix' own users look into it.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        for (name, owner) in [
            ("queue", None),
            ("data", Some("postfix")),
            ("mail", Some("nobody")),
            ("config", None),
        ] {
            let made = path.join(name);
            std::fs::create_dir(&made).unwrap();
            if let Some(owner) = owner {
                let id = Command::new("id").args(["-u", owner]).output().unwrap();
                let id = String::from_utf8(id.stdout)
                    .unwrap()
                    .trim()
                    .parse()
                    .expect("the package postfix makes its user");
                chown(&made, Some(id), None).unwrap();
            }
        }
        let port = {
            std::net::TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port()
        };
        let transports_file = path.join("config/transports");
        std::fs::write(&transports_file, transports).unwrap();
        let settings = format!(
            "{}transport_maps = regexp:{}\n{settings}",
            main_settings(path),
            transports_file.display()
        );
        std::fs::write(path.join("config/main.cf"), settings).unwrap();
        std::fs::write(path.join("config/master.cf"), services(port)).unwrap();
        let postfix = Self { port, folder };
        let started = postfix.command("start");
        assert!(
            started.status.success(),
            "{}",
            String::from_utf8_lossy(&started.stderr)
        );
        postfix.wait("starts", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        postfix
    }

    fn command(&self, command: &str) -> std::process::Output {
        let program = ["/usr/sbin/postfix", "/usr/local/sbin/postfix"]
            .into_iter()
            .find(|path| Path::new(path).exists());
        Command::new(program.expect("Postfix is not installed: tests/kill installs it"))
            .args([
                "-c",
                self.folder.path().join("config").to_str().unwrap(),
                command,
            ])
            .output()
            .unwrap()
    }

    /// The maildir of everybody.
    pub(crate) fn maildir(&self) -> PathBuf {
        self.mailbox("all")
    }

    /// The maildir that settings name so.
    pub(crate) fn mailbox(&self, name: &str) -> PathBuf {
        self.folder.path().join("mail").join(name)
    }

    pub(crate) fn wait(&self, what: &str, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            let log =
                || std::fs::read_to_string(self.folder.path().join("mail.log")).unwrap_or_default();
            assert!(
                began.elapsed() < PATIENCE,
                "Postfix does not do this: {what}\n{}",
                log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn messages(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.maildir().join("new"))
            .into_iter()
            .flatten()
            .map(|file| file.unwrap().path())
            .collect()
    }

    /// Adds a setting, from now on.
    pub(crate) fn set(&self, setting: &str) {
        let file = self.folder.path().join("config/main.cf");
        let settings = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{settings}{setting}\n")).unwrap();
        assert!(self.command("reload").status.success());
    }

    /// How many messages clients have handed to it, by its log.
    pub(crate) fn received(&self) -> usize {
        let log = std::fs::read_to_string(self.folder.path().join("mail.log")).unwrap_or_default();
        log.lines()
            .filter(|line| line.contains("smtpd") && line.contains(": client="))
            .count()
    }

    /// Whether it holds a message that it has yet to deliver, or one that is half received.
    pub(crate) fn is_busy(&self) -> bool {
        ["incoming", "active", "deferred", "maildrop"]
            .iter()
            .any(|name| {
                let mut waiting = vec![self.folder.path().join("queue").join(name)];
                while let Some(folder) = waiting.pop() {
                    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                        if !entry.path().is_dir() {
                            return true;
                        }
                        waiting.push(entry.path());
                    }
                }
                false
            })
    }

    /// Waits until at least `wanted` messages and all that it took are delivered; empties the
    /// mailbox, and gives how often each Message-ID was in it.
    pub(crate) fn collect(&self, wanted: usize) -> BTreeMap<String, usize> {
        self.wait("delivers what it took", || {
            !self.is_busy() && self.messages().len() >= wanted
        });
        let mut ids = BTreeMap::new();
        for file in self.messages() {
            let bytes = std::fs::read(&file).unwrap();
            let message = MessageParser::new().parse(&bytes).unwrap();
            *ids.entry(message.message_id().unwrap().to_owned())
                .or_insert(0) += 1;
            std::fs::remove_file(file).unwrap();
        }
        ids
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("stop");
    }
}

fn main_settings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.test
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
virtual_mailbox_domains = static:all
virtual_transport = virtual
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{NOBODY}
virtual_gid_maps = static:{NOBODY}
virtual_mailbox_limit = 0
message_size_limit = 0
"
    )
}

fn services(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
    )
}
