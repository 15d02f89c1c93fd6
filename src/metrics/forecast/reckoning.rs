//! How many mailboxes of a collection will not be ready on a day to come.

use super::queue::{Course, Days, Experience, FARTHEST, Queue};

/// What can be told of a collection on the morning of its switch date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reckoning {
    /// Between so many mailboxes and so many are not ready.
    NotReady {
        /// At least, 19 times in 20.
        least: usize,
        /// At most.
        most: usize,
    },
    /// It is too far ahead.
    TooFar,
    /// Too little is known of the days so far, or they differ too much.
    TooLittle,
    /// Mailboxes report no total.
    WithoutTotals,
}

/// Mailboxes of a hundred that may be missing where a collection counts as ready.
const MISSING_PERCENT: usize = 2;
/// The widest range that says something, of a hundred mailboxes.
const WIDEST_PERCENT: usize = 25;

/// Whether a collection of so many mailboxes counts as ready where so many are not.
#[must_use]
pub(super) fn counts_as_ready(missing: usize, mailboxes: usize) -> bool {
    missing * 100 <= mailboxes * MISSING_PERCENT
}

/// At least how many are not ready so many days ahead, where at least so many of those that move are
/// not: those that have halted are, but for as many as may come back.
#[must_use]
pub(super) fn at_least(
    least: usize,
    halted: usize,
    ahead: usize,
    experience: &Experience,
) -> usize {
    match ahead {
        0 => least,
        _ => least + halted - experience.may_come_back(ahead, halted),
    }
}

/// Reckons a collection so many days ahead.
#[must_use]
pub(super) fn reckon(
    courses: &[Course],
    days: &Days,
    experience: &Experience,
    ahead: usize,
    going: Option<(f64, bool)>,
) -> Reckoning {
    let Some(today) = days.reported.last().copied() else {
        return Reckoning::TooLittle;
    };
    let queue = Queue::on(today, courses, days);
    let waiting = queue.places.len() + queue.halted + queue.without_total;
    if ahead == 0 || waiting == 0 {
        return Reckoning::NotReady {
            least: waiting,
            most: waiting,
        };
    }
    if ahead > FARTHEST {
        return Reckoning::TooFar;
    }
    let Some((slowest, fastest)) = experience.paces(ahead) else {
        return Reckoning::TooLittle;
    };
    let (Some(pace), Some((pace_of_all, true))) = (queue.pace, going) else {
        return Reckoning::TooLittle;
    };
    // All that is done in the organisation may go to this one.
    let at_best = (pace * fastest).max(pace_of_all * 1.4) * days.work(today, today + ahead);
    let least = queue.places.len() - queue.done_with(at_best);
    let until_pass = today + ahead.saturating_sub(experience.last_pass());
    let done = match days.work(today, until_pass) * slowest * pace {
        items if items > 0.0 => queue.done_with(items),
        _ => 0,
    };
    let all = courses.len();
    let may_go_back = experience.may_go_back(all - waiting + done);
    let most = waiting - done + experience.may_halt(ahead, done) + may_go_back;
    let is_late = !counts_as_ready(least, all);
    let is_told =
        is_late || counts_as_ready(most, all) || (most - least) * 100 <= all * WIDEST_PERCENT;
    match queue.without_total {
        0 if is_told => Reckoning::NotReady { least, most },
        0 => Reckoning::TooLittle,
        // What is not known comes on top: it makes nothing earlier.
        _ if is_late => Reckoning::NotReady { least, most },
        _ => Reckoning::WithoutTotals,
    }
}
