use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::OrganisationCode;
use crate::domain::plural::counted;
use crate::metrics::OrganisationMetrics;

/// Which organisation has which mailboxes in its exports of the day: one mailbox is one
/// organisation's.
#[derive(Default)]
pub(crate) struct Neighbours {
    owners: HashMap<u64, usize>,
    /// The organisations that were added, with how many mailboxes each has.
    added: Vec<(OrganisationCode, usize)>,
}

/// Mailboxes that two organisations both have.
pub(crate) struct Overlap {
    /// The organisation that was read first.
    pub(crate) with: OrganisationCode,
    shared: usize,
    /// Whether they are so many that one organisation must have been given the other's export.
    pub(crate) holds: bool,
}

impl Overlap {
    /// What is to be said of one of the two; `other` is the second.
    pub(crate) fn in_words(&self, other: &OrganisationCode) -> String {
        let shared = counted(self.shared, "mailbox", "mailboxes");
        if self.holds {
            format!(
                "{shared} of its exports are in those of {other} too: one of them has the other's \
                 export. Put the right ones there, and run this day again"
            )
        } else {
            format!(
                "{} of its exports {} in those of {other} too: take it out of one, so that each \
                 report names its own people only",
                shared,
                if self.shared == 1 { "is" } else { "are" }
            )
        }
    }
}

/// The mailboxes of an organisation as they are compared: numbers that stand for their addresses.
pub(crate) fn marks_of(metrics: &OrganisationMetrics) -> Vec<u64> {
    let mark = |address: &str| {
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        hasher.finish()
    };
    metrics
        .mailboxes
        .iter()
        .map(|mailbox| mark(&mailbox.address))
        .collect()
}

impl Neighbours {
    /// Adds an organisation. Gives with whom it has mailboxes in common.
    pub(crate) fn add(&mut self, code: &OrganisationCode, marks: &[u64]) -> Vec<Overlap> {
        let number = self.added.len();
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for mark in marks {
            match self.owners.get(mark) {
                Some(owner) if *owner != number => *shared.entry(*owner).or_default() += 1,
                Some(_) => {}
                None => _ = self.owners.insert(*mark, number),
            }
        }
        self.added.push((code.clone(), marks.len()));
        let mut overlaps: Vec<Overlap> = Vec::new();
        for (owner, shared) in shared {
            if let Some((with, mailboxes)) = self.added.get(owner) {
                overlaps.push(Overlap {
                    with: with.clone(),
                    shared,
                    // A person who moves, or a shared mailbox, is in both by right.
                    holds: shared * 2 >= marks.len().min(*mailboxes),
                });
            }
        }
        overlaps.sort_by(|one, other| one.with.cmp(&other.with));
        overlaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_smaller_ones_mailboxes_are_anothers_export() {
        let code = |code: &str| OrganisationCode::parse(code).unwrap();
        let mut neighbours = Neighbours::default();
        assert!(
            neighbours
                .add(&code("ZNM"), &[1, 2, 3, 4, 5, 6, 7, 7])
                .is_empty()
        );
        let [few] = neighbours
            .add(&code("ZTP"), &[7, 8, 9, 10])
            .try_into()
            .ok()
            .unwrap();
        assert!(
            !few.holds
                && few
                    .in_words(&code("ZNM"))
                    .starts_with("1 mailbox of its exports is")
        );
        let [many] = neighbours
            .add(&code("ZMU"), &[1, 2, 20])
            .try_into()
            .ok()
            .unwrap();
        assert!(many.holds && many.with == code("ZNM"));
    }
}
