//! What the central team does with what was sent, and what it is told: reissue, rehearse, list,
//! resolve, watch, purge.

mod deliveries;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod machine;
#[cfg(unix)]
mod mail_program;
mod order;
#[cfg(unix)]
mod outbox;
mod purge;
mod rehearse;
mod reissue;
mod watching;

use mail_parser::{Message, MessageParser};

/// The text part, its lines joined.
fn text_of(message: &Message<'_>) -> String {
    message
        .body_text(0)
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::new().parse(bytes).unwrap()
}
