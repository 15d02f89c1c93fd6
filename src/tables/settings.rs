//! Settings of folders and mailboxes that a failed-item export lists among the items. They are no
//! lost mail, and are taken out of the counts of it.

use polars::prelude::*;

use super::{ValidTable, columns};

/// What the failed-item export lists of the mailboxes of the sync-state export.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ListedItems {
    /// In the order of the mailboxes.
    pub(super) of_mailboxes: Vec<ListedOfMailbox>,
    /// Items of mailboxes that the sync-state export does not list.
    pub(super) of_unknown_mailboxes: u64,
    /// Whether it says of some item of which kind it is, or lists none.
    tells_kinds: bool,
}

/// What the failed-item export lists of one mailbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ListedOfMailbox {
    /// Items that are mail, appointments, contacts, or of an unknown kind.
    pub(super) items: i64,
    /// Settings of the mailbox and its folders.
    pub(super) settings: i64,
}

impl ListedOfMailbox {
    /// How many of the failed items that the sync-state export counts are not settings. The known
    /// settings are taken from the count, but never an item that is listed: some tools count
    /// settings among the items, others do not.
    pub(super) fn items_of(self, counted: i64) -> i64 {
        let known_items = self.items.min(counted);
        counted.saturating_sub(self.settings).max(known_items)
    }

    /// Whether as many are listed as the sync-state export counts, with settings or without.
    pub(super) fn agrees_with(self, counted: i64) -> bool {
        counted == self.items || counted == self.items + self.settings
    }
}

impl ListedItems {
    /// Both tables are in the order of mailboxes: they are gone through side by side.
    pub(super) fn of(mailboxes: &ValidTable, failed_items: &ValidTable) -> PolarsResult<Self> {
        let addresses = mailboxes.frame().column(columns::MAILBOX)?.str()?;
        let rows = failed_items.frame();
        let kinds = rows.column(columns::ITEM_KIND)?;
        let are_settings = rows.column(columns::IS_SETTING)?.bool()?.iter();
        let items = rows.column(columns::MAILBOX)?.str()?.iter();
        let items = items.map(Option::unwrap_or_default);
        let mut items = items.zip(are_settings).peekable();
        let mut listed = Self {
            of_mailboxes: Vec::with_capacity(addresses.len()),
            of_unknown_mailboxes: 0,
            tells_kinds: rows.height() == 0 || kinds.null_count() < kinds.len(),
        };
        for address in addresses.iter().map(Option::unwrap_or_default) {
            while items.next_if(|(mailbox, _)| *mailbox < address).is_some() {
                listed.of_unknown_mailboxes += 1;
            }
            let mut of_mailbox = ListedOfMailbox::default();
            while let Some((_, is_setting)) = items.next_if(|(mailbox, _)| *mailbox == address) {
                match is_setting {
                    Some(true) => of_mailbox.settings += 1,
                    _ => of_mailbox.items += 1,
                }
            }
            listed.of_mailboxes.push(of_mailbox);
        }
        listed.of_unknown_mailboxes += items.count() as u64;
        Ok(listed)
    }

    /// The mailboxes with their failed items and their settings apart.
    pub(super) fn take_settings_out_of(&self, mailboxes: ValidTable) -> PolarsResult<ValidTable> {
        let ValidTable(mut frame) = mailboxes;
        let of_mailboxes = || self.of_mailboxes.iter();
        if of_mailboxes().any(|listed| listed.settings > 0) {
            let counted = frame.column(columns::ITEMS_FAILED)?.i64()?.iter();
            let failed = counted
                .zip(of_mailboxes())
                .map(|(counted, listed)| counted.map(|counted| listed.items_of(counted)));
            let failed = Int64Chunked::from_iter_options(columns::ITEMS_FAILED.into(), failed);
            frame.with_column(failed.into_column())?;
        }
        let settings = of_mailboxes().map(|listed| self.tells_kinds.then_some(listed.settings));
        let settings = Int64Chunked::from_iter_options(columns::SETTINGS_FAILED.into(), settings);
        frame.with_column(settings.into_column())?;
        Ok(ValidTable(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_settings_are_taken_from_a_count_and_listed_items_never() {
        for (counted, items, settings, failed, agrees) in [
            (30, 0, 30, 0, true),
            (30, 10, 20, 10, true),
            (30, 0, 0, 30, false),
            // A count of mail alone.
            (10, 10, 20, 10, true),
            // Kinds are told of some only.
            (30, 0, 12, 18, false),
            // More settings than are counted at all.
            (5, 0, 8, 0, false),
            (12, 10, 20, 10, false),
            (5, 10, 20, 5, false),
            (0, 0, 0, 0, true),
        ] {
            let listed = ListedOfMailbox { items, settings };
            assert_eq!(
                (listed.items_of(counted), listed.agrees_with(counted)),
                (failed, agrees),
                "{counted} {listed:?}"
            );
        }
    }
}
