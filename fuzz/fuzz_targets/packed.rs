//! The bytes of a `.gz` or `.zip`, or what is packed in one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migration_monitor::exports::Input;
use migration_monitor_fuzz::{Packed, read_as};

fuzz_target!(|packed: Packed| {
    let (extension, bytes) = packed.file();
    read_as(Input::SyncState, extension, &bytes);
});
