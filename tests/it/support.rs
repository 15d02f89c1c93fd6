//! What tests share.

pub(crate) mod morning;
#[cfg(unix)]
pub(crate) mod postfix;
#[cfg(unix)]
pub(crate) mod postgres;
pub(crate) mod raw_exports;
pub(crate) mod smtp_server;
pub(crate) mod token_endpoint;
