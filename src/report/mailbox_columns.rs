//! Columns of mailboxes, which several tables have.

use super::people::{phase, vip, vip_cell};
use super::tabulation::Tabulation;
use super::wording::{NOT_REPORTED, name, one_in, progress, state, user, without_category};
use super::workbook::Cell;
use crate::domain::SubjectLines;
use crate::metrics::{Mailbox, OrganisationMetrics};

impl<'a> Tabulation<'a, &'a Mailbox> {
    /// The category of a VIP, or “No”.
    pub(super) fn vip(self) -> Self {
        self.text("VIP", vip_cell).wide(20.0).printed(vip)
    }

    /// The name; a page that has none says the address.
    pub(super) fn user(self) -> Self {
        self.text("User", |mailbox| mailbox.name.as_deref())
            .wide(26.0)
            .naming_rows()
            .printed(user)
    }

    /// The name on a page that has no column for the category of a VIP: “A. Nother (VIP: Consultant)”.
    pub(super) fn user_and_vip(self) -> Self {
        self.user().printed(|mailbox| match mailbox.is_vip() {
            true => format!("{} (VIP: {})", called(mailbox), vip(mailbox)),
            false => user(mailbox),
        })
    }

    /// The name beside a column of the category, which directories have in it too.
    pub(super) fn user_beside_category(self) -> Self {
        self.user().printed(called)
    }

    pub(super) fn source_mailbox(self) -> Self {
        self.column("Source mailbox", 36.0, |mailbox| {
            Cell::shown(&mailbox.address)
        })
    }

    pub(super) fn collection(self) -> Self {
        self.text("Collection", |mailbox| mailbox.collection.as_deref())
            .wide(18.0)
            .printed(|mailbox| name(mailbox.collection.as_deref()))
    }

    pub(super) fn phase(self) -> Self {
        self.column("Phase", 11.0, |mailbox| phase(mailbox.phase))
    }

    pub(super) fn state(self) -> Self {
        self.text("State", state).wide(23.0).printed(|mailbox| {
            match mailbox.is_undone && !mailbox.has_switched() {
                true => "Switched back".to_owned(),
                false => state(mailbox).to_owned(),
            }
        })
    }

    pub(super) fn progress(self) -> Self {
        let share = |percent: f64| Cell::share_of(percent / 100.0);
        self.number("Progress", move |mailbox| {
            mailbox.progress_percent.map_or(Cell::NotReported, share)
        })
        .wide(13.0)
        .printed(progress)
    }

    pub(super) fn switch_date(self) -> Self {
        self.text("Switch date", |mailbox| mailbox.switch_date)
            .wide(13.0)
    }

    pub(super) fn items_in_total(self) -> Self {
        self.column("Items in total", 13.0, |mailbox| mailbox.items_total)
    }

    pub(super) fn items_copied(self) -> Self {
        self.column("Items copied", 13.0, |mailbox| mailbox.items_synchronised)
    }

    pub(super) fn items_failed(self) -> Self {
        self.number("Items failed", |mailbox| mailbox.items_failed)
            .wide(12.0)
            .headed("Failed items")
    }

    /// Failed items of the failed-item export.
    pub(super) fn failed_items_listed(self) -> Self {
        self.column("Failed items listed", 18.0, |mailbox| mailbox.items_listed)
    }

    /// Settings that did not migrate, where there are any.
    pub(super) fn settings_failed(self, metrics: &OrganisationMetrics) -> Self {
        self.column("Settings failed", 15.0, |mailbox| mailbox.settings_failed)
            .only_if(metrics.whole.settings_failed > Some(0))
    }

    pub(super) fn failure_rate(self) -> Self {
        self.number("Failure rate", |mailbox| Cell::rate(mailbox.failure_rate()))
            .wide(12.0)
            .printed(|mailbox| {
                let rate = mailbox.failure_rate();
                rate.map_or_else(|| NOT_REPORTED.to_owned(), one_in)
            })
    }

    /// Whether its failures are more than chance explains, among all mailboxes.
    pub(super) fn compared_with_chance(self) -> Self {
        self.text("Compared with chance", |mailbox| match mailbox.is_flagged {
            true => "Stands out",
            false => "Within chance",
        })
        .wide(21.0)
    }

    /// What the tool says of it; where subject lines are withheld only its cause, since an error may
    /// quote one.
    pub(super) fn last_error(self, policy: SubjectLines) -> Self {
        self.column("Last error", 40.0, move |mailbox| {
            last_error(mailbox, policy)
        })
    }

    pub(super) fn last_synchronised(self) -> Self {
        self.column("Last synchronised", 18.0, |mailbox| {
            mailbox.last_synchronised_at
        })
    }
}

/// The name without the category that a column beside it says.
fn called(mailbox: &Mailbox) -> String {
    without_category(user(mailbox), mailbox.vip_category.as_deref())
}

/// What the tool says of a mailbox's last error, as the policy lets it be printed.
pub(super) fn last_error(mailbox: &Mailbox, policy: SubjectLines) -> Cell<'_> {
    let cause = mailbox.last_error_cause.as_deref();
    let said = mailbox.last_error.as_deref();
    let said = said.filter(|_| policy != SubjectLines::Withheld);
    // An error that is nothing but a quotation has a cause all the same.
    let error = said.or(cause.map(|cause| cause.name.as_str()));
    let none = match mailbox.is_halted() {
        true => Cell::NotReported,
        false => Cell::Word("None"),
    };
    error.map_or(none, Cell::shown)
}
