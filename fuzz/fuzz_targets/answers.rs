//! The answers of a mail server, one for each command, to two messages.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use migration_monitor_fuzz::TalkingServer;

thread_local! {
    static SERVER: RefCell<TalkingServer> = RefCell::new(TalkingServer::new());
}

fuzz_target!(|bytes: &[u8]| {
    SERVER.with_borrow_mut(|server| server.say(bytes));
});
