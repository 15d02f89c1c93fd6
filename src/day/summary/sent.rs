//! To whom an edition of the Run Summary went.

use std::collections::BTreeMap;

use crate::archive::{Archive, ArchivedFile, SummaryPlace};
use crate::day::context::Context;
use crate::day::error::DayError;
use crate::day::files::json_file;
use crate::domain::DeliveryState;

/// By the digits that stand for a recipient, what became of the message.
const SENT: &str = "sent.json";

/// A file of the edition's folder as JSON.
pub(super) fn json(name: &str, content: &impl serde::Serialize) -> Result<ArchivedFile, DayError> {
    json_file(name, content).map_err(|error| {
        DayError::Summary(format!(
            "the Run Summary cannot be written as JSON: {error}"
        ))
    })
}

/// Whether somebody may have got an edition.
pub(super) fn was_sent(archive: &Archive, place: SummaryPlace) -> bool {
    let nobody_has_it = [DeliveryState::Deferred, DeliveryState::Refused];
    let states = states_of(archive, place);
    let mut states = states.values().map(|name| DeliveryState::from_name(name));
    states.any(|state| state.is_none_or(|state| !nobody_has_it.contains(&state)))
}

/// What became of an edition.
fn states_of(archive: &Archive, place: SummaryPlace) -> BTreeMap<String, String> {
    let sent = archive.read_summary(place, SENT).ok();
    let states = sent.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    states.unwrap_or_default()
}

/// What became of an edition, by the digits that stand for a recipient.
pub(super) struct Sent {
    place: SummaryPlace,
    states: BTreeMap<String, String>,
}

impl Sent {
    pub(super) fn read(archive: &Archive, place: SummaryPlace, is_new: bool) -> Self {
        let states = match is_new {
            true => BTreeMap::new(),
            false => states_of(archive, place),
        };
        Self { place, states }
    }

    /// Whether a recipient has not got it, where messages `leave` the machine or do not.
    pub(super) fn is_waiting(&self, recipient: &str, leave: bool) -> bool {
        let state = self.states.get(recipient);
        let state = state.map(|name| DeliveryState::from_name(name));
        state.is_none_or(|state| state.is_some_and(|state| state.is_due(leave)))
    }

    pub(super) fn note(
        &mut self,
        context: &Context,
        recipient: &str,
        state: DeliveryState,
    ) -> Result<(), DayError> {
        self.states
            .insert(recipient.to_owned(), state.name().to_owned());
        let file = json(SENT, &self.states)?;
        let archive = &context.archive;
        Ok(archive.replace_in_summary(self.place, &file.name, &file.bytes)?)
    }
}
