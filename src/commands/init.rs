use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::domain::EmailAddress;
use crate::settings::{NEW_REGISTER, new_settings};

/// Begins a new programme in `folder`: commented settings, a register to fill in, the drop folder.
/// What is there is left as it is.
pub(crate) fn init(
    folder: &Path,
    name: &str,
    contact: &EmailAddress,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        let message = "the name of the programme is one line, and not blank";
        return Err(Failure::new(ExitCode::Usage, message));
    }
    let settings = folder.join("migration-monitor.toml");
    let register = folder.join("organisations.csv");
    let exports = folder.join("exports");
    let files = [
        (&settings, new_settings(name, contact)),
        (&register, NEW_REGISTER.to_owned()),
    ];
    if let Some((present, _)) = files.iter().find(|(path, _)| path.exists()) {
        let message = format!(
            "{} is there already, and is left as it is: choose another folder",
            present.display()
        );
        return Err(Failure::new(ExitCode::Usage, message));
    }
    std::fs::create_dir_all(&exports).map_err(|error| cannot_write(&exports, &error))?;
    for (path, text) in &files {
        write_new(path, text).map_err(|error| cannot_write(path, &error))?;
    }
    let settings = settings.display();
    console.result(&format!(
        "Settings: {settings}\n\
         Register: {}\n\
         Exports:  {}\n\
         \n\
         Next: write your organisations into the register, in place of the example.\n\
         Drop each day's exports, those of ZEX for example as\n  \
         {day}/sync-state.csv\n  \
         {day}/failed-items.csv\n  \
         {}/migration-schedule.csv, where there is one\n\
         Names begin so, and may end with anything; the settings say it. Then, in this order:",
        register.display(),
        exports.display(),
        exports.join("ZEX").display(),
        day = exports.join("ZEX/DATE").display()
    ))?;
    let to = contact.reveal();
    for command in ["check", "preview", &format!("rehearse --to {to}")] {
        console.result(&format!(
            "  migration-monitor {command} --settings {settings}"
        ))?;
    }
    Ok(ExitCode::Done)
}

fn write_new(path: &PathBuf, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    let message = format!("{path} cannot be written: {error}. Check the folder's permissions");
    Failure::new(ExitCode::Settings, message)
}
