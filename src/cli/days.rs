//! Arguments that say which days a command is about, and for how long it waits.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveTime;
use clap::Args;

use crate::commands::{DayRange, Selection, Waiting};
use crate::domain::{OrganisationCode, ReportKind};
use crate::settings::TransportKind;

#[derive(Debug, Args)]
pub(super) struct WaitingArguments {
    /// Wait for exports that are late until this hour of today, in the programme's time zone: each
    /// organisation is run as soon as its own are there and no longer change, and the team is told
    /// once, at the end
    #[arg(long, value_name = "HH:MM", value_parser = hour, conflicts_with = "from")]
    pub(super) until: Option<NaiveTime>,

    /// Tell the team at this hour what is still missing
    #[arg(long, value_name = "HH:MM", value_parser = hour, requires = "until")]
    pub(super) tell_at: Option<NaiveTime>,

    /// How long from one look at the exports to the next
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 180,
        requires = "until"
    )]
    pub(super) look_every: u32,
}

impl WaitingArguments {
    pub(super) fn waiting(self) -> Option<Waiting> {
        Some(Waiting {
            until: self.until?,
            tell_at: self.tell_at,
            look_every: Duration::from_secs(self.look_every.into()),
        })
    }
}

fn hour(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_| "not an hour of the day: write it as 11:00".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct Day {
    #[arg(
        long,
        value_name = "DATE",
        default_value = "today",
        help = date_help("The day to report on")
    )]
    pub(super) date: String,

    /// Only this organisation: its code in the register, such as RXX; may be given several times
    /// [default: all that are not closed]
    #[arg(long, value_name = "CODE")]
    pub(super) organisation: Vec<OrganisationCode>,
}

impl Day {
    pub(super) fn selection(
        self,
        settings: Option<PathBuf>,
        transport: Option<TransportKind>,
    ) -> Selection {
        Selection {
            settings,
            date: self.date,
            organisations: self.organisation,
            transport,
            loss_acceptance: None,
            also: Vec::new(),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct SendingArguments {
    #[command(flatten)]
    pub(super) day: Day,

    /// How messages leave, in place of what the settings say
    #[arg(long, value_name = "TRANSPORT", value_enum)]
    pub(super) transport: Option<TransportKind>,
}

impl SendingArguments {
    pub(super) fn selection(self, settings: Option<PathBuf>) -> Selection {
        self.day.selection(settings, self.transport)
    }
}

#[derive(Debug, Args)]
pub(super) struct RangeArguments {
    /// In place of one day: the first of several, one after the other
    #[arg(long, value_name = "DATE", conflicts_with = "date")]
    pub(super) from: Option<String>,

    /// The last of them
    #[arg(long, value_name = "DATE", default_value = "today", requires = "from")]
    pub(super) to: String,
}

#[derive(Debug, Args)]
pub(super) struct PurgedDays {
    /// The first day to remove
    #[arg(long, value_name = "DATE", requires = "to")]
    pub(super) from: Option<String>,

    /// The last day to remove
    #[arg(long, value_name = "DATE", requires = "from")]
    pub(super) to: Option<String>,
}

impl PurgedDays {
    pub(super) fn range(self) -> Option<DayRange> {
        let (from, to) = self.from.zip(self.to)?;
        Some(DayRange { from, to })
    }
}

impl RangeArguments {
    pub(super) fn range(self) -> Option<DayRange> {
        let Self { from, to } = self;
        from.map(|from| DayRange { from, to })
    }
}

/// What a date on the command line may be.
pub(super) fn date_help(what: &str) -> String {
    format!("{what}: a date as 2026-11-22, or today or yesterday in the programme's time zone")
}

#[derive(Debug, Args)]
pub(super) struct AlsoArguments {
    #[arg(
        id = "also",
        long = "also",
        value_name = "REPORT",
        value_parser = occasional,
        help = also_help()
    )]
    reports: Vec<ReportKind>,
}

impl AlsoArguments {
    pub(super) fn added_to(self, selection: Selection) -> Selection {
        Selection {
            also: self.reports,
            ..selection
        }
    }
}

fn also_help() -> String {
    format!(
        "Make a report too that does not go out daily: {}; may be given several times",
        occasional_names()
    )
}

fn occasional_names() -> String {
    let names: Vec<&str> = ReportKind::occasional().map(ReportKind::name).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

fn occasional(text: &str) -> Result<ReportKind, String> {
    ReportKind::from_name(text)
        .filter(|kind| kind.is_occasional())
        .ok_or_else(|| format!("no such report: write {}", occasional_names()))
}
