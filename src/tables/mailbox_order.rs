use std::borrow::Cow;

use polars::prelude::*;

use crate::exports::{Export, Field};

/// Where a row stands in the order of mailboxes. Most addresses differ in their first bytes, which
/// are compared without a look at the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    start: [u64; 3],
    row: IdxSize,
}

impl Key {
    fn of(mailbox: &[u8], row: usize) -> Self {
        let mut start = [0; 24];
        match mailbox.first_chunk() {
            Some(first) => start = *first,
            None => start
                .iter_mut()
                .zip(mailbox)
                .for_each(|(to, byte)| *to = *byte),
        }
        start.make_ascii_lowercase();
        let mut numbers = [0; 3];
        numbers
            .iter_mut()
            .zip(start.as_chunks().0)
            .for_each(|(number, bytes)| *number = u64::from_be_bytes(*bytes));
        Self {
            start: numbers,
            row: IdxSize::try_from(row).unwrap_or(IdxSize::MAX),
        }
    }
}

/// Sorts keys of the same beginning, which are in the order of their rows, by what follows in
/// `folded` of the mailbox.
fn sort_alike<'a, T: Ord>(
    keys: &mut [Key],
    mailbox: impl Fn(IdxSize) -> &'a str,
    folded: impl Fn(&'a str) -> T,
) {
    for alike in keys.chunk_by_mut(|a, b| a.start == b.start) {
        // Nearly always the rows of one mailbox, written the same.
        let mut mailboxes = alike.iter().map(|key| mailbox(key.row));
        let first = mailboxes.next();
        if !mailboxes.all(|mailbox| Some(mailbox) == first) {
            alike.sort_by_cached_key(|key| (folded(mailbox(key.row)), key.row));
        }
    }
}

/// The rows of an export in the order of their mailboxes, as far as can be told from their cells,
/// in parts of `size` rows.
///
/// What is read in this order need hardly ever be sorted: to move the rows of a table takes longer
/// than to read them from anywhere, and takes the memory of another table.
pub(super) fn rows_by_mailbox(export: &Export, size: usize) -> Vec<IdxSize> {
    let column = export.column(Field::SourceMailbox).unwrap_or_default();
    let mailbox = |row: usize| export.sheet.cell(row, column);
    let key = |row: usize| Key::of(mailbox(row).as_bytes(), row);
    let parts = export.height().div_ceil(size.max(1)).max(1);
    let limits = limits_of_parts(
        export.rows().step_by(ROWS_A_SAMPLE).map(key).collect(),
        parts,
    );
    let keys_of = |part: usize| {
        let mut shares = vec![Vec::new(); parts];
        for key in export.rows().skip(part * size).take(size).map(key) {
            let share = limits.partition_point(|limit| limit.start <= key.start);
            shares
                .get_mut(share)
                .into_iter()
                .for_each(|share| share.push(key));
        }
        shares
    };
    let sorted = |mut keys: Vec<Key>| {
        keys.sort_unstable();
        sort_alike(&mut keys, |row| mailbox(row as usize), str::to_lowercase);
        keys
    };
    let by_part = in_threads((0..parts).collect(), keys_of);
    let mut by_share: Vec<Vec<Key>> = vec![Vec::new(); parts];
    for shares in by_part {
        by_share
            .iter_mut()
            .zip(shares)
            .for_each(|(whole, share)| whole.extend(share));
    }
    in_threads(by_share, sorted)
        .into_iter()
        .flatten()
        .map(|key| key.row)
        .collect()
}

/// One key in so many says where the others are likely to be.
const ROWS_A_SAMPLE: usize = 128;

/// The keys from which on each part but the first begins, so that parts are of about the same size.
fn limits_of_parts(mut sample: Vec<Key>, parts: usize) -> Vec<Key> {
    sample.sort_unstable();
    (1..parts)
        .filter_map(|part| sample.get(sample.len() * part / parts).copied())
        .collect()
}

/// Does the same with each of `parts` at the same time; what comes of them is in their order.
pub(super) fn in_threads<T: Send, R: Send>(parts: Vec<T>, each: impl Fn(T) -> R + Sync) -> Vec<R> {
    if parts.len() <= 1 {
        return parts.into_iter().map(each).collect();
    }
    std::thread::scope(|scope| {
        let each = &each;
        let threads: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || each(part)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

/// Whether the mailboxes of rows come in their order.
#[derive(Debug, Default)]
pub(super) struct Sequence<'a> {
    first: Option<Cow<'a, str>>,
    last: Option<Cow<'a, str>>,
    is_broken: bool,
    has_repeats: bool,
}

impl<'a> Sequence<'a> {
    /// Adds the mailbox of the next row.
    pub(super) fn push(&mut self, mailbox: Cow<'a, str>) {
        match self.last.take() {
            Some(last) => self.compare(&last, &mailbox),
            None => self.first = Some(mailbox.clone()),
        }
        self.last = Some(mailbox);
    }

    fn compare(&mut self, before: &str, after: &str) {
        self.is_broken |= before > after;
        self.has_repeats |= before == after;
    }

    /// Adds the rows that follow.
    pub(super) fn append(&mut self, next: Self) {
        self.is_broken |= next.is_broken;
        self.has_repeats |= next.has_repeats;
        let Some(first) = next.first else { return };
        match self.last.take() {
            Some(last) => self.compare(&last, &first),
            None => self.first = Some(first),
        }
        self.last = next.last;
    }

    /// Whether no mailbox comes before the one of the row before.
    pub(super) fn is_in_order(&self) -> bool {
        !self.is_broken
    }

    /// Whether each comes behind that of the row before.
    pub(super) fn is_strictly_in_order(&self) -> bool {
        !self.is_broken && !self.has_repeats
    }
}

/// Calls `each` with the rows of each mailbox in their order, the mailboxes in the order of their
/// addresses.
pub(super) fn for_each_mailbox(mailboxes: &StringChunked, each: impl FnMut(&[IdxSize])) {
    let texts: Vec<&str> = mailboxes.iter().map(Option::unwrap_or_default).collect();
    let mailbox = |row: IdxSize| texts.get(row as usize).copied().unwrap_or_default();
    let mut keys: Vec<Key> = texts
        .iter()
        .enumerate()
        .map(|(row, text)| Key::of(text.as_bytes(), row))
        .collect();
    keys.sort();
    sort_alike(&mut keys, mailbox, |mailbox| mailbox);
    let rows: Vec<IdxSize> = keys.into_iter().map(|key| key.row).collect();
    rows.chunk_by(|a, b| mailbox(*a) == mailbox(*b))
        .for_each(each);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn mailboxes_are_in_the_order_of_their_text(mailboxes in proptest::collection::vec("[ab]{0,2}(same-beginning-of-some-length)?[abé]{0,3}", 0..40)) {
            let mut rows = Vec::new();
            let column = StringChunked::new("mailbox".into(), &mailboxes);
            for_each_mailbox(&column, |of_one| {
                assert!(of_one.iter().all(|row| mailboxes[*row as usize] == mailboxes[of_one[0] as usize]));
                rows.extend(of_one.iter().map(|row| *row as usize));
            });
            let mut expected: Vec<usize> = (0..mailboxes.len()).collect();
            expected.sort_by_key(|row| &mailboxes[*row]);
            prop_assert_eq!(rows, expected);
        }

        #[test]
        fn a_sequence_knows_whether_it_is_in_order(parts in proptest::collection::vec(proptest::collection::vec("[ab]{1,2}", 0..3), 0..4)) {
            let mut whole = Sequence::default();
            for part in &parts {
                let mut sequence = Sequence::default();
                part.iter().for_each(|mailbox| sequence.push(Cow::Borrowed(mailbox.as_str())));
                whole.append(sequence);
            }
            let mailboxes = parts.concat();
            prop_assert_eq!(whole.is_in_order(), mailboxes.is_sorted());
            prop_assert_eq!(whole.is_strictly_in_order(), mailboxes.is_sorted_by(|a, b| a < b));
        }
    }
}
