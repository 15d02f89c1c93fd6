//! The command line: reads arguments, puts a command to work, and says how it ended.
//!
//! Takes: the arguments of the process. Gives: its exit code.
//! Touches: the terminal.

mod days;
mod editions;
mod manual;
mod records;
mod words;

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use self::days::{AlsoArguments, Day, RangeArguments, SendingArguments, date_help};
use self::editions::{ReissueArguments, RunArguments};
use self::records::{DeliveriesArguments, PurgeArguments};
use crate::commands::{
    self, AnswerFormat, Console, ExitCode, Failure, FiguresWanted, LogFormat, Reason, Verbosity,
};
use crate::delivery::panics_are_caught;
use crate::domain::{EmailAddress, OrganisationCode};
use crate::private_files;
use crate::settings::SETTINGS_VARIABLE;

/// Tells NHS organisations each morning how their email migration is going.
///
/// Reads the migration tool's exports of a day, judges each organisation's failed items against
/// what is expected, and emails its people up to three reports: Overall Migration, Failed Items,
/// and, where there is a migration schedule, Switch Readiness.
#[derive(Debug, Parser)]
#[command(name = "migration-monitor", version, bin_name = "migration-monitor", max_term_width = 80, after_help = exit_codes(), disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// The settings file [default: what MIGRATION_MONITOR_SETTINGS names, else
    /// migration-monitor.toml in this folder, else /etc/migration-monitor/migration-monitor.toml]
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// The form of log lines, which go to standard error
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,

    /// Say only what is wrong, and the result; of a run, a purge and a backup where all is well,
    /// nothing
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Say every step
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the day's reports and send them, each once: the daily job
    Run(RunArguments),
    /// Show who would get what, and why; send and write nothing
    Plan {
        #[command(flatten)]
        day: SendingArguments,

        #[command(flatten)]
        range: RangeArguments,

        #[command(flatten)]
        also: AlsoArguments,

        #[command(flatten)]
        form: FormArgument,
    },
    /// Write the day's reports into a folder, to look at them
    Preview {
        #[command(flatten)]
        day: Day,

        #[command(flatten)]
        range: RangeArguments,

        #[command(flatten)]
        also: AlsoArguments,

        /// The folder to write to, which is made where it is missing
        #[arg(long, value_name = "FOLDER", default_value = "preview")]
        out: PathBuf,
    },
    /// Send every message to one address, marked REHEARSAL, as a trial
    ///
    /// Touches no delivery: what is to be sent to the real recipients still is.
    Rehearse {
        #[command(flatten)]
        day: SendingArguments,

        /// The only address that gets anything, as name@nhs.example: one of the
        /// mail.allowed_domains of the settings
        #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
        to: EmailAddress,

        #[command(flatten)]
        also: AlsoArguments,
    },
    /// Replace reports that are out by a next edition that says why
    ///
    /// Only where inputs changed, or a delivery is held, refused or expired.
    #[command(
        override_usage = "migration-monitor reissue [OPTIONS] --date <DATE> --organisation <CODE>\n       \
                          --reason <TEXT>"
    )]
    Reissue(ReissueArguments),
    /// List what was sent to whom; resolve, send again, verify
    #[command(args_conflicts_with_subcommands = true)]
    Deliveries(DeliveriesArguments),
    /// Read bounces and message traces of what was sent
    ///
    /// Every run does so at its beginning. Where they lie is said under [mail.returns].
    Returns,
    /// Say whether the day's run finished, and where its deliveries are
    Status {
        #[arg(long, value_name = "DATE", default_value = "today", help = date_help("The day"))]
        date: String,

        #[command(flatten)]
        form: FormArgument,
    },
    /// Print the Run Summary of a day
    Summary {
        #[arg(
            long,
            value_name = "DATE",
            help = date_help("The day") + " [default: the newest that has one]"
        )]
        date: Option<String>,

        /// On one screen: whom to call, who did not get all, how the programme stands
        #[arg(long)]
        short: bool,

        #[command(flatten)]
        form: FormArgument,
    },
    /// Remove archive, history and outbox of past days, not the ledger
    Purge(PurgeArguments),
    /// Copy what runs left, also during one
    ///
    /// Ledger, archive and history: not settings, register, passwords, exports and outbox.
    Backup {
        /// The folder to write to, which is new or empty
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Put a backup back
    ///
    /// Into a data folder that is empty or not there. What waited to be sent when it was made is
    /// unknown then, and of the days since nothing is sent before a person says so: it may have been
    /// sent already.
    Restore {
        /// The folder of the backup
        #[arg(value_name = "BACKUP")]
        folder: PathBuf,

        /// Nothing was sent since the backup was made: what waited is to be sent
        #[arg(long)]
        nothing_was_sent_since: bool,

        #[command(flatten)]
        why: ReasonArgument,
    },
    /// Make the ledger know again what was sent
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Try settings, register, exports, templates and mail log-in
    Check {
        #[command(flatten)]
        day: SendingArguments,

        #[command(flatten)]
        form: FormArgument,
    },
    /// Write the totals of all days for other tools
    ///
    /// A row an organisation and day, as csv and as Parquet, with a query for Excel and a data source
    /// for Power BI that open it. No person is in it.
    Figures {
        #[arg(
            long,
            value_name = "DATE",
            help = date_help("The first day") + " [default: the first that was kept]"
        )]
        from: Option<String>,

        #[arg(long, value_name = "DATE", help = date_help("The last day"))]
        to: Option<String>,

        /// Only of this organisation: its code in the register, such as RXX; may be given several
        /// times
        #[arg(long, value_name = "CODE")]
        organisation: Vec<OrganisationCode>,

        /// The folder to write to, which is made where it is missing
        #[arg(long, value_name = "FOLDER", default_value = "figures")]
        out: PathBuf,
    },
    /// Show which exports are understood, and how
    #[command(subcommand)]
    Layouts(LayoutsCommand),
    /// Begin a new programme: write settings and a register to fill in
    #[command(
        override_usage = "migration-monitor init [OPTIONS] --name <TEXT> --contact <ADDRESS>\n       \
                          [FOLDER]"
    )]
    Init {
        /// The folder to write to, which is made where it is missing
        #[arg(value_name = "FOLDER", default_value = ".")]
        folder: PathBuf,

        /// The name of the programme, which every report prints
        #[arg(long, value_name = "TEXT")]
        name: String,

        /// The address of the central team, as name@nhs.example: answers to reports go there
        #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
        contact: EmailAddress,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page, or write one for each command
    Man {
        /// The folder to write a page for each command to, which is made where it is missing
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Make the ledger anew from the copy of its audit log and the archive
    ///
    /// For a ledger that was lost, emptied or put back from before. What they prove to be sent is
    /// not sent again; what may have been sent is unknown, and waits for a person.
    Rebuild {
        #[command(flatten)]
        why: ReasonArgument,
    },
}

#[derive(Debug, Subcommand)]
enum LayoutsCommand {
    /// List every layout
    List,
    /// Print the file of a layout: a start for one's own
    Show {
        /// A name that `layouts list` prints
        name: String,
    },
    /// Say which layout a file has, or why it has none
    ///
    /// Also what each column holds, and which columns are not used.
    Detect {
        /// An export: a .csv, .tsv, .txt or .xlsx file, or one of them packed as .gz or .zip
        file: PathBuf,

        #[command(flatten)]
        form: FormArgument,
    },
}

/// Why a person changes what was recorded.
#[derive(Debug, clap::Args)]
struct ReasonArgument {
    /// Why, in one line: the audit log notes it
    #[arg(long, value_name = "TEXT")]
    reason: Option<Reason>,
}

/// The form of a command's result.
#[derive(Debug, Clone, Copy, clap::Args)]
struct FormArgument {
    /// The form of the result
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = AnswerFormat::Text)]
    format: AnswerFormat,
}

impl Command {
    /// The name of the command, where its result is asked for as JSON.
    fn answers_in_json(&self) -> Option<&'static str> {
        let (name, form) = match self {
            Self::Deliveries(deliveries) => {
                return deliveries.answers_in_json();
            }
            Self::Run(run) => ("run", run.form),
            Self::Plan { form, .. } => ("plan", *form),
            Self::Status { form, .. } => ("status", *form),
            Self::Summary { form, .. } => ("summary", *form),
            Self::Check { form, .. } => ("check", *form),
            Self::Layouts(LayoutsCommand::Detect { form, .. }) => ("layouts detect", *form),
            _ => return None,
        };
        (form.format == AnswerFormat::Json).then_some(name)
    }
}

fn exit_codes() -> String {
    format!("Exit codes:\n{}", ExitCode::table())
}

/// Runs the program with the arguments of the process, and gives its exit code.
#[must_use]
pub fn main() -> u8 {
    private_files::keep_out_of_cores();
    // The message of a panic may quote the text that it stumbled over, which may be a user's name:
    // the place will do.
    std::panic::set_hook(Box::new(|panic| {
        if panics_are_caught() {
            return;
        }
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let _ = writeln!(
            std::io::stderr(),
            "error: the program failed at {place}: tell its makers"
        );
    }));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors and go to standard output.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::Usage.number()
            } else {
                ExitCode::Done.number()
            };
        }
    };
    let verbosity = match (arguments.quiet, arguments.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let mut console = Console::new(arguments.log_format, verbosity);
    console.answer_in_json(arguments.command.answers_in_json());
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
        execute(arguments.command, arguments.settings, &mut console)
    }));
    let (exit_code, error) = match ended {
        Ok(Ok(exit_code)) => (exit_code, None),
        Ok(Err(failure)) => {
            let error = failure.to_string();
            console.error(&error);
            (failure.exit_code, Some(error))
        }
        // The hook has said where.
        Err(_) => {
            let error = "the program failed: see standard error";
            (ExitCode::Unexpected, Some(error.to_owned()))
        }
    };
    match console.finish(exit_code, error.as_deref()) {
        Ok(()) => exit_code.number(),
        Err(error) => Failure::from(error).exit_code.number(),
    }
}

fn execute(
    command: Command,
    settings: Option<PathBuf>,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let settings = settings.or_else(|| std::env::var_os(SETTINGS_VARIABLE).map(PathBuf::from));
    let file = settings.as_deref();
    match command {
        Command::Run(run) => run.execute(settings, console),
        Command::Plan {
            day, range, also, ..
        } => {
            let selection = also.added_to(day.selection(settings));
            commands::plan(&selection, range.range().as_ref(), console)
        }
        Command::Preview {
            day,
            range,
            also,
            out,
        } => {
            let selection = also.added_to(day.selection(settings, None));
            commands::preview(&selection, range.range().as_ref(), &out, console)
        }
        Command::Rehearse { day, to, also } => {
            commands::rehearse(&also.added_to(day.selection(settings)), &to, console)
        }
        Command::Reissue(reissue) => reissue.execute(settings, console),
        Command::Deliveries(deliveries) => deliveries.execute(file, console),
        Command::Returns => commands::returns(file, console),
        Command::Status { date, .. } => commands::status(file, &date, console),
        Command::Summary { date, short, .. } => {
            commands::summary(file, date.as_deref(), short, console)
        }
        Command::Purge(purge) => purge.execute(file, console),
        Command::Backup { folder } => commands::back_up(file, &folder, console),
        Command::Restore {
            folder,
            nothing_was_sent_since,
            why,
        } => commands::restore(file, &folder, nothing_was_sent_since, why.reason, console),
        Command::Check { day, .. } => commands::check(&day.selection(settings), console),
        Command::Figures {
            from,
            to,
            organisation,
            out,
        } => {
            let wanted = FiguresWanted {
                from,
                to,
                organisations: organisation,
            };
            commands::figures(file, &wanted, &out, console)
        }
        Command::Init {
            folder,
            name,
            contact,
        } => commands::init(&folder, &name, &contact, console),
        Command::Completions { shell } => manual::completions(Arguments::command(), shell),
        Command::Man { out: None } => manual::print(Arguments::command()),
        Command::Man { out: Some(folder) } => manual::write(Arguments::command(), &folder),
        Command::Ledger(LedgerCommand::Rebuild { why }) => {
            commands::rebuild_ledger(file, why.reason, console)
        }
        Command::Layouts(LayoutsCommand::List) => commands::list_layouts(file, console),
        Command::Layouts(LayoutsCommand::Show { name }) => {
            commands::show_layout(file, &name, console)
        }
        Command::Layouts(LayoutsCommand::Detect { file: export, .. }) => {
            commands::detect_layout(file, &export, console)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
