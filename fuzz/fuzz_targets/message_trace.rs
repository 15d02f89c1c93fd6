//! The table of a message trace.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use migration_monitor_fuzz::{Office, Returned};

thread_local! {
    static OFFICE: RefCell<Office> = RefCell::new(Office::new());
}

fuzz_target!(|bytes: &[u8]| {
    OFFICE.with_borrow_mut(|office| office.hear(Returned::Trace, bytes));
});
