//! What the central team is to do, with the commands that do it.

use serde::{Deserialize, Serialize};

use super::super::wording::{count, count_of, counted, list};
use super::{EarlierDays, OrganisationLine, OrganisationStatus};
use crate::domain::{DeliveryState, ReportDate};

/// Organisations that a sentence names; the others are counted.
const NAMED: usize = 8;
/// Deliveries of which the commands that resolve them are written out.
const RESOLVED: usize = 5;
/// Reasons that are told of an organisation; the run's log has all.
const REASONS: usize = 3;

/// What is to be done, and by which commands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct SummaryAction {
    /// A sentence or two.
    pub what: String,
    /// Why, one line for each organisation; may be empty.
    pub why: Vec<String>,
    /// Commands, in their order.
    pub commands: Vec<String>,
}

/// Everything that is to be done, the most urgent first.
pub(super) fn actions(
    date: ReportDate,
    organisations: &[OrganisationLine],
    earlier: EarlierDays,
    is_preview: bool,
) -> Vec<SummaryAction> {
    let mut actions: Vec<SummaryAction> = OrganisationStatus::TROUBLED
        .into_iter()
        .filter_map(|state| action(state, date, &having(organisations, state), is_preview))
        .collect();
    actions.extend(earlier_days(earlier));
    actions
}

/// The organisations that are in a state: by what is worst about them, or for other messages of
/// theirs.
fn having(organisations: &[OrganisationLine], state: OrganisationStatus) -> Vec<&OrganisationLine> {
    let of_messages = match state {
        OrganisationStatus::Unknown => Some(DeliveryState::Unknown),
        OrganisationStatus::Refused => Some(DeliveryState::Refused),
        OrganisationStatus::Expired => Some(DeliveryState::Expired),
        OrganisationStatus::HeldBack => Some(DeliveryState::Held),
        _ => None,
    };
    let has = |line: &&OrganisationLine| {
        line.state == state || of_messages.is_some_and(|state| line.messages.of(state) > 0)
    };
    organisations.iter().filter(has).collect()
}

fn action(
    state: OrganisationStatus,
    date: ReportDate,
    lines: &[&OrganisationLine],
    is_preview: bool,
) -> Option<SummaryAction> {
    if lines.is_empty() {
        return None;
    }
    let codes = named(lines);
    let messages = |state| {
        lines
            .iter()
            .map(|line| line.messages.of(state))
            .sum::<u64>()
    };
    let run = format!(
        "migration-monitor {} --date {date}",
        if is_preview { "preview" } else { "run" }
    );
    let listed = |state: DeliveryState| {
        format!("migration-monitor deliveries --date {date} --state {state}")
    };
    let chosen: String = lines
        .iter()
        .filter_map(|line| line.code.as_ref())
        .map(|code| format!(" --organisation {code}"))
        .collect();
    let reissue = format!("migration-monitor reissue --date {date}{chosen} --reason \"Say why\"");
    let (what, why, commands) = match state {
        OrganisationStatus::Unknown => {
            let ids: Vec<i64> = lines
                .iter()
                .flat_map(|line| &line.unknown)
                .copied()
                .collect();
            let mut commands = vec![listed(DeliveryState::Unknown)];
            commands.extend(
                ids.iter()
                    .take(RESOLVED)
                    .map(|id| format!("migration-monitor deliveries resolve {id} --accepted")),
            );
            if let Some(first) = ids.first() {
                commands.push(format!(
                    "migration-monitor deliveries resolve {first} --resend"
                ));
                commands.push(run);
            }
            let what = format!(
                "Ask {codes} whether {} arrived: the server's answer was lost, and the program \
                 does not repeat them by itself. Where one did \
                 not, resolve it with --resend and run the day again.",
                count_of(
                    messages(DeliveryState::Unknown) + messages(DeliveryState::Sending),
                    "message"
                )
            );
            (what, Vec::new(), commands)
        }
        OrganisationStatus::Refused => {
            let refused = count_of(messages(DeliveryState::Refused), "message");
            let what = format!(
                "The server refused {refused} of {codes}. Read why, ask for the right address, \
                 correct the register, and run the day again."
            );
            (what, Vec::new(), vec![listed(DeliveryState::Refused), run])
        }
        OrganisationStatus::Held => (
            format!(
                "Held, and so not sent: {codes}. Ask for exports without the fault, and run the \
                 day again."
            ),
            reasons(lines),
            vec![run],
        ),
        OrganisationStatus::Mistaken => {
            let what = format!(
                "The register has mistakes, and nothing is sent about {codes}. Correct it, check, \
                 and run the day again."
            );
            (
                what,
                reasons(lines),
                vec![format!("migration-monitor check --date {date}"), run],
            )
        }
        OrganisationStatus::HeldBack => {
            let what = format!(
                "{} of {codes} held back: what was prepared, or its recipient in the register, is \
                 no longer what was verified. Reissue the reports.",
                counted(messages(DeliveryState::Held), "message is", "messages are")
            );
            (what, Vec::new(), vec![listed(DeliveryState::Held), reissue])
        }
        OrganisationStatus::Expired => {
            let what = format!(
                "{} of {codes} became too old to be sent. To send them all the same, reissue the \
                 reports.",
                count_of(messages(DeliveryState::Expired), "message")
            );
            (
                what,
                Vec::new(),
                vec![listed(DeliveryState::Expired), reissue],
            )
        }
        OrganisationStatus::Changed => {
            let what = format!(
                "The reports of {codes} are out, and would say something else now. Where that \
                 matters, reissue them."
            );
            (what, reasons(lines), vec![reissue])
        }
        OrganisationStatus::PutOff => {
            let what = format!(
                "{} of {codes} wait: the server put them off, or was not reached. Run the day \
                 again later; with --now before they are due.",
                count_of(
                    messages(DeliveryState::Deferred) + messages(DeliveryState::Prepared),
                    "message"
                )
            );
            (what, Vec::new(), vec![run.clone(), format!("{run} --now")])
        }
        _ => return None,
    };
    Some(SummaryAction {
        what,
        why,
        commands,
    })
}

fn earlier_days(earlier: EarlierDays) -> Option<SummaryAction> {
    let EarlierDays { unknown, expired } = earlier;
    let parts = [
        (unknown, DeliveryState::Unknown),
        (expired, DeliveryState::Expired),
    ];
    let parts: Vec<(u64, DeliveryState)> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .collect();
    if parts.is_empty() {
        return None;
    }
    let words: Vec<String> = parts
        .iter()
        .map(|(number, state)| format!("{} {state}", count(*number)))
        .collect();
    Some(SummaryAction {
        what: format!(
            "Messages of the seven days before that still wait for a person: {}.",
            list(&words)
        ),
        why: Vec::new(),
        commands: parts
            .iter()
            .map(|(_, state)| format!("migration-monitor deliveries --state {state}"))
            .collect(),
    })
}

/// “ZCA, ZGL and 4 more”.
pub(super) fn named(lines: &[&OrganisationLine]) -> String {
    let mut codes: Vec<String> = lines
        .iter()
        .take(NAMED)
        .map(|line| line.code_text().to_owned())
        .collect();
    if lines.len() > NAMED {
        codes.push(format!("{} more", count((lines.len() - NAMED) as u64)));
    }
    list(&codes)
}

fn reasons(lines: &[&OrganisationLine]) -> Vec<String> {
    let told = |line: &&OrganisationLine| {
        let mut told = line
            .reasons
            .iter()
            .take(REASONS)
            .cloned()
            .collect::<Vec<_>>()
            .join(" ");
        if line.reasons.len() > REASONS {
            told = format!(
                "{told} And {} more, in the log of the run.",
                count((line.reasons.len() - REASONS) as u64)
            );
        }
        format!("{}: {told}", line.code_text())
    };
    let mut reasons: Vec<String> = lines.iter().take(NAMED).map(told).collect();
    if lines.len() > NAMED {
        reasons.push(format!(
            "The reasons of {} more are in the workbook.",
            count((lines.len() - NAMED) as u64)
        ));
    }
    reasons
}
