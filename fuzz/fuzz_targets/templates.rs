//! A model for the built-in templates, or behind a template of one's own.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migration_monitor_fuzz::fill;

fuzz_target!(|bytes: &[u8]| fill(bytes));
