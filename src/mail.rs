//! Makes messages of rendered reports, and proves finished ones.
//!
//! Takes: a rendered report and its recipients. Gives: one [`Message`] for each, verified.
//! Touches: nothing.

mod message;

pub use message::{DeliveryKey, Message};
