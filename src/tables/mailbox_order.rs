use polars::prelude::*;

/// Where a row stands in the order of mailboxes. Most addresses differ in their first bytes, which are compared without a
/// look at the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    start: [u64; 3],
    row: IdxSize,
}

impl Key {
    pub(super) fn of(mailbox: &str, row: usize) -> Self {
        let mut start = [0; 24];
        match mailbox.as_bytes().first_chunk() {
            Some(first) => start = *first,
            None => start.iter_mut().zip(mailbox.bytes()).for_each(|(to, byte)| *to = byte),
        }
        let mut numbers = [0; 3];
        numbers.iter_mut().zip(start.as_chunks().0).for_each(|(number, bytes)| *number = u64::from_be_bytes(*bytes));
        Self { start: numbers, row: IdxSize::try_from(row).unwrap_or(IdxSize::MAX) }
    }
}

/// Calls `each` with the rows of each mailbox in their order, the mailboxes in the order of their addresses. `parts` are
/// the keys of the rows in each part of a table, sorted, and `mailboxes` the addresses in all of them.
pub(super) fn for_each_mailbox(parts: Vec<Vec<Key>>, mailboxes: &StringChunked, mut each: impl FnMut(&[IdxSize])) {
    let mut keys = Vec::with_capacity(mailboxes.len());
    let mut first_row = 0;
    for part in parts {
        let rows = IdxSize::try_from(part.len()).unwrap_or(IdxSize::MAX);
        keys.extend(part.into_iter().map(|key| Key { start: key.start, row: first_row + key.row }));
        first_row += rows;
    }
    // Merges the parts, which it finds to be sorted.
    keys.sort();
    let mut rows = Vec::new();
    for alike in keys.chunk_by(|a, b| a.start == b.start) {
        rows.clear();
        rows.extend(alike.iter().map(|key| key.row));
        if let [row] = rows.as_slice() {
            each(&[*row]);
            continue;
        }
        let mailbox = |row: &IdxSize| mailboxes.get(*row as usize);
        rows.sort_by(|a, b| mailbox(a).cmp(&mailbox(b)));
        rows.chunk_by(|a, b| mailbox(a) == mailbox(b)).for_each(&mut each);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn mailboxes_are_in_the_order_of_their_text(parts in proptest::collection::vec(proptest::collection::vec("[ab]{0,2}(same-beginning-of-some-length)?[abé]{0,3}", 0..20), 1..4)) {
            let sorted_keys = |part: &Vec<String>| {
                let mut keys: Vec<Key> = part.iter().enumerate().map(|(row, mailbox)| Key::of(mailbox, row)).collect();
                keys.sort_unstable();
                keys
            };
            let keys: Vec<Vec<Key>> = parts.iter().map(sorted_keys).collect();
            let mailboxes = parts.concat();
            let mut rows = Vec::new();
            let column = StringChunked::new("mailbox".into(), &mailboxes);
            for_each_mailbox(keys, &column, |of_one| {
                assert!(of_one.iter().all(|row| mailboxes[*row as usize] == mailboxes[of_one[0] as usize]));
                rows.extend(of_one.iter().map(|row| *row as usize));
            });
            let mut expected: Vec<usize> = (0..mailboxes.len()).collect();
            expected.sort_by_key(|row| &mailboxes[*row]);
            prop_assert_eq!(rows, expected);
        }
    }
}
