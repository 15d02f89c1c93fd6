//! What every report is made from.

use super::model::Replacement;
use crate::domain::calendar::Calendar;
use crate::domain::{Finding, ReportDate, Stage};
use crate::history::Continued;
use crate::metrics::{FailedItem, Mailbox, OrganisationMetrics};
use crate::settings::{Organisation, Programme};

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// The organisation that it is about, and sent to.
    pub organisation: &'a Organisation,
    /// The programme that sends it.
    pub programme: &'a Programme,
    /// The day that it is about.
    pub report_date: ReportDate,
    /// Which edition of that day, from 1.
    pub edition: u32,
    /// What an edition after the first replaces, and why.
    pub replacement: Option<&'a Replacement>,
    /// Whether it goes to somebody who checks it, and not to the organisation.
    pub is_rehearsal: bool,
    /// On which days people work.
    pub calendar: &'a Calendar,
    /// Whose history it goes on from, where it is the first report under this code.
    pub continues: Option<&'a Continued>,
    /// What was measured.
    pub metrics: &'a OrganisationMetrics,
    /// What was found in the exports.
    pub findings: &'a [Finding],
}

impl<'a> ReportInput<'a> {
    pub(super) fn is_mop_up(self) -> bool {
        self.organisation.stage == Stage::MopUp
    }

    /// Whether a mailbox is to switch soon and has not. In mop-up none is: what has not switched
    /// waits.
    pub(super) fn is_due(self, mailbox: &Mailbox) -> bool {
        mailbox.is_due(self.report_date) && !self.is_mop_up()
    }

    /// Whether a mailbox should have switched and has not.
    pub(super) fn waits(self, mailbox: &Mailbox) -> bool {
        mailbox.is_past_switch_date(self.report_date)
    }

    /// The mailbox of an address, where the sync-state export has it.
    pub(super) fn mailbox(self, address: &str) -> Option<&'a Mailbox> {
        let mailboxes = &self.metrics.mailboxes;
        let place = mailboxes.binary_search_by(|mailbox| mailbox.address.as_str().cmp(address));
        place.ok().and_then(|place| mailboxes.get(place))
    }

    /// The mailbox of a failed item, where the sync-state export has it.
    pub(super) fn mailbox_of(self, item: &FailedItem) -> Option<&'a Mailbox> {
        self.metrics.mailboxes.get(item.mailbox_place?)
    }

    /// The mailboxes of which something holds, by address.
    pub(super) fn mailboxes(self, holds: impl Fn(&Mailbox) -> bool) -> Vec<&'a Mailbox> {
        let all = self.metrics.mailboxes.iter();
        all.filter(|mailbox| holds(mailbox)).collect()
    }
}
