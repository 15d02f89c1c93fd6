//! The `[ledger]` section.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use super::SettingsError;
use super::section::{SecretFile, section};
use super::variables::LEDGER_PASSWORD_VARIABLE;

section! {
    /// The `[ledger]` section: a PostgreSQL database that two machines share. Without it the ledger is
    /// a file in the data folder.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct LedgerDatabase {
        /// The server's name, as its certificate says it, or the folder of its Unix socket.
        pub host: String,
        /// The port that the server listens on.
        #[serde(default = "default_port")]
        pub port: u16,
        /// The name of the database on that server.
        pub database: String,
        /// The role to log in as.
        pub username: String,
        /// A file with the password on its first line.
        pub password_file: Option<SecretFile>,
        /// Whether the connection is encrypted. Only to this very machine may it not be.
        #[serde(default = "default_tls")]
        pub tls: bool,
        /// A PEM file with a certificate authority to trust beside those of the machine.
        pub ca_file: Option<PathBuf>,
    }
}

/// The port that PostgreSQL itself listens on.
fn default_port() -> u16 {
    5432
}

fn default_tls() -> bool {
    true
}

impl LedgerDatabase {
    /// Whether the server is this very machine.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        self.host.starts_with('/') || super::is_loopback(&self.host)
    }

    /// The password, from the file or the variable; `None` where neither is there, for a server
    /// that asks for none.
    ///
    /// # Errors
    /// [`SettingsError`] where the file cannot be read or is empty.
    pub fn password(&self) -> Result<Option<SecretString>, SettingsError> {
        super::secret::read(self.password_file.as_deref(), LEDGER_PASSWORD_VARIABLE)
    }
}
