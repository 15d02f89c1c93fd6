use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::Shell;

use crate::commands::{ExitCode, Failure, Outcome};

const DONE: Outcome = Outcome {
    exit_code: ExitCode::Done,
};

/// Prints the completions of a shell.
///
/// # Errors
/// [`Failure`] where standard output is closed.
pub(super) fn completions(mut command: Command, shell: Shell) -> Result<Outcome, Failure> {
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut text);
    io::stdout().write_all(&text)?;
    Ok(DONE)
}

/// Prints the page of the program as a whole.
///
/// # Errors
/// [`Failure`] where standard output is closed.
pub(super) fn print(command: Command) -> Result<Outcome, Failure> {
    clap_mangen::Man::new(command).render(&mut io::stdout())?;
    Ok(DONE)
}

/// Writes a page for the program and one for each command into a folder, which is made where it is
/// missing.
///
/// # Errors
/// [`Failure`] where they cannot be written.
pub(super) fn write(command: Command, folder: &Path) -> Result<Outcome, Failure> {
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| {
        let message = format!(
            "the manual cannot be written to {}: {error}. Choose another folder",
            folder.display()
        );
        Failure::new(ExitCode::Usage, message)
    })?;
    Ok(DONE)
}
