//! What every fuzz target asks, whatever the bytes: see `README.md`. Of the reading of exports:
//!
//! - Nothing panics, and nothing takes long.
//! - Each row of a file is kept, or set aside and told.
//! - A finding names a line that a row stands on.
//! - A finding never says what stands in a column of names, addresses or subject lines.

// As a test of the main package it is a program, where nobody else uses what the targets use.
#![cfg_attr(
    test,
    allow(
        dead_code,
        missing_docs,
        unreachable_pub,
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod answers;
mod decisions;
mod drop_folder;
mod invariants;
mod office;
mod packing;
mod records;
mod tables;
mod templates;
#[cfg(test)]
mod tests;

/// Where this process keeps its files: below the folder that `TMPDIR` names.
fn scratch() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("migration-monitor-fuzz-{}", std::process::id()))
}

pub use answers::TalkingServer;
pub use decisions::read_decisions;
pub use drop_folder::{built_in_layouts, read_as, read_as_what_it_is};
pub use office::{Office, Returned, let_parser_panic};
pub use packing::{Packed, gzipped, workbook_of_parts, zipped};
pub use records::assert_same_records;
pub use tables::WrittenTable;
pub use templates::fill;
