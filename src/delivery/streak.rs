use std::collections::BTreeSet;

use super::transport::{Deferral, SendOutcome};

/// So many messages that the server does not take, each of another organisation, end a run: a
/// message that breaks the connection, whoever it is to, must not keep the others from theirs.
const FAULTS: usize = 3;
/// So many do whosever they are: each may have cost minutes.
const FAULTS_OF_ANYBODY: usize = 9;
/// So many refusals of the sender in a row end it. A single one may be a mistake of the server's:
/// Exchange Online is known to refuse what it takes seconds later.
const REFUSALS_OF_SENDER: usize = 2;
/// So many messages in a row that came too fast, however slowly they came, end it.
const TOO_FAST: usize = 5;

/// What a server did since it last took a message. It tells what is about a message from what is
/// about all of them.
#[derive(Debug, Default)]
pub(super) struct Streak {
    /// Whether it ever took one.
    pub(super) has_accepted: bool,
    unreachable: usize,
    /// What the server said of the sender.
    refusals_of_sender: Vec<String>,
    too_fast: usize,
    /// How many messages met a fault of the connection or of the server, and whose they were.
    faults: usize,
    faulty: BTreeSet<String>,
    /// How messages were refused, whose they were, and whom they were to.
    refusals: Vec<(String, String, String)>,
}

/// Why no further message is tried. Says what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The server will be better later, or not: run again.
    Server(String),
    /// A person must act.
    Sender(String),
}

impl Streak {
    /// Takes note of what became of a message of `organisation` to `recipient`. Gives why it must be
    /// the last, if it must.
    pub(super) fn note(
        &mut self,
        organisation: &str,
        recipient: &str,
        outcome: &SendOutcome,
    ) -> Option<Stop> {
        let text = outcome.text();
        let server = |is_enough: bool| is_enough.then(|| Stop::Server(text.to_owned()));
        let sender = |is_enough: bool| is_enough.then(|| Stop::Sender(text.to_owned()));
        match outcome {
            SendOutcome::Accepted(_) | SendOutcome::Kept(_) => {
                *self = Self {
                    has_accepted: true,
                    ..Self::default()
                };
                None
            }
            SendOutcome::Deferred(_, Deferral::Message) => None,
            SendOutcome::Deferred(_, Deferral::Unreachable) => {
                self.unreachable += 1;
                server(self.unreachable >= FAULTS)
            }
            SendOutcome::Deferred(_, Deferral::Connection) | SendOutcome::Unknown(_) => {
                self.faults += 1;
                self.faulty.insert(organisation.to_owned());
                server(self.faulty.len() >= FAULTS || self.faults >= FAULTS_OF_ANYBODY)
            }
            SendOutcome::Deferred(_, Deferral::Pace) => {
                self.too_fast += 1;
                server(self.too_fast >= TOO_FAST)
            }
            SendOutcome::Deferred(_, Deferral::LogIn) => sender(true),
            SendOutcome::Deferred(_, Deferral::Sender) => {
                self.refusals_of_sender.push(text.to_owned());
                sender(self.refusals_of_sender.len() >= REFUSALS_OF_SENDER)
            }
            SendOutcome::Refused(refusal) => {
                self.refusals.push((
                    refusal.kind.clone(),
                    organisation.to_owned(),
                    recipient.to_owned(),
                ));
                let alike = || {
                    self.refusals
                        .iter()
                        .filter(|(kind, ..)| *kind == refusal.kind)
                };
                let organisations: BTreeSet<&str> = alike().map(|(_, of, _)| of.as_str()).collect();
                let recipients: BTreeSet<&str> = alike().map(|(.., to)| to.as_str()).collect();
                let is_enough = recipients.len() >= FAULTS && organisations.len() >= FAULTS;
                is_enough.then(|| Stop::Sender(untold(text)))
            }
        }
    }

    /// What a person must see to at the end of a run: the sender was refused, and nothing was taken
    /// since; or the last of what was doubted, where nothing was taken at all, so that nobody can
    /// tell whether the sender or the messages were meant.
    pub(super) fn at_the_end(&self, doubted: Option<&str>) -> Option<Stop> {
        let doubted = doubted.filter(|_| !self.has_accepted);
        let of_sender = self.refusals_of_sender.last().cloned();
        of_sender.or_else(|| doubted.map(untold)).map(Stop::Sender)
    }
}

fn untold(text: &str) -> String {
    format!(
        "the mail server refuses whatever comes, so that it may be the sender that it means: {text}; \
         ask the mail team, and run again once they have acted"
    )
}

#[cfg(test)]
mod tests {
    use super::super::transport::Refusal;
    use super::*;

    fn refused(is_certain: bool) -> SendOutcome {
        SendOutcome::Refused(Refusal {
            text: "550 no".to_owned(),
            kind: "550".to_owned(),
            is_certain,
        })
    }

    /// After how many messages of as many organisations a run ends; of one, the second.
    fn ends_after(outcome: &SendOutcome) -> [Option<usize>; 2] {
        [true, false].map(|are_many| {
            let mut streak = Streak::default();
            (1..=9).find(|number| {
                let organisation = format!("Z{}", if are_many { *number } else { 0 });
                streak
                    .note(&organisation, &number.to_string(), outcome)
                    .is_some()
            })
        })
    }

    #[test]
    fn each_failure_ends_a_run_when_it_is_the_servers_or_the_senders() {
        let deferred = |about| SendOutcome::Deferred(String::new(), about);
        for (outcome, ends) in [
            (SendOutcome::Accepted(String::new()), [None, None]),
            (deferred(Deferral::Message), [None, None]),
            (deferred(Deferral::Unreachable), [Some(3), Some(3)]),
            (deferred(Deferral::Connection), [Some(3), Some(9)]),
            (SendOutcome::Unknown(String::new()), [Some(3), Some(9)]),
            (deferred(Deferral::Pace), [Some(5), Some(5)]),
            (deferred(Deferral::Sender), [Some(2), Some(2)]),
            (deferred(Deferral::LogIn), [Some(1), Some(1)]),
            (refused(true), [Some(3), None]),
            (refused(false), [Some(3), None]),
        ] {
            assert_eq!(ends_after(&outcome), ends, "{outcome:?}");
        }
    }

    #[test]
    fn a_message_that_is_taken_begins_anew() {
        let mut streak = Streak::default();
        let sender = SendOutcome::Deferred(String::new(), Deferral::Sender);
        for _ in 0..9 {
            assert_eq!(streak.note("ZAA", "a", &sender), None);
            let accepted = SendOutcome::Accepted(String::new());
            assert_eq!(streak.note("ZAA", "a", &accepted), None);
        }
        assert_eq!(streak.at_the_end(Some("550")), None);
        assert!(Streak::default().at_the_end(Some("550")).is_some());
        streak.note("ZAA", "a", &sender);
        assert!(streak.at_the_end(None).is_some());
    }
}
