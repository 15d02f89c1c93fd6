//! What is heard of messages after a server took them over: bounces, and traces of the mail system.
//!
//! A report settles a delivery only where it names both its Message-ID and its recipient. It never
//! makes a message be sent again. What is not understood stays where it is, and is counted.

mod bounce;
mod folder;
mod message_trace;
mod reading;
mod settling;
mod status;

pub use bounce::panics_are_caught;
pub use reading::{ReturnPlaces, ReturnsSummary, SettledByReport, read_returns};
