//! Settings of folders and mailboxes that did not migrate: shown beside failed items, and counted in
//! none of their figures.

use std::collections::BTreeMap;

use super::input::ReportInput;
use super::model::Section;
use super::tabulation::Tabulation;
use super::workbook::Cell;
use crate::domain::SettingKind;
use crate::domain::plural::{count_of, counted};
use crate::metrics::{FailedItem, GroupMetrics};

/// “; beside them 30 settings”, for a tile; nothing where there are none.
pub(super) fn beside(group: &GroupMetrics) -> Option<String> {
    let settings = group.settings_failed.filter(|settings| *settings > 0)?;
    Some(format!("; beside them {}", count_of(settings, "setting")))
}

/// Which settings were not copied; nothing where all were.
pub(super) fn section(input: ReportInput<'_>) -> Option<Section> {
    let settings = &input.metrics.failed_settings;
    if settings.is_empty() {
        return None;
    }
    let mut by_kind: BTreeMap<SettingKind, (u64, BTreeMap<&str, ()>)> = BTreeMap::new();
    for item in settings {
        if let Some(kind) = item.setting {
            let (number, users) = by_kind.entry(kind).or_default();
            *number += 1;
            users.insert(&*item.mailbox, ());
        }
    }
    let text = format!(
        "{} not copied: who may open a folder, how it is shown, how mail is filed. No mail is lost \
         with them, and no rate counts them. All are in the workbook, sheet Failed items: filter the \
         column “Setting”.",
        counted(
            settings.len(),
            "setting of a folder or mailbox was",
            "settings of folders and mailboxes were"
        )
    );
    let table = Tabulation::of(&by_kind)
        .text("Setting", |(kind, _)| kind.label())
        .number("Not copied", |(_, (number, _))| *number)
        .number("Users", |(_, (_, users))| users.len() as u64)
        .table("Settings that were not copied, by kind");
    Some(Section::new(
        "Settings that were not copied",
        vec![text],
        table,
    ))
}

/// Which setting an item is, or “No”.
pub(super) fn setting<'a>(item: &FailedItem) -> Cell<'a> {
    item.setting
        .map_or(Cell::Word("No"), |setting| Cell::Word(setting.label()))
}
