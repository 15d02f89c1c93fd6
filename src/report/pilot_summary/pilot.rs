//! The mailboxes of the pilot and those that follow, and what the pilot says.

use super::super::ReportInput;
use super::super::wording::{expected_count, expected_one_in, one_in};
use super::is_pilot;
use crate::domain::SyncState;
use crate::domain::plural::{count, count_of, counted};
use crate::metrics::{CauseMetrics, GroupMetrics, Mailbox, Milestones};

/// A mailbox of the pilot, and when it began and was ready.
#[derive(Debug, Clone, Copy)]
pub(super) struct PilotMailbox<'a> {
    pub(super) mailbox: &'a Mailbox,
    pub(super) milestones: Milestones,
}

/// The pilot, and who follows it.
pub(super) struct Pilot<'a> {
    pub(super) input: ReportInput<'a>,
    pub(super) mailboxes: Vec<PilotMailbox<'a>>,
    pub(super) group: GroupMetrics,
    pub(super) causes: Vec<CauseMetrics>,
    /// Mailboxes outside the pilot that have not switched.
    pub(super) live: Vec<&'a Mailbox>,
}

impl<'a> Pilot<'a> {
    pub(super) fn of(input: ReportInput<'a>) -> Self {
        let metrics = input.metrics;
        let is_pilot = is_pilot(input.organisation, metrics);
        let milestones = metrics.since_start.as_ref().map(|start| &start.milestones);
        let (mut mailboxes, mut live) = (Vec::new(), Vec::new());
        for (place, mailbox) in metrics.mailboxes.iter().enumerate() {
            if is_pilot(mailbox) {
                let milestones = milestones.and_then(|all| all.get(place));
                mailboxes.push(PilotMailbox {
                    mailbox,
                    milestones: milestones.copied().unwrap_or_default(),
                });
            } else if mailbox.state != SyncState::Switched {
                live.push(mailbox);
            }
        }
        let members = mailboxes.iter().map(|one| one.mailbox);
        let group = metrics.group(members, input.programme.expected_failure_rate);
        let is_member = |address: &str| {
            let place = mailboxes.binary_search_by(|one| one.mailbox.address.as_str().cmp(address));
            place.is_ok()
        };
        let causes = metrics.causes_of(is_member);
        Self {
            input,
            mailboxes,
            group,
            causes,
            live,
        }
    }

    /// Mailboxes that are in sync, ready to switch or switched.
    pub(super) fn ready(&self) -> u64 {
        self.group.in_sync_or_beyond()
    }

    /// How many failed, and whether that is normal.
    pub(super) fn failure_sentence(&self) -> String {
        let judgement = self.group.judgement;
        let expected = self.input.programme.expected_failure_rate;
        if judgement.rate.attempted == 0 {
            return "How many items failed is not reported.".to_owned();
        }
        let failed = counted(
            judgement.rate.failed,
            "item could not be copied",
            "items could not be copied",
        );
        let rate = match judgement.rate.failed {
            0 => format!("about {} is expected", expected_one_in(expected)),
            _ => format!(
                "{}, where about {} is expected",
                one_in(judgement.rate),
                expected_one_in(expected)
            ),
        };
        format!("{failed}: {rate}. {}", self.certainty())
    }

    /// How sure that is.
    pub(super) fn certainty(&self) -> String {
        let verdict = self.group.judgement.verdict.label().to_lowercase();
        match self.group.judgement.range() {
            None => format!(
                "Verdict: {verdict}. Fewer than 10 mailboxes are too few to say how sure that \
                 is."
            ),
            Some((least, most)) => format!(
                "Verdict: {verdict}. From {} it can be said, with 95% confidence, that the rate is \
                 between {} and {}.",
                counted(self.group.judgement.mailboxes, "mailbox", "mailboxes"),
                at_rate(least),
                at_rate(most)
            ),
        }
    }

    /// How long it took; nothing where the reports do not show it.
    pub(super) fn time_sentence(&self) -> Option<String> {
        let days = days_to_ready(&self.mailboxes);
        (!days.is_empty()).then(|| {
            format!(
                "Half of {} timed took {} or less from the start to being in sync, and 9 in 10 took \
                 {} or less.",
                counted(days.len(), "mailbox", "mailboxes"),
                count_of(within(&days, 1, 2), "day"),
                count_of(within(&days, 9, 10), "day"),
            )
        })
    }
}

/// How many days mailboxes took from the first report that shows them under way to the first that
/// shows them ready, in order.
pub(super) fn days_to_ready(mailboxes: &[PilotMailbox<'_>]) -> Vec<u64> {
    let days = mailboxes.iter();
    let mut days: Vec<u64> = days
        .filter_map(|one| one.milestones.days_to_ready())
        .collect();
    days.sort_unstable();
    days
}

/// In how many days at least so many of so many were done, of the days that each took, in order.
pub(super) fn within(days: &[u64], part: usize, of: usize) -> u64 {
    let place = (days.len() * part).div_ceil(of).saturating_sub(1);
    days.get(place).copied().unwrap_or(0)
}

/// “1 in 13,300”, or “none”.
pub(super) fn at_rate(rate: f64) -> String {
    if rate <= 0.0 {
        return "none".to_owned();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positive, and saturates
    let one_in = (1.0 / rate).round() as u64;
    let unit = 10_u64.pow(one_in.max(1).ilog10().saturating_sub(1));
    format!("1 in {}", count((one_in + unit / 2) / unit * unit))
}

/// “about 1,400 to 2,000 items”, of so many items at rates between two.
pub(super) fn items_between(items: u64, (least, most): (f64, f64)) -> String {
    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    let number = |rate: f64| items as f64 * rate;
    match (expected_count(number(least)), expected_count(number(most))) {
        (least, most) if least == most => least,
        (least, most) => format!("{least} to {}", most.replace("about ", "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_of_so_many_were_done_within_days() {
        let days = [1, 1, 2, 3, 3, 4, 5, 6, 8, 21];
        assert_eq!(
            [(1, 2), (9, 10), (10, 10)].map(|(part, of)| within(&days, part, of)),
            [3, 8, 21]
        );
        assert_eq!(
            [within(&[7], 1, 2), within(&[7], 9, 10), within(&[], 1, 2)],
            [7, 7, 0]
        );
    }

    #[test]
    fn bounds_are_said_with_two_figures() {
        for (rate, said) in [
            (0.0, "none"),
            (1.0 / 13_337.0, "1 in 13,000"),
            (1.0 / 985.0, "1 in 990"),
            (1.0 / 7.0, "1 in 7"),
            (1.0, "1 in 1"),
        ] {
            assert_eq!(at_rate(rate), said);
        }
        assert_eq!(
            items_between(4_000_000, (0.000_05, 0.000_184)),
            "about 200 to 740"
        );
        assert_eq!(items_between(1_000, (0.000_05, 0.000_184)), "fewer than 1");
    }
}
