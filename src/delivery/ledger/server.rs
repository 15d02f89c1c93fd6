use std::cell::RefCell;
use std::time::Duration;

use chrono::Utc;
use postgres::config::SslMode;
use postgres::{Config, NoTls};
use secrecy::ExposeSecret;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::trust::trust;
use super::audit;
use super::database::{Database, DatabaseRow};
use super::error::{DatabaseFault, LedgerError, NotOpened, causes_of, could_not};
use super::file;
use super::place::{LedgerPlace, LedgerServer};
use super::{copying, row};

/// The format that this program writes, kept in the table `ledger_format`. See that of the file.
const FORMAT: i64 = 3;

/// Makes the tables that are not there.
const SCHEMA: &str = include_str!("server.sql");

/// How long to wait for the server to take a connection.
const CONNECTING: Duration = Duration::from_secs(30);

/// A host that is gone is noticed within a minute, on both sides: its claims end with its session.
/// A session is idle while a mail server thinks about a message, for up to ten minutes.
const SESSION: &str = "SELECT set_config(name, wanted, false)
    FROM pg_settings JOIN (VALUES ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', \
    '10'), ('tcp_keepalives_count', '3'),
                                  ('lock_timeout', '10s'), ('statement_timeout', '60s'), \
                                  ('idle_session_timeout', '0'),
                                  ('default_transaction_isolation', 'read committed'))
         AS session (name, wanted) USING (name);
    SELECT set_config('synchronous_commit', 'on', false) WHERE \
    current_setting('synchronous_commit') = 'off';";

/// Connects, and makes the tables where there are none: with what the ledger's file knows, where
/// there was one before.
pub(super) fn open(place: &LedgerPlace, server: &LedgerServer) -> Result<Database, LedgerError> {
    let database = connect(server)?;
    database.in_transaction(|| {
        // Whoever may not make tables, and has them, need not. Of two programs that come to an empty
        // database at once, one makes the tables.
        match format_of(&database, place)? {
            Some(FORMAT) => {}
            Some(found) => upgrade(&database, found)?,
            None => {
                database.command(&row::with_states(SCHEMA))?;
                database.command(audit::TABLE)?;
                database.command(audit::COLUMNS_OF_FORMAT_3)?;
                database.execute("INSERT INTO ledger_format (format) VALUES (?1)", &[&FORMAT])?;
                if let Some(path) = &server.successor_of {
                    let before = Database::File(file::open_read_only(path)?);
                    copying::copy_all(&before, &database)?;
                }
            }
        }
        Ok(())
    })?;
    Ok(database)
}

/// Brings a ledger of an earlier format up to this one. What a program of that format changes
/// afterwards stands in no audit log.
fn upgrade(database: &Database, found: i64) -> Result<(), LedgerError> {
    database.command(&row::with_states(SCHEMA))?;
    if found == 1 {
        database.command(&row::with_states(
            "ALTER TABLE deliveries ADD COLUMN accepted_at TEXT;
             UPDATE deliveries SET accepted_at = updated_at WHERE state = 'accepted';
             ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
             ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check
                   CHECK (state IN (/* states */))",
        ))?;
    }
    database.command(audit::TABLE)?;
    database.command(audit::COLUMNS_OF_FORMAT_3)?;
    audit::enter_all(database, Utc::now())?;
    database.execute("UPDATE ledger_format SET format = ?1", &[&FORMAT])?;
    Ok(())
}

/// Connects for reading. A database without our tables is the ledger's file of before, or an empty
/// ledger.
pub(super) fn open_read_only(
    place: &LedgerPlace,
    server: &LedgerServer,
) -> Result<Database, LedgerError> {
    let database = connect(server)?;
    let format = format_of(&database, place)?;
    if format == Some(1) {
        database.command(&row::view_of_format_1("deliveries"))?;
    }
    database.command("SET default_transaction_read_only = on")?;
    if format.is_some() {
        return Ok(database);
    }
    let before = match &server.successor_of {
        Some(path) => file::open_read_only(path),
        None => file::empty(),
    };
    before.map(Database::File)
}

fn connect(server: &LedgerServer) -> Result<Database, LedgerError> {
    let mut config = Config::new();
    config
        .host(&server.host)
        .port(server.port)
        .dbname(&server.database)
        .user(&server.username)
        .application_name("migration-monitor")
        .connect_timeout(CONNECTING)
        .tcp_user_timeout(Duration::from_mins(1))
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(10))
        .keepalives_retries(3);
    if let Some(password) = &server.password {
        config.password(password.expose_secret());
    }
    let connected = if server.tls && !server.is_socket() {
        // A file that cannot be read holds none either.
        let trust = trust(server.ca_file.as_deref())
            .map_err(|_| NotOpened::NotCertificates(server.ca_file.clone().unwrap_or_default()))?;
        config.ssl_mode(SslMode::Require);
        config.connect(MakeRustlsConnect::new(trust))
    } else {
        config.ssl_mode(SslMode::Disable);
        config.connect(NoTls)
    };
    let client = connected.map_err(|fault| {
        let is_away = match fault.code() {
            // It is there, and has no room or is starting.
            Some(code) => code.code().starts_with("53") || code.code().starts_with("57"),
            None => caused_by_network(&fault),
        };
        let needs_password = server.password.is_none() && fault.code().is_none() && !is_away;
        let fault = DatabaseFault::from(fault);
        if is_away {
            NotOpened::Unreachable(fault)
        } else {
            NotOpened::NotAdmitted(fault, needs_password)
        }
    })?;
    let database = Database::Server(RefCell::new(client));
    database.command(SESSION)?;
    Ok(database)
}

/// Whether a failure to connect is the network's or a server's that is not there, and not a matter
/// of settings.
fn caused_by_network(fault: &postgres::Error) -> bool {
    let of_network = |cause: &std::io::Error| {
        !cause
            .get_ref()
            .is_some_and(|inner| inner.is::<rustls::Error>())
    };
    causes_of(fault)
        .find_map(|cause| cause.downcast_ref())
        .is_some_and(of_network)
}

/// The format of the ledger that the database is, one that is known; `None` where it has no tables
/// yet.
fn format_of(database: &Database, place: &LedgerPlace) -> Result<Option<i64>, LedgerError> {
    check_format(database).map_err(could_not(place, "be read"))
}

fn check_format(database: &Database) -> Result<Option<i64>, LedgerError> {
    let known = "SELECT to_regclass('ledger_format')::TEXT AS format, \
     current_setting('server_encoding') AS encoding,
                        coalesce(to_regclass('deliveries'), to_regclass('editions'))::TEXT AS \
                        tables";
    let read = |row: &DatabaseRow<'_>| {
        Ok((
            row.get::<Option<String>>("format")?,
            row.get::<Option<String>>("tables")?,
            row.get::<String>("encoding")?,
        ))
    };
    match database.select(known, &[], read)?.pop().unwrap_or_default() {
        (Some(_), ..) => {}
        (None, Some(_), _) => return Err(NotOpened::Foreign.into()),
        // Replies of servers and names of folders may hold any letter.
        (None, None, encoding) if encoding != "UTF8" => {
            return Err(NotOpened::Encoding(encoding).into());
        }
        (None, None, _) => return Ok(None),
    }
    let newest = "SELECT max(format) AS format FROM ledger_format";
    let found = database.select(newest, &[], |row| row.get::<i64>("format"))?;
    match found.first() {
        Some(found) if *found > FORMAT => Err(NotOpened::Newer(*found, FORMAT).into()),
        found => Ok(found.copied()),
    }
}
