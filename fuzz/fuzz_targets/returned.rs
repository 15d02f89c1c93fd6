//! A message that came back: a bounce, a delivery report, an automatic reply, or anything else.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use migration_monitor_fuzz::{Office, Returned, let_parser_panic};

thread_local! {
    static OFFICE: RefCell<Office> = RefCell::new(Office::new());
}

fuzz_target!(init: let_parser_panic(), |bytes: &[u8]| {
    OFFICE.with_borrow_mut(|office| office.hear(Returned::Message, bytes));
});
