use super::failure::Failure;
use crate::delivery::{Ledger, LedgerPlace, LedgerServer};
use crate::settings::Settings;

/// The ledger that the settings name, to be changed: a file in the data folder, or the database
/// that machines share.
pub(super) fn open(settings: &Settings) -> Result<Ledger, Failure> {
    Ok(Ledger::open(&place(settings)?)?)
}

/// The same, for reading.
pub(super) fn open_read_only(settings: &Settings) -> Result<Ledger, Failure> {
    Ok(Ledger::open_read_only(&place(settings)?)?)
}

fn place(settings: &Settings) -> Result<LedgerPlace, Failure> {
    let file = settings.data.folder.join("ledger.sqlite");
    let Some(database) = &settings.ledger else {
        return Ok(LedgerPlace::File(file));
    };
    Ok(LedgerPlace::Server(LedgerServer {
        host: database.host.clone(),
        port: database.port,
        database: database.database.clone(),
        username: database.username.clone(),
        password: database.password()?,
        tls: database.tls,
        ca_file: database.ca_file.clone(),
        successor_of: Some(file),
    }))
}
