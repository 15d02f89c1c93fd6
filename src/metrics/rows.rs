use std::cmp::Ordering;
use std::iter::Peekable;
use std::slice::IterMut;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use super::causes::{Cause, CauseRules};
use super::cells::{counts, days, moments, shared_texts, texts};
use super::forecast::Alike;
use crate::domain::{Decision, Phase, SettingKind, SyncState};
use crate::tables::{Difference, columns};

/// A mailbox as reports list it. What the export does not say is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mailbox {
    /// The address of the source mailbox, in lower case.
    pub address: String,
    /// The user's name.
    pub name: Option<String>,
    /// The collection that it is switched with.
    pub collection: Option<Arc<str>>,
    /// The address of the target mailbox.
    pub target: Option<String>,
    /// How far it is.
    pub state: SyncState,
    /// The state's word as exported.
    pub state_word: Arc<str>,
    /// Whether the tool does not complete it until somebody approves what was lost.
    pub awaits_approval: bool,
    /// Progress in percent, as exported.
    pub progress_percent: Option<f64>,
    /// Items in the source mailbox.
    pub items_total: Option<u64>,
    /// Items copied so far.
    pub items_synchronised: Option<u64>,
    /// Items that did not migrate, as the sync-state export counts them; known settings are not
    /// among them.
    pub items_failed: Option<u64>,
    /// Settings of the mailbox and its folders that did not migrate, as the failed-item export
    /// lists them.
    pub settings_failed: Option<u64>,
    /// Items that did not migrate, as the failed-item export lists them, without settings.
    pub items_listed: u64,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// The last pass of the tool, local time.
    pub last_synchronised_at: Option<NaiveDateTime>,
    /// The planned switch.
    pub switch_date: Option<NaiveDate>,
    /// Pilot or live, as the migration schedule has it.
    pub phase: Option<Phase>,
    /// Which sort of important person the user is, as the migration schedule has it; `None` for
    /// anybody else.
    pub vip_category: Option<String>,
    /// What the tool says of its last error: free text, which may quote a subject line.
    pub last_error: Option<Arc<str>>,
    /// Why, by the rules of causes; `None` where there is no error.
    pub last_error_cause: Option<Arc<Cause>>,
    /// Whether its failure rate stands out among all mailboxes of the organisation.
    pub is_flagged: bool,
    /// What became of mailboxes that stood like it so many days before; `None` where it is ready or
    /// that is not known.
    pub alike: Option<Alike>,
    /// Its account in the new mail system; `None` where the organisation has no report of them.
    pub account: Option<AccountFacts>,
    /// For how many days it has stood still, of the last six weeks; `None` where it has not stopped
    /// or that is not known.
    pub halted_days: Option<u64>,
    /// Whether it had switched in the last six weeks and has not now: the switch was undone.
    pub is_undone: bool,
}

/// What is known of the account of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountFacts {
    /// When it was created.
    pub created_on: Option<NaiveDate>,
    /// Whether its user has activated it; `None` where nothing says so.
    pub is_activated: Option<bool>,
}

/// An item that did not migrate, as reports list it. What the export does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedItem {
    /// The address of the source mailbox, in lower case.
    pub mailbox: Arc<str>,
    /// The place of its mailbox among those of the sync-state export; `None` where that lacks it.
    pub mailbox_place: Option<usize>,
    /// The user's name.
    pub user: Option<Arc<str>>,
    /// The collection of its mailbox.
    pub collection: Option<Arc<str>>,
    /// The folder in the source mailbox.
    pub folder: Option<Arc<str>>,
    /// The subject line: confidential, and hostile text.
    pub subject: Option<String>,
    /// The kind of item, as the tool names it.
    pub kind: Option<Arc<str>>,
    /// Which setting of a folder or a mailbox it is; `None` for mail.
    pub setting: Option<SettingKind>,
    /// The item's own date.
    pub date: Option<NaiveDate>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// The tool's error code.
    pub error_code: Option<Arc<str>>,
    /// The tool's error text.
    pub error_text: Option<Arc<str>>,
    /// When it failed, local time.
    pub failed_at: Option<NaiveDateTime>,
    /// Why, by the rules of causes.
    pub cause: Arc<Cause>,
    /// Since when it is listed; `None` where nothing is kept.
    pub listing: Option<Listing>,
    /// What the organisation decided on it.
    pub decision: Option<ItemDecision>,
}

/// Since when a failed item is listed, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What it is called from day to day, less the organisation's code: `7F3K-29QD`.
    pub reference: String,
    /// The first report date on which it was listed.
    pub first_seen: NaiveDate,
    /// Days from then to the report date.
    pub days_open: u64,
    /// Whether it was never listed before; `false` where no earlier day is known.
    pub is_new: bool,
    /// Whether the day before does not list it, and an earlier one does: it was cleared, and failed
    /// again when it was copied once more.
    pub has_returned: bool,
    /// Whether it is listed since the record began, and may be older.
    pub may_be_older: bool,
}

/// What was decided on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDecision {
    /// What was decided.
    pub decision: Decision,
    /// When, as the organisation says; `None` where it does not.
    pub decided_on: Option<NaiveDate>,
    /// The report date on which it was read last.
    pub read_on: NaiveDate,
    /// Who decided; `None` where nobody said or the log is gone.
    pub decided_by: Option<String>,
    /// What was noted beside it: personal, and hostile text.
    pub note: Option<String>,
}

/// A mailbox of which the migration schedule and the sync-state export say different things. What
/// neither says is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDifference {
    /// Which of the two lacks the mailbox, or that their dates differ.
    pub difference: Difference,
    /// The address of the source mailbox, in lower case.
    pub address: String,
    /// The user's name.
    pub name: Option<String>,
    /// The collection: the export's, or else the schedule's.
    pub collection: Option<String>,
    /// The switch as the export has it.
    pub exported_date: Option<NaiveDate>,
    /// The switch as the schedule has it.
    pub scheduled_date: Option<NaiveDate>,
    /// Which sort of important person the user is.
    pub vip_category: Option<String>,
}

/// The rows of a mailbox table, in its order.
pub(super) fn mailboxes(frame: &DataFrame, rules: &CauseRules) -> PolarsResult<Vec<Mailbox>> {
    let address = texts(frame, columns::MAILBOX)?;
    let name = texts(frame, columns::DISPLAY_NAME)?;
    let mut collection = shared_texts(frame, columns::COLLECTION)?;
    let target = texts(frame, columns::TARGET_MAILBOX)?;
    let states = frame.column(columns::SYNC_STATE)?.u8()?;
    let mut word = shared_texts(frame, columns::SYNC_STATE_WORD)?;
    let progress = frame.column(columns::PROGRESS_PERCENT)?.f64()?;
    let total = counts(frame, columns::ITEMS_TOTAL)?;
    let synchronised = counts(frame, columns::ITEMS_SYNCHRONISED)?;
    let failed = counts(frame, columns::ITEMS_FAILED)?;
    let settings = counts(frame, columns::SETTINGS_FAILED)?;
    let awaits_approval = frame.column(columns::AWAITS_APPROVAL)?.bool()?;
    let size = counts(frame, columns::SIZE_BYTES)?;
    let last_synchronised = moments(frame, columns::LAST_SYNCHRONISED_AT)?;
    let switch_date = days(frame, columns::SWITCH_DATE)?;
    let mut last_error = shared_texts(frame, columns::LAST_ERROR)?;
    let mut classify = rules.classifier();
    let mut cause = |error: Arc<str>| classify([None, None, Some(error)], &[]);
    let rows = (0..frame.height()).map(|row| Mailbox {
        address: address(row).unwrap_or_default().to_owned(),
        name: name(row).map(str::to_owned),
        collection: collection(row),
        target: target(row).map(str::to_owned),
        state: SyncState::from_code(states.get(row).unwrap_or(u8::MAX)),
        state_word: word(row).unwrap_or_default(),
        awaits_approval: awaits_approval.get(row).unwrap_or(false),
        progress_percent: progress.get(row),
        items_total: total(row),
        items_synchronised: synchronised(row),
        items_failed: failed(row),
        settings_failed: settings(row),
        items_listed: 0,
        size_bytes: size(row),
        last_synchronised_at: last_synchronised(row),
        switch_date: switch_date(row),
        phase: None,
        vip_category: None,
        last_error: last_error(row),
        last_error_cause: last_error(row).map(&mut cause),
        is_flagged: false,
        alike: None,
        account: None,
        halted_days: None,
        is_undone: false,
    });
    Ok(rows.collect())
}

/// Mailboxes that are sorted by address, looked up in that order.
pub(super) struct MailboxesInOrder<'a>(Peekable<IterMut<'a, Mailbox>>);

impl<'a> MailboxesInOrder<'a> {
    pub(super) fn of(mailboxes: &'a mut [Mailbox]) -> Self {
        Self(mailboxes.iter_mut().peekable())
    }

    /// The mailbox of an address that comes after those that were looked up.
    pub(super) fn find(&mut self, address: &str) -> Option<&'a mut Mailbox> {
        loop {
            match self.0.peek()?.address.as_str().cmp(address) {
                Ordering::Less => self.0.next(),
                Ordering::Equal => return self.0.next(),
                Ordering::Greater => return None,
            };
        }
    }
}

/// Adds what a migration schedule says of each mailbox. Both are sorted by address.
pub(super) fn add_schedule(mailboxes: &mut [Mailbox], schedule: &DataFrame) -> PolarsResult<()> {
    let address = texts(schedule, columns::MAILBOX)?;
    let phase = texts(schedule, columns::PHASE)?;
    let category = texts(schedule, columns::VIP_CATEGORY)?;
    let mut mailboxes = MailboxesInOrder::of(mailboxes);
    for row in 0..schedule.height() {
        if let Some(mailbox) = mailboxes.find(address(row).unwrap_or_default()) {
            mailbox.phase = phase(row).and_then(Phase::from_label);
            mailbox.vip_category = category(row).map(str::to_owned);
        }
    }
    Ok(())
}

/// The rows of a failed-item table, in its order, each with its cause.
pub(super) fn failed_items(frame: &DataFrame, rules: &CauseRules) -> PolarsResult<Vec<FailedItem>> {
    let mut mailbox = shared_texts(frame, columns::MAILBOX)?;
    let mut user = shared_texts(frame, columns::DISPLAY_NAME)?;
    let mut collection = shared_texts(frame, columns::COLLECTION)?;
    let mut folder = shared_texts(frame, columns::FOLDER)?;
    let subject = texts(frame, columns::SUBJECT)?;
    let mut kind = shared_texts(frame, columns::ITEM_KIND)?;
    let is_setting = frame.column(columns::IS_SETTING)?.bool()?;
    let date = days(frame, columns::ITEM_DATE)?;
    let size = counts(frame, columns::SIZE_BYTES)?;
    let mut code = shared_texts(frame, columns::ERROR_CODE)?;
    let mut text = shared_texts(frame, columns::ERROR_TEXT)?;
    let moment = moments(frame, columns::FAILED_AT)?;
    let mut classify = rules.classifier();
    let rows = (0..frame.height()).map(|row| {
        let (kind, error_code, error_text) = (kind(row), code(row), text(row));
        let (user, folder, subject) = (user(row), folder(row), subject(row));
        let known = [subject, folder.as_deref(), user.as_deref()].map(Option::unwrap_or_default);
        let error = [kind.clone(), error_code.clone(), error_text.clone()];
        FailedItem {
            mailbox: mailbox(row).unwrap_or_default(),
            mailbox_place: None,
            cause: classify(error, &known),
            user,
            collection: collection(row),
            folder,
            subject: subject.map(str::to_owned),
            setting: kind
                .as_deref()
                .filter(|_| is_setting.get(row) == Some(true))
                .and_then(SettingKind::of_item_kind),
            kind,
            date: date(row),
            size_bytes: size(row),
            error_code,
            error_text,
            failed_at: moment(row),
            listing: None,
            decision: None,
        }
    });
    Ok(rows.collect())
}

/// Says of each item where its mailbox is. Both are sorted by mailbox.
pub(super) fn find_mailboxes(items: &mut [FailedItem], mailboxes: &[Mailbox]) {
    let mut in_order = (0..).zip(mailboxes).peekable();
    for item in items {
        let is_before = |(_, other): &(usize, &Mailbox)| *other.address < *item.mailbox;
        while in_order.next_if(is_before).is_some() {}
        let next = in_order.peek();
        let own = next.filter(|(_, mailbox)| *mailbox.address == *item.mailbox);
        item.mailbox_place = own.map(|(place, _)| *place);
    }
}

/// The rows of a reconciliation, in its order.
pub(super) fn schedule_differences(frame: &DataFrame) -> PolarsResult<Vec<ScheduleDifference>> {
    let difference = frame.column(columns::DIFFERENCE)?.u8()?;
    let address = texts(frame, columns::MAILBOX)?;
    let name = texts(frame, columns::DISPLAY_NAME)?;
    let collection = texts(frame, columns::COLLECTION)?;
    let exported = days(frame, columns::SWITCH_DATE)?;
    let scheduled = days(frame, columns::SCHEDULED_DATE)?;
    let category = texts(frame, columns::VIP_CATEGORY)?;
    let rows = (0..frame.height()).filter_map(|row| {
        Some(ScheduleDifference {
            difference: Difference::from_code(difference.get(row)?)?,
            address: address(row).unwrap_or_default().to_owned(),
            name: name(row).map(str::to_owned),
            collection: collection(row).map(str::to_owned),
            exported_date: exported(row),
            scheduled_date: scheduled(row),
            vip_category: category(row).map(str::to_owned),
        })
    });
    Ok(rows.collect())
}

#[cfg(test)]
impl Mailbox {
    /// A mailbox in sync, for tests.
    pub(crate) fn invented(address: &str, failed: u64, attempted: u64) -> Self {
        Self {
            address: address.to_owned(),
            name: None,
            collection: None,
            target: None,
            state: SyncState::InSync,
            state_word: Arc::from("In Sync"),
            awaits_approval: false,
            progress_percent: Some(100.0),
            items_total: Some(attempted),
            items_synchronised: Some(attempted - failed),
            items_failed: Some(failed),
            settings_failed: Some(0),
            items_listed: failed,
            size_bytes: None,
            last_synchronised_at: None,
            switch_date: None,
            phase: None,
            vip_category: None,
            last_error: None,
            last_error_cause: None,
            is_flagged: false,
            alike: None,
            account: None,
            halted_days: None,
            is_undone: false,
        }
    }
}
