//! What the program does when it is asked to: each command puts the rooms to work, in their order.
//!
//! Takes: arguments that the command line has read. Gives: an [`Outcome`], or a [`Failure`]; both
//! know their exit code. Touches: the terminal; the clock; everything else through the rooms.

mod check;
mod conclusion;
mod console;
mod day;
mod deliveries;
mod edition;
mod expected_report;
mod failure;
mod heartbeat;
mod init;
mod inputs;
mod layouts;
mod ledger;
mod leftovers;
mod making;
mod need;
mod plan;
mod preparation;
mod preview;
mod purge;
mod reading;
mod rehearse;
mod reissue;
mod run;
mod run_summary;
mod sending;
mod session;
mod setup;
mod side_by_side;
mod standing;
mod status;
mod transport;
mod wording;

pub use check::check;
pub use console::{Console, LogFormat, Verbosity};
pub use deliveries::{ListFormat, Resolution, deliveries, resolve};
pub use failure::{ExitCode, Failure, Outcome};
pub use init::init;
pub use layouts::{detect_layout, list_layouts, show_layout};
pub use plan::plan;
pub use preview::preview;
pub use purge::purge;
pub use rehearse::rehearse;
pub use reissue::{Reason, reissue};
pub use run::run;
pub use setup::Selection;
pub use status::status;
