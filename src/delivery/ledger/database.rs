//! One way to talk to SQLite and to PostgreSQL: statements with numbered parameters (`?1`), and
//! rows read by column.

use std::cell::RefCell;

use super::error::{LedgerError, LedgerErrorKind};

/// Where statements go.
pub(super) enum Database {
    /// A file of this machine.
    File(rusqlite::Connection),
    /// A server that other machines may use at the same time.
    Server(RefCell<postgres::Client>),
}

/// What stands for `?1` and its followers: an `i64`, a text, or an `Option` of one.
pub(super) trait Parameter: rusqlite::ToSql + postgres::types::ToSql + Sync {}

impl<T: rusqlite::ToSql + postgres::types::ToSql + Sync> Parameter for T {}

/// What a column is read as: an `i64`, a `String`, or an `Option` of one.
pub(super) trait FromColumn:
    rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a>
{
}

impl<T: rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a>> FromColumn for T {}

/// A row of an answer.
pub(super) enum DatabaseRow<'a> {
    File(&'a rusqlite::Row<'a>),
    Server(&'a postgres::Row),
}

impl DatabaseRow<'_> {
    /// What stands in a column.
    pub(super) fn get<T: FromColumn>(&self, column: &str) -> Result<T, LedgerError> {
        match self {
            Self::File(row) => Ok(row.get(column)?),
            Self::Server(row) => Ok(row.try_get(column)?),
        }
    }

    /// What stands in a column, read as what it stands for. `what` names the row, where it is not.
    pub(super) fn read<S: FromColumn, T>(
        &self,
        what: &str,
        column: &'static str,
        read: impl FnOnce(S) -> Option<T>,
    ) -> Result<T, LedgerError> {
        read(self.get(column)?)
            .ok_or_else(|| LedgerErrorKind::Damaged(what.to_owned(), column).into())
    }
}

impl Database {
    /// Whether other machines may change it at the same time.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// Changes or adds rows that have a number of their own. Gives these.
    pub(super) fn change(
        &self,
        statement: &str,
        values: &[&dyn Parameter],
    ) -> Result<Vec<i64>, LedgerError> {
        self.select(&format!("{statement} RETURNING id"), values, |row| {
            row.get("id")
        })
    }

    /// Changes rows. Gives their number.
    pub(super) fn execute(
        &self,
        statement: &str,
        values: &[&dyn Parameter],
    ) -> Result<usize, LedgerError> {
        match self {
            Self::File(connection) => Ok(connection
                .prepare_cached(statement)?
                .execute(&*for_sqlite(values))?),
            Self::Server(client) => {
                let changed = client
                    .borrow_mut()
                    .execute(&numbered(statement), &for_postgres(values))?;
                Ok(usize::try_from(changed).unwrap_or(usize::MAX))
            }
        }
    }

    /// The rows of an answer.
    pub(super) fn select<T>(
        &self,
        statement: &str,
        values: &[&dyn Parameter],
        read: impl Fn(&DatabaseRow<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<T>, LedgerError> {
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
                let rows = client
                    .borrow_mut()
                    .query(&numbered(statement), &for_postgres(values))?;
                rows.iter()
                    .map(|row| read(&DatabaseRow::Server(row)))
                    .collect()
            }
        }
    }

    /// Whether there is a table of this name.
    pub(super) fn has_table(&self, name: &str) -> Result<bool, LedgerError> {
        let question = match self {
            Self::File(_) => "SELECT count(*) AS tables FROM sqlite_schema WHERE name = ?1",
            Self::Server(_) => "SELECT count(to_regclass(?1)) AS tables",
        };
        let tables = self.select(question, &[&name], |row| row.get::<i64>("tables"))?;
        Ok(tables != [0])
    }

    /// Whether a table has a column of this name.
    pub(super) fn has_column(&self, table: &str, column: &str) -> Result<bool, LedgerError> {
        let question = match self {
            Self::File(_) => {
                "SELECT count(*) AS columns FROM pragma_table_info(?1) WHERE name = ?2"
            }
            Self::Server(_) => {
                "SELECT count(*) AS columns FROM pg_attribute WHERE attrelid = to_regclass(?1) AND \
                 attname = ?2"
            }
        };
        let columns = self.select(question, &[&table, &column], |row| {
            row.get::<i64>("columns")
        })?;
        Ok(columns != [0])
    }

    /// Does `work`, which speaks to this database: all of it or, where it fails, none.
    pub(super) fn in_transaction<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        // The right to write from the beginning, so that it is not refused half-way. In a database
        // machines come one after another, since entries of the audit log do; deliveries, which are
        // claimed by such locks too, are numbered from 1.
        self.command(if self.is_shared() {
            "BEGIN; SELECT pg_advisory_xact_lock(-1)"
        } else {
            "BEGIN IMMEDIATE"
        })?;
        let done = work().and_then(|done| self.command("COMMIT").map(|()| done));
        if done.is_err() {
            // Where this fails too, the connection is lost, and with it what was begun.
            let _ = self.command("ROLLBACK");
        }
        done
    }

    /// Does `work`, which only reads, on what is there at one moment, though others may write meanwhile.
    pub(super) fn in_snapshot<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.command(if self.is_shared() {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN"
        })?;
        let done = work();
        self.command("ROLLBACK")?;
        done
    }

    /// Does what gives no rows.
    pub(super) fn command(&self, command: &str) -> Result<(), LedgerError> {
        match self {
            Self::File(connection) => Ok(connection.execute_batch(command)?),
            Self::Server(client) => Ok(client.borrow_mut().batch_execute(command)?),
        }
    }

    /// Keeps other sessions from the delivery with this number, until it is released or this
    /// session ends, however it ends. False where another session has it. A file needs no claims:
    /// one process at a time may write to it.
    pub(super) fn claim(&self, id: i64) -> Result<bool, LedgerError> {
        if !self.is_shared() {
            return Ok(true);
        }
        let is_claimed = self.select(
            "SELECT pg_try_advisory_lock(?1)::INT::BIGINT AS claimed",
            &[&id],
            |row| row.get::<i64>("claimed"),
        )?;
        Ok(is_claimed == [1])
    }

    /// Gives up a claim.
    pub(super) fn release(&self, id: i64) -> Result<(), LedgerError> {
        if self.is_shared() {
            self.select("SELECT pg_advisory_unlock(?1)::TEXT", &[&id], |_| Ok(()))?;
        }
        Ok(())
    }
}

/// A statement with PostgreSQL's sign for its parameters. No text of a statement has a question
/// mark.
fn numbered(statement: &str) -> String {
    statement.replace('?', "$")
}

fn for_sqlite<'a>(values: &[&'a dyn Parameter]) -> Vec<&'a dyn rusqlite::ToSql> {
    values.iter().map(|value| *value as _).collect()
}

fn for_postgres<'a>(values: &[&'a dyn Parameter]) -> Vec<&'a (dyn postgres::types::ToSql + Sync)> {
    values.iter().map(|value| *value as _).collect()
}
