//! Arguments of the commands about what was sent and kept: `deliveries` and `purge`.

use std::path::Path;

use clap::{ArgGroup, Args, Subcommand};

use super::days::{PurgedDays, date_help};
use super::{FormArgument, ReasonArgument};
use crate::commands::{
    self, AnswerFormat, Console, ExitCode, Failure, ListFormat, PurgeOptions, PurgedDates,
    Resolution,
};
use crate::delivery::DeliveryId;
use crate::domain::{DeliveryState, EmailAddress, OrganisationCode};

#[derive(Debug, Args)]
pub(super) struct DeliveriesArguments {
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

        #[command(flatten)]
        why: ReasonArgument,
    },
    /// Send a message once more, the same to the last byte
    ///
    /// To its recipient, or to another whom the register names for the organisation. The audit log
    /// notes who did so.
    Resend {
        /// The number of the delivery: the first column of `deliveries`
        id: DeliveryId,

        /// To this address of the organisation in the register, as name@nhs.example [default: its
        /// recipient]
        #[arg(long, value_name = "ADDRESS", value_parser = EmailAddress::parse)]
        to: Option<EmailAddress>,

        #[command(flatten)]
        why: ReasonArgument,
    },
    /// Hold archive, ledger and audit log against each other
    ///
    /// Of a day it prints each message with its digest and who decided what: a page for an auditor.
    Verify {
        #[arg(long, value_name = "DATE", help = date_help("Only of this day") + " [default: all]")]
        date: Option<String>,

        /// Only messages and decisions about this organisation: its code in the register, such as
        /// RXX; may be given several times. All is held against each other nevertheless
        #[arg(long, value_name = "CODE")]
        organisation: Vec<OrganisationCode>,

        #[command(flatten)]
        form: FormArgument,
    },
}

impl DeliveriesArguments {
    /// The name of the command, where its result is asked for as JSON.
    pub(super) fn answers_in_json(&self) -> Option<&'static str> {
        let (name, is_json) = match &self.command {
            None => ("deliveries", self.format == ListFormat::Json),
            Some(DeliveriesCommand::Verify { form, .. }) => {
                ("deliveries verify", form.format == AnswerFormat::Json)
            }
            Some(_) => return None,
        };
        is_json.then_some(name)
    }

    pub(super) fn execute(
        self,
        settings: Option<&Path>,
        console: &mut Console,
    ) -> Result<ExitCode, Failure> {
        match self.command {
            None => {}
            Some(DeliveriesCommand::Resolve {
                id, accepted, why, ..
            }) => {
                let resolution = match accepted {
                    true => Resolution::Accepted,
                    false => Resolution::Resend,
                };
                return commands::resolve(settings, id, resolution, why.reason, console);
            }
            Some(DeliveriesCommand::Resend { id, to, why }) => {
                return commands::resend(settings, id, to.as_ref(), why.reason, console);
            }
            Some(DeliveriesCommand::Verify {
                date, organisation, ..
            }) => {
                return commands::verify(settings, date.as_deref(), &organisation, console);
            }
        }
        commands::deliveries(
            settings,
            self.date.as_deref(),
            &self.organisation,
            &self.state,
            self.format,
            console,
        )
    }
}

#[derive(Debug, Args)]
pub(super) struct PurgeArguments {
    #[arg(
        long,
        value_name = "DATE",
        conflicts_with_all = ["from", "older_than"],
        required_unless_present_any = ["from", "older_than"],
        help = date_help("The first day to keep")
    )]
    before: Option<String>,

    /// In place of a day: the days that are more than so many days past, as 90d
    #[arg(long, value_name = "DAYS", value_parser = days, conflicts_with = "from")]
    older_than: Option<u64>,

    #[command(flatten)]
    range: PurgedDays,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not ask before it is removed, as is done on a terminal
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    why: ReasonArgument,
}

fn days(text: &str) -> Result<u64, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    days.ok_or_else(|| "not a number of days: write it as 90d".to_owned())
}

impl PurgeArguments {
    pub(super) fn execute(
        self,
        settings: Option<&Path>,
        console: &mut Console,
    ) -> Result<ExitCode, Failure> {
        let days = match (self.range.range(), self.older_than) {
            (Some(range), _) => PurgedDates::Range(range),
            (None, Some(days)) => PurgedDates::OlderThan(days),
            (None, None) => PurgedDates::Before(self.before.unwrap_or_default()),
        };
        let options = PurgeOptions {
            dry_run: self.dry_run,
            yes: self.yes,
            why: self.why.reason.map(String::from),
        };
        commands::purge(settings, &days, &options, console)
    }
}
