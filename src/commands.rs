//! What the program does when it is asked to: each command goes through a day as far as it needs,
//! and says what came of it.
//!
//! Takes: arguments that the command line has read. Gives: an [`ExitCode`], or a [`Failure`] that
//! knows its own. Touches: the terminal; the clock; everything else through the rooms.

mod answer;
mod backup;
mod check;
mod conclusion;
mod console;
mod days;
mod deliveries;
mod expected_report;
mod failure;
mod figures;
mod heartbeat;
mod init;
mod layouts;
mod ledger;
mod missing_exports;
mod open_day;
mod plan;
mod preview;
mod purge;
mod rehearse;
mod reissue;
mod resend;
mod returns;
mod run;
mod status;
mod summary;
mod verify;
mod waiting;

pub(crate) use backup::{back_up, restore};
pub(crate) use check::check;
pub(crate) use console::{AnswerFormat, Console, LogFormat, Verbosity};
pub(crate) use days::DayRange;
pub(crate) use deliveries::{ListFormat, Resolution, deliveries, resolve};
pub(crate) use failure::{ExitCode, Failure};
pub(crate) use figures::{FiguresWanted, figures};
pub(crate) use init::init;
pub(crate) use layouts::{detect_layout, list_layouts, show_layout};
pub(crate) use ledger::rebuild_ledger;
pub(crate) use plan::plan;
pub(crate) use preview::preview;
pub(crate) use purge::{PurgeOptions, PurgedDates, purge};
pub(crate) use rehearse::rehearse;
pub(crate) use reissue::{Reason, reissue};
pub(crate) use resend::resend;
pub(crate) use returns::returns;
pub(crate) use run::{RunOptions, run};
pub(crate) use status::status;
pub(crate) use summary::summary;
pub(crate) use verify::verify;
pub(crate) use waiting::Waiting;

pub(crate) use crate::day::{LossAcceptance, Selection};
