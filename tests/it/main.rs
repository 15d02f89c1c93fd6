//! What holds across rooms: one binary, since each links polars.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod architecture;
mod daily_run;
mod faults;
mod layouts;
mod smtp;
mod support;
