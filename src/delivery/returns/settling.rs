//! What a report means for a delivery.

use super::super::masking::fit_to_keep;
use super::super::record::DeliveryRecord;
use super::bounce::{Outcome, RecipientReport};
use super::message_trace::TraceOutcome;
use crate::delivery::Evidence;
use crate::domain::DeliveryState;

/// What comes of a report about a delivery that it names with its recipient.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The delivery comes to another state, or gets a note.
    Evidence(Box<Evidence>),
    /// It says what is known, or less.
    Nothing,
    /// The delivery is still to be sent, or on its way: perhaps it is heard of too early.
    Early,
}

/// What a report says of the recipient of `delivery`; `None` where it does not name that address.
pub(super) fn of_report(
    delivery: &DeliveryRecord,
    recipients: &[RecipientReport],
) -> Option<Meaning> {
    let folded = delivery.key.recipient.folded();
    let mut of_it = recipients
        .iter()
        .filter(|one| one.addresses.contains(&folded));
    let report = of_it.next()?;
    // Two answers are none.
    if of_it.any(|other| other.outcome != report.outcome) {
        return None;
    }
    let meaning = report.status.map_or_else(
        || "no reason was given".to_owned(),
        |status| format!("{} ({status})", status.meaning()),
    );
    let words = fit_to_keep(&report.words, Some(&delivery.key.recipient));
    let words = if words.is_empty() {
        words
    } else {
        format!(": {words}")
    };
    let (state, reason) = match report.outcome {
        Outcome::Failed => (
            DeliveryState::Bounced,
            format!("came back: {meaning}{words}"),
        ),
        Outcome::Delayed => (
            DeliveryState::Accepted,
            format!("delayed, and still tried by the mail system: {meaning}{words}"),
        ),
        Outcome::Delivered => (
            DeliveryState::Delivered,
            "a delivery report says that it arrived".to_owned(),
        ),
        Outcome::PassedOn => (
            DeliveryState::Accepted,
            "a delivery report says that it was passed on".to_owned(),
        ),
    };
    let is_news = report.outcome == Outcome::Delayed;
    Some(settle(delivery, state, reason, is_news))
}

/// What a trace says of `delivery`.
pub(super) fn of_trace(delivery: &DeliveryRecord, outcome: TraceOutcome) -> Meaning {
    let (state, reason) = match outcome {
        TraceOutcome::Delivered => (
            DeliveryState::Delivered,
            "the message trace says that it was delivered",
        ),
        TraceOutcome::Quarantined => (
            DeliveryState::Quarantined,
            "the message trace says that it lies in quarantine: ask the recipient's mail team to \
             release it",
        ),
        TraceOutcome::Failed => (
            DeliveryState::Bounced,
            "the message trace says that it could not be delivered: its details say why",
        ),
        TraceOutcome::FilteredAsSpam => (
            DeliveryState::Bounced,
            "the message trace says that it was taken for spam, and not delivered",
        ),
        TraceOutcome::Taken => (
            DeliveryState::Accepted,
            "the message trace says that the mail system has it",
        ),
    };
    settle(delivery, state, reason.to_owned(), false)
}

/// `is_news` where the reason is worth noting of a delivery that stays where it is.
fn settle(
    delivery: &DeliveryRecord,
    state: DeliveryState,
    reason: String,
    is_news: bool,
) -> Meaning {
    let before = delivery.state;
    let may_have_left = [DeliveryState::Unknown, DeliveryState::Outbox];
    if !before.was_taken() && !may_have_left.contains(&before) {
        let may_be_taken = before.is_to_be_sent() || before == DeliveryState::Sending;
        return if may_be_taken {
            Meaning::Early
        } else {
            Meaning::Nothing
        };
    }
    let is_noted = is_news && before == state && delivery.reason.as_ref() != Some(&reason);
    if !is_noted && !before.may_become(state) {
        return Meaning::Nothing;
    }
    Meaning::Evidence(Box::new(Evidence {
        of: delivery.clone(),
        state,
        reason,
    }))
}
