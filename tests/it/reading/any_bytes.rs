//! What holds for any bytes in any kind of file.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::drop_folder::DropFolder;
use super::table::{failed_items, sync_state, utf_16_little_endian};
use super::way::{gzipped, zipped};
use crate::support::morning::sample_folder;

/// Longer than any of these small files may take, on the slowest machine.
const HANGS: Duration = Duration::from_secs(20);

/// The kinds of file that are read.
const KINDS: [&str; 8] = [
    "csv", "tsv", "txt", "xlsx", "csv.gz", "xlsx.gz", "zip", "pdf",
];

/// Bytes of no meaning, or an export of which parts are lost, doubled or overwritten; packed or
/// not.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let exports = vec![
        sync_state().to_csv().into_bytes(),
        failed_items().quoted_throughout(';').into_bytes(),
        utf_16_little_endian(&sync_state().delimited_by('\t')),
        b"Mailbox,Switch Date\r\namina.okafor@nm.example,23/11/2026\r\n".to_vec(),
        b"PK\x03\x04".to_vec(),
    ];
    let damage = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::collection::vec(any::<u8>(), 0..6),
    );
    let damaged = (
        prop::sample::select(exports),
        prop::collection::vec(damage, 0..6),
    )
        .prop_map(|(mut bytes, damages)| {
            for (from, to, with) in damages {
                let (one, other) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
                // Mostly a small part.
                let end = one.max(other).min(one.min(other) + 1 + with.len() * 3);
                bytes.splice(one.min(other)..end, with);
            }
            bytes
        });
    let plain = prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..300), 4 => damaged];
    (plain, 0..4).prop_map(|(bytes, packing)| match packing {
        0 => gzipped(&bytes),
        1 => zipped(&[("sync-state.csv", &bytes)]),
        _ => bytes,
    })
}

/// A packed file, of which some bytes are others.
fn damaged_package() -> impl Strategy<Value = Vec<u8>> {
    let table = sync_state().to_csv();
    let mut packages = vec![
        gzipped(table.as_bytes()),
        zipped(&[("a.csv", table.as_bytes()), ("b/c.tsv", table.as_bytes())]),
    ];
    let awkward = std::fs::read_dir(sample_folder().join("awkward"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut workbooks: Vec<_> = awkward
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "xlsx")
        })
        .collect();
    workbooks.sort();
    packages.extend(
        workbooks
            .into_iter()
            .map(|path| std::fs::read(path).unwrap()),
    );
    let damage = (any::<prop::sample::Index>(), any::<u8>());
    (
        prop::sample::select(packages),
        prop::collection::vec(damage, 1..6),
    )
        .prop_map(|(mut bytes, damages)| {
            for (place, byte) in damages {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes
        })
}

fn assert_read_or_refused(stem: &str, kind: &str, bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let started = Instant::now();
    let other = format!("{stem}.csv");
    let folder = DropFolder::with_good_exports();
    let folder = if stem == "schedule" {
        folder
    } else {
        folder.without(&other)
    };
    let read = folder
        .with(&format!("{stem}.{kind}"), bytes)
        .read_whatever_is_told();
    prop_assert!(started.elapsed() < HANGS, "{:?}", started.elapsed());
    // Where there are no tables, somebody is told why; where there are, they have the rows that
    // could be read.
    if read.is_held() {
        prop_assert!(
            read.findings()
                .iter()
                .any(|finding| finding.severity == migration_monitor::domain::Severity::Hold)
        );
    } else {
        prop_assert!(!read.mailboxes().is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_are_read_or_refused(
        stem in prop::sample::select(vec!["sync-state", "failed-items", "schedule"]),
        kind in prop::sample::select(KINDS.to_vec()),
        bytes in bytes(),
    ) {
        assert_read_or_refused(stem, kind, bytes)?;
    }

    #[test]
    fn damaged_packages_are_read_or_refused(
        kind in prop::sample::select(vec!["xlsx", "csv.gz", "xlsx.gz", "zip"]),
        bytes in damaged_package(),
    ) {
        assert_read_or_refused("sync-state", kind, bytes)?;
    }
}
