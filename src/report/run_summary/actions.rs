//! What the central team is to do, with the commands that do it.

use super::super::wording::list;
use super::summary_action::{NAMED, SummaryAction, named};
use super::{Basis, EarlierDays, OrganisationLine, OrganisationStatus, calls, promises, warnings};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{DeliveryState, ReportDate};

/// Reasons that are told of an organisation; the run's log has all.
const REASONS: usize = 3;

/// Everything that is to be done, the most urgent first.
pub(super) fn actions(basis: &Basis<'_>, organisations: &[OrganisationLine]) -> Vec<SummaryAction> {
    let (date, is_preview) = (basis.report_date, basis.is_preview);
    let mut actions = warnings::dangerous(date.day(), organisations);
    let kept = kept(basis, organisations);
    let (kept, on_trial) = match basis.is_kept {
        true => (None, kept),
        false => (kept, None),
    };
    actions.extend(kept);
    actions.extend(
        OrganisationStatus::TROUBLED
            .into_iter()
            .filter_map(|state| action(state, date, &having(organisations, state), is_preview)),
    );
    actions.extend(calls::restarts(organisations, date.day()));
    actions.extend(calls::action(organisations, date.day()));
    actions.extend(calls::to_look_into(organisations));
    actions.extend(calls::switched_back(organisations));
    actions.extend(losses_to_approve(organisations));
    actions.extend(promises::overdue(date.day(), organisations));
    actions.extend(warnings::others(
        date.day(),
        organisations,
        basis.warnings,
        basis.gone,
    ));
    actions.extend(earlier_days(basis.earlier));
    actions.extend(on_trial);
    actions
}

/// How what lies in the outbox gets out.
fn kept(basis: &Basis<'_>, organisations: &[OrganisationLine]) -> Option<SummaryAction> {
    let lines: Vec<&OrganisationLine> = organisations.iter().collect();
    let kept = number(&lines, &[DeliveryState::Outbox]);
    if kept == 0 {
        return None;
    }
    let (messages, are) = (
        count_of(kept, "message"),
        if kept == 1 { "is" } else { "are" },
    );
    Some(SummaryAction {
        what: if basis.is_kept {
            format!(
                "A trial, so nothing is sent: {messages} {are} in the outbox, since the settings \
                 say transport = \"outbox\". To send them, set it to \"smtp\" or \
                 \"sendmail\" and run the day again."
            )
        } else {
            format!("Send what waits: {messages} {are} in the outbox. Run the day again.")
        },
        why: Vec::new(),
        commands: vec![format!(
            "migration-monitor run --date {}",
            basis.report_date
        )],
    })
}

/// The organisations that are in a state: by what is worst about them, or for other messages of
/// theirs.
fn having(organisations: &[OrganisationLine], state: OrganisationStatus) -> Vec<&OrganisationLine> {
    let of_messages = match state {
        OrganisationStatus::Unknown => Some(DeliveryState::Unknown),
        OrganisationStatus::Refused => Some(DeliveryState::Refused),
        OrganisationStatus::Bounced => Some(DeliveryState::Bounced),
        OrganisationStatus::Quarantined => Some(DeliveryState::Quarantined),
        OrganisationStatus::Expired => Some(DeliveryState::Expired),
        OrganisationStatus::HeldBack => Some(DeliveryState::Held),
        _ => None,
    };
    let has = |line: &&OrganisationLine| {
        line.state == state || of_messages.is_some_and(|state| line.messages.of(state) > 0)
    };
    organisations.iter().filter(has).collect()
}

/// The commands that an action names.
struct Commands {
    date: ReportDate,
    /// Runs the day again, or looks at it again.
    run: String,
    /// Reissues the reports of the organisations in question.
    reissue: String,
}

impl Commands {
    fn of(date: ReportDate, lines: &[&OrganisationLine], is_preview: bool) -> Self {
        let verb = if is_preview { "preview" } else { "run" };
        let codes = lines.iter().filter_map(|line| line.code.as_ref());
        let chosen: String = codes
            .map(|code| format!(" --organisation {code}"))
            .collect();
        Self {
            date,
            run: format!("migration-monitor {verb} --date {date}"),
            reissue: format!(
                "migration-monitor reissue --date {date}{chosen} --reason \"Say why\""
            ),
        }
    }

    fn for_status(self, status: OrganisationStatus) -> Vec<String> {
        match status {
            OrganisationStatus::Unknown => self.resolving(),
            OrganisationStatus::Refused => vec![self.listing(DeliveryState::Refused), self.run],
            OrganisationStatus::Bounced => vec![self.listing(DeliveryState::Bounced), self.run],
            OrganisationStatus::Quarantined => vec![self.listing(DeliveryState::Quarantined)],
            OrganisationStatus::Held => vec![self.run],
            OrganisationStatus::Mistaken => vec![
                format!("migration-monitor check --date {}", self.date),
                self.run,
            ],
            OrganisationStatus::HeldBack => vec![self.listing(DeliveryState::Held), self.reissue],
            OrganisationStatus::Expired => vec![self.listing(DeliveryState::Expired), self.reissue],
            OrganisationStatus::Changed => vec![self.reissue],
            OrganisationStatus::PutOff => vec![self.run.clone(), format!("{} --now", self.run)],
            _ => Vec::new(),
        }
    }

    /// Lists the day's deliveries in a state.
    fn listing(&self, state: DeliveryState) -> String {
        format!(
            "migration-monitor deliveries --date {} --state {state}",
            self.date
        )
    }

    /// Says of a message whether it arrived, both ways: of which, only who has asked can say, and so the
    /// block does nothing where it is pasted as it stands.
    fn resolving(self) -> Vec<String> {
        let resolve = "migration-monitor deliveries resolve NUMBER";
        vec![
            self.listing(DeliveryState::Unknown),
            format!("{resolve} --accepted"),
            format!("{resolve} --resend"),
            self.run,
        ]
    }
}

fn action(
    status: OrganisationStatus,
    date: ReportDate,
    lines: &[&OrganisationLine],
    is_preview: bool,
) -> Option<SummaryAction> {
    if lines.is_empty() {
        return None;
    }
    let why = match status {
        // What is the same of all is said once.
        OrganisationStatus::Held if lines.iter().all(|line| line.lacks_exports) => Vec::new(),
        OrganisationStatus::Held | OrganisationStatus::Mistaken | OrganisationStatus::Changed => {
            reasons(lines)
        }
        _ => Vec::new(),
    };
    Some(SummaryAction {
        what: what_to_do(status, lines)?,
        why,
        commands: Commands::of(date, lines, is_preview).for_status(status),
    })
}

/// What there is to do about organisations of a status, in sentences.
fn what_to_do(status: OrganisationStatus, lines: &[&OrganisationLine]) -> Option<String> {
    use DeliveryState::{
        Bounced, Deferred, Expired, Held, Prepared, Quarantined, Refused, Sending, Unknown,
    };
    let codes = named(lines);
    Some(match status {
        OrganisationStatus::Unknown => format!(
            "Ask {codes} whether {} arrived: the server's answer was lost, and nothing is sent \
             again by itself. Say of each, by its number in the list, which it was; where one did \
             not arrive, with --resend, and run the day again.",
            messages(lines, &[Unknown, Sending])
        ),
        OrganisationStatus::Refused => format!(
            "The server refused {} to {codes}. Read why, ask for the right address, correct the \
             register, and run the day again.",
            messages(lines, &[Refused])
        ),
        OrganisationStatus::Bounced => format!(
            "{} to {codes} came back undelivered. Read why. Where the address is wrong, correct the \
             register and run the day again; else ask the recipients' mail team.",
            messages(lines, &[Bounced])
        ),
        OrganisationStatus::Quarantined => format!(
            "{} to {codes} {} in quarantine. Ask the recipients' mail team for the release.",
            messages(lines, &[Quarantined]),
            if number(lines, &[Quarantined]) == 1 {
                "is"
            } else {
                "are"
            }
        ),
        OrganisationStatus::Held if lines.iter().all(|line| line.lacks_exports) => format!(
            "No export is there: {codes}. See that the drop folder is there and that the day's \
             exports were made, and run the day again."
        ),
        OrganisationStatus::Held => format!(
            "Held, and so not sent: {codes}. Ask for corrected exports, and run the day again."
        ),
        OrganisationStatus::Mistaken => format!(
            "The register has mistakes, and nothing is sent about {codes}. Correct it, check, and \
             run the day again."
        ),
        OrganisationStatus::HeldBack => format!(
            "{} to {codes} {} held back: what was prepared, or its recipient in the register, is no \
             longer what was verified. Reissue the reports.",
            messages(lines, &[Held]),
            if number(lines, &[Held]) == 1 {
                "is"
            } else {
                "are"
            }
        ),
        OrganisationStatus::Expired => format!(
            "{} to {codes} became too old to be sent. To send them all the same, reissue the \
             reports.",
            messages(lines, &[Expired])
        ),
        OrganisationStatus::Changed => match number(lines, &[Deferred, Prepared]) {
            0 => format!(
                "The reports of {codes} are out, and would say something else now. Where that \
                 matters, reissue them."
            ),
            waiting => format!(
                "The reports of {codes} went out to some, and would say something else now: {} and \
                 not sent as they are. Reissue the reports.",
                counted(waiting, "message waits,", "messages wait,")
            ),
        },
        OrganisationStatus::PutOff => format!(
            "{} to {codes} not sent yet: the server put delivery off, or could not be reached. Run \
             the day again later; add --now to try before the next attempt is due.",
            messages(lines, &[Deferred, Prepared])
        ),
        _ => return None,
    })
}

fn number(lines: &[&OrganisationLine], states: &[DeliveryState]) -> u64 {
    let of_line = |line: &&OrganisationLine| -> u64 {
        states.iter().map(|state| line.messages.of(*state)).sum()
    };
    lines.iter().map(of_line).sum()
}

/// “1 message”, “2 messages”: those that are in one of these states.
fn messages(lines: &[&OrganisationLine], states: &[DeliveryState]) -> String {
    count_of(number(lines, states), "message")
}

/// Mailboxes that the tool does not complete before somebody approves what was lost.
fn losses_to_approve(organisations: &[OrganisationLine]) -> Option<SummaryAction> {
    let waiting = |line: &OrganisationLine| {
        let figures = line.figures.as_ref();
        figures.map_or(0, |figures| figures.awaiting_approval)
    };
    let lines: Vec<&OrganisationLine> = organisations
        .iter()
        .filter(|line| line.is_open() && waiting(line) > 0)
        .collect();
    if lines.is_empty() {
        return None;
    }
    let mailboxes: u64 = lines.iter().map(|line| waiting(line)).sum();
    Some(SummaryAction {
        what: format!(
            "{} of {} cannot complete before their losses are approved. Look at them with the \
             organisation, then approve them; in Exchange with Set-MigrationUser \
             -ApproveSkippedItems. The Overall Migration Report's workbook lists them, sheet Users, \
             column “Needs attention”.",
            counted(mailboxes, "mailbox", "mailboxes"),
            named(&lines)
        ),
        why: Vec::new(),
        commands: Vec::new(),
    })
}

fn earlier_days(earlier: EarlierDays) -> Option<SummaryAction> {
    let EarlierDays {
        unknown,
        bounced,
        quarantined,
        expired,
    } = earlier;
    let mut parts = vec![
        (unknown, DeliveryState::Unknown),
        (bounced, DeliveryState::Bounced),
        (quarantined, DeliveryState::Quarantined),
        (expired, DeliveryState::Expired),
    ];
    parts.retain(|(number, _)| *number > 0);
    if parts.is_empty() {
        return None;
    }
    let words: Vec<String> = parts
        .iter()
        .map(|(number, state)| format!("{} {state}", count(*number)))
        .collect();
    Some(SummaryAction {
        what: format!(
            "Still to be seen to from the seven days before: {}.",
            list(&words)
        ),
        why: Vec::new(),
        commands: parts
            .iter()
            .map(|(_, state)| format!("migration-monitor deliveries --state {state}"))
            .collect(),
    })
}

fn reasons(lines: &[&OrganisationLine]) -> Vec<String> {
    let told = |line: &&OrganisationLine| {
        let first = line.reasons.iter().take(REASONS).map(String::as_str);
        let mut told = first.collect::<Vec<_>>().join(" ");
        if line.reasons.len() > REASONS {
            let more = count(line.reasons.len() - REASONS);
            told += &format!(" And {more} more, in the log of the run.");
        }
        format!("{}: {told}{}", line.code_text(), line.whom_to_call())
    };
    let mut reasons: Vec<String> = lines.iter().take(NAMED).map(told).collect();
    if lines.len() > NAMED {
        let more = count(lines.len() - NAMED);
        reasons.push(format!("The reasons of {more} more are in the workbook."));
    }
    reasons
}
