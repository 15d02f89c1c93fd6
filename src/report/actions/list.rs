//! The list of an action: a sheet that has exactly the rows that the action counts.

use chrono::NaiveDate;

use super::Action;
use crate::metrics::{FailedItem, Mailbox, ScheduleDifference};
use crate::report::input::ReportInput;
use crate::report::tabulation::Tabulation;
use crate::report::wording::{name_or_address, without_category};
use crate::report::workbook::{Cell, Line, SUMMARY, WorkbookSheet};

/// A row of an action's list: a mailbox, and why it is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Listed<'a> {
    pub(in crate::report) address: &'a str,
    name: Option<&'a str>,
    /// As the sync-state export has it; `None` where it does not.
    mailbox: Option<&'a Mailbox>,
    why: Why<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Why<'a> {
    /// It stands as it does.
    Stands,
    /// Items of it failed, of which so many are new; `None` where that is not known.
    Failed { items: u64, new: Option<u64> },
    /// Its user is to activate the account, at the latest on a day where that is known.
    Activates(Option<NaiveDate>),
    /// Schedule and export differ on it.
    Differs(&'a ScheduleDifference),
}

impl<'a> Listed<'a> {
    /// A mailbox for how it stands.
    pub(super) fn standing(mailbox: &'a Mailbox) -> Self {
        Self {
            address: &mailbox.address,
            name: mailbox.name.as_deref(),
            mailbox: Some(mailbox),
            why: Why::Stands,
        }
    }

    /// A mailbox whose account is to be activated.
    pub(in crate::report) fn activating(mailbox: &'a Mailbox, by: Option<NaiveDate>) -> Self {
        Self {
            why: Why::Activates(by),
            ..Self::standing(mailbox)
        }
    }

    /// A mailbox for failed items, which are all its own.
    pub(super) fn failed(input: ReportInput<'a>, items: &[&'a FailedItem]) -> Option<Self> {
        let first = items.first()?;
        let mailbox = input.mailbox_of(first);
        let is_new = |item: &&&FailedItem| item.listing.as_ref().is_some_and(|of| of.is_new);
        let new = items.iter().filter(is_new).count() as u64;
        Some(Self {
            address: &first.mailbox,
            name: mailbox.map_or(first.user.as_deref(), |mailbox| mailbox.name.as_deref()),
            mailbox,
            why: Why::Failed {
                items: items.len() as u64,
                new: input.metrics.changes.as_ref().map(|_| new),
            },
        })
    }

    /// A mailbox that was moved on the schedule; it need not be in the export.
    pub(in crate::report) fn moved(
        input: ReportInput<'a>,
        address: &'a str,
        name: Option<&'a str>,
    ) -> Self {
        Self {
            address,
            name,
            mailbox: input.mailbox(address),
            why: Why::Stands,
        }
    }

    /// A mailbox on which schedule and export differ.
    pub(super) fn differing(input: ReportInput<'a>, difference: &'a ScheduleDifference) -> Self {
        Self {
            address: &difference.address,
            name: difference.name.as_deref(),
            mailbox: input.mailbox(&difference.address),
            why: Why::Differs(difference),
        }
    }

    /// The user's name, or else the address; of a VIP without the category.
    pub(super) fn user(self) -> String {
        let name = name_or_address(self.name, self.address);
        without_category(name, self.vip_category())
    }

    pub(super) fn has_switched(self) -> bool {
        self.mailbox.is_some_and(Mailbox::has_switched)
    }

    /// As the sync-state export has it; `None` where it does not.
    pub(super) fn mailbox(self) -> Option<&'a Mailbox> {
        self.mailbox
    }

    pub(super) fn is_vip(self) -> bool {
        self.vip_category().is_some()
    }

    fn vip_category(self) -> Option<&'a str> {
        match self.why {
            Why::Differs(difference) => difference.vip_category.as_deref(),
            _ => self.mailbox?.vip_category.as_deref(),
        }
    }

    pub(super) fn items(self) -> u64 {
        match self.why {
            Why::Failed { items, .. } => items,
            _ => 0,
        }
    }

    pub(super) fn new_items(self) -> u64 {
        match self.why {
            Why::Failed { new, .. } => new.unwrap_or(0),
            _ => 0,
        }
    }

    fn collection(self) -> Option<&'a str> {
        match self.why {
            Why::Differs(difference) => difference.collection.as_deref(),
            _ => self.mailbox?.collection.as_deref(),
        }
    }

    fn switch_date(self) -> Option<NaiveDate> {
        self.mailbox?.switch_date
    }
}

/// The name of the sheet of an action, by its number in the report.
pub(super) fn sheet_name(number: usize) -> String {
    format!("Action {number}")
}

impl<'a> Action<'a> {
    /// The sheet with its rows.
    pub(super) fn sheet(&self, number: usize) -> WorkbookSheet<'a> {
        let why = self.list.first().map_or(Why::Stands, |row| row.why);
        let has_items = matches!(why, Why::Failed { .. });
        let differs = matches!(why, Why::Differs(_));
        let stands = matches!(why, Why::Stands);
        let activates = matches!(why, Why::Activates(_));
        let mut sheet = Tabulation::of(self.list.iter().copied())
            .column("VIP", 20.0, |row| {
                row.vip_category().map_or(Cell::Word("No"), Cell::shown)
            })
            .column("User", 28.0, |row| row.name)
            .naming_rows()
            .column("Source mailbox", 38.0, |row| Cell::shown(row.address))
            .column("Collection", 22.0, Listed::collection)
            .column("Switch date", 13.0, Listed::switch_date)
            .column("Activate by", 13.0, |row| match row.why {
                Why::Activates(by) => by.into(),
                _ => Cell::NotReported,
            })
            .only_if(activates)
            .column("Date on the schedule", 15.0, |row| match row.why {
                Why::Differs(difference) => difference.scheduled_date.into(),
                _ => Cell::NotReported,
            })
            .only_if(differs)
            .column("State", 23.0, |row| {
                Cell::or_nothing(row.mailbox.map(crate::report::wording::state))
            })
            .only_if(stands || differs)
            .column("Progress", 13.0, |row| {
                let share = row.mailbox.and_then(|mailbox| mailbox.progress_percent);
                share.map_or(Cell::NotReported, |percent| Cell::share_of(percent / 100.0))
            })
            .only_if(stands)
            .column("Failed items", 13.0, Listed::items)
            .only_if(has_items)
            .column("New today", 13.0, |row| match row.why {
                Why::Failed { new: Some(new), .. } => Cell::Count(new),
                _ => Cell::Word("Not known"),
            })
            .only_if(has_items)
            .sheet(&sheet_name(number), &self.what, "")
            .for_work();
        sheet.introduction.pop();
        sheet
            .introduction
            .push(Line::to(SUMMARY, "Back to all actions"));
        sheet
    }
}
