//! The settings, and the register of organisations.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migration_monitor_fuzz::read_decisions;

fuzz_target!(|bytes: &[u8]| read_decisions(bytes));
