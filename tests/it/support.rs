//! What tests share.

pub(crate) mod morning;
pub(crate) mod raw_exports;
pub(crate) mod smtp_server;
