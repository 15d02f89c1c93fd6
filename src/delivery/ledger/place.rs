use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

/// Where a ledger is.
#[derive(Debug, Clone)]
pub enum LedgerPlace {
    /// An SQLite file, for one machine. It is made where there is none.
    File(PathBuf),
    /// A PostgreSQL database, which several machines may share. It must be there; its tables are
    /// made.
    Server(LedgerServer),
}

/// How to reach a PostgreSQL database and log in to it.
#[derive(Debug, Clone)]
pub struct LedgerServer {
    /// The server's name, which its certificate must bear, its address, or the folder of its Unix
    /// socket.
    pub host: String,
    /// Its port; for a socket the number in the socket's name.
    pub port: u16,
    /// The database, of this program's own.
    pub database: String,
    /// The role to log in as.
    pub username: String,
    /// Its password; `None` where the server asks for none.
    pub password: Option<SecretString>,
    /// Whether the connection is encrypted and the certificate verified. Without it only this
    /// machine is reached.
    pub tls: bool,
    /// Certificates (PEM) to trust besides those of the machine.
    pub ca_file: Option<PathBuf>,
    /// The file that was the ledger before, whether it is there or not: a new database begins with
    /// what is in it.
    pub successor_of: Option<PathBuf>,
}

impl LedgerServer {
    /// Whether it is reached by a Unix socket, which neither needs nor has encryption.
    pub(super) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }
}

impl fmt::Display for LedgerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => fmt::Display::fmt(&path.display(), f),
            Self::Server(server) => {
                write!(f, "{} on {}:{}", server.database, server.host, server.port)
            }
        }
    }
}
