//! Tells NHS organisations each morning how their email migration is going.
//!
//! Rooms in a row; each sees `domain` and the rooms before it, and only `day` and those after it see
//! them all.

pub mod archive;
pub mod cli;
mod commands;
mod day;
pub mod delivery;
pub mod domain;
pub mod exports;
pub mod history;
pub mod mail;
pub mod metrics;
pub mod private_files;
pub mod render;
pub mod report;
pub mod settings;
pub mod sheets;
pub mod tables;
