//! The bytes of a `.xlsx`, or the parts of one, which get past the checksums.

#![no_main]

use libfuzzer_sys::fuzz_target;
use migration_monitor_fuzz::{read_as_what_it_is, workbook_of_parts};

fuzz_target!(|bytes: &[u8]| {
    let bytes = if bytes.starts_with(b"PK") {
        bytes.to_vec()
    } else {
        workbook_of_parts(bytes)
    };
    for sheet in read_as_what_it_is("xlsx", &bytes) {
        let lines: Vec<u32> = (0..sheet.height()).map(|row| sheet.line(row)).collect();
        assert!(
            lines
                .first()
                .is_none_or(|first| *first > sheet.heading_line)
                && lines.is_sorted_by(|a, b| a < b),
            "{lines:?}"
        );
    }
});
