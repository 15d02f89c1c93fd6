use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::{self, LedgerError};
use super::place::LedgerPlace;
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
    let cannot_open = |source| LedgerError::Open {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        private_files::create_folder(folder).map_err(cannot_open)?;
    }
    // Before SQLite opens it: the files beside it, the log among them, take its permissions.
    private_files::create_file(path).map_err(cannot_open)?;
    let failed = statement(path, "be opened");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(&failed)?;
    connection.busy_timeout(PATIENCE).map_err(&failed)?;
    check_format(&connection, path)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(&failed)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(&failed)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(&failed)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(&failed)?;
    if format_of(&transaction).map_err(&failed)? == 0 {
        transaction.execute_batch(SCHEMA).map_err(&failed)?;
        transaction
            .pragma_update(None, "user_version", FORMAT)
            .map_err(&failed)?;
    }
    // An index changes no format: who does not know it keeps it all the same.
    transaction.execute_batch(INDEX).map_err(&failed)?;
    transaction.commit().map_err(&failed)?;
    Ok(connection)
}

/// Opens the file for reading. A missing one is an empty ledger.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, LedgerError> {
    let failed = statement(path, "be opened for reading");
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return empty().map_err(&failed);
        }
        Err(source) => {
            return Err(LedgerError::Open {
                path: path.to_owned(),
                source,
            });
        }
        // A run that ended between making the file and its tables leaves it empty.
        Ok(metadata) if metadata.len() == 0 => return empty().map_err(&failed),
        Ok(_) => {}
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&failed)?;
    connection.busy_timeout(PATIENCE).map_err(&failed)?;
    check_format(&connection, path)?;
    if format_of(&connection).map_err(&failed)? == 0 {
        empty().map_err(&failed)
    } else {
        Ok(connection)
    }
}

/// A ledger without deliveries that cannot get any.
pub(super) fn empty() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn check_format(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let failed = statement(path, "be read");
    let found = format_of(connection).map_err(&failed)?;
    if found > FORMAT {
        return Err(LedgerError::Newer {
            place: path.display().to_string(),
            found,
            known: FORMAT,
        });
    }
    let has_tables: bool = connection
        .query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| {
            row.get(0)
        })
        .map_err(&failed)?;
    if found < FORMAT && has_tables {
        return Err(LedgerError::Foreign {
            place: path.display().to_string(),
        });
    }
    Ok(())
}

fn format_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn statement(path: &Path, task: &'static str) -> impl Fn(rusqlite::Error) -> LedgerError + use<> {
    let failed = error::statement(&LedgerPlace::File(path.to_owned()), task);
    move |source| failed(source.into())
}
