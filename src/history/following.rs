//! Which failed item is which from day to day, and what it is called.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

use polars::prelude::*;

use super::table::{FIRST_SEEN, FOLDER_SUBJECT_DATE, ITEM, ITEM_IN_ANY_FOLDER, REFERENCE};
use crate::tables::columns;

/// The digits of a reference: no vowel, so that no word appears, and none of those that look alike
/// in print or sound alike on the telephone.
const DIGITS: [char; 24] = [
    '2', '3', '4', '5', '6', '7', '8', '9', 'C', 'D', 'F', 'H', 'J', 'K', 'M', 'N', 'P', 'Q', 'R',
    'T', 'V', 'W', 'X', 'Y',
];
/// The digits in a group: as many as one keeps in mind.
const GROUP: usize = 4;
/// The groups of a reference, where no other item of the day has the same.
const GROUPS: usize = 2;
/// The groups of the longest reference: two fingerprints that are alike in as many are alike.
const MOST_GROUPS: usize = 6;

/// Where a failed item of a day comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemOrigin {
    /// It was never listed, as far as is known.
    New,
    /// It was listed on the day before, in this row.
    Listed(usize),
    /// It was cleared on a day before that, and is in this row of what was cleared.
    Returned(usize),
}

impl ItemOrigin {
    /// Its row on the day before.
    #[must_use]
    pub fn listed(self) -> Option<usize> {
        match self {
            Self::Listed(row) => Some(row),
            Self::New | Self::Returned(_) => None,
        }
    }
}

/// The columns of failed items that tell one from another, row by row.
pub(super) struct FollowedItems<'a> {
    item: Vec<&'a str>,
    in_any_folder: Vec<Option<&'a str>>,
    mailbox: Vec<&'a str>,
    folder_subject_date: Vec<Option<u64>>,
    date: Vec<Option<i32>>,
    size_bytes: Vec<Option<i64>>,
    pub(super) first_seen: Vec<Option<i32>>,
    pub(super) reference: Vec<Option<&'a str>>,
    /// Of each row whether it is known to be a setting, and no mail.
    is_setting: Vec<bool>,
}

impl<'a> FollowedItems<'a> {
    pub(super) fn of(frame: &'a DataFrame) -> PolarsResult<Self> {
        let texts = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.str()?.iter());
        let days = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.date()?.physical().iter());
        let whole = frame.column(FOLDER_SUBJECT_DATE)?.u64()?.iter();
        Ok(Self {
            item: texts(ITEM)?.map(Option::unwrap_or_default).collect(),
            in_any_folder: texts(ITEM_IN_ANY_FOLDER)?.collect(),
            mailbox: (texts(columns::MAILBOX)?.map(Option::unwrap_or_default)).collect(),
            folder_subject_date: whole.collect(),
            date: days(columns::ITEM_DATE)?.collect(),
            size_bytes: frame.column(columns::SIZE_BYTES)?.i64()?.iter().collect(),
            first_seen: days(FIRST_SEEN)?.collect(),
            reference: texts(REFERENCE)?.collect(),
            is_setting: (frame.column(columns::IS_SETTING)?.bool()?.iter())
                .map(|is_setting| is_setting == Some(true))
                .collect(),
        })
    }

    /// Some of the rows in the order of their fingerprints, which is the same however the table is
    /// sorted.
    fn in_order(&self, rows: impl Iterator<Item = usize>) -> Vec<(&'a str, usize)> {
        let mut rows: Vec<(&str, usize)> = rows
            .filter_map(|row| Some((*self.item.get(row)?, row)))
            .collect();
        rows.sort_unstable();
        rows
    }

    /// Where each row comes from: `before` is the list of the day before, `cleared` what left the
    /// list up to then. `renamed` has, of each mailbox that has another address than on the day before, the
    /// fingerprint that it had.
    ///
    /// First the items whose fingerprint is there; then, of those that are left, the ones that are
    /// there in another folder: a user who tidies up does not mend an item. Then those of which all
    /// but the size is the same, where exactly one left the list and one came; then those of renamed
    /// mailboxes. Whatever else is said of an item, when it was tried and what the tool said, may
    /// change from day to day.
    pub(super) fn followed_from(
        &self,
        before: &Self,
        cleared: &Self,
        renamed: &HashMap<&str, &str>,
    ) -> Vec<ItemOrigin> {
        let mut origins = vec![ItemOrigin::New; self.item.len()];
        let places: HashMap<&str, usize> = (self.item.iter().copied()).zip(0..).collect();
        let mut exactly = |earlier: &Self, origin: fn(usize) -> ItemOrigin| {
            let mut left = Vec::new();
            for (row, item) in earlier.item.iter().enumerate() {
                match places.get(item).and_then(|place| origins.get_mut(*place)) {
                    Some(place @ ItemOrigin::New) => *place = origin(row),
                    _ => left.push(row),
                }
            }
            left
        };
        let left = exactly(before, ItemOrigin::Listed);
        let gone = exactly(cleared, ItemOrigin::Returned);
        if !origins.contains(&ItemOrigin::New) {
            return origins;
        }
        let mut left = before.in_order(left.into_iter());
        let mut gone = cleared.in_order(gone.into_iter());
        let new = (0..)
            .zip(&origins)
            .filter(|(_, origin)| **origin == ItemOrigin::New);
        let new = self.in_order(new.map(|(row, _)| row));
        let mut pairs = Pairs { origins, new };
        pairs.add(
            &mut left,
            (ItemOrigin::Listed, Claim::InOrder),
            |row| before.in_any_folder.get(row).copied().flatten(),
            |row| self.in_any_folder.get(row).copied().flatten(),
        );
        let same_but_size = |items: &Self, row: usize| {
            let digest = items.folder_subject_date.get(row).copied().flatten()?;
            Some((*items.mailbox.get(row)?, digest))
        };
        pairs.add(
            &mut left,
            (ItemOrigin::Listed, Claim::WhereAlone),
            |row| same_but_size(before, row),
            |row| same_but_size(self, row),
        );
        if !renamed.is_empty() {
            let in_mailbox = |items: &Self, row: usize| {
                let digest = items.folder_subject_date.get(row).copied();
                let known = (
                    items.date.get(row).copied(),
                    items.size_bytes.get(row).copied(),
                );
                (digest, known)
            };
            pairs.add(
                &mut left,
                (ItemOrigin::Listed, Claim::InOrder),
                |row| Some((*before.mailbox.get(row)?, in_mailbox(before, row))),
                |row| {
                    let was = renamed.get(self.mailbox.get(row)?)?;
                    Some((*was, in_mailbox(self, row)))
                },
            );
        }
        pairs.add(
            &mut gone,
            (ItemOrigin::Returned, Claim::InOrder),
            |row| cleared.in_any_folder.get(row).copied().flatten(),
            |row| self.in_any_folder.get(row).copied().flatten(),
        );
        pairs.origins
    }

    /// How many rows are mail and of such an origin.
    pub(super) fn mail(&self, origins: &[ItemOrigin], is_such: fn(&ItemOrigin) -> bool) -> usize {
        let rows = origins.iter().zip(&self.is_setting);
        rows.filter(|(origin, is_setting)| is_such(origin) && !**is_setting)
            .count()
    }

    /// How many rows are mail and not among those that items of a later day were followed from. One
    /// that turns out to be a setting is not cleared.
    pub(super) fn mail_not_in(&self, origins: &[ItemOrigin]) -> usize {
        let is_mail = |row: &usize| self.is_setting.get(*row) == Some(&false);
        let listed = origins.iter().filter_map(|origin| origin.listed());
        (0..self.is_setting.len()).filter(is_mail).count() - listed.filter(is_mail).count()
    }

    /// What each row is called: as before, where `known` says how; else by its fingerprint, with as
    /// many groups as it takes to differ from every other, and from those that were `cleared`.
    pub(super) fn named(&self, known: &[Option<&str>], cleared: &Self) -> Vec<String> {
        let mut names: Vec<String> = known
            .iter()
            .map(|known| known.unwrap_or_default().to_owned())
            .collect();
        let mut taken: HashSet<String> = (known.iter().chain(&cleared.reference).flatten())
            .map(ToString::to_string)
            .collect();
        let unnamed = (0..known.len()).filter(|row| matches!(known.get(*row), Some(None)));
        for (item, row) in self.in_order(unnamed) {
            let name = (GROUPS..=MOST_GROUPS)
                .map(|groups| reference(item, groups))
                .find(|name| !taken.contains(name))
                .unwrap_or_else(|| item.to_uppercase());
            taken.insert(name.clone());
            if let Some(unnamed) = names.get_mut(row) {
                *unnamed = name;
            }
        }
        names
    }
}

/// Which of the earlier items that are alike is the one that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// The first that is left: they are alike in all that is known.
    InOrder,
    /// The only one, for the only one.
    WhereAlone,
}

/// Finds, pass by pass, the earlier items of those that are new so far.
struct Pairs<'a> {
    origins: Vec<ItemOrigin>,
    /// The rows that are new so far, with their fingerprints, in the order of these.
    new: Vec<(&'a str, usize)>,
}

impl Pairs<'_> {
    /// Pairs those whose keys are equal, and takes them out of the earlier rows that are left.
    fn add<K: Eq + Hash>(
        &mut self,
        left: &mut Vec<(&str, usize)>,
        (origin, claim): (fn(usize) -> ItemOrigin, Claim),
        key_then: impl Fn(usize) -> Option<K>,
        key_now: impl Fn(usize) -> Option<K>,
    ) {
        let mut then: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (_, row) in left.iter() {
            if let Some(key) = key_then(*row) {
                then.entry(key).or_default().push_back(*row);
            }
        }
        if then.is_empty() {
            return;
        }
        if claim == Claim::WhereAlone {
            let mut now: HashMap<K, usize> = HashMap::new();
            for key in self.new.iter().filter_map(|(_, row)| key_now(*row)) {
                *now.entry(key).or_default() += 1;
            }
            then.retain(|key, rows| rows.len() == 1 && now.get(key) == Some(&1));
        }
        let mut paired = HashSet::new();
        self.new.retain(|(_, row)| {
            let earlier = key_now(*row).and_then(|key| then.get_mut(&key)?.pop_front());
            if let (Some(earlier), Some(place)) = (earlier, self.origins.get_mut(*row)) {
                *place = origin(earlier);
                paired.insert(earlier);
            }
            earlier.is_none()
        });
        left.retain(|(_, row)| !paired.contains(row));
    }
}

/// The first groups of digits of a fingerprint: `7F3K-29QD`.
fn reference(item: &str, groups: usize) -> String {
    let mut number = u128::from_str_radix(item, 16).unwrap_or_default();
    let base = DIGITS.len() as u128;
    let mut text = String::new();
    for place in 0..groups * GROUP {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        let digit = usize::try_from(number % base).unwrap_or_default();
        text.extend(DIGITS.get(digit));
        number /= base;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items of mailbox `m`, by their fingerprints and what stays of them in another folder.
    fn items<'a>(rows: &[(&'a str, Option<&'a str>)]) -> FollowedItems<'a> {
        FollowedItems {
            item: rows.iter().map(|(item, _)| *item).collect(),
            in_any_folder: rows.iter().map(|(_, anywhere)| *anywhere).collect(),
            mailbox: vec!["m"; rows.len()],
            folder_subject_date: vec![None; rows.len()],
            date: vec![None; rows.len()],
            size_bytes: vec![None; rows.len()],
            first_seen: vec![None; rows.len()],
            reference: vec![None; rows.len()],
            is_setting: vec![false; rows.len()],
        }
    }

    /// Items of which no more is known than these: mailbox, folder, subject and date as one, size.
    fn known<'a>(rows: &[(&'a str, &'a str, u64, i64)]) -> FollowedItems<'a> {
        let mut known = items(&rows.iter().map(|row| (row.0, None)).collect::<Vec<_>>());
        known.mailbox = rows.iter().map(|row| row.1).collect();
        known.folder_subject_date = rows.iter().map(|row| Some(row.2)).collect();
        known.size_bytes = rows.iter().map(|row| Some(row.3)).collect();
        known
    }

    use ItemOrigin::{Listed, New, Returned};

    #[test]
    fn an_item_is_followed_into_another_folder_and_each_only_once() {
        let before = items(&[
            ("1", Some("a")),
            ("2", Some("a")),
            ("3", Some("b")),
            ("4", None),
        ]);
        let today = items(&[
            ("9", Some("a")),
            ("2", Some("a")),
            ("8", Some("a")),
            ("4", None),
            ("5", None),
            ("3", None),
        ]);
        let followed =
            |today: &FollowedItems<'_>| today.followed_from(&before, &items(&[]), &HashMap::new());
        // Of the two that are new in their folders only one was there before: the one whose
        // fingerprint is first.
        assert_eq!(
            followed(&today),
            [New, Listed(1), Listed(0), Listed(3), New, Listed(2)]
        );
        assert_eq!(followed(&items(&[])), []);
    }

    #[test]
    fn an_item_that_was_cleared_returns_and_what_is_listed_comes_first() {
        let before = items(&[("1", Some("a"))]);
        let cleared = items(&[("2", Some("a")), ("3", Some("b")), ("4", Some("b"))]);
        let today = items(&[
            ("2", Some("a")),
            ("5", Some("a")),
            ("6", Some("b")),
            ("7", Some("c")),
        ]);
        assert_eq!(
            today.followed_from(&before, &cleared, &HashMap::new()),
            [Returned(0), Listed(0), Returned(1), New]
        );
    }

    #[test]
    fn an_item_is_followed_to_another_size_where_it_can_be_no_other() {
        let before = known(&[("1", "m", 1, 10), ("2", "m", 2, 10), ("3", "m", 2, 20)]);
        let today = known(&[("4", "m", 1, 11), ("5", "m", 2, 30), ("6", "n", 1, 10)]);
        assert_eq!(
            today.followed_from(&before, &items(&[]), &HashMap::new()),
            [Listed(0), New, New]
        );
        let two_came = known(&[("4", "m", 1, 11), ("5", "m", 1, 12)]);
        assert_eq!(
            two_came.followed_from(&before, &items(&[]), &HashMap::new()),
            [New, New]
        );
    }

    #[test]
    fn items_go_with_their_mailbox_to_another_address() {
        let before = known(&[("1", "old", 1, 10), ("2", "old", 1, 10), ("3", "old", 2, 5)]);
        let today = known(&[
            ("7", "new", 1, 10),
            ("8", "new", 2, 5),
            ("9", "new", 1, 10),
            ("a", "new", 1, 11),
            ("b", "other", 2, 5),
        ]);
        let renamed = HashMap::from([("new", "old")]);
        assert_eq!(
            today.followed_from(&before, &items(&[]), &renamed),
            [Listed(0), Listed(2), Listed(1), New, New]
        );
    }

    #[test]
    fn references_are_short_and_grow_where_two_are_alike() {
        let one = "000000000000000000000000000000ff";
        // The same remainder by 24 to the 8th.
        let other = format!("{:032x}", 255 + 24_u128.pow(8));
        assert_eq!(reference(one, GROUPS), "NF22-2222");
        assert_eq!(reference(&other, GROUPS), reference(one, GROUPS));
        let both = items(&[(&other, None), (one, None)]);
        let names = both.named(&[None, None], &items(&[]));
        assert_eq!(names, ["NF22-2222-3222", "NF22-2222"]);
        // The one that was there first keeps its short name, and the other, left alone, its long
        // one.
        assert_eq!(
            both.named(&[Some("NF22-2222"), None], &items(&[])),
            ["NF22-2222", "NF22-2222-2222"]
        );
        assert_eq!(
            items(&[(&other, None)]).named(&[Some("NF22-2222-3222")], &items(&[])),
            ["NF22-2222-3222"]
        );
        // Nor is it called as one that is cleared, and may return.
        let mut cleared = items(&[(one, None)]);
        cleared.reference = vec![Some("NF22-2222")];
        assert_eq!(
            items(&[(&other, None)]).named(&[None], &cleared),
            ["NF22-2222-3222"]
        );
    }

    #[test]
    fn digits_are_told_apart() {
        let digits: HashSet<char> = DIGITS.into();
        assert_eq!(digits.len(), DIGITS.len());
        assert!("01AEIOULSZBG".chars().all(|digit| !digits.contains(&digit)));
        // 24 to the 27th is just below 2 to the 128th: so many digits a fingerprint has.
        const { assert!(MOST_GROUPS * GROUP <= 27) }
    }
}
