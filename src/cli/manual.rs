//! The manual pages and the completions of shells, of the definition of the command line.

use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::commands::{ExitCode, Failure};
use crate::settings::{DEFAULT_PATHS, VARIABLES};

/// An example of each command, as a person types it.
const EXAMPLES: [&str; 24] = [
    "migration-monitor run --settings migration-monitor.toml --date today",
    "migration-monitor run --also pilot-summary --organisation RXX",
    "migration-monitor plan --organisation RXX",
    "migration-monitor preview --date yesterday --out preview",
    "migration-monitor rehearse --to central.team@nhs.example",
    "migration-monitor reissue --date 2026-11-22 --organisation RXX --reason 'Export was cut short'",
    "migration-monitor deliveries --date today --state unknown --state refused",
    "migration-monitor deliveries resolve 17 --accepted",
    "migration-monitor deliveries resend 17 --to jo.lead@trust.nhs.example",
    "migration-monitor deliveries verify --date yesterday",
    "migration-monitor returns",
    "migration-monitor status",
    "migration-monitor summary --date yesterday",
    "migration-monitor purge --before 2026-05-01 --dry-run",
    "migration-monitor backup /backup/2026-11-22",
    "migration-monitor restore /backup/2026-11-22",
    "migration-monitor ledger rebuild",
    "migration-monitor check",
    "migration-monitor figures --out /srv/figures",
    "migration-monitor layouts detect sync-state.csv",
    "migration-monitor layouts show qmm-sync-state >layouts/own.toml",
    "migration-monitor init --name 'Our programme' --contact central.team@nhs.example",
    "migration-monitor completions bash >/etc/bash_completion.d/migration-monitor",
    "migration-monitor man --out /usr/local/share/man/man1",
];

/// Prints the completions of a shell.
pub(super) fn completions(mut command: Command, shell: Shell) -> Result<ExitCode, Failure> {
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut text);
    io::stdout().write_all(&text)?;
    Ok(ExitCode::Done)
}

/// Prints the page of the program as a whole.
pub(super) fn print(mut command: Command) -> Result<ExitCode, Failure> {
    command.build();
    io::stdout().write_all(&page(&command)?.1)?;
    Ok(ExitCode::Done)
}

/// Writes a page for the program and one for each command into a folder, which is made where it is
/// missing.
pub(super) fn write(mut command: Command, folder: &Path) -> Result<ExitCode, Failure> {
    command.build();
    let written = std::fs::create_dir_all(folder).and_then(|()| write_pages(&command, folder));
    written.map_err(|error| {
        let message = format!(
            "the manual cannot be written to {}: {error}. Choose another folder",
            folder.display()
        );
        Failure::new(ExitCode::Usage, message)
    })?;
    Ok(ExitCode::Done)
}

fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    for command in command.get_subcommands() {
        write_pages(command, folder)?;
    }
    let (name, page) = page(command)?;
    std::fs::write(folder.join(name), page)
}

/// The name of the file of a command's page, and the page. Clap makes the sections of what is
/// defined of the command; the rest is the same on every page, but for the examples.
fn page(command: &Command) -> io::Result<(String, Vec<u8>)> {
    let words = command.get_bin_name().unwrap_or_default();
    let examples = EXAMPLES.iter().filter(|line| line.starts_with(words));
    let examples: String = examples.map(|line| folded(line) + "\n").collect();
    let man = Man::new(command.clone().after_help(None));
    let mut rendered = Vec::new();
    man.render(&mut rendered)?;
    // In place of the title by Clap, which is too long for the head of a page and has places empty
    // that roff then skips.
    let rendered = String::from_utf8_lossy(&rendered);
    let (first, rest) = rendered.split_once(".TH ").unwrap_or_default();
    let (_, rest) = rest.split_once('\n').unwrap_or_default();
    let name = words
        .split_once(' ')
        .map_or(command.get_name(), |(_, below)| below)
        .replace(' ', "-");
    let version = concat!("migration-monitor ", env!("CARGO_PKG_VERSION"));
    let mut page =
        format!("{first}.TH \"{name}\" 1 \"\" \"{version}\" \"Migration Monitor\"\n{rest}")
            .into_bytes();
    let variables = VARIABLES.map(|(name, what)| format!("{name}\n  {what}\n"));
    for (title, text) in [
        ("EXIT STATUS", ExitCode::table()),
        ("FILES", DEFAULT_PATHS.join("\n")),
        ("ENVIRONMENT", variables.concat()),
        ("EXAMPLES", examples),
        ("SEE ALSO", "migration-monitor(1)".to_owned()),
    ] {
        if !text.is_empty() {
            let text = escaped(text.trim_end());
            write!(page, ".SH {title}\n.nf\n{text}\n.fi\n")?;
        }
    }
    Ok((man.get_filename(), page))
}

/// A command line that fits 80 columns behind a page's margin: a longer one goes on below.
fn folded(line: &str) -> String {
    let ends = [" --", " >"].into_iter().filter_map(|end| line.rfind(end));
    match ends.max().and_then(|at| line.split_at_checked(at)) {
        Some((first, rest)) if line.len() > 72 => format!("{first} \\\n    {}", rest.trim_start()),
        _ => line.to_owned(),
    }
}

/// Text as roff prints it: none of these texts has a line that begins with a dot or an apostrophe.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq")
}
