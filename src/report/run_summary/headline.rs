//! Whether all went out, and whether anything else needs a look: a green answer means both.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::super::forecast::Missing;
use super::super::model::{Headline, Tone};
use super::super::next_switch::is_trouble;
use super::super::wording::{capitalised, coming_day, day, first_of, list};
use super::{
    Basis, EarlierDays, OrganisationLine, OrganisationStatus, SwitchDay, accepted_of_sent,
    calendar, calls, open, promises,
};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{DeliveryCounts, DeliveryState};

/// Organisations that a subject line names; of more it says the number.
const NAMED: usize = 2;

/// The Subject header: the answer, and whom to call.
pub(super) fn subject(
    basis: &Basis<'_>,
    headline: &Headline,
    organisations: &[OrganisationLine],
) -> String {
    let today = basis.report_date.day();
    let label = uncapitalised(&headline.label);
    let to_call = to_call(organisations, today).filter(|call| !label.starts_with(call));
    let to_call = to_call.map_or_else(String::new, |call| format!("; {call}"));
    format!("Run Summary, {}: {label}{to_call}", day(today))
}

fn uncapitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// “call ZCA and ZGL”, “3 organisations to call”; `None` where nobody is to be called.
fn to_call(organisations: &[OrganisationLine], today: NaiveDate) -> Option<String> {
    let to_call = organisations.iter().filter(|line| line.needs_a_call(today));
    let to_call: Vec<String> = to_call.map(|line| line.code_text().to_owned()).collect();
    match to_call.as_slice() {
        [] => None,
        few if few.len() <= NAMED => Some(format!("call {}", list(few))),
        several => Some(format!("{} organisations to call", count(several.len()))),
    }
}

/// Whether all went out.
pub(super) fn headline(
    basis: &Basis<'_>,
    organisations: &[OrganisationLine],
    messages: &DeliveryCounts,
) -> Headline {
    let open = open(organisations);
    let (is_all, done, none, mut sentences) = if basis.is_day_off {
        let sentence = "It is no working day, and there are no exports.".to_owned();
        (true, "Nothing was due", "", vec![sentence])
    } else if open.is_empty() && !organisations.is_empty() && messages.total() == 0 {
        let sentence = "Every organisation of the register is closed: there is no report to make. Where \
                        the programme has ended, stop its timer.";
        (
            true,
            "Nothing is due any more",
            "",
            vec![sentence.to_owned()],
        )
    } else if basis.is_preview {
        let (is_all, sentences) = made(&open);
        (is_all, "All can be sent", "Not all can be sent", sentences)
    } else {
        let (is_all, sentences) = went_out(&open, messages, basis);
        let came_back = came_back(messages);
        let is_kept = messages.of(DeliveryState::Outbox) > 0;
        // Where others were mailed, what still lies there was left behind.
        let is_all = is_all && (basis.is_kept || !is_kept || messages.out() == 0);
        let done = match is_kept {
            true if basis.is_kept => "All made, none sent (trial)",
            true => "All in the outbox, not sent",
            false => "All went out",
        };
        let none = match (messages.out(), came_back.is_some()) {
            (0, false) if is_kept && basis.is_kept => "Not all made (trial)",
            (0, false) if is_kept => "Not all in the outbox",
            (0, false) => "Nothing went out",
            (0, true) if !is_kept => "Nothing arrived",
            (_, false) => "Not all went out",
            (_, true) => "Not all arrived",
        };
        (is_all, done, none, sentences)
    };
    let (pressing, warnings) = (pressing(basis, &open), warned_of(basis, &open));
    let is_changed = in_status(&open, OrganisationStatus::Changed) > 0;
    let earlier = basis.earlier != EarlierDays::default();
    let is_overdue = promises::overdue(basis.report_date.day(), organisations).is_some();
    let has_warnings =
        !pressing.is_empty() || !warnings.is_empty() || is_changed || earlier || is_overdue;
    let call = to_call(organisations, basis.report_date.day())
        .filter(|_| is_all && has_warnings && !basis.is_day_off);
    // What the label begins with is told first.
    let place = if call.is_some() { 0 } else { sentences.len() };
    sentences.splice(place..place, pressing);
    sentences.extend(warnings);
    sentences.extend(switches_ahead(organisations));
    let (label, tone) = match (is_all, has_warnings, call) {
        (true, _, Some(call)) => (
            format!("{}; {}", capitalised(&call), uncapitalised(done)),
            Tone::Attention,
        ),
        // On a day on which nobody works, all is as it was.
        (true, true, None) if basis.is_day_off && basis.gone.is_empty() => {
            (done.to_owned(), Tone::Plain)
        }
        (true, true, None) => (format!("{done}, with warnings"), Tone::Watch),
        (true, false, None) if messages.of(DeliveryState::Outbox) > 0 => {
            (done.to_owned(), Tone::Plain)
        }
        (true, false, None) => (done.to_owned(), Tone::Good),
        (false, ..) => (none.to_owned(), Tone::Attention),
    };
    Headline {
        label,
        tone,
        sentences,
    }
}

/// Whether every organisation got all that it should, and the sentences that show it.
fn went_out(
    open: &[&OrganisationLine],
    messages: &DeliveryCounts,
    basis: &Basis<'_>,
) -> (bool, Vec<String>) {
    let troubled: Vec<(OrganisationStatus, usize)> = OrganisationStatus::TROUBLED
        .into_iter()
        .map(|status| (status, in_status(open, status)))
        .filter(|(_, organisations)| *organisations > 0)
        .collect();
    let (accepted, total) = accepted_of_sent(messages);
    let kept = messages.of(DeliveryState::Outbox);
    let accepted_in_words = accepted_in_words(open, messages, basis.is_kept);
    let words: Vec<String> = troubled
        .iter()
        .map(|(status, number)| format!("{} {}", count(*number), status.words(*number)))
        .collect();
    let of_all = count_of(open.len(), "organisation");
    let states = (!words.is_empty()).then(|| format!("Of {of_all}: {}.", list(&words)));
    // Reports that would say something else now are out all the same.
    let is_out = |status: &OrganisationStatus| *status == OrganisationStatus::Changed;
    let is_all =
        total > 0 && accepted + kept == total && troubled.iter().all(|(status, _)| is_out(status));
    // Who got nothing comes before the messages to those who did.
    let mut sentences: Vec<String> = states.into_iter().collect();
    sentences.insert(if is_all { 0 } else { sentences.len() }, accepted_in_words);
    if let Some(nothing) = without_exports(open) {
        sentences.insert(0, nothing);
    }
    let delivered = messages.of(DeliveryState::Delivered);
    let arrived = || {
        counted(
            delivered,
            "is known to have arrived",
            "are known to have arrived",
        )
    };
    sentences.extend(
        basis
            .last_sent
            .map(|time| format!("The last went at {time}.")),
    );
    sentences.extend((kept > 0 && accepted > 0).then(|| {
        format!(
            "{} in the outbox and {} not left this machine.",
            counted(kept, "is", "are"),
            if kept == 1 { "has" } else { "have" }
        )
    }));
    sentences.extend((delivered > 0).then(|| format!("Of those, {}.", arrived())));
    sentences.extend(came_back(messages));
    (is_all, sentences)
}

/// How many messages were accepted, or lie in the outbox; `is_set` where the settings keep them there.
fn accepted_in_words(
    open: &[&OrganisationLine],
    messages: &DeliveryCounts,
    is_set: bool,
) -> String {
    let (accepted, total) = accepted_of_sent(messages);
    let organisations_with = |has: fn(&OrganisationLine) -> bool| {
        count_of(open.iter().filter(|line| has(line)).count(), "organisation")
    };
    let has_got = |line: &OrganisationLine| line.messages.out() > 0;
    let is_kept = |line: &OrganisationLine| line.messages.of(DeliveryState::Outbox) > 0;
    let kept = messages.of(DeliveryState::Outbox);
    let as_set = if is_set {
        ", as the settings have it"
    } else {
        ""
    };
    match (accepted, total) {
        (0, 1) if kept == 1 => {
            format!("The 1 message is in the outbox{as_set}: it has not left this machine.")
        }
        (0, _) if kept > 0 => format!(
            "{} of {} {} in the outbox{as_set}: nothing has left this machine.",
            if kept == total {
                format!("All {} messages", count(total))
            } else {
                format!("{} of {}", count(kept), count_of(total, "message"))
            },
            organisations_with(is_kept),
            if kept == 1 { "is" } else { "are" }
        ),
        (_, 0) => "There is no message of this day.".to_owned(),
        (1, 1) => "The 1 message was accepted.".to_owned(),
        _ if accepted == total => format!(
            "All {} messages of {} were accepted.",
            count(total),
            organisations_with(has_got)
        ),
        _ => format!(
            "{} of {} were accepted, of {}.",
            count(accepted),
            count_of(total, "message"),
            organisations_with(has_got)
        ),
    }
}

/// “2 came back, and 1 lies in quarantine.”; `None` where all that went out may have arrived.
fn came_back(messages: &DeliveryCounts) -> Option<String> {
    let bounced = messages.of(DeliveryState::Bounced);
    let quarantined = messages.of(DeliveryState::Quarantined);
    let lies = || counted(quarantined, "is in quarantine", "are in quarantine");
    match (bounced, quarantined) {
        (0, 0) => None,
        (0, _) => Some(format!("{}.", lies())),
        (_, 0) => Some(format!("{} came back.", count(bounced))),
        _ => Some(format!("{} came back, and {}.", count(bounced), lies())),
    }
}

fn made(open: &[&OrganisationLine]) -> (bool, Vec<String>) {
    let ready = in_status(open, OrganisationStatus::Preview);
    let sentence = format!(
        "A preview: nothing was sent. Reports of {} of {} could be made.",
        count(ready),
        count_of(open.len(), "organisation")
    );
    (ready == open.len(), vec![sentence])
}

/// Those of whom something holds, few of them by their codes.
fn those(open: &[&OrganisationLine], is: impl Fn(&OrganisationLine) -> bool) -> Option<String> {
    let lines: Vec<&OrganisationLine> = open.iter().copied().filter(|line| is(line)).collect();
    (!lines.is_empty()).then(|| named_few(&lines))
}

/// What is dangerous, whom to call, and what is new.
fn pressing(basis: &Basis<'_>, open: &[&OrganisationLine]) -> Vec<String> {
    let dangerous = those(open, OrganisationLine::is_dangerous);
    let today = basis.report_date.day();
    let gone = basis
        .gone
        .iter()
        .filter_map(|one| one.in_the_headline(today));
    [
        dangerous.map(|codes| format!("Act on {codes} before anything else.")),
        calls::sentence(open, today),
        calls::news(open),
    ]
    .into_iter()
    .flatten()
    .chain(gone.take(NAMED))
    .collect()
}

/// What else needs a look.
fn warned_of(basis: &Basis<'_>, open: &[&OrganisationLine]) -> Vec<String> {
    let warned = those(open, |line| !line.warnings.is_empty());
    let mut sentences = vec![
        warned.map(|codes| format!("There are warnings about {codes}.")),
        (!basis.warnings.is_empty() || !basis.gone.is_empty())
            .then(|| "There are warnings about the programme as a whole.".to_owned()),
    ];
    sentences.extend([
        last_known(open),
        those(open, |line| line.figures.is_none() && !basis.is_day_off).map(not_known),
    ]);
    sentences.into_iter().flatten().collect()
}

fn named_few(lines: &[&OrganisationLine]) -> String {
    let codes: Vec<String> = lines
        .iter()
        .map(|line| line.code_text().to_owned())
        .collect();
    first_of(&codes, 3)
}

/// Of whom figures of an earlier day stand in.
fn last_known(open: &[&OrganisationLine]) -> Option<String> {
    let lines: Vec<&OrganisationLine> = open
        .iter()
        .copied()
        .filter(|line| line.as_of.is_some())
        .collect();
    let days: BTreeSet<_> = lines.iter().filter_map(|line| line.as_of).collect();
    let of = match days.first() {
        None => return None,
        Some(day) if days.len() == 1 => format!("those of {}", coming_day(*day)),
        Some(_) => "their last known".to_owned(),
    };
    Some(format!(
        "For {}, the figures here are {of}.",
        named_few(&lines)
    ))
}

fn not_known(codes: String) -> String {
    format!("No figures are known for {codes}: the totals here leave them out.")
}

/// What is to be said first where no organisation has an export.
pub(super) fn without_exports(open: &[&OrganisationLine]) -> Option<String> {
    let is_nothing_there = open.len() > 1 && open.iter().all(|line| line.lacks_exports);
    is_nothing_there.then(|| {
        format!(
            "None of the {} has an export of this day: is the drop folder there, and were the \
             exports made?",
            count_of(open.len(), "organisation")
        )
    })
}

/// A switch date that somebody is not ready for, over all organisations.
struct Behind {
    date: NaiveDate,
    due: u64,
    /// Those of the day who have switched already.
    switched: u64,
    missing: u64,
    halted: u64,
    /// `None` where one organisation has none.
    forecast: Option<Missing>,
}

impl Behind {
    /// `None` where all are ready.
    fn of(date: NaiveDate, switches: &[(&OrganisationLine, SwitchDay)]) -> Option<Self> {
        let sum = |of: fn(&SwitchDay) -> u64| switches.iter().map(|(_, day)| of(day)).sum();
        let forecasts = switches.iter().map(|(_, day)| day.forecast);
        let forecast = forecasts.reduce(|one, other| Some(one?.and(other?)));
        let behind = Self {
            date,
            due: sum(|day| day.due),
            switched: sum(|day| day.switched),
            missing: sum(SwitchDay::missing),
            halted: sum(|day| day.halted),
            forecast: forecast.flatten(),
        };
        (behind.missing > 0).then_some(behind)
    }

    /// “15 of the 5,000 mailboxes that switch on Monday 23 November are not ready yet; 6 have stopped
    /// or failed. On that day about 9 of …”
    fn in_words(&self) -> String {
        let halted = match self.halted {
            0 => String::new(),
            halted => format!("; {} stopped or failed", counted(halted, "has", "have")),
        };
        if self.switched > 0 {
            let (left, all) = (self.due, self.due + self.switched);
            return format!(
                "{} of {} did not switch with the others on {}{halted}.",
                count(left),
                counted(all, "mailbox", "mailboxes"),
                coming_day(self.date)
            );
        }
        let forecast = self.forecast.and_then(Missing::on_that_day);
        format!(
            "{} of the {} on {} {} not ready yet{halted}.{}",
            count(self.missing),
            counted(self.due, "mailbox that switches", "mailboxes that switch"),
            coming_day(self.date),
            if self.missing == 1 { "is" } else { "are" },
            forecast.map_or_else(String::new, |forecast| format!(" {forecast}"))
        )
    }
}

/// How the next switch stands of which somebody is not ready, and the one behind it of which most are
/// not, where they are many.
fn switches_ahead(organisations: &[OrganisationLine]) -> Vec<String> {
    let days = calendar::coming(organisations).into_iter();
    let mut behind = days.filter_map(|(date, switches)| Behind::of(date, &switches));
    let next = behind.next();
    let later = behind.filter(|one| is_trouble(one.due, one.due - one.missing));
    let worst = later.max_by_key(|one| one.missing);
    let told = next.iter().chain(&worst);
    told.map(Behind::in_words).collect()
}

fn in_status(lines: &[&OrganisationLine], status: OrganisationStatus) -> usize {
    lines.iter().filter(|line| line.state == status).count()
}
