//! The mailboxes of the pilot and those that follow, and what the pilot says.

use super::super::input::ReportInput;
use super::super::wording::{expected_count, expected_one_in, one_in, times};
use super::is_pilot;
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{SyncState, Verdict};
use crate::metrics::{CauseMetrics, GroupMetrics, Judgement, Mailbox, Milestones};

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

    /// How many failed, and how many are expected to.
    pub(super) fn failure_sentence(&self) -> String {
        let rate = self.group.judgement.rate;
        if rate.attempted == 0 {
            return "How many items failed is not reported.".to_owned();
        }
        let expected = expected_one_in(self.input.programme.expected_failure_rate);
        let failed = counted(
            rate.failed,
            "item could not be copied",
            "items could not be copied",
        );
        match rate.failed {
            0 => format!(
                "Every item that was tried was copied, where about {expected} normally fails."
            ),
            _ => format!(
                "{failed}: {}, where about {expected} is expected.",
                one_in(rate)
            ),
        }
    }

    /// What is said of failures in a few words.
    pub(super) fn failures_in_brief(&self) -> String {
        let judgement = self.group.judgement;
        match judgement.verdict {
            _ if judgement.rate.attempted == 0 => "failures not reported".to_owned(),
            Verdict::High | Verdict::Raised => {
                format!("failures {} what is expected", times(self.times_expected()))
            }
            Verdict::Concentrated => "failures high in a few mailboxes".to_owned(),
            Verdict::AsExpected => "failures as expected".to_owned(),
            Verdict::LowerThanExpected => "failures fewer than expected".to_owned(),
            Verdict::TooFewItems => "too little copied to judge failures".to_owned(),
        }
    }

    /// Whether failures are normal, and how sure that is.
    pub(super) fn are_failures_normal(&self) -> String {
        let judgement = self.group.judgement;
        let are_normal = are_normal(&judgement, self.times_expected());
        if judgement.rate.attempted == 0 {
            return are_normal;
        }
        let sentence = self.failure_sentence();
        format!("{are_normal} {sentence} {}", certainty(judgement.range()))
    }

    #[allow(clippy::cast_precision_loss)] // counts stay below 2^53
    fn times_expected(&self) -> f64 {
        let rate = self.group.judgement.rate;
        let expected = self.input.programme.expected_failure_rate.fraction();
        rate.failed as f64 / (rate.attempted as f64 * expected)
    }

    /// How long it took; nothing where the reports do not show it.
    pub(super) fn time_sentence(&self) -> Option<String> {
        let days = days_to_ready(&self.mailboxes);
        let [half, most] =
            [(1, 2), (9, 10)].map(|(part, of)| count_of(within(&days, part, of), "day"));
        match days.len() {
            0 => None,
            1 => Some(format!(
                "The one mailbox timed took {half} from the start to being in sync."
            )),
            timed => Some(format!(
                "Half of {} mailboxes timed took {half} or less from the start to being in sync, and 9 \
                 in 10 took {most} or less.",
                count(timed),
            )),
        }
    }
}

/// Whether a rate is normal that is so many times what is expected.
fn are_normal(judgement: &Judgement, times_expected: f64) -> String {
    let so_many = times(times_expected);
    match judgement.verdict {
        _ if judgement.rate.attempted == 0 => {
            "That cannot be told: how many items failed is not reported.".to_owned()
        }
        Verdict::High => format!("No, well above: {so_many} what is expected."),
        Verdict::Raised if times_expected >= TIMES_OF_HIGH => format!(
            "No: {so_many} what is expected, in too few mailboxes to be called “High” for certain."
        ),
        Verdict::Raised => format!("No, somewhat above: {so_many} what is expected."),
        Verdict::Concentrated => {
            "No: high in a few mailboxes, and as expected in the others.".to_owned()
        }
        Verdict::AsExpected if judgement.is_slightly_above => {
            "Yes: slightly above what is expected, too little to matter.".to_owned()
        }
        Verdict::AsExpected => "Yes.".to_owned(),
        Verdict::LowerThanExpected => "Yes: fewer than expected.".to_owned(),
        Verdict::TooFewItems => {
            "That cannot be told yet: too little has been copied, or of too few mailboxes."
                .to_owned()
        }
    }
}

/// A rate of fewer times what is expected is never high.
const TIMES_OF_HIGH: f64 = 1.5;

/// How sure a rate is.
fn certainty(range: Option<(f64, f64)>) -> String {
    match range {
        None => "Fewer than 10 mailboxes are too few to say how sure that is.".to_owned(),
        Some((least, most)) if least <= 0.0 => {
            format!("With 95% confidence the rate is at most {}.", at_rate(most))
        }
        Some((least, most)) => format!(
            "With 95% confidence the rate is between {} and {}.",
            at_rate(least),
            at_rate(most)
        ),
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
    use crate::domain::FailureRate;

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
    fn whether_failures_are_normal_begins_with_yes_or_no() {
        let of = |verdict, failed, times, is_slightly_above| {
            let judgement = Judgement {
                rate: FailureRate {
                    failed,
                    attempted: 75_000,
                },
                verdict,
                is_slightly_above,
                ..Judgement::default()
            };
            are_normal(&judgement, times)
        };
        for (verdict, times, said) in [
            (
                Verdict::High,
                4.0,
                "No, well above: 4 times what is expected.",
            ),
            (
                Verdict::Raised,
                2.9,
                "No: 2.9 times what is expected, in too few mailboxes to be called “High” for certain.",
            ),
            (
                Verdict::Raised,
                1.3,
                "No, somewhat above: 1.3 times what is expected.",
            ),
            (
                Verdict::Concentrated,
                2.0,
                "No: high in a few mailboxes, and as expected in the others.",
            ),
            (Verdict::AsExpected, 1.0, "Yes."),
            (Verdict::LowerThanExpected, 0.3, "Yes: fewer than expected."),
        ] {
            assert_eq!(of(verdict, 22, times, false), said);
        }
        assert!(of(Verdict::AsExpected, 9, 1.2, true).starts_with("Yes: slightly above"));
        assert!(of(Verdict::TooFewItems, 2, 2.7, false).starts_with("That cannot be told yet"));
        let nothing = are_normal(&Judgement::default(), 0.0);
        assert!(nothing.starts_with("That cannot be told: how many"));
        assert_eq!(
            [None, Some((0.0, 0.001)), Some((0.000_1, 0.001))].map(certainty),
            [
                "Fewer than 10 mailboxes are too few to say how sure that is.",
                "With 95% confidence the rate is at most 1 in 1,000.",
                "With 95% confidence the rate is between 1 in 10,000 and 1 in 1,000.",
            ]
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
