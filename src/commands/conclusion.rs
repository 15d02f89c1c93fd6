use chrono::Utc;

use super::console::Console;
use super::day::Day;
use super::failure::{ExitCode, Failure, Outcome};
use super::session::Session;
use super::standing::Standing;
use super::wording::time_of_day;
use crate::delivery::DeliverySummary;
use crate::domain::DeliveryState;
use crate::domain::plural::count_of;
use crate::mail::DeliveryKey;
use crate::settings::TransportKind;

/// What came of the day, and of deliveries of it that wait for a person.
pub(super) struct Conclusion {
    pub(super) exit_code: ExitCode,
    lines: Vec<String>,
}

impl Conclusion {
    pub(super) fn of(
        day: &Day<'_>,
        session: &Session,
        standing: &Standing,
        mistakes: &[String],
        sent: &DeliverySummary,
    ) -> Self {
        let mut lines = vec![what_was_sent(day, standing, sent)];
        if session.ledger.is_shared() && sent.passed_over > 0 {
            lines.push(format!(
                "{} left to another machine, which sends this day too.",
                count_of(sent.passed_over, "message")
            ));
        }
        let mut causes = Vec::new();
        for (count, code, text) in open_ends(day, session, standing, mistakes, sent) {
            if count > 0 {
                causes.push(code);
                lines.push(text);
            }
        }
        for (code, changes) in &day.changed {
            lines.push(format!(
                "{code}: the reports of this day stand as they were sent, though they would say \
                 something else now: {}. To replace them: \
                 reissue --date {} --organisation {code} --reason \"…\"",
                changes.join("; "),
                day.setup.report_date
            ));
        }
        lines.extend(where_it_lies(day));
        Self {
            exit_code: ExitCode::most_pressing(&causes),
            lines,
        }
    }

    /// Says all of it.
    pub(super) fn say(&self, console: &Console) -> Result<Outcome, Failure> {
        for line in &self.lines {
            console.result(line)?;
        }
        Ok(Outcome {
            exit_code: self.exit_code,
        })
    }
}

fn what_was_sent(day: &Day<'_>, standing: &Standing, sent: &DeliverySummary) -> String {
    let date = day.setup.report_date;
    let accepted_now = sent.count(DeliveryState::Accepted);
    let accepted_before = standing
        .count(DeliveryState::Accepted)
        .saturating_sub(accepted_now);
    if sent.due == 0 && day.prepared == 0 && accepted_before > 0 {
        let all = if accepted_before == standing.len() {
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
    let served = count_of(standing.organisations_served(), "organisation");
    format!(
        "{date}: {} sent, of {served}.{before}",
        count_of(accepted_now, "message")
    )
}

/// What a person or a later run must see to: how many, the exit code, and what to do.
fn open_ends(
    day: &Day<'_>,
    session: &Session,
    standing: &Standing,
    mistakes: &[String],
    sent: &DeliverySummary,
) -> Vec<(usize, ExitCode, String)> {
    let setup = day.setup;
    let (date, time_zone) = (setup.report_date, setup.settings.programme.time_zone);
    let count = |state| standing.count(state);
    let (unknown, refused, deferred) = (
        count(DeliveryState::Unknown),
        count(DeliveryState::Refused),
        count(DeliveryState::Deferred),
    );
    let (expired, withheld) = (count(DeliveryState::Expired), count(DeliveryState::Held));
    let is_elsewhere = |key: &&DeliveryKey| {
        key.report_date != date
            || !setup
                .organisations()
                .iter()
                .any(|open| open.code == key.organisation)
    };
    let expired_elsewhere = session.expired.iter().filter(is_elsewhere).count();
    // What the server put off a short while ago waits; the rest of what it put off or was not asked
    // is due.
    let (waiting, due_again) = standing
        .waiting(Utc::now())
        .map_or((0, String::new()), |(waiting, first)| {
            (waiting, time_of_day(first, time_zone))
        });
    let because = sent
        .unreachable
        .as_deref()
        .map_or_else(String::new, |reason| format!(" ({reason})"));
    // What is held or has changed waits for a person, not for the server.
    let is_put_off = deferred > 0 || sent.unreachable.is_some();
    let due = if is_put_off {
        (deferred + count(DeliveryState::Prepared)).saturating_sub(waiting)
    } else {
        0
    };
    vec![
        (
            unknown,
            ExitCode::Unknown,
            format!(
                "{unknown} unknown: the server's answer was lost. Ask the recipients; the program \
                 does not send them again by itself. \
                 See deliveries --date {date} --state unknown, then deliveries resolve."
            ),
        ),
        (
            refused,
            ExitCode::Refused,
            format!(
                "{refused} refused by the server: correct the address in the register, or ask the \
                 mail team."
            ),
        ),
        (
            expired,
            ExitCode::Refused,
            format!(
                "{expired} expired: too old to be sent. To send them all the same, reissue the \
                 reports."
            ),
        ),
        (
            expired_elsewhere,
            ExitCode::Refused,
            format!(
                "{} of other days or organisations expired: see deliveries --state expired.",
                count_of(expired_elsewhere, "message")
            ),
        ),
        (
            due,
            ExitCode::Deferred,
            format!("{due} put off{because}: run this day again later."),
        ),
        (
            waiting,
            ExitCode::Deferred,
            format!(
                "{waiting} put off by the server: due again from {due_again}. Run this day again \
                 then, or with --now before."
            ),
        ),
        (
            mistakes.len(),
            ExitCode::Settings,
            format!(
                "{} in the register: correct what is named above, and run this day again. {}.",
                count_of(mistakes.len(), "mistake"),
                setup.served_nothing()
            ),
        ),
        (
            withheld,
            ExitCode::Held,
            format!(
                "{} held back: the message or its recipient is no longer what was verified.",
                count_of(withheld, "message")
            ),
        ),
        (
            sent.left,
            ExitCode::Held,
            format!(
                "{} left to another machine: see the warnings. Where no other machine can send \
                 them, reissue the reports.",
                count_of(sent.left, "message")
            ),
        ),
        (
            day.held.len(),
            ExitCode::Held,
            format!(
                "{} held: see the warnings; correct the exports, and run this day again.",
                count_of(day.held.len(), "organisation")
            ),
        ),
    ]
}

fn where_it_lies(day: &Day<'_>) -> Vec<String> {
    let (settings, date) = (&day.setup.settings, day.setup.report_date.to_string());
    let mut lines = vec![format!(
        "Reports: {}",
        day.archive.folder().join(&date).display()
    )];
    if let (TransportKind::Outbox, Some(outbox)) = (settings.mail.transport, &settings.mail.outbox)
    {
        lines.push(format!("Messages: {}", outbox.folder.join(&date).display()));
    }
    lines
}
