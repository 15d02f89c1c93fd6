use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::open_day::OpenDay;
use crate::day::{DayStatus, time_of_day};
use crate::delivery::DeliverySummary;
use crate::domain::plural::count_of;
use crate::domain::{DeliveryState, OrganisationCode};
use crate::mail::DeliveryKey;
use crate::settings::TransportKind;

/// What came of the day, and of deliveries of it that wait for a person.
pub(super) struct Conclusion {
    pub(super) exit_code: ExitCode,
    lines: Vec<String>,
}

impl Conclusion {
    pub(super) fn of(day: &OpenDay, status: &DayStatus, sent: &DeliverySummary) -> Self {
        let mut lines = vec![what_was_sent(day, status, sent)];
        if day.session.ledger.is_shared() && sent.passed_over > 0 {
            lines.push(format!(
                "{} left to another machine, which sends this day too.",
                count_of(sent.passed_over, "message")
            ));
        }
        let mut open_ends = unfinished_deliveries(day, status, sent);
        open_ends.extend(unserved_organisations(day, status, sent));
        open_ends.retain(|end| end.count > 0);
        let causes: Vec<ExitCode> = open_ends.iter().map(|end| end.exit_code).collect();
        lines.extend(open_ends.into_iter().map(|end| end.what_to_do));
        for (code, outcome) in &day.outcome.organisations {
            if !outcome.changed.is_empty() {
                lines.push(format!(
                    "{code}: the reports of this day stand as they were sent, though they would \
                     say something else now: {}. To replace them: reissue --date {} \
                     --organisation {code} --reason \"…\"",
                    outcome.changed.join("; "),
                    day.context.report_date
                ));
            }
        }
        lines.extend(where_it_lies(day));
        Self {
            exit_code: ExitCode::most_pressing(&causes),
            lines,
        }
    }

    /// Says all of it.
    pub(super) fn say(&self, console: &Console) -> Result<ExitCode, Failure> {
        for line in &self.lines {
            console.result(line)?;
        }
        Ok(self.exit_code)
    }
}

fn what_was_sent(day: &OpenDay, status: &DayStatus, sent: &DeliverySummary) -> String {
    let date = day.context.report_date;
    let accepted_now = sent.count(DeliveryState::Accepted);
    let accepted_before = status
        .count(DeliveryState::Accepted)
        .saturating_sub(accepted_now);
    if sent.due == 0 && day.outcome.prepared == 0 && accepted_before > 0 {
        let all = if accepted_before == status.deliveries().len() {
            "all "
        } else {
            ""
        };
        let were = if accepted_before == 1 { "was" } else { "were" };
        return format!(
            "{date}: nothing to send: {all}{} of this day {were} sent before.",
            count_of(accepted_before, "message")
        );
    }
    let before = if accepted_before > 0 {
        format!(" {accepted_before} were sent before.")
    } else {
        String::new()
    };
    let served = count_of(status.organisations_served(), "organisation");
    format!(
        "{date}: {} sent, of {served}.{before}",
        count_of(accepted_now, "message")
    )
}

/// Something that a person or a later run must see to.
struct OpenEnd {
    count: usize,
    exit_code: ExitCode,
    /// With the count.
    what_to_do: String,
}

fn open_end(count: usize, exit_code: ExitCode, what_to_do: String) -> OpenEnd {
    OpenEnd {
        count,
        exit_code,
        what_to_do,
    }
}

/// Deliveries that did not end well, or did not end.
fn unfinished_deliveries(
    day: &OpenDay,
    status: &DayStatus,
    sent: &DeliverySummary,
) -> Vec<OpenEnd> {
    let (date, open) = (day.context.report_date, day.context.codes());
    let unknown = status.count(DeliveryState::Unknown);
    let refused = status.count(DeliveryState::Refused);
    let expired = status.count(DeliveryState::Expired);
    let is_elsewhere =
        |key: &&DeliveryKey| key.report_date != date || !open.contains(&key.organisation);
    let expired_elsewhere = day.session.expired.iter().filter(is_elsewhere).count();
    // What the server put off a short while ago waits; the rest of what it put off or was not asked
    // is due.
    let (waiting, first) = match status.waiting(Utc::now()) {
        Some((waiting, first)) => {
            let time_zone = day.context.settings.programme.time_zone;
            (waiting, time_of_day(first, time_zone))
        }
        None => (0, String::new()),
    };
    let deferred = status.count(DeliveryState::Deferred);
    // What is held or has changed waits for a person, not for the server.
    let due = if deferred > 0 || sent.unreachable.is_some() {
        (deferred + status.count(DeliveryState::Prepared)).saturating_sub(waiting)
    } else {
        0
    };
    let why = sent
        .unreachable
        .as_deref()
        .map_or_else(String::new, |reason| format!(" ({reason})"));
    vec![
        open_end(
            unknown,
            ExitCode::Unknown,
            format!(
                "{unknown} unknown: the server's answer was lost. Ask the recipients; the program \
                 does not send them again by itself. See deliveries --date {date} --state unknown, \
                 then deliveries resolve."
            ),
        ),
        open_end(
            refused,
            ExitCode::Refused,
            format!(
                "{refused} refused by the server: correct the address in the register, or ask the \
                 mail team."
            ),
        ),
        open_end(
            expired,
            ExitCode::Refused,
            format!(
                "{expired} expired: too old to be sent. To send them all the same, reissue the \
                 reports."
            ),
        ),
        open_end(
            expired_elsewhere,
            ExitCode::Refused,
            format!(
                "{} of other days or organisations expired: see deliveries --state expired.",
                count_of(expired_elsewhere, "message")
            ),
        ),
        open_end(
            due,
            ExitCode::Deferred,
            format!("{due} put off{why}: run this day again later."),
        ),
        open_end(
            waiting,
            ExitCode::Deferred,
            format!(
                "{waiting} put off by the server: due again from {first}. Run this day again then, \
                 or with --now before."
            ),
        ),
    ]
}

/// Organisations, and messages to them, that this run did not serve.
fn unserved_organisations(
    day: &OpenDay,
    status: &DayStatus,
    sent: &DeliverySummary,
) -> Vec<OpenEnd> {
    let mistakes = day.register_mistakes.len();
    let withheld = status.count(DeliveryState::Held);
    let held = day.outcome.held();
    vec![
        open_end(
            mistakes,
            ExitCode::Settings,
            format!(
                "{} in the register: correct what is named above, and run this day again. Nothing \
                 was sent about {}.",
                count_of(mistakes, "mistake"),
                rows_with_mistakes(day)
            ),
        ),
        open_end(
            withheld,
            ExitCode::Held,
            format!(
                "{} held back: the message or its recipient is no longer what was verified.",
                count_of(withheld, "message")
            ),
        ),
        open_end(
            sent.left,
            ExitCode::Held,
            format!(
                "{} left to another machine: see the warnings. Where no other machine can send \
                 them, reissue the reports.",
                count_of(sent.left, "message")
            ),
        ),
        open_end(
            held,
            ExitCode::Held,
            format!(
                "{} held: see the warnings; correct the exports, and run this day again.",
                count_of(held, "organisation")
            ),
        ),
    ]
}

/// “RXX, an unreadable row”
fn rows_with_mistakes(day: &OpenDay) -> String {
    let faulty = &day.context.register.faulty;
    let mut codes: Vec<&str> = faulty
        .iter()
        .map(|row| {
            row.code
                .as_ref()
                .map_or("an unreadable row", OrganisationCode::as_str)
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(", ")
}

fn where_it_lies(day: &OpenDay) -> Vec<String> {
    let (mail, date) = (
        &day.context.settings.mail,
        day.context.report_date.to_string(),
    );
    let mut lines = vec![format!(
        "Reports: {}",
        day.context.archive.folder().join(&date).display()
    )];
    if let (TransportKind::Outbox, Some(outbox)) = (mail.transport, &mail.outbox) {
        lines.push(format!("Messages: {}", outbox.folder.join(&date).display()));
    }
    lines
}
