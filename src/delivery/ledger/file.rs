use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use rusqlite::ffi::SQLITE_READONLY_ROLLBACK;
use rusqlite::{Connection, OpenFlags};

use super::audit;
use super::database::{Database, DatabaseRow};
use super::error::{LedgerError, NotOpened, could_not};
use super::row;
use crate::private_files;

/// The format that this program writes, kept in SQLite's `user_version`. A change to the schema
/// raises it, and [`upgrade`] brings the ones before up to it.
///
/// 1: the first. 2: more states of a delivery, when it was accepted, and which reports were read.
/// 3: each change of a delivery in the audit log, and the state of what lies in the outbox.
const FORMAT: i64 = 3;

/// Makes the tables that are not there.
const SCHEMA: &str = include_str!("file.sql");

/// Makes the indexes that are not there.
const INDEXES: &str = include_str!("indexes.sql");

/// How long to wait for another connection, such as a listing of deliveries during a run.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the file, and makes it where there is none.
pub(super) fn open(path: &Path) -> Result<Database, LedgerError> {
    open_or_make(path).map_err(could_not(path.display(), "be opened"))
}

fn open_or_make(path: &Path) -> Result<Database, LedgerError> {
    if let Some(folder) = path.parent() {
        private_files::create_folder(folder).map_err(NotOpened::File)?;
    }
    // Before SQLite opens it: the files beside it, the log among them, take its permissions.
    private_files::create_file(path).map_err(NotOpened::File)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let database = Database::File(connection);
    database.in_transaction(|| {
        let format = |row: &DatabaseRow<'_>| row.get::<i64>("user_version");
        let found = database.select("PRAGMA user_version", &[], format)?;
        let found = found.first().copied().unwrap_or_default();
        if found != FORMAT {
            upgrade(&database, found)?;
            database.command(&format!("PRAGMA user_version = {FORMAT}"))?;
        }
        // This changes no format: who does not know it keeps it all the same.
        database.command(INDEXES)
    })?;
    Ok(database)
}

/// Brings a ledger of an earlier format, or an empty file, up to this one. The states that a delivery
/// may have are a constraint of its table, which SQLite changes by making the table anew.
fn upgrade(database: &Database, found: i64) -> Result<(), LedgerError> {
    if found == 1 {
        database.command("ALTER TABLE deliveries RENAME TO deliveries_before")?;
    }
    database.command(&row::with_states(SCHEMA))?;
    if found == 1 {
        database.command(&format!(
            "INSERT INTO deliveries {}; DROP TABLE deliveries_before",
            row::of_format_1("deliveries_before")
        ))?;
    }
    database.command(audit::TABLE)?;
    database.command(audit::COLUMNS_OF_FORMAT_3)?;
    audit::enter_all(database, Utc::now())
}

/// Opens the file for reading. A missing one is an empty ledger.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, LedgerError> {
    open_or_empty(path).map_err(could_not(path.display(), "be opened for reading"))
}

fn open_or_empty(path: &Path) -> Result<Connection, LedgerError> {
    undo_what_was_begun(path)?;
    let length = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        metadata => metadata.map_err(NotOpened::File)?.len(),
    };
    // A run that ended between making the file and its tables leaves it empty.
    if length == 0 {
        return empty();
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match format_of(&connection)? {
        0 => return empty(),
        1 => connection.execute_batch(&row::view_of_format_1("main.deliveries"))?,
        _ => {}
    }
    Ok(connection)
}

/// Undoes what a process that was killed had begun to write outside of the log beside the file, such as
/// in a ledger's first moment: until then nobody can read it, and only who may write there can.
fn undo_what_was_begun(path: &Path) -> Result<(), LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let asked = Connection::open_with_flags(path, flags).and_then(|file| format_of(&file));
    let begun = asked.err().and_then(|fault| fault.sqlite_error().copied());
    match begun {
        Some(fault) if fault.extended_code == SQLITE_READONLY_ROLLBACK => {
            connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map(drop)
        }
        // Whatever else is wrong, whoever reads is told.
        _ => Ok(()),
    }
}

/// A ledger without deliveries that cannot get any.
pub(super) fn empty() -> Result<Connection, LedgerError> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(&row::with_states(SCHEMA))?;
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
        return Err(NotOpened::Newer(found, FORMAT).into());
    }
    let has_tables: bool =
        connection.query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| {
            row.get(0)
        })?;
    if found == 0 && has_tables {
        return Err(NotOpened::Foreign.into());
    }
    Ok(())
}

fn format_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
