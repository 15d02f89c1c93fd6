//! The figures under the headline.

use chrono::NaiveDate;

use super::super::model::KeyFigure;
use super::super::wording::first_of;
use super::{OrganisationFigures, OrganisationLine, accepted_of_sent, open, promises};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{DeliveryCounts, DeliveryState, Verdict};

/// Organisations that a figure names.
const NAMED: usize = 3;

pub(super) fn tiles(
    today: NaiveDate,
    organisations: &[OrganisationLine],
    messages: &DeliveryCounts,
) -> Vec<KeyFigure> {
    let figure = KeyFigure::new;
    let to_call = organisations.iter().filter(|line| line.needs_a_call(today));
    let to_call: Vec<String> = to_call.map(|line| line.code_text().to_owned()).collect();
    let (accepted, total) = accepted_of_sent(messages);
    let open = open(organisations);
    let known = || open.iter().filter_map(|line| line.figures.as_ref());
    let sum = |of: fn(&OrganisationFigures) -> u64| -> u64 { known().map(of).sum() };
    let above = |verdict: Verdict| known().filter(|figures| figures.verdict == verdict).count();
    let [high, raised, concentrated] =
        [Verdict::High, Verdict::Raised, Verdict::Concentrated].map(above);
    let mailboxes = |number: u64| counted(number, "mailbox", "mailboxes");
    let overdue_of = |line: &&OrganisationLine| -> u64 {
        line.promises.iter().map(|one| one.overdue_at(today)).sum()
    };
    let late = open.iter().filter(|line| overdue_of(line) > 0).count();
    let halted_soon: u64 = open.iter().map(|line| line.halted_soon(today)).sum();
    vec![
        figure(
            "Messages accepted",
            count(accepted),
            match messages.of(DeliveryState::Outbox) {
                0 => format!("of {}", count(total)),
                kept => format!("of {}; {} in the outbox", count(total), count(kept)),
            },
        ),
        figure(
            "Organisations to call",
            count(to_call.len()),
            match to_call.as_slice() {
                [] => "nobody".to_owned(),
                some => first_of(some, NAMED),
            },
        ),
        figure(
            "Not ready, next 7 days",
            count(sum(|figures| figures.due - figures.ready)),
            format!("of {} that switch", mailboxes(sum(|figures| figures.due))),
        ),
        figure(
            "Stopped or failed",
            count(sum(|figures| figures.halted)),
            format!(
                "{} in the next 7 days; {} past the switch date",
                counted(halted_soon, "of them switches", "of them switch"),
                counted(sum(|figures| figures.halted_late), "is", "are")
            ),
        ),
        figure(
            "Failures above expected",
            count(high + raised + concentrated),
            format!("{high} high, {raised} raised, {concentrated} concentrated"),
        ),
        figure(
            "Overdue promises",
            promises::overdue_in_short(today, &open),
            match late {
                0 => "none".to_owned(),
                late => format!("to {}", count_of(late, "organisation")),
            },
        ),
    ]
}
