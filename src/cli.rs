//! The command line: reads arguments, puts a command to work, and says how it ended.
//!
//! Takes: the arguments of the process. Gives: its exit code.
//! Touches: the terminal.

mod days;
mod manual;
mod words;

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use clap::{ArgGroup, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use self::days::{Day, PurgedDays, RangeArguments, SendingArguments, WaitingArguments, date_help};
use crate::commands::{
    self, Console, ExitCode, Failure, ListFormat, LogFormat, LossAcceptance, PurgeOptions,
    PurgedDates, Reason, Resolution, RunOptions, Selection, Verbosity,
};
use crate::delivery::DeliveryId;
use crate::domain::{DeliveryState, EmailAddress, OrganisationCode};
use crate::settings::{SETTINGS_VARIABLE, TransportKind};

/// Tells NHS organisations each morning how their email migration is going.
///
/// Reads the migration tool's exports of a day, judges each organisation's failed items against
/// what is expected, and emails its people the Overall Migration Report and the Failed Item Report.
#[derive(Debug, Parser)]
#[command(name = "migration-monitor", version, max_term_width = 80, after_help = exit_codes(), disable_help_subcommand = true)]
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

    /// Say only what is wrong, and the result; of a run where all is well, nothing
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Say every step
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the day's reports and send them, each once: the daily job
    Run {
        #[command(flatten)]
        day: SendingArguments,

        #[command(flatten)]
        range: RangeArguments,

        #[command(flatten)]
        waiting: WaitingArguments,

        /// Send even what the server put off a short while ago, before it is due again
        #[arg(long)]
        now: bool,

        /// Keep the day's figures for later days to be compared with, and mail nobody
        #[arg(long, conflicts_with_all = ["now", "send_late", "until"])]
        record_only: bool,

        /// Mail also a day that is more than two weeks past
        #[arg(long)]
        send_late: bool,

        /// Let the exports of these organisations list fewer mailboxes than before, as one that was
        /// looked at; the ledger notes who said so
        #[arg(long, requires = "organisation")]
        accept_loss: bool,

        /// Why, in one line: it is noted in the ledger
        #[arg(long, value_name = "TEXT", requires = "accept_loss")]
        reason: Option<Reason>,
    },
    /// Show who would get what, and why; send and write nothing
    Plan {
        #[command(flatten)]
        day: SendingArguments,

        #[command(flatten)]
        range: RangeArguments,
    },
    /// Write the day's reports into a folder, to look at them
    Preview {
        #[command(flatten)]
        day: Day,

        #[command(flatten)]
        range: RangeArguments,

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
    },
    /// Replace reports that are out by a next edition that says why
    ///
    /// Only where inputs changed, or a delivery is held, refused or expired.
    #[command(
        override_usage = "migration-monitor reissue [OPTIONS] --date <DATE> --organisation <CODE>\n       \
                          --reason <TEXT>"
    )]
    Reissue {
        #[arg(
            long,
            value_name = "DATE",
            required_unless_present = "from",
            help = date_help("The day of the reports")
        )]
        date: Option<String>,

        #[command(flatten)]
        range: RangeArguments,

        /// Of this organisation: its code in the register, such as RXX; may be given several times
        #[arg(long, value_name = "CODE", required = true)]
        organisation: Vec<OrganisationCode>,

        /// Why, in one line: it opens the report
        #[arg(long, value_name = "TEXT")]
        reason: Reason,

        /// Even where nothing changed
        #[arg(long)]
        anyway: bool,

        /// How messages leave, in place of what the settings say
        #[arg(long, value_name = "TRANSPORT", value_enum)]
        transport: Option<TransportKind>,
    },
    /// List what was sent to whom, or resolve a delivery
    #[command(args_conflicts_with_subcommands = true)]
    Deliveries {
        #[command(subcommand)]
        command: Option<DeliveriesCommand>,

        #[arg(
            long,
            value_name = "DATE",
            help = date_help("Only of this day") + " [default: the newest; every day where a state or an \
                organisation is asked for]"
        )]
        date: Option<String>,

        /// Only of this organisation: its code in the register, such as RXX; may be given several
        /// times [default: all]
        #[arg(long, value_name = "CODE")]
        organisation: Vec<OrganisationCode>,

        /// Only in this state; may be given several times [default: every state]
        #[arg(long, value_name = "STATE", value_enum)]
        state: Vec<DeliveryState>,

        /// The form of the list
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Read bounces and message traces of what was sent
    ///
    /// Every run does so at its beginning. Where they lie is said under [mail.returns].
    Returns,
    /// Say whether the day's run finished, and where its deliveries are
    Status {
        #[arg(long, value_name = "DATE", default_value = "today", help = date_help("The day"))]
        date: String,
    },
    /// Print the Run Summary of a day
    Summary {
        #[arg(
            long,
            value_name = "DATE",
            help = date_help("The day") + " [default: the newest that has one]"
        )]
        date: Option<String>,
    },
    /// Remove archive, history and outbox of past days, not the ledger
    Purge {
        #[arg(
            long,
            value_name = "DATE",
            conflicts_with = "from",
            required_unless_present = "from",
            help = date_help("The first day to keep")
        )]
        before: Option<String>,

        #[command(flatten)]
        range: PurgedDays,

        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,

        /// Do not ask before it is removed, as is done on a terminal
        #[arg(long)]
        yes: bool,
    },
    /// Try settings, register, exports, templates and mail log-in
    Check(SendingArguments),
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
enum DeliveriesCommand {
    /// Say what you found out about an unknown delivery
    #[command(group = ArgGroup::new("resolution").required(true))]
    Resolve {
        /// The number of the delivery: the first column of `deliveries`
        id: DeliveryId,

        /// It arrived
        #[arg(long, group = "resolution")]
        accepted: bool,

        /// It did not: the next run of its day sends it again, with the same Message-ID
        #[arg(long, group = "resolution")]
        resend: bool,
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
    },
}

fn exit_codes() -> String {
    format!("Exit codes:\n{}", ExitCode::table())
}

/// Runs the program with the arguments of the process, and gives its exit code.
#[must_use]
pub fn main() -> u8 {
    // The message of a panic may quote the text that it stumbled over, which may be a user's name:
    // the place will do.
    std::panic::set_hook(Box::new(|panic| {
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
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
        execute(arguments.command, arguments.settings, &mut console)
    }));
    match ended {
        Ok(Ok(exit_code)) => exit_code.number(),
        Ok(Err(failure)) => {
            console.error(&failure.to_string());
            failure.exit_code.number()
        }
        // The hook has said where.
        Err(_) => ExitCode::Unexpected.number(),
    }
}

fn execute(
    command: Command,
    settings: Option<PathBuf>,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let settings = settings.or_else(|| std::env::var_os(SETTINGS_VARIABLE).map(PathBuf::from));
    let file = settings.as_deref();
    let selection = |day: Day, transport| Selection {
        settings: settings.clone(),
        date: day.date,
        organisations: day.organisation,
        transport,
        loss_acceptance: None,
    };
    let sending = |sending: SendingArguments| selection(sending.day, sending.transport);
    match command {
        Command::Run {
            day,
            range,
            waiting,
            now,
            record_only,
            send_late,
            accept_loss,
            reason,
        } => {
            let loss_acceptance = accept_loss.then(|| LossAcceptance {
                why: reason.map(String::from),
            });
            let selection = Selection {
                loss_acceptance,
                ..sending(day)
            };
            let options = RunOptions {
                now,
                record_only,
                send_late,
            };
            let (range, waiting) = (range.range(), waiting.waiting());
            commands::run(
                &selection,
                range.as_ref(),
                waiting.as_ref(),
                &options,
                console,
            )
        }
        Command::Plan { day, range } => {
            commands::plan(&sending(day), range.range().as_ref(), console)
        }
        Command::Preview { day, range, out } => {
            commands::preview(&selection(day, None), range.range().as_ref(), &out, console)
        }
        Command::Rehearse { day, to } => commands::rehearse(&sending(day), &to, console),
        Command::Reissue {
            date,
            range,
            organisation,
            reason,
            anyway,
            transport,
        } => commands::reissue(
            &selection(
                Day {
                    date: date.unwrap_or_default(),
                    organisation,
                },
                transport,
            ),
            range.range().as_ref(),
            &reason,
            anyway,
            console,
        ),
        Command::Deliveries {
            command: Some(DeliveriesCommand::Resolve { id, accepted, .. }),
            ..
        } => {
            let resolution = if accepted {
                Resolution::Accepted
            } else {
                Resolution::Resend
            };
            commands::resolve(file, id, resolution, console)
        }
        Command::Deliveries {
            command: None,
            date,
            organisation,
            state,
            format,
        } => commands::deliveries(
            file,
            date.as_deref(),
            &organisation,
            &state,
            format,
            console,
        ),
        Command::Returns => commands::returns(file, console),
        Command::Status { date } => commands::status(file, &date, console),
        Command::Summary { date } => commands::summary(file, date.as_deref(), console),
        Command::Purge {
            before,
            range,
            dry_run,
            yes,
        } => {
            let days = match range.range() {
                Some(range) => PurgedDates::Range(range),
                None => PurgedDates::Before(before.unwrap_or_default()),
            };
            commands::purge(file, &days, PurgeOptions { dry_run, yes }, console)
        }
        Command::Check(day) => commands::check(&sending(day), console),
        Command::Init {
            folder,
            name,
            contact,
        } => commands::init(&folder, &name, &contact, console),
        Command::Completions { shell } => manual::completions(Arguments::command(), shell),
        Command::Man { out: None } => manual::print(Arguments::command()),
        Command::Man { out: Some(folder) } => manual::write(Arguments::command(), &folder),
        Command::Layouts(LayoutsCommand::List) => commands::list_layouts(file, console),
        Command::Layouts(LayoutsCommand::Show { name }) => {
            commands::show_layout(file, &name, console)
        }
        Command::Layouts(LayoutsCommand::Detect { file: export }) => {
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
