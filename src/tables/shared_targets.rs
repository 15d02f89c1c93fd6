use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use polars::prelude::{PlFixedStateQuality, StringChunked};

/// Hashes of target mailboxes, sorted. Target mailboxes hardly ever stand on two rows, and hashes tell so at once; to
/// group the addresses of millions of rows takes many times the time and memory.
#[derive(Debug, Default)]
pub(super) struct TargetHashes(Vec<u64>);

impl TargetHashes {
    /// Adds a target mailbox. Case does not make two of one.
    pub(super) fn push(&mut self, target: &str) {
        let mut hasher = PlFixedStateQuality::default().build_hasher();
        if target.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
            hasher.write(target.as_bytes());
        } else {
            hasher.write(target.to_lowercase().as_bytes());
        }
        self.0.push(hasher.finish());
    }

    /// Sorts these hashes.
    pub(super) fn finish(mut self) -> Self {
        self.0.sort_unstable();
        self
    }
}

/// Whether two of the targets may be the same; `false` is certain.
pub(super) fn may_be_shared(parts: impl IntoIterator<Item = TargetHashes>) -> bool {
    let mut hashes: Vec<u64> = Vec::new();
    for part in parts {
        hashes.extend(part.0);
    }
    // Merges the parts, which it finds to be sorted.
    hashes.sort();
    hashes.array_windows().any(|[a, b]| a == b)
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
        for (targets, shared) in [(&["a@x", "b@x"][..], 0), (&["a@x", "A@X", "É@x", "a@X", "é@x", "b@x"], 2)] {
            let hashes = |target: &&str| {
                let mut hashes = TargetHashes::default();
                hashes.push(target);
                hashes.finish()
            };
            assert_eq!(may_be_shared(targets.iter().map(hashes)), shared > 0);
            assert_eq!(count(&StringChunked::from_slice("".into(), targets)), shared);
        }
    }
}
