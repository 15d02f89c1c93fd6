use std::thread;

use super::smtp::Smtp;
use super::transport::{Letter, Refusal, SendOutcome, Transport};
use crate::domain::EmailAddress;

/// Several accounts of a mail server, each with a connection of its own: a message goes by the
/// account that is its sender, and those of different accounts go at the same time.
pub struct Accounts {
    accounts: Vec<(EmailAddress, Smtp)>,
}

impl Accounts {
    /// The accounts by their addresses.
    pub fn new(accounts: Vec<(EmailAddress, Smtp)>) -> Self {
        Self { accounts }
    }
}

impl Transport for Accounts {
    fn hand_over(&mut self, letter: &Letter<'_>) -> SendOutcome {
        let mut accounts = self.accounts.iter_mut();
        match accounts.find(|(from, _)| from == letter.from) {
            Some((_, smtp)) => smtp.hand_over(letter),
            None => no_account(),
        }
    }

    fn hand_over_all(&mut self, letters: &[Letter<'_>]) -> Vec<SendOutcome> {
        if let [letter] = letters {
            return vec![self.hand_over(letter)];
        }
        let mut outcomes = vec![None; letters.len()];
        thread::scope(|scope| {
            let mut left: Vec<_> = letters.iter().zip(&mut outcomes).collect();
            for (from, smtp) in &mut self.accounts {
                let (own, others) = left
                    .into_iter()
                    .partition::<Vec<_>, _>(|(letter, _)| letter.from == from);
                left = others;
                if !own.is_empty() {
                    scope.spawn(move || {
                        for (letter, outcome) in own {
                            *outcome = Some(smtp.hand_over(letter));
                        }
                    });
                }
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
