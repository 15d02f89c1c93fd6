//! Which failed item is which from day to day, and what it is called.

use std::collections::{HashMap, HashSet, VecDeque};

use polars::prelude::*;

use super::table::{FIRST_SEEN, ITEM, ITEM_IN_ANY_FOLDER, REFERENCE};
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

/// The columns of failed items that tell one from another, row by row.
pub(super) struct FollowedItems<'a> {
    item: Vec<&'a str>,
    in_any_folder: Vec<Option<&'a str>>,
    pub(super) first_seen: Vec<Option<i32>>,
    pub(super) reference: Vec<Option<&'a str>>,
    /// Of each row whether it is known to be a setting, and no mail.
    is_setting: Vec<bool>,
}

impl<'a> FollowedItems<'a> {
    pub(super) fn of(frame: &'a DataFrame) -> PolarsResult<Self> {
        let texts = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.str()?.iter());
        let first_seen = frame.column(FIRST_SEEN)?.date()?;
        Ok(Self {
            item: texts(ITEM)?.map(Option::unwrap_or_default).collect(),
            in_any_folder: texts(ITEM_IN_ANY_FOLDER)?.collect(),
            first_seen: first_seen.physical().iter().collect(),
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

    /// For each row the row of the same item in `before`; `None` where it is new.
    ///
    /// First the items whose fingerprint is there; then, of those that are left, the ones that are
    /// there in another folder: a user who tidies up does not mend an item. Whatever else is said
    /// of an item, when it was tried and what the tool said, may change from day to day.
    pub(super) fn followed_from(&self, before: &Self) -> Vec<Option<usize>> {
        let mut left: HashMap<&str, usize> = before
            .item
            .iter()
            .enumerate()
            .map(|(row, item)| (*item, row))
            .collect();
        let mut rows: Vec<Option<usize>> = self.item.iter().map(|item| left.remove(item)).collect();
        let mut moved: HashMap<&str, VecDeque<usize>> = HashMap::default();
        for (_, row) in before.in_order(left.into_values()) {
            if let Some(anywhere) = before.in_any_folder.get(row).copied().flatten() {
                moved.entry(anywhere).or_default().push_back(row);
            }
        }
        let new = (0..rows.len()).filter(|row| matches!(rows.get(*row), Some(None)));
        for (_, row) in self.in_order(new) {
            let anywhere = self.in_any_folder.get(row).copied().flatten();
            if let (Some(place), Some(anywhere)) = (rows.get_mut(row), anywhere) {
                *place = moved.get_mut(anywhere).and_then(VecDeque::pop_front);
            }
        }
        rows
    }

    /// How many rows are mail and new, by where each was before.
    pub(super) fn new_mail(&self, followed: &[Option<usize>]) -> usize {
        let rows = followed.iter().zip(&self.is_setting);
        rows.filter(|(row, is_setting)| row.is_none() && !**is_setting)
            .count()
    }

    /// How many rows are mail and not among those that items of a later day were followed from. One
    /// that turns out to be a setting is not cleared.
    pub(super) fn mail_not_in(&self, followed: &[Option<usize>]) -> usize {
        let is_mail = |row: &usize| self.is_setting.get(*row) == Some(&false);
        let followed = followed.iter().flatten().filter(|row| is_mail(row)).count();
        (0..self.is_setting.len()).filter(is_mail).count() - followed
    }

    /// What each row is called: as before, where `known` says how; else by its fingerprint, with as
    /// many groups as it takes to differ from every other.
    pub(super) fn named(&self, known: &[Option<&str>]) -> Vec<String> {
        let mut names: Vec<String> = known
            .iter()
            .map(|known| known.unwrap_or_default().to_owned())
            .collect();
        let mut taken: HashSet<String> = known.iter().flatten().map(ToString::to_string).collect();
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

    fn items<'a>(rows: &[(&'a str, Option<&'a str>)]) -> FollowedItems<'a> {
        FollowedItems {
            item: rows.iter().map(|(item, _)| *item).collect(),
            in_any_folder: rows.iter().map(|(_, anywhere)| *anywhere).collect(),
            first_seen: vec![None; rows.len()],
            reference: vec![None; rows.len()],
            is_setting: vec![false; rows.len()],
        }
    }

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
        // Of the two that are new in their folders only one was there before: the one whose
        // fingerprint is first.
        assert_eq!(
            today.followed_from(&before),
            [None, Some(1), Some(0), Some(3), None, Some(2)]
        );
        assert_eq!(items(&[]).followed_from(&before), []);
    }

    #[test]
    fn references_are_short_and_grow_where_two_are_alike() {
        let one = "000000000000000000000000000000ff";
        // The same remainder by 24 to the 8th.
        let other = format!("{:032x}", 255 + 24_u128.pow(8));
        assert_eq!(reference(one, GROUPS), "NF22-2222");
        assert_eq!(reference(&other, GROUPS), reference(one, GROUPS));
        let both = items(&[(&other, None), (one, None)]);
        let names = both.named(&[None, None]);
        assert_eq!(names, ["NF22-2222-3222", "NF22-2222"]);
        // The one that was there first keeps its short name, and the other, left alone, its long
        // one.
        assert_eq!(
            both.named(&[Some("NF22-2222"), None]),
            ["NF22-2222", "NF22-2222-2222"]
        );
        assert_eq!(
            items(&[(&other, None)]).named(&[Some("NF22-2222-3222")]),
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
