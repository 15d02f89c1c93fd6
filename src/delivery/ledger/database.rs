//! One way to talk to SQLite and to PostgreSQL: statements with numbered parameters (`?1`), and
//! rows read by column.

use std::borrow::Cow;
use std::cell::RefCell;

use postgres::types::ToSql as ToPostgres;
use rusqlite::types::ToSql as ToSqlite;

use super::error::{DatabaseFault, LedgerError};

/// Where statements go.
pub(super) enum Database {
    /// A file of this machine.
    File(rusqlite::Connection),
    /// A server that other machines may use at the same time.
    Server(RefCell<postgres::Client>),
}

/// What stands for `?1` and its followers.
pub(super) enum Value<'a> {
    Number(i64),
    Text(Cow<'a, str>),
    Nothing,
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        text.as_ref().map_or(Self::Nothing, Self::from)
    }
}

/// The values of a statement, each made from what it is.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$(crate::delivery::ledger::database::Value::from($value)),*] };
}
pub(super) use values;

/// A row of an answer.
pub(super) enum DatabaseRow<'a> {
    File(&'a rusqlite::Row<'a>),
    Server(&'a postgres::Row),
}

impl DatabaseRow<'_> {
    /// A text that is there.
    pub(super) fn text(&self, column: &str) -> Result<String, DatabaseFault> {
        match self {
            Self::File(row) => Ok(row.get(column)?),
            Self::Server(row) => Ok(row.try_get(column)?),
        }
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&self, column: &str) -> Result<Option<String>, DatabaseFault> {
        match self {
            Self::File(row) => Ok(row.get(column)?),
            Self::Server(row) => Ok(row.try_get(column)?),
        }
    }

    /// A whole number of 64 bits.
    pub(super) fn number(&self, column: &str) -> Result<i64, DatabaseFault> {
        match self {
            Self::File(row) => Ok(row.get(column)?),
            Self::Server(row) => Ok(row.try_get(column)?),
        }
    }
}

impl Database {
    /// Whether other machines may change it at the same time.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// Changes rows. Gives their number.
    pub(super) fn execute(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<usize, DatabaseFault> {
        match self {
            Self::File(connection) => Ok(connection
                .prepare_cached(statement)?
                .execute(&*for_sqlite(values))?),
            Self::Server(client) => {
                let texts = without_nul(values);
                let changed = client
                    .borrow_mut()
                    .execute(&numbered(statement), &for_postgres(values, &texts))?;
                Ok(usize::try_from(changed).unwrap_or(usize::MAX))
            }
        }
    }

    /// The rows of an answer.
    pub(super) fn select<T>(
        &self,
        statement: &str,
        values: &[Value<'_>],
        read: impl Fn(&DatabaseRow<'_>) -> Result<T, DatabaseFault>,
    ) -> Result<Vec<T>, DatabaseFault> {
        match self {
            Self::File(connection) => {
                let mut statement = connection.prepare_cached(statement)?;
                let mut rows = statement.query(&*for_sqlite(values))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(read(&DatabaseRow::File(row))?);
                }
                Ok(found)
            }
            Self::Server(client) => {
                let texts = without_nul(values);
                let rows = client
                    .borrow_mut()
                    .query(&numbered(statement), &for_postgres(values, &texts))?;
                rows.iter()
                    .map(|row| read(&DatabaseRow::Server(row)))
                    .collect()
            }
        }
    }

    /// Does `work`, which speaks to this database: all of it or, where it fails, none. `failed`
    /// names the task.
    pub(super) fn in_transaction<T>(
        &self,
        failed: impl Fn(DatabaseFault) -> LedgerError,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        // For a file: the right to write from the beginning, so that it is not refused half-way.
        self.command(if self.is_shared() {
            "BEGIN"
        } else {
            "BEGIN IMMEDIATE"
        })
        .map_err(&failed)?;
        let done = work().and_then(|done| self.command("COMMIT").map(|()| done).map_err(&failed));
        if done.is_err() {
            // Where this fails too, the connection is lost, and with it what was begun.
            let _ = self.command("ROLLBACK");
        }
        done
    }

    /// Does what gives no rows.
    pub(super) fn command(&self, command: &str) -> Result<(), DatabaseFault> {
        match self {
            Self::File(connection) => Ok(connection.execute_batch(command)?),
            Self::Server(client) => Ok(client.borrow_mut().batch_execute(command)?),
        }
    }

    /// Keeps other sessions from the delivery with this number, until it is released or this
    /// session ends, however it ends. False where another session has it. A file needs no claims:
    /// one process at a time may write to it.
    pub(super) fn claim(&self, id: i64) -> Result<bool, DatabaseFault> {
        if !self.is_shared() {
            return Ok(true);
        }
        let is_claimed = self.select(
            "SELECT pg_try_advisory_lock(?1)::INT::BIGINT AS claimed",
            values![id],
            |row| row.number("claimed"),
        )?;
        Ok(is_claimed == [1])
    }

    /// Gives up a claim.
    pub(super) fn release(&self, id: i64) -> Result<(), DatabaseFault> {
        if self.is_shared() {
            self.select("SELECT pg_advisory_unlock(?1)::TEXT", values![id], |_| {
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// A statement with PostgreSQL's sign for its parameters. No text of a statement has a question
/// mark.
fn numbered(statement: &str) -> String {
    statement.replace('?', "$")
}

fn for_sqlite<'a>(values: &'a [Value<'a>]) -> Vec<&'a dyn ToSqlite> {
    let of = |value: &'a Value<'a>| -> &'a dyn ToSqlite {
        match value {
            Value::Number(number) => number,
            Value::Text(text) => text,
            Value::Nothing => &rusqlite::types::Null,
        }
    };
    values.iter().map(of).collect()
}

/// The texts among `values` as PostgreSQL can keep them: it has no NUL, which a mail server's reply
/// may hold.
fn without_nul<'a>(values: &'a [Value<'a>]) -> Vec<Option<Cow<'a, str>>> {
    let text = |value: &'a Value<'a>| match value {
        Value::Text(text) if text.contains('\0') => Some(text.replace('\0', "\u{2400}").into()),
        Value::Text(text) => Some(Cow::Borrowed(&**text)),
        Value::Number(_) | Value::Nothing => None,
    };
    values.iter().map(text).collect()
}

fn for_postgres<'a>(
    values: &'a [Value<'a>],
    texts: &'a [Option<Cow<'a, str>>],
) -> Vec<&'a (dyn ToPostgres + Sync)> {
    let of =
        |(value, text): (&'a Value<'a>, &'a Option<Cow<'a, str>>)| -> &'a (dyn ToPostgres + Sync) {
            match value {
                Value::Number(number) => number,
                // No text stands for nothing.
                Value::Text(_) | Value::Nothing => text,
            }
        };
    values.iter().zip(texts).map(of).collect()
}
