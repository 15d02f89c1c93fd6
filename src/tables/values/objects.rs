//! Objects of PowerShell and errors of spreadsheets, which stand in cells as text.

use super::words::{NOT_APPLICABLE, SPREADSHEET_ERRORS};
use super::{Reading, Unreadable};

/// The text of a cell: that of the object `@{value=3; Value=Synced}` is `Synced`. There is none in
/// `{}` and in `#N/A`; what `System.Object[]` and `#REF!` were
/// about is lost.
pub(crate) fn text(cell: &str) -> Reading<&str> {
    match cell.as_bytes() {
        [] => Ok(None),
        [b'@', b'{', ..] => object(cell),
        [b'{', inner @ .., b'}'] if inner.trim_ascii().is_empty() => Ok(None),
        [b'#', ..] if cell == NOT_APPLICABLE => Ok(None),
        [b'#', ..] if SPREADSHEET_ERRORS.contains(&cell) => Err(Unreadable),
        [b'S' | b'M' | b'D', ..] if is_type_name(cell) => Err(Unreadable),
        _ => Ok(Some(cell)),
    }
}

/// The property `Value` of an object, or its only one.
fn object(cell: &str) -> Reading<&str> {
    let Some(properties) = cell
        .strip_prefix("@{")
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return Ok(Some(cell));
    };
    if properties.trim().is_empty() {
        return Ok(None);
    }
    let properties: Vec<(&str, &str)> = properties
        .split(';')
        .filter_map(|property| property.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    // Beside the number of a state, `value`, stands its name, `Value`.
    let named = properties.iter().find(|(name, _)| *name == "Value");
    let value = match (named, properties.as_slice()) {
        (Some((_, value)), _) | (None, [(_, value)]) => value,
        _ => return Err(Unreadable),
    };
    match *value {
        value if value.starts_with("@{") => Err(Unreadable),
        value => text(value),
    }
}

/// Whether a text is the name of a type of .NET, which PowerShell writes in place of a list.
fn is_type_name(text: &str) -> bool {
    let is_of_dot_net = ["System.", "Microsoft.", "Deserialized."]
        .iter()
        .any(|space| text.starts_with(space));
    let is_list = text.ends_with("[]")
        || text.contains('`')
        || text.contains(".Collections.")
        || text == "System.Object";
    is_of_dot_net && is_list && !text.contains(char::is_whitespace)
}
