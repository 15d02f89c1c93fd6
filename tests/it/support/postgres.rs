//! A PostgreSQL of the tests' own, on a loopback port, with encryption and a log-in. The first test
//! that asks for a database starts it; it stops when the tests have ended, however they end.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use migration_monitor::delivery::LedgerServer;
use postgres::{Client, Config, NoTls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// Names the folder of PostgreSQL's programs; tests/run sets it.
const PROGRAMS: &str = "MIGRATION_MONITOR_TESTS_POSTGRES";
/// The role of the tests, and its password.
const ROLE: &str = "monitor";
pub(crate) const PASSWORD: &str = "open-sesame-4711";
const PATIENCE: Duration = Duration::from_secs(60);

struct Postgres {
    port: u16,
    ca_file: PathBuf,
    folder: PathBuf,
    /// The shell that stops the server and removes its folder when this end is closed.
    _guard: (Child, ChildStdin),
}

static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();

/// A new, empty database; `None` where PostgreSQL is not installed, which is said.
pub(crate) fn database() -> Option<LedgerServer> {
    static NUMBER: AtomicU32 = AtomicU32::new(1);

    let server = SERVER.get_or_init(start).as_ref()?;
    let name = format!("ledger_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let database = LedgerServer {
        host: "localhost".to_owned(),
        port: server.port,
        database: name.clone(),
        username: ROLE.to_owned(),
        password: Some(PASSWORD.into()),
        tls: true,
        ca_file: Some(server.ca_file.clone()),
        successor_of: None,
    };
    administrator(server.port, "postgres")
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .unwrap();
    Some(database)
}

/// A connection that may do anything, to look at a database or to disturb it.
pub(crate) fn administrator(port: u16, database: &str) -> Client {
    Config::new()
        .host("127.0.0.1")
        .port(port)
        .user(ROLE)
        .password(PASSWORD)
        .dbname(database)
        .connect(NoTls)
        .unwrap()
}

#[allow(clippy::print_stderr)] // a test that is skipped says so
fn start() -> Option<Postgres> {
    let Some(programs) = programs() else {
        eprintln!(
            "PostgreSQL is not installed: tests of a shared ledger are skipped. tests/run installs \
             it."
        );
        return None;
    };
    let folder = tempfile::Builder::new()
        .prefix("ledger-")
        .tempdir()
        .unwrap()
        .keep();
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let ca_file = certify(&folder);
    // PostgreSQL does not run as root: Debian's package makes a user for it.
    let user = is_root().then(|| (id("-u"), id("-g")));
    if let Some((user, group)) = user {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        for path in [&data, &password, &folder.join("server.key"), &folder] {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }
    let made = as_user(user, &programs.join("initdb"))
        .args([
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--auth=scram-sha-256",
            "--username",
            ROLE,
            "--pwfile",
        ])
        .arg(&password)
        .arg(&data)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let (port, guard) = serve(&programs, user, &folder, &data);
    Some(Postgres {
        port,
        ca_file,
        folder,
        _guard: guard,
    })
}

/// Starts a server on a cluster's data, and waits until it takes a log-in. It stops, and its folder
/// goes, when the other end of the guard is closed.
fn serve(
    programs: &Path,
    user: Option<(u32, u32)>,
    folder: &Path,
    data: &Path,
) -> (u16, (Child, ChildStdin)) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let log = folder.join("log");
    let mut server = as_user(user, &programs.join("postgres"));
    server.arg("-D").arg(data);
    let settings = [
        "listen_addresses=localhost".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", folder.display()),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", folder.join("server.pem").display()),
        format!("ssl_key_file={}", folder.join("server.key").display()),
        "max_connections=60".to_owned(),
        // What is tested is processes that die, and not machines.
        "fsync=off".to_owned(),
    ];
    for setting in settings {
        server.args(["-c", &setting]);
    }
    let mut guard = Command::new("sh")
        .arg("-c")
        .arg(
            "folder=$1; shift; \"$@\" >\"$folder/log\" 2>&1 & server=$!; read -r _; kill -INT \
             $server; wait $server; rm -rf -- \"$folder\"",
        )
        .args(["guard".as_ref(), folder.as_os_str(), server.get_program()])
        .args(server.get_args())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdin = guard.stdin.take().unwrap();
    let began = Instant::now();
    let is_ready = || {
        let mut config = Config::new();
        config
            .host("127.0.0.1")
            .port(port)
            .user(ROLE)
            .password(PASSWORD)
            .dbname("postgres")
            .connect(NoTls)
            .is_ok()
    };
    while !is_ready() {
        assert!(
            began.elapsed() < PATIENCE,
            "PostgreSQL does not start: {}",
            std::fs::read_to_string(&log).unwrap_or_default()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    (port, (guard, stdin))
}

/// A server that repeats what the tests' does, until it hears no more and takes its place.
pub(crate) struct Standby {
    pub(crate) port: u16,
    _guard: (Child, ChildStdin),
}

/// Makes a standby of the tests' server, which streams to it.
pub(crate) fn standby() -> Standby {
    let server = SERVER.get().unwrap().as_ref().unwrap();
    let programs = programs().unwrap();
    let folder = tempfile::Builder::new()
        .prefix("standby-")
        .tempdir()
        .unwrap()
        .keep();
    for file in ["server.pem", "server.key"] {
        std::fs::copy(server.folder.join(file), folder.join(file)).unwrap();
    }
    let user = is_root().then(|| (id("-u"), id("-g")));
    if let Some((user, group)) = user {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        for path in [&folder, &folder.join("server.key")] {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }
    let data = folder.join("data");
    let copied = as_user(user, &programs.join("pg_basebackup"))
        .args([
            "--host=127.0.0.1",
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        ])
        .args([
            format!("--port={}", server.port),
            format!("--username={ROLE}"),
        ])
        .arg("--pgdata")
        .arg(&data)
        .env("PGPASSWORD", PASSWORD)
        .output()
        .unwrap();
    assert!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );
    let (port, guard) = serve(&programs, user, &folder, &data);
    Standby {
        port,
        _guard: guard,
    }
}

impl Standby {
    /// Waits until it has all that the tests' server has, and then hears no more of it.
    pub(crate) fn cut_off(&self) {
        let server = SERVER.get().unwrap().as_ref().unwrap();
        let newest = administrator(server.port, "postgres")
            .query_one("SELECT pg_current_wal_lsn()::TEXT", &[])
            .unwrap();
        let newest: String = newest.get(0);
        let mut standby = administrator(self.port, "postgres");
        let began = Instant::now();
        let has = format!("SELECT pg_last_wal_replay_lsn() >= '{newest}'::pg_lsn");
        while !standby.query_one(&has, &[]).unwrap().get::<_, bool>(0) {
            assert!(began.elapsed() < PATIENCE, "the standby does not follow");
            std::thread::sleep(Duration::from_millis(50));
        }
        standby
            .batch_execute("ALTER SYSTEM SET primary_conninfo = ''")
            .unwrap();
        standby.query_one("SELECT pg_reload_conf()", &[]).unwrap();
        let streams = "SELECT count(*) FROM pg_stat_wal_receiver";
        while standby.query_one(streams, &[]).unwrap().get::<_, i64>(0) > 0 {
            assert!(began.elapsed() < PATIENCE, "the standby goes on to hear");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Has it take the place of the server that it followed.
    pub(crate) fn promote(&self) {
        let mut standby = administrator(self.port, "postgres");
        let promoted = standby.query_one("SELECT pg_promote()", &[]).unwrap();
        assert!(promoted.get::<_, bool>(0));
    }
}

/// Where PostgreSQL's programs are: where tests/run says, or the newest of Debian's packages.
fn programs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(PROGRAMS) {
        return Some(folder.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let folders = versions
        .map(|version| version.path().join("bin"))
        .filter(|folder| folder.join("initdb").exists());
    folders.max_by_key(|folder| {
        folder
            .iter()
            .nth(4)
            .and_then(|version| version.to_str()?.parse::<u32>().ok())
    })
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .unwrap()
        .stdout
        .starts_with(b"0\n")
}

fn id(option: &str) -> u32 {
    let output = Command::new("id")
        .args([option, "postgres"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .expect("the package makes the user postgres")
}

fn as_user(user: Option<(u32, u32)>, program: &Path) -> Command {
    let Some((user, group)) = user else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={user}"))
        .arg(format!("--regid={group}"))
        .arg("--clear-groups")
        .arg(program);
    command.current_dir("/");
    command
}

/// Writes the server's certificate and key, and gives the file of the authority that signed it.
fn certify(folder: &Path) -> PathBuf {
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    std::fs::set_permissions(
        folder.join("server.key"),
        std::fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    let ca_file = folder.join("authority.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    ca_file
}
