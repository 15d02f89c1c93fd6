use std::sync::mpsc;
use std::thread;

use super::smtp::Smtp;
use super::transport::{Leave, LeaveAll, OutgoingMessage, Refusal, SendOutcome, Transport};
use crate::domain::EmailAddress;

/// Several accounts of a mail server, each with a connection of its own: a message goes by the
/// account that is its sender, and those of different accounts go at the same time.
pub struct SendingAccounts {
    accounts: Vec<(EmailAddress, Smtp)>,
}

impl SendingAccounts {
    /// The accounts by their addresses.
    pub fn new(accounts: Vec<(EmailAddress, Smtp)>) -> Self {
        Self { accounts }
    }
}

impl Transport for SendingAccounts {
    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        let mut accounts = self.accounts.iter_mut();
        match accounts.find(|(from, _)| from == message.from) {
            Some((_, smtp)) => smtp.hand_over(message, leave),
            None => no_account(),
        }
    }

    fn hand_over_all(
        &mut self,
        messages: &[OutgoingMessage<'_>],
        leave: &mut LeaveAll<'_>,
    ) -> Vec<SendOutcome> {
        if let [message] = messages {
            return vec![self.hand_over(message, &mut || leave(&[0]) == [true])];
        }
        let mut outcomes = vec![None; messages.len()];
        thread::scope(|scope| {
            // Whoever may be asked is this thread's.
            let (questions, asked) = mpsc::channel::<(usize, mpsc::Sender<bool>)>();
            let mut left: Vec<_> = messages.iter().zip(&mut outcomes).enumerate().collect();
            for (from, smtp) in &mut self.accounts {
                let (own, others) = left
                    .into_iter()
                    .partition::<Vec<_>, _>(|(_, (message, _))| message.from == from);
                left = others;
                if !own.is_empty() {
                    let questions = questions.clone();
                    scope.spawn(move || {
                        for (place, (message, outcome)) in own {
                            let mut leave = || {
                                let (answers, answer) = mpsc::channel();
                                questions.send((place, answers)).is_ok()
                                    && answer.recv() == Ok(true)
                            };
                            *outcome = Some(smtp.hand_over(message, &mut leave));
                        }
                    });
                }
            }
            drop(questions);
            for (place, answers) in asked {
                // Whoever asked waits for it.
                let _ = answers.send(leave(&[place]) == [true]);
            }
        });
        let outcomes = outcomes.into_iter();
        outcomes
            .map(|outcome| outcome.unwrap_or_else(no_account))
            .collect()
    }

    fn finish(&mut self) {
        for (_, smtp) in &mut self.accounts {
            smtp.finish();
        }
    }
}

fn no_account() -> SendOutcome {
    SendOutcome::Refused(Refusal::certain(
        "no account under [mail.smtp] is the sender of this message: reissue the report",
    ))
}
