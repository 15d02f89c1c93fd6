//! Makes messages of rendered reports, and proves finished ones.
//!
//! Takes: a rendered report and its recipients. Gives: one [`Message`] for each, verified.
//! Touches: nothing.

mod addresses;
mod compose;
mod forbidden_text;
mod header_text;
mod message;
mod package;
mod parsed_page;
mod report_proof;
mod roster;
#[cfg(test)]
mod specimen;
mod verify;
mod violation;
mod workbook;

pub use compose::{
    ComposeError, Envelope, RehearsalCopy, SummaryEnvelope, compose, compose_summary,
};
pub use forbidden_text::ForbiddenTexts;
pub use message::{DeliveryKey, Message, SummaryKey, SummaryMessage, recipient_of, sender_of};
pub use package::zipped;
pub use report_proof::{Bounds, ReportProof};
pub use roster::Roster;
pub use verify::{Expectation, verify};
pub use violation::{MessagePlace, Violation};
pub use workbook::ExpectedSheet;
