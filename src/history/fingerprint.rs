use std::collections::HashMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::hexadecimal;

/// The bytes of a key.
const KEY_BYTES: usize = 32;
/// The bytes of a fingerprint: two of a million million items are alike with a chance of less than
/// 1 in 10^14 (the birthday bound).
const FINGERPRINT_BYTES: usize = 16;

/// The key of a history's fingerprints: whoever lacks it cannot tell whether a fingerprint is of an
/// address they know.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A new key, as text for its file.
    pub(super) fn random_text() -> Result<String, getrandom::Error> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(hexadecimal::encode(&bytes) + "\n")
    }

    /// The key in the text of its file; `None` where it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        hexadecimal::decode(text.trim())
            .filter(|bytes| bytes.len() == KEY_BYTES)
            .and_then(|bytes| Hmac::new_from_slice(&bytes).ok())
            .map(Self)
    }

    /// What tells this key from another, and does not tell the key.
    pub(super) fn check(&self) -> String {
        self.fingerprint("key", &[])
    }

    /// The fingerprint of a mailbox, by its address in lower case.
    pub(super) fn mailbox(&self, address: &str) -> String {
        self.fingerprint("mailbox", &[Some(address.as_bytes())])
    }

    /// A digest of the address that a mailbox migrates to.
    pub(super) fn target(&self, address: &str) -> u64 {
        short(&self.mac("target", &[Some(address.as_bytes())]))
    }

    /// HMAC-SHA-256 (RFC 2104), cut to 16 bytes, in hexadecimal.
    fn fingerprint(&self, of: &str, parts: &[Option<&[u8]>]) -> String {
        let mac = self.mac(of, parts);
        hexadecimal::encode(mac.get(..FINGERPRINT_BYTES).unwrap_or_default())
    }

    /// Each part goes in with its length,
    /// so that what is unknown, what is blank and what stands in the next part are told apart.
    fn mac(&self, of: &str, parts: &[Option<&[u8]>]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(of.as_bytes());
        for part in parts {
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            mac.update(&length.to_le_bytes());
            mac.update(part.unwrap_or_default());
        }
        mac.finalize().into_bytes().into()
    }
}

/// The first 8 bytes as a number: what is looked at only among the few that left an organisation's
/// list on a day needs no more, and takes the least room.
fn short(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().take(8);
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What makes a failed item the one that it is from day to day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) mailbox: &'a str,
    pub(super) folder: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    /// Days since 1970.
    pub(super) date: Option<i32>,
    pub(super) size_bytes: Option<i64>,
}

/// Makes the fingerprints of one export's failed items. Items that are equal in everything get
/// different ones, by their number among their equals, so that as many are counted as are listed.
pub(super) struct ItemFingerprints<'a> {
    key: &'a Key,
    equals: HashMap<String, u64>,
}

impl<'a> ItemFingerprints<'a> {
    pub(super) fn new(key: &'a Key) -> Self {
        Self {
            key,
            equals: HashMap::new(),
        }
    }

    pub(super) fn fingerprint(&mut self, item: Item<'_>) -> String {
        let date = item.date.map(i32::to_le_bytes);
        let size = item.size_bytes.map(i64::to_le_bytes);
        let first = self.key.fingerprint(
            "failed item",
            &[
                Some(item.mailbox.as_bytes()),
                item.folder.map(str::as_bytes),
                item.subject.map(str::as_bytes),
                date.as_ref().map(<[u8; 4]>::as_slice),
                size.as_ref().map(<[u8; 8]>::as_slice),
            ],
        );
        let number = self.equals.entry(first.clone()).or_default();
        *number += 1;
        if *number == 1 {
            return first;
        }
        let parts = [Some(first.as_bytes()), Some(&number.to_le_bytes())];
        self.key.fingerprint("failed item again", &parts)
    }
}

impl Item<'_> {
    /// What stays of an item that is moved to another folder; `None` where fewer than two of its
    /// subject line, date and size are known: too little to tell it from others of its mailbox.
    /// Equal items have equal ones.
    pub(super) fn in_any_folder(&self, key: &Key) -> Option<String> {
        let (date, size) = (
            self.date.map(i32::to_le_bytes),
            self.size_bytes.map(i64::to_le_bytes),
        );
        let parts = [
            Some(self.mailbox.as_bytes()),
            self.subject.map(str::as_bytes),
            date.as_ref().map(<[u8; 4]>::as_slice),
            size.as_ref().map(<[u8; 8]>::as_slice),
        ];
        let known = parts.iter().flatten().count() - 1;
        (known >= 2).then(|| key.fingerprint("failed item in any folder", &parts))
    }

    /// What stays of an item whose size changes, or whose mailbox does; `None` where its subject
    /// line is not known.
    pub(super) fn folder_subject_date(&self, key: &Key) -> Option<u64> {
        let date = self.date.map(i32::to_le_bytes);
        let parts = [
            self.folder.map(str::as_bytes),
            Some(self.subject?.as_bytes()),
            date.as_ref().map(<[u8; 4]>::as_slice),
        ];
        Some(short(&key.mac("folder, subject line and date", &parts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::parse(&"0b".repeat(KEY_BYTES)).unwrap()
    }

    const ITEM: Item<'_> = Item {
        mailbox: "a@nm.example",
        folder: Some("Inbox"),
        subject: Some("Rota"),
        date: Some(1),
        size_bytes: Some(2),
    };

    #[test]
    fn fingerprints_are_hmac_sha_256_as_others_compute_it() {
        // python3: hmac.new(bytes([11] * 32), b"mailbox" + (12).to_bytes(8, "little") +
        // b"a@nm.example", "sha256").hexdigest()[:32]
        assert_eq!(
            key().mailbox("a@nm.example"),
            "34e88e3417d1817b142127c40fbab62d"
        );
    }

    #[test]
    fn a_new_key_reads_back_and_is_no_other_one() {
        let (one, other) = (Key::random_text().unwrap(), Key::random_text().unwrap());
        assert_eq!(one.len(), 65);
        let check = |text: &str| Key::parse(text).unwrap().check();
        assert_eq!(check(&one), check(one.trim()));
        assert_ne!(check(&one), check(&other));
        assert_eq!(format!("{:?}", Key::parse(&one).unwrap()), "Key");
        for text in [
            "",
            "0b",
            &"0x".repeat(32),
            &"é".repeat(32),
            &format!("{}0", one.trim()),
        ] {
            assert!(Key::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_part_of_an_item_tells_it_from_others() {
        let others = [
            ITEM,
            Item {
                mailbox: "b@nm.example",
                ..ITEM
            },
            Item {
                folder: None,
                ..ITEM
            },
            Item {
                folder: Some(""),
                ..ITEM
            },
            Item {
                folder: Some("InboxR"),
                subject: Some("ota"),
                ..ITEM
            },
            Item {
                subject: None,
                ..ITEM
            },
            Item { date: None, ..ITEM },
            Item {
                date: Some(2),
                size_bytes: Some(1),
                ..ITEM
            },
            Item {
                size_bytes: None,
                ..ITEM
            },
        ];
        let key = key();
        let fingerprints: std::collections::BTreeSet<_> = others
            .map(|item| ItemFingerprints::new(&key).fingerprint(item))
            .into();
        assert_eq!(fingerprints.len(), others.len());
    }

    #[test]
    fn an_item_that_is_known_well_is_the_same_in_any_folder() {
        let key = key();
        let known = ITEM.in_any_folder(&key);
        assert!(known.is_some());
        for same in [
            Item {
                folder: None,
                ..ITEM
            },
            Item {
                folder: Some("Archive"),
                ..ITEM
            },
        ] {
            assert_eq!(same.in_any_folder(&key), known);
        }
        for other in [
            Item {
                mailbox: "b@nm.example",
                ..ITEM
            },
            Item {
                subject: Some("rota"),
                ..ITEM
            },
            Item {
                size_bytes: Some(3),
                ..ITEM
            },
        ] {
            assert!(
                other
                    .in_any_folder(&key)
                    .is_some_and(|other| known.as_ref() != Some(&other))
            );
        }
        // Two of three are enough, and are another thing than three.
        let nothing = Item {
            subject: None,
            date: None,
            size_bytes: None,
            ..ITEM
        };
        for enough in [
            Item {
                subject: None,
                ..ITEM
            },
            Item { date: None, ..ITEM },
            Item {
                size_bytes: None,
                ..ITEM
            },
        ] {
            assert!(enough.in_any_folder(&key).is_some());
            assert_ne!(enough.in_any_folder(&key), known);
        }
        for little in [
            Item {
                subject: ITEM.subject,
                ..nothing
            },
            Item {
                date: ITEM.date,
                ..nothing
            },
            Item {
                size_bytes: ITEM.size_bytes,
                ..nothing
            },
            nothing,
        ] {
            assert_eq!(little.in_any_folder(&key), None);
        }
    }

    #[test]
    fn an_item_is_the_same_in_any_mailbox_and_of_any_size() {
        let key = key();
        let known = ITEM.folder_subject_date(&key);
        let other = Item {
            mailbox: "b@nm.example",
            size_bytes: None,
            ..ITEM
        };
        assert_eq!(other.folder_subject_date(&key), known);
        for other in [
            Item {
                folder: Some("Archive"),
                ..ITEM
            },
            Item {
                subject: Some("rota"),
                ..ITEM
            },
            Item { date: None, ..ITEM },
        ] {
            assert_ne!(other.folder_subject_date(&key), known);
        }
        let without = Item {
            subject: None,
            ..ITEM
        };
        assert_eq!(without.folder_subject_date(&key), None);
        assert_eq!(short(&[1, 2, 0, 0, 0, 0, 0, 3, 9]), 0x0102_0000_0000_0003);
    }

    #[test]
    fn equal_items_are_as_many_as_they_are() {
        let key = key();
        let of_three = || {
            let mut items = ItemFingerprints::new(&key);
            [ITEM, ITEM, ITEM].map(|item| items.fingerprint(item))
        };
        let [first, second, third] = of_three();
        assert_ne!(first, second);
        assert_ne!(second, third);
        assert_eq!(of_three(), [first, second, third]);
    }
}
