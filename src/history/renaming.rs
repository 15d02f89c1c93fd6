//! Which mailbox is which from day to day.

use std::collections::{HashMap, HashSet};

use polars::prelude::*;

use super::table::TARGET;
use crate::tables::columns;

/// For each row of `today` the row of the same mailbox in `before`; `None` where it is new.
///
/// It is the one of the same address; else, since an address may change, the one that is gone and
/// was to migrate to the same place, where no other mailbox of either day does.
pub(super) fn followed_mailboxes(
    today: &DataFrame,
    before: &DataFrame,
) -> PolarsResult<Vec<Option<usize>>> {
    let known = before.column(columns::MAILBOX)?.str()?.iter();
    let known: HashMap<Option<&str>, usize> = known.zip(0..).collect();
    let mailboxes = today.column(columns::MAILBOX)?.str()?.iter();
    let mut followed: Vec<Option<usize>> = mailboxes
        .map(|mailbox| known.get(&mailbox).copied())
        .collect();
    if followed.iter().all(Option::is_some) {
        return Ok(followed);
    }
    let still_there: HashSet<usize> = followed.iter().flatten().copied().collect();
    let was_at = only_ones(before)?;
    for (target, row) in only_ones(today)? {
        let was = was_at.get(&target).filter(|was| !still_there.contains(was));
        if let (Some(place @ None), Some(was)) = (followed.get_mut(row), was) {
            *place = Some(*was);
        }
    }
    Ok(followed)
}

/// The rows of mailboxes by their targets, where no two have the same.
fn only_ones(mailboxes: &DataFrame) -> PolarsResult<HashMap<u64, usize>> {
    let mut rows: HashMap<u64, usize> = HashMap::new();
    let mut shared = HashSet::new();
    for (target, row) in mailboxes.column(TARGET)?.u64()?.iter().zip(0..) {
        if let Some(target) = target
            && rows.insert(target, row).is_some()
        {
            shared.insert(target);
        }
    }
    rows.retain(|target, _| !shared.contains(target));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailboxes(rows: &[(&str, Option<u64>)]) -> DataFrame {
        df!(
            columns::MAILBOX => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            TARGET => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        )
        .unwrap()
    }

    #[test]
    fn a_mailbox_is_followed_to_another_address_where_its_target_is_its_own() {
        let before = mailboxes(&[
            ("same", Some(1)),
            ("maiden name", Some(2)),
            ("one of two", Some(3)),
            ("other of two", Some(3)),
            ("unknown", None),
            ("stays", Some(5)),
        ]);
        let today = mailboxes(&[
            ("stays", Some(9)),
            ("married name", Some(2)),
            ("new", Some(3)),
            ("unknown too", None),
            ("another", Some(5)),
            ("same", Some(1)),
        ]);
        assert_eq!(
            followed_mailboxes(&today, &before).unwrap(),
            [Some(5), Some(1), None, None, None, Some(0)]
        );
        // Two that share a target today, of which one was alone before, are not told apart.
        let both = mailboxes(&[("a", Some(2)), ("b", Some(2))]);
        assert_eq!(followed_mailboxes(&both, &before).unwrap(), [None, None]);
    }
}
