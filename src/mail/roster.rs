use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Bound;

use super::addresses::addresses_in;
use crate::domain::Domain;

/// Stand where a table says nothing, and name nobody.
const NOBODY: [&str; 2] = ["Not reported", "–"];

/// Who and what belongs to an organisation: all that its reports may name. It is made of the register and of the
/// organisation's own tables, beside the reports and not by them; texts are as reports print them.
pub struct Roster {
    mail_domains: Vec<Domain>,
    /// By the address of the mailbox, the names of its user.
    users: HashMap<String, BTreeSet<String>>,
    names: BTreeSet<String>,
    collections: BTreeSet<String>,
    addresses: BTreeSet<String>,
}

impl Roster {
    /// An organisation without users, whose source mailboxes are in these domains.
    #[must_use]
    pub fn new(mail_domains: &[Domain]) -> Self {
        Self {
            mail_domains: mail_domains.to_vec(),
            users: HashMap::new(),
            names: BTreeSet::new(),
            collections: BTreeSet::new(),
            addresses: BTreeSet::new(),
        }
    }

    /// Adds a source mailbox, and a name that a table has for its user.
    pub fn add_user(&mut self, mailbox: &str, name: Option<&str>) {
        self.allow(mailbox);
        let names = self.users.entry(mailbox.to_owned()).or_default();
        if let Some(name) = name
            && names.insert(name.to_owned())
        {
            self.names.insert(name.to_owned());
            self.allow(name);
        }
    }

    /// Adds a collection.
    pub fn add_collection(&mut self, collection: &str) {
        if self.collections.insert(collection.to_owned()) {
            self.allow(collection);
        }
    }

    /// Adds every address in a text that a report may quote: a recipient, the contact, what a table says.
    pub fn allow(&mut self, text: &str) {
        self.addresses.extend(addresses_in(text).map(|found| found.address));
    }

    /// Whether a source mailbox is one of the organisation's: by its domain, which the register says, and by its own
    /// tables, since two organisations may share a domain.
    pub(super) fn has_mailbox(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.mail_domains.iter().any(|own| own.holds(domain)) && self.users.contains_key(address)
    }

    /// Whether the user of a mailbox goes by a name; of any mailbox, where none is named.
    pub(super) fn goes_by(&self, mailbox: Option<&str>, name: &str) -> bool {
        match mailbox {
            Some(mailbox) => self.users.get(mailbox).is_some_and(|names| is_among(names, name)),
            None => is_among(&self.names, name),
        }
    }

    /// Whether a collection is one of the organisation's.
    pub(super) fn has_collection(&self, collection: &str) -> bool {
        collection == "No collection reported" || is_among(&self.collections, collection)
    }

    /// Whether a text shows an address that is neither the organisation's nor one that was added.
    pub(super) fn is_foreign_in(&self, text: &str) -> bool {
        addresses_in(text)
            .any(|found| !if found.is_cut { begins(&self.addresses, &found.address) } else { self.addresses.contains(&found.address) })
    }
}

/// Whether a cell says one of `texts`, or the start of one that is too long for a cell.
fn is_among(texts: &BTreeSet<String>, cell: &str) -> bool {
    NOBODY.contains(&cell) || texts.contains(cell) || cell.strip_suffix('…').is_some_and(|start| begins(texts, start))
}

fn begins(texts: &BTreeSet<String>, start: &str) -> bool {
    texts.range::<str, _>((Bound::Included(start), Bound::Unbounded)).next().is_some_and(|text| text.starts_with(start))
}

impl fmt::Debug for Roster {
    /// Counts: its names and addresses are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roster({} users, {} collections)", self.users.len(), self.collections.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        let mut roster = Roster::new(&[Domain::parse("nm.example").unwrap(), Domain::parse("shared.example").unwrap()]);
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
        for foreign in ["carl@shared.example", "eve@elsewhere.example", "ann@xnm.example", "ann", ""] {
            assert!(!roster.has_mailbox(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_name_stands_beside_its_own_mailbox() {
        let roster = roster();
        for name in ["Ann Lee", "Ann L…", "Not reported", "–"] {
            assert!(roster.goes_by(Some("ann@nm.example"), name) && roster.goes_by(None, name), "{name}");
        }
        assert!(!roster.goes_by(Some("bob@shared.example"), "Ann Lee") && !roster.goes_by(None, "Ann") && !roster.goes_by(None, "Bo…"));
        assert!(!roster.goes_by(Some("carl@shared.example"), "Not reported"));
        assert!(roster.has_collection("Ward 1 (ward@nm.example)") && !roster.has_collection("Ward 2"));
    }

    #[test]
    fn addresses_are_those_of_users_and_of_what_may_be_quoted() {
        let roster = roster();
        for text in ["of ANN@nm.example.", "(ward@nm.example)", "ann@nm.exa…", "no address"] {
            assert!(!roster.is_foreign_in(text), "{text}");
        }
        for text in ["ann@nm.exa", "joann@nm.example", "carl@shared.example", "zed@nm.exa…", "ann@nm.example.org"] {
            assert!(roster.is_foreign_in(text), "{text}");
        }
        assert_eq!(format!("{roster:?}"), "Roster(3 users, 1 collections)");
    }
}
