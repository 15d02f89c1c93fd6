use std::collections::BTreeSet;
use std::path::Path;

use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::open_day::OpenDay;
use crate::day::{DayStatus, time_of_day};
use crate::delivery::DeliverySummary;
use crate::domain::plural::{count_of, counted};
use crate::domain::{DeliveryState, OrganisationCode};
use crate::mail::DeliveryKey;
use crate::settings::TransportKind;

/// What came of the day, and of deliveries of it that wait for a person.
pub(super) struct Conclusion {
    pub(super) exit_code: ExitCode,
    /// What is said at the end, line by line.
    pub(super) lines: Vec<String>,
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
        open_ends.retain(|(count, ..)| *count > 0);
        let causes: Vec<ExitCode> = open_ends.iter().map(|(_, code, _)| *code).collect();
        lines.extend(open_ends.into_iter().map(|(.., what_to_do)| what_to_do));
        for (code, outcome) in &day.outcome.organisations {
            if !outcome.changed.is_empty() {
                lines.push(format!(
                    "{code}: the reports of this day stand as they were sent, though they would \
                     say something else now: {}. To replace them: migration-monitor reissue --date {} \
                     --organisation {code} --reason \"…\"",
                    outcome.changed.join("; "),
                    day.context.report_date
                ));
            }
        }
        lines.extend(where_it_lies(day, status));
        Self {
            exit_code: ExitCode::most_pressing(&causes),
            lines,
        }
    }

    /// Says all of it.
    pub(super) fn say(&self, console: &Console) -> Result<ExitCode, Failure> {
        // Whoever is told nothing but what is wrong, as cron's mail is, is told nothing here.
        if self.exit_code != ExitCode::Done || !console.is_quiet() {
            for line in &self.lines {
                console.result(line)?;
            }
        }
        Ok(self.exit_code)
    }
}

fn what_was_sent(day: &OpenDay, status: &DayStatus, sent: &DeliverySummary) -> String {
    let date = day.context.report_date;
    let [accepted_now, kept_now] =
        [DeliveryState::Accepted, DeliveryState::Outbox].map(|state| sent.count(state));
    let accepted_before = status.taken().saturating_sub(accepted_now);
    let kept_before = status.count(DeliveryState::Outbox).saturating_sub(kept_now);
    let all = status.deliveries().len();
    if sent.due == 0 && day.outcome.prepared == 0 && accepted_before + kept_before > 0 {
        let said = |number: usize, [of_one, of_more]: [&str; 2]| {
            let all = if number == all { "all " } else { "" };
            let became = if number == 1 { of_one } else { of_more };
            (number > 0)
                .then(|| format!("{all}{} of this day {became}", count_of(number, "message")))
        };
        let said = [
            said(accepted_before, ["was sent before", "were sent before"]),
            said(kept_before, ["lies in the outbox", "lie in the outbox"]),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        return format!("{date}: nothing to send: {}.", said.join(", and "));
    }
    let before = match (accepted_before, kept_before) {
        (0, 0) => String::new(),
        (0, kept) if kept_now > 0 => format!(" {kept} lay there before."),
        (0, 1) => " 1 lies in the outbox.".to_owned(),
        (0, kept) => format!(" {kept} lie in the outbox."),
        (1, _) => " 1 was sent before.".to_owned(),
        (accepted, _) => format!(" {accepted} were sent before."),
    };
    let served = count_of(day.served.len(), "organisation");
    match kept_now {
        0 if accepted_now == 0 => {
            let nothing = match day.context.is_working_day() {
                false if all == 0 && day.outcome.held() == 0 => {
                    "nothing was due: it is no working day"
                }
                _ if sent.due == 0 => "there was nothing to send",
                _ => "no message was sent",
            };
            format!("{date}: {nothing}.{before}")
        }
        0 => {
            let messages = count_of(accepted_now, "message");
            format!("{date}: {messages} sent, of {served}.{before}")
        }
        kept => {
            let messages = count_of(kept, "message");
            format!("{date}: {messages} put into the outbox, of {served}.{before}")
        }
    }
}

/// How many of something a person or a later run must see to, the exit code that says so, and what
/// is to be done, with the number.
type OpenEnd = (usize, ExitCode, String);

/// Deliveries that did not end well, or did not end.
fn unfinished_deliveries(
    day: &OpenDay,
    status: &DayStatus,
    sent: &DeliverySummary,
) -> Vec<OpenEnd> {
    let (date, open) = (day.context.report_date, day.context.codes());
    let is_elsewhere =
        |key: &&DeliveryKey| key.report_date != date || !open.contains(&key.organisation);
    let elsewhere = day.expired.iter().filter(is_elsewhere).count();
    let returned_elsewhere = day.returns.settled.iter().filter(|one| {
        let is_trouble = ExitCode::of_delivery(one.state) == Some(ExitCode::Refused);
        is_trouble && is_elsewhere(&&one.key)
    });
    let returned_elsewhere = returned_elsewhere.count();
    let unknown = status.count(DeliveryState::Unknown);
    let refused = status.count(DeliveryState::Refused);
    let bounced = status.count(DeliveryState::Bounced);
    let quarantined = status.count(DeliveryState::Quarantined);
    let expired = status.count(DeliveryState::Expired);
    let ask = format!(
        "{unknown} unknown: the server's answer was lost. Ask the recipients; the program does not \
         send them again by itself. See deliveries --date {date} --state unknown, then deliveries \
         resolve."
    );
    let correct = format!(
        "{refused} refused by the server: correct the address in the register, or ask the mail team. \
         To send one again once that is done: deliveries resolve ID --resend."
    );
    let returned = format!(
        "{bounced} bounced: they came back, and the recipients do not have them. Read why by \
         deliveries --date {date} --state bounced, and correct the address in the register or ask \
         the recipient's mail team."
    );
    let release = format!(
        "{quarantined} in quarantine: ask the recipient's mail team to release them. See deliveries \
         --date {date} --state quarantined."
    );
    let reissue = format!(
        "{expired} expired: too old to be sent. To send them all the same, reissue the reports; to send \
         one as it is: deliveries resolve ID --resend."
    );
    let look = format!(
        "{} of other days or organisations expired: see deliveries --state expired.",
        count_of(elsewhere, "message")
    );
    let heard = format!(
        "{} of other days or organisations came back or lie in quarantine, as was heard now: see \
         deliveries --state bounced --state quarantined.",
        count_of(returned_elsewhere, "message")
    );
    // Whatever their state is, and whoever else was reached: they are not sent.
    let read_again = format!(
        "Not sent, since it could not be read from the archive: {}. See the warnings and to the disk, \
         and run this day again.",
        count_of(sent.unread, "message")
    );
    let mut open_ends = vec![
        (sent.unread, ExitCode::Deferred, read_again),
        (unknown, ExitCode::Unknown, ask),
        (refused, ExitCode::Refused, correct),
        (bounced, ExitCode::Refused, returned),
        (quarantined, ExitCode::Refused, release),
        (expired, ExitCode::Refused, reissue),
        (elsewhere, ExitCode::Refused, look),
        (returned_elsewhere, ExitCode::Refused, heard),
    ];
    open_ends.extend(put_off(day, status, sent));
    open_ends
}

/// What is to be sent once more: what the server put off a short while ago waits; the rest of what
/// it put off or was not asked is due.
fn put_off(day: &OpenDay, status: &DayStatus, sent: &DeliverySummary) -> [OpenEnd; 3] {
    let to_be_sent = status.deliveries().iter();
    let to_be_sent = to_be_sent.filter(|delivery| delivery.state.is_to_be_sent());
    // What has changed waits for a person, not for the server; and so does what is held.
    let (stuck, open): (Vec<_>, Vec<_>) =
        to_be_sent.partition(|delivery| day.outcome.is_changed(&delivery.key.organisation));
    let now = Utc::now();
    let until = open.iter().filter_map(|delivery| delivery.waits_until(now));
    let (waiting, first) = (until.clone().count(), until.min().unwrap_or_default());
    let is_any_deferred = || {
        let mut states = open.iter().map(|delivery| delivery.state);
        states.any(|state| state == DeliveryState::Deferred)
    };
    let due = match is_any_deferred() || !sent.is_reached() {
        true => open.len() - waiting,
        false => 0,
    };
    let stuck_behind = format!(
        "{} of reports that would say something else now, and not sent as they are: reissue those, as \
         is said below.",
        counted(stuck.len(), "message waits,", "messages wait,")
    );
    let nobody = if status.count(DeliveryState::Refused) == 0 {
        ", and nobody refused"
    } else {
        ""
    };
    let date = day.context.report_date;
    // A folder is no server: what it does not take, no time mends.
    let is_outbox = day.context.settings.mail.transport == TransportKind::Outbox;
    let (code, again) = match (&sent.sender_refused, &sent.unreachable) {
        (Some(reason), _) => (
            ExitCode::SenderRefused,
            format!("{due} put off{nobody}: {reason}. Then run this day again."),
        ),
        (None, Some(reason)) if is_outbox => (
            ExitCode::NotWritten,
            format!("{due} not put into the outbox: {reason}. Then run this day again."),
        ),
        (None, None) if is_outbox => (
            ExitCode::NotWritten,
            format!("{due} not put into the outbox: see deliveries --date {date}."),
        ),
        (None, Some(reason)) => (
            ExitCode::Deferred,
            format!("{due} put off ({reason}): run this day again later."),
        ),
        (None, None) => (
            ExitCode::Deferred,
            format!("{due} put off: run this day again later."),
        ),
    };
    let then = format!(
        "{waiting} put off by the server: due again from {}. Run this day again then, or with \
         --now before.",
        time_of_day(first, day.context.settings.programme.time_zone)
    );
    [
        (due, code, again),
        (waiting, ExitCode::Deferred, then),
        (stuck.len(), ExitCode::Held, stuck_behind),
    ]
}

/// Organisations, and messages to them, that this run did not serve.
fn unserved_organisations(
    day: &OpenDay,
    status: &DayStatus,
    sent: &DeliverySummary,
) -> [OpenEnd; 5] {
    let no_exports = day.exports_fault.clone();
    let mistakes = day.register_mistakes.len();
    let withheld = status.count(DeliveryState::Held);
    let held = day.outcome.held();
    let nothing_sent = match rows_with_mistakes(day).as_str() {
        "" => "Nothing was sent to these addresses".to_owned(),
        rows => format!("Nothing was sent about {rows}"),
    };
    let correct_register = format!(
        "{} in the register: correct what is named above, and run this day again. {nothing_sent}.",
        count_of(mistakes, "mistake"),
    );
    let held_back = format!(
        "{} held back: the message or its recipient is no longer what was verified.",
        count_of(withheld, "message")
    );
    let left = format!(
        "{} left to another machine: see the warnings. Where no other machine can send them, \
         reissue the reports.",
        count_of(sent.left, "message")
    );
    let correct_exports = format!(
        "{} held: see the warnings; correct the exports, and run this day again.",
        count_of(held, "organisation")
    );
    [
        (
            usize::from(no_exports.is_some()),
            ExitCode::Settings,
            format!(
                "{}, and run this day again.",
                no_exports.unwrap_or_default()
            ),
        ),
        (mistakes, ExitCode::Settings, correct_register),
        (withheld, ExitCode::Held, held_back),
        (sent.left, ExitCode::Held, left),
        (held, ExitCode::Held, correct_exports),
    ]
}

/// “RXX, an unreadable row”
fn rows_with_mistakes(day: &OpenDay) -> String {
    let faulty = &day.context.register.faulty;
    let codes = faulty.iter().map(|row| row.code.as_ref());
    let codes: BTreeSet<&str> = codes
        .map(|code| code.map_or("an unreadable row", OrganisationCode::as_str))
        .collect();
    codes.into_iter().collect::<Vec<_>>().join(", ")
}

fn where_it_lies(day: &OpenDay, status: &DayStatus) -> Vec<String> {
    let (mail, date) = (&day.context.settings.mail, day.context.report_date);
    let of_day = |folder: &Path| folder.join(date.to_string()).display().to_string();
    let mut lines = vec![format!(
        "Reports: {}",
        of_day(&day.context.archive.folder())
    )];
    let is_kept = status.count(DeliveryState::Outbox) > 0;
    if let (true, TransportKind::Outbox, Some(outbox)) = (is_kept, mail.transport, &mail.outbox) {
        let folder = of_day(&outbox.folder);
        let is_gone = match Path::new(&folder).is_dir() {
            true => "",
            false => " It is gone, and the archive still has them.",
        };
        lines.push(format!(
            "Messages: {folder}, the outbox: nothing has left this machine.{is_gone} A run of this day \
             with another transport sends them."
        ));
    }
    lines
}
