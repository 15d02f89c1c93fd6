//! What the program does when it is asked to: each command goes through a day as far as it needs,
//! and says what came of it.
//!
//! Takes: arguments that the command line has read. Gives: an [`ExitCode`], or a [`Failure`] that
//! knows its own. Touches: the terminal; the clock; everything else through the rooms.

mod check;
mod conclusion;
mod console;
mod deliveries;
mod expected_report;
mod failure;
mod heartbeat;
mod init;
mod layouts;
mod open_day;
mod plan;
mod preview;
mod purge;
mod rehearse;
mod reissue;
mod run;
mod status;

pub use check::check;
pub use console::{Console, LogFormat, Verbosity};
pub use deliveries::{ListFormat, Resolution, deliveries, resolve};
pub use failure::{ExitCode, Failure};
pub use init::init;
pub use layouts::{detect_layout, list_layouts, show_layout};
pub use plan::plan;
pub use preview::preview;
pub use purge::purge;
pub use rehearse::rehearse;
pub use reissue::{Reason, reissue};
pub use run::run;
pub use status::status;

pub use crate::day::Selection;
