use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use polars::prelude::{PlFixedStateQuality, StringChunked};

/// Bits for each target mailbox: of those that are alone, one in so many is suspected of another
/// one.
const BITS_A_TARGET: usize = 32;

/// Hashes of target mailboxes. Target mailboxes hardly ever stand on two rows, and hashes tell so
/// at once; to group the addresses of millions of rows takes many times the time and memory.
#[derive(Debug, Default)]
pub(super) struct TargetHashes(Vec<u64>);

impl TargetHashes {
    /// Adds a target mailbox. Case does not make two of one.
    pub(super) fn push(&mut self, target: &str) {
        let mut hasher = PlFixedStateQuality::default().build_hasher();
        if target
            .bytes()
            .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
        {
            hasher.write(target.as_bytes());
        } else {
            hasher.write(target.to_lowercase().as_bytes());
        }
        self.0.push(hasher.finish());
    }
}

/// Whether two of the targets may be the same; `false` is certain.
pub(super) fn may_be_shared(parts: &[TargetHashes]) -> bool {
    let hashes = || parts.iter().flat_map(|part| &part.0).copied();
    // A bit for each hash, of many times as many bits: few have one that another has too, and only
    // these are compared.
    let bits = (hashes().count() * BITS_A_TARGET)
        .next_power_of_two()
        .max(64);
    let (mut once, mut twice) = (vec![0_u64; bits / 64], vec![0_u64; bits / 64]);
    #[allow(clippy::cast_possible_truncation)] // any bits of a hash will do
    let place = |hash: u64| ((hash as usize / 64) & (bits / 64 - 1), 1_u64 << (hash % 64));
    for (word, bit) in hashes().map(place) {
        if let (Some(once), Some(twice)) = (once.get_mut(word), twice.get_mut(word)) {
            *twice |= *once & bit;
            *once |= bit;
        }
    }
    let is_suspected = |hash: &u64| {
        let (word, bit) = place(*hash);
        twice.get(word).is_some_and(|twice| twice & bit != 0)
    };
    let mut suspected: Vec<u64> = hashes().filter(is_suspected).collect();
    suspected.sort_unstable();
    suspected.array_windows().any(|[a, b]| a == b)
}

/// How many target mailboxes stand on more than one row.
pub(super) fn count(targets: &StringChunked) -> usize {
    let mut rows: HashMap<String, usize> = HashMap::new();
    for target in targets.iter().flatten() {
        *rows.entry(target.to_lowercase()).or_default() += 1;
    }
    rows.values().filter(|rows| **rows > 1).count()
}

#[cfg(test)]
mod tests {
    use polars::prelude::NewChunkedArray;

    use super::*;

    #[test]
    fn targets_are_counted_that_stand_on_more_than_one_row() {
        for (targets, shared) in [
            (&["a@x", "b@x"][..], 0),
            (&["a@x", "A@X", "É@x", "a@X", "é@x", "b@x"], 2),
        ] {
            let hashes = |target: &&str| {
                let mut hashes = TargetHashes::default();
                hashes.push(target);
                hashes
            };
            assert_eq!(
                may_be_shared(&targets.iter().map(hashes).collect::<Vec<_>>()),
                shared > 0
            );
            assert_eq!(
                count(&StringChunked::from_slice("".into(), targets)),
                shared
            );
        }
    }
}
