use crate::domain::EmailAddress;

const SETTINGS: &str = include_str!("new.toml");

/// The headings of a register, and a row to write over: an organisation that is closed gets
/// nothing.
pub const NEW_REGISTER: &str = "\
code,name,stage,mail_domains,overall_migration_to,failed_item_to,switch_readiness_to,subject_lines
ZEX,Example NHS Trust,closed,example-trust.nhs.example,,,,workbook
";

/// The text of a settings file for a new programme, with a comment for each key. It is valid as it
/// is: reports of a register named `organisations.csv` go into a folder.
#[must_use]
pub fn new_settings(programme: &str, contact: &EmailAddress) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    SETTINGS
        .replace("{{ contact }}", &quoted(contact.reveal()))
        .replace("{{ domain }}", &quoted(contact.domain()))
        .replace("{{ name }}", &quoted(programme))
}
