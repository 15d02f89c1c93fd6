//! That the targets fit the program as it is: each hears some of what a fuzzer might begin with.

use arbitrary::{Arbitrary, Unstructured};
use migration_monitor::exports::Input;
use migration_monitor::sheets::Sheet;

use super::*;

const SYNC_STATE: &[u8] =
    b"Source Mailbox,Sync State,Failed Items\nada.moss@pennyford-hospice.example,In Sync,0\n";

/// Bytes of every value, as many as a target asks for at most.
fn bytes(seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(4096).collect()
}

// One test: a drop folder has one file at a time.
#[test]
fn what_the_targets_share_fits_the_program() {
    let sheets = read_as_what_it_is("csv", SYNC_STATE);
    assert_eq!(sheets.len(), 1);
    assert_same_records(
        SYNC_STATE,
        &Sheet::from_delimited(SYNC_STATE.to_vec()).unwrap(),
    );
    let tables = read_as(Input::SyncState, "csv", SYNC_STATE).unwrap();
    assert_eq!(tables.mailboxes.frame().height(), 1);
    for input in Input::ALL {
        read_as(input, "csv", SYNC_STATE);
    }
    let (mut server, mut office) = (TalkingServer::new(), Office::new());
    for seed in 0..8 {
        let bytes = bytes(seed);
        let table = WrittenTable::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        read_as(table.input, "csv", &table.written());
        let packed = Packed::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        let (extension, file) = packed.file();
        read_as(Input::SyncState, extension, &file);
        server.say(&bytes);
        office.hear(Returned::Trace, &bytes);
        read_decisions(&bytes);
        fill(&bytes);
    }
    server.say(b"220 mail.example ESMTP\r\n%%\n250 mail.example\r\n");
    office.hear(Returned::Trace, b"Message-ID,Recipient address,Status\n");
    drop(office);
    std::fs::remove_dir_all(scratch()).unwrap();
}
