//! Arguments of the commands that send: `run` and `reissue`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::FormArgument;
use super::days::{
    AlsoArguments, Day, RangeArguments, SendingArguments, WaitingArguments, date_help,
};
use crate::commands::{
    self, Console, ExitCode, Failure, LossAcceptance, Reason, RunOptions, Selection,
};
use crate::domain::OrganisationCode;
use crate::settings::TransportKind;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("decision")
    .args(["record_only", "send_late", "new_ledger", "new_history", "accept_loss"])
    .multiple(true))]
pub(super) struct RunArguments {
    #[command(flatten)]
    day: SendingArguments,

    #[command(flatten)]
    range: RangeArguments,

    #[command(flatten)]
    waiting: WaitingArguments,

    #[command(flatten)]
    also: AlsoArguments,

    /// Send even what the server put off a short while ago, before it is due again
    #[arg(long)]
    now: bool,

    /// Keep the day's figures for later days to be compared with, and mail nobody
    #[arg(long, conflicts_with_all = ["now", "send_late", "until"])]
    record_only: bool,

    /// Mail also a day that is more than two weeks past
    #[arg(long)]
    send_late: bool,

    /// Take the ledger as it is found, though the heartbeat, the archive or the copy of its audit log
    /// know more: what it does not know of is sent again
    #[arg(long)]
    new_ledger: bool,

    /// Begin the history anew, though earlier days were run: reports compare with none of them. What
    /// is left of the one before is put aside
    #[arg(long)]
    new_history: bool,

    /// Let the exports of these organisations list fewer mailboxes than before, as one that was
    /// looked at; the ledger notes who said so
    #[arg(long, requires = "organisation")]
    accept_loss: bool,

    /// Why, in one line: it is noted in the ledger
    #[arg(long, value_name = "TEXT", requires = "decision")]
    reason: Option<Reason>,

    #[command(flatten)]
    pub(super) form: FormArgument,
}

impl RunArguments {
    pub(super) fn execute(
        self,
        settings: Option<PathBuf>,
        console: &mut Console,
    ) -> Result<ExitCode, Failure> {
        let why = self.reason.map(String::from);
        let loss_acceptance = self
            .accept_loss
            .then(|| LossAcceptance { why: why.clone() });
        let selection = Selection {
            loss_acceptance,
            ..self.also.added_to(self.day.selection(settings))
        };
        let options = RunOptions {
            now: self.now,
            record_only: self.record_only,
            send_late: self.send_late,
            new_ledger: self.new_ledger,
            new_history: self.new_history,
            why,
        };
        let (range, waiting) = (self.range.range(), self.waiting.waiting());
        commands::run(
            &selection,
            range.as_ref(),
            waiting.as_ref(),
            &options,
            console,
        )
    }
}

#[derive(Debug, Args)]
pub(super) struct ReissueArguments {
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
}

impl ReissueArguments {
    pub(super) fn execute(
        self,
        settings: Option<PathBuf>,
        console: &mut Console,
    ) -> Result<ExitCode, Failure> {
        let day = Day {
            date: self.date.unwrap_or_default(),
            organisation: self.organisation,
        };
        let selection = day.selection(settings, self.transport);
        let range = self.range.range();
        commands::reissue(
            &selection,
            range.as_ref(),
            &self.reason,
            self.anyway,
            console,
        )
    }
}
