use std::path::Path;

use secrecy::SecretString;

use super::SettingsError;

/// The first line of the file, or else of the variable; `None` where no file is named and the
/// variable is not set.
pub(super) fn read(
    file: Option<&Path>,
    variable: &'static str,
) -> Result<Option<SecretString>, SettingsError> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path).map_err(SettingsError::unreadable(path))?,
        None => match std::env::var(variable) {
            Ok(text) => text,
            Err(_) => return Ok(None),
        },
    };
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Some(SecretString::from(line))),
        _ => Err(SettingsError::EmptyPassword {
            place: file.map_or_else(|| variable.to_owned(), |path| path.display().to_string()),
        }),
    }
}
