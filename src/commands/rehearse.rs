use std::collections::VecDeque;
use std::path::PathBuf;

use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::day::{self, Context, LedgerView, Mode, Selection};
use crate::delivery::{OutgoingMessage, Rehearsal};
use crate::domain::plural::count_of;
use crate::domain::{DeliveryState, EmailAddress};
use crate::mail::{Message, RehearsalCopy};
use crate::settings::TransportKind;

/// So many messages wait for their turn, however many are made.
const MOST_WAITING: usize = 100;

/// Makes every message of the day and sends it to one address, marked as a rehearsal. Touches no
/// delivery: ledger and archive stay as they are, and nobody of the organisations gets anything.
pub(crate) fn rehearse(
    selection: &Selection,
    to: &EmailAddress,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let mut context = Context::load(selection)?;
    context.need_exports()?;
    if !to.is_within(&context.settings.mail.allowed_domains) {
        let message = format!(
            "--to: the domain {} is not one of mail.allowed_domains",
            to.domain()
        );
        return Err(Failure::new(ExitCode::Usage, message));
    }
    let mark = Utc::now().format("%Y%m%dT%H%M%S%3fZ").to_string();
    let outbox = use_own_outbox(&mut context, &mark);
    let mut transport = day::open_transport(&context)?;
    let ledger = day::open_ledger_read_only(&context.settings, Some(context.report_date))?;
    let mistakes = context.register_mistakes();
    console.warnings(&mistakes);
    console.warnings(context.unclaimed_exports());
    let mut causes = Vec::new();
    if !mistakes.is_empty() {
        causes.push(ExitCode::Settings);
    }
    let accounts = context.settings.mail.accounts();
    let paces: Vec<_> = accounts.iter().map(|one| one.messages_per_minute).collect();
    let rehearsal = Rehearsal::new(transport.as_mut(), day::pace(&context.settings, false));
    let mut side_by_side = AccountTurns {
        rehearsal: rehearsal.with_accounts(&paces),
        waiting: vec![VecDeque::new(); accounts.len()],
    };
    // As in a run: nothing of an organisation leaves before all of it is made and verified.
    day::prepare_each(
        &context,
        &LedgerView::of_each(&context, &ledger)?,
        Mode::Rehearse(RehearsalCopy { to, mark: &mark }),
        |_, prepared| {
            console.say(prepared.notes)?;
            if !prepared.outcome.held.is_empty() {
                causes.push(ExitCode::Held);
            }
            for edition in prepared.editions? {
                for message in edition.messages {
                    let account = accounts.iter().position(|one| one.from == message.from);
                    side_by_side.add(account.unwrap_or_default(), message);
                    side_by_side.send_until(MOST_WAITING, console)?;
                }
            }
            Ok::<(), Failure>(())
        },
    )?;
    side_by_side.send_until(0, console)?;
    let summary = side_by_side.rehearsal.finish();
    let states = summary.settled.keys();
    causes.extend(states.filter_map(|state| ExitCode::of_delivery(*state)));
    let handed_over = count_of(summary.handed_over(), "message");
    let got = match outbox {
        Some(_) => "nothing has left this machine",
        None => "nobody else got anything",
    };
    console.result(&format!(
        "{}: rehearsed with {handed_over} of {}; {got}.",
        context.report_date, summary.due
    ))?;
    let not_tried = count_of(summary.not_tried, "message");
    if let Some(reason) = &summary.sender_refused {
        causes.push(ExitCode::SenderRefused);
        console.result(&format!("{reason}. {not_tried} not tried."))?;
    } else if let Some(unreachable) = &summary.unreachable {
        console.result(&format!(
            "The server failed too often ({unreachable}): {not_tried} not tried."
        ))?;
    }
    if let Some(outbox) = outbox {
        console.result(&format!("Messages: {}", outbox.display()))?;
    }
    Ok(ExitCode::most_pressing(&causes))
}

/// Messages that wait, so that each account has some to send when its turn comes.
struct AccountTurns<'a> {
    rehearsal: Rehearsal<'a>,
    waiting: Vec<VecDeque<Message>>,
}

impl AccountTurns<'_> {
    fn add(&mut self, account: usize, message: Message) {
        if let Some(waiting) = self.waiting.get_mut(account) {
            waiting.push_back(message);
        }
    }

    /// Sends what may go at once, and what comes first of the rest until so many wait.
    fn send_until(&mut self, most: usize, console: &Console) -> Result<(), Failure> {
        loop {
            let accounts = self.waiting.iter().enumerate();
            let next = accounts
                .filter(|(_, waiting)| !waiting.is_empty())
                .map(|(account, _)| (self.rehearsal.wait(account), account))
                .min();
            let number: usize = self.waiting.iter().map(VecDeque::len).sum();
            let next = next.filter(|(wait, _)| wait.is_zero() || number > most);
            let Some((_, account)) = next else {
                return Ok(());
            };
            let message = self.waiting.get_mut(account).and_then(VecDeque::pop_front);
            if let Some(message) = message {
                let became =
                    self.rehearsal
                        .send(account, &OutgoingMessage::of(&message), &mut || true);
                say_what_became(&message, became, console)?;
            }
        }
    }
}

/// Keeps a rehearsal apart from real messages, where they go into a folder. Gives the folder.
fn use_own_outbox(context: &mut Context, mark: &str) -> Option<PathBuf> {
    let mail = &mut context.settings.mail;
    let outbox = mail
        .outbox
        .as_mut()
        .filter(|_| mail.transport == TransportKind::Outbox)?;
    outbox.folder = outbox.folder.join(format!("rehearsal-{mark}"));
    Some(outbox.folder.clone())
}

fn say_what_became(
    message: &Message,
    became: Option<(DeliveryState, String)>,
    console: &Console,
) -> Result<(), Failure> {
    let key = &message.key;
    let Some((state, reason)) = became else {
        return Ok(());
    };
    let of = format!("{} {} for", key.organisation, key.report);
    // The terminal of the central team may name who gets a report; a log may not.
    if state.is_handed_over() {
        console.result(&format!("{of} {}: {reason}", key.recipient.reveal()))?;
    } else {
        console.warning(&format!("{of} {}: {state}: {reason}", key.recipient));
    }
    Ok(())
}
