use super::ExportSettings;
use super::layout::{Input, Layouts};
use crate::domain::DateOrder;
use crate::settings::ExportPattern;

/// Where the files of an input are and how they are read, as the settings say.
#[derive(Clone, Copy)]
pub(super) struct InputSource<'a> {
    pub(super) input: Input,
    pub(super) pattern: &'a ExportPattern,
    pub(super) layout: Option<&'a str>,
    pub(super) date_order: Option<DateOrder>,
    pub(super) settings: &'a ExportSettings,
    pub(super) layouts: &'a Layouts,
}

impl<'a> InputSource<'a> {
    /// `None` where the settings know no such files.
    pub(super) fn of(
        input: Input,
        settings: &'a ExportSettings,
        layouts: &'a Layouts,
    ) -> Option<Self> {
        let (pattern, layout, date_order) = match input {
            Input::SyncState => (
                Some(&*settings.sync_state),
                &settings.sync_state_layout,
                settings.sync_state_date_order,
            ),
            Input::FailedItems => (
                Some(&*settings.failed_items),
                &settings.failed_items_layout,
                settings.failed_items_date_order,
            ),
            Input::Schedule => (
                settings.schedule.as_ref(),
                &settings.schedule_layout,
                settings.schedule_date_order,
            ),
            Input::FrozenSchedule => (
                settings.frozen_schedule.as_ref(),
                &settings.schedule_layout,
                settings.schedule_date_order,
            ),
            Input::Accounts => (
                settings.accounts.as_ref(),
                &settings.accounts_layout,
                settings.accounts_date_order,
            ),
            Input::Decisions => (
                settings.decisions.as_ref(),
                &settings.decisions_layout,
                settings.decisions_date_order,
            ),
        };
        Some(Self {
            input,
            pattern: pattern?,
            layout: layout.as_deref(),
            date_order,
            settings,
            layouts,
        })
    }
}
