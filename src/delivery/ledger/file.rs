use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::audit;
use super::error::{LedgerError, LedgerErrorKind, could_not};
use crate::private_files;

/// The format that this program writes, kept in SQLite's `user_version`. A change to the schema
/// raises it and says here how the one before is brought up to it.
const FORMAT: i64 = 1;

const SCHEMA: &str = include_str!("file.sql");

/// What a run looks for first, among years of what is done.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state)";

/// How long to wait for another connection, such as a listing of deliveries during a run.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the file, and makes it where there is none.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    open_or_make(path).map_err(could_not(path.display(), "be opened"))
}

fn open_or_make(path: &Path) -> Result<Connection, LedgerError> {
    if let Some(folder) = path.parent() {
        private_files::create_folder(folder).map_err(LedgerErrorKind::Open)?;
    }
    // Before SQLite opens it: the files beside it, the log among them, take its permissions.
    private_files::create_file(path).map_err(LedgerErrorKind::Open)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if format_of(&transaction)? == 0 {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    // These change no format: who does not know them keeps them all the same.
    transaction.execute_batch(INDEX)?;
    transaction.execute_batch(audit::TABLE)?;
    transaction.commit()?;
    Ok(connection)
}

/// Opens the file for reading. A missing one is an empty ledger.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, LedgerError> {
    open_or_empty(path).map_err(could_not(path.display(), "be opened for reading"))
}

fn open_or_empty(path: &Path) -> Result<Connection, LedgerError> {
    let length = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        metadata => metadata.map_err(LedgerErrorKind::Open)?.len(),
    };
    // A run that ended between making the file and its tables leaves it empty.
    if length == 0 {
        return empty();
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if format_of(&connection)? == 0 {
        empty()
    } else {
        Ok(connection)
    }
}

/// A ledger without deliveries that cannot get any.
pub(super) fn empty() -> Result<Connection, LedgerError> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    check_format(&connection).map_err(could_not(path.display(), "be read"))?;
    Ok(connection)
}

fn check_format(connection: &Connection) -> Result<(), LedgerError> {
    let found = format_of(connection)?;
    if found > FORMAT {
        return Err(LedgerErrorKind::Newer(found, FORMAT).into());
    }
    let has_tables: bool =
        connection.query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| {
            row.get(0)
        })?;
    if found < FORMAT && has_tables {
        return Err(LedgerErrorKind::Foreign.into());
    }
    Ok(())
}

fn format_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
