use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher};

use polars::prelude::StringChunked;

/// How many target mailboxes stand on more than one row. Case does not make two of one.
///
/// Hashes are compared first, and then the addresses that have one in common. Hardly any have; to group the addresses of
/// millions of rows takes many times the time and memory.
pub(super) fn count(targets: &StringChunked) -> usize {
    let mut hashes: Vec<u64> = targets.iter().flatten().map(hash).collect();
    hashes.sort_unstable();
    let repeated: HashSet<u64> =
        hashes.chunk_by(|a, b| a == b).filter(|equal| equal.len() > 1).filter_map(|equal| equal.first().copied()).collect();
    if repeated.is_empty() {
        return 0;
    }
    let mut rows: HashMap<String, usize> = HashMap::new();
    for target in targets.iter().flatten().filter(|target| repeated.contains(&hash(target))) {
        *rows.entry(target.to_lowercase()).or_default() += 1;
    }
    rows.values().filter(|rows| **rows > 1).count()
}

/// Of the address in lower case.
fn hash(target: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    if target.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        hasher.write(target.as_bytes());
    } else {
        hasher.write(target.to_lowercase().as_bytes());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use polars::prelude::NewChunkedArray;

    use super::*;

    #[test]
    fn targets_are_counted_that_stand_on_more_than_one_row() {
        let count = |targets: &[Option<&str>]| super::count(&StringChunked::from_slice_options("".into(), targets));
        assert_eq!(count(&[Some("a@x"), Some("b@x"), None, None]), 0);
        assert_eq!(count(&[Some("a@x"), Some("A@X"), Some("É@x"), Some("a@X"), Some("é@x"), Some("b@x"), None]), 2);
    }
}
