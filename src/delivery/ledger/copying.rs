//! The rows of one ledger in another: a file's in a database, and the other way round.

use chrono::Utc;

use super::audit;
use super::database::{Database, Parameter};
use super::error::LedgerError;
use super::row::without_nul;

/// Rows that go into a ledger with one statement: seventeen columns of them are within PostgreSQL's
/// 65,535 parameters, and SQLite's 32,766.
const ROWS_AT_ONCE: usize = 1000;

/// Copies every row to a ledger that has none, deliveries with their numbers.
pub(super) fn copy_all(from: &Database, to: &Database) -> Result<(), LedgerError> {
    let texts = [
        "report_date",
        "organisation",
        "report",
        "inputs_digest",
        "prepared_at",
    ];
    copy_table(from, to, "editions", &texts, &["edition"])?;
    let texts = [
        "report_date",
        "organisation",
        "report",
        "recipient",
        "recipient_folded",
        "message_id",
        "message_path",
        "message_digest",
        "state",
        "server_reply",
        "reason",
        "prepared_at",
        "updated_at",
        "accepted_at",
    ];
    copy_table(
        from,
        to,
        "deliveries",
        &texts,
        &["id", "edition", "attempts"],
    )?;
    if to.is_shared() {
        let next = "SELECT setval(pg_get_serial_sequence('deliveries', 'id'), (SELECT \
                    coalesce(max(id), 0) + 1 FROM deliveries), false)";
        to.execute(next, &[])?;
    }
    if from.has_table("reports_read")? {
        copy_table(from, to, "reports_read", &["digest", "read_at"], &[])?;
    }
    if !from.has_column("audit_log", "detail")? {
        return audit::enter_all(to, Utc::now());
    }
    let texts = [
        "at",
        "who",
        "action",
        "report_date",
        "organisation",
        "why",
        "row_digest",
        "detail",
        "digest",
    ];
    copy_table(
        from,
        to,
        "audit_log",
        &texts,
        &["number", "amount", "delivery"],
    )
}

fn copy_table(
    from: &Database,
    to: &Database,
    table: &str,
    texts: &[&str],
    numbers: &[&str],
) -> Result<(), LedgerError> {
    let columns = [texts, numbers].concat();
    let names = columns.join(", ");
    let rows = from.select(&format!("SELECT {names} FROM {table}"), &[], |row| {
        let mut values: Vec<Box<dyn Parameter>> = Vec::new();
        for column in texts {
            values.push(Box::new(
                row.get::<Option<String>>(column)?.map(without_nul),
            ));
        }
        for column in numbers {
            values.push(Box::new(row.get::<Option<i64>>(column)?));
        }
        Ok(values)
    })?;
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let values: Vec<&dyn Parameter> = rows.iter().flatten().map(AsRef::as_ref).collect();
        let places: Vec<String> = (1..=values.len())
            .map(|number| format!("?{number}"))
            .collect();
        let places: Vec<String> = places
            .chunks(columns.len())
            .map(|row| format!("({})", row.join(", ")))
            .collect();
        let numbered = match to.is_shared() {
            true => "OVERRIDING SYSTEM VALUE ",
            false => "",
        };
        let statement = format!(
            "INSERT INTO {table} ({names}) {numbered}VALUES {}",
            places.join(", ")
        );
        to.execute(&statement, &values)?;
    }
    Ok(())
}
