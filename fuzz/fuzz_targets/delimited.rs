//! The bytes of a `.csv`: decoded, split into cells, laid out as each input, made into tables.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migration_monitor::sheets::Sheet;
use migration_monitor_fuzz::{assert_same_records, read_as_what_it_is};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(sheet) = Sheet::from_delimited(bytes.to_vec()) {
        assert_same_records(bytes, &sheet);
        read_as_what_it_is("csv", bytes);
    }
});
