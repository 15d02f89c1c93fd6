use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::ops::Bound;
use std::sync::OnceLock;

use foldhash::fast::RandomState;

use super::addresses::addresses_in;
use crate::domain::Domain;
use crate::report::NO_LONGER_EXPORTED;

/// Stand where a table says nothing, and name nobody.
const NOBODY: [&str; 2] = ["Not reported", "–"];

/// Who and what belongs to an organisation: all that its reports may name. It is made of the
/// register and of the organisation's own tables, beside the reports and not by them; texts are as
/// reports print them.
pub struct Roster {
    mail_domains: Vec<Domain>,
    /// By the address of the mailbox, the names of its user.
    users: HashMap<String, Vec<String>, RandomState>,
    names: TextSet,
    collections: TextSet,
    addresses: TextSet,
}

/// Texts to look one up in; seldom also by how it begins, where only that much is left of it.
#[derive(Default)]
struct TextSet {
    all: HashSet<String, RandomState>,
    in_order: OnceLock<BTreeSet<String>>,
}

impl TextSet {
    /// Adds a text, and says whether it is new.
    fn add(&mut self, text: &str) -> bool {
        self.in_order.take();
        !self.all.contains(text) && self.all.insert(text.to_owned())
    }

    fn hold(&self, text: &str) -> bool {
        self.all.contains(text)
    }

    fn hold_one_that_begins(&self, start: &str) -> bool {
        let in_order = || self.all.iter().cloned().collect();
        let in_order: &BTreeSet<String> = self.in_order.get_or_init(in_order);
        let mut from = in_order.range::<str, _>((Bound::Included(start), Bound::Unbounded));
        from.next().is_some_and(|text| text.starts_with(start))
    }

    /// Whether a cell says one of them, or the start of one that is too long for a cell.
    fn hold_cell(&self, cell: &str) -> bool {
        let start = cell.strip_suffix('…');
        self.hold(cell) || start.is_some_and(|start| self.hold_one_that_begins(start))
    }
}

impl Roster {
    /// An organisation without users, whose source mailboxes are in these domains.
    #[must_use]
    pub fn new(mail_domains: &[Domain]) -> Self {
        Self {
            mail_domains: mail_domains.to_vec(),
            users: HashMap::default(),
            names: TextSet::default(),
            collections: TextSet::default(),
            addresses: TextSet::default(),
        }
    }

    /// Adds a source mailbox, and a name that a table has for its user.
    pub fn add_user(&mut self, mailbox: &str, name: Option<&str>) {
        if !self.users.contains_key(mailbox) {
            self.allow(mailbox);
            self.users.insert(mailbox.to_owned(), Vec::new());
        }
        if let (Some(names), Some(name)) = (self.users.get_mut(mailbox), name)
            && names.iter().all(|known| known != name)
        {
            names.push(name.to_owned());
            if self.names.add(name) {
                self.allow(name);
            }
        }
    }

    /// Adds a collection.
    pub fn add_collection(&mut self, collection: &str) {
        if self.collections.add(collection) {
            self.allow(collection);
        }
    }

    /// Adds every address in a text that a report may quote: a recipient, the contact, what a table
    /// says.
    pub fn allow(&mut self, text: &str) {
        for found in addresses_in(text) {
            self.addresses.add(&found.address);
        }
    }

    /// Whether a source mailbox is one of the organisation's: by its domain, which the register
    /// says, and by its own tables, since two organisations may share a domain.
    pub(super) fn has_mailbox(&self, address: &str) -> bool {
        if address == NO_LONGER_EXPORTED {
            return true;
        }
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.mail_domains.iter().any(|own| own.holds(domain)) && self.users.contains_key(address)
    }

    /// Whether the user of a mailbox goes by a name; of any mailbox, where none is named.
    pub(super) fn goes_by(&self, mailbox: Option<&str>, name: &str) -> bool {
        let is_nobody = NOBODY.contains(&name);
        if mailbox == Some(NO_LONGER_EXPORTED) {
            return is_nobody;
        }
        let Some(mailbox) = mailbox else {
            return is_nobody || self.names.hold_cell(name);
        };
        let start = name.strip_suffix('…');
        let is_own =
            |own: &String| own == name || start.is_some_and(|start| own.starts_with(start));
        let names = self.users.get(mailbox);
        names.is_some_and(|names| is_nobody || names.iter().any(is_own))
    }

    /// Whether a collection is one of the organisation's.
    pub(super) fn has_collection(&self, collection: &str) -> bool {
        collection == "No collection reported"
            || NOBODY.contains(&collection)
            || self.collections.hold_cell(collection)
    }

    /// Whether a text shows an address that is neither the organisation's nor one that was added.
    pub(super) fn is_foreign_in(&self, text: &str) -> bool {
        let own = &self.addresses;
        addresses_in(text).any(|found| {
            !if found.is_cut {
                own.hold_one_that_begins(&found.address)
            } else {
                own.hold(&found.address)
            }
        })
    }
}

impl fmt::Debug for Roster {
    /// Counts: its names and addresses are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (users, collections) = (self.users.len(), self.collections.all.len());
        write!(f, "Roster({users} users, {collections} collections)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        let mut roster = Roster::new(&[
            Domain::parse("nm.example").unwrap(),
            Domain::parse("shared.example").unwrap(),
        ]);
        roster.add_user("ann@nm.example", Some("Ann Lee"));
        roster.add_user("bob@shared.example", None);
        roster.add_user("eve@elsewhere.example", None);
        roster.add_collection("Ward 1 (ward@nm.example)");
        roster
    }

    #[test]
    fn a_mailbox_is_of_the_domain_and_of_the_tables() {
        let roster = roster();
        assert!(roster.has_mailbox("ann@nm.example") && roster.has_mailbox("bob@shared.example"));
        for foreign in [
            "carl@shared.example",
            "eve@elsewhere.example",
            "ann@xnm.example",
            "ann",
            "",
        ] {
            assert!(!roster.has_mailbox(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_name_stands_beside_its_own_mailbox() {
        let roster = roster();
        for name in ["Ann Lee", "Ann L…", "Not reported", "–"] {
            assert!(
                roster.goes_by(Some("ann@nm.example"), name) && roster.goes_by(None, name),
                "{name}"
            );
        }
        assert!(
            !roster.goes_by(Some("bob@shared.example"), "Ann Lee")
                && !roster.goes_by(None, "Ann")
                && !roster.goes_by(None, "Bo…")
        );
        assert!(!roster.goes_by(Some("carl@shared.example"), "Not reported"));
        // Whose address is not known has no name either.
        assert!(
            roster.has_mailbox(NO_LONGER_EXPORTED)
                && roster.goes_by(Some(NO_LONGER_EXPORTED), "Not reported")
                && !roster.goes_by(Some(NO_LONGER_EXPORTED), "Ann Lee")
        );
        assert!(
            roster.has_collection("Ward 1 (ward@nm.example)") && !roster.has_collection("Ward 2")
        );
    }

    #[test]
    fn addresses_are_those_of_users_and_of_what_may_be_quoted() {
        let roster = roster();
        for text in [
            "of ANN@nm.example.",
            "(ward@nm.example)",
            "ann@nm.exa…",
            "no address",
        ] {
            assert!(!roster.is_foreign_in(text), "{text}");
        }
        for text in [
            "ann@nm.exa",
            "joann@nm.example",
            "carl@shared.example",
            "zed@nm.exa…",
            "ann@nm.example.org",
        ] {
            assert!(roster.is_foreign_in(text), "{text}");
        }
        assert_eq!(format!("{roster:?}"), "Roster(3 users, 1 collections)");
    }
}
